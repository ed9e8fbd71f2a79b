"""Bytes of any encoding to text, in chunks, with the exact place of what cannot be read."""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hanmine.errors import DecodingError

_REPLACE = "hanmine.replace"
_STRICT_GB = "hanmine.strict-gb"
# GBK is read as GB 18030, which holds it, as browsers do: what Windows saves as GBK is more than Python's codec knows.
_GB = frozenset({"gb2312", "gbk", "gb18030"})
# The codec follows GB 18030-2000 and gives private-use code points for what Unicode has had characters for since then.
# The first 18 are the change of GB 18030-2022, U+1E3F that of 2005, U+3000 what the web has at 0xA3A0 (all three:
# index gb18030 of the Encoding Standard, encoding.spec.whatwg.org). The last six the standard leaves where they are;
# they are the hanzi 𠂇 𠂉 𠃌 𡗗 𢦏 𤇾 of plane 2, as its tables print them.
_PRIVATE_USE = {
    0xE78D: 0xFE10, 0xE78E: 0xFE12, 0xE78F: 0xFE11, 0xE790: 0xFE13, 0xE791: 0xFE14, 0xE792: 0xFE15, 0xE793: 0xFE16,
    0xE794: 0xFE17, 0xE795: 0xFE18, 0xE796: 0xFE19, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7,
    0xE832: 0x9FB8, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE864: 0x9FBB, 0xE7C7: 0x1E3F, 0xE5E5: 0x3000,
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE831: 0x215D7, 0xE83B: 0x2298F, 0xE855: 0x241FE,
}  # fmt: skip
_ANY_PRIVATE_USE = re.compile(f"[{''.join(map(chr, _PRIVATE_USE))}]")
_EURO = 0x80  # of Windows' GBK, where no other character begins with this byte
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
    encoding : a codec's name; those of the GBK family are all read as GB 18030-2022 with Windows' euro sign at 0x80.
    errors : "strict" or "replace" (U+FFFD, counted in `losses`).
    name : of the source. offset : of the first byte in the source, for messages.

    Raises
    ------
    DecodingError : with "strict", naming the offset of the first byte that cannot be read.
    """
    is_gb = encoding in _GB
    strict = _STRICT_GB if is_gb else "strict"
    codec = codecs.getincrementaldecoder("gb18030" if is_gb else encoding)
    decoder = codec(_REPLACE if errors == "replace" else strict)
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
    if encoding in _GB and _ANY_PRIVATE_USE.search(text):
        text = text.translate(_PRIVATE_USE)
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
    if _is_euro(error):
        return _euro(error, _REPLACE)
    _replaced.count += 1
    return "\ufffd", error.end


def _euro_or_raise(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError) and _is_euro(error):
        return _euro(error, _STRICT_GB)
    raise error


def _is_euro(error: UnicodeDecodeError) -> bool:
    return error.encoding == "gb18030" and error.object[error.start] == _EURO


def _euro(error: UnicodeDecodeError, errors: str) -> tuple[str, int]:
    """The euro sign, and where to go on. At the end of the source an incremental decoder does not go on: what digits
    follow there, which might have been a part of a longer character, are read here."""
    return "€" + error.object[error.start + 1 : error.end].decode("gb18030", errors), error.end


codecs.register_error(_REPLACE, _replace_and_count)
codecs.register_error(_STRICT_GB, _euro_or_raise)
