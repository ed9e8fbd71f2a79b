"""User dictionaries of segmenters: jieba's and HanLP's.

jieba reads `word freq tag` with single spaces, frequency and tag optional. Without a frequency it computes one that
just beats the best way to cut the word by the words that it knows *at that moment*. So shorter words stand first: a
word's parts are then known, with their final frequencies, before the word itself; what comes after (longer words) only
raises the total, which favours fewer pieces. jieba matches only the characters of `_JIEBA_BLOCK`; words with others
(〇, 々, ideographs beyond U+9FD5) could never come out and are left out.

HanLP 1.x reads `word tag frequency` in a custom dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.tables import ByteSink

NEW_WORD_TAG = "nz"
"""The tag of exported words: `nz` (other proper noun) is what both tools' own additions use for new words."""

# jieba.re_han_default, the characters that jieba's dictionary is looked up for.
_JIEBA_BLOCK = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%\-]+")
_ROWS_A_WRITE = 8192


def write_jieba(
    stream: ByteSink, words: Sequence[str], counts: np.ndarray | None = None, *, tag: str = NEW_WORD_TAG
) -> int:
    """Write a jieba user dictionary and return how many words were left out because jieba cannot match them.

    Parameters
    ----------
    words : the words, best first; written by length, then in this order.
    counts : with them `word count tag` is written, and jieba weighs the words by these frequencies; without (the
        default) `word tag`, and jieba chooses a frequency by which every one of the words comes out whole.
    """
    kept = [index for index, word in enumerate(words) if _JIEBA_BLOCK.fullmatch(word)]
    kept.sort(key=lambda index: len(words[index]))
    if counts is None:
        lines = [f"{words[index]} {tag}\n" for index in kept]
    else:
        lines = [f"{words[index]} {int(counts[index])} {tag}\n" for index in kept]
    _write_lines(stream, lines)
    return len(words) - len(kept)


def write_hanlp(stream: ByteSink, words: Sequence[str], counts: np.ndarray, *, tag: str = NEW_WORD_TAG) -> None:
    """Write a HanLP custom dictionary, `word tag count` a line, in the order given."""
    _write_lines(stream, [f"{word} {tag} {int(count)}\n" for word, count in zip(words, counts, strict=True)])


def _write_lines(stream: ByteSink, lines: list[str]) -> None:
    for start in range(0, len(lines), _ROWS_A_WRITE):
        stream.write("".join(lines[start : start + _ROWS_A_WRITE]).encode("utf-8"))
