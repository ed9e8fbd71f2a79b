"""A matrix as it lies in a file: rows are read, turned to C order, and converted to native floating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanmine.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

BFLOAT16 = "bfloat16"
_STRIPE = 16  # columns turned at a time: more than that many lines would push each other out of the cache


@dataclass(frozen=True)
class StoredMatrix:
    """Shape, element type and place of a matrix in a file.

    Attributes
    ----------
    file, offset : where the first element is.
    shape : (n, d).
    stored : the numpy dtype of the stored elements, in either byte order, or `BFLOAT16`.
    fortran : columns lie one after another, not rows. A block of rows is then gathered from d places, which costs
        little where the file is cached or on a solid-state disk, and seeks on one that turns.
    """

    file: StoredFile
    offset: int
    shape: tuple[int, int]
    stored: np.dtype | str
    fortran: bool = False

    @property
    def dtype(self) -> np.dtype:
        """float16, float32 or float64: what `rows` returns."""
        return native_dtype(self.stored)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows [start, stop) as a new C-contiguous array [stop - start, d]. Safe to call from several threads."""
        import numpy as np

        count, dimensions = stop - start, self.shape[1]
        element = np.dtype("<u2") if isinstance(self.stored, str) else self.stored
        raw = np.empty((count, dimensions), element)
        if not self.fortran:
            self.file.read_into(raw, self.offset + start * dimensions * element.itemsize)
            return self._native(raw)
        for first in range(0, dimensions, _STRIPE):
            columns = np.empty((min(_STRIPE, dimensions - first), count), element)
            for place, column in enumerate(columns, first):
                self.file.read_into(column, self.offset + (place * self.shape[0] + start) * element.itemsize)
            raw[:, first : first + _STRIPE] = columns.T
        return self._native(raw)

    def _native(self, raw: np.ndarray) -> np.ndarray:
        import numpy as np

        if isinstance(self.stored, str):  # the upper half of a float32
            return (raw.astype(np.uint32) << 16).view(np.float32)
        return raw.astype(self.dtype, order="C", copy=False)


def native_dtype(stored: np.dtype | str) -> np.dtype | None:
    """The type that elements are read as; None for what are no numbers of a vector (text, objects, complex).

    Floats stay what they are; integers become float32, those of 32 bits and more float64; bfloat16 becomes float32.
    """
    import numpy as np

    if isinstance(stored, str):
        return np.dtype(np.float32)
    if stored.kind == "f" and stored.itemsize <= 8:
        return stored.newbyteorder("=")
    if stored.kind in "iub":
        return np.dtype(np.float32 if stored.itemsize <= 2 else np.float64)
    return None


def check_matrix(name: str, shape: tuple[int, ...], stored: np.dtype | str) -> None:
    """Refuse what is no matrix of numbers.

    Raises
    ------
    InputError : not two dimensions, no dimension at all, or elements that are no real numbers.
    """
    if native_dtype(stored) is None:
        what = "Python objects" if stored.hasobject else f"elements of type {stored}"
        raise InputError(f"{name}: holds {what}: vectors are float16, float32, float64 or integers: convert them")
    if len(shape) != 2:
        raise InputError(f"{name}: has shape {shape}: vectors are a matrix of shape (rows, dimensions): reshape it")
    if not shape[1]:
        raise InputError(f"{name}: has shape {shape}, rows without a number: check what wrote it")


def check_size(name: str, shape: tuple[int, int], itemsize: int, found: int) -> None:
    """Compare the bytes that follow the header with what the shape needs.

    Raises
    ------
    InputError : rows are missing, or bytes follow the last row.
    """
    rows, dimensions = shape
    needed = rows * dimensions * itemsize
    if found < needed:
        missing = rows - found // (dimensions * itemsize)
        raise InputError(f"{name}: is cut short: {missing:,} of its {rows:,} rows are missing: write or fetch it again")
    if found > needed:
        raise InputError(
            f"{name}: {found - needed:,} bytes follow its {rows:,} rows (files joined by `cat`?): "
            "pass the files as separate arguments"
        )
