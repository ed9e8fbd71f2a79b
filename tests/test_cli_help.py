"""Help, version, completion: they cost no import of what computes, and every command stands in them."""

import inspect
import os
import re
import subprocess
import sys

import pytest
import typer

from commandline import clean_environment, mine, mine_process
from hanmine import __version__
from hanmine.cli.app import root_command
from hanmine.newwords.options import settle_options
from hanmine.ngrams import count

HEAVY = ("numpy", "numba", "scipy", "jieba", "rich", "networkx", "zstandard", "pydantic")


def commands(group=None, path=()):
    """All commands by their path of names."""
    group = group or root_command()
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield (*path, name), command
        if hasattr(command, "list_commands"):
            yield from commands(command, (*path, name))


ALL = dict(commands())


def imported(*arguments):
    """The modules that a process has imported after running `mine` with `arguments`."""
    code = (
        "import sys\n"
        "from hanmine.cli import main\n"
        f"sys.argv = ['mine', *{list(arguments)!r}]\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean_environment()
    )
    return {name.split(".")[0] for name in done.stderr.split()} | set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([*path, "--help"] for path in ALL)], ids=" ".join)
def test_help_imports_nothing_heavy(arguments):
    modules = imported(*arguments)
    assert not modules.intersection(HEAVY)
    if arguments[0].startswith("-"):
        assert not any(name.startswith("hanmine.cli.") and "newwords" in name for name in modules)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_an_example_and_a_summary(path):
    help = ALL[path].help
    assert "\n\b\nExamples:\n  mine" in help
    group = root_command() if len(path) == 1 else ALL[path[:-1]]
    row = next(row for row in group.table if row.name == path[-1])
    assert row.summary.endswith(".")
    # The summary of the table is that of the command, said as briefly.
    assert len(help.split("\n")[0]) <= 100


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_has_help(path):
    assert [parameter.name for parameter in ALL[path].params if not parameter.help] == []


def test_help_names_the_commands():
    result = mine_process("--help")
    assert (result.code, result.err) == (0, "")
    assert "newwords  Find the words of a text" in result.out
    assert mine_process("-h").out == result.out


def test_version():
    assert mine_process("--version").out == mine_process("-V").out == f"hanmine {__version__}\n"


def test_settings_of_other_programs_are_not_taken_for_flags():
    result = mine_process("eval", "--help", variables={"MINE_VERSION": "1", "MINE_SHOW_COMPLETION": "1"})
    assert result.out.startswith("Usage: mine eval")


@pytest.mark.parametrize(
    ("arguments", "begin"),
    [([], "Usage: mine [OPTIONS] COMMAND"), (["ngrams"], "Usage: mine ngrams"), (["eval"], "Usage: mine eval")],
)
def test_a_group_without_a_command_shows_its_help(arguments, begin):
    result = mine(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(begin)


def test_without_arguments_at_a_terminal_the_short_help():
    result = mine("newwords", terminals=["stdin"])
    assert result.code == 2
    assert result.err == (
        "Usage: mine newwords [OPTIONS] [FILE]...\n"
        "Find the words of a Chinese text, without a dictionary or labels.\n"
        "More: mine newwords --help\n"
    )


def test_completion_of_commands_and_options():
    def complete(*words):
        return mine_process(
            variables={
                "_MINE_COMPLETE": "complete_bash",
                "COMP_WORDS": " ".join(words),
                "COMP_CWORD": str(len(words) - 1),
            }
        ).out.split()

    assert complete("mine", "n") == ["newwords", "ngrams"]
    assert complete("mine", "ngrams", "s") == ["show"]
    assert complete("mine", "newwords", "--min-c") == ["--min-count"]
    assert complete("mine", "newwords", "--method", "e") == ["entropy"]


def test_show_completion():
    result = mine_process("--show-completion", variables={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": ""})
    assert result.code in (0, 1)
    shown = mine_process(variables={"_MINE_COMPLETE": "source_bash"})
    assert shown.code == 0
    assert "complete -o default -F _mine_completion mine" in shown.out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
def test_help_to_a_full_disk():
    with open("/dev/full", "wb") as full:
        result = mine_process("--help", stdout=full)
    assert result.code == 4
    assert result.err == (
        "mine: error: standard output: No space left on device: make room there, or write to another place\n"
    )


def test_help_in_a_foreign_locale():
    result = mine_process(
        "--help", variables={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    )
    assert (result.code, result.err) == (0, "")


def stated_defaults(path):
    """What the help says where the command leaves a default to the function that it calls."""
    help = {parameter.opts[0]: parameter.help for parameter in ALL[path].params}
    return {name: match[1] for name, text in help.items() if (match := re.search(r"\[default: (.*)\]", text))}


def test_defaults_of_newwords_are_those_of_discover():
    options = settle_options()
    stated = stated_defaults(("newwords",))
    assert stated["--order"] == str(options.order)
    assert stated["--min-count"] == str(options.min_count)
    assert stated["--pmi"] == ",".join(f"{value:g}" for value in options.pmi)
    assert stated["--look-back"] == ",".join(options.look_back)
    assert stated["--min-entropy"] == (
        f"{options.min_entropy:g}, or {settle_options(method='entropy').min_entropy:g} with entropy"
    )
    assert stated["--min-length"] == str(options.min_length)
    assert stated["--max-length"] == "any"
    assert options.max_length is None
    assert stated["--known"] == ",".join(options.known)
    assert stated["--sort"] == options.sort


def test_defaults_of_ngrams_are_those_of_count():
    defaults = {name: parameter.default for name, parameter in inspect.signature(count).parameters.items()}
    stated = stated_defaults(("ngrams", "show"))
    assert stated["--order"] == "-".join(map(str, defaults["orders"]))
    assert stated["--min-count"] == str(defaults["min_count"])
    assert stated["--stats"] == ",".join(defaults["stats"])
    assert stated["--sort"] == defaults["sort"]


def test_typer_is_of_the_range_that_is_supported():
    major, minor = map(int, typer.__version__.split(".")[:2])
    assert (0, 26) <= (major, minor) < (0, 29)
