"""CoNLL-U, brackets and JSON lines: what is written comes back, and broken files are told with their lines."""

import io
import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import InputError
from hanmine.formats.brackets import bracket_line, read_brackets, trees_of_text
from hanmine.formats.trees import TreeSentence, format_of_trees, read_conllu, read_trees, write_sentence

# Blanks of all kinds stand in words, and what looks like their escapes.
CHARACTER = st.characters(exclude_categories=("C",)) | st.sampled_from(" \u3000\xa0\u2028\x85\x0b\t\n\r|\\-()")
WORD = st.builds(
    lambda *parts: "".join(parts),
    st.text(CHARACTER, max_size=3),
    st.sampled_from(["", "-LRB-", "-SPC-", "-U3000-", "-U002D-", "-U00-", r"\s"]),
    st.text(CHARACTER, max_size=3),
).filter(str.strip)


@st.composite
def sentences(draw):
    words = draw(st.lists(WORD, min_size=1, max_size=7))
    spaces = [*draw(st.lists(st.booleans(), min_size=len(words) - 1, max_size=len(words) - 1)), False]
    order = draw(st.permutations(range(1, len(words) + 1)))
    heads = [0] * len(words)
    for place, word in enumerate(order[1:], 1):
        heads[word - 1] = order[draw(st.integers(0, place - 1))]

    def tree(begin, end):
        if end - begin == 1:
            return begin
        cuts = draw(st.sets(st.integers(begin + 1, end - 1), min_size=1, max_size=3))
        edges = [begin, *sorted(cuts), end]
        return tuple(tree(a, b) for a, b in pairwise(edges))

    return TreeSentence("s1", words, spaces, heads, tree(0, len(words)))


def written(format, *given):
    stream = io.BytesIO()
    for sentence in given:
        write_sentence(stream, sentence, format)
    return stream.getvalue().decode("utf-8")


def lines_of(text):
    return text.split("\n")


@given(st.lists(sentences(), min_size=1, max_size=3), st.sampled_from(["conllu", "jsonl", "brackets"]))
def test_what_is_written_comes_back(given, format):
    text = written(format, *given)
    lines = [line.removesuffix("\r") for line in lines_of(text)]  # as files are read
    assert format_of_trees(lines) == format
    found = read_trees(lines, "file")
    assert [(s.words, s.tree) for s in found] == [(s.words, s.tree) for s in given]
    if format != "brackets":
        assert [(s.id, s.heads) for s in found] == [(s.id, s.heads) for s in given]
    if format == "conllu":
        assert [(s.space_after, s.text) for s in found] == [(s.space_after, s.text) for s in given]
        assert all(line.count("\t") == 9 for line in lines if line.strip() and not line.startswith("#"))


def test_conllu_as_it_is_written():
    sentence = TreeSentence(
        "3-1", ["New", "York", "很", "大"], [True, True, False, False], [2, 4, 4, 0], ((0, 1), (2, 3))
    )
    assert written("conllu", sentence) == (
        "# sent_id = 3-1\n"
        "# text = New York 很大\n"
        "# brackets = ((New York) (很 大))\n"
        "1\tNew\t_\t_\t_\t_\t2\tdep\t_\t_\n"
        "2\tYork\t_\t_\t_\t_\t4\tdep\t_\t_\n"
        "3\t很\t_\t_\t_\t_\t4\tdep\t_\tSpaceAfter=No\n"
        "4\t大\t_\t_\t_\t_\t0\troot\t_\t_\n"
        "\n"
    )
    sentence.heads = sentence.tree = None
    assert "1\tNew\t_\t_\t_\t_\t_\t_\t_\t_\n" in written("conllu", sentence)
    assert json.loads(written("jsonl", sentence)) == {"id": "3-1", "text": "New York 很大", "words": sentence.words}


def row(id, form, head, misc="_", upos="_"):
    return f"{id}\t{form}\t_\t{upos}\t_\t_\t{head}\t_\t_\t{misc}"


def test_multiword_tokens_and_empty_nodes():
    lines = [
        "# newdoc", "# sent_id = de-1", "# text = ins Haus, ja",
        row("1-2", "ins", "_"), row(1, "in", 3, upos="ADP"), row(2, "das", 3, upos="DET"),
        row("2.1", "leer", "_"), row(3, "Haus", 0, "SpaceAfter=No|Gloss=x", "NOUN"),
        row("4-5", ",ja", "_", "SpaceAfter=No"), row(4, ",", 5), row(5, "ja", 3), row(6, "!", 3), "", "",
        row(1, "zwei", 0),
    ]  # fmt: skip
    first, second = read_conllu(lines, "file")
    assert first.id == "de-1"
    assert first.words == ["in", "das", "Haus", ",", "ja", "!"]
    assert first.space_after == [False, True, False, False, False, False]
    assert first.heads == [3, 3, 0, 5, 3, 3]
    assert first.root == 3
    assert first.upos[:3] == ["ADP", "DET", "NOUN"]
    assert (first.line, second.line) == (1, 15)
    assert (second.id, second.words, second.heads) == ("2", ["zwei"], [0])


def test_windows_ends_of_lines_and_a_mark_of_byte_order():
    text = "\ufeff# sent_id = a\r\n" + row(1, "x", 0) + "\r\n\r\n"
    assert [s.id for s in read_conllu(text.split("\n"), "file")] == ["a"]
    assert format_of_trees(["\ufeff{}"]) == "jsonl"


def test_sentences_without_heads():
    (found,) = read_conllu([row(1, "a", "_"), row(2, "b", "_")], "file")
    assert (found.heads, found.root) == (None, None)
    assert list(read_conllu(["# only a comment", "", "# another"], "file")) == []


BROKEN = {
    "1 a _": (
        "1: CoNLL-U has 10 columns between tabs, and not 1: '1 a _': pass CoNLL-U, with a blank line between sentences"
    ),
    row(2, "a", 0): "1: ID is '2', and the next word is 1: number words 1, 2, …",
    row("x", "a", 0): "1: ID is 'x', and the next word is 1: number words 1, 2, …",
    row(1, " ", 0): "1: FORM is empty: give every word characters",
    row(1, "a", "x"): "1: HEAD is 'x': give the number of a word, 0 for the root",
    row(1, "a", "-1"): "1: HEAD is '-1': give the number of a word, 0 for the root",
    row(1, "a", 2): "1: HEAD is 2, and the sentence has 1 words: correct the line",
    f"{row(1, 'a', 0)}\n{row(2, 'b', '_')}": (
        "2: HEAD is _, and other words of the sentence have heads: give each word its head"
    ),
    f"{row(1, 'a', 0)}\n{row(2, 'b', 3)}\n{row(3, 'c', 2)}": (
        "2: following the heads of word 2 leads back to it: heads must make a tree with a root (0)"
    ),
    row(1, "a", 1): "1: following the heads of word 1 leads back to it: heads must make a tree with a root (0)",
    row("2-3", "ab", "_"): "1: token 2-3 does not begin with the next word, 1",
    f"# brackets = (a c)\n{row(1, 'a', 2)}\n{row(2, 'b', 0)}": (
        "1: the comment brackets has other words than the sentence: leave it out"
    ),
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_conllu(text):
    with pytest.raises(InputError) as raised:
        list(read_conllu(text.split("\n"), "file"))
    assert str(raised.value) == f"file:{BROKEN[text]}"


def test_the_line_is_that_of_the_file():
    lines = [row(1, "a", 0), "", "", row(1, "a", 0), row(3, "b", 1)]
    with pytest.raises(InputError, match=r"^file:5: ID is '3'"):
        list(read_conllu(lines, "file"))


def test_brackets_by_hand():
    assert bracket_line(((0, 1), 2), ["(", "b c", "-"]) == "((-LRB- b-SPC-c) -)"
    assert bracket_line(0, ["x"]) == "(x)"
    assert bracket_line((), []) == "()"
    assert trees_of_text("((-LRB- b-SPC-c) -)\n\n(x)( (y) )", "file") == [
        (["(", "b c", "-"], ((0, 1), 2)), (["x"], 0), (["y"], 0),
    ]  # fmt: skip


def test_brackets_over_several_lines_with_labels():
    text = """
( (IP (NP-SBJ (NN 狗)
             (-NONE- *T*))
      (VP (VV 叫) (AS 了))
      (PU 。)) )
( (FRAG (NN 好) ))
"""
    found = list(read_brackets(text.split("\n"), "file", labelled=True))
    assert found == [(["狗", "叫", "了", "。"], (0, (1, 2), 3), 2), (["好"], 0, 6)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "(a b\n(c",
            "1: 2 of the brackets opened here are not closed by the end of the file (line 2): close each bracket",
        ),
        ("(a b))", "1: a bracket is closed that was not opened: put every sentence in brackets, as in (一 (只 狗))"),
        ("(a b)\nc d", "2: 'c' stands alone: put every sentence in brackets, as in (一 (只 狗))"),
    ],
)  # fmt: skip
def test_broken_brackets(text, message):
    with pytest.raises(InputError, match=f"^file:{re.escape(message)}$"):
        list(read_brackets(text.split("\n"), "file"))


def test_deep_brackets():
    depth = 20_000
    words = [str(number) for number in range(depth + 1)]
    tree = 0
    for word in range(1, depth + 1):
        tree = (tree, word)
    line = bracket_line(tree, words)
    ((found, again, _),) = read_brackets([line], "file")
    assert found == words
    assert bracket_line(again, words) == line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "file:1: not JSON: '{': pass what mine parse -f jsonl writes"),
        ('{"words": "ab"}', "file:1: lacks words, a list of strings: pass what mine parse -f jsonl writes"),
        ('{"words": ["a"], "heads": [0, 1]}', "file:1: heads are not a number from 0 to 1 for each of 1 words"),
        ('{"words": ["a", "b"], "heads": [0, 3]}', "file:1: heads are not a number from 0 to 2 for each of 2 words"),
        ('{"words": ["a", "b"], "heads": [2, 1]}', "file:1: heads make no tree with a root (0): check the file"),
        ('{"words": ["a", "b"], "brackets": "(a c)"}', "file:1: brackets have other words than words: check the file"),
    ],
)  # fmt: skip
def test_broken_json_lines(text, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        read_trees([text], "file", format="jsonl")
