"""Words and names out of files: what `mine newwords` writes in any of its formats, or a line each."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from hanmine.errors import InputError
from hanmine.text.lines import SentenceReader
from hanmine.text.listed import listed_lines
from hanmine.text.options import TextOptions

WORD_COLUMN = "word"
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\\": "\\"}
_SHOWN = 3


@dataclass
class WordList:
    """Words as a file lists them.

    Attributes
    ----------
    words : different, not empty, in the order of the file.
    inputs : what was read, for a summary.
    messages : lines that a user should see.
    """

    words: list[str]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def read_words(source: Any, *, rows: int | None = None, stdin: BinaryIO | None = None) -> WordList:
    """The words of a file ("-" is standard input), or of an iterable of strings.

    A file is a table (tsv, csv) or lines of JSON with the column or key `word`, or a list: the first field of each
    line, so that dictionaries of jieba and HanLP are such lists too. Words that are repeated stand where they first
    stood, and empty ones are left out; messages say so.

    rows : take the first so many words.

    Raises
    ------
    InputError, DecodingError : the file is missing, damaged, or holds no words.
    """
    name, inputs = "the words", []
    if isinstance(source, str | PathLike):
        lines, records = listed_lines(source, stdin=stdin)
        found = _words(lines, str(source))
        inputs = [asdict(record) for record in records]
        name = inputs[0]["name"] if inputs else str(source)
    else:
        found = [str(word) for word in source]
    given = [word.strip() for word in found]
    kept = [word for word in given if word]
    words = list(dict.fromkeys(kept))
    messages = []
    if len(kept) < len(given):
        messages.append(f"{name}: {len(given) - len(kept):,} empty words were left out")
    if len(words) < len(kept):
        messages.append(f"{name}: {_repeated(kept)} more than once: the first place of each counts")
    if not words:
        raise InputError(f"{name}: holds no words: pass a list of them, such as mine newwords writes")
    return WordList(words[:rows], inputs, messages)


def read_names(source: Any, *, encoding: str = "auto", stdin: BinaryIO | None = None) -> WordList:
    """A name for each row: the column `word` of a table, or each line as it stands. Names may be repeated.

    Raises
    ------
    InputError : the file is missing or damaged, or a name is empty.
    """
    reader = SentenceReader(Path(source), TextOptions(encoding=encoding, input_format="text"), stdin=stdin)
    lines = list(reader)
    table = _table(lines, str(source))
    names = lines if table is None else table
    for number, name in enumerate(names, 1):
        if not name.strip():
            where = f"line {number}" if table is None else f"word {number}"
            raise InputError(f"{reader.inputs[0].name}: {where} is empty: give each row a name")
    return WordList(list(names), [asdict(record) for record in reader.inputs], messages_of_names(names))


def messages_of_names(names: Sequence[str]) -> list[str]:
    """What a user should know of names of which some are the same."""
    if len(set(names)) == len(names):
        return []
    return [f"{_repeated(names)} more than once as names: rows tell them apart"]


def _repeated(words: Sequence[str]) -> str:
    """Such as "2 words (a, b) stand"."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for word in words:
        if word in seen:
            twice[word] = None
        seen.add(word)
    shown = ", ".join("".join(c if c.isprintable() else "?" for c in word[:20]) for word in list(twice)[:_SHOWN])
    if len(twice) > _SHOWN:
        shown += ", …"
    return f"1 word ({shown}) stands" if len(twice) == 1 else f"{len(twice):,} words ({shown}) stand"


def _words(lines: list[str], name: str) -> Iterable[str]:
    table = _table(lines, name)
    if table is not None:
        return table
    # A table without a header has the word first, as the dictionaries of segmenters do.
    return [re.split(r"[\t ,]", line.strip(), maxsplit=1)[0] for line in lines if line.strip()]


def _table(lines: list[str], name: str) -> list[str] | None:
    """The words of a table with a column `word`, or of JSON; None for anything else."""
    begin = next((number for number, line in enumerate(lines) if line.strip()), 0)
    lines = lines[begin:]
    first = lines[0].strip() if lines else ""
    if first.startswith("["):
        return _of_json(lines, name)
    if first.startswith("{"):
        return _of_json_lines(lines, name)
    if first == WORD_COLUMN:
        return lines[1:]
    if WORD_COLUMN in first.split("\t"):
        return _of_tsv(lines, first.split("\t").index(WORD_COLUMN))
    if "," in first:
        header = next(csv.reader([first]))
        if WORD_COLUMN in header:
            return _of_csv(lines, header.index(WORD_COLUMN), name)
    return None


def _of_tsv(lines: list[str], column: int) -> list[str]:
    cells = [line.split("\t") for line in lines[1:] if line]
    return [
        re.sub(r"\\[tnr\\]", lambda found: _ESCAPES[found[0]], row[column]) if len(row) > column else ""
        for row in cells
    ]


def _of_csv(lines: list[str], column: int, name: str) -> list[str]:
    try:
        rows = list(csv.reader((line + "\n" for line in lines), strict=True))
    except csv.Error as error:
        raise InputError(f"{name}: is no CSV ({error}): correct the file") from error
    # A leading apostrophe keeps spreadsheets from running what looks like a formula.
    return [
        re.sub(r"\A'(?=[=+\-@\t\r])", "", row[column]) if len(row) > column else ""
        for row in rows[1:]
        if row
    ]  # fmt: skip


def _of_json(lines: list[str], name: str) -> list[str]:
    try:
        items = json.loads("\n".join(lines))
    except ValueError as error:
        raise InputError(f"{name}: is no JSON ({error}): correct the file") from error
    return [_word_of(item, f"{name}: item {number}") for number, item in enumerate(items, 1)]


def _of_json_lines(lines: list[str], name: str) -> list[str]:
    words = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                words.append(_word_of(json.loads(line), f"{name}:{number}"))
            except ValueError as error:
                raise InputError(f"{name}:{number}: is no JSON ({error}): correct the line") from error
    return words


def _word_of(item: object, where: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and isinstance(item.get(WORD_COLUMN), str):
        return item[WORD_COLUMN]
    raise InputError(f'{where}: has no key "{WORD_COLUMN}": write objects as {{"{WORD_COLUMN}": ...}}')
