"""Words of a user's dictionary in lines of text: the leftmost first, and of those that begin there the longest."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hanmine.segmentation.kernels import find_words
from hanmine.segmentation.lines import Lines
from hanmine.text.folding import Folding


class UserWords:
    """Distinct words, sorted by code points, so that those that begin alike stand together.

    Parameters
    ----------
    words : strings; empty ones and repetitions are passed over.
    folding : the spelling in which words and lines are compared; None: as they stand.

    Attributes
    ----------
    words : as they were given, without those that hold white space.
    parted : how many do: the words of a line never hold white space beside other characters.
    """

    def __init__(self, words: Iterable[str], folding: Folding | None = None) -> None:
        given = {word for word in words if word}
        self.words = sorted(word for word in given if not any(map(str.isspace, word)))
        self.parted = len(given) - len(self.words)
        self._folding = folding
        forms = set(self.words) if folding is None else folding.forms(self.words)
        sorted_lines = Lines.of(sorted(forms - {""}))
        self._flat, self._offsets = sorted_lines.codes, sorted_lines.offsets
        firsts = self._flat[self._offsets[:-1]]
        self._heads, places = np.unique(firsts, return_index=True)
        self._places = np.append(places, len(sorted_lines)).astype(np.int64)

    def __len__(self) -> int:
        return len(self.words)

    def find(self, lines: Lines, closed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where words begin, and where each ends: two int64[matches], positions in all lines, half-open.

        closed : bool[characters], gaps (behind each character) at which no word begins or ends.
        """
        if not len(self._heads) or not len(lines.codes):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        codes, offsets, source = lines.codes, lines.offsets, None
        if self._folding is not None:
            codes, offsets, source = self._folding.align_lines(codes, offsets)
        if source is not None:
            # The gap behind a character is the one before the next that is read; within one character there is none.
            following = np.append(source[1:], len(lines.codes))
            closed = (closed & ~lines.last)[following - 1] | (following == source)
            closed[offsets[1:][offsets[1:] > offsets[:-1]] - 1] = False
        ends = np.zeros(len(codes), np.int64)
        find_words(codes, offsets, closed, self._flat, self._offsets, self._heads, self._places, ends)
        begin = np.flatnonzero(ends)
        end = ends[begin]
        if source is None:
            return begin, end
        # What is passed over belongs to the character before it.
        last = np.isin(end, offsets[1:])
        stops = lines.offsets[1:][np.searchsorted(offsets[1:], end)]
        return source[begin], np.where(last, stops, source[np.minimum(end, len(source) - 1)])
