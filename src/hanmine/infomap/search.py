"""The search for the hierarchy with the shortest description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np

from hanmine.infomap import kernels
from hanmine.infomap.kernels import Rules
from hanmine.infomap.map_equation import (
    Bias,
    codelength,
    hierarchy_lengths,
    index_lengths,
    leaf_lengths,
    parents,
    plogp,
    renumbered,
)
from hanmine.infomap.network import Network

TOLERANCES = {"fast": 1e-3, "normal": 1e-4, "thorough": 0.0}
MAX_ROUNDS = {"fast": 2, "normal": 50, "thorough": 200}
# Small graphs are searched from several starts within a trial: that costs milliseconds, and one start may go astray.
LINKS_OF_ONE_START = 50_000
MOST_STARTS = {"fast": 1, "normal": 10, "thorough": 20}


class Abandoned(Exception):  # noqa: N818 (nobody's error)
    """Nobody waits for this search any more."""


@dataclass(frozen=True)
class Settings:
    """What a search needs to know beside the network.

    one_level : bits of the description without modules, the measure of what is little.
    """

    two_level: bool
    bias: Bias
    effort: str
    one_level: float

    @property
    def rules(self) -> Rules:
        preferred = -1 if self.bias.preferred is None else self.bias.preferred
        return Rules(1e-10 * self.one_level, 2, self.bias.correction, preferred)

    @property
    def inner_rules(self) -> Rules:
        return Rules(1e-10 * self.one_level, 2, self.bias.correction, -1)


class Search:
    """One trial: a search from one seed."""

    def __init__(
        self, network: Network, settings: Settings, seed: int | Sequence[int], abandoned: Event | None = None
    ) -> None:
        self._network, self._settings = network, settings
        self._seeds = np.random.default_rng(seed)
        self._abandoned = abandoned or Event()

    def run(self, start: Sequence[np.ndarray] = ()) -> tuple[list[np.ndarray], float]:
        """The best hierarchy that was found, and its codelength; `start` is one to begin with."""
        found: list[np.ndarray] = []
        best = codelength(self._network, found, self._settings.bias)
        if len(start):
            length = codelength(self._network, start, self._settings.bias)
            if length < best:
                best, found = length, list(start)
        for _ in range(self._starts()):
            levels = self._levels(start[-1] if len(start) else None)
            length = codelength(self._network, levels, self._settings.bias)
            if length < best - 1e-12:
                best, found = length, levels
        return found, best

    def _starts(self) -> int:
        links = max(self._network.neighbour.size // 2, 1)
        return int(np.clip(LINKS_OF_ONE_START // links, 1, MOST_STARTS[self._settings.effort]))

    def _levels(self, start: np.ndarray | None) -> list[np.ndarray]:
        network = self._network
        whole = np.zeros(network.size, np.int32)
        if self._settings.two_level:
            module, k = self._partition(network, whole, np.zeros(1), self._settings.rules, start)
            return [module] if k > 1 else []
        return self._retuned(self._subdivide(whole, 1, np.zeros(1), start)[0])

    def _retuned(self, levels: list[np.ndarray]) -> list[np.ndarray]:
        """Tune every level between its neighbours; thorough: leave levels out and put levels in, too."""
        length = codelength(self._network, levels, self._settings.bias)
        tiny, little = (self._settings.one_level * part for part in (1e-12, TOLERANCES[self._settings.effort]))
        thorough = (self._without, self._with_above) if self._settings.effort == "thorough" else ()
        for _ in range(MAX_ROUNDS[self._settings.effort]):
            before = length
            for change in (self._tuned_at, *thorough):
                for depth in range(len(levels)):
                    if depth >= len(levels):
                        break
                    changed = change(levels, depth)
                    changed_length = codelength(self._network, changed, self._settings.bias)
                    if changed_length < length - tiny:
                        levels, length = changed, changed_length
            if before - length <= little:
                break
        return levels

    def _without(self, levels: list[np.ndarray], depth: int) -> list[np.ndarray]:
        """The hierarchy without the level at `depth`, the next above and below tuned to that."""
        if len(levels) == 1:
            return levels
        rest = [*levels[:depth], *levels[depth + 1 :]]
        if depth:
            rest = self._tuned_at(rest, depth - 1)
        return self._tuned_at(rest, depth) if depth < len(rest) else rest

    def _with_above(self, levels: list[np.ndarray], depth: int) -> list[np.ndarray]:
        """The hierarchy with another level between `depth` and the one above it, where that saves bits."""
        above = levels[depth - 1] if depth else np.zeros(self._network.size, np.int32)
        groups = int(above.max()) + 1
        exits = self._network.module_flows(above, groups)[:, 1].copy() if depth else np.zeros(1)
        more = self._super_modules([levels[depth]], int(levels[depth].max()) + 1, above, groups, exits)
        return [*levels[:depth], *more, *levels[depth + 1 :]]

    def _tuned_at(self, levels: list[np.ndarray], depth: int) -> list[np.ndarray]:
        """The hierarchy with the modules at `depth` made anew out of those below, within those above."""
        network = self._network
        above = levels[depth - 1] if depth else np.zeros(network.size, np.int32)
        groups = int(above.max()) + 1
        exits = network.module_flows(above, groups)[:, 1].copy() if depth else np.zeros(1)
        rules = self._settings.rules if depth == 0 else self._settings.inner_rules
        if depth + 1 == len(levels):
            module, _ = self._partition(network, above, exits, rules, levels[depth])
            return [*levels[:depth], module]
        units = levels[depth + 1]
        count = int(units.max()) + 1
        start = parents(units, count, levels[depth])
        module, _ = self._partition(network.of_modules(units, count), parents(units, count, above), exits, rules, start)
        return [*levels[:depth], module[units], *levels[depth + 1 :]]

    def _partition(
        self,
        network: Network,
        group: np.ndarray,
        exits: np.ndarray,
        rules: Rules,
        start: np.ndarray | None = None,
    ) -> tuple[np.ndarray, int]:
        """The best modules of units within each group (int32 [n]), and their number."""
        if self._abandoned.is_set():
            raise Abandoned
        effort, one_level = self._settings.effort, self._settings.one_level
        module = np.arange(network.size, dtype=np.int32) if start is None else start.astype(np.int32)
        seed = int(self._seeds.integers(1 << 62))
        k, _, _ = kernels.partition(
            network.links, network.unit, group, module, exits, *network.walk, rules, seed,
            TOLERANCES[effort] * one_level, MAX_ROUNDS[effort],
        )  # fmt: skip
        return module, k

    def _subdivide(
        self, group: np.ndarray, count: int, exits: np.ndarray, start: np.ndarray | None = None
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """The best hierarchy within each module of the partition `group`, all of them at once.

        exits : float64 [count], what leaves each. Returns the partitions below `group`, and the bits in each module.
        """
        network, rules = self._network, self._settings.inner_rules
        tiny, correction = 1e-12 * self._settings.one_level, self._settings.bias.correction
        top_rules = self._settings.rules if count == 1 and not exits[0] else rules
        module, k = self._partition(network, group, exits, top_rules, start)
        leaf = leaf_lengths(network, group, count)
        parent = parents(module, k, group)
        enter = network.module_flows(module, k)[:, 0]
        split = np.bincount(parent, leaf_lengths(network, module, k), count)
        split += index_lengths(enter, parent, count, exits, correction)
        better = (split < leaf - tiny) & (np.bincount(parent, minlength=count) > 1)
        if not better.any():
            return [], leaf
        module, k = renumbered(np.where(better[group], module, k + group))
        levels = self._super_modules([module], k, group, count, exits)
        top = levels[0]
        k = int(top.max()) + 1
        flows = network.module_flows(top, k)
        inside, length = self._subdivide(top, k, flows[:, 1].copy())
        length_before = hierarchy_lengths(network, top, levels[1:], correction)
        below = _combined(top, inside, levels[1:], length < length_before - tiny)
        parent = parents(top, k, group)
        index = index_lengths(flows[:, 0], parent, count, exits, correction)
        alone = np.bincount(parent, minlength=count) == 1
        total = np.bincount(parent, np.minimum(length, length_before), count) + np.where(alone, 0.0, index)
        return [top, *below], total

    def _super_modules(
        self, levels: list[np.ndarray], k: int, group: np.ndarray, count: int, exits: np.ndarray
    ) -> list[np.ndarray]:
        """Put levels of modules of modules on top of `levels`, within the groups, as long as that saves bits."""
        tiny, correction = 1e-12 * self._settings.one_level, self._settings.bias.correction
        while True:
            top = levels[0]
            parent = parents(top, k, group)
            network = self._network.of_modules(top, k)
            module, size = self._partition(network, parent, exits, self._settings.inner_rules)
            enter = network.unit[:, 0]
            flows = self._network.module_flows(module[top], size)
            grandparent = parents(module, size, parent)
            before = index_lengths(enter, parent, count, exits, correction)
            inside = index_lengths(enter, module, size, flows[:, 1], correction)
            after = index_lengths(flows[:, 0], grandparent, count, exits, correction)
            after += np.bincount(grandparent, inside, count)
            of_group, in_group = (np.bincount(values, minlength=count) for values in (grandparent, parent))
            better = (after < before - tiny) & (of_group > 1) & (of_group < in_group)
            if not better.any():
                return levels
            above, k = renumbered(np.where(better[group], module[top], size + top))
            levels = [above, *levels]


def _combined(
    top: np.ndarray, first: Sequence[np.ndarray], second: Sequence[np.ndarray], choose: np.ndarray
) -> list[np.ndarray]:
    """Partitions below `top` that are those of `first` in the modules chosen, and of `second` in the others."""
    chosen = choose[top]
    levels: list[np.ndarray] = []
    for depth in range(max(len(first), len(second))):
        one, other = (_level(sequence, depth, top) for sequence in (first, second))
        levels.append(renumbered(np.where(chosen, one.astype(np.int64), other.astype(np.int64) + top.size))[0])
    sizes = [int(level.max()) + 1 for level in (top, *levels)]
    while levels and sizes[-1] == sizes[-2]:
        levels.pop()
        sizes.pop()
    return levels


def _level(levels: Sequence[np.ndarray], depth: int, top: np.ndarray) -> np.ndarray:
    """The partition at `depth`, or the last one above it."""
    if not len(levels):
        return top
    return levels[min(depth, len(levels) - 1)]


def one_level_length(network: Network) -> float:
    """Bits of the description without modules: the entropy of the visit rates."""
    return float(-plogp(network.unit[:, 0]).sum())
