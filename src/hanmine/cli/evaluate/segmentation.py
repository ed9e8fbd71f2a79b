"""`mine eval segmentation`: a segmented text against gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.evaluate.outcome import plan_scores, reading_of, tell_scores
from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.messages import MessageOptions
from hanmine.cli.options import EncodingOptions, OutputOptions

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Score a segmented text against gold, as the SIGHAN bakeoffs do.

RESULT and GOLD are the same text with words separated by white space, in runs of any length and of any kind (U+3000
too, which separates the words of AS), or what mine segment writes as jsonl or bmes. They have the same lines, and the
same characters but for white space, which never counts as a character. Encodings are found out as in other commands;
gz, bz2, xz and zst are unpacked.

A word is right where gold has a word with the same begin and end; punctuation counts as words. precision, recall and f1
are shares over all words. With --vocabulary, a list of the words of training or the segmented training text, further
the share of words out of vocabulary (oov_rate), and the recall of those (oov_recall) and of all others (iv_recall).
right_lines are lines without a mistake.

--baselines adds every character a word, jieba, and with --vocabulary the longest match from left to right.

\b
Examples:
  mine eval segmentation result.txt msr_test_gold.utf8 --vocabulary msr_training_words.utf8
  mine segment test.txt | mine eval segmentation - gold.txt --baselines -f json
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Result = Annotated[
    str, typer.Argument(metavar="RESULT", help="A segmented text, or - for standard input.", show_default=False)
]
Gold = Annotated[str, typer.Argument(metavar="GOLD", help="The same text, segmented right.", show_default=False)]
Vocabulary = Annotated[
    Path | None,
    option(metavar="FILE", help="Words known from training: a list of words, or a segmented text."),
]
Baselines = Annotated[bool, option("--baselines", help="Score simple segmentations of the same text too.")]
ByLength = Annotated[bool, option("--by-length", help="Score words of 1, 2, 3, 4, and of 5 and more characters too.")]
Normalize = Annotated[
    Literal["none", "width"], option(help="width reads full-width ASCII as ASCII on both sides and in the vocabulary.")
]


@app.command("segmentation", help=HELP, cls=Command)
@with_option_groups
def segmentation(
    context: typer.Context,
    result: Result,
    gold: Gold,
    vocabulary: Vocabulary = None,
    baselines: Baselines = False,
    by_length: ByLength = False,
    normalize: Normalize = "none",
    *,
    text: EncodingOptions,
    output: OutputOptions,
    messages: MessageOptions,
) -> None:
    environment: Environment = context.obj
    plan = plan_scores(context, [result, gold, vocabulary], output)

    from hanmine.evaluate.segmentation import evaluate_segmentation

    scores = evaluate_segmentation(
        result,
        gold,
        vocabulary=vocabulary,
        baselines=baselines,
        normalize=normalize,
        **reading_of(environment, text),
    )
    tell_scores(
        plan, environment, scores, lambda: _table(scores, by_length), lambda: _show(environment, scores, by_length)
    )


_MEASURES = ("gold_words", "words", "correct", "precision", "recall", "f1", "oov_rate", "oov_recall", "iv_recall")


def _table(scores: dict[str, Any], by_length: bool) -> dict[str, list]:
    """A row for the result and each baseline; with `by_length` one more for each length of words."""
    rows = []
    for system, found in {"result": scores, **scores["baselines"]}.items():
        facts = {"lines": scores["lines"], "right_lines": found["right_lines"], "characters": scores["characters"]}
        for length, part in {"all": found, **(found["by_length"] if by_length else {})}.items():
            rows.append({"system": system, "length": length, **{name: part[name] for name in _MEASURES}, **facts})
    left_out = () if by_length else ("length",)
    return {name: [row[name] for row in rows] for name in rows[0] if name not in left_out}


def _show(environment: Environment, scores: dict[str, Any], by_length: bool) -> None:
    """Print the scores, what they are of, and the signature below."""
    from hanmine.formats.terminal import print_table

    table = _table(scores, by_length)
    hidden = {"lines", "right_lines", "characters"}
    if scores["vocabulary"] is None:
        hidden |= {"oov_rate", "oov_recall", "iv_recall"}
    shown = {name: [_cell(value) for value in values] for name, values in table.items() if name not in hidden}
    numeric = [name for name in shown if name not in ("system", "length")]
    print_table(environment.stdout, shown, numeric=numeric, styled=environment.styles_output)
    environment.print_line(
        f"{scores['lines']:,} lines, {scores['characters']:,} characters; {scores['right_lines']:,} lines without a "
        f"mistake\n{scores['signature']}"
    )


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
