"""What is imported when it is needed, and not before: the modules of commands, and what libraries seldom use.

The names and one-line summaries of a group's commands stand in a table, so that `--help` and completion of names import
no command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from hanmine.cli.groups import check_numbers, write_sections


class HelpWanted(Exception):  # noqa: N818 (a request, not an error)
    """A command was called with nothing to do: its help is to be shown and the run ends with exit code 2."""

    def __init__(self, context: typer.Context, text: str) -> None:
        super().__init__(text)
        self.context = context


@dataclass(frozen=True)
class LazyCommand:
    """A row of a group's table: the module holds a `typer.Typer` named `app`."""

    name: str
    module: str
    summary: str


class _Commands(MutableMapping[str, Any]):
    """The commands of a table by name, each made on first access."""

    def __init__(self, table: tuple[LazyCommand, ...]) -> None:
        self._table = {row.name: row for row in table}
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            command = typer.main.get_command(import_module(self._table[name].module).app)
            command.name = name
            self._made[name] = command
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, name: object) -> bool:
        return name in self._table


class LazyGroup(TyperGroup):
    """Base of the groups; `lazy_group` makes one for a table."""

    table: ClassVar[tuple[LazyCommand, ...]] = ()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(self.table)

    def list_commands(self, ctx: typer.Context) -> list[str]:
        """The names in the order of the table."""
        return list(self.commands)

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:
        """Write arguments and options under their headings, and the list of commands."""
        write_sections(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(row.name, row.summary) for row in self.table])

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Parse, or ask for the help where nothing was given."""
        if not args and not ctx.resilient_parsing:
            raise HelpWanted(ctx, ctx.get_help())
        return super().parse_args(ctx, args)


def lazy_group(*table: LazyCommand) -> type[LazyGroup]:
    """The class of a group with the commands of `table`, for `typer.Typer(cls=...)`."""
    return type("LazyGroup", (LazyGroup,), {"table": table})


class DefaultGroup(LazyGroup):
    """Base of the groups that are a command themselves: with options and files, unless the first word names another.

    The callback of the group's `typer.Typer` is that command; a file that is named as a command is written ./fit.
    Typer and click run a group's callback before each of its commands; here one of the two runs.
    """

    allow_extra_args = False
    allow_interspersed_args = True

    def __init__(self, **settings: Any) -> None:
        super().__init__(**(settings | {"invoke_without_command": True, "subcommand_metavar": "| COMMAND [ARGS]..."}))

    def get_params(self, ctx: typer.Context) -> list[Any]:
        """All parameters; for the path of a command below, which begins with no file, the options alone."""
        parameters = super().get_params(ctx)
        if ctx.command is self:
            return parameters
        return [parameter for parameter in parameters if parameter.param_type_name != "argument"]

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Parse what stands before a command, which is nothing, or all arguments of the group's own command."""
        if args and args[0] in self.commands:
            ctx.args = list(args)
            return ctx.args
        rest = super(LazyGroup, self).parse_args(ctx, args)
        check_numbers(self, ctx)
        return rest

    def invoke(self, ctx: typer.Context) -> Any:
        """Run the command that the first word names, else the group's own."""
        if not ctx.args:
            return super().invoke(ctx)
        with ctx:
            name, command, arguments = self.resolve_command(ctx, ctx.args)
            ctx.invoked_subcommand = name
            with command.make_context(name, arguments, parent=ctx) as inner:
                return inner.command.invoke(inner)


def default_group(*table: LazyCommand) -> type[DefaultGroup]:
    """The class of a group with the commands of `table` whose callback is a command of its own."""
    return type("DefaultGroup", (DefaultGroup,), {"table": table})


def complete_commands(table: tuple[LazyCommand, ...]) -> Callable[[typer.Context, str], list[tuple[str, str]]]:
    """The completion of the first argument of a `DefaultGroup`: the names of its commands; files are the shell's."""

    def complete(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
        given = (name for name, value in ctx.params.items() if value)
        if any(str(ctx.get_parameter_source(name)).endswith("COMMANDLINE") for name in given):
            return []
        return [(row.name, row.summary) for row in table if row.name.startswith(incomplete)]

    return complete


def prepare_kernels(*, linear_algebra: bool = True) -> None:
    """Make the start of a command that computes quick; to be called before anything imports numba.

    linear_algebra : False where no matrices are multiplied, so that no threads are started for that.
    """
    if not linear_algebra:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # numba imports these for the sake of its extensions and of its configuration file: 7 % of what its import costs.
    for name in ("importlib.metadata", "yaml"):
        _import_when_used(name)

    from hanmine.jit import load_kernels_alone

    load_kernels_alone()


def _import_when_used(name: str) -> None:
    """Put a module into its place that loads itself when one of its attributes is asked for."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    package, _, child = name.rpartition(".")
    if package:
        setattr(sys.modules[package], child, module)
