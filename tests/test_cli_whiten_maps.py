"""`mine whiten fit`, `apply` and `merge`: saved maps, changed without data, merged, exported."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from commandline import mine, mine_process
from hanmine.vectors import Whitening


def vectors(rows=400, dimensions=12, seed=0):
    """Anisotropic vectors with a mean."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, dimensions)) * np.geomspace(3, 0.1, dimensions) + 2).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "v.npy", vectors())
    return tmp_path / "v.npy"


@pytest.fixture
def saved(file, tmp_path):
    """A map of the vectors."""
    assert mine("whiten", "fit", file, "-q", "-o", tmp_path / "m.safetensors", "--preset", "soft").code == 0
    return tmp_path / "m.safetensors"


def applied(saved, file, *arguments):
    target = file.with_name("out.npy")
    result = mine("whiten", "apply", file, "--map", saved, "-o", target, *arguments)
    assert result.code == 0, result.err
    return np.load(target), result


def test_fit_then_apply_is_the_one_go_form(saved, file, tmp_path):
    mine("whiten", file, "--preset", "soft", "-o", tmp_path / "w.npy", "--save-map", tmp_path / "n.safetensors")
    assert np.array_equal(applied(saved, file)[0], np.load(tmp_path / "w.npy"))
    assert saved.read_bytes() == (tmp_path / "n.safetensors").read_bytes()


CHANGES = [
    (["--dim", "3"], {"dim": 3}),
    (["--dim", "full"], {"dim": None}),
    (["--beta", "0", "--gamma", "0"], {"beta": 0.0, "gamma": 0.0}),
    (["--gamma", "1", "--remove-top", "1", "--shrinkage", "0.5"], {"gamma": 1.0, "remove_top": 1, "shrinkage": 0.5}),
    (["--dim", "full", "--zca"], {"dim": None, "zca": True}),
    (["--normalize"], {"normalize": True}),
    (["--preset", "raw-encoder", "--dim", "5"], {"beta": 1.0, "gamma": 1.0, "dim": 5}),
]


@pytest.mark.parametrize(
    ("arguments", "changes"), CHANGES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_options_change_without_data(saved, file, arguments, changes):
    options = {"dim": 128, "gamma": 0.5} | changes
    expected = Whitening(**options).fit_transform(np.load(file))
    assert np.allclose(applied(saved, file, *arguments)[0], expected, atol=1e-6)


def test_switches_that_were_saved_can_be_taken_back(file, tmp_path):
    mine("whiten", "fit", file, "-o", tmp_path / "m", "--zca", "--normalize")
    assert np.allclose(np.linalg.norm(applied(tmp_path / "m", file)[0], axis=1), 1)
    out, _ = applied(tmp_path / "m", file, "--no-zca", "--no-normalize")
    assert np.allclose(out, Whitening().fit_transform(np.load(file)), atol=1e-5)


def test_apply_in_a_pipe_and_on_a_terminal(saved, file, tmp_path):
    expected = applied(saved, file)[0]
    with (tmp_path / "w.npy").open("wb") as stream:
        mine_process("whiten", "apply", "-", "--map", saved, input=file.read_bytes(), stdout=stream)
    assert np.array_equal(np.load(tmp_path / "w.npy"), expected)
    mine("whiten", "apply", file, "--map", saved, terminals=["stdout"])
    assert np.array_equal(np.load(tmp_path / "v.whitened.npy"), expected)


def test_apply_drops_or_names_bad_rows(saved, file):
    x = vectors(50)
    x[7] = np.inf
    np.save(file, x)
    result = mine("whiten", "apply", file, "--map", saved, "-o", file.with_name("out.npy"))
    assert (result.code, f"{file}: row 7" in result.err) == (3, True)
    out, result = applied(saved, file, "--bad", "drop", "--dtype", "float64")
    assert (len(out), out.dtype) == (49, np.float64)
    assert f"mine: rows with NaN or inf left out: {file}: row 7\n" in result.err
    with file.with_name("stream").open("wb") as stream:
        result = mine_process("whiten", "apply", file, "--map", saved, stdout=stream)
    assert (result.code, file.with_name("stream").read_bytes()) == (3, b"")


def test_errors_of_apply(saved, file, tmp_path):
    def error(*arguments):
        result = mine("whiten", "apply", *arguments, "-o", tmp_path / "out.npy")
        assert result.err.count("\n") == 1
        return result.code, result.err.removeprefix("mine: error: ").rstrip("\n")

    assert error(file) == (2, "no map was given: name one with --map map.safetensors (mine whiten fit writes it)")
    missing = tmp_path / "missing"
    assert error(file, "--map", missing) == (3, f"{missing}: no such file: check the path")
    assert error(file, "--map", file)[0] == 3
    np.save(tmp_path / "wide.npy", vectors(dimensions=13))
    assert error(tmp_path / "wide.npy", "--map", saved) == (
        3, "the vectors have 13 dimensions and the map takes 12: pass vectors of the encoder that the map was fitted on"
    )  # fmt: skip
    result = mine("whiten", "apply", file, "--map", saved, "-o", saved)
    assert (result.code, result.err) == (4, f"mine: error: {saved}: is also an input: choose another output file\n")


def test_merged_maps_are_the_map_of_the_whole(file, tmp_path):
    x = vectors()
    for name, part in (("a", x[:100]), ("b", x[100:350]), ("c", x[350:])):
        np.save(tmp_path / f"{name}.npy", part)
        assert mine("whiten", "fit", tmp_path / f"{name}.npy", "-o", tmp_path / f"{name}.map", "-q").code == 0
    parts = [tmp_path / f"{name}.map" for name in "abc"]
    result = mine(
        "whiten", "merge", *parts, "-o", tmp_path / "w.safetensors", "--summary-json", tmp_path / "s.json", "-v"
    )
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("mine: 400 rows of 12 dimensions\nmine: hanmine:")
    assert np.allclose(applied(tmp_path / "w.safetensors", file)[0], Whitening().fit_transform(x), atol=1e-5)
    summary = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert summary["maps"] == [str(path) for path in parts]
    assert summary["fit"]["rows"] == 400
    assert mine("whiten", "merge", parts[0], parts[1], "-o", tmp_path / "short", "--dim", "2", "-q").code == 0
    assert Whitening.load(tmp_path / "short").dim_ == 2


def test_errors_of_merge_and_fit(saved, file, tmp_path):
    np.save(tmp_path / "wide.npy", vectors(dimensions=13))
    mine("whiten", "fit", tmp_path / "wide.npy", "-o", tmp_path / "wide", "-q")
    result = mine("whiten", "merge", saved, tmp_path / "wide", "-o", tmp_path / "c")
    assert result.code == 3
    assert "12 and of 13 dimensions cannot be merged" in result.err
    assert not (tmp_path / "c").exists()
    where = "mine: error: where to is not said: name the file of the map with -o map.safetensors\n"
    assert mine("whiten", "merge", saved).err == mine("whiten", "fit", file).err == where
    assert mine("whiten", "merge").code == 2
    assert mine("whiten", "fit", file, "-o", file).code == mine("whiten", "merge", saved, "-o", saved).code == 4
    assert mine("whiten", "fit", file, "-o", saved, "--no-overwrite").code == 4
    assert mine("whiten", "fit", file, "-o", "-").code == 2


def test_exports_hold_the_same_map(saved, file, tmp_path):
    import faiss

    out = applied(saved, file)[0]
    targets = {"dense": tmp_path / "d", "npz": tmp_path / "m.npz", "faiss": tmp_path / "m.faiss"}
    exports = [part for kind, path in targets.items() for part in ("--export", f"{kind}:{path}")]
    assert mine("whiten", "merge", saved, "-o", tmp_path / "copy", *exports, "-q").code == 0
    x = np.load(file)
    with np.load(targets["npz"], allow_pickle=False) as plain:
        assert np.allclose(x @ plain["W"] + plain["b"], out, atol=1e-5)
    transform = faiss.read_VectorTransform(str(targets["faiss"]))
    assert np.allclose(transform.apply(x), out, atol=1e-5)
    weights = load_file(targets["dense"] / "model.safetensors")
    assert np.allclose(x @ weights["linear.weight"].T + weights["linear.bias"], out, atol=1e-5)
    # The one-go form and fit write them too.
    for command in ([], ["fit"]):
        for path in (tmp_path / "m.npz", tmp_path / "copy"):
            path.unlink()
        run = [
            "whiten",
            *command,
            file,
            "--preset",
            "soft",
            "-o",
            tmp_path / "copy",
            "--export",
            f"npz:{targets['npz']}",
        ]
        assert mine(*run).code == 0
        assert targets["npz"].exists()


def test_no_overwrite_of_a_folder(saved, tmp_path):
    run = ["whiten", "merge", saved, "-q", "--export", f"dense:{tmp_path / 'd'}"]
    assert mine(*run, "-o", tmp_path / "a").code == 0
    assert mine(*run, "-o", tmp_path / "b").code == 0
    result = mine(*run, "-o", tmp_path / "c", "--no-overwrite")
    assert (result.code, (tmp_path / "c").exists()) == (4, False)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("keep")
    result = mine("whiten", "merge", saved, "-o", tmp_path / "c", "--export", f"dense:{tmp_path / 'other'}")
    assert result.code == 4
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["notes.txt"]
    assert not (tmp_path / "c").exists()


def test_an_extra_that_is_missing_is_named_before_any_work(file, tmp_path, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "faiss" else find(name))
    result = mine("whiten", file, "-o", tmp_path / "o.npy", "--export", f"faiss:{tmp_path / 'f'}")
    assert (result.code, result.err) == (
        2, "mine: error: --export faiss:FILE needs an optional package: pip install 'hanmine[ann]'\n"
    )  # fmt: skip
    assert not Path(tmp_path / "o.npy").exists()


def test_fit_tells_what_the_map_changes(file, tmp_path):
    result = mine("whiten", "fit", file, "-o", tmp_path / "m", "--dim", "3", "--summary-json", tmp_path / "s.json")
    assert result.err.splitlines()[2].split() == ["dimensions", "12", "3"]
    assert json.loads((tmp_path / "s.json").read_text("utf-8"))["change"]["after"]["dimensions"] == 3
