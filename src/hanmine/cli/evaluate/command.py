"""`mine eval`: the group of commands that score a result."""

from __future__ import annotations

import typer

from hanmine.cli.lazy import LazyCommand, lazy_group

HELP = """\
Score a result against a gold standard.

\b
Examples:
  mine eval words words.tsv gold.seg
  mine eval similarity STS-B.tsv --model use
  mine eval words --help
"""

COMMANDS = (
    LazyCommand("words", "hanmine.cli.evaluate.words", "Score a list of words against a segmented text."),
    LazyCommand("similarity", "hanmine.cli.evaluate.similarity", "Score vectors on pairs of sentences."),
    LazyCommand("partition", "hanmine.cli.evaluate.partition", "Compare two partitions of the same nodes."),
    LazyCommand("clusters", "hanmine.cli.evaluate.clusters", "Score clusters against known classes."),
    LazyCommand("segmentation", "hanmine.cli.evaluate.segmentation", "Score a segmentation against a gold one."),
    LazyCommand("parse", "hanmine.cli.evaluate.parse", "Score trees against a treebank."),
)

app = typer.Typer(cls=lazy_group(*COMMANDS), help=HELP, rich_markup_mode=None, add_completion=False)


@app.callback()
def evaluate() -> None:
    pass
