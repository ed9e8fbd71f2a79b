"""MART and Su's rule against their formulas, and the shape of trees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError, UsageError
from hanmine.parsing.constituency import constituency_tree, mart, su_tree
from hanmine.parsing.trees import leaves, spans


@st.composite
def impacts(draw):
    words = draw(st.integers(0, 12))
    matrix = np.abs(np.random.default_rng(draw(st.integers(0, 2**32 - 1))).normal(size=(words, words))) * 4
    np.fill_diagonal(matrix, 0)
    return matrix


@given(impacts())
def test_mart(impact):
    assert mart(impact) == naive.mart_tree(impact)
    assert leaves(mart(impact)) == list(range(len(impact)))


@given(impacts())
def test_su(impact):
    assert su_tree(impact) == naive.su_constituents(impact)
    assert leaves(su_tree(impact)) == list(range(len(impact)))


@pytest.mark.parametrize("method", [mart, su_tree])
def test_few_words(method):
    assert method(np.zeros((0, 0))) == ()
    assert method(np.zeros((1, 1))) == 0
    assert method(np.ones((2, 2))) == (0, 1)


def test_blocks_are_found():
    impact = np.kron([[5, 0, 0], [0, 5, 0], [0, 0, 5.0]], np.ones((2, 2))) + np.linspace(0, 0.1, 36).reshape(6, 6)
    assert {(0, 2), (2, 4), (4, 6)} <= spans(mart(impact))


def test_su_keeps_the_word_at_the_split():
    assert su_tree(np.zeros((3, 3))) == (0, (1, 2))
    assert su_tree(np.zeros((4, 4))) == (0, (1, (2, 3)))


def test_of_equal_splits_the_first():
    """All means are equal, whatever the rounding of sums is."""
    for value in (0, 0.1, 1 / 3):
        assert mart(np.full((5, 5), value)) == (0, (1, (2, (3, 4))))
        assert su_tree(np.full((5, 5), value)) == (0, (1, (2, (3, 4))))


def test_what_is_no_number_counts_as_nothing():
    impact = np.random.default_rng(3).random((5, 5))
    unknown = impact.copy()
    unknown[2] = unknown[:, 2] = np.nan
    impact[2] = impact[:, 2] = 0
    assert mart(unknown) == mart(impact)
    assert su_tree(unknown) == su_tree(impact)


def test_errors():
    with pytest.raises(UsageError, match=r"^--constituency 'cky' is unknown: choose mart, su$"):
        constituency_tree(np.zeros((2, 2)), "cky")
    with pytest.raises(InputError, match=r"^an impact matrix is a square, not of shape \(2, 3\)$"):
        su_tree(np.zeros((2, 3)))
