"""Links of a search: which neighbours are near enough, and what the links weigh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanmine.infomap import Graph

SYMMETRIC = ("directed", "mutual", "union")
WEIGHTS = ("cosine", "excess", "relative")
_EQUAL = 1e-6  # by which the cosine of equal rows may be below 1


def graph_of(
    search, least: float, symmetric: str, weight: str, *, names: Sequence[str] | None = None, copies: bool
) -> Graph:
    """The graph of a search (`hanmine.vectors.neighbours.open_search`): links with a cosine of `least` or more.

    symmetric, weight, names : see `hanmine.graphs.knn.neighbour_graph`. copies : see `_links`.
    """
    count = search.queries.count
    source, target, cosine = _links(search, least, weight != "cosine", copies=copies)
    if symmetric != "directed":
        source, target, cosine = _undirected(source, target, cosine, count, mutual=symmetric == "mutual")
    weights = cosine.astype(np.float64)
    if weight != "cosine":
        weights -= least
    if weight == "relative":
        weights = relative_weights(source, target, weights, count, directed=symmetric == "directed")
    return Graph.from_links(source, target, weights, size=count, names=names, directed=symmetric == "directed")


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


def _links(search, least: float, excess: bool, *, copies: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Links (source, target, cosine) from each row to its neighbours with a cosine above 0 and at least `least`.

    By their excess, links need one: theirs are above `least`. Of more than k equal rows all find the same k, and no
    walker would come to the others: with `copies` those that they find link back to them.
    """
    hubs, count = [], search.queries.count
    parts = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))]
    for start, found, cosines in search.blocks():
        # Cosines are float32, in which a stated .7 is itself; an excess is computed in float64, and so is its sign.
        near = cosines > np.float64(least) if excess else cosines >= np.float32(least)
        at, column = np.nonzero(near & (cosines > 0))
        parts.append(((start + at).astype(np.int32), found[at, column].astype(np.int32), cosines[at, column]))
        if copies and search.k:
            at = np.flatnonzero((cosines[:, -1] >= 1 - _EQUAL) & near[:, 0])
            copy = np.repeat((start + at).astype(np.int32), search.k)
            hubs.append((found[at].ravel().astype(np.int32), copy, cosines[at].ravel()))
    source, target, cosine = (np.concatenate(values) for values in zip(*parts, strict=True))
    source, target = source.astype(np.int64), target.astype(np.int64)
    if sum(len(hub) for hub, _, _ in hubs):
        hub, copy, equal = (np.concatenate(values) for values in zip(*hubs, strict=True))
        new = ~np.isin(hub.astype(np.int64) * count + copy, source * count + target)
        source, target = np.concatenate([source, hub[new]]), np.concatenate([target, copy[new]])
        cosine = np.concatenate([cosine, equal[new]])
    return source, target, cosine


def _undirected(source, target, cosine, count: int, *, mutual: bool):
    """Each pair of rows once, the smaller first; of a mutual graph those that are linked both ways."""
    key = np.minimum(source, target) * count + np.maximum(source, target)
    key, first, times = np.unique(key, return_index=True, return_counts=True)
    if mutual:
        key, first = key[times == 2], first[times == 2]
    return key // count, key % count, cosine[first]
