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
    names : the word of each row, or None. matrix : the rows, float32.
    total : rows that the file has, read or not; None where it does not say.
    messages : what a user should know.
    """

    names: list[str] | None
    matrix: StoredMatrix
    total: int | None
    messages: list[str]


class Words:
    """The words of rows; what becomes of one that is no UTF-8 is said by `errors`.

    Many published files have words that were cut inside a character.

    Attributes
    ----------
    names : of the rows that are kept. rows : read so far, kept or not. replaced, skipped : words that were no UTF-8.
    """

    def __init__(self, errors: str = "strict") -> None:
        self._errors = errors
        self.names: list[str] = []
        self.rows = self.replaced = self.skipped = 0

    def take(self, data: bytes, where: str) -> bool:
        """Add the word of the next row; False where the row is to be left out.

        Raises
        ------
        InputError : the word is no UTF-8, and `errors` is "strict".
        """
        self.rows += 1
        try:
            word: str | None = data.decode("utf-8")
        except UnicodeDecodeError as error:
            word = self.mended(data, f"{where}: the word {_shown(data)} is not UTF-8", error)
        if word is not None:
            self.names.append(word)
        return word is not None

    def mended(self, data: bytes, fault: str, error: UnicodeDecodeError) -> str | None:
        """What bytes that are no UTF-8 are read as; None where their row is left out; raises as `take` does."""
        if self._errors == "strict":
            raise InputError(
                f"{fault}: pass --errors replace to put U+FFFD there, or skip to leave the row out"
            ) from error
        if self._errors == "skip":
            self.skipped += 1
            return None
        self.replaced += 1
        return data.decode("utf-8", "replace")

    def extend(self, words: list[str]) -> None:
        """Add words of further rows that are known to be UTF-8."""
        self.rows += len(words)
        self.names += words

    def messages(self, name: str) -> list[str]:
        """What was done about words that are no UTF-8."""
        count = self.replaced or self.skipped
        if not count:
            return []
        done = "got U+FFFD (--errors replace)" if self.replaced else "left out with their rows (--errors skip)"
        return [f"{name}: {count:,} {'words that are' if count > 1 else 'word that is'} not UTF-8 {done}"]


def read_text(
    source: StoredFile | Stream, head: bytes, spool: Spool, first: int | None = None, errors: str = "strict"
) -> Read:
    """The words and the matrix of word2vec text, with a header or without, or of its `first` so many rows.

    The last d fields of a line are its numbers and all before them is the word, which may hold spaces.

    errors : at a word that is no UTF-8: "strict", "replace" (U+FFFD in its place) or "skip" (the row).

    Raises
    ------
    InputError : a line with too few numbers or one that is none, a word that is no UTF-8, another number of rows than
        the header says; each with its line, counted from 1.
    """
    layout = _layout(head, source.name)
    before = 1 if layout.rows is None else 2
    start = spool.length
    words = Words(errors)
    spool.phase(source.name, getattr(source, "size", None))
    for lines in _lines(source, layout.size):
        del lines[len(lines) if first is None else first - words.rows :]
        spool.append(_numbers(lines, words, layout.dimensions, source.name, before + words.rows))
        spool.advance(sum(map(len, lines)) + len(lines))
        if words.rows == first:
            break
    if layout.rows is not None and words.rows != layout.rows and words.rows != first:
        raise InputError(
            f"{source.name}: its header says {layout.rows:,} rows and it has {words.rows:,}: write or fetch it again"
        )
    total = layout.rows if layout.rows is not None else None if words.rows == first else words.rows
    return _read(words, spool, start, layout, source.name, total)


def _read(words: Words, spool: Spool, start: int, layout: Layout, name: str, total: int | None) -> Read:
    matrix = spooled(spool, start, len(words.names), layout.dimensions, name)
    return Read(words.names, matrix, total and total - words.skipped, words.messages(name))


def _layout(head: bytes, name: str) -> Layout:
    layout = layout_of(head)
    if layout is None or not layout.dimensions:
        raise InputError(f"{name}: its word2vec header names no dimensions: write or fetch it again")
    return layout


def spooled(spool: Spool, start: int, rows: int, dimensions: int, name: str) -> StoredMatrix:
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


def _numbers(lines: list[bytes], words: Words, dimensions: int, name: str, first_line: int) -> np.ndarray:
    """The numbers of lines, little-endian float32 [rows * d]; the words that are kept are added to `words`."""
    import numpy as np

    plain = _plain_numbers(lines, words, dimensions)
    if plain is not None:
        return plain
    fields = [_fields(line, dimensions) for line in lines]
    numbers = [number for parts in fields for number in parts[1:]]
    try:
        if any(len(parts) != dimensions + 1 for parts in fields) or b"_" in b"".join(numbers):
            raise ValueError
        with np.errstate(over="ignore"):  # what is too large for a float32 is inf
            found = np.fromiter(map(float, numbers), np.float64, len(numbers)).astype("<f4")
    except ValueError:
        for number, parts in enumerate(fields, first_line):
            _check_line(parts, dimensions, f"{name}: line {number}")
        raise
    kept = [words.take(parts[0], f"{name}: line {number}") for number, parts in enumerate(fields, first_line)]
    return found if all(kept) else found.reshape(-1, dimensions)[np.array(kept, bool)]


def _plain_numbers(lines: list[bytes], words: Words, dimensions: int) -> np.ndarray | None:
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


def _shown(data: bytes) -> str:
    text = data[:40].decode("utf-8", "backslashreplace")
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "'"


def read_binary(
    source: StoredFile | Stream, head: bytes, spool: Spool, first: int | None = None, errors: str = "strict"
) -> Read:
    """The words and the matrix of a word2vec binary file, or of its `first` so many rows; `errors` as in `read_text`.

    Raises
    ------
    InputError : the file ends early or goes on after its last row, or a word is no UTF-8; with the row, counted from 0.
    """
    layout = _layout(head, source.name)
    start = spool.length
    words = Words(errors)
    wanted = layout.rows if first is None else min(first, layout.rows)
    skip, rest = layout.size, b""
    spool.phase(source.name, getattr(source, "size", None))
    for chunk in source.chunks():
        spool.advance(len(chunk))
        data = rest + chunk[skip:]
        skip = max(0, skip - len(chunk))
        rest = _take_rows(data, words, wanted, layout.dimensions, source.name, spool)
        if words.rows == wanted < layout.rows:
            rest = b""
            break
    if words.rows < wanted:
        missing = layout.rows - words.rows
        raise InputError(
            f"{source.name}: is cut short: {missing:,} of its {layout.rows:,} rows are missing: write or fetch it again"
        )
    if rest.strip(b"\r\n"):
        raise InputError(
            f"{source.name}: goes on after the {layout.rows:,} rows that its header says: write or fetch it again"
        )
    return _read(words, spool, start, layout, source.name, layout.rows)


def _take_rows(data: bytes, words: Words, wanted: int, dimensions: int, name: str, spool: Spool) -> bytes:
    """Move whole rows of `data`, until there are `wanted`, to `words` and the spool; return what is left over."""
    width = 4 * dimensions
    vectors: list[bytes] = []
    place = 0
    while words.rows < wanted:
        space = data.find(b" ", place, place + LONGEST_WORD)
        if space < 0 and len(data) - place > LONGEST_WORD:
            raise InputError(f"{name}: row {words.rows}: no word where one should begin: write or fetch the file again")
        if space < 0 or space + 1 + width > len(data):
            break
        kept = words.take(data[place:space].lstrip(b"\r\n"), f"{name}: row {words.rows}")
        place = space + 1 + width
        if kept:
            vectors.append(data[space + 1 : place])
    spool.append(b"".join(vectors))
    return data[place:] if words.rows < wanted else data[place : place + 64]
