"""The strong set: n-grams that hold together."""

from __future__ import annotations

import math

import numpy as np

from hanmine.newwords.kernels import cohesion, find_open
from hanmine.newwords.options import DiscoveryOptions
from hanmine.ngrams.trie import NgramTrie, unmix_all
from hanmine.text.alphabet import ALNUM_START, ALNUM_STOP, Alphabet

NO_TOKENS = (0, 0)


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


def strong_set(trie: NgramTrie, cohesion_of: dict[int, np.ndarray], options: DiscoveryOptions) -> dict[int, np.ndarray]:
    """Which n-grams reach the threshold of their order; none of orders above `options.order`. {order: bool[rows]}."""
    return {order: (cohesion_of[order] >= options.threshold(order)) & (order <= options.order) for order in (2, 3, 4)}
