"""What came from outside reaches people without the control characters in it: names of files, and what they hold.

Pipes and files get data as it is; on a terminal, and in every message, it is made visible.
"""

import io
import re
from pathlib import Path

import numpy as np
import pytest

from commandline import MemoryStream, mine
from hanmine.cli.environment import Environment, StandardOutput
from test_cli_help import ALL

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
BAD = "\x1b[31m\x9b2J\x07\u202e\u2066"  # red, a cleared screen, a bell, text from right to left
SHOWN = r"\x1b[31m\x9b2J\x07\u202e\u2066"
NAME = f"{BAD}\udcff\n词"
TINY = Path(__file__).parent / "models" / "tiny-mlm"
COMMANDS = [path for path, one in ALL.items() if not hasattr(one, "list_commands") or one.invoke_without_command]
NEEDED = {
    "encode": ("--model", TINY),
    "parse": ("--model", TINY),
    "segment": ("--method", "nvbe"),
    "whiten apply": ("--map", "map"),
    "whiten merge": ("-o", "map"),
}


def check(*arguments):
    """Run `mine` on terminals, and look for what a terminal would obey; returns all that it said."""
    result = mine(*arguments, terminals={"stdout", "stderr"})
    said = result.out + result.err
    assert not RAW.search(said), (arguments, said)
    assert result.code in (0, 2, 3, 4), (arguments, said)
    return said


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


CONTENTS = {
    "a.txt": f"今天{BAD}天气很好。\n我们\t{BAD}\n" * 4,
    "a.jsonl": f'{{"text": {BAD}X}}\n',
    "b.jsonl": f'{{"te{BAD[1:3]}xt": "a", "{BAD[-1]}": [1]}}\n' * 2,
    "a.csv": f"text{BAD},label\n今天{BAD},1\n{BAD}\n",
    "a.net": f'*Vertices 2\n1 "a{BAD}"\n2 "b{BAD}" {BAD}\n*Edges\n1 2 1\n1 {BAD}\n',
    "links.txt": f"a{BAD} b 1\na{BAD} c {BAD}\n",
    "a.tree": f'# path flow name\n1:1 0.5 "a{BAD}" 1\n1:{BAD} 0.5 "b" 2\n',
    "a.vec": f"2 2\na{BAD} 1 2\nb{BAD} 1 {BAD}\n",
    "a.conllu": f"# text = {BAD}\n1\t{BAD}\t_\t_\t_\t_\t{BAD}\t_\t_\t_\n\n",
    "a.json": f'{{"text{BAD}": {BAD}}}',
    "a.npz": npz(**{f"a{BAD[-2:]}": np.eye(3), f"b{BAD[-2:]}": np.eye(3)}),
}  # fmt: skip


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in CONTENTS.items():
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_names_of_files_and_values_of_options(path, files):
    needed = NEEDED.get(" ".join(path), ())
    assert SHOWN + r"\udcff\n词" in check(*path, NAME, NAME, *needed) or path == ("whiten", "apply")
    for option in ("--model", "-f", "--unknown", "-o", "-T", "--column"):
        check(*path, "a.txt", option, f"x{BAD}/\udcff")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_what_files_hold(path, files):
    for name in CONTENTS:
        column = ("--column", "text") if name.endswith(("jsonl", "csv")) else ()
        for more in ((), (name,), column)[: 2 + bool(column)]:
            check(*path, name, *more, *NEEDED.get(" ".join(path), ()))


def test_a_mistake_in_a_line_is_quoted_harmlessly(files):
    assert SHOWN in check("newwords", "a.jsonl", "--column", "text")
    assert SHOWN in check("cluster", "links.txt")


def test_tables_of_words_and_sentences(files):
    np.save("rows.npy", np.random.default_rng(0).normal(size=(8, 4)))
    assert SHOWN in check("similar", "rows.npy", "--self", "-k", "1", "--text", "a.txt")
    Path("links.txt").write_text(f"a{BAD}\tb\t1\nb\tc\t1\n")
    assert SHOWN in check("cluster", "links.txt")


def test_data_on_a_terminal_and_in_a_pipe(files):
    assert SHOWN in check("segment", "a.txt", "--method", "nvbe").replace(" ", "")
    piped = mine("segment", "a.txt", "--method", "nvbe")
    assert piped.out.replace(" ", "").count(BAD) == CONTENTS["a.txt"].count(BAD)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_text_for_a_terminal_comes_in_pieces(size):
    """Characters, and ends of lines, may be cut in two; bytes that are no text are visible, too."""
    stdout = MemoryStream(terminal=True)
    output = StandardOutput(Environment(None, stdout, None))
    data = "微信\t\x1b[0m\r\n\u202e词\rx\r".encode() + b"\xff\n\xe5\r"
    for start in range(0, len(data), size):
        output.write(data[start : start + size])
    output.flush()
    assert stdout.text == "微信\t\\x1b[0m\n\\u202e词\\rx\\r\\udcff\n\\udce5\\r"


@pytest.mark.parametrize("path", [path for path in COMMANDS if "tmpdir" in {one.name for one in ALL[path].params}])
def test_a_folder_of_temporary_files_that_is_missing(path, files):
    said = check(*path, "a.txt", "-T", files / "missing")
    assert said == (
        f"mine: error: {files}/missing: the temporary folder does not exist: create it, or pass another with -T\n"
    )
