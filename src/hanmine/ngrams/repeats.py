"""Long stretches of text that occur often (advertisements, signatures, headers and footers), to be counted once.

One text that stands there a thousand times tells of language what it tells once; a thousand texts tell more. So
statistics from which words are learned leave *copies* out: of each *window* of 24 ids (characters, or a boundary
between runs) that occurs `OFTEN` times or more without overlapping itself, all occurrences but the first. Any digit
equals any other in them. A longer stretch is covered by the windows in it.

24 is longer than what speakers repeat of themselves: sayings, a couplet with its punctuation (16), most titles with
names. What is longer and said more than once is seldom said 5 times: of 1.8 million characters of news (People's Daily,
January 1998) .2 % are copies in this sense, of four novels and of two news texts of 180,000 characters nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.ngrams import winnowing
from hanmine.ngrams.winnowing import LENGTH
from hanmine.text.alphabet import ALNUM_START, BOUNDARY, DIGIT_STOP
from hanmine.text.spool import Spool

REPEATS = ("once", "count")
OFTEN = 5
SHARE = 16  # chunks that one map step takes
ROOM = 1 << 20  # distinct windows that room is made for at first
_DIGITS = np.uint16(ALNUM_START), np.uint16(DIGIT_STOP)


@dataclass(frozen=True, eq=False)
class Copies:
    """Stretches of a text that are copies of earlier ones.

    Attributes
    ----------
    starts, stops : int64[stretches], rising: first id and last + 1 of each.
    characters : ids in them that are no boundaries.
    """

    starts: np.ndarray
    stops: np.ndarray
    characters: int

    def __len__(self) -> int:
        return len(self.starts)

    def facts(self) -> dict[str, int]:
        """For a summary."""
        return {"stretches": len(self), "characters": self.characters}

    def within(self, start: int, stop: int, context: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Starts and stops of the copies in ids[start:stop], longer by `context` on both sides, as places there."""
        first = np.searchsorted(self.stops, start - context, side="right")
        last = max(np.searchsorted(self.starts, stop + context), first)
        starts, stops = self.starts[first:last] - (start + context), self.stops[first:last] - (start - context)
        return np.maximum(starts, 0), np.minimum(stops, stop - start)

    def mark(self, start: int, stop: int, context: int = 0) -> np.ndarray | None:
        """Which of ids[start:stop] stand in copies, or no further than `context` from one, bool; None where none do."""
        starts, stops = self.within(start, stop, context)
        if not len(starts):
            return None
        marks = np.zeros(stop - start, bool)
        winnowing.fill_stretches(starts, stops, True, marks)
        return marks

    def message(self, switch: str) -> str:
        """What a user should know; switch : the option that counts them."""
        stretches, repeat = ("1 stretch", "repeats") if len(self) == 1 else (f"{len(self):,} stretches", "repeat")
        return (
            f"{stretches} of text ({self.characters:,} characters) {repeat} what occurs {OFTEN} times or more: words "
            f"were learned from the first of each ({switch}: from all)"
        )

    def touch(self, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        """Which of some stretches of the text have ids in copies, bool[stretches]."""
        return np.searchsorted(self.stops, starts, side="right") < np.searchsorted(self.starts, stops)

    def without(self, start: int, stop: int, ids: np.ndarray) -> np.ndarray:
        """ids[start:stop] of the text with 0, the boundary, in the place of copies; written over in place."""
        starts, stops = self.within(start, stop)
        winnowing.fill_stretches(starts, stops, np.uint16(BOUNDARY), ids)
        return ids


class CountedOnce:
    """A spool with boundaries in the place of copies, to be read like the whole one."""

    def __init__(self, spool: Spool, copies: Copies) -> None:
        self.length, self._spool, self._copies = spool.length, spool, copies

    def read(self, start: int, stop: int) -> np.ndarray:
        """As `Spool.read`."""
        return self._copies.without(start, stop, self._spool.read(start, stop))


def find_copies(spool: Spool, runner, progress) -> Copies:
    """The copies in a text; whatever the runner, the same."""
    ids = spool.view()
    windows = max(len(ids) - LENGTH + 1, 0)
    progress.phase("repeats", windows, "characters")
    runs, candidates = _candidates(ids, windows, runner, progress)
    if not len(runs):
        return Copies(np.zeros(0, np.int64), np.zeros(0, np.int64), 0)
    numbers, firsts, counts = _number(ids, runs, candidates)
    stretches = np.empty((len(ids) // LENGTH + 1, 2), np.int64)
    count = winnowing.cover_copies(runs, numbers, firsts, counts, OFTEN, stretches)
    characters = np.empty(count, np.int64)
    winnowing.count_characters(ids, stretches, characters)
    starts, stops = stretches[:count][characters > 0].T.copy()
    return Copies(starts, stops, int(characters.sum()))


def _candidates(ids: np.ndarray, windows: int, runner, progress) -> tuple[np.ndarray, int]:
    """Runs of windows whose fingerprint is frequent, int64[runs, 2], and how many windows they hold."""
    chunks = -(-windows // winnowing.CHUNK)
    bits = min(max((windows // 4).bit_length(), winnowing.BUCKET_BITS), 32)

    def collect(first: int) -> tuple[np.ndarray, np.ndarray]:
        last = min(first + SHARE, chunks)
        stop = min(last * winnowing.CHUNK, windows)
        ends = np.empty((last - first, 1 << (bits - winnowing.BUCKET_BITS)), np.int64)
        entries = np.empty(stop - first * winnowing.CHUNK, np.uint32)
        total = winnowing.collect_entries(
            ids[first * winnowing.CHUNK : stop + LENGTH - 1], _DIGITS, bits, ends, entries
        )
        progress.advance(len(entries))
        return ends, entries[:total].copy()

    parts = list(runner.map(collect, range(0, chunks, SHARE)))
    before = np.cumsum([0] + [len(entries) for _, entries in parts])
    marks = np.zeros(chunks * winnowing.CHUNK // 8, np.uint8)
    if parts:
        ends = np.concatenate([ends + start for (ends, _), start in zip(parts, before[:-1], strict=True)])
        entries = np.concatenate([entries for _, entries in parts])
        del parts
        winnowing.mark_frequent(entries, ends, OFTEN, marks)
    runs = np.empty((1 << 16, 2), np.int64)
    count, candidates = winnowing.list_candidates(marks, windows, runs)
    if count > len(runs):
        runs = np.empty((count, 2), np.int64)
        winnowing.list_candidates(marks, windows, runs)
    return runs[:count], candidates


def _number(ids: np.ndarray, runs: np.ndarray, candidates: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The number of each candidate's distinct window, and of these the first occurrence and how many there are."""
    room = min(candidates, ROOM)
    numbers, state = np.empty(candidates, np.int32), np.zeros(4, np.int64)
    firsts, lasts, counts = (np.empty(room, np.int64) for _ in range(3))
    while True:
        slots = np.full(1 << (2 * len(firsts)).bit_length(), -1, np.int32)
        winnowing.refill_slots(ids, _DIGITS, firsts[: state[0]], slots)
        if winnowing.count_candidates(ids, _DIGITS, runs, slots, firsts, lasts, counts, numbers, state):
            return numbers, firsts, counts
        firsts, lasts, counts = (np.concatenate([part, np.empty_like(part)]) for part in (firsts, lasts, counts))
