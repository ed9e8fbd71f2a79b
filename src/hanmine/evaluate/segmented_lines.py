"""Segmented text, a list of words a line: words between white space, or what `mine segment` writes as jsonl or BMES.

White space is whatever Unicode calls so, U+3000 among it, in runs of any length. It separates words, or belongs to the
text where a word of jsonl holds some: in both cases it is no character that is compared, so that two segmentations of
one text have the same characters whatever separates their words.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any

from hanmine.errors import InputError
from hanmine.evaluate.text_files import Reading, TextFile, is_path
from hanmine.text.reader import InputRecord
from hanmine.text.sources import STRINGS_NAME
from hanmine.text.word_lists import is_list, words_of

_TAGGED = re.compile(r".\t[BMES]", re.DOTALL)
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


class SegmentedLines:
    """The words of each line, to be iterated once.

    Parameters
    ----------
    source : a path, "-" for standard input, or an iterable of lines in memory: strings, or lists of words.
    fold_width : read full-width ASCII (U+FF01 to U+FF5E) as ASCII.
    reading : how files are read; None: by the defaults.

    Attributes
    ----------
    name : of the source, for messages.
    record : what was read, once it was read to its end.

    Raises
    ------
    InputError : the file is missing or cannot be read; a line of jsonl or BMES is wrong. DecodingError : it is no text.
    """

    def __init__(self, source: Any, *, fold_width: bool = False, reading: Reading | None = None) -> None:
        self._lines = _lines_of(source, reading or Reading())
        self._fold_width = fold_width
        self.name = self._lines.name

    @property
    def record(self) -> InputRecord:
        return self._lines.record

    def __iter__(self) -> Iterator[list[str]]:
        return _words_of_lines(self._lines, self.name, self._fold_width)


def read_vocabulary(source: Any, fold_width: bool, reading: Reading) -> tuple[frozenset[str], list[InputRecord]]:
    """The words of a list in any format of `mine newwords`, or of a segmented text; and the record of the file.

    Raises
    ------
    InputError, DecodingError : as `SegmentedLines`; there are no words.
    """
    lines = _lines_of(source, reading)
    kept = list(lines)
    listed = is_path(source) and is_list(kept, lines.name)
    found = [words_of(kept, lines.name)] if listed else kept
    words = frozenset(word for words in _words_of_lines(found, lines.name, fold_width) for word in words)
    if not words:
        raise InputError(f"{lines.name}: holds no words: pass a list of words, or a segmented text")
    return words, [lines.record]


def _lines_of(source: Any, reading: Reading) -> TextFile | _MemoryLines:
    return reading.file(source) if is_path(source) else _MemoryLines(source)


def _words_of_lines(lines: Iterable[str | list[str]], name: str, fold_width: bool) -> Iterator[list[str]]:
    for words in _split(enumerate(lines, 1), name):
        yield [word.translate(FULL_WIDTH) for word in words] if fold_width else words


def _split(lines: Iterator[tuple[int, str | list[str]]], name: str) -> Iterator[list[str]]:
    """The words of lines in the format that the first line with something in it tells."""
    jsonl = None
    for number, line in lines:
        if not isinstance(line, str):
            yield _visible(line)
            continue
        if jsonl is None and line.strip():
            if _TAGGED.fullmatch(line):
                yield from _tagged(chain([(number, line)], lines), name)
                return
            jsonl = _is_record(line)
        yield _visible(_words_of_record(line, f"{name}:{number}")) if jsonl else line.split()


def _tagged(lines: Iterator[tuple[int, str]], name: str) -> Iterator[list[str]]:
    """The words of characters with their tags, one a line, and an empty line behind each line of the text."""
    words: list[str] = []
    for number, line in lines:
        if not line:
            yield _visible(words)
            words = []
            continue
        if not _TAGGED.fullmatch(line):
            raise InputError(f"{name}:{number}: is no character, a tab and one of B M E S: check what wrote the file")
        if line[-1] in "BS" or not words:
            words.append(line[0])
        else:
            words[-1] += line[0]
    if words:
        yield _visible(words)


class _MemoryLines:
    """Lines in memory, with a hash as if they stood in a file."""

    def __init__(self, lines: Iterable[str | list[str]]) -> None:
        self._given = lines
        self.name = STRINGS_NAME
        self.record = InputRecord(STRINGS_NAME, 0, None, "utf-8", None, "text")

    def __iter__(self) -> Iterator[str | list[str]]:
        digest, size = hashlib.sha256(), 0
        for line in self._given:
            data = (line if isinstance(line, str) else " ".join(line)).rstrip("\n").encode("utf-8", "backslashreplace")
            digest.update(data + b"\n")
            size += len(data) + 1
            yield line
        self.record = InputRecord(STRINGS_NAME, size, digest.hexdigest(), "utf-8", None, "text")


def _visible(words: Iterable[str]) -> list[str]:
    """Words without the white space in them, and none that were nothing else."""
    return [bare for word in words if (bare := "".join(word.split()))]


def _is_record(line: str) -> bool:
    """Whether a line is a record of jsonl; the first line that is not empty decides for the file."""
    if not line.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _words_of_record(line: str, where: str) -> list[str]:
    """The words of {"words": [...]}: strings, [start, end] or objects; or of {"text": ..., "ends": [...]}."""
    if not line.strip():
        return []
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: is no JSON ({error}): check what wrote the file") from error
    words = _listed_words(record) if isinstance(record, dict) else None
    if words is None:
        raise InputError(
            f'{where}: holds no words: write {{"words": ["…", "…"]}} or {{"text": "……", "ends": [1, 2]}}, or plain '
            "text with spaces"
        )
    return words


def _listed_words(record: dict[str, Any]) -> list[str] | None:
    """The words of a record; None where it has none."""
    text, words, ends = (record.get(key) for key in ("text", "words", "ends"))
    if isinstance(words, list):
        if all(isinstance(word, str) for word in words):
            return words
        spans = [_span(word) for word in words]
    elif isinstance(ends, list):
        spans = list(pairwise([0, *ends]))
    else:
        return None
    if not isinstance(text, str) or not all(span and all(type(place) is int for place in span) for span in spans):
        return None
    # Together the spans must be the text, in order: a word that is missing would shift all that follow.
    borders = [0, *(end for _, end in spans)]
    if [start for start, _ in spans] != borders[:-1] or borders[-1] != len(text) or borders != sorted(borders):
        return None
    return [text[start:end] for start, end in spans]


def _span(word: Any) -> tuple[Any, Any] | None:
    if isinstance(word, list) and len(word) == 2:
        return word[0], word[1]
    return (word["start"], word["end"]) if isinstance(word, dict) and {"start", "end"} <= word.keys() else None
