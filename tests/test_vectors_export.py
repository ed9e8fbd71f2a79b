"""What float32 does to a map, and what is told of rows that a map was not fitted to."""

import json

import numpy as np
import pytest

from commandline import mine
from hanmine import Whitening
from hanmine.errors import InputError
from hanmine.vectors.change import describe_change
from hanmine.vectors.export import NOTABLE, export_dense, export_faiss, export_npz, float32_error, float32_messages


def rows_with(rng, condition, mean, dimensions=32, count=1200):
    """Rows whose eigenvalues fall by `condition` powers of ten, far from the origin."""
    axes = np.linalg.qr(rng.normal(size=(dimensions, dimensions)))[0]
    deviations = np.logspace(0, -condition / 2, dimensions)
    return ((rng.normal(size=(count, dimensions)) * deviations) @ axes + mean).astype(np.float32)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def worst_cosine(rows, whitening):
    """The largest error of a cosine where y = x W + b is computed in float32, against float64."""
    exact = unit(rows.astype(np.float64) @ whitening.matrix_ + whitening.bias_)
    rough = unit((rows @ whitening.matrix_.astype(np.float32) + whitening.bias_.astype(np.float32)).astype(np.float64))
    return np.abs(exact @ exact.T - rough @ rough.T).max()


@pytest.mark.parametrize(("condition", "mean"), [(0, 0), (0, 100), (4, 100), (6, 30), (7, 300), (9, 1000)])
@pytest.mark.parametrize("gamma", [1.0, 0.5])
def test_the_error_is_foreseen(condition, mean, gamma):
    rows = rows_with(np.random.default_rng(1), condition, mean)
    whitening = Whitening(gamma=gamma).fit(rows)
    foreseen, found = 2 * float32_error(whitening), worst_cosine(rows[:300], whitening)
    assert found < 4 * foreseen + 1e-6
    assert foreseen < 40 * found + 1e-6
    assert bool(float32_messages(whitening)) == (foreseen >= NOTABLE)


def test_few_rows_in_many_dimensions_are_foreseen_too():
    rows = rows_with(np.random.default_rng(2), 1, 50, dimensions=200, count=60)
    whitening = Whitening().fit(rows)
    assert whitening.moments_.factored
    assert worst_cosine(rows, whitening) < 8 * float32_error(whitening)


def test_exports_that_cannot_be_right_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = rows_with(np.random.default_rng(3), 9, 5000)
    np.save("bad.npy", rows)
    whitening = Whitening().fit(rows)
    assert worst_cosine(rows[:300], whitening) > 0.1
    for export in (export_dense, export_faiss):
        with pytest.raises(InputError, match="in float32, in which exports compute, cosines of this map would be off"):
            export(whitening, tmp_path / "out")
    result = mine("whiten", "bad.npy", "-o", "out.npy", "--export", "faiss:map.faiss")
    assert (result.code, sorted(path.name for path in tmp_path.iterdir())) == (3, ["bad.npy"])
    assert export_npz(whitening, tmp_path / "out.npz") == []  # in float64


def test_a_notable_error_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", rows_with(np.random.default_rng(4), 6, 100))
    result = mine("whiten", "fit", "v.npy", "-o", "map.safetensors", "--export", "faiss:map.faiss")
    assert result.code == 0
    assert "mine: map.faiss: the exported map computes in float32: its cosines are off by up to about 0.0" in result.err


@pytest.mark.parametrize("options", [{}, {"beta": 0.5}, {"zca": True}, {"gamma": 0.3, "dim": 5}])
@pytest.mark.parametrize("count", [500, 5, 1])
def test_other_rows_are_measured_themselves(options, count):
    rng = np.random.default_rng(5)
    whitening = Whitening(**options).fit(rng.normal(size=(400, 12)) * np.arange(1, 13))
    other = (rng.normal(size=(count, 12)) * np.arange(12, 0, -1) ** 2).astype(np.float64)
    change = describe_change(other, whitening, fitted=False)
    for side, rows in (("before", other), ("after", other @ whitening.matrix_ + whitening.bias_)):
        values = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
        share = float(values[0] / values.sum()) if count > 1 else 0.0
        assert change[side]["top_shares"]["1"] == pytest.approx(share, abs=1e-9)
    assert change["spectrum_rows"] == count


def test_apply_tells_of_its_rows_and_not_of_those_of_the_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(6)
    np.save("fit.npy", rng.normal(size=(300, 8)) * np.array([9, 1, 1, 1, 1, 1, 1, 1]))
    np.save("new.npy", rng.normal(size=(300, 8)) * np.array([1, 1, 1, 1, 1, 1, 1, 9]))
    mine("whiten", "fit", "fit.npy", "-o", "map.safetensors")
    mine("whiten", "apply", "new.npy", "--map", "map.safetensors", "-o", "out.npy", "--summary-json", "run.json")
    change = json.loads((tmp_path / "run.json").read_text("utf-8"))["change"]
    assert change["after"]["top_shares"]["1"] > 0.8  # whitened by a map of other rows, they are not white
    assert change["before"]["top_shares"]["1"] > 0.8
