"""The cut: runs are cut where no strong n-gram covers a gap, and the pieces are counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hanmine.newwords import cover
from hanmine.newwords.cover import (
    copy_stretches,
    count_copied_pieces,
    count_pieces,
    find_strong,
    group_pieces,
    insert_rows,
)
from hanmine.newwords.options import DiscoveryOptions
from hanmine.ngrams.repeats import Copies
from hanmine.ngrams.trie import NgramTrie
from hanmine.ngrams.windows import CHUNK
from hanmine.text.spool import Spool

_CONTEXT = 3  # gaps are decided by n-grams that begin up to three characters earlier; pieces of four end at a fifth
_READ_AHEAD = 1 << 10
_ROLE_SHIFT = 12  # a megabyte of roles: it stays in the second cache
_ROLES = {
    2: (cover.STRONG2,),
    3: (cover.BEGINS3, cover.ENDS3),
    4: (cover.BEGINS4, cover.MIDDLE4, cover.ENDS4),
}
_NO_COPIES = np.zeros(0, np.int64), np.zeros(0, np.int64)
_NO_SHORTER = np.zeros(0, np.uint64), np.uint64(0)
BLOCK = 1 << 16  # ids cut at a time: what is computed of them stays in the cache


@dataclass
class Pieces:
    """How often each piece came out of the cut.

    Attributes
    ----------
    short : {order: int[n-grams]}, pieces that are strong n-grams, in the order of the strong set.
    copied : the same, of those of which a character stands in a copy (see `hanmine.ngrams.repeats`).
    long : pieces of more characters than the order, as bytes of uint16 ids. long_copied : of those, as `copied`.
    stretches : the stretches of text in which every window of the order is strong, with their neighbours. Whatever
        look-back lets pass occurs only there, so that long words need not be looked for in the whole text.
    """

    short: dict[int, np.ndarray]
    copied: dict[int, np.ndarray]
    long: dict[bytes, int] = field(default_factory=dict)
    long_copied: dict[bytes, int] = field(default_factory=dict)
    stretches: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint16))

    def add_long(
        self, ids: np.ndarray, first: int, starts: np.ndarray, lengths: np.ndarray, copies: Copies | None
    ) -> None:
        """Count long pieces, given by where they lie in `ids`, which are those of the text from `first` on."""
        _add(self.long, _distinct(ids, starts, lengths))
        if copies:
            inside = copies.touch(first + starts, first + starts + lengths)
            _add(self.long_copied, _distinct(ids, starts[inside], lengths[inside]))

    def merge(self, other: Pieces) -> None:
        """Add the pieces of another stretch of text."""
        for order, counts in other.short.items():
            self.short[order] += counts
            self.copied[order] += other.copied[order]
        _add(self.long, other.long)
        _add(self.long_copied, other.long_copied)


def _add(counts: dict[bytes, int], others: dict[bytes, int]) -> None:
    for piece, count in others.items():
        counts[piece] = counts.get(piece, 0) + count


class _Buffers:
    """Room for what is computed of one block."""

    def __init__(self, ahead: int) -> None:
        width = _CONTEXT + BLOCK + _CONTEXT + ahead
        self.strip = np.empty(4096, np.uint32)
        self.marks = np.empty(width + 2, np.uint8)
        self.joined = np.empty(width + 3, np.bool_)
        self.places, self.slots = np.empty((3, width + 1), np.int32), np.empty((3, width + 1), np.int32)
        self.found = np.empty(3, np.int64)
        self.starts, self.lengths = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
        self.stretches = np.empty(4 * width, np.uint16)


class Cutter:
    """What a map step needs: the strong set, tokens, and the look-back.

    strong : {order: rows of the trie}. copies : those of the text, if there are any.
    """

    def __init__(
        self, trie: NgramTrie, strong: dict[int, np.ndarray], tokens, options: DiscoveryOptions,
        copies: Copies | None = None,
    ) -> None:  # fmt: skip
        self.tokens, self.copies = tokens, copies
        self.order = options.order
        self.sizes = {order: len(rows) for order, rows in strong.items()}
        roles, tables = np.zeros(1 << (32 - _ROLE_SHIFT), np.uint8), []
        for order, rows in strong.items():
            ngrams = trie.characters(order, rows)
            for begin, role in enumerate(_ROLES[order]):
                roles[cover.role_place.py_func(ngrams[:, begin], ngrams[:, begin + 1], _ROLE_SHIFT)] |= role
            tables.append(_table(ngrams))
        self.roles, self.tables = (roles, _ROLE_SHIFT), tuple(tables)
        self.shorter = _NO_SHORTER
        if "n-1" in options.look_back and options.order > 2:
            keys, _, shift = tables[options.order - 3]
            self.shorter = keys, shift

    def no_pieces(self, dtype=np.int64) -> Pieces:
        """Where counts are added up."""
        sizes = self.sizes if self.copies else dict.fromkeys(self.sizes, 0)
        short, copied = ({order: np.zeros(size, dtype) for order, size in of.items()} for of in (self.sizes, sizes))
        return Pieces(short, copied)

    def cut(self, spool: Spool, start: int, stop: int) -> Pieces:
        """Count the pieces that begin in start..stop − 1, wherever they end."""
        pieces, buffers = self.no_pieces(np.int32), _Buffers(_READ_AHEAD)
        ids = spool.read(start - _CONTEXT, stop + _CONTEXT + _READ_AHEAD + 3)
        starts, lengths, stretches = [], [], []
        for begin in range(0, stop - start, BLOCK):
            length = min(BLOCK, stop - start - begin)
            width = _CONTEXT + length + _CONTEXT + _READ_AHEAD
            found = self._cut_block(ids[begin : begin + width + 3], start + begin, length, buffers, pieces)
            if found is None:
                found = self._cut_further(spool, start + begin, length, pieces)
            else:
                starts.append(found[0] + begin)
                lengths.append(found[1])
            stretches.append(found[2])
        if starts:
            places = np.concatenate(starts), np.concatenate(lengths)
            pieces.add_long(ids, start - _CONTEXT, *places, self.copies)
        pieces.stretches = np.concatenate(stretches)
        return pieces

    def _cut_further(self, spool: Spool, start: int, length: int, pieces: Pieces) -> tuple[np.ndarray, ...]:
        """Cut a block with a stretch that runs over what was read ahead: read on until it ends."""
        ahead, found = _READ_AHEAD, None
        while found is None:
            ahead *= 16
            ids = spool.read(start - _CONTEXT, min(start + length + ahead, spool.length + 1) + _CONTEXT + 3)
            found = self._cut_block(ids, start, length, _Buffers(ahead), pieces)
        pieces.add_long(ids, start - _CONTEXT, *found[:2], self.copies)
        return found

    def _cut_block(self, ids: np.ndarray, start: int, length: int, buffers: _Buffers, pieces: Pieces) -> tuple | None:
        """Count the short pieces that begin in the `length` ids after the context, those from `start` on.

        Returns starts and lengths of the long ones and the stretches, or None if a stretch does not end within `ids`.
        In the stretches stand boundaries in the place of copies.
        """
        width, begin, stop = len(ids) - 3, _CONTEXT, _CONTEXT + length
        joined, places, slots, found = buffers.joined[: width + 3], buffers.places, buffers.slots, buffers.found
        room = buffers.strip, buffers.marks[: width + 2], joined, places, slots, found
        find_strong(ids, self.roles, self.tables, self.tokens, *room)
        windows = places[self.order - 2, : found[self.order - 2]]
        room = buffers.starts, buffers.lengths, buffers.stretches
        passed, written = copy_stretches(ids, joined, windows, begin, stop, self.order, self.shorter, *room)
        if passed < 0:
            return None
        pieces_here = buffers.starts[:passed].copy(), buffers.lengths[:passed].copy()
        rows = tuple(numbers for _, numbers, _ in self.tables)
        first, copied = start - _CONTEXT, _NO_COPIES
        if self.copies:
            copied = self.copies.within(first, first + len(ids))
        if len(copied[0]):
            counts = tuple(pieces.copied.values())
            count_copied_pieces(rows, joined, places, slots, found, begin, stop, copied, counts)
            once = self.copies.without(first, first + len(ids), ids.copy())
            copy_stretches(once, joined, windows, begin, stop, self.order, _NO_SHORTER, *room)
        count_pieces(rows, joined, places, slots, found, begin, stop, tuple(pieces.short.values()))
        return *pieces_here, buffers.stretches[:written].copy()


def _table(ngrams: np.ndarray) -> tuple:
    """Keys, rows and shift for `cover.find`."""
    for bits in range(max((2 * len(ngrams)).bit_length(), 4), 64):
        keys = np.zeros(1 << bits, np.uint32 if ngrams.shape[1] == 2 else np.uint64)
        table = ~keys, np.empty(1 << bits, np.int32), np.uint64(64 - bits)
        if insert_rows(ngrams, *table):
            return table
    raise AssertionError("unequal keys find a place in some table")


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
