"""Bracket trees as text: ((大肠杆菌 是) (一种 细菌)), a line a sentence.

Brackets have no labels; a sentence of one word is (word). In words ( stands as -LRB-, ) as -RRB-, a space as -SPC-,
other white space by its number (U+3000 as -U3000-), and so does the hyphen of what only looks like one of these.
Brackets with labels, as in (NP (NN 狗)), can be read: the label is what follows an opening bracket, -NONE- marks what
is not there. A bracket around a single part is that part. Trees are nested tuples of the numbers of words from 0.
Nothing here calls itself: a tree may be as deep as it likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hanmine.errors import InputError

_TOKEN = re.compile(r"[()]|[^()\s]+")
_ESCAPES = {"(": "-LRB-", ")": "-RRB-", " ": "-SPC-"}
_MARKS = {escape: mark for mark, escape in _ESCAPES.items()}
_ESCAPED = re.compile("-(?:LRB|RRB|SPC|U([0-9A-F]{4}))-")
_TO_ESCAPE = re.compile(r"[()\s]|-(?=(?:LRB|RRB|SPC|U[0-9A-F]{4})-)")
_NOTHING = "-NONE-"


def bracket_line(tree: Any, words: Sequence[str]) -> str:
    """The text of a tree; every word but the first of a bracket has a space before it."""
    parts: list[str] = []
    waiting: list[Any] = [tree if isinstance(tree, tuple) else (tree,)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            parts.append(item)
        elif isinstance(item, tuple):
            waiting.append(")")
            for place in range(len(item) - 1, -1, -1):
                waiting.append(item[place])
                if place:
                    waiting.append(" ")
            waiting.append("(")
        else:
            parts.append(escaped(words[item]))
    return "".join(parts)


def escaped(word: str) -> str:
    """A word as it stands in brackets."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPES.get(found[0]) or f"-U{ord(found[0]):04X}-", word)


def unescaped(word: str) -> str:
    """The word that stands in brackets as `escaped` writes it."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else _MARKS[found[0]], word)


def trees_of_text(text: str, name: str, *, labelled: bool = False) -> list[tuple[list[str], Any]]:
    """The words and the tree of each sentence of a text; see `read_brackets`."""
    return [(words, tree) for words, tree, _ in read_brackets(text.split("\n"), name, labelled=labelled)]


def read_brackets(lines: Iterable[str], name: str, *, labelled: bool = False) -> Iterator[tuple[list[str], Any, int]]:
    """The words, the tree and the line of each sentence; a sentence may go over several lines.

    Raises
    ------
    InputError : brackets that do not match, or text outside of them, with the number of the line.
    """
    reading = _Reading(labelled)
    number = begin = 1
    for number, line in enumerate(lines, 1):
        for token in _TOKEN.findall(line.lstrip("\ufeff") if number == 1 else line):
            if not reading.depth:
                begin = number
                if token != "(":
                    what = "a bracket is closed that was not opened" if token == ")" else f"{token[:40]!r} stands alone"
                    raise InputError(f"{name}:{number}: {what}: put every sentence in brackets, as in (一 (只 狗))")
            if reading.take(token):
                yield *reading.sentence(), begin
                reading = _Reading(labelled)
    if reading.depth:
        raise InputError(
            f"{name}:{begin}: {reading.depth} of the brackets opened here are not closed by the end of the file "
            f"(line {number}): close each bracket"
        )


class _Reading:
    """A sentence of which some tokens have been read."""

    def __init__(self, labelled: bool) -> None:
        self._labelled = labelled
        self._words: list[str] = []
        self._open: list[list[Any]] = [[]]
        self._labels: list[str | None] = []
        self._opened = False  # the last token opened a bracket

    @property
    def depth(self) -> int:
        """Brackets that are open."""
        return len(self._labels)

    def take(self, token: str) -> bool:
        """Take in a token; whether the sentence is whole."""
        opened, self._opened = self._opened, token == "("
        if token == "(":
            self._open.append([])
            self._labels.append(None)
        elif token == ")":
            parts = self._open.pop()
            self._labels.pop()
            if parts:
                self._open[-1].append(parts[0] if len(parts) == 1 else tuple(parts))
        elif self._labelled and opened:
            self._labels[-1] = token
        elif self._labels[-1] != _NOTHING or not self._labelled:
            self._open[-1].append(len(self._words))
            self._words.append(unescaped(token))
        return not self._labels

    def sentence(self) -> tuple[list[str], Any]:
        """The words and the tree."""
        found = self._open[0]
        return self._words, found[0] if found else ()
