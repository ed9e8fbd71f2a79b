"""Text cut into pieces of a wanted length at places where it may be cut, and converted piece by piece (NFKC, t2s)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

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
_TOUCHED = f"[^{_INERT}]+"
_FULL_WIDTH = "[\uff01-\uff5e]"
_HALF_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
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


def nfkc(chunks: Iterator[str], size: int) -> Iterator[str]:
    """The text in Unicode's normalization form KC."""
    return map(_to_nfkc, pieces(chunks, size, before_starter))


def _to_nfkc(text: str) -> str:
    """`unicodedata.normalize("NFKC", text)`, three times as fast on Chinese text, of which it has to touch little."""
    text = re.sub(_FULL_WIDTH, lambda match: _HALF_WIDTH[match[0]], text)
    parts = []
    done = 0
    for match in re.finditer(_TOUCHED, text):
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
