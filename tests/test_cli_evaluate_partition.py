"""`mine eval partition` as a shell: tables, formats, pipes and errors."""

import csv
import io
import json

import pytest

from commandline import mine, mine_process
from hanmine import __version__

TREE = '1:1 0.2 "甲" 1\n1:2 0.2 "乙" 2\n2:1 0.3 "丙" 3\n2:2 0.2 "丁" 4\n2:3 0.1 "戊" 5\n'
LABELS = "甲\tx\n乙\tx\n丙\ty\n丁\ty\n戊\tx\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "a.tree").write_text(TREE, encoding="utf-8")
    (tmp_path / "b.tsv").write_text(LABELS, encoding="utf-8")
    (tmp_path / "links.txt").write_text("1 2\n2 3\n3 4\n4 5\n5 3\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_a_table_in_a_pipe(files):
    result = mine("eval", "partition", "a.tree", "b.tsv")
    assert (result.code, result.err) == (0, "")
    (row,) = rows_of(result.out)
    assert row | {"signature": ""} == {
        "nodes": "5",
        "only_in_a": "0",
        "only_in_b": "0",
        "nmi": "0.4325",
        "ami": "0.2513",
        "ari": "0.1667",
        "modules_a": "2",
        "modules_b": "2",
        "largest_a": "3",
        "largest_b": "3",
        "median_a": "2.5000",
        "median_b": "2.5000",
        "smallest_a": "2",
        "smallest_b": "2",
        "signature": "",
    }
    assert row["signature"].startswith(f"hanmine:{__version__}|eval-partition|a:a.tree#")


def test_other_formats_and_the_summary(files):
    result = mine(
        "eval", "partition", "a.tree", "a.tree", "--graph", "links.txt", "-f", "json", "--summary-json", "s.json"
    )
    (row,) = json.loads(result.out)
    assert (row["ami"], row["codelength_difference"]) == (1, 0)
    summary = json.loads((files / "s.json").read_text("utf-8"))
    assert summary["a"]["sizes"] == [3, 2]
    assert round(summary["a"]["codelength"], 6) == row["codelength_a"]
    assert summary["arguments"][:2] == ["eval", "partition"]
    mine("eval", "partition", "a.tree", "a.tree", "--graph", "links.txt", "-d", "-o", "out.csv")
    header, line = (files / "out.csv").read_text("utf-8").splitlines()
    assert header.endswith("codelength_a,codelength_b,codelength_difference,signature")
    assert ",0.000000000," in line
    assert "|flow-model:directed" in line


def test_at_a_terminal(files):
    result = mine("eval", "partition", "a.tree", "a.tree", "--graph", "links.txt", terminals=["stdout"])
    lines = result.out.splitlines()
    assert [line.split() for line in lines[:5]] == [
        ["A", "B"],
        ["modules", "2", "2"],
        ["largest", "3", "3"],
        ["median", "2.5", "2.5"],
        ["smallest", "2", "2"],
    ]
    assert lines[5].split()[0] == "codelength"
    assert lines[6] == "codelength of B less that of A: +0.000000 bits"
    assert lines[7] == "NMI 1.0000, AMI 1.0000, ARI 1.0000 over 5 nodes, matched by name"
    assert lines[8].startswith("hanmine:")


def test_pipes_and_missing_nodes(files):
    result = mine_process("eval", "partition", "-", "a.tree", input="甲\tx\n丙\ty\n".encode(), cwd=files)
    assert result.code == 0
    assert result.err == "mine: a.tree: 3 of 5 nodes are not in <stdin> and left out: '乙', '丁', '戊'\n"
    assert rows_of(result.out)[0]["only_in_b"] == "3"
    quiet = mine_process("eval", "partition", "-", "a.tree", "-q", input="甲\tx\n丙\ty\n".encode(), cwd=files)
    assert (quiet.out, quiet.err) == (result.out, "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a.tree", "missing"], 3, "missing: no such file: check the path"),
        (["-", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (["a.tree", "."], 3, ".: is a folder: name a file"),
        (["a.tree", "b.tsv", "-o", "b.tsv"], 4, "b.tsv: is also an input: choose another output file"),
        (
            ["a.tree", "b.tsv", "--level", "low"],
            2,
            "--level 'low' is no level: pass top, leaf or a number from 1 (top) on",
        ),
        (
            ["a.tree", "b.tsv", "--graph", "links.txt"],
            3,
            "b.tsv: has no node of links.txt: compare partitions of the same graph",
        ),
        (["a.tree", "b.tsv", "-f", "tree"], 2, "-f 'tree' is unknown: choose tsv, csv, jsonl, json"),
    ],
)
def test_errors(files, arguments, code, message):
    result = mine("eval", "partition", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("mine: error: " + message)
    assert result.err.count("\n") == 1
