"""Files of whitening maps and exports for other tools."""

import io
import json

import faiss
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import traps
from hanmine import __version__
from hanmine.errors import InputError, MissingExtraError, OutputError
from hanmine.vectors import Whitening
from hanmine.vectors.export import export_dense, export_faiss, export_npz

X = (traps.anisotropic(500, 12, 100) + 3).astype(np.float32)


@pytest.fixture
def fitted():
    return Whitening(dim=5, gamma=0.75, normalize=True, bad="drop", dtype=np.float16).fit(X)


def test_a_map_comes_back_byte_for_byte(fitted, tmp_path):
    fitted.save(tmp_path / "map.safetensors")
    loaded = Whitening.load(str(tmp_path / "map.safetensors"))
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "map.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()
    assert loaded.transform(X).tobytes() == fitted.transform(X).tobytes()
    assert repr(loaded) == "Whitening(dim=5, gamma=0.75, normalize=True, bad='drop', dtype='float16')"
    for name in ("mean_", "matrix_", "bias_", "components_", "eigenvalues_"):
        assert np.array_equal(getattr(loaded, name), getattr(fitted, name))
    for name in ("rank_", "dim_", "n_features_in_", "n_samples_seen_", "messages_"):
        assert getattr(loaded, name) == getattr(fitted, name)


def test_a_map_that_was_loaded_can_be_changed_and_merged(fitted, tmp_path):
    fitted.save(tmp_path / "map.safetensors")
    loaded = Whitening.load(tmp_path / "map.safetensors")
    options = {"dim": 7, "beta": 0.5, "gamma": 1.0, "shrinkage": 0.1}
    assert loaded.with_options(**options).matrix_.tobytes() == fitted.with_options(**options).matrix_.tobytes()
    loaded.merge(Whitening().fit(X[:100] * 2))
    whole = fitted.with_options().partial_fit(X[:100] * 2)
    assert (loaded.n_samples_seen_, loaded.dim_) == (600, 5)
    assert loaded.matrix_ == pytest.approx(whole.matrix_)


def test_what_is_said_of_the_data_is_kept(tmp_path):
    x = X.copy()
    x[3] *= 1000
    x[4, 0] = np.nan
    x[:, 2] = 1
    fitted = Whitening(bad="drop").fit(x)
    fitted.save(tmp_path / "map.safetensors")
    assert Whitening.load(tmp_path / "map.safetensors").messages_ == fitted.messages_
    assert len(fitted.messages_) == 3


def test_the_file_is_what_is_documented(fitted, tmp_path):
    from safetensors import safe_open

    fitted.save(tmp_path / "map.safetensors")
    with safe_open(tmp_path / "map.safetensors", framework="numpy") as file:
        metadata = file.metadata()
    assert sorted(metadata) == ["format", "format_version", "hanmine_version", "options", "state"]
    assert (metadata["format"], metadata["format_version"]) == ("hanmine-whitening", "1")
    assert metadata["hanmine_version"] == __version__
    assert json.loads(metadata["options"]) == {
        "dim": 5, "beta": 1.0, "gamma": 0.75, "zca": False, "remove_top": 0, "shrinkage": 0.0, "normalize": True,
        "dedupe": False, "fit_rows": None, "bad": "drop", "dtype": "float16",
    }  # fmt: skip
    state = json.loads(metadata["state"])
    assert (state["count"], state["rank"], state["storage"]) == (500, 12, "float32")
    tensors = load_file(tmp_path / "map.safetensors")
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    assert shapes == {"mean": (12,), "scatter": (12, 12), "matrix": (12, 5), "bias": (5,), "eigenvalues": (12,)}
    assert tensors["bias"] == pytest.approx(-tensors["mean"] @ tensors["matrix"])


def damaged(path, fitted, change):
    fitted.save(path)
    data = path.read_bytes()
    path.write_bytes(change(data))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:100], "is no whitening map ("),
        (lambda data: b"PK\3\4 hello", "is no whitening map ("),
        (lambda data: data.replace(b"hanmine-whitening", b"another-whitening"), "is no whitening map: write one"),
        (
            lambda data: data.replace(b'"format_version":"1"', b'"format_version":"3"'),
            "is a whitening map of version 3, and this hanmine reads versions 1 and 2: upgrade hanmine, or fit again",
        ),
        (lambda data: data.replace(b'\\"gain\\"', b'\\"pain\\"'), "is a damaged whitening map ('gain'): fit again"),
        (lambda data: data.replace(b"float16", b"float17"), "dtype is 'float17'"),
        (lambda data: data[:-8] + np.float64(np.inf).tobytes(), "tensors hold what is no number, or far too large"),
        (lambda data: data.replace(b'\\"count\\": 500', b'\\"count\\": 5e2'), "count is no number of rows"),
        (lambda data: data.replace(b'\\"rank\\": 12', b'\\"rank\\": 13'), "numbers out of range"),
        (
            lambda data: data.replace(b'\\"dropped_places\\": []', b'\\"dropped_places\\": 12'),
            "dropped_places are no places",
        ),
    ],
)
def test_files_that_are_no_maps(change, message, fitted, tmp_path):
    damaged(tmp_path / "map", fitted, change)
    with pytest.raises(InputError) as caught:
        Whitening.load(tmp_path / "map")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_foreign_safetensors_and_missing_files(tmp_path):
    save_file({"matrix": np.eye(3)}, tmp_path / "other")
    with pytest.raises(InputError, match="is no whitening map: write one with `mine whiten fit -o`"):
        Whitening.load(tmp_path / "other")
    with pytest.raises(InputError, match="no such file: check the path"):
        Whitening.load(tmp_path / "missing")
    with pytest.raises(OutputError, match="does not exist: create it first"):
        Whitening().fit(X).save(tmp_path / "nowhere" / "map")


@pytest.fixture
def plain():
    return Whitening(dim=5, beta=0.5).fit(X)


def test_dense_is_the_map(plain, tmp_path):
    export_dense(plain, tmp_path / "2_Dense")
    assert sorted(path.name for path in (tmp_path / "2_Dense").iterdir()) == ["config.json", "model.safetensors"]
    assert json.loads((tmp_path / "2_Dense" / "config.json").read_text()) == {
        "in_features": 12,
        "out_features": 5,
        "bias": True,
        "activation_function": "torch.nn.modules.linear.Identity",
    }
    tensors = load_file(tmp_path / "2_Dense" / "model.safetensors")
    weight, bias = tensors["linear.weight"], tensors["linear.bias"]
    assert (weight.shape, weight.dtype, bias.shape, bias.dtype) == ((5, 12), np.float32, (5,), np.float32)
    assert X @ weight.T + bias == pytest.approx(plain.transform(X), abs=1e-4)
    again = plain.with_options(dim=3)
    export_dense(again, tmp_path / "2_Dense")
    assert load_file(tmp_path / "2_Dense" / "model.safetensors")["linear.bias"].shape == (3,)
    assert [path.name for path in tmp_path.iterdir()] == ["2_Dense"]


def test_dense_replaces_nothing_else(plain, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds other files: name a new folder"):
        export_dense(plain, tmp_path)
    with pytest.raises(OutputError, match="is a file: name a folder"):
        export_dense(plain, tmp_path / "notes.txt")
    with pytest.raises(OutputError, match="does not exist: create it first"):
        export_dense(plain, tmp_path / "nowhere" / "2_Dense")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_faiss_gives_the_same_vectors(plain, tmp_path):
    export_faiss(plain, tmp_path / "map.faiss")
    theirs = faiss.read_VectorTransform(str(tmp_path / "map.faiss"))
    assert (theirs.d_in, theirs.d_out, theirs.is_trained) == (12, 5, True)
    ours = plain.transform(X)
    assert theirs.apply(X) == pytest.approx(ours, abs=1e-5 * float(np.abs(ours).max()))


def test_faiss_is_an_extra(plain, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    with pytest.raises(
        MissingExtraError, match=r"the export to faiss needs an optional package: pip install 'hanmine\[ann\]'"
    ):
        export_faiss(plain, tmp_path / "map.faiss")


def test_plain_arrays_are_the_map(plain, tmp_path):
    export_npz(plain, tmp_path / "map.npz")
    with np.load(tmp_path / "map.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["W", "b"]
        assert np.array_equal(arrays["W"], plain.matrix_)
        assert X.astype(float) @ arrays["W"] + arrays["b"] == pytest.approx(plain.transform(X), abs=1e-5)
    first = (tmp_path / "map.npz").read_bytes()
    export_npz(plain, tmp_path / "map.npz")
    assert (tmp_path / "map.npz").read_bytes() == first
    assert np.load(io.BytesIO(first))["b"].shape == (5,)


def test_weights_beyond_float32(tmp_path):
    tiny = Whitening().fit(X.astype(np.float64) * 1e-60)
    with pytest.raises(InputError, match="the map has weights that float32 cannot hold"):
        export_dense(tiny, tmp_path / "2_Dense")
    assert tiny.transform(X.astype(np.float64) * 1e-60) == pytest.approx(Whitening().fit_transform(X), abs=1e-4)
