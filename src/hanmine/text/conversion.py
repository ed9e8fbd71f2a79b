"""Characters folded to others that mean the same (width, radicals), and text converted piece by piece (NFKC, t2s), cut
at places where it may be cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from hanmine.errors import MissingExtraError

# A piece without any safe place is cut where it may be cut least badly, once it is as long as this.
LONGEST_PIECE = 1 << 22
# Characters that NFKC neither changes nor joins to what stands before them: ASCII, the common punctuation, kana, hanzi,
# Hangul syllables. A string of these alone is in NFKC.
_INERT = (
    "\x00-\x7f\u00b7\u2014\u2018\u2019\u201c\u201d\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
)
# Patterns as strings: to compile them takes longer than to read a small text, which seldom needs them.
_STARTER = f"[{_INERT}]"
TOUCHED = f"[^{_INERT}]+"
_FULL_WIDTH = "[\uff01-\uff5e]"
_HALF_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
# Zero-width characters and variation selectors: soft hyphen, grapheme joiner, bidirectional and joining controls.
ZERO_WIDTH = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E),
    (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
)  # fmt: skip
# The same beyond the basic plane.
SELECTORS = (0xE0100, 0xE01EF)
_COMPATIBILITY_HAN = ((0x2E80, 0x2EF3), (0x2F00, 0x2FD5), (0xF900, 0xFAD9), (0x2F800, 0x2FA1D))
# U+2E81 to U+2EF3, CJK Radicals Supplement, by EquivalentUnifiedIdeograph.txt of the Unicode character database; NFKC
# knows two of them. U+2E9A is unassigned, and U+2E80 has no equivalent.
_RADICALS_SUPPLEMENT = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵\0旡日月歺母民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗"
    "𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾"
    "斉齐歯齿竜龙龜亀龟"
)
_HAN = "[\u3005\u3007\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"

# From (text, start, stop) to a place in (start, stop], or None.
Cut = Callable[[str, int, int], int | None]


def pieces(chunks: Iterator[str], size: int, cut: Cut) -> Iterator[str]:
    """The same text in pieces of at most `size` characters where `cut` finds a place, longer ones where it does not."""
    parts: list[str] = []
    have = 0
    goal = size
    for chunk in chunks:
        parts.append(chunk)
        have += len(chunk)
        if have < goal:
            continue
        text = "".join(parts)
        start = 0
        while len(text) - start >= goal:
            stop = start + goal
            end = cut(text, start, stop)
            if end is None and goal < LONGEST_PIECE:
                goal *= 2
                continue
            end = end or stop
            yield text[start:end]
            start, goal = end, size
        parts = [text[start:]]
        have = len(parts[0])
    if have:
        yield "".join(parts)


def at_newline(text: str, start: int, stop: int) -> int | None:
    """After a newline in the last quarter; anywhere if there is none."""
    return text.rfind("\n", stop - (stop - start) // 4, stop) + 1 or stop


def before_starter(text: str, start: int, stop: int) -> int | None:
    """After the last newline, else before the last character that NFKC never joins to what precedes it."""
    end = text.rfind("\n", start, stop) + 1
    if end:
        return end
    starter = re.compile(_STARTER)
    return next((place for place in range(stop - 1, start, -1) if starter.match(text, place)), None)


def after_other_than_han(text: str, start: int, stop: int) -> int | None:
    """After the last newline, else after the last character that no phrase of hanzi holds."""
    end = text.rfind("\n", start, stop) + 1
    if end:
        return end
    han = re.compile(_HAN)
    return next((place + 1 for place in range(stop - 1, start - 1, -1) if not han.match(text, place)), None)


def folded(text: str) -> str:
    """The text as `--normalize width` reads it: full-width ASCII as ASCII, radicals and compatibility ideographs as the
    unified ideographs that they stand for, without zero-width characters and variation selectors."""
    return text if text.isascii() else _folding().sub(lambda match: _folds()[match[0]], text)


def unified(text: str) -> str:
    """The text with unified ideographs in place of radicals and compatibility ideographs."""
    return re.sub(_ranges(_COMPATIBILITY_HAN), lambda match: unified_ideographs().get(match[0], match[0]), text)


@cache
def unified_ideographs() -> dict[str, str]:
    """Of each radical and each compatibility ideograph that has one the unified ideograph."""
    found = {chr(0x2E81 + place): one for place, one in enumerate(_RADICALS_SUPPLEMENT) if one != "\0"}
    for first, last in _COMPATIBILITY_HAN[1:]:
        for character in map(chr, range(first, last + 1)):
            one = unicodedata.normalize("NFKC", character)
            if len(one) == 1 and one != character:
                found[character] = one
    return found


@cache
def _folds() -> dict[str, str]:
    nothing = (chr(code) for first, last in (*ZERO_WIDTH, SELECTORS) for code in range(first, last + 1))
    return {**_HALF_WIDTH, **unified_ideographs(), **dict.fromkeys(nothing, "")}


@cache
def _folding() -> re.Pattern[str]:
    """A class of ranges: a set of all its 1,900 characters would be slow to compile."""
    codes = sorted(map(ord, _folds()))
    edges = [code for place, code in enumerate(codes) if not place or codes[place - 1] != code - 1]
    ends = [code for place, code in enumerate(codes) if place + 1 == len(codes) or codes[place + 1] != code + 1]
    return re.compile(_ranges(zip(edges, ends, strict=True)))


def _ranges(ranges: Iterable[tuple[int, int]]) -> str:
    return "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges) + "]"


def nfkc(chunks: Iterator[str], size: int) -> Iterator[str]:
    """The text in Unicode's normalization form KC."""
    return map(_to_nfkc, pieces(chunks, size, before_starter))


def _to_nfkc(text: str) -> str:
    """`unicodedata.normalize("NFKC", text)`, three times as fast on Chinese text, of which it has to touch little."""
    text = re.sub(_FULL_WIDTH, lambda match: _HALF_WIDTH[match[0]], text)
    parts = []
    done = 0
    for match in re.finditer(TOUCHED, text):
        start, end = match.span()
        # The character before may be the base of a combining one.
        start = max(start - 1, done)
        parts += (text[done:start], unicodedata.normalize("NFKC", text[start:end]))
        done = end
    parts.append(text[done:])
    return "".join(parts)


def simplifier() -> Callable[[str], str]:
    """The function that converts traditional to simplified script.

    Raises
    ------
    MissingExtraError : OpenCC is not installed.
    """
    try:
        import opencc
    except ImportError as error:
        raise MissingExtraError("--t2s", "opencc") from error
    return opencc.OpenCC("t2s").convert


def simplified(chunks: Iterator[str], size: int, convert: Callable[[str], str]) -> Iterator[str]:
    """The text in simplified script; cut where no phrase of the converter's dictionary can be cut."""
    return (convert(piece) for piece in pieces(chunks, size, after_other_than_han))
