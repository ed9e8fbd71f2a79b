"""`mine similar`: nearest neighbours of vectors, and the similarity of pairs."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from hanmine.cli.groups import Command, given_options, option, with_option_groups
from hanmine.cli.lazy import HelpWanted, prepare_kernels
from hanmine.cli.options import (
    ArrayName,
    Column,
    EncodingOptions,
    OutputOptions,
    RowErrors,
    RunOptions,
    short_help,
)
from hanmine.errors import InputError, UsageError
from hanmine.formats.tables import TABLE_FORMATS
from hanmine.text.options import TextOptions

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Find the nearest neighbours of vectors by cosine, or score pairs of them.

VECTORS are searched for the -k nearest of each row of QUERIES, or with --self of each of their own rows, which never
finds itself. Both are .npy, .npz, .safetensors, Parquet or word2vec files, patterns of several files, or - for standard
input; neither needs to fit into memory.

Columns: query and neighbour (rows, counted from 0 as numpy does), rank (from 1), similarity (cosine, -1 to 1). --text
joins the sentences (query_text, neighbour_text); word2vec files bring their words (query_name, neighbour_name). With
--pairs row i of VECTORS is compared with row i of QUERIES: columns row and similarity.

The search is exact. Of equal cosines (to 12 digits) the smaller row number comes first; a row of zeros has cosine 0
with everything; rows with NaN or infinity are refused.

On a terminal the first 40 rows are shown; in a pipe or with -o or -f all rows are written.

\b
Examples:
  mine similar vectors.npy queries.npy -k 10 -o neighbours.tsv
  mine similar vectors.npy --self -k 5 --text sentences.txt
  mine similar words.vec --self --min-similarity 0.7 -f jsonl
  mine similar left.npy right.npy --pairs > similarities.tsv
  mine similar big.npy --self --approximate -o neighbours.tsv   # pip install 'hanmine[ann]'
  cat sentences.txt | mine encode - --model use | mine similar - --self --text sentences.txt
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Vectors = Annotated[
    str | None,
    typer.Argument(metavar="VECTORS", show_default=False, help="The vectors to search, or - for standard input."),
]
Queries = Annotated[
    str | None,
    typer.Argument(metavar="[QUERIES]", show_default=False, help="The vectors whose neighbours are wanted."),
]
K = Annotated[
    int | None, option("-k", "--neighbours", min=1, metavar="N", help="Neighbours of each query.  [default: 10]")
]
Itself = Annotated[bool, option("--self", help="Search VECTORS for the neighbours of its own rows.")]
Pairs = Annotated[bool, option("--pairs", help="Compare VECTORS and QUERIES row by row.")]
Text = Annotated[
    str | None,
    option(metavar="FILE", help="The sentences of VECTORS: a line for each row, or with --column a record."),
]
QueryText = Annotated[str | None, option(metavar="FILE", help="The sentences of QUERIES.")]
MinSimilarity = Annotated[
    float | None, option(min=-1, max=1, metavar="X", help="Leave out rows with a smaller cosine.")
]
Approximate = Annotated[
    bool,
    option("--approximate", help="Search an index in memory: faster from about 100,000 rows, and not quite exact."),
]
QueryArray = Annotated[
    str | None, option(metavar="NAME", help="The same for QUERIES.  [default: the name given as --array]")
]


@dataclass
class TextGroup(EncodingOptions):
    """How the sentences of --text and --query-text are read."""

    heading: ClassVar[str] = "How --text and --query-text are read"

    errors: Annotated[
        RowErrors,
        option(
            help="At what cannot be read: stop, or put U+FFFD for bytes and an empty line for a record; skip leaves "
            "out rows whose names are no UTF-8."
        ),
    ] = TextOptions.errors
    column: Column = TextOptions.column


@app.command("similar", help=HELP, cls=Command)
@with_option_groups
def similar(
    context: typer.Context,
    vectors: Vectors = None,
    queries: Queries = None,
    k: K = None,
    itself: Itself = False,
    pairs: Pairs = False,
    text: Text = None,
    query_text: QueryText = None,
    min_similarity: MinSimilarity = None,
    approximate: Approximate = False,
    array: ArrayName = None,
    query_array: QueryArray = None,
    *,
    reading: TextGroup,
    output: OutputOptions,
    resources: RunOptions,
) -> None:
    from hanmine.cli.output import input_files, plan_output
    from hanmine.cli.progress import progress_on

    environment: Environment = context.obj
    if vectors is None and not (itself and not environment.stdin_is_terminal):
        raise HelpWanted(context, short_help(context))
    vectors = vectors or "-"
    _check_usage(queries, k, itself=itself, pairs=pairs, query_text=query_text, approximate=approximate)
    said = [name for name in given_options(reading) if name != "--errors"]  # which is for names of vectors, too
    if text is None and query_text is None and said:
        raise UsageError(f"{said[0]} says how sentences are read: pass --text FILE, or leave it out")
    text_options = TextOptions(
        **asdict(reading) | {"errors": "replace" if reading.errors == "skip" else reading.errors}
    )
    paths = [Path(path) for path in (vectors, queries, text, query_text) if path is not None]
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path}: is a folder: name a file, or a pattern such as '{path}/*.npy'")
    plan = plan_output(output, TABLE_FORMATS, environment, input_files(paths, False, environment))

    prepare_kernels()
    from hanmine.cli.similar import tables as tables
    from hanmine.formats.vectors import open_vectors

    stdin = getattr(environment.stdin, "buffer", None)
    given: dict[str, Any] = {"errors": reading.errors, "tmpdir": resources.tmpdir, "stdin": stdin}
    with progress_on(environment) as progress, ExitStack() as stack:
        base = stack.enter_context(open_vectors([vectors], array=array, progress=progress, **given))
        other = None
        if queries is not None:
            other = stack.enter_context(open_vectors([queries], array=query_array or array, progress=progress, **given))
            _check_shapes((vectors, base), (queries, other), pairs=pairs)
        labels = tables.read_labels(base, other, (text, query_text), text_options, stdin, pairs=pairs)
        settings = {"threads": resources.threads, "progress": progress}
        if pairs:
            run = tables.PairTables(base, other, labels, min_similarity, **settings)
        else:
            run = tables.NeighbourTables(
                base, other, labels, min_similarity, k=k or 10, approximate=approximate, **settings
            )
        for message in [*base.messages, *(other.messages if other else ()), *run.messages]:
            environment.say(message)
        if plan.for_terminal:
            tables.show_first(run, environment)
        else:
            tables.write_all(run, plan, environment)
        tables.finish(run, plan, environment)


def _check_usage(
    queries: str | None, k: int | None, *, itself: bool, pairs: bool, query_text: str | None, approximate: bool
) -> None:
    """Refuse options that contradict each other.

    Raises
    ------
    UsageError : the first contradiction.
    """
    if itself and queries is not None:
        raise UsageError(f"--self searches VECTORS for its own rows, and QUERIES is {queries!r}: pass one of them")
    if itself and pairs:
        raise UsageError("--pairs compares VECTORS with QUERIES, and --self has no QUERIES: pass one of them")
    if not itself and queries is None:
        raise UsageError("what are the VECTORS compared with? Name QUERIES, or pass --self")
    if itself and query_text is not None:
        raise UsageError("--query-text is for QUERIES, and --self has none: pass --text")
    if pairs and k is not None:
        raise UsageError("--pairs has one cosine a row, no neighbours: leave -k out")
    if pairs and approximate:
        raise UsageError("--pairs searches nothing: leave --approximate out")


def _check_shapes(vectors: tuple[str, Any], queries: tuple[str, Any], *, pairs: bool) -> None:
    """Refuse matrices that cannot be compared.

    Raises
    ------
    InputError : different numbers of dimensions, or of rows where pairs are compared.
    """
    (name, base), (other_name, other) = vectors, queries
    if base.shape[1] != other.shape[1]:
        raise InputError(
            f"{other_name}: has {other.shape[1]:,} dimensions and {name} {base.shape[1]:,}: "
            "compare vectors of one encoder and one map"
        )
    if pairs and base.shape[0] != other.shape[0]:
        raise InputError(
            f"{other_name}: has {other.shape[0]:,} rows and {name} {base.shape[0]:,}: --pairs needs as many"
        )
