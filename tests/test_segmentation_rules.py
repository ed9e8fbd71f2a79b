"""Rules: what they join and cut, and who wins."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.segmentation.lines import Lines
from hanmine.segmentation.rules import Rules
from hanmine.segmentation.user_words import UserWords

NONE = Rules(characters=False, digits=False, numerals=False, dates=False, latin=False, punctuation=False)


def shown(text: str, rules: Rules | None = None, words=None) -> str:
    """The text with | at cut gaps, nothing at joined ones, and a space where the statistics decide."""
    joined, cut = (rules or Rules()).apply(text, None if words is None else UserWords(words))
    assert len(joined) == len(cut) == max(len(text) - 1, 0)
    assert not (joined & cut).any()
    marks = ["" if j else "|" if c else " " for j, c in zip(joined, cut, strict=True)]
    return "".join(a + b for a, b in zip(text, [*marks, ""], strict=False))


CASES = {
    "digits": [
        ("增长3.14倍", "增 长|3.14|倍"),
        ("１，０００人，5，6", "１，０００|人 ，|5|，|6"),
        ("12:30到1/3", "12:30|到|1/3"),
        ("占50%和1.5亿元", "占|50%|和|1.5亿|元"),
        ("（-5℃）3-5", "（|-5℃|）|3-5"),
        ("歼-10", "歼 -|10"),
        ("第65届", "第65|届"),
        ("1998年12月31日", "1998|年|12|月|31|日"),
    ],
    "numerals": [
        ("二十二个三", "二十二 个 三"),
        ("第一名", "第一 名"),
        ("百分之三点五的人", "百分之三点五 的 人"),
        ("四分之一多", "四分之一 多"),
        ("几十万", "几十万"),
        ("幾萬億", "幾萬億"),
        ("一个", "一 个"),
    ],
    "dates": [
        ("1998年12月31日", "1998年|12月|31日"),
        ("在９时30分5秒后", "在|９时|30分|5秒|后"),
        ("12月份的1998年度", "12月份|的|1998年度"),
        ("一九九八年十二月三十一日", "一九九八年|十二月|三十一日"),
        ("98年5年", "9 8 年 5 年"),
        ("9時30分", "9時|30分"),
        ("5分", "5 分"),
    ],
    "latin": [
        ("看NBA和F16战机", "看|NBA|和|F16|战 机"),
        ("AT&T公司用C++写www.example.com", "AT&T|公 司 用|C++|写|www.example.com"),
        ("见https://a.b/c?d=e#f。", "见|https://a.b/c?d=e#f|。"),
        ("ＩＢＭ的Café", "ＩＢＭ|的|Café"),
        ("かな和한국", "かな|和|한국"),
        ("A/B", "A|/|B"),
        ("Wi-Fi6和SK-II的Type-C接口", "Wi-Fi6|和|SK-II|的|Type-C|接 口"),
        ("USB3.0的3.5mm，T+0交易", "USB3.0|的|3.5mm|，|T+0|交 易"),
        ("Wi\u200b-Fi和Café-Noir", "Wi\u200b-Fi|和|Café-Noir"),
        ("Node.js，C++11，C#", "Node.js|，|C++11|，|C#"),
        ("#iPhone#和12345@163.com", "#|iPhone|# 和|12345@163.com"),
        ("10天", "1 0 天"),
    ],
    "punctuation": [
        ("他说：“好……”——是", "他 说|：|“|好|……|”|——|是"),
        ("，，。。", "，|，|。。"),
        ("中  国", "中|  |国"),
        ("中\t国", "中|\t|国"),
        ("a1b", "a 1 b"),
    ],
    "characters": [
        ("👩‍👩‍👧好", "👩‍👩‍👧 好"),
        ("👍🏽❤️1️⃣", "👍🏽 ❤️ 1️⃣"),
        ("🇨🇳🇩🇪🇫", "🇨🇳 🇩🇪 🇫"),
        ("e\u0301中\ufe00\u200b国", "e\u0301 中\ufe00\u200b 国"),
        ("\ud83d\ude00中", "\ud83d\ude00 中"),
        ("\u1112\u1161\u11ab한\u11ab", "\u1112\u1161\u11ab 한\u11ab"),
    ],
}


@pytest.mark.parametrize(("name", "text", "expected"), [(name, *case) for name in CASES for case in CASES[name]])
def test_each_rule_alone(name, text, expected):
    assert shown(text, dataclasses.replace(NONE, **{name: True})) == expected
    assert shown(text, NONE) == " ".join(text)


def test_all_rules_together():
    assert shown("1998年12月31日，IBM涨了3.5%。") == "1998年|12月|31日|，|IBM|涨 了|3.5%|。"
    assert shown("第二十一届2008年MP3展：❤️👍🏽") == "第二十一 届|2008年|MP3|展|：|❤️|👍🏽"
    assert shown("") == ""
    assert shown("中") == "中"


def test_the_users_words_win():
    assert shown("1998年春晚", words=["年春晚", "春晚"]) == "1998|年春晚"
    assert shown("研究生命起源", words=["研究生", "生命", "研究"]) == "研究生|命 起 源"
    assert shown("我爱C#语言，真的", words=["C#语言，"]) == "我 爱|C#语言，|真 的"
    assert shown("二十世纪", words=["十世"]) == "二|十世|纪"


def test_the_users_words_do_not_cut_tokens_or_characters():
    assert shown("MAIL和AI", words=["AI"]) == "MAIL|和|AI"
    assert shown("11998年", words=["1998年"]) == "11998|年"
    assert shown("MAIL", NONE, words=["AI"]) == "M|AI|L"
    assert shown("中\ufe00国", words=["中"]) == "中\ufe00 国"
    assert shown("中\ufe00国", dataclasses.replace(NONE), words=["中"]) == "中|\ufe00 国"


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("涨了1.5倍", ["5", "1", ".5"], "涨 了|1.5|倍"),
        ("涨了1,000倍", ["000", "1"], "涨 了|1,000|倍"),
        ("占5%，-5度", ["5"], "占|5%|，|-5|度"),
        ("涨了1.5倍", ["1.5倍"], "涨 了|1.5倍"),
        ("写给abc@example.com吧", ["com", "abc", "example.com"], "写 给|abc@example.com|吧"),
        ("见https://a.com/b吧", ["com", "https", "b吧"], "见|https://a.com/b|吧"),
        ("学C++和AT&T", ["C", "T", "AT", "C+"], "学|C++|和|AT&T"),
        ("Wi-Fi6，Wi-Fi6路由器", ["Fi6", "Fi6路由器", "6路"], "Wi-Fi6|，|Wi-Fi6|路 由 器"),
        ("5G基站和15G基站", ["5G基站"], "5G基站|和|15G|基 站"),
        ("5万元，第65届", ["万元", "65届"], "5|万元|，|第|65届"),
    ],
)
def test_the_users_words_take_tokens_whole(text, words, expected):
    assert shown(text, words=words) == expected


SIGNS_AROUND = "1１aＡ中.-+#,，:'’·/_@&．－＋ \u200b国3"


@given(st.text(SIGNS_AROUND, max_size=30), st.lists(st.text(SIGNS_AROUND, min_size=1, max_size=4), max_size=4))
def test_tokens_are_those_that_words_are_looked_for_in(text, words):
    """What `mine newwords` never cuts is never cut by rules or by words of the user's, whatever they are."""
    joined, _ = Rules().apply(text, UserWords(words))
    visible = [i for i, character in enumerate(text) if character != "\u200b"]
    folded = "".join(naive.folded(text))
    inside = [
        naive.is_alnum(character) or sign for character, sign in zip(folded, naive.signs_inside(folded), strict=True)
    ]
    for i, (here, there) in enumerate(pairwise(inside)):
        assert not (here and there) or joined[visible[i] : visible[i + 1]].all()


def leftmost_longest(text: str, words: set[str]) -> list[tuple[int, int]]:
    found, i = [], 0
    while i < len(text):
        ends = [end for end in range(i + 1, len(text) + 1) if text[i:end] in words]
        found += [(i, max(ends))] if ends else []
        i = max(ends, default=i + 1)
    return found


@given(st.lists(st.text("中国人民", max_size=5), max_size=12), st.lists(st.text("中国人民", max_size=15), max_size=4))
def test_words_are_found_leftmost_longest(words, texts):
    lines = Lines.of(texts)
    begin, end = UserWords(words).find(lines, np.zeros(len(lines.codes), bool))
    expected = [
        (int(offset) + a, int(offset) + b)
        for offset, text in zip(lines.offsets, texts, strict=False)
        for a, b in leftmost_longest(text, set(words))
    ]
    assert list(zip(begin.tolist(), end.tolist(), strict=True)) == expected


SIGNS = "中一十年月日分时A1.，%+-…—— \n\u0301\u200d👍🏽🇨第之点/:"


@given(st.lists(st.text(SIGNS, max_size=12), max_size=5), st.lists(st.text(SIGNS, max_size=3), max_size=3))
def test_many_lines_are_marked_as_each_alone(texts, words):
    words = UserWords(words)
    joined, cut = Rules().apply_to_lines(texts, words)
    expected = [Rules().apply(text, words) for text in texts]
    for marks, place in ((joined, 0), (cut, 1)):
        alone = [np.append(pair[place], False) if text else [] for pair, text in zip(expected, texts, strict=True)]
        assert marks.tolist() == [value for line in alone for value in line]
