"""`mine eval words`: a list of words against a segmented text."""

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
Score a list of words against a segmented text.

LIST is what mine newwords writes, in any of its formats, best word first; GOLD is a text whose words are separated by
white space. Gold are its words of two or more Han characters that occur --min-count times; entries of LIST that are not
all Han or have one character are left out and counted.

The row `all` scores the whole list, the row `unknown_to_jieba` those words that jieba's dictionary lacks, in percent:
precision, recall and F1 of the list, average precision in the list's order, and the best F1 of its first k entries
(best_cutoff). Entries that are not gold are rare_words (gold, but too seldom), phrases (several whole words), fragments
(inside a word), crossings (over a boundary, cutting a word) or absent from the text.

\b
Examples:
  mine eval words words.tsv gold.seg
  mine newwords corpus.txt | mine eval words - gold.seg.zst --min-count 5 -f json
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

WordList = Annotated[str, typer.Argument(metavar="LIST", help="The list of words, or - for standard input.")]
Gold = Annotated[str, typer.Argument(metavar="GOLD", help="The segmented text.")]
MinCount = Annotated[int, option(min=1, metavar="N", help="How often a word occurs to be gold.")]


@app.command("words", help=HELP, cls=Command)
@with_option_groups
def words(
    context: typer.Context,
    word_list: WordList,
    gold: Gold,
    min_count: MinCount = 5,
    *,
    text: EncodingOptions,
    output: OutputOptions,
    messages: MessageOptions,
) -> None:
    environment: Environment = context.obj
    plan = plan_scores(context, [word_list, gold], output)

    from hanmine.evaluate import evaluate_words

    scores = evaluate_words(Path(word_list), Path(gold), min_count=min_count, **reading_of(environment, text))
    tell_scores(plan, environment, scores, lambda: _table(scores), lambda: _show(environment, scores))


def _table(scores: dict[str, Any]) -> dict[str, list]:
    """A row for all words and one for those that jieba lacks."""
    rows = ("all", "unknown_to_jieba")
    return {"words": list(rows)} | {name: [scores[row][name] for row in rows] for name in scores["all"]}


def _show(environment: Environment, scores: dict[str, Any]) -> None:
    """Print the scores as rows, which fit a terminal, and the signature below."""
    from hanmine.formats.terminal import print_table

    table = _table(scores)
    measures = [name for name in table if name != "words"]
    shown = {"": measures}
    for column, name in enumerate(table["words"]):
        shown[name] = [_cell(table[measure][column]) for measure in measures]
    print_table(environment.stdout, shown, numeric=table["words"], styled=environment.styles_output)
    environment.print_line(scores["signature"])


def _cell(value: float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else f"{value}"
