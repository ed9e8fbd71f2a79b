"""`mine segment`: text into words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import Files, RunOptions, corpus, named
from hanmine.cli.segment.options import (
    METHODS,
    DecisionGroup,
    MaskingGroup,
    RuleGroup,
    SegmentInput,
    SegmentOutputGroup,
    StatisticsGroup,
    keywords_of,
)

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Cut Chinese text into words, without a dictionary or labels.

One line of words comes out for each line that goes in, empty ones too. Joined, the words are the line: white space of
the text is kept as words of its own.

nvbe scores words by their branching entropy in the text itself, or in --corpus. masking asks a masked language model
how much two neighbouring characters tell about each other (Perturbed Masking). combined does both in one dynamic
program, with one model or several, and finds words best. auto is combined where a model or gap scores are given; where
none are, it takes e5 for short texts if that is installed, else nvbe, and says which.

Numbers, dates, Latin words and punctuation go by rules, each with its switch; --user-dict comes before all of them.
A short text has few words to count: give --corpus-add, more text of its kind.

\b
Examples:
  mine segment novel.txt > words.txt
  mine segment news.txt --model ./bert-base-chinese -o news.words     # combined
  mine segment tweets.csv --column text --corpus-add news.txt -f jsonl -o tweets.jsonl
  mine segment big.txt --method nvbe --save-stats big.npz | head
  mine segment more.txt --method nvbe --stats big.npz --delimiter /
  mine segment sentence.txt --model ./bert-base-chinese --preset su2020
  mine segment test.txt | mine eval segmentation - gold.txt
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Method = Annotated[
    Literal[METHODS], option(help="Word scores, gap scores of a model, or both; auto says which it takes.")
]


@app.command("segment", help=HELP, cls=Command)
@with_option_groups
def segment(
    ctx: typer.Context,
    files: Files = None,
    method: Method = "auto",
    *,
    masking: MaskingGroup,
    decision: DecisionGroup,
    statistics: StatisticsGroup,
    rules: RuleGroup,
    input: SegmentInput,
    output: SegmentOutputGroup,
    resources: RunOptions,
) -> None:
    from dataclasses import asdict

    from hanmine.cli.output import write_output
    from hanmine.cli.progress import progress_on
    from hanmine.cli.segment.output import plan_segmentation, write_lines

    environment: Environment = ctx.obj
    paths = corpus(ctx, files)
    inputs = _inputs(environment, paths, decision, statistics, rules, input.recursive)
    plan = plan_segmentation(output, decision, statistics, environment, inputs)

    prepare_kernels()
    from hanmine.segmentation import Segmentation

    settings = keywords_of(masking, decision, statistics, rules) | ({} if method == "auto" else {"method": method})
    with (
        progress_on(environment) as progress,
        Segmentation(
            paths,
            margins=plan.format == "jsonl",
            threads=resources.threads,
            tmpdir=resources.tmpdir,
            progress=progress,
            hash_inputs=plan.summary is not None,
            stdin=getattr(environment.stdin, "buffer", None),
            **asdict(input),
            **settings,
        ) as run,
    ):
        run.read()
        environment.say(run.description())
        run.score()
        with run.watch.phase("segment"):
            clashes = write_output(plan, environment, lambda stream: write_lines(stream, run, plan))
        summary = run.summary()
        nothing = [] if summary["characters"] else [f"{named(paths)}: holds no text"]
        messages = [*nothing, *run.messages(), *_clashes(clashes, plan.delimiter)]
    _finish(plan, environment, summary | {"format": plan.format, "messages": messages})


def _inputs(
    environment: Environment,
    paths: list[Path],
    decision: DecisionGroup,
    statistics: StatisticsGroup,
    rules: RuleGroup,
    recursive: bool,
) -> list[Path | int]:
    """All that is read, which no output may replace.

    Raises
    ------
    InputError : a file is missing. UsageError : standard input is named twice.
    """
    from hanmine.cli.output import input_files

    corpora = [Path(name) for name in (*(statistics.corpus or ()), *(statistics.corpus_add or ()))]
    found = input_files([*paths, *corpora], recursive, environment)
    single = [*(decision.gaps or ()), *(rules.user_dict or ()), statistics.stats]
    return [*found, *(path for path in single if path is not None)]


def _clashes(lines: int, delimiter: str) -> list[str]:
    """What to say of lines that hold the delimiter themselves."""
    if not lines:
        return []
    hold = "lines hold the delimiter {} themselves" if lines > 1 else "line holds the delimiter {} itself"
    what = hold.format(repr(delimiter))
    return [f"{lines:,} {what}: pass another --delimiter if words are to be joined again"]


def _finish(plan: Any, environment: Environment, summary: dict[str, Any]) -> None:
    """Tell the messages, write the summary, and say how much was cut and how fast."""
    from hanmine.cli.output import write_summary_of

    for message in summary["messages"]:
        environment.say(message)
    write_summary_of(plan, environment, summary)
    speed = summary["characters"] / max(summary["timings"]["wall"], 1e-9)
    environment.say_result(
        f"{summary['words']:,} words in {summary['lines']:,} lines, {summary['characters']:,} characters, "
        f"in {summary['timings']['wall']:.1f} s ({speed:,.0f} characters/s)"
    )
    environment.say_result(summary["signature"])
