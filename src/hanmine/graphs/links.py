"""Links of a search: which neighbours are near enough, and what the links weigh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanmine.infomap import Graph

SYMMETRIC = ("directed", "mutual", "union")
WEIGHTS = ("cosine", "excess", "relative")


def graph_of(search, least: float, symmetric: str, weight: str, *, names: Sequence[str] | None = None,
             rows: np.ndarray | None = None, first: np.ndarray | None = None) -> Graph:  # fmt: skip
    """The graph of a search (`hanmine.vectors.neighbours.open_search`): links with a cosine of `least` or more.

    symmetric, weight, names : see `hanmine.graphs.knn.neighbour_graph`.
    rows : int64, rising, the nodes of the graph that were searched. first : int64 [n], for each node of the graph the
        one of these that it is equal to. None: all, and itself.

    Nodes that have copies and no neighbour near enough have a link to themselves, as heavy as between equal rows.
    """
    count = search.queries.count
    source, target, cosine = _links(search, least, weight != "cosine")
    if symmetric != "directed":
        source, target, cosine = _undirected(source, target, cosine, count, mutual=symmetric == "mutual")
    weights = cosine.astype(np.float64)
    if weight != "cosine":
        weights -= least
    directed = symmetric == "directed"
    if weight == "relative":
        weights = relative_weights(source, target, weights, count, directed=directed)
    if first is None:
        return Graph.from_links(source, target, weights, size=count, names=names, directed=directed)
    copies = first != np.arange(len(first))
    equal = 1.0 if weight == "cosine" else 1.0 - least
    lonely = np.bincount(first, minlength=len(first))[rows] > 1
    lonely[source] = lonely[target] = False
    alone = np.flatnonzero(lonely & (equal > 0))
    source, target = rows[np.append(source, alone)], rows[np.append(target, alone)]
    weights = np.append(weights, np.full(alone.size, equal))
    return Graph.from_links(
        source, target, weights, size=len(first), names=names, directed=directed,
        copy_of=first if copies.any() else None,
    )  # fmt: skip


def relative_weights(source, target, weights: np.ndarray, count: int, *, directed: bool) -> np.ndarray:
    """Weights, float64, over the root of the strengths of both ends, and of the same mean.

    In many dimensions a few rows are near to very many others, and would draw the walker out of every module (hubs:
    Radovanović, Nanopoulos and Ivanović 2010). Normalised as in spectral clustering (Ng, Jordan and Weiss 2002) they
    have less of it. Of directed links the strength is that of the links that leave the one end and reach the other.
    """
    leaving, reaching = np.bincount(source, weights, count), np.bincount(target, weights, count)
    if not directed:
        leaving = reaching = leaving + reaching
    found = weights / np.sqrt(leaving[source] * reaching[target])
    return found * (weights.sum() / found.sum()) if len(found) else found


def _links(search, least: float, excess: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Links (source, target, cosine) from each row to its neighbours with a cosine above 0 and at least `least`.

    By their excess, links need one: theirs are above `least`.
    """
    parts = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))]
    for start, found, cosines in search.blocks():
        # Cosines are float32, in which a stated .7 is itself; an excess is computed in float64, and so is its sign.
        near = cosines > np.float64(least) if excess else cosines >= np.float32(least)
        at, column = np.nonzero(near & (cosines > 0))
        parts.append(((start + at).astype(np.int32), found[at, column].astype(np.int32), cosines[at, column]))
    source, target, cosine = (np.concatenate(values) for values in zip(*parts, strict=True))
    return source.astype(np.int64), target.astype(np.int64), cosine


def _undirected(source, target, cosine, count: int, *, mutual: bool):
    """Each pair of rows once, the smaller first; of a mutual graph those that are linked both ways."""
    key = np.minimum(source, target) * count + np.maximum(source, target)
    key, first, times = np.unique(key, return_index=True, return_counts=True)
    if mutual:
        key, first = key[times == 2], first[times == 2]
    return key // count, key % count, cosine[first]
