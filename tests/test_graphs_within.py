"""Directions by the spread within modules: against the definition, and what it is for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine import cluster_graph
from hanmine.graphs import prepared
from hanmine.graphs.knn import CLUSTER_DEFAULTS, neighbour_graph
from hanmine.graphs.within import mapped, shrinkage, whitening_within
from hanmine.vectors.rows import as_rows


@settings(max_examples=60)
@given(st.integers(8, 40), st.integers(2, 6), st.integers(1, 5), st.integers(0, 9999))
def test_against_the_definition(count, width, modules, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, modules + 1, count)
    matrix = rng.standard_normal((count, width)) * rng.uniform(0.2, 3, width) + rng.standard_normal((6, width))[labels]
    share, expected = naive.whitening_within(matrix, labels)
    found = whitening_within(matrix, labels)
    assert found @ found.T == pytest.approx(expected @ expected.T, rel=1e-6, abs=1e-9)
    apart = matrix - np.array([matrix[labels == label].mean(axis=0) for label in labels])
    assert shrinkage(apart, apart.T @ apart / count) == pytest.approx(share, abs=1e-9)


def test_many_rows_are_hardly_drawn_and_few_are():
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((20_000, 10)) * np.arange(1, 11)
    assert shrinkage(matrix, matrix.T @ matrix / len(matrix)) < 0.01
    matrix = matrix[:12]
    assert shrinkage(matrix, matrix.T @ matrix / len(matrix)) > 0.2


def test_modules_spread_equally_whatever_the_rows_were_stretched_by():
    rng = np.random.default_rng(1)
    labels = rng.integers(1, 4, 5000)
    stretch = np.linalg.qr(rng.standard_normal((5, 5)))[0] * [0.4, 0.7, 1, 1.3, 2]
    matrix = (rng.standard_normal((4, 5))[labels] * 3 + rng.standard_normal((5000, 5))) @ stretch
    found = matrix @ whitening_within(matrix, labels)
    within = sum(np.cov(found[labels == label].T) * np.mean(labels == label) for label in (1, 2, 3))
    assert within == pytest.approx(np.eye(5), abs=0.05)


@pytest.mark.parametrize("matrix", [np.zeros((4, 3)), np.repeat(np.eye(3), 2, axis=0)])
def test_modules_of_equal_rows_change_nothing(matrix):
    labels = np.unique(matrix, axis=0, return_inverse=True)[1].ravel() + 1
    np.testing.assert_array_equal(whitening_within(matrix, labels), np.eye(3))


def test_a_direction_without_spread_stays_finite():
    matrix = np.array([[0.0, 0], [1, 0], [2, 0], [0, 5], [1, 5], [2, 5]] * 9)
    found = whitening_within(matrix, np.array([1, 1, 1, 2, 2, 2] * 9))
    assert np.isfinite(found).all()


def test_mapped_rows():
    matrix = np.random.default_rng(0).standard_normal((5000, 4)).astype(np.float32)
    turn = np.arange(12.0).reshape(4, 3)
    found = mapped(as_rows(matrix), turn)
    np.testing.assert_allclose(found.array, matrix @ turn, rtol=1e-4, atol=1e-4)
    assert found.array.dtype == np.float32


def planted(count=1500, classes=30, separation=0.4, width=128, seed=30):
    rng = np.random.default_rng(seed)
    spectrum = np.arange(1, width + 1) ** -0.25
    labels = rng.integers(0, classes, count)
    centres = rng.standard_normal((classes, width)) * spectrum * separation
    return (centres[labels] + rng.standard_normal((count, width)) * spectrum).astype(np.float32), labels


def inside(built, labels):
    """The share of weight on links between rows of one class."""
    same = labels[built.graph.source] == labels[built.graph.target]
    return built.graph.weight[same].sum() / built.graph.weight.sum()


def test_links_stay_within_classes_more_often_by_a_first_graph():
    matrix, labels = planted()
    built = neighbour_graph(matrix)
    assert built.facts["first_modules"] > 1
    assert inside(built, labels) > inside(neighbour_graph(matrix, even=False), labels) + 0.1


def test_a_sample_gives_the_first_modules(monkeypatch):
    matrix, labels = planted(classes=6, separation=0.7)
    whole = neighbour_graph(matrix)
    monkeypatch.setattr(prepared, "FIRST_ROWS", 500)
    built = neighbour_graph(matrix)
    assert 2 <= built.facts["first_modules"] <= 10
    assert inside(built, labels) == pytest.approx(inside(whole, labels), abs=0.05)


def test_noise_is_one_module_and_stays_as_it_is():
    matrix = np.random.default_rng(0).standard_normal((1500, 64))
    built = neighbour_graph(matrix)
    assert built.facts["first_modules"] == 0
    assert cluster_graph(built.graph, **CLUSTER_DEFAULTS).labels.max() == 1


def test_not_where_a_least_similarity_is_given():
    matrix, _ = planted()
    assert neighbour_graph(matrix, min_similarity=0.1).facts["first_modules"] == 0
    assert neighbour_graph(matrix, even=False).facts["first_modules"] == 0


def test_the_same_for_any_threads():
    matrix, _ = planted(count=600, classes=5, separation=0.8)
    one, three = (neighbour_graph(matrix, threads=threads) for threads in (1, 3))
    assert one.facts == three.facts
    np.testing.assert_array_equal(one.graph.weight, three.graph.weight)
