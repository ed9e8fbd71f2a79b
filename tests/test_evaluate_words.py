"""Scores of word lists: worked examples, a brute-force reference on random text, formats and errors."""

import csv
import io
import json
import unicodedata
from collections import Counter
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandline import mine, mine_process
from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate import evaluate_words
from hanmine.evaluate import words as module

GOLD = """\
中国 人民 在 元宇宙 里 躺平
中国 人民 在 元宇宙 里 内卷 ，
中国 的 元宇宙 ５Ｇ iPhone 精神内耗
"""


def test_worked_example():
    # Gold with min_count 2: 中国 (3), 元宇宙 (3), 人民 (2).
    scores = evaluate_words(
        ["中国", "内卷", "中国人民", "元宇宙", "宇宙", "国人", "微信", "里"], GOLD.splitlines(), min_count=2
    )
    assert scores["all"] == {
        "gold": 3,
        "listed": 7,
        "hits": 2,
        "precision": pytest.approx(100 * 2 / 7),
        "recall": pytest.approx(100 * 2 / 3),
        "f1": pytest.approx(100 * 4 / 10),
        "average_precision": pytest.approx(100 * (1 / 1 + 2 / 4) / 3),
        "best_f1": pytest.approx(100 * 4 / 7),
        "best_cutoff": 4,
        "rare_words": 1,
        "phrases": 1,
        "fragments": 1,
        "crossings": 1,
        "absent": 1,
    }
    # jieba knows 中国, 人民 and 宇宙, but not 元宇宙: of the list 内卷 中国人民 元宇宙 国人 微信 some are unknown.
    unknown = scores["unknown_to_jieba"]
    assert (unknown["gold"], unknown["hits"]) == (1, 1)
    assert scores["left_out"] == 1
    assert scores["signature"].startswith(f"hanmine:{__version__}|eval-words|list:<strings>#")
    assert "|min-count:2|words:han,2+|left-out:1|jieba:0.42.1" in scores["signature"]


def test_an_empty_list_scores_nothing():
    scores = evaluate_words([], GOLD.splitlines(), min_count=2)["all"]
    assert (scores["precision"], scores["recall"], scores["f1"], scores["average_precision"]) == (0, 0, 0, 0)


def test_entries_count_once_and_only_han_words_count():
    once = evaluate_words(["中国", "内卷"], GOLD.splitlines(), min_count=1)
    more = evaluate_words(["中国", "内卷", "中国", "5G", "iPhone", "里", "C位"], GOLD.splitlines(), min_count=1)
    assert more["all"] == once["all"]
    assert more["left_out"] == 4


def is_han_word(word):
    def han(char):
        name = unicodedata.name(char, "")
        return name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH")) or char in "々〇"

    return len(word) >= 2 and all(map(han, word))


def naive_kind(word, lines):
    """How the occurrences of `word` lie, by trying every place."""
    kinds = Counter()
    for words in lines:
        text = "".join(words)
        edges = {0}
        for item in words:
            edges.add(max(edges) + len(item))
        for start in range(len(text) - len(word) + 1):
            if text[start : start + len(word)] == word:
                stop = start + len(word)
                inside = any(start < edge < stop for edge in edges)
                if start in edges and stop in edges:
                    kinds["phrases"] += 1
                else:
                    kinds["crossings" if inside else "fragments"] += 1
    if not kinds:
        return "absent"
    return max(("phrases", "fragments", "crossings"), key=kinds.__getitem__)


WORDS = st.text("中国人民〇a", min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8), min_size=1, max_size=6), st.lists(WORDS, max_size=12), st.integers(1, 2))
def test_against_brute_force(lines, entries, min_count):
    counts = Counter(word for words in lines for word in words if is_han_word(word))
    gold = {word for word, count in counts.items() if count >= min_count}
    if not gold:
        return
    listed = [word for word in dict.fromkeys(entries) if is_han_word(word)]
    with patch.object(module, "known_to_jieba", lambda words: set()):  # reading jieba's dictionary takes its time
        scores = evaluate_words(entries, [" ".join(words) for words in lines], min_count=min_count)["all"]
    hits = [word in gold for word in listed]
    cuts = [(2 * sum(hits[:k]) / (k + len(gold)), -k) for k in range(1, len(hits) + 1)]
    precisions = [sum(hits[: k + 1]) / (k + 1) for k, hit in enumerate(hits) if hit]
    kinds = Counter("rare_words" if word in counts else naive_kind(word, lines) for word in listed if word not in gold)
    assert scores["f1"] == pytest.approx(100 * 2 * sum(hits) / (len(listed) + len(gold)))
    assert scores["average_precision"] == pytest.approx(100 * sum(precisions) / len(gold))
    best, cutoff = max(cuts, default=(0, 0))
    assert scores["best_f1"] == pytest.approx(100 * best)
    if best:
        assert scores["best_cutoff"] == -cutoff
    for kind in ("rare_words", "phrases", "fragments", "crossings", "absent"):
        assert scores[kind] == kinds[kind]


def test_han_is_what_the_alphabet_says():
    from hanmine.text import alphabet

    ranges = [alphabet._URO, alphabet._EXTENSION_A, *alphabet._OTHER_HAN, *alphabet._SUPPLEMENTARY_HAN]
    expected = {code for first, last in ranges for code in range(first, last + 1)}
    assert {code for code in range(0x110000) if module._HAN_WORD.fullmatch(chr(code) * 2)} == expected


def test_gold_that_is_none():
    with pytest.raises(InputError) as caught:
        evaluate_words(["中国"], ["中国人民"], min_count=5)
    assert str(caught.value) == (
        "<strings>: no word of two or more Han characters occurs 5 times: pass a text whose words are separated by "
        "white space, or lower --min-count"
    )
    with pytest.raises(UsageError):
        evaluate_words(["中国"], ["中国"], min_count=0)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "gold.seg").write_text(GOLD, encoding="utf-8")
    (tmp_path / "words.tsv").write_text("word\tcount\n中国\t3\n内卷\t1\n", encoding="utf-8")
    return tmp_path / "words.tsv", tmp_path / "gold.seg"


def test_command_in_a_pipe(files):
    result = mine("eval", "words", *files, "--min-count", 2)
    assert (result.code, result.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(result.out), delimiter="\t"))
    assert [row["words"] for row in rows] == ["all", "unknown_to_jieba"]
    assert (rows[0]["gold"], rows[0]["precision"], rows[0]["rare_words"]) == ("3", "50.0000", "1")
    assert rows[0]["signature"].startswith(f"hanmine:{__version__}|eval-words|list:words.tsv#")
    as_json = json.loads(mine("eval", "words", *files, "--min-count", 2, "-f", "json").out)
    assert as_json[0]["f1"] == 40.0


def test_command_at_a_terminal(files):
    result = mine("eval", "words", *files, "--min-count", 2, terminals=["stdout"])
    lines = result.out.splitlines()
    assert lines[0].split() == ["all", "unknown_to_jieba"]
    assert lines[1].split() == ["gold", "3", "1"]
    assert lines[6].split() == ["f1", "40.0", "0.0"]
    assert lines[-1].startswith("hanmine:")


def test_command_reads_a_list_from_a_pipe(files):
    result = mine_process("eval", "words", "-", files[1], "--min-count", "2", input="中国\n".encode())
    assert result.code == 0
    assert "list:<stdin>#" in result.out


def test_gold_in_another_encoding(files):
    same = json.loads(mine("eval", "words", *files, "--min-count", 2, "-f", "json").out)
    files[1].write_bytes((GOLD * 20).encode("gb18030"))
    other = json.loads(mine("eval", "words", *files, "--min-count", 40, "-f", "json").out)
    assert [row["f1"] for row in other] == [row["f1"] for row in same]


def test_errors_of_the_command(files, tmp_path):
    missing = tmp_path / "missing"
    result = mine("eval", "words", missing, files[1])
    assert (result.code, result.err) == (3, f"mine: error: {missing}: no such file: check the path\n")
    result = mine("eval", "words", "-", "-")
    assert result.code == 2
    assert result.err == "mine: error: standard input (-) is named twice: it can be read only once\n"
    result = mine("eval", "words", *files, "-o", files[0])
    assert result.code == 4


@pytest.mark.parametrize("command", ["words", "segmentation", "parse", "similarity"])
def test_every_score_of_texts_takes_an_encoding(command, tmp_path):
    """What the message of undecodable bytes names is there, and helps."""
    (tmp_path / "list").write_text("中国\n" * 5, encoding="utf-8")
    (tmp_path / "bad").write_bytes("中国 人民\n".encode() * 5 + b"\xff \n")
    if command == "parse":
        (tmp_path / "list").write_text("(中国 (人民))\n", encoding="utf-8")
    files = [tmp_path / "bad"] if command == "similarity" else [tmp_path / "list", tmp_path / "bad"]
    result = mine("eval", command, *files, *(["--model", "use"] if command == "similarity" else []))
    assert result.code == 3
    assert "pass --encoding NAME if it is another encoding, or --errors replace" in result.err
    more = ["--errors", "replace", "--encoding", "utf-8"]
    assert "cannot be read" not in mine("eval", command, *files, *more).err


def test_undecodable_bytes_can_be_replaced(tmp_path):
    (tmp_path / "list").write_text("中国\n", encoding="utf-8")
    (tmp_path / "gold").write_bytes("中国 人民\n".encode() * 5 + b"\xff \n")
    result = mine("eval", "words", tmp_path / "list", tmp_path / "gold", "--errors", "replace", "-f", "jsonl")
    assert (result.code, json.loads(result.out.splitlines()[0])["hits"]) == (0, 1)
    assert result.err == f"mine: {tmp_path / 'gold'}: 1 place could not be read and was replaced (--errors replace)\n"
