"""Clusters against classes that are known, beside simple ways to find clusters in the same data.

nmi, ami, ari                     see `hanmine.evaluate.partition_scores`
b3_precision, b3_recall, b3_f1    B³; purity, inverse_purity: see `hanmine.evaluate.cluster_scores`
clusters, largest, median, smallest

Items are matched by name where both sides have names, else by row. Items without a label, and labels of no item, are
told and left out. Baselines are scored on the same items: mean and standard deviation over seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import numpy as np

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.cluster_baselines import ITERATIONS, LEIDEN_ITERATIONS, k_means, leiden, packages
from hanmine.evaluate.cluster_scores import scores_of
from hanmine.evaluate.label_files import Labels, labels_of
from hanmine.evaluate.partition import depth_of
from hanmine.evaluate.partition_nodes import Nodes, partition_of
from hanmine.evaluate.text_files import Reading, marked
from hanmine.formats.graphs.inputs import shown
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public

JOINS = ("auto", "row", "name")
_NAMED = 3  # items in a message


@dataclass(frozen=True)
class Join:
    """Which nodes of the result have which labels.

    Attributes
    ----------
    by : "name" or "row". first : the number of the first row, 0 or 1; None by name.
    nodes, rows : places of the nodes, and rows of their labels, int64 [n].
    messages : which items of either side are left out.
    """

    by: str
    first: int | None
    nodes: np.ndarray
    rows: np.ndarray
    messages: list[str]


@public()
def evaluate_clusters(
    result: Any,
    labels: Any,
    *,
    label_column: str | None = None,
    join: str = "auto",
    level: int | str = "top",
    vectors: Any = None,
    array: str | None = None,
    graph: Any = None,
    seeds: int = 10,
    encoding: str = "auto",
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> dict[str, Any]:
    """Score clusters against classes.

    Parameters
    ----------
    result : a path of what `mine cluster` writes (tsv, csv, jsonl, json, .clu, .tree, .ftree), of two columns, node and
        cluster, or of a cluster a line ("-" is `stdin`); a mapping of node → cluster; or a list of clusters.
    labels : a path of a label a line or of a table with a column of labels; a mapping of name → label; or a list.
    label_column : the name of that column in the table's header, or its number from 1.
    join : match items by "name" or by "row" (the number of the node); "auto": by what both have.
    level : clusters of a hierarchy that are scored: "top", "leaf" (the lowest), or how many levels from the top.
    vectors : a path or matrix of the vectors of the labelled rows, or with names: score k-means with the true number.
    array : which array of a file of vectors.
    graph : a path of a graph with the nodes of `result`, or a `Graph`: score Leiden on it.
    seeds : runs of each baseline.
    encoding, errors : of the labels; a result is UTF-8. stdin : a binary file to read for "-".

    Returns
    -------
    dict with `items`, `classes`, `joined_by`, all scores that the module names, `sizes` (falling), `baselines` (name →
    `mean` and `std` (over seeds) and `runs`), further `messages`, `inputs`, `version`, `signature`, `timings` (seconds)
    and `peak_memory` (bytes).

    Raises
    ------
    InputError : a file is missing or wrong, no item has a label, vectors or a graph that lack items.
    UsageError : an unknown level, join or column. MissingExtraError : Leiden is not installed.
    """
    depth = depth_of(level)
    if join not in JOINS:
        raise UsageError(f"--join {join!r} is unknown: choose {', '.join(JOINS)}")
    watch = Stopwatch()
    with watch.phase("read"):
        found = partition_of(result, stdin, lists=True)
        reading = Reading(encoding, errors, stdin)
        classes = labels_of(labels, label_column, reading)
        joined = joined_items(found.nodes, classes, join)
    truth = np.unique([classes.labels[row] for row in joined.rows.tolist()], return_inverse=True)[1]
    clusters = np.array(found.labels(depth))[joined.nodes]
    with watch.phase("score"):
        scores = scores_of(clusters, truth)
    inputs = [
        {"name": found.nodes.name, "bytes": found.bytes, "sha256": found.digest, "nodes": found.nodes.count},
        asdict(classes.record),
    ]
    baselines, facts = {}, {}
    if vectors is not None:
        with watch.phase("k-means"):
            rows = _vectors(vectors, array, stdin, classes, joined, found.nodes, inputs)
            runs = [scores_of(guess, truth) for guess in k_means(rows, int(truth.max()) + 1, seeds)]
            baselines["k-means"] = _summed(runs)
            facts["k_means"] = [f"scipy-{packages(('scipy',))['scipy']}", "++", "length-1", f"iterations-{ITERATIONS}"]
    if graph is not None:
        with watch.phase("leiden"):
            guesses = _leiden(graph, stdin, found.nodes, joined, seeds, inputs, joined.messages)
            runs = [scores_of(guess, truth) for guess in guesses]
            baselines["leiden"] = _summed(runs)
            native = packages(("graspologic-native",))["graspologic-native"]
            facts["leiden"] = [f"graspologic-native-{native}", "modularity", f"iterations-{LEIDEN_ITERATIONS}"]
    return {
        "items": len(joined.nodes),
        "classes": int(truth.max()) + 1,
        "joined_by": joined.by,
        "level": level,
        **scores,
        "sizes": sorted(np.unique(clusters, return_counts=True)[1].tolist(), reverse=True),
        "baselines": baselines,
        "seeds": seeds if baselines else None,
        "messages": [*reading.messages(), *joined.messages],
        "inputs": inputs,
        "version": __version__,
        "signature": _signature(inputs, joined, level, int(truth.max()) + 1, facts, seeds),
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


def joined_items(nodes: Nodes, labels: Labels, join: str = "auto") -> Join:
    """Match nodes with labels.

    By name where both sides have names of their own and share half of those of the smaller side; else by row, counted
    from 0, or from 1 where no node is 0 and one has the number of the last row.

    Raises
    ------
    InputError : no node has a label, or names that are wanted are not unique or not there.
    """
    by_name = labels.rows_by_name()
    if join == "name" and (nodes.names is None or by_name is None):
        lacking = nodes.name if nodes.names is None else labels.name
        raise InputError(f"{lacking}: has no names that tell items apart: pass --join row")
    if join == "row" and nodes.numbers is None:
        raise InputError(f"{nodes.name}: has no numbers of rows: pass --join name")
    common = len(nodes.names.keys() & by_name.keys()) if nodes.names is not None and by_name is not None else 0
    enough = nodes.named and 2 * common >= min(nodes.count, len(labels.labels))
    if join == "name" or (join == "auto" and common and (enough or nodes.numbers is None)):
        return _join("name", None, nodes, labels, nodes.names, by_name)
    if nodes.numbers is None:
        raise InputError(f"{labels.name}: has no names, and {nodes.name} no numbers of rows: write names beside labels")
    first = 1 if 0 not in nodes.numbers and max(nodes.numbers) >= len(labels.labels) else 0
    rows = {row + first: row for row in range(len(labels.labels))}
    return _join("row", first, nodes, labels, nodes.numbers, rows)


def _join(by: str, first: int | None, nodes: Nodes, labels: Labels, places: Any, rows: Any) -> Join:
    kept = [(place, rows[key], key) for key, place in places.items() if key in rows]
    kept = [(place, row) for place, row, _ in kept if labels.labels[row] is not None]
    if not kept:
        raise InputError(f"{labels.name}: has no label for any node of {nodes.name}: check both files")
    have = {place for place, _ in kept}
    without = [key for key, place in places.items() if place not in have]
    used = {row for _, row in kept}
    unused = [key for key, row in rows.items() if row not in used and labels.labels[row] is not None]
    messages = []
    if without:
        messages.append(
            f"{nodes.name}: {len(without):,} of {nodes.count:,} nodes have no label in {labels.name} and are left out: "
            f"{_some(without)}"
        )
    if unused:
        messages.append(
            f"{labels.name}: {len(unused):,} of {sum(map(bool, labels.labels)):,} labels are of no node in "
            f"{nodes.name} and are left out: {_some(unused)}"
        )
    if by == "row" and len(unused) == 1 and not without:
        messages.append(f"{labels.name}: has one row too many: if it begins with a header, pass --label-column NAME")
    return Join(by, first, *(np.array(side, np.int64) for side in zip(*kept, strict=True)), messages)


def _some(keys: list) -> str:
    return ", ".join(shown(str(key)) for key in keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")


def _vectors(
    source: Any, array: str | None, stdin: BinaryIO | None, labels: Labels, joined: Join, nodes: Nodes, inputs: list
) -> np.ndarray:  # fmt: skip
    """The vectors of the items that are scored, in their order."""
    from hanmine.formats.vectors import open_vectors

    with open_vectors([source], array=array, stdin=stdin) as files:
        name, count = files.inputs[0]["name"], files.shape[0]
        places = _rows_of_vectors(files.names, name, count, labels, joined, nodes)
        rows = files.rows(0, count)[places]
        inputs.append(dict(files.inputs[0]))
    if not np.isfinite(rows).all():
        wrong = int(places[~np.isfinite(rows).all(axis=1)][0])
        raise InputError(f"{name}: row {wrong} holds numbers that are not finite: leave it out of all files")
    return rows


def _rows_of_vectors(
    names: list[str] | None, name: str, count: int, labels: Labels, joined: Join, nodes: Nodes
) -> np.ndarray:  # fmt: skip
    """Rows by the names of the vectors where labels or nodes have such, else by the rows of labels or the nodes.

    Items that were matched by row need no names: vectors that lack some of them are taken by row, too.
    """
    places = [] if names is None else _rows_by_name(names, labels, joined, nodes)
    if places and (joined.by == "name" or -1 not in places):
        pass
    elif count == len(labels.labels):
        return joined.rows
    elif nodes.numbers is not None:
        number_of = {place: number for number, place in nodes.numbers.items()}
        first = joined.first or 0
        numbers = [number_of[place] - first for place in joined.nodes.tolist()]
        places = [number if 0 <= number < count else -1 for number in numbers]
    else:
        raise InputError(f"{name}: has {count:,} rows for {len(labels.labels):,} labels: pass a vector for each label")
    if -1 in places:
        missing = places.index(-1)
        raise InputError(f"{name}: has no vector for item {missing + 1} of {len(places)}: pass one for each label")
    return np.array(places, np.int64)


def _rows_by_name(names: list[str], labels: Labels, joined: Join, nodes: Nodes) -> list[int]:
    """The row of the vectors that has the name of each item, -1 where none has."""
    called = labels.names or _called(nodes)
    keys = joined.rows if labels.names is not None else joined.nodes
    row_of = {word: row for row, word in reversed(list(enumerate(names)))}
    return [row_of.get(called[key], -1) for key in keys.tolist()]


def _called(nodes: Nodes) -> list[str]:
    """The name of each node, by place."""
    names = [""] * nodes.count
    for called, place in (nodes.names or {}).items():
        names[place] = called
    return names


def _leiden(
    source: Any, stdin: BinaryIO | None, nodes: Nodes, joined: Join, seeds: int, inputs: list, messages: list
) -> Iterator[np.ndarray]:
    """Leiden's labels of the items that are scored, for each seed."""
    from hanmine.evaluate.partition import graph_nodes
    from hanmine.evaluate.partition_nodes import matched
    from hanmine.formats.graphs import read_graph
    from hanmine.infomap import Graph

    if isinstance(source, Graph):
        graph, name = source, "<memory>"
    else:
        read = read_graph([str(source)], stdin=stdin)
        graph, name = Graph.of(read), read.inputs[0]["name"]
        inputs.extend(read.inputs)
    matching = matched(graph_nodes(name, graph), nodes)
    node_of = dict(zip(matching.second, matching.first, strict=True))
    # A node without links stands in no list of links: it is alone here too.
    places = [node_of.get(place, graph.size + place) for place in joined.nodes.tolist()]
    alone = sum(place >= graph.size for place in places)
    if 2 * alone > len(places):
        raise InputError(f"{name}: lacks {alone:,} of {len(places):,} nodes: pass the graph that was clustered")
    if alone:
        messages.append(f"{name}: lacks {alone:,} of {len(places):,} nodes, which are alone in Leiden's clusters")
    for guess in leiden(graph.source, graph.target, graph.weight, graph.size, seeds):
        found = guess.tolist()
        yield np.array([found[place] if place < graph.size else -1 - place for place in places])


def _summed(runs: list[dict[str, float]]) -> dict[str, Any]:
    """Mean and standard deviation (of the sample; 0 for one run) of each score."""
    columns = {name: np.array([run[name] for run in runs], np.float64) for name in runs[0]}
    return {
        "mean": {name: float(values.mean()) for name, values in columns.items()},
        "std": {name: float(values.std(ddof=1)) if len(runs) > 1 else 0.0 for name, values in columns.items()},
        "runs": runs,
    }


def _signature(inputs: list, joined: Join, level: int | str, classes: int, facts: dict, seeds: int) -> str:
    """The files, how items were matched, and which packages the baselines are from."""
    names = [marked(record["name"], record.get("sha256")) for record in inputs]
    found: dict[str, Any] = {"result": names[0], "labels": names[1], "items": len(joined.nodes), "classes": classes}
    found["joined_by"] = joined.by if joined.first is None else f"row-from-{joined.first}"
    found |= {"level": level, "normalized": "arithmetic", **facts}
    if facts:
        found |= {"data": names[2:], "seeds": f"0-{seeds - 1}"}
    return signature("eval-clusters", **found)
