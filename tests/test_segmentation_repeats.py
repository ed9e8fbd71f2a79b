"""What occurs often in a text must not ruin the words of the rest."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from commandline import mine
from hanmine import segment
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.segmentation import line_spool
from hanmine.segmentation.branching import branching_statistics
from hanmine.segmentation.line_spool import LINE_END, LineSpool

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
LINES = SAMPLE.read_text("utf-8").splitlines()
ADVERTISEMENT = "亲爱的用户您好，双十一限时特惠全场五折起，加微信领取优惠券立即抢购，数量有限先到先得！"
OTHERS = ("本店专业办理各类证件信用卡贷款，当天放款利息低，请拨打热线。", "扫码关注店铺，领取五元优惠券哦")
HEADER, FOOTER = "本网站所有内容均由热心网友整理发布仅供学习交流之用", "未经书面授权严禁任何媒体以任何形式转载或者摘编"


def words_of_sample(lines: list[str], begin: int = 0, **options) -> set[tuple[int, int, int]]:
    """(line, begin, end) of each word of the sample's lines, which begin at `begin` of those that are given, in order;
    what is given besides them holds none of the sample."""
    words, row = set(), 0
    for line in segment(lines, method="nvbe", margins=False, **options):
        if row < len(LINES) and line.text[begin:].startswith(LINES[row]):
            ends = [int(end) - begin for end in line.ends]
            pairs = zip([-begin, *ends], ends, strict=False)
            words |= {(row, max(start, 0), min(end, len(LINES[row]))) for start, end in pairs}
            row += 1
    assert row == len(LINES)
    return {(row, start, end) for row, start, end in words if start < end}


def f1(one: set, other: set) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


@pytest.fixture(scope="module")
def alone() -> set:
    return words_of_sample(LINES)


def spread(others: list[str]) -> list[str]:
    """The sample's lines, with others at random places between them."""
    chosen = random.Random(0)
    places = sorted(chosen.choices(range(len(LINES) + 1), k=len(others)))
    lines = list(LINES)
    for place, other in zip(reversed(places), others, strict=True):
        lines.insert(place, other)
    return lines


def with_numbers(count: int) -> list[str]:
    chosen = random.Random(1)
    number = chosen.randrange
    return [
        f"您的验证码是{number(10**6)}，请于{number(12)}月{number(30)}日前使用，全场满{number(999)}元立减{number(99)}元，先到先得！"
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("lines", "begin"),
    [
        (spread([ADVERTISEMENT] * 1000), 0),
        ([*LINES, *[ADVERTISEMENT] * 1000], 0),
        (spread([ADVERTISEMENT, *OTHERS, "加微信领红包天天有惊喜"] * 250), 0),
        (spread(with_numbers(600)), 0),
        ([HEADER + line + FOOTER for line in LINES], len(HEADER)),
    ],
    ids=["spread", "block", "several", "numbers", "boilerplate"],
)
def test_the_words_of_the_rest_stay(alone, lines, begin):
    """By `count`, F against the words of the sample alone falls to .6 with 1,000 copies of one advertisement."""
    assert f1(words_of_sample(lines, begin), alone) > 0.98


def test_a_text_without_copies_is_cut_as_ever(alone):
    assert words_of_sample(LINES, repeats="count") == alone


def test_the_option_and_what_is_said(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(spread([ADVERTISEMENT] * 300)), "utf-8")
    said = (
        "mine: 179 stretches of text (11,679 characters) repeat what occurs 5 times or more: words were learned from "
        "the first of each (--repeats count: from all)\n"
    )
    once = mine("segment", path, "--method", "nvbe")
    assert said in once.err
    count = mine("segment", path, "--method", "nvbe", "--repeats", "count")
    assert "repeat" not in count.err
    assert once.out != count.out


def test_new_words_are_those_of_the_rest(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(spread([ADVERTISEMENT] * 12)), "utf-8")
    arguments = ("newwords", "--known", "none", "-f", "words")
    once, count, alone = (mine(*arguments, *more) for more in ([path], [path, "--repeats", "count"], [SAMPLE]))
    assert set(once.out.split()) == set(alone.out.split())
    assert "加微信领取优惠券立即抢购" in count.out
    assert once.err.startswith("mine: 11 stretches of text (429 characters) repeat what occurs 5 times or more")
    assert count.err == ""
    rows = [row.split("\t") for row in mine(*arguments[:-1], "tsv", path).out.splitlines()]
    text = path.read_text("utf-8")
    assert [int(count) for word, count, *_ in rows[1:] if word.isalpha()][:50] == [
        len(naive.occurrences([text], word)) for word, *_ in rows[1:] if word.isalpha()
    ][:50]


def test_of_corpora_copies_are_left_out_too():
    lines = spread([ADVERTISEMENT] * 50)
    once, alone = branching_statistics(lines), branching_statistics([*LINES, ADVERTISEMENT])
    assert once.windows.unigrams.tolist() == alone.windows.unigrams.tolist()
    assert once.characters == alone.characters
    assert "repeat what occurs 5 times or more" in once.messages[0]
    assert branching_statistics(lines, repeats="count").characters > once.characters


@st.composite
def repeated_lines(draw):
    characters = st.text(st.sampled_from("中国人民大学，。 a1"), max_size=30)
    phrases = draw(st.lists(characters, min_size=1, max_size=3))
    others = st.sampled_from(["", "大", "，人，"])
    return [
        draw(others) * draw(st.integers(0, 1)) + draw(st.sampled_from(phrases)) for _ in range(draw(st.integers(0, 20)))
    ]


@settings(max_examples=60)
@given(repeated_lines(), st.sampled_from([1, 40, 1 << 15]))
def test_lines_tell_of_their_copies(lines, block):
    """By the definition, where each end of a line counts LINE_END boundaries, and other boundaries in a row one."""
    symbols, places = "", []
    for line in lines:
        for character in line:
            inside = naive.is_han(character) or naive.is_alnum(character)
            if inside or not symbols or symbols[-1] != "\n":
                symbols += character if inside else "\n"
            places.append(len(symbols) - 1)
        symbols += "\n" * LINE_END if line else ""
    expected = naive.copied(symbols)
    with pytest.MonkeyPatch.context() as patch, LineSpool() as spool:
        patch.setattr(line_spool, "BLOCK", block)
        for line in lines:
            spool.append(line)
        spool.finish()
        spool.find_copies(ThreadRunner(1), Progress())
        found, left = [], []
        for piece in spool.blocks():
            found += [False] * piece.characters if piece.copied is None else piece.copied.tolist()
            left += list("".join(piece.pieces))
        texts = [line for text in spool.texts() for line in naive.read(text)]
    word = [naive.is_han(character) or naive.is_alnum(character) for character in left]
    marks = [expected[place] for place in places]
    assert [mark for mark, here in zip(found, word, strict=True) if here] == [
        mark for mark, here in zip(marks, word, strict=True) if here
    ]
    kept = [c for c, mark, here in zip(left, marks, word, strict=True) if here and not mark]
    assert "".join(texts) == "".join(kept)
