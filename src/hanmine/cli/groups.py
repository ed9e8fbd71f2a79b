"""Groups of options: dataclasses that a command takes as one parameter, spread over its command line and its help.

A group's `heading` is the one under which its options stand in the help; those of a group without one, and the
command's own, stand under "Options".
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand

from hanmine.errors import UsageError

option = functools.partial(typer.Option, show_envvar=False)
"""An option; that each has its environment variable is said once, and not in every line of the help."""

LARGEST = 2**31 - 1
LARGEST_SEED = 2**63 - 1
_PLAIN = ("Arguments", "Options")


class Command(TyperCommand):
    """A command whose help has its options under headings, and whose numbers are numbers."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Parse the arguments.

        Raises
        ------
        UsageError : see `check_numbers`.
        """
        rest = super().parse_args(ctx, args)
        check_numbers(self, ctx)
        return rest

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:
        """Write the arguments and the options, each under its heading."""
        write_sections(self, ctx, formatter)


def check_numbers(command: Any, ctx: typer.Context) -> None:
    """Refuse numbers that compare with no limit, or that no array can count to.

    Raises
    ------
    UsageError : the first option that is nan, infinite, or a whole number beyond 32 bits (a seed: beyond 63).
    """
    for parameter in command.get_params(ctx):
        value = ctx.params.get(parameter.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{parameter.opts[-1]} {value}: is no finite number: write one")
        largest = LARGEST_SEED if parameter.name == "seed" else LARGEST
        if isinstance(value, int) and value > largest:
            raise UsageError(f"{parameter.opts[-1]} {value}: is too large: write at most {largest}")


def write_sections(command: Any, ctx: typer.Context, formatter: Any) -> None:
    """Write arguments, options without a heading, and the headings in the order in which they come; help is last."""
    sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in _PLAIN}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        heading = (
            "Arguments" if parameter.param_type_name == "argument" else getattr(parameter, "rich_help_panel", None)
        )
        if heading is None and parameter.name == "help":
            heading = list(sections)[-1]
        sections.setdefault(heading or "Options", []).append(record)
    for heading, records in sections.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl(records)


def with_option_groups(function: Callable) -> Callable:
    """Spread the parameters of `function` that are groups (dataclasses) over its fields, for typer to read."""
    hints = get_type_hints(function, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, type] = {}
    for parameter in inspect.signature(function).parameters.values():
        hint = hints[parameter.name]
        if not is_dataclass(hint):
            parameters.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[parameter.name] = hint
        field_hints = get_type_hints(hint, include_extras=True)
        heading = getattr(hint, "heading", None)
        parameters.extend(
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=_under(heading, field_hints[field.name]),
            )
            for field in fields(hint)
        )

    @functools.wraps(function)
    def command(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return function(**given)

    del command.__wrapped__
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _under(heading: str | None, hint: Any) -> Any:
    """An annotated option under a heading."""
    if heading is None:
        return hint
    described = copy(hint.__metadata__[0])
    described.rich_help_panel = heading
    return Annotated[hint.__origin__, described]


def spelled(field: str) -> str:
    """The option that a field of a group stands for."""
    return f"-{field}" if len(field) == 1 else f"--{field.replace('_', '-')}"


def given_options(*groups: Any) -> list[str]:
    """The options of groups that were given a value of their own, as they are spelled."""
    return [
        spelled(field.name)
        for group in groups
        for field in fields(group)
        if getattr(group, field.name) != field.default
    ]
