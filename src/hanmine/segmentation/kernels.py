"""Compiled kernels of segmentation: scores of words by branching entropy, the best cut, words of a dictionary.

A text is a flat array of characters in which line k is offsets[k]..offsets[k + 1] − 1. What belongs to the gap behind
a character stands at that character's place; the gap behind the last character of a line is none, and is not looked at.
"""

from __future__ import annotations

import math

import numpy as np

from hanmine.jit import kernel


@kernel
def score_words(offsets, ids, found, right, left, means, deviations, scores):
    """Autonomy of every word of up to four characters: nVBE→ + nVBE← (Magistry and Sagot 2012).

    ids : uint16[characters]; found : int32[3, characters], rows of the n-grams of orders 2..4 that begin at each
        character, −1 for those that are not known.
    right, left : four float64[rows] each, branching entropies of the known n-grams of orders 1..4.
    means, deviations : float64[2, 4], of VBE→ and VBE← over the types of each order; for single characters the
        entropy that VBE subtracts is taken for part of the mean.
    scores : float64[characters, longest], written; −inf where a line is too short.
    """
    longest = scores.shape[1]
    entropies = np.empty((2, 4, 2))  # side, length − 1, of the n-gram that begins here, and at the character before
    for line in range(offsets.shape[0] - 1):
        stop = offsets[line + 1]
        entropies[:] = 0.0
        for i in range(stop - 1, offsets[line] - 1, -1):
            here, there = i & 1, (i + 1) & 1
            for n in range(longest):
                entropies[0, n, here] = 0.0
                entropies[1, n, here] = 0.0
            entropies[0, 0, here] = right[0][ids[i]]
            entropies[1, 0, here] = left[0][ids[i]]
            if longest > 1 and i + 1 < stop and found[0, i] >= 0:
                entropies[0, 1, here] = right[1][found[0, i]]
                entropies[1, 1, here] = left[1][found[0, i]]
            if longest > 2 and i + 2 < stop and found[1, i] >= 0:
                entropies[0, 2, here] = right[2][found[1, i]]
                entropies[1, 2, here] = left[2][found[1, i]]
            if longest > 3 and i + 3 < stop and found[2, i] >= 0:
                entropies[0, 3, here] = right[3][found[2, i]]
                entropies[1, 3, here] = left[3][found[2, i]]
            for n in range(longest):
                if i + n >= stop:
                    scores[i, n] = -np.inf
                    continue
                forwards = entropies[0, n, here]
                backwards = entropies[1, n, here]
                if n > 0:
                    forwards -= entropies[0, n - 1, here]  # of the n-gram without its last character
                    backwards -= entropies[1, n - 1, there]  # and without its first
                scores[i, n] = (forwards - means[0, n]) / deviations[0, n]
                scores[i, n] += (backwards - means[1, n]) / deviations[1, n]


@kernel
def add_gaps(offsets, gaps, scores):
    """Add to every word the scores of its inner gaps less that of the gap behind it, divided by its length.

    gaps : float64[characters]; scores : float64[characters, longest], added to.
    """
    longest = scores.shape[1]
    for line in range(offsets.shape[0] - 1):
        stop = offsets[line + 1]
        for i in range(offsets[line], stop):
            inner = 0.0
            for n in range(min(longest, stop - i)):
                end = gaps[i + n] if i + n + 1 < stop else 0.0
                scores[i, n] += (inner - end) / (n + 1)
                inner += end


@kernel
def add_model(offsets, ids, found, counts, characters, lengths, base, total, weight, scores):
    """Add to every word weight · log₂ P, divided by its length: P = (count + base · P₀) / total.

    ids, found : as in `score_words`. counts : four float64[rows], of the words that are n-grams of orders 1..4.
    characters : float64[ids], log₂ of the share of each character; lengths : float64[4], log₂ of that of each length:
        P₀ is the product of both.
    scores : float64[characters, longest], added to.
    """
    longest = scores.shape[1]
    for line in range(offsets.shape[0] - 1):
        stop = offsets[line + 1]
        for i in range(offsets[line], stop):
            spelled = 0.0
            for n in range(min(longest, stop - i)):
                spelled += characters[ids[i + n]]
                count = 0.0
                if n == 0:
                    count = counts[0][ids[i]]
                elif n == 1 and found[0, i] >= 0:
                    count = counts[1][found[0, i]]
                elif n == 2 and found[1, i] >= 0:
                    count = counts[2][found[1, i]]
                elif n == 3 and found[2, i] >= 0:
                    count = counts[3][found[2, i]]
                share = (count + base * 2.0 ** (spelled + lengths[n])) / total
                scores[i, n] += weight * math.log2(share) / (n + 1)


@kernel
def best_cut(offsets, scores, gaps, joined, cut, totals, faults, starts, ends):
    """The best segmentation of every line by dynamic programming; see `decode.best_cuts` for what it maximises.

    offsets : int64[lines + 1]; scores : float64[characters, longest], of the word that begins at a character.
    gaps : float64[characters], weighed scores of the gaps; joined, cut : bool[characters].
    totals : float64[characters + 1]; faults, starts : int64[characters + 1]: room for the longest line.
    ends : bool[characters], written: whether a word ends with a character.
    """
    longest = scores.shape[1]
    for line in range(offsets.shape[0] - 1):
        first, n = offsets[line], offsets[line + 1] - offsets[line]
        totals[0], faults[0] = 0.0, 0
        block = 0  # where the joined characters that end here begin
        for stop in range(1, n + 1):
            last = first + stop - 1
            ends[last] = False
            if stop > 1 and not joined[last - 1]:
                block = stop - 1
            if stop < n and joined[last]:
                continue  # no word ends here, and nothing reads totals[stop]
            # What must stand together can always be a word, but counts as a fault where its score forbids it.
            best, fault, choice = totals[block], faults[block] + (stop - block <= longest), block
            end = -gaps[last] if stop < n else 0.0
            inner = 0.0
            for length in range(1, min(longest, stop) + 1):
                start = stop - length
                if length > 1:
                    if cut[first + start]:
                        break
                    inner += gaps[first + start]
                score = scores[first + start, length - 1]
                if (start > 0 and joined[first + start - 1]) or not score > -np.inf:
                    continue
                total = totals[start] + (length * score + (inner + end))
                if faults[start] < fault or (faults[start] == fault and total > best):
                    best, fault, choice = total, faults[start], start
            totals[stop], faults[stop], starts[stop] = best, fault, choice
        stop = n
        while stop > 0:
            ends[first + stop - 1] = True
            stop = starts[stop]


@kernel(inline=True)
def lower_bound(flat, word_offsets, low, high, depth, code):
    """The first of the sorted words low..high − 1, all longer than `depth`, whose character there is not below code."""
    while low < high:
        middle = (low + high) >> 1
        if flat[word_offsets[middle] + depth] < code:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def find_words(codes, offsets, closed, flat, word_offsets, heads, places, ends):
    """Words of a dictionary in a text: the leftmost, and of those the longest, that do not overlap.

    codes : uint32[characters]; closed : bool[characters], gaps where no word begins or ends.
    flat, word_offsets : distinct words, none empty, sorted by code points; word w is
        flat[word_offsets[w]:word_offsets[w + 1]].
    heads, places : uint32[n] and int64[n + 1]; the words that begin with heads[h] are places[h]..places[h + 1] − 1.
    ends : int64[characters], written where a word begins: where it ends.
    """
    for line in range(offsets.shape[0] - 1):
        first, stop = offsets[line], offsets[line + 1]
        i = first
        while i < stop:
            head = np.searchsorted(heads, codes[i])
            if (i > first and closed[i - 1]) or head == heads.shape[0] or heads[head] != codes[i]:
                i += 1
                continue
            low, high, depth, end = places[head], places[head + 1], np.int64(1), np.int64(0)
            while True:
                if word_offsets[low + 1] - word_offsets[low] == depth:  # sorted: the shortest of them is the first
                    if i + depth == stop or not closed[i + depth - 1]:
                        end = i + depth
                    low += 1
                if low == high or i + depth == stop:
                    break
                code = codes[i + depth]
                low = lower_bound(flat, word_offsets, low, high, depth, code)
                high = lower_bound(flat, word_offsets, low, high, depth, code + np.uint32(1))
                if low == high:
                    break
                depth += 1
            if end:
                ends[i] = end
                i = end
            else:
                i += 1
