"""Words that are known already: jieba's dictionary, or lists of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from hanmine.errors import InputError
from hanmine.newwords.kernels import mark_listed
from hanmine.text.folding import Folding, simplified_characters
from hanmine.text.options import TextOptions
from hanmine.text.word_lists import read_words


def jieba_dictionary() -> Path:
    """Where jieba's dictionary lies. It is read as data: importing jieba would take ten times as long."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise InputError("jieba is not installed: pip install jieba, or pass --known none")
    return Path(spec.origin).parent / "dict.txt"


class KnownWords:
    """Dictionaries by which words are known.

    A word is known if a dictionary has it, both as they are spelled in a text that is read with `options`, or if their
    simplified forms are the same, character by character: jieba's dictionary is in simplified script.

    Parameters
    ----------
    names : "jieba", "none", or lists of words in any format of `hanmine.text.word_lists`. Lists are read at once.

    Raises
    ------
    InputError, DecodingError : a list is missing, or cannot be read.
    """

    def __init__(self, names: Sequence[str], options: TextOptions) -> None:
        self._jieba = jieba_dictionary() if "jieba" in names else None
        self._fold_case = options.fold_case
        lists = [read_words(name, needed=False) for name in names if name not in ("jieba", "none")]
        listed = [word for one in lists for word in one.words]
        forms = Folding(options).forms(listed) if listed else set()
        self._listed = forms.union(map(simplified_characters, forms))

    def among(self, words: Sequence[str]) -> set[str]:
        """Those of the words, which were found in such a text, that are known."""
        simplified = [simplified_characters(word) for word in words]
        known = {word for pair in zip(words, simplified, strict=True) for word in pair if word in self._listed}
        if self._jieba is not None:
            lines = self._jieba.read_bytes()
            known |= _among_lines(sorted({*words, *simplified}), lines.lower() if self._fold_case else lines)
        return {word for word, plain in zip(words, simplified, strict=True) if word in known or plain in known}


def known_to_jieba(words: Sequence[str]) -> set[str]:
    """Those of the words that jieba's dictionary has as they are spelled."""
    return _among_lines(words, jieba_dictionary().read_bytes())


def _among_lines(words: Sequence[str], lines: bytes) -> set[str]:
    """Those of the words with which a line begins."""
    flat = np.frombuffer("".join(f"{word}\n" for word in words).encode(), np.uint8)
    ends, marks = np.flatnonzero(flat == ord("\n")), np.zeros(len(words), np.bool_)
    slots = np.full(1 << (2 * len(words)).bit_length(), -1, np.int32)
    mark_listed(flat, ends, np.frombuffer(lines, np.uint8), slots, marks)
    return {words[row] for row in np.flatnonzero(marks).tolist()}
