"""The static alphabet: every character that can stand in a word has a 15-bit id.

    0                    boundary: anything that ends a run
    1 .. 20,992          U+4E00..U+9FFF  (the unified repertoire and its additions)
    20,993 .. 27,584     U+3400..U+4DBF  (extension A)
    27,585 ..            digits, Latin letters, then the other Han characters of the basic plane
    .. 32,767            spare: ideographs of planes 2 and 3, in the order in which a corpus shows them

The ids of the basic plane are the same in every process, so counts of different machines can be merged as they are.
Supplementary ideographs take a spare slot when they are first seen (`Alphabet.register`, called in stream order and
so the same for any number of threads). A corpus with more distinct ones than there are slots (about 3,000) has the
later ones read as boundaries; `decode` counts them, and commands say so.

An alphabet with `connectors` has ids for the signs that stand inside tokens, too (see `hanmine.text.tokens`): behind
the Latin letters, with all that follows moved up.

Han means Script=Han of the Unicode character database, so 〇 and 々 are among it; Latin means letters of Script=Latin
in the basic plane. The ranges are written out here because Python's own database differs between versions.
"""

from __future__ import annotations

import numpy as np

from hanmine.text.conversion import ZERO_WIDTH, unified_ideographs
from hanmine.text.options import TextOptions

SIZE = 1 << 15
BOUNDARY = 0
SKIP = 0xFFFF  # table value: the character is passed over without ending the run
UNASSIGNED = 0xFFFE  # table value of a supplementary ideograph that has no slot (yet)
FIRST_CONNECTOR = 0xFF00  # table value of the first of `CONNECTORS`: what stands around it decides whether it has an id

BETWEEN_DIGITS, BESIDE_LETTERS, THOUSANDS, PLUS, HASH = 1, 2, 4, 8, 16
CONNECTORS = {
    ".": BETWEEN_DIGITS | BESIDE_LETTERS, "-": BETWEEN_DIGITS | BESIDE_LETTERS, "_": BETWEEN_DIGITS | BESIDE_LETTERS,
    "@": BETWEEN_DIGITS | BESIDE_LETTERS, "·": BETWEEN_DIGITS, "・": BETWEEN_DIGITS, ":": BETWEEN_DIGITS,
    "∶": BETWEEN_DIGITS, "/": BETWEEN_DIGITS, ",": THOUSANDS, "&": BESIDE_LETTERS, "'": BESIDE_LETTERS,
    "’": BESIDE_LETTERS, "+": BESIDE_LETTERS | PLUS, "#": HASH,
}  # fmt: skip
"""Signs that may stand inside tokens, and what they join."""
FULL_WIDTH_CONNECTORS = {
    "．": ".",
    "－": "-",
    "＿": "_",
    "＠": "@",
    "／": "/",
    "，": ",",
    "＆": "&",
    "＋": "+",
    "＃": "#",
}
"""Those that are signs inside tokens in full width as well. A full-width colon stands between clauses."""

_URO = (0x4E00, 0x9FFF)
_EXTENSION_A = (0x3400, 0x4DBF)
_DIGITS = ((0x30, 0x39),)
_LATIN = (
    (0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2B8), (0x2E0, 0x2E4),
    (0x1D00, 0x1D25), (0x1D2C, 0x1D5C), (0x1D62, 0x1D65), (0x1D6B, 0x1D77), (0x1D79, 0x1DBE), (0x1E00, 0x1EFF),
    (0x2071, 0x2071), (0x207F, 0x207F), (0x2090, 0x209C), (0x212A, 0x212B), (0x2132, 0x2132), (0x214E, 0x214E),
    (0x2183, 0x2184), (0x2C60, 0x2C7F), (0xA722, 0xA787), (0xA78B, 0xA7CA), (0xAB30, 0xAB5A), (0xAB5C, 0xAB64),
    (0xFB00, 0xFB06),
)  # fmt: skip
_OTHER_HAN = (
    (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x2E80, 0x2E99), (0x2E9B, 0x2EF3),
    (0x2F00, 0x2FD5), (0xF900, 0xFA6D), (0xFA70, 0xFAD9),
)  # fmt: skip
_SUPPLEMENTARY_HAN = (
    (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D), (0x2B820, 0x2CEAD), (0x2CEB0, 0x2EBE0),
    (0x2EBF0, 0x2EE5D), (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x33479),
)  # fmt: skip


def _span(ranges) -> np.ndarray:
    return np.concatenate([np.arange(first, last + 1) for first, last in ranges])


LATIN_LETTERS = _span(_LATIN)
_UP_TO_LATIN = np.concatenate([_span([_URO]), _span([_EXTENSION_A]), _span(_DIGITS), LATIN_LETTERS])
_CONNECTOR_CODES = np.array([ord(sign) for sign in CONNECTORS])
ALNUM_START = 1 + (_URO[1] - _URO[0] + 1) + (_EXTENSION_A[1] - _EXTENSION_A[0] + 1)
ALNUM_STOP = ALNUM_START + len(_span(_DIGITS)) + len(LATIN_LETTERS)
DIGIT_STOP = ALNUM_START + 10
SPARE_START = ALNUM_STOP + len(_span(_OTHER_HAN))


class Alphabet:
    """Character ↔ id under the given options of reading.

    Attributes
    ----------
    table : uint16[65536], basic-plane code point → id, `SKIP`, or `FIRST_CONNECTOR` + the number of a connector.
    extended : uint16[131072], code point − 0x20000 → id, or `UNASSIGNED`.
    codepoints : uint32[32768], id → code point (0 for the boundary and for free slots).
    skip_selectors : whether the selectors U+E0100..U+E01EF are passed over.
    token_stop : tokens consist of the ids `ALNUM_START`..token_stop − 1; without connectors it is `ALNUM_STOP`.
    """

    def __init__(self, options: TextOptions | None = None, *, connectors: bool = False) -> None:
        options = options or TextOptions()
        signs = _CONNECTOR_CODES if connectors else _CONNECTOR_CODES[:0]
        characters = np.concatenate([_UP_TO_LATIN, signs, _span(_OTHER_HAN)])
        self.token_stop = ALNUM_STOP + len(signs)
        self.next_slot = 1 + len(characters)
        self.codepoints = np.zeros(SIZE, np.uint32)
        self.codepoints[1 : self.next_slot] = characters
        self.table = np.zeros(1 << 16, np.uint16)
        self.table[characters] = np.arange(1, self.next_slot)
        self.table[signs] = FIRST_CONNECTOR + np.arange(len(signs))
        self.extended = np.zeros(1 << 17, np.uint16)
        self.extended[_span(_SUPPLEMENTARY_HAN) - 0x20000] = UNASSIGNED
        self._unified: dict[int, int] = {}
        self.skip_selectors = options.normalize != "none"
        if options.normalize != "none":
            self._fold_width()
        if options.fold_case:
            self._fold_case()
        if options.mixed == "break":
            alnum = (self.table >= ALNUM_START) & (self.table < ALNUM_STOP)
            self.table[alnum] = BOUNDARY

    def _fold_width(self) -> None:
        """Full-width ASCII → ASCII, compatibility Han → unified Han, zero-width characters passed over."""
        for code in range(0xFF01, 0xFF5F):
            plain = self.table[code - 0xFEE0]
            if plain < FIRST_CONNECTOR or chr(code) in FULL_WIDTH_CONNECTORS:
                self.table[code] = plain
        for character, unified in unified_ideographs().items():
            code, target = ord(character), ord(unified)
            if code >= 0x10000 and target >= 0x10000:
                self._unified[code] = target
            elif code >= 0x10000:
                self.extended[code - 0x20000] = self.table[target]
            elif target >= 0x10000:
                self.register([target])
                self.table[code] = self.extended[target - 0x20000]
            else:
                self.table[code] = self.table[target]
        self.table[_span(ZERO_WIDTH)] = SKIP

    def _fold_case(self) -> None:
        for code in range(0x10000):
            if ALNUM_START <= self.table[code] < ALNUM_STOP:
                small = chr(int(self.codepoints[self.table[code]])).lower()
                if len(small) == 1 and ord(small) < 0x10000 and self.table[ord(small)]:
                    self.table[code] = self.table[ord(small)]

    def register(self, codepoints) -> None:
        """Give spare slots to those of these supplementary code points that have none, in the order given."""
        for code in codepoints:
            code = int(code)
            if self.extended[code - 0x20000] != UNASSIGNED:
                continue
            unified = self._unified.get(code, code)
            if self.extended[unified - 0x20000] == UNASSIGNED:
                if self.next_slot == SIZE:
                    continue
                self.extended[unified - 0x20000] = self.next_slot
                self.codepoints[self.next_slot] = unified
                self.next_slot += 1
            self.extended[code - 0x20000] = self.extended[unified - 0x20000]

    def look_up(self, word: str) -> np.ndarray:
        """The ids of a string, uint16; what has none reads as the boundary. Connectors are taken to stand in tokens."""
        codes = np.frombuffer(word.encode("utf-32-le"), "<u4")
        basic = np.where(codes < 0x10000, codes, 0)
        extended = np.where((codes >= 0x20000) & (codes < 0x40000), codes - 0x20000, 0)
        ids = np.where(codes < 0x10000, self.table[basic], self.extended[extended])
        ids[(codes >= 0x10000) & ((codes < 0x20000) | (codes >= 0x40000))] = BOUNDARY
        sign = (ids >= FIRST_CONNECTOR) & (ids < UNASSIGNED)
        ids[sign] -= FIRST_CONNECTOR - ALNUM_STOP
        return np.where(ids >= UNASSIGNED, BOUNDARY, ids).astype(np.uint16)

    def spell(self, ids: np.ndarray) -> str:
        """The string of a sequence of ids."""
        return self.codepoints[ids].astype("<u4").tobytes().decode("utf-32-le")

    def spell_rows(self, rows: np.ndarray) -> list[str]:
        """The strings of equally long words, rows of ids [shape=(words, length)]."""
        length = rows.shape[1]
        joined = self.spell(np.ascontiguousarray(rows).reshape(-1))
        return [joined[i : i + length] for i in range(0, len(joined), length)]
