"""N-grams of orders 1..4 with their statistics, as a trie in flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hanmine.ngrams.kernels import fill_filter, link_suffixes, match, unmix


@dataclass
class Level:
    """The n-grams of one order, one row each; rows of one parent stand together, sorted by their last character.

    Attributes
    ----------
    symbols : uint16[n], last character; for bigrams int32[n + 1], the mixed bigrams in rising order and a last value
        larger than any.
    counts : int64[n], occurrences, overlapping ones included.
    first : int32[n + 1], row of the first child in the next level (absent in the last level).
    right : int64[n, 2], Σ c·ln c over right neighbours in fixed point and their number, the end of a run being one.
    left : int64[n, 2], the same of left neighbours. Both are there once `count_neighbours` has run (which may have
        been told to leave the edges out: int64[n, 3]).
    """

    symbols: np.ndarray
    counts: np.ndarray
    first: np.ndarray | None = None
    right: np.ndarray | None = None
    left: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.counts)


@dataclass
class NgramTrie:
    """All n-grams of orders 1..4 seen at least `min_count` times.

    Attributes
    ----------
    levels : {1: Level with a row for each of the alphabet's ids, 2: Level, 3: Level, 4: Level}.
    total : characters of the text.
    """

    levels: dict[int, Level]
    total: int

    @cached_property
    def arrays(self) -> tuple:
        """What the look-up kernels take: keys, directory, shift, first3, symbols3, first4, symbols4, filter.

        Directory and filter are small, so that all of it stays in the cache: that was faster than fewer collisions.
        """
        two, three, four = self.levels[2], self.levels[3], self.levels[4]
        bits = min(max(len(two).bit_length(), 8), 26)
        shift = 30 - bits
        directory = np.zeros((1 << bits) + 1, np.int32)
        np.cumsum(np.bincount(two.symbols[:-1] >> shift, minlength=1 << bits), out=directory[1:])
        trigram_filter = np.zeros(1 << max(len(three).bit_length() - 3, 4), np.uint64)  # 8 to 16 bits a trigram
        fill_filter(two.first, three.symbols, trigram_filter)
        return two.symbols, directory, shift, two.first, three.symbols, three.first, four.symbols, trigram_filter

    def match(self, ids: np.ndarray) -> np.ndarray:
        """Rows of the n-grams that begin at each position but the last three; −1 for none.

        Returns int32[shape=(3, len(ids) - 3)], orders 2, 3, 4.
        """
        found = np.empty((3, len(ids) - 3), np.int32)
        match(ids, len(ids) - 3, self.arrays, found)
        return found

    def parents(self, order: int) -> np.ndarray:
        """For every n-gram of this order (3 or 4) the row of the (n−1)-gram that it begins with."""
        first = self.levels[order - 1].first
        return np.repeat(np.arange(len(first) - 1), np.diff(first))

    def suffixes(self, wanted: dict[int, np.ndarray] | None = None) -> dict[int, np.ndarray]:
        """For orders 3 and 4: the row of the (n−1)-gram that each n-gram ends with.

        wanted : {3: bool[rows], 4: bool[rows]}, those that are needed, with what they end with; the others have −1.
        """
        if wanted is None:
            wanted = {order: np.ones(len(self.levels[order]), bool) for order in (3, 4)}
        rows3, rows4 = (np.full(len(self.levels[order]), -1, np.int64) for order in (3, 4))
        link_suffixes(self.arrays, wanted[3], wanted[4], rows3, rows4)
        return {3: rows3, 4: rows4}

    def characters(self, order: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Ids of the n-grams of an order, uint16[shape=(n, order)]; only those of `rows` if given."""
        if rows is None:
            rows = np.arange(len(self.levels[order]))
        if order == 1:
            return rows.astype(np.uint16)[:, None]
        columns = []
        for level in range(order, 2, -1):
            columns.append(self.levels[level].symbols[rows])
            rows = np.searchsorted(self.levels[level - 1].first, rows, side="right") - 1
        bigrams = unmix_all(self.levels[2].symbols[rows])
        columns += [bigrams & 0x7FFF, bigrams >> 15]
        return np.stack(columns[::-1], axis=1).astype(np.uint16)

    def select(self, members: dict[int, np.ndarray]) -> tuple[NgramTrie, dict[int, np.ndarray]]:
        """The trie of some n-grams and of what they begin with.

        members : {order: bool[rows]}.
        Returns the smaller trie and {order: rows of this trie that its rows stand for}.
        """
        keep = {4: members[4]}
        keep[3] = members[3] | _has_child(self.levels[3].first, keep[4])
        keep[2] = members[2] | _has_child(self.levels[2].first, keep[3])
        rows = {order: np.flatnonzero(keep[order]) for order in (2, 3, 4)}
        levels = {1: self.levels[1]}
        for order in (2, 3, 4):
            level, first, symbols = self.levels[order], None, self.levels[order].symbols[rows[order]]
            if order == 2:
                symbols = np.append(symbols, level.symbols[-1])
            if order < 4:
                kept = np.concatenate([[0], np.cumsum(keep[order + 1])])
                first = np.append(kept[level.first[rows[order]]], len(rows[order + 1])).astype(np.int32)
            levels[order] = Level(symbols, level.counts[rows[order]], first)
        return NgramTrie(levels, self.total), rows


def _has_child(first: np.ndarray, kept: np.ndarray) -> np.ndarray:
    total = np.concatenate([[0], np.cumsum(kept)])
    return np.diff(total[first]) > 0


def unmix_all(mixed: np.ndarray) -> np.ndarray:
    """`unmix` of an array (the kernel's arithmetic on int64 works on arrays as it stands)."""
    return unmix.py_func(mixed.astype(np.int64))
