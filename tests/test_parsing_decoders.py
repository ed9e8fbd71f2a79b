"""Dependency decoders: against all trees of few words, ties, given roots, and what they are fed."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError, UsageError
from hanmine.parsing.decoders import (
    SPELLINGS,
    arc_scores,
    chu_liu_edmonds,
    decoder_named,
    dependency_heads,
    eisner,
    shares,
)

MOST = 7


@cache
def trees_of(words):
    trees = naive.all_dependency_trees(words)
    projective = np.array([naive.is_projective(heads) for heads in trees.tolist()], bool)
    return {"cle": trees, "eisner": trees[projective]}


DECODERS = {"eisner": eisner, "cle": chu_liu_edmonds}


@st.composite
def scores(draw, whole=False):
    """Scores of up to `MOST` words; whole ones have many ties."""
    words = draw(st.integers(1, MOST))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    if whole:
        return random.integers(0, 3, (words + 1, words + 1)).astype(float)
    return random.normal(size=(words + 1, words + 1)) * draw(st.sampled_from([1e-3, 1, 1e3]))


def total(scores, heads):
    return sum(scores[head, word] for word, head in enumerate(heads, 1))


def is_tree(heads):
    for word in range(1, len(heads) + 1):
        steps = 0
        while word and steps <= len(heads):
            word, steps = heads[word - 1], steps + 1
        if word:
            return False
    return (np.asarray(heads) == 0).sum() == 1


def test_how_many_trees_there_are():
    """n^(n-1) rooted trees (Cayley); projective ones: binomial(3n - 2, n - 1)·/n."""
    assert [len(trees_of(n)["cle"]) for n in range(1, 6)] == [1, 2, 9, 64, 625]
    assert [len(trees_of(n)["eisner"]) for n in range(1, 6)] == [1, 2, 7, 30, 143]


@pytest.mark.parametrize("decoder", DECODERS)
@given(scores())
def test_the_best_of_all_trees(decoder, scores):
    _, best = naive.best_dependency_trees(scores, trees_of(len(scores) - 1)[decoder])
    if len(best) == 1:
        assert DECODERS[decoder](scores).tolist() == best[0].tolist()
    else:
        assert DECODERS[decoder](scores).tolist() in best.tolist()


@pytest.mark.parametrize("decoder", DECODERS)
@given(scores(), st.data())
def test_the_best_tree_with_a_given_root(decoder, scores, data):
    words = len(scores) - 1
    root = data.draw(st.integers(1, words))
    trees = trees_of(words)[decoder]
    _, best = naive.best_dependency_trees(scores, trees[trees[:, root - 1] == 0])
    assert DECODERS[decoder](scores, root).tolist() in best.tolist()


@pytest.mark.parametrize("decoder", DECODERS)
@given(scores(whole=True))
def test_of_equal_sums_one_is_chosen_and_always_the_same(decoder, scores):
    best, _ = naive.best_dependency_trees(scores, trees_of(len(scores) - 1)[decoder])
    heads = DECODERS[decoder](scores)
    assert is_tree(heads.tolist())
    assert total(scores, heads.tolist()) == best
    assert DECODERS[decoder](scores.copy(order="F")).tolist() == heads.tolist()


@pytest.mark.parametrize("decoder", DECODERS)
def test_long_sentences(decoder):
    random = np.random.default_rng(5)
    scores = random.random((61, 61))
    heads = DECODERS[decoder](scores).tolist()
    assert is_tree(heads)
    assert decoder == "cle" or naive.is_projective(heads)
    if decoder == "cle":  # no tree is better than every word's best head, and none projective better than this
        assert total(scores, heads) >= total(scores, eisner(scores).tolist())


@pytest.mark.parametrize("decoder", DECODERS)
def test_few_words(decoder):
    assert DECODERS[decoder](np.zeros((1, 1))).tolist() == []
    assert DECODERS[decoder](np.zeros((2, 2))).tolist() == [0]
    assert DECODERS[decoder](np.array([[0, 0, 0], [0, 0, 2], [0, 1, 0.0]])).tolist() == [0, 1]
    assert DECODERS[decoder](np.array([[0, 0, 2], [0, 0, 2], [0, 1, 0.0]])).tolist() == [2, 0]
    assert DECODERS[decoder](np.array([[0, 0, 0], [0, 0, 2], [0, 1, 0.0]]), root=2).tolist() == [2, 0]


def test_a_cycle_within_a_cycle():
    """1 and 2 prefer each other, and so do both and 3: two contractions, opened again."""
    scores = np.zeros((5, 5))
    scores[1, 2] = scores[2, 1] = 10
    scores[3, 1] = scores[2, 3] = 8
    scores[4, 3], scores[0, 4] = 3, 1
    best, trees = naive.best_dependency_trees(scores, trees_of(4)["cle"])
    heads = chu_liu_edmonds(scores).tolist()
    assert (total(scores, heads), heads in trees.tolist()) == (best, True)


@pytest.mark.parametrize("decoder", DECODERS)
def test_scores_that_cannot_be(decoder):
    decode = DECODERS[decoder]
    with pytest.raises(
        InputError, match=r"^scores of arcs are a square with the root in row 0, not of shape \(2, 3\)$"
    ):
        decode(np.zeros((2, 3)))
    with pytest.raises(InputError, match=r"^scores of arcs hold NaN or infinity: give every arc a number$"):
        decode(np.full((2, 2), np.nan))
    for root in (0, 3, -1):
        with pytest.raises(UsageError, match=rf"^the root cannot be word {root}: the sentence has 2 words$"):
            decode(np.zeros((3, 3)), root)


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_shares_are_the_softmax_of_rows(seed, words):
    impact = np.random.default_rng(seed).normal(size=(words, words)) * 5
    np.fill_diagonal(impact, 0)
    assert np.allclose(shares(impact), naive.row_softmax(impact))
    assert np.allclose(shares(impact).sum(axis=1), 1)
    scores = arc_scores(impact)
    for head in range(words):
        for word in range(words):
            if head != word:
                assert scores[head + 1, word + 1] == shares(impact)[word, head]
    assert not scores[0].any()
    assert not scores[:, 0].any()


def test_large_impacts_and_unknown_words():
    assert np.isfinite(shares([[0, 1e4], [-1e4, 0]])).all()
    assert shares([[0, np.nan], [1, 0]])[0].tolist() == [0.5, 0.5]
    assert shares(np.zeros((0, 0))).shape == (0, 0)
    assert dependency_heads(np.zeros((0, 0))).tolist() == []


def test_spellings():
    assert {decoder_named(name) for name in SPELLINGS} == {"eisner", "cle"}
    impact = np.random.default_rng(1).normal(size=(6, 6))
    assert dependency_heads(impact, "cle").tolist() == dependency_heads(impact, "chu-liu-edmonds").tolist()
    with pytest.raises(UsageError, match=r"^--decoder 'viterbi' is unknown: choose eisner, cle, chu-liu-edmonds$"):
        dependency_heads(impact, "viterbi")
