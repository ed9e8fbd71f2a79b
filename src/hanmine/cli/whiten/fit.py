"""`mine whiten fit`: the map alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hanmine.cli.groups import Command, with_option_groups
from hanmine.cli.options import ArrayName, RunOptions, VectorErrors
from hanmine.cli.whiten.options import (
    Bad,
    FitOptions,
    MapOptions,
    MapOutput,
    SavedDtype,
    VectorFilesArgument,
)

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Fit a map to vectors, and save it.

The file keeps number, mean and scatter of the rows beside the map: beta, gamma, dim and the rest can be changed by mine
whiten apply and merge without the vectors, and maps of further vectors can be merged into it.

\b
Examples:
  mine whiten fit vectors.npy -o map.safetensors
  mine whiten fit shards/*.npy -o map.safetensors --preset raw-encoder --export dense:2_Dense
  mine encode corpus.txt | mine whiten fit - -o map.safetensors --fit-rows 100000
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("fit", help=HELP, cls=Command)
@with_option_groups
def fit(
    context: typer.Context,
    files: VectorFilesArgument = None,
    array: ArrayName = None,
    errors: VectorErrors = "strict",
    *,
    map_options: MapOptions,
    fit_options: FitOptions,
    bad: Bad = "raise",
    dtype: SavedDtype = None,
    output: MapOutput,
    resources: RunOptions,
) -> None:
    from hanmine.cli.progress import progress_on
    from hanmine.cli.whiten.output import plan_map, vector_sources
    from hanmine.cli.whiten.report import report_of, tell
    from hanmine.cli.whiten.run import check_exports, opened_vectors, write_extras
    from hanmine.provenance import Stopwatch

    environment: Environment = context.obj
    settings = {**map_options.changes(), **fit_options.settings(), "bad": bad, "dtype": dtype}
    sources, inputs = vector_sources(context, files)
    plan = plan_map(output, environment, inputs)
    watch = Stopwatch()
    with (
        progress_on(environment) as progress,
        opened_vectors(environment, sources, array, resources, progress, errors) as vectors,
    ):
        from hanmine.vectors import Whitening

        whitening = Whitening(**settings, threads=resources.threads, progress=progress)
        with watch.phase("fit"):
            whitening.fit(vectors)
        check_exports(plan, whitening)
        write_extras(plan, environment, whitening)
        report = report_of("fit", vectors, whitening, watch)
    tell(plan, environment, report, whitening.messages_)
