"""Branching entropies of all n-grams of a text, and mean and deviation of their variation over the types.

n-grams that were seen once are not listed: their entropy is 0, as that of a string that was not seen. Of their
variation, minus the entropy of what they begin (or end) with, each type still counts in mean and deviation; how many of
them begin with x is the number of right neighbours of x less those children of x that are listed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanmine.errors import InputError
from hanmine.ngrams.statistics import LOG_BASES, branching_entropy
from hanmine.ngrams.trie import Level, NgramTrie
from hanmine.ngrams.windows import Windows, count_neighbours, finish

LONGEST = 4
_LISTED = 2  # occurrences from which an n-gram may have an entropy above 0
_BLOCK = 1 << 20


@dataclass
class BranchingTables:
    """Entropies of n-grams in bits.

    Attributes
    ----------
    trie : the n-grams of orders 1..4 that occur twice or more (all characters).
    right, left : four float64[rows of an order] each, H→ and H←.
    means, deviations : float64[2, 4], of VBE→ and VBE← over the types of each order; the entropy of the characters,
        which VBE subtracts from that of a single one, is taken for part of the mean. A deviation of 0 is given as 1.
    character_entropy : entropy of the characters of the text, in bits.
    """

    trie: NgramTrie
    right: tuple[np.ndarray, ...]
    left: tuple[np.ndarray, ...]
    means: np.ndarray
    deviations: np.ndarray
    character_entropy: float


def branching_tables(windows: Windows, runner, progress) -> BranchingTables:
    """Sort the windows in place and compute everything that words are scored by."""
    trie = finish(windows, _LISTED, runner, progress, edges=False)
    count_neighbours(windows, trie, runner, progress, edges=False)
    levels = [trie.levels[order] for order in range(1, LONGEST + 1)]
    right = tuple(_entropies(level, level.right) for level in levels)
    left = tuple(_entropies(level, level.left) for level in levels)
    entropy = _character_entropy(windows.unigrams)
    positions = _positions(windows)
    suffixes = {2: trie.characters(2)[:, 1].astype(np.int64), **trie.suffixes()}
    prefixes = {2: trie.characters(2)[:, 0].astype(np.int64), 3: trie.parents(3), 4: trie.parents(4)}
    means, deviations = np.zeros((2, LONGEST)), np.ones((2, LONGEST))
    for side, entropies, parts in ((0, right, prefixes), (1, left, suffixes)):
        seen = windows.unigrams > 0
        means[side, 0], deviations[side, 0] = _moments(
            entropies[0][seen], np.zeros(0), np.zeros(0, np.int64), seen.sum()
        )
        for order in range(2, LONGEST + 1):
            shorter = trie.levels[order - 1]
            rows = parts[order]
            if rows.size and rows.min() < 0:
                raise InputError("the windows of the statistics are those of no text: make the statistics again")
            variations = entropies[order - 1] - entropies[order - 2][rows]
            kinds = (shorter.right if side == 0 else shorter.left)[:, 1]
            unlisted = kinds - np.bincount(rows, minlength=len(kinds))
            types = len(variations) + positions[order] - int(trie.levels[order].counts.sum())
            means[side, order - 1], deviations[side, order - 1] = _moments(
                variations, -entropies[order - 2], unlisted, types
            )
    deviations[deviations == 0] = 1.0
    return BranchingTables(trie, right, left, means, deviations, entropy)


def _entropies(level: Level, neighbours: np.ndarray) -> np.ndarray:
    """Entropies in bits. The sum goes over neighbours inside runs: an edge that is one of its own adds 1·ln 1 = 0."""
    return branching_entropy(level.counts, neighbours[:, 0]) / LOG_BASES["2"]


def _character_entropy(unigrams: np.ndarray) -> float:
    counts = unigrams[unigrams > 0].astype(np.float64)
    total = counts.sum()
    return float(math.log2(total) - (counts * np.log2(counts)).sum() / total) if total else 0.0


def _positions(windows: Windows) -> dict[int, int]:
    """Occurrences of n-grams of orders 2, 3, 4."""
    records = windows.records
    third = fourth = 0
    for start in range(0, len(records), _BLOCK):
        block = records[start : start + _BLOCK]
        third += int(np.count_nonzero((block >> np.uint64(30)) & np.uint64(0x7FFF)))
        fourth += int(np.count_nonzero((block >> np.uint64(15)) & np.uint64(0x7FFF)))
    return {2: len(records), 3: third, 4: fourth}


def _moments(listed: np.ndarray, values: np.ndarray, times: np.ndarray, types: int) -> tuple[float, float]:
    """Mean and deviation of `types` numbers: the listed ones, each of `values` as often as `times` says, and zeros."""
    if types == 0:
        return 0.0, 1.0
    mean = (listed.sum() + (values * times).sum()) / types
    zeros = types - len(listed) - int(times.sum())
    square = ((listed - mean) ** 2).sum() + (times * (values - mean) ** 2).sum() + zeros * mean**2
    return float(mean), math.sqrt(square / types)
