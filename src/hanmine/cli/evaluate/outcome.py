"""What the commands of `mine eval` do alike: look at files and outputs before any work, and tell the scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import EncodingOptions, OutputOptions, corpus
from hanmine.errors import InputError
from hanmine.formats.tables import TABLE_FORMATS

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment
    from hanmine.cli.output import OutputPlan

Table = dict[str, list]


def plan_scores(context: typer.Context, files: Sequence[str | Path | None], output: OutputOptions) -> OutputPlan:
    """Look at the files that are read (those None were not named), and decide where the scores go.

    Raises
    ------
    InputError : a file is missing, or a folder. UsageError, OutputError : as `hanmine.cli.output.plan_output`.
    """
    from hanmine.cli.output import input_files, plan_output

    paths = corpus(context, [str(file) for file in files if file is not None])
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path}: is a folder: name a file")
    plan = plan_output(output, TABLE_FORMATS, context.obj, input_files(paths, False, context.obj))
    prepare_kernels()
    return plan


def reading_of(environment: Environment, text: EncodingOptions | None = None) -> dict[str, Any]:
    """The keyword arguments of the public functions that say how files are read."""
    said = {} if text is None else {"encoding": text.encoding, "errors": text.errors}
    return said | {"stdin": getattr(environment.stdin, "buffer", None)}


def tell_scores(
    plan: OutputPlan,
    environment: Environment,
    scores: dict[str, Any],
    table: Callable[[], Table],
    show: Callable[[], None],
) -> None:
    """Say the messages, show the scores on a terminal or write their table with the signature, and the summary."""
    from hanmine.cli.output import write_output, write_summary_of
    from hanmine.formats.tables import write_table

    for message in scores["messages"]:
        environment.say(message)
    if plan.for_terminal:
        show()
    else:
        rows = table()
        rows |= {"signature": [scores["signature"]] * len(next(iter(rows.values())))}
        write_output(
            plan,
            environment,
            lambda stream: write_table(stream, rows, plan.format, header=plan.header, bom=plan.bom),
        )
    write_summary_of(plan, environment, scores)
