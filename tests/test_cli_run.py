"""Every way in which a run can end: its message and its exit code."""

import errno
import signal
import subprocess
import sys

import pytest
import typer

from commandline import MemoryStream, heed_interrupts, mine
from hanmine.cli import app as application
from hanmine.cli.environment import Environment, StandardOutput
from hanmine.cli.lazy import LazyCommand, lazy_group
from hanmine.cli.messages import Debug, Quiet, Verbose
from hanmine.cli.run import Terminated, run
from hanmine.errors import DecodingError, HanmineError, InputError, MissingExtraError, OutputError, UsageError


@pytest.fixture
def failing(monkeypatch):
    """Makes `mine fail` raise a given exception."""
    small = typer.Typer(rich_markup_mode=None, add_completion=False)
    raised = []

    @small.command("fail")
    def fail(quiet: Quiet = False, verbose: Verbose = False, debug: Debug = False) -> None:
        raise raised[0]

    module = type(pytest)("failing_command")
    module.app = small
    monkeypatch.setitem(__import__("sys").modules, "failing_command", module)
    group = lazy_group(LazyCommand("fail", "failing_command", "Fail."))
    monkeypatch.setattr(application.app.info, "cls", group)

    def end(error, *arguments):
        raised[:] = [error]
        return mine("fail", *arguments)

    return end


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (HanmineError("a"), 1, "mine: error: a\n"),
        (UsageError("a: choose b"), 2, "mine: error: a: choose b\n"),
        (InputError("f: no such file"), 3, "mine: error: f: no such file\n"),
        (
            DecodingError("f: byte 3"),
            3,
            "mine: error: f: byte 3: pass --encoding NAME if it is another encoding, or --errors replace\n",
        ),
        (DecodingError("f: byte 3", "mend it"), 3, "mine: error: f: byte 3: mend it\n"),
        (OutputError("f: is full"), 4, "mine: error: f: is full\n"),
        (
            MissingExtraError("--t2s", "opencc"),
            2,
            "mine: error: --t2s needs an optional package: pip install 'hanmine[opencc]'\n",
        ),
        (KeyboardInterrupt(), 130, "mine: interrupted\n"),
        (Terminated(signal.SIGTERM), 143, "mine: ended by SIGTERM\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (
            MemoryError("Unable to allocate 9 GiB"),
            1,
            "mine: error: out of memory (Unable to allocate 9 GiB): read less text at once, or raise --min-count\n",
        ),
        (
            ValueError("a\nb"),
            1,
            "mine: error: unexpected ValueError: a b (pass --debug for the traceback)\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "/tmp/spool"),
            4,
            "mine: error: /tmp/spool: No space left on device: make room there\n",
        ),
        (
            typer.BadParameter("is wrong", param_hint="'--x'"),
            2,
            "mine: error: Invalid value for '--x': is wrong (see 'mine --help')\n",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_messages_and_exit_codes(failing, error, code, message):
    result = failing(error)
    assert (result.code, result.out) == (code, "")
    if isinstance(error, typer.BadParameter):
        assert result.err in (message, message.replace("'mine --help'", "'mine fail --help'"))
    else:
        assert result.err == message


def test_no_message_is_cut_by_quiet(failing):
    assert failing(InputError("f: missing"), "-q").err == "mine: error: f: missing\n"


def test_debug_shows_the_traceback(failing):
    result = failing(InputError("f: missing"), "--debug")
    assert result.err.startswith("Traceback (most recent call last):\n")
    assert result.err.endswith("InputError: f: missing\nmine: error: f: missing\n")


@pytest.mark.parametrize("arguments", [("--debug", "fail"), ("fail", "--debug")])
def test_switches_stand_before_or_after_the_command(failing, arguments):
    failing(ValueError())
    assert "Traceback" in mine(*arguments).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["newwrds"], "No such command 'newwrds'. Did you mean 'newwords'? (see 'mine --help')"),
        (["newwords", "--colour"], "No such option: --colour"),
        (["newwords", "--min-count", "x"], "Invalid value for '--min-count': 'x' is not a valid int"),
        (["newwords", "--method", "x"], "Invalid value for '--method': 'x' is not one of 'su', 'entropy'"),
        (["eval", "words", "a"], "Missing argument 'GOLD' (see 'mine eval words --help')"),
    ],
)
def test_what_cannot_be_parsed(arguments, message):
    result = mine(*arguments)
    assert result.code == 2
    assert result.err.startswith(f"mine: error: {message}")
    assert result.err.count("\n") == 1


def test_standard_output_that_is_closed():
    output = StandardOutput(Environment(None, None, None))
    with pytest.raises(OutputError) as caught:
        output.write(b"x")
    assert str(caught.value) == "standard output: is closed: name a file with -o"
    output.flush()


def test_without_standard_error_nothing_is_said():
    assert run(["nothing"], Environment(None, MemoryStream(), None)) == 2


def test_say_follows_quiet():
    stderr = MemoryStream()
    environment = Environment(None, None, stderr)
    environment.say("one")
    environment.say_result("only with -v or at a terminal")
    environment.quiet = True
    environment.say("two")
    assert stderr.text == "mine: one\n"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_when_all_is_done_ends_the_process_without_a_word(name):
    """Nothing is left to tell, and a traceback out of the interpreter's own end would tell nothing."""
    program = (
        "import atexit, os, signal, sys\n"
        "from hanmine.cli import main\n"
        f"atexit.register(lambda: os.kill(os.getpid(), signal.{name}))\n"
        "sys.argv[1:] = ['--version']\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, preexec_fn=heed_interrupts, check=False)
    assert (done.returncode, done.stderr) == (-getattr(signal, name), b"")
