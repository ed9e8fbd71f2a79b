"""Rows with their lengths: what every cosine needs, of vectors of any scale, in memory or in files."""

from __future__ import annotations

import numpy as np

from hanmine.errors import InputError
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors import kernels
from hanmine.vectors.rows import Rows, as_rows, blocks, place_of

# Rows of these lengths are multiplied in float32 as they are: nothing overflows and nothing that counts underflows.
_PLAIN_NORMS = (1e-12, 1e12)
# The largest numbers of float64 rows that can be squared, multiplied and added without care.
_PLAIN_DOUBLES = (1e-120, 1e120)
_NAMED_ROWS = 5


class NormedRows:
    """The rows of a matrix, and the Euclidean norm of each in float64.

    Rows of float16 are read as float32; rows of float64 whose largest number is huge or tiny are multiplied by a power
    of two, which changes no cosine. A row of zeros has norm 0.

    Attributes
    ----------
    count, dimensions : of the matrix.
    norms : float64 [shape=(count,)], of the rows as `exact` returns them.

    Raises
    ------
    InputError : rows that hold NaN or infinity; the message names the first of them.
    """

    def __init__(self, vectors, *, runner: ThreadRunner, progress: Progress | None = None) -> None:
        self._rows: Rows = as_rows(vectors)
        self.count, self.dimensions = self._rows.shape
        self.norms = np.empty(self.count)
        self._exponents = np.zeros(self.count, np.int32) if self._rows.dtype == np.float64 else None
        bad: list[int] = []
        for start, stop, found in runner.map(self._measure, blocks(self._rows)):
            bad.extend(found)
            if progress is not None:
                progress.advance(stop - start)
        if bad:
            raise InputError(_bad_rows(self._rows, bad))

    def _measure(self, block: tuple[int, int]) -> tuple[int, int, list[int]]:
        """Write the norms of a block of rows; also the rows of it that are not finite."""
        start, stop = block
        if self._exponents is not None:
            largest = np.abs(self._rows.rows(start, stop)).max(axis=1, initial=0)
            careful = (largest != 0) & ((largest < _PLAIN_DOUBLES[0]) | (largest > _PLAIN_DOUBLES[1]))
            self._exponents[start:stop] = np.where(careful & np.isfinite(largest), np.frexp(largest)[1], 0)
        kernels.norms(self.exact(start, stop), self.norms[start:stop])
        return start, stop, (start + np.flatnonzero(~np.isfinite(self.norms[start:stop]))).tolist()

    def exact(self, start: int, stop: int) -> np.ndarray:
        """Rows start..stop in float32 or float64, C-contiguous, not to be written to."""
        rows = self._rows.rows(start, stop)
        if rows.dtype == np.float64:
            exponents = self._exponents[start:stop]
            return np.ldexp(rows, -exponents[:, None]) if exponents.any() else rows
        return rows.astype(np.float32, copy=False)

    def unit(self, start: int, exact: np.ndarray) -> np.ndarray:
        """The rows `exact` that begin at `start`, divided by their norms, in float32; rows of zeros stay zeros."""
        norms = self.norms[start : start + len(exact)]
        return (exact * _inverse(norms)[:, None]).astype(np.float32)

    def scaled(self, start: int, exact: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same as a pair of float32: rows, and the factor that makes each of length 1. Copies only if it must."""
        norms = self.norms[start : start + len(exact)]
        low, high = _PLAIN_NORMS
        if exact.dtype == np.float32 and ((norms == 0) | ((norms >= low) & (norms <= high))).all():
            return exact, _inverse(norms).astype(np.float32)
        return self.unit(start, exact), np.ones(len(exact), np.float32)

    def gather(self, indices: np.ndarray) -> np.ndarray:
        """The rows of these rising indices, as `exact` returns them."""
        found = np.empty((len(indices), self.dimensions), np.float64 if self._exponents is not None else np.float32)
        for i, index in enumerate(indices.tolist()):
            found[i] = self.exact(index, index + 1)[0]
        return found


def _inverse(norms: np.ndarray) -> np.ndarray:
    """1 / norm in float64, and 0 for the norm 0."""
    return np.divide(1.0, norms, out=np.zeros(len(norms)), where=norms != 0)


def _bad_rows(rows: Rows, bad: list[int]) -> str:
    places = ", ".join(place_of(rows, row) for row in bad[:_NAMED_ROWS])
    more = f" and {len(bad) - _NAMED_ROWS:,} more" if len(bad) > _NAMED_ROWS else ""
    verb = "holds" if len(bad) == 1 else "hold"
    return f"{places}{more} {verb} NaN or infinity, which have no direction: take such rows out first"
