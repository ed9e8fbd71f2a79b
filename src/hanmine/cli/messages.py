"""The switches of what a run says. The root command has them, too, whose help should wait for no other options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import typer

from hanmine.cli.groups import option


def _setter(name: str) -> Any:
    """A callback that sets a switch of the run's environment, before or after the command's name."""

    def set_switch(context: typer.Context, value: bool) -> bool:
        if value and context.obj is not None and not context.resilient_parsing:
            setattr(context.obj, name, True)
        return value

    return set_switch


def _switch(name: str, *spellings: str, help: str) -> Any:
    return option(*spellings, help=help, is_eager=True, callback=_setter(name))


Quiet = Annotated[bool, _switch("quiet", "-q", "--quiet", help="No messages and no progress, only errors.")]
Verbose = Annotated[bool, _switch("verbose", "-v", "--verbose", help="Say what is done also where nobody watches.")]
Debug = Annotated[bool, _switch("debug", "--debug", help="Print the traceback of an error.")]


@dataclass
class MessageOptions:
    """What the run says."""

    heading: ClassVar[str] = "Run"

    quiet: Quiet = False
    verbose: Verbose = False
    debug: Debug = False
