"""Rows less their mean: what is left is how each differs from all the others."""

from __future__ import annotations

import numpy as np

from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.normed import NormedRows
from hanmine.vectors.rows import Rows, as_rows, blocks, place_of
from hanmine.vectors.selection import SelectedRows

ROUNDING = 1e-6  # of a row's length: what is left of it when all else was the mean, in float32


class CentredRows:
    """`rows` less their mean, a `Rows` of the same shape.

    Vectors of sentence encoders share a large part, by which any two of them have a cosine of .7 or more; without it
    cosines tell what two rows have in common that others have not. A row of zeros has no direction: it stays zeros, and
    so does a row that differs from the mean by rounding alone. Where all do, nothing is taken off.

    Attributes
    ----------
    shape, dtype : (n, d), float32 (float64 of float64 rows).
    mean : [shape=(d,)] of that dtype, of the rows that are not zero; zeros where nothing is taken off.
    zero_rows : int64, rising: rows of zeros.

    Raises
    ------
    InputError : rows with NaN or infinity; the message names the first of them.
    """

    def __init__(self, rows, *, centre: bool = True, runner: ThreadRunner, progress: Progress | None = None) -> None:
        self._rows: Rows = as_rows(rows)
        norms = NormedRows(self._rows, runner=runner, progress=progress).norms
        self.shape = self._rows.shape
        self.dtype = np.dtype(np.float64 if self._rows.dtype == np.float64 else np.float32)
        self.zero_rows = np.flatnonzero(norms == 0)
        self._flat = self.zero_rows
        self.mean = np.zeros(self.shape[1], self.dtype)
        if centre and len(self.zero_rows) < self.shape[0]:
            self._centre(norms, runner)

    def _centre(self, norms: np.ndarray, runner: ThreadRunner) -> None:
        """Settle the mean, and which rows have nothing left."""
        total = np.zeros(self.shape[1])
        # In the order of the blocks: the sum does not depend on the number of threads.
        for part in runner.map(lambda span: self._rows.rows(*span).sum(axis=0, dtype=np.float64), blocks(self._rows)):
            total += part
        mean = total / (self.shape[0] - len(self.zero_rows))

        def without_direction(span: tuple[int, int]) -> np.ndarray:
            left = np.linalg.norm(self._rows.rows(*span).astype(np.float64) - mean, axis=1)
            return span[0] + np.flatnonzero((left <= ROUNDING * norms[slice(*span)]) | (norms[slice(*span)] == 0))

        flat = np.concatenate(list(runner.map(without_direction, blocks(self._rows))))
        if len(flat) < self.shape[0]:
            self.mean, self._flat = mean.astype(self.dtype), flat

    def rows(self, start: int, stop: int) -> np.ndarray:
        rows = self._rows.rows(start, stop).astype(self.dtype) - self.mean
        first, last = np.searchsorted(self._flat, (start, stop))
        rows[self._flat[first:last] - start] = 0
        return rows

    @property
    def directions(self) -> int:
        """How many rows have a direction."""
        return self.shape[0] - len(self._flat)

    def with_direction(self) -> Rows:
        """The rows that have one."""
        if not len(self._flat):
            return self
        return SelectedRows(self, np.setdiff1d(np.arange(self.shape[0]), self._flat, assume_unique=True))

    def where(self, row: int) -> str:
        return place_of(self._rows, row)
