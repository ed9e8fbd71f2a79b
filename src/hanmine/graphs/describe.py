"""What is in a module: its central members, those at its border, and what is said in it more than elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hanmine.graphs.cooccurrence import CooccurrenceGraph
    from hanmine.infomap import Clustering

DEFAULT_MOST = 5
BORDER_SHARE = 1 / 3  # of a member's flow that goes to one other module


@dataclass(frozen=True)
class ModuleDescription:
    """A top module.

    Attributes
    ----------
    module : its number, from 1, by falling flow.
    nodes : how many it has.
    flow, exit : the share of steps that end in it, and that leave it.
    central : the nodes with most flow; of those with the same sentence or name the first one.
    border : (node, other module, share): the nodes of which at least `BORDER_SHARE` of the link flow leads to one other
        module, by falling flow.
    distinctive : (word, G²): words that are typical of it; of a graph of words these are members.
    label : the words of `distinctive`; where there are none the names of `central`, but no sentences.
    """

    module: int
    nodes: int
    flow: float
    exit: float
    central: list[int]
    border: list[tuple[int, int, float]]
    distinctive: list[tuple[str, float]]
    label: str


def describe_modules(
    clustering: Clustering,
    *,
    most: int = DEFAULT_MOST,
    distinctive: int | None = None,
    sentences: Sequence[str] | None = None,
    cooccurrences: CooccurrenceGraph | None = None,
    words: Sequence[str] | None = None,
) -> list[ModuleDescription]:
    """Describe the top modules, in their order.

    Parameters
    ----------
    clustering : what `cluster_vectors`, `cluster_words` or `cluster_graph` found.
    most : central and border members that are named of each module.
    distinctive : distinctive words of each module, or central members in place of them, by which it is labelled; 0: no
        label; None: `most`.
    sentences : the texts of the nodes; distinctive words are taken from them (by `distinctive_words`).
    cooccurrences : the graph of words that was clustered; distinctive members are taken from it.
    words : the lexicon by which sentences are cut; None: jieba's.
    """
    named = most if distinctive is None else distinctive
    nodes, flows, exits = module_sizes(clustering)
    order = by_flow(clustering.labels, clustering.tree.flow)
    members = np.split(order, np.cumsum(nodes)[:-1])
    border = _border(clustering, order, most)
    typical = _distinctive(clustering.labels, nodes, named, sentences, cooccurrences, words)
    names = clustering.graph.names
    found = []
    for module, count in enumerate(nodes.tolist()):
        central = _different(members[module], names if sentences is None else sentences, max(most, named))
        label = [word for word, _ in typical[module]]
        if not label and (sentences is None or names is not None):
            label = [name_of(clustering, node) for node in central[:named]]
        sizes = module + 1, count, float(flows[module]), float(exits[module])
        about = central[:most], border.get(module + 1, []), typical[module]
        found.append(ModuleDescription(*sizes, *about, ", ".join(label)))
    return found


def module_sizes(clustering: Clustering) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each top module the number of nodes (int64), its flow, and what of that exits in a step (float64)."""
    labels = clustering.labels
    count = int(labels.max())
    nodes = np.bincount(labels, minlength=count + 1)[1:]
    flows = np.bincount(labels, clustering.tree.flow, count + 1)[1:]
    if count == 1:
        return nodes, flows, np.zeros(1)
    return nodes, flows, clustering.network.module_flows((labels - 1).astype(np.int32), count)[:, 1]


def by_flow(labels: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """int64 [n]: the nodes by module and falling flow; flows that are equal but for their last bits by number."""
    return np.lexsort((np.arange(labels.size), -np.round(flow, 12), labels))


def name_of(clustering: Clustering, node: int) -> str:
    """The name of a node, else its number in the input."""
    names = clustering.graph.names
    return str(clustering.graph.ids[node]) if names is None else str(names[node])


def _different(members: np.ndarray, texts: Sequence[str] | None, most: int) -> list[int]:
    """The first `most` members, of those with the same text the first, and none without one."""
    if texts is None:
        return members[:most].tolist()
    chosen: dict[str, int] = {}
    for node in members.tolist():
        if len(chosen) == most:
            break
        text = str(texts[node]).strip()
        if text and text not in chosen:
            chosen[text] = node
    return list(chosen.values()) or members[:most].tolist()


def _border(clustering: Clustering, order: np.ndarray, most: int) -> dict[int, list[tuple[int, int, float]]]:
    """By module the members that lean most to another one, by falling flow."""
    labels = clustering.labels
    shares = clustering.memberships(labels)
    away = shares.module != labels[shares.node]
    # The rows of a node stand by falling share: the first to another module is the largest one.
    nodes, first = np.unique(shares.node[away], return_index=True)
    other, share = np.zeros(labels.size, np.int64), np.zeros(labels.size)
    other[nodes], share[nodes] = shares.module[away][first], shares.share[away][first]
    found: dict[int, list[tuple[int, int, float]]] = {}
    for node in order[share[order] >= BORDER_SHARE].tolist():
        members = found.setdefault(int(labels[node]), [])
        if len(members) < most:
            members.append((node, int(other[node]), float(share[node])))
    return found


def _distinctive(
    labels: np.ndarray,
    nodes: np.ndarray,
    most: int,
    sentences: Sequence[str] | None,
    cooccurrences: CooccurrenceGraph | None,
    words: Sequence[str] | None,
) -> list[list[tuple[str, float]]]:
    """For each module its distinctive words; of modules of one node there are none."""
    if most == 0 or (sentences is None and cooccurrences is None):
        return [[] for _ in nodes]
    # A node alone says nothing of what nodes have in common.
    kept = np.flatnonzero(nodes > 1)
    number = np.zeros(nodes.size + 1, np.int64)
    number[kept + 1] = np.arange(1, kept.size + 1)
    modules = number[labels]
    found: list[Any] = []
    if kept.size:
        from hanmine.graphs.labels import distinctive_members, distinctive_words

        if sentences is not None:
            found = distinctive_words(sentences, modules, most=most, words=words)
        else:
            found = distinctive_members(cooccurrences, modules, most=most)
    places = dict(zip(kept.tolist(), found, strict=True))
    return [list(places.get(module, [])) for module in range(nodes.size)]
