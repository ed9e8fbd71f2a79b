"""Rows of vectors, wherever they lie: arrays in memory, maps of files, anything that hands out a range of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np

from hanmine.errors import InputError

BLOCK_ROWS = 2048  # rows handled at once: at 768 dimensions a block in float32 fills 6 MB and stays near the processor
_BLOCK_NUMBERS = 1 << 25  # of a block: wide rows are handled fewer at once


@runtime_checkable
class Rows(Protocol):
    """A matrix of n vectors in d dimensions that is read a range of rows at a time, from any thread.

    Attributes
    ----------
    shape : (n, d).
    dtype : float16, float32 or float64, native byte order.

    A `Rows` may also have `where(row)`: the place of a row in a user's words, such as "vectors.npy: row 17".
    """

    shape: tuple[int, int]
    dtype: np.dtype

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows start..stop as an array [stop - start, d] of `dtype`, C-contiguous; not to be written to."""


class ArrayRows:
    """Rows of an array in memory."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = _float_type(array.dtype)

    def rows(self, start: int, stop: int) -> np.ndarray:
        return np.ascontiguousarray(self.array[start:stop], self.dtype)

    def where(self, row: int) -> str:
        return f"row {row}"


def as_rows(vectors) -> Rows:
    """`vectors` as `Rows`: itself when it is one, else a view of the array that it is or converts to.

    Integers and booleans are read as float32, of 32 bits and more as float64; long doubles as float64.

    Raises
    ------
    InputError : not two-dimensional, no columns, or not of real numbers.
    """
    if isinstance(vectors, Rows):
        return vectors
    try:
        array = np.asarray(vectors)
    except ValueError as error:  # rows of different lengths
        raise InputError(f"the vectors are no matrix ({error}): pass rows of one length") from error
    if array.dtype.kind not in "fiub":
        raise InputError(f"the vectors are of type {array.dtype}, not real numbers: pass a matrix of numbers")
    if array.ndim != 2:
        shape = "×".join(map(str, array.shape)) or "a single number"
        advice = "for a single vector x pass x[None, :]" if array.ndim == 1 else "one vector a row"
        raise InputError(f"the vectors have {array.ndim} axes ({shape}), not 2: pass a matrix, {advice}")
    if not array.shape[1]:
        raise InputError("the vectors have no dimensions: pass a matrix with at least one column")
    return ArrayRows(array)


def _float_type(dtype: np.dtype) -> np.dtype:
    if dtype.kind == "f":
        return np.dtype(f"f{min(dtype.itemsize, 8)}")
    return np.dtype(np.float64 if dtype.itemsize >= 4 else np.float32)


def place_of(rows: Rows, row: int) -> str:
    """Where `row` lies, in the words of the rows themselves when they have some."""
    where = getattr(rows, "where", None)
    return where(row) if where else f"row {row}"


def block_rows(dimensions: int) -> int:
    """How many rows of so many dimensions are handled at once."""
    return max(1, min(BLOCK_ROWS, _BLOCK_NUMBERS // max(dimensions, 1)))


def blocks(rows: Rows, size: int | None = None, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, int]]:
    """Ranges (start, stop) of at most `size` (`block_rows`) rows that cover rows start..stop (all rows) in order."""
    size = block_rows(rows.shape[1]) if size is None else size
    stop = rows.shape[0] if stop is None else min(stop, rows.shape[0])
    for begin in range(start, stop, size):
        yield begin, min(begin + size, stop)


def spread(count: int, chosen: int) -> np.ndarray:
    """Indices [shape=(min(count, chosen),)] of rows spread evenly over 0..count: the same ones every time."""
    chosen = min(count, chosen)
    return np.arange(chosen, dtype=np.int64) * count // max(chosen, 1)
