"""Rank correlation and correlation of cosines with gold similarities, and their averages over tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Cosines closer than this are equal: the noise of adding in another order must not decide ranks.
DECIMALS = 10


@dataclass(frozen=True)
class Scores:
    """Correlations × 100; nan where they are not defined, which is when all cosines are equal."""

    spearman: float
    pearson: float


class Gold:
    """Gold similarities [shape=(n,)] prepared for many comparisons."""

    def __init__(self, scores: np.ndarray) -> None:
        self._values = _standardized(scores)
        self._ranks = _standardized(average_ranks(scores))

    def score(self, cosines: np.ndarray) -> Scores:
        """Spearman's ρ (average ranks for ties) and Pearson's r of `cosines` [shape=(n,)] with the gold."""
        rounded = np.round(cosines, DECIMALS)
        return Scores(
            spearman=_percent(self._ranks @ _standardized(average_ranks(rounded))),
            pearson=_percent(self._values @ _standardized(rounded)),
        )


def average_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 [shape=(n,)]; equal values share the mean of the ranks that they take up."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def averages(scores: Sequence[Scores], weights: Sequence[int]) -> tuple[Scores, Scores]:
    """The simple mean over tasks, and that weighted by their sizes."""
    simple = [1] * len(scores)
    return _mean(scores, simple), _mean(scores, weights)


def _mean(scores: Sequence[Scores], weights: Sequence[int]) -> Scores:
    total = sum(weights)

    def mean(values: Sequence[float]) -> float:
        return math.fsum(weight * value for weight, value in zip(weights, values, strict=True)) / total

    return Scores(mean([score.spearman for score in scores]), mean([score.pearson for score in scores]))


def _standardized(values: np.ndarray) -> np.ndarray:
    """Centred and of length 1; nan where all values are equal."""
    values = np.asarray(values, np.float64)
    if (values == values[0]).all():
        return np.full(len(values), np.nan)
    centred = values - values.mean()
    centred /= np.abs(centred).max()
    return centred / np.linalg.norm(centred)


def _percent(correlation: float) -> float:
    return float(np.clip(100 * correlation, -100, 100))
