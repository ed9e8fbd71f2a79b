"""Poolings: every one against its definition, whatever stands in the padding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.encoder.pooling import TOKEN_MODES, outputs_of, pooled, pooling_of, unit_rows
from hanmine.errors import UsageError

LAYERS, WIDTH = 3, 4
MODES = (*TOKEN_MODES, "first-last", "last-1", "last-2", "last-3")


@given(
    st.sampled_from(MODES),
    st.lists(st.integers(2, 7), min_size=1, max_size=5),
    st.integers(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_pooled_is_naive(mode, lengths, skip, seed):
    if mode not in TOKEN_MODES:
        skip = 0
    random = np.random.default_rng(seed)
    hidden = random.normal(size=(LAYERS + 1, len(lengths), max(lengths), WIDTH)).astype(np.float32)
    mask = (np.arange(max(lengths)) < np.array(lengths)[:, None]).astype(np.int64)
    hidden[:, mask == 0] = 1e6
    names = outputs_of(mode, LAYERS)
    found = pooled(mode, {name: hidden[int(name.removeprefix("hidden_"))] for name in names}, mask, skip)
    assert found.dtype == np.float32
    for row, length in enumerate(lengths):
        expected = naive.pooled(mode, hidden[:, row, :length].astype(float).tolist(), skip)
        np.testing.assert_allclose(found[row], expected, rtol=2e-6, atol=1e-6)


def test_the_pooler_is_taken_as_it_is():
    values = np.ones((2, 3), np.float32)
    assert pooled("pooler", {"pooler": values}, np.ones((2, 5), np.int64)) is values


@pytest.mark.parametrize(
    ("option", "outputs"),
    [
        ("p1", ["hidden_12"]),
        ("p2", ["pooler"]),
        ("p3", ["hidden_12"]),
        ("mean", ["hidden_12"]),
        ("p4", ["hidden_1", "hidden_12"]),
        ("last-2", ["hidden_11", "hidden_12"]),
    ],
)
def test_outputs_of_options(option, outputs):
    assert outputs_of(pooling_of(option), 12) == outputs


def test_first_and_last_layer_may_be_the_same():
    assert outputs_of("first-last", 1) == ["hidden_1"]


@pytest.mark.parametrize("option", ["p5", "last-0", "last-", "cls", ""])
def test_unknown_poolings_are_refused(option):
    with pytest.raises(UsageError) as caught:
        pooling_of(option)
    assert str(caught.value) == (
        f"--pooling {option!r} is unknown: choose p1, p2, p3, p4, mean or last-N, such as last-2"
    )


def test_more_layers_than_there_are():
    with pytest.raises(UsageError) as caught:
        outputs_of("last-13", 12)
    assert str(caught.value) == "--pooling last-13: the model has 12 layers: choose last-1 to last-12"


def test_unit_rows():
    rows = unit_rows(np.array([[3, 4], [0, 0], [1e30, 0]], np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0], [1, 0]], rtol=1e-7)
    assert rows.dtype == np.float32
