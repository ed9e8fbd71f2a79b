"""One run of `mine`: every way in which it can end has its message and its exit code here, and only here."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from typing import NoReturn

import typer

from hanmine.cli.environment import Environment, StandardOutput, standard_output_error
from hanmine.cli.lazy import HelpWanted
from hanmine.errors import HanmineError, visible
from hanmine.formats.atomic import remove_unfinished

# The base class of all errors of parsing; where it is defined differs between typer's versions.
_ClickException = typer.BadParameter.__mro__[2]

EXIT_UNEXPECTED = 1
EXIT_USAGE = 2
EXIT_OUTPUT = 4
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141


class Terminated(BaseException):
    """The process was asked to end by a signal; raised in the main thread so that everything is cleaned up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Run `mine` with `arguments` and return its exit code; messages go to the environment's standard error."""
    environment.arguments = list(arguments)
    try:
        with _signals_raised():
            try:
                _invoke(list(arguments), environment)
            finally:
                remove_unfinished()
        return 0
    except typer.Exit as end:
        return end.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_UNEXPECTED
    except BaseException as error:
        if environment.debug:
            environment.print_error("".join(traceback.format_exception(error)).rstrip("\n"))
        return _report(error, environment)


def _invoke(arguments: list[str], environment: Environment) -> None:
    from hanmine.cli.app import PROGRAM, root_command

    command = root_command()
    if environment.variables.get("_MINE_COMPLETE"):
        command.main(arguments, prog_name=PROGRAM)  # answers the shell and ends the process
    with command.make_context(PROGRAM, arguments, obj=environment) as context:
        command.invoke(context)
        StandardOutput(environment).flush()


def _report(error: BaseException, environment: Environment) -> int:
    """Tell `error` in one line and return the exit code that stands for it."""
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError) and error.errno == errno.ENOSPC:
        # Only what typer itself prints (help, version) gets here unnamed; outputs name themselves.
        error = standard_output_error(error) if error.filename is None else error
    match error:
        case HelpWanted():
            environment.print_error(str(error))
            return EXIT_USAGE
        case _ClickException():
            context = getattr(error, "ctx", None)
            path = context.command_path if context is not None else "mine"
            message = error.format_message().rstrip(".").replace("\n", " ")
            environment.print_error(f"mine: error: {visible(message)} (see '{path} --help')")
            return error.exit_code
        case HanmineError():
            environment.print_error(f"mine: error: {visible(str(error))}")
            return error.exit_code
        case BrokenPipeError():
            return EXIT_CLOSED_PIPE
        case KeyboardInterrupt() | typer.Abort():
            environment.print_error("mine: interrupted")
            return EXIT_INTERRUPTED
        case Terminated():
            environment.print_error(f"mine: ended by {signal.Signals(error.number).name}")
            return 128 + error.number
        case MemoryError():
            detail = f" ({error})" if str(error) else ""
            environment.print_error(f"mine: error: out of memory{detail}: read less text at once, or raise --min-count")
            return EXIT_UNEXPECTED
        case OSError() if error.errno == errno.ENOSPC:
            environment.print_error(f"mine: error: {visible(str(error.filename))}: {error.strerror}: make room there")
            return EXIT_OUTPUT
        case _:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            environment.print_error(f"mine: error: unexpected {what} (pass --debug for the traceback)")
            return EXIT_UNEXPECTED


@contextlib.contextmanager
def _signals_raised() -> Iterator[None]:
    """Turn the signals that ask a process to end into `Terminated`, where nobody handles or ignores them already."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: object) -> None:
        raise Terminated(number)

    replaced = []
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, handle)
            replaced.append(number)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


def run_process() -> NoReturn:
    """Run the command line of this process and end the process."""
    try:
        environment = Environment.of_process()
        code = run(sys.argv[1:], environment)
        _die_of_interrupts()
    except KeyboardInterrupt:  # before the run began, or a second one while the first was told
        code = EXIT_INTERRUPTED
        _die_of_interrupts()
    if code == EXIT_CLOSED_PIPE and hasattr(signal, "SIGPIPE"):
        # Die of the signal as C tools do, so that the shell sees what it expects of the left side of `| head`.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    if code != 0:
        _discard_unwritten()
    sys.exit(code)


def _die_of_interrupts() -> None:
    """Let Ctrl-C end the process at once from here on: all is written, removed and told.

    What the interpreter still does would raise it in the midst of anybody's cleaning up, and print a traceback.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _discard_unwritten() -> None:
    """Let what a run that failed has left in the buffer of standard output go nowhere.

    The interpreter would write it when it ends, and fail once more, or wait for a reader that does not read.
    """
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
