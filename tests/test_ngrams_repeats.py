"""Long stretches that occur often, against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine.ngrams import repeats
from hanmine.ngrams.repeats import CountedOnce, find_copies
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.text.alphabet import ALNUM_START
from hanmine.text.spool import Spool


def ids_of(symbols: str) -> np.ndarray:
    """Digits and boundaries are ids of their kind, all else is an ideograph."""
    return np.array(
        [0 if s == "\n" else ALNUM_START + int(s) if s.isdigit() else ord(s) - 0x4E00 + 1 for s in symbols], np.uint16
    )


def find(ids: np.ndarray, threads: int = 1, memory_limit: int = 1 << 20) -> repeats.Copies:
    with Spool(memory_limit=memory_limit) as spool:
        for start in range(0, len(ids), 1000):
            spool.append(ids[start : start + 1000])
        return find_copies(spool, ThreadRunner(threads), Progress())


def marks_of(copies: repeats.Copies, length: int) -> list[bool]:
    marks = copies.mark(0, length)
    return [False] * length if marks is None else marks.tolist()


@st.composite
def symbols(draw):
    """Long phrases several times over, with digits that change, between other text; and texts of one short period."""
    alphabet = draw(st.sampled_from(["中国人\n1", "中", "中国人民大学生和老师在这里\n12"]))
    phrases = draw(st.lists(st.text(st.sampled_from(alphabet), min_size=1, max_size=50), min_size=1, max_size=3))
    other = st.text(st.sampled_from(alphabet + "另外"), max_size=6)
    parts = []
    for phrase in draw(st.lists(st.sampled_from(phrases), max_size=25)):
        parts += [phrase.replace("1", str(draw(st.integers(0, 9)))), draw(other)]
    return "".join(parts)


@settings(max_examples=150)
@given(symbols(), st.sampled_from([1, 2]), st.sampled_from([0, 1 << 20]))
def test_copies_are_those_of_the_definition(text, threads, memory_limit):
    copies = find(ids_of(text), threads, memory_limit)
    expected = naive.copied(text)
    inside = [mark and symbol != "\n" for mark, symbol in zip(expected, text, strict=True)]
    found = [mark and symbol != "\n" for mark, symbol in zip(marks_of(copies, len(text)), text, strict=True)]
    assert found == inside
    assert copies.characters == sum(inside)


def test_in_a_long_text_each_copy_is_found_whole():
    """Chunks, buckets and strips change nothing; two copies of each lie across where chunks end."""
    random = np.random.default_rng(0)
    text = random.integers(1, 20_000, 300_000).astype(np.uint16)
    phrases = [random.integers(1, 20_000, size).astype(np.uint16) for size in (24, 31, 200, 23)]
    places = np.sort(random.choice(np.arange(1, 290), 40, replace=False)) * 1000
    places[10], places[20] = 65_536 - 11, 131_072 - 20
    expected = np.zeros(len(text), bool)
    for number, place in enumerate(places):
        phrase = phrases[number % 4]
        text[place : place + len(phrase)] = phrase
        expected[place : place + len(phrase)] = number >= 4 and len(phrase) >= 24
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "SHARE", 1)
        patch.setattr(repeats, "ROOM", 16)  # of distinct windows, which must grow
        copies = find(text, 2)
    assert np.array_equal(copies.mark(0, len(text)), expected)
    assert (len(copies), copies.characters) == (27, 9 * (24 + 31 + 200))
    alone = find(text)
    assert np.array_equal(copies.starts, alone.starts)
    assert np.array_equal(copies.stops, alone.stops)


def test_a_text_is_read_without_its_copies():
    phrase = "这是一条很长很长的广告\n请大家都不要去理会它才好啊"
    text = ids_of("".join(phrase + other for other in "甲乙丙丁戊"))
    copies = find(text)
    assert copies.characters == 4 * (len(phrase) - 1)
    with Spool() as spool:
        spool.append(text)
        once = CountedOnce(spool, copies)
        whole = once.read(-3, len(text) + 3)
        assert np.array_equal(whole[3 + len(phrase) + 1 :][: len(phrase)], np.zeros(len(phrase)))
        assert [once.read(i, i + 1)[0] for i in range(-3, len(text) + 3)] == whole.tolist()
    assert find(text[: 4 * (len(phrase) + 1)]).characters == 0
    assert copies.message("--repeats count") == (
        "4 stretches of text (96 characters) repeat what occurs 5 times or more: words were learned from the first of "
        "each (--repeats count: from all)"
    )
