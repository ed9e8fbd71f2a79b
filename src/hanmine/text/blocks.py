"""Plain UTF-8 cut into blocks that end at a newline, or at least not inside a character, with one copy at most."""

from __future__ import annotations

from collections.abc import Iterator


def cut_utf8(chunks: Iterator[bytes], size: int, offset: int = 0) -> Iterator[tuple[bytes, int]]:
    """Blocks of about `size` bytes (at least one character, less than 2 x `size` + 4), each with its offset.

    Blocks are the bytes of `chunks`, not validated. The last one ends with a newline, added if need be; a character
    that the end of the input cuts off stays before it, for whoever decodes to find.

    Parameters
    ----------
    chunks : cut anywhere. size : wanted bytes of a block. offset : of the first byte.
    """
    carry = b""
    for portion, last in _marking_last(_portions(chunks, size)):
        if last:
            parts = (carry, portion, b"" if portion.endswith(b"\n") else b"\n")
            yield b"".join(parts), offset
            return
        if len(portion) < 4:
            # Too short to tell where its last character begins.
            portion, carry = carry + portion, b""
        end = _end(portion)
        if not end:
            carry += portion
            continue
        if carry or end < len(portion):
            block = b"".join((carry, memoryview(portion)[:end]))
        else:
            block = portion
        carry = portion[end:]
        yield block, offset
        offset += len(block)


def _end(data: bytes) -> int:
    """After the last newline if it is near the end, else before a character that the end cuts off."""
    newline = data.rfind(b"\n", len(data) - len(data) // 4)
    if newline >= 0:
        return newline + 1
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if length > back else len(data)
    return len(data)


def _portions(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    for chunk in chunks:
        if len(chunk) < 2 * size:
            yield chunk
            continue
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]


def _marking_last(portions: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    held = next(portions, None)
    while held is not None:
        following = next(portions, None)
        yield held, following is None
        held = following
