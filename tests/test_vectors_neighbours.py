"""Nearest neighbours and similarities of pairs: against the full matrix, in any blocks, at any scale."""

import sys
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError, MissingExtraError, UsageError
from hanmine.vectors import approximate, neighbours
from hanmine.vectors.neighbours import nearest_neighbours, neighbour_blocks, open_search
from hanmine.vectors.rows import BLOCK_ROWS
from hanmine.vectors.similarity import pair_similarities


def scaled(matrix):
    """The rows in float64 times powers of two that bring their largest numbers near 1: the same cosines."""
    matrix = np.asarray(matrix, np.float64)
    return np.ldexp(matrix, -np.frexp(np.abs(matrix).max(axis=1, keepdims=True))[1])


def compare(queries, base, k, **settings):
    """Assert that the search finds what the full matrix says."""
    found = nearest_neighbours(queries, base, k, **settings)
    expected = naive.nearest(scaled(queries), None if base is None else scaled(base), k)
    assert found.indices.tolist() == [[index for index, _ in row] for row in expected]
    assert found.similarities.dtype == np.float32
    cosines = np.array([[cosine for _, cosine in row] for row in expected]).reshape(found.similarities.shape)
    np.testing.assert_allclose(found.similarities, cosines, atol=1e-7, rtol=0)
    assert found.recall == 1.0


@st.composite
def matrices(draw, columns, most=12):
    """Whole numbers, which many rows share, times powers of two, which change no cosine: sums are exact, ties are."""
    rows = draw(st.lists(st.lists(st.integers(-3, 3), min_size=columns, max_size=columns), min_size=1, max_size=most))
    array = np.array(rows, draw(st.sampled_from([np.float16, np.float32, np.float64])))
    span = {2: 6, 4: 66, 8: 600}[array.dtype.itemsize]
    exponents = draw(st.lists(st.sampled_from([0, 0, -span, span]), min_size=len(rows), max_size=len(rows)))
    return np.ldexp(array, np.array(exponents)[:, None]).astype(array.dtype)


@st.composite
def searches(draw):
    columns = draw(st.integers(1, 5))
    return draw(matrices(columns)), draw(st.none() | matrices(columns)), draw(st.integers(1, 15))


@settings(max_examples=100)
@given(
    searches(), st.integers(1, 3), st.integers(1, 9), st.tuples(st.integers(1, 5), st.integers(1, 5)), st.integers(1, 6)
)
def test_against_the_full_matrix(search, threads, span, tile, query_rows):
    queries, base, k = search
    with (
        patch.object(neighbours, "_TILE", tile),
        patch.object(neighbours, "QUERY_ROWS", query_rows),
        patch.object(neighbours, "_LEAST_QUERIES", 1),
        patch.object(neighbours, "SPAN_ROWS", span),
    ):
        compare(queries, base, k, threads=threads)


def clustered(count, dimensions, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, count // 20), dimensions)) * 2
    return (centres[rng.integers(0, len(centres), count)] + rng.standard_normal((count, dimensions))).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_real_numbers(dtype):
    rows = clustered(70, 37).astype(dtype)
    compare(rows, None, 6)
    compare(rows[:9], rows[9:], 6)


def test_what_float32_cannot_tell_apart():
    rng = np.random.default_rng(1)
    row = rng.standard_normal(64)
    rows = row + 1e-9 * rng.standard_normal((60, 64))
    compare(rows, None, 5)
    compare(rng.standard_normal((4, 64)), rows, 5)


def test_the_filter_is_within_its_bound():
    for dimensions in (1, 7, 300):
        rows = clustered(200, dimensions, seed=dimensions)
        search = open_search(rows, None, 3)
        unit = search.queries.unit(0, rows)
        exact = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
        factors, scales = search.base.scaled(0, rows)
        assert np.abs((unit @ factors.T) * scales - exact @ exact.T).max() < search._error


def test_any_blocks_and_threads_give_the_same_bytes():
    rows = clustered(400, 24)
    rows[5] = rows[300] = rows[17]
    expected = nearest_neighbours(rows, None, 7, threads=1)
    for tile, span, query_rows, threads in (
        ((64, 96), 400, 128, 1),
        ((7, 400), 150, 50, 3),
        ((400, 13), 50, 9, 2),
        ((512, 32), 399, 512, 5),
    ):
        with (
            patch.object(neighbours, "_TILE", tile),
            patch.object(neighbours, "SPAN_ROWS", span),
            patch.object(neighbours, "QUERY_ROWS", query_rows),
        ):
            found = nearest_neighbours(rows, None, 7, threads=threads)
        assert found.indices.tobytes() == expected.indices.tobytes()
        assert found.similarities.tobytes() == expected.similarities.tobytes()


def test_few_queries_share_a_long_base_among_threads():
    base = clustered(5000, 8)
    with patch.object(neighbours, "_TILE", (16, 100)):
        search = open_search(base[:3], base, 4, threads=4)
        assert len(search._spans(3)) == 4
        found = nearest_neighbours(base[:3], base, 4, threads=4)
    assert found.indices.tolist() == nearest_neighbours(base[:3], base, 4, threads=1).indices.tolist()


@pytest.mark.parametrize(
    "rows",
    [np.ones((9, 4)), np.zeros((9, 4)), np.arange(1, 10)[:, None] * np.ones(3), np.eye(1, 5), np.full((3, 2), 7)],
    ids=["equal", "zero", "parallel", "one", "integers"],
)
def test_rows_without_much_in_them(rows):
    compare(rows, None, 3)
    compare(rows, rows, 3)


@pytest.mark.parametrize(
    ("scale", "dtype"), [(1e-20, "f4"), (1e19, "f4"), (3e-45, "f4"), (1e-300, "f8"), (1e300, "f8")]
)
def test_any_scale(scale, dtype):
    rows = clustered(40, 6).astype(np.float64)
    rows = np.round(rows).astype(dtype) * np.dtype(dtype).type(scale)
    found = nearest_neighbours(rows, None, 5)
    expected = nearest_neighbours(scaled(rows), None, 5)
    np.testing.assert_allclose(found.similarities, expected.similarities, atol=1e-7)
    assert np.isfinite(found.similarities).all()


def test_rows_of_very_different_lengths_in_one_matrix():
    rows = clustered(60, 5).astype(np.float64)
    lengths = 10.0 ** np.random.default_rng(0).integers(-150, 150, 60)
    found = nearest_neighbours(rows * lengths[:, None], None, 4)
    np.testing.assert_allclose(found.similarities, nearest_neighbours(rows, None, 4).similarities, atol=1e-7)


class Streamed:
    """Rows that cannot be had all at once."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.most = array, array.shape, array.dtype, 0

    def rows(self, start, stop):
        self.most = max(self.most, stop - start)
        block = self.array[start:stop].copy()
        block.flags.writeable = False
        return block

    def where(self, row):
        return f"a.npy: row {row}"


def test_rows_are_read_in_blocks():
    rows = Streamed(clustered(9000, 4))
    found = nearest_neighbours(rows, None, 3)
    assert rows.most <= BLOCK_ROWS
    assert found.indices.tolist() == nearest_neighbours(rows.array, None, 3).indices.tolist()


def test_blocks_come_in_order_and_make_up_the_whole():
    rows = clustered(500, 6)
    whole = nearest_neighbours(rows, None, 4)
    with patch.object(neighbours, "QUERY_ROWS", 70):
        blocks = list(neighbour_blocks(rows, None, 4, threads=2))
        first = list(open_search(rows, None, 4).blocks(stop=100))
    assert [start for start, _, _ in blocks] == list(range(0, 500, 70))
    assert np.array_equal(np.concatenate([indices for _, indices, _ in blocks]), whole.indices)
    assert np.array_equal(np.concatenate([cosines for _, _, cosines in blocks]), whole.similarities)
    assert np.array_equal(np.concatenate([indices for _, indices, _ in first]), whole.indices[:100])


def test_nothing_to_find():
    alone = nearest_neighbours(np.ones((1, 3)), None, 5)
    assert alone.indices.shape == alone.similarities.shape == (1, 0)
    assert nearest_neighbours(np.ones((0, 3)), np.ones((4, 3)), 2).indices.shape == (0, 2)
    assert nearest_neighbours(np.ones((2, 3)), np.ones((0, 3)), 2).indices.shape == (2, 0)
    assert nearest_neighbours(np.ones((0, 3)), None, 2).indices.shape == (0, 0)


def test_errors():
    with pytest.raises(UsageError, match=r"^k is 0: ask for at least 1 neighbour$"):
        nearest_neighbours(np.ones((3, 2)), None, 0)
    with pytest.raises(InputError) as caught:
        nearest_neighbours(np.ones((3, 2)), np.ones((3, 4)))
    assert str(caught.value) == (
        "the queries' matrix has 2 dimensions and the other 4: compare vectors of one encoder and one map"
    )
    rows = np.ones((3000, 2), np.float32)
    rows[17, 1] = np.nan
    with pytest.raises(InputError) as caught:
        nearest_neighbours(Streamed(rows))
    assert str(caught.value) == "a.npy: row 17 holds NaN or infinity, which have no direction: take such rows out first"
    rows[[40, 41, 42, 2900, 2901]] = np.inf
    with pytest.raises(InputError) as caught:
        nearest_neighbours(np.ones((1, 2)), rows)
    assert str(caught.value) == (
        "row 17, row 40, row 41, row 42, row 2900 and 1 more hold NaN or infinity, which have no direction: "
        "take such rows out first"
    )


@settings(max_examples=60)
@given(st.integers(1, 4).flatmap(lambda columns: st.tuples(matrices(columns, 8), matrices(columns, 8))))
def test_pairs_against_the_definition(pair):
    count = min(map(len, pair))
    first, second = (scaled(matrix[:count]) for matrix in pair)
    found = pair_similarities(pair[0][:count], pair[1][:count], threads=2)
    assert found.dtype == np.float32
    expected = [naive.cosine_of(x, y) for x, y in zip(first, second, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-7, rtol=0)


def test_pairs_in_blocks():
    rows, others = clustered(5000, 7), clustered(5000, 7, seed=2)
    found = pair_similarities(Streamed(rows), Streamed(others), threads=2)
    assert found.tobytes() == pair_similarities(rows, others, threads=1).tobytes()
    assert found[4999] == np.float32(naive.cosine_of(rows[4999], others[4999]))


def test_pairs_that_are_none():
    with pytest.raises(InputError) as caught:
        pair_similarities(np.ones((3, 2)), np.ones((2, 2)))
    assert str(caught.value) == "3 rows and 2 rows are no pairs: pass two matrices with as many rows"
    with pytest.raises(InputError) as caught:
        pair_similarities(np.ones((3, 2)), np.ones((3, 1)))
    assert str(caught.value) == (
        "the first has 2 dimensions and the second 1: compare vectors of one encoder and one map"
    )
    assert pair_similarities(np.ones((0, 2)), np.ones((0, 2))).shape == (0,)


@pytest.fixture
def many(monkeypatch):
    """Rows that are enough for an index."""
    monkeypatch.setattr(approximate, "LEAST_ROWS", 1000)
    monkeypatch.setattr(approximate, "SAMPLE", 100)
    rows = clustered(3000, 16)
    rows[10:14] = 0
    rows[20] = rows[21]
    return rows


def share(found, truth):
    return np.mean([len(set(a) & set(b)) for a, b in zip(found.tolist(), truth.tolist(), strict=True)]) / found.shape[1]


def test_approximate_search_finds_what_it_says(many):
    truth = nearest_neighbours(many, None, 5)
    found = nearest_neighbours(many, None, 5, approximate=True, threads=1)
    assert 0.95 <= found.recall <= 1
    assert abs(share(found.indices, truth.indices) - found.recall) < 0.03
    assert not (found.indices == np.arange(len(many))[:, None]).any()
    same = found.indices == truth.indices
    assert (found.similarities[same] == truth.similarities[same]).all()
    again = nearest_neighbours(many, None, 5, approximate=True, threads=3)
    assert again.indices.tobytes() == found.indices.tobytes()
    assert again.recall == found.recall


def test_approximate_search_of_other_queries_and_types(many):
    queries = clustered(200, 16, seed=5).astype(np.float64) * 1e200
    truth = nearest_neighbours(queries, many, 5)
    search = open_search(queries, Streamed(many.astype(np.float16)), 5, approximate=True)
    assert (search.method, search.sample) == ("hnsw", 100)
    found = np.concatenate([indices for _, indices, _ in search.blocks()])
    assert share(found, truth.indices) > 0.9


def test_approximate_search_looks_further_where_it_must(many):
    rows = np.random.default_rng(0).standard_normal((3000, 60)).astype(np.float32)  # without any order to use
    with patch.object(approximate, "ENOUGH_RECALL", 0.0):
        quick = open_search(rows, None, 5, approximate=True)
    with patch.object(approximate, "ENOUGH_RECALL", 0.999):
        search = open_search(rows, None, 5, approximate=True)
    assert search.breadth > quick.breadth
    assert search.recall > quick.recall


def test_approximate_search_gives_every_query_its_neighbours(many):
    rows = np.repeat(many[:4], 750, axis=0)  # among equal rows a walk loses its way
    search = open_search(rows, None, 60, approximate=True)
    for start, indices, similarities in search.blocks():
        assert indices.min() >= 0
        assert (np.diff(similarities) <= 0).all()
        assert all(len(set(row)) == 60 for row in indices.tolist())
        assert not (indices == np.arange(start, start + len(indices))[:, None]).any()
    assert search.recall > 0.9


def test_approximate_search_of_few_rows_is_exact():
    rows = clustered(300, 8)
    search = open_search(rows, None, 5, approximate=True)
    assert (search.method, search.recall) == ("exact", 1.0)


def test_approximate_search_needs_a_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtraError) as caught:
        nearest_neighbours(np.ones((3, 2)), None, 1, approximate=True)
    assert str(caught.value) == "approximate search needs an optional package: pip install 'hanmine[ann]'"
