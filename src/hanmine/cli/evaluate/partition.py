"""`mine eval partition`: two partitions of the same nodes against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanmine.cli.evaluate.outcome import plan_scores, reading_of, tell_scores
from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.messages import MessageOptions
from hanmine.cli.options import OutputOptions

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment
    from hanmine.cli.output import OutputPlan

HELP = """\
Compare two partitions of the same nodes.

A and B are .clu, .tree or .ftree files, what mine cluster writes as tsv, csv, jsonl or json, or two columns: node (name
or number) TAB label. One of them may be -, standard input. Nodes are matched by name where both files have names, else
by number; those that one file lacks are told and left out.

nmi is the mutual information normalized by the arithmetic mean of both entropies, ami the same adjusted for chance
(exactly, Vinh et al. 2010), ari the adjusted Rand index. All are 1 for equal partitions; ami and ari are about 0 for
random ones. Of each partition: number of modules, and the sizes of the largest, the median and the smallest one
(--summary-json has all sizes).

With --graph the codelength of each hierarchy in bits, all its levels, and that of B less that of A.

\b
Examples:
  mine eval partition modules.tree truth.clu
  mine eval partition ours.tree theirs.tree --level leaf --graph links.txt --directed
  mine cluster links.txt -f clu | mine eval partition - classes.tsv -f json
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

A = Annotated[str, typer.Argument(metavar="A", help="A partition, or - for standard input.", show_default=False)]
B = Annotated[str, typer.Argument(metavar="B", help="Another one.", show_default=False)]
Level = Annotated[
    str,
    option(
        metavar="LEVEL", help="Modules of a hierarchy to compare: top, leaf (the lowest) or a number from 1, the top."
    ),
]
GraphFile = Annotated[
    Path | None, option("--graph", metavar="FILE", help="The graph, for codelengths; formats as in mine cluster.")
]
Directed = Annotated[bool, option("-d", "--directed", help="The flow on the graph is directed.")]

_SIDE = ("modules", "largest", "median", "smallest", "codelength")


@app.command("partition", help=HELP, cls=Command)
@with_option_groups
def partition(
    context: typer.Context,
    a: A,
    b: B,
    level: Level = "top",
    graph: GraphFile = None,
    directed: Directed = False,
    *,
    output: OutputOptions,
    messages: MessageOptions,
) -> None:
    environment: Environment = context.obj
    plan = plan_scores(context, [a, b, graph], output)

    from hanmine.evaluate.partition import evaluate_partition

    settings = {"level": level, "graph": graph, "directed": directed or None}
    scores = evaluate_partition(a, b, **settings, **reading_of(environment))
    tell_scores(plan, environment, scores, lambda: _table(scores, plan), lambda: _show(environment, scores))


def _table(scores: dict[str, Any], plan: OutputPlan) -> dict[str, list]:
    """One row with everything."""
    row = {name: scores[name] for name in ("nodes", "only_in_a", "only_in_b", "nmi", "ami", "ari")}
    for name in _SIDE:
        row |= {f"{name}_{side}": scores[side][name] for side in "ab" if name in scores[side]}
    if "codelength_difference" in scores:
        row["codelength_difference"] = scores["codelength_difference"]
    if plan.format in ("tsv", "csv"):
        # Four decimals are too few for bits.
        row |= {name: f"{value:.9f}" for name, value in row.items() if name.startswith("codelength")}
    return {name: [value] for name, value in row.items()}


def _show(environment: Environment, scores: dict[str, Any]) -> None:
    """Print what each partition is, how alike they are, and the signature below."""
    from hanmine.formats.terminal import print_table

    measures = [name for name in _SIDE if name in scores["a"]]
    shown: dict[str, list] = {"": measures}
    for side in "ab":
        shown[side.upper()] = [_cell(name, scores[side][name]) for name in measures]
    print_table(environment.stdout, shown, numeric=["A", "B"], styled=environment.styles_output)
    if "codelength_difference" in scores:
        environment.print_line(f"codelength of B less that of A: {scores['codelength_difference']:+.6f} bits")
    environment.print_line(
        f"NMI {scores['nmi']:.4f}, AMI {scores['ami']:.4f}, ARI {scores['ari']:.4f} over {scores['nodes']:,} nodes, "
        f"matched by {scores['matched_by']}"
    )
    environment.print_line(scores["signature"])


def _cell(name: str, value: float) -> str:
    return f"{value:.6f}" if name == "codelength" else f"{value:g}" if name == "median" else f"{value:,}"
