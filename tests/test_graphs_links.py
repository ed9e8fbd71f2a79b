"""Weights of links relative to the strengths of their ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.graphs.knn import neighbour_graph
from hanmine.graphs.links import relative_weights


@given(st.data(), st.booleans())
def test_against_the_definition(data, directed):
    nodes = st.integers(0, 6)
    pairs = data.draw(st.lists(st.tuples(nodes, nodes).filter(lambda pair: pair[0] < pair[1]), min_size=1, unique=True))
    weights = np.array(data.draw(st.lists(st.floats(0.01, 1), min_size=len(pairs), max_size=len(pairs))))
    source, target = np.array(pairs).T
    found = relative_weights(source, target, weights, 7, directed=directed)
    links = [(a, b, weight) for (a, b), weight in zip(pairs, weights.tolist(), strict=True)]
    assert found.tolist() == pytest.approx(naive.relative_weights(links, directed=directed))


def test_no_links():
    none = np.empty(0, np.int64)
    assert relative_weights(none, none, np.empty(0), 3, directed=True).size == 0


def test_hubs_weigh_less():
    # All others link to row 0, and in pairs to each other.
    pairs = [(i, 0) for i in range(1, 21)] + [(i, i + 1) for i in range(1, 21, 2)]
    source, target = np.array(pairs).T
    found = relative_weights(source, target, np.ones(len(pairs)), 21, directed=False)
    assert found[-1] > 2 * found[0]


@pytest.mark.parametrize("symmetric", ["directed", "mutual", "union"])
def test_relative_weights_of_neighbours(symmetric):
    matrix = np.random.default_rng(0).standard_normal((60, 5))
    options = {"k": 9, "symmetric": symmetric, "even": False}
    excess, relative = (neighbour_graph(matrix, weight=weight, **options).graph for weight in ("excess", "relative"))
    np.testing.assert_array_equal(excess.source, relative.source)
    links = [*zip(excess.source.tolist(), excess.target.tolist(), excess.weight.tolist(), strict=True)]
    expected = naive.relative_weights(links, directed=symmetric == "directed")
    np.testing.assert_allclose(relative.weight, expected, rtol=1e-6)
