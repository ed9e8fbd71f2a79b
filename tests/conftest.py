"""Shared by all tests: the profile of hypothesis, and the folder of helpers on the path."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

# What is made once and kept in the user's cache folder is made anew for the tests, and not left there.
os.environ["HANMINE_CACHE_DIR"] = tempfile.mkdtemp(prefix="hanmine-tests-")
atexit.register(shutil.rmtree, os.environ["HANMINE_CACHE_DIR"], ignore_errors=True)

# No deadline: the first example of a test may compile kernels. Derandomised, so that a run can be repeated; the profile
# "fuzz" (HANMINE_TEST_PROFILE=fuzz, as `make fuzz` has it) explores, and prints what makes a failure happen again.
_SHARED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("hanmine", derandomize=True, max_examples=60, **_SHARED)
settings.register_profile("fuzz", derandomize=False, max_examples=200, print_blob=True, **_SHARED)
settings.load_profile(os.environ.get("HANMINE_TEST_PROFILE", "hanmine"))
