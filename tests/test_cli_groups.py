"""Groups of options: one spelling, help and default wherever an option stands, and headings in the help of commands."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest
import typer

from commandline import mine
from hanmine.cli.groups import Command, option, with_option_groups
from test_cli_help import ALL

SHARED = ("encoding", "column", "recursive", "fold_case", "t2s", "mixed", "no_overwrite", "summary_json", "no_header",
          "bom", "threads", "tmpdir", "quiet", "verbose", "debug", "array", "backend", "precision", "batch_tokens",
          "prompt", "prompt_name")  # fmt: skip
ELSEWHERE = {("cluster", "recursive")}  # which says of which of its texts


def headings(path, capfd):
    mine(*path, "--help")
    text = capfd.readouterr().out
    return [line.removesuffix(":") for line in text.splitlines() if line and not line.startswith((" ", "Usage"))]


@pytest.mark.parametrize("name", SHARED)
def test_an_option_says_the_same_everywhere(name):
    said = {
        (tuple(parameter.opts), parameter.help, str(parameter.default))
        for path, command in ALL.items()
        for parameter in command.params
        if parameter.name == name and (path[-1], name) not in ELSEWHERE
    }
    assert len(said) == 1


def test_headings_come_in_one_order(capfd):
    order = ["Arguments", "Options", "Model", "Input", "Output", "Run", "Commands"]
    for path, command in ALL.items():
        if command.params and path[-1] not in ("ngrams", "eval"):
            found = [heading for heading in headings(path, capfd) if heading in order]
            assert found == sorted(found, key=order.index), path
            assert "Run" in found, path


def test_help_is_the_last_option(capfd):
    mine("segment", "--help")
    assert capfd.readouterr().out.splitlines()[-1].startswith("  -h, --help")


@dataclass
class Base:
    heading: ClassVar[str] = "Some"

    first: Annotated[int, option(help="One.")] = 1
    second: Annotated[float, option(help="Two.")] = 2.0


@dataclass
class Derived(Base):
    first: Annotated[int, option("--other", help="Another one.")] = 5


def parsed(*arguments):
    got = []
    app = typer.Typer(rich_markup_mode=None)

    @app.command(cls=Command)
    @with_option_groups
    def command(group: Derived, seed: int = 0) -> None:
        got.append((group, seed))

    typer.main.get_command(app)(list(arguments), standalone_mode=False)
    return got[0]


def test_groups_are_spread_and_put_together_again():
    assert parsed() == (Derived(5, 2.0), 0)
    assert parsed("--other", "3", "--second", "4", "--seed", "9") == (Derived(3, 4.0), 9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--association", "nan"], "--association nan: is no finite number: write one"),
        (["--association", "inf"], "--association inf: is no finite number: write one"),
        (["--group", "2147483648"], "--group 2147483648: is too large: write at most 2147483647"),
    ],
)
def test_numbers_that_are_none(arguments, message):
    result = mine("segment", "text", *arguments)
    assert (result.code, result.out, result.err) == (2, "", f"mine: error: {message}\n")
    assert mine("whiten", "v.npy", "--beta", "nan").err == "mine: error: --beta nan: is no finite number: write one\n"
