"""Candidates with their statistics: strong pieces or n-grams become rows of a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.newwords.kernels import cohesion_long
from hanmine.newwords.strong import NO_TOKENS, cohesions
from hanmine.ngrams.occurrences import SHORTEST, Occurrences, Strings, count_occurrences
from hanmine.ngrams.statistics import branching_entropy
from hanmine.ngrams.trie import NgramTrie
from hanmine.ngrams.windows import Windows, count_neighbours
from hanmine.text.corpus import Corpus


@dataclass
class Words:
    """Words and what the text says of them; all arrays run parallel.

    Attributes
    ----------
    word : list of str.
    count : int64, all occurrences in the text, overlapping ones included.
    pieces : int64, occurrences as a whole piece of the cut.
    cohesion, left_entropy, right_entropy : float64, nats.
    """

    word: list[str]
    count: np.ndarray
    pieces: np.ndarray
    cohesion: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray

    @classmethod
    def join(cls, parts: list[Words]) -> Words:
        """One table of several."""
        columns = [np.concatenate([getattr(part, name) for part in parts]) for name in list(cls.__annotations__)[1:]]
        return cls([word for part in parts for word in part.word], *columns)


@dataclass
class Statistics:
    """Where the statistics of candidates come from: everything counted over one corpus."""

    corpus: Corpus
    windows: Windows
    trie: NgramTrie
    cohesion_of: dict[int, np.ndarray]
    tokens: tuple[int, int]
    runner: object
    progress: object

    def short_words(self, rows: dict[int, np.ndarray], pieces: dict[int, np.ndarray]) -> Words:
        """Words of 2..4 characters, by their rows in the trie ({order: rows}, rising)."""
        members = {order: np.zeros(len(self.trie.levels[order]), bool) for order in (2, 3, 4)}
        for order in (2, 3, 4):
            members[order][rows[order]] = True
        chosen, kept = self.trie.select(members)
        count_neighbours(self.windows, chosen, self.runner, self.progress)
        parts = []
        for order in (2, 3, 4):
            level, places = chosen.levels[order], np.searchsorted(kept[order], rows[order])
            counts = level.counts[places]
            parts.append(
                Words(
                    self.corpus.alphabet.spell_rows(self.trie.characters(order, rows[order])),
                    counts,
                    pieces[order],
                    self._cohesion(order, rows[order]),
                    branching_entropy(counts, level.left[places, 0]),
                    branching_entropy(counts, level.right[places, 0]),
                )
            )
        return Words.join(parts)

    def _cohesion(self, order: int, rows: np.ndarray) -> np.ndarray:
        """Cohesion of n-grams; what is one Latin/digit token, and so has no split, gets that of its characters."""
        found = self.cohesion_of[order][rows]
        whole = np.isinf(found)
        if whole.any():
            if not hasattr(self, "_plain"):
                self._plain = cohesions(self.trie, NO_TOKENS)
            found = np.where(whole, self._plain[order][rows], found)
        return found

    def long_words(self, words: list[bytes], pieces: np.ndarray) -> Words:
        """Words of five characters and more, given as bytes of ids."""
        strings = Strings.of(words)
        seen = count_occurrences(self.corpus.ids, strings, self.runner, self.progress)
        self._fill_short_affixes(strings, seen)
        cohesion = np.empty(len(strings))
        affixes = (seen.counts, seen.prefixes, seen.suffixes, self.trie.total)
        cohesion_long(strings.flat, strings.offsets, *affixes, self.tokens, cohesion)
        if np.isinf(cohesion).any():
            plain = np.empty(len(strings))
            cohesion_long(strings.flat, strings.offsets, *affixes, NO_TOKENS, plain)
            cohesion = np.where(np.isinf(cohesion), plain, cohesion)
        return Words(
            [self.corpus.alphabet.spell(np.frombuffer(word, np.uint16)) for word in words],
            seen.counts,
            pieces,
            cohesion,
            branching_entropy(seen.counts, seen.left[:, 0]),
            branching_entropy(seen.counts, seen.right[:, 0]),
        )

    def _fill_short_affixes(self, strings: Strings, seen: Occurrences) -> None:
        """Counts of the first and last one to three characters of long words, which the trie knows."""
        begin, end = strings.offsets[:-1], strings.offsets[1:]
        single = self.trie.levels[1].counts
        seen.prefixes[begin] = single[strings.flat[begin]]
        seen.suffixes[begin] = single[strings.flat[end - 1]]
        found = self.trie.match(np.append(strings.flat, np.zeros(3, np.uint16)), len(strings.flat))
        for length in (2, 3):
            counts = self.trie.levels[length].counts
            seen.prefixes[begin + length - 1] = counts[found[length - 2, begin]]
            seen.suffixes[begin + length - 1] = counts[found[length - 2, end - length]]


def empty_words() -> Words:
    """A table without rows."""
    integers, floats = np.zeros(0, np.int64), np.zeros(0)
    return Words([], integers, integers, floats, floats, floats)


__all__ = ["SHORTEST", "Statistics", "Words", "empty_words"]
