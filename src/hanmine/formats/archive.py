"""Archives of arrays (npz), as every reader of ours takes them: nothing is believed that the bytes do not bear out.

What the directory of the archive and the header of an array claim is compared with the bytes that are there before
memory is taken; pickles are never loaded; an array comes out with the type and the number of axes that was asked for.
"""

from __future__ import annotations

import lzma
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hanmine.errors import InputError
from hanmine.formats.stored import StoredFile, unreadable
from hanmine.formats.vectors.npy import LONGEST_HEADER, MAGIC, NpyHeader, one_line, read_header

if TYPE_CHECKING:
    import numpy as np

CURE = "write or fetch it again"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_EXTENSION = ".npy"
_DEFLATE = 1032  # no bytes are packed more tightly than this many in one
_LEAST = 1 << 10
# What zipfile and the packers below it raise for damage; reading itself fails with an InputError.
_DAMAGE = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError, struct.error, OSError,
    ValueError, OverflowError,
)  # fmt: skip


class Archive:
    """An opened archive.

    Attributes
    ----------
    file : the bytes. keys : the names of the arrays, in order.
    """

    def __init__(self, file: StoredFile, members: zipfile.ZipFile, cure: str) -> None:
        self.file = file
        self._zip = members
        self._cure = cure
        self._members = {
            member.filename.removesuffix(_EXTENSION): member
            for member in members.infolist()
            if member.filename.endswith(_EXTENSION)
        }
        self.keys = list(self._members)
        self.others = [name for name in members.namelist() if not name.endswith(_EXTENSION)]

    def __contains__(self, key: str) -> bool:
        return key in self._members

    def reading(self) -> AbstractContextManager[None]:
        """What zipfile says of damage within the block comes out as an `InputError`."""
        return _damage_named(self.file.name, self._cure)

    def member(self, key: str) -> zipfile.ZipInfo:
        """The entry of an array in the directory."""
        return self._members[key]

    def stream(self, key: str) -> BinaryIO:
        """The unpacked bytes of an array's member."""
        return self._zip.open(self._members[key])

    def header(self, key: str) -> NpyHeader | None:
        """What an array says it is; None where the member is no array.

        Raises
        ------
        InputError : its header is damaged.
        """
        with self.reading(), self.stream(key) as stream:
            head = stream.read(LONGEST_HEADER)
        return read_header(head, self.name_of(key)) if head.startswith(MAGIC) else None

    def read(self, key: str, kinds: str, axes: int | tuple[int, ...] = 1, cure: str = "") -> np.ndarray:
        """An array, whole, in native byte order.

        Parameters
        ----------
        kinds : letters of the kinds of elements that will do, as in `numpy.dtype.kind`. axes : numbers of axes.
        cure : what to do about an array of another kind.

        Raises
        ------
        InputError : there is no such array, it is another kind of array, or has not as many elements as it claims.
        """
        import numpy as np

        if key not in self:
            raise InputError(f"{self.file.name}: has no array {key!r}: {self._cure}")
        name = self.name_of(key)
        header = self.header(key)
        if header is None:
            raise InputError(f"{name}: is no npy array: {self._cure}")
        axes = (axes,) if isinstance(axes, int) else axes
        if header.dtype.hasobject:
            raise InputError(
                f"{name}: holds Python objects, which are never loaded as they can run any code: save numbers"
            )
        if header.dtype.kind not in kinds or len(header.shape) not in axes:
            raise InputError(
                f"{name}: is {header.dtype} of shape {header.shape}, not {_wanted(kinds, axes)}: {cure or self._cure}"
            )
        self._check_size(name, self._members[key], header)
        with self.reading(), self.stream(key) as stream:
            stream.read(header.size)
            found = np.empty(count_of(header.shape), header.dtype)
            view = memoryview(found.view(np.uint8) if found.nbytes else b"")
            while view and (count := stream.readinto(view)):
                view = view[count:]
            if view or stream.read(1):  # the end is where the checksum is
                raise EOFError("another size than its directory says")
        found = found.reshape(header.shape, order="F" if header.fortran else "C")
        return found.astype(found.dtype.newbyteorder("="), copy=False)

    def name_of(self, key: str) -> str:
        """An array in words."""
        return f"{self.file.name}: array {key!r}"

    def _check_size(self, name: str, member: zipfile.ZipInfo, header: NpyHeader) -> None:
        packed = min(member.compress_size, self.file.size)
        if member.compress_type == zipfile.ZIP_STORED:
            most = packed
        elif member.compress_type == zipfile.ZIP_DEFLATED:
            most = packed * _DEFLATE + _LEAST
        else:
            raise InputError(f"{name}: is packed in a way that numpy does not write: {self._cure}")
        size = header.size + count_of(header.shape) * header.dtype.itemsize
        if size > min(most, member.file_size):
            raise InputError(f"{name}: is cut short: {self._cure}")
        if size < member.file_size:
            raise InputError(f"{name}: goes on after its last element: {self._cure}")


@contextmanager
def open_archive(file: StoredFile | Path, cure: str = CURE) -> Iterator[Archive]:
    """An npz archive, open until the block ends.

    `cure` : what a user is to do about an archive that is not what it should be.

    Raises
    ------
    InputError : there is no such file, or the bytes are no zip archive.
    """
    if isinstance(file, Path):
        try:
            file = StoredFile(file, str(file))
        except OSError as error:
            raise unreadable(str(file), error) from error
    if not file.head(4).startswith(_ZIP):
        raise InputError(f"{file.name}: is no .npz archive: {cure}")
    with _damage_named(file.name, cure):
        members = zipfile.ZipFile(file.as_file())
    with members:
        yield Archive(file, members, cure)


@contextmanager
def _damage_named(name: str, cure: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise InputError(f"{name}: the archive is damaged ({one_line(error)}): {cure}") from error


def count_of(shape: tuple[int, ...]) -> int:
    """Elements of an array; a shape that no array can have counts as more than any file holds."""
    if min(shape, default=0) < 0 or max(shape, default=0) >= 1 << 62:
        return 1 << 62
    return math.prod(shape)


def _wanted(kinds: str, axes: tuple[int, ...]) -> str:
    if kinds in ("i", "u", "iu"):
        what = "whole numbers"
    elif set(kinds) <= set("SU"):
        what = "text"
    else:
        what = "numbers"
    return what + " of " + " or ".join(f"{count} axes" if count != 1 else "1 axis" for count in axes)
