"""Kernels of the search for short descriptions.

A network is three arrays of links and one of units (see `hanmine.infomap.network`). Modules are rows of sums:

    state float64 [modules, 8] : flow, link flow out, link flow in, teleportation out, share of teleportation in,
                                 then what the module adds to the codelength, what enters it, and nothing

A module adds −plogp(q_in) − plogp(q_out) + plogp(q_out + P); its codebook's index adds plogp(exit + Σ q_in), where exit
is what leaves the index itself (0 at the root). Units belong to groups, each with an index of its own, and never leave
them: one pass over a network tunes the inside of all modules of the level above at once.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hanmine.jit import kernel

# Modules to which a unit has less than this share of the flow to its nearest one are not tried: on the graphs of the
# benchmarks it costs no bits, and a fifth of the time.
WORTHWHILE = 0.1


class Walk(NamedTuple):
    """What all kernels have to know of the walk: all teleportation, and whether flow out and in are always equal."""

    teleportation: float
    symmetric: bool


class Rules(NamedTuple):
    """How moves are judged.

    threshold : a move must save more bits than this.
    strangers : random modules that are tried for units with one or two neighbours.
    per_module : bits that each module adds.
    preferred : number of modules from which every deviation costs a bit; negative: none.
    """

    threshold: float
    strangers: int
    per_module: float
    preferred: int


@kernel(inline=True)
def plogp(x):
    return x * math.log2(x) if x > 0.0 else 0.0


@kernel(inline=True)
def next_random(random):
    """Marsaglia's xorshift on 64 bits; `random` uint64 [1] is its state."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return x


@kernel(inline=True)
def random_below(random, n):
    return np.int64((next_random(random) >> np.uint64(11)) % np.uint64(n))


@kernel
def shuffled(n, random):
    """The numbers 0..n-1 in random order (Fisher and Yates)."""
    order = np.arange(n).astype(np.int32)
    for i in range(n - 1, 0, -1):
        j = random_below(random, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


@kernel(inline=True)
def added_bits(k, rules):
    """What the number of modules adds, but for a constant; one module has no index to name it in."""
    return rules.per_module * (k if k > 1 else 0) + (abs(k - rules.preferred) if rules.preferred >= 0 else 0)


@kernel(inline=True)
def module_bits(flow, out, into, teleport, land, walk):
    """What a module with these sums adds to the codelength, and what enters it."""
    # Sums of differences may miss 0 by rounding.
    out = out if out > 1e-16 else 0.0
    if walk.symmetric:
        return plogp(out + flow) - 2.0 * plogp(out), out
    into = into if into > 1e-16 else 0.0
    enter = into + (walk.teleportation - teleport) * land
    exits = out + teleport * (1.0 - land)
    return plogp(exits + flow) - plogp(enter) - plogp(exits), enter


@kernel
def both_ways(n, source, target, between):
    """Links as neighbours of both of their ends: begin int64 [n + 1], neighbour int32 [2m], between float64 [2m].

    Two links between the same nodes stay two.
    """
    begin = np.zeros(n + 1, np.int64)
    for e in range(source.size):
        begin[source[e] + 1] += 1
        begin[target[e] + 1] += 1
    for u in range(n):
        begin[u + 1] += begin[u]
    place = begin[:-1].copy()
    neighbour, flow = np.empty(2 * source.size, np.int32), np.empty(2 * source.size)
    for e in range(source.size):
        u, v = source[e], target[e]
        neighbour[place[u]], flow[place[u]] = v, between[e]
        neighbour[place[v]], flow[place[v]] = u, between[e]
        place[u] += 1
        place[v] += 1
    return begin, neighbour, flow


@kernel
def sum_modules(begin, neighbour, between, unit, module, state, count):
    """Fill the sums of `state` and the number of members in `count`."""
    state[:] = 0.0
    count[:] = 0
    for u in range(module.size):
        m = module[u]
        inside = 0.0
        for e in range(begin[u], begin[u + 1]):
            if module[neighbour[e]] == m:
                inside += between[e]
        count[m] += 1
        for column in range(5):
            state[m, column] += unit[u, column]
        # Flow inside is met at both of its ends.
        state[m, 1] -= 0.5 * inside
        state[m, 2] -= 0.5 * inside


@kernel
def module_flows(begin, neighbour, between, unit, module, k, teleportation, symmetric):
    """float64 [k, 3]: what enters each module, what exits it, its flow."""
    state, count = np.empty((k, 8)), np.empty(k, np.int32)
    sum_modules(begin, neighbour, between, unit, module, state, count)
    flows = np.empty((k, 3))
    for m in range(k):
        out = state[m, 1] if state[m, 1] > 1e-16 else 0.0
        into = state[m, 2] if state[m, 2] > 1e-16 else 0.0
        flows[m, 0] = out if symmetric else into + (teleportation - state[m, 3]) * state[m, 4]
        flows[m, 1] = out if symmetric else out + state[m, 3] * (1.0 - state[m, 4])
        flows[m, 2] = state[m, 0]
    return flows


@kernel
def leave(state, count, m, unit, u, inside, bits, enter):
    """Take unit u out of module m, whose flow to and from the rest of m is `inside`."""
    count[m] -= 1
    if count[m] == 0:
        state[m, :] = 0.0
        return
    state[m, 0] -= unit[u, 0]
    state[m, 1] += inside - unit[u, 1]
    state[m, 2] += inside - unit[u, 2]
    state[m, 3] -= unit[u, 3]
    state[m, 4] -= unit[u, 4]
    state[m, 5], state[m, 6] = bits, enter


@kernel
def join(state, count, m, unit, u, inside, bits, enter):
    """Put unit u into module m."""
    count[m] += 1
    state[m, 0] += unit[u, 0]
    state[m, 1] += unit[u, 1] - inside
    state[m, 2] += unit[u, 2] - inside
    state[m, 3] += unit[u, 3]
    state[m, 4] += unit[u, 4]
    state[m, 5], state[m, 6] = bits, enter


@kernel
def move(links, unit, group, module, state, count, index_flow, index_exit, queue, length, walk, rules, random):
    """Move units between modules of their own group while that saves bits; returns (moves, bits saved).

    queue int32 [n] : its first `length` entries are the units to visit; a unit comes back when a neighbour has moved.
    module, state, count, index_flow are changed in place; `state` has at least one module more than there are units, so
    that one is always empty.
    """
    begin, neighbour, between = links
    n = module.size
    queued = np.zeros(n, np.bool_)
    for i in range(length):
        queued[queue[i]] = True
    to = np.zeros(state.shape[0])  # flow between the unit and each module that it touches
    near = np.empty(state.shape[0], np.int32)
    empty = np.empty(state.shape[0], np.int32)
    empties, modules = 0, 0
    for m in range(state.shape[0] - 1, -1, -1):
        if count[m] == 0:
            empty[empties] = m
            empties += 1
        else:
            modules += 1
    head, moves, saved = 0, 0, 0.0
    while length > 0:
        u = queue[head]
        head = head + 1 if head + 1 < n else 0
        length -= 1
        queued[u] = False
        old, own = module[u], group[u]
        candidates = 0
        for e in range(begin[u], begin[u + 1]):
            v = neighbour[e]
            if group[v] == own:
                m = module[v]
                if to[m] == 0.0:
                    near[candidates] = m
                    candidates += 1
                to[m] += between[e]
        touched = candidates
        if begin[u + 1] - begin[u] <= 2:
            for _ in range(rules.strangers):
                v = random_below(random, n)
                if group[v] == own and to[module[v]] == 0.0 and candidates < near.size:
                    near[candidates] = module[v]
                    candidates += 1
        if count[old] == 1:
            left_bits, left_enter, k_left = 0.0, 0.0, modules - 1
        else:
            w = to[old]
            left_bits, left_enter = module_bits(
                state[old, 0] - unit[u, 0], state[old, 1] - unit[u, 1] + w, state[old, 2] - unit[u, 2] + w,
                state[old, 3] - unit[u, 3], state[old, 4] - unit[u, 4], walk,
            )  # fmt: skip
            k_left = modules
        rest = index_flow[own] - state[old, 6] + left_enter
        base = left_bits - state[old, 5] - plogp(index_exit[own] + index_flow[own])
        base += added_bits(k_left, rules) - added_bits(modules, rules)
        best, target, best_bits, best_enter = -rules.threshold, -1, 0.0, 0.0
        least = 0.0
        for c in range(touched):
            least = max(least, to[near[c]])
        least *= WORTHWHILE
        for c in range(candidates):
            m = near[c]
            if m == old or (c < touched and to[m] < least):
                continue
            w = to[m]
            bits, enter = module_bits(
                state[m, 0] + unit[u, 0], state[m, 1] + unit[u, 1] - w, state[m, 2] + unit[u, 2] - w,
                state[m, 3] + unit[u, 3], state[m, 4] + unit[u, 4], walk,
            )  # fmt: skip
            delta = base + bits - state[m, 5] + plogp(index_exit[own] + rest - state[m, 6] + enter)
            if delta < best or (delta == best and m < target):
                best, target, best_bits, best_enter = delta, m, bits, enter
        if count[old] > 1:
            bits, enter = module_bits(unit[u, 0], unit[u, 1], unit[u, 2], unit[u, 3], unit[u, 4], walk)
            delta = base + bits + plogp(index_exit[own] + rest + enter)
            delta += added_bits(modules + 1, rules) - added_bits(modules, rules)
            if delta < best:
                best, target, best_bits, best_enter = delta, empty[empties - 1], bits, enter
                empties -= 1
                modules += 1
        if target >= 0:
            index_flow[own] = rest - state[target, 6] + best_enter
            leave(state, count, old, unit, u, to[old], left_bits, left_enter)
            join(state, count, target, unit, u, to[target], best_bits, best_enter)
            module[u] = target
            if count[old] == 0:
                empty[empties] = old
                empties += 1
                modules -= 1
            moves += 1
            saved -= best
            for e in range(begin[u], begin[u + 1]):
                v = neighbour[e]
                if not queued[v] and module[v] != target and group[v] == own:
                    queued[v] = True
                    tail = head + length
                    queue[tail if tail < n else tail - n] = v
                    length += 1
        for c in range(touched):
            to[near[c]] = 0.0
    return moves, saved


@kernel
def renumber(module, size):
    """Modules (below `size`) as 0..k-1 in the order of their first units, in place; returns k."""
    number = np.full(size, -1, np.int32)
    k = 0
    for u in range(module.size):
        m = module[u]
        if number[m] < 0:
            number[m] = k
            k += 1
        module[u] = number[m]
    return k


@kernel
def aggregate(begin, neighbour, between, unit, group, module, k):
    """The network of modules 0..k-1: links, units, and the groups that they are in."""
    n = module.size
    first = np.zeros(k + 1, np.int64)
    for u in range(n):
        first[module[u] + 1] += 1
    for m in range(k):
        first[m + 1] += first[m]
    place = first[:-1].copy()
    members = np.empty(n, np.int32)
    for u in range(n):
        members[place[module[u]]] = u
        place[module[u]] += 1
    new_begin = np.zeros(k + 1, np.int64)
    new_neighbour = np.empty(neighbour.size, np.int32)
    new_between = np.empty(neighbour.size)
    new_unit, new_group = np.zeros((k, 5)), np.empty(k, group.dtype)
    to = np.zeros(k)
    size = 0
    for m in range(k):
        inside = 0.0
        for i in range(first[m], first[m + 1]):
            u = members[i]
            for column in range(5):
                new_unit[m, column] += unit[u, column]
            for e in range(begin[u], begin[u + 1]):
                v = module[neighbour[e]]
                if v == m:
                    inside += between[e]
                    continue
                if to[v] == 0.0:
                    new_neighbour[size] = v
                    size += 1
                to[v] += between[e]
        new_group[m] = group[members[first[m]]]
        new_unit[m, 1] -= 0.5 * inside
        new_unit[m, 2] -= 0.5 * inside
        for e in range(new_begin[m], size):
            new_between[e] = to[new_neighbour[e]]
            to[new_neighbour[e]] = 0.0
        new_begin[m + 1] = size
    return new_begin, new_neighbour[:size].copy(), new_between[:size].copy(), new_unit, new_group


@kernel
def optimize(links, unit, group, module, index_exit, walk, rules, random, active):
    """Move units, then their modules as units, and so on, from the partition `module` (changed in place).

    active bool [n] : the units to visit first. Returns (number of modules, bits saved).
    """
    n = module.size
    labels = module.copy()  # of the units of the current level
    level_links, level_unit, level_group = links, unit, group
    saved, first = 0.0, True
    while True:
        size = labels.size
        state, count = np.empty((size + 1, 8)), np.empty(size + 1, np.int32)
        begin, neighbour, between = level_links
        sum_modules(begin, neighbour, between, level_unit, labels, state, count)
        index_flow = np.zeros(index_exit.size)
        for u in range(size):
            m = labels[u]
            if count[m] > 0 and state[m, 7] == 0.0:
                state[m, 5], state[m, 6] = module_bits(
                    state[m, 0], state[m, 1], state[m, 2], state[m, 3], state[m, 4], walk
                )
                state[m, 7] = 1.0  # done
                index_flow[level_group[u]] += state[m, 6]
        queue, length = np.empty(size, np.int32), 0
        for u in shuffled(size, random):
            if not first or active[u]:
                queue[length] = u
                length += 1
        moves, won = move(
            level_links, level_unit, level_group, labels, state, count, index_flow, index_exit, queue, length, walk,
            rules, random,
        )  # fmt: skip
        saved += won
        k = renumber(labels, size + 1)
        for u in range(n):
            module[u] = labels[u] if first else labels[module[u]]
        if k == size or (not first and moves == 0):
            return k, saved
        begin, neighbour, between, level_unit, level_group = aggregate(
            begin, neighbour, between, level_unit, level_group, labels, k
        )
        level_links = (begin, neighbour, between)
        labels = np.arange(k).astype(np.int32)
        first = False


@kernel
def find_changed(before, k_before, after, k_after):
    """bool [k_after]: the modules of `after` that are not modules of `before`."""
    size_before, size_after = np.zeros(k_before, np.int32), np.zeros(k_after, np.int32)
    origin = np.full(k_after, -1, np.int32)
    changed = np.zeros(k_after, np.bool_)
    for u in range(before.size):
        size_before[before[u]] += 1
        m = after[u]
        size_after[m] += 1
        if origin[m] < 0:
            origin[m] = before[u]
        elif origin[m] != before[u]:
            changed[m] = True
    for m in range(k_after):
        if size_after[m] != size_before[origin[m]]:
            changed[m] = True
    return changed


@kernel
def near_changed(links, module, changed):
    """bool [n]: units of changed modules, and their neighbours."""
    begin, neighbour, _ = links
    active = np.zeros(module.size, np.bool_)
    for u in range(module.size):
        if changed[module[u]]:
            active[u] = True
            for e in range(begin[u], begin[u + 1]):
                active[neighbour[e]] = True
    return active


@kernel
def refine(links, unit, group, module, k, changed, index_exit, walk, rules, random):
    """Partition each changed module as a network of its own, then move the parts in the whole.

    Returns (number of modules, bits saved).
    """
    begin, neighbour, between = links
    n = module.size
    exits = module_flows(begin, neighbour, between, unit, module, k, walk.teleportation, walk.symmetric)[:, 1].copy()
    part, active = np.empty(n, np.int32), np.empty(n, np.bool_)
    whole = np.full(k, -1, np.int32)
    for u in range(n):
        m = module[u]
        active[u] = changed[m]
        if whole[m] < 0:
            whole[m] = u
        part[u] = u if changed[m] else whole[m]
    inner = Rules(rules.threshold, 0, 0.0, -1)
    parts, _ = optimize(links, unit, module, part, exits, walk, inner, random, active)
    if parts == k:
        return k, 0.0
    group_of_part = np.empty(parts, np.int32)
    for u in range(n):
        group_of_part[part[u]] = group[u]
    begin, neighbour, between, part_unit, labels = aggregate(begin, neighbour, between, unit, module, part, parts)
    part_links = (begin, neighbour, between)
    active = near_changed(part_links, labels, changed)
    k, saved = optimize(part_links, part_unit, group_of_part, labels, index_exit, walk, rules, random, active)
    for u in range(n):
        module[u] = labels[part[u]]
    return k, saved


@kernel
def partition(links, unit, group, module, index_exit, teleportation, symmetric, rules, seed, tolerance, max_rounds):
    """Search for the modules with the shortest two-level description in every group, from `module` (changed in place).

    Tuning alternates between single units and parts of modules, and looks only where something has changed, until a
    round saves less than `tolerance` bits. Returns (number of modules, bits saved, rounds).
    """
    n = module.size
    walk = Walk(teleportation, symmetric)
    random = np.empty(1, np.uint64)
    random[0] = (np.uint64(seed) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for _ in range(8):
        next_random(random)
    k, saved = optimize(links, unit, group, module, index_exit, walk, rules, random, np.ones(n, np.bool_))
    tuned, refined = module, module
    k_tuned, k_refined, rounds = 0, 0, 0
    while rounds < max_rounds:
        rounds += 1
        changed = find_changed(tuned, k_tuned, module, k) if k_tuned else np.ones(k, np.bool_)
        tuned, k_tuned = module.copy(), k
        active = near_changed(links, module, changed)
        k, single = optimize(links, unit, group, module, index_exit, walk, rules, random, active)
        changed = find_changed(refined, k_refined, module, k) if k_refined else np.ones(k, np.bool_)
        refined, k_refined = module.copy(), k
        k, parts = refine(links, unit, group, module, k, changed, index_exit, walk, rules, random)
        saved += single + parts
        if single + parts <= tolerance:
            break
    return k, saved, rounds
