"""Statistics of given strings over those occurrences that neither begin nor end inside a Latin/digit token."""

from __future__ import annotations

import numpy as np

from hanmine.ngrams import automaton
from hanmine.ngrams.occurrences import Strings, sum_by_key
from hanmine.ngrams.windows import CHUNK, clogc
from hanmine.text.spool import Spool


class _Finder:
    """A trie of the strings."""

    def __init__(self, strings: Strings, tokens: tuple[int, int]) -> None:
        characters = len(strings.flat)
        size = 1 << max((2 * characters).bit_length(), 4)
        self.table, self.nodes = np.full(size, 0xFFFFFFFFFFFFFFFF, np.uint64), np.zeros(size, np.int32)
        self.terminals = np.zeros(characters + 1, np.int32)
        automaton.insert_strings(strings.flat, strings.offsets, self.table, self.nodes, self.terminals)
        self.heads = np.zeros(1 << max(len(strings).bit_length() - 2, 4), np.uint64)  # 16 to 32 bits a string
        automaton.fill_head_filter(strings.flat, strings.offsets, self.heads)
        self.longest = int(np.diff(strings.offsets).max())
        self.tokens = tokens

    def find(self, spool: Spool, start: int, stop: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Distinct (string, neighbour) pairs and their counts, left and right, of occurrences from start..stop − 1."""
        ids = spool.read(start - 1, stop + self.longest + 1)
        room = stop - start
        while True:
            left, right = np.empty(room, np.int64), np.empty(room, np.int64)
            count = automaton.find_aligned(
                ids,
                1,
                1 + stop - start,
                self.table,
                self.nodes,
                self.terminals,
                self.heads,
                self.tokens,
                left,
                right,
            )
            if count <= room:
                return [np.unique(side[:count], return_counts=True) for side in (left, right)]
            room = count


def count_aligned(spool: Spool, strings: Strings, tokens: tuple[int, int], runner, progress) -> tuple[np.ndarray, ...]:
    """Counts, and Σ c·ln c (fixed point) over left and over right neighbours: int64[strings] each."""
    progress.phase("tokens", spool.length, "characters")
    finder = _Finder(strings, tokens)
    step = lambda start: finder.find(spool, start, min(start + CHUNK, spool.length))  # noqa: E731
    sides: list[list] = [[], []]
    for found in runner.map(step, range(0, spool.length, CHUNK)):
        for side, pairs in zip(sides, found, strict=True):
            side.append(pairs)
        progress.advance(CHUNK)
    sums = []
    for side in sides:
        keys, amounts = (np.concatenate([part[column] for part in side]) for column in (0, 1))
        keys, amounts = sum_by_key(keys, amounts)
        total = np.zeros(len(strings), np.int64)
        np.add.at(total, keys >> 15, clogc(amounts))
        sums.append(total)
    counts = np.zeros(len(strings), np.int64)
    np.add.at(counts, keys >> 15, amounts)
    return counts, *sums
