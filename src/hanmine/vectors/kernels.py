"""Compiled kernels of neighbour search: cosines in float64, and the best k of a tile of approximate ones.

A neighbour is a key and an index. The key is the cosine in steps of 2^-40, an integer, so that cosines that differ by
no more than the rounding of float64 are the same. Of two neighbours that with the larger key is the better, of equal
keys that with the smaller index. The neighbours of a query that were found so far form a heap: its root is the worst.
"""

from __future__ import annotations

import math

import numpy as np

from hanmine.jit import kernel

KEY_STEPS = 1 << 40  # steps from cosine 0 to cosine 1


@kernel
def dot(x, y):
    """Σ x[i]·y[i] in float64, always added in the same order. x, y : float32[:] or float64[:]."""
    total = 0.0
    for i in range(x.shape[0]):
        total += np.float64(x[i]) * np.float64(y[i])
    return total


@kernel
def norms(rows, out):
    """The Euclidean norm of each row. rows : float32[:, :] or float64[:, :]. out : float64[:], written."""
    for row in range(rows.shape[0]):
        out[row] = math.sqrt(dot(rows[row], rows[row]))


@kernel
def cosine(x, y, norm_x, norm_y):
    """The cosine of two rows of these norms, within -1..1; 0 where one of them is all zeros."""
    if norm_x == 0.0 or norm_y == 0.0:
        return 0.0
    return min(1.0, max(-1.0, dot(x, y) / (norm_x * norm_y)))


@kernel
def paired_cosines(first, second, norms_first, norms_second, out):
    """out[i] = cosine of first[i] and second[i]. out : float64[:], written."""
    for row in range(first.shape[0]):
        out[row] = cosine(first[row], second[row], norms_first[row], norms_second[row])


@kernel
def scan(scores, scales, error, queries, rows, begin, excluded, heaps):
    """Offer a tile of base rows to the heaps of a tile of queries.

    scores : float32[:, :], a row for each query; scores · scales is within `error` of the cosine, so that a row whose
        score does not come that near to the worst neighbour kept is passed over, and any other is scored in float64.
    scales : float32[:], a factor for each column of `scores`.
    queries, rows : (vectors, norms) of both sides; the vectors exact, float32 or float64.
    begin : the index of rows[0] in the base. Tiles come with rising `begin`: of equal keys the first comer stays.
    excluded : the index that queries[0] must not find, queries[1] the next, and so on; negative for none.
    heaps : (keys int64[:, :], indices int64[:, :], sizes int64[:]), changed.
    """
    keys, indices, sizes = heaps
    for query in range(scores.shape[0]):
        own = -1 if excluded < 0 else excluded + query - begin
        bound = _bound(keys[query], sizes[query], error)
        for start in range(0, scores.shape[1], 64):
            # Slices, whose indices cannot be negative, and a count without branches: sixteen are compared at once.
            some_scores, some_scales = scores[query, start : start + 64], scales[start : start + 64]
            hits = 0
            for i in range(some_scores.shape[0]):
                hits += some_scores[i] * some_scales[i] > bound
            if hits == 0:
                continue
            for i in range(some_scores.shape[0]):
                row = start + i
                if row != own and some_scores[i] * some_scales[i] > bound:
                    exact = cosine(queries[0][query], rows[0][row], queries[1][query], rows[1][row])
                    key = np.int64(np.rint(exact * KEY_STEPS))
                    if offer(keys[query], indices[query], sizes, query, key, begin + row):
                        bound = _bound(keys[query], sizes[query], error)


@kernel
def _bound(keys, size, error):
    """What a score must exceed to be looked at: below it no cosine is better than the worst neighbour kept."""
    if size < keys.shape[0]:
        return np.float32(-np.inf)
    if keys[0] >= KEY_STEPS:
        return np.float32(np.inf)
    return np.float32(keys[0] / KEY_STEPS - error)


@kernel
def offer_candidates(candidates, query_of, cosines, heaps):
    """Offer base row candidates[i], whose cosine is cosines[i], to the heap of query query_of[i], for every i.

    candidates, query_of : int64[:]. cosines : float64[:]. heaps : as in `scan`, changed.
    """
    keys, indices, sizes = heaps
    for i in range(candidates.shape[0]):
        query = query_of[i]
        key = np.int64(np.rint(cosines[i] * KEY_STEPS))
        offer(keys[query], indices[query], sizes, query, key, candidates[i])


@kernel
def offer(keys, indices, sizes, query, key, index):
    """Put a neighbour into the heap of one query if there is room or if it is better than the root; whether it was."""
    size = sizes[query]
    if size < keys.shape[0]:
        sizes[query] = size + 1
        place = size
        while place > 0:
            parent = (place - 1) // 2
            if not _worse(key, index, keys[parent], indices[parent]):
                break
            keys[place], indices[place] = keys[parent], indices[parent]
            place = parent
        keys[place], indices[place] = key, index
        return True
    if size == 0 or not _worse(keys[0], indices[0], key, index):
        return False
    _sink(keys, indices, size, key, index)
    return True


@kernel
def _worse(key, index, other_key, other_index):
    return key < other_key or (key == other_key and index > other_index)


@kernel
def _sink(keys, indices, size, key, index):
    """Put a neighbour in the place of the root and restore the heap."""
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and _worse(keys[child + 1], indices[child + 1], keys[child], indices[child]):
            child += 1
        if not _worse(keys[child], indices[child], key, index):
            break
        keys[place], indices[place] = keys[child], indices[child]
        place = child
    keys[place], indices[place] = key, index


@kernel
def merge(heaps, others):
    """Offer all neighbours of the heaps `others` to `heaps`, query by query."""
    for query in range(heaps[2].shape[0]):
        for i in range(others[2][query]):
            offer(heaps[0][query], heaps[1][query], heaps[2], query, others[0][query, i], others[1][query, i])


@kernel
def sort_heaps(heaps):
    """Sort the neighbours of each query in place, the best first."""
    keys, indices, sizes = heaps
    for query in range(sizes.shape[0]):
        for size in range(sizes[query] - 1, 0, -1):
            key, index = keys[query, size], indices[query, size]
            keys[query, size], indices[query, size] = keys[query, 0], indices[query, 0]
            _sink(keys[query], indices[query], size, key, index)
