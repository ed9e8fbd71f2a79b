"""The modules of a tree with the flow between their children, and a result as plain arrays for the writers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hanmine.infomap.flow import Flow
from hanmine.infomap.graph import Graph
from hanmine.infomap.network import Network
from hanmine.infomap.tree import Tree

if TYPE_CHECKING:
    from hanmine.infomap.cluster import Clustering


@dataclass(frozen=True)
class TreeLinks:
    """The modules of a tree, the root first, each before those within it.

    Attributes
    ----------
    path : int64 [modules, depth]; steps from the root, 0 behind the last one.
    flow, enter, exit : float64 [modules]; flow of its nodes, into it and out of it (0 for the root).
    children : int64 [modules], the number of modules or nodes that it consists of.
    begin : int64 [modules + 1], where the links between the children of each begin in the arrays below.
    source, target : int64 [links], the numbers of two children, in order.
    link_flow : float64 [links]; from source to target if directed, else in both directions together.
    """

    path: np.ndarray
    flow: np.ndarray
    enter: np.ndarray
    exit: np.ndarray
    children: np.ndarray
    begin: np.ndarray
    source: np.ndarray
    target: np.ndarray
    link_flow: np.ndarray


def tree_links(tree: Tree, flow: Flow, network: Network, *, directed: bool) -> TreeLinks:
    """The modules of `tree`, and the flow between nodes summed between the children of the lowest module of both."""
    at, path = _modules(tree)
    enter, exit, inside = _module_flows(at, len(path), network)
    begin, source, target, link_flow = _links(tree, at, len(path), flow, directed)
    return TreeLinks(path, inside, enter, exit, _children(tree, at, len(path)), begin, source, target, link_flow)


def arrays_of(clustering: Clustering) -> dict[str, Any]:
    """What the writers of files need of a result, by the names of the fields of `formats.graphs.ClusteredGraph`."""
    graph, tree = clustering.graph, clustering.tree
    options: Mapping[str, Any] = clustering.summary["options"]
    directed = options["flow_model"] != "undirected"
    return {
        "ids": graph.ids,
        "names": graph.names,
        "node_weight": graph.node_weight,
        **_links_of(graph),
        "directed": directed,
        "steps": tree.steps,
        "rank": tree.rank,
        "flow": tree.flow,
        "order": tree.order,
        "table": clustering.table,
        "modules": lambda: tree_links(tree, clustering.flow, clustering.network, directed=directed),
        "facts": {
            "seed": options["seed"],
            "trials": options["trials"] if clustering.summary["searched"] else 0,
            "levels": tree.depth,
            "top_modules": clustering.summary["modules"],
            "codelength": clustering.codelength,
            "relative_savings": clustering.summary["relative_savings"],
            "flow_model": options["flow_model"],
        },
    }


def _links_of(graph: Graph) -> dict[str, np.ndarray]:
    """The links of a graph; a copy has one as heavy as any, to the node by whose links it stands."""
    source, target, weight = graph.source, graph.target, graph.weight
    if graph.copy_of is not None:
        copies = np.flatnonzero(graph.copy_of != np.arange(graph.size))
        source, target = np.concatenate([source, copies]), np.concatenate([target, graph.copy_of[copies]])
        weight = np.concatenate([weight, np.full(copies.size, weight.max(initial=0.0) or 1.0)])
    return {"source": source, "target": target, "weight": weight}


def _modules(tree: Tree) -> tuple[np.ndarray, np.ndarray]:
    """The module of each node at each level (int64 [n, depth + 1]; the root, 0, first), and the paths of the modules.

    Where the path of a node ends, its last module stands for itself below.
    """
    steps = tree.steps[tree.order]
    n, depth = steps.shape
    changed = np.ones((n, depth), bool)
    changed[1:] = np.logical_or.accumulate(steps[1:] != steps[:-1], axis=1)
    new = changed & (steps > 0)
    # Row by row and from left to right is the order of paths.
    number = np.where(new, np.cumsum(new).reshape(n, depth), 0)
    number = np.maximum.accumulate(number, axis=0)
    at = np.zeros((n, depth + 1), np.int64)
    for level in range(depth):
        at[:, level + 1] = np.where(steps[:, level] > 0, number[:, level], at[:, level])
    rows, levels = np.nonzero(new)
    path = np.zeros((len(rows) + 1, depth), np.int64)
    path[1:] = np.where(np.arange(depth) <= levels[:, None], steps[rows], 0)
    in_order = np.empty_like(at)
    in_order[tree.order] = at
    return in_order, path


def _module_flows(at: np.ndarray, count: int, network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    flows = np.zeros((count, 3))
    flows[0, 2] = network.unit[:, 0].sum()
    for level in range(1, at.shape[1]):
        there, label = np.unique(at[:, level], return_inverse=True)
        flows[there] = network.module_flows(label.reshape(-1).astype(np.int32), there.size)
    return flows[:, 0], flows[:, 1], flows[:, 2]


def _children(tree: Tree, at: np.ndarray, count: int) -> np.ndarray:
    children = np.zeros(count, np.int64)
    for level in range(at.shape[1] - 1):
        inner = at[:, level] != at[:, level + 1]
        np.maximum.at(children, at[inner, level], tree.steps[inner, level])
    np.maximum.at(children, at[:, -1], tree.rank)
    return children


def _links(
    tree: Tree, at: np.ndarray, count: int, flow: Flow, directed: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """begin, source, target and link_flow of `TreeLinks`."""
    source, target = np.concatenate([flow.source, flow.target]), np.concatenate([flow.target, flow.source])
    amount = np.concatenate([flow.forth, flow.back])
    kept = (source != target) & (amount > 0)
    source, target, amount = source[kept], target[kept], amount[kept]
    # Without levels in common they meet in the root; the last level that they share is where they meet.
    same = np.ones(source.size, bool)
    module = np.zeros(source.size, np.int64)
    child = [tree.rank[source], tree.rank[target]]
    for level in range(1, at.shape[1]):
        here = at[source, level] == at[target, level]
        parts = same & ~here
        for number, end in zip(child, (source, target), strict=True):
            number[parts] = tree.steps[end[parts], level - 1]
        same &= here
        module[same] = at[source[same], level]
    first, second = child
    if not directed:
        first, second = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((second, first, module))
    module, first, second, amount = module[order], first[order], second[order], amount[order]
    new = np.ones(module.size, bool)
    new[1:] = (module[1:] != module[:-1]) | (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    starts = np.flatnonzero(new)
    summed = np.add.reduceat(amount, starts) if starts.size else np.zeros(0)
    begin = np.searchsorted(module[starts], np.arange(count + 1))
    return begin, first[starts], second[starts], summed
