"""Fewer rows than dimensions: the dual problem gives what the primal one of the naive twin does, without its matrix."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import naive
import traps
from commandline import mine
from hanmine.errors import InputError
from hanmine.vectors import Whitening, moments_of, state
from hanmine.vectors.inspect import inspect_vectors

D = 60


def wide(n=20, d=D, *, dtype=np.float32, mean=1.0, repeated=0, constant=False, seed=0):
    x = traps.anisotropic(max(n, 2), d, 300, seed=seed)[:n] + mean * np.linspace(-1, 1, d)
    if repeated:
        x[-repeated:] = x[:repeated]
    if constant:
        x[:, 7], x[:, d - 1] = 0.7, 0
    return x.astype(dtype)


def gram(y):
    y = y.astype(np.float64)
    return y @ y.T


def same_geometry(y, z, tolerance=1e-6, floor=0.0):
    """Products of all pairs agree: what a turn of directions without variance leaves as it is."""
    return np.abs(gram(y) - gram(z)).max() <= max(tolerance * np.abs(gram(z)).max(), floor)


@pytest.fixture
def no_matrix(monkeypatch):
    """A machine on which a d × d matrix has no room."""
    monkeypatch.setattr(state, "_memory", lambda: 3 * 8 * D * D - 1)


OPTIONS = st.fixed_dictionaries(
    {
        "dim": st.sampled_from([None, 1, 5, 12, 40]),
        "beta": st.sampled_from([0.0, 0.5, 1.0]),
        "gamma": st.sampled_from([0.0, 0.3, 1.0]),
        "remove_top": st.integers(0, 2),
        "shrinkage": st.sampled_from([0.0, 0.1, 1.0]),
    }
)
SHAPES = st.fixed_dictionaries(
    {
        "n": st.sampled_from([2, 5, 20, D - 1]),
        "dtype": st.sampled_from(["f2", "f4", "f8"]),
        "mean": st.sampled_from([0.0, 1.0, 30.0]),
        "repeated": st.sampled_from([0, 1]),
        "constant": st.booleans(),
    }
)


@settings(max_examples=40)
@given(OPTIONS, SHAPES)
def test_the_map_is_the_naive_one(options, shape):
    assume(shape["n"] > 2 or not shape["repeated"])
    x = wide(**shape)
    matrix, _, eigenvalues, rank = naive.whitening_map(x, **options)
    assume(matrix.shape[1])
    fitted = Whitening(**options, dtype="float64").fit(x)
    assert fitted.moments_.factored
    assert (fitted.rank_, fitted.dim_) == (rank, matrix.shape[1])
    assert np.abs(fitted.eigenvalues_ - eigenvalues).max() <= 1e-9 * eigenvalues[0]
    assert same_geometry(fitted.transform(x.astype(np.float64)), naive.whiten(x, **options), floor=1e-20)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_zca(gamma):
    x = wide(dtype="f8")
    found = Whitening(zca=True, gamma=gamma).fit(x).transform(x)
    expected = naive.whiten(x, zca=True, gamma=gamma)
    assert np.abs(found - expected).max() <= 1e-8 * np.abs(expected).max()


def test_vectors_are_orthonormal_though_eigenvalues_differ_widely():
    x = np.random.default_rng(3).standard_normal((30, D)) * np.geomspace(1, 1e-7, 30)[:, None]
    spectrum = Whitening().fit(x).spectrum()
    kept = spectrum.vectors
    assert kept.shape == (D, spectrum.rank)
    assert np.abs(kept.T @ kept - np.eye(spectrum.rank)).max() < 1e-12


@settings(max_examples=20)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.sampled_from([0.4, 1.0]))
def test_states_merge_until_they_are_matrices(sizes, beta):
    x = wide(sum(sizes), seed=1) if sum(sizes) > 1 else wide(2)[:1]
    x = np.concatenate([x, wide(5, seed=2)])
    parts = Whitening(beta=beta)
    for begin, size in zip(np.cumsum([0, *sizes]), [*sizes, 5], strict=False):
        parts.partial_fit(x[begin : begin + size])
    whole = Whitening(beta=beta, dtype="float64").fit(x)
    assert np.abs(parts.moments_.scatter - whole.moments_.scatter).max() <= 1e-9 * np.abs(whole.moments_.scatter).max()
    assert np.abs(parts.mean_ - x.astype(np.float64).mean(axis=0)).max() < 1e-9
    assert (parts.rank_, parts.n_samples_seen_) == (whole.rank_, len(x))
    assert same_geometry(parts.with_options(dtype="float64").transform(x), whole.transform(x))


def test_rows_that_are_dropped_and_single_rows():
    x = wide()
    x[[3, 11], 2] = np.nan, np.inf
    kept = np.delete(x, [3, 11], axis=0)
    found, expected = Whitening(bad="drop").fit(x), Whitening().fit(kept)
    assert (found.n_samples_seen_, found.bad_rows_.tolist()) == (18, [3, 11])
    assert np.allclose(found.eigenvalues_, expected.eigenvalues_, rtol=1e-9)
    with pytest.raises(InputError, match="there is 1 row"):
        Whitening().fit(x[:1])
    with pytest.raises(InputError, match="all 9 rows are equal"):
        Whitening().fit(np.tile(x[:1], (9, 1)))


def test_the_file_holds_the_factor(tmp_path):
    from safetensors.numpy import load_file

    x = wide()
    fitted = Whitening(dim=7, gamma=0.5).fit(x)
    fitted.save(tmp_path / "map")
    assert load_file(tmp_path / "map")["factor"].shape == (20, D)
    again = Whitening.load(tmp_path / "map")
    assert again.transform(x).tobytes() == fitted.transform(x).tobytes()
    assert again.components_.tobytes() == fitted.components_.tobytes()
    wider = again.with_options(dim=None, gamma=1.0)
    assert wider.transform(x).tobytes() == Whitening().fit(x).transform(x).tobytes()
    assert again.merge(Whitening().fit(wide(50, seed=4))).moments_.factored is False


def test_no_matrix_is_made(no_matrix, tmp_path):
    x = wide()
    fitted = Whitening(gamma=0.5).fit(x).partial_fit(wide(9, seed=5))
    assert fitted.dim_ == 28
    assert fitted.transform(x).shape == (20, 28)
    assert len(fitted.messages_) == 2
    assert Whitening(gamma=0, dim=19).fit(x).dim_ == 19
    assert inspect_vectors(x)["rank"] == 19
    np.save(tmp_path / "x.npy", x)
    done = mine("whiten", tmp_path / "x.npy", "-o", tmp_path / "y.npy", "--save-map", tmp_path / "map")
    assert done.code == 0, done.err
    assert mine("whiten", "apply", tmp_path / "x.npy", "--map", tmp_path / "map", "-o", tmp_path / "z.npy").code == 0
    assert mine("whiten", "inspect", tmp_path / "map", "-f", "json").code == 0
    assert (tmp_path / "y.npy").read_bytes() == (tmp_path / "z.npy").read_bytes()
    for options in ({"gamma": 0.0}, {"shrinkage": 0.1}, {"zca": True}):
        with pytest.raises(InputError, match="the covariance of 60 dimensions takes"):
            Whitening(**options).fit(x)


def test_what_has_no_room_is_refused_before_it_is_read(no_matrix, monkeypatch, tmp_path):
    class Rows:
        shape, dtype = (D, D), np.dtype("f4")

        def rows(self, start, stop):
            raise AssertionError("read")

    with pytest.raises(InputError, match=r"fit on fewer rows than 60 \(--fit-rows N\)"):
        moments_of(Rows())
    np.save(tmp_path / "x.npy", wide(D + 5))
    for command in ("fit", "inspect"):
        done = mine("whiten", command, tmp_path / "x.npy", "-o", tmp_path / "out")
        assert done.code == 3
        assert done.err.startswith("mine: error: the covariance of 60 dimensions takes 0.0 GB, and this machine has")
    assert mine("whiten", "fit", tmp_path / "x.npy", "--fit-rows", "40", "-o", tmp_path / "out").code == 0
    monkeypatch.setattr(state, "_memory", lambda: 3 * 8 * D * 10)
    with pytest.raises(InputError, match=r"20 rows of 60 dimensions take .*: fit on fewer rows \(--fit-rows 5\)"):
        moments_of(wide())


def test_dimensions_whose_matrix_no_machine_holds():
    x = np.random.default_rng(0).standard_normal((4, 300_000)).astype(np.float32)
    y = Whitening().fit_transform(x)
    assert np.allclose(gram(y), 3 * np.eye(4) - 0.75, atol=1e-4)
