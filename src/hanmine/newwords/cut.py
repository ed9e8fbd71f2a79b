"""The cut: runs are cut where no strong n-gram covers a gap, and the pieces are counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hanmine.newwords.kernels import count_pieces, group_pieces, join_characters
from hanmine.newwords.options import DiscoveryOptions
from hanmine.ngrams.trie import NgramTrie
from hanmine.ngrams.windows import CHUNK
from hanmine.text.spool import Spool

_CONTEXT = 3  # gaps are decided by n-grams that begin up to three characters earlier
_READ_AHEAD = 1 << 10


@dataclass
class Pieces:
    """How often each piece came out of the cut.

    Attributes
    ----------
    short : {order: int64[rows]}, pieces that are strong n-grams, by their rows in the trie of the strong set.
    long : pieces of more characters than the order, as bytes of uint16 ids.
    stretches : the stretches of text in which every window of the order is strong, with their neighbours. Whatever
        look-back lets pass occurs only there, so that long words need not be looked for in the whole text.
    """

    short: dict[int, np.ndarray]
    long: dict[bytes, int] = field(default_factory=dict)
    stretches: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint16))

    def merge(self, other: Pieces) -> None:
        """Add the pieces of another stretch of text."""
        for order, counts in other.short.items():
            self.short[order] += counts
        for piece, count in other.long.items():
            self.long[piece] = self.long.get(piece, 0) + count


@dataclass
class Cutter:
    """What a map step needs: the trie of the strong set, which rows are members, tokens, and the look-back."""

    trie: NgramTrie
    members: dict[int, np.ndarray]
    tokens: tuple[int, int]
    options: DiscoveryOptions

    def cut(self, spool: Spool, start: int, stop: int) -> Pieces:
        """Count the pieces that begin in start..stop − 1, wherever they end."""
        look_back = (self.options.order, "n-1" in self.options.look_back)
        members = tuple(self.members[order] for order in (2, 3, 4))
        ahead = _READ_AHEAD
        while True:
            width = _CONTEXT + min(stop + ahead, spool.length + 1) - start
            ids = spool.read(start - _CONTEXT, start - _CONTEXT + width + 3)
            found = self.trie.match(ids, width)
            joined = np.empty(width + 3, np.bool_)
            join_characters(ids, found, *members, self.tokens, joined)
            pieces = Pieces({order: np.zeros(len(self.members[order]), np.int64) for order in (2, 3, 4)})
            starts, lengths = np.empty(stop - start, np.int64), np.empty(stop - start, np.int64)
            stretches = np.empty(4 * width, np.uint16)
            count, copied = count_pieces(
                ids,
                joined,
                found,
                (_CONTEXT, _CONTEXT + stop - start),
                look_back,
                members,
                tuple(pieces.short[order] for order in (2, 3, 4)),
                starts,
                lengths,
                stretches,
            )
            if count >= 0:
                pieces.long = _distinct(ids, starts[:count], lengths[:count])
                pieces.stretches = stretches[:copied].copy()
                return pieces
            ahead *= 16


def _distinct(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> dict[bytes, int]:
    slots = np.full(1 << max((2 * len(starts)).bit_length(), 4), -1, np.int64)
    amounts = np.empty(len(starts), np.int64)
    group_pieces(ids, starts, lengths, slots, amounts)
    kept = np.flatnonzero(amounts)
    rows = zip(starts[kept].tolist(), lengths[kept].tolist(), amounts[kept].tolist(), strict=True)
    return {ids[start : start + length].tobytes(): amount for start, length, amount in rows}


def cut_corpus(spool: Spool, cutter: Cutter, stretches: Spool, runner, progress) -> Pieces:
    """Cut every chunk of a corpus and merge; the stretches go, in the order of the text, to a spool of their own."""
    progress.phase("cutting", spool.length, "characters")
    total = Pieces({order: np.zeros(len(cutter.members[order]), np.int64) for order in (2, 3, 4)})
    step = lambda start: cutter.cut(spool, start, min(start + CHUNK, spool.length))  # noqa: E731
    for pieces in runner.map(step, range(0, spool.length, CHUNK)):
        total.merge(pieces)
        stretches.append(pieces.stretches)
        progress.advance(CHUNK)
    return total
