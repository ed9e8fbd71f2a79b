"""`mine newwords`: find the words of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import (
    Files,
    InputOptions,
    Limit,
    Repeats,
    RunOptions,
    Sort,
    WordListOptions,
    corpus,
    given,
    names,
    numbers,
)
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment
    from hanmine.cli.output import OutputPlan

FORMATS = ("tsv", "csv", "jsonl", "json", "words", "jieba", "hanlp")
ROWS_ON_TERMINAL = 40

HELP = """\
Find the words of a Chinese text, without a dictionary or labels.

Counts all character sequences exactly, keeps those that hold together (cohesion: the pointwise mutual information of
the weakest cut), cuts the text only where none of them covers both neighbours, and counts the pieces.

Columns: word, count (all occurrences), pieces (whole pieces of the cut; not with --method entropy), cohesion,
left_entropy, right_entropy (branching entropy of the neighbours), known (1: in a known dictionary). Cohesion and
entropies are in nats, or in bits with --log-base 2; probabilities are of all characters in runs, and the edge of a run
is one kind of neighbour.

On a terminal the first 40 unknown words are shown; in a pipe or with -o or -f all words are written.

\b
Examples:
  mine newwords corpus.txt                              # look
  mine newwords corpus.txt -o words.tsv                 # all words with their statistics
  mine newwords news/*.txt.gz --drop-known -f words     # one new word a line
  mine newwords weibo.csv --column text --min-count 20  # one column of an export
  mine newwords corpus.txt --drop-known -o new.jieba    # a dictionary for jieba.load_userdict
  mine newwords corpus.txt --method entropy --min-entropy 1.5 --sort cohesion
  zstdcat big.zst | mine newwords - --limit 1000 > words.tsv
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Method = Annotated[
    Literal["su", "entropy"],
    option(help="su: cut the text by cohesion; entropy: filter by cohesion and branching entropy (Matrix67)."),
]
Order = Annotated[
    int | None, option(min=2, max=4, metavar="N", help="Longest sequences to count; words may be longer.  [default: 4]")
]
MinCount = Annotated[int | None, option(min=1, metavar="N", help="Drop what occurs less often.  [default: 5]")]
Pmi = Annotated[
    str | None,
    option(
        metavar="X,X,...",
        help="Least cohesion in nats for each length from 1; the last repeats.  [default: 0,2,4,6]",
    ),
]
Preset = Annotated[
    Literal["su2016"] | None,
    option(help="The thresholds and look-back of 2016: ratios of 5, 25 and 125, look-back n,n-1."),
]
LookBack = Annotated[
    Literal["n", "n,n-1"] | None,
    option(
        help="Which windows of a piece must be strong sequences themselves: those of the full order, or also the next "
        "shorter.  [default: n]"
    ),
]
MinEntropy = Annotated[
    float | None,
    option(min=0, metavar="X", help="Least branching entropy in nats on either side.  [default: 0, or 1 with entropy]"),
]
MinLength = Annotated[int | None, option(min=1, metavar="N", help="Shortest word.  [default: 2]")]
MaxLength = Annotated[int | None, option(min=1, metavar="N", help="Longest word.  [default: any]")]
LogBase = Annotated[Literal["e", "2"], option(help="Unit of cohesion and entropies in the output: nats or bits.")]
Known = Annotated[
    list[str] | None,
    option(
        metavar="FILE|jieba|none",
        help="Which words are known: jieba's dictionary, a list in any format that this command writes, or none; may "
        "be repeated.  [default: jieba]",
    ),
]
DropKnown = Annotated[bool, option("--drop-known", help="Leave known words out.")]
OnlyKnown = Annotated[bool, option("--only-known", help="Keep only known words.")]
Freq = Annotated[bool, option("--freq", help="Write the counts as frequencies (jieba format).")]


@app.command("newwords", help=HELP, cls=Command)
@with_option_groups
def newwords(
    context: typer.Context,
    files: Files = None,
    method: Method = "su",
    order: Order = None,
    min_count: MinCount = None,
    pmi: Pmi = None,
    preset: Preset = None,
    look_back: LookBack = None,
    min_entropy: MinEntropy = None,
    min_length: MinLength = None,
    max_length: MaxLength = None,
    log_base: LogBase = "e",
    known: Known = None,
    drop_known: DropKnown = False,
    only_known: OnlyKnown = False,
    sort: Sort = None,
    limit: Limit = None,
    freq: Freq = False,
    repeats: Repeats = None,
    *,
    input: InputOptions,
    output: WordListOptions,
    resources: RunOptions,
) -> None:
    from pathlib import Path

    from hanmine.cli.output import finish_run, input_files, plan_output
    from hanmine.cli.progress import progress_on

    environment: Environment = context.obj
    paths = corpus(context, files)
    if drop_known and only_known:
        raise UsageError("--drop-known and --only-known leave nothing: pass one of them")
    if min_length is not None and max_length is not None and min_length > max_length:
        raise UsageError(f"--min-length {min_length} and --max-length {max_length} leave no word: raise the second")
    lists = [Path(name) for name in known or () if name not in ("jieba", "none")]
    inputs = input_files(paths, input.recursive, environment)
    plan = plan_output(output, FORMATS, environment, [*inputs, *lists])
    if freq and plan.format != "jieba":
        raise UsageError(f"--freq is for jieba dictionaries, and the format is {plan.format}: pass -f jieba")
    settings = given(
        order=order,
        min_count=min_count,
        pmi=numbers("--pmi", pmi),
        preset=preset,
        look_back=names(look_back),
        min_entropy=min_entropy,
        min_length=min_length,
        max_length=max_length,
        known=tuple(known) if known else None,
        sort=sort,
        limit=limit,
        repeats=repeats,
        threads=resources.threads,
        tmpdir=resources.tmpdir,
    )

    prepare_kernels(linear_algebra=False)
    from hanmine.newwords import discover

    with progress_on(environment) as progress:
        found = discover(
            paths,
            method=method,
            log_base=log_base,
            drop_known=drop_known,
            only_known=only_known,
            progress=progress,
            hash_inputs=plan.summary is not None,
            **settings,
            **input.as_keywords(),
        )
    for message in found.messages:
        environment.say(message)
    if plan.for_terminal:
        _show(environment, found.table, found.summary, every_row=limit is not None or only_known)
    else:
        _write(plan, environment, found.table, freq)
    finish_run(plan, environment, found.summary)


def _write(plan: OutputPlan, environment: Environment, table: dict[str, Any], freq: bool) -> None:
    """Write all rows in the format of the plan."""
    from hanmine.cli.output import write_output
    from hanmine.formats.tables import write_table
    from hanmine.formats.userdict import write_hanlp, write_jieba

    words, counts = table["word"], table["count"]
    if plan.format == "jieba":
        left_out = write_output(plan, environment, lambda stream: write_jieba(stream, words, counts if freq else None))
        if left_out:
            environment.say(
                f"{left_out:,} {'word' if left_out == 1 else 'words'} left out: jieba cannot match their characters"
            )
    elif plan.format == "hanlp":
        write_output(plan, environment, lambda stream: write_hanlp(stream, words, counts))
    else:
        write_output(
            plan,
            environment,
            lambda stream: write_table(stream, table, plan.format, header=plan.header, bom=plan.bom),
        )


def _show(environment: Environment, table: dict[str, Any], summary: dict[str, Any], *, every_row: bool) -> None:
    """Print the first rows of words that are not known (or every row), and say what there is besides."""
    from hanmine.formats.terminal import print_table

    rows = slice(None) if every_row else (table["known"] == 0).nonzero()[0][:ROWS_ON_TERMINAL]
    shown = {name: values[rows] for name, values in table.items()}
    print_table(environment.stdout, shown, styled=environment.styles_output)
    parts = f"{summary['words']:,} words, {summary['known']:,} of them known"
    if not every_row:
        parts += f"; shown: the first {len(shown['word'])} unknown"
    environment.say(f"{parts}; -o FILE saves all")
