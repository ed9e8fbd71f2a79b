"""A graph with its modules, ready to be written in any of the formats that the field reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from hanmine import __version__

if TYPE_CHECKING:
    import numpy as np

CLUSTER_FORMATS = ("tsv", "csv", "jsonl", "json", "tree", "ftree", "clu", "net", "gexf", "graphml", "nwk")
CHUNK_ROWS = 8192
_LINE_ENDS = {ord(mark): " " for mark in "\n\r\0"}


class Modules(Protocol):
    """The modules of the tree, the root first, each before those within it.

    Attributes
    ----------
    path : int64 [modules, depth]; steps from the root, 0 behind the last one.
    flow, enter, exit : float64 [modules].
    children : int64 [modules].
    begin : int64 [modules + 1], where the links between the children of each begin.
    source, target, link_flow : int64, int64 and float64 [links], between children by their numbers.
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


@dataclass(frozen=True)
class ClusteredGraph:
    """What is written.

    Attributes
    ----------
    ids, names, node_weight : of the nodes; names may be None.
    source, target, weight : the links of the graph, by the nodes' places.
    directed : the flow model gives links a direction.
    steps : int64 [n, depth], the path of each node without its last step; 0 where it ends before.
    rank : int64 [n], the last step of the path.
    flow : float64 [n].
    order : int64 [n], nodes in the order of their paths.
    modules : makes the modules with the flow between their children; called for ftree, json and nwk only.
    table : columns for tsv, csv and jsonl.
    facts : seed, trials, levels, top_modules, codelength, relative_savings, flow_model.
    arguments : the command line, as one string.
    labels : a short text for each top module, in their order; () where they have none.
    details : for each top module what else JSON says of it; () where that is nothing.
    made_from : how the graph was made, for JSON; None where it was read.
    """

    ids: np.ndarray
    names: Sequence[str] | None
    node_weight: np.ndarray
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    directed: bool
    steps: np.ndarray
    rank: np.ndarray
    flow: np.ndarray
    order: np.ndarray
    modules: Callable[[], Modules]
    table: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    arguments: str = ""
    labels: Sequence[str] = ()
    details: Sequence[Mapping[str, Any]] = ()
    made_from: Mapping[str, Any] | None = None

    def header(self) -> bytes:
        """The lines that begin a text file: where the result comes from. Facts that are not known have no line."""
        facts = self.facts
        lines = [f"# hanmine {__version__}"]
        if self.arguments:
            lines.append(f"# {one_line(self.arguments)}")
        patterns = {
            "trials": "trials {}",
            "seed": "seed {}",
            "levels": "partitioned into {} levels"
            + (" with {top_modules} top modules" if "top_modules" in facts else ""),
            "codelength": "codelength {:.15g} bits",
            "relative_savings": "relative codelength savings {:.6%}",
            "flow_model": "flow model {}",
        }
        lines += [f"# {pattern.format(facts[key], **facts)}" for key, pattern in patterns.items() if key in facts]
        return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")

    def label_lines(self) -> bytes:
        """The labels of top modules of several nodes as comments, which readers of .tree and .clu pass over."""
        if not self.labels:
            return b""
        import numpy as np

        nodes = np.bincount(self.steps[:, 0], minlength=len(self.labels) + 1)[1:].tolist()
        labelled = zip(range(1, len(nodes) + 1), nodes, self.labels, strict=True)
        lines = [f"# module {number}: {one_line(label)}\n" for number, count, label in labelled if count > 1]
        return "".join(lines).encode("utf-8", "backslashreplace")

    def rows(self) -> Iterator[tuple[list[int], list[list[int]], list[float], list[str], list[int]]]:
        """In the order of paths, `CHUNK_ROWS` nodes at a time: nodes, paths, flows, names and numbers."""
        for start in range(0, len(self.order), CHUNK_ROWS):
            nodes = self.order[start : start + CHUNK_ROWS]
            paths = [
                [*(step for step in steps if step), rank]
                for steps, rank in zip(self.steps[nodes].tolist(), self.rank[nodes].tolist(), strict=True)
            ]
            ids = self.ids[nodes].tolist()
            names = list(map(str, ids)) if self.names is None else [self.names[node] for node in nodes.tolist()]
            yield nodes.tolist(), paths, self.flow[nodes].tolist(), names, ids

    def links(self) -> Iterator[tuple[list[int], list[int], list[float]]]:
        """`CHUNK_ROWS` links at a time: numbers of source and target, and weights."""
        for start in range(0, len(self.source), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            yield (
                self.ids[self.source[part]].tolist(),
                self.ids[self.target[part]].tolist(),
                self.weight[part].tolist(),
            )


def one_line(text: str) -> str:
    """`text` with a space for each character that would end its line."""
    return text if text.isprintable() else text.translate(_LINE_ENDS)


def path_text(path: Sequence[int]) -> str:
    """A path as in 1:3:2."""
    return ":".join(map(str, path))
