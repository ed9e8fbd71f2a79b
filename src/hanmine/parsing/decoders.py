"""From an impact matrix to a dependency tree: what an arc is worth, and the best tree of such arcs.

Wu, Chen, Kao and Liu, "Perturbed Masking: Parameter-free Probing for Analyzing and Interpreting BERT" (ACL 2020),
section 3.1: each row of the impact matrix becomes probabilities by a softmax, and the arc from head h to dependent d is
worth the share that h has of the impact on d.

Trees are heads as in CoNLL-U: of word 1, 2, … the number of its head, 0 for the root. One word is the root.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.parsing import kernels

DECODERS = ("eisner", "cle")
SPELLINGS = {"eisner": "eisner", "cle": "cle", "chu-liu-edmonds": "cle"}
SEARCH = "search"


def shares(impact: Any) -> np.ndarray:
    """The softmax of each row of an impact matrix [n, n], the zero of its diagonal included: rows that sum to 1.

    What is not a number (a word that the model does not know) counts as no impact.
    """
    impact = np.nan_to_num(np.asarray(impact, np.float64), nan=0.0)
    if impact.size == 0:
        return impact
    powers = np.exp(impact - impact.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def arc_scores(impact: Any) -> np.ndarray:
    """float64 [n + 1, n + 1]: at [h, d] what the arc from word h to word d is worth, words numbered from 1.

    Row 0 is that of the root: every word is worth 0 there, so that the root is the word whose heads are worth least.

    Parameters
    ----------
    impact : [n, n], at [i, j] the change at word i when word j is masked, too.
    """
    of_heads = shares(impact)
    scores = np.zeros((len(of_heads) + 1, len(of_heads) + 1))
    scores[1:, 1:] = of_heads.T
    np.fill_diagonal(scores, 0.0)
    return scores


def eisner(scores: Any, root: int | None = None) -> np.ndarray:
    """The projective tree of the largest sum of scores (Eisner 1996), in n³ steps.

    Parameters
    ----------
    scores : [n + 1, n + 1], see `arc_scores`; column 0 and the diagonal are not used.
    root : the number of the word that is the root; None: the one with which the sum is largest.

    Returns
    -------
    int64 [n]: the head of each word, 0 for the root. Of equal sums the same one always wins.

    Raises
    ------
    InputError : scores that are no square of finite numbers. UsageError : there is no such word.
    """
    scores = _checked(scores, root)
    heads = np.full(len(scores) - 1, -1, np.int64)
    of_roots = scores[0, 1:].copy()
    if root is not None:
        of_roots[np.arange(1, len(scores)) != root] = -np.inf
    kernels.eisner(np.ascontiguousarray(scores[1:, 1:]), of_roots, heads)
    return heads + 1


def chu_liu_edmonds(scores: Any, root: int | None = None) -> np.ndarray:
    """The tree of the largest sum of scores, projective or not (Chu and Liu 1965, Edmonds 1967), in n³ steps.

    Exactly one word depends on the root: its arc costs more than all else is worth (Stanojević and Cohen, "A Root of a
    Problem: Optimizing Single-Root Dependency Parsing", EMNLP 2021). Parameters, result and errors as of `eisner`.
    """
    scores = _checked(scores, root)
    n = len(scores) - 1
    used = scores.copy()
    np.fill_diagonal(used, 0.0)
    used[:, 0] = 0.0
    spread = (float(used.max()) - float(used.min())) * (n + 1) + 1.0 if n else 0.0
    used[0, 1:] -= spread
    if root is not None:
        used[0, 1:][np.arange(1, n + 1) != root] -= spread * (n + 1)
    heads = np.full(n + 1, -1, np.int64)
    kernels.chu_liu_edmonds(used, heads)
    return heads[1:]


def dependency_heads(impact: Any, decoder: str = "eisner", root: int | None = None) -> np.ndarray:
    """int64 [n]: the tree of an impact matrix [n, n] by a decoder, one of `SPELLINGS`; see `eisner` for the rest."""
    decode = {"eisner": eisner, "cle": chu_liu_edmonds}[decoder_named(decoder)]
    return decode(arc_scores(impact), root)


def decoder_named(name: str) -> str:
    """The decoder that a spelling stands for; UsageError where there is none."""
    if name not in SPELLINGS:
        raise UsageError(f"--decoder {name!r} is unknown: choose {', '.join(SPELLINGS)}")
    return SPELLINGS[name]


def _checked(scores: Any, root: int | None) -> np.ndarray:
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1] or not scores.size:
        raise InputError(f"scores of arcs are a square with the root in row 0, not of shape {scores.shape}")
    if not np.isfinite(scores).all():
        raise InputError("scores of arcs hold NaN or infinity: give every arc a number")
    if root is not None and not 1 <= root < len(scores):
        raise UsageError(f"the root cannot be word {root}: the sentence has {len(scores) - 1} words")
    return scores
