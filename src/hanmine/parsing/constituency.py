"""From an impact matrix to a binary tree of constituents: MART, and Su's rule.

A tree is nested tuples of the numbers of words from 0: ((0, 1), 2); of one word it is that number, of none ().
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.parsing import kernels
from hanmine.parsing.decoders import shares

CONSTITUENCIES = ("mart", "su")

Tree = Any
"""An int, or a tuple of trees."""


def mart(impact: Any) -> Tree:
    """The matrix-based top-down tree of Wu et al. (ACL 2020, section 4.1).

    S = 1 - softmax of each row of the impact matrix. A span is divided at the k in 1..n-1 that minimises
    mean S[:k, :k] + mean S[k:, k:] - the mean of the two blocks between, S[:k, k:] and S[k:, :k] together; so are its
    parts, with the same S. The published code leaves row and column k out of the second block and divides by other
    counts; this follows the paper. Equal (to 12 digits) splits: the first.

    Parameters
    ----------
    impact : [n, n], at [i, j] the change at word i when word j is masked, too; what is not a number counts as 0.
    """
    # Means of S are 1 - means of the shares: minimising the one is maximising the other, with the two blocks between,
    # which are equally large, counted half each.
    return _tree(*_cuts(shares(impact), 0.5, keep_word=False), keep_word=False)


def su_tree(impact: Any) -> Tree:
    """The top-down tree of Su Jianlin, "无监督分词和句法分析！原来BERT还可以这样用" (2020).

    A span is divided at the k in 1..n-2 that maximises mean D[:k, :k] + mean D[k:, k:] - mean D[:k, k:]
    - mean D[k:, :k] of the impact matrix D, into (left[:k], (word k, what follows it)). Two words are a pair.
    """
    matrix = np.nan_to_num(np.asarray(impact, np.float64), nan=0.0)
    return _tree(*_cuts(matrix, 1.0, keep_word=True), keep_word=True)


def constituency_tree(impact: Any, method: str = "mart") -> Tree:
    """The tree of an impact matrix [n, n] by "mart" or "su"; UsageError for another name."""
    if method not in CONSTITUENCIES:
        raise UsageError(f"--constituency {method!r} is unknown: choose {', '.join(CONSTITUENCIES)}")
    return mart(impact) if method == "mart" else su_tree(impact)


def _cuts(matrix: np.ndarray, between: float, *, keep_word: bool) -> tuple[np.ndarray, int]:
    """Where each span is divided, int64 [spans, 3], and the number of words."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"an impact matrix is a square, not of shape {matrix.shape}")
    n = len(matrix)
    sums = np.zeros((n + 1, n + 1))
    sums[1:, 1:] = matrix.cumsum(axis=0).cumsum(axis=1)
    cuts = np.empty((max(n, 1), 3), np.int64)
    return cuts[: kernels.divide(sums, between, keep_word, cuts)], n


def _tree(cuts: np.ndarray, n: int, *, keep_word: bool) -> Tree:
    """The tree of its divisions: a span comes before its parts, so that they are made in reverse."""
    if n < 2:
        return 0 if n else ()
    made: dict[tuple[int, int], Tree] = {}

    def part(begin: int, end: int) -> Tree:
        return begin if end - begin == 1 else made.pop((begin, end))

    for begin, end, k in reversed(cuts.tolist()):
        if keep_word and end - begin > 2:
            made[begin, end] = (part(begin, k), (k, part(k + 1, end)))
        else:
            made[begin, end] = (part(begin, k), part(k, end))
    return made[0, n]
