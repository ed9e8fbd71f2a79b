"""A hierarchy as people read it: paths such as 1:3:2, modules and nodes numbered by falling flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanmine.infomap.map_equation import parents, renumbered
from hanmine.infomap.network import Network


@dataclass(frozen=True)
class Tree:
    """Modules of modules of nodes.

    Attributes
    ----------
    steps : int64 [n, depth]; the number of the module at each level within the one above, from 1, by falling flow
        (ties: the module of the first node); 0 where the path ends before.
    rank : int64 [n]; the number of the node within its last module, likewise.
    flow : float64 [n], of the nodes.
    order : int64 [n], the nodes in the order of their paths.
    """

    steps: np.ndarray
    rank: np.ndarray
    flow: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, network: Network, levels: Sequence[np.ndarray], depth_of: np.ndarray | None = None) -> Tree:
        """The tree of a hierarchy (see `hanmine.infomap.map_equation`); without levels all nodes are in module 1."""
        flow = network.unit[:, 0]
        n = network.size
        levels = list(levels) or [np.zeros(n, np.int32)]
        above, columns = np.zeros(n, np.int32), []
        for depth, module in enumerate(levels):
            number, alone = _numbers(module, above, flow)
            # A module that is all of the one above it is that one, unless it was given so.
            named = ~alone[module] | (depth == 0) | (False if depth_of is None else depth_of > depth)
            columns.append(np.where(named, number[module], 0))
            above = module
        steps = _pushed_left(np.stack(columns, axis=1))
        rank = _numbers(np.arange(n, dtype=np.int32), above, flow)[0]
        order = np.lexsort((rank, *steps.T[::-1]))
        return cls(steps, rank, flow.copy(), order)

    @property
    def depth(self) -> int:
        """Levels, that of the nodes included."""
        return int((self.steps > 0).sum(axis=1).max(initial=0)) + 1

    def path(self, node: int) -> tuple[int, ...]:
        """The path of a node: its modules from the top, then its own number."""
        return (*(int(step) for step in self.steps[node] if step), int(self.rank[node]))

    def paths(self) -> list[str]:
        """The paths of all nodes, as in 1:3:2."""
        return [":".join(map(str, self.path(node))) for node in range(len(self.flow))]

    def top(self) -> np.ndarray:
        """int64 [n]: the number of the top module of each node."""
        return self.steps[:, 0]

    def leaves(self) -> np.ndarray:
        """int64 [n]: the lowest modules, numbered from 1 in the order of their paths."""
        _, place = np.unique(self.steps, axis=0, return_inverse=True)
        return place.reshape(-1) + 1


def _numbers(module: np.ndarray, above: np.ndarray, flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each module its number within the one above, and whether it is the only one there."""
    count = int(module.max()) + 1
    parent = parents(module, count, above)
    weight = np.bincount(module, flow, count)
    first = np.full(count, module.size)
    np.minimum.at(first, module, np.arange(module.size))
    # Sums of the same flows in another order may differ in their last bits, which must decide nothing.
    order = np.lexsort((first, -np.round(weight, 12), parent))
    begin = np.zeros(int(parent.max()) + 2, np.int64)
    np.cumsum(np.bincount(parent), out=begin[1:])
    number = np.empty(count, np.int64)
    number[order] = np.arange(count) - begin[parent[order]] + 1
    return number, np.bincount(parent)[parent] == 1


def _pushed_left(steps: np.ndarray) -> np.ndarray:
    """Rows with their zeros moved to the end, and without columns of nothing else."""
    order = np.argsort(steps == 0, axis=1, kind="stable")
    pushed = np.take_along_axis(steps, order, axis=1)
    used = max(int((pushed > 0).any(axis=0).sum()), 1)
    return pushed[:, :used]


def levels_of_paths(paths: Sequence[Sequence[int | str]]) -> tuple[list[np.ndarray], np.ndarray]:
    """The hierarchy of nodes whose modules are given from the top, as in [("a", 1), ("a", 2), ("b",)].

    Returns the partitions, and for each node in how many modules it lies (int64 [n]). Paths of different length are
    fine: a module that is not divided stands for itself below.
    """
    depth_of = np.array([len(path) for path in paths], np.int64)
    levels = []
    for level in range(int(depth_of.max(initial=0))):
        seen: dict[tuple, int] = {}
        prefixes = [tuple(path[: level + 1]) for path in paths]
        labels = [seen.setdefault(prefix, len(seen)) for prefix in prefixes]
        levels.append(renumbered(np.array(labels, np.int64))[0])
    return levels, depth_of


def divided(levels: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The partitions without those that divide nothing."""
    kept, size = [], 1
    for level in levels:
        if int(level.max()) + 1 > size:
            kept.append(level)
            size = int(level.max()) + 1
    return kept
