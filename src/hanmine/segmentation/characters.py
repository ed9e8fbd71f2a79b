"""Kinds of characters, and which code points make up one character for a reader."""

from __future__ import annotations

import unicodedata

import numpy as np

OTHER, HAN, DIGIT, LETTER, EXTENDING = range(5)
"""Kinds: punctuation, symbols and white space; ideographs; decimal digits; letters and numbers of other scripts; marks
that stand with the character before them."""

_HAN = ((0x3005, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x2E80, 0x2FD5),
        (0xF900, 0xFAD9), (0x20000, 0x3FFFF))  # fmt: skip
_SMALL_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
_JOINER = 0x200D
_MODIFIERS = (0x1F3FB, 0x1F3FF)
_HALF_WIDTH_VOICING = (0xFF9E, 0xFF9F)
_REGIONAL = (0x1F1E6, 0x1F1FF)
_JAMO_VOWELS = (0x1160, 0x11FF)
_JAMO = (0x1100, 0x11FF)
_HANGUL = (0xAC00, 0xD7A3)


def character_kinds(codes: np.ndarray) -> np.ndarray:
    """The kind of every code point: uint8[characters]."""
    seen = np.zeros(0x110000, bool)
    seen[codes] = True
    table = np.zeros(0x110000, np.uint8)
    for first, last in _HAN:
        table[first : last + 1] = HAN
    seen[table == HAN] = False
    for code in np.flatnonzero(seen).tolist():
        table[code] = _kind(code)
    return table[codes]


def _kind(code: int) -> int:
    character = chr(code)
    category = unicodedata.category(character)
    if category[0] == "M" or category == "Cf" or _within(code, _MODIFIERS) or _within(code, _HALF_WIDTH_VOICING):
        return EXTENDING
    if category == "Nd" and (code < 0x80 or code > 0xFF00):
        return DIGIT
    return LETTER if category[0] == "L" or category in ("Nd", "Nl") or character in _SMALL_DIGITS else OTHER


def _within(codes, span: tuple[int, int]):
    return (codes >= span[0]) & (codes <= span[1])


def whole_characters(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """bool[characters − 1]: the gaps inside what a reader sees as one character.

    A simplified form of the extended grapheme clusters of Unicode Standard Annex #29; format characters of every sort
    belong to the character before them.
    """
    before, behind = codes[:-1], codes[1:]
    joined = kinds[1:] == EXTENDING
    joined |= (before == _JOINER) & (kinds[1:] == OTHER)
    joined |= (before == 0x0D) & (behind == 0x0A)
    joined |= _within(before, (0xD800, 0xDBFF)) & _within(behind, (0xDC00, 0xDFFF))
    joined |= (_within(before, _JAMO) | _within(before, _HANGUL)) & _within(behind, _JAMO_VOWELS)
    joined |= _within(before, (0x1100, 0x115F)) & _within(behind, (0x1100, 0x115F))
    joined |= _flags(_within(codes, _REGIONAL))
    return joined


def _flags(regional: np.ndarray) -> np.ndarray:
    """Regional indicators go in pairs from the first of a run."""
    if not regional.any():
        return np.zeros(max(len(regional) - 1, 0), bool)
    place = np.arange(len(regional))
    start = np.maximum.accumulate(np.where(regional & ~np.concatenate([[False], regional[:-1]]), place, 0))
    return (regional[:-1] & regional[1:]) & ((place - start)[:-1] % 2 == 0)
