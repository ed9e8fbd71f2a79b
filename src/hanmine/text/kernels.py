"""Compiled kernels of the text room: UTF-8 bytes to character ids."""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel


@kernel
def decode_sequence(data, i):
    """The code point of the non-ASCII sequence at data[i:] and its length in bytes.

    An ill-formed one gives −1 and the length of its maximal subpart (Unicode Standard, table 3-7: overlong forms,
    surrogates, values above U+10FFFF and truncated sequences are ill-formed).
    """
    lead = np.int64(data[i])
    low, high = 0x80, 0xBF
    if lead >= 0xC2 and lead < 0xE0:
        length, code = 2, lead & 0x1F
    elif lead >= 0xE0 and lead < 0xF0:
        length, code = 3, lead & 0x0F
        if lead == 0xE0:
            low = 0xA0
        elif lead == 0xED:
            high = 0x9F
    elif lead >= 0xF0 and lead < 0xF5:
        length, code = 4, lead & 0x07
        if lead == 0xF0:
            low = 0x90
        elif lead == 0xF4:
            high = 0x8F
    else:
        return -1, 1
    for k in range(1, length):
        if i + k >= data.shape[0] or data[i + k] < low or data[i + k] > high:
            return -1, k
        code = (code << 6) | np.int64(data[i + k] & 0x3F)
        low, high = 0x80, 0xBF
    return code, length


@kernel
def value_behind(data, i, table, skip_selectors):
    """The table value of the character at data[i:], or of the next one that is not passed over, and where it ends.

    What stands in no table of the basic plane has 0, and so has the end.
    """
    while i < data.shape[0]:
        code, length = np.int64(data[i]), 1
        if code >= 0x80:
            code, length = decode_sequence(data, i)
        i += length
        if skip_selectors and code >= 0xE0100 and code <= 0xE01EF:
            continue
        value = np.int64(table[code]) if code >= 0 and code < 0x10000 else 0
        if value != 0xFFFF:
            return value, i
    return 0, i


@kernel
def stands_in_token(sign, data, i, table, skip_selectors, kinds, letters, before, last):
    """Whether a connector stands inside a token, as `hanmine.text.tokens` has it.

    sign : its number; i : where what stands behind it begins in data.
    kinds, letters : see `decode`. before, last : the ids in front of it, the last one and the one before that.
    """
    start, digit_stop, stop = letters
    kind, plus = kinds[sign], stop + sign
    after_digit, after_letter = start <= last < digit_stop, digit_stop <= last < stop
    if kind & 8 and (after_letter or (last == plus and digit_stop <= before < stop)):
        return True
    if not (after_digit or after_letter):
        return False
    value, i = value_behind(data, i, table, skip_selectors)
    digit, letter = start <= value < digit_stop, digit_stop <= value < stop
    if kind & 16:
        alone = not (start <= before < stop + kinds.shape[0])
        return after_letter and alone and not (digit or letter)
    if not (after_digit and digit):
        return kind & 2 != 0 and (digit or letter)
    for _ in range(2 if kind & 4 else 0):
        value, i = value_behind(data, i, table, skip_selectors)
        if not start <= value < digit_stop:
            return False
    if kind & 4:
        value, i = value_behind(data, i, table, skip_selectors)
        return not start <= value < digit_stop
    return kind & 1 != 0


@kernel
def decode(data, table, extended, skip_selectors, replace, kinds, letters, ids, report):
    """Turn UTF-8 into ids; neighbouring boundaries are written as one.

    Parameters
    ----------
    data : uint8[:], UTF-8 that begins at a character.
    table, extended : see `Alphabet`.
    skip_selectors : bool, pass over U+E0100..U+E01EF.
    replace : bool, read an ill-formed sequence as a boundary instead of stopping there.
    kinds : uint8[connectors], what each of them joins; `data` must not be cut inside a token then.
    letters : (start, digit_stop, stop), the ids of digits and of Latin letters; those of connectors follow.
    ids : uint16[:], written from 0; as long as `data` is always enough.
    report : int64[6], written: position of the first ill-formed sequence (-1: none), number of such sequences,
        characters without a slot in the alphabet, position of the first of them (-1: none), boundaries written (if
        it did not stop), connectors written.

    Returns
    -------
    The number of ids written.
    """
    n = data.shape[0]
    report[0] = -1
    report[1] = 0
    report[2] = 0
    report[3] = -1
    report[5] = 0
    written = 0
    boundaries = 0
    at_boundary = False
    i = 0
    while i < n:
        lead = data[i]
        if lead < 0x80:
            value = table[lead]
            i += 1
        elif lead > 0xE0 and lead < 0xED and i + 2 < n and data[i + 1] >> 6 == 2 and data[i + 2] >> 6 == 2:
            # Nearly all Chinese text comes this way; every other form, and every fault, takes the long one below.
            value = table[((lead & 0x0F) << 12) | ((data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F)]
            i += 3
        else:
            code, length = decode_sequence(data, i)
            i += length
            if code < 0:
                if report[0] < 0:
                    report[0] = i - length
                report[1] += 1
                if not replace:
                    return written
                value = np.uint16(0)
            elif code < 0x10000:
                value = table[code]
            elif code >= 0x20000 and code < 0x40000:
                value = extended[code - 0x20000]
                if value == 0xFFFE:
                    value = np.uint16(0)
                    report[2] += 1
                    if report[3] < 0:
                        report[3] = i - length
            elif skip_selectors and code >= 0xE0100 and code <= 0xE01EF:
                value = np.uint16(0xFFFF)
            else:
                value = np.uint16(0)
        if value >= 0xFF00:
            if value == 0xFFFF:
                continue
            sign = np.int64(value) - 0xFF00
            last = np.int64(ids[written - 1]) if written > 0 else 0
            before = np.int64(ids[written - 2]) if written > 1 else 0
            inside = stands_in_token(sign, data, i, table, skip_selectors, kinds, letters, before, last)
            value = np.uint16(letters[2] + sign) if inside else np.uint16(0)
            report[5] += inside
        # Without a branch, for where runs end is hard to guess: a boundary behind another is written over.
        boundary = value == 0
        ids[written] = value
        written += not (boundary & at_boundary)
        boundaries += boundary & (not at_boundary)
        at_boundary = boundary
    report[4] = boundaries
    return written


@kernel
def find_supplementary(data, found):
    """Write the code points of planes 2 and 3 in `data` (uint8[:]) to `found` (int64[:]) in order of appearance.

    Neighbouring repeats are written once. Returns their number; `found` needs a quarter of the length of `data`.
    """
    count = 0
    for i in range(data.shape[0] - 3):
        if data[i] == 0xF0 and data[i + 1] >= 0xA0 and data[i + 1] <= 0xBF:
            code = ((data[i + 1] & 0x3F) << 12) | ((data[i + 2] & 0x3F) << 6) | (data[i + 3] & 0x3F)
            if count == 0 or found[count - 1] != code:
                found[count] = code
                count += 1
    return count
