"""Compressed files unpacked as a stream, told by their first bytes: gzip, bzip2, xz and zstd, one member or many."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from hanmine.errors import InputError

LONGEST_MAGIC = 10
_LABELS = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}
_SLICE = 1 << 14  # bytes: what one step unpacks is bounded by what it is given


def compression_of(head: bytes) -> str | None:
    """The compression that the first `LONGEST_MAGIC` bytes tell, or None."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gz"
    if head.startswith(b"BZh") and head[4:10] in (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"):
        return "bz2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    return "zst" if head.startswith(b"\x28\xb5\x2f\xfd") else None


def decompressed(chunks: Iterator[bytes], compression: str, name: str) -> Iterator[bytes]:
    """The bytes inside; zero bytes behind a member are padding.

    Raises
    ------
    InputError : the archive ends early or is corrupt.
    """
    label = _LABELS[compression]
    new, failures = _decompressor(compression)
    member = None
    for chunk in chunks:
        for start in range(0, len(chunk), _SLICE):
            data = chunk[start : start + _SLICE]
            while data:
                if member is None:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    member = new()
                try:
                    unpacked = member.decompress(data)
                except failures as error:
                    raise InputError(
                        f"{name}: the {label} data are corrupt ({error}): fetch or compress the file again"
                    ) from error
                if unpacked:
                    yield unpacked
                data = member.unused_data if member.eof else b""
                member = None if member.eof else member
    if member is not None:
        raise InputError(f"{name}: the {label} data end too early: fetch or compress the file again")


def _decompressor(compression: str) -> tuple[Callable[[], Any], tuple[type[Exception], ...]]:
    """What makes a decompressor of one member, and the errors that it raises."""
    if compression == "gz":
        return lambda: zlib.decompressobj(wbits=31), (zlib.error,)
    if compression == "bz2":
        return bz2.BZ2Decompressor, (OSError, ValueError)
    if compression == "xz":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), (lzma.LZMAError,)
    import zstandard  # its import costs other inputs nothing

    # The default limit refuses what `zstd --long=31` writes.
    packer = zstandard.ZstdDecompressor(max_window_size=1 << 31)
    return packer.decompressobj, (zstandard.ZstdError,)
