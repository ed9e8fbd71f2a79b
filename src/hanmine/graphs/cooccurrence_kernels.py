"""Compiled kernels of co-occurrence: words found in a text, and pairs of them counted row by row.

Text is symbols (uint16): `OTHER` for characters that stand in no word, `LINE` for the end of a line, `LETTER` for
letters and digits that stand in no word; the characters of the words follow. Words are numbered from 0.
Tokens (int32) are the words of a text in their order, with `LINE_END` behind each line.
"""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel

OTHER, LINE, LETTER, FIRST_SYMBOL = 0, 1, 2, 3
LINE_END = -1
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_FAR = np.int64(1) << 62


@kernel(inline=True)
def find_child(table, nodes, node, symbol):
    """The child of a node by a symbol, or 0; the slot where the search ended."""
    key = (np.uint64(node) << np.uint64(16)) | np.uint64(symbol)
    slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(24)) & (table.shape[0] - 1)
    while table[slot] != _EMPTY and table[slot] != key:
        slot = (slot + 1) & (table.shape[0] - 1)
    return (np.int64(nodes[slot]) if table[slot] == key else np.int64(0)), slot


@kernel
def insert_words(flat, offsets, numbers, heads, table, nodes, words):
    """Build the trie of some words. The root's children stand in `heads`, the others in a hash table.

    flat, offsets : uint16[:] and int64[words + 1], the symbols of all words, one word after the other.
    numbers : int64[:], the words that are inserted.
    heads : int32[65536], zeros; table, nodes : uint64 and int32 of one power of two, at least twice the symbols, table
        all ones; words : int32[symbols + 1], all −1; written: the word that ends at a node.
    """
    count = 1
    for w in numbers:
        node = np.int64(heads[flat[offsets[w]]])
        if node == 0:
            node = count
            heads[flat[offsets[w]]] = count
            count += 1
        for i in range(offsets[w] + 1, offsets[w + 1]):
            child, slot = find_child(table, nodes, node, flat[i])
            if child == 0:
                child = count
                table[slot] = (np.uint64(node) << np.uint64(16)) | np.uint64(flat[i])
                nodes[slot] = count
                count += 1
            node = child
        words[node] = w


@kernel
def count_occurrences(symbols, is_letter, trie, counts):
    """Add up how often each word stands in the text, overlapping ones included.

    symbols : uint16[:], with LINE at the end; is_letter : bool[65536], symbols of which tokens consist that are not cut
        inside (all False: text may be cut anywhere); trie : (heads, table, nodes, words) of `insert_words`.
    counts : int64[words], added to.
    """
    heads, table, nodes, words = trie
    for i in range(symbols.shape[0]):
        node = np.int64(heads[symbols[i]])
        if node == 0 or (i > 0 and is_letter[symbols[i]] and is_letter[symbols[i - 1]]):
            continue
        j = i + 1
        while node != 0:
            if words[node] >= 0 and not (j < symbols.shape[0] and is_letter[symbols[j - 1]] and is_letter[symbols[j]]):
                counts[words[node]] += 1
            if j == symbols.shape[0]:
                break
            node, _ = find_child(table, nodes, node, symbols[j])
            j += 1


@kernel
def choose_words(symbols, is_letter, trie, costs, other_cost, best, start, word, tokens):
    """Divide a text into words and other characters at the least cost, and write its words in order.

    symbols, is_letter, trie : as in `count_occurrences`.
    costs : int64[words]; other_cost : of a character, or a whole token of letters, that is taken for no word.
        Of divisions that cost the same the one with the longest last word is taken.
    best : int64[n + 1], start, word : int32[n + 1], room.
    tokens : int32[n], written: words, and `LINE_END` where a line ends.
    Returns the number of tokens and of lines.
    """
    heads, table, nodes, words = trie
    n = symbols.shape[0]
    best[0] = 0
    best[1:] = _FAR
    for i in range(n):
        if best[i] == _FAR:
            continue
        letter = is_letter[symbols[i]]
        j = i + 1
        while letter and j < n and is_letter[symbols[j]]:
            j += 1
        if best[i] + other_cost < best[j]:
            best[j], start[j], word[j] = best[i] + other_cost, i, -1
        node = np.int64(heads[symbols[i]])
        j = i + 1
        while node != 0:
            w = words[node]
            inside = j < n and is_letter[symbols[j - 1]] and is_letter[symbols[j]]
            if w >= 0 and not inside and best[i] + costs[w] < best[j]:
                best[j], start[j], word[j] = best[i] + costs[w], i, w
            if j == n:
                break
            node, _ = find_child(table, nodes, node, symbols[j])
            j += 1
    return write_tokens(symbols, start, word, tokens)


@kernel
def write_tokens(symbols, start, word, tokens):
    """The tokens of a division, see `choose_words`: `start` and `word` of what ends at each place."""
    count, lines = 0, 0
    i = symbols.shape[0]
    while i > 0:
        if word[i] >= 0:
            tokens[count] = word[i]
            count += 1
        elif symbols[start[i]] == LINE:
            tokens[count] = LINE_END
            count += 1
            lines += 1
        i = start[i]
    for k in range(count // 2):
        tokens[k], tokens[count - 1 - k] = tokens[count - 1 - k], tokens[k]
    return count, lines


@kernel
def keep_one_of_each(tokens, seen, longest, left):
    """Keep of each line the first of equal words, and divide lines of more than `longest` words.

    seen : int64[words], all −1. left : int32[n + n / longest + 1], written: the tokens that are left.
    Returns their number, and that of lines that were divided.
    """
    kept, line, length, divided, long = 0, 0, 0, 0, False
    for i in range(tokens.shape[0]):
        w = tokens[i]
        if w == LINE_END:
            line, length, long = line + 1, 0, False
        elif length == longest:
            left[kept] = LINE_END
            kept += 1
            divided += not long
            line, length, long = line + 1, 0, True
        if w >= 0:
            length += 1
            if seen[w] == line:
                continue
            seen[w] = line
        left[kept] = w
        kept += 1
    return kept, divided


@kernel
def index_tokens(tokens, window, begin, positions, partners):
    """Where each word stands, and how many words stand near it.

    window : words before and behind that are near, of the same line.
    begin : int64[words + 1], zeros; written: places of a word's occurrences in `positions`.
    positions : int32[tokens that are words], written, rising for each word.
    partners : int64[words], added to: words near any occurrence.
    """
    for w in tokens:
        if w >= 0 and w + 2 < begin.shape[0]:
            begin[w + 2] += 1
    for w in range(2, begin.shape[0]):
        begin[w] += begin[w - 1]
    before, end = 0, -1
    for i in range(tokens.shape[0]):
        w = tokens[i]
        if w < 0:
            before = 0
            continue
        if before == 0:
            end = i
            while end < tokens.shape[0] and tokens[end] >= 0:
                end += 1
        positions[begin[w + 1]] = i
        begin[w + 1] += 1
        partners[w] += min(before, window) + min(end - 1 - i, window)
        before += 1


@kernel
def count_rows(tokens, begin, positions, window, first, ends, sums, columns, amounts):
    """How often other words stand near the words first, first + 1, …: sparse rows of the matrix of co-occurrences.

    tokens, begin, positions, window : as in `index_tokens`.
    sums : int64[words], zeros, and left so.
    ends : int64[rows], written: where each row ends in columns (int32[:]) and amounts (int64[:]), which are written and
        hold the row's entries in no order. A word near itself is left out.
    """
    k = 0
    for row in range(ends.shape[0]):
        w = first + row
        start = k
        for place in positions[begin[w] : begin[w + 1]]:
            i = np.int64(place)
            stop = min(i + window, tokens.shape[0] - 1)
            for j in range(i + 1, stop + 1):
                other = tokens[j]
                if other < 0:
                    break
                if sums[other] == 0:
                    columns[k] = other
                    k += 1
                sums[other] += 1
            for j in range(i - 1, max(i - window, 0) - 1, -1):
                other = tokens[j]
                if other < 0:
                    break
                if sums[other] == 0:
                    columns[k] = other
                    k += 1
                sums[other] += 1
        k = take_sums(w, start, k, sums, columns, amounts)
        ends[row] = k


@kernel(inline=True)
def take_sums(w, start, stop, sums, columns, amounts):
    """Move the sums of columns[start:stop] to `amounts`, without that of the word itself. Returns the new end."""
    k = start
    for e in range(start, stop):
        other = columns[e]
        if other != w:
            columns[k] = other
            amounts[k] = sums[other]
            k += 1
        sums[other] = 0
    return k


@kernel
def add_rows(part_ends, part_columns, part_amounts, first, ends, sums, columns, amounts):
    """Add up the same rows of several parts of a text.

    part_ends : int64[parts, rows + 1], where each row begins in part_columns and part_amounts, with the last one's end.
    first, ends, sums, columns, amounts : as in `count_rows`.
    """
    k = 0
    for row in range(ends.shape[0]):
        start = k
        for part in range(part_ends.shape[0]):
            for e in range(part_ends[part, row], part_ends[part, row + 1]):
                other = part_columns[e]
                if sums[other] == 0:
                    columns[k] = other
                    k += 1
                sums[other] += part_amounts[e]
        k = take_sums(first + row, start, k, sums, columns, amounts)
        ends[row] = k
