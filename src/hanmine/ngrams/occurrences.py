"""Exact statistics of given strings of five characters and more: occurrences, prefixes, suffixes, neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.ngrams import automaton
from hanmine.ngrams.windows import CHUNK, clogc
from hanmine.text.spool import Spool

SHORTEST = automaton.ENTRY_DEPTH + 1


@dataclass
class Occurrences:
    """What the text says of each string w of `Strings`.

    Attributes
    ----------
    counts : int64[strings], occurrences, overlapping ones included.
    prefixes, suffixes : int64[characters]; at offsets[w] + j − 1 the count of the string's first (last) j
        characters, for j ≥ 5; those of shorter ones the n-gram trie knows.
    right, left : int64[strings, 2], Σ c·ln c over neighbours in fixed point and their number, run edges being one.
    """

    counts: np.ndarray
    prefixes: np.ndarray
    suffixes: np.ndarray
    right: np.ndarray
    left: np.ndarray


@dataclass
class Strings:
    """Distinct strings of ids, each of at least `SHORTEST` characters.

    Attributes
    ----------
    flat : uint16[characters], one string after the other.
    offsets : int64[strings + 1].
    """

    flat: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, strings: list[bytes]) -> Strings:
        """From the bytes of uint16 arrays."""
        offsets = np.zeros(len(strings) + 1, np.int64)
        np.cumsum([len(string) // 2 for string in strings], out=offsets[1:])
        return cls(np.frombuffer(b"".join(strings), np.uint16), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def select(self, rows: np.ndarray) -> Strings:
        """Some of the strings, by their numbers."""
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Strings(self.flat[places], offsets)

    def reversed(self) -> Strings:
        """Every string backwards, in the same order."""
        flat = np.empty_like(self.flat)
        for start, stop in zip(self.offsets[:-1].tolist(), self.offsets[1:].tolist(), strict=True):
            flat[start:stop] = self.flat[start:stop][::-1]
        return Strings(flat, self.offsets)


class _Automaton:
    """The automaton of some strings, with what one direction of the text gives."""

    def __init__(self, strings: Strings) -> None:
        self.strings = strings
        characters = len(strings.flat)
        size = 1 << max((2 * characters).bit_length(), 4)
        self.table, self.nodes = np.full(size, 0xFFFFFFFFFFFFFFFF, np.uint64), np.zeros(size, np.int32)
        ends, depths, parents = (np.zeros(characters + 1, np.int32) for _ in range(3))
        self.last = np.zeros(len(strings), np.int32)
        count = automaton.build_trie(
            strings.flat, strings.offsets, self.table, self.nodes, ends, depths, parents, self.last
        )
        self.order = 1 + np.argsort(depths[1:count], kind="stable")
        is_last = np.zeros(count, bool)
        is_last[self.last] = True
        self.failures, self.terminals = np.zeros(count, np.int32), np.zeros(count, np.int32)
        automaton.link_failures(
            strings.flat, self.table, self.nodes, ends, parents, self.order, is_last, self.failures, self.terminals
        )
        self.bits = np.zeros(1 << max((len(strings) // 2).bit_length(), 10), np.uint64)
        automaton.fill_entry_filter(self.table, self.bits)
        self.parents = parents[:count]

    def run(self, ids: np.ndarray, begin: int, visits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Add to visits; return the distinct (string, next character) pairs and their counts."""
        pairs = np.empty(len(ids), np.int64)
        count = automaton.run_automaton(
            ids, begin, self.table, self.nodes, self.failures, self.terminals, self.bits, visits, pairs
        )
        return np.unique(pairs[:count], return_counts=True)

    def path_counts(self, occurrences: np.ndarray) -> np.ndarray:
        """Occurrences of every string's prefixes of four and more characters; see `Occurrences.prefixes`."""
        counts = np.zeros(len(self.strings.flat), np.int64)
        node, place = self.last.astype(np.int64), self.strings.offsets[1:] - 1
        while len(node):
            counts[place] = occurrences[node]
            node = self.parents[node]
            node, place = node[node != 0], place[node != 0] - 1
        return counts

    def neighbours(self, pairs: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Σ c·ln c and number of the neighbours of every string, int64[strings, 2]."""
        none = np.empty(0, np.int64)
        total = automaton.spread_pairs(pairs, counts, self.failures, self.terminals, none, none)
        keys, amounts = np.empty(total, np.int64), np.empty(total, np.int64)
        automaton.spread_pairs(pairs, counts, self.failures, self.terminals, keys, amounts)
        keys, amounts = sum_by_key(keys, amounts)
        sums = np.zeros((len(self.failures), 2), np.int64)
        np.add.at(sums[:, 0], keys >> 15, clogc(amounts))
        np.add.at(sums[:, 1], keys >> 15, 1)
        return sums[self.last]


def sum_by_key(keys: np.ndarray, amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys, rising, and the sum of each one's amounts."""
    if not len(keys):
        return keys, amounts
    order = np.argsort(keys, kind="stable")
    keys, amounts = keys[order], amounts[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[starts], np.add.reduceat(amounts, starts)


def count_occurrences(spool: Spool, strings: Strings, runner, progress) -> Occurrences:
    """Count strings (distinct, of `SHORTEST` characters and more) in a text; linear in the length of both.

    `spool` may hold the whole text or any part of it in which all occurrences of the strings and of those of their
    affixes that have `SHORTEST` characters lie, each with its neighbours.
    """
    progress.phase("long words", 2 * spool.length, "characters")
    longest = int(np.diff(strings.offsets).max(initial=0))
    sides = []
    for backwards in (False, True):
        machine = _Automaton(strings.reversed() if backwards else strings)
        visits, keys, amounts = np.zeros(len(machine.failures), np.int64), [], []
        shares = [range(k * CHUNK, spool.length, CHUNK * runner.threads) for k in range(runner.threads)]

        def step(share, machine=machine, backwards=backwards):
            seen, found = np.zeros(len(machine.failures), np.int64), []
            for start in share:
                stop = min(start + CHUNK, spool.length)
                if backwards:
                    ids = spool.read(start - 1, stop + longest)[::-1].copy()
                else:
                    ids = spool.read(start - longest, stop + 1)
                found.append(machine.run(ids, longest, seen))
                progress.advance(stop - start)
            return seen, found

        for seen, found in runner.map(step, shares):
            visits += seen
            keys += [pairs for pairs, _ in found]
            amounts += [counts for _, counts in found]
        automaton.sum_visits(machine.order, machine.failures, visits)
        pairs = sum_by_key(np.concatenate(keys), np.concatenate(amounts))
        sides.append((visits[machine.last], machine.path_counts(visits), machine.neighbours(*pairs)))
    (counts, prefixes, right), (_, suffixes, left) = sides
    return Occurrences(counts, prefixes, suffixes, right, left)
