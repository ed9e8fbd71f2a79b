"""Compiled kernels of association: what a number of co-occurrences is worth, and each word's strongest partners."""

from __future__ import annotations

import math

import numpy as np

from hanmine.jit import kernel

COUNT, PPMI, NPMI, G2 = 0, 1, 2, 3


@kernel(inline=True)
def share_log(part, whole, expected_part):
    """part · ln(part / expectation), 0 for nothing."""
    return part * math.log(part * whole / expected_part) if part > 0 else 0.0


@kernel(inline=True)
def log_likelihood(both, one, other, total):
    """G² of a table of two by two (Dunning 1993): 2 Σ observed · ln(observed / expected), in nats; never below 0.

    both : of the cell that is asked for; one, other : sums of its row and of its column; total : of the table.
    """
    rest = total - one - other + both
    g = share_log(both, total, one * other) + share_log(one - both, total, one * (total - other))
    g += share_log(other - both, total, (total - one) * other) + share_log(rest, total, (total - one) * (total - other))
    return max(2.0 * g, 0.0)


@kernel(inline=True)
def association(measure, discount, both, one, other, total):
    """The weight of a pair; 0 or less if it occurs no more often than chance has it (COUNT: than never).

    discount : added to both the number of co-occurrences and the expected one, which takes from rare pairs.
    """
    if measure == COUNT:
        return both
    information = math.log((both + discount) / (one * other / total + discount))
    if measure == PPMI or information <= 0:
        return information
    if measure == NPMI:  # both is at most half of the total, in which each pair counts from either end
        return information / math.log(total / both)
    return log_likelihood(both, one, other, total)


@kernel
def sift_down(weights, columns, amounts, size):
    """Put the first of a heap, whose least (weight, then largest column) comes first, where it belongs."""
    i = 0
    while True:
        least = i
        for child in (2 * i + 1, 2 * i + 2):
            if child < size and (
                weights[child] < weights[least]
                or (weights[child] == weights[least] and columns[child] > columns[least])
            ):
                least = child
        if least == i:
            return
        weights[i], weights[least] = weights[least], weights[i]
        columns[i], columns[least] = columns[least], columns[i]
        amounts[i], amounts[least] = amounts[least], amounts[i]
        i = least


@kernel
def sift_up(weights, columns, amounts, i):
    """Put the last of a heap where it belongs, see `sift_down`."""
    while i > 0:
        above = (i - 1) // 2
        if not (weights[i] < weights[above] or (weights[i] == weights[above] and columns[i] > columns[above])):
            return
        weights[i], weights[above] = weights[above], weights[i]
        columns[i], columns[above] = columns[above], columns[i]
        amounts[i], amounts[above] = amounts[above], amounts[i]
        i = above


@kernel
def strongest(first, ends, columns, amounts, partners, total, measure, discount, least, most, kept):
    """The strongest partners of the words first, first + 1, …, in no order.

    ends, columns, amounts : sparse rows as `count_rows` writes them.
    partners : int64[words], sums of the rows of the whole matrix; total : their sum.
    measure, discount : see `association`; least : co-occurrences below which a pair is left out; most : partners of a
        word (of equal ones those with smaller numbers), 0 for all.
    kept : (rows int32, columns int32, weights float64, amounts int64), written; as long as `columns` is enough.
    Returns how many.
    """
    rows, others, weights, counts = kept
    k = 0
    for row in range(ends.shape[0]):
        w, start = first + row, k
        begin = ends[row - 1] if row > 0 else 0
        for e in range(begin, ends[row]):
            other = columns[e]
            if amounts[e] < least:
                continue
            # The smaller number first, so that both rows have the same weight to the last bit.
            one, two = np.float64(partners[min(w, other)]), np.float64(partners[max(w, other)])
            weight = association(measure, discount, np.float64(amounts[e]), one, two, np.float64(total))
            if weight <= 0:
                continue
            size = k - start
            if most == 0 or size < most:
                rows[k], others[k], weights[k], counts[k] = w, other, weight, amounts[e]
                k += 1
                if most > 0:
                    sift_up(weights[start:k], others[start:k], counts[start:k], size)
            elif weight > weights[start] or (weight == weights[start] and other < others[start]):
                others[start], weights[start], counts[start] = other, weight, amounts[e]
                sift_down(weights[start:k], others[start:k], counts[start:k], size)
    return k
