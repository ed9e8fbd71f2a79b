"""`mine cluster`: the modules of a graph by the map equation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.cluster.options import (
    GRAPH_INPUTS,
    ClusterCommand,
    ClusterOutputOptions,
    FlowGroup,
    SearchGroup,
    command_of,
    keywords_of,
)
from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import RunOptions, corpus, option, with_option_groups
from hanmine.errors import InputError, UsageError

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment
    from hanmine.formats.graphs import GraphFile

HELP = """\
Find the modules of a graph by the map equation.

A module is a part in which a random walker stays long; the best hierarchy of modules is the one by which the walk is
described in the fewest bits (Rosvall and Bergstrom 2008, 2011). FILE is a link list (source, target and perhaps
weight), a table of edges (csv, tsv), a Pajek .net, a .npz or .npy matrix, GraphML, or - for standard input; several
link lists make one graph.
Options have the names and meanings of the infomap tool; those that are missing here are refused by name. -f, -j, -o, -T
and -q are those of mine.
On a terminal the modules with most flow are shown, each with its central nodes: flow is the share of steps that end in
the module, exit the share that leaves it. In a pipe or with -o or -f the hierarchy is written: by default a .tree.

\b
Examples:
  mine cluster karate.net                                  # a table of modules
  mine cluster links.txt --directed -o modules.tree
  mine cluster links.txt -2 --num-trials 10 -j 2 -o modules.tsv --memberships shares.tsv
  mine cluster graph.graphml -o modules.gexf               # for Gephi
  mine cluster today.txt -c yesterday.tree -o today.tree   # begin with a partition
  mine cluster links.txt -c other.clu --no-infomap         # its codelength
  mine similar vectors.npy --self --no-header | cut -f 1,3,4 | mine cluster - -d
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Graphs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        show_default=False,
        help="A graph, or - for standard input (the default in a pipe). gz, bz2, xz and zst are unpacked.",
    ),
]
InputFormat = Annotated[
    Literal[GRAPH_INPUTS], option(help="What FILE is; auto goes by its first bytes. links is tables of edges too.")
]


@app.command("cluster", help=HELP, cls=ClusterCommand)
@with_option_groups
def cluster(
    context: typer.Context,
    files: Graphs = None,
    *,
    flow: FlowGroup,
    search: SearchGroup,
    input_format: InputFormat = "auto",
    output: ClusterOutputOptions,
    resources: RunOptions,
) -> None:
    from hanmine.cli.cluster import output as results
    from hanmine.cli.progress import progress_on

    environment: Environment = context.obj
    paths = corpus(context, files)
    plan = results.plan_clustering(output, environment, _inputs(environment, paths, search))

    prepare_kernels()
    from hanmine.formats.graphs import read_graph
    from hanmine.infomap import cluster_graph
    from hanmine.provenance import Stopwatch

    watch = Stopwatch()
    stdin = getattr(environment.stdin, "buffer", None)
    with progress_on(environment) as progress:
        with watch.phase("read"):
            progress.phase("read")
            read = read_graph(paths, format=input_format, tmpdir=resources.tmpdir, stdin=stdin)
            start = _start(search.cluster_data, read, stdin, resources.tmpdir)
        result = cluster_graph(
            read,
            start=start,
            search=not search.no_infomap,
            threads=resources.threads,
            progress=progress,
            **keywords_of(flow, search),
        )
        with watch.phase("write"):
            progress.phase("write")
            if not plan.for_terminal:
                results.write_modules(plan, environment, result, command_of(paths, flow, search))
            if plan.memberships is not None:
                results.write_memberships(plan.memberships, result, header=plan.header)
    if plan.for_terminal:
        results.show_modules(environment, result)
    else:
        environment.say_result(results.result_line(result))
    _finish(plan, environment, result.summary, read, watch)


def _inputs(environment: Environment, paths: list[Path], search: SearchGroup) -> list[Path | int]:
    """All that is read, which no output may replace.

    Raises
    ------
    InputError : a file is missing, or a folder. UsageError : options that contradict each other.
    """
    from hanmine.cli.output import input_files

    if search.no_infomap and search.cluster_data is None:
        raise UsageError("--no-infomap leaves a partition to evaluate: pass --cluster-data FILE, or leave it out")
    named = [*paths, *([search.cluster_data] if search.cluster_data is not None else [])]
    if named.count(Path("-")) > 1:
        raise UsageError("standard input (-) is named twice: it can be read only once")
    for path in named:
        if path.is_dir():
            raise InputError(f"{path}: is a folder: name the file of a graph (the result goes to -o FILE)")
    return input_files(named, False, environment)


def _start(path: Path | None, graph: GraphFile, stdin: Any, tmpdir: Path | None) -> list[tuple] | None:
    """The partition to begin with."""
    if path is None:
        return None
    from hanmine.formats.graphs import read_partition

    return read_partition(path, ids=graph.ids, names=graph.names, stdin=stdin, tmpdir=tmpdir)


def _finish(plan: Any, environment: Environment, summary: dict[str, Any], read: GraphFile, watch: Any) -> None:
    """Write the summary of the run, and say its signature with -v."""
    from hanmine.cli.output import write_summary_of
    from hanmine.provenance import peak_memory

    timings = {name: summary["timings"][name] for name in ("flow", "search", "search_cpu")}
    whole = watch.timings()
    summary |= {
        "inputs": read.inputs,
        "timings": {"read": whole.pop("read"), **timings, **whole},
        "peak_memory": peak_memory(),
    }
    write_summary_of(plan, environment, summary)
    if environment.verbose:
        environment.say(summary["signature"])
