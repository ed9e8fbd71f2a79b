"""The npy format of numpy, versions 1 to 3: a header of text, then the elements."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanmine.errors import InputError
from hanmine.formats.vectors.matrix import StoredMatrix, check_matrix, check_size

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 1 << 17  # version 1 ends before 64 KB; a matrix of numbers needs no more
# What numpy, and Python's parser below it, raise for headers that are none; the last two for very deep brackets.
_DAMAGE = (
    ValueError, TypeError, SyntaxError, LookupError, ArithmeticError, AttributeError, RecursionError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True)
class NpyHeader:
    """What an npy header says.

    Attributes
    ----------
    size : bytes before the first element.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    size: int


def read_header(head: bytes, name: str) -> NpyHeader:
    """The header at the beginning of `head`, which holds at least `LONGEST_HEADER` bytes if the file does.

    Raises
    ------
    InputError : the header is not one.
    """
    stream = io.BytesIO(head)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python says of odd numbers, and numpy of headers of Python 2
            shape, fortran, dtype = _parsed(stream, name)
    except _DAMAGE as error:
        raise InputError(f"{name}: its npy header is damaged ({one_line(error)}): write or fetch it again") from error
    return NpyHeader(shape, dtype, fortran, stream.tell())


def _parsed(stream: io.BytesIO, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    from tokenize import TokenError

    from numpy.lib import format as npy

    try:
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise InputError(f"{name}: is npy version {version[0]}.{version[1]}: save it again as version 1, 2 or 3")
        # Version 3 is version 2 with field names in UTF-8, which the header of a matrix has none of.
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        return read(stream)
    except TokenError as error:  # numpy reads headers of old files by tokens
        raise ValueError(str(error)) from error


def one_line(error: BaseException) -> str:
    """What a library says of a mistake, on one short line, without what only its authors understand."""
    text = re.sub(r"(?: on line \d+)?:? <[\w.]+ object at 0x[0-9a-f]+>", "", " ".join(str(error).split()))[:160]
    return "".join(c if c.isprintable() else "?" for c in text) or type(error).__name__


def check_header(header: NpyHeader, name: str) -> None:
    """Refuse an array that is no matrix of numbers; see `check_matrix`."""
    check_matrix(name, header.shape, header.dtype)


def npy_matrix(file: StoredFile) -> StoredMatrix:
    """The matrix of an npy file.

    Raises
    ------
    InputError : the header is damaged, the array is no matrix of numbers, rows are missing, or bytes follow them.
    """
    header = read_header(file.head(LONGEST_HEADER), file.name)
    check_header(header, file.name)
    check_size(file.name, header.shape, header.dtype.itemsize, file.size - header.size)
    return StoredMatrix(file, header.size, header.shape, header.dtype, header.fortran and header.shape[0] > 1)
