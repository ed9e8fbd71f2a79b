"""Compiled kernels of word discovery: cohesion."""

from __future__ import annotations

import math

import numpy as np

from hanmine.jit import kernel


@kernel(inline=True)
def both_inside(first, second, token_start, token_stop):
    """Whether two neighbouring characters belong to one Latin/digit token (ids token_start..token_stop − 1)."""
    return (token_start <= first) & (first < token_stop) & (token_start <= second) & (second < token_stop)


@kernel(inline=True)
def split_ratio(total, count, prefix, suffix):
    """How many times more often the two parts stand together than if they were independent."""
    return (np.float64(total) * np.float64(count)) / (np.float64(prefix) * np.float64(suffix))


@kernel
def cohesion(bigrams, trie, counts, suffix3, suffix4, total, tokens, cohesion2, cohesion3, cohesion4):
    """The cohesion of every n-gram: the least pointwise mutual information of its splits into two, in nats.

    bigrams : int64[:], first character << 15 | second.
    trie : (first3, symbols3, first4, symbols4), as in `NgramTrie`; counts : those of orders 1..4.
    suffix3, suffix4 : rows of what each n-gram ends with.
    tokens : (start, stop), the ids of letters and digits, between which there is no split; (0, 0) to split anywhere.
    cohesion2 .. cohesion4 : float64[:], written; +inf for an n-gram without any split.
    """
    first3, symbols3, first4, symbols4 = trie
    counts1, counts2, counts3, counts4 = counts
    start, stop = tokens
    for row2 in range(bigrams.shape[0]):
        a, b = bigrams[row2] >> 15, bigrams[row2] & 0x7FFF
        inside_ab = both_inside(a, b, start, stop)
        ratio = np.inf
        if not inside_ab:
            ratio = split_ratio(total, counts2[row2], counts1[a], counts1[b])
        cohesion2[row2] = math.log(ratio)
        for row3 in range(first3[row2], first3[row2 + 1]):
            c = np.int64(symbols3[row3])
            inside_bc = both_inside(b, c, start, stop)
            count, ratio = counts3[row3], np.inf
            if not inside_ab:
                ratio = min(ratio, split_ratio(total, count, counts1[a], counts2[suffix3[row3]]))
            if not inside_bc:
                ratio = min(ratio, split_ratio(total, count, counts2[row2], counts1[c]))
            cohesion3[row3] = math.log(ratio)
            for row4 in range(first4[row3], first4[row3 + 1]):
                d = np.int64(symbols4[row4])
                count, ratio, suffix = counts4[row4], np.inf, suffix4[row4]
                if not inside_ab:
                    ratio = min(ratio, split_ratio(total, count, counts1[a], counts3[suffix]))
                if not inside_bc:
                    ratio = min(ratio, split_ratio(total, count, counts2[row2], counts2[suffix3[suffix]]))
                if not both_inside(c, d, start, stop):
                    ratio = min(ratio, split_ratio(total, count, counts3[row3], counts1[d]))
                cohesion4[row4] = math.log(ratio)


@kernel
def cohesion_long(flat, offsets, counts, prefixes, suffixes, total, tokens, result):
    """The cohesion of strings of any length.

    flat, offsets : the strings' characters (ids), see `Strings`; counts : int64[strings].
    prefixes, suffixes : int64[characters], at offsets[w] + j − 1 the count of the first (last) j characters.
    tokens : as in `cohesion`. result : float64[strings], written, in nats; +inf without any split.
    """
    start, stop = tokens
    for w in range(offsets.shape[0] - 1):
        begin, length = offsets[w], offsets[w + 1] - offsets[w]
        ratio = np.inf
        for j in range(1, length):
            if not both_inside(flat[begin + j - 1], flat[begin + j], start, stop):
                prefix, suffix = prefixes[begin + j - 1], suffixes[begin + length - j - 1]
                ratio = min(ratio, split_ratio(total, counts[w], prefix, suffix))
        result[w] = math.log(ratio)
