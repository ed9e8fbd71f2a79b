"""Candidates with their statistics: strong pieces or n-grams become rows of a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.newwords.exact_counts import CopiedOccurrences
from hanmine.newwords.kernels import cohesion_long
from hanmine.newwords.strong import NO_TOKENS
from hanmine.ngrams.aligned import count_aligned
from hanmine.ngrams.occurrences import Occurrences, Strings, count_occurrences
from hanmine.ngrams.repeats import Copies, CountedOnce
from hanmine.ngrams.statistics import branching_entropy
from hanmine.ngrams.trie import NgramTrie
from hanmine.ngrams.windows import Windows, count_neighbours
from hanmine.text.alphabet import CONNECTORS
from hanmine.text.corpus import Corpus
from hanmine.text.spool import Spool

_NUMBERS = frozenset("0123456789").union(CONNECTORS)


@dataclass
class Words:
    """Words and what the text says of them; all arrays run parallel.

    Attributes
    ----------
    word : list of str.
    count : int64, all occurrences in the text, overlapping ones included.
    once : int64, those that touch no copy (see `hanmine.ngrams.repeats`), of which all that follows is computed.
    pieces : int64, occurrences as a whole piece of the cut.
    cohesion, left_entropy, right_entropy : float64, nats.
    """

    word: list[str]
    count: np.ndarray
    once: np.ndarray
    pieces: np.ndarray
    cohesion: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray

    def rows(self, rows: np.ndarray) -> Words:
        """Some of the rows."""
        columns = [getattr(self, name)[rows] for name in list(self.__annotations__)[1:]]
        return Words([self.word[row] for row in rows.tolist()], *columns)

    @classmethod
    def join(cls, parts: list[Words]) -> Words:
        """One table of several."""
        columns = [np.concatenate([getattr(part, name) for part in parts]) for name in list(cls.__annotations__)[1:]]
        return cls([word for part in parts for word in part.word], *columns)


@dataclass
class Statistics:
    """Where the statistics of candidates come from: everything counted over one corpus."""

    corpus: Corpus
    copies: Copies | None
    windows: Windows
    trie: NgramTrie
    cohesion_of: dict[int, np.ndarray]
    tokens: tuple[int, int]
    runner: object
    progress: object

    @property
    def counted(self) -> Spool | CountedOnce:
        """The text, without its copies if there are any."""
        return CountedOnce(self.corpus.ids, self.copies) if self.copies else self.corpus.ids

    def short_words(self, rows: dict[int, np.ndarray], pieces: dict[int, np.ndarray]) -> Words:
        """Words of 2..4 characters, by their rows in the trie ({order: rows}, rising).

        The neighbours of words that begin or end with part of a token are left to `align_with_tokens`.
        """
        characters = {order: self.trie.characters(order, rows[order]) for order in (2, 3, 4)}
        inner = {order: ~self._touches_token(characters[order]) for order in (2, 3, 4)}
        members = {order: np.zeros(len(self.trie.levels[order]), bool) for order in (2, 3, 4)}
        for order in (2, 3, 4):
            members[order][rows[order][inner[order]]] = True
        chosen, kept = self.trie.select(members)
        count_neighbours(self.windows, chosen, self.runner, self.progress)
        parts = []
        for order in (2, 3, 4):
            level, places = chosen.levels[order], np.searchsorted(kept[order], rows[order][inner[order]])
            left, right = np.zeros(len(rows[order])), np.zeros(len(rows[order]))
            left[inner[order]] = branching_entropy(level.counts[places], level.left[places, 0])
            right[inner[order]] = branching_entropy(level.counts[places], level.right[places, 0])
            words = self.corpus.alphabet.spell_rows(characters[order])
            counts, cohesion = self.trie.levels[order].counts[rows[order]], self._cohesion(order, rows[order])
            parts.append(Words(words, counts, counts.copy(), pieces[order], cohesion, left, right))
        return Words.join(parts)

    def _touches_token(self, characters: np.ndarray) -> np.ndarray:
        """Which words (ids, [shape=(words, length)]) begin or end with a character of a token."""
        start, stop = self.tokens
        edges = characters[:, [0, -1]]
        return ((start <= edges) & (edges < stop)).any(axis=1)

    def _cohesion(self, order: int, rows: np.ndarray) -> np.ndarray:
        """Cohesion of n-grams; what is one Latin/digit token, and so has no split, gets that of its characters."""
        found = self.cohesion_of[order][rows]
        whole = np.flatnonzero(np.isinf(found))
        if len(whole):
            characters = self.trie.characters(order, rows[whole])
            strings = Strings(characters.reshape(-1), np.arange(0, characters.size + 1, order))
            nothing = np.zeros(characters.size, np.int64)
            seen = Occurrences(self.trie.levels[order].counts[rows[whole]], nothing, nothing.copy(), nothing, nothing)
            self._fill_short_affixes(strings, seen)
            found[whole] = self._long_cohesion(strings, seen, NO_TOKENS)
        return found

    def _long_cohesion(self, strings: Strings, seen: Occurrences, tokens: tuple[int, int]) -> np.ndarray:
        result = np.empty(len(strings))
        affixes = (seen.counts, seen.prefixes, seen.suffixes)
        cohesion_long(strings.flat, strings.offsets, *affixes, self.trie.total, tokens, result)
        return result

    def long_words(self, words: list[bytes], pieces: np.ndarray, text: Spool) -> Words:
        """Words of five characters and more, as bytes of ids; `text` holds all their occurrences, copies left out."""
        strings = Strings.of(words)
        seen = count_occurrences(text, strings, self.runner, self.progress)
        self._fill_short_affixes(strings, seen)
        cohesion = self._long_cohesion(strings, seen, self.tokens)
        if np.isinf(cohesion).any():
            cohesion = np.where(np.isinf(cohesion), self._long_cohesion(strings, seen, NO_TOKENS), cohesion)
        return Words(
            [self.corpus.alphabet.spell(np.frombuffer(word, np.uint16)) for word in words],
            seen.counts,
            seen.counts.copy(),
            pieces,
            cohesion,
            branching_entropy(seen.counts, seen.left[:, 0]),
            branching_entropy(seen.counts, seen.right[:, 0]),
        )

    def _fill_short_affixes(self, strings: Strings, seen: Occurrences) -> None:
        """Counts of the first and last one to four characters of longer words, which the trie knows."""
        begin, end = strings.offsets[:-1], strings.offsets[1:]
        found = self.trie.match(np.append(strings.flat, np.zeros(3, np.uint16)))
        for length in (1, 2, 3, 4):
            longer = end - begin > length
            begin, end = begin[longer], end[longer]
            counts = self.trie.levels[length].counts
            for affixes, start in ((seen.prefixes, begin), (seen.suffixes, end - length)):
                rows = strings.flat[start] if length == 1 else found[length - 2, start]
                affixes[begin + length - 1] = counts[rows]


def align_with_tokens(words: Words, statistics: Statistics) -> Words:
    """Where tokens are kept together: count words at the edges of tokens only, and leave numbers out.

    `in` does not occur in `Linux` then, and 2024 and 3.14 are no words. Cohesion stays that of the characters.
    """
    kept = np.array([not _NUMBERS.issuperset(word) for word in words.word], bool)
    words = words.rows(np.flatnonzero(kept))
    alphabet, (start, stop) = statistics.corpus.alphabet, statistics.tokens
    letters = set(alphabet.spell(np.arange(start, stop, dtype=np.uint16)))
    touched = np.array(
        [row for row, word in enumerate(words.word) if word[0] in letters or word[-1] in letters], np.int64
    )
    if not len(touched):
        return words
    spelled = [words.word[row] for row in touched.tolist()]
    strings = Strings(alphabet.look_up("".join(spelled)), np.cumsum([0] + [len(word) for word in spelled]))
    counts, left, right = count_aligned(
        statistics.counted, strings, statistics.tokens, statistics.runner, statistics.progress
    )
    words.count[touched] = words.once[touched] = counts
    words.left_entropy[touched] = branching_entropy(counts, left)
    words.right_entropy[touched] = branching_entropy(counts, right)
    return words


def add_copied(words: Words, statistics: Statistics) -> None:
    """Add to the counts of words the occurrences that touch copies."""
    if not statistics.copies or not words.word:
        return
    spelled = statistics.corpus.alphabet.look_up("".join(words.word))
    strings = Strings(spelled, np.cumsum([0] + [len(word) for word in words.word]))
    copied = CopiedOccurrences(
        statistics.corpus.ids, statistics.copies, statistics.trie, statistics.runner, statistics.progress
    )
    words.count += copied.count(strings, statistics.tokens)
