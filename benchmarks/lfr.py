"""Benchmark graphs with known modules, as Lancichinetti, Fortunato and Radicchi (2008) make them.

    python benchmarks/lfr.py 1000000 --mixing 0.3 -o lfr_1m.npz

Degrees and sizes of modules follow power laws; of the links of each node a share `mixing` leads out of its module.
Stubs are joined at random within modules and between them; what joins a node to itself, twice to another, or (between
modules) to its own module is drawn again a few times and then dropped, so that the mean degree falls a little short.

Written as .npz: src, dst (int32), n, directed, truth (int32).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np


def power_law(count: int, exponent: float, least: int, most: int, random: np.random.Generator) -> np.ndarray:
    """`count` integers between `least` and `most` with density x^-exponent."""
    share = random.random(count)
    power = 1 - exponent
    low, high = least**power, (most + 1) ** power
    return ((low + share * (high - low)) ** (1 / power)).astype(np.int64).clip(least, most)


def module_sizes(nodes: int, exponent: float, least: int, most: int, random: np.random.Generator) -> np.ndarray:
    """Sizes that sum to `nodes`."""
    sizes: list[int] = []
    left = nodes
    while left:
        size = int(power_law(1, exponent, least, most, random)[0])
        if left - size < least:
            size = left
        sizes.append(size)
        left -= size
    return np.array(sizes)


def joined(stubs: np.ndarray, forbidden: np.ndarray | None, nodes: int, random: np.random.Generator) -> np.ndarray:
    """Links [m, 2] out of stubs; `forbidden` is a label per node, and links within one label are not wanted."""
    links = np.zeros((0, 2), np.int64)
    for _ in range(20):
        stubs = random.permutation(stubs[: stubs.size // 2 * 2]).reshape(-1, 2)
        pairs = np.sort(np.concatenate([links, stubs]), axis=1)
        keys = pairs[:, 0] * nodes + pairs[:, 1]
        _, first = np.unique(keys, return_index=True)
        good = np.zeros(len(pairs), bool)
        good[first] = True
        good &= pairs[:, 0] != pairs[:, 1]
        if forbidden is not None:
            good &= forbidden[pairs[:, 0]] != forbidden[pairs[:, 1]]
        links, stubs = pairs[good], pairs[~good].reshape(-1)
        if stubs.size < 2:
            break
    return links


def lfr(
    nodes: int,
    mixing: float,
    *,
    mean_degree: float = 10.0,
    largest_degree: int = 100,
    smallest: int = 20,
    largest: int = 200,
    seed: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Links [m, 2] and the module of each node; exponents 2.5 for degrees and 1.5 for sizes."""
    random = np.random.default_rng(seed)
    least = 1
    while power_law(20_000, 2.5, least, largest_degree, np.random.default_rng(0)).mean() < mean_degree:
        least += 1
    degrees = power_law(nodes, 2.5, least, largest_degree, random)
    sizes = module_sizes(nodes, 1.5, smallest, largest, random)
    truth = random.permutation(np.repeat(np.arange(sizes.size), sizes))
    # Nobody can have more links inside than there are others.
    inside = np.minimum(np.rint((1 - mixing) * degrees).astype(np.int64), sizes[truth] - 1)
    outside = degrees - inside
    order = np.argsort(truth, kind="stable")
    # Stubs of one module lie together, and are mixed within it: a random key below the number of the module.
    stubs = np.repeat(order, inside[order])
    parts = []
    rest = stubs
    for _ in range(20):
        key = np.lexsort((random.random(rest.size), truth[rest]))
        rest = rest[key]
        odd = np.flatnonzero(np.bincount(truth[rest], minlength=sizes.size) % 2)
        last = np.searchsorted(truth[rest], odd, side="right") - 1
        rest = np.delete(rest, last).reshape(-1, 2)
        pairs = np.sort(np.concatenate([*parts, rest]), axis=1)
        _, first = np.unique(pairs[:, 0] * nodes + pairs[:, 1], return_index=True)
        good = np.zeros(len(pairs), bool)
        good[first] = True
        good &= pairs[:, 0] != pairs[:, 1]
        parts, rest = [pairs[good]], pairs[~good].reshape(-1)
        if rest.size < 2:
            break
    between = joined(np.repeat(np.arange(nodes), outside), truth, nodes, random)
    return np.concatenate([*parts, between]), truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nodes", type=int)
    parser.add_argument("--mixing", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    links, truth = lfr(given.nodes, given.mixing, seed=given.seed)
    within = (truth[links[:, 0]] == truth[links[:, 1]]).mean()
    np.savez(
        given.output,
        src=links[:, 0].astype(np.int32),
        dst=links[:, 1].astype(np.int32),
        n=given.nodes,
        directed=False,
        truth=truth.astype(np.int32),
    )
    print(
        f"{given.nodes:,} nodes, {len(links):,} links, {truth.max() + 1:,} modules, mean degree "
        f"{2 * len(links) / given.nodes:.2f}, mixing {1 - within:.3f}"
    )


if __name__ == "__main__":
    main()
