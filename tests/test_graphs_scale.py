"""The scale of modules: modules of a sample at ever lower similarities, which of them persist, and joining by them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine import cluster_graph, cluster_vectors
from hanmine.graphs import scale
from hanmine.graphs.knn import neighbour_graph
from hanmine.graphs.scale import SCALES, Sample, joined, modules_by_scale, persistent_modules, variation_of_information
from hanmine.vectors.rows import as_rows
from hanmine.vectors.selection import SelectedRows


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), min_size=1, max_size=30))
def test_variation_of_information_against_the_definition(pairs):
    one, two = np.array(pairs, np.int64).T
    found = variation_of_information(one, two)
    assert found == pytest.approx(naive.variation_of_information(one.tolist(), two.tolist()), abs=1e-9)
    assert found == pytest.approx(variation_of_information(two, one), abs=1e-9)
    assert variation_of_information(one, 7 - one) == pytest.approx(0, abs=1e-9)


@settings(max_examples=100)
@given(st.data())
def test_joined_against_the_definition(data):
    labels = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=25))
    numbers = data.draw(st.lists(st.sampled_from(range(len(labels))), unique=True).map(sorted))
    coarse = data.draw(st.lists(st.integers(1, 3), min_size=len(numbers), max_size=len(numbers)))
    if not numbers:
        return
    found = joined(np.array(labels), np.array(numbers), np.array(coarse))
    assert naive.same_module(found.tolist()) == naive.same_module(naive.joined_modules(labels, numbers, coarse))


def broad(count=1200, width=64, seed=0):
    """Two broad classes, each of four parts, and the class of each row."""
    rng = np.random.default_rng(seed)
    part = rng.integers(0, 8, count)
    classes, parts = rng.standard_normal((2, width)) * 0.6, rng.standard_normal((8, width)) * 0.45
    return (classes[part // 4] + parts[part] + rng.standard_normal((count, width))).astype(np.float32), part // 4


def test_a_sample_has_length_one_and_its_numbers(monkeypatch):
    matrix = np.random.default_rng(0).standard_normal((50, 3))
    rows = SelectedRows(as_rows(matrix), np.arange(10, 50))
    for most in (7, 100):
        monkeypatch.setattr(scale, "SAMPLE_ROWS", most)
        for given_rows in (as_rows(matrix), rows):
            sample = Sample.of_rows(given_rows)
            assert len(sample.numbers) == min(most, given_rows.shape[0])
            expected = matrix[sample.numbers] / np.linalg.norm(matrix[sample.numbers], axis=1, keepdims=True)
            np.testing.assert_allclose(sample.rows, expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_above_each_scale_are_linked(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    matrix = np.concatenate([rng.standard_normal((12, 6)) + centre for centre in rng.standard_normal((3, 6)) * 3])
    rows = Sample.of_rows(as_rows(matrix - matrix.mean(axis=0))).rows
    graphs = []

    def spied(graph, **options):
        graphs.append(graph)
        return cluster_graph(graph, **options)

    monkeypatch.setattr(scale, "cluster_graph", spied)
    modules_by_scale(rows, 0.3)
    assert graphs
    for graph, share in zip(graphs, SCALES, strict=False):
        found = dict(zip(zip(graph.source.tolist(), graph.target.tolist(), strict=True), graph.weight, strict=True))
        expected = naive.excess_of_pairs(rows, share * 0.3)
        assert all(found[pair] == pytest.approx(weight, abs=1e-6) for pair, weight in expected.items() if weight > 1e-6)
        assert all(weight < 1e-6 for pair, weight in found.items() if pair not in expected)


def test_it_ends_where_all_is_one_module():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((10, 64)) * 0.5
    matrix = centres[rng.integers(0, 10, 1200)] + rng.standard_normal((1200, 64))
    found = modules_by_scale(Sample.of_rows(as_rows(matrix - matrix.mean(axis=0))).rows, 0.2)
    assert 3 <= len(found) < len(SCALES)
    assert all(labels.max() > 1 for labels in found)


def persistent(steps, monkeypatch):
    monkeypatch.setattr(scale, "modules_by_scale", lambda *_, **__: [np.array(step) for step in steps])
    return persistent_modules(Sample(np.eye(4, dtype=np.float32), np.arange(4)), 0.1)


def test_the_scale_about_which_modules_change_least(monkeypatch):
    steps = [[1, 2, 3, 4], [1, 2, 3, 3], [1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 1, 2]]
    chosen, modules = persistent(steps, monkeypatch)
    assert chosen == SCALES[3]
    assert modules.tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_too_few_scales_tell_nothing(steps, monkeypatch):
    assert persistent([[1, 1, 2, 2]] * steps, monkeypatch) == (1.0, None)


def test_a_change_hardly_less_than_at_first_tells_nothing(monkeypatch):
    steps = [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 5], [1, 1, 2, 2, 3, 3], [1, 1, 2, 2, 3, 3]]
    first, second = (
        variation_of_information(np.array(one), np.array(two)) for one, two in zip(steps, steps[2:], strict=False)
    )
    assert scale.LESS_CHANGE * first < second < first
    assert persistent(steps, monkeypatch) == (1.0, None)


def test_the_first_of_equal_changes(monkeypatch):
    assert persistent([[1, 1, 2, 2]] * 5, monkeypatch)[0] == SCALES[1]


def test_broad_classes_stay_whole():
    matrix, classes = broad()
    found, fixed = cluster_vectors(matrix), cluster_vectors(matrix, rate=0.05)
    assert naive.variation_of_information(found.labels.tolist(), classes.tolist()) < 0.2
    assert np.count_nonzero(np.bincount(found.labels) >= 50) == 2
    assert np.count_nonzero(np.bincount(fixed.labels) >= 50) > 4
    facts = found.summary["graph"]
    assert facts["scale"] < 1
    assert facts["modules_found"] == fixed.summary["modules"] > found.summary["modules"]
    assert found.codelength > fixed.codelength == found.codelengths[0]
    assert found.summary["searched"]


def test_joined_modules_are_unions_of_those_found():
    matrix, _ = broad()
    found, fixed = (cluster_vectors(matrix, **options).labels for options in ({}, {"rate": 0.05}))
    assert len(set(zip(found.tolist(), fixed.tolist(), strict=True))) == fixed.max()


def test_only_where_nothing_is_said():
    matrix, _ = broad(count=400)
    start = [1, 2] * 200
    for options in (
        {"min_similarity": 0.1}, {"rate": 0.05}, {"k": 50}, {"two_level": False}, {"markov_time": 1.2},
        {"preferred_number_of_modules": 3}, {"start": start}, {"start": start, "search": False},
    ):  # fmt: skip
        facts = cluster_vectors(matrix, **options).summary["graph"]
        assert facts["scale"] == 1
    assert neighbour_graph(matrix[:10]).sample is None


def test_separate_topics_and_noise_stay_as_found():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((10, 32)) * 2
    topics = cluster_vectors(centres[np.arange(600) % 10] + rng.standard_normal((600, 32)))
    assert topics.summary["modules"] == 10
    noise = cluster_vectors(rng.standard_normal((1000, 64)))
    assert noise.summary["modules"] == 1
    assert noise.summary["graph"]["scale"] == 1


def test_rows_without_a_link_stay_alone():
    matrix, _ = broad(count=600)
    matrix[::50] = 0
    labels = cluster_vectors(matrix).labels
    assert all(np.count_nonzero(labels == label) == 1 for label in labels[::50])


def test_the_same_for_any_threads():
    matrix, _ = broad(count=600)
    one, three = (cluster_vectors(matrix, threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.labels, three.labels)
    assert one.summary["graph"]["scale"] == three.summary["graph"]["scale"]
