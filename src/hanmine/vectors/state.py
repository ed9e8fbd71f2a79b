"""The state of a set of vectors from which every whitening map follows: count, mean, scatter. It merges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hanmine.errors import InputError

if TYPE_CHECKING:
    from hanmine.vectors.eigen import Spectrum

SHOWN_PLACES = 3  # rows named in a message; the others are counted


@dataclass(eq=False)
class Moments:
    """First and second moments of n vectors in d dimensions, with what rank cut and warnings need.

    Attributes
    ----------
    count : n, rows with NaN or inf left out.
    mean : [shape=(d,)] float64, μ.
    scatter : [shape=(d, d)] float64, M2 = Σ (x − μ)(x − μ)ᵀ, symmetric.
    storage : name of the dtype in which the vectors were stored (of several: the coarsest).
    arithmetic : "float64", or "float32" where products were computed in it (and added in float64).
    outliers, outlier_places : rows much farther from the middle than most, and where the first few lie.
    dropped, dropped_places : rows with NaN or inf, and where the first few lie.
    bad_rows : int64 indices of rows with NaN or inf; only of the input just read, never saved.
    spectra : eigendecompositions that `eigen.spectrum_of` computed already, by β.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray
    storage: str = "float64"
    arithmetic: str = "float64"
    outliers: int = 0
    outlier_places: tuple[str, ...] = ()
    dropped: int = 0
    dropped_places: tuple[str, ...] = ()
    bad_rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    spectra: dict[float, Spectrum] = field(default_factory=dict, repr=False)

    @property
    def dimensions(self) -> int:
        return len(self.mean)

    def merge(self, other: Moments) -> Moments:
        """The moments of both sets of rows together, as a new object.

        Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances (1979).

        Raises
        ------
        InputError : the two have different numbers of dimensions.
        """
        if self.dimensions != other.dimensions:
            raise InputError(
                f"moments of {self.dimensions} and of {other.dimensions} dimensions cannot be merged: "
                "merge states of vectors of one width"
            )
        total = self.count + other.count
        delta = other.mean - self.mean
        if not self.count or not other.count:  # a part without rows says nothing of the mean
            delta = np.zeros(self.dimensions)
        scatter = np.outer(delta, delta * (self.count * other.count / max(total, 1)))
        scatter += self.scatter
        scatter += other.scatter
        return Moments(
            total,
            (self.mean if self.count else other.mean) + delta * (other.count / max(total, 1)),
            scatter,
            max(self.storage, other.storage, key=storage_eps),
            max(self.arithmetic, other.arithmetic, key=storage_eps),
            self.outliers + other.outliers,
            (self.outlier_places + other.outlier_places)[:SHOWN_PLACES],
            self.dropped + other.dropped,
            (self.dropped_places + other.dropped_places)[:SHOWN_PLACES],
            np.concatenate([self.bad_rows, other.bad_rows]),
        )

    def covariance(self, beta: float = 1.0) -> np.ndarray:
        """Σ [shape=(d, d)] about βμ with ddof 1: (M2 + n(1 − β)²μμᵀ) / (n − 1)."""
        covariance = self.scatter.copy()
        if beta != 1:
            covariance += np.outer(self.mean, self.mean * (self.count * (1 - beta) ** 2))
        covariance /= self.count - 1
        return covariance

    def mean_squares(self) -> np.ndarray:
        """The mean of the squares of every column [shape=(d,)]; their sum is the mean of |x|² over the rows."""
        return np.diagonal(self.scatter) / max(self.count, 1) + self.mean**2


def storage_eps(name: str) -> float:
    """Distance from 1 to the next number of a floating type."""
    return float(np.finfo(name).eps)
