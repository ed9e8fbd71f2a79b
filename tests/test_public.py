"""The public functions as a user of Python calls them: what they take, what they say, and who hears of progress."""

import logging

import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import hanmine
from hanmine import progress
from hanmine.errors import InputError, UsageError
from hanmine.progress import Progress, ProgressBar, listening

TEXTS = ["今天天气真好，今天天气不错"] * 20
WORDS = ["不错", "真好"]


class Heard(Progress):
    def __init__(self):
        self.phases, self.notes = [], []

    def phase(self, name, total=None, unit=""):
        self.phases.append(name)

    def note(self, message):
        self.notes.append(message)


def words_of(corpus, **options):
    return hanmine.discover_words(corpus, sort="word", repeats="count", **options)["word"].tolist()


SERIES = {
    "pandas object": lambda texts: pd.Series(texts, dtype=object),
    "pandas string": lambda texts: pd.Series(texts, dtype="string"),
    "pandas category": lambda texts: pd.Series(texts).astype("category"),
    "pandas with a strange index": lambda texts: pd.Series(texts, index=range(len(texts), 0, -1)),
    "polars": pl.Series,
    "pyarrow array": pa.array,
    "pyarrow chunks": lambda texts: pa.chunked_array([texts[:7], texts[7:]]),
    "list": list,
    "generator": iter,
}
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("kind", SERIES)
def test_series_are_texts_and_missing_values_are_none(kind, caplog):
    texts = SERIES[kind]([None, *TEXTS, None])
    assert words_of(texts) == WORDS
    assert "2 missing values were left out" in caplog.text


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_what_is_missing(missing):
    assert words_of([*TEXTS, missing]) == WORDS
    lines = [line.text for line in hanmine.segment([missing, *TEXTS, missing], method="nvbe")]
    assert lines == ["", *TEXTS, ""]


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_have_a_column_of_texts(kind):
    frame = FRAMES[kind]({"text": TEXTS, "number": list(range(20))})
    assert words_of(frame, column="text") == WORDS
    assert words_of(frame[["text"]] if kind != "pyarrow" else frame.select(["text"])) == WORDS
    assert hanmine.count_ngrams(frame, column="text", limit=1)["ngram"].tolist() == ["天"]
    assert len(list(hanmine.segment(frame, column="text", method="nvbe"))) == 20
    assert hanmine.encode(frame, "use", column="text").shape[0] == 20
    with pytest.raises(UsageError, match=r"with the columns text, number: pass column="):
        words_of(frame)
    with pytest.raises(UsageError, match=r"has no column 'txt': it has text, number"):
        words_of(frame, column="txt")
    with pytest.raises(UsageError, match="text 1 is of type int: pass str only"):
        words_of(frame, column="number")


def test_a_column_that_stands_twice():
    frame = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    with pytest.raises(UsageError, match="has 2 columns 'text'"):
        words_of(frame, column="text")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hanmine.discover_words("今天天气真好"), "好: no such file: check the path, or pass texts as"),
        (lambda: hanmine.count_ngrams("今天天气真好"), "pass texts as a list: [text]"),
        (lambda: hanmine.encode("今天天气真好", "use"), "pass texts as a list: [text]"),
        (lambda: list(hanmine.segment("今天天气真好")), "pass texts as a list: [text]"),
        (lambda: hanmine.parse("今天天气真好", "e5"), "pass [text] for a single one"),
        (lambda: hanmine.parse(pd.DataFrame({"a": ["天"]}), "e5"), "pass one of its columns"),
        (lambda: hanmine.discover_words({"a": "b"}), "a text of type dict: pass a path"),
        (lambda: hanmine.encode(3, "use"), "a text of type int: pass a path"),
        (lambda: list(hanmine.segment(b"ab")), "a text of type bytes: pass a path"),
        (lambda: hanmine.cluster_graph("a.net"), "a str that is no matrix: a graph is a networkx graph"),
        (lambda: hanmine.cluster_graph(["a", "b"]), "a list that is no matrix: a graph is a networkx graph"),
        (lambda: hanmine.cluster_graph([("a", "b", "x")]), "pass tuples (node, node) or (node, node, weight)"),
        (lambda: hanmine.cluster_graph(pd.DataFrame({"a": ["x"]})), "edges have the columns source and target"),
    ],
)  # fmt: skip
def test_what_is_not_taken(call, message):
    with pytest.raises((InputError, UsageError)) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hanmine.discover_words(TEXTS, min_cont=3), "has no option 'min_cont\': did you mean min_count?"),
        (lambda: hanmine.count_ngrams(TEXTS, order=3), "count_ngrams has no option 'order': did you mean orders?"),
        (lambda: hanmine.encode(TEXTS, "use", batch_token=3), "has no option 'batch_token\': did you mean batch_"),
        (lambda: hanmine.segment(TEXTS, methd="nvbe"), "segment has no option 'methd': did you mean method?"),
        (lambda: hanmine.parse(TEXTS, "e5", rot=1), "parse has no option 'rot': did you mean root?"),
        (lambda: hanmine.cluster_graph(nx.path_graph(3), trails=3), "has no option 'trails\': did you mean trials?"),
        (lambda: hanmine.cluster_vectors(np.eye(3), simmetric=3), "has no option 'simmetric\': did you mean symm"),
        (lambda: hanmine.cluster_words(["天"], TEXTS, windows=3), "has no option 'windows\': did you mean window?"),
        (lambda: hanmine.nearest_neighbours(np.eye(3), thread=3), "has no option 'thread': did you mean threads?"),
        (lambda: hanmine.evaluate_words(["天"], TEXTS, mincount=3), "has no option 'mincount\': did you mean min_"),
        (lambda: hanmine.cluster_graph(nx.path_graph(3), zzz=3), "cluster_graph has no option 'zzz': it has "),
        (lambda: hanmine.discover_words(TEXTS, progress=3), "progress is of type int: pass True for a bar"),
    ],
)  # fmt: skip
def test_options_that_do_not_exist(call, message):
    with pytest.raises(UsageError) as caught:
        call()
    assert message in str(caught.value)


EDGES = [("甲", "乙"), ("乙", "丙", 2.0), ("丁", "丁")]


@pytest.mark.parametrize(
    "edges",
    [
        EDGES,
        pd.DataFrame([("甲", "乙", 1), ("乙", "丙", 2), ("丁", "丁", 1)]),
        pl.DataFrame({"weight": [1, 2, 1], "target": ["乙", "丙", "丁"], "source": ["甲", "乙", "丁"]}),
    ],
)
def test_edges_are_a_graph(edges):
    graph = hanmine.cluster_graph(edges).graph
    assert (graph.names, graph.source.tolist(), graph.target.tolist()) == (
        ["甲", "乙", "丙", "丁"],
        [0, 1, 3],
        [1, 2, 3],
    )
    assert graph.weight.tolist() == [1, 2, 1]


@pytest.mark.parametrize(
    "edges",
    [
        [("a", "b"), ("a", None)],
        pd.DataFrame({"source": ["a", "b"], "target": ["b", float("nan")]}),
        pl.DataFrame({"source": ["a", None], "target": ["b", "c"]}),
    ],
)
def test_edges_without_an_end_are_refused(edges):
    with pytest.raises(InputError, match="edge 1 has a node that is missing: leave such edges out"):
        hanmine.cluster_graph(edges)


@pytest.mark.parametrize(
    "words",
    [
        ["天气", "今天", None],
        pd.Series(["天气", "今天", None]),
        {"word": np.array(["天气", "今天"], object), "count": np.array([3, 4])},
        pd.DataFrame({"count": [1, 2], "word": ["天气", "今天"]}),
        pl.DataFrame({"anything": ["天气", "今天"]}),
    ],
)
def test_words_are_those_of_a_table(words):
    found = hanmine.cluster_words(words, TEXTS, min_cooccurrence=1)
    assert found.graph.names == ["天气", "今天"]
    assert (found.summary["messages"] == ["the words: 1 missing value was left out"]) == (len(words) == 3)


def test_tables_without_a_column_of_words_are_refused():
    with pytest.raises(UsageError, match="a table with the columns a, b: pass the one with the words"):
        hanmine.cluster_words(pd.DataFrame({"a": ["x"], "b": ["y"]}), TEXTS)


def test_a_frame_that_is_an_adjacency_matrix():
    graph = hanmine.cluster_graph(pd.DataFrame([[0, 3], [3, 0]], index=["p", "q"], columns=["p", "q"])).graph
    assert (graph.names, graph.weight.tolist()) == (["p", "q"], [3])


def test_a_listener_hears_phases_and_messages():
    heard = Heard()
    hanmine.discover_words(TEXTS, progress=heard, repeats="count")
    assert "counting" in heard.phases
    assert any("few words reach the thresholds" in note for note in heard.notes)
    lines = hanmine.segment(TEXTS, progress=heard, method="nvbe")
    next(lines)
    assert heard in progress._listening  # while lines are still to come
    lines.close()
    assert progress._listening == []


def test_silence_on_demand(caplog, capsys):
    hanmine.discover_words(TEXTS, progress=False)
    assert (caplog.text, capsys.readouterr().err) == ("", "")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_where_there_is_a_terminal(terminal, monkeypatch, caplog):
    monkeypatch.setenv("FORCE_COLOR" if terminal else "NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm" if terminal else "dumb")
    with listening(True) as listener:
        assert isinstance(listener, ProgressBar) == terminal
        listener.phase("reading", 10)
        listener.advance(3)
    hanmine.discover_words(TEXTS, progress=True, repeats="count")
    hanmine.nearest_neighbours(np.eye(4), k=1, progress=True)
    hanmine.Whitening(progress=True).fit(np.random.default_rng(1).normal(size=(30, 4)))
    assert ("few words" in caplog.text) != terminal


def test_who_compiles_is_told_once_a_run(caplog):
    heard = Heard()
    with listening(heard), listening(None):
        progress.compiling()
        progress.compiling()
    assert heard.notes == [progress.COMPILING]
    with caplog.at_level(logging.WARNING, "hanmine"), listening(None):
        progress.compiling()
    assert caplog.messages == [f"hanmine: {progress.COMPILING}"]


def test_compiling_a_kernel_is_heard():
    import numba

    import hanmine.jit

    def double(number):
        return 2 * number

    heard = Heard()
    with listening(heard):
        assert numba.njit(double)(3) == 6
        assert heard.notes == []  # not ours
        double.__module__ = hanmine.jit.__name__
        assert numba.njit(double)(3) == 6
    assert heard.notes == [progress.COMPILING]
