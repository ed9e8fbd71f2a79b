"""Compiled kernels of the counting engine: windows into partitions, sorting in cache, counts, look-ups.

Every position of a run that has a right neighbour becomes one *record*: the bigram that starts there is mixed by an
invertible hash to 30 bits, whose top `PARTITION_BITS` bits choose a partition and whose other 19 bits stand before the
next three characters (15 bits each) in 8 bytes. Sorting the records of a partition brings equal n-grams, and the right
neighbours of each, side by side; those of fourgrams only where they are wanted.

Entropies need Σ c·ln c over neighbours. It is summed in fixed point (`FIXED` units to 1), so that the sum is the same
in whatever order, on however many threads, it is formed: the error of an entropy is below 2⁻²⁴ nats.
"""

from __future__ import annotations

import math

import numpy as np

from hanmine.jit import kernel

PARTITION_BITS = 11
PARTITIONS = 1 << PARTITION_BITS
REMAINDER_BITS = 30 - PARTITION_BITS
WINDOW = 5  # characters that a record spans: order 4 and its right neighbour
FIXED = 1 << 24
SORTING_ROOM = 4 << 13  # counters that `sort_records` needs
_STRIP = 1 << 14  # records whose groups are looked up together: they stay in the cache
_HANDFUL, _FEW = 48, 4096  # records up to which insertion, and digits of 9 bits, are faster than digits of 13

_MASK30 = (1 << 30) - 1
_FACTOR1, _FACTOR2 = 0x2C1B3C6D, 0x297A2D39
_INVERSE1, _INVERSE2 = pow(_FACTOR1, -1, 1 << 30), pow(_FACTOR2, -1, 1 << 30)


@kernel(inline=True)
def mix(bigram):
    """Scatter a bigram `first << 15 | second` over 30 bits, invertibly."""
    bigram ^= bigram >> 15
    bigram = (bigram * _FACTOR1) & _MASK30
    bigram ^= bigram >> 12
    bigram = (bigram * _FACTOR2) & _MASK30
    return bigram ^ (bigram >> 15)


@kernel(inline=True)
def unmix(mixed):
    """The bigram of a mixed value: the inverse of `mix`."""
    mixed ^= mixed >> 15
    mixed = (mixed * _INVERSE2) & _MASK30
    mixed ^= (mixed >> 12) ^ (mixed >> 24)
    mixed = (mixed * _INVERSE1) & _MASK30
    return mixed ^ (mixed >> 15)


@kernel
def count_windows(ids, stop, unigrams, sizes):
    """First pass over a chunk: characters, and how many records each partition gets.

    ids : uint16[:], the chunk with at least one id of what follows it (0 at the end of the text).
    stop : windows start at positions below it.
    unigrams : int64[SIZE], sizes : int64[PARTITIONS], added to.
    """
    shift = np.int64(REMAINDER_BITS)
    for i in range(stop):
        first = np.int64(ids[i])
        if first == 0:
            continue
        unigrams[first] += 1
        second = np.int64(ids[i + 1])
        if second != 0:
            sizes[mix((first << 15) | second) >> shift] += 1


@kernel
def write_windows(ids, stop, places, records):
    """Second pass over a chunk: write each window's record into its partition.

    ids : uint16[:], at least four ids beyond `stop` (zeros at the end of the text).
    places : int64[PARTITIONS], where in `records` this chunk's records of each partition begin; moved on.
    records : uint64[:], written.
    """
    low = np.int64((1 << REMAINDER_BITS) - 1)
    shift = np.int64(REMAINDER_BITS)
    for i in range(stop):
        first = np.int64(ids[i])
        second = np.int64(ids[i + 1])
        if first == 0 or second == 0:
            continue
        third = np.int64(ids[i + 2])
        fourth = np.int64(ids[i + 3])
        fifth = np.int64(ids[i + 4])
        if third == 0:
            fourth = 0
        if fourth == 0:
            fifth = 0
        mixed = mix((first << 15) | second)
        tail = (third << 30) | (fourth << 15) | fifth
        p = mixed >> shift
        place = places[p]
        places[p] = place + 1
        records[place] = (np.uint64(mixed & low) << np.uint64(45)) | np.uint64(tail)


@kernel
def radix_pass(source, start, target, target_start, n, histogram, shift):
    """One pass of a digit: source[start:start + n] to target[target_start:], stable.

    histogram : uint64[radix], how often each digit occurs; written over.
    """
    total = np.uint64(target_start)
    for digit in range(histogram.shape[0]):
        here = histogram[digit]
        histogram[digit] = total
        total += here
    mask = np.uint64(histogram.shape[0] - 1)
    for i in range(np.uint64(start), np.uint64(start + n)):  # unsigned: indexes that may be negative take longer
        value = source[i]
        digit = (value >> shift) & mask
        place = histogram[digit]
        histogram[digit] = place + np.uint64(1)
        target[place] = value


@kernel
def radix_sort(records, start, n, scratch, histograms, low, bits):
    """Sort records[start:start + n] by their bits from `low` on, least significant digit first.

    histograms : uint64[digits, 1 << bits], an even number of digits: the last pass writes back to `records`.
    """
    mask, width = np.uint64(histograms.shape[1] - 1), np.uint64(bits)
    histograms[:] = 0
    for i in range(np.uint64(start), np.uint64(start + n)):
        value = records[i] >> np.uint64(low)
        for digit in range(histograms.shape[0]):
            histograms[digit, value & mask] += np.uint64(1)
            value >>= width
    for digit in range(0, histograms.shape[0], 2):
        shift = np.uint64(low + bits * digit)
        radix_pass(records, start, scratch, 0, n, histograms[digit], shift)
        radix_pass(scratch, 0, records, start, n, histograms[digit + 1], shift + width)


@kernel
def insertion_sort(records, start, n):
    """Sort a handful of records."""
    for i in range(start + 1, start + n):
        value = records[i]
        j = i - 1
        while j >= start and records[j] > value:
            records[j + 1] = records[j]
            j -= 1
        records[j + 1] = value


@kernel
def sort_records(records, start, n, scratch, histograms):
    """Sort records[start:start + n] (uint64) in place by their first four characters.

    What follows, most of the fifth, comes in any order: few n-grams need it, see `sort_fifth`.

    scratch : uint64[>= n]; histograms : uint64[SORTING_ROOM].
    """
    if n <= _HANDFUL:
        insertion_sort(records, start, n)
    elif n <= _FEW:
        radix_sort(records, start, n, scratch, histograms[: 6 << 9].reshape(6, 1 << 9), 10, 9)
    else:
        radix_sort(records, start, n, scratch, histograms.reshape(4, 1 << 13), 12, 13)


@kernel
def sort_fifth(records, start, stop):
    """Sort records[start:stop], which agree in their first four characters, by the fifth."""
    n = stop - start
    if n <= _HANDFUL:
        insertion_sort(records, start, n)
    else:
        radix_sort(records, start, n, np.empty(n, np.uint64), np.empty((2, 1 << 8), np.uint64), 0, 8)


@kernel
def sort_partitions(records, starts, scratch, histograms):
    """Sort each partition records[starts[p]:starts[p + 1]] in place; scratch has room for the largest."""
    for p in range(starts.shape[0] - 1):
        sort_records(records, starts[p], starts[p + 1] - starts[p], scratch, histograms)


@kernel(inline=True)
def fixed_clogc(count, table):
    """c·ln c in fixed point; `table` holds the values of small counts."""
    if count < table.shape[0]:
        return table[count]
    return np.int64(np.rint(count * math.log(count) * FIXED))


@kernel(inline=True)
def add_neighbour(sums, row, clogc, count):
    """Add one distinct neighbour, seen `count` times, to sums (int64[rows, 3]: Σ c·ln c, number, occurrences)."""
    sums[row, 0] += clogc
    sums[row, 1] += 1
    sums[row, 2] += count


@kernel
def scan(records, starts, first_partition, min_count, table, unigrams, bigrams, trigrams, fourgrams, sizes):
    """Count the n-grams of sorted partitions.

    records, starts : partition p is records[starts[p]:starts[p + 1]], sorted by `sort_records`; `first_partition` is
        the number of the first.
    table : int64[:], `fixed_clogc` of small counts.
    unigrams : int64[2, SIZE, 3], added to: Σ c·ln c, number and occurrences of right neighbours, the same of left
        neighbours (run edges are left to the caller, who knows how often a character occurs); int64[2, 0, 3] to leave
        them out.
    bigrams : int64[:, 3], written: mixed bigram, count, first trigram.
    trigrams : int64[:, 3], written: third character, count, first fourgram.
    fourgrams : int64[:, 2], written: fourth character, count.
    sizes : int64[3], written: rows used. Only n-grams seen `min_count` times are written; the children of an n-gram
        stand together, so that `first` of the next row is where they end.
    """
    n2, n3, n4 = 0, 0, 0
    to_pair, to_triple, to_quadruple, low = np.uint64(45), np.uint64(30), np.uint64(15), np.uint64(0x7FFF)
    for p in range(starts.shape[0] - 1):
        i, stop = starts[p], starts[p + 1]
        while i < stop:
            pair, begin2, first3 = records[i] >> to_pair, i, n3
            while i < stop and records[i] >> to_pair == pair:
                triple, begin3, first4 = records[i] >> to_triple, i, n4
                while i < stop and records[i] >> to_triple == triple:
                    quadruple, begin4 = records[i] >> to_quadruple, i
                    while i < stop and records[i] >> to_quadruple == quadruple:
                        i += 1
                    if i - begin4 >= min_count and quadruple & low != 0:
                        fourgrams[n4, 0] = np.int64(quadruple & low)
                        fourgrams[n4, 1] = i - begin4
                        n4 += 1
                if i - begin3 >= min_count and triple & low != 0:
                    trigrams[n3, 0] = np.int64(triple & low)
                    trigrams[n3, 1] = i - begin3
                    trigrams[n3, 2] = first4
                    n3 += 1
            count = i - begin2
            mixed = ((first_partition + p) << REMAINDER_BITS) | np.int64(pair)
            if unigrams.shape[1] > 0:
                bigram = unmix(mixed)
                clogc = fixed_clogc(count, table)
                add_neighbour(unigrams[0], bigram >> 15, clogc, count)
                add_neighbour(unigrams[1], bigram & 0x7FFF, clogc, count)
            if count >= min_count:
                bigrams[n2, 0] = mixed
                bigrams[n2, 1] = count
                bigrams[n2, 2] = first3
                n2 += 1
    sizes[0], sizes[1], sizes[2] = n2, n3, n4


@kernel(inline=True)
def find_bigram(keys, directory, shift, mixed):
    """Row of a mixed bigram in sorted `keys`, or −1; directory[mixed >> shift] is the first row of its bucket."""
    row = np.int64(directory[mixed >> shift])
    row += keys[row] < mixed  # without a branch: most buckets hold one key, which processors cannot guess
    while keys[row] < mixed:  # a last key larger than any bigram ends the walk
        row += 1
    return row if keys[row] == mixed else np.int64(-1)


@kernel(inline=True)
def find_child(symbols, start, stop, symbol):
    """Row of `symbol` in the sorted symbols[start:stop], or −1."""
    length = stop - start
    while length > 1:  # without a branch on the comparison, which no processor could predict
        half = length >> 1
        start += (symbols[start + half - 1] < symbol) * half
        length -= half
    if length == 1 and symbols[start] == symbol:
        return start
    return np.int64(-1)


@kernel(inline=True)
def filter_place(row2, symbol, words):
    """Word and bit of the trigram filter: one hash of the bigram's row and the third character."""
    mixed = ((np.uint64(row2) << np.uint64(15)) | np.uint64(symbol)) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(40)) & (words - 1), (mixed >> np.uint64(34)) & np.uint64(63)


@kernel
def fill_filter(first3, symbols3, bits):
    """Set the bit of every trigram in bits (uint64[power of two])."""
    for row2 in range(first3.shape[0] - 1):
        for row3 in range(first3[row2], first3[row2 + 1]):
            word, bit = filter_place(row2, symbols3[row3], bits.shape[0])
            bits[word] |= np.uint64(1) << bit


@kernel(inline=True)
def find_trigram(first3, symbols3, bits, row2, symbol):
    """Row of the trigram `symbol` below the bigram `row2`, or −1; most that are absent fail at the filter."""
    word, bit = filter_place(row2, symbol, bits.shape[0])
    if (bits[word] >> bit) & np.uint64(1) == 0:
        return np.int64(-1)
    return find_child(symbols3, first3[row2], first3[row2 + 1], symbol)


@kernel
def match(ids, stop, trie, found):
    """For every position the rows of the n-grams of orders 2, 3, 4 that begin there.

    ids : uint16[:], at least three ids beyond `stop`.
    trie : see `NgramTrie.arrays`.
    found : int32[3, stop], written: rows, or −1.
    """
    keys, directory, shift, first3, symbols3, first4, symbols4, bits = trie
    found[:] = -1
    for i in range(stop):
        row2 = find_bigram(keys, directory, shift, mix((np.int64(ids[i]) << 15) | np.int64(ids[i + 1])))
        if row2 < 0:
            continue
        found[0, i] = row2
        row3 = find_trigram(first3, symbols3, bits, row2, ids[i + 2])
        if row3 < 0:
            continue
        found[1, i] = row3
        found[2, i] = find_child(symbols4, first4[row3], first4[row3 + 1], ids[i + 3])


@kernel
def link_suffixes(trie, wanted3, wanted4, suffix3, suffix4):
    """For trigrams the row of the bigram, and for fourgrams that of the trigram, that they end with.

    wanted3, wanted4 : bool[:], the rows that are needed; what wanted fourgrams end with is linked, too.
    suffix3, suffix4 : int64[:], all −1; written. −1 stays where the suffix is not in the trie.
    """
    keys, directory, shift, first3, symbols3, first4, symbols4, bits = trie
    for row2 in range(first3.shape[0] - 1):
        second = unmix(np.int64(keys[row2])) & 0x7FFF
        for row3 in range(first3[row2], first3[row2 + 1]):
            needed = wanted3[row3]
            for row4 in range(first4[row3], first4[row3 + 1]):
                needed |= wanted4[row4]
            if not needed:
                continue
            third = np.int64(symbols3[row3])
            suffix = find_bigram(keys, directory, shift, mix((second << 15) | third))
            suffix3[row3] = suffix
            for row4 in range(first4[row3], first4[row3 + 1]):
                if wanted4[row4] and suffix >= 0:
                    row = find_trigram(first3, symbols3, bits, suffix, symbols4[row4])
                    suffix4[row4] = row
                    if row >= 0 and suffix3[row] < 0:
                        suffix3[row] = find_bigram(
                            keys, directory, shift, mix((third << 15) | np.int64(symbols4[row4]))
                        )


@kernel(inline=True)
def end_of(records, i, stop, shift):
    """Where the group of records[i], which agree in what is above `shift` bits, ends."""
    group = records[i] >> shift
    while i < stop and records[i] >> shift == group:
        i += 1
    return i


@kernel(inline=True)
def largest(starts):
    """Records of the largest partition."""
    size = np.int64(0)
    for p in range(starts.shape[0] - 1):
        size = max(size, starts[p + 1] - starts[p])
    return size


@kernel
def scan_right(records, starts, first_partition, trie, table, right2, right3, right4):
    """Sum up the right neighbours of the trie's n-grams.

    records, starts : as in `scan`; records of the trie's fourgrams are put in order.
    right2, right3, right4 : int64[rows, 3], added to: Σ c·ln c, number of neighbours, occurrences with one (those
        without stand at the end of a run).
    """
    keys, directory, shift, first3, symbols3, first4, symbols4, bits = trie
    to_pair, to_triple, to_quadruple, low = np.uint64(45), np.uint64(30), np.uint64(15), np.uint64(0x7FFF)
    for p in range(starts.shape[0] - 1):
        i, stop = starts[p], starts[p + 1]
        while i < stop:
            pair = records[i] >> to_pair
            row2 = find_bigram(keys, directory, shift, ((first_partition + p) << REMAINDER_BITS) | np.int64(pair))
            while i < stop and records[i] >> to_pair == pair:
                if row2 < 0:
                    i += 1
                    continue
                triple, begin3 = records[i] >> to_triple, i
                row3 = np.int64(-1)
                if first3[row2] < first3[row2 + 1]:
                    row3 = find_trigram(first3, symbols3, bits, row2, np.uint16(triple & low))
                if row3 < 0:
                    while i < stop and records[i] >> to_triple == triple:
                        i += 1
                while i < stop and records[i] >> to_triple == triple:
                    quadruple, begin4 = records[i] >> to_quadruple, i
                    row4 = find_child(symbols4, first4[row3], first4[row3 + 1], np.uint16(quadruple & low))
                    if row4 < 0:
                        while i < stop and records[i] >> to_quadruple == quadruple:
                            i += 1
                    else:
                        sort_fifth(records, i, end_of(records, i, stop, to_quadruple))
                    while i < stop and records[i] >> to_quadruple == quadruple:
                        value, begin5 = records[i], i
                        while i < stop and records[i] == value:
                            i += 1
                        if value & low != 0:
                            add_neighbour(right4, row4, fixed_clogc(i - begin5, table), i - begin5)
                    if quadruple & low != 0:
                        add_neighbour(right3, row3, fixed_clogc(i - begin4, table), i - begin4)
                if triple & low != 0:
                    add_neighbour(right2, row2, fixed_clogc(i - begin3, table), i - begin3)


@kernel(inline=True)
def find_groups(records, start, stop, shift, begins):
    """Where the first groups of records[start:stop] begin, which agree in what is above `shift` bits.

    begins : int64[n + 1], written: where the groups of n records begin, and where the last ends, which may be further.
    Returns the number of groups. No branch depends on the text, for where groups end is hard to guess.
    """
    last = min(stop, start + begins.shape[0] - 1)
    count, before = np.uint64(0), ~records[start]
    for i in range(np.uint64(start), np.uint64(last)):  # unsigned: indexes that may be negative take longer
        begins[count] = i
        here = records[i]
        count += np.uint64((here ^ before) >> shift != 0)
        before = here
    begins[count] = end_of(records, last - 1, stop, shift)
    return np.int64(count)


@kernel
def scan_left(records, starts, first_partition, trie, table, left2, left3, left4):
    """Sum up the left neighbours of the trie's n-grams.

    In sorted records every (n+1)-gram stands in one group; its first character is a left neighbour of the n-gram
    that it ends with. Records and the children of an n-gram are sorted alike, and are gone through side by side.

    left2, left3, left4 : int64[rows, 3], added to, as in `scan_right`; the rest likewise.
    """
    keys, directory, shift, first3, symbols3, first4, symbols4, _ = trie
    to_pair, to_triple, to_quadruple, low = np.uint64(45), np.uint64(30), np.uint64(15), np.uint64(0x7FFF)
    begins, ends, rows = np.empty(_STRIP + 1, np.int64), np.empty(_STRIP, np.int64), np.empty(_STRIP, np.int64)
    p, start = 0, starts[0]
    while p < starts.shape[0] - 1:
        if start == starts[p + 1]:
            p += 1
            continue
        partition = (first_partition + p) << REMAINDER_BITS
        groups = find_groups(records, start, starts[p + 1], to_triple, begins)
        start = begins[groups]
        found = 0
        for group in range(groups):  # a loop of its own, without a branch: look-ups that do not wait for each other
            begin, end = begins[group], begins[group + 1]
            second = unmix(partition | np.int64(records[begin] >> to_pair)) & 0x7FFF
            third = np.int64((records[begin] >> to_triple) & low)
            row2 = find_bigram(keys, directory, shift, mix((second << 15) | third))
            begins[found], ends[found], rows[found] = begin, end, row2
            found += row2 >= 0
        for group in range(found):
            count = ends[group] - begins[group]
            add_neighbour(left2, rows[group], fixed_clogc(count, table), count)
        for group in range(found):
            row2, j, i = rows[group], begins[group], ends[group]
            for row3 in range(first3[row2], first3[row2 + 1]):
                symbol = np.uint64(symbols3[row3])
                while j < i and (records[j] >> to_quadruple) & low < symbol:
                    j += 1
                begin4, k = j, j
                while j < i and (records[j] >> to_quadruple) & low == symbol:
                    j += 1
                if j == begin4:
                    continue
                add_neighbour(left3, row3, fixed_clogc(j - begin4, table), j - begin4)
                if first4[row3] < first4[row3 + 1]:
                    sort_fifth(records, begin4, j)
                for row4 in range(first4[row3], first4[row3 + 1]):
                    symbol = np.uint64(symbols4[row4])
                    while k < j and records[k] & low < symbol:
                        k += 1
                    begin5 = k
                    while k < j and records[k] & low == symbol:
                        k += 1
                    if k > begin5:
                        add_neighbour(left4, row4, fixed_clogc(k - begin5, table), k - begin5)
