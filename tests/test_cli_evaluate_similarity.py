"""`mine eval similarity` as a shell: tables, formats, the map that is saved, and errors."""

import csv
import io
import json

import numpy as np
import pytest

from commandline import mine, mine_process
from hanmine import __version__

ROWS = 40
HEADER = ["setting", "beta", "gamma", "dim", "task", "pairs", "spearman", "pearson", "signature"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A file of pairs and the vectors of both its columns, the gold close to the cosines."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(ROWS, 6)) * [5, 3, 2, 1, 1, 1] + 2
    b = a + rng.normal(size=(ROWS, 6)) * rng.uniform(0, 3, (ROWS, 1))
    gold = np.round(5 - np.abs(a - b).sum(1) / 4)
    text = "".join(f"甲{i}\t乙{i}\t{score:g}\n" for i, score in enumerate(gold))
    (tmp_path / "STS.valid.tsv").write_text(text, encoding="utf-8")
    np.save(tmp_path / "a.npy", a.astype(np.float32))
    np.save(tmp_path / "b.npy", b.astype(np.float32))
    np.save(tmp_path / "both.npy", np.concatenate([a, b]).astype(np.float32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_a_table_in_a_pipe(files):
    result = mine("eval", "similarity", "STS.valid.tsv", "--vectors", "a.npy", "--vectors", "b.npy")
    assert (result.code, result.err) == (0, "mine: the vectors have 6 dimensions: larger settings keep all of them\n")
    rows = rows_of(result.out)
    assert list(rows[0]) == HEADER
    assert [row["setting"] for row in rows] == ["raw", "full", "256", "128", "soft", "tuned-encoder"]
    assert {row["task"] for row in rows} == {"STS"}  # averages of one task say nothing
    assert {row["pairs"] for row in rows} == {str(ROWS)}
    assert rows[0]["signature"].startswith(f"hanmine:{__version__}|eval-similarity|tasks:STS.valid.tsv#")
    assert "|vectors:a.npy,b.npy#" in rows[0]["signature"]
    same = mine("eval", "similarity", "STS.valid.tsv", "--vectors", "both.npy", "-j", 2)
    assert [list(row.values())[:-1] for row in rows_of(same.out)] == [list(row.values())[:-1] for row in rows]


def test_tables_of_several_tasks_at_a_terminal(files):
    (files / "BQ.tsv").write_bytes((files / "STS.valid.tsv").read_bytes())
    vectors = ["--vectors", "both.npy", "--vectors", "both.npy"]
    result = mine("eval", "similarity", "STS.valid.tsv", "BQ.tsv", *vectors, "--dims", "4", terminals=["stdout"])
    lines = result.out.splitlines()
    assert lines[0].split() == ["STS", "BQ", "average", "weighted"]
    assert [line.split()[0] for line in lines[1:-1]] == ["raw", "4"]
    assert len(set(lines[1].split()[1:])) == 1
    assert lines[-1].startswith("hanmine:")


def test_a_grid_in_other_formats(files):
    options = ["--vectors", "both.npy", "--dims", "full,3", "--betas", "0,1", "--gammas", "0,0.5", "--presets", "soft"]
    rows = json.loads(mine("eval", "similarity", "STS.valid.tsv", *options, "-f", "json").out)
    assert len(rows) == 1 + 1 + 8
    assert [row["setting"] for row in rows][:4] == [
        "raw",
        "soft",
        "beta=0,gamma=0,dim=full",
        "beta=0,gamma=0,dim=3",
    ]
    assert rows[0]["spearman"] == rows[2]["spearman"]
    mine("eval", "similarity", "STS.valid.tsv", *options, "-o", "out.csv", "--summary-json", "run.json")
    assert (files / "out.csv").read_text("utf-8").splitlines()[0] == ",".join(HEADER)
    summary = json.loads((files / "run.json").read_text("utf-8"))
    assert summary["rows"][0]["tasks"]["STS"]["spearman"] == pytest.approx(rows[0]["spearman"], abs=1e-6)
    assert [found["name"] for found in summary["inputs"]] == ["STS.valid.tsv", "both.npy"]
    assert summary["arguments"][:3] == ["eval", "similarity", "STS.valid.tsv"]


def test_tuning(files):
    dev = (files / "STS.valid.tsv").read_text("utf-8")
    (files / "dev.tsv").write_text(dev, encoding="utf-8")
    vectors = ["--vectors", "both.npy", "--vectors", "both.npy"]
    found = mine("eval", "similarity", "STS.valid.tsv", *vectors, "--tune", "dev.tsv", "--save-map", "map.safetensors")
    assert found.code == 0
    assert " on dev.tsv: β=" in found.err
    rows = rows_of(found.out)
    assert rows[-1]["setting"] == "tuned"
    again = mine("eval", "similarity", "STS.valid.tsv", "--vectors", "both.npy", "--map", "map.safetensors")
    assert rows_of(again.out)[-1]["spearman"] == rows[-1]["spearman"]
    assert "|map:map.safetensors#" in rows_of(again.out)[-1]["signature"]
    alone = mine("eval", "similarity", "--vectors", "both.npy", "--tune", "dev.tsv", "--dims", "full,2")
    assert [row["setting"] for row in rows_of(alone.out)][:2] == ["raw", "beta=0,gamma=0,dim=full"]
    assert len(rows_of(alone.out)) == 1 + 2 * 2 * 5
    shown = mine("eval", "similarity", "--vectors", "both.npy", "--tune", "dev.tsv", terminals=["stdout"])
    assert shown.out.splitlines()[0].split() == ["Spearman", "Pearson"]


def test_a_map_is_not_replaced_unasked(files):
    (files / "dev.tsv").write_bytes((files / "STS.valid.tsv").read_bytes())
    options = ["eval", "similarity", "--vectors", "both.npy", "--tune", "dev.tsv"]
    result = mine(*options, "--save-map", "dev.tsv")
    assert (result.code, result.err) == (4, "mine: error: dev.tsv: is also an input: choose another output file\n")
    (files / "map.safetensors").write_bytes(b"")
    result = mine(*options, "--save-map", "map.safetensors", "--no-overwrite")
    assert result.code == 4
    assert (files / "map.safetensors").read_bytes() == b""
    result = mine(*options, "--save-map", "same", "-o", "same")
    assert (result.code, result.err) == (
        4,
        "mine: error: same: is named for two outputs: choose two different files\n",
    )


def test_the_model_and_its_options(files, monkeypatch):
    from hanmine.evaluate import similarity as module

    seen = []

    class Model:
        def __init__(self):
            self.facts = {"model": "tiny", "pooling": "p1"}

        def digest(self):
            return "0123456789"

        def encode(self, sentences):
            return np.random.default_rng(0).normal(size=(len(sentences), 4)).astype(np.float32)

    def load(model, options, threads):
        seen.append((model, options, threads))
        return Model()

    monkeypatch.setattr(module, "_encoder", load)
    options = ["--model", "tiny", "--pooling", "p1", "--max-length", "64", "--prompt", "query: ", "-j", "1"]
    result = mine("eval", "similarity", "STS.valid.tsv", *options, "--protocol", "su2021", "--limit", "10")
    assert seen == [("tiny", {"pooling": "p1", "max_length": 64, "prompt": "query: "}, 1)]
    assert rows_of(result.out)[0]["signature"].endswith("*10|model:tiny|pooling:p1|files:01234567|fit-on:su2021")


def test_pairs_and_vectors_from_pipes(files):
    text = (files / "STS.valid.tsv").read_bytes()
    one = mine_process("eval", "similarity", "-", "--vectors", "both.npy", "--dims", "3", input=text, cwd=files)
    data = (files / "both.npy").read_bytes()
    other = mine_process("eval", "similarity", "STS.valid.tsv", "--vectors", "-", "--dims", "3", input=data, cwd=files)
    assert (one.code, other.code) == (0, 0)
    assert [row["spearman"] for row in rows_of(one.out)] == [row["spearman"] for row in rows_of(other.out)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["STS.valid.tsv"],
            2,
            "pass either --model, which encodes the sentences, or --vectors, which holds their vectors",
        ),
        (
            ["STS.valid.tsv", "b.npy", "--vectors", "a.npy"],
            2,
            "b.npy: holds vectors, not pairs: pass each file of vectors with its own --vectors",
        ),
        (
            ["STS.valid.tsv", "--vectors", "a.npy"],
            3,
            "a.npy: 40 rows for 40 pairs, which need 80: pass a row for each first sentence, then a row for each "
            "second sentence, task after task",
        ),
        (
            ["STS.valid.tsv", "--vectors", "both.npy", "--pooling", "p1"],
            2,
            "--pooling is for a model, and --vectors are encoded already: leave it out",
        ),
        (["STS.valid.tsv", "--vectors", "missing.npy"], 3, "missing.npy: no such file: check the path"),
        (
            ["STS.valid.tsv", "--vectors", "both.npy", "--save-map", "x"],
            2,
            "--save-map saves what --tune finds: pass --tune FILE too",
        ),
        (
            ["STS.valid.tsv", "--vectors", "both.npy", "--betas", "one"],
            2,
            "--betas 'one' is no list of numbers: write them as in --betas 2,4,6",
        ),
        (
            ["STS.valid.tsv", "--vectors", "both.npy", "--dims", "all"],
            2,
            "dim 'all' is no number of dimensions: pass full or a whole number from 1 on",
        ),
        (
            ["-", "--vectors", "-"],
            2,
            "standard input (-) is named twice: it can be read only once",
        ),
    ],
)
def test_errors(files, arguments, code, message):
    result = mine("eval", "similarity", *arguments)
    assert (result.code, result.err, result.out) == (code, f"mine: error: {message}\n", "")
