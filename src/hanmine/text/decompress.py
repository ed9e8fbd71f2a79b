"""Decompression by magic bytes, so that it works on pipes too: gzip, bzip2, xz and zstd, one frame or many in a row.

All four are streamed with a bounded output per step (a few kilobytes can hold gigabytes), and an archive that ends
early is an error: none of the libraries' file readers says so for zstd.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from hanmine.errors import InputError
from hanmine.text.bytestream import ByteStream

LONGEST_MAGIC = 10
_LABELS = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# "BZh1".."BZh9" alone could begin a text; pi (a block) or its root (an empty archive) follows.
_BZIP2_BLOCK = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
# zlib copies what it did not use of its input at every step.
_SLICE = 1 << 17


class _Member(Protocol):
    """One compressed stream, as bz2.BZ2Decompressor and lzma.LZMADecompressor have it."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _GzipMember:
    """zlib's decompressor behind the interface of the other two."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail or data, max_length)


_MEMBERS: dict[str, Callable[[], _Member]] = {
    "gz": _GzipMember,
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
}


def compression_of(head: bytes) -> str | None:
    """The compression that the first bytes (at least `LONGEST_MAGIC`, if there are so many) tell, or None."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gz"
    if head.startswith(b"BZh") and head[4:10] in _BZIP2_BLOCK:
        return "bz2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(_ZSTD_MAGIC) or _is_skippable(head[:4]):
        return "zst"
    return None


def decompressed(stream: ByteStream, compression: str, name: str, size: int) -> Iterator[bytes]:
    """The bytes inside, in chunks of at most about `size` bytes (zstd: of one block, at most 128 KB).

    Raises
    ------
    InputError : the archive ends early or is corrupt.
    """
    if compression == "zst":
        return _Zstd(stream, name).chunks()
    return _members(stream, compression, name, size)


def _members(stream: ByteStream, compression: str, name: str, size: int) -> Iterator[bytes]:
    """Chunks of gzip, bzip2 or xz members in a row; zero bytes between and after them are padding."""
    pending = b""
    while True:
        while not pending:
            if not (pending := stream.read(_SLICE)):
                return
            pending = pending.lstrip(b"\0")
        member = _MEMBERS[compression]()
        while not member.eof:
            if member.needs_input and not pending and not (pending := stream.read(_SLICE)):
                raise _truncated(name, compression)
            data, pending = (pending, b"") if member.needs_input else (b"", pending)
            try:
                chunk = member.decompress(data, size)
            except (zlib.error, lzma.LZMAError, OSError) as error:
                raise _corrupt(name, compression, error) from error
            if chunk:
                yield chunk
        pending = (member.unused_data + pending).lstrip(b"\0")


class _Zstd:
    """Zstd frames in a row, fed to the decoder block by block (RFC 8878).

    A block gives at most 128 KB, which bounds the memory; and whoever walks the blocks knows whether the last frame
    was whole.
    """

    def __init__(self, stream: ByteStream, name: str) -> None:
        import zstandard  # its import costs other inputs nothing

        self._stream = stream
        self._name = name
        self._error = zstandard.ZstdError
        # The default limit refuses what `zstd --long=31` writes, which is how large public corpora are packed.
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 31)

    def chunks(self) -> Iterator[bytes]:
        while self._stream.peek(1):
            magic = self._exactly(4)
            if _is_skippable(magic):
                left = int.from_bytes(self._exactly(4), "little")
                while left:
                    left -= len(self._exactly(min(left, _SLICE)))
            elif magic == _ZSTD_MAGIC:
                yield from self._frame()
            else:
                raise _corrupt(self._name, "zst", "bytes follow that are no zstd frame")

    def _frame(self) -> Iterator[bytes]:
        descriptor = self._exactly(1)
        flags = descriptor[0]
        single_segment = flags >> 5 & 1
        window = 0 if single_segment else 1
        dictionary_id = (0, 1, 2, 4)[flags & 3]
        content_size = (single_segment, 2, 4, 8)[flags >> 6]
        checksum = 4 if flags >> 2 & 1 else 0
        data = _ZSTD_MAGIC + descriptor + self._exactly(window + dictionary_id + content_size)
        decoder = self._decompressor.decompressobj()
        last = 0
        while not last:
            header = self._exactly(3)
            value = int.from_bytes(header, "little")
            last, kind, length = value & 1, value >> 1 & 3, value >> 3
            run_length_encoded = kind == 1
            data += header + self._exactly((1 if run_length_encoded else length) + (checksum if last else 0))
            try:
                chunk = decoder.decompress(data)
            except self._error as error:
                raise _corrupt(self._name, "zst", error) from error
            if chunk:
                yield chunk
            data = b""
        if not decoder.eof:
            raise _corrupt(self._name, "zst", "a frame does not end where its last block does")

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise _truncated(self._name, "zst")
        return data


def _is_skippable(magic: bytes) -> bool:
    return len(magic) == 4 and magic[1:] == b"\x2a\x4d\x18" and magic[0] >> 4 == 5


def _truncated(name: str, compression: str) -> InputError:
    return InputError(f"{name}: the {_LABELS[compression]} data end too early: fetch or compress the file again")


def _corrupt(name: str, compression: str, reason: object) -> InputError:
    return InputError(
        f"{name}: the {_LABELS[compression]} data are corrupt ({reason}): fetch or compress the file again"
    )
