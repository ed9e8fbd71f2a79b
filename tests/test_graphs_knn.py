"""Graphs of nearest neighbours: against the full matrix, and what becomes of unusual rows."""

import sys
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine import cluster_graph, cluster_vectors
from hanmine.errors import InputError, MissingExtraError, UsageError
from hanmine.graphs import knn, prepared
from hanmine.graphs.agreement import NEIGHBOURS, weighed_by_agreement
from hanmine.graphs.centred import CentredRows
from hanmine.graphs.evened import MOST_GAMMA, evening_gamma, filled_dimensions
from hanmine.graphs.knn import CLUSTER_DEFAULTS, PRESETS, WEIGHTS, neighbour_graph
from hanmine.graphs.prepared import automatic_k, is_hidden
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors import approximate
from hanmine.vectors.rows import as_rows


def links(graph):
    return sorted(zip(graph.source.tolist(), graph.target.tolist(), strict=True))


@st.composite
def matrices(draw):
    columns = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(st.integers(-3, 3), min_size=columns, max_size=columns), min_size=1, max_size=12))
    return np.array(rows, draw(st.sampled_from([np.float32, np.float64])))


@settings(max_examples=60)
@given(
    matrices(), st.integers(1, 14), st.sampled_from([-1.0, 0.0, 0.3, 0.6]), st.sampled_from(knn.SYMMETRIC),
    st.integers(1, 3),
)  # fmt: skip
def test_against_the_full_matrix(matrix, k, least, symmetric, threads):
    built = neighbour_graph(matrix, k=k, min_similarity=least, symmetric=symmetric, threads=threads)
    expected = naive.neighbour_links(matrix, k, least, symmetric)
    assert links(built.graph) == sorted((i, j) for i, j, _ in expected)
    weight = {(i, j): cosine for i, j, cosine in expected}
    found = zip(built.graph.source.tolist(), built.graph.target.tolist(), built.graph.weight.tolist(), strict=True)
    assert all(value == pytest.approx(weight[i, j], abs=1e-6) for i, j, value in found)
    assert built.graph.directed is (symmetric == "directed")
    different = len({tuple(row) for row in matrix.tolist() if any(row)})
    assert built.k == max(min(k, different - 1), 0)
    assert built.facts["different_rows"] == len(set(naive.first_equal(matrix)))
    assert built.graph.copy_of is None or built.graph.copy_of.tolist() == naive.first_equal(matrix)


def topics(count=300, classes=4, dimensions=24, separation=1.5, mean=3.0, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    centres = rng.standard_normal((classes, dimensions)) * separation
    matrix = centres[labels] + rng.standard_normal((count, dimensions)) + mean
    return matrix.astype(np.float32), labels


def test_by_default_links_are_nearer_than_chance_about_the_mean():
    matrix, _ = topics()
    built = neighbour_graph(matrix, even=False)
    centred = matrix - matrix.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    cosines = (unit @ unit.T)[built.graph.source, built.graph.target]
    np.testing.assert_allclose(built.graph.weight, cosines - built.min_similarity, atol=1e-5)
    assert built.rate == pytest.approx(50 / 300)
    assert built.k == automatic_k(300) == 100
    assert built.facts["links"] == built.graph.source.size
    assert built.facts["effective_dimension"] == built.dimensions


@pytest.mark.parametrize("classes", [2, 4, 10])
def test_planted_topics_are_found_with_every_default(classes):
    matrix, labels = topics(classes=classes, count=400)
    built = neighbour_graph(matrix)
    found = cluster_graph(built.graph, **CLUSTER_DEFAULTS).labels
    wrong = sum(len(set(labels[found == module])) - 1 for module in set(found.tolist()))
    assert wrong == 0
    assert len(set(found.tolist())) <= classes + 2


def test_noise_has_no_topics():
    matrix = np.random.default_rng(0).standard_normal((400, 32))
    found = cluster_graph(neighbour_graph(matrix).graph, **CLUSTER_DEFAULTS).labels
    assert found.max() <= 2


def test_the_same_for_any_threads_and_blocks():
    matrix, _ = topics()
    one = neighbour_graph(matrix, threads=1)
    three = neighbour_graph(matrix, threads=3)
    assert one.facts == three.facts
    for name in ("source", "target", "weight"):
        np.testing.assert_array_equal(getattr(one.graph, name), getattr(three.graph, name))


def test_presets_are_cosines_of_the_vectors_as_they_are():
    matrix, _ = topics(mean=1.0, count=70)
    for name, (k, least) in {"su2019": (50, 0.6), "su2019-code": (40, 0.5)}.items():
        built = neighbour_graph(matrix, **PRESETS[name])
        expected = naive.neighbour_links(matrix, k, least, "directed")
        assert links(built.graph) == sorted((i, j) for i, j, _ in expected)
        assert built.facts["centred"] is False
        assert built.facts["evening_gamma"] == 0
        assert (built.dimensions, built.rate) == (None, None)


def test_automatic_k():
    assert [automatic_k(n) for n in (1, 100, 400, 1000, 1001, 5000)] == [20, 50, 100, 100, 101, 500]
    assert [automatic_k(n) for n in (10_000, 100_000, 10_000_000)] == [600, 60, prepared.LEAST_NEIGHBOURS]
    assert automatic_k(1000, rate=0.2) == 400


def test_hidden_topics():
    rng = np.random.default_rng(0)
    chance = np.clip(rng.normal(0, 0.1, 500_000), -1, 1).astype(np.float32)
    few = np.concatenate([chance, np.full(5000, 0.9, np.float32)])  # 1 % of the pairs are near
    many = np.concatenate([chance, np.full(50_000, 0.9, np.float32)])
    assert is_hidden(few, 2000)
    assert not is_hidden(many, 2000)  # plain to see
    assert not is_hidden(chance, 2000)  # not there


def test_directions_count_by_the_agreement_of_neighbours():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 1000)
    matrix = rng.standard_normal((10, 64))[labels] * 0.5 + rng.standard_normal((1000, 64))
    weighed = weighed_by_agreement(as_rows(matrix), threads=2, progress=Progress()).array
    np.testing.assert_array_equal(weighed, weighed_by_agreement(as_rows(matrix), threads=1, progress=Progress()).array)
    expected = naive.weighed_by_agreement(matrix, NEIGHBOURS)
    np.testing.assert_allclose(weighed @ weighed.T, expected @ expected.T, atol=2e-4)
    assert neighbour_graph(matrix).facts["by_agreement"]
    before, after = (neighbour_graph(rows, even=False) for rows in (matrix, weighed))
    assert not before.facts["by_agreement"]
    inside = [np.mean(labels[built.graph.source] == labels[built.graph.target]) for built in (before, after)]
    assert inside[1] > inside[0] + 0.15


def test_more_neighbours_than_rows():
    built = neighbour_graph(np.eye(3) + 0.5, k=7, min_similarity=0.1)
    assert links(built.graph) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    assert built.messages == ["k is 7, and there are 3 rows: each has the others for neighbours, 2"]


@pytest.mark.parametrize("options", [{}, {"k": 3, "min_similarity": 0.5}])
def test_one_row(options):
    built = neighbour_graph(np.ones((1, 4)), **options)
    assert (built.graph.size, built.graph.source.size) == (1, 0)
    assert cluster_graph(built.graph, **CLUSTER_DEFAULTS).labels.tolist() == [1]


def test_rows_of_zeros_are_alone_and_named():
    matrix, _ = topics()
    matrix[[5, 17]] = 0
    built = neighbour_graph(matrix)
    assert not {5, 17} & set(built.graph.source.tolist() + built.graph.target.tolist())
    assert built.messages[0] == "rows of zeros, which are near nothing: 2, the first in row 5"
    kept = np.delete(matrix, [5, 17], axis=0)
    assert CentredRows(matrix, runner=ThreadRunner(1)).mean == pytest.approx(kept.mean(axis=0), rel=1e-5)


def test_zeros_alone():
    built = neighbour_graph(np.zeros((4, 3)))
    assert built.graph.source.size == 0
    assert built.facts["rows_alone"] == 4


def test_rows_that_are_all_the_same_are_one_module():
    built = neighbour_graph(np.full((30, 5), 0.1, np.float32))
    assert cluster_graph(built.graph, **CLUSTER_DEFAULTS).labels.max() == 1


def test_many_equal_rows():
    matrix, _labels = topics()
    matrix = np.concatenate([matrix, np.repeat(matrix[:1], 200, axis=0)])
    built = neighbour_graph(matrix)
    found = cluster_graph(built.graph, **CLUSTER_DEFAULTS).labels
    assert len(set(found[300:].tolist())) == 1
    assert np.isfinite(built.graph.weight).all()


def test_whitening_by_preset():
    matrix, _ = topics(dimensions=40)
    built = neighbour_graph(matrix, whiten="soft")
    assert built.facts["whitened"] == "soft"
    assert built.facts["evening_gamma"] == 0
    assert built.messages[0].startswith("dim")
    with pytest.raises(UsageError, match="no preset 'hard'"):
        neighbour_graph(matrix, whiten="hard")


def test_evening_out():
    assert evening_gamma(np.ones(10)) == 0
    assert evening_gamma(np.array([])) == 0
    assert evening_gamma(np.array([1e6, 1, 1, 1, 1, 1])) == MOST_GAMMA
    spectrum = np.arange(1, 101.0) ** -0.7
    gamma = evening_gamma(spectrum)
    assert 0 < gamma < MOST_GAMMA
    assert filled_dimensions(spectrum, gamma) == pytest.approx(50, abs=0.01)


def test_names():
    built = neighbour_graph(np.eye(3), names=["甲", "乙", "丙"])
    assert list(built.graph.names) == ["甲", "乙", "丙"]
    with pytest.raises(InputError, match=r"^2 names for 3 rows of vectors: pass one name for each row$"):
        neighbour_graph(np.eye(3), names=["甲", "乙"])


@pytest.mark.parametrize("options", [{}, {"min_similarity": 0.5}])
def test_not_a_number(options):
    matrix = np.ones((4, 3))
    matrix[2, 1] = np.nan
    with pytest.raises(InputError, match="row 2"):
        neighbour_graph(matrix, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "-k 0 is neither auto nor a number of neighbours"),
        ({"k": "many"}, "-k many is neither"),
        ({"min_similarity": 1.5}, "--min-similarity 1.5 is neither auto nor a cosine"),
        ({"min_similarity": float("nan")}, "--min-similarity nan"),
        ({"min_similarity": "high"}, "--min-similarity high"),
        ({"symmetric": "both"}, "--symmetric 'both' is unknown: choose directed, mutual, union"),
        ({"weight": "x"}, f"the weight 'x' is unknown: choose {', '.join(WEIGHTS)}"),
        ({"rate": 0.7}, "the false-edge rate 0.7 is not between 0 and 0.5"),
    ],
)
def test_impossible_options(options, message):
    with pytest.raises(UsageError, match=message.replace("(", "\\(")):
        neighbour_graph(np.eye(3), **options)


def test_no_rows():
    with pytest.raises(InputError, match="there are no vectors"):
        neighbour_graph(np.empty((0, 3)))


def test_approximate_without_the_package():
    with patch.dict(sys.modules, {"faiss": None}), pytest.raises(MissingExtraError, match=r"hanmine\[ann\]"):
        neighbour_graph(np.eye(3), approximate=True)


def modules(matrix, **options):
    built = neighbour_graph(np.asarray(matrix, np.float32), **options)
    return built, cluster_graph(built.graph, **CLUSTER_DEFAULTS).labels.tolist()


@pytest.mark.parametrize("count", [2, 3, 9, prepared.FEW_ROWS - 1])
def test_few_rows_are_linked_by_their_cosines(count):
    matrix, _ = topics(count=count, mean=0.0)
    built, found = modules(matrix)
    expected = naive.neighbour_links(matrix, count, 0.0, "directed")
    assert links(built.graph) == sorted((i, j) for i, j, _ in expected)
    assert built.messages[0] == (
        f"rows that have a direction: {count}, and it takes 20 to tell what is near by chance: "
        "rows are linked where their cosine is above 0"
    )
    assert (built.dimensions, built.rate, built.min_similarity, built.facts["centred"]) == (None, None, 0.0, False)
    assert len(found) == count
    for options in ({"centre": True}, {"centre": True, "min_similarity": 0.1}, {"even": True}, {"whiten": "soft"}):
        assert len(modules(matrix, **options)[1]) == count


@pytest.mark.parametrize("symmetric", knn.SYMMETRIC)
def test_more_equal_rows_than_neighbours(symmetric):
    matrix = np.concatenate([topics()[0], np.full((500, 24), 9.0, np.float32)])
    built = neighbour_graph(matrix, symmetric=symmetric)
    assert built.k == 100
    pairs = links(built.graph)
    assert len(set(pairs)) == len(pairs)
    found = cluster_graph(built.graph, **CLUSTER_DEFAULTS).labels
    assert len(set(found[300:].tolist())) == 1
    assert not set(range(301, 800)) & {row for pair in pairs for row in pair}  # 300 stands for all of them


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 0], [1, 0], [0, 1], [0, 1]],
        [[0.1, 0.2]] * 2,
        [[0.1, 0.2]] * 50,
        [[0.1, 0.2]] * 30 + [[0.2, 0.1]] * 30,
        [[0.1, 0.2]] * 30 + [[0.2, 0.1]] * 2,
        [[0.1, 0.2]] * 300 + [[0.2, 0.1]] * 2,
        [[1]] * 20 + [[3]] * 20,
    ],
)
def test_equal_rows_are_one_module(matrix):
    _, found = modules(matrix)
    place = {}
    for row, module in zip(matrix, found, strict=True):
        assert place.setdefault(tuple(row), module) == module
    assert len(set(found)) == len(place)


def with_copies(rows, most=60):
    """Random rows, distinct ones and copies of them in random order; and which distinct one each is."""
    rng = np.random.default_rng(0)
    number = rng.permutation(np.concatenate([np.arange(len(rows)), np.repeat(rng.permutation(len(rows))[:4], most)]))
    return rows[number], number


def same_partition(one, two):
    return len(set(zip(one, two, strict=True))) == len(set(one)) == len(set(two))


MODES = {
    "numbers": {"k": 10, "min_similarity": 0.1},
    "one neighbour": {"k": 1, "min_similarity": 0.5},
    "mutual": {"k": 5, "min_similarity": 0.1, "symmetric": "mutual"},
    "union": {"k": 5, "min_similarity": 0.1, "symmetric": "union"},
    "automatic": {},
    "automatic union": {"symmetric": "union", "weight": "relative"},
    "automatic k": {"min_similarity": 0.3},
    "automatic similarity": {"k": 10},
    "approximate": {"k": 10, "min_similarity": 0.1, "approximate": True},
}


@pytest.mark.parametrize("mode", MODES)
def test_copies_of_rows_change_nothing(mode, monkeypatch):
    """Rows of which there are many are one row: what they and others are linked to is what it is without the copies."""
    monkeypatch.setattr(approximate, "LEAST_ROWS", 100)
    rows, _ = topics(count=200, classes=12)
    matrix, number = with_copies(rows)
    once, often = (neighbour_graph(one, **MODES[mode]) for one in (rows, matrix))
    place = {int(first): int(number[first]) for first in np.unique(often.graph.copy_of)}
    found = {(place[i], place[j]): weight for i, j, weight in zip(often.graph.source.tolist(),
             often.graph.target.tolist(), often.graph.weight.tolist(), strict=True)}  # fmt: skip
    expected = dict(zip(zip(once.graph.source.tolist(), once.graph.target.tolist(), strict=True),
                        once.graph.weight.tolist(), strict=True))  # fmt: skip
    if once.graph.directed is False:
        found = {(min(pair), max(pair)): weight for pair, weight in found.items()}
    lonely = [pair for pair in found if pair[0] == pair[1]]
    assert not {pair[0] for pair in lonely} & {row for pair in expected for row in pair}
    if "approximate" not in mode:
        assert found.keys() - set(lonely) == expected.keys()
        assert [found[pair] for pair in expected] == pytest.approx(list(expected.values()), abs=1e-4)
    once, often = (cluster_graph(one.graph, **CLUSTER_DEFAULTS) for one in (once, often))
    if "approximate" not in mode:
        assert same_partition(once.labels[number].tolist(), often.labels.tolist())
    assert len(set(zip(number.tolist(), often.labels.tolist(), strict=True))) == 200
    assert often.tree.flow.sum() == pytest.approx(1)
    assert often.table["own_share"].size == len(matrix)
    assert len(set(zip(number.tolist(), np.round(often.tree.flow, 12).tolist(), strict=True))) == 200


@settings(max_examples=60)
@given(matrices(), st.integers(1, 5), st.sampled_from([0.3, 0.95]), st.sampled_from(knn.SYMMETRIC), st.data())
def test_equal_rows_are_in_one_module(matrix, k, least, symmetric, data):
    number = data.draw(st.lists(st.integers(0, len(matrix) - 1), min_size=1, max_size=30))
    labels = cluster_vectors(matrix[number], k=k, min_similarity=least, symmetric=symmetric).labels
    first = naive.first_equal(matrix[number])
    assert labels.tolist() == [labels[row] for row in first]
    linked = naive.neighbour_links(matrix[number], k, least, symmetric)
    for row in set(first) - {row for i, j, _ in linked for row in (i, j)}:
        assert (labels == labels[row]).sum() == 1


@pytest.mark.parametrize("whiten", [None, "soft"])
def test_equal_rows_keep_together_where_each_has_one_neighbour(whiten):
    matrix = np.array([[1, 0], [1, 0], [1, 0], [1, 0], [0.8, 0.6], [0, 1]], np.float32)
    labels = cluster_vectors(matrix, k=1, min_similarity=0.5, whiten=whiten).labels
    assert len(set(labels[:4].tolist())) == 1


def test_rows_without_neighbours_are_alone():
    result = cluster_vectors(np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]), k=2, min_similarity=0.9)
    assert result.labels.tolist() == [1, 1, 2, 3]
    assert result.tree.flow.tolist() == [0.5, 0.5, 0, 0]
    assert result.summary["graph"]["rows_alone"] == 2


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 4), st.integers(1, 12), st.integers(0, 9999))
def test_any_rows_give_modules(count, columns, different, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, (different, columns))[rng.integers(0, different, count)].astype(np.float32)
    built, found = modules(matrix)
    assert len(found) == count
    assert np.isfinite(built.graph.weight).all()
    assert (built.graph.weight > 0).all()
    alone = set(range(count)) - set(built.graph.source.tolist()) - set(built.graph.target.tolist())
    assert set(np.flatnonzero(~matrix.any(axis=1)).tolist()) <= alone


def test_a_few_directions_among_many_zeros():
    matrix = np.zeros((5000, 8), np.float32)
    matrix[[3, 4000]] = 1
    built, found = modules(matrix)
    assert links(built.graph) == [(3, 3)]
    assert found[3] == found[4000]
    assert built.facts["rows_alone"] == 4998
    assert built.messages[1] == "rows of zeros, which are near nothing: 4,998, the first in row 0"
    matrix[::100] += topics(count=50, dimensions=8)[0]
    assert modules(matrix)[0].dimensions > 1  # a sample of all rows would hold few of these
