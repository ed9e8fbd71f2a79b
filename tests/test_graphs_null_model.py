"""The null model of angles: against the integral of the density, and against random vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError, UsageError
from hanmine.graphs import null_model
from hanmine.graphs.null_model import AngleNull, dimensions_of, pair_cosines


@given(st.floats(3, 300), st.floats(-0.9, 0.9), st.floats(-0.5, 0.9))
def test_rate_is_the_integral_of_the_density(dimensions, cosine, mean):
    expected = naive.random_angle_rate(dimensions, (cosine - mean) / (1 - mean))
    assert AngleNull(dimensions, mean).rate(cosine) == pytest.approx(expected, abs=2e-6)


def test_three_dimensions_are_archimedes():
    null = AngleNull(3.0)  # the cosine is uniform
    np.testing.assert_allclose(null.rate(np.array([-1.0, 0.0, 0.5, 1.0])), [1, 0.5, 0.25, 0], atol=1e-15)
    assert null.threshold(0.05) == pytest.approx(0.9)


@given(st.floats(2, 1000), st.floats(1e-4, 0.4), st.floats(-0.5, 0.9))
def test_threshold_turns_rate_round(dimensions, rate, mean):
    null = AngleNull(dimensions, mean)
    assert null.rate(null.threshold(rate)) == pytest.approx(rate, rel=1e-4)
    assert dimensions_of(AngleNull(dimensions).threshold(rate), rate) == pytest.approx(dimensions, rel=1e-3)


def test_no_threshold_is_beyond_the_range_of_dimensions():
    assert dimensions_of(0.0, 0.01) == null_model.DIMENSIONS[1]
    assert dimensions_of(1.0, 0.01) == null_model.DIMENSIONS[0]


def centred(matrix):
    return matrix - matrix.mean(axis=0)


@pytest.mark.parametrize("dimensions", [16, 64, 256, 768])
@pytest.mark.parametrize("kind", ["even", "falling", "shifted"])
def test_the_rate_on_random_vectors_is_the_stated_one(dimensions, kind):
    rng = np.random.default_rng(dimensions)
    matrix = rng.standard_normal((1500, dimensions))
    if kind != "even":
        matrix *= np.arange(1, dimensions + 1) ** -0.5
    if kind == "shifted":
        matrix += 0.5
    rows = centred(matrix)
    cosines = pair_cosines(rows)
    for rate in (0.05, 0.01, 0.001):
        null = AngleNull.of_rows(rows, rate)
        assert np.mean(cosines >= null.threshold(rate)) == pytest.approx(rate, rel=0.1), (rate, null)
    if kind == "even":
        assert AngleNull.of_rows(rows, 0.05).dimensions == pytest.approx(dimensions, rel=0.03)


def test_rows_that_belong_together_do_not_pass_for_chance():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((1000, 64))
    alone = AngleNull.of_rows(centred(noise), 0.01)
    topics = rng.standard_normal((50, 64))[rng.integers(0, 50, 1000)]
    together = AngleNull.of_rows(centred(noise + topics), 0.01)
    assert together.threshold(0.01) == pytest.approx(alone.threshold(0.01), rel=0.1)


@given(st.integers(2, 30), st.integers(1, 4), st.integers(0, 999), st.floats(0.01, 0.4))
def test_of_rows_against_all_pairs(count, columns, seed, rate):
    matrix = np.random.default_rng(seed).integers(-2, 3, (count, columns)).astype(float)
    if (np.abs(matrix).sum(axis=1) > 0).sum() < 2:
        with pytest.raises(InputError, match="chance needs two or more"):
            AngleNull.of_rows(matrix, rate)
        return
    mean, low, tail = naive.low_cosine(matrix, rate, null_model.LEAST_PAIRS)
    found = AngleNull.of_rows(matrix, rate)
    if mean > 1 - 1e-6:
        assert found == AngleNull(null_model.DIMENSIONS[0])
        return
    assert found.mean == pytest.approx(mean, abs=1e-6)
    wanted = (mean - low) / (1 - mean)
    at_edge = found.dimensions in null_model.DIMENSIONS
    reached = (AngleNull(found.dimensions).threshold(tail), wanted)
    assert reached[0] == pytest.approx(reached[1], abs=1e-5) or (at_edge and (wanted <= 0.002 or wanted > 0.9))


def test_a_sample_is_spread_over_all_rows():
    rng = np.random.default_rng(0)
    matrix = centred(rng.standard_normal((3000, 16)))
    assert AngleNull.of_rows(matrix, 0.01, sample=1000) == AngleNull.of_rows(matrix[::3], 0.01)


@pytest.mark.parametrize("rate", [0, 0.5, 1, -1, float("nan")])
def test_impossible_rates(rate):
    with pytest.raises(UsageError, match="false-edge rate"):
        AngleNull.of_rows(np.eye(3), rate)


def test_impossible_models():
    with pytest.raises(UsageError, match="more than 1"):
        AngleNull(1.0)
    with pytest.raises(UsageError, match="between -1 and 1"):
        AngleNull(5.0, 1.0)
    with pytest.raises(UsageError, match="false-edge rate"):
        AngleNull(5.0).threshold(0)
