"""Scores of trees by hand, baselines, and what `evaluate_parse` refuses."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError, UsageError
from hanmine.evaluate import evaluate_parse
from hanmine.formats.trees import TreeSentence, conllu_block
from hanmine.parsing.trees import brackets_of_heads

SCORES = ("uas", "uuas", "bracket_precision", "bracket_recall", "bracket_f1", "sentence_f1")


def sentence(words, heads=None, tree=None, upos=()):
    return TreeSentence("x", list(words), [False] * len(words), heads, tree, list(upos))


GOLD = sentence("abcd。", [2, 0, 4, 2, 2], upos=["X", "X", "X", "X", "PUNCT"])


def test_scores_by_hand():
    # 1 and 3 are right, the arc of 2 is there the other way round, 4 has another head; the mark does not count.
    found = sentence("abcd。", [2, 4, 4, 0, 1])
    scores = evaluate_parse([found], [GOLD])
    assert scores["uas"] == 2 / 4
    assert scores["uuas"] == 3 / 3
    # Gold has (c d) and the whole, the result (a b), (a b c d) and nothing else that counts.
    assert (scores["bracket_precision"], scores["bracket_recall"]) == (0, 0)
    assert (scores["sentences"], scores["words"], scores["punctuation"]) == (1, 4, "out")
    assert (scores["result_brackets"], scores["gold_brackets"]) == ("derived", "derived")
    counted = evaluate_parse([found], [GOLD], punctuation=True)
    assert (counted["uas"], counted["uuas"]) == (2 / 5, 3 / 4)


def test_gold_against_itself():
    scores = evaluate_parse([GOLD], [GOLD])
    assert [scores[name] for name in SCORES] == [1] * 6


def test_brackets_by_hand():
    gold = sentence("abcde", tree=(((0, 1), 2), (3, 4)))
    found = sentence("abcde", tree=((0, 1), (2, (3, 4))))
    scores = evaluate_parse([found], [gold])
    # Gold: ab, abc, de; found: ab, cde, de. The whole sentence does not count.
    assert (scores["bracket_precision"], scores["bracket_recall"]) == (2 / 3, 2 / 3)
    assert scores["bracket_f1"] == scores["sentence_f1"] == 2 / 3
    assert math.isnan(scores["uas"])
    assert math.isnan(scores["uuas"])
    assert (scores["result_brackets"], scores["gold_brackets"]) == ("given", "given")


def test_sentences_without_gold_brackets_are_not_in_their_mean():
    gold = [sentence("abc", tree=((0, 1), 2)), sentence("ab", tree=(0, 1)), sentence("a", tree=0)]
    found = [sentence("abc", tree=((0, 1), 2)), sentence("ab", tree=(0, 1)), sentence("a", tree=0)]
    assert evaluate_parse(found, gold)["sentence_f1"] == 1


def test_punctuation_is_taken_out_of_brackets():
    gold = sentence("a，bc", tree=((0, 1), (2, 3)))
    found = sentence("a，bc", tree=(0, (1, (2, 3))))
    assert evaluate_parse([found], [gold])["bracket_f1"] == 1
    assert evaluate_parse([found], [gold], punctuation=True)["bracket_f1"] == 2 / 4


def test_the_tags_of_gold_say_what_is_punctuation():
    gold = sentence("ab%，", [2, 0, 2, 2], upos=["X", "X", "PUNCT", "X"])
    assert evaluate_parse([gold], [gold])["words"] == 3
    gold.upos = []
    assert evaluate_parse([gold], [gold])["words"] == 3
    gold.upos = ["_"] * 4
    assert evaluate_parse([gold], [gold], punctuation=True)["words"] == 4


def test_chains_by_hand():
    """Over a b c d, which count: b is the root of gold, and a and d depend on it, c on d."""
    scores = evaluate_parse([GOLD], [GOLD])["baselines"]
    right, left = scores["chain_right_branching"], scores["chain_left_branching"]
    assert right["uas"] == 0 / 4  # no word depends on the one before it, and the first is not the root
    assert left["uas"] == 2 / 4
    assert right["uuas"] == left["uuas"] == 2 / 3
    assert right["bracket_recall"] == 1  # (c d)
    assert left["bracket_recall"] == 0
    assert right["bracket_precision"] == 1 / 2  # (b c d), (c d)


@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_baselines_are_trees_that_could_be_results(words, seed):
    """The chains score as a result with their heads or brackets would."""
    random = np.random.default_rng(seed)
    heads = [0] * words
    for place, word in enumerate(order := random.permutation(words).tolist()):
        if place:
            heads[word] = order[int(random.integers(place))] + 1
    text = [f"w{place}" for place in range(words)]
    gold = sentence(text, heads)
    chains = {
        "chain_right_branching": list(range(words)),
        "chain_left_branching": [*range(2, words + 1), 0][:words],
    }
    baselines = evaluate_parse([gold], [gold])["baselines"]
    for name, chain in chains.items():
        as_result = evaluate_parse([sentence(text, chain)], [gold])
        for score in SCORES:
            assert baselines[name][score] == pytest.approx(as_result[score], nan_ok=True)
    spans = {(begin, end) for begin, end in naive.bracket_spans(heads) if end - begin < words}
    derived = evaluate_parse([sentence(text, tree=brackets_of_heads(heads))], [gold])
    assert derived["bracket_f1"] == (1 if spans else pytest.approx(math.nan, nan_ok=True))


def test_random_trees_are_seeded_and_of_the_sentence():
    many = [sentence("abcdefg", [0, 1, 2, 3, 4, 5, 6])] * 40
    first = evaluate_parse(many, many)
    again, other = evaluate_parse(many, many), evaluate_parse(many, many, seed=2)
    assert first["baselines"] == again["baselines"]
    assert first["baselines"]["random"] != other["baselines"]["random"]
    assert 0.2 < first["baselines"]["random"]["uuas"] < 0.6
    assert "random:seed 1,runs 5" in first["signature"]


def test_max_words():
    gold = [GOLD, sentence("ab", [0, 1])]
    scores = evaluate_parse(gold, gold, max_words=3)
    assert (scores["sentences"], scores["words"]) == (1, 2)
    assert scores["messages"] == ["1 sentence is longer than --max-words 3 and left out"]
    with pytest.raises(InputError, match=r"all sentences are longer than --max-words 1: raise it$"):
        evaluate_parse(gold, gold, max_words=1)
    with pytest.raises(UsageError, match=r"^--max-words 0 is less than 1$"):
        evaluate_parse(gold, gold, max_words=0)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    two = [sentence("abcd", [2, 0, 4, 2]), sentence("ef", [0, 1])]
    (tmp_path / "gold.conllu").write_text("".join(map(conllu_block, two)), encoding="utf-8")
    return tmp_path


def test_files_of_all_kinds(files):
    (files / "plain.brackets").write_text("(a b (c d))\n(e f)\n", encoding="utf-8")
    (files / "labelled.mrg").write_text("(S (X a) (X b)\n   (Y (X c) (X d)))\n(S (X e) (X f))\n", encoding="utf-8")
    for gold in ("gold.conllu", "plain.brackets", "labelled.mrg"):
        for result in ("gold.conllu", "plain.brackets", "labelled.mrg"):
            scores = evaluate_parse(result, gold)
            assert scores["bracket_f1"] == 1, (result, gold)
            assert math.isnan(scores["uas"]) == (result != "gold.conllu" or gold != "gold.conllu")
    scores = evaluate_parse("gold.conllu", "gold.conllu", gold_brackets="labelled.mrg")
    assert (scores["uas"], scores["gold_brackets"], scores["result_brackets"]) == (1, "given", "derived")
    assert re.search(
        r"\|result:gold.conllu#[0-9a-f]{8}\|gold:gold.conllu#.*\|brackets:labelled.mrg#", scores["signature"]
    )
    assert [record["name"] for record in scores["inputs"]] == ["gold.conllu", "gold.conllu", "labelled.mrg"]


def refused(result, gold, **options):
    with pytest.raises(InputError) as raised:
        evaluate_parse(result, gold, **options)
    return str(raised.value)


def test_other_words_are_refused(files):
    cure = "parse the words of gold (mine parse GOLD.conllu --words given)"
    (files / "a").write_text("(a b (c d))\n(e g)\n", encoding="utf-8")
    assert refused("a", "gold.conllu") == (
        f"a:2: sentence 2: word 2 is 'g', and 'f' in gold.conllu:8: sentence x: {cure}"
    )
    (files / "a").write_text("(a b (c d))\n(e f g)\n", encoding="utf-8")
    assert refused("a", "gold.conllu") == (f"a:2: sentence 2: has 3 words, and 2 in gold.conllu:8: sentence x: {cure}")
    (files / "a").write_text("(a b (c d))\n", encoding="utf-8")
    assert refused("a", "gold.conllu") == f"a: has 1 sentences, and gold.conllu has 2: {cure}"


def test_files_without_trees_are_refused(files):
    bare = "".join(conllu_block(sentence(words)) for words in ("abcd", "ef"))
    (files / "bare.conllu").write_text(bare, encoding="utf-8")
    message = "bare.conllu: has words but no trees (HEAD is _): pass a file with trees"
    assert refused("bare.conllu", "gold.conllu") == message
    assert refused("gold.conllu", "bare.conllu") == message
    assert refused("gold.conllu", "gold.conllu", gold_brackets="gold.conllu") == (
        "gold.conllu: holds no brackets: pass a file of brackets, or leave --gold-brackets out"
    )
    (files / "empty").write_text("\n", encoding="utf-8")
    assert refused("empty", "gold.conllu") == (
        "empty: holds no sentences: pass CoNLL-U, brackets, or what mine parse writes"
    )
    assert refused("nowhere", "gold.conllu").startswith("nowhere: ")
