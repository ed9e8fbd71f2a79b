"""What clusters are held against: k-means with the true number on the same vectors, Leiden on the same graph."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.metadata import version

import numpy as np

from hanmine.errors import MissingExtraError

ITERATIONS = 50  # of k-means, which then hardly moves
LEIDEN_ITERATIONS = 2


def k_means(vectors: np.ndarray, count: int, seeds: int) -> Iterator[np.ndarray]:
    """Labels of the rows for each seed: Lloyd's algorithm from a k-means++ start on rows of length 1.

    Parameters
    ----------
    vectors : real [n, d]; rows of zeros stay zero. count : of clusters, at most n.
    """
    from scipy.cluster.vq import kmeans2

    rows = vectors.astype(np.float64)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, length, out=rows, where=length > 0)
    for seed in range(seeds):
        with warnings.catch_warnings():
            # A cluster may run empty; there is one less then.
            warnings.simplefilter("ignore", UserWarning)
            yield kmeans2(rows, count, iter=ITERATIONS, minit="++", seed=np.random.default_rng(seed))[1]


def leiden(source: np.ndarray, target: np.ndarray, weight: np.ndarray, size: int, seeds: int) -> Iterator[np.ndarray]:
    """Labels of nodes 0..size-1 for each seed by Leiden's search for modularity (Traag et al. 2019).

    The weights of links in both directions are summed; links of a node to itself are left out. A node without links is
    alone.

    Raises
    ------
    MissingExtraError : graspologic-native is not installed.
    """
    try:
        from graspologic_native import leiden as search
    except ImportError as error:
        raise MissingExtraError("Leiden (--graph)", "leiden") from error
    low, high = np.minimum(source, target), np.maximum(source, target)
    pairs, place = np.unique((low * size + high)[low != high], return_inverse=True)
    total = np.bincount(place.reshape(-1), weight[low != high], pairs.size)
    names = list(map(str, range(size)))
    edges = [
        (names[pair // size], names[pair % size], amount)
        for pair, amount in zip(pairs.tolist(), total.tolist(), strict=True)
        if amount > 0
    ]
    for seed in range(seeds):
        found = search(edges, iterations=LEIDEN_ITERATIONS, seed=seed)[1] if edges else {}
        yield np.array([found.get(name, size + node) for node, name in enumerate(names)])


def packages(names: tuple[str, ...]) -> dict[str, str]:
    """The versions of packages, for signatures."""
    return {name: version(name) for name in names}
