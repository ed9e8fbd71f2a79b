"""Compiled kernels of word discovery: cohesion, the cut, and the counting of long pieces."""

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


@kernel
def join_characters(ids, found, members2, members3, members4, tokens, joined):
    """Mark the gaps that are not cut: those that some strong n-gram covers, and those inside a token.

    ids : uint16[>= n + 1]; found : int32[3, >= n], rows of the n-grams that begin at each position, or −1.
    members2 .. members4 : bool[rows + 1], the strong set; the last is False and answers for row −1.
    joined : bool[n + 3], written: whether i and i + 1 hold together.
    """
    start, stop = tokens
    n = joined.shape[0] - 3
    joined[n:] = False
    for i in range(n):  # neither loop branches on what no processor could predict
        joined[i] = members2[found[0, i]] | both_inside(ids[i], ids[i + 1], start, stop)
    for i in range(n):
        if found[1, i] >= 0:
            if members3[found[1, i]]:
                joined[i] = True
                joined[i + 1] = True
            if members4[found[2, i]]:
                joined[i] = True
                joined[i + 1] = True
                joined[i + 2] = True


@kernel
def every_window(found, members, begin, stop, order):
    """Look-back: whether all windows of `order` characters within begin..stop − 1 are strong."""
    for i in range(begin, stop - order + 1):
        row = found[order - 2, i]
        if row < 0 or not members[row]:
            return False
    return True


@kernel
def copy_stretches(ids, found, members, begin, stop, order, stretches, place):
    """Copy every maximal stretch of a piece in which all windows are strong, if it has more than one window.

    Each goes to `stretches` from `place` on with its neighbours on both sides and a 0 behind. Returns the next place.
    """
    i = begin
    last = stop - order  # where the last window begins
    while i <= last:
        row = found[order - 2, i]
        if row < 0 or not members[row]:
            i += 1
            continue
        first = i
        while i <= last and found[order - 2, i] >= 0 and members[found[order - 2, i]]:
            i += 1
        if i - first > 1:
            for j in range(first - 1, i + order):
                stretches[place] = ids[j]
                place += 1
            stretches[place] = 0
            place += 1
    return place


@kernel
def list_pieces(joined, begin, stop, ends):
    """Write the ends (exclusive) of the pieces that begin in begin..stop − 1, the end of the piece before first.

    ends : int32[:], room for stop − begin + 2. A boundary is a piece of one, like every character that nothing holds.
    Returns how many ends were written, or −1 if the last piece runs over the end of `joined`.
    """
    start = begin
    while start < stop and joined[start - 1]:
        start += 1
    ends[0] = start
    count = 1
    for i in range(start, stop):
        ends[count] = i + 1
        count += not joined[i]
    if ends[count - 1] < stop:
        i = stop
        while joined[i]:
            i += 1
            if i >= joined.shape[0] - 3:
                return -1
        ends[count] = i + 1
        count += 1
    return count


@kernel
def count_pieces(ids, found, ends, look_back, members, counts, starts, lengths, stretches):
    """Count pieces of the cut.

    ends : int32[:], where the first piece begins, and where each piece ends (see `list_pieces`).
    look_back : (order, shorter): pieces longer than `order` need all windows of `order` characters in the strong
        set, and with `shorter` those of order − 1, too.
    members : strong sets (bool[rows + 1]) of orders 2..4; counts : int64[rows + 1] of orders 2..4, added to.
    starts, lengths : int64[:], written: pieces of more than `order` characters that look-back lets pass.
    stretches : uint16[:], written by `copy_stretches`; four ids for every id of the text are enough.
    Returns the number of such pieces, and the ids in `stretches`.
    """
    order, shorter = look_back
    count, place = 0, 0
    for k in range(1, ends.shape[0]):
        start, end = np.int64(ends[k - 1]), np.int64(ends[k])
        length = end - start
        if length == 1:
            continue
        if length == 2:
            row = found[0, start]
            counts[0][row] += members[0][row]
        elif length > order:
            windows = members[0] if order == 2 else (members[1] if order == 3 else members[2])
            place = copy_stretches(ids, found, windows, start, end, order, stretches, place)
            passes = every_window(found, windows, start, end, order)
            if passes and shorter and order > 2:
                passes = every_window(found, members[0] if order == 3 else members[1], start, end, order - 1)
            if passes:
                starts[count] = start
                lengths[count] = length
                count += 1
        elif length == 3:
            row = found[1, start]
            counts[1][row] += members[1][row]
        else:
            row = found[2, start]
            counts[2][row] += members[2][row]
    return count, place


@kernel
def group_pieces(ids, starts, lengths, slots, amounts):
    """Find equal pieces: compare characters, never hashes alone.

    slots : int64[power of two, at least twice the pieces], all −1; written: indexes of distinct pieces.
    amounts : int64[pieces], written: how often the piece occurs, at its first index; 0 at the others.
    """
    mask = slots.shape[0] - 1
    for k in range(starts.shape[0]):
        hashed = np.uint64(lengths[k])
        for i in range(starts[k], starts[k] + lengths[k]):
            hashed = (hashed ^ np.uint64(ids[i])) * np.uint64(0x9E3779B97F4A7C15)
            hashed ^= hashed >> np.uint64(29)
        slot = np.int64(hashed >> np.uint64(20)) & mask
        amounts[k] = 0
        while True:
            other = slots[slot]
            if other < 0:
                slots[slot] = k
                amounts[k] = 1
                break
            if lengths[other] == lengths[k]:
                same = True
                for i in range(lengths[k]):
                    if ids[starts[other] + i] != ids[starts[k] + i]:
                        same = False
                        break
                if same:
                    amounts[other] += 1
                    break
            slot = (slot + 1) & mask
