"""Lines of any length in pieces, cut where a sentence or at least a clause ends, if anything does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_ENDS = re.compile(r"[\s。！？；：，、!?;:,.」』”’）)》…]")


def cut_long(line: str, most: int) -> Iterator[str]:
    """Pieces of at most `most` characters, cut behind the last punctuation or white space in their last eighth."""
    start = 0
    while len(line) - start > most:
        end = _first_cut(line, start, most)
        yield line[start:end]
        start = end
    yield line[start:]


def pieces_of_lines(texts: Iterable[str], most: int) -> Iterator[tuple[str, bool]]:
    r"""The lines of a stream of text in the pieces of `cut_long`, each with whether the next one goes on with its line.

    Line ends (\n or \r\n) are dropped. No more than `most` characters and one of the texts are held.
    """
    held = ""
    for text in texts:
        first, *others = text.split("\n")
        held += first
        for following in others:
            yield from _last_pieces(held, most)
            held = following
        # What the line still gets only makes it longer, but for an \r that may be part of its end.
        while len(held) - held.endswith("\r") > most:
            end = _first_cut(held, 0, most)
            yield held[:end], True
            held = held[end:]
    if held:
        yield from _last_pieces(held, most)


def _last_pieces(held: str, most: int) -> Iterator[tuple[str, bool]]:
    """The pieces of what is left of a line when its end is there."""
    *pieces, last = cut_long(held.removesuffix("\r"), most)
    for piece in pieces:
        yield piece, True
    yield last, False


def _first_cut(line: str, start: int, most: int) -> int:
    stop = start + most
    window = line[stop - most // 8 : stop]
    last = max((found.end() for found in _ENDS.finditer(window)), default=len(window))
    return stop - len(window) + last
