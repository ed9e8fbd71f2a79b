"""Compiled decoders: the best projective tree, the best tree of all, and top-down division.

Scores are float64 and finite. Trees are heads: of each word the number of its head, -1 for the root's. Where two
choices are equally good the first that is met wins: the smaller split, the smaller number of a head.
"""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel

EQUAL = 1e-12  # gains that differ by less than this share of the numbers they are made of are equal


@kernel
def eisner(scores, root_scores, heads):
    """The projective tree of the largest sum of scores, by Eisner's algorithm (1996), with one root.

    A complete span has its head at one end and all its words below it; an incomplete one is an arc between its ends
    with all that lies under it. The tree with root r is the complete span that ends at r and the one that begins there.

    Parameters
    ----------
    scores : [n, n], scores[h, d] of the arc from head h to dependent d. root_scores : [n], of each word as the root.
    heads : int64 [n], written to.
    """
    n = root_scores.size
    if n == 0:
        return
    # Spans i..j whose head is at the left or at the right end, and where they were divided.
    left, right = np.zeros((n, n)), np.zeros((n, n))
    arc_left, arc_right = np.zeros((n, n)), np.zeros((n, n))  # the head is at that end
    split = np.zeros((3, n, n), np.int64)
    for width in range(1, n):
        for i in range(n - width):
            j = i + width
            best, at = -np.inf, i
            for k in range(i, j):
                value = left[i, k] + right[k + 1, j]
                if value > best:
                    best, at = value, k
            split[0, i, j] = at
            arc_left[i, j] = best + scores[i, j]
            arc_right[i, j] = best + scores[j, i]
            best, at = -np.inf, i
            for k in range(i + 1, j + 1):
                value = arc_left[i, k] + left[k, j]
                if value > best:
                    best, at = value, k
            split[1, i, j] = at
            left[i, j] = best
            best, at = -np.inf, i
            for k in range(i, j):
                value = right[i, k] + arc_right[k, j]
                if value > best:
                    best, at = value, k
            split[2, i, j] = at
            right[i, j] = best
    best, root = -np.inf, 0
    for r in range(n):
        value = right[0, r] + left[r, n - 1] + root_scores[r]
        if value > best:
            best, root = value, r
    heads[root] = -1
    _read_spans(split, root, heads)


@kernel
def _read_spans(split, root, heads):
    """Write the heads that the divisions of the spans before and behind the root stand for."""
    n = heads.size
    # A span is (kind, i, j); kinds: 1 head at the left, 2 at the right, 3 an arc from i to j, 4 one from j to i.
    stack = np.zeros((3 * n + 3, 3), np.int64)
    stack[0] = (2, 0, root)
    stack[1] = (1, root, n - 1)
    size = 2
    while size:
        size -= 1
        kind, i, j = stack[size, 0], stack[size, 1], stack[size, 2]
        if i == j:
            continue
        if kind == 1:
            k = split[1, i, j]
            stack[size] = (3, i, k)
            stack[size + 1] = (1, k, j)
        elif kind == 2:
            k = split[2, i, j]
            stack[size] = (2, i, k)
            stack[size + 1] = (4, k, j)
        else:
            if kind == 3:
                heads[j] = i
            else:
                heads[i] = j
            k = split[0, i, j]
            stack[size] = (1, i, k)
            stack[size + 1] = (2, k + 1, j)
        size += 2


@kernel
def chu_liu_edmonds(scores, heads):
    """The tree of the largest sum of scores with node 0 as its root, by Chu and Liu (1965) and Edmonds (1967).

    Every node takes its best head; a cycle becomes one node, whose arcs from outside are worth what they gain over the
    arc of the cycle that they replace; and so on until there is no cycle. Then cycles are opened in reverse.

    Parameters
    ----------
    scores : [m, m], scores[h, d]; used up. heads : int64 [m], written to; that of node 0 is -1.
    """
    m = heads.size
    heads[:] = -1
    active = np.ones(m, np.bool_)
    group = np.arange(m)  # of each word the node that it is part of
    head_of, word_of = np.empty((m, m), np.int64), np.empty((m, m), np.int64)  # the words that an arc joins
    for h in range(m):
        for d in range(m):
            head_of[h, d], word_of[h, d] = h, d
    best = np.full(m, -1, np.int64)
    # Of each cycle: its nodes, the arcs within it, and what each word was part of before.
    cycles = np.full((m, m), -1, np.int64)
    inner_head, inner_word = np.empty((m, m), np.int64), np.empty((m, m), np.int64)
    parts = np.empty((m, m), np.int64)
    count = 0
    while True:
        for d in range(1, m):
            if active[d]:
                best[d] = _best_head(scores, active, d)
        length = _find_cycle(best, active, cycles[count])
        if length == 0:
            break
        parts[count] = group
        for position in range(length):
            d = cycles[count, position]
            inner_head[count, position], inner_word[count, position] = head_of[best[d], d], word_of[best[d], d]
        _contract(scores, head_of, word_of, best, active, cycles[count], length)
        for word in range(m):
            for position in range(length):
                if parts[count, word] == cycles[count, position]:
                    group[word] = cycles[count, 0]
        count += 1
    # The arc into each node, by the words at its ends.
    for d in range(1, m):
        if active[d]:
            heads[word_of[best[d], d]] = head_of[best[d], d]
    for cycle in range(count - 1, -1, -1):
        entered = _entered_part(cycles[cycle], parts[cycle], heads)
        for position in range(m):
            node = cycles[cycle, position]
            if node < 0:
                break
            if node != entered:
                heads[inner_word[cycle, position]] = inner_head[cycle, position]


@kernel
def _best_head(scores, active, d):
    best, at = -np.inf, 0
    for h in range(active.size):
        if active[h] and h != d and scores[h, d] > best:
            best, at = scores[h, d], h
    return at


@kernel
def _find_cycle(best, active, cycle):
    """Write the nodes of the first cycle among best heads into `cycle`, the smallest first; its length, 0 for none."""
    m = best.size
    mark = np.zeros(m, np.int64)
    for start in range(1, m):
        node = start
        while node > 0 and active[node] and mark[node] == 0:
            mark[node] = start
            node = best[node]
        if node > 0 and active[node] and mark[node] == start:
            smallest, walk = node, best[node]
            while walk != node:
                smallest = min(smallest, walk)
                walk = best[walk]
            length, walk = 0, smallest
            while length == 0 or walk != smallest:
                cycle[length] = walk
                length += 1
                walk = best[walk]
            return length
    return 0


@kernel
def _contract(scores, head_of, word_of, best, active, cycle, length):
    """Make the nodes of a cycle one: the first of them takes over the best arcs into and out of the others."""
    m, first = best.size, cycle[0]
    inside = np.zeros(m, np.bool_)
    for position in range(length):
        inside[cycle[position]] = True
    replaced = np.empty(length)
    for position in range(length):
        replaced[position] = scores[best[cycle[position]], cycle[position]]
    for other in range(m):
        if not active[other] or inside[other]:
            continue
        gain, into, value, out = -np.inf, first, -np.inf, first
        for position in range(length):
            node = cycle[position]
            if scores[other, node] - replaced[position] > gain:
                gain, into = scores[other, node] - replaced[position], node
            if scores[node, other] > value:
                value, out = scores[node, other], node
        scores[other, first], scores[first, other] = gain, value
        head_of[other, first], word_of[other, first] = head_of[other, into], word_of[other, into]
        head_of[first, other], word_of[first, other] = head_of[out, other], word_of[out, other]
    for position in range(1, length):
        active[cycle[position]] = False


@kernel
def _entered_part(cycle, parts, heads):
    """The node of a cycle that the arc from outside leads to: its word has a head by now."""
    for word in range(parts.size):
        if heads[word] >= 0:
            for position in range(cycle.size):
                if cycle[position] < 0:
                    break
                if parts[word] == cycle[position]:
                    return cycle[position]
    return -1


@kernel
def divide(sums, between, keep_word, cuts):
    """Top-down division of a sentence: each span at the k of the largest gain, smallest k of equal ones.

    The gain is mean M[:k, :k] + mean M[k:, k:] - `between` · (mean M[:k, k:] + mean M[k:, :k]) of the span's matrix M.

    Parameters
    ----------
    sums : [n + 1, n + 1], sums[i, j] of M[:i, :j] over the whole sentence.
    keep_word : k is at most the length less two, and word k stands by itself before what follows it (spans of two
        words are divided into these); otherwise at most the length less one.
    cuts : int64 [any, 3], written to: begin, end and k (a number of a word in the sentence) of each divided span.

    Returns
    -------
    how many rows of `cuts` were written.
    """
    n = sums.shape[0] - 1
    stack = np.zeros((n + 2, 2), np.int64)
    stack[0] = (0, n)
    size, found = 1, 0
    while size:
        size -= 1
        begin, end = stack[size, 0], stack[size, 1]
        if end - begin < 2:
            continue
        at = begin + 1
        if end - begin > 2:
            at = _best_cut(sums, between, begin, end, end - 1 if keep_word else end)
        cuts[found] = (begin, end, at)
        found += 1
        stack[size] = (at + 1 if keep_word and end - begin > 2 else at, end)
        stack[size + 1] = (begin, at)
        size += 2
    return found


@kernel
def _best_cut(sums, between, begin, end, stop):
    best, at = -np.inf, begin + 1
    for k in range(begin + 1, stop):
        low, high = k - begin, end - k
        first, second = _block(sums, begin, k, begin, k) / (low * low), _block(sums, k, end, k, end) / (high * high)
        across = (_block(sums, begin, k, k, end) + _block(sums, k, end, begin, k)) / (low * high)
        gain = first + second - between * across
        if gain > best + EQUAL * (abs(first) + abs(second) + abs(across)):
            best, at = gain, k
    return at


@kernel
def _block(sums, top, bottom, left, right):
    return sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
