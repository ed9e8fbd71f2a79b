"""Windows and batches: every sentence once, in bounds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hanmine.encoder.batches import batches_of_similar_length, windows


@given(st.lists(st.text(max_size=9), max_size=30), st.integers(1, 7), st.integers(1, 30))
def test_windows_cut_a_stream(sentences, size, characters):
    found = list(windows(iter(sentences), size, characters))
    assert [sentence for window in found for sentence in window] == sentences
    for window in found:
        assert 1 <= len(window) <= size
        assert len(window) == 1 or sum(map(len, window)) <= characters


@given(st.lists(st.integers(1, 40), max_size=30), st.integers(1, 100))
def test_batches_hold_each_sentence_once(lengths, batch_tokens):
    batches = batches_of_similar_length(lengths, batch_tokens)
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    longest = [max(lengths[place] for place in batch) for batch in batches]
    assert longest == sorted(longest, reverse=True)
    for batch, most in zip(batches, longest, strict=True):
        assert len(batch) == 1 or len(batch) * most <= batch_tokens


def test_equally_long_sentences_stay_in_order():
    assert [list(batch) for batch in batches_of_similar_length([2, 3, 2, 3], 6)] == [[1, 3], [0, 2]]
    assert batches_of_similar_length(np.zeros(0, int)) == []
