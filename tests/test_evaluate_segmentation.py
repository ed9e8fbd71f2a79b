"""Scores of segmentations: worked examples, the naive twin on random cuts, spaces, jsonl, baselines, errors."""

import gzip
import json
import math

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate import evaluate_segmentation
from hanmine.evaluate.segmentation_baselines import longest_match

GOLD = ["中国  人民  在  北京大学  学习  。", "", "我们  去  北京  。"]
RESULT = ["中国 人民 在 北京 大学 学习 。", "", "我 们 去 北京。"]
MEASURES = ("words", "gold_words", "correct", "precision", "recall", "f1")


def lines_of(texts, cuts):
    """The texts cut behind the characters that `cuts` names."""
    return [
        "".join(character + ("  " if place in cut else "") for place, character in enumerate(text))
        for text, cut in zip(texts, cuts, strict=True)
    ]


def test_worked_example():
    scores = evaluate_segmentation(RESULT, GOLD, vocabulary=["中国 人民 在 。", "我们", "去 北京"])
    # Right: 中国 人民 在 学习 。 and 去. Gold lacks in the vocabulary: 北京大学 and 学习, of which 学习 is right.
    assert {name: scores[name] for name in ("lines", "right_lines", "characters", *MEASURES)} == {
        "lines": 2,
        "right_lines": 0,
        "characters": 18,
        "words": 11,
        "gold_words": 10,
        "correct": 6,
        "precision": 6 / 11,
        "recall": 6 / 10,
        "f1": 12 / 21,
    }
    assert (scores["oov_rate"], scores["oov_recall"], scores["iv_recall"]) == (2 / 10, 1 / 2, 5 / 8)
    assert scores["by_length"]["2"]["correct"] == 3
    assert scores["by_length"]["5+"]["gold_words"] == 0
    assert math.isnan(scores["by_length"]["5+"]["f1"])
    assert scores["vocabulary"] == 7
    assert scores["messages"] == []


def test_without_a_vocabulary_oov_is_not_known():
    scores = evaluate_segmentation(RESULT, GOLD)
    assert [scores[name] for name in ("oov_rate", "oov_recall", "iv_recall", "vocabulary")] == [None] * 4
    assert scores["messages"] == ["OOV is not known: pass --vocabulary FILE, the words of training"]
    assert scores["signature"].startswith(f"hanmine:{__version__}|eval-segmentation|result:<strings>#")
    assert scores["signature"].endswith(
        "|encodings:utf-8,utf-8|words:between-unicode-white-space|normalize:none|vocabulary:none"
    )


@st.composite
def segmented(draw):
    texts = draw(st.lists(st.text("甲乙丙１a", min_size=1, max_size=12), min_size=1, max_size=6))
    sides = [lines_of(texts, [draw(st.sets(st.integers(0, len(text)))) for text in texts]) for _ in range(2)]
    words = sorted({word for line in sides[1] for word in line.split()})
    return *sides, draw(st.sets(st.sampled_from(words), min_size=1))


@given(segmented())
def test_as_the_naive_twin(case):
    result, gold, vocabulary = case
    scores = evaluate_segmentation(result, gold, vocabulary=sorted(vocabulary), baselines=True)
    expected = naive.segmentation_scores(result, gold, vocabulary)
    assert {name: scores[name] for name in expected} == pytest.approx(expected, nan_ok=True)
    split = naive.segmentation_scores([" ".join("".join(line.split())) for line in gold], gold, vocabulary)
    assert {name: scores["baselines"]["all-split"][name] for name in split} == pytest.approx(split, nan_ok=True)
    parts = scores["by_length"].values()
    assert [sum(part[name] for part in parts) for name in MEASURES[:3]] == [scores[name] for name in MEASURES[:3]]


@pytest.mark.parametrize("space", [" ", "  ", "\u3000", "\t \u3000", "\xa0", "\u2003"], ids=ascii)
def test_any_white_space_separates(space):
    result = [space.join(line.split()) + space for line in RESULT]
    gold = ["\u3000" + "\u3000".join(line.split()) for line in GOLD]
    expected = naive.segmentation_scores(RESULT, GOLD)
    for scores in (evaluate_segmentation(result, GOLD), evaluate_segmentation(RESULT, gold)):
        assert {name: scores[name] for name in expected} == expected


def test_a_full_width_space_inside_the_text_shifts_nothing():
    # The text begins with an indent and holds a space; gold has none, or has them as separators.
    gold = ["中国\u3000\u3000人民", "\u3000\u3000我们\u3000去"]
    kept_as_words = [["\u3000", "\u3000", "中国", "\u3000", "人民"], ["我们", "\u3000去"]]
    assert evaluate_segmentation(kept_as_words, gold)["f1"] == 1
    record = {"text": "\u3000中国 人民", "ends": [3, 4, 6]}
    assert evaluate_segmentation([json.dumps(record), '{"words": ["我们", "去"]}'], gold)["f1"] == 1


def test_full_width_ascii_as_ascii_where_asked():
    with pytest.raises(InputError, match="pass --normalize width to read full-width ASCII as ASCII"):
        evaluate_segmentation(["2024 年"], ["２０２４ 年"])
    scores = evaluate_segmentation(["2024 年"], ["２０２４ 年"], vocabulary=["２０２４"], normalize="width")
    assert (scores["f1"], scores["oov_rate"]) == (1, 0.5)
    assert "|normalize:width|" in scores["signature"]
    with pytest.raises(UsageError, match="--normalize 'nfd' is unknown: choose none, width"):
        evaluate_segmentation(["a"], ["a"], normalize="nfd")


@pytest.mark.parametrize(
    "records",
    [
        [{"words": ["中国", "人民"]}, {"words": []}],
        [{"text": "中国人民", "words": [[0, 2], [2, 4]]}, {"text": "", "words": []}],
        [{"text": "中国人民", "words": [{"start": 0, "end": 2}, {"start": 2, "end": 4}]}, {"text": "", "ends": []}],
        [{"text": "中国人民", "words": ["中国", "人民"], "offsets": [[0, 2], [2, 4]], "scores": [0.5]}, {"words": []}],
        [{"text": "中国人民", "ends": [2, 4], "scores": [0.5, 1]}, {"text": "", "ends": []}],
    ],
    ids=["words", "offsets", "objects", "as written", "ends"],
)
def test_jsonl(records, tmp_path):
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    scores = evaluate_segmentation(tmp_path / "r.jsonl", ["中国  人民", ""])
    assert (scores["f1"], scores["correct"], scores["right_lines"]) == (1, 2, 1)


def test_bmes(tmp_path):
    (tmp_path / "r").write_text("中\tB\n国\tE\n\u3000\tS\n好\tS\n\n\n北\tB\n京\tM\n市\tE\n\n", "utf-8")
    scores = evaluate_segmentation(tmp_path / "r", ["中国 好", "", "北京 市"])
    assert (scores["correct"], scores["words"], scores["lines"]) == (2, 3, 2)
    (tmp_path / "r").write_text("中\tB\n国\tE", "utf-8")
    assert evaluate_segmentation(tmp_path / "r", ["中国"])["f1"] == 1
    (tmp_path / "r").write_text("中\tB\n国\tO\n", "utf-8")
    with pytest.raises(InputError, match="r:2: is no character, a tab and one of B M E S: check what wrote the file"):
        evaluate_segmentation(tmp_path / "r", ["中国"])


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ('{"text": "中国", "ends": [1]}', "holds no words"),
        ('{"text": "中国", "ends": [2, 1, 2]}', "holds no words"),
        ('{"text": "中国", "words": [[0, 1]]}', "holds no words"),
        ('{"text": "中国", "words": [[0, 1], [1, "2"]]}', "holds no words"),
        ('{"ends": [1]}', "holds no words"),
        ('{"text": "中国"}', "holds no words"),
        ("[1]", "holds no words"),
        ("{", "is no JSON"),
    ],
)
def test_wrong_records(record, what):
    with pytest.raises(InputError, match=f"^<strings>:2: {what}"):
        evaluate_segmentation(['{"words": ["我"]}', record], ["我", "中国"])


def test_encodings_archives_and_byte_order_marks(tmp_path):
    text = "\r\n".join(GOLD) + "\r\n"
    (tmp_path / "gold.gz").write_bytes(gzip.compress(text.encode("gb18030")))
    (tmp_path / "result.zst").write_bytes(zstandard.compress(b"\xef\xbb\xbf" + "\n".join(RESULT).encode()))
    scores = evaluate_segmentation(tmp_path / "result.zst", tmp_path / "gold.gz")
    assert scores["correct"] == 6
    assert "|encodings:utf-8,gb18030|" in scores["signature"]
    assert [record["compression"] for record in scores["inputs"]] == ["zst", "gz"]


@pytest.mark.parametrize(
    "vocabulary",
    ["中国\n人民\n", "中国  人民\n中国\n", "count\tword\n3\t中国\n2\t人民\n", "word,count\n中国,3\n人民,2\n",
     '{"word": "中国", "count": 3}\n{"word": "人民"}\n', '[{"word": "中国"},\n{"word": "人民"}\n]\n',
     '{"words": ["中国", "人民"]}\n'],
    ids=["list", "text", "tsv", "csv", "jsonl", "json", "segmented jsonl"],
)  # fmt: skip
def test_vocabularies(vocabulary, tmp_path):
    (tmp_path / "v").write_text(vocabulary, "utf-8")
    scores = evaluate_segmentation(["中国 人民 好"], ["中国 人民 好"], vocabulary=tmp_path / "v")
    assert (scores["vocabulary"], scores["oov_rate"]) == (2, 1 / 3)


def test_baselines():
    scores = evaluate_segmentation(RESULT, GOLD, vocabulary=["北京大学 北京 中国人 中国"], baselines=True)
    assert list(scores["baselines"]) == ["all-split", "jieba", "longest-match"]
    assert "|jieba:0." in scores["signature"]
    jieba = scores["baselines"]["jieba"]
    assert (jieba["correct"], jieba["right_lines"], jieba["oov_recall"]) == (10, 2, 1)
    cut = longest_match(frozenset(["北京大学", "北京", "中国人", "国"]))
    assert cut("中国人民在北京大") == ["中国人", "民", "在", "北京", "大"]
    assert list(evaluate_segmentation(RESULT, GOLD, baselines=True)["baselines"]) == ["all-split", "jieba"]


@pytest.mark.parametrize(
    ("result", "gold", "message"),
    [
        (
            ["我 们", "去 南京。"],
            ["我们", "去 北京 。"],
            "<strings>:2: its characters are not those of <strings>:2 from character 2 on: '去南京。' against "
            "'去北京。': segment the same text, a line for each of its lines",
        ),
        (["甲" * 40 + "乙"], ["甲" * 40 + "丙"], ".*from character 41 on: '…甲{12}乙' against '…甲{12}丙'"),
        (["甲"], ["甲乙"], ".*from character 2 on: '甲' against '甲乙'"),
        (
            ["甲", "乙"],
            ["甲"],
            "<strings>: ends before line 2 of <strings>: segment the same text, a line for each of its",
        ),
        (["甲"], ["甲", "", "乙"], "<strings>: ends before line 3"),
        (["", ""], [], "<strings>: holds no words: pass a text whose words are separated by white space"),
    ],
)
def test_errors(result, gold, message):
    with pytest.raises(InputError, match="^" + message):
        evaluate_segmentation(result, gold)


def test_an_empty_vocabulary_and_a_file_that_is_missing(tmp_path):
    (tmp_path / "v").write_text("\n", "utf-8")
    with pytest.raises(InputError, match="v: holds no words: pass a list of words, or a segmented text"):
        evaluate_segmentation(RESULT, GOLD, vocabulary=tmp_path / "v")
    with pytest.raises(InputError, match="missing: no such file: check the path"):
        evaluate_segmentation(tmp_path / "missing", GOLD)


def test_empty_lines_at_the_end_are_no_difference():
    assert evaluate_segmentation([*RESULT, "", " "], GOLD)["correct"] == 6
    assert evaluate_segmentation(RESULT, [*GOLD, "\u3000"])["correct"] == 6
