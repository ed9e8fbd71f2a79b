"""A weighted graph as arrays of links."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanmine.errors import InputError, UsageError


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
    copy_of : int64 [n], for each node the one by whose links it stands: itself, or a node that it is equal to in all
        things. Copies have no links of their own, and share module and flow. None where every node stands for itself.
    """

    size: int
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    node_weight: np.ndarray
    names: Sequence[str] | None
    ids: np.ndarray
    directed: bool | None = None
    copy_of: np.ndarray | None = None

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
        copy_of: np.ndarray | None = None,
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
        return cls(size, source, target, weight, node_weight, names, ids, directed, copy_of)

    @classmethod
    def of(cls, graph: Any, *, weight: str = "weight") -> Graph:
        """A graph out of a networkx graph, a scipy sparse matrix, a square array, a list of edges, a DataFrame of them,
        what `read_graph` of `hanmine.formats.graphs` read, or a `Graph` as it is.

        Edges are tuples of two nodes and, if they have one, a weight; nodes may be anything that can be a key, and come
        in the order of their first edge. A DataFrame (of pandas or polars) holds edges in its first two or three
        columns, or in those named source, target and weight.

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
        if isinstance(graph, list) and graph and all(isinstance(one, tuple) and len(one) in (2, 3) for one in graph):
            return cls._of_edges(graph)
        if hasattr(graph, "columns") and hasattr(graph, "shape"):
            return cls._of_frame(graph)
        return cls._of_matrix(graph)

    @classmethod
    def _of_edges(cls, edges: Iterable[tuple[Any, ...]]) -> Graph:
        number: dict[Hashable, int] = {}
        edges = list(edges)
        for place, (u, v, *_) in enumerate(edges):
            if any(node is None or node != node or type(node).__name__ == "NAType" for node in (u, v)):
                raise InputError(f"edge {place} has a node that is missing: leave such edges out")
        try:
            links = [
                (number.setdefault(u, len(number)), number.setdefault(v, len(number)), float(*weight or (1,)))
                for u, v, *weight in edges
            ]
        except (TypeError, ValueError) as error:
            what = "pass tuples (node, node) or (node, node, weight)"
            raise InputError(f"the edges cannot be read ({error}): {what}") from error
        source, target, weights = zip(*links, strict=True) if links else ((), (), ())
        return cls.from_links(source, target, weights, size=len(number), names=[str(node) for node in number])

    @classmethod
    def _of_networkx(cls, graph: Any, weight: str) -> Graph:
        number = {node: index for index, node in enumerate(graph)}
        links = [(number[u], number[v], data.get(weight, 1)) for u, v, data in graph.edges(data=True)]
        source, target, weights = zip(*links, strict=True) if links else ((), (), ())
        names = [str(node) for node in graph]
        directed = graph.is_directed()
        return cls.from_links(source, target, weights, size=len(number), names=names, directed=directed)

    @classmethod
    def _of_frame(cls, frame: Any) -> Graph:
        columns = list(frame.columns)
        labelled = len(columns) > 3 or columns != [*range(len(columns))]
        if frame.shape[0] == frame.shape[1] and labelled and columns == list(getattr(frame, "index", ())):
            graph = cls._of_matrix(frame.to_numpy())
            return replace(graph, names=[str(name) for name in columns])
        named = [name for name in ("source", "target", "weight") if name in columns]
        chosen = named if named[:2] == ["source", "target"] else columns[:3]
        if len(chosen) < 2:
            raise UsageError(
                f"a {type(frame).__name__} with the columns {', '.join(map(str, columns))}: edges have the columns "
                "source and target, and may have weight; a matrix has the same labels on both sides"
            )
        return cls._of_edges(zip(*(frame[name] for name in chosen), strict=True))

    @classmethod
    def _of_matrix(cls, matrix: Any) -> Graph:
        from scipy import sparse

        try:
            if sparse.issparse(matrix):
                if hasattr(matrix, "check_format"):
                    matrix.check_format(full_check=True)  # compiled code believes every index
                checked = sparse.csr_matrix(matrix)
            else:
                checked = sparse.csr_matrix(np.asarray(matrix))
        except (TypeError, ValueError) as error:
            if sparse.issparse(matrix):
                raise InputError(f"the matrix cannot be read ({error}): pass a square matrix of numbers") from error
            raise UsageError(
                f"a {type(matrix).__name__} that is no matrix: a graph is a networkx graph, a sparse matrix, a square "
                "array, a DataFrame of edges, or a list of tuples (node, node) or (node, node, weight)"
            ) from error
        matrix = checked
        if matrix.shape[0] != matrix.shape[1]:
            raise InputError(f"a matrix of shape {matrix.shape} is no graph: pass a square one")
        directed = bool((matrix != matrix.T).nnz)
        links = sparse.coo_matrix(matrix if directed else sparse.triu(matrix))
        return cls.from_links(links.row, links.col, links.data, size=matrix.shape[0], directed=directed)

    def without_copies(self) -> tuple[Graph, np.ndarray | None]:
        """The graph of the nodes that stand for themselves, each with the weight of all its copies, without names; and
        for each node of this graph its number in that one (int64 [n]; None where both are the same).
        """
        if self.copy_of is None:
            return self, None
        kept = np.flatnonzero(self.copy_of == np.arange(self.size))
        number = np.full(self.size, -1)
        number[kept] = np.arange(kept.size)
        place = number[self.copy_of]
        weight = np.bincount(place, self.node_weight, kept.size)
        source, target = place[self.source], place[self.target]
        return Graph(kept.size, source, target, self.weight, weight, None, self.ids[kept], self.directed), place

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
