"""word2vec text and binary read as a stream: words into a list, numbers into the spool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanmine.errors import InputError
from hanmine.formats.vectors.matrix import StoredMatrix
from hanmine.formats.vectors.word2vec import Layout, layout_of

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile, Stream
    from hanmine.formats.vectors.spool import Spool

LONGEST_LINE = 1 << 26  # bytes
LONGEST_WORD = 1 << 16  # bytes


@dataclass(frozen=True)
class Read:
    """What was read of a file.

    Attributes
    ----------
    names : the word of each row. matrix : the rows, float32.
    total : rows that the file has, read or not; None where it does not say.
    """

    names: list[str]
    matrix: StoredMatrix
    total: int | None


def read_text(source: StoredFile | Stream, head: bytes, spool: Spool, first: int | None = None) -> Read:
    """The words and the matrix of word2vec text, with a header or without, or of its `first` so many rows.

    The last d fields of a line are its numbers and all before them is the word, which may hold spaces.

    Raises
    ------
    InputError : a line with too few numbers or one that is none, a word that is no UTF-8, another number of rows than
        the header says; each with its line, counted from 1.
    """
    layout = _layout(head, source.name)
    before = 1 if layout.rows is None else 2
    start = spool.length
    words: list[str] = []
    spool.phase(source.name, getattr(source, "size", None))
    for lines in _lines(source, layout.size):
        del lines[len(lines) if first is None else first - len(words) :]
        spool.append(_numbers(lines, words, layout.dimensions, source.name, before + len(words)))
        spool.advance(sum(map(len, lines)) + len(lines))
        if len(words) == first:
            break
    if layout.rows is not None and len(words) != layout.rows and len(words) != first:
        raise InputError(
            f"{source.name}: its header says {layout.rows:,} rows and it has {len(words):,}: write or fetch it again"
        )
    total = layout.rows if layout.rows is not None else None if len(words) == first else len(words)
    return Read(words, _spooled(spool, start, len(words), layout.dimensions, source.name), total)


def _layout(head: bytes, name: str) -> Layout:
    layout = layout_of(head)
    if layout is None or not layout.dimensions:
        raise InputError(f"{name}: its word2vec header names no dimensions: write or fetch it again")
    return layout


def _spooled(spool: Spool, start: int, rows: int, dimensions: int, name: str) -> StoredMatrix:
    import numpy as np

    return StoredMatrix(spool.stretch(start, name), 0, (rows, dimensions), np.dtype("<f4"))


def _lines(source: StoredFile | Stream, skip: int) -> Iterator[list[bytes]]:
    """The lines behind the first `skip` bytes, some at a time; without blank ones at the very end."""
    rest = b""
    blank: list[bytes] = []
    for chunk in source.chunks():
        chunk, skip = chunk[skip:], max(0, skip - len(chunk))
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if len(rest) > LONGEST_LINE:
            raise InputError(f"{source.name}: a line is longer than {LONGEST_LINE >> 20} MB: this is no word2vec text")
        lines = blank + (whole.split(b"\n") if newline else [])
        blank = []
        while lines and not lines[-1].strip():
            blank.append(lines.pop())
        if lines:
            yield lines
    if rest.strip():
        yield [*blank, rest]


def _numbers(lines: list[bytes], words: list[str], dimensions: int, name: str, first_line: int) -> np.ndarray:
    """The numbers of lines, little-endian float32 [rows * d]; their words are added to `words`."""
    import numpy as np

    plain = _plain_numbers(lines, words, dimensions)
    if plain is not None:
        return plain
    fields = [_fields(line, dimensions) for line in lines]
    numbers = [number for parts in fields for number in parts[1:]]
    try:
        if any(len(parts) != dimensions + 1 for parts in fields) or b"_" in b"".join(numbers):
            raise ValueError
        words.extend([parts[0].decode("utf-8") for parts in fields])
        with np.errstate(over="ignore"):  # what is too large for a float32 is inf
            return np.fromiter(map(float, numbers), np.float64, len(numbers)).astype("<f4")
    except ValueError:  # UnicodeDecodeError is one
        for number, parts in enumerate(fields, first_line):
            _check_line(parts, dimensions, f"{name}: line {number}")
        raise


def _plain_numbers(lines: list[bytes], words: list[str], dimensions: int) -> np.ndarray | None:
    """The same by numpy's own parser, three times as fast; None where a word holds a space or anything is wrong."""
    import numpy as np

    parts = [line.partition(b" ") for line in lines]
    if not all(word and rest.strip() for word, _, rest in parts):
        return None
    try:
        numbers = np.loadtxt([rest.decode("ascii") for _, _, rest in parts], np.float64, comments=None, ndmin=2)
        if numbers.shape != (len(lines), dimensions):
            return None
        words.extend([word.decode("utf-8") for word, _, _ in parts])
    except ValueError:
        return None
    with np.errstate(over="ignore"):  # what is too large for a float32 is inf
        return numbers.astype("<f4")


def _fields(line: bytes, dimensions: int) -> list[bytes]:
    """The word and the numbers of a line; the word may be empty, or spaces alone, as in gensim's files."""
    fields = line.rsplit(None, dimensions)
    if len(fields) == dimensions and line[:1] in b" \t" and line.strip():
        fields.insert(0, line[: len(line) - len(line.lstrip()) - 1])
    return fields


def _check_line(fields: list[bytes], dimensions: int, where: str) -> None:
    if len(fields) != dimensions + 1:
        numbers = max(0, len(fields) - 1)
        raise InputError(f"{where}: {numbers} numbers where {dimensions} are expected: correct or remove the line")
    for field in fields[1:]:
        try:
            if b"_" in field:  # Python's own spelling of numbers
                raise ValueError
            float(field)
        except ValueError as error:
            raise InputError(f"{where}: {_shown(field)} is no number: correct or remove the line") from error
    _word(fields[0], where)


def _word(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where}: the word {_shown(data)} is not UTF-8: correct it, or convert the file first"
        ) from error


def _shown(data: bytes) -> str:
    text = data[:40].decode("utf-8", "backslashreplace")
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "'"


def read_binary(source: StoredFile | Stream, head: bytes, spool: Spool, first: int | None = None) -> Read:
    """The words and the matrix of a word2vec binary file, or of its `first` so many rows.

    Raises
    ------
    InputError : the file ends early or goes on after its last row, or a word is no UTF-8; with the row, counted from 0.
    """
    layout = _layout(head, source.name)
    start = spool.length
    words: list[str] = []
    wanted = layout.rows if first is None else min(first, layout.rows)
    skip, rest = layout.size, b""
    spool.phase(source.name, getattr(source, "size", None))
    for chunk in source.chunks():
        spool.advance(len(chunk))
        data = rest + chunk[skip:]
        skip = max(0, skip - len(chunk))
        rest = _take_rows(data, words, wanted, layout.dimensions, source.name, spool)
        if len(words) == wanted < layout.rows:
            rest = b""
            break
    if len(words) < wanted:
        missing = layout.rows - len(words)
        raise InputError(
            f"{source.name}: is cut short: {missing:,} of its {layout.rows:,} rows are missing: write or fetch it again"
        )
    if rest.strip(b"\r\n"):
        raise InputError(
            f"{source.name}: goes on after the {layout.rows:,} rows that its header says: write or fetch it again"
        )
    return Read(words, _spooled(spool, start, len(words), layout.dimensions, source.name), layout.rows)


def _take_rows(data: bytes, words: list[str], wanted: int, dimensions: int, name: str, spool: Spool) -> bytes:
    """Move whole rows of `data`, until there are `wanted`, to `words` and the spool; return what is left over."""
    width = 4 * dimensions
    vectors: list[bytes] = []
    place = 0
    while len(words) < wanted:
        space = data.find(b" ", place, place + LONGEST_WORD)
        if space < 0 and len(data) - place > LONGEST_WORD:
            raise InputError(f"{name}: row {len(words)}: no word where one should begin: write or fetch the file again")
        if space < 0 or space + 1 + width > len(data):
            break
        words.append(_word(data[place:space].lstrip(b"\r\n"), f"{name}: row {len(words)}"))
        place = space + 1 + width
        vectors.append(data[space + 1 : place])
    spool.append(b"".join(vectors))
    return data[place:] if len(words) < wanted else data[place : place + 64]
