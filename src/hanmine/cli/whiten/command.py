"""`mine whiten`: fit and apply in one go; the group of the commands that do it apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hanmine.cli.groups import with_option_groups
from hanmine.cli.lazy import LazyCommand, complete_commands, default_group
from hanmine.cli.options import ArrayName, RunOptions, VectorErrors
from hanmine.cli.whiten.options import FILES_HELP, Bad, FitOptions, FittedOutput, MapOptions, SavedDtype

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Make vectors isotropic and short by a linear map: BERT-whitening.

y = (x - beta mu) U L^(-gamma/2), cut to its first dim columns; mu is the mean of the rows, and U L U' their covariance
about beta mu. With beta = gamma = 1 and full size this is the classic map. It suits raw language models, and harms most
encoders that were tuned for sentences: see --preset, and docs/whiten.md for what was measured.

This form fits and applies in one go; the commands at the end of this page do it apart. A file that is named like one of
them is ./fit. Without -o the npy goes to a pipe or a redirection; on a terminal it is written beside the input, as
vectors.whitened.npy. A table on standard error says what changed.

\b
Examples:
  mine whiten vectors.npy                             # writes vectors.whitened.npy
  mine whiten vectors.npy --preset soft -o soft.npy --save-map soft.safetensors
  cat vectors.npy | mine whiten - --dim 256 | mine similar - --self
  mine whiten fit corpus/*.npy -o map.safetensors     # the map alone
  mine whiten apply new.npy --map map.safetensors -o new.white.npy
  mine whiten inspect vectors.npy                     # spectrum and isotropy
"""

COMMANDS = (
    LazyCommand("fit", "hanmine.cli.whiten.fit", "Fit a map to vectors, and save it."),
    LazyCommand("apply", "hanmine.cli.whiten.apply", "Apply a saved map to vectors."),
    LazyCommand("merge", "hanmine.cli.whiten.merge", "Merge saved maps into the map of all their vectors."),
    LazyCommand("inspect", "hanmine.cli.whiten.inspect", "Measure how evenly vectors fill their space."),
)

app = typer.Typer(cls=default_group(*COMMANDS), rich_markup_mode=None, add_completion=False)

FilesOrCommand = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...", show_default=False, help=FILES_HELP, autocompletion=complete_commands(COMMANDS)
    ),
]


@app.callback(help=HELP)
@with_option_groups
def whiten(
    context: typer.Context,
    files: FilesOrCommand = None,
    array: ArrayName = None,
    errors: VectorErrors = "strict",
    *,
    map_options: MapOptions,
    fit_options: FitOptions,
    bad: Bad = "raise",
    dtype: SavedDtype = None,
    output: FittedOutput,
    resources: RunOptions,
) -> None:
    from hanmine.cli.progress import progress_on
    from hanmine.cli.whiten.output import plan_vectors, vector_sources
    from hanmine.cli.whiten.report import report_of, tell
    from hanmine.cli.whiten.run import check_exports, opened_vectors, write_extras, write_whitened
    from hanmine.provenance import Stopwatch

    environment: Environment = context.obj
    settings = {**map_options.changes(), **fit_options.settings(), "bad": bad, "dtype": dtype}
    sources, inputs = vector_sources(context, files)
    plan = plan_vectors(output, environment, sources, inputs, dtype=dtype, save_map=output.save_map)
    watch = Stopwatch()
    with (
        progress_on(environment) as progress,
        opened_vectors(environment, sources, array, resources, progress, errors) as vectors,
    ):
        from hanmine.vectors import Whitening

        whitening = Whitening(**settings, threads=resources.threads, progress=progress)
        with watch.phase("fit"):
            whitening.fit(vectors)
        fitted = not fit_options.dedupe and fit_options.fit_rows == "all"
        check_exports(plan, whitening)
        with watch.phase("transform"):
            written = write_whitened(plan, environment, vectors, whitening, progress, fitted=fitted)
        write_extras(plan, environment, whitening)
        report = report_of("fit-apply", vectors, whitening, watch, written)
    tell(plan, environment, report, whitening.messages_)
