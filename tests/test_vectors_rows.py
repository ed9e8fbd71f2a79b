"""Rows of any kind, blocks of them, and the choice of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.errors import InputError
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.rows import Rows, as_rows, blocks, place_of, spread
from hanmine.vectors.selection import SelectedRows, find_bad_rows, spread_rows, unique_rows


class Named:
    """Rows that know where they come from."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def rows(self, start, stop):
        return self.array[start:stop]

    def where(self, row):
        return f"a.npy: row {row}"


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        ([[1, 2], [3, 4]], np.float64),
        (np.ones((3, 2), np.float16), np.float16),
        (np.ones((3, 2), ">f4"), np.float32),
        (np.asfortranarray(np.arange(6.0).reshape(3, 2)), np.float64),
        (np.ones((3, 2), np.int8), np.float32),
        (np.ones((3, 2), np.uint16), np.float32),
        (np.ones((3, 2), np.int32), np.float64),
        (np.ones((3, 2), bool), np.float32),
        (np.ones((3, 2), np.longdouble), np.float64),
    ],
)
def test_arrays_are_rows(given, dtype):
    rows = as_rows(given)
    part = rows.rows(1, 3)
    assert isinstance(rows, Rows)
    assert (rows.shape, rows.dtype, part.dtype, part.flags.c_contiguous) == (np.shape(given), dtype, dtype, True)
    assert np.array_equal(part, np.asarray(given)[1:3])
    assert as_rows(rows) is rows


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1.0, 2.0], "the vectors have 1 axes (2), not 2: pass a matrix, for a single vector x pass x[None, :]"),
        (np.ones((2, 2, 2)), "the vectors have 3 axes (2×2×2), not 2: pass a matrix, one vector a row"),
        (np.ones((3, 0)), "the vectors have no dimensions: pass a matrix with at least one column"),
        ([["a"]], "the vectors are of type <U1, not real numbers: pass a matrix of numbers"),
        (np.ones((2, 2), complex), "the vectors are of type complex128, not real numbers: pass a matrix of numbers"),
    ],
)
def test_what_is_no_matrix(given, message):
    with pytest.raises(InputError) as caught:
        as_rows(given)
    assert str(caught.value) == message


def test_ragged_lists():
    with pytest.raises(InputError, match="pass rows of one length"):
        as_rows([[1, 2], [3]])


def test_blocks_cover_all_rows_in_order():
    rows = as_rows(np.ones((10, 1)))
    assert list(blocks(rows, 4)) == [(0, 4), (4, 8), (8, 10)]
    assert list(blocks(rows, 4, 3, 8)) == [(3, 7), (7, 8)]
    assert list(blocks(as_rows(np.ones((0, 1))))) == []


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_spread_indices_are_even(count, chosen):
    index = spread(count, chosen)
    assert len(index) == min(count, chosen)
    gaps = np.diff(index)
    assert not len(gaps) or (gaps.min() >= 1 and gaps.max() - gaps.min() <= 1)


@settings(max_examples=30)
@given(st.sets(st.integers(0, 299), min_size=1), st.integers(0, 300), st.integers(0, 300))
def test_selected_rows_are_those_rows(chosen, start, stop):
    array = np.arange(600, dtype=np.float32).reshape(300, 2)
    index = np.array(sorted(chosen))
    rows = SelectedRows(Named(array), index)
    assert np.array_equal(rows.rows(start, max(start, stop)), array[index][start : max(start, stop)])
    assert rows.where(0) == f"a.npy: row {index[0]}"


def test_all_rows_when_fewer_than_asked_for():
    rows = as_rows(np.ones((5, 2)))
    assert spread_rows(rows, 5) is rows
    assert spread_rows(rows, 2).index.tolist() == [0, 2]


@settings(max_examples=25, deadline=None)
@given(st.data(), st.sampled_from(["f2", "f4", "f8"]))
def test_unique_rows_are_numpys(data, dtype):
    n = data.draw(st.integers(1, 60))
    numbers = data.draw(st.lists(st.integers(0, 2), min_size=2 * n, max_size=2 * n))
    array = np.array(numbers, dtype).reshape(n, 2)
    rows = unique_rows(as_rows(array), ThreadRunner(1), Progress())
    kept = rows.rows(0, rows.shape[0])
    first = np.sort(np.unique(array, axis=0, return_index=True)[1])
    assert np.array_equal(kept, array[first])


def test_unique_rows_over_many_blocks_and_threads():
    array = np.random.default_rng(0).integers(0, 3, (9000, 4)).astype(np.float32)
    one = unique_rows(as_rows(array), ThreadRunner(1), Progress())
    two = unique_rows(as_rows(array), ThreadRunner(2), Progress())
    assert np.array_equal(one.index, two.index)
    assert np.array_equal(one.index, np.sort(np.unique(array, axis=0, return_index=True)[1]))


def test_rows_with_nan_are_not_taken_for_repeated():
    array = np.array([[np.nan, 1], [0, 1], [np.nan, 1], [0, 1]])
    rows = unique_rows(as_rows(array), ThreadRunner(1), Progress())
    assert rows.index.tolist() == [0, 1, 2]


def test_bad_rows_are_found():
    array = np.ones((5000, 3), np.float16)
    array[4, 1], array[4999, 0] = np.nan, -np.inf
    assert find_bad_rows(as_rows(array), ThreadRunner(2)).tolist() == [4, 4999]


def test_places_are_in_the_words_of_the_rows():
    array = np.ones((3, 2))
    assert place_of(Named(array), 2) == "a.npy: row 2"
    assert place_of(as_rows(array), 2) == "row 2"


def test_blas_is_held_to_one_thread():
    import threadpoolctl

    def blas_threads():
        return {found["num_threads"] for found in threadpoolctl.threadpool_info() if found["user_api"] == "blas"}

    before = blas_threads()
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == before
