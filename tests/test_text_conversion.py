"""Text in pieces, and NFKC and simplified script piece by piece."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine.errors import MissingExtraError
from hanmine.text import conversion

ANY = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("e\u0301か\u3099각\u1100\u1161\u11a8ﬁＡ，中\n"),
    max_size=40,
)


def cut(text, size):
    return (text[start : start + size] for start in range(0, len(text), size))


@given(st.text("ab\n", max_size=60), st.integers(1, 20), st.integers(1, 20))
def test_pieces_are_the_text(text, size, chunk):
    pieces = list(conversion.pieces(cut(text, chunk), size, conversion.at_newline))
    assert "".join(pieces) == text
    assert all(len(piece) <= size for piece in pieces[:-1])
    assert "" not in pieces


def test_pieces_end_at_a_newline_if_one_is_near():
    text = ("x" * 80 + "\n" + "y" * 19) * 2
    assert [len(piece) for piece in conversion.pieces(iter([text]), 100, conversion.at_newline)] == [81, 100, 19]


@settings(max_examples=300)
@given(ANY, st.integers(1, 20), st.integers(1, 20))
def test_nfkc_of_pieces_is_nfkc_of_the_whole(text, size, chunk):
    assert "".join(conversion.nfkc(cut(text, chunk), size)) == unicodedata.normalize("NFKC", text)


def test_inert_characters_are_inert():
    """They are unchanged starters, and no composition has one of them as its second character."""
    inert = [chr(code) for code in range(0x11000) if re.match(f"[{conversion._INERT}]", chr(code))]
    assert len(inert) > 28_000
    for character in inert:
        assert unicodedata.normalize("NFKC", character) == character
        assert unicodedata.combining(character) == 0
    seconds = set()
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    assert not seconds & set(inert)


def test_every_character_alone_and_after_a_base():
    for code in (*range(0xD800), *range(0xE000, 0x30000)):
        text = f"中{chr(code)}か{chr(code)}"
        assert conversion._to_nfkc(text) == unicodedata.normalize("NFKC", text)


def test_text_without_a_safe_place_is_kept_together_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(conversion, "LONGEST_PIECE", 64)
    pieces = list(conversion.pieces(iter(["\u0301" * 1000]), 4, conversion.before_starter))
    assert "".join(pieces) == "\u0301" * 1000
    assert {len(piece) for piece in pieces[:-1]} == {64}


def fake_phrases(text):
    """A converter for which 头发 and 发展 are phrases: what stands on both sides of 发 matters."""
    return text.replace("頭發", "头发").replace("發展", "发展").replace("發", "發?")


@given(st.text("頭發展。\n中", max_size=40), st.integers(1, 10), st.integers(1, 10))
def test_phrases_are_never_cut(text, size, chunk):
    assert "".join(conversion.simplified(cut(text, chunk), size, fake_phrases)) == fake_phrases(text)


def test_simplified_by_opencc():
    text = "這是一個簡單的測試，頭髮與發展，乾坤與乾燥。\n皇后在後面\0吃麵。\n" * 20
    convert = conversion.simplifier()
    expected = "这是一个简单的测试，头发与发展，乾坤与干燥。\n皇后在后面\0吃面。\n" * 20
    for size in (1, 7, 1000):
        assert "".join(conversion.simplified(cut(text, 11), size, convert)) == expected


def test_opencc_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(MissingExtraError) as caught:
        conversion.simplifier()
    assert str(caught.value) == "--t2s needs an optional package: pip install 'hanmine[opencc]'"


FOLDABLE = st.text(
    st.sampled_from("中１ＡＺ～\u3000⻢⺀⺚⺇⼀豈\ufacf\U0002f800\U0002f868\u200b\ufe0f\U000e0101\xadé👍"), max_size=20
)


@given(FOLDABLE)
def test_folded_text_reads_without_normalization_as_it_did_with(text):
    folded = conversion.folded(text)
    assert conversion.folded(folded) == folded
    assert naive.read(folded, "none") == naive.read(text, "width")


def test_folding_keeps_what_it_does_not_know():
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    same = sum(map(len, map(conversion.folded, conversion.pieces(iter([everything]), 1 << 12, conversion.at_newline))))
    zero_width = sum(last - first + 1 for first, last in (*conversion.ZERO_WIDTH, conversion.SELECTORS))
    assert same == len(everything) - zero_width
    # Every radical of the supplement but one has an equivalent, and all are one character that stays as it is.
    radicals = [chr(code) for code in range(0x2E80, 0x2EF4) if code != 0x2E9A]
    assert [radical for radical in radicals if conversion.folded(radical) == radical] == ["⺀"]
    assert conversion.folded("⻥⻓⻋⻔⻚⻛⻜⻢⻦⻨⼀豈") == "鱼长车门页风飞马鸟麦一豈"
    assert conversion.unified("⻢１\u200b") == "马１\u200b"
