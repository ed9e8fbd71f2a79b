"""`mine ngrams show`: the table of a text's n-grams."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import Files, InputOptions, Limit, OutputOptions, RunOptions, Sort, corpus, given, names
from hanmine.errors import UsageError
from hanmine.formats.tables import TABLE_FORMATS

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

ROWS_ON_TERMINAL = 40

HELP = """\
Print the character n-grams of a text with exact counts and statistics.

Columns: ngram, order, and those that --stats names: count, per_million (of the characters in runs), cohesion (pointwise
mutual information), npmi, t, g2, dice (these five between the two parts of the n-gram, the least over all cuts; nan for
single characters), left_entropy, right_entropy (branching entropy of the neighbours, the edge of a run being one kind),
accessor_variety (how many different neighbours, the smaller number of the two sides).

On a terminal the first 40 rows are shown; in a pipe or with -o or -f all rows are written.

\b
Examples:
  mine ngrams show corpus.txt --order 1-4 --min-count 10
  mine ngrams show corpus.txt --order 2 --stats count,npmi,g2 --sort g2 --limit 100
  mine ngrams show corpus.txt --order 1 --min-count 1 --stats count,per_million -o characters.csv
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Orders = Annotated[
    str | None,
    option("--order", metavar="N|N-M", help="Lengths in characters, as in 2 or 1-4.  [default: 1-4]"),
]
MinCount = Annotated[int | None, option(min=1, metavar="N", help="Drop what occurs less often.  [default: 5]")]
Stats = Annotated[
    str | None,
    option(metavar="NAME,...", help="Which statistics, by the names above.  [default: count]"),
]
LogBase = Annotated[Literal["e", "2"], option(help="Unit of cohesion and entropies: nats or bits.")]


@app.command("show", help=HELP, cls=Command)
@with_option_groups
def show(
    context: typer.Context,
    files: Files = None,
    order: Orders = None,
    min_count: MinCount = None,
    stats: Stats = None,
    log_base: LogBase = "e",
    sort: Sort = None,
    limit: Limit = None,
    *,
    input: InputOptions,
    output: OutputOptions,
    resources: RunOptions,
) -> None:
    from hanmine.cli.output import finish_run, input_files, plan_output, write_output
    from hanmine.cli.progress import progress_on
    from hanmine.formats.tables import write_table

    environment: Environment = context.obj
    paths = corpus(context, files)
    plan = plan_output(output, TABLE_FORMATS, environment, input_files(paths, input.recursive, environment))
    settings = given(
        orders=_orders(order),
        min_count=min_count,
        stats=names(stats),
        sort=sort,
        limit=limit,
        threads=resources.threads,
        tmpdir=resources.tmpdir,
    )

    prepare_kernels(linear_algebra=False)
    from hanmine.ngrams import count

    with progress_on(environment) as progress:
        counted = count(
            paths,
            log_base=log_base,
            progress=progress,
            hash_inputs=plan.summary is not None,
            **settings,
            **input.as_keywords(),
        )
    nothing = [] if counted.summary["characters"] else ["no text was found"]
    for message in [*nothing, *counted.messages]:
        environment.say(message)
    if plan.for_terminal:
        _show(environment, counted.table, every_row=limit is not None)
    else:
        write_output(
            plan,
            environment,
            lambda stream: write_table(stream, counted.table, plan.format, header=plan.header, bom=plan.bom),
        )
    finish_run(plan, environment, counted.summary)


def _orders(text: str | None) -> tuple[int, int] | None:
    """The first and last order of N or N-M."""
    if text is None:
        return None
    match = re.fullmatch(r"([1-9])(?:-([1-9]))?", text)
    if match is None:
        raise UsageError(f"--order {text!r} is no range of lengths: write one as in --order 2 or --order 1-4")
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise UsageError(f"--order {text!r} is empty: write the smaller length first")
    return first, last


def _show(environment: Environment, table: dict, *, every_row: bool) -> None:
    from hanmine.formats.terminal import print_table

    count = len(table["ngram"])
    rows = count if every_row else min(ROWS_ON_TERMINAL, count)
    print_table(environment.stdout, table, rows, styled=environment.styles_output)
    environment.say(f"{count:,} n-grams; shown: {rows:,}; -o FILE saves all")
