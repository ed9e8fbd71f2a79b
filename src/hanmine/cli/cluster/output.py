"""What `mine cluster` writes and shows: modules in a file or on a terminal, and the soft membership of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.cli.cluster.options import FLOW_MODELS, ClusterOutputOptions
from hanmine.cli.environment import Environment
from hanmine.cli.output import check_redirection, file_target
from hanmine.errors import UsageError
from hanmine.formats.atomic import check_targets, open_output
from hanmine.formats.tables import TABLE_FORMATS, write_table

if TYPE_CHECKING:
    from hanmine.infomap import Clustering

MODULES_ON_TERMINAL = 20
MEMBERS_ON_TERMINAL = 6
_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst"})


@dataclass(frozen=True)
class ClusterPlan:
    """What was decided about the outputs of a run.

    Attributes
    ----------
    target : the file to write, or None for standard output.
    format : one of `hanmine.formats.graphs.CLUSTER_FORMATS`.
    for_terminal : nothing was said and a person reads standard output: show, do not dump.
    header, bom : as the options say.
    memberships, summary : further files, or None.
    """

    target: Path | None
    format: str
    for_terminal: bool
    header: bool
    bom: bool
    memberships: Path | None
    summary: Path | None


def plan_clustering(
    options: ClusterOutputOptions, environment: Environment, inputs: Sequence[Path | int]
) -> ClusterPlan:
    """Decide format and targets, and refuse here what cannot or must not be written.

    Raises
    ------
    UsageError : an unknown format, options that do not fit together.
    OutputError : a target that cannot be written, exists with --no-overwrite, or is an input.
    """
    target = file_target(options.output)
    for name, path in (("-o", target), ("--memberships", options.memberships)):
        if path is not None and path.suffix.lower() in _COMPRESSED:
            raise UsageError(f"{name} {path}: compressed output is not written: compress the file afterwards")
    format = _format(options.format, target)
    if options.bom and format != "csv":
        raise UsageError(f"--bom is for csv, and the format is {format}: pass -f csv")
    for name, path in (("--memberships", options.memberships), ("--summary-json", options.summary_json)):
        if path is not None and file_target(path) is None:
            raise UsageError(f"{name} needs a file: standard output is for the modules")
    targets = [path for path in (target, options.memberships, options.summary_json) if path is not None]
    check_targets(targets, overwrite=not options.no_overwrite, inputs=inputs)
    check_redirection(environment, inputs if target is None else [])
    return ClusterPlan(
        target=target,
        format=format,
        for_terminal=options.output is None and options.format is None and environment.stdout_is_terminal,
        header=not options.no_header,
        bom=options.bom,
        memberships=options.memberships,
        summary=options.summary_json,
    )


def _format(given: str | None, target: Path | None) -> str:
    """What -f says, else what the extension of the target says, else tree."""
    from hanmine.formats.graphs import CLUSTER_FORMATS, cluster_format_of

    if given in FLOW_MODELS:
        raise UsageError(f"-f {given!r} is a flow model, and -f the format here: pass --flow-model {given}")
    if given is not None and given not in CLUSTER_FORMATS:
        raise UsageError(f"-f {given!r} is unknown: choose {', '.join(CLUSTER_FORMATS)}")
    if given is not None or target is None:
        return given or "tree"
    return cluster_format_of(target) or {".ndjson": "jsonl"}.get(target.suffix.lower(), "tree")


def write_modules(plan: ClusterPlan, environment: Environment, result: Clustering, command: str) -> None:
    """Write the modules in the format of the plan; `command` is what the header says of the run."""
    from hanmine.cli.output import write_output
    from hanmine.formats.graphs import ClusteredGraph, write_clustering
    from hanmine.infomap.tree_links import arrays_of

    graph = ClusteredGraph(**arrays_of(result), arguments=command)
    write_output(
        plan,
        environment,
        lambda stream: write_clustering(stream, graph, plan.format, header=plan.header, bom=plan.bom),
    )


def write_memberships(path: Path, result: Clustering, *, header: bool) -> None:
    """Write the share of each node's flow in each of the lowest modules, which are named by their paths."""
    format = {".ndjson": "jsonl"}.get(path.suffix.lower(), path.suffix.lower().removeprefix("."))
    format = format if format in TABLE_FORMATS else "tsv"
    table = membership_table(result)
    if format in ("tsv", "csv"):
        # Small shares have too few digits in a fixed number of decimals.
        table["share"] = [f"{share:.6g}" for share in table["share"].tolist()]
    with open_output(path) as stream:
        write_table(stream, table, format, header=header)


def membership_table(result: Clustering) -> dict[str, Any]:
    """Columns node, name (where there are names), module (such as 1:2) and share; nodes in the order of the input."""
    import numpy as np

    rows = result.memberships()
    leaves = result.tree.leaves()
    first = np.zeros(int(leaves.max()) + 1, np.int64)
    first[leaves[::-1]] = np.arange(leaves.size)[::-1]
    paths = np.array([""] + [":".join(map(str, result.tree.path(node)[:-1])) for node in first[1:].tolist()], object)
    table: dict[str, Any] = {"node": result.graph.ids[rows.node]}
    if result.graph.names is not None:
        table["name"] = np.array(result.graph.names, object)[rows.node]
    return table | {"module": paths[rows.module], "share": rows.share}


def show_modules(environment: Environment, result: Clustering) -> None:
    """Print the modules with most flow, each with its central nodes, and the description length below."""
    from hanmine.formats.terminal import print_table

    table = module_table(result, MODULES_ON_TERMINAL)
    print_table(environment.stdout, table, styled=environment.styles_output)
    more = result.summary["modules"] - len(table["module"])
    if more > 0:
        environment.stdout.write(f"and {more:,} more modules; -o FILE saves all\n")
    environment.stdout.write(result_line(result) + "\n")


def module_table(result: Clustering, most: int) -> dict[str, Any]:
    """The first `most` top modules: nodes, flow, what of it exits in a step, and the nodes with most flow."""
    import numpy as np

    label, flow = result.labels - 1, result.tree.flow
    count = int(label.max()) + 1
    shown = min(count, most)
    nodes = np.bincount(label, minlength=count)
    exits = result.network.module_flows(label.astype(np.int32), count)[:, 1] if count > 1 else np.zeros(1)
    # Flows that are equal but for their last bits stay in the order of the input.
    order = np.lexsort((np.arange(label.size), -np.round(flow, 14), label))
    begin = np.concatenate([[0], np.cumsum(nodes)])
    return {
        "module": np.arange(1, shown + 1),
        "nodes": nodes[:shown],
        "flow": np.bincount(label, flow, count)[:shown],
        "exit": exits[:shown],
        "central nodes": [
            ", ".join(_label(result, node) for node in order[begin[k] : begin[k + 1]][:MEMBERS_ON_TERMINAL].tolist())
            for k in range(shown)
        ],
    }


def _label(result: Clustering, node: int) -> str:
    names = result.graph.names
    text = str(result.graph.ids[node]) if names is None else str(names[node])
    return "".join(character if character.isprintable() else " " for character in text)


def result_line(result: Clustering) -> str:
    """The description length and the shape of the hierarchy in one line."""
    summary = result.summary
    parts = [f"{summary['levels']} levels", f"{summary['modules']:,} modules"]
    if summary["leaf_modules"] != summary["modules"]:
        parts[1] = f"{summary['modules']:,} top modules, {summary['leaf_modules']:,} lowest ones"
    return (
        f"codelength {summary['codelength']:.6f} bits, {100 * summary['relative_savings']:.2f} % less than "
        f"{summary['one_level_codelength']:.6f} without modules; {', '.join(parts)}; "
        f"{summary['nodes']:,} nodes, {summary['links']:,} links"
    )
