"""`mine eval parse`: trees against a treebank."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import Debug, OutputOptions, Quiet, Verbose, corpus, option, with_option_groups
from hanmine.formats.tables import TABLE_FORMATS

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Score dependency trees and brackets against gold trees of the same words, beside baselines.

RESULT is what mine parse writes; GOLD is CoNLL-U, or lines of brackets with or without labels. Both have the same
words, as with mine parse GOLD.conllu --words given.
uas is the share of words whose head is right, uuas that of gold arcs between two words that RESULT has in either
direction; bracket_f1 compares brackets without labels over all sentences, sentence_f1 is the mean over sentences. A
file without brackets has those of its dependency trees: each word with all that depends on it. Brackets of one word
and of the whole sentence never count, punctuation only with --punctuation.
chain_right_branching links each word to the one before it, chain_left_branching to the one behind it; random is the
mean of --runs random trees.

\b
Examples:
  mine eval parse result.conllu gold.conllu
  mine parse gold.conllu --words given --model e5 --trees both | mine eval parse - gold.conllu -f json
  mine eval parse trees.brackets ctb.mrg --max-words 10
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Result = Annotated[str, typer.Argument(metavar="RESULT", help="Trees, or - for standard input.", show_default=False)]
Gold = Annotated[str, typer.Argument(metavar="GOLD", help="A treebank.", show_default=False)]
GoldBrackets = Annotated[
    Path | None,
    option(metavar="FILE", help="Brackets of gold, instead of those derived from its dependency trees."),
]
Punctuation = Annotated[bool, option("--punctuation", help="Punctuation counts as well.")]
MaxWords = Annotated[
    int | None, option(min=1, metavar="N", help="Only sentences of at most N words that count.  [default: all]")
]
Seed = Annotated[int, option(min=0, metavar="N", help="Of the random trees.")]
Runs = Annotated[int, option(min=1, metavar="N", help="How many random trees a sentence has.")]


@app.command("parse", help=HELP)
@with_option_groups
def parse(
    context: typer.Context,
    result: Result,
    gold: Gold,
    gold_brackets: GoldBrackets = None,
    punctuation: Punctuation = False,
    max_words: MaxWords = None,
    seed: Seed = 1,
    runs: Runs = 5,
    *,
    output: OutputOptions,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    from hanmine.cli.output import input_files, plan_output, write_output, write_summary_of
    from hanmine.formats.tables import write_table

    environment: Environment = context.obj
    paths = corpus(context, [result, gold, *([str(gold_brackets)] if gold_brackets is not None else [])])
    plan = plan_output(output, TABLE_FORMATS, environment, input_files(paths, False, environment))

    prepare_kernels()
    from hanmine.evaluate.trees import evaluate_parse

    scores = evaluate_parse(
        result,
        gold,
        gold_brackets=gold_brackets,
        punctuation=punctuation,
        max_words=max_words,
        seed=seed,
        runs=runs,
        stdin=getattr(environment.stdin, "buffer", None),
    )
    for message in scores.pop("messages"):
        environment.say(message)
    table = _table(scores)
    if plan.for_terminal:
        _show(environment, scores, table)
    else:
        table |= {name: [scores[name]] * len(table["system"]) for name in ("sentences", "words", "signature")}
        write_output(
            plan,
            environment,
            lambda stream: write_table(stream, table, plan.format, header=plan.header, bom=plan.bom),
        )
    write_summary_of(plan, environment, scores)


_MEASURES = ("uas", "uuas", "bracket_precision", "bracket_recall", "bracket_f1", "sentence_f1")


def _table(scores: dict[str, Any]) -> dict[str, list]:
    """A row for the result and each baseline."""
    systems = {"result": scores, **scores["baselines"]}
    return {"system": list(systems)} | {name: [found[name] for found in systems.values()] for name in _MEASURES}


def _show(environment: Environment, scores: dict[str, Any], table: dict[str, list]) -> None:
    """Print the scores, what they are of, and the signature below."""
    from hanmine.formats.terminal import print_table

    print_table(environment.stdout, table, styled=environment.styles_output)
    environment.stdout.write(
        f"{scores['sentences']:,} sentences, {scores['words']:,} words, punctuation {scores['punctuation']}; brackets "
        f"of the result {scores['result_brackets']}, of gold {scores['gold_brackets']}\n{scores['signature']}\n"
    )
