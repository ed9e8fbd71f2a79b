"""The best segmentation against all of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import UsageError
from hanmine.segmentation.decode import best_cuts, best_cuts_of_lines

numbers = st.integers(-6, 6).map(lambda value: value / 4)  # sums of them are exact, so that ties are ties


@st.composite
def problems(draw, most: int = 9):
    n = draw(st.integers(1, most))
    longest = draw(st.integers(1, 4))
    scores = draw(st.lists(st.lists(numbers, min_size=longest, max_size=longest), min_size=n, max_size=n))
    sources = draw(st.integers(0, 2))
    gaps = [draw(st.lists(numbers, min_size=n - 1, max_size=n - 1)) for _ in range(sources)]
    weights = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=sources, max_size=sources))
    kinds = draw(st.lists(st.sampled_from("    jjc"), min_size=n - 1, max_size=n - 1))
    return scores, gaps, weights, [kind == "j" for kind in kinds], [kind == "c" for kind in kinds]


@given(problems())
def test_the_best_of_all_segmentations(problem):
    scores, gaps, weights, joined, cut = problem
    expected = naive.best_segmentation(scores, gaps, weights, joined, cut)
    found = best_cuts(np.array(scores), [np.array(gap) for gap in gaps], weights, joined=joined, cut=cut)
    assert found.tolist() == expected


@given(st.lists(problems(6), max_size=6))
def test_many_lines_are_cut_as_each_alone(lines):
    lines = [line for line in lines if len(line[0][0]) == 3 and len(line[1]) == 1]
    expected = [best_cuts(np.array(s), [np.array(g[0])], [1.0], joined=j, cut=c) for s, g, _, j, c in lines]
    offsets = np.cumsum([0, *(len(line[0]) for line in lines)])
    flat = np.array([row for line in lines for row in line[0]]).reshape(-1, 3)
    gaps = np.array([gap for line in lines for gap in [*line[1][0], np.nan]])
    joined = np.array([mark for line in lines for mark in [*line[3], True]], bool)
    cut = np.array([mark for line in lines for mark in [*line[4], False]], bool)
    ends = best_cuts_of_lines(flat, offsets, [gaps], [1.0], joined=joined, cut=cut)
    found = [np.flatnonzero(ends[a:b]) + 1 for a, b in itertools.pairwise(offsets)]
    assert [line.tolist() for line in found] == [line.tolist() for line in expected]


def test_of_equal_segmentations_the_last_word_is_the_shortest():
    assert best_cuts(np.zeros((5, 3))).tolist() == [1, 2, 3, 4, 5]


def test_what_must_stand_together_may_be_longer_than_any_word():
    joined = np.array([False, True, True, True, True, False])
    assert best_cuts(np.zeros((7, 2)), joined=joined).tolist() == [1, 6, 7]


def test_forbidden_words_and_unknown_gaps():
    scores = np.zeros((3, 3))
    scores[:, 0] = -np.inf
    assert best_cuts(scores).tolist() == [3]
    assert best_cuts(scores, [np.array([np.nan, np.nan])], [1.0]).tolist() == [3]
    assert best_cuts(np.full((3, 2), -np.inf)).tolist() == [1, 2, 3], "nothing is allowed: whatever must be, stands"


def test_nothing():
    assert best_cuts(np.zeros((0, 4))).tolist() == []
    assert best_cuts(np.zeros((1, 4))).tolist() == [1]
    assert best_cuts_of_lines(np.zeros((0, 4)), np.array([0, 0, 0])).tolist() == []


def test_errors():
    with pytest.raises(UsageError, match="a line of 3 characters has 2 gaps, not 3: pass one value a gap"):
        best_cuts(np.zeros((3, 2)), [np.zeros(3)], [1.0])
    with pytest.raises(UsageError, match="the gap behind character 2 is to be both joined and cut: choose one"):
        best_cuts(np.zeros((3, 2)), joined=np.array([False, True]), cut=np.array([False, True]))
    with pytest.raises(UsageError, match="1 sources of gap scores and 0 weights: pass one weight a source"):
        best_cuts(np.zeros((3, 2)), [np.zeros(2)])
    with pytest.raises(UsageError, match="2 scores of gaps for 3 characters"):
        best_cuts_of_lines(np.zeros((3, 2)), np.array([0, 3]), [np.zeros(2)], [1.0])
