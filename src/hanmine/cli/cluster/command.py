"""`mine cluster`: the modules of a graph, of vectors, or of the words of a text, by the map equation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.cluster.inputs import check_files, check_words, files_of, settle_kind
from hanmine.cli.cluster.options import GRAPH_INPUTS, ClusterOutputOptions, FlowGroup, SearchGroup
from hanmine.cli.cluster.refused import ClusterCommand
from hanmine.cli.cluster.request import Request
from hanmine.cli.cluster.theme_options import LabelGroup, Rows, TextGroup, VectorGroup, WordGroup
from hanmine.cli.groups import option, with_option_groups
from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import RunOptions, corpus
from hanmine.errors import InputError

if TYPE_CHECKING:
    from hanmine.cli.cluster.found import Found
    from hanmine.cli.environment import Environment
    from hanmine.formats.graphs import GraphFile
    from hanmine.infomap import Clustering

HELP = """\
Find the modules of graphs, words and sentences by the map equation.

A module is a part in which a random walker stays long; the best hierarchy of modules is the one by which the walk is
described in the fewest bits (Rosvall and Bergstrom 2008, 2011). No number of modules is given.
FILE is vectors (npy, npz, safetensors, Parquet, word2vec), each linked to its nearest neighbours as far as these are
nearer than chance brings them; or a graph: a link list (source, target and perhaps weight), a table of edges (csv,
tsv), a Pajek .net, a .npz or square .npy matrix, GraphML; or - for standard input. Several files of vectors are one
matrix, several link lists one graph. In place of FILE, --words and --corpus link words that occur together in a text.

\b
Examples:
  mine cluster karate.net                                  # a graph: a table of modules
  mine cluster links.txt --directed -o modules.tree
  mine cluster words.vec --rows 10000 -o words.tree        # words, by word2vec
  mine cluster vectors.npy --names words.txt -o modules.tsv
  mine cluster vectors.npy --text sentences.txt            # themes of sentences
  mine encode s.txt --model use | mine cluster - --text s.txt -o themes.tsv --plot themes.png
  mine newwords corpus.txt -f tsv | mine cluster --words - --corpus corpus.txt
  mine cluster links.txt -c other.clu --no-infomap         # the codelength of a partition

On a terminal the modules with most flow are shown: flow is the share of steps that end in the module, exit the share
that leaves it. In a pipe or with -o or -f all nodes are written: by default as a .tree; -f tsv has a row for each row
of vectors, in their order.
Options for flow and search have the names and meanings of the infomap tool; those that are missing here are refused by
name. -f, -j, -k, -o, -T and -q are those of mine.
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        show_default=False,
        help="Vectors or a graph, or - for standard input (the default in a pipe). gz, bz2, xz and zst are unpacked.",
    ),
]
InputFormat = Annotated[
    Literal[GRAPH_INPUTS],
    option(help="What FILE is; auto goes by its first bytes. links is tables of edges too, npy a square matrix."),
]


@app.command("cluster", help=HELP, cls=ClusterCommand)
@with_option_groups
def cluster(
    context: typer.Context,
    files: Files = None,
    *,
    vectors: VectorGroup,
    rows: Rows = None,
    words: WordGroup,
    label: LabelGroup,
    text: TextGroup,
    flow: FlowGroup,
    search: SearchGroup,
    input_format: InputFormat = "auto",
    output: ClusterOutputOptions,
    resources: RunOptions,
) -> None:
    from hanmine.cli.cluster.output import plan_clustering
    from hanmine.cli.progress import progress_on

    environment: Environment = context.obj
    stdin = getattr(environment.stdin, "buffer", None)
    if words.words is not None or words.corpus is not None:
        check_words(files, words, vectors, label, input_format)
        paths, corpora = [Path(words.words)], [Path(path) for path in words.corpus]
    else:
        paths, corpora = corpus(context, files), []
        check_files(words, text, label)
    read = [*paths, *(Path(path) for path in (vectors.names, label.text) if path is not None)]
    plan = plan_clustering(
        output, environment, files_of(environment, search, read, corpora, text.recursive), label.plot
    )
    kind = "words"
    if not corpora:
        kind, stdin = settle_kind(paths, input_format, vectors, rows, label, stdin)
    named = [] if kind == "words" else paths
    request = Request(kind, named, input_format, vectors, words, rows, label, text, flow, search, stdin, resources)

    prepare_kernels()
    from hanmine.provenance import Stopwatch

    watch = Stopwatch()
    with progress_on(environment) as progress:
        found = _clustered(request, watch, progress)
        for message in found.messages:
            environment.say(message)
        with watch.phase("write"):
            progress.phase("write")
            _write(plan, environment, found)
    _finish(plan, environment, found, watch)


def _clustered(request: Request, watch: Any, progress: Any) -> Found:
    """Read what the request names, and cluster it."""
    if request.kind == "words":
        from hanmine.cli.cluster.words import cluster_company

        return cluster_company(request, progress)
    if request.kind == "vectors":
        from hanmine.cli.cluster.vectors import cluster_rows

        return cluster_rows(request, progress)
    try:
        return _cluster_links(request, watch, progress)
    except InputError as error:
        if request.kind == "graph":
            raise
        raise InputError(f"{error} (if it holds vectors, pass --input-format vectors)") from error


def _cluster_links(request: Request, watch: Any, progress: Any) -> Found:
    """Read a graph and cluster it."""
    from hanmine.cli.cluster.found import Found
    from hanmine.cli.cluster.modules_output import check_picture
    from hanmine.formats.graphs import read_graph
    from hanmine.infomap import cluster_graph

    tmpdir = request.resources.tmpdir
    with watch.phase("read"):
        progress.phase("read")
        read = read_graph(request.paths, format=request.input_format, tmpdir=tmpdir, stdin=request.stdin)
        start = _start(request.search.cluster_data, read, request.stdin, tmpdir)
        check_picture(request.label.plot)
    result = cluster_graph(read, start=start, progress=progress, **request.clustered)
    return Found(result, request.command, read.inputs, label=request.label.label, messages=_about_links(result))


def _about_links(result: Clustering) -> list[str]:
    """What a person should hear of a graph that says little of its nodes."""
    import numpy as np

    size = result.graph.size
    seen = np.zeros(size, bool)
    seen[result.flow.source] = seen[result.flow.target] = True
    linked = int(seen.sum())
    if not linked:
        return [f"none of the {size:,} nodes has a link: the modules say nothing"]
    if 2 * linked <= size:
        return [f"{size - linked:,} of {size:,} nodes have no links: nothing says where they belong"]
    return []


def _start(path: Path | None, graph: GraphFile, stdin: Any, tmpdir: Path | None) -> list[tuple] | None:
    """The partition to begin with."""
    if path is None:
        return None
    from hanmine.formats.graphs import read_partition

    return read_partition(path, ids=graph.ids, names=graph.names, stdin=stdin, tmpdir=tmpdir)


def _write(plan: Any, environment: Environment, found: Found) -> None:
    """Write all files of the plan; standard output last, where a terminal is not to be shown the modules."""
    from hanmine.cli.cluster import modules_output, output

    if plan.memberships is not None:
        output.write_memberships(plan.memberships, found, header=plan.header)
    if plan.modules is not None:
        modules_output.write_module_table(plan.modules, found, header=plan.header)
    if not plan.for_terminal:
        output.write_modules(plan, environment, found)


def _finish(plan: Any, environment: Environment, found: Found, watch: Any) -> None:
    """Show the modules or say the result, write the summary and the picture, and say the signature with -v."""
    from hanmine.cli.cluster import modules_output, output
    from hanmine.cli.output import write_summary_of
    from hanmine.provenance import peak_memory

    if plan.for_terminal:
        modules_output.show_modules(environment, found)
    else:
        environment.say_result(output.result_line(found.result))
    summary, whole = found.result.summary, watch.timings()
    timings = {name: seconds for name, seconds in summary["timings"].items() if name not in ("wall", "cpu")}
    first = {"read": whole.pop("read")} if "read" in whole else {}
    summary |= {"inputs": found.inputs, "timings": {**first, **timings, **whole}, "peak_memory": peak_memory()}
    summary["messages"] = found.messages
    write_summary_of(plan, environment, summary)
    if plan.plot is not None:  # last: where it cannot be written the modules are saved
        for message in modules_output.draw(plan.plot, found):
            environment.say(message)
    if environment.verbose:
        environment.say(summary["signature"])
