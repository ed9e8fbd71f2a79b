"""Bytes of a regular file, read at any place by any thread, and bytes that come once, from a pipe or an archive.

Files are read by position into fresh arrays and not mapped: nothing of them stays in the process after a block was
used, and a file that somebody shortens meanwhile is an error and not a crash.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hanmine.errors import InputError

if TYPE_CHECKING:
    import numpy as np

CHUNK = 1 << 22


class StoredFile:
    """A stretch of a regular file.

    `file` is open, or a path, which is then opened for each read: of thousands of inputs not all can be open.

    Attributes
    ----------
    name : as the user knows the input.
    size : bytes of the stretch.
    """

    def __init__(self, file: BinaryIO | Path, name: str, offset: int = 0, size: int | None = None) -> None:
        self.name = name
        self._file = file
        self._offset = offset
        if size is None:
            status = file.stat() if isinstance(file, Path) else os.fstat(file.fileno())
            size = max(0, status.st_size - offset)
        self.size = size

    def read_into(self, array: np.ndarray, position: int) -> None:
        """Fill a C-contiguous array with the bytes from `position` on.

        Raises
        ------
        InputError : the file cannot be read, or is shorter than it was.
        """
        if array.nbytes:
            self._read_all(memoryview(array.reshape(-1).view("uint8")), position)

    def read(self, position: int, size: int) -> bytes:
        """At most `size` bytes from `position` on; fewer at the end."""
        data = bytearray(max(0, min(size, self.size - position)))
        if data:
            self._read_all(memoryview(data), position)
        return bytes(data)

    def head(self, size: int) -> bytes:
        """The first `size` bytes."""
        return self.read(0, size)

    def part(self, position: int, size: int, name: str) -> StoredFile:
        """A stretch of the stretch, under another name."""
        return StoredFile(self._file, name, self._offset + position, max(0, min(size, self.size - position)))

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """All bytes, a chunk at a time."""
        for position in range(0, self.size, size):
            yield self.read(position, size)

    def as_file(self) -> io.BufferedReader:
        """A file object over the stretch, for libraries that want one."""
        return io.BufferedReader(_Window(self), 1 << 20)

    def _read_all(self, view: memoryview, position: int) -> None:
        try:
            if isinstance(self._file, Path):
                with open(self._file, "rb", buffering=0) as file:
                    rest = _read_at(file, view, position + self._offset)
            else:
                rest = _read_at(self._file, view, position + self._offset)
        except OSError as error:
            raise unreadable(self.name, error) from error
        if rest:
            raise InputError(f"{self.name}: became shorter while it was read: start again when it is complete")


_POSITION = threading.Lock()


def _read_at(file: BinaryIO, view: memoryview, position: int) -> memoryview:
    """Fill `view` with the bytes from `position` on; what the end of the file left unfilled is returned."""
    while view:
        if hasattr(os, "preadv"):
            count = os.preadv(file.fileno(), [view], position)
        else:  # systems without positioned reads have one position a file
            with _POSITION:
                file.seek(position)
                count = file.readinto(view)
        if not count:
            break
        view = view[count:]
        position += count
    return view


class _Window(io.RawIOBase):
    """A stored stretch as a raw file."""

    def __init__(self, stored: StoredFile) -> None:
        self._stored = stored
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._stored.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:
        data = self._stored.read(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


class Stream:
    """Bytes that come once; the first of them can be looked at."""

    def __init__(self, chunks: Iterator[bytes], name: str) -> None:
        self.name = name
        self._chunks = chunks
        self._head = b""

    def head(self, size: int) -> bytes:
        """The first `size` bytes (fewer only if no more come), which stay to be read."""
        parts, have = [self._head], len(self._head)
        while have < size and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            have += len(chunk)
        self._head = b"".join(parts)
        return self._head[:size]

    def chunks(self) -> Iterator[bytes]:
        """All bytes, in chunks as they come."""
        head, self._head = self._head, b""
        if head:
            yield head
        yield from self._chunks


class RawStream:
    """What a pipe gives, counted.

    Attributes
    ----------
    name : as the user knows the input.
    count : bytes read so far.
    """

    def __init__(self, raw: BinaryIO, name: str) -> None:
        self._raw = raw
        self.name = name
        self.count = 0

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Chunks of at most `size` bytes.

        Raises
        ------
        InputError : the stream cannot be read.
        """
        while True:
            try:
                data = self._raw.read(size)
            except OSError as error:
                raise unreadable(self.name, error) from error
            if data is None:
                raise InputError(f"{self.name}: cannot be read (a non-blocking pipe): pass it through `cat`")
            if not data:
                return
            self.count += len(data)
            yield data


def unreadable(name: str, error: OSError) -> InputError:
    """The error of a file that cannot be opened or read."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{name}: no such file: check the path")
    if isinstance(error, IsADirectoryError):
        return InputError(f"{name}: is a folder: pass its files, or a pattern that matches them")
    cure = "check its permissions" if isinstance(error, PermissionError) else "check the file"
    return InputError(f"{name}: cannot be read ({error.strerror or error}): {cure}")
