"""Where nodes stand that no description length places: those that nothing flows to or from, and those nobody visits.

A node without flow over its border adds nothing to the codelength of any module, so that the search must not have it:
what is left to chance there would be told as a result. By convention a node without links is a module of its own. One
that has links, along which nobody walks, stands with the node to which its heaviest one leads.

Nodes that links leave and none enter are not visited where teleportation is not recorded. The walk places them, since
it begins there, but a module of such nodes alone costs nothing either, and may hold nodes that have nothing in common.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanmine.infomap.graph import Graph
from hanmine.infomap.map_equation import Bias, codelength, renumbered
from hanmine.infomap.network import Network
from hanmine.infomap.tree import divided


@dataclass(frozen=True)
class Core:
    """The part of a network that is searched for modules.

    Attributes
    ----------
    network : of these nodes alone; the whole one where nothing is left out.
    nodes : int64, rising.
    host : int64 [n], for each node of the whole the one in whose module it is: itself, unless it has links without
        flow alone.
    """

    network: Network
    nodes: np.ndarray
    host: np.ndarray

    @classmethod
    def of(cls, network: Network, graph: Graph, weight_threshold: float = 0.0) -> Core:
        """The nodes of a network that have flow to others; graph : that of the network, with all links."""
        apart = network.apart
        if not apart.any():
            everything = np.arange(network.size)
            return cls(network, everything, everything)
        nodes = np.flatnonzero(~apart)
        kept = (graph.weight > 0) & (graph.weight >= weight_threshold) & (graph.source != graph.target)
        links = graph.source[kept], graph.target[kept], graph.weight[kept]
        return cls(network.part(nodes), nodes, _hosts(network.unit[:, 0], apart & (network.unit[:, 0] == 0), *links))

    @property
    def alone(self) -> np.ndarray:
        """int64, rising: the nodes outside that are modules of their own, or of those that stand with them."""
        own = self.host == np.arange(self.host.size)
        own[self.nodes] = False
        return np.flatnonzero(own)

    def within(self, levels: Sequence[np.ndarray]) -> list[np.ndarray]:
        """A hierarchy of the whole as one of the core."""
        return divided([renumbered(level[self.nodes])[0] for level in levels]) if self.nodes.size else []

    def whole(self, levels: Sequence[np.ndarray]) -> list[np.ndarray]:
        """A hierarchy of the core as one of the whole: nodes outside are alone, or where their host is."""
        alone = self.alone
        if not alone.size and not levels:
            return []
        found = []
        for level in levels or [np.zeros(self.nodes.size, np.int32)]:
            module = np.empty(self.host.size, np.int32)
            module[self.nodes] = level
            module[alone] = int(level.max(initial=-1)) + 1 + np.arange(alone.size)
            found.append(module[self.host])
        return divided(found)


def _hosts(flow: np.ndarray, idle: np.ndarray, source, target, weight) -> np.ndarray:
    """For each idle node the one with which it stands; all others stand for themselves.

    It is the end of its heaviest link (the sum of both directions) to a node that is not idle; of equal ones that with
    most flow, of equal ones the first. Nodes that are linked to idle ones alone stand where the nearest of these do.
    """
    host = np.arange(flow.size)
    one, other = np.concatenate([source, target]), np.concatenate([target, source])
    kept = idle[one]
    one, other, weight = one[kept], other[kept], np.concatenate([weight, weight])[kept]
    key, place = np.unique(one * flow.size + other, return_inverse=True)
    one, other, weight = key // flow.size, key % flow.size, np.bincount(place, weight, key.size)
    busy = ~idle[other]
    order = np.lexsort((other, -np.round(flow[other], 12), -weight, one))
    order = order[busy[order]]
    placed, first = np.unique(one[order], return_index=True)
    host[placed] = other[order][first]
    if not busy.all():
        _spread(host, placed, one[~busy], other[~busy])
    return host


def _spread(host: np.ndarray, placed: np.ndarray, one: np.ndarray, other: np.ndarray) -> None:
    """Write the hosts of idle nodes that are linked to idle nodes, from those that are placed; a part without any such
    node stands with its first node."""
    linked = defaultdict(list)
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        linked[a].append(b)
    done = set(placed.tolist())
    queue = deque(sorted(done & linked.keys()))
    for first in (None, *sorted(linked)):
        if first is not None and first not in done:
            done.add(first)
            queue.append(first)
        while queue:
            node = queue.popleft()
            for neighbour in linked[node]:
                if neighbour not in done:
                    done.add(neighbour)
                    host[neighbour] = host[node]
                    queue.append(neighbour)


def gathered(network: Network, levels: list[np.ndarray], bias: Bias) -> list[np.ndarray]:
    """The hierarchy with nodes that nobody visits put into modules that they are linked with, if it is not longer.

    Those are meant that are linked with no member of their lowest module. They go where most of their flow goes (of
    equal modules to the one with most flow, of equal ones the first). Where that would be longer, only nodes do so
    whose whole flow goes to one module, for which it is never longer, and the others are each a module of its own.
    """
    lost, target, whole = _lost(network, levels[-1]) if levels else (np.empty(0, np.int64),) * 3
    if not lost.size:
        return levels
    length = codelength(network, levels, bias) + 1e-12
    for joining in (np.ones(lost.size, bool), whole):
        changed = _moved(network, levels, lost[joining], target[joining], lost[~joining])
        if codelength(network, changed, bias) <= length:
            return changed
    return levels


def _lost(network: Network, leaf: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes that nobody visits and that are linked with no member of their module; for each a member of the module to
    which most of its flow goes, and whether all goes there."""
    begin, neighbour, between = network.links
    nodes = np.flatnonzero((network.unit[:, [0, 2, 3, 4]] == 0).all(axis=1))
    degree = begin[nodes + 1] - begin[nodes]
    at = np.repeat(np.arange(nodes.size), degree)
    links = np.arange(at.size) + np.repeat(begin[nodes] - np.cumsum(degree) + degree, degree)
    count = int(leaf.max()) + 1
    key, place = np.unique(at * count + leaf[neighbour[links]], return_inverse=True)
    at, module = key // count, key % count
    flow = np.bincount(place, between[links], key.size)
    home = np.zeros(nodes.size, bool)
    home[at[module == leaf[nodes[at]]]] = True
    visits = np.bincount(leaf, network.unit[:, 0], count)
    order = np.lexsort((module, -np.round(visits[module], 12), -np.round(flow, 14), at))
    first = np.unique(at[order], return_index=True)[1]
    member = np.full(count, -1)
    member[leaf[::-1]] = np.arange(leaf.size)[::-1]
    target, whole = member[module[order][first]], np.bincount(at, minlength=nodes.size) == 1
    return nodes[~home], target[~home], whole[~home]


def _moved(
    network: Network, levels: list[np.ndarray], moved: np.ndarray, target: np.ndarray, single: np.ndarray
) -> list[np.ndarray]:
    """The hierarchy with nodes put where others are, and others alone in place of modules that have no flow."""
    changed = []
    for level in levels:
        module = level.astype(np.int64)
        module[moved] = level[target]
        visits = np.bincount(level, network.unit[:, 0])
        apart = single[visits[level[single]] == 0]
        module[apart] = visits.size + np.arange(apart.size)
        changed.append(renumbered(module)[0])
    return divided(changed)
