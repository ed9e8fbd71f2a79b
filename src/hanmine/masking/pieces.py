"""Texts of any length in pieces that a model has positions for, cut at punctuation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# The best place for a cut is behind a sentence, then behind a clause, then at white space.
_CUTS = ("。！？!?…\n", "；;：:", "，,、", " \t\u3000")
_CLOSING = '”’」』）)》〉】]"'  # belongs to what stands before
OVERLAP = 16  # characters that two pieces share where nothing invites to cut


@dataclass(frozen=True)
class Piece:
    """Characters `start` to `stop` of a text go through the model together.

    The gaps `first` to `last` (half open) of the text are read from this piece: all inside of it, but where it overlaps
    with its neighbours. `fresh` of its characters are in no piece before.
    """

    start: int
    stop: int
    first: int
    last: int
    fresh: int


def pieces_of(text: str, most: int) -> Iterator[Piece]:
    """Pieces of at most `most` characters, in order.

    A text is cut behind the last punctuation in the second half of what fits; the gap at a cut belongs to no piece.
    Where there is none, pieces overlap, and each gap is read where it is further from the edge.
    """
    start = first = seen = 0
    while len(text) - start > most:
        stop, overlap = _cut(text, start, most)
        last = stop - 1 - overlap // 2
        yield Piece(start, stop, first, last, stop - seen)
        start, seen = stop - overlap, stop
        first = last if overlap else start
    if start < len(text):
        yield Piece(start, len(text), first, len(text) - 1, len(text) - seen)


def _cut(text: str, start: int, most: int) -> tuple[int, int]:
    """Where the piece that begins at `start` ends, and how many of its characters the next one repeats."""
    low, high = start + max(1, most // 2), start + most
    for marks in _CUTS:
        for place in range(high - 1, low - 2, -1):
            if text[place] in marks:
                stop = place + 1
                while stop < high and text[stop] in _CLOSING:
                    stop += 1
                return stop, 0
    return high, min(OVERLAP, most // 2)
