"""`mine eval parse`: trees against a treebank."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanmine.cli.evaluate.outcome import plan_scores, reading_of, tell_scores
from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.messages import MessageOptions
from hanmine.cli.options import EncodingOptions, OutputOptions

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
Runs = Annotated[int, option(min=1, max=10_000, metavar="N", help="How many random trees a sentence has.")]


@app.command("parse", help=HELP, cls=Command)
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
    text: EncodingOptions,
    output: OutputOptions,
    messages: MessageOptions,
) -> None:
    environment: Environment = context.obj
    plan = plan_scores(context, [result, gold, gold_brackets], output)

    from hanmine.evaluate.trees import evaluate_parse

    scores = evaluate_parse(
        result,
        gold,
        gold_brackets=gold_brackets,
        punctuation=punctuation,
        max_words=max_words,
        seed=seed,
        runs=runs,
        **reading_of(environment, text),
    )
    tell_scores(plan, environment, scores, lambda: _table(scores), lambda: _show(environment, scores))


_MEASURES = ("uas", "uuas", "bracket_precision", "bracket_recall", "bracket_f1", "sentence_f1")


def _table(scores: dict[str, Any]) -> dict[str, list]:
    """A row for the result and each baseline, with what was scored."""
    rows = _compared(scores)
    return rows | {name: [scores[name]] * len(rows["system"]) for name in ("sentences", "words")}


def _compared(scores: dict[str, Any]) -> dict[str, list]:
    """A row for the result and each baseline."""
    systems = {"result": scores, **scores["baselines"]}
    return {"system": list(systems)} | {name: [found[name] for found in systems.values()] for name in _MEASURES}


def _show(environment: Environment, scores: dict[str, Any]) -> None:
    """Print the scores, what they are of, and the signature below."""
    from hanmine.formats.terminal import print_table

    print_table(environment.stdout, _compared(scores), styled=environment.styles_output)
    environment.print_line(
        f"{scores['sentences']:,} sentences, {scores['words']:,} words, punctuation {scores['punctuation']}; brackets "
        f"of the result {scores['result_brackets']}, of gold {scores['gold_brackets']}\n{scores['signature']}"
    )
