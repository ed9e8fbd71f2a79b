"""How much of gold trees is in other trees of the same words: arcs and brackets, and baselines that know nothing.

Only some words of a sentence count (all, or all but punctuation); the rest is said in `hanmine.evaluate.trees`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from hanmine.parsing import eisner
from hanmine.parsing.trees import subtree_spans

RIGHT, LEFT, RANDOM = "chain_right_branching", "chain_left_branching", "random"


@dataclass
class TreeMatches:
    """Counts over sentences.

    Attributes
    ----------
    words, heads : words that count and have a head in gold; those whose head is right, the root included.
    links, joined : gold arcs between words; those that the trees have too, in either direction.
    brackets, gold_brackets, both : brackets of the trees, of gold, and of both.
    sentence_f1, sentences : the sum of F1 over the sentences that have gold brackets, and how many these are.
    """

    words: float = 0
    heads: float = 0
    links: float = 0
    joined: float = 0
    brackets: float = 0
    gold_brackets: float = 0
    both: float = 0
    sentence_f1: float = 0.0
    sentences: float = 0

    def add_heads(self, heads: Sequence[int], gold: Sequence[int], counted: Sequence[bool]) -> None:
        """Compare the heads of a sentence, numbered from 1, 0 for the root."""
        pairs = {frozenset((word, head)) for word, head in enumerate(heads, 1) if head and counted[word - 1]}
        for word, (head, right) in enumerate(zip(heads, gold, strict=True), 1):
            if not counted[word - 1]:
                continue
            self.words += 1
            self.heads += head == right
            if right:
                self.links += 1
                self.joined += frozenset((word, right)) in pairs

    def add_brackets(self, brackets: set[tuple[int, int]], gold: set[tuple[int, int]]) -> None:
        """Compare the brackets of a sentence that count."""
        both = len(brackets & gold)
        self.brackets += len(brackets)
        self.gold_brackets += len(gold)
        self.both += both
        if gold:
            self.sentences += 1
            self.sentence_f1 += 2 * both / (len(brackets) + len(gold))

    def divided(self, parts: int) -> TreeMatches:
        """The mean of so many runs that were counted together."""
        return TreeMatches(*(getattr(self, part.name) / parts for part in fields(self)))

    def scores(self) -> dict[str, float]:
        """Shares from 0 to 1; nan where there was nothing to compare."""
        return {
            "uas": _share(self.heads, self.words),
            "uuas": _share(self.joined, self.links),
            "bracket_precision": _share(self.both, self.brackets),
            "bracket_recall": _share(self.both, self.gold_brackets),
            "bracket_f1": _share(2 * self.both, self.brackets + self.gold_brackets),
            "sentence_f1": _share(self.sentence_f1, self.sentences),
        }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


@dataclass(frozen=True)
class GoldSentence:
    """Gold with what counts of it.

    Attributes
    ----------
    heads : None where gold has no dependency tree. brackets : those that count, None where gold has none.
    counted : of each word whether it counts.
    """

    heads: Sequence[int] | None
    brackets: set[tuple[int, int]] | None
    counted: Sequence[bool]

    @property
    def length(self) -> int:
        """Words that count."""
        return sum(self.counted)

    def spread(self, heads: Sequence[int]) -> list[int]:
        """Heads of the words that count, numbered among themselves, as heads of the sentence; 0 for the others."""
        places = [place for place, counts in enumerate(self.counted, 1) if counts]
        found = [0] * len(self.counted)
        for place, head in zip(places, heads, strict=True):
            found[place - 1] = places[head - 1] if head else 0
        return found


def brackets_that_count(spans: set[tuple[int, int]], counted: Sequence[bool]) -> set[tuple[int, int]]:
    """Spans (begin, end) over the words that count; without those of one word and that of all."""
    before = [0]
    for counts in counted:
        before.append(before[-1] + counts)
    inner = {(before[begin], before[end]) for begin, end in spans}
    return {(begin, end) for begin, end in inner if 1 < end - begin < before[-1]}


def baseline_matches(gold: Sequence[GoldSentence], seed: int, runs: int) -> dict[str, TreeMatches]:
    """Each baseline against gold; that of random trees is the mean of `runs`."""
    found = {
        RIGHT: _matched(gold, ((list(range(s.length)), _right_branching(s.length)) for s in gold)),
        LEFT: _matched(gold, (([*range(2, s.length + 1), 0][: s.length], _left_branching(s.length)) for s in gold)),
    }
    total = TreeMatches()
    for run in range(runs):
        _matched(gold, _random_trees(gold, np.random.default_rng([seed, run])), total)
    return found | {RANDOM: total.divided(runs)}


def _matched(gold: Sequence[GoldSentence], trees: Iterator[Any], matches: TreeMatches | None = None) -> TreeMatches:
    """Count trees (heads and spans over the words that count) of all sentences."""
    matches = matches or TreeMatches()
    for sentence, (heads, spans) in zip(gold, trees, strict=True):
        if sentence.heads is not None:
            matches.add_heads(sentence.spread(heads), sentence.heads, sentence.counted)
        if sentence.brackets is not None:
            inner = {(begin, end) for begin, end in spans if 1 < end - begin < sentence.length}
            matches.add_brackets(inner, sentence.brackets)
    return matches


def _right_branching(words: int) -> set[tuple[int, int]]:
    return {(begin, words) for begin in range(words - 1)}


def _left_branching(words: int) -> set[tuple[int, int]]:
    return {(0, end) for end in range(2, words + 1)}


def _random_trees(gold: Sequence[GoldSentence], random: np.random.Generator) -> Iterator[tuple[list[int], set]]:
    """The best projective tree of random scores, and spans divided at random places."""
    for sentence in gold:
        heads = eisner(random.random((sentence.length + 1, sentence.length + 1))).tolist()
        spans, waiting = set(), [(0, sentence.length)]
        while waiting:
            begin, end = waiting.pop()
            if end - begin > 1:
                spans.add((begin, end))
                at = int(random.integers(begin + 1, end))
                waiting += [(begin, at), (at, end)]
        yield heads, spans


def brackets_of_heads_that_count(heads: Sequence[int], counted: Sequence[bool]) -> set[tuple[int, int]]:
    """The brackets that count of a dependency tree (see `subtree_spans`), from which other words were taken first.

    What depends on a word that does not count depends on the head of that word instead.
    """
    places = [place for place, counts in enumerate(counted, 1) if counts]
    number = {place: new for new, place in enumerate(places, 1)}
    reduced = []
    for place in places:
        head = heads[place - 1]
        while head and head not in number:
            head = heads[head - 1]
        reduced.append(number[head] if head else 0)
    return {(begin, end) for begin, end in subtree_spans(reduced) if end - begin < len(places)}
