"""A linear probe: where words end, learned from the hidden states of models and the cuts that were found without them.

Scores of words and of gaps err here and there, but not in the same way everywhere, and the states of a model that has
read much text change little between places that are alike. So a regression of the cuts on the states (a linear probe,
Alain and Bengio 2016) has no way to learn single errors, and what it says of a gap corrects them: self-training with a
second view of the data (Yarowsky 1995; Blum and Mitchell 1998).

The regression is ridge regression. t is +1 where a word ends behind character g and −1 where none does, x the states of
characters g and g + 1 of all models, each column standardised over the n gaps that were learned from:

    w = (XᵀX / n + PENALTY · I)⁻¹ Xᵀ(t − mean of t) / n        score of the gap = −(mean of t + x·w)

A penalty of .1 to 1 does as well; without one, a short text would be learned by heart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTY = 0.3
_LEAST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Probe:
    """weights : float32 [columns], of features as they are. bias : what a row of zeros gets."""

    weights: np.ndarray
    bias: float

    def scores(self, features: np.ndarray) -> np.ndarray:
        """How surely no word ends, float64 [gaps], for float32 [gaps, columns]; nan where a feature is nan."""
        return -(features @ self.weights).astype(np.float64) - self.bias


class ProbeSums:
    """The sums that the regression is made of; takes any number of gaps in blocks.

    Attributes
    ----------
    count : gaps so far. cuts : those of them behind which a word ends.
    """

    def __init__(self) -> None:
        self.count = self.cuts = 0
        # Columns may be far from zero, and single precision must not lose their variance: sums are of differences to
        # the mean of the first block.
        self._shift: np.ndarray | None = None
        self._sum = self._products = self._signed = np.zeros(0)

    def add(self, features: np.ndarray, cuts: np.ndarray) -> None:
        """Learn from some gaps: float32 [gaps, columns] without nan, and bool [gaps]."""
        if not len(features):
            return
        if self._shift is None:
            columns = features.shape[1]
            self._shift = features.mean(axis=0)
            self._sum, self._signed = np.zeros(columns), np.zeros(columns)
            self._products = np.zeros((columns, columns))
        rows = features - self._shift
        self._products += rows.T @ rows
        self._sum += rows.sum(axis=0, dtype=np.float64)
        self._signed += rows.T @ np.where(cuts, np.float32(1), np.float32(-1))
        self.count += len(rows)
        self.cuts += int(np.count_nonzero(cuts))

    def solved(self, penalty: float = PENALTY) -> Probe:
        """The probe of all gaps so far, of which there is one at least."""
        mean, signed = self._sum / self.count, self._signed / self.count
        target = 2 * self.cuts / self.count - 1
        covariance = self._products / self.count - np.outer(mean, mean)
        deviation = np.sqrt(np.maximum(covariance.diagonal(), _LEAST_VARIANCE))
        covariance /= deviation
        covariance /= deviation[:, None]
        correlated = (signed - target * mean) / deviation
        weights = np.linalg.solve(covariance + penalty * np.eye(len(mean)), correlated) / deviation
        return Probe(weights.astype(np.float32), float(target - (mean + self._shift) @ weights))
