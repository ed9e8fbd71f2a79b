"""Dictionaries and texts in one spelling: what word discovery finds is found again in the text that it read."""

from itertools import pairwise

import numpy as np
import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from commandline import mine
from hanmine import discover_words, segment
from hanmine.newwords.lexicon import KnownWords
from hanmine.segmentation.lines import Lines
from hanmine.segmentation.user_words import UserWords
from hanmine.text.folding import Folding, simplified_characters
from hanmine.text.options import TextOptions

SPELLINGS = st.builds(
    TextOptions,
    normalize=st.sampled_from(["width", "none", "nfkc"]),
    fold_case=st.booleans(),
    t2s=st.booleans(),
)
CHARACTERS = "中国５Ｇ5Ga⼀一⻢馬马豈\u200b\ufe0f沒有没有㎏kgﬁé\u0301ｶﾞ乾坤後，\U000e0100\U0002f868"


@settings(max_examples=60)
@given(st.lists(st.text(CHARACTERS, max_size=12), max_size=5), SPELLINGS)
def test_words_that_were_found_are_found_again(lines, options):
    lines = lines * 2
    spelling = {name: getattr(options, name) for name in ("normalize", "fold_case", "t2s")}
    words = discover_words(["\n".join(lines)], min_count=2, pmi=(0.0, -9.0), min_length=1, known="none", **spelling)
    folding, flat = Folding(options), Lines.of(lines)
    for word in words["word"]:
        begin, end = UserWords([word], folding).find(flat, np.zeros(len(flat.codes), bool))
        expected = [folding.spell(line).count(word) for line in lines]
        assert sum(expected) > 0
        line = np.searchsorted(flat.offsets, begin, side="right") - 1
        stretches = list(zip(begin.tolist(), end.tolist(), strict=True))
        if options.normalize != "nfkc":  # ㎏ is one character, in which no word begins or ends
            assert np.bincount(line, minlength=len(lines)).tolist() == expected
        text = "".join(lines)
        for start, stop in stretches:
            assert word in folding.forms([text[start:stop]])


@settings(max_examples=40)
@given(st.lists(st.text(CHARACTERS, max_size=12), max_size=5), st.lists(st.text(CHARACTERS, max_size=4)), SPELLINGS)
def test_texts_are_aligned_with_their_spelling(lines, words, options):
    folding, flat = Folding(options), Lines.of(lines)
    codes, offsets, source = folding.align_lines(flat.codes, flat.offsets)
    spelled = "".join(map(chr, codes.tolist()))
    assert [spelled[a:b] for a, b in pairwise(offsets)] == [folding.spell(line) for line in lines]
    if source is not None:
        assert (np.diff(source) >= 0).all()
        lines_of = np.searchsorted(flat.offsets, source, side="right")
        assert lines_of.tolist() == np.searchsorted(offsets, np.arange(len(codes)), side="right").tolist()
    assert folding.spell_words(words) == [folding.spell(word) for word in words]
    if options.normalize == "width" and not options.t2s and not options.fold_case:
        assert naive.read("".join(lines), "width") == naive.read(folding.spell("".join(lines)), "none")


def test_simplified_characters_are_those_of_opencc():
    converters = [opencc.OpenCC(name).convert for name in ("t2s", "tw2s", "hk2s")]
    changed = {chr(code): simplified_characters(chr(code)) for code in range(0x3400, 0xA000)}
    changed = {one: other for one, other in changed.items() if one != other}
    assert len(changed) > 2900
    others = [one for one, other in changed.items() if other not in [convert(one) for convert in converters]]
    assert others == ["瞭", "藉"]
    assert converters[0]("瞭解藉口") == simplified_characters("瞭解藉口") == "了解借口"
    assert simplified_characters("沒有一個後臺，看著") == "没有一个后台，看着"


TEXT = "５Ｇ基站和5G基\u200b站，⽯头和石头，沒有和没有，ＩＰｈｏｎｅ手机和iPhone手机\n"


@pytest.mark.parametrize(
    ("options", "words", "found"),
    [
        ([], ["5G基站"], ["５Ｇ基站", "5G基\u200b站"]),
        ([], ["５Ｇ基站"], ["５Ｇ基站", "5G基\u200b站"]),
        ([], ["石头", "⽯头"], ["⽯头", "石头"]),
        (["--t2s"], ["没有"], ["沒有", "没有"]),
        (["--t2s"], ["沒有"], ["沒有", "没有"]),
        (["--fold-case"], ["iphone手机"], ["ＩＰｈｏｎｅ手机", "iPhone手机"]),
    ],
)
def test_a_dictionary_in_another_spelling(tmp_path, options, words, found):
    (tmp_path / "text.txt").write_text(TEXT, "utf-8")
    (tmp_path / "words.txt").write_text("\n".join(words), "utf-8")
    files = (tmp_path / "text.txt", "--user-dict", tmp_path / "words.txt")
    # Words of several characters come from the dictionary alone, or are tokens.
    command = ("segment", *files, "--method", "nvbe", "--word-length", "1.01", "--delimiter", "|", "-q", *options)
    result = mine(*command)
    assert result.code == 0, result.err
    assert result.out.replace("|", "") == TEXT
    cut = result.out.strip().split("|")
    wanted = [word for word in cut if Folding(TextOptions(t2s=True, fold_case=True)).spell(word) in
              Folding(TextOptions(t2s=True, fold_case=True)).forms(words)]  # fmt: skip
    assert wanted == found


def test_without_folding_words_stand_as_they_are():
    lines = Lines.of([TEXT])
    for words, options, count in (
        (["5G基站", "石头"], {"normalize": "none"}, 1),
        (["没有"], {}, 1),
        (["没有"], {"t2s": True}, 2),
        (["iphone"], {}, 0),
    ):
        found = UserWords(words, Folding(TextOptions(**options))).find(lines, np.zeros(len(lines.codes), bool))
        assert len(found[0]) == count


def test_statistics_are_those_of_the_spelling():
    """Traditional and full-width text counted as simplified text is cut where that is cut."""
    plain = ["我们今天去围炉煮茶，没有人在这里围炉煮茶", "这里的人都在围炉煮茶，我们没有去", "今天没有人说我们"] * 20
    written = [opencc.OpenCC("s2t").convert(line).replace("天", "天\u200b") for line in plain]
    for options in ({"t2s": True}, {"t2s": True, "normalize": "nfkc"}):
        found = list(segment(written, method="nvbe", **options))
        plain_words = [line.words for line in segment(plain, method="nvbe", **options)]
        folding = Folding(TextOptions(**options))
        assert [folding.spell_words(line.words) for line in found] == list(map(folding.spell_words, plain_words))
        assert ["".join(line.words) for line in found] == written


def test_known_words_in_another_spelling(tmp_path):
    (tmp_path / "known.txt").write_text("５Ｇ基站 3 n\n⽯头\nＩPhone\n沒有\n", "utf-8")
    lists = [str(tmp_path / "known.txt")]
    assert KnownWords(lists, TextOptions()).among(["5G基站", "石头", "iphone", "没有", "头"]) == {
        "5G基站",
        "石头",
        "没有",
    }
    assert KnownWords(lists, TextOptions(fold_case=True)).among(["iphone"]) == {"iphone"}
    assert KnownWords(lists, TextOptions(normalize="none")).among(["5G基站", "５Ｇ基站"]) == {"５Ｇ基站"}
    assert KnownWords(["jieba"], TextOptions()).among(["沒有", "一個", "看著", "著名", "皇后", "鹭汀湾"]) == {
        "沒有", "一個", "看著", "著名", "皇后",
    }  # fmt: skip


def test_words_in_traditional_script_are_known_by_their_simplified_forms():
    from test_newwords import SAMPLE

    simplified = SAMPLE.read_text("utf-8")
    fresh = discover_words([simplified], drop_known=True)["word"].tolist()
    traditional = opencc.OpenCC("s2t").convert(simplified)
    found = discover_words([traditional], drop_known=True)["word"].tolist()
    assert sorted(opencc.OpenCC("t2s").convert(word) for word in found) == sorted(fresh)
    assert len(found) == 36


def test_words_with_white_space_are_told(tmp_path):
    (tmp_path / "text.txt").write_text("用Color OS手机\n", "utf-8")
    (tmp_path / "words.txt").write_text("Color OS\t2000\tn\nOS手机\t5\tn\n", "utf-8")
    result = mine("segment", tmp_path / "text.txt", "--method", "nvbe", "--user-dict", tmp_path / "words.txt")
    assert result.out == "用 Color   OS手机\n"
    assert "--user-dict: 1 word holds white space, which parts words: passed over" in result.err
