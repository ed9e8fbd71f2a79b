"""Bytes of any encoding to text, in chunks, with the exact place of what cannot be read."""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hanmine.errors import DecodingError

_REPLACE = "hanmine.replace"
_SURROGATE = re.compile("[\ud800-\udfff]")
# Error handlers are found by name in a table of the process: what one counts belongs to the thread that is decoding.
_replaced = threading.local()


@dataclass
class Losses:
    """How many undecodable sequences were replaced and records left out so far, over all sources of a reader."""

    count: int = 0


def decoded(
    chunks: Iterator[bytes], encoding: str, errors: str, name: str, offset: int, losses: Losses
) -> Iterator[str]:
    """Text of the chunks, which may be cut anywhere.

    Parameters
    ----------
    encoding : a codec's name. errors : "strict" or "replace" (U+FFFD, counted in `losses`).
    name : of the source. offset : of the first byte in the source, for messages.

    Raises
    ------
    DecodingError : with "strict", naming the offset of the first byte that cannot be read.
    """
    decoder = codecs.getincrementaldecoder(encoding)(_REPLACE if errors == "replace" else "strict")
    for chunk in chunks:
        offset += len(chunk)
        yield _step(decoder, chunk, encoding, name, offset, losses)
    # What is left is a character that the end of the source cuts off.
    yield _step(decoder, b"", encoding, name, offset, losses)


def _step(decoder: codecs.IncrementalDecoder, chunk: bytes, encoding: str, name: str, end: int, losses: Losses) -> str:
    _replaced.count = 0
    try:
        text = decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        # The decoder's own buffer is what it kept of earlier chunks, followed by this one.
        position = end - len(error.object) + error.start
        raise undecodable(name, position, encoding, error.object[error.start : error.end]) from error
    losses.count += _replaced.count
    return text


def undecodable(name: str, position: int, encoding: str, culprit: bytes) -> DecodingError:
    """The error of bytes at `position` of the source that are no text in `encoding`."""
    return DecodingError(f"{name}: byte {position} cannot be read as {encoding} (0x{culprit[:4].hex()})")


def without_halves(text: str, replace: bool, losses: Losses, where: Callable[[], str]) -> str:
    """Text without halves of surrogate pairs (from JSON escapes and Python strings), which cannot be UTF-8.

    Raises
    ------
    DecodingError : there are some, unless they are to be replaced (by U+FFFD, counted in `losses`).
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        if not replace:
            half = f"\\u{ord(text[error.start]):04x}"
            fault = f"{where()}: {half} is half of a surrogate pair and no character"
            raise DecodingError(fault, "mend it, or pass --errors replace") from error
        text, count = _SURROGATE.subn("\ufffd", text)
        losses.count += count
    return text


def _replace_and_count(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _replaced.count += 1
    return "\ufffd", error.end


codecs.register_error(_REPLACE, _replace_and_count)
