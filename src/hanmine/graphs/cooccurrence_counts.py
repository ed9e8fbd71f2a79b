"""Counting pairs of words row by row, in memory that does not grow with the text.

A part of the text is indexed: where does each word stand? A row of the matrix of co-occurrences is then counted by
going to these places, in one array with a sum for each word, so that no list of pairs is ever sorted or kept. One part
is as much as fits; of a longer text the rows of each part go to a temporary file, and are added up row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from hanmine.graphs import cooccurrence_kernels as kernels
from hanmine.graphs.association import Association, Links, union
from hanmine.graphs.cooccurrence_text import FoundWords
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.text.spool import Spool

PART = 1 << 24  # tokens that are indexed at a time: 64 MB, and as much for their places
ENTRIES = 1 << 20  # of rows that are counted in one step
LONGEST_LINE = 1000  # words; of longer lines each stretch of so many is a line of its own


@dataclass(frozen=True)
class Window:
    """Which words of a line are near each other: the next `reach` ones, or (`whole_line`) all, equal ones once."""

    reach: int
    whole_line: bool

    @classmethod
    def of(cls, window: int | str) -> Window:
        """From a number of words or "line"."""
        return cls(LONGEST_LINE, True) if window == "line" else cls(int(window), False)


@dataclass
class IndexedPart:
    """A part of a text, its places by word.

    Attributes
    ----------
    tokens : int32[:]. begin : int64[words + 1] and positions : int32[:], see `kernels.index_tokens`.
    partners : int64[words], sums of the rows.
    """

    tokens: np.ndarray
    begin: np.ndarray
    positions: np.ndarray
    partners: np.ndarray
    window: Window

    @classmethod
    def of(cls, tokens: np.ndarray, words: int, window: Window) -> IndexedPart:
        begin, partners = np.zeros(words + 1, np.int64), np.zeros(words, np.int64)
        positions = np.empty(int((tokens >= 0).sum()), np.int32)
        kernels.index_tokens(tokens, window.reach, begin, positions, partners)
        return cls(tokens, begin, positions, partners, window)

    def most_entries(self) -> np.ndarray:
        """int64[words]: what the rows have at most."""
        return np.minimum(np.diff(self.begin) * 2 * self.window.reach, len(self.partners))

    def rows(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ends, columns and amounts of the rows first..last − 1, see `kernels.count_rows`."""
        room = int(self.most_entries()[first:last].sum())
        columns, amounts = np.empty(room, np.int32), np.empty(room, np.int64)
        sums, ends = np.zeros(len(self.partners), np.int64), np.empty(last - first, np.int64)
        places = self.tokens, self.begin, self.positions
        kernels.count_rows(*places, self.window.reach, first, ends, sums, columns, amounts)
        count = int(ends[-1])
        return ends, columns[:count], amounts[:count]


class SpilledRows:
    """The rows of all parts of a long text but added up, in temporary files."""

    def __init__(self, words: int, spool: Spool) -> None:
        self.words = words
        self._spool = spool
        self._parts: list[tuple[Spool, Spool, np.ndarray]] = []
        self.partners = np.zeros(words, np.int64)

    def add(self, part: IndexedPart, runner: ThreadRunner, progress: Progress) -> None:
        """Count the rows of a part and put them away."""
        columns, amounts = self._spool.companion(), self._spool.companion()
        begin = np.zeros(self.words + 1, np.int64)
        self._parts.append((columns, amounts, begin))
        self.partners += part.partners
        blocks = list(row_blocks(part.most_entries()))
        end = 0
        for (first, last), (ends, others, sums) in zip(
            blocks, runner.map(lambda block: part.rows(*block), blocks), strict=True
        ):
            columns.append(others.view(np.uint16))
            amounts.append(sums.view(np.uint16))
            begin[first + 1 : last + 1] = end + ends
            end += int(ends[-1])
            progress.advance(int(part.begin[last] - part.begin[first]))

    def most_entries(self) -> np.ndarray:
        """int64[words]: what the rows have at most, read from all parts."""
        return sum(np.diff(begin) for _, _, begin in self._parts)

    def rows(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As `IndexedPart.rows`, of all parts together."""
        part_ends, part_columns, part_amounts = [], [], []
        before = 0
        for columns, amounts, begin in self._parts:
            low, high = int(begin[first]), int(begin[last])
            part_columns.append(columns.read(2 * low, 2 * high).view(np.int32))
            part_amounts.append(amounts.read(4 * low, 4 * high).view(np.int64))
            part_ends.append(begin[first : last + 1] - low + before)
            before += high - low
        columns, amounts = np.empty(before, np.int32), np.empty(before, np.int64)
        sums, ends = np.zeros(self.words, np.int64), np.empty(last - first, np.int64)
        parts = np.stack(part_ends), np.concatenate(part_columns), np.concatenate(part_amounts)
        kernels.add_rows(*parts, first, ends, sums, columns, amounts)
        count = int(ends[-1])
        return ends, columns[:count], amounts[:count]

    def close(self) -> None:
        """Give the files back."""
        for columns, amounts, _ in self._parts:
            columns.close()
            amounts.close()


@dataclass
class Counted:
    """Links, and what they were chosen from.

    Attributes
    ----------
    links : as `Association` selected them. partners : int64[words], words near any occurrence of each.
    divided : lines that were longer than `LONGEST_LINE` words and divided.
    spilled : whether rows went to temporary files.
    """

    links: Links
    partners: np.ndarray
    divided: int = 0
    spilled: bool = False


def row_blocks(entries: np.ndarray) -> Iterator[tuple[int, int]]:
    """Rows (first, last + 1) that are counted in one step: of `ENTRIES` entries at most, or one."""
    ends, first = np.cumsum(entries), 0
    while first < len(entries):
        before = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, before + ENTRIES, "right")), first + 1)
        yield first, last
        first = last


def count_pairs(
    found: FoundWords, window: Window, choose: Callable[[np.ndarray], Association], *, runner: ThreadRunner,
    progress: Progress,
) -> Counted:  # fmt: skip
    """Count how often words stand near each other, and keep the links that are chosen.

    choose : makes the association out of `partners`, which are known before the rows.
    """
    words = len(found.counts)
    progress.phase("counting pairs", int(found.counts.sum()), "words")
    divided, spilled = 0, None
    try:
        for tokens, last in _parts(found):
            if window.whole_line:
                tokens, more = _one_of_each(tokens, words)
                divided += more
            part = IndexedPart.of(tokens, words, window)
            del tokens
            if last and spilled is None:
                links = _select(part, choose, runner, progress)
                return Counted(links, part.partners, divided)
            spilled = spilled or SpilledRows(words, found.tokens.companion())
            spilled.add(part, runner, progress)
            del part
        if spilled is None:  # no text
            return Counted(union([], words), np.zeros(words, np.int64))
        progress.phase("adding up", words, "words")
        return Counted(_select(spilled, choose, runner, progress), spilled.partners, divided, True)
    finally:
        if spilled is not None:
            spilled.close()


def _parts(found: FoundWords) -> Iterator[tuple[np.ndarray, bool]]:
    """Parts of about `PART` tokens that end with a line if one ends there, and whether it is the last."""
    start = 0
    while start < len(found):
        tokens = found.read(start, start + PART)
        last = start + len(tokens) == len(found)
        if not last:
            ends = np.flatnonzero(tokens == kernels.LINE_END)
            tokens = tokens[: ends[-1] + 1] if len(ends) else tokens
        start += len(tokens)
        yield tokens, last


def _one_of_each(tokens: np.ndarray, words: int) -> tuple[np.ndarray, int]:
    left = np.empty(len(tokens) + len(tokens) // LONGEST_LINE + 1, np.int32)
    count, divided = kernels.keep_one_of_each(tokens, np.full(words, -1, np.int64), LONGEST_LINE, left)
    return left[:count], divided


def _select(rows: IndexedPart | SpilledRows, choose, runner: ThreadRunner, progress: Progress) -> Links:
    association, blocks = choose(rows.partners), list(row_blocks(rows.most_entries()))
    spilled = isinstance(rows, SpilledRows)
    parts = []
    step = lambda block: association.select(block[0], *rows.rows(*block))  # noqa: E731
    for (first, last), links in zip(blocks, runner.map(step, blocks), strict=True):
        parts.append(links)
        progress.advance(last - first if spilled else int(rows.begin[last] - rows.begin[first]))
    return union(parts, len(rows.partners))
