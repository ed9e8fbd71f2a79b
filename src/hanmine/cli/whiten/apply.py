"""`mine whiten apply`: a saved map on vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.options import ArrayName, RunOptions, VectorErrors
from hanmine.cli.whiten.options import Bad, ChangeOptions, SavedDtype, VectorFilesArgument, WhitenedOutput

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Apply a saved map to vectors.

beta, gamma, dim and the other options of the map stay as they were saved, or are changed from the state that the file
keeps: the vectors that it was fitted to are not needed. Where the output goes is as in mine whiten.

\b
Examples:
  mine whiten apply new.npy --map map.safetensors -o new.white.npy
  mine whiten apply new.npy --map map.safetensors --gamma 0.5 --dim 128 -o soft.npy
  mine encode queries.txt | mine whiten apply - --map map.safetensors > queries.npy
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SavedMap = Annotated[
    Path | None, option("--map", metavar="FILE", help="The map that mine whiten fit or --save-map wrote.  [required]")
]


@app.command("apply", help=HELP, cls=Command)
@with_option_groups
def apply(
    context: typer.Context,
    files: VectorFilesArgument = None,
    map_file: SavedMap = None,
    array: ArrayName = None,
    errors: VectorErrors = "strict",
    *,
    change_options: ChangeOptions,
    bad: Bad = "raise",
    dtype: SavedDtype = None,
    output: WhitenedOutput,
    resources: RunOptions,
) -> None:
    from hanmine.cli.progress import progress_on
    from hanmine.cli.whiten.output import plan_vectors, vector_sources
    from hanmine.cli.whiten.report import report_of, tell
    from hanmine.cli.whiten.run import check_exports, opened_vectors, write_extras, write_whitened
    from hanmine.errors import UsageError
    from hanmine.provenance import Stopwatch

    environment: Environment = context.obj
    if map_file is None:
        raise UsageError("no map was given: name one with --map map.safetensors (mine whiten fit writes it)")
    changes = change_options.changes()
    sources, inputs = vector_sources(context, files)
    plan = plan_vectors(output, environment, sources, [*inputs, map_file], dtype=dtype)
    watch = Stopwatch()

    from hanmine.vectors import Whitening

    whitening = Whitening.load(map_file)
    if changes:
        whitening = whitening.with_options(**changes)
    with (
        progress_on(environment) as progress,
        opened_vectors(environment, sources, array, resources, progress, errors) as vectors,
    ):
        whitening.set_params(bad=bad, dtype=dtype, threads=resources.threads, progress=progress)
        check_exports(plan, whitening)
        with watch.phase("transform"):
            written = write_whitened(plan, environment, vectors, whitening, progress, fitted=False)
        write_extras(plan, environment, whitening)
        report = report_of("apply", vectors, whitening, watch, written)
    tell(plan, environment, report, whitening.messages_ if changes else [])
