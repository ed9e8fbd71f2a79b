"""The spectrum of a state: one eigendecomposition of the covariance, its rank, its signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.errors import InputError
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.state import Moments, storage_eps

_FLOOR = 8.0  # eigenvalues below this · √d · half the eps of the arithmetic · the largest one are rounding errors
_TIE = 1e-6  # entries nearer to the largest one than this share count as equally large


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Σ = U Λ Uᵀ about βμ.

    Attributes
    ----------
    eigenvalues : [shape=(d,)] float64, falling, none negative.
    vectors : [shape=(d, d)] float64, U, a column an eigenvector. Of the entries of a column that is largest by
        magnitude (of equals the first) the sign is positive, so that runs agree.
    columns : number of columns of the data that take part: with β = 1 those that are not constant. The vectors behind
        the first `columns` are the axes of constant columns.
    noise : eigenvalues up to this are rounding errors of the storage or of the arithmetic.
    rank : how many eigenvalues stand above `noise`.
    """

    eigenvalues: np.ndarray
    vectors: np.ndarray
    columns: int
    noise: float
    rank: int

    @property
    def condition(self) -> float:
        """Largest over smallest eigenvalue above the noise."""
        return float(self.eigenvalues[0] / self.eigenvalues[self.rank - 1])


def constant_columns(moments: Moments) -> np.ndarray:
    """Indices of the columns that vary by no more than the rounding of their storage."""
    squares = moments.mean_squares()
    variance = np.diagonal(moments.scatter) / max(moments.count - 1, 1)
    return np.flatnonzero(variance <= storage_eps(moments.storage) ** 2 / 12 * squares)


def spectrum_of(moments: Moments, beta: float = 1.0) -> Spectrum:
    """The eigendecomposition of Σ about βμ, in float64; computed once for a state and β.

    The rank is cut at the noise that storage alone leaves: a number stored with relative spacing eps is off by a
    variance of up to eps²/12 · x², a row by eps²/12 · |x|². No eigenvalue can be told from zero below the mean of that,
    nor below the rounding errors of the arithmetic, nor can n rows span more than n − 1 dimensions about their mean.

    Raises
    ------
    InputError : fewer than two rows, all rows equal, or rows that differ by no more than rounding.
    """
    if beta not in moments.spectra:
        moments.spectra[beta] = _decomposed(moments, beta)
    return moments.spectra[beta]


def _decomposed(moments: Moments, beta: float) -> Spectrum:
    _check_varied(moments)
    varied = np.arange(moments.dimensions)
    if beta == 1:
        varied = np.setdiff1d(varied, constant_columns(moments))
    if not len(varied):
        raise _only_rounding(moments)
    covariance = moments.covariance(beta)[np.ix_(varied, varied)]
    with one_blas_thread():
        values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values[::-1], 0)
    arithmetic = _FLOOR * np.sqrt(len(varied)) * storage_eps(moments.arithmetic) / 2 * values[0]
    storage = storage_eps(moments.storage) ** 2 / 12 * moments.mean_squares()[varied].sum()
    noise = max(arithmetic, storage)
    rank = min(int((values > noise).sum()), moments.count - (beta == 1))
    if not rank:
        raise _only_rounding(moments)
    return Spectrum(*_embedded(values, _signed(vectors[:, ::-1]), varied, moments.dimensions), len(varied), noise, rank)


def _check_varied(moments: Moments) -> None:
    if moments.count < 2:
        rows = "there is 1 row" if moments.count else "there are no rows"
        raise InputError(
            f"{rows}: whitening needs two different rows at least, and many more than dimensions to be good"
        )
    trace = np.trace(moments.scatter)
    if not np.isfinite(trace):
        raise InputError("the vectors are too large for their squares to be numbers: divide them all by their scale")
    if not np.diagonal(moments.scatter).any():
        raise InputError(f"all {moments.count:,} rows are equal: there is no variance to whiten; check the vectors")


def _only_rounding(moments: Moments) -> InputError:
    return InputError(
        f"the rows differ by no more than the rounding of {moments.storage}: subtract their mean before storing them"
    )


def _signed(vectors: np.ndarray) -> np.ndarray:
    """Every column with the sign that makes its first largest entry positive."""
    sizes = np.abs(vectors)
    first = np.argmax(sizes >= (1 - _TIE) * sizes.max(axis=0), axis=0)
    return vectors * np.where(vectors[first, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)


def _embedded(values: np.ndarray, vectors: np.ndarray, varied: np.ndarray, dimensions: int):
    """Eigenvalues and vectors in all dimensions: constant columns become axes of their own, with eigenvalue 0."""
    if len(varied) == dimensions:
        return values, vectors
    constant = np.setdiff1d(np.arange(dimensions), varied)
    whole = np.zeros((dimensions, dimensions))
    whole[np.ix_(varied, np.arange(len(varied)))] = vectors
    whole[constant, np.arange(len(varied), dimensions)] = 1
    return np.concatenate([values, np.zeros(len(constant))]), whole
