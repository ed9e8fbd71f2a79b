"""Statistics of given strings over those occurrences that neither begin nor end inside a Latin/digit token.

Every string begins or ends with a character of tokens, so that it need be looked for only where a token begins or ends:
forwards from the beginnings of tokens, or backwards from their ends.
"""

from __future__ import annotations

import numpy as np

from hanmine.ngrams import automaton
from hanmine.ngrams.occurrences import Strings, sum_by_key
from hanmine.ngrams.windows import CHUNK, clogc
from hanmine.text.spool import Spool


class _Trie:
    """A trie of strings that is walked from certain places of a text, in steps of 1 or −1."""

    def __init__(self, strings: Strings, numbers: np.ndarray, step: int) -> None:
        characters = len(strings.flat)
        size = 1 << max((2 * characters).bit_length(), 4)
        self.numbers, self.step = numbers, step
        self.table, self.nodes = np.full(size, 0xFFFFFFFFFFFFFFFF, np.uint64), np.zeros(size, np.int32)
        self.terminals = np.zeros(characters + 1, np.int32)
        automaton.insert_strings(strings.flat, strings.offsets, self.table, self.nodes, self.terminals)

    def find(self, ids: np.ndarray, places: np.ndarray, tokens: tuple[int, int]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Distinct (string, neighbour) pairs and their counts, on the left and on the right."""
        room = len(places)
        while True:
            sides = np.empty(room, np.int64), np.empty(room, np.int64)
            count = automaton.find_aligned(
                ids, places, self.step, self.table, self.nodes, self.terminals, tokens, *sides
            )
            if count <= room:
                break
            room = count
        found = []
        for side in sides[:: self.step]:
            pairs, counts = np.unique(side[:count], return_counts=True)
            found.append(((self.numbers[pairs >> 15] << 15) | (pairs & 0x7FFF), counts))
        return found


class _Finder:
    """All strings: those that begin with a character of a token, and those that only end with one, reversed."""

    def __init__(self, strings: Strings, tokens: tuple[int, int]) -> None:
        first = strings.flat[strings.offsets[:-1]]
        begins = (tokens[0] <= first) & (first < tokens[1])
        forwards, backwards = np.flatnonzero(begins), np.flatnonzero(~begins)
        self.tries = [
            _Trie(strings.select(forwards), forwards, 1),
            _Trie(strings.select(backwards).reversed(), backwards, -1),
        ]
        self.longest = int(np.diff(strings.offsets).max(initial=0))
        self.tokens = tokens

    def find(self, spool: Spool, start: int, stop: int) -> list[list[tuple[np.ndarray, np.ndarray]]]:
        """For each trie what it finds from the edges of tokens in start..stop − 1."""
        ids = spool.read(start - self.longest - 1, stop + self.longest + 1)
        here = slice(self.longest + 1, self.longest + 1 + stop - start)
        inside = (self.tokens[0] <= ids) & (ids < self.tokens[1])
        starts = inside[here] & ~inside[here.start - 1 : here.stop - 1]
        ends = inside[here] & ~inside[here.start + 1 : here.stop + 1]
        return [
            trie.find(ids, np.flatnonzero(edges) + here.start, self.tokens)
            for trie, edges in zip(self.tries, (starts, ends), strict=True)
        ]


def count_aligned(spool: Spool, strings: Strings, tokens: tuple[int, int], runner, progress) -> tuple[np.ndarray, ...]:
    """Counts, and Σ c·ln c (fixed point) over left and over right neighbours: int64[strings] each.

    tokens : (start, stop), the ids of letters and digits; each string begins or ends with one of these.
    """
    progress.phase("tokens", spool.length, "characters")
    finder = _Finder(strings, tokens)
    step = lambda start: finder.find(spool, start, min(start + CHUNK, spool.length))  # noqa: E731
    sides: list[list] = [[], []]
    for found in runner.map(step, range(0, spool.length, CHUNK)):
        for tries in found:
            for side, pairs in zip(sides, tries, strict=True):
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
