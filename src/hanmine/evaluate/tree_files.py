"""Trees out of files or memory, for scoring: what was read, and that two of them have the same words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import product
from typing import Any

from hanmine.errors import InputError
from hanmine.evaluate.text_files import Reading, TextFile, is_path
from hanmine.formats.brackets import bracket_line
from hanmine.formats.trees import TreeSentence, format_of_trees, read_trees
from hanmine.text.reader import InputRecord
from hanmine.text.sources import STRINGS_NAME

_AFTER_OPENING = re.compile(r"\(\s*([^\s()]*)")
_LABEL = re.compile(r"[A-Z][!-'*-~]*")


class TreeFile:
    """Sentences with trees.

    Parameters
    ----------
    source : a path ("-" is standard input) of CoNLL-U, bracket lines or JSON lines; or a sequence of `TreeSentence`,
        or of what `hanmine.parsing.parse` yields.
    reading : how files are read.

    Attributes
    ----------
    name : of the file.
    sentences : what was read. record : the file.
    readings : bracket lines read without and with labels, the likelier first; else `sentences` alone.

    Raises
    ------
    InputError : the file is missing, or not what it should be. DecodingError : it is no text.
    """

    def __init__(self, source: Any, reading: Reading) -> None:
        if is_path(source):
            self._read(reading.file(source))
        else:
            self.name = STRINGS_NAME
            self.readings = [[_sentence(item) for item in source]]
            self.record = InputRecord(STRINGS_NAME, 0, _digest(self.readings[0]), "utf-8", None, "trees")
        self.sentences = self.readings[0]
        if not self.sentences:
            raise InputError(f"{self.name}: holds no sentences: pass CoNLL-U, brackets, or what mine parse writes")

    def _read(self, file: TextFile) -> None:
        self.name = file.name
        lines = list(file)
        self.record = file.record
        format = format_of_trees(lines)
        self.readings = [read_trees(lines, self.name, format=format)]
        if format == "brackets":
            self.readings.append(read_trees(lines, self.name, format=format, labelled=True))
            if _looks_labelled(lines):
                self.readings.reverse()

    def where(self, place: int) -> str:
        """A sentence, counted from 0, in a message."""
        sentence = self.sentences[place]
        line = f":{sentence.line}" if sentence.line else ""
        return f"{self.name}{line}: sentence {sentence.id}"


def settle_labels(first: TreeFile, second: TreeFile) -> None:
    """Choose the readings of both by which most of their sentences have the same words."""

    def alike(pair: tuple[list[TreeSentence], list[TreeSentence]]) -> int:
        return sum(one.words == other.words for one, other in zip(*pair, strict=False))

    first.sentences, second.sentences = max(product(first.readings, second.readings), key=alike)
    first.readings, second.readings = [first.sentences], [second.sentences]


def check_same_words(result: TreeFile, gold: TreeFile) -> None:
    """Raise `InputError` at the first sentence whose words differ."""
    cure = "parse the words of gold (mine parse GOLD.conllu --words given)"
    for place, (found, right) in enumerate(zip(result.sentences, gold.sentences, strict=False)):
        if found.words == right.words:
            continue
        at = next((k for k, (a, b) in enumerate(zip(found.words, right.words, strict=False)) if a != b), None)
        if at is None:
            what = f"has {len(found.words)} words, and {len(right.words)}"
        else:
            what = f"word {at + 1} is {found.words[at]!r}, and {right.words[at]!r}"
        raise InputError(f"{result.where(place)}: {what} in {gold.where(place)}: {cure}")
    if len(result.sentences) != len(gold.sentences):
        counts = f"has {len(result.sentences):,} sentences, and {gold.name} has {len(gold.sentences):,}"
        raise InputError(f"{result.name}: {counts}: {cure}")


def _looks_labelled(lines: Sequence[str]) -> bool:
    """Whether nearly every bracket begins with capital Latin letters, as labels do."""
    after = [found for line in lines for found in _AFTER_OPENING.findall(line) if found]
    return sum(_LABEL.fullmatch(word) is not None for word in after) > 0.9 * len(after)


def _sentence(item: Any) -> TreeSentence:
    """A sentence of memory: a `TreeSentence`, or a `Parsed`."""
    if isinstance(item, TreeSentence):
        return item
    heads = None if item.heads is None else [int(head) for head in item.heads]
    words = list(item.sentence.words)
    return TreeSentence(item.sentence.id, words, list(item.sentence.space_after), heads, item.tree)


def _digest(sentences: Sequence[TreeSentence]) -> str:
    """SHA-256 of words, heads and brackets."""
    digest = hashlib.sha256()
    for sentence in sentences:
        brackets = "" if sentence.tree is None else bracket_line(sentence.tree, sentence.words)
        digest.update(f"{sentence.words}{sentence.heads}{brackets}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
