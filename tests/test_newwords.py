"""Word discovery against the definition."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine import discover_words
from hanmine.errors import DecodingError, InputError, UsageError
from hanmine.newwords import cut, discover, exact_counts, lexicon
from hanmine.ngrams import aligned, occurrences, windows

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
COLUMNS = ("count", "pieces", "cohesion", "left_entropy", "right_entropy")
LARGE = "".join(chr(0x4E00 + 37 * i) for i in range(200)) + "𠀀〇々ab1"


@st.composite
def texts(draw):
    """Text of repeated words between stray characters, over a small or a large alphabet."""
    alphabet = draw(st.sampled_from(["中国人", "中国人民大学生a1Z", "哈", "ab1中", "aB12中.-+", "C#+1，,:'中", LARGE]))
    words = draw(st.lists(st.text(st.sampled_from(alphabet), min_size=1, max_size=9), min_size=1, max_size=6))
    pool = [*words, *words, *alphabet[:4], "，", "\u200b", "👍\n"]
    return "".join(draw(st.lists(st.sampled_from(pool), max_size=120)))


@st.composite
def settings(draw):
    return {
        "order": draw(st.sampled_from([4, 2, 3])),
        "min_count": draw(st.sampled_from([1, 2, 3, 5])),
        "pmi": draw(st.sampled_from([(0.0, 2.0, 4.0, 6.0), (0.0,), (0.0, 1.0, 1.5, 2.0), (0.0, -1.0)])),
        "look_back": draw(st.sampled_from([("n",), ("n", "n-1")])),
        "mixed": draw(st.sampled_from(["tokens", "chars", "break"])),
    }


def rows(table: dict[str, np.ndarray], columns=COLUMNS) -> dict[str, tuple]:
    return {word: tuple(table[name][i] for name in columns) for i, word in enumerate(table["word"])}


def assert_equal_rows(found: dict[str, tuple], expected: dict[str, tuple]) -> None:
    assert sorted(found) == sorted(expected)
    for word, values in expected.items():
        assert found[word] == pytest.approx(values, rel=1e-7, abs=2e-7), word


@given(texts(), settings(), st.sampled_from([1, 2]))
def test_method_su_equals_the_definition(text, options, threads):
    table = discover_words([text], known="none", threads=threads, repeats="count", **options)
    assert_equal_rows(rows(table), naive.discover(text, **options))


@st.composite
def repetitive_texts(draw):
    """Long stretches that occur often, some of them inside of runs, between other text."""
    words = draw(
        st.lists(st.text(st.sampled_from("中国人民大学生a1Z"), min_size=2, max_size=6), min_size=2, max_size=5)
    )
    pool = st.sampled_from([*words, "，", "7", "大"])
    phrases = draw(st.lists(st.lists(pool, min_size=5, max_size=14).map("".join), min_size=1, max_size=2))
    between = st.lists(pool, max_size=5).map("".join)
    parts = [draw(st.sampled_from(phrases)) + draw(between) for _ in range(draw(st.integers(5, 14)))]
    return draw(between).join(parts) + draw(between) * 3


@given(repetitive_texts(), settings(), st.sampled_from([1, 2]))
def test_long_stretches_that_occur_often_count_once(text, options, threads):
    table = discover_words([text], known="none", threads=threads, **options)
    assert_equal_rows(rows(table), naive.discover(text, repeats="once", **options))


@given(texts() | repetitive_texts(), settings(), st.integers(1, 9), st.integers(1, 3))
def test_chunks_change_nothing(text, options, chunk, ahead):
    """Chunks of a few characters, and a read-ahead that long pieces run over."""
    plain = discover_words([text], known="none", threads=1, **options)
    with pytest.MonkeyPatch.context() as patch:
        for module in (cut, windows, occurrences, aligned, exact_counts):
            patch.setattr(module, "CHUNK", chunk)
        patch.setattr(cut, "BLOCK", max(chunk // 2, 1))
        patch.setattr(cut, "_READ_AHEAD", ahead)
        patch.setattr(windows, "GROUP", chunk)
        chunked = discover_words([text], known="none", threads=2, **options)
    for name, column in plain.items():
        assert column.tolist() == chunked[name].tolist(), name


@given(texts(), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from(["tokens", "chars"]))
def test_method_entropy_equals_the_definition(text, min_entropy, mixed):
    options = {"min_count": 2, "pmi": (0.0, 1.0, 1.5, 2.0), "mixed": mixed}
    table = discover_words([text], method="entropy", min_entropy=min_entropy, known="none", repeats="count", **options)
    expected = naive.strong_ngrams(text, min_entropy=min_entropy, **options)
    if mixed == "tokens":
        expected = {word for word in expected if not naive.is_number(word)}
    for word in set(table["word"]) ^ expected:  # an entropy of exactly the bound may fall on either side
        runs = naive.read(text, mixed=mixed, signs=True)
        seen = naive.aligned(runs, word, mixed)
        sides = [naive.entropy(naive.Counter(pair[side] for pair in seen)) for side in (0, 1)]
        assert min(sides) == pytest.approx(min_entropy, abs=2e-7)


def test_cutter_stops_only_where_nothing_covers_the_gap():
    text = "甲乙丙丁" * 6 + "，" + "丙丁戊，" * 6 + "甲乙，" * 6
    table = discover_words([text], min_count=2, pmi=(0.0, 0.1, 0.1, 0.1), mixed="chars", known="none")
    assert_equal_rows(rows(table), naive.discover(text, min_count=2, pmi=(0.0, 0.1, 0.1, 0.1), mixed="chars"))


def test_a_run_without_end_is_cut_in_constant_memory():
    """No boundary in a million characters: chunks must not wait for one."""
    random = np.random.default_rng(0)
    pool = ["围炉煮茶", "的", "是", "我们", "在", "洞洞鞋", "好", "了"]
    text = "".join(random.choice(pool, 400_000))
    table = discover_words([text], pmi=(0.0, 1.5), known="none", threads=2)
    assert {"围炉煮茶", "洞洞鞋", "我们"} <= set(table["word"].tolist())
    assert table["count"][table["word"] == "洞洞鞋"] == text.count("洞洞鞋")


def test_mixed_tokens_come_out_whole():
    table = discover_words(SAMPLE)
    words = set(table["word"].tolist())
    assert {"5G基站", "C位", "AI绘图", "3D打印"} <= words
    inside = [word for word in words if word.isascii() and word.isdigit()]
    assert inside == []


NAMES = ["Wi-Fi6", "SK-II", "Type-C接口", "USB3.0", "Node.js", "T+0交易", "AT&T", "C++", "C#", "3.5mm接口", "3·15晚会"]


def test_names_with_signs_come_out_whole():
    clauses = [clause for clause in SAMPLE.read_text("utf-8").replace("。", "，").split("，") if len(clause) > 9]
    placed = [clause[:k] + NAMES[k] + clause[k:] for k in range(len(NAMES)) for clause in clauses[k :: len(NAMES)][:9]]
    text = "，".join([*clauses, *placed])
    table = discover_words([text], known="none", pmi=(0.0, 2.0, 4.0, 5.0))
    assert set(NAMES) <= set(table["word"].tolist())
    counts = dict(zip(table["word"].tolist(), table["count"].tolist(), strict=True))
    assert counts["Wi-Fi6"] == text.count("Wi-Fi6")
    assert [word for word in counts if word in ("Fi6", "SK", "II", "C接口", "USB3", "0交易", "5mm接口")] == []


def test_numbers_are_no_words():
    parts = ["增长3.5亿", "在12:30见", "共1,000元", "从2019-2020年", "比3/4多", "按10.0.0.1算"]
    text = "，".join(chr(0x4E00 + 90 * i + k) + part for i in range(9) for k, part in enumerate(parts))
    words = discover_words([text], known="none", pmi=(0.0,))["word"].tolist()
    assert "3.5亿" in " ".join(words)
    assert not [word for word in words if naive.is_number(word) or word in ("5亿", "000元", "2020年")]


def test_planted_words_lead_the_unknown_ones():
    """What `make demo` shows: of the first N unknown words, N planted ones, at least 80 % are planted."""
    planted = SAMPLE.with_name("planted.txt").read_text(encoding="utf-8").split()
    table = discover_words(SAMPLE, known="jieba", drop_known=True, sort="count", limit=len(planted))
    found = set(table["word"].tolist()) & set(planted)
    assert len(found) >= 0.8 * len(planted)


def test_preset_2016_is_its_options():
    by_name = discover_words(SAMPLE, preset="su2016")
    pmi = (0.0, math.log(5), math.log(25), math.log(125))
    spelled = discover_words(SAMPLE, pmi=pmi, look_back=("n", "n-1"))
    assert by_name["word"].tolist() == spelled["word"].tolist()
    assert_equal_rows(rows(by_name), naive.discover(SAMPLE.read_text("utf-8"), pmi=pmi, look_back=("n", "n-1")))


def test_sample_equals_the_definition():
    found = discover_words(SAMPLE, known="none", mixed="chars")
    assert_equal_rows(rows(found), naive.discover(SAMPLE.read_text("utf-8"), mixed="chars"))


WORD = st.text("中国a𠀀", min_size=1, max_size=3)


@given(st.lists(WORD), st.lists(st.sampled_from([" ", "\n", "\r\n", "\t3 n\n", " 3\n", "\n\n "]) | WORD))
def test_known_words_equal_the_definition(words, parts):
    lines = "".join(parts)
    assert lexicon._among_lines(words, lines.encode()) == naive.known_among(words, lines)


def test_known_words_from_jieba_and_files(tmp_path):
    listed = tmp_path / "known.txt"
    listed.write_bytes("围炉煮茶 3 n\n没有\n".encode("gb18030"))
    table = discover_words(SAMPLE, known=[str(listed)])
    assert sorted(table["word"][table["known"] == 1].tolist()) == ["围炉煮茶", "没有"]
    both = discover_words(SAMPLE, known=["jieba", str(listed)])
    assert both["known"].sum() > 2
    broken = tmp_path / "broken.txt"
    broken.write_bytes("没有\n".encode() + b"\xff")
    with pytest.raises(DecodingError, match=r"broken.txt: byte 7 cannot be read as utf-8 \(0xff\): correct the file"):
        discover_words(SAMPLE, known=[str(broken)])
    fresh = discover_words(SAMPLE, known=["jieba", str(listed)], drop_known=True)
    assert "围炉煮茶" not in fresh["word"].tolist()
    assert fresh["known"].sum() == 0
    kept = discover_words(SAMPLE, only_known=True)
    assert kept["known"].all()
    assert len(kept["word"]) + len(discover_words(SAMPLE, drop_known=True)["word"]) == len(table["word"])


def test_a_missing_dictionary_is_told_before_reading():
    with pytest.raises(InputError, match=r"no-such-dictionary\.txt"):
        discover_words(["你好"], known="no-such-dictionary.txt")


def test_filters_order_and_units():
    table = discover_words(SAMPLE, known="none")
    pairs = list(zip((-table["count"]).tolist(), table["word"].tolist(), strict=True))
    assert pairs == sorted(pairs)
    assert discover_words(SAMPLE, sort="word")["word"].tolist() == sorted(table["word"].tolist())
    by_cohesion = discover_words(SAMPLE, sort="cohesion", limit=5)["cohesion"].tolist()
    assert by_cohesion == sorted(table["cohesion"].tolist(), reverse=True)[:5]
    bits = discover_words(SAMPLE, log_base="2", known="none")
    assert bits["cohesion"] == pytest.approx(table["cohesion"] / math.log(2))
    assert bits["left_entropy"] == pytest.approx(table["left_entropy"] / math.log(2))
    lengths = {len(word) for word in discover_words(SAMPLE, min_length=3, max_length=4)["word"]}
    assert lengths == {3, 4}
    free = discover_words(SAMPLE, min_entropy=1.5)
    assert min(free["left_entropy"].min(), free["right_entropy"].min()) >= 1.5


def test_no_text_and_short_text_say_what_to_do():
    empty = discover([""])
    assert [len(column) for column in empty.table.values()] == [0] * 7
    assert empty.messages == ["no Chinese text was found"]
    short = discover(["今天天气不错，我们去围炉煮茶。"])
    assert short.messages == [
        "no word was found in 13 characters: lower the thresholds, for example --min-count 2 --pmi 0,1,2,3"
    ]


def test_the_filter_that_leaves_nothing_is_named():
    text = "今天，天气预报，" * 3000
    options = {"pmi": (0.0,), "known": "none", "repeats": "count"}
    assert discover([text], **options).table["word"].tolist() == ["今天", "天气预报"]
    for more, message in (
        ({"min_length": 5}, "2 words found, and --min-length 5 keeps none: lower it"),
        ({"max_length": 1, "min_length": 1}, "2 words found, and --max-length 1 keeps none: raise it"),
        ({"min_entropy": 3}, "2 words found, and --min-entropy 3 keeps none: lower it"),
        (
            {"min_length": 3, "max_length": 3},
            "2 words found, and --min-length 3 and --max-length 3 together keep none: change one of them",
        ),
        (
            {"min_length": 5, "pmi": (50.0,)},
            "no word was found in 18,000 characters: lower the thresholds, for example --min-count 2 --pmi 0,1,2,3",
        ),
    ):
        found = discover([text], **(options | more))
        assert found.messages == [message]
        assert len(found.table["word"]) == 0
    one = discover(["今天，" * 3000], min_length=5, **options)
    assert one.messages == ["1 word found, and --min-length 5 keeps none: lower it"]


def test_rows_that_were_left_out_are_words_all_the_same():
    """Neither --limit 0 nor --drop-known may have the text called too short for its words."""
    text = "今天，" * 3000
    assert discover([text], pmi=(0.0,), drop_known=True, repeats="count").messages == []
    assert discover([text], pmi=(0.0,), limit=0, repeats="count").messages == []


def test_words_that_are_too_frequent_for_a_threshold_are_named():
    """Cohesion is ln(total / count) at most: four characters that reach 6 nats occur less than total / 403 times."""
    random = np.random.default_rng(0)
    lines = SAMPLE.read_text("utf-8").splitlines()
    for _ in range(100):
        row = random.integers(0, len(lines))
        at = random.integers(0, len(lines[row]) + 1)
        lines[row] = lines[row][:at] + "鹮鹱鹲鸢" + lines[row][at:]
    found = discover(lines)
    assert "鹮鹱鹲鸢" not in found.table["word"].tolist()
    assert found.messages == [
        "1 sequence is too frequent to reach --pmi however well it holds together: 鹮鹱鹲鸢 (100 times); "
        "--pmi 0,2,4,5.11 lets it pass"
    ]
    assert found.summary["too_frequent"] == {"ngrams": 1, "pmi": [0.0, 2.0, 4.0, 5.11]}
    again = discover(lines, pmi=found.summary["too_frequent"]["pmi"])
    assert "鹮鹱鹲鸢" in again.table["word"].tolist()
    assert again.messages == []
    assert discover(lines, pmi=(0, 2, 6, 6)).messages == [
        "3 sequences are too frequent to reach --pmi however well they hold together (first 鹮鹱鹲鸢, 100 times): "
        "--pmi 0,2,5.11,5.11 lets them pass"
    ]


def test_the_signature_names_what_changes_the_words():
    plain = discover(["你好"]).summary["signature"]
    assert "max-length" not in plain
    assert "fold-case" not in plain
    changed = discover(["你好"], max_length=2, fold_case=True).summary["signature"]
    assert "|max-length:2|fold-case:yes|" in changed


def test_summary_tells_what_was_counted(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("你好，你好。" * 5, encoding="utf-8")
    summary = discover(path, hash_inputs=True).summary
    assert summary["characters"] == 20
    assert summary["runs"] == 10
    assert summary["inputs"][0]["bytes"] == path.stat().st_size
    assert len(summary["inputs"][0]["sha256"]) == 64
    assert summary["units"]["cohesion"] == "nats"
    assert summary["peak_memory"] > 1 << 20
    assert summary["signature"].startswith("hanmine:")


def test_the_table_goes_into_data_frames_as_it_is():
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    table = discover_words(SAMPLE, limit=7)
    for frame in (pd.DataFrame(table), pl.DataFrame(table), pa.table(table)):
        assert frame.shape == (7, 7)
    assert pl.DataFrame(table)["word"].dtype == pl.String
    assert pa.table(table)["word"].type == pa.string()
    assert pd.DataFrame(table)["word"].tolist() == table["word"].tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "--method 'magic' is unknown: choose su, entropy"),
        ({"order": 5}, "--order 5 is unknown: choose 2, 3, 4"),
        ({"min_count": 0}, "--min-count 0 is too small: give 1 or more"),
        ({"preset": "su2020"}, "--preset 'su2020' is unknown: choose su2016"),
        ({"look_back": ("n-1",)}, "--look-back needs n: give n or n,n-1"),
        ({"pmi": ()}, "--pmi needs numbers, one an order from 1: for example --pmi 0,2,4,6"),
        ({"drop_known": True, "only_known": True}, "--drop-known and --only-known leave nothing: give one of them"),
        ({"mixed": "words"}, "--mixed 'words' is unknown: choose tokens, chars, break"),
        ({"method": "entropy", "sort": "pieces"}, "--sort pieces needs --method su: the method entropy cuts nothing"),
        ({"limit": -1}, "--limit -1 is negative: give 0 or more"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(UsageError) as caught:
        discover_words(["好"], **options)
    assert str(caught.value) == message


def test_no_advice_that_was_taken_or_cannot_help():
    lower = ": lower the thresholds, for example --min-count 2 --pmi 0,1,2,3"
    advert = ["加微信送大礼限时优惠全场满三百减五十快来抢购吧不要错过机会哦"] * 50
    found = discover(advert, known="none")
    assert found.messages[0].startswith("1 stretch of text (1,470 characters) repeats what occurs 5 times or more")
    assert found.messages[1] == "no word was found in 30 characters" + lower
    taken = discover(advert, known="none", min_count=2, pmi=(0, 1, 2, 3))
    assert taken.messages[1] == "no word was found in 30 characters: more text is needed"
    assert discover(["我"], known="none").messages == ["no word was found in 1 character" + lower]
