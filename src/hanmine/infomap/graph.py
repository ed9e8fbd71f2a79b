"""A weighted graph as arrays of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanmine.errors import InputError


@dataclass(frozen=True)
class Graph:
    """Nodes 0..n-1 and weighted links between them. Parallel links are allowed; what they mean is their sum.

    Attributes
    ----------
    size : n, the number of nodes.
    source, target : int64 [m], the ends of the links.
    weight : float64 [m], each finite and not negative.
    node_weight : float64 [n], for teleportation to nodes and for flow that is given; ones if nothing is known.
    names : a name for each node, or None.
    ids : int64 [n], the numbers that the nodes have in the input; 0..n-1 if nothing is known.
    directed : whether the input says that links have a direction; None where it does not say.
    """

    size: int
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    node_weight: np.ndarray
    names: Sequence[str] | None
    ids: np.ndarray
    directed: bool | None = None

    @classmethod
    def from_links(
        cls,
        source: Any,
        target: Any,
        weight: Any = None,
        *,
        size: int | None = None,
        names: Sequence[str] | None = None,
        ids: Any = None,
        node_weight: Any = None,
        directed: bool | None = None,
    ) -> Graph:
        """A graph of links between nodes 0..size-1; without `size` the largest node that occurs is the last.

        Raises
        ------
        InputError : arrays of different lengths, nodes out of range, weights that are negative or not finite.
        """
        source, target = np.asarray(source, np.int64), np.asarray(target, np.int64)
        weight = np.ones(source.size) if weight is None else np.asarray(weight, np.float64)
        if not source.shape == target.shape == weight.shape or source.ndim != 1:
            raise InputError("sources, targets and weights of links differ in length: pass three flat arrays")
        if size is None:
            size = int(max(source.max(), target.max())) + 1 if source.size else 0
        if source.size and (min(source.min(), target.min()) < 0 or max(source.max(), target.max()) >= size):
            raise InputError(f"a link leads to a node outside 0..{size - 1}: check the numbers of the nodes")
        node_weight = np.ones(size) if node_weight is None else np.asarray(node_weight, np.float64)
        ids = np.arange(size) if ids is None else np.asarray(ids, np.int64)
        for what, values in (("link", weight), ("node", node_weight)):
            wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
            if wrong.size:
                raise InputError(
                    f"{what} {wrong[0]} has the weight {values[wrong[0]]:g}: weights are finite and not negative"
                )
        if node_weight.size != size or ids.size != size or (names is not None and len(names) != size):
            raise InputError(
                f"weights, numbers or names of nodes are not {size}, the number of nodes: pass one for each"
            )
        return cls(size, source, target, weight, node_weight, names, ids, directed)

    @classmethod
    def of(cls, graph: Any, *, weight: str = "weight") -> Graph:
        """A graph out of a networkx graph, a scipy sparse matrix, a square array, what `read_graph` of
        `hanmine.formats.graphs` read, or a `Graph` as it is.

        weight : the edge attribute of a networkx graph that holds the weights; edges without it have 1.
            The entry (i, j) of a matrix is the weight of the link from i to j; of a symmetric matrix the graph is
            undirected, and each link is taken once.
        """
        if isinstance(graph, cls):
            return graph
        if hasattr(graph, "source") and hasattr(graph, "ids"):
            return cls.from_links(
                graph.source, graph.target, graph.weight, size=graph.size, names=graph.names, ids=graph.ids,
                node_weight=graph.node_weight, directed=graph.directed,
            )  # fmt: skip
        if hasattr(graph, "edges") and hasattr(graph, "is_directed"):
            return cls._of_networkx(graph, weight)
        return cls._of_matrix(graph)

    @classmethod
    def _of_networkx(cls, graph: Any, weight: str) -> Graph:
        number = {node: index for index, node in enumerate(graph)}
        links = [(number[u], number[v], data.get(weight, 1)) for u, v, data in graph.edges(data=True)]
        source, target, weights = zip(*links, strict=True) if links else ((), (), ())
        names = [str(node) for node in graph]
        directed = graph.is_directed()
        return cls.from_links(source, target, weights, size=len(number), names=names, directed=directed)

    @classmethod
    def _of_matrix(cls, matrix: Any) -> Graph:
        from scipy import sparse

        try:
            if sparse.issparse(matrix) and hasattr(matrix, "check_format"):
                matrix.check_format(full_check=True)  # compiled code believes every index
            matrix = sparse.csr_matrix(matrix)
        except (ValueError, TypeError) as error:
            raise InputError(f"the matrix cannot be read ({error}): pass a square matrix of numbers") from error
        if matrix.shape[0] != matrix.shape[1]:
            raise InputError(f"a matrix of shape {matrix.shape} is no graph: pass a square one")
        directed = bool((matrix != matrix.T).nnz)
        links = sparse.coo_matrix(matrix if directed else sparse.triu(matrix))
        return cls.from_links(links.row, links.col, links.data, size=matrix.shape[0], directed=directed)

    def merged(self, *, directed: bool, no_self_links: bool = False, weight_threshold: float = 0.0) -> Graph:
        """The same graph with parallel links summed (links of either direction if undirected), in order of their ends.

        weight_threshold : links as they are given, of less weight, are left out first.
        """
        keep = self.weight >= weight_threshold
        # A link without weight carries nothing, but would count as a link where degrees matter.
        keep &= self.weight > 0
        if no_self_links:
            keep &= self.source != self.target
        source, target, weight = self.source, self.target, self.weight
        if not keep.all():
            source, target, weight = source[keep], target[keep], weight[keep]
        del keep
        if not directed:
            source, target = np.minimum(source, target), np.maximum(source, target)
        # One number for both ends sorts and tells equal ones; arrays of links are let go as soon as may be.
        nodes = max(self.size, 1)
        key = source * nodes
        key += target
        del source, target
        if key.size and not (key[1:] > key[:-1]).all():
            order = np.argsort(key, kind="stable")
            key, weight = key[order], weight[order]
            del order
            first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
            if first.size < key.size:
                key, weight = key[first], np.add.reduceat(weight, first)
            del first
        source = key // nodes
        key %= nodes
        return Graph(self.size, source, key, weight, self.node_weight, self.names, self.ids, directed)
