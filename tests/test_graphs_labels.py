"""What is typical of modules, against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError
from hanmine.graphs import labels
from hanmine.graphs.association import log_likelihood
from hanmine.graphs.association_kernels import log_likelihood as one_log_likelihood
from hanmine.graphs.cooccurrence import CooccurrenceGraph, cooccurrence_graph
from hanmine.graphs.labels import distinctive_members, distinctive_words
from hanmine.infomap import Graph

LEXICON = ["股市", "基金", "足球", "比赛", "球队", "的话", "今天"]


@st.composite
def labelled_sentences(draw):
    """Sentences of known words, with modules; 0 is none."""
    sentences = draw(st.lists(st.lists(st.sampled_from(LEXICON), max_size=6), min_size=1, max_size=12))
    modules = [draw(st.integers(0, 3)) for _ in sentences]
    return ["，".join(words) for words in sentences], modules


@given(labelled_sentences(), st.integers(0, 4))
def test_distinctive_words_equal_the_definition(data, most):
    sentences, modules = data
    found = distinctive_words(sentences, modules, most=most, words=LEXICON)
    sets = [set(filter(None, sentence.split("，"))) for sentence in sentences]
    expected = naive.distinctive_words(sets, modules, most)
    assert [[score for _, score in module] for module in found] == [
        pytest.approx([score for _, score in module], rel=1e-9, abs=1e-9) for module in expected
    ]
    for module, other in zip(found, expected, strict=True):
        scores = [round(score, 9) for _, score in other]
        for (word, _), (same, score) in zip(module, other, strict=True):
            assert word == same or scores.count(round(score, 9)) > 1 or len(other) == most


def test_blocks_change_nothing(monkeypatch):
    sentences = ["股市，基金", "足球", "", "比赛\n足球", "股市今天"] * 3
    modules = [1, 2, 0, 2, 1] * 3
    plain = distinctive_words(sentences, modules, words=LEXICON)
    monkeypatch.setattr(labels, "_SENTENCES", 2)
    assert distinctive_words(iter(sentences), modules, words=LEXICON) == plain
    assert [word for word, _ in plain[0]] == ["股市", "基金", "今天"]
    assert [word for word, _ in plain[1]] == ["足球", "比赛"]


def test_sentences_are_cut_by_the_dictionary_of_jieba():
    sentences = ["股市大涨的一天", "股市又下跌了", "球队的冠军", "冠军是谁的"]
    first, second = distinctive_words(sentences, [1, 1, 2, 2], most=1)
    assert [first[0][0], second[0][0]] == ["股市", "冠军"]
    # One character is no label, unless it is asked for.
    long = {word for module in distinctive_words(sentences, [1, 1, 2, 2]) for word, _ in module}
    assert min(map(len, long)) == 2
    single = {word for module in distinctive_words(sentences, [1, 2, 2, 2], shortest=1) for word, _ in module}
    assert "是" in single


def test_words_that_are_everywhere_are_not_typical():
    sentences = ["的话股市"] * 50 + ["的话足球"] * 50
    found = distinctive_words(sentences, [1] * 50 + [2] * 50, words=LEXICON)
    assert [[word for word, _ in module] for module in found] == [["股市"], ["足球"]]


@pytest.mark.parametrize("modules", [[1], [1, 1, 2]])
def test_sentences_and_modules_must_be_as_many(modules):
    with pytest.raises(InputError, match="sentences and modules differ in number"):
        distinctive_words(["股市", "足球"], modules, words=LEXICON)


@st.composite
def weighted_graphs(draw):
    size = draw(st.integers(2, 7))
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    links = draw(st.dictionaries(st.sampled_from(pairs), st.integers(1, 9), min_size=1))
    return size, links, [draw(st.integers(0, 2)) for _ in range(size)]


@given(weighted_graphs())
def test_distinctive_members_equal_the_definition(data):
    size, links, modules = data
    source, target = zip(*links, strict=True)
    graph = Graph.from_links(source, target, size=size, names=[f"w{n}" for n in range(size)], directed=False)
    counted = CooccurrenceGraph(graph, np.ones(size, np.int64), np.array(list(links.values())), "line", "ppmi")
    scores = naive.distinctive_members(links, modules)
    found = distinctive_members(counted, modules)
    for module, members in enumerate(found, 1):
        expected = {f"w{n}": score for n, score in scores.items() if modules[n] == module and score > 1e-9}
        assert {word: score for word, score in members if score > 1e-9} == pytest.approx(expected, abs=1e-9)
        assert [score for _, score in members] == sorted((score for _, score in members), reverse=True)


def test_members_that_keep_to_their_module_come_first():
    graph = cooccurrence_graph(LEXICON, ["股市基金的话"] * 9 + ["足球比赛的话"] * 9 + ["股市足球"], neighbours=None)
    modules = [1, 1, 2, 2, 2, 2, 2]
    first, second = distinctive_members(graph, modules, most=2)
    assert {word for word, _ in first} == {"基金", "股市"}
    assert {word for word, _ in second} == {"足球", "比赛"}
    with pytest.raises(InputError, match="give each word its module"):
        distinctive_members(graph, [1])


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_both_forms_of_the_statistic_equal_the_definition(both, first, second, rest):
    one, other, total = both + first, both + second, both + first + second + rest
    if not 0 < one <= total or not 0 < other <= total:
        return
    expected = naive.g_squared(both, one, other, total)
    assert float(log_likelihood(both, one, other, total)) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert one_log_likelihood(float(both), float(one), float(other), float(total)) == pytest.approx(
        abs(expected), rel=1e-9, abs=1e-9
    )
