"""The streams and settings of one run of `mine`, in one object that tests can replace."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from hanmine.errors import OutputError, visible
from hanmine.formats.atomic import output_error


class Stream(Protocol):
    """The part of a text stream that is used here."""

    buffer: BinaryIO

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...
    def isatty(self) -> bool: ...
    def fileno(self) -> int: ...


@dataclass
class Environment:
    """What surrounds a run.

    Attributes
    ----------
    stdin, stdout, stderr : text streams over bytes; None where the process was started with that stream closed.
    variables : the environment variables.
    arguments : the command line after the program's name.
    quiet, verbose, debug : what -q, -v and --debug ask for.
    """

    stdin: Stream | None
    stdout: Stream | None
    stderr: Stream | None
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    @classmethod
    def of_process(cls) -> Environment:
        """The streams of this process, made to carry UTF-8 whatever the locale or the console's code page is."""
        for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(encoding="utf-8", errors=errors)
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ)

    @property
    def stdin_is_terminal(self) -> bool:
        return self.stdin is None or self.stdin.isatty()

    @property
    def stdout_is_terminal(self) -> bool:
        return self.stdout is not None and self.stdout.isatty()

    @property
    def stderr_is_terminal(self) -> bool:
        return self.stderr is not None and self.stderr.isatty()

    @property
    def styles_output(self) -> bool:
        """Bold and colour: on a terminal that knows them, unless NO_COLOR is set."""
        plain = self.variables.get("NO_COLOR") or self.variables.get("TERM") == "dumb"
        return self.stdout_is_terminal and not plain

    @property
    def shows_progress(self) -> bool:
        """Progress is for people: on a terminal that can move its cursor, and not with -q."""
        return self.stderr_is_terminal and not self.quiet and self.variables.get("TERM") != "dumb"

    def print_line(self, text: str) -> None:
        """Print a line, or several, for people on standard output."""
        self.stdout.write(visible(text, keep="\n") + "\n")

    def print_error(self, text: str) -> None:
        """Print a line on standard error, or several of our own: what is quoted in them is on one line."""
        if self.stderr is not None:
            # Where standard error itself cannot be written there is nowhere left to say so.
            with contextlib.suppress(OSError):
                self.stderr.write(visible(text, keep="\n") + "\n")
                self.stderr.flush()

    def say(self, message: str) -> None:
        """Print a message on standard error, unless -q."""
        if not self.quiet:
            self.print_error(f"mine: {visible(message)}")

    def say_result(self, message: str) -> None:
        """Print the closing line of a run: for people, that is on terminals and with -v."""
        if self.verbose or self.stderr_is_terminal:
            self.say(message)


class StandardOutput:
    """Standard output for data: bytes in, and failures told as `OutputError`.

    Pipes and files get the bytes as they are; on a terminal control characters are made visible.
    """

    def __init__(self, environment: Environment) -> None:
        self._stream = environment.stdout
        self._for_terminal = _TextForTerminal() if environment.stdout_is_terminal else None

    def write(self, data: bytes) -> None:
        """Write all of `data`.

        Raises
        ------
        OutputError : disk full, or standard output is closed.
        BrokenPipeError : the reader of the pipe has gone.
        """
        if self._stream is None:
            raise OutputError("standard output: is closed: name a file with -o")
        try:
            self._stream.buffer.write(data if self._for_terminal is None else self._for_terminal.shown(data))
        except OSError as error:
            raise standard_output_error(error) from error

    def flush(self) -> None:
        """Hand everything written to the system; raises as `write` does."""
        if self._stream is None:
            return
        try:
            if self._for_terminal is not None:
                self._stream.buffer.write(self._for_terminal.shown(b"", final=True))
            self._stream.flush()
        except OSError as error:
            raise standard_output_error(error) from error


class _TextForTerminal:
    """UTF-8 that comes in pieces, as a terminal may be sent it: lines and tabs stay what they are."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""

    def shown(self, data: bytes, *, final: bool = False) -> bytes:
        text = self._held + self._decoder.decode(data, final)
        # Whether a carriage return ends a line is known by what comes next.
        self._held = "\r" if text.endswith("\r") and not final else ""
        text = text.removesuffix(self._held)
        lines = [visible(line, keep="\t") for line in text.replace("\r\n", "\n").split("\n")]
        return "\n".join(lines).encode("utf-8")


def standard_output_error(error: OSError) -> OSError | OutputError:
    """The error to tell for `error` of writing to standard output; that of a closed pipe stays what it is."""
    # Windows reports a closed pipe as EINVAL.
    if isinstance(error, BrokenPipeError) or (sys.platform == "win32" and error.errno == errno.EINVAL):
        return BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    return output_error("standard output", error)
