"""Sentences with trees as text: CoNLL-U, bracket lines, JSON lines.

CoNLL-U (universaldependencies.org/format.html) has ten columns a word, tabs between them and a blank line behind each
sentence. What is written fills ID, FORM, HEAD, DEPREL (root or dep) and in MISC SpaceAfter=No; the comments are
sent_id, text and, where a sentence has a bracket tree too, brackets. A FORM may hold blanks of any kind (New York);
tabs and line breaks, for which it has no room, stand as spaces there and as they are in MISC, by UDPipe's
SpacesInToken. Of what is read the same counts, and UPOS;
multiword tokens (1-2) tell where spaces stand, empty nodes (1.1) are passed over.

JSON lines: an object a sentence, with id, text, words and, as far as they are there, heads and brackets.

Bracket lines are in `hanmine.formats.brackets`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.brackets import bracket_line, read_brackets, trees_of_text

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink

TREE_FORMATS = ("conllu", "brackets", "jsonl")
_COLUMNS = 10
_RANGE = re.compile(r"([0-9]+)-([0-9]+)")
_EMPTY_NODE = re.compile(r"[0-9]+\.[0-9]+")
_COMMENT = re.compile(r"#\s*(sent_id|text|brackets)\s*=\s*(.*)")
_NO_ROOM = {ord(mark): " " for mark in "\t\n\r"}
# Escapes of UDPipe's SpacesInToken.
_IN_MISC = {ord(" "): r"\s", ord("\t"): r"\t", ord("\n"): r"\n", ord("\r"): r"\r", ord("|"): r"\p", ord("\\"): r"\\"}
_OF_MISC = {escape: chr(mark) for mark, escape in _IN_MISC.items()}
_SHOWN = 40  # characters of a line in a message


@dataclass
class TreeSentence:
    """A sentence as a file of trees has it.

    Attributes
    ----------
    id : sent_id, or the number of the sentence in the file.
    words : which may hold white space.
    space_after : of each word whether a space follows.
    heads : of each word the number of its head, 0 for a root; None where the file has none.
    tree : nested tuples of the numbers of words from 0; None where the file has none.
    upos : the universal part of speech of each word ("_" where none is given), or nothing.
    line : where the sentence begins in the file.
    """

    id: str
    words: list[str]
    space_after: list[bool] = field(default_factory=list)
    heads: list[int] | None = None
    tree: Any = None
    upos: list[str] = field(default_factory=list)
    line: int = 0

    @property
    def root(self) -> int | None:
        """The number of the word whose head is 0; None where there is no such word."""
        return None if self.heads is None or 0 not in self.heads else self.heads.index(0) + 1

    @property
    def text(self) -> str:
        """The words with spaces where they stand."""
        spaced = zip(self.words, self.space_after, strict=True)
        return "".join(word + " " * space for word, space in spaced).rstrip(" ")


def write_sentence(stream: ByteSink, sentence: TreeSentence, format: str) -> None:
    """Write one sentence in one of `TREE_FORMATS`; brackets are those of `tree`."""
    if format == "conllu":
        text = conllu_block(sentence)
    elif format == "brackets":
        text = bracket_line(sentence.tree, sentence.words) + "\n"
    elif format == "jsonl":
        text = _json_line(sentence)
    else:
        raise ValueError(f"unknown format of trees {format!r}")
    stream.write(text.encode("utf-8", "backslashreplace"))


def conllu_block(sentence: TreeSentence) -> str:
    """The lines of a sentence in CoNLL-U, with the blank one."""
    lines = [f"# sent_id = {sentence.id.translate(_NO_ROOM)}", f"# text = {sentence.text.translate(_NO_ROOM)}"]
    if sentence.tree is not None:
        lines.append(f"# brackets = {bracket_line(sentence.tree, sentence.words)}")
    heads = sentence.heads if sentence.heads is not None else [None] * len(sentence.words)
    rows = zip(sentence.words, heads, sentence.space_after, strict=True)
    for number, (word, head, space) in enumerate(rows, 1):
        arc = "_\t_" if head is None else f"{head}\t{'dep' if head else 'root'}"
        last = number == len(sentence.words)
        misc = [] if space or last else ["SpaceAfter=No"]
        if (form := word.translate(_NO_ROOM)) != word:
            misc.append("SpacesInToken=" + word.translate(_IN_MISC))
        lines.append(f"{number}\t{form}\t_\t_\t_\t_\t{arc}\t_\t{'|'.join(misc) or '_'}")
    return "\n".join(lines) + "\n\n"


def _json_line(sentence: TreeSentence) -> str:
    record: dict[str, Any] = {"id": sentence.id, "text": sentence.text, "words": sentence.words}
    if sentence.heads is not None:
        record["heads"] = list(sentence.heads)
    if sentence.tree is not None:
        record["brackets"] = bracket_line(sentence.tree, sentence.words)
    return json.dumps(record, ensure_ascii=False) + "\n"


def format_of_trees(lines: Iterable[str]) -> str:
    """What the first line that is not blank says: an object is jsonl, a bracket opens brackets, all else is conllu."""
    first = next((line.lstrip("\ufeff").lstrip() for line in lines if line.strip()), "")
    return "jsonl" if first.startswith("{") else "brackets" if first.startswith("(") else "conllu"


def read_trees(
    lines: Sequence[str], name: str, *, format: str | None = None, labelled: bool = False
) -> list[TreeSentence]:
    """The sentences of a file in one of `TREE_FORMATS`; None: by its first line.

    Parameters
    ----------
    lines : of the file, without their ends. name : of the file, for messages.
    labelled : brackets begin with a label, as in (NP (NN 狗)).

    Raises
    ------
    InputError : the file is not what it should be, with the number of the line.
    """
    format = format or format_of_trees(lines)
    if format == "brackets":
        return [
            TreeSentence(str(number), words, [False] * len(words), tree=tree, line=line)
            for number, (words, tree, line) in enumerate(read_brackets(lines, name, labelled=labelled), 1)
        ]
    return list(read_conllu(lines, name) if format == "conllu" else _read_jsonl(lines, name))


def read_conllu(lines: Iterable[str], name: str) -> Iterator[TreeSentence]:
    """The sentences of CoNLL-U, one after the other.

    Raises
    ------
    InputError : a line that does not fit, or heads that make no tree.
    """
    block = _Block(name, 1)
    count = 0
    number = 0
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r").lstrip("\ufeff" if number == 1 else "")
        if line.strip():
            block.add(line, number)
            continue
        if block.words:
            count += 1
            yield block.sentence(count)
        block = _Block(name, number + 1)
    if block.words:
        yield block.sentence(count + 1)


class _Block:
    """The lines of one sentence."""

    def __init__(self, name: str, line: int) -> None:
        self._name, self._line = name, line
        self.words: list[str] = []
        self._space_after: list[bool] = []
        self._heads: list[int | None] = []
        self._upos: list[str] = []
        self._lines: list[int] = []
        self._comments: dict[str, str] = {}
        self._token_end = 0  # the last word of a multiword token
        self._token_space = True

    def add(self, line: str, number: int) -> None:
        """Take in a line that is not blank."""
        if line.startswith("#"):
            if comment := _COMMENT.match(line):
                self._comments[comment[1]] = comment[2].strip()
            return
        columns = line.split("\t")
        if len(columns) != _COLUMNS:
            self._refuse(
                number,
                f"CoNLL-U has {_COLUMNS} columns between tabs, and not {len(columns)}: {_excerpt(line)}: pass CoNLL-U, "
                "with a blank line between sentences",
            )
        id, form, upos, head, misc = (columns[place] for place in (0, 1, 3, 6, 9))
        if _EMPTY_NODE.fullmatch(id):
            return
        attributes = misc.split("|")
        spaced = "SpaceAfter=No" not in attributes
        if span := _RANGE.fullmatch(id):
            if int(span[1]) != len(self.words) + 1 or int(span[2]) < int(span[1]):
                self._refuse(number, f"token {id} does not begin with the next word, {len(self.words) + 1}")
            self._token_end, self._token_space = int(span[2]), spaced
            return
        if id != str(len(self.words) + 1):
            self._refuse(
                number, f"ID is {_excerpt(id)}, and the next word is {len(self.words) + 1}: number words 1, 2, …"
            )
        if not form.strip():
            self._refuse(number, "FORM is empty: give every word characters")
        if whole := next((one for one in attributes if one.startswith("SpacesInToken=")), None):
            form = re.sub(r"\\.", lambda found: _OF_MISC.get(found[0], found[0]), whole.partition("=")[2])
        if head != "_" and not (head.isascii() and head.isdigit()):
            self._refuse(number, f"HEAD is {_excerpt(head)}: give the number of a word, 0 for the root")
        self.words.append(form)
        place = len(self.words)
        if place < self._token_end:
            spaced = False
        elif place == self._token_end:
            spaced = self._token_space
        self._space_after.append(spaced)
        self._heads.append(None if head == "_" else int(head))
        self._upos.append(upos)
        self._lines.append(number)

    def sentence(self, count: int) -> TreeSentence:
        """The sentence, the `count`-th of the file."""
        heads = self._tree()
        tree = None
        if "brackets" in self._comments:
            tree = self._brackets(self._comments["brackets"])
        return TreeSentence(
            self._comments.get("sent_id") or str(count),
            self.words,
            [*self._space_after[:-1], False],
            heads,
            tree,
            self._upos,
            self._line,
        )

    def _tree(self) -> list[int] | None:
        """The heads, checked; None where no word has one."""
        heads = [head for head in self._heads if head is not None]
        if not heads:
            return None
        for head, number in zip(self._heads, self._lines, strict=True):
            if head is None:
                self._refuse(number, "HEAD is _, and other words of the sentence have heads: give each word its head")
            if head > len(self.words):
                self._refuse(number, f"HEAD is {head}, and the sentence has {len(self.words)} words: correct the line")
        if (place := _word_in_a_circle(heads)) is not None:
            self._refuse(
                self._lines[place],
                f"following the heads of word {place + 1} leads back to it: heads must make a tree with a root (0)",
            )
        return heads

    def _brackets(self, text: str) -> Any:
        (words, tree), *others = trees_of_text(text, f"{self._name}:{self._line}") or [([], ())]
        if others or words != self.words:
            self._refuse(self._line, "the comment brackets has other words than the sentence: leave it out")
        return tree

    def _refuse(self, number: int, what: str) -> None:
        raise InputError(f"{self._name}:{number}: {what}")


def _word_in_a_circle(heads: Sequence[int]) -> int | None:
    """The place of a word whose heads never lead to a root; None where there is none."""
    state = [0] * len(heads)  # 1: on the way, 2: leads to a root
    for start in range(len(heads)):
        path, place = [], start
        while place >= 0 and state[place] == 0:
            state[place] = 1
            path.append(place)
            place = heads[place] - 1
        if place >= 0 and state[place] == 1:
            return place
        for passed in path:
            state[passed] = 2
    return None


def _read_jsonl(lines: Iterable[str], name: str) -> Iterator[TreeSentence]:
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        count += 1
        where = f"{name}:{number}"
        try:
            record = json.loads(line.lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: not JSON: {_excerpt(line)}: pass what mine parse -f jsonl writes") from error
        words = record.get("words") if isinstance(record, dict) else None
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            raise InputError(f"{where}: lacks words, a list of strings: pass what mine parse -f jsonl writes")
        yield _of_record(record, words, count, number, where)


def _of_record(record: dict[str, Any], words: list[str], count: int, number: int, where: str) -> TreeSentence:
    heads, tree = record.get("heads"), None
    if heads is not None:
        good = isinstance(heads, list) and len(heads) == len(words)
        if not good or not all(type(head) is int and 0 <= head <= len(words) for head in heads):
            raise InputError(f"{where}: heads are not a number from 0 to {len(words)} for each of {len(words)} words")
        if _word_in_a_circle(heads) is not None:
            raise InputError(f"{where}: heads make no tree with a root (0): check the file")
    if isinstance(record.get("brackets"), str):
        found = trees_of_text(record["brackets"], where)
        if len(found) != 1 or found[0][0] != words:
            raise InputError(f"{where}: brackets have other words than words: check the file")
        tree = found[0][1]
    return TreeSentence(str(record.get("id", count)), words, [False] * len(words), heads, tree, line=number)


def _excerpt(text: str) -> str:
    text = "".join(mark if mark.isprintable() else " " for mark in text).strip()
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
