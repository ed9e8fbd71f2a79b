"""Compiled kernels that find the long stretches of a text which occur often.

A *window* is `LENGTH` ids. Two windows are equal if they differ in nothing but which digits they hold.

Winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003) tells cheaply which windows cannot occur often. Each `GRAM` ids
have a hash, and the *fingerprint* of a window is the least hash in it. Neighbouring windows mostly share theirs, so
that a fifth as many fingerprints as ids are counted, in bytes without their keys: a count may be too high, but never
too low. Only windows whose fingerprint is frequent are looked at one by one, and compared id by id.

Counting goes bucket by bucket, so that the bytes of one stay in the cache. An *entry* holds the place of a fingerprint
in its bucket and the window at which it begins, in its chunk of `CHUNK` windows.
"""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel

GRAM, WINDOWS = 16, 9
LENGTH = GRAM + WINDOWS - 1
CHUNK_BITS, BUCKET_BITS = 16, 16
CHUNK, BUCKET = 1 << CHUNK_BITS, 1 << BUCKET_BITS
_STRIP = 1 << 12  # windows that are hashed at a time: they stay in the first cache
_ROOM = _STRIP + LENGTH - 1
_SPREAD, _MIX = np.uint32(0x9E3779B1), np.uint32(0x7FEB352D)
_BASE, _SCATTER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


@kernel(inline=True)
def symbol(value, digits):
    """An id, or the first digit for any digit. digits : (first, last + 1) of their ids, uint16."""
    return digits[0] if (digits[0] <= value) & (value < digits[1]) else value


@kernel(inline=True)
def fingerprints(ids, windows, digits, least):
    """The fingerprints of the windows that begin at ids[0] and behind it. Its loops run on vector registers.

    least : uint32[windows + LENGTH − 1], written.
    """
    n = windows + LENGTH - 1
    for i in range(n):
        least[i] = np.uint32(symbol(ids[i], digits)) * _SPREAD
    n -= 1
    for i in range(n):
        least[i] = (least[i] << np.uint32(5)) + least[i] + least[i + 1]
    n -= 2
    for i in range(n):
        least[i] = (least[i] << np.uint32(7)) + least[i] + least[i + 2]
    n -= 4
    for i in range(n):
        least[i] = (least[i] << np.uint32(11)) + least[i] + least[i + 4]
    n -= 8
    for i in range(n):
        mixed = np.uint32((least[i] << np.uint32(13)) + least[i] + least[i + 8])
        least[i] = (mixed ^ (mixed >> np.uint32(15))) * _MIX
    for i in range(n - 2):
        least[i] = min(min(least[i], least[i + 1]), least[i + 2])
    for i in range(windows):
        least[i] = min(min(least[i], least[i + 3]), least[i + 6])


@kernel(inline=True)
def find_changes(least, windows, changed, at):
    """The windows at which the fingerprint changes, and those at which it is what it was `WINDOWS` windows before: it
    stays the same for longer than that only where the text repeats itself at once.

    changed : uint8[>= windows], at : uint16[windows + 1], written. Returns how many there are.
    """
    changed[0] = 1
    for i in range(min(windows, WINDOWS) - 1):
        changed[i + 1] = least[i + 1] != least[i]
    for i in range(windows - WINDOWS):  # rising offsets alone: this loop runs on vector registers
        here = least[i + WINDOWS]
        changed[i + WINDOWS] = (here != least[i + WINDOWS - 1]) | (here == least[i])
    count = 0
    for i in range(windows):
        at[count] = i
        count += changed[i]
    return count


@kernel
def collect_entries(ids, digits, bits, ends, entries):
    """The entries of a stretch of text, by chunk and bucket.

    ids : uint16[:]; its windows begin at all but the last LENGTH − 1. bits : of all places, BUCKET_BITS or more.
    ends : int64[chunks, buckets], written: where the entries of each end; entries : uint32[>= windows], written.
    Returns the number of entries.
    """
    least, changed = np.empty(_ROOM, np.uint32), np.empty(_STRIP, np.uint8)
    at = np.empty(_STRIP + 1, np.uint16)
    places, windows_of = np.empty(CHUNK, np.uint32), np.empty(CHUNK, np.uint32)
    shift, low = np.uint32(32 - bits), np.uint32(BUCKET - 1)
    total, windows = 0, ids.shape[0] - LENGTH + 1
    for chunk in range(ends.shape[0]):
        row = ends[chunk]
        row[:] = 0
        count = 0
        for begin in range(chunk * CHUNK, min((chunk + 1) * CHUNK, windows), _STRIP):
            here = min(_STRIP, windows - begin)
            fingerprints(ids[begin:], here, digits, least)
            for k in range(find_changes(least, here, changed, at)):
                place = np.uint32(least[at[k]] * _SPREAD) >> shift
                places[count] = place
                windows_of[count] = np.uint32(begin - chunk * CHUNK + at[k])
                row[place >> np.uint32(BUCKET_BITS)] += 1
                count += 1
        for bucket in range(row.shape[0]):
            here = row[bucket]
            row[bucket] = total
            total += here
        for k in range(count):
            bucket = places[k] >> np.uint32(BUCKET_BITS)
            entries[row[bucket]] = ((places[k] & low) << np.uint32(CHUNK_BITS)) | windows_of[k]
            row[bucket] += 1
    return total


@kernel
def mark_frequent(entries, ends, often, marks):
    """Mark the windows at which a frequent fingerprint begins.

    entries, ends : of the whole text. often : occurrences from which it is frequent, at most 255.
    marks : uint8[chunks · CHUNK / 8], a bit for each window, zeros; written.
    """
    table = np.empty(BUCKET, np.uint8)
    shift, low = np.uint32(CHUNK_BITS), np.uint32(CHUNK - 1)
    chunks, buckets = ends.shape
    for bucket in range(buckets):
        table[:] = 0
        for chunk in range(chunks):
            start = ends[chunk, bucket - 1] if bucket else (ends[chunk - 1, buckets - 1] if chunk else 0)
            for k in range(start, ends[chunk, bucket]):
                place = entries[k] >> shift
                seen = table[place]
                table[place] = seen + (seen < 255)
        for chunk in range(chunks):
            start = ends[chunk, bucket - 1] if bucket else (ends[chunk - 1, buckets - 1] if chunk else 0)
            for k in range(start, ends[chunk, bucket]):
                if table[entries[k] >> shift] >= often:
                    window = chunk * CHUNK + np.int64(entries[k] & low)
                    marks[window >> 3] |= np.uint8(1 << (window & 7))


@kernel
def list_candidates(marks, windows, runs):
    """The windows that may share a frequent fingerprint, WINDOWS from each mark on.

    runs : int64[:, 2], written as far as there is room: first window and last + 1 of each run of them.
    Returns the number of runs, and that of windows.
    """
    count, candidates, stop = 0, 0, -1
    for byte in range(marks.shape[0]):
        if marks[byte] == 0:
            continue
        for bit in range(8):
            if (marks[byte] >> bit) & 1:
                begin, end = 8 * byte + bit, min(8 * byte + bit + WINDOWS, windows)
                if begin > stop:
                    if count < runs.shape[0]:
                        runs[count, 0] = begin
                    count += 1
                    stop = begin
                candidates += end - stop
                stop = end
                if count <= runs.shape[0]:
                    runs[count - 1, 1] = end
    return count, candidates


@kernel(inline=True)
def equal(ids, one, other, digits):
    """Whether two windows are equal."""
    first, second = ids[one : one + LENGTH], ids[other : other + LENGTH]
    differ = np.uint16(0)
    for i in range(LENGTH):  # without an early end, so that it runs on vector registers
        differ |= symbol(first[i], digits) ^ symbol(second[i], digits)
    return differ == 0


@kernel
def count_candidates(ids, digits, runs, slots, firsts, lasts, counts, numbers, state):
    """Number the distinct windows among the candidates, and count how often each occurs without overlapping itself.

    runs : see `list_candidates`.
    slots : int32[power of two, twice the room in `firsts` at least], −1 where empty, else the number of a distinct
        window.
    firsts, lasts, counts : int64[:], of distinct windows: the first occurrence, the last that was counted, and how many
        were; written.
    numbers : int32[candidates], written: the number of each.
    state : int64[4], distinct windows and candidates so far, run and window to go on with; moved on.
    Returns whether it is done; if not, `firsts` is full.
    """
    mask, power = slots.shape[0] - 1, np.uint64(1)
    for _ in range(LENGTH):
        power *= _BASE
    for run in range(state[2], runs.shape[0]):
        begin = max(runs[run, 0], state[3])
        hashed = np.uint64(0)
        for i in range(begin, runs[run, 1] + LENGTH - 1):
            hashed = hashed * _BASE + np.uint64(symbol(ids[i], digits))
            window = i - LENGTH + 1
            if window < begin:
                continue
            if window > begin:
                hashed -= power * np.uint64(symbol(ids[window - 1], digits))
            slot = np.int64((hashed * _SCATTER) >> np.uint64(24)) & mask
            while slots[slot] >= 0 and not equal(ids, firsts[slots[slot]], window, digits):
                slot = (slot + 1) & mask
            number = slots[slot]
            if number < 0:
                if state[0] == firsts.shape[0]:
                    state[2], state[3] = run, window
                    return False
                number = np.int32(state[0])
                slots[slot] = number
                firsts[number], lasts[number], counts[number] = window, window, 1
                state[0] += 1
            elif window >= lasts[number] + LENGTH:
                lasts[number] = window
                counts[number] += 1
            numbers[state[1]] = number
            state[1] += 1
    return True


@kernel
def refill_slots(ids, digits, firsts, slots):
    """Enter distinct windows, by their first occurrences, in slots that are all empty (−1)."""
    mask = slots.shape[0] - 1
    for number in range(firsts.shape[0]):
        hashed = np.uint64(0)
        for i in range(firsts[number], firsts[number] + LENGTH):
            hashed = hashed * _BASE + np.uint64(symbol(ids[i], digits))
        slot = np.int64((hashed * _SCATTER) >> np.uint64(24)) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = number


@kernel
def cover_copies(runs, numbers, firsts, counts, often, stretches):
    """The stretches of text that occurrences of frequent windows cover, but for the first occurrence of each.

    stretches : int64[:, 2], written as far as there is room: first id and last + 1. Returns how many there are.
    """
    count, candidate, stop = 0, 0, -1
    for run in range(runs.shape[0]):
        for window in range(runs[run, 0], runs[run, 1]):
            number = numbers[candidate]
            candidate += 1
            if counts[number] < often or firsts[number] == window:
                continue
            if window > stop:
                if count < stretches.shape[0]:
                    stretches[count, 0] = window
                count += 1
            stop = window + LENGTH
            if count <= stretches.shape[0]:
                stretches[count - 1, 1] = stop
    return count


@kernel
def count_characters(ids, stretches, characters):
    """How many ids of each stretch are no boundaries: int64[stretches], written."""
    for k in range(characters.shape[0]):
        count = 0
        for i in range(stretches[k, 0], stretches[k, 1]):
            count += ids[i] != 0
        characters[k] = count


@kernel
def fill_stretches(starts, stops, value, target):
    """Write a value to stretches of an array."""
    for k in range(starts.shape[0]):
        target[starts[k] : stops[k]] = value
