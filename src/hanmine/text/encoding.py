"""Which encoding a source is in: a small rule that knows what Chinese files are.

A byte-order mark decides; then UTF-8 if (nearly) all of it is well formed; else the encoding under which the bytes cost
the fewest bits as Chinese text. All of it is a matter of rates: a stray byte, which makes every encoding fail strictly,
flips none of them.
"""

from __future__ import annotations

import codecs
import re

from hanmine.errors import DecodingError, InputError, UsageError
from hanmine.text.encoding_model import reading_bits

SAMPLE_SIZE = 1 << 20

# UTF-32 before UTF-16: the little-endian mark of one begins with that of the other.
_MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "gb18030": "\ufeff".encode("gb18030"),
}
_WIDE = ("utf-16-le", "utf-16-be")
# The first of equals wins: GB18030 is the likelier of the two double-byte encodings.
_CANDIDATES = ("utf-8", "gb18030", "big5hkscs", *_WIDE)
# A thousand characters decide it; weighing more would take longer than reading the file.
_WEIGHED = 1 << 11
# Text costs 10 to 17 bits a character; what only looks like UTF-16 costs more.
_MOST_BITS_PER_CHARACTER = 18.0
# Bytes before and after the first one that is not UTF-8 in which the rate of such bytes is taken.
_COUNTED = 1 << 14
# The first of a stretch of ASCII bytes may be the second of a double-byte character.
_ASCII_STRETCH = re.compile(rb"([\x00-\x7f])[\x00-\x7f]{3,}")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTINUATION = bytes(range(0x80, 0xC0))
_CONTROL = bytes([*range(1, 9), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
_FILE_KINDS = {b"PK\x03\x04": "a zip or Excel file", b"%PDF-": "a PDF file", b"PAR1": "a Parquet file"}


def encoding_of(sample: bytes, requested: str, name: str) -> tuple[str, int]:
    """The encoding to read a source in, and the length of its byte-order mark.

    Parameters
    ----------
    sample : the first bytes of the source, up to `SAMPLE_SIZE`.
    requested : "auto", or a codec's name, which overrules the sample.
    name : of the source, for messages.

    Returns
    -------
    A codec's name (for "auto" one of "utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be"; "utf-32-le" and
    "utf-32-be" with a byte-order mark only) and the number of bytes to skip.

    Raises
    ------
    UsageError : `requested` is no encoding of text. InputError : the sample looks binary.
    """
    if requested == "auto":
        encoding = detect_encoding(sample, name)
    else:
        encoding = codec_name(requested)
        if encoding in ("utf-16", "utf-32"):
            encoding = _with_byte_order(encoding, sample)
    mark = _MARKS.get(encoding, b"")
    return encoding, len(mark) if mark and sample.startswith(mark) else 0


def codec_name(requested: str) -> str:
    """Python's name of an encoding; "utf-8" whether or not a byte-order mark is promised.

    Raises
    ------
    UsageError : Python knows no such encoding of text.
    """
    try:
        info = codecs.lookup(requested)
    except (LookupError, ValueError):
        info = None
    if info is None or not getattr(info, "_is_text_encoding", True) or info.incrementaldecoder is None:
        raise UsageError(
            f"--encoding {requested!r} is unknown: pass auto, utf-8, gb18030, big5hkscs, utf-16 or the like"
        )
    return "utf-8" if info.name == "utf-8-sig" else info.name


def detect_encoding(sample: bytes, name: str = "input") -> str:
    """The encoding of a sample, which may end inside a character.

    Raises
    ------
    InputError : it holds NUL bytes and is not UTF-16, or a good part of it are control characters.
    """
    for encoding, mark in _MARKS.items():
        if sample.startswith(mark):
            return encoding
    if b"\0" in sample:
        return _likeliest(sample, sample[:_WEIGHED], _WIDE, name)
    errors, characters = _utf8_errors(sample)
    # Of GBK text read as UTF-8 at most a sixth is well formed, by chance: errors outnumber characters there.
    if errors * 4 <= characters or _beyond_ascii(sample) <= 1:
        encoding = "utf-8"
    else:
        # Stretches of ASCII cost the same everywhere: left out, the first two kilobytes hold what decides.
        encoding = _likeliest(sample, _ASCII_STRETCH.sub(rb"\1\n", sample)[:_WEIGHED], _CANDIDATES, name)
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    if encoding not in _WIDE and controls * 10 > len(sample):
        raise _binary(sample, name, "control characters")
    return encoding


def _likeliest(sample: bytes, weighed: bytes, candidates: tuple[str, ...], name: str) -> str:
    """The candidate that reads `weighed`, some of the sample, in the fewest bits.

    UTF-16 has to read as text too, for any bytes are UTF-16. (Positions of NULs would not tell its byte order: ASCII
    has them in one half of the bytes, 一 (U+4E00), among the commonest of all characters, in the other.)
    """
    bits = [reading_bits(weighed, candidate) for candidate in candidates]
    encoding = candidates[bits.index(min(bits))]
    if encoding in _WIDE and min(bits) > _MOST_BITS_PER_CHARACTER * len(weighed) / 2:
        nul = sample.find(0)
        raise _binary(sample, name, f"a NUL at byte {nul}" if nul >= 0 else "no text in any likely encoding")
    return encoding


def _with_byte_order(encoding: str, sample: bytes) -> str:
    """UTF-16 or UTF-32 without its byte order said: by the mark, else by what reads as text."""
    orders = (f"{encoding}-le", f"{encoding}-be")
    for order in orders:
        if sample.startswith(_MARKS[order]):
            return order
    return min(orders, key=lambda order: reading_bits(sample[:_WEIGHED], order))


def _binary(sample: bytes, name: str, sign: str) -> InputError:
    for magic, kind in _FILE_KINDS.items():
        if sample.startswith(magic):
            return InputError(f"{name}: looks like {kind}: save its text as a plain file first")
    return DecodingError(f"{name}: looks binary ({sign})", "pass a text file, or --encoding NAME if it is one")


def _utf8_errors(sample: bytes) -> tuple[int, int]:
    """Ill-formed sequences of UTF-8 around the first one, and characters beyond ASCII there. One that is cut off at the
    end of the sample is neither.
    """
    decoder = codecs.getincrementaldecoder("utf-8")
    try:
        decoder().decode(sample)
        return 0, 0
    except UnicodeDecodeError as error:
        start = max(0, error.start - _COUNTED)
        around = sample[start : error.start + _COUNTED]
    text = decoder("replace").decode(around.lstrip(_CONTINUATION) if start else around)
    errors = text.count("\ufffd") - around.count("\ufffd".encode())
    return errors, len(_NOT_ASCII.findall(text)) - errors


def _beyond_ascii(sample: bytes) -> int:
    return len(sample.translate(None, bytes(range(0x80))))
