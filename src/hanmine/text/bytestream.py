"""Bytes as they arrive: counted and hashed where they are stored, looked at before they are taken.

Every later step of reading (decompression, detection, cutting into blocks) takes an iterator of `bytes` chunks or a
`ByteStream` over one, so that nothing is held but a few chunks, whatever the size of the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from hanmine.errors import InputError


class Digest(Protocol):
    """What `hashlib.sha256()` returns, as far as it is used here."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class StoredBytes:
    """The bytes of an open file or pipe, as stored.

    Attributes
    ----------
    count : bytes read so far.
    """

    def __init__(self, raw: BinaryIO, name: str, digest: Digest | None = None) -> None:
        self._raw = raw
        self._name = name
        self._digest = digest
        self.count = 0

    def chunks(self, size: int) -> Iterator[bytes]:
        """Chunks of `size` bytes, the last one shorter. A pipe that gives less at a time is read until one is full."""
        while True:
            parts = []
            missing = size
            while missing and (data := self._read(missing)):
                parts.append(data)
                missing -= len(data)
            if parts:
                yield parts[0] if len(parts) == 1 else b"".join(parts)
            if missing:
                return

    def _read(self, size: int) -> bytes:
        try:
            data = self._raw.read(size)
        except OSError as error:
            raise InputError(f"{self._name}: cannot be read ({error.strerror or error}): check the file") from error
        if data is None:
            raise InputError(f"{self._name}: cannot be read (a non-blocking pipe): pass it through `cat`")
        self.count += len(data)
        if self._digest is not None:
            self._digest.update(data)
        return data


class ByteStream:
    """An iterator of chunks that can be looked into, read by count, or handed on as it comes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._position = 0

    def peek(self, size: int) -> bytes:
        """The next `size` bytes (fewer only if no more come), which stay to be read."""
        self._fill(size)
        return self._buffer[self._position : self._position + size]

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only if no more come."""
        self._fill(size)
        piece = self._buffer[self._position : self._position + size]
        self._position += len(piece)
        return piece

    def chunks(self, minimum: int = 1) -> Iterator[bytes]:
        """All remaining bytes in chunks as they come, small ones joined until they reach `minimum` bytes."""
        parts: list[bytes] = []
        have = 0
        for chunk in self._remaining():
            parts.append(chunk)
            have += len(chunk)
            if have >= minimum:
                yield parts[0] if len(parts) == 1 else b"".join(parts)
                parts, have = [], 0
        if parts:
            yield b"".join(parts)

    def _remaining(self) -> Iterator[bytes]:
        rest = self._buffer[self._position :]
        self._buffer, self._position = b"", 0
        if rest:
            yield rest
        # The buffer's reference must not outlive its turn: it is as large as a block.
        del rest
        yield from self._chunks

    def _fill(self, size: int) -> None:
        have = len(self._buffer) - self._position
        if have >= size:
            return
        # Nothing is joined, and so copied, if one chunk is enough.
        parts = [self._buffer[self._position :]] if have else []
        while have < size and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            have += len(chunk)
        self._buffer, self._position = b"".join(parts), 0
