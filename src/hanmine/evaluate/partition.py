"""Two partitions of the same nodes: how alike they are, the sizes of their modules, how well each describes a graph.

nmi, ami, ari       see `hanmine.evaluate.partition_scores`; 1 is equal
modules, sizes      of each partition, over the nodes that both have
codelength          bits a step of the whole hierarchy in the file, all its levels, by the map equation; the difference
                    is that of B less that of A, so that below 0 B describes the graph better

Nodes are matched by name where both files have names, else by number. Nodes that one file lacks are told and left out;
in the codelength a node of the graph that a file lacks is alone in its module.
"""

from __future__ import annotations

from statistics import median
from typing import Any, BinaryIO

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.partition_nodes import Matching, Nodes, Partition, matched, partition_of
from hanmine.evaluate.partition_scores import (
    Contingency,
    adjusted_mutual_information,
    adjusted_rand_index,
    normalized_mutual_information,
)
from hanmine.evaluate.text_files import base_name, marked
from hanmine.formats.graphs.inputs import shown
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public

_NAMED = 3  # nodes in a message


@public()
def evaluate_partition(
    a: Any,
    b: Any,
    *,
    level: int | str = "top",
    graph: Any = None,
    directed: bool | None = None,
    stdin: BinaryIO | None = None,
) -> dict[str, Any]:
    """Compare two partitions.

    Parameters
    ----------
    a, b : each a path of a .clu, .tree, .ftree, tsv, csv, jsonl or JSON file or of two columns, node and label ("-" is
        `stdin`); a mapping of node → module; or a list of modules, of the same nodes in order.
    level : which modules of a hierarchy are compared: "top", "leaf" (the lowest), or how many levels from the top; a
        node whose path ends before keeps its last module.
    graph : a path of a graph in any format of `mine cluster`, by which codelengths are computed.
    directed : the flow on it is directed; None: as the file says, else undirected.

    Returns
    -------
    dict with `nodes` (in both), `only_in_a`, `only_in_b` (counts), `matched_by`, `level`, `a` and `b` (each `modules`,
    `sizes` (falling), `largest`, `median`, `smallest`, and with a graph `codelength`), `nmi`, `ami`, `ari`, with a
    graph `codelength_difference`, further `messages`, `inputs`, `version`, `signature`, `timings` (seconds) and
    `peak_memory` (bytes).

    Raises
    ------
    InputError : a file is missing or wrong; the two have no node in common; one has a node that the graph lacks.
    UsageError : an unknown level.
    """
    depth = depth_of(level)
    watch = Stopwatch()
    with watch.phase("read"):
        first, second = partition_of(a, stdin), partition_of(b, stdin)
        matching = matched(first.nodes, second.nodes)
    with watch.phase("compare"):
        labels = [_at(partition.labels(depth), places) for partition, places in
                  ((first, matching.first), (second, matching.second))]  # fmt: skip
        table = Contingency.of(*labels)
        scores = {
            "nmi": normalized_mutual_information(table),
            "ami": adjusted_mutual_information(table),
            "ari": adjusted_rand_index(table),
        }
    sides = {"a": _sizes(table.first), "b": _sizes(table.second)}
    inputs = [_input(first), _input(second)]
    facts: dict[str, Any] = {}
    if graph is not None:
        with watch.phase("codelength"):
            facts = _codelengths(first, second, sides, graph, directed, stdin, inputs)
    return {
        "nodes": table.nodes,
        "only_in_a": len(matching.only_first),
        "only_in_b": len(matching.only_second),
        "matched_by": matching.by,
        "level": level,
        **sides,
        **scores,
        **({"codelength_difference": sides["b"]["codelength"] - sides["a"]["codelength"]} if facts else {}),
        "messages": [*_missing(first.nodes, second.nodes, matching), *facts.pop("messages", [])],
        "inputs": inputs,
        "version": __version__,
        "signature": signature(
            "eval-partition", a=marked(first.nodes.name, first.digest), b=marked(second.nodes.name, second.digest),
            nodes=table.nodes, matched_by=matching.by, level=level, normalized="arithmetic", **facts,
        ),
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }  # fmt: skip


def depth_of(level: int | str) -> int | None:
    """How many steps of a path count; None: all."""
    if level == "leaf":
        return None
    if level == "top":
        return 1
    try:
        depth = int(level)
    except ValueError:
        depth = 0
    if depth < 1:
        raise UsageError(f"--level {level!r} is no level: pass top, leaf or a number from 1 (top) on")
    return depth


def _at(labels: list[int], places: list[int]) -> list[int]:
    return [labels[place] for place in places]


def _sizes(sizes: Any) -> dict[str, Any]:
    falling = sorted(sizes.tolist(), reverse=True)
    return {
        "modules": len(falling),
        "largest": falling[0],
        "median": float(median(falling)),
        "smallest": falling[-1],
        "sizes": falling,
    }


def _input(partition: Partition) -> dict[str, Any]:
    return {"name": partition.nodes.name, "bytes": partition.bytes, "sha256": partition.digest,
            "nodes": partition.nodes.count, "levels": partition.depth + 1}  # fmt: skip


def _missing(first: Nodes, second: Nodes, matching: Matching) -> list[str]:
    """What to tell of nodes that one file lacks."""
    lines = []
    for nodes, there, keys in ((first, second, matching.only_first), (second, first, matching.only_second)):
        if keys:
            lines.append(
                f"{nodes.name}: {len(keys):,} of {nodes.count:,} nodes are not in {there.name} and left out: "
                f"{_some(keys)}"
            )
    return lines


def _some(keys: Any) -> str:
    return ", ".join(shown(str(key)) for key in keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")


def _codelengths(
    first: Partition, second: Partition, sides: dict[str, dict], source: Any, directed: bool | None,
    stdin: BinaryIO | None, inputs: list[dict],
) -> dict[str, Any]:  # fmt: skip
    """Put the codelengths into `sides` and the graph's file into `inputs`; facts for the signature, and messages."""
    from hanmine.formats.graphs import read_graph
    from hanmine.infomap import Graph, cluster_graph

    read = read_graph([str(source)], stdin=stdin)
    graph = Graph.of(read)
    inputs.extend(read.inputs)
    nodes = graph_nodes(read.inputs[0]["name"], graph)
    messages, model = [], ""
    for side, partition in (("a", first), ("b", second)):
        matching = matched(nodes, partition.nodes)
        if matching.only_second:
            raise InputError(
                f"{partition.nodes.name}: the graph {nodes.name} has no node {shown(str(matching.only_second[0]))}: "
                "check both files"
            )
        if matching.only_first:
            messages.append(
                f"{partition.nodes.name}: {len(matching.only_first):,} of {nodes.count:,} nodes of {nodes.name} are "
                f"not there, and alone in its codelength: {_some(matching.only_first)}"
            )
        paths: list[tuple] = [(("alone", node),) for node in range(graph.size)]
        for node, place in zip(matching.first, matching.second, strict=True):
            paths[node] = partition.paths[place]
        result = cluster_graph(graph, directed=directed, start=paths, search=False)
        sides[side]["codelength"] = result.codelength
        model = result.summary["options"]["flow_model"]
    return {"graph": base_name(nodes.name), "links": len(read.source), "flow_model": model, "messages": messages}


def graph_nodes(name: str, graph: Any) -> Nodes:
    """The nodes of a graph as those of a partition are known."""
    numbers = {number: place for place, number in enumerate(graph.ids.tolist())}
    names = list(map(str, numbers)) if graph.names is None else graph.names
    by_name = {called: place for place, called in enumerate(names)}
    unique = by_name if len(by_name) == len(names) else None
    return Nodes(name, numbers, unique, graph.names is not None, graph.size)
