"""`mine ngrams`: the group of commands about character n-grams."""

from __future__ import annotations

import typer

from hanmine.cli.lazy import LazyCommand, lazy_group

HELP = """\
Exact counts and statistics of character n-grams.

\b
Examples:
  mine ngrams show corpus.txt --order 2 --min-count 10
  mine ngrams show --help
"""

COMMANDS = (LazyCommand("show", "hanmine.cli.ngrams.show", "Print the table of a text's n-grams."),)

app = typer.Typer(cls=lazy_group(*COMMANDS), help=HELP, rich_markup_mode=None, add_completion=False)


@app.callback()
def ngrams() -> None:
    pass
