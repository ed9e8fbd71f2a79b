"""Graphs of words that occur together, against the definition."""

from __future__ import annotations

import importlib.util
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine import cluster_graph
from hanmine.errors import DecodingError, InputError, UsageError
from hanmine.graphs import cooccurrence_counts, cooccurrence_text
from hanmine.graphs.cooccurrence import CLUSTER_DEFAULTS, cooccurrence_graph
from hanmine.graphs.cooccurrence_text import Lexicon, find_words
from hanmine.runners import ThreadRunner
from hanmine.text.options import TextOptions

ALPHABET = "甲乙丙丁aB1Ａ𠀀，+ "
WORDS = st.lists(st.text(st.sampled_from("甲乙丙aB1𠀀+ "), min_size=1, max_size=3), min_size=1, max_size=8)
LINE = st.text(st.sampled_from(ALPHABET), max_size=14)
TEXTS = st.lists(LINE, max_size=8)


def usable(words: list[str]) -> list[str]:
    """Distinct words that are not blank."""
    return list(dict.fromkeys(word for word in words if word.strip())) or ["甲"]


def found(words: list[str], lines: list[str], **options) -> list[list[int]]:
    """The words of each line, as numbers."""
    options = TextOptions(**options)
    with find_words(Lexicon(words, options), lines or [""], options, runner=ThreadRunner(1)).tokens as spool:
        tokens = spool.read(0, spool.length).view(np.int32).tolist()
    split: list[list[int]] = [[]]
    for token in tokens:
        if token < 0:
            split.append([])
        else:
            split[-1].append(token)
    return split[:-1]


def links_of(graph) -> dict[tuple[int, int], tuple[float, int]]:
    rows = zip(
        graph.graph.source.tolist(), graph.graph.target.tolist(), graph.graph.weight.tolist(), graph.pairs.tolist(),
        strict=True,
    )  # fmt: skip
    return {(a, b): (weight, pairs) for a, b, weight, pairs in rows}


@given(WORDS, TEXTS, st.sampled_from(["tokens", "chars", "break"]), st.sampled_from(["width", "none"]), st.booleans())
def test_words_are_found_as_defined(words, lines, mixed, normalize, fold_case):
    folded = [naive.fold(word, normalize, fold_case) for word in usable(words)]
    first = [number for number, word in enumerate(folded) if word not in folded[:number]]
    words = [usable(words)[number] for number in first]
    folded = [folded[number] for number in first]
    expected = naive.words_of_lines([naive.fold(line, normalize, fold_case) for line in lines or [""]], folded, mixed)
    assert found(words, lines, mixed=mixed, normalize=normalize, fold_case=fold_case) == expected


@given(
    WORDS, TEXTS, st.sampled_from([1, 2, 5, "line"]), st.sampled_from(["ppmi", "count", "npmi", "g2"]),
    st.integers(1, 3), st.sampled_from([None, 1, 2]), st.sampled_from([0.0, 0.5, 1.0]),
)  # fmt: skip
def test_the_graph_is_as_defined(words, lines, window, weight, least, most, discount):
    words = usable(words)
    naive_lines = naive.words_of_lines([naive.fold(line) for line in lines], words)
    counts = naive.Counter(word for line in naive_lines for word in line)
    make = partial(
        cooccurrence_graph, words, lines, window=window, weight=weight, min_cooccurrence=least, neighbours=most,
        discount=discount,
    )  # fmt: skip
    if not counts:
        with pytest.raises(InputError, match="occurs in the corpus"):
            make()
        return
    graph = make()
    assert graph.counts.tolist() == [counts[number] for number in range(len(words))]
    assert list(graph.graph.names) == words
    expected = naive.cooccurrence_links(naive_lines, window, weight, least, most, discount)
    links = links_of(graph)
    if most is None:
        assert {pair: value[1] for pair, value in links.items()} == {pair: value[1] for pair, value in expected.items()}
    for pair in links.keys() & expected.keys():
        assert links[pair] == pytest.approx(expected[pair], rel=1e-9, abs=1e-9)
    # Of links that are equal but for rounding either may be kept: what is kept weighs the same.
    assert sorted(value[0] for value in links.values()) == pytest.approx(
        sorted(value[0] for value in expected.values()), rel=1e-9, abs=1e-9
    ) or len(links) != len(expected)


@settings(max_examples=40)
@given(WORDS, st.lists(LINE, min_size=3, max_size=12), st.sampled_from([1, 3, "line"]), st.integers(1, 12))
def test_parts_and_threads_change_nothing(words, lines, window, size):
    """Parts of a few symbols and tokens, rows that go to files, and two threads."""
    words = usable(words)
    lines = [*lines, "甲" + words[0]]
    make = partial(cooccurrence_graph, words, lines, window=window, min_cooccurrence=1, neighbours=2)
    if not any(found(words, lines)):
        return
    plain = make(threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cooccurrence_text, "CHUNK", max(size, 16))  # no shorter than a line, which a chunk may cut
        patch.setattr(cooccurrence_counts, "PART", max(size, 16))
        patch.setattr(cooccurrence_counts, "ENTRIES", size)
        parted = make(threads=2)
    assert links_of(parted) == links_of(plain)
    assert parted.counts.tolist() == plain.counts.tolist()
    assert parted.facts["spilled"] == (parted.facts["occurrences"] + len(lines) > max(size, 16))


TEXT = ["股市大涨，基金也涨", "基金跟着股市", "球队赢了比赛", "比赛里的球队", "股市下跌，基金也跌", "球队输了比赛"]


def test_windows_reach_across_punctuation_and_never_across_lines():
    graph = partial(cooccurrence_graph, ["甲", "乙", "丙"], min_cooccurrence=1)
    for window in (1, "line"):
        assert links_of(graph(["甲，（x）。乙\n丙"], window=window)).keys() == {(0, 1)}
        assert links_of(graph(["甲", "乙", "丙甲"], window=window)).keys() == {(0, 2)}
    found = graph(["甲乙丙"], window=1, neighbours=None, weight="count")
    assert {pair: pairs for pair, (_, pairs) in links_of(found).items()} == {(0, 1): 1, (1, 2): 1}


def test_words_of_other_characters_are_found():
    words = ["C++", "machine learning", "阿卜杜勒·卡里姆", "１０％", "2B"]
    graph = cooccurrence_graph(words, ["C++、machine learning 和阿卜杜勒·卡里姆：10%", "B2B，x2B"])
    assert graph.counts.tolist() == [1, 1, 1, 1, 0]


def test_what_is_said_of_words_without_links():
    graph = cooccurrence_graph(["股市", "基金", "无此词", "输了", "股市", "Ａ", "A"], TEXT, min_cooccurrence=2)
    assert list(graph.graph.names) == ["股市", "基金", "无此词", "输了", "Ａ"]
    assert graph.graph.size == len(graph.counts) == 5
    assert graph.messages == [
        "2 words are repeated and taken once: 股市 …",
        "2 words are not in the corpus, and without links: 无此词 …",
        "1 word is in the corpus but without links: near no other word often enough",
    ]
    assert links_of(graph).keys() == {(0, 1)}
    assert [graph.facts[name] for name in ("words", "absent", "repeated", "alone", "links", "lines")] == [
        5,
        2,
        2,
        1,
        1,
        6,
    ]


@pytest.mark.parametrize(
    ("words", "options", "error", "message"),
    [
        (["甲"], {"window": 0}, UsageError, "--window 0 is neither a number of words from 1 nor line"),
        (["甲"], {"window": "page"}, UsageError, "--window page is neither a number of words from 1 nor line"),
        (["甲"], {"weight": "tfidf"}, UsageError, "--weight 'tfidf' is unknown: choose ppmi, count, npmi, g2"),
        (["甲"], {"min_cooccurrence": 0}, UsageError, "--min-cooccurrence 0 is less than 1: pass 1 or more"),
        (["甲"], {"neighbours": 0}, UsageError, "--neighbours 0 is less than 1: pass 1 or more"),
        (["甲"], {"discount": -1.0}, UsageError, "a discount of -1 is not possible: pass 0 or more"),
        (["甲", "乙"], {}, InputError, "none of the 2 words occurs in the corpus: check that both are in one language"),
        ([], {}, InputError, "there are no words to look for: pass some"),
        (["甲", " "], {}, InputError, "word 2 is ' ': pass strings that are not empty and hold no newline"),
        (["甲\n乙"], {}, InputError, "word 1 is '甲\\n乙': pass strings that are not empty and hold no newline"),
    ],
)
def test_errors(words, options, error, message):
    with pytest.raises(error) as raised:
        cooccurrence_graph(words, TEXT, **options)
    assert str(raised.value).startswith(message)


def test_bytes_that_are_no_text(tmp_path):
    file = tmp_path / "text.txt"
    file.write_bytes("股市和基金\n".encode() + b"\xff" + "股市与基金\n".encode())
    with pytest.raises(DecodingError, match=r"text.txt: byte 16 cannot be read as utf-8 \(0xff\): pass --encoding"):
        cooccurrence_graph(["股市", "基金"], str(file), encoding="utf-8")
    graph = cooccurrence_graph(["股市", "基金"], str(file), encoding="utf-8", errors="replace")
    assert graph.messages == ["1 undecodable sequences were passed over (--errors replace)"]
    assert graph.counts.tolist() == [2, 2]


def test_files_of_any_kind(tmp_path):
    plain = links_of(cooccurrence_graph(["股市", "基金", "球队", "比赛"], TEXT))
    encoded, table = tmp_path / "gbk.txt", tmp_path / "texts.csv"
    encoded.write_bytes("\r\n".join(TEXT).encode("gb18030"))
    table.write_text("id,text\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(TEXT)), "utf-8")
    for file, options in ((encoded, {}), (table, {"column": "text"})):
        graph = cooccurrence_graph(["股市", "基金", "球队", "比赛"], str(file), **options)
        assert links_of(graph) == plain
        assert graph.inputs[0]["name"] == str(file)


def test_long_lines_are_divided():
    """Each stretch of 1,000 words is a line of its own, so that one line of any length costs no more than its words."""
    line = "甲" * 999 + "乙" + "丙" * 1000 + "甲丁"
    graph = cooccurrence_graph(list("甲乙丙丁"), [line + "\n甲丙"], neighbours=None, weight="count")
    assert {pair: pairs for pair, (_, pairs) in links_of(graph).items()} == {(0, 1): 1, (0, 2): 1, (0, 3): 1}
    assert graph.facts["divided_lines"] == 1
    assert graph.messages == [
        "1 line of more than 1,000 words divided into stretches of so many: pass --window N if lines are not documents"
    ]


@pytest.fixture(scope="module")
def generate():
    """corpora/generate.py, which belongs to no package."""
    script = Path(__file__).parent.parent / "corpora" / "generate.py"
    specification = importlib.util.spec_from_file_location("corpora_generate_topics", script)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_planted_topics_are_found(generate, tmp_path):
    """The generator says which words belong to which topic; the defaults find exactly these modules."""
    sample, listed = generate.HERE.joinpath("sample.txt").read_text("utf-8"), tmp_path / "topics.tsv"
    text = b"".join(generate.generate(600_000, 0, sample, 6, listed)).decode()
    rows = [line.split("\t") for line in listed.read_text("utf-8").splitlines()]
    assert len({word for word, _ in rows}) == 6 * generate.TOPIC_WORDS
    graph = cooccurrence_graph([word for word, _ in rows], text.splitlines())
    labels = cluster_graph(graph.graph, **CLUSTER_DEFAULTS).labels
    modules = {topic: Counter(labels[n] for n, row in enumerate(rows) if row[1] == topic) for _, topic in rows}
    assert len({counts.most_common(1)[0][0] for counts in modules.values()}) == 6
    assert sum(counts.most_common(1)[0][1] for counts in modules.values()) > 0.98 * len(rows)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--topics", "3"], "--topics and --topics-file need each other"),
        (["--topics", "9999", "--topics-file", "t.tsv"], "--topics 9999: must be from 0 to 1000"),
    ],
)
def test_options_of_planted_topics(generate, options, message, capsys):
    with pytest.raises(SystemExit) as raised:
        generate.main(["--bytes", "9", *options])
    assert raised.value.code == 2
    assert message in capsys.readouterr().err
