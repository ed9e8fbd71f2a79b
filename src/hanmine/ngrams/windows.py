"""Exact counts of all n-grams of orders 1..4: map a chunk of ids to records, merge, finish by sorting.

The three steps are plain functions of their arguments, so that threads, shards on disk and other machines can run
them. A text of n characters costs 8 bytes a bigram position until `finish` is done with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanmine.errors import HanmineError
from hanmine.ngrams import kernels
from hanmine.ngrams.kernels import FIXED, PARTITIONS, WINDOW
from hanmine.ngrams.trie import Level, NgramTrie
from hanmine.text.alphabet import SIZE
from hanmine.text.spool import Spool

CHUNK = 1 << 20  # ids that one map step takes
GROUP = 1 << 16  # records that are sorted and scanned at a time: they stay in the cache
SHARE = 8  # groups that one reduce step takes

_TABLE = np.array([0] + [round(c * math.log(c) * FIXED) for c in range(1, 4096)], np.int64)


def clogc(counts: np.ndarray) -> np.ndarray:
    """c·ln c of an array of counts, in fixed point."""
    large = np.maximum(counts, 1)
    computed = np.rint(large * np.log(large) * FIXED).astype(np.int64)
    return np.where(counts < len(_TABLE), _TABLE[np.minimum(counts, len(_TABLE) - 1)], computed)


@dataclass
class Windows:
    """Records of a stretch of text, partition by partition: the partial result that is merged.

    Attributes
    ----------
    unigrams : int64[SIZE], occurrences of each character.
    records : uint64[n], see `kernels`; in no order within a partition until `finish` has sorted them.
    starts : int64[PARTITIONS + 1], where each partition begins in `records`.
    """

    unigrams: np.ndarray
    records: np.ndarray
    starts: np.ndarray

    def merge(self, other: Windows) -> Windows:
        """The records of both stretches of text."""
        starts = self.starts + other.starts
        records = np.empty(starts[-1], np.uint64)
        for p in range(PARTITIONS):
            middle = starts[p] + self.starts[p + 1] - self.starts[p]
            records[starts[p] : middle] = self.records[self.starts[p] : self.starts[p + 1]]
            records[middle : starts[p + 1]] = other.records[other.starts[p] : other.starts[p + 1]]
        return Windows(self.unigrams + other.unigrams, records, starts)

    def are_of_text(self) -> bool:
        """Whether the records can be windows: characters that were counted, and nothing behind the end of a run."""
        begun = np.zeros(SIZE, np.int64)
        for first, stop in _groups(self):
            records = self.records[self.starts[first] : self.starts[stop]]
            partitions = np.repeat(np.arange(first, stop), np.diff(self.starts[first : stop + 1]))
            bigrams = kernels.unmix.py_func(
                (partitions << kernels.REMAINDER_BITS) | (records >> np.uint64(45)).astype(np.int64)
            )
            third, fourth, fifth = (
                ((records >> np.uint64(shift)) & np.uint64(0x7FFF)).astype(np.int64) for shift in (30, 15, 0)
            )
            ids = (bigrams >> 15, bigrams & 0x7FFF, third, fourth, fifth)
            if not (ids[0] * ids[1] > 0).all() or ((third == 0) & (fourth > 0) | (fourth == 0) & (fifth > 0)).any():
                return False
            if any((self.unigrams[each[each > 0]] == 0).any() for each in ids):
                return False
            begun += np.bincount(ids[0], minlength=SIZE)
        return bool((begun <= self.unigrams).all())

    def renumbered(self, table: np.ndarray) -> Windows:
        """The records of the same text under other ids: uint16[SIZE], the new id of each."""
        partitions = np.repeat(np.arange(PARTITIONS), np.diff(self.starts))
        mixed = (partitions << kernels.REMAINDER_BITS) | (self.records >> np.uint64(45)).astype(np.int64)
        bigrams = kernels.unmix.py_func(mixed)
        new = np.uint64(0)
        for shift in (30, 15, 0):
            ids = table[((self.records >> np.uint64(shift)) & np.uint64(0x7FFF)).astype(np.int64)]
            new = new | (ids.astype(np.uint64) << np.uint64(shift))
        first, second = table[bigrams >> 15].astype(np.int64), table[bigrams & 0x7FFF].astype(np.int64)
        mixed = kernels.mix.py_func((first << 15) | second)
        new |= (mixed & ((1 << kernels.REMAINDER_BITS) - 1)).astype(np.uint64) << np.uint64(45)
        partitions = mixed >> kernels.REMAINDER_BITS
        starts = np.concatenate([[0], np.cumsum(np.bincount(partitions, minlength=PARTITIONS))])
        unigrams = np.zeros(SIZE, np.int64)
        np.add.at(unigrams, table, self.unigrams)
        return Windows(unigrams, new[np.argsort(partitions, kind="stable")], starts)


def map_windows(spool: Spool, start: int, stop: int, runner, progress) -> Windows:
    """Records of the windows that begin in start..stop − 1 of a text, and its characters.

    The text is gone through twice: once to count, so that the second time every thread writes to its final place.
    """
    progress.phase("counting", 2 * (stop - start), "characters")
    chunks = [(begin, min(begin + CHUNK, stop)) for begin in range(start, stop, CHUNK)]

    def count(chunk: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        unigrams, sizes = np.zeros(SIZE, np.int64), np.zeros(PARTITIONS, np.int64)
        kernels.count_windows(spool.read(chunk[0], chunk[1] + 1), chunk[1] - chunk[0], unigrams, sizes)
        progress.advance(chunk[1] - chunk[0])
        return unigrams, sizes

    unigrams, sizes = np.zeros(SIZE, np.int64), np.zeros((len(chunks) + 1, PARTITIONS), np.int64)
    for row, (characters, found) in enumerate(runner.map(count, chunks)):
        unigrams += characters
        sizes[row + 1] = found
    starts = np.zeros(PARTITIONS + 1, np.int64)
    np.cumsum(sizes.sum(axis=0), out=starts[1:])
    places = np.cumsum(sizes, axis=0)[:-1] + starts[:-1]  # a chunk's records stand behind those of the chunks before
    records = np.empty(starts[-1], np.uint64)

    def write(row: int) -> None:
        begin, end = chunks[row]
        kernels.write_windows(spool.read(begin, end + WINDOW - 1), end - begin, places[row], records)
        progress.advance(end - begin)

    for _ in runner.map(write, range(len(chunks))):
        pass
    return Windows(unigrams, records, starts)


def count_windows(spool: Spool, runner, progress) -> Windows:
    """The windows of a whole text."""
    return map_windows(spool, 0, spool.length, runner, progress)


def _groups(windows: Windows) -> list[tuple[int, int]]:
    """Ranges of partitions of about `GROUP` records."""
    if not len(windows.records):
        return []
    size = max(1, min(PARTITIONS, GROUP * PARTITIONS // len(windows.records)))
    return [(start, min(start + size, PARTITIONS)) for start in range(0, PARTITIONS, size)]


@dataclass
class _Counted:
    """Columns (symbols, counts, first) of each order's rows in a group."""

    columns: list[list[np.ndarray]]

    def children(self, order: int) -> int:
        return len(self.columns[order - 1][0])


def _count_group(windows: Windows, bounds: tuple[int, int], min_count: int, neighbours: np.ndarray) -> _Counted:
    """Sort and count a group; its share of the characters' neighbours is added to `neighbours`."""
    first, stop = bounds
    starts = windows.starts[first : stop + 1]
    records = windows.records[starts[0] : starts[-1]]
    starts = starts - starts[0]
    scratch = np.empty(np.diff(starts).max(), np.uint64)
    kernels.sort_partitions(records, starts, scratch, np.empty(kernels.SORTING_ROOM, np.uint64))
    room = len(records) // min_count + 1
    rows, sizes = [np.empty((room, width), np.int64) for width in (3, 3, 2)], np.empty(3, np.int64)
    kernels.scan(records, starts, first, min_count, _TABLE, neighbours, *rows, sizes)
    columns = []
    for part, size, symbol_type in zip(rows, sizes, (np.int32, np.uint16, np.uint16), strict=True):
        columns.append([part[:size, 0].astype(symbol_type)] + [column.copy() for column in part[:size, 1:].T])
    return _Counted(columns)


def finish(
    windows: Windows, min_count: int, runner, progress, *, character_neighbours: bool = True, edges: bool = True
) -> NgramTrie:
    """Sort the records in place and count: every n-gram of orders 2..4 seen `min_count` times, and every character.

    character_neighbours : sum up the neighbours of single characters, too; those of longer n-grams come with
        `count_neighbours`.
    edges : see `count_neighbours`.
    """
    groups = _groups(windows)
    progress.phase("sorting", len(groups), "groups")
    no_neighbours = np.zeros((2, SIZE if character_neighbours else 0, 3), np.int64)

    def step(share: list[tuple[int, int]]) -> tuple[list[_Counted], np.ndarray]:
        neighbours = no_neighbours.copy()
        return [_count_group(windows, bounds, min_count, neighbours) for bounds in share], neighbours

    parts: list[_Counted] = []
    neighbours = no_neighbours.copy()
    for counted, part in runner.map(step, [groups[i : i + SHARE] for i in range(0, len(groups), SHARE)]):
        parts += counted
        neighbours += part
        progress.advance(len(counted))
    counts = windows.unigrams
    characters = Level(np.arange(SIZE, dtype=np.uint16), counts)
    if character_neighbours:
        characters.right, characters.left = neighbours
        if edges:
            characters.right, characters.left = with_edges(counts, neighbours[0]), with_edges(counts, neighbours[1])
    levels = {order: _level([part.columns[order - 2] for part in parts], order) for order in (2, 3, 4)}
    for order in (2, 3):
        levels[order].first = _first_children(parts, order)
    return NgramTrie({1: characters, **levels}, int(counts.sum()))


def _level(parts: list[list], order: int) -> Level:
    """Join the rows that the groups gave of one order."""
    symbols = [part[0] for part in parts] or [np.zeros(0, np.uint16)]
    if order == 2:
        symbols.append(np.array([np.iinfo(np.int32).max], np.int32))
    counts = [part[1] for part in parts] or [np.zeros(0, np.int64)]
    return Level(np.concatenate(symbols).astype(np.int32 if order == 2 else np.uint16), np.concatenate(counts))


def _first_children(parts: list[_Counted], order: int) -> np.ndarray:
    """Child pointers of one order, each group's shifted by the children that the groups before it gave."""
    before, first = 0, []
    for part in parts:
        first.append(part.columns[order - 2][2] + before)
        before += part.children(order)
    if before >= 1 << 31:
        raise HanmineError(
            f"{before:,} n-grams of order {order + 1} are more than one process can index: raise --min-count"
        )
    return np.concatenate([*first, [before]]).astype(np.int32)


def with_edges(counts: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Σ c·ln c and number of neighbours, the edge of a run now one of them: int64[n, 2].

    counts : int64[n], occurrences; neighbours : int64[n, 3], Σ c·ln c, number and occurrences inside runs.
    """
    edges = counts - neighbours[:, 2]
    return np.stack([neighbours[:, 0] + clogc(edges), neighbours[:, 1] + (edges > 0)], axis=1)


def count_neighbours(windows: Windows, trie: NgramTrie, runner, progress, *, edges: bool = True) -> None:
    """Sum up the neighbours of the trie's n-grams on both sides, from records that `finish` has sorted.

    Sets `Level.right` and `Level.left` of orders 2..4. Without `edges` those hold the neighbours inside runs alone,
    int64[n, 3]: Σ c·ln c, number, occurrences; who takes each edge for a neighbour of its own need add nothing to
    the sum, for 1·ln 1 = 0.
    """
    groups = _groups(windows)
    progress.phase("neighbours", len(groups), "groups")
    shares = [groups[i :: runner.threads] for i in range(runner.threads)]  # sums in fixed point: any split will do
    totals = _no_neighbours(trie)
    for share in runner.map(lambda share: _neighbours_in(windows, share, trie, progress), shares):
        for total, part in zip(totals, share, strict=True):
            total += part
    for order, right, left in zip((2, 3, 4), totals[:3], totals[3:], strict=True):
        level = trie.levels[order]
        level.right, level.left = right, left
        if edges:
            level.right, level.left = with_edges(level.counts, right), with_edges(level.counts, left)


def _no_neighbours(trie: NgramTrie) -> list[np.ndarray]:
    return [np.zeros((len(trie.levels[order]), 3), np.int64) for _ in ("right", "left") for order in (2, 3, 4)]


def _neighbours_in(windows: Windows, groups: list[tuple[int, int]], trie: NgramTrie, progress) -> list[np.ndarray]:
    sums = _no_neighbours(trie)
    for first, stop in groups:
        starts = windows.starts[first : stop + 1]
        kernels.scan_right(windows.records, starts, first, trie.arrays, _TABLE, *sums[:3])
        kernels.scan_left(windows.records, starts, first, trie.arrays, _TABLE, *sums[3:])
        progress.advance(1)
    return sums
