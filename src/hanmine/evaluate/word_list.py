"""Reading a list of words in whatever format it was written."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator

from hanmine.errors import InputError

WORD_COLUMN = "word"


def parse_word_list(text: str, name: str) -> list[str]:
    """The words of `text` in their order, the first of equal ones kept.

    Takes what `mine newwords` writes, and alike: tsv and csv (the column `word`, else the first one), jsonl and json
    (the key `word`, or bare strings), one word a line, and the dictionaries of jieba and HanLP (the first field of a
    line, fields separated by spaces).

    Raises
    ------
    InputError : JSON that is none, or objects without the key `word`; names file and line.
    """
    return list(dict.fromkeys(word for word in _words(text, name) if word))


def _words(text: str, name: str) -> Iterable[str]:
    start = text.lstrip()[:1]
    if start == "[":
        return _json_words(text, name)
    if start == "{":
        return _jsonl_words(text, name)
    first = text.split("\n", 1)[0]
    if "\t" in first:
        return _column([line.split("\t") for line in text.splitlines()])
    if "," in first:
        return _column(list(csv.reader(text.splitlines())))
    lines = [line.split(" ", 1)[0].strip() for line in text.splitlines()]
    return lines[1:] if lines[:1] == [WORD_COLUMN] else lines


def _column(rows: list[list[str]]) -> Iterator[str]:
    """The column `word` where a header names it, else the first column of all rows."""
    index, begin = 0, 0
    if rows and WORD_COLUMN in rows[0]:
        index, begin = rows[0].index(WORD_COLUMN), 1
    return (row[index] for row in rows[begin:] if len(row) > index)


def _json_words(text: str, name: str) -> Iterator[str]:
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{name}:{error.lineno}: is no JSON ({error.msg}): check the file") from error
    return (_word_of(item, f"{name}: item {index}") for index, item in enumerate(items, 1))


def _jsonl_words(text: str, name: str) -> Iterator[str]:
    # Only "\n" ends a line of JSONL: str.splitlines would also cut at U+2028 inside a string.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{name}:{number}: is no JSON ({error.msg}): check the file") from error
        yield _word_of(item, f"{name}:{number}")


def _word_of(item: object, where: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and isinstance(item.get(WORD_COLUMN), str):
        return item[WORD_COLUMN]
    raise InputError(f"{where}: has no key {WORD_COLUMN!r}: write objects as {{{json.dumps(WORD_COLUMN)}: ...}}")
