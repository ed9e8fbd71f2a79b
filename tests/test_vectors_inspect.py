"""Measures of vectors and distances of Gaussians against slow references, invariants, and awkward inputs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError
from hanmine.vectors import isotropy
from hanmine.vectors.gaussians import RIDGE, Gaussian, gaussian_distances
from hanmine.vectors.inspect import inspect_vectors, spectrum_measures


def vectors(rows=300, dimensions=8, seed=0, dtype=np.float32):
    """Anisotropic vectors with a mean."""
    random = np.random.default_rng(seed)
    rotation = np.linalg.qr(random.normal(size=(dimensions, dimensions)))[0]
    made = random.normal(size=(rows, dimensions)) * np.geomspace(3, 0.1, dimensions) @ rotation + random.normal(
        size=dimensions
    )
    return made.astype(dtype)


SETS = st.builds(vectors, st.integers(20, 60), st.integers(2, 7), st.integers(0, 10**6), st.just(np.float64))


@given(SETS)
@settings(max_examples=20)
def test_measures_are_those_of_their_formulas(x):
    found = inspect_vectors(x, neighbour=3)
    eigenvalues = naive.vector_spectrum(x)
    d = x.shape[1]
    assert found["eigenvalues"] == pytest.approx(eigenvalues, rel=1e-9)
    assert found["effective_rank"] == pytest.approx(naive.effective_rank(eigenvalues))
    assert found["condition_number"] == pytest.approx(eigenvalues[0] / eigenvalues[-1], rel=1e-6)
    assert found["iso_score"] == pytest.approx(naive.iso_score(x), abs=1e-9)
    assert found["mean_cosine"] == pytest.approx(np.mean(naive.all_cosines(x)), abs=1e-12)
    assert found["neighbour_entropy"]["value"] == pytest.approx(naive.neighbour_entropy(x, 3, d), rel=1e-9)
    shares = np.cumsum(eigenvalues) / eigenvalues.sum()
    for share, needed in found["dimensions_for"].items():
        assert shares[needed - 1] >= float(share) - 1e-9
        assert needed == 1 or shares[needed - 2] < float(share)
    norms = np.linalg.norm(x, axis=1)
    assert [found["norms"][name] for name in ("min", "median", "max", "of_mean")] == pytest.approx(
        [norms.min(), np.median(norms), norms.max(), np.linalg.norm(x.mean(0))]
    )


@given(SETS, st.integers(0, 10**6))
@settings(max_examples=40)
def test_distances_are_those_of_their_formulas(x, seed):
    y = vectors(50, x.shape[1], seed, np.float64)
    found = inspect_vectors(x, y)["distances"]
    a, b = (x.mean(0), np.cov(x.T)), (y.mean(0), np.cov(y.T))
    assert found["kl_ab"] == pytest.approx(naive.gaussian_kl(*a, *b), rel=1e-6)
    assert found["kl_ba"] == pytest.approx(naive.gaussian_kl(*b, *a), rel=1e-6)
    assert found["bhattacharyya"] == pytest.approx(naive.gaussian_bhattacharyya(*a, *b), rel=1e-6)
    assert found["wasserstein"] == pytest.approx(naive.gaussian_wasserstein(*a, *b), rel=1e-6)
    assert (found["singular"], found["ridge"]) == (False, 0)


def test_a_set_lies_at_no_distance_from_itself():
    x = vectors(dtype=np.float64)
    found = inspect_vectors(x, x)["distances"]
    assert [found[name] for name in ("kl_ab", "kl_ba", "bhattacharyya", "mean_distance")] == pytest.approx(
        [0] * 4, abs=1e-9
    )
    assert found["wasserstein"] == pytest.approx(0, abs=1e-6)


def test_one_dimensional_gaussians_by_hand():
    a, b = (Gaussian(np.array([mean]), np.array([[variance]]), 1) for mean, variance in ((0.0, 1.0), (3.0, 4.0)))
    found = gaussian_distances(a, b)
    assert found["kl_ab"] == pytest.approx(0.5 * (1 / 4 + 9 / 4 - 1 + math.log(4)))
    assert found["bhattacharyya"] == pytest.approx(9 / 8 / 2.5 + 0.5 * math.log(2.5 / 2))
    assert found["wasserstein"] == pytest.approx(math.sqrt(9 + 1))  # (3 − 0)² + (2 − 1)²


def test_singular_covariances_get_a_ridge_and_say_so():
    x = vectors(200, 4, dtype=np.float64)
    x[:, 3] = x[:, 0] + x[:, 1]
    y = vectors(200, 4, 1, np.float64)
    found = inspect_vectors(x, y)["distances"]
    assert (found["singular"], found["rank_a"], found["rank_b"]) == (True, 3, 4)
    scale = (np.trace(np.cov(x.T)) + np.trace(np.cov(y.T))) / 8
    assert found["ridge"] == pytest.approx(RIDGE * scale)
    ridge = found["ridge"] * np.eye(4)
    expected = naive.gaussian_kl(x.mean(0), np.cov(x.T) + ridge, y.mean(0), np.cov(y.T) + ridge)
    assert found["kl_ab"] == pytest.approx(expected, rel=1e-5)
    assert found["wasserstein"] == pytest.approx(
        naive.gaussian_wasserstein(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T)), rel=1e-4
    )


def test_sets_of_different_widths_and_without_variance():
    with pytest.raises(InputError, match="one set has 4 dimensions and the other 5: compare vectors of one width"):
        inspect_vectors(vectors(20, 4), vectors(20, 5))
    with pytest.raises(InputError, match="neither set has any variance"):
        inspect_vectors(np.ones((3, 2)), np.zeros((3, 2)))


def test_nothing_depends_on_threads_or_on_the_scale():
    x = vectors(5000, 6)
    assert inspect_vectors(x, threads=1) == inspect_vectors(x, threads=2)
    once, scaled = inspect_vectors(x, entropy_rows=500), inspect_vectors(x * np.float32(1024), entropy_rows=500)
    for name in ("mean_cosine", "effective_rank", "iso_score", "rank", "duplicate_rows"):
        assert once[name] == pytest.approx(scaled[name], rel=1e-6)
    # Entropy moves by ln of the volume.
    shift = scaled["neighbour_entropy"]["value"] - once["neighbour_entropy"]["value"]
    assert shift == pytest.approx(6 * math.log(1024))


@pytest.mark.parametrize("scale", [1e-160, 1e150])
def test_far_scales(scale):
    x = vectors(100, 3, dtype=np.float64)
    found, plain = inspect_vectors(x * scale), inspect_vectors(x)
    assert found["mean_cosine"] == pytest.approx(plain["mean_cosine"])
    assert found["norms"]["max"] == pytest.approx(plain["norms"]["max"] * scale)


def test_isotropic_and_one_directional_spectra():
    even = spectrum_measures(np.ones(10), 10)
    assert (even["iso_score"], even["effective_rank"], even["condition_number"]) == (
        pytest.approx(1),
        pytest.approx(10),
        1,
    )
    assert even["dimensions_for"] == {"0.9": 9, "0.95": 10, "0.99": 10}
    single = spectrum_measures(np.array([4.0, 0, 0, 0]), 1)
    assert (single["iso_score"], single["effective_rank"], single["rank"]) == (
        pytest.approx(0, abs=1e-12),
        pytest.approx(1),
        1,
    )
    assert single["top_shares"]["1"] == 1
    # What stands behind the rank is rounding, and counts for nothing.
    assert spectrum_measures(np.array([4.0, 1e-17]), 1) == spectrum_measures(np.array([4.0, 0.0]), 1)
    assert spectrum_measures(np.array([2.0]), 1)["iso_score"] is None


def test_awkward_rows_are_counted():
    x = vectors(50, 4)
    x[7], x[9], x[11], x[13, 2], x[20] = x[3], x[3], 0, np.nan, np.inf
    x[:, 1] = 5
    x[11] = 0, 5, 0, 0
    with pytest.raises(InputError, match="NaN or inf"):
        inspect_vectors(x)
    found = inspect_vectors(x, bad="drop")
    assert (found["rows"], found["bad_rows"], found["duplicate_rows"], found["zero_rows"]) == (48, 2, 2, 0)
    assert found["constant_columns"] == [1]


def test_zero_rows_have_no_direction():
    x = vectors(40, 4, dtype=np.float64)
    x[:5] = 0
    found = inspect_vectors(x)
    assert (found["zero_rows"], found["duplicate_rows"]) == (5, 4)
    assert found["mean_cosine"] == pytest.approx(np.mean(naive.all_cosines(x)))
    assert found["neighbour_entropy"]["rows"] == 36


def test_negative_zeros_are_zeros():
    assert inspect_vectors(np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 3.0]]))["duplicate_rows"] == 1


def test_rows_that_are_all_equal():
    found = inspect_vectors(np.full((5, 3), 2.0))
    assert (found["rank"], found["effective_rank"], found["condition_number"], found["iso_score"]) == (0, 0, None, None)
    assert (found["duplicate_rows"], found["mean_cosine"], found["constant_columns"]) == (4, 1.0, [0, 1, 2])
    assert found["neighbour_entropy"]["value"] is None


@pytest.mark.parametrize("x", [np.empty((0, 3)), np.ones((1, 3)), np.full((4, 2), np.nan)], ids=["none", "one", "nan"])
def test_too_few_rows(x):
    with pytest.raises(InputError):
        inspect_vectors(x, bad="drop")


def test_outlier_dimensions():
    x = vectors(400, 64)
    x[:, 5] += 50
    x[:, 9] *= 60
    found = {one["dimension"]: one for one in inspect_vectors(x)["outlier_dimensions"]}
    assert {5, 9} <= set(found)
    assert found[5]["mean_score"] > 3
    assert found[9]["deviation_score"] > 3
    assert found[5]["cosine_share"] > 0.5
    assert found[5]["mean"] == pytest.approx(x[:, 5].astype(float).mean())
    assert isotropy.outlier_dimensions(np.full(4, 0.1), np.full(4, 2.0), np.ones(4)) == []


def test_entropy_of_a_known_distribution():
    """A Gaussian's is ½ ln(2πe)^d det Σ; in few dimensions the estimate is near."""
    x = np.random.default_rng(0).normal(size=(2000, 2)) * [1.0, 3.0]
    exact = math.log(2 * math.pi * math.e) + math.log(3)
    assert isotropy.neighbour_entropy(x, 5, 2) == pytest.approx(exact, abs=0.1)
    assert isotropy.neighbour_entropy(x[:5], 5, 2) is None


def test_neighbours_that_are_very_close():
    """The expansion of |a − b|² cancels; the distances do not come from it."""
    x = np.array([[1e4, 0.0], [1e4 + 1e-7, 0.0], [1e4, 3e-7], [2e4, 1.0]])
    assert isotropy.neighbour_entropy(x, 1, 2) == pytest.approx(naive.neighbour_entropy(x, 1, 2), rel=1e-9)
