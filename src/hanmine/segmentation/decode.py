"""The best segmentation of a line, by dynamic programming over scores of words and scores of gaps.

Of all segmentations the one is taken whose total is highest:

    Σ over words of  length × score of the word  +  Σ over sources λ · (Σ scores of the word's inner gaps − score of the
    gap at its end)

A high score of a gap says that its two characters belong together. Gaps that no source covers (nan) count 0, which is
the mean of scores that were standardised. Of equal totals the segmentation with the shortest last word is taken, and
of these the one with the shortest last word but one, and so on.

Words have at most as many characters as there are columns of scores. Gaps may be *joined*, and then are in no
segmentation's cut: characters that are joined one to the next may form a longer word, alone, whose score is 0; or
*cut*, and then are in every one's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanmine.errors import UsageError
from hanmine.segmentation.kernels import best_cut


def best_cuts(
    word_scores: np.ndarray,
    gap_scores: Sequence[np.ndarray] = (),
    weights: Sequence[float] = (),
    *,
    joined: np.ndarray | None = None,
    cut: np.ndarray | None = None,
) -> np.ndarray:
    """The ends of the words of the best segmentation of one line: int64[words], the last of them is n.

    Parameters
    ----------
    word_scores : float64[shape=(n, longest)]; the score of the word of l characters at i stands at [i, l - 1]. −inf
        forbids a word, but for characters between which every gap is joined, where nothing else is left.
    gap_scores : any number of float64[n - 1], each with its weight λ in `weights`; nan where a source is silent.
    joined, cut : bool[n - 1].

    Raises
    ------
    UsageError : arrays of other lengths, or a gap that is to be both joined and cut.
    """
    n = len(word_scores)
    for array in (*gap_scores, *(marks for marks in (joined, cut) if marks is not None)):
        if len(array) != max(n - 1, 0):
            raise UsageError(
                f"a line of {n} characters has {max(n - 1, 0)} gaps, not {len(array)}: pass one value a gap"
            )
    gaps = [_behind(np.asarray(scores, np.float64), 0.0) for scores in gap_scores]
    marks = [None if given is None else _behind(np.asarray(given, bool), False) for given in (joined, cut)]
    offsets = np.array([0, n], np.int64)
    flags = best_cuts_of_lines(word_scores, offsets, gaps, weights, joined=marks[0], cut=marks[1])
    return np.flatnonzero(flags) + 1


def _behind(values: np.ndarray, filler) -> np.ndarray:
    """One value a character: that of the gap behind it, and a filler for the last."""
    return np.append(values, values.dtype.type(filler))


def best_cuts_of_lines(
    word_scores: np.ndarray,
    offsets: np.ndarray,
    gap_scores: Sequence[np.ndarray] = (),
    weights: Sequence[float] = (),
    *,
    joined: np.ndarray | None = None,
    cut: np.ndarray | None = None,
) -> np.ndarray:
    """The best segmentations of many lines: bool[characters], whether a word ends with a character.

    Line k is the characters offsets[k]..offsets[k + 1] − 1; everything has one value a character (`word_scores` one
    row), that of a gap standing at the character before it. What stands at a line's last character is not looked at.

    Raises
    ------
    UsageError : arrays of other lengths, or a gap that is to be both joined and cut.
    """
    scores = np.ascontiguousarray(word_scores, np.float64)
    n = len(scores)
    if len(gap_scores) != len(weights):
        raise UsageError(
            f"{len(gap_scores)} sources of gap scores and {len(weights)} weights: pass one weight a source"
        )
    gaps = np.zeros(n)
    for values, weight in zip(gap_scores, weights, strict=True):
        if len(values) != n:
            raise UsageError(f"{len(values)} scores of gaps for {n} characters: pass one a character")
        gaps += weight * np.nan_to_num(np.asarray(values, np.float64), nan=0.0)
    marks = [np.zeros(n, bool) if given is None else np.ascontiguousarray(given, bool) for given in (joined, cut)]
    if any(len(given) != n for given in marks):
        raise UsageError(f"marks of joined or cut gaps for another number than {n} characters: pass one a character")
    both = np.flatnonzero(marks[0] & marks[1])
    if len(both):
        raise UsageError(f"the gap behind character {both[0] + 1} is to be both joined and cut: choose one")
    room = int(np.diff(offsets).max(initial=0)) + 1
    ends = np.zeros(n, bool)
    best_cut(
        offsets, scores, gaps, *marks, np.zeros(room), np.zeros(room, np.int64), np.zeros(room, np.int64), ends
    )  # fmt: skip
    return ends
