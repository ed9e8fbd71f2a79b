"""The READMEs: both show the same commands, and what they show is what the commands print.

Blocks of the language `console` hold commands after `$ ` and below each what it prints on a terminal, standard error
last; `pycon` blocks are doctests; the others (`sh`, `powershell`) set up an environment and are not run here.
"""

import contextlib
import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from commandline import clean_environment

pty = pytest.importorskip("pty", reason="the READMEs show what a POSIX terminal shows")

ROOT = Path(__file__).parent.parent
NAMES = ("README.md", "README.zh-CN.md")
NOT_RUN = ("make ", "git clone ", "cd ", "python3 -m venv ", "py -m venv ", r".venv\Scripts")
NOT_RUN_ALONE = {". .venv/bin/activate", "pip install .", "mine newwords corpora/sample.txt"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    language: str
    text: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """The commands of a console block, each with the output shown below it."""
        parts = re.split(r"^\$ (.*)\n", self.text, flags=re.MULTILINE)
        assert parts[0] == "", f"output before the first command: {parts[0]}"
        return list(zip(parts[1::2], parts[2::2], strict=True))


def blocks(name: str) -> list[Block]:
    return [Block(*match.groups()) for match in FENCE.finditer((ROOT / name).read_text("utf-8"))]


def on_terminal(command: str, folder: Path) -> tuple[str, int]:
    """What a command prints with a terminal as its standard output (standard error last), and its exit code."""
    main, terminal = pty.openpty()
    scripts = str(Path(sys.executable).parent)
    # grep and its kin take Chinese characters for bytes in the locale C.
    environment = clean_environment(
        PATH=scripts + os.pathsep + os.environ["PATH"], TERM="dumb", COLUMNS="120", PYTHONWARNINGS="ignore",
        LC_ALL="C.UTF-8",
    )  # fmt: skip
    shown: list[bytes] = []

    def collect() -> None:
        with contextlib.suppress(OSError):  # Linux's way to say that the other end has closed
            while part := os.read(main, 4096):
                shown.append(part)

    reader = threading.Thread(target=collect)
    reader.start()
    with tempfile.TemporaryFile() as messages:
        done = subprocess.run(
            ["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=terminal, stderr=messages, cwd=folder,
            env=environment, timeout=300, check=False,
        )  # fmt: skip
        os.close(terminal)
        reader.join()
        os.close(main)
        messages.seek(0)
        shown.append(messages.read())
    return b"".join(shown).decode("utf-8").replace("\r\n", "\n"), done.returncode


@pytest.fixture
def another_jieba():
    """jieba is imported anew: the dictionary that a README loads is not to be known in other tests."""
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "jieba"}
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "jieba"]:
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder like a clone's, as far as the commands need it."""
    place = tmp_path_factory.mktemp("readme")
    (place / "corpora").mkdir()
    for name in ("sample.txt", "planted.txt"):
        shutil.copy(ROOT / "corpora" / name, place / "corpora")
    on_terminal("mine newwords corpora/sample.txt; mine ngrams show corpora/sample.txt", place)  # kernels are compiled
    return place


def test_both_show_the_same_commands():
    english, chinese = map(blocks, NAMES)
    assert chinese == english


def test_every_block_is_one_of_those_that_are_checked():
    assert {block.language for block in blocks(NAMES[0])} == {"console", "pycon", "sh", "powershell"}


def test_blocks_that_are_not_run_only_set_up():
    lines = [
        line for block in blocks(NAMES[0]) if block.language in ("sh", "powershell") for line in block.text.splitlines()
    ]
    assert {line for line in lines if not line.startswith(NOT_RUN)} == NOT_RUN_ALONE
    assert {"make demo", "make test"} <= {line.partition("#")[0].strip() for line in lines}


def test_what_must_pass_before_a_merge_is_what_the_readme_says():
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert "make test" in lines
    assert "make lint" in lines


def test_the_demo_asks_for_as_many_words_as_were_planted():
    planted = (ROOT / "corpora" / "planted.txt").read_text("utf-8").split()
    (command,) = re.findall(r"^\t\S*mine newwords .*$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert command.endswith(f" --known jieba --drop-known --sort count --limit {len(planted)}")
    for name in NAMES:
        assert f" {len(planted)} " in (ROOT / name).read_text("utf-8")


def test_links_lead_somewhere():
    for name in NAMES:
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / target).exists(), f"{name} links to {target}"


@pytest.mark.usefixtures("another_jieba")
def test_the_commands_print_what_is_shown(folder, monkeypatch):
    """One test, because later blocks read the files that earlier ones wrote."""
    monkeypatch.chdir(folder)
    names: dict = {}
    for number, block in enumerate(blocks(NAMES[0]), 1):
        if block.language == "console":
            for command, expected in block.commands:
                shown, code = on_terminal(command, folder)
                assert shown == expected, f"block {number}: {command}"
                assert (code != 0) == ("mine: error: " in expected), f"block {number}: {command} ends with {code}"
        elif block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(block.text, names, f"block {number}", NAMES[0], 0)
            report: list[str] = []
            doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
            names = test.globs
            assert report == [], "".join(report)
