"""The summary of a run (`--summary-json`): what was read, with which options, what came out, and what it cost."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from hanmine.formats.atomic import open_output


def write_summary(path: Path, summary: Mapping) -> None:
    """Write `summary` as indented JSON, atomically; numbers that are not finite become null."""
    text = json.dumps(_plain(summary), ensure_ascii=False, indent=2, allow_nan=False)
    with open_output(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace") + b"\n")


def _plain(value: object) -> object:
    """`value` in the types of JSON: numpy scalars and paths converted, tuples as arrays."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
