"""The state of a set of vectors from which every whitening map follows: count, mean, scatter. It merges.

Of fewer rows than dimensions the scatter is kept as its factor, the rows about their mean, and the d × d matrix of it
is made only where somebody needs it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
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
    second : float64, M2 = Σ (x − μ)(x − μ)ᵀ [shape=(d, d)], symmetric; where `factored`, F [shape=(r, d)] with
        M2 = FᵀF, r < d.
    storage : name of the dtype in which the vectors were stored (of several: the coarsest).
    arithmetic : "float64", or "float32" where products were computed in it (and added in float64).
    outliers, outlier_places : rows much farther from the middle than most, and where the first few lie.
    dropped, dropped_places : rows with NaN or inf, and where the first few lie.
    bad_rows : int64 indices of rows with NaN or inf; only of the input just read, never saved.
    factored : whether `second` is a factor.
    spectra : eigendecompositions that `eigen.spectrum_of` computed already, by β.
    """

    count: int
    mean: np.ndarray
    second: np.ndarray
    storage: str = "float64"
    arithmetic: str = "float64"
    outliers: int = 0
    outlier_places: tuple[str, ...] = ()
    dropped: int = 0
    dropped_places: tuple[str, ...] = ()
    bad_rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    factored: bool = False
    spectra: dict[float, Spectrum] = field(default_factory=dict, repr=False)

    @property
    def dimensions(self) -> int:
        return len(self.mean)

    @property
    def scatter(self) -> np.ndarray:
        """M2 [shape=(d, d)].

        Raises
        ------
        InputError : it does not fit into memory.
        """
        if not self.factored:
            return self.second
        check_room(self.dimensions)
        return self.second.T @ self.second

    def whole(self) -> Moments:
        """The same moments with M2 itself, whose decomposition has all d directions."""
        return replace(self, second=self.scatter, factored=False, spectra={}) if self.factored else self

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
        factored = self.factored and other.factored and len(self.second) + len(other.second) + 1 < self.dimensions
        if factored:
            between = delta[None] * np.sqrt(self.count * other.count / max(total, 1))
            second = np.concatenate([self.second, other.second, between[: int(delta.any())]])
        else:
            second = np.outer(delta, delta * (self.count * other.count / max(total, 1)))
            second += self.scatter
            second += other.scatter
        return Moments(
            total,
            (self.mean if self.count else other.mean) + delta * (other.count / max(total, 1)),
            second,
            max(self.storage, other.storage, key=storage_eps),
            max(self.arithmetic, other.arithmetic, key=storage_eps),
            self.outliers + other.outliers,
            (self.outlier_places + other.outlier_places)[:SHOWN_PLACES],
            self.dropped + other.dropped,
            (self.dropped_places + other.dropped_places)[:SHOWN_PLACES],
            np.concatenate([self.bad_rows, other.bad_rows]),
            factored,
        )

    def covariance(self, beta: float = 1.0) -> np.ndarray:
        """Σ [shape=(d, d)] about βμ with ddof 1: (M2 + n(1 − β)²μμᵀ) / (n − 1)."""
        covariance = self.scatter if self.factored else self.scatter.copy()
        if beta != 1:
            covariance += np.outer(self.mean, self.mean * (self.count * (1 - beta) ** 2))
        covariance /= self.count - 1
        return covariance

    def mean_squares(self) -> np.ndarray:
        """The mean of the squares of every column [shape=(d,)]; their sum is the mean of |x|² over the rows."""
        with np.errstate(over="ignore"):
            return self.squares() / max(self.count, 1) + self.mean**2

    def squares(self) -> np.ndarray:
        """Σ (x − μ)² of every column [shape=(d,)], the diagonal of M2."""
        if self.factored:
            return np.einsum("ij,ij->j", self.second, self.second)
        return np.diagonal(self.second)

    def mapped(self, matrix: np.ndarray) -> np.ndarray:
        """P [shape=(r, k)] with PᵀP = WᵀΣW, Σ being the covariance about the mean and W `matrix` [shape=(d, k)].

        Of a factor alone: Σ of a whole matrix has none at hand.
        """
        return self.second @ matrix / np.sqrt(max(self.count - 1, 1))


def storage_eps(name: str) -> float:
    """Distance from 1 to the next number of a floating type."""
    return float(np.finfo(name).eps)


def check_room(dimensions: int) -> None:
    """Refuse matrices of d × d that the memory of this machine cannot hold.

    Raises
    ------
    InputError : there is no room; the message says what needs none.
    """
    needed, memory = _MATRICES * 8 * dimensions**2, _memory()
    if needed > memory:
        raise InputError(
            f"the covariance of {dimensions:,} dimensions takes {_size(needed)}, and this machine has {_size(memory)}: "
            f"fit on fewer rows than {dimensions:,} (--fit-rows N), of which no such matrix is needed as long as no "
            "more dimensions are kept than their rank (--dim); or shorten the vectors first"
        )


def check_rows_room(rows: int, dimensions: int) -> None:
    """Refuse more rows than can be held in float64; see `check_room`."""
    needed, memory = _MATRICES * 8 * rows * dimensions, _memory()
    if needed > memory:
        raise InputError(
            f"{rows:,} rows of {dimensions:,} dimensions take {_size(needed)}, and this machine has {_size(memory)}: "
            f"fit on fewer rows (--fit-rows {max(2, rows * memory // needed // 2):,}), or shorten the vectors first"
        )


_MATRICES = 3  # that are held at once: what was read, what becomes of it, and the room of a decomposition


def _memory() -> int:
    """Bytes of this machine's memory; more than anything needs where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 1 << 80


def _size(count: int) -> str:
    return f"{count / 1e12:,.1f} TB" if count >= 1e12 else f"{count / 1e9:,.1f} GB"
