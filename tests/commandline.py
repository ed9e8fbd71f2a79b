"""Running `mine` in tests: inside this process with streams in memory, or as a process of its own."""

import io
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

from hanmine.cli.environment import Environment
from hanmine.cli.run import run


class MemoryStream(io.TextIOWrapper):
    """A text stream over bytes in memory that may say it is a terminal."""

    def __init__(self, content: bytes = b"", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", newline="\n", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode("utf-8")


@dataclass
class Result:
    code: int
    out: str
    err: str


def mine(*arguments, terminals=(), variables=None) -> Result:
    """Run `mine` in this process; `terminals` names those of stdin, stdout and stderr that are terminals."""
    streams = {name: MemoryStream(terminal=name in terminals) for name in ("stdin", "stdout", "stderr")}
    environment = Environment(**streams, variables={"TERM": "dumb"} if variables is None else variables)
    code = run([str(argument) for argument in arguments], environment)
    return Result(code, streams["stdout"].text, streams["stderr"].text)


def command_line(*arguments) -> list[str]:
    return [sys.executable, "-m", "hanmine", *map(str, arguments)]


def clean_environment(**variables) -> dict[str, str]:
    """The environment of this process without settings for mine, and with `variables`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MINE_")} | variables


def mine_process(*arguments, input=b"", variables=None, **settings) -> Result:
    """Run `mine` as a process; what it prints is decoded, and never checked for its exit code."""
    settings.setdefault("stdout", subprocess.PIPE)
    if "stdin" not in settings:
        settings["input"] = input
    done = subprocess.run(
        command_line(*arguments),
        stderr=subprocess.PIPE,
        env=clean_environment(**(variables or {})),
        timeout=300,
        check=False,
        **settings,
    )
    return Result(done.returncode, (done.stdout or b"").decode("utf-8"), done.stderr.decode("utf-8"))


def heed_interrupts() -> None:
    """A process started in the background of a shell ignores Ctrl-C, and would hand that on: for `preexec_fn`."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
