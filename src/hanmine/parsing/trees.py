"""The shape of trees: brackets of a dependency tree, spans of brackets, and where punctuation stands in either.

Bracket trees are those of `hanmine.parsing.constituency`: nested tuples of the numbers of words from 0. Nothing here
calls itself, so that a tree may be as deep as its sentence is long.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

# Symbols that Unicode files under punctuation and treebanks do not.
_SYMBOLS = frozenset("%％‰#＃&＆@＠§")


def is_punctuation(word: str) -> bool:
    """Whether all characters of a word are punctuation (general category P), but for % # & @ §, which are symbols.

    Selectors of how a mark looks (U+FE0E, U+FE0F) count as part of it.
    """
    word = word.rstrip("\ufe0e\ufe0f")
    return bool(word) and all(unicodedata.category(mark)[0] == "P" and mark not in _SYMBOLS for mark in word)


def fold(tree: Any, leaf: Callable[[int], Any], node: Callable[[list[Any]], Any]) -> Any:
    """The value of a bracket tree: that of a leaf, or that of a node out of those of its parts."""
    values: list[Any] = []
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        part, opened = waiting.pop()
        if not isinstance(part, tuple):
            values.append(leaf(part))
        elif opened:
            start = len(values) - len(part)
            values[start:] = [node(values[start:])]
        else:
            waiting.append((part, True))
            waiting.extend((child, False) for child in reversed(part))
    return values[0]


def leaves(tree: Any) -> list[int]:
    """The numbers of the words of a bracket tree in the order of their leaves."""
    found: list[int] = []
    fold(tree, found.append, lambda parts: None)
    return found


def spans(tree: Any) -> set[tuple[int, int]]:
    """The words (begin, end) that each bracket holds, for a tree whose leaves are 0, 1, 2, … in this order."""
    found: set[tuple[int, int]] = set()

    def node(parts: list[tuple[int, int]]) -> tuple[int, int]:
        span = (parts[0][0], parts[-1][1]) if parts else (0, 0)
        found.add(span)
        return span

    fold(tree, lambda word: (word, word + 1), node)
    return found


def tree_of_spans(brackets: Iterable[tuple[int, int]], words: int) -> Any:
    """The bracket tree over so many words of spans (begin, end), of which no two cross; the whole is always one."""
    if words < 2:
        return 0 if words else ()
    inner = sorted({span for span in brackets if 1 < span[1] - span[0] < words}, key=lambda span: (span[0], -span[1]))
    open_spans: list[tuple[int, list[Any]]] = [(words, [])]
    place = 0
    for word in range(words):
        while place < len(inner) and inner[place][0] == word:
            open_spans.append((inner[place][1], []))
            place += 1
        open_spans[-1][1].append(word)
        while len(open_spans) > 1 and open_spans[-1][0] == word + 1:
            _, parts = open_spans.pop()
            open_spans[-1][1].append(tuple(parts))
    return tuple(open_spans[0][1])


def subtree_spans(heads: Sequence[int]) -> set[tuple[int, int]]:
    """The spans (begin, end) of two words or more that hold a word with all that depends on it, and nothing else.

    heads : of words 1, 2, …, 0 for the root. A subtree with a gap, which only a tree that is not projective has, is
    left out.
    """
    first, last, size = list(range(len(heads))), list(range(len(heads))), [1] * len(heads)
    for word in _from_the_leaves(heads):
        head = heads[word] - 1
        if head >= 0:
            first[head], last[head] = min(first[head], first[word]), max(last[head], last[word])
            size[head] += size[word]
    return {
        (begin, end + 1)
        for begin, end, words in zip(first, last, size, strict=True)
        if words > 1 and end + 1 - begin == words
    }


def brackets_of_heads(heads: Sequence[int]) -> Any:
    """The bracket tree of a dependency tree: a bracket for each word with all that depends on it (`subtree_spans`)."""
    return tree_of_spans(subtree_spans(heads), len(heads))


def _from_the_leaves(heads: Sequence[int]) -> list[int]:
    """Words, counted from 0, each before its head."""
    missing = [0] * len(heads)
    for head in heads:
        if head > 0:
            missing[head - 1] += 1
    order = [word for word, count in enumerate(missing) if count == 0]
    for word in order:
        head = heads[word] - 1
        if head >= 0:
            missing[head] -= 1
            if missing[head] == 0:
                order.append(head)
    return order


def heads_with_punctuation(heads: Sequence[int], kept: Sequence[int], words: int) -> list[int]:
    """The tree over the words `kept` (numbers from 0, rising) with the others, punctuation, hung into it.

    A mark depends on the nearest kept word before it, or where there is none on the first kept one.

    Parameters
    ----------
    heads : of the kept words, numbered from 1 among themselves. words : of the sentence.
    """
    found = [0] * words
    places = set(kept)
    for word, head in zip(kept, heads, strict=True):
        found[word] = kept[head - 1] + 1 if head else 0
    before = kept[0] if kept else 0
    for word in range(words):
        if word in places:
            before = word
        else:
            found[word] = before + 1
    return found


def tree_with_punctuation(tree: Any, kept: Sequence[int], words: int) -> Any:
    """The bracket tree over the words `kept` with the others in it: each in the largest bracket that begins before it
    and ends behind it; those before the first and behind the last kept word in the outermost one.

    tree : its leaves are numbers in `kept`.
    """
    if not kept:
        return tuple(range(words)) if words > 1 else tree_of_spans((), words)

    def node(parts: list[tuple[int, int, Any]]) -> tuple[int, int, Any]:
        children: list[Any] = []
        for place, (begin, _, child) in enumerate(parts):
            if place:
                children.extend(range(parts[place - 1][1], begin))
            children.append(child)
        return parts[0][0], parts[-1][1], tuple(children)

    begin, end, whole = fold(tree, lambda leaf: (kept[leaf], kept[leaf] + 1, kept[leaf]), node)
    if begin == 0 and end == words:
        return whole
    inside = whole if isinstance(whole, tuple) else (whole,)
    return (*range(begin), *inside, *range(end, words))
