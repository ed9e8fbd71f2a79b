"""Compiled kernels of word discovery: cohesion, and the words of a dictionary."""

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
def find_open(bigrams, trie, counts, total, tokens, least3, least4, open3, open4):
    """Which trigrams and fourgrams may reach a threshold, going by the split before their last character alone.

    The counts for this split lie at hand, and it fails most n-grams; those for the others have to be looked up.

    bigrams, trie, counts, total, tokens : as in `cohesion`.
    least3, least4 : float64, the `split_ratio` that each split has to reach.
    open3, open4 : bool[:], written.
    """
    first3, symbols3, first4, symbols4 = trie
    counts1, counts2, counts3, counts4 = counts
    start, stop = tokens
    for row2 in range(bigrams.shape[0]):
        b = bigrams[row2] & 0x7FFF
        for row3 in range(first3[row2], first3[row2 + 1]):
            c = np.int64(symbols3[row3])
            ratio = split_ratio(total, counts3[row3], counts2[row2], counts1[c])
            open3[row3] = ratio >= least3 or both_inside(b, c, start, stop)
            for row4 in range(first4[row3], first4[row3 + 1]):
                d = np.int64(symbols4[row4])
                ratio = split_ratio(total, counts4[row4], counts3[row3], counts1[d])
                open4[row4] = ratio >= least4 or both_inside(c, d, start, stop)


@kernel
def cohesion(bigrams, trie, counts, suffix3, suffix4, total, tokens, open3, open4, cohesion2, cohesion3, cohesion4):
    """The cohesion of n-grams: the least pointwise mutual information of their splits into two, in nats.

    bigrams : int64[:], first character << 15 | second.
    trie : (first3, symbols3, first4, symbols4), as in `NgramTrie`; counts : those of orders 1..4.
    suffix3, suffix4 : rows of what each n-gram ends with.
    tokens : (start, stop), the ids of letters and digits, between which there is no split; (0, 0) to split anywhere.
    open3, open4 : bool[:], the trigrams and fourgrams to compute; the others get −inf.
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
            cohesion3[row3] = -np.inf
            if open3[row3]:
                count, ratio = counts3[row3], np.inf
                if not inside_ab:
                    ratio = min(ratio, split_ratio(total, count, counts1[a], counts2[suffix3[row3]]))
                if not inside_bc:
                    ratio = min(ratio, split_ratio(total, count, counts2[row2], counts1[c]))
                cohesion3[row3] = math.log(ratio)
            for row4 in range(first4[row3], first4[row3 + 1]):
                cohesion4[row4] = -np.inf
                if not open4[row4]:
                    continue
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


@kernel(inline=True)
def hash_bytes(data, begin, end):
    """A hash of data[begin:end] of which the upper bits are good."""
    hashed = np.uint64(end - begin)
    for i in range(begin, end):
        hashed = (hashed ^ np.uint64(data[i])) * np.uint64(0x9E3779B97F4A7C15)
    return hashed ^ (hashed >> np.uint64(32))


@kernel(inline=True)
def find_word(flat, ends, slots, data, begin, end):
    """The slot of the word data[begin:end], or the empty one (−1) that ends the search for it."""
    mask = slots.shape[0] - 1
    slot = np.int64(hash_bytes(data, begin, end) >> np.uint64(24)) & mask
    while slots[slot] >= 0:
        start = ends[slots[slot] - 1] + 1 if slots[slot] > 0 else 0
        same = ends[slots[slot]] - start == end - begin
        i = 0
        while same and i < end - begin:
            same = flat[start + i] == data[begin + i]
            i += 1
        if same:
            return slot
        slot = (slot + 1) & mask
    return slot


@kernel
def mark_listed(flat, ends, lines, slots, marks):
    """Mark the words with which some line of a dictionary begins.

    flat : uint8[:], the words, each with a newline behind it; ends : int64[:], where these stand.
    lines : uint8[:]; a line's word is its first field, fields being separated by ASCII's white space.
    slots : int32[power of two, at least twice the words], all −1; written: numbers of words.
    marks : bool[words], written where a word is found; of equal words, the first.
    """
    start = 0
    for word in range(ends.shape[0]):
        slot = find_word(flat, ends, slots, flat, start, ends[word])
        if slots[slot] < 0:
            slots[slot] = word
        start = ends[word] + 1
    n, i = lines.shape[0], 0
    while i < n:
        while i < n and (lines[i] == 32 or 9 <= lines[i] <= 13):
            i += 1
        begin = i
        while i < n and not (lines[i] == 32 or 9 <= lines[i] <= 13):
            i += 1
        if i > begin:
            slot = find_word(flat, ends, slots, lines, begin, i)
            if slots[slot] >= 0:
                marks[slots[slot]] = True
        while i < n and lines[i] != 10 and lines[i] != 13:
            i += 1
