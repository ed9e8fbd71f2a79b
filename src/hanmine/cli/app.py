"""The root command: its table of commands and the options that stand before a command."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hanmine import __version__
from hanmine.cli.groups import option
from hanmine.cli.lazy import LazyCommand, lazy_group
from hanmine.cli.messages import Debug, Quiet, Verbose

PROGRAM = "mine"

SETTINGS = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MINE", "max_content_width": 100}

COMMANDS = (
    LazyCommand("newwords", "hanmine.cli.newwords", "Find the words of a text, without a dictionary or labels."),
    LazyCommand("ngrams", "hanmine.cli.ngrams.command", "Exact counts and statistics of character n-grams."),
    LazyCommand("encode", "hanmine.cli.encode", "Turn sentences into vectors by a pretrained encoder."),
    LazyCommand("whiten", "hanmine.cli.whiten.command", "Make vectors isotropic and short by a linear map."),
    LazyCommand(
        "similar", "hanmine.cli.similar.command", "Find the nearest neighbours of vectors, or score pairs of them."
    ),
    LazyCommand("cluster", "hanmine.cli.cluster.command", "Find the modules of graphs, words and sentences."),
    LazyCommand("segment", "hanmine.cli.segment.command", "Cut text into words, without a dictionary or labels."),
    LazyCommand("parse", "hanmine.cli.parse.command", "Trees of sentences by a masked language model (experimental)."),
    LazyCommand("eval", "hanmine.cli.evaluate.command", "Score a result against a gold standard."),
)

HELP = """\
Chinese text mining: words, structure and meaning out of raw text, without labels.

Every command reads files or standard input and writes data to standard output or, with -o, to a file.
All options can be set by environment variables: MINE_NEWWORDS_MIN_COUNT=10 is --min-count 10 of mine newwords.

\b
Examples:
  mine newwords corpus.txt                   # a table of the first words that jieba does not know
  mine newwords corpus.txt -o words.tsv      # all words, with their statistics
  zstdcat big.zst | mine newwords - | head   # in a pipe
  mine encode sentences.txt --model use -o vectors.npy
  mine whiten vectors.npy --preset soft | mine similar - --self --text sentences.txt
  mine cluster links.txt                     # the modules of a graph
  mine segment corpus.txt > words.txt        # words with spaces between them
  mine newwords --help                       # the options of a command
"""


def _print_version(context: typer.Context, value: bool) -> None:
    if value and not context.resilient_parsing:
        typer.echo(f"hanmine {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    option(
        "-V",
        "--version",
        help="Print the version and end.",
        is_eager=True,
        callback=_print_version,
        allow_from_autoenv=False,
    ),
]

app = typer.Typer(
    cls=lazy_group(*COMMANDS), help=HELP, context_settings=SETTINGS, rich_markup_mode=None, add_completion=True
)


@app.callback()
def root(version: Version = False, quiet: Quiet = False, verbose: Verbose = False, debug: Debug = False) -> None:
    pass


def root_command() -> Any:
    """The group `mine`, with typer's options of shell completion."""
    command = typer.main.get_command(app)
    for parameter in command.params:
        if parameter.name in ("install_completion", "show_completion"):
            parameter.show_envvar = parameter.allow_from_autoenv = False
    return command
