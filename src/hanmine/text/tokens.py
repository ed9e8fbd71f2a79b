"""Tokens: letters and digits that are one word together, and the signs that stand inside.

Letters are those of Script=Latin in the basic plane, digits 0–9; a row of both is a token. A sign joins what stands on
both sides of it to one token

    between two digits                                . · ・ : ∶ / - _ @, and a comma before exactly three digits
    between letters or digits, at least one a letter  . - _ @ & ' ’ +
    behind a letter                                   + and ++, whatever follows; # where the letter is all there is of
                                                      the token, and no letter or digit follows

so that 3.14, 1,000, 12:30, Wi-Fi6, USB3.0, Node.js, AT&T, T+0, C++ and C# are tokens. Letters, digits and signs in full
width are like those of ASCII, but for the colon.

`decode` of `hanmine.text.kernels` finds the same signs while it reads bytes.
"""

from __future__ import annotations

import numpy as np

from hanmine.text.alphabet import (
    BESIDE_LETTERS,
    BETWEEN_DIGITS,
    CONNECTORS,
    FULL_WIDTH_CONNECTORS,
    HASH,
    LATIN_LETTERS,
    PLUS,
    THOUSANDS,
)

_DIGIT, _LETTER = 64, 128


def _kinds() -> np.ndarray:
    """uint8[65536]: what a character of the basic plane is to tokens."""
    kinds = np.zeros(1 << 16, np.uint8)
    kinds[LATIN_LETTERS] = _LETTER
    kinds[ord("0") : ord("9") + 1] = _DIGIT
    kinds[0xFF01:0xFF5F] = kinds[0x21:0x7F]
    for sign, kind in CONNECTORS.items():
        kinds[ord(sign)] = kind
    for wide, sign in FULL_WIDTH_CONNECTORS.items():
        kinds[ord(wide)] = CONNECTORS[sign]
    return kinds


_KINDS = _kinds()


def signs_in_tokens(codes: np.ndarray) -> np.ndarray:
    """Which characters are signs inside a token: bool[characters].

    codes : integers, code points; without characters that a reader does not see, and with one that is in no token (a
        newline, say) where a line ends.
    """
    kinds = _KINDS[np.where(codes < 1 << 16, codes, 0)]
    digit, letter = (kinds & _DIGIT) != 0, (kinds & _LETTER) != 0
    signs = np.where(digit | letter, 0, kinds)
    digits_around = _ahead(digit, -1) & _ahead(digit, 1)
    either = (_ahead(digit | letter, -1)) & _ahead(digit | letter, 1)
    found = digits_around & ((signs & BETWEEN_DIGITS) != 0)
    found |= either & ~digits_around & ((signs & BESIDE_LETTERS) != 0)
    three = _ahead(digit, 1) & _ahead(digit, 2) & _ahead(digit, 3) & ~_ahead(digit, 4)
    found |= _ahead(digit, -1) & three & ((signs & THOUSANDS) != 0)
    plus = (signs & PLUS) != 0
    first = plus & _ahead(letter, -1)
    found |= first | (plus & _ahead(first, -1))
    alone = _ahead(letter, -1) & ~_ahead(digit | letter | found, -2)
    return found | (alone & ~_ahead(digit | letter, 1) & ((signs & HASH) != 0))


def _ahead(marks: np.ndarray, places: int) -> np.ndarray:
    """The mark of the character so many places ahead, or behind if there are less than none; False beyond the ends."""
    moved = np.zeros(len(marks), bool)
    if places < 0:
        moved[-places:] = marks[:places]
    else:
        moved[:-places] = marks[places:]
    return moved
