"""The strong set: n-grams that hold together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanmine.newwords.kernels import cohesion, find_open
from hanmine.newwords.options import DiscoveryOptions
from hanmine.ngrams.trie import NgramTrie, unmix_all
from hanmine.text.alphabet import ALNUM_START, ALNUM_STOP, Alphabet

NO_TOKENS = (0, 0)
SLACK = 1.0
"""Nats by which the cohesion of an n-gram w may be below ln(total / c(w)) if its count alone is at fault: the counts of
its two parts are 1.65 times its own at most, in the geometric mean."""


def token_range(mixed: str, alphabet: Alphabet) -> tuple[int, int]:
    """Ids between which there is no split: with `tokens` those of letters, digits and signs in tokens, else none."""
    return (ALNUM_START, alphabet.token_stop) if mixed == "tokens" else NO_TOKENS


def signs_in_tokens(trie: NgramTrie, tokens: tuple[int, int]) -> int:
    """Occurrences of the signs that stand inside tokens, behind letters and digits in the alphabet."""
    return int(trie.levels[1].counts[ALNUM_STOP : tokens[1]].sum())


def cohesions(trie: NgramTrie, tokens: tuple[int, int], options: DiscoveryOptions) -> dict[int, np.ndarray]:
    """Cohesion of the n-grams of orders 2..4, float64[rows] in nats; see `kernels.cohesion`.

    n-grams that fail the threshold of their order at their last split may have −inf, as no other split is looked at.
    """
    two, three, four = trie.levels[2], trie.levels[3], trie.levels[4]
    shared = (
        unmix_all(two.symbols[:-1]),
        (two.first, three.symbols, three.first, four.symbols),
        tuple(trie.levels[order].counts for order in (1, 2, 3, 4)),
    )
    opened = {order: np.empty(len(trie.levels[order]), bool) for order in (3, 4)}
    find_open(*shared, trie.total, tokens, _least_ratio(3, options), _least_ratio(4, options), opened[3], opened[4])
    too_frequent = beyond_reach(trie, options)
    for order in (3, 4):
        opened[order] |= too_frequent[order]
    suffixes = trie.suffixes(opened)
    result = {order: np.empty(len(trie.levels[order])) for order in (2, 3, 4)}
    cohesion(
        *shared, suffixes[3], suffixes[4], trie.total, tokens, opened[3], opened[4], result[2], result[3], result[4]
    )
    return result


def _least_ratio(order: int, options: DiscoveryOptions) -> float:
    """What a split must reach to be looked at further, a little below the threshold: the logarithm decides.

    Longer n-grams than `options.order` are not measured by a threshold but may become words all the same.
    """
    return math.exp(min(options.threshold(order), 700.0)) * (1 - 1e-9) if order <= options.order else 0.0


def beyond_reach(trie: NgramTrie, options: DiscoveryOptions) -> dict[int, np.ndarray]:
    """Which n-grams are too frequent for the threshold of their order: {order: bool[rows]}.

    Neither part of an n-gram w can occur less often than w, so that its cohesion is ln(total / c(w)) at most.
    """
    return {
        order: trie.levels[order].counts
        > (trie.total * math.exp(-min(options.threshold(order), 700.0)) if order <= options.order else trie.total)
        for order in (2, 3, 4)
    }


@dataclass(frozen=True)
class TooFrequent:
    """Frequent n-grams that hold together as well as their count allows, and are not strong for it.

    Attributes
    ----------
    ngrams : how many. pmi : the highest thresholds, one an order from 1, by which all of them are strong (none: ()).
    word, count : ids of the most frequent of the longest, and how often it occurs.
    """

    ngrams: int = 0
    pmi: tuple[float, ...] = ()
    word: np.ndarray | None = None
    count: int = 0


def too_frequent(trie: NgramTrie, cohesion_of: dict[int, np.ndarray], options: DiscoveryOptions) -> TooFrequent:
    """The n-grams whose count alone keeps them from being strong."""
    found, pmi = TooFrequent(), [options.threshold(order) for order in range(1, options.order + 1)]
    ngrams = 0
    for order, beyond in beyond_reach(trie, options).items():
        rows = np.flatnonzero(beyond)
        counts, held = trie.levels[order].counts[rows], cohesion_of[order][rows]
        kept = (counts >= options.min_count) & (held >= np.log(trie.total / counts) - SLACK) & np.isfinite(held)
        if kept.any():
            most = np.argmax(np.where(kept, counts, 0))
            ngrams += int(kept.sum())
            pmi[order - 1] = math.floor(100 * float(held[kept].min())) / 100
            word = trie.characters(order, rows[most : most + 1])[0]
            found = TooFrequent(ngrams, tuple(pmi), word, int(counts[most]))
    return found


def strong_set(trie: NgramTrie, cohesion_of: dict[int, np.ndarray], options: DiscoveryOptions) -> dict[int, np.ndarray]:
    """Which n-grams reach the threshold of their order; none of orders above `options.order`. {order: bool[rows]}."""
    return {order: (cohesion_of[order] >= options.threshold(order)) & (order <= options.order) for order in (2, 3, 4)}
