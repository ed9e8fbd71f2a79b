"""Results with their provenance: signatures, timings, peak memory."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hanmine import __version__

if TYPE_CHECKING:
    import numpy as np


@dataclass
class Result:
    """What a method found.

    Attributes
    ----------
    table : column name → array, as the method's public function describes it.
    summary : where the table comes from, ready for JSON.
    messages : lines that a user should see.
    """

    table: dict[str, np.ndarray]
    summary: dict
    messages: list[str] = field(default_factory=list)


def peak_memory() -> int | None:
    """The most memory that this process has held, in bytes; None where the system does not say."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def signature(*facts: str, **options: object) -> str:
    """One line from which somebody else gets the same result: name:version|fact|option:value|…"""
    shown = [f"{name.replace('_', '-')}:{_plain(value)}" for name, value in options.items()]
    return "|".join([f"hanmine:{__version__}", *facts, *shown])


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


class Stopwatch:
    """Wall and CPU seconds of named phases."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    @contextmanager
    def phase(self, name: str):
        begin = time.perf_counter()
        yield
        self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - begin

    def timings(self) -> dict[str, float]:
        """Seconds of each phase by the wall clock, and `wall` and `cpu` of everything since the start of the watch."""
        total = {"wall": time.perf_counter() - self._wall, "cpu": time.process_time() - self._cpu}
        return {name: round(seconds, 4) for name, seconds in {**self.phases, **total}.items()}
