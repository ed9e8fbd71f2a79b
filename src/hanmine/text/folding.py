"""Characters that mean the same, in dictionaries and in the text that these are looked for in.

Word discovery reads a text in one spelling (`TextOptions.normalize`, `fold_case`, `t2s`), so its words stand in that
spelling, whatever the text has: 5G基站 for ５Ｇ基站. To find words in a text as it stands, both are folded, and what is
found is traced back to its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from hanmine.text import conversion
from hanmine.text.alphabet import LATIN_LETTERS
from hanmine.text.options import TextOptions

_HALVES = re.compile("[\ud800-\udfff]")


class Folding:
    """The spelling in which a text is read.

    Parameters
    ----------
    options : `normalize`, `fold_case` and `t2s` count.

    Raises
    ------
    MissingExtraError : `t2s` without OpenCC.
    """

    def __init__(self, options: TextOptions) -> None:
        self._options = options
        self._simplify = conversion.simplifier() if options.t2s else None

    @cached_property
    def _written(self) -> Folding:
        """The same without a change of script."""
        return Folding(TextOptions(normalize=self._options.normalize, fold_case=self._options.fold_case))

    def spell(self, text: str) -> str:
        """A text as it is read."""
        return self.align(text)[0]

    def spell_words(self, words: Iterable[str]) -> list[str]:
        """The spelling of each word."""
        words = list(words)
        joined = "\n".join(words)
        if joined.count("\n") != len(words) - 1:
            return [self.spell(word) for word in words]
        return self.spell(joined).split("\n")

    def forms(self, words: Iterable[str]) -> set[str]:
        """The spellings in which the words of a list may stand in a text that is read so.

        Converters of script go by what stands around a character: the words of converted text are in the spelling
        already, and would not always be left as they are.
        """
        words = list(words)
        found = set(self.spell_words(words))
        return found if self._simplify is None else found.union(self._written.spell_words(words))

    def align(self, text: str) -> tuple[str, np.ndarray | None]:
        """A text as it is read, and of each of its characters the place that it comes from: int64[characters], or None
        where all stand where they stood. Of several that come from one, and of one from several, it is the first."""
        source = None
        if self._options.normalize == "nfkc" and not unicodedata.is_normalized("NFKC", text):
            text, source = _align_nfkc(text)
        if self._simplify is not None:
            text = self._simplified(text)
        if self._options.normalize != "none" and not text.isascii():
            kept = ~_passed_over()[_codes(text)]
            if not kept.all():
                source = np.flatnonzero(kept) if source is None else source[kept]
            text = conversion.folded(text)
        if self._options.fold_case:
            text = text.translate(_small_letters())
        return text, source

    def _simplified(self, text: str) -> str:
        """Simplified script, character for character."""
        if self._options.normalize != "none":
            text = conversion.unified(text)
        text = _HALVES.sub("\ufffd", text)  # which the converter cannot read
        found = self._simplify(text)
        if len(found) == len(text):
            return found
        ones = ((character, self._simplify(character)) for character in text)
        return "".join(one if len(one) == 1 else character for character, one in ones)

    def align_lines(self, codes: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Many lines as they are read.

        codes : uint32[characters], code points; line k is codes[offsets[k]:offsets[k + 1]].

        Returns codes and offsets, and the places in `codes` that the characters come from, see `align`.
        """
        lines = len(offsets) - 1
        joined = np.insert(codes, offsets[1:], ord("\n"))  # which no folding changes, or joins to a neighbour
        text, source = self.align(joined.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass"))
        found = _codes(text)
        if source is None:
            inside = np.ones(len(found), bool)
            inside[offsets[1:] + np.arange(lines)] = False
            return found[inside], offsets, None
        ends = np.searchsorted(source, offsets[1:] + np.arange(lines))
        inside = np.ones(len(found), bool)
        inside[ends] = False
        line = np.repeat(np.arange(lines), np.diff(ends, prepend=-1) - 1)
        return found[inside], np.concatenate([[0], ends - np.arange(lines)]), source[inside] - line


def simplified_characters(text: str) -> str:
    """The text with the simplified form of each traditional character, whatever stands around it; needs no OpenCC."""
    return text.translate(_simplified_characters())


@cache
def _simplified_characters() -> dict[int, str]:
    lines = Path(__file__).with_name("simplified.txt").read_text("utf-8").splitlines()
    pairs = "".join(line for line in lines if not line.startswith("#"))
    return {ord(traditional): simplified for traditional, simplified in zip(pairs[::2], pairs[1::2], strict=True)}


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32, copy=False)


@cache
def _passed_over() -> np.ndarray:
    """bool[code points]: zero-width characters and variation selectors."""
    marks = np.zeros(0x110000, bool)
    for first, last in (*conversion.ZERO_WIDTH, conversion.SELECTORS):
        marks[first : last + 1] = True
    return marks


@cache
def _small_letters() -> dict[int, str]:
    letters = {chr(code) for code in LATIN_LETTERS.tolist()}
    return {ord(letter): letter.lower() for letter in letters if letter.lower() in letters}


def _align_nfkc(text: str) -> tuple[str, np.ndarray]:
    """Normalization form KC, found of the least stretches that can be normalized each for itself."""
    parts, places = [], []
    done = 0
    for match in re.finditer(conversion.TOUCHED, text):
        # The character before may be the base of a combining one.
        start = max(match.start() - 1, done)
        parts.append(text[done:start])
        places.append(np.arange(done, start))
        while start < match.end():
            stop, found = start + 1, unicodedata.normalize("NFKC", text[start])
            while stop < match.end():
                alone = unicodedata.normalize("NFKC", text[stop])
                together = unicodedata.normalize("NFKC", text[start : stop + 1])
                if together == found + alone:
                    break
                stop, found = stop + 1, together
            parts.append(found)
            places.append(np.full(len(found), start))
            start = stop
        done = match.end()
    parts.append(text[done:])
    places.append(np.arange(done, len(text)))
    return "".join(parts), np.concatenate(places)
