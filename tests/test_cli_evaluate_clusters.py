"""`mine eval clusters` as a shell: tables, formats, pipes and errors."""

import csv
import io
import json

import numpy as np
import pytest

from commandline import mine, mine_process

SCORES = ["nmi", "ami", "ari", "b3_precision", "b3_recall", "b3_f1", "purity", "inverse_purity"]
SIZES = ["clusters", "largest", "median", "smallest"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "r.tsv").write_text("row\tmodule\n0\t1\n1\t1\n2\t2\n3\t2\n4\t2\n5\t3\n", encoding="utf-8")
    (tmp_path / "labels.txt").write_text("a\na\na\nb\nb\nc\n", encoding="utf-8")
    (tmp_path / "links.txt").write_text("0 1\n1 2\n2 0\n3 4\n4 5\n5 3\n", encoding="utf-8")
    np.save(tmp_path / "v.npy", np.eye(6)[[0, 0, 0, 1, 1, 2]])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_a_table_in_a_pipe(files):
    result = mine("eval", "clusters", "r.tsv", "labels.txt")
    assert (result.code, result.err) == (0, "")
    (row,) = rows_of(result.out)
    assert list(row) == ["system", "statistic", *SCORES, *SIZES, "items", "classes", "signature"]
    assert row | {"signature": "", "nmi": "", "ami": "", "ari": ""} == {
        "system": "result", "statistic": "value", "nmi": "", "ami": "", "ari": "",
        "b3_precision": "0.7778", "b3_recall": "0.7778", "b3_f1": "0.7778", "purity": "0.8333",
        "inverse_purity": "0.8333", "clusters": "3", "largest": "3", "median": "2", "smallest": "1", "items": "6",
        "classes": "3", "signature": "",
    }  # fmt: skip


def test_baselines(files):
    command = ["eval", "clusters", "r.tsv", "labels.txt", "--vectors", "v.npy", "--graph", "links.txt", "--seeds", "3"]
    result = mine(*command, "-f", "json", "--summary-json", "s.json")
    rows = json.loads(result.out)
    assert [(row["system"], row["statistic"]) for row in rows] == [
        ("result", "value"), ("k-means", "mean"), ("k-means", "std"), ("leiden", "mean"), ("leiden", "std"),
    ]  # fmt: skip
    assert (rows[3]["clusters"], rows[4]["ami"]) == (2, 0)
    summary = json.loads((files / "s.json").read_text("utf-8"))
    assert len(summary["baselines"]["k-means"]["runs"]) == 3
    assert [record["name"] for record in summary["inputs"]] == ["r.tsv", "labels.txt", "v.npy", "links.txt"]
    shown = mine(*command, terminals=["stdout"]).out.splitlines()
    assert shown[0].split() == ["result", "k-means", "leiden"]
    assert [line.split()[0] for line in shown[1:13]] == [*SCORES, *SIZES]
    assert shown[9].split() == ["clusters", "3", "3", "±", "0", "2", "±", "0"]
    assert shown[13] == "6 items in 3 classes, matched by row; 3 runs of each baseline"
    assert shown[14].startswith("hanmine:")


@pytest.mark.parametrize("arguments", [("-", "labels.txt"), ("labels.txt", "-")])
def test_either_side_from_a_pipe(files, arguments):
    result = mine_process("eval", "clusters", *arguments, input=b"1\n1\n2\n2\n2\n3\n", cwd=files)
    assert (result.code, result.err) == (0, "")
    assert rows_of(result.out)[0]["b3_f1"] == "0.7778"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing", "labels.txt"], 3, "missing: no such file: check the path"),
        (["r.tsv", "missing"], 3, "missing: no such file: check the path"),
        (["-", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (["r.tsv", "."], 3, ".: is a folder: name a file"),
        (["r.tsv", "labels.txt", "-o", "labels.txt"], 4, "labels.txt: is also an input: choose another output file"),
        (
            ["r.tsv", "labels.txt", "--label-column", "topic"],
            2,
            "--label-column topic: labels.txt has one column only: leave it out",
        ),
        (["r.tsv", "labels.txt", "-f", "tree"], 2, "-f 'tree' is unknown: choose tsv, csv, jsonl, json"),
    ],
)
def test_errors(files, arguments, code, message):
    result = mine("eval", "clusters", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err == f"mine: error: {message}\n"


def test_vectors_with_names_beside_a_result_by_row(files):
    rows = np.eye(6)[[0, 0, 0, 1, 1, 2]]
    lines = [f"w{row} " + " ".join(map(str, numbers)) for row, numbers in enumerate(rows)]
    (files / "v.vec").write_text("6 6\n" + "\n".join(lines) + "\n", encoding="utf-8")
    tables = [
        rows_of(mine("eval", "clusters", "r.tsv", "labels.txt", "--vectors", name).out) for name in ("v.npy", "v.vec")
    ]
    assert [[{**row, "signature": ""} for row in table] for table in tables] == [
        [{**row, "signature": ""} for row in tables[0]]
    ] * 2


def test_files_that_are_no_text(files):
    (files / "bad.txt").write_bytes(b"a\na\na\nb\nb\nc\xff\n")
    result = mine("eval", "clusters", "r.tsv", "bad.txt")
    assert (result.code, result.out) == (3, "")
    assert "--encoding NAME" in result.err
    assert "--errors replace" in result.err
    result = mine("eval", "clusters", "r.tsv", "bad.txt", "--errors", "replace")
    assert (result.code, result.err) == (
        0, "mine: bad.txt: 1 place could not be read and was replaced (--errors replace)\n",
    )  # fmt: skip
