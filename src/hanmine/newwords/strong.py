"""The strong set: n-grams that hold together."""

from __future__ import annotations

import numpy as np

from hanmine.newwords.kernels import cohesion
from hanmine.newwords.options import DiscoveryOptions
from hanmine.ngrams.trie import NgramTrie, unmix_all
from hanmine.text.alphabet import ALNUM_START, ALNUM_STOP

NO_TOKENS = (0, 0)


def token_range(mixed: str) -> tuple[int, int]:
    """Ids between which there is no split: with `tokens` those of Latin letters and digits, else none."""
    return (ALNUM_START, ALNUM_STOP) if mixed == "tokens" else NO_TOKENS


def cohesions(trie: NgramTrie, tokens: tuple[int, int]) -> dict[int, np.ndarray]:
    """Cohesion of every n-gram of orders 2..4, float64[rows] in nats; see `kernels.cohesion`."""
    result = {order: np.empty(len(trie.levels[order])) for order in (2, 3, 4)}
    suffixes = trie.suffixes()
    two, three, four = trie.levels[2], trie.levels[3], trie.levels[4]
    cohesion(
        unmix_all(two.symbols[:-1]),
        (two.first, three.symbols, three.first, four.symbols),
        tuple(trie.levels[order].counts for order in (1, 2, 3, 4)),
        suffixes[3],
        suffixes[4],
        trie.total,
        tokens,
        result[2],
        result[3],
        result[4],
    )
    return result


def strong_set(trie: NgramTrie, cohesion_of: dict[int, np.ndarray], options: DiscoveryOptions) -> dict[int, np.ndarray]:
    """Which n-grams reach the threshold of their order; none of orders above `options.order`. {order: bool[rows]}."""
    return {order: (cohesion_of[order] >= options.threshold(order)) & (order <= options.order) for order in (2, 3, 4)}
