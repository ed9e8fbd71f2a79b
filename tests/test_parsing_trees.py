"""Shapes of trees: brackets of heads, spans, and punctuation hung into trees."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.parsing.trees import (
    brackets_of_heads,
    fold,
    heads_with_punctuation,
    is_punctuation,
    leaves,
    spans,
    subtree_spans,
    tree_of_spans,
    tree_with_punctuation,
)


@st.composite
def all_heads(draw, most=8):
    """Any tree: each word but the first of an order depends on one before it."""
    words = draw(st.integers(1, most))
    order = draw(st.permutations(range(1, words + 1)))
    heads = [0] * words
    for place, word in enumerate(order[1:], 1):
        heads[word - 1] = order[draw(st.integers(0, place - 1))]
    return heads


@st.composite
def binary_trees(draw, most=9):
    words = draw(st.integers(1, most))

    def tree(begin, end):
        if end - begin == 1:
            return begin
        at = draw(st.integers(begin + 1, end - 1))
        return (tree(begin, at), tree(at, end))

    return tree(0, words), words


@given(all_heads())
def test_brackets_of_heads(heads):
    assert subtree_spans(heads) == naive.bracket_spans(heads)
    tree = brackets_of_heads(heads)
    assert leaves(tree) == list(range(len(heads)))
    whole = {(0, len(heads))} if len(heads) > 1 else set()
    assert spans(tree) - whole == naive.bracket_spans(heads) - whole


def test_brackets_of_heads_by_hand():
    assert brackets_of_heads([2, 0, 4, 2]) == (0, 1, (2, 3))
    assert brackets_of_heads([]) == ()
    assert brackets_of_heads([0]) == 0
    # Word 1 depends on 3 across the root: its subtree has a gap.
    assert brackets_of_heads([3, 0, 2]) == (0, 1, 2)


@given(binary_trees())
def test_spans_and_back(drawn):
    tree, words = drawn
    assert tree_of_spans(spans(tree), words) == tree
    assert leaves(tree) == list(range(words))


def test_trees_may_be_deep():
    tree = 0
    for word in range(1, 5000):
        tree = (tree, word)
    assert len(spans(tree)) == 4999
    assert leaves(tree) == list(range(5000))
    assert fold(tree, lambda word: 1, sum) == 5000


@given(all_heads(), st.lists(st.booleans(), min_size=1, max_size=16))
def test_punctuation_in_heads(heads, marks):
    """Kept words have their heads; a mark depends on the word before it, and the tree stays as projective as it was."""
    kept = [place for place in range(len(marks)) if not marks[place]][: len(heads)]
    heads = [head if head <= len(kept) else 0 for head in heads[: len(kept)]]
    if len(kept) == 0 or heads.count(0) != 1 or is_circle(heads):
        return
    found = heads_with_punctuation(heads, kept, len(marks))
    assert found.count(0) == 1
    for word, head in zip(kept, heads, strict=True):
        assert found[word] == (kept[head - 1] + 1 if head else 0)
    for place in set(range(len(marks))) - set(kept):
        before = [word for word in kept if word < place]
        assert found[place] == (before[-1] if before else kept[0]) + 1
    assert naive.is_projective(found) == naive.is_projective(heads)


def is_circle(heads):
    return any(follow(heads, word) for word in range(1, len(heads) + 1))


def follow(heads, word):
    for _ in heads:
        word = heads[word - 1] if word else 0
    return word


@given(binary_trees(), st.lists(st.booleans(), min_size=1, max_size=20))
def test_punctuation_in_brackets(drawn, marks):
    tree, words = drawn
    kept = [place for place in range(len(marks)) if not marks[place]][:words]
    if len(kept) < words:
        return
    found = tree_with_punctuation(tree, kept, len(marks))
    assert leaves(found) == list(range(len(marks)))
    # Without the marks the brackets are those of the tree.
    places = {word: place for place, word in enumerate(kept)}
    inner = Counter()
    for begin, end in spans(found):
        held = [places[word] for word in range(begin, end) if word in places]
        if len(held) > 1:
            inner[held[0], held[-1] + 1] += 1
    assert set(inner) == {span for span in spans(tree) if span[1] - span[0] > 1}
    assert max(inner.values(), default=1) == 1


def test_where_marks_stand():
    tree = ((0, 1), (2, 3))
    assert tree_with_punctuation(tree, [0, 2, 4, 6], 8) == ((0, 1, 2), 3, (4, 5, 6), 7)
    assert tree_with_punctuation(tree, [1, 2, 3, 4], 5) == (0, (1, 2), (3, 4))
    assert tree_with_punctuation(0, [1], 3) == (0, 1, 2)
    assert tree_with_punctuation(0, [0], 1) == 0
    assert tree_with_punctuation((), [], 2) == (0, 1)


def test_what_is_punctuation():
    assert [word for word in ["。", "……", "“", "——", "」", "!?", "、"] if not is_punctuation(word)] == []
    assert [word for word in ["", "%", "％", "#", "@", "+", "a.", "3.5", "人", "~", "&"] if is_punctuation(word)] == []


def test_spans_of_arrays():
    assert subtree_spans(np.array([2, 0]).tolist()) == {(0, 2)}
