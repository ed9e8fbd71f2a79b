"""Compiled kernels of the cut: which strong n-grams stand where in a text, which gaps they cover, what pieces remain.

Most of a text is no strong n-gram. A table of the *roles* that bigrams play in strong n-grams (being one, beginning
one of three, ending one of four, ...) is small enough for the cache; one look at it for every position, and a loop of
plain arithmetic on those of neighbouring positions, leave few places that are no strong n-gram. These few are looked up
in a hash table of each order, which compares all characters.

An n-gram that lies between gaps which longer ones cover is neither a piece nor of consequence for the cut: it is not
looked up.
"""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel

STRONG2, BEGINS3, ENDS3, BEGINS4, MIDDLE4, ENDS4 = 1, 2, 4, 8, 16, 32

_PATIENCE = 500  # keys that are moved for one, before a larger table is taken
_FACTOR1, _FACTOR2 = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77)
_FACTOR3, _FACTOR4 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


@kernel(inline=True)
def role_place(first, second, shift):
    """Where the roles of a bigram stand in a table of 1 << 32 − shift bytes; roles of unequal bigrams may mingle.

    The arithmetic works on arrays of uint16 as it stands.
    """
    return np.uint32(np.uint32(first) * _FACTOR1 + np.uint32(second) * _FACTOR2) >> shift


@kernel(inline=True)
def pack(ids, i, order):
    """The `order` characters (ids) from i on as one number."""
    key = np.uint64(ids[i])
    for j in range(1, order):
        key = (key << np.uint64(15)) | np.uint64(ids[i + j])
    return key


@kernel(inline=True)
def find(keys, shift, key):
    """The slot of a key in a table of 1 << 64 − shift slots, and whether it is there. Branches on nothing."""
    one, other = (key * _FACTOR3) >> shift, (key * _FACTOR4) >> shift
    is_one = keys[one] == key
    return one if is_one else other, is_one | (keys[other] == key)


@kernel
def insert_rows(ngrams, keys, rows, shift):
    """Fill a cuckoo hash table (Pagh and Rodler 2004), in which a key stands in one of two slots.

    ngrams : uint16[:, order].
    keys : uint64[1 << 64 − shift], or uint32[:] for bigrams, all ones; rows : int32[:], as long; both written.
    Returns whether there was a place for every row.
    """
    empty = np.uint64(keys[0])
    for number in range(ngrams.shape[0]):
        key, row = pack(ngrams[number], 0, ngrams.shape[1]), np.int32(number)
        slot = (key * _FACTOR3) >> shift
        for _ in range(_PATIENCE):
            key, keys[slot] = keys[slot], key
            row, rows[slot] = rows[slot], row
            if key == empty:
                break
            slot ^= ((key * _FACTOR3) >> shift) ^ ((key * _FACTOR4) >> shift)
        if key != empty:
            return False
    return True


@kernel(inline=True)
def both_inside(first, second, token_start, token_stop):
    """Whether two neighbouring characters belong to one Latin/digit token (ids token_start..token_stop − 1)."""
    return (token_start <= first) & (first < token_stop) & (token_start <= second) & (second < token_stop)


@kernel
def mark_candidates(ids, roles, shift, strip, marks):
    """Mark where strong n-grams may begin: bit 1 for two characters, 2 for three, 8 for four.

    ids : uint16[>= n + 3]; roles, shift : see `role_place`; marks : uint8[n + 2], written (the last two are of no use).
    strip : uint32[:], room for what is computed of some positions, which go through both loops while they are in the
        first cache.
    """
    n = marks.shape[0]
    for begin in range(0, n, strip.shape[0]):
        count = min(n - begin, strip.shape[0])
        for i in range(count):  # a loop of its own: it runs on vector registers
            strip[i] = role_place(ids[begin + i], ids[begin + i + 1], shift)
        for i in range(count):
            marks[begin + i] = roles[strip[i]]
    for i in range(n - 2):
        two, three = marks[i + 1] >> 1, marks[i + 2] >> 2
        marks[i] &= 1 | (two & 2) | (two & three & 8)


@kernel(inline=True)
def look_up(ids, order, table, marks, bit, places, slots):
    """Look up the n-grams at all positions that have a bit in `marks`.

    places, slots : int32[:], written: where there is one of the table, rising, and its slot. Returns their number.
    """
    count, kept = 0, 0
    for i in range(marks.shape[0] - 2):  # neither loop branches on what no processor could predict
        places[count] = i
        count += (marks[i] >> bit) & 1
    keys, _, shift = table
    for k in range(count):
        i = np.uint64(places[k])
        slot, there = find(keys, shift, pack(ids, i, order))
        places[kept] = i
        slots[kept] = slot
        kept += there
    return kept


@kernel
def find_strong(ids, roles, tables, tokens, strip, marks, joined, places, slots, found):
    """Find the strong n-grams and mark the gaps that they cover, and those inside Latin/digit tokens.

    ids : uint16[>= n + 3]; roles : (uint8[:], shift), see `role_place`.
    tables : (keys, rows, shift) of the orders 2, 3, 4, see `insert_rows`.
    tokens : (start, stop), the ids of letters and digits, between which there is no gap; (0, 0) for no tokens.
    strip : see `mark_candidates`; marks : uint8[n + 2], written over.
    joined : bool[n + 3], written: whether i and i + 1 hold together.
    places, slots : int32[3, >= n + 1], written: where n-grams of the orders 2, 3, 4 begin, rising, and their slots.
        Those that lie between gaps which longer ones cover are left out.
    found : int64[3], written: how many of each order.
    """
    mark_candidates(ids, roles[0], roles[1], strip, marks)
    n = joined.shape[0] - 3
    joined[:] = False
    found[2] = look_up(ids, 4, tables[2], marks, 3, places[2], slots[2])
    for i in places[2, : found[2]]:
        joined[i] = True
        joined[i + 1] = True
        joined[i + 2] = True
    for i in range(n):
        marks[i] &= ~((joined[i] & joined[i + 1]) << 1)
    found[1] = look_up(ids, 3, tables[1], marks, 1, places[1], slots[1])
    for i in places[1, : found[1]]:
        joined[i] = True
        joined[i + 1] = True
    for i in range(n):
        marks[i] &= ~np.uint8(joined[i])
    found[0] = look_up(ids, 2, tables[0], marks, 0, places[0], slots[0])
    for i in places[0, : found[0]]:
        joined[i] = True
    for i in range(n):
        joined[i] |= both_inside(ids[i], ids[i + 1], tokens[0], tokens[1])


@kernel
def count_pieces(rows, joined, places, slots, found, begin, stop, counts):
    """Count the pieces that are strong n-grams and begin in begin..stop − 1.

    rows : those of the tables. joined, places, slots, found : as `find_strong` leaves them; `slots` is written over.
    counts : int32[rows] of the orders 2, 3, 4, added to.
    """
    for order in range(2, 5):
        kept = 0
        for k in range(found[order - 2]):
            i = np.int64(places[order - 2, k])
            slots[order - 2, kept] = slots[order - 2, k]
            kept += (i >= begin) & (i < stop) & (not (joined[i - 1] | joined[i + order - 1]))
        for slot in slots[order - 2, :kept]:
            counts[order - 2][rows[order - 2][slot]] += 1


@kernel
def count_copied_pieces(rows, joined, places, slots, found, begin, stop, copied, counts):
    """As `count_pieces`, of those pieces alone of which a character stands in a copy; before that, which writes over
    `slots`.

    copied : (int64[:], int64[:]), first id and last + 1 of each copy, rising.
    """
    starts, stops = copied
    for order in range(2, 5):
        here = places[order - 2, : found[order - 2]]
        k = 0
        for copy in range(starts.shape[0]):
            k = max(k, np.searchsorted(here, starts[copy] - order + 1))
            while k < here.shape[0] and here[k] < stops[copy]:
                i = np.int64(here[k])
                if begin <= i < stop and not (joined[i - 1] | joined[i + order - 1]):
                    counts[order - 2][rows[order - 2][slots[order - 2, k]]] += 1
                k += 1


@kernel
def copy_stretches(ids, joined, places, begin, stop, order, shorter, starts, lengths, stretches):
    """Copy the stretches of text that begin in begin..stop − 1 and in which all windows of `order` are strong.

    A stretch has two windows at least. It goes to `stretches` with its neighbours on both sides and a 0 behind.

    places : int32[:], where strong n-grams of `order` begin.
    shorter : (keys, shift), the table of the order − 1, if pieces need these windows in the strong set, too; else
        (empty keys, 0).
    starts, lengths : int64[:], written: stretches that are pieces.
    stretches : uint16[:], written; four ids for every id of the text are enough.
    Returns the number of pieces and the ids in `stretches`, or −1 and 0 if what follows a stretch is not known.
    """
    count, place = 0, 0
    last = -1
    while last + 1 < places.shape[0]:
        first = last + 1
        last = first
        while last + 1 < places.shape[0] and places[last + 1] == places[last] + 1:
            last += 1
        start, end = np.int64(places[first]), np.int64(places[last]) + order
        if last == first or start < begin or start >= stop:
            continue
        if end >= joined.shape[0] - 2:
            return -1, 0
        for i in range(start - 1, end + 1):
            stretches[place] = ids[i]
            place += 1
        stretches[place] = 0
        place += 1
        passes = not (joined[start - 1] or joined[end - 1])
        if shorter[0].shape[0] > 0:
            for i in range(start, end - order + 2):
                passes &= find(shorter[0], shorter[1], pack(ids, i, order - 1))[1]
        if passes:
            starts[count] = start
            lengths[count] = end - start
            count += 1
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
