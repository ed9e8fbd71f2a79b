"""Exact counts of words that were judged by a text without its copies.

Whether something is a word, and all statistics by which that is decided, come from the text in which long stretches
that occur often stand once (`hanmine.ngrams.repeats`); `count` is of the whole text. The two differ by the occurrences
that touch a copy, and those all lie in its neighbourhood: what is counted there in the whole text, less what is counted
there without copies, is added.
"""

from __future__ import annotations

import numpy as np

from hanmine.ngrams.aligned import count_aligned
from hanmine.ngrams.occurrences import Strings, count_occurrences
from hanmine.ngrams.repeats import Copies
from hanmine.ngrams.trie import NgramTrie
from hanmine.ngrams.windows import CHUNK
from hanmine.text.spool import Spool


class Neighbourhoods:
    """The copies of a text with `context` ids on both sides, as they stand there (`whole`) and with boundaries in their
    place (`once`): two spools, to be closed."""

    def __init__(self, spool: Spool, copies: Copies, context: int) -> None:
        self.whole, self.once = spool.companion(), spool.companion()
        for start in range(0, spool.length, CHUNK):
            stop = min(start + CHUNK, spool.length)
            near = copies.mark(start - 1, stop, context)  # one id earlier, for a boundary has to stand behind each
            if near is None:
                continue
            kept = near[1:] | near[:-1]
            ids = spool.read(start, stop)
            ids[~near[1:]] = 0
            self.whole.append(ids[kept])
            self.once.append(copies.without(start, stop, ids)[kept])

    def __enter__(self) -> Neighbourhoods:
        return self

    def __exit__(self, *_: object) -> None:
        self.whole.close()
        self.once.close()


class CopiedOccurrences:
    """Counts the occurrences that touch copies, of strings of ids.

    trie : the n-grams of the text without copies; runner, progress : see `hanmine.runners`, `hanmine.progress`.
    """

    def __init__(self, spool: Spool, copies: Copies, trie: NgramTrie, runner, progress) -> None:
        self.spool, self.copies, self.trie = spool, copies, trie
        self.runner, self.progress = runner, progress

    def count(self, strings: Strings, tokens: tuple[int, int]) -> np.ndarray:
        """int64[strings]; of strings that begin or end with part of a Latin/digit token, those at the edges of tokens.

        strings : of two ids and more; those of two to four must be in the trie.
        tokens : (start, stop), the ids of letters and digits; (0, 0) for no tokens.
        """
        result = np.zeros(len(strings), np.int64)
        if not len(strings):
            return result
        sizes = np.diff(strings.offsets)
        first, last = strings.flat[strings.offsets[:-1]], strings.flat[strings.offsets[1:] - 1]
        aligned = ((tokens[0] <= first) & (first < tokens[1])) | ((tokens[0] <= last) & (last < tokens[1]))
        touching = self._ngrams()
        rows = self.trie.match(np.append(strings.flat, np.zeros(3, np.uint16)))
        begins = strings.offsets[:-1]
        for order in (2, 3, 4):
            chosen = np.flatnonzero((sizes == order) & ~aligned)
            result[chosen] = touching[order][rows[order - 2, begins[chosen]]]
        # Where a longer string touches a copy, one of its fourgrams does.
        near_copies = np.maximum.reduceat((touching[4] > 0)[rows[2]] & (rows[2] >= 0), begins)
        longer = np.flatnonzero((sizes > 4) & ~aligned & near_copies)
        aligned = np.flatnonzero(aligned)
        longest = int(max(sizes[longer].max(initial=0), sizes[aligned].max(initial=0)))
        if longest:
            with Neighbourhoods(self.spool, self.copies, longest) as near:
                self._add(result, strings, longer, near, self._occurrences)
                self._add(result, strings, aligned, near, lambda *of: self._aligned(*of, tokens))
        return result

    def _ngrams(self) -> dict[int, np.ndarray]:
        """Occurrences of all n-grams of the trie that touch copies: {order: int64[rows]}."""
        touching = {order: np.zeros(len(self.trie.levels[order]) + 1, np.int64) for order in (2, 3, 4)}  # last: none
        with Neighbourhoods(self.spool, self.copies, 3) as near:
            for spool, sign in ((near.whole, 1), (near.once, -1)):
                for start in range(0, spool.length, CHUNK):
                    found = self.trie.match(spool.read(start, min(start + CHUNK, spool.length) + 3))
                    for order in (2, 3, 4):
                        np.add.at(touching[order], found[order - 2], sign)
        return touching

    def _add(self, result: np.ndarray, strings: Strings, chosen: np.ndarray, near: Neighbourhoods, count) -> None:
        if len(chosen):
            some = strings.select(chosen)
            result[chosen] = count(near.whole, some) - count(near.once, some)

    def _occurrences(self, spool: Spool, strings: Strings) -> np.ndarray:
        return count_occurrences(spool, strings, self.runner, self.progress).counts

    def _aligned(self, spool: Spool, strings: Strings, tokens: tuple[int, int]) -> np.ndarray:
        return count_aligned(spool, strings, tokens, self.runner, self.progress)[0]
