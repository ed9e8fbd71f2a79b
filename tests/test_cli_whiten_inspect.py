"""`mine whiten inspect`: the table, JSON, pictures, two sets, maps, errors."""

import csv
import io
import json

import numpy as np
import pytest

from commandline import mine, mine_process
from hanmine.vectors.advice import LOW_ISO_SCORE, advise
from hanmine.vectors.inspect import inspect_vectors


def vectors(rows=300, dimensions=8, seed=0):
    """Anisotropic vectors with a mean."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, dimensions)) * np.geomspace(3, 0.1, dimensions) + 2).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "v.npy", vectors())
    return tmp_path / "v.npy"


def rows_of(text):
    return {row["measure"]: row for row in csv.DictReader(io.StringIO(text), delimiter="\t")}


def test_the_object_is_that_of_the_function(file):
    result = mine("whiten", "inspect", file, "-f", "json")
    assert (result.code, result.err) == (0, "")
    found = json.loads(result.out)
    expected = inspect_vectors(vectors())
    assert found["vectors"] == {"name": "v.npy"} | json.loads(json.dumps(expected))
    assert found["advice"] == advise(expected["iso_score"], 300, 8)
    line = mine("whiten", "inspect", file, "-f", "jsonl").out
    assert line.count("\n") == 1
    assert json.loads(line) == found


def test_a_measure_a_row_in_a_pipe(file):
    result = mine("whiten", "inspect", file)
    rows, expected = rows_of(result.out), inspect_vectors(vectors())
    assert rows["rows"]["vectors"] == "300"
    assert rows["mean_cosine"]["vectors"] == f"{expected['mean_cosine']:.6g}"
    assert rows["dimensions_for_0.95"]["vectors"] == str(expected["dimensions_for"]["0.95"])
    assert rows["norm_median"]["vectors"] == f"{expected['norms']['median']:.6g}"
    assert "eigenvalues" not in rows
    assert mine_process("whiten", "inspect", "-", input=file.read_bytes()).out.replace("<stdin>", "v.npy") == result.out
    assert mine("whiten", "inspect", file, "-f", "csv", "--no-header").out.startswith("name,v.npy\n")


def test_at_a_terminal(file):
    result = mine("whiten", "inspect", file, terminals=["stdout"])
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0] == ["measure", "vectors"]
    assert lines[1] == ["name", "v.npy"]
    assert result.err.startswith("mine: whether full whitening helps cannot be told from these vectors alone")


def test_two_sets(file, tmp_path):
    np.save(tmp_path / "w.npy", vectors(seed=1) + 1)
    result = mine("whiten", "inspect", file, "--against", tmp_path / "w.npy", "-f", "json")
    found = json.loads(result.out)
    expected = inspect_vectors(vectors(), vectors(seed=1) + 1)
    assert found["distances"] == pytest.approx(expected["distances"])
    assert found["against"]["rows"] == 300
    rows = rows_of(mine("whiten", "inspect", file, "--against", tmp_path / "w.npy").out)
    assert rows["kl_ab"] == {"measure": "kl_ab", "vectors": f"{expected['distances']['kl_ab']:.6g}", "against": ""}
    assert rows["rows"]["against"] == "300"


def test_maps(file, tmp_path):
    mine("whiten", "fit", file, "-q", "-o", tmp_path / "m.safetensors", "--preset", "soft", "--dim", "3")
    found = json.loads(mine("whiten", "inspect", tmp_path / "m.safetensors", "-f", "json").out)["vectors"]
    expected = inspect_vectors(vectors())
    for name in ("rows", "rank", "dimensions_for"):
        assert found[name] == expected[name]
    assert found["effective_rank"] == pytest.approx(expected["effective_rank"])
    assert found["eigenvalues"] == pytest.approx(expected["eigenvalues"])
    assert (found["map"]["dim"], found["map"]["gamma"], found["map"]["kept"]) == (3, 0.5, 3)
    rows = rows_of(mine("whiten", "inspect", tmp_path / "m.safetensors").out)
    assert rows["map_gamma"]["vectors"] == "0.5"
    # A map stands for the vectors that it was fitted to.
    distances = json.loads(mine("whiten", "inspect", tmp_path / "m.safetensors", "--against", file, "-f", "json").out)
    assert distances["distances"]["kl_ab"] == pytest.approx(0, abs=1e-6)


def test_safetensors_that_are_vectors_are_no_map(tmp_path):
    from safetensors.numpy import save_file

    save_file({"x": vectors()}, tmp_path / "v.safetensors")
    assert rows_of(mine("whiten", "inspect", tmp_path / "v.safetensors").out)["mean_cosine"]["vectors"]


def test_several_files_are_one_set(file, tmp_path):
    np.save(tmp_path / "w.npy", vectors(seed=1))
    found = rows_of(mine("whiten", "inspect", file, tmp_path / "w.npy").out)
    assert (found["name"]["vectors"], found["rows"]["vectors"]) == ("v.npy and 1 more", "600")


def test_bad_rows(tmp_path):
    x = vectors()
    x[5] = np.nan
    np.save(tmp_path / "v.npy", x)
    assert mine("whiten", "inspect", tmp_path / "v.npy").code == 3
    rows = rows_of(mine("whiten", "inspect", tmp_path / "v.npy", "--bad", "drop").out)
    assert (rows["rows"]["vectors"], rows["bad_rows"]["vectors"]) == ("299", "1")


def test_rows_that_are_all_equal(tmp_path):
    np.save(tmp_path / "v.npy", np.ones((6, 3)))
    found = json.loads(mine("whiten", "inspect", tmp_path / "v.npy", "-f", "json").out)
    assert (found["vectors"]["rank"], found["vectors"]["iso_score"]) == (0, None)


def test_options_of_the_entropy(file):
    run = ["whiten", "inspect", file, "-f", "json", "--neighbour", "2", "--entropy-rows", "100"]
    found = json.loads(mine(*run).out)["vectors"]["neighbour_entropy"]
    assert (found["neighbour"], found["rows"]) == (2, 100)


@pytest.mark.parametrize("extension", ["png", "svg", "pdf"])
def test_pictures(file, tmp_path, extension):
    target = tmp_path / f"p.{extension}"
    assert mine("whiten", "inspect", file, "--plot", target).code == 0
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert target.read_bytes().startswith(begins[extension])


def test_errors(file, tmp_path):
    def error(*arguments):
        result = mine("whiten", "inspect", file, *arguments)
        assert result.out == ""
        return result.code, result.err.removeprefix("mine: error: ").rstrip("\n")

    assert error("--plot", "p.gif") == (
        2, "--plot p.gif: pictures are png, svg or pdf: name a file with one of these extensions"
    )  # fmt: skip
    assert error("--plot", tmp_path / "missing" / "p.png")[0] == 4
    assert error("--plot", tmp_path / "p.png", "-o", tmp_path / "p.png")[0] == 4
    assert error("-o", file) == (4, f"{file}: is also an input: choose another output file")
    (tmp_path / "p.png").write_text("old")
    assert error("--plot", tmp_path / "p.png", "--no-overwrite")[0] == 4
    np.save(tmp_path / "wide.npy", vectors(dimensions=9))
    assert error("--against", tmp_path / "wide.npy") == (
        3, "one set has 8 dimensions and the other 9: compare vectors of one width"
    )  # fmt: skip
    result = mine("whiten", "inspect", "-", "--against", "-")
    assert (result.code, result.err) == (
        2,
        "mine: error: standard input (-) is named twice: it can be read only once\n",
    )


def test_the_summary(file, tmp_path):
    run = ["whiten", "inspect", file, "--summary-json", tmp_path / "s.json", "-o", tmp_path / "o.tsv"]
    result = mine(*run, terminals=["stdout"])
    assert (result.code, result.out) == (0, "")
    summary = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert summary["signature"].endswith("|whiten-inspect|vectors:300x8|neighbour:5|entropy-rows:2000|bad:raise")
    assert summary["inputs"][0]["rows"] == 300
    assert summary["vectors"]["rank"] == 8


@pytest.mark.parametrize(
    ("iso_score", "gamma", "verdict"),
    [
        (LOW_ISO_SCORE / 2, 1, "likely"),
        (0.2, 1, "unknown"),
        (None, 1, "unknown"),
        (0.2, 0.5, "likely"),
        (0.2, 0, "neutral"),
    ],
)
def test_the_advice_claims_no_more_than_was_measured(iso_score, gamma, verdict):
    advice = advise(iso_score, 900, 300, gamma)
    assert advice["verdict"] == verdict
    assert all(len(line) < 250 for line in advice["lines"])
    assert gamma == 0 or "mine eval similarity --tune" in " ".join(advice["lines"])
    assert gamma == 0 or advise(iso_score, 899, 300, gamma)["verdict"] == "unknown"
