"""`mine whiten merge`: maps of parts as the map of the whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hanmine.cli.groups import Command, with_option_groups
from hanmine.cli.messages import MessageOptions
from hanmine.cli.whiten.options import ChangeOptions, MapOutput

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Merge saved maps into the map of all their vectors.

Number, mean and scatter of the parts add up to those of the whole, as if all rows had been fitted at once. The options
of the first map hold, or those given here. One map alone is copied: so its options are changed, or it is exported,
without any vectors.

\b
Examples:
  mine whiten merge monday.safetensors tuesday.safetensors -o week.safetensors
  mine whiten merge map.safetensors -o short.safetensors --dim 128 --export faiss:short.faiss
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Maps = Annotated[
    list[Path] | None, typer.Argument(metavar="MAP...", show_default=False, help="Maps that mine whiten saved.")
]


@app.command("merge", help=HELP, cls=Command)
@with_option_groups
def merge(
    context: typer.Context,
    maps: Maps = None,
    *,
    change_options: ChangeOptions,
    output: MapOutput,
    messages: MessageOptions,
) -> None:
    from hanmine.cli.lazy import HelpWanted
    from hanmine.cli.options import short_help
    from hanmine.cli.whiten.output import plan_map
    from hanmine.cli.whiten.report import summary_of, write_summary_to
    from hanmine.cli.whiten.run import check_exports, write_extras
    from hanmine.provenance import Stopwatch

    environment: Environment = context.obj
    if not maps:
        raise HelpWanted(context, short_help(context))
    changes = change_options.changes()
    plan = plan_map(output, environment, maps)
    watch = Stopwatch()

    from hanmine.vectors import Whitening

    merged = Whitening.load(maps[0])
    for path in maps[1:]:
        merged.merge(Whitening.load(path))
    merged = merged.with_options(**changes)
    check_exports(plan, merged)
    write_extras(plan, environment, merged)
    summary = summary_of("merge", None, merged, watch, maps=[str(path) for path in maps])
    write_summary_to(plan, environment, summary)
    for message in merged.messages_:
        environment.say(message)
    environment.say_result(f"{merged.n_samples_seen_:,} rows of {merged.n_features_in_} dimensions")
    environment.say_result(summary["signature"])
