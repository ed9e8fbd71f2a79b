"""Reading a user's dictionary: a word a line, and perhaps more behind it, as jieba and HanLP write it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hanmine.segmentation.user_words import UserWords
from hanmine.text.listed import listed_lines

_HEADER = "word"  # of the tables of `mine newwords`


def read_user_words(paths: Iterable[str | Path]) -> UserWords:
    """The words of some files: what stands before the first white space of each line; in any encoding.

    Raises
    ------
    InputError, DecodingError : a file that cannot be read.
    """
    words: list[str] = []
    for path in paths:
        for number, line in enumerate(listed_lines(path)[0]):
            word = next(iter(line.split(None, 1)), "")
            if word and not (number == 0 and word == _HEADER and "\t" in line):
                words.append(word)
    return UserWords(words)
