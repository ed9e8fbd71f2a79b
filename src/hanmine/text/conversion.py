"""Text cut into pieces of a wanted length at places where it may be cut, and converted piece by piece (NFKC, t2s)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from hanmine.errors import MissingExtraError

# A piece without any safe place is cut where it may be cut least badly, once it is as long as this.
LONGEST_PIECE = 1 << 22
# NFKC never joins one of these to what stands before it: ASCII, CJK and kana starters, Hangul syllables.
_STARTER = re.compile("[\x00-\x7f\u3001-\u3029\u3041-\u3098\u30a1-\u30fe\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
_HAN = re.compile("[\u3005\u3007\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

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
    """After the last newline, else before a character that NFKC does not touch what precedes it for."""
    end = text.rfind("\n", start, stop) + 1
    if end:
        return end
    return next((place for place in range(stop - 1, start, -1) if _STARTER.match(text, place)), None)


def after_other_than_han(text: str, start: int, stop: int) -> int | None:
    """After the last newline, else after the last character that no phrase of hanzi holds."""
    end = text.rfind("\n", start, stop) + 1
    if end:
        return end
    return next((place + 1 for place in range(stop - 1, start - 1, -1) if not _HAN.match(text, place)), None)


def nfkc(chunks: Iterator[str], size: int) -> Iterator[str]:
    """The text in Unicode's normalization form KC."""
    return (unicodedata.normalize("NFKC", piece) for piece in pieces(chunks, size, before_starter))


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
