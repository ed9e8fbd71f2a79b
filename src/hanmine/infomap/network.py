"""The form of a flow that the search works on, at any level of a hierarchy: units, and what flows between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.infomap import kernels
from hanmine.infomap.flow import Flow


@dataclass(frozen=True)
class Network:
    """Units 0..n-1 (nodes, or modules of them).

    Attributes
    ----------
    begin : int64 [n + 1], neighbour : int32 [m], between : float64 [m]; for each unit its neighbours and the flow to
        and from each together, which is above 0; one may stand there twice, with a part of it each time. That sum is
        all that moves need, so that directed flow has the same form.
    unit : float64 [n, 5]; flow, link flow out, link flow in, teleportation out, share of teleportation in. Flow out and
        in is that over the unit's border.
    teleportation : all of it.
    symmetric : out and in are equal, and nothing teleports.
    """

    begin: np.ndarray
    neighbour: np.ndarray
    between: np.ndarray
    unit: np.ndarray
    teleportation: float
    symmetric: bool

    @classmethod
    def of(cls, flow: Flow) -> Network:
        """The network of the nodes of a flow."""
        n = flow.node.size
        source, target, forth, back = flow.source, flow.target, flow.forth, flow.back
        # The kernels tell modules that a unit touches by the flow to them: links without flow would be met again and
        # again. There are some where a node is never reached, or has the weight 0.
        kept = (source != target) & (forth + back > 0)
        if not kept.all():
            source, target, forth, back = (values[kept] for values in (source, target, forth, back))
        unit = np.empty((n, 5))
        unit[:, 0] = flow.node
        unit[:, 1] = np.bincount(source, forth, n) + np.bincount(target, back, n)
        unit[:, 2] = np.bincount(target, forth, n) + np.bincount(source, back, n)
        unit[:, 3], unit[:, 4] = flow.teleport, flow.land
        links = kernels.both_ways(n, source, target, forth + back)
        return cls(*links, unit, float(flow.teleport.sum()), flow.symmetric)

    @property
    def size(self) -> int:
        return len(self.unit)

    @property
    def links(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.begin, self.neighbour, self.between

    @property
    def walk(self) -> tuple[float, bool]:
        return self.teleportation, self.symmetric

    @property
    def apart(self) -> np.ndarray:
        """bool [n]: units between which and others nothing flows, not even by teleportation."""
        return (np.diff(self.begin) == 0) & (self.unit[:, 3] == 0) & (self.unit[:, 4] == 0)

    def part(self, units: np.ndarray) -> Network:
        """The network of these units (rising numbers) alone, which have no links to others."""
        degree = np.diff(self.begin)[units]
        number = np.full(self.size, -1, np.int32)
        number[units] = np.arange(units.size, dtype=np.int32)
        begin = np.concatenate([[0], np.cumsum(degree)])
        return Network(begin, number[self.neighbour], self.between, self.unit[units], *self.walk)

    def module_flows(self, module: np.ndarray, count: int) -> np.ndarray:
        """float64 [count, 3]: for each module of `module` (int32 [n]) what enters, what exits, and its flow."""
        return kernels.module_flows(*self.links, self.unit, module, count, *self.walk)

    def of_modules(self, module: np.ndarray, count: int) -> Network:
        """The network of modules, in which the flow of a unit is what enters it: what a codebook above must name."""
        group = np.zeros(self.size, np.int32)
        begin, neighbour, between, unit, _ = kernels.aggregate(*self.links, self.unit, group, module, count)
        unit[:, 0] = self.module_flows(module, count)[:, 0]
        return Network(begin, neighbour, between, unit, *self.walk)
