"""Rules for what statistics need not decide: numbers, dates, words in letters, punctuation, whole characters.

Each rule marks gaps between characters as *joined* (no segmentation cuts them) or *cut* (all do), and can be turned
off. Digits are those of ASCII and their full-width forms; N stands for one of 〇零一二三四五六七八九十廿卅百千万亿两几.
Characters of simplified script stand for those of traditional script as well.

characters   What a reader sees as one character stays whole: a letter with its combining marks and variation
             selectors, emoji with modifiers, joined emoji, flags, keycaps, Korean syllables in parts, the halves of a
             surrogate pair. Zero-width characters stay with the character before them.
digits       A number is a word: digits with . · , : ∶ / - _ @ between two of them (3.14, 1,000, 12:30, 1/3, 1998-02), a
             sign before it where no letter, digit or ideograph stands, and % ‰ ° ℃ ℉ 万 亿 behind it; 第 before it
             belongs to it.
numerals     Two and more N that stand together are in one word (二十二, 一九九八, 几十); so are 第N, 百分之N, N分之N
             and N点N. Where such a word begins and ends is left to the statistics.
dates        Behind digits, 月, 日, 时 and 年 (of a year of four digits) belong to the number and end a word: 1998年
             12月 31日 9时; so do 月份 and 年度, 分 behind the digits after such a 时, and 秒 behind those after such a
             分. The same goes for 年 behind four, and 月 and 日 behind one to three, of the numerals 〇 to 十.
latin        Letters that are no ideographs, and digits that touch them, are a word (NBA, F16, MP3, Café, かな), with
             the signs that stand inside tokens (www.example.com, AT&T, T+0, C++, C#); addresses with :// go on to the
             next character that is not printed ASCII.
punctuation  What is neither letter, digit nor mark is a word by itself, and so is white space; dashes, dots and the
             like that are written several times over are one (…… —— ***).

Which signs stand inside numbers and tokens of Latin letters and digits, and where, is said in `hanmine.text.tokens`:
`mine newwords` takes the same tokens for words.

Where marks meet, the stronger wins: whole characters, then words of the user's dictionary, then what a rule joins, then
what a rule cuts. Words of digits or letters are cut off on both sides unless another rule joins them there.

Words of the user's dictionary are found line by line, the leftmost and of those the longest first: they are joined
inside and cut off on both sides, whatever the rules say. They do not begin or end within a whole character, nor inside
a number, a token of letters or an address (AI is not found in MAIL, 5 not in 1.5, com not in example.com), as long as
the rules for these are on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanmine.segmentation.characters import DIGIT, EXTENDING, HAN, LETTER, OTHER, character_kinds, whole_characters
from hanmine.segmentation.lines import Lines
from hanmine.segmentation.user_words import UserWords
from hanmine.text.tokens import signs_in_tokens

_D = "[0-9０-９]"
_N = "[〇○零一二三四五六七八九十廿卅百千万萬亿億两兩几幾]"
_DAY = "[〇○零一二三四五六七八九十廿卅]"
_NUMBER = rf"{_D}+(?:(?:[.．·・:∶/／\-－_＿@＠]|[,，](?={_D}{{3}}(?!{_D}))){_D}+)*"
_NUMBERS = re.compile(rf"(?:(?<!\w)[+＋\-－−]|第)?{_NUMBER}(?:[%％‰°℃℉]|[万萬亿億]+)?")
_NUMERALS = re.compile(rf"第{_N}+|(?:百分之)?{_N}+(?:(?:分之|[点點]){_N}+)*")
_DATES = re.compile(
    rf"(?<!{_D}){_D}{{4}}年度?|{_D}+月份?|{_D}+[日时時]|(?<=[时時]){_D}+分|(?<=分){_D}+秒"
    rf"|(?<!{_N}){_DAY}{{4}}年度?|(?<!{_N}){_DAY}{{1,3}}(?:月份?|日)"
)
_ADDRESSES = re.compile(r"(?:https?|ftp|wss?|file)://[!-~]+", re.IGNORECASE)
_REPEATED = re.compile(r"([—–―─━…‥.．。·・•\-－_＿=＝~～〜*＊#＃+＋×○△□●★☆■◆])\1+|[^\S\n]{2,}")


@dataclass(frozen=True)
class Rules:
    """Which of the rules above are on."""

    characters: bool = True
    digits: bool = True
    numerals: bool = True
    dates: bool = True
    latin: bool = True
    punctuation: bool = True

    def apply(self, text: str, words: UserWords | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Which gaps of a line are joined, and which are cut: two bool[len(text) - 1]; no gap is both.

        words : those of the user's dictionary.
        """
        gaps = max(len(text) - 1, 0)
        joined, cut = self.apply_to_lines([text], words)
        return joined[:gaps], cut[:gaps]

    def apply_to_lines(self, texts: Sequence[str], words: UserWords | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The same for many lines: two bool[characters of all lines], the mark of a gap at the character before it."""
        lines = Lines.of(texts)
        if not len(lines.codes):
            return np.zeros(0, bool), np.zeros(0, bool)
        marks = _Marks(lines, texts)
        if self.digits:
            marks.take(_NUMBERS, cut=True, closed=True)
            marks.join_tokens(letters=False)
        if self.numerals:
            marks.take(_NUMERALS)
        if self.dates:
            marks.take(_DATES, cut=True)
        if self.latin:
            if "://" in marks.text:  # rare, and slow to look for
                marks.take(_ADDRESSES, cut=True, closed=True)
            marks.join_tokens(letters=True)
        if self.punctuation:
            marks.take(_REPEATED, cut=True)
            marks.cut_off_others()
        marks.cut &= ~marks.joined
        whole = np.zeros(len(lines.codes), bool)
        if self.characters:
            whole[:-1] = whole_characters(lines.codes, marks.kinds)
            whole &= ~lines.last
        if words is not None:
            marks.force(words, whole)
        joined = marks.joined | whole
        return joined & ~lines.last, marks.cut & ~joined & ~lines.last


class _Marks:
    """The marks of some lines while rule after rule is applied."""

    def __init__(self, lines: Lines, texts: Sequence[str]) -> None:
        self.lines = lines
        self.kinds = character_kinds(lines.codes)
        self.joined, self.cut = np.zeros(len(lines.codes), bool), np.zeros(len(lines.codes), bool)
        self.closed = np.zeros(len(lines.codes), bool)  # gaps at which no word of the user's begins or ends
        self.text = "\n".join(texts)
        self._starts = lines.offsets[:-1] + np.arange(len(lines))  # of the lines in the joined text
        place = np.arange(len(self.kinds))
        base = np.maximum.accumulate(np.where((self.kinds != EXTENDING) | _firsts(lines), place, 0))
        # A mark counts as what the character is that it belongs to.
        self.bases = self.kinds[base]
        self._inside = (self.bases == LETTER) | (self.bases == DIGIT) | self._signs()[base]

    def _signs(self) -> np.ndarray:
        """bool[characters]: signs that stand inside tokens."""
        lines = self.lines
        place = np.arange(len(lines.codes)) + np.repeat(np.arange(len(lines)), np.diff(lines.offsets))
        codes, visible = np.full(len(place) + len(lines), ord("\n"), np.uint32), np.ones(len(place) + len(lines), bool)
        codes[place], visible[place] = lines.codes, self.kinds != EXTENDING
        found = np.zeros(len(codes), bool)
        found[visible] = signs_in_tokens(codes[visible])
        return found[place]

    def take(self, pattern: re.Pattern, *, cut: bool = False, closed: bool = False) -> None:
        """Join what a pattern finds, and with `cut` cut it off on both sides; with `closed` none of the user's words
        begins or ends inside, but beside ideographs."""
        spans = [match.span() for match in pattern.finditer(self.text)]
        if not spans:
            return
        begin, end = np.array(spans, np.int64).T
        shift = np.searchsorted(self._starts, begin, side="right") - 1
        inner = self._join(begin - shift, end - shift, cut=cut)
        if closed:
            self.closed |= inner & (self.bases != HAN) & np.append(self.bases[1:] != HAN, False)

    def _join(self, begin: np.ndarray, end: np.ndarray, *, cut: bool) -> np.ndarray:
        """Join some stretches; return the gaps inside."""
        steps = np.zeros(len(self.joined) + 1, np.int64)
        np.add.at(steps, begin, 1)
        np.add.at(steps, end - 1, -1)
        inner = np.cumsum(steps[:-1]) > 0
        self.joined |= inner
        if cut:
            self.cut[end - 1] = True
            self.cut[begin[begin > 0] - 1] = True
        return inner

    def join_tokens(self, *, letters: bool) -> None:
        """Join letters, digits and the signs inside tokens, and cut them off from all else: what holds letters, or what
        holds none."""
        inside = self._inside
        edge = np.concatenate([[True], inside[1:] != inside[:-1]]) | _firsts(self.lines)
        starts = np.flatnonzero(edge)
        lettered = np.logical_or.reduceat(self.bases == LETTER, starts)
        sizes = np.diff(np.append(starts, len(inside)))
        token = inside & (np.repeat(lettered, sizes) == letters)
        ends = np.append(edge[1:], True)
        self.joined |= token & ~ends
        self.closed |= token & ~ends
        self.cut |= token & ends
        self.cut[:-1] |= token[1:] & edge[1:]

    def cut_off_others(self) -> None:
        """Cut off what is neither letter, digit nor ideograph."""
        other = self.bases == OTHER
        self.cut |= other
        self.cut[:-1] |= other[1:]

    def force(self, words: UserWords, whole: np.ndarray) -> None:
        """Words of the user's dictionary, against the marks so far."""
        begin, end = words.find(self.lines, (self.closed | whole) & ~self.lines.last)
        if not len(begin):
            return
        edges = np.concatenate([end - 1, begin[begin > 0] - 1])
        self.joined[edges] = False
        self._join(begin, end, cut=True)
        self.cut &= ~self.joined


def _firsts(lines: Lines) -> np.ndarray:
    """bool[characters]: the first character of its line."""
    return np.concatenate([[True], lines.last[:-1]])
