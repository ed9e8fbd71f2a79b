"""Gap scores of a whole text in a temporary file, with the moments by which they are standardised."""

from __future__ import annotations

import contextlib
import math
import tempfile
from pathlib import Path

import numpy as np

from hanmine.errors import OutputError

_MEMORY_LIMIT = 1 << 26  # bytes
_QUANTILE_SAMPLE = 1 << 22


class GapStore:
    """An append-only sequence of gap scores (float32; nan: not known) with random access.

    A masked model needs hours where the rest needs seconds, so what it says of a text is kept while it is used. The
    temporary file has no name (where the system allows it). Raises `OutputError` when the folder is full.

    Attributes
    ----------
    length : scores so far, `known` of which are not nan.
    """

    def __init__(self, tmpdir: str | Path | None = None) -> None:
        self.length = self.known = 0
        self._folder = tmpdir or tempfile.gettempdir()
        self._file = tempfile.SpooledTemporaryFile(_MEMORY_LIMIT, dir=tmpdir, prefix="hanmine-")  # noqa: SIM115
        self._sum = self._squares = 0.0
        self._shift: float | None = None

    def append(self, scores: np.ndarray) -> None:
        """Add scores [any]."""
        with np.errstate(invalid="ignore"):  # of the two kinds of nan one is told
            rows = np.ascontiguousarray(scores, np.float32)
        finite = rows[np.isfinite(rows)].astype(np.float64)
        if finite.size:
            if self._shift is None:
                self._shift = float(finite.mean())
            self.known += finite.size
            self._sum += float((finite - self._shift).sum())
            self._squares += float(((finite - self._shift) ** 2).sum())
        try:
            self._file.seek(4 * self.length)
            self._file.write(rows.tobytes())
            self._file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.close()
            raise OutputError(
                f"{self._folder}: cannot keep the gap scores there ({error.strerror}): pass -T DIR, a folder with room"
            ) from error
        self.length += rows.size

    @property
    def mean(self) -> float:
        """Of the scores that are known; 0 where none is."""
        return (self._shift or 0.0) + self._sum / max(self.known, 1)

    @property
    def deviation(self) -> float:
        """Their standard deviation; 1 where it is 0, so that scores that are all equal say nothing."""
        count = max(self.known, 1)
        variance = self._squares / count - (self._sum / count) ** 2
        return math.sqrt(variance) if variance > 1e-20 else 1.0

    def read(self, start: int, stop: int) -> np.ndarray:
        """scores[start:stop], float64; read by one thread at a time."""
        self._file.seek(4 * start)
        with np.errstate(invalid="ignore"):
            return np.frombuffer(self._file.read(4 * (stop - start)), np.float32).astype(np.float64)

    def standardised(self, start: int, stop: int) -> np.ndarray:
        """(score - mean) / standard deviation; 0, which says nothing, where the score is not known."""
        scores = self.read(start, stop)
        return np.where(np.isfinite(scores), (scores - self.mean) / self.deviation, 0.0)

    def quantile(self, share: float) -> float:
        """The score that this share of the known ones does not reach (linear between two); nan where none is known.

        Of more than four million scores, four million spread evenly are looked at.
        """
        step = -(-self.length // _QUANTILE_SAMPLE) or 1
        block = step * (1 << 16)
        parts = [self.read(at, min(at + block, self.length))[::step] for at in range(0, self.length, block)]
        scores = np.concatenate([np.zeros(0), *parts])
        scores = scores[np.isfinite(scores)]
        return float(np.quantile(scores, share)) if scores.size else math.nan

    def close(self) -> None:
        """Give memory and file back."""
        with contextlib.suppress(OSError):
            self._file.close()
