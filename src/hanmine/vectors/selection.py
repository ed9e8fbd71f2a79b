"""Choosing rows before they are fitted: evenly spread, unique, finite."""

from __future__ import annotations

import hashlib

import numpy as np

from hanmine.progress import Progress
from hanmine.vectors.rows import Rows, blocks, place_of, spread

_SPARSE = 4  # a span this many times longer than the rows wanted of it is not read whole


class SelectedRows:
    """The rows of another `Rows` at rising indices, in their order."""

    def __init__(self, base: Rows, index: np.ndarray) -> None:
        self.base, self.index = base, index
        self.shape = (len(index), base.shape[1])
        self.dtype = base.dtype

    def rows(self, start: int, stop: int) -> np.ndarray:
        chosen = self.index[start:stop]
        if not len(chosen):
            return np.empty((0, self.shape[1]), self.dtype)
        first, last = int(chosen[0]), int(chosen[-1]) + 1
        if last - first == len(chosen):
            return self.base.rows(first, last)
        if last - first <= _SPARSE * len(chosen):
            return self.base.rows(first, last)[chosen - first]
        return np.concatenate([self.base.rows(row, row + 1) for row in chosen.tolist()])

    def where(self, row: int) -> str:
        return place_of(self.base, int(self.index[row]))

    def origin(self, rows: np.ndarray) -> np.ndarray:
        """Indices of `rows` in the `Rows` from which the first choice was made."""
        rows = self.index[rows]
        return self.base.origin(rows) if isinstance(self.base, SelectedRows) else rows


def spread_rows(rows: Rows, count: int) -> Rows:
    """At most `count` rows, evenly spread over all."""
    return rows if count >= rows.shape[0] else SelectedRows(rows, spread(rows.shape[0], count))


def unique_rows(rows: Rows, runner, progress: Progress) -> Rows:
    """Each different row once, where it first occurs (see `first_equal_rows`)."""
    first = first_equal_rows(rows, runner, progress)
    kept = first == np.arange(len(first))
    return rows if kept.all() else SelectedRows(rows, np.flatnonzero(kept))


def first_equal_rows(rows: Rows, runner, progress: Progress | None = None) -> np.ndarray:
    """int64 [n]: for each row the first one that has the same numbers; itself for rows that hold NaN or inf.

    Rows are compared by a 128-bit hash (BLAKE2b), so that the vectors need not fit into memory: about 40 bytes a row
    do. Rows with NaN or inf stand for themselves, so that they can be named.
    """
    progress = progress or Progress()
    progress.phase("finding repeated rows", rows.shape[0], "rows")
    digests = np.empty((rows.shape[0], 2), np.uint64)
    finite = np.empty(rows.shape[0], np.bool_)

    def digest(span: tuple[int, int]):
        block = rows.rows(*span) + rows.dtype.type(0)  # -0 and 0 are the same number
        found = b"".join([hashlib.blake2b(row, digest_size=16).digest() for row in block])
        return span, np.frombuffer(found, np.uint64).reshape(-1, 2), _finite(block)

    for (start, stop), found, good in runner.map(digest, blocks(rows)):
        digests[start:stop], finite[start:stop] = found, good
        progress.advance(stop - start)
    order = np.lexsort((digests[:, 0], digests[:, 1]))  # stable: among equal hashes the first row comes first
    ordered = digests[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.empty(len(order), np.int64)
    first[order] = order[new][np.cumsum(new) - 1]
    return np.where(finite, first, np.arange(len(first)))


def find_bad_rows(rows: Rows, runner, progress: Progress | None = None) -> np.ndarray:
    """Indices (int64, rising) of the rows that hold NaN or inf."""
    progress = progress or Progress()
    progress.phase("looking for NaN", rows.shape[0], "rows")
    found = [np.empty(0, np.int64)]
    for start, stop, bad in runner.map(lambda span: (*span, np.flatnonzero(~_finite(rows.rows(*span)))), blocks(rows)):
        found.append(bad + start)
        progress.advance(stop - start)
    return np.concatenate(found)


def _finite(block: np.ndarray) -> np.ndarray:
    """Which rows hold neither NaN nor inf."""
    return np.isfinite(block).all(axis=1)
