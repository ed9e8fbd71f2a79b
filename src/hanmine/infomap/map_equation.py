"""The map equation: bits per step by which a walker's path is described, given modules, and modules of modules.

A hierarchy is a list of partitions of the same n nodes, the coarsest first, each (int32 [n], modules 0..k-1) within the
one before; a module that does not split at the next level is the same module there. An empty list is one module.

Two levels:     plogp(Σ q_in) − Σ plogp(q_in) − Σ plogp(q_out) + Σ plogp(q_out + P) − Σ plogp(p)
Further levels: an inner module costs plogp(q_out + Σ q_in,child) − Σ plogp(q_in,child) − plogp(q_out), a leaf module
plogp(q_out + P) − Σ plogp(p) − plogp(q_out); the root has no exit. plogp(x) = x log₂ x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanmine.infomap.network import Network


def plogp(x: np.ndarray | float) -> np.ndarray:
    """x log₂ x, and 0 at 0 and below (below is rounding)."""
    x = np.asarray(x, np.float64)
    return np.where(x > 0, x * np.log2(np.where(x > 0, x, 1.0)), 0.0)


@dataclass(frozen=True)
class Bias:
    """Bits that depend on the numbers of modules alone.

    preferred : of top modules; every one more or fewer adds a bit. None: no preference.
    correction : bits that the correction of entropies adds for each free parameter; c/(2·Deg·ln 2). Those are the
        children of an inner module, the top modules less one, and the nodes (less one if there are no modules).
    outside : top modules that do not count: those of nodes that no search has placed.
    """

    preferred: int | None = None
    correction: float = 0.0
    outside: int = 0

    def bits(self, top_modules: int, nodes: int) -> float:
        """The bits that the top level and the nodes add."""
        top_modules = max(top_modules - self.outside, 1)
        free = top_modules - 1 + nodes if top_modules > 1 else nodes - 1
        return self.correction * free + (abs(top_modules - self.preferred) if self.preferred is not None else 0.0)


NO_BIAS = Bias()


def leaf_lengths(network: Network, module: np.ndarray, count: int) -> np.ndarray:
    """Bits of each module's codebook when its members are the network's units."""
    flows = network.module_flows(module, count)
    members = np.bincount(module, plogp(network.unit[:, 0]), count)
    return plogp(flows[:, 1] + flows[:, 2]) - members - plogp(flows[:, 1])


def index_lengths(
    enter: np.ndarray, parent: np.ndarray, count: int, exits: np.ndarray, correction: float = 0.0
) -> np.ndarray:
    """Bits of the codebooks that name modules: `enter` is what enters each, `parent` the codebook that it is in."""
    total = np.bincount(parent, enter, count)
    free = correction * np.bincount(parent, minlength=count) if correction else 0.0
    return plogp(exits + total) - np.bincount(parent, plogp(enter), count) - plogp(exits) + free


def parents(module: np.ndarray, count: int, above: np.ndarray) -> np.ndarray:
    """For each of `count` modules the module of `above` (per unit) that it lies in."""
    parent = np.zeros(count, np.int32)
    parent[module] = above
    return parent


def hierarchy_lengths(
    network: Network,
    top: np.ndarray,
    below: Sequence[np.ndarray],
    correction: float = 0.0,
    depth_of: np.ndarray | None = None,
) -> np.ndarray:
    """Bits below and inside each module of the partition `top`, given the partitions below it.

    A module with one child is that child, and needs no codebook to name it; unless `depth_of` says for the nodes (int
    [n]) that they lie in more modules than those at and above the level. `top` is in none.
    """
    levels = [top, *below]
    counts = [int(level.max()) + 1 for level in levels]
    length = leaf_lengths(network, levels[-1], counts[-1])
    for depth in range(len(levels) - 2, -1, -1):
        parent = parents(levels[depth + 1], counts[depth + 1], levels[depth])
        enter = network.module_flows(levels[depth + 1], counts[depth + 1])[:, 0]
        exits = network.module_flows(levels[depth], counts[depth])[:, 1]
        index = index_lengths(enter, parent, counts[depth], exits, correction)
        alone = np.bincount(parent, minlength=counts[depth]) == 1
        if depth_of is not None:
            alone &= parents(levels[depth], counts[depth], depth_of) <= depth
        length = np.bincount(parent, length, counts[depth]) + np.where(alone, 0.0, index)
    return length


def codelength(
    network: Network, levels: Sequence[np.ndarray], bias: Bias = NO_BIAS, depth_of: np.ndarray | None = None
) -> float:
    """Bits per step of a hierarchy of the network of nodes.

    bias : what the numbers of modules add.
    depth_of : int [n], in how many modules each node lies, where a module may have one module in it and nothing else.
    """
    if not network.size:
        return 0.0
    # A module with everything in it, in which there is one with everything in it, is that one.
    while depth_of is not None and len(levels) > 1 and not levels[0].any() and not levels[1].any():
        levels, depth_of = levels[1:], depth_of - 1
    whole = np.zeros(network.size, np.int32)
    length = float(hierarchy_lengths(network, whole, levels, bias.correction, depth_of)[0])
    top = int(levels[0].max()) + 1 if len(levels) else 1
    # The root is counted as an inner module above, whose children count one more than they are free.
    counted = bias.correction * top if top > 1 or (depth_of is not None and len(levels)) else 0.0
    return length - counted + bias.bits(top, network.size)


def renumbered(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels as modules 0..k-1 in the order of their first members (int32), and k."""
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    number = np.empty(first.size, np.int32)
    number[np.argsort(first)] = np.arange(first.size, dtype=np.int32)
    return number[place], int(first.size)
