"""The cut: runs are cut where no strong n-gram covers a gap, and the pieces are counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hanmine.newwords.kernels import count_pieces, group_pieces, join_characters, list_pieces
from hanmine.newwords.options import DiscoveryOptions
from hanmine.ngrams.trie import NgramTrie, match_room
from hanmine.ngrams.windows import CHUNK
from hanmine.text.spool import Spool

_CONTEXT = 3  # gaps are decided by n-grams that begin up to three characters earlier
_READ_AHEAD = 1 << 10
BLOCK = 1 << 16  # ids cut at a time: what is computed of them stays in the cache


@dataclass
class Pieces:
    """How often each piece came out of the cut.

    Attributes
    ----------
    short : {order: int64[rows + 1]}, pieces that are strong n-grams, by their rows in the trie of the strong set.
    long : pieces of more characters than the order, as bytes of uint16 ids.
    stretches : the stretches of text in which every window of the order is strong, with their neighbours. Whatever
        look-back lets pass occurs only there, so that long words need not be looked for in the whole text.
    """

    short: dict[int, np.ndarray]
    long: dict[bytes, int] = field(default_factory=dict)
    stretches: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint16))

    def add_long(self, ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> None:
        """Count long pieces, given by where they lie in `ids`."""
        for piece, count in _distinct(ids, starts, lengths).items():
            self.long[piece] = self.long.get(piece, 0) + count

    def merge(self, other: Pieces) -> None:
        """Add the pieces of another stretch of text."""
        for order, counts in other.short.items():
            self.short[order] += counts
        for piece, count in other.long.items():
            self.long[piece] = self.long.get(piece, 0) + count


class _Buffers:
    """Room for what is computed of one block."""

    def __init__(self, ahead: int) -> None:
        self.width = _CONTEXT + BLOCK + ahead
        self.found = match_room(self.width)
        self.joined = np.empty(self.width + 3, np.bool_)
        self.ends = np.empty(BLOCK + 2, np.int32)
        self.starts, self.lengths = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
        self.stretches = np.empty(4 * self.width, np.uint16)


class Cutter:
    """What a map step needs: the trie of the strong set, which rows are members, tokens, and the look-back."""

    def __init__(self, trie: NgramTrie, members: dict[int, np.ndarray], tokens, options: DiscoveryOptions) -> None:
        self.trie, self.tokens = trie, tokens
        self.members = tuple(np.append(members[order], False) for order in (2, 3, 4))  # row −1 is no member
        self.look_back = (options.order, "n-1" in options.look_back)

    def no_pieces(self) -> Pieces:
        """Where counts are added up."""
        return Pieces({order: np.zeros(len(self.trie.levels[order]) + 1, np.int64) for order in (2, 3, 4)})

    def cut(self, spool: Spool, start: int, stop: int) -> Pieces:
        """Count the pieces that begin in start..stop − 1, wherever they end."""
        pieces, buffers = self.no_pieces(), _Buffers(_READ_AHEAD)
        ids = spool.read(start - _CONTEXT, stop + _READ_AHEAD + 3)
        starts, lengths, stretches = [], [], []
        for begin in range(0, stop - start, BLOCK):
            length = min(BLOCK, stop - start - begin)
            found = self._cut_block(ids[begin : begin + _CONTEXT + length + _READ_AHEAD + 3], length, buffers, pieces)
            if found is None:
                found = self._cut_further(spool, start + begin, length, pieces)
            else:
                starts.append(found[0] + begin)
                lengths.append(found[1])
            stretches.append(found[2])
        if starts:
            pieces.add_long(ids, np.concatenate(starts), np.concatenate(lengths))
        pieces.stretches = np.concatenate(stretches)
        return pieces

    def _cut_further(self, spool: Spool, start: int, length: int, pieces: Pieces) -> tuple[np.ndarray, ...]:
        """Cut a block whose last piece runs over what was read ahead: read on until the piece ends."""
        ahead, found = _READ_AHEAD, None
        while found is None:
            ahead *= 16
            ids = spool.read(start - _CONTEXT, min(start + length + ahead, spool.length + 1) + 3)
            found = self._cut_block(ids, length, _Buffers(ahead), pieces)
        pieces.add_long(ids, *found[:2])
        return found

    def _cut_block(self, ids: np.ndarray, length: int, buffers: _Buffers, pieces: Pieces) -> tuple | None:
        """Count the short pieces that begin in the `length` ids after the context.

        Returns starts and lengths of the long ones and the stretches, or None if a piece does not end within `ids`.
        """
        width = len(ids) - 3
        found = self.trie.match(ids, width, buffers.found)
        joined = buffers.joined[: width + 3]
        join_characters(ids, found, *self.members, self.tokens, joined)
        count = list_pieces(joined, _CONTEXT, _CONTEXT + length, buffers.ends)
        if count < 0:
            return None
        passed, copied = count_pieces(
            ids,
            found,
            buffers.ends[:count],
            self.look_back,
            self.members,
            tuple(pieces.short[order] for order in (2, 3, 4)),
            buffers.starts,
            buffers.lengths,
            buffers.stretches,
        )
        return buffers.starts[:passed].copy(), buffers.lengths[:passed].copy(), buffers.stretches[:copied].copy()


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
    total = cutter.no_pieces()
    step = lambda start: cutter.cut(spool, start, min(start + CHUNK, spool.length))  # noqa: E731
    for pieces in runner.map(step, range(0, spool.length, CHUNK)):
        total.merge(pieces)
        stretches.append(pieces.stretches)
        progress.advance(CHUNK)
    return total
