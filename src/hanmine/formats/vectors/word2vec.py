"""How word2vec files begin, by which text, binary and files without a header are told apart.

text     "N d", then lines of a word and d numbers; GloVe's files lack the first line
binary   "N d", then for each row the word, a space, d float32 (little endian) and mostly a newline
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hanmine.errors import InputError

HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*(\d{1,18})[ \t]+(\d{1,9})[ \t]*\r?\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What no text of words and numbers holds, and float32 numbers nearly always do.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_TELLING = 4096  # bytes
_LOOKED_AT = 10  # lines


@dataclass(frozen=True)
class Layout:
    """What the beginning of a word2vec file tells.

    Attributes
    ----------
    rows : as the header says; None without a header.
    dimensions : numbers a row.
    size : bytes before the first row.
    """

    rows: int | None
    dimensions: int
    size: int


def layout_of(head: bytes) -> Layout | None:
    """The layout of a file that begins with `head`; None where it is no word2vec file."""
    header = HEADER.match(head)
    if header is not None:
        return Layout(int(header[1]), int(header[2]), header.end())
    mark = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    if _CONTROL.search(head, 0, _TELLING):
        return None
    numbers = [_trailing_numbers(line) for line in _first_lines(head[mark:])]
    # One number is too little to tell vectors from a list of words with counts.
    if not numbers or min(numbers) < 2:
        return None
    # A word may end in a number, and a row may lack one: most lines are right.
    return Layout(None, max(numbers, key=lambda count: (numbers.count(count), count)), mark)


def looks_like_word2vec(head: bytes, name: str, *, binary: bool) -> str | None:
    """ "word2vec" or "word2vec-binary" for an input that begins so; `binary` decides where the bytes leave it open.

    Lines of numbers without words are "numbers", as numpy.savetxt writes them.

    Raises
    ------
    InputError : lines of more numbers than the header says.
    """
    layout = layout_of(head)
    if layout is None:
        return None
    lines = _first_lines(head[layout.size :])
    if layout.rows is None:
        if all(is_number(line.split()[0]) for line in lines):
            return "numbers"
        return "word2vec"
    if not layout.rows or not head[layout.size :].strip():
        return "word2vec-binary" if binary else "word2vec"
    odd = _CONTROL.search(head, layout.size, layout.size + _TELLING) is not None
    odd = odd or not all(field.isascii() for field in b"".join(lines[:1]).rsplit(None, layout.dimensions)[1:])
    numbers = [_trailing_numbers(line) for line in lines]
    if numbers and numbers[0] >= layout.dimensions and not (odd and binary):
        # One word may end in a number; all of them do where the header is wrong.
        if min(numbers) > layout.dimensions:
            raise InputError(
                f"{name}: its header says {layout.dimensions} dimensions and its rows have {min(numbers)}: "
                "correct the header"
            )
        return "word2vec"
    return "word2vec-binary" if odd or binary else "word2vec"


def _first_lines(text: bytes) -> list[bytes]:
    """A few whole lines that are not blank; a last line without an end only where it is all there is."""
    lines = text.split(b"\n", _LOOKED_AT)
    whole = [line for line in lines[:-1] if line.strip()]
    return whole or [line for line in lines if line.strip()]


def _trailing_numbers(line: bytes) -> int:
    """How many numbers end a line, of which its first field, the word, is none (unless the word is empty)."""
    count = 0
    for field in reversed(line.split()[0 if line[:1] in b" \t" else 1 :]):
        if not is_number(field):
            break
        count += 1
    return count


def is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field
