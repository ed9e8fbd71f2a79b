"""`mine eval clusters`: clusters against classes that are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.evaluate.outcome import plan_scores, reading_of, tell_scores
from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.messages import MessageOptions
from hanmine.cli.options import ArrayName, EncodingOptions, OutputOptions
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Score clusters against classes that are known.

RESULT is what mine cluster writes (tsv, csv, jsonl, json, .clu, .tree or .ftree), two columns (name or number TAB
cluster), or a cluster a line; it is UTF-8. LABELS is a label a line, or a table (tsv, csv by its extension, jsonl): the
label is in --label-column, else in a column called label, class or the like, else in the last one, and there is no
header then.

Items are matched by name where both sides have names (those of a table are in its first other column), else by row,
counted as the result counts: mine cluster counts rows of vectors from 0. What one side lacks is told and left out.

nmi, ami and ari are as in mine eval partition. b3_precision, b3_recall and b3_f1 are B-cubed: of each item, the share
of its cluster that is of its class, and of its class that is in its cluster, on average. purity is the share of items
that are of the main class of their cluster, inverse_purity of those in the main cluster of their class.

--vectors adds k-means that is told the true number of classes, on the same vectors made to length 1; --graph adds
Leiden by modularity on the same graph (extra: leiden). Both are mean and standard deviation over --seeds runs.

\b
Examples:
  mine cluster titles.npy -f tsv | mine eval clusters - classes.txt --vectors titles.npy
  mine eval clusters modules.tsv topics.tsv --label-column topic
  mine eval clusters modules.tree words.tsv --graph links.net -f json
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Result = Annotated[str, typer.Argument(metavar="RESULT", help="Clusters, or - for standard input.", show_default=False)]
LabelFile = Annotated[str, typer.Argument(metavar="LABELS", help="The classes.", show_default=False)]
LabelColumn = Annotated[
    str | None, option(metavar="NAME", help="The column of LABELS, by its name in the header or its number from 1.")
]
Join = Annotated[Literal["auto", "row", "name"], option(help="How items are matched with labels.")]
Level = Annotated[
    str, option(metavar="LEVEL", help="Clusters of a hierarchy: top, leaf (the lowest) or a number from 1, the top.")
]
Vectors = Annotated[
    Path | None, option(metavar="FILE", help="Vectors of the items: score k-means with the true number of clusters.")
]
GraphFile = Annotated[
    Path | None,
    option("--graph", metavar="FILE", help="The graph that was clustered, as for mine cluster: score Leiden on it."),
]
Seeds = Annotated[int, option(min=1, max=10_000, metavar="N", help="Runs of k-means and of Leiden.")]


@app.command("clusters", help=HELP, cls=Command)
@with_option_groups
def clusters(
    context: typer.Context,
    result: Result,
    labels: LabelFile,
    label_column: LabelColumn = None,
    join: Join = "auto",
    level: Level = "top",
    vectors: Vectors = None,
    array: ArrayName = None,
    graph: GraphFile = None,
    seeds: Seeds = 10,
    *,
    text: EncodingOptions,
    output: OutputOptions,
    messages: MessageOptions,
) -> None:
    environment: Environment = context.obj
    if array is not None and vectors is None:
        raise UsageError("--array is for --vectors: pass it, or leave --array out")
    plan = plan_scores(context, [result, labels, vectors, graph], output)

    from hanmine.evaluate.clusters import evaluate_clusters

    scores = evaluate_clusters(
        result,
        labels,
        label_column=label_column,
        join=join,
        level=level,
        vectors=vectors,
        array=array,
        graph=graph,
        seeds=seeds,
        **reading_of(environment, text),
    )
    tell_scores(plan, environment, scores, lambda: _table(scores, plan.format), lambda: _show(environment, scores))


_SCORES = ("nmi", "ami", "ari", "b3_precision", "b3_recall", "b3_f1", "purity", "inverse_purity")
_SIZES = ("clusters", "largest", "median", "smallest")


def _table(scores: dict[str, Any], format: str) -> dict[str, list]:
    """A row for the result, and two for each baseline: mean and standard deviation."""
    rows = [("result", "value", scores)]
    for system, found in scores["baselines"].items():
        rows += [(system, statistic, found[statistic]) for statistic in ("mean", "std")]
    table: dict[str, list] = {"system": [row[0] for row in rows], "statistic": [row[1] for row in rows]}
    table |= {name: [found[name] for _, _, found in rows] for name in (*_SCORES, *_SIZES)}
    if format in ("tsv", "csv"):
        # Counts, and means of them, without four decimals.
        table |= {name: [f"{value:.10g}" for value in table[name]] for name in _SIZES}
    facts = {name: scores[name] for name in ("items", "classes")}
    return table | {name: [value] * len(rows) for name, value in facts.items()}


def _show(environment: Environment, scores: dict[str, Any]) -> None:
    """Print a column for the result and each baseline, what was scored, and the signature below."""
    from hanmine.formats.terminal import print_table

    shown: dict[str, list] = {"": [*_SCORES, *_SIZES]}
    shown["result"] = [_cell(scores[name], name) for name in shown[""]]
    for system, found in scores["baselines"].items():
        shown[system] = [
            f"{_cell(found['mean'][name], name)} ± {_cell(found['std'][name], name)}" for name in shown[""]
        ]
    numeric = [name for name in shown if name]
    print_table(environment.stdout, shown, numeric=numeric, styled=environment.styles_output)
    runs = f"; {scores['seeds']} runs of each baseline" if scores["baselines"] else ""
    environment.print_line(
        f"{scores['items']:,} items in {scores['classes']:,} classes, matched by {scores['joined_by']}{runs}\n"
        f"{scores['signature']}"
    )


def _cell(value: float, name: str) -> str:
    return f"{value:.4f}" if name in _SCORES else f"{value:,.1f}" if value % 1 else f"{value:,.0f}"
