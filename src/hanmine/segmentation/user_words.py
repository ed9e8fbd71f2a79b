"""Words of a user's dictionary in lines of text: the leftmost first, and of those that begin there the longest."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hanmine.segmentation.kernels import find_words
from hanmine.segmentation.lines import Lines


class UserWords:
    """Distinct words, sorted by code points, so that those that begin alike stand together.

    Parameters
    ----------
    words : strings; empty ones and repetitions are passed over.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = sorted({word for word in words if word})
        sorted_lines = Lines.of(self.words)
        self._flat, self._offsets = sorted_lines.codes, sorted_lines.offsets
        firsts = self._flat[self._offsets[:-1]]
        self._heads, places = np.unique(firsts, return_index=True)
        self._places = np.append(places, len(self.words)).astype(np.int64)

    def __len__(self) -> int:
        return len(self.words)

    def find(self, lines: Lines, closed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where words begin, and where each ends: two int64[matches], positions in all lines, half-open.

        closed : bool[characters], gaps (behind each character) at which no word begins or ends.
        """
        if not self.words:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        ends = np.zeros(len(lines.codes), np.int64)
        find_words(
            lines.codes, lines.offsets, closed, self._flat, self._offsets, self._heads, self._places, ends
        )  # fmt: skip
        begin = np.flatnonzero(ends)
        return begin, ends[begin]
