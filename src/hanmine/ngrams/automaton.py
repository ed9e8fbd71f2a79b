"""Compiled kernels that count given strings of five characters and more, and all their prefixes, in linear time.

An Aho–Corasick automaton (Aho and Corasick 1975) whose states are the prefixes of at least four characters. The
shallower states, in which a text would spend nearly all its time, are replaced by one look-up of the last four
characters, which a filter answers for most positions. The automaton of the reversed strings, run over the reversed
text, gives the counts of their suffixes and their left neighbours.

A string's characters are ids (uint16); `flat` holds all strings one after the other, string w at
flat[offsets[w]:offsets[w + 1]].
"""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel

ENTRY_DEPTH = 4
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_ENTRY = np.uint64(1 << 63)
_MASK60 = np.uint64((1 << 60) - 1)


@kernel(inline=True)
def place(key, size):
    """Where a key's search begins in a table of `size` slots (a power of two)."""
    return np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(24)) & (size - 1)


@kernel(inline=True)
def look_up(table, nodes, key):
    """The node stored under a key, or 0, the root."""
    slot = place(key, table.shape[0])
    while table[slot] != _EMPTY:
        if table[slot] == key:
            return np.int64(nodes[slot])
        slot = (slot + 1) & (table.shape[0] - 1)
    return np.int64(0)


@kernel(inline=True)
def insert(table, nodes, key, new):
    """The node stored under a key; where there is none, `new` is stored."""
    slot = place(key, table.shape[0])
    while table[slot] != _EMPTY and table[slot] != key:
        slot = (slot + 1) & (table.shape[0] - 1)
    if table[slot] == _EMPTY:
        table[slot] = key
        nodes[slot] = new
    return np.int64(nodes[slot])


@kernel
def build_trie(flat, offsets, table, nodes, ends, depths, parents, last):
    """Insert all strings.

    table, nodes : uint64 and int32 of one power of two, at least twice the characters; table all ones. A node of
        depth 4 is stored under its four characters, a deeper one under its parent and last character.
    ends, depths, parents : int32[characters + 1], written for each node: place in `flat` of its last character,
        number of characters, parent.
    last : int32[strings], written: the node of each whole string.
    Returns the number of nodes, the root (0) among them.
    """
    count = 1
    for w in range(offsets.shape[0] - 1):
        node = np.int64(0)
        begin = offsets[w]
        for i in range(begin + ENTRY_DEPTH - 1, offsets[w + 1]):
            if i == begin + ENTRY_DEPTH - 1:
                key = _ENTRY
                for k in range(ENTRY_DEPTH):
                    key |= np.uint64(flat[begin + k]) << np.uint64(15 * (ENTRY_DEPTH - 1 - k))
            else:
                key = (np.uint64(node) << np.uint64(15)) | np.uint64(flat[i])
            child = insert(table, nodes, key, count)
            if child == count:
                ends[count] = i
                depths[count] = i - begin + 1
                parents[count] = node
                count += 1
            node = child
        last[w] = node
    return count


@kernel
def link_failures(flat, table, nodes, ends, parents, order, is_last, failures, terminals):
    """For every node the longest proper suffix that is a node, and the longest suffix that is a whole string.

    order : int64[:], the nodes but the root by rising depth.
    is_last : bool[nodes].
    failures, terminals : int32[nodes], written; 0 for none (a whole string is its own terminal).
    """
    failures[0] = 0
    terminals[0] = 0
    for node in order:
        failure = np.int64(0)
        if parents[node] != 0:
            symbol = np.uint64(flat[ends[node]])
            above = np.int64(failures[parents[node]])
            while above != 0 and failure == 0:
                failure = look_up(table, nodes, (np.uint64(above) << np.uint64(15)) | symbol)
                above = np.int64(failures[above])
            if failure == 0:
                key = _ENTRY
                for k in range(ENTRY_DEPTH):
                    key |= np.uint64(flat[ends[node] - k]) << np.uint64(15 * k)
                failure = look_up(table, nodes, key)
        failures[node] = failure
        terminals[node] = node if is_last[node] else terminals[failure]


@kernel
def fill_entry_filter(table, bits):
    """Set the bit of every stored four characters in bits (uint64[power of two])."""
    for key in table:
        if key != _EMPTY and key & _ENTRY != 0:
            mixed = (key & _MASK60) * np.uint64(0x9E3779B97F4A7C15)
            word = np.int64(mixed >> np.uint64(32)) & (bits.shape[0] - 1)
            bits[word] |= np.uint64(1) << (mixed >> np.uint64(58))


@kernel
def run_automaton(ids, begin, table, nodes, failures, terminals, bits, visits, pairs):
    """Run over a stretch of text.

    ids : uint16[:]; what stands before `begin` only brings the automaton into its state (as many characters as the
        longest string has suffice), and one id follows the last position.
    bits : the filter. visits : int64[nodes], added to: positions at which each node is the state.
    pairs : int64[:], written: terminal << 15 | next character, for every position where a whole string ends; room
        for every position is enough.
    Returns the number of pairs.
    """
    count = 0
    state = np.int64(0)
    window = np.uint64(0)
    for i in range(ids.shape[0] - 1):
        symbol = np.uint64(ids[i])
        window = ((window << np.uint64(15)) | symbol) & _MASK60
        moved = np.int64(0)
        while state != 0 and moved == 0:
            moved = look_up(table, nodes, (np.uint64(state) << np.uint64(15)) | symbol)
            state = np.int64(failures[state])
        if moved == 0:
            mixed = window * np.uint64(0x9E3779B97F4A7C15)
            word = np.int64(mixed >> np.uint64(32)) & (bits.shape[0] - 1)
            if (bits[word] >> (mixed >> np.uint64(58))) & np.uint64(1) != 0:
                moved = look_up(table, nodes, window | _ENTRY)
        state = moved
        if state != 0 and i >= begin:
            visits[state] += 1
            if terminals[state] != 0:
                pairs[count] = (np.int64(terminals[state]) << 15) | np.int64(ids[i + 1])
                count += 1
    return count


@kernel
def sum_visits(order, failures, visits):
    """Turn visits into occurrences: a node occurs wherever one that ends with it does. `order` by rising depth."""
    for k in range(order.shape[0] - 1, -1, -1):
        node = order[k]
        visits[failures[node]] += visits[node]


@kernel
def spread_pairs(pairs, counts, failures, terminals, spread_keys, spread_counts):
    """Give the neighbours of each string to the shorter strings that end with it, too.

    pairs, counts : int64[:], distinct terminal << 15 | character, and how often.
    spread_keys, spread_counts : int64[:], written if they have room.
    Returns how many entries there are.
    """
    total = 0
    for k in range(pairs.shape[0]):
        node = pairs[k] >> 15
        while node != 0:
            if total < spread_keys.shape[0]:
                spread_keys[total] = (node << 15) | (pairs[k] & 0x7FFF)
                spread_counts[total] = counts[k]
            total += 1
            node = np.int64(terminals[failures[node]])
    return total


@kernel
def insert_strings(flat, offsets, table, nodes, terminals):
    """Insert strings of any length into a trie whose every edge lies in the table; no failure links.

    table, nodes : as in `build_trie`; a node is stored under parent << 15 | character.
    terminals : int32[characters + 1], zeros; written: number of the string that ends at a node, from 1.
    """
    count = 1
    for w in range(offsets.shape[0] - 1):
        node = np.int64(0)
        for i in range(offsets[w], offsets[w + 1]):
            key = (np.uint64(node) << np.uint64(15)) | np.uint64(flat[i])
            node = insert(table, nodes, key, count)
            count += node == count
        terminals[node] = w + 1


@kernel
def find_aligned(ids, places, step, table, nodes, terminals, tokens, before, behind):
    """Occurrences that begin at one of `places`, an edge of a token, and do not end inside another.

    ids : uint16[:], with as many beyond the places, on either side, as the longest string has, and one more.
    step : 1, or −1 to read strings from their ends.
    table, nodes, terminals : see `insert_strings`; of reversed strings for a step of −1.
    tokens : (start, stop), the ids of letters and digits, of which tokens consist.
    before, behind : int64[:], written as far as there is room: string << 15 | neighbour (strings from 0), before the
        place and behind what was read.
    Returns the number of occurrences.
    """
    low, high = tokens
    count = 0
    for i in places:
        node, j = np.int64(0), np.int64(i)
        while True:
            node = look_up(table, nodes, (np.uint64(node) << np.uint64(15)) | np.uint64(ids[j]))
            if node == 0:
                break
            j += step
            if terminals[node] != 0 and not (low <= ids[j - step] < high and low <= ids[j] < high):
                if count < before.shape[0]:
                    string = np.int64(terminals[node] - 1) << 15
                    before[count] = string | np.int64(ids[i - step])
                    behind[count] = string | np.int64(ids[j])
                count += 1
    return count
