"""What `mine cluster` writes: nodes with their modules, and the soft membership of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.cli.cluster.options import FLOW_MODELS, ClusterOutputOptions
from hanmine.cli.environment import Environment
from hanmine.cli.output import check_files, check_redirection, file_target, planned_format, table_format_of
from hanmine.errors import UsageError
from hanmine.formats.atomic import open_output
from hanmine.formats.tables import write_table

if TYPE_CHECKING:
    from hanmine.cli.cluster.found import Found
    from hanmine.infomap import Clustering


@dataclass(frozen=True)
class ClusterPlan:
    """What was decided about the outputs of a run.

    Attributes
    ----------
    target : the file to write, or None for standard output.
    format : one of `hanmine.formats.graphs.CLUSTER_FORMATS`.
    for_terminal : nothing was said and a person reads standard output: show, do not dump.
    header, bom : as the options say.
    sort : "row" or "path", the order of rows of tables; None: that of the kind of input.
    memberships, modules, plot, summary : further files, or None.
    """

    target: Path | None
    format: str
    for_terminal: bool
    header: bool
    bom: bool
    sort: str | None
    memberships: Path | None
    modules: Path | None
    plot: Path | None
    summary: Path | None

    def by_row(self, found: Found) -> bool:
        """Whether rows of tables stand in the order of the input."""
        return self.sort == "row" if self.sort is not None else found.by_row


def plan_clustering(
    options: ClusterOutputOptions, environment: Environment, inputs: Sequence[Path | int], plot: Path | None = None
) -> ClusterPlan:
    """Decide format and targets, and refuse here what cannot or must not be written.

    Raises
    ------
    UsageError : an unknown format, options that do not fit together.
    OutputError : a target that cannot be written, exists with --no-overwrite, or is an input.
    """
    target = file_target(options.output)
    if plot is not None:
        from hanmine.report.picture import picture_format

        picture_format(plot)
    others = {"--memberships": options.memberships, "--modules": options.modules, "--plot": plot}
    others["--summary-json"] = options.summary_json
    files = {"-o": target, **others}
    check_files(files, "modules", environment, inputs=inputs, overwrite=not options.no_overwrite)
    format = _format(options.format, target, environment)
    if options.bom and format != "csv":
        raise UsageError(f"--bom is for csv, and the format is {format}: pass -f csv")
    check_redirection(environment, inputs if target is None else [])
    return ClusterPlan(
        target=target,
        format=format,
        for_terminal=options.output is None and options.format is None and environment.stdout_is_terminal,
        header=not options.no_header,
        bom=options.bom,
        sort=options.sort,
        memberships=options.memberships,
        modules=options.modules,
        plot=plot,
        summary=options.summary_json,
    )


def _format(given: str | None, target: Path | None, environment: Environment) -> str:
    """What -f says, else what the extension of the target says, else tree."""
    from hanmine.formats.graphs import CLUSTER_FORMATS

    if given in FLOW_MODELS:
        raise UsageError(f"-f {given!r} is a flow model, and -f the format here: pass --flow-model {given}")
    return planned_format(given, target, CLUSTER_FORMATS, environment, default="tree")


def write_modules(plan: ClusterPlan, environment: Environment, found: Found) -> None:
    """Write the modules in the format of the plan."""
    from hanmine.cli.cluster.found import details_of
    from hanmine.cli.output import write_output
    from hanmine.formats.graphs import ClusteredGraph, write_clustering
    from hanmine.infomap.tree_links import arrays_of

    tables = plan.format in ("tsv", "csv", "jsonl")
    arrays = arrays_of(found.result)
    graph = ClusteredGraph(
        **arrays
        | {
            "names": found.names,
            "table": node_table(found, by_row=plan.by_row(found)) if tables else {},
            "arguments": found.command,
            "labels": [] if tables or plan.format in ("net", "nwk") else found.labels,
            "details": details_of(found) if plan.format == "json" and found.is_labelled else (),
            "made_from": _made_from(found),
        }
    )
    if plan.format == "net":
        for message in _pajek_messages(found):
            environment.say(message)
    write_output(
        plan,
        environment,
        lambda stream: write_clustering(stream, graph, plan.format, header=plan.header, bom=plan.bom),
    )


def _pajek_messages(found: Found) -> Iterator[str]:
    """What other tools, or other files of this result, understand otherwise than the .net means it."""
    ids = found.result.graph.ids
    if ids.size and ((ids[0], ids[-1]) != (1, ids.size) or (ids[1:] <= ids[:-1]).any()):
        yield "the .net numbers nodes from 1: for a .tree or .clu with these numbers, cluster the .net"
    if found.names is not None and len(set(found.names)) < len(found.names):
        yield "nodes have equal names: networkx makes one vertex of those in a .net (igraph and infomap do not)"


def _made_from(found: Found) -> dict[str, Any] | None:
    """How the graph was made, without what depends on the memory at hand."""
    facts = found.result.summary.get("graph")
    return None if facts is None else {name: value for name, value in facts.items() if name != "spilled"}


def node_table(found: Found, *, by_row: bool) -> dict[str, Any]:
    """A row for each node: node (or row), name, module, path, flow, own_share, and label and text where there are.

    by_row : in the order of the input, else of paths.
    """
    import numpy as np

    result = found.result
    table = {found.called if name == "node" else name: values for name, values in result.table.items()}
    order = result.tree.order
    if found.is_labelled:
        table["label"] = np.array(["", *found.labels], object)[table["module"]]
    if found.sentences is not None:
        table["text"] = np.array(found.sentences, object)[order]
    if by_row:
        place = np.argsort(order)
        table = {name: values[place] for name, values in table.items()}
    return table


def write_memberships(path: Path, found: Found, *, header: bool) -> None:
    """Write the share of each node's flow in each of the lowest modules, which are named by their paths."""
    format = table_format_of(path)
    table = membership_table(found)
    if format in ("tsv", "csv"):
        # Small shares have too few digits in a fixed number of decimals.
        table["share"] = [f"{share:.6g}" for share in table["share"].tolist()]
    with open_output(path) as stream:
        write_table(stream, table, format, header=header)


def membership_table(found: Found) -> dict[str, Any]:
    """Columns node (or row), name (where there are names), module (such as 1:2) and share; nodes in the order of the
    input."""
    import numpy as np

    result = found.result
    rows = result.memberships()
    leaves = result.tree.leaves()
    first = np.zeros(int(leaves.max()) + 1, np.int64)
    first[leaves[::-1]] = np.arange(leaves.size)[::-1]
    paths = np.array([""] + [":".join(map(str, result.tree.path(node)[:-1])) for node in first[1:].tolist()], object)
    table: dict[str, Any] = {found.called: result.graph.ids[rows.node]}
    if result.graph.names is not None:
        table["name"] = np.array(result.graph.names, object)[rows.node]
    return table | {"module": paths[rows.module], "share": rows.share}


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
