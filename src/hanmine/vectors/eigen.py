"""The spectrum of a state: one eigendecomposition of the covariance, its rank, its signs.

Of n rows in more dimensions the dual problem is solved: Σ = AᵀA and AAᵀ, which is n × n, have the same eigenvalues
above zero, and Aᵀ turns the eigenvectors of one into those of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.errors import InputError
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.state import Moments, storage_eps

_FLOOR = 8.0  # eigenvalues below this · √d · half the eps of the arithmetic · the largest one are rounding errors
_ILL = 1e-6  # eigenvalues below this share of the largest have their dual eigenvectors made orthogonal once more
_TIE = 1e-6  # entries nearer to the largest one than this share count as equally large


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Σ = U Λ Uᵀ about βμ.

    Attributes
    ----------
    eigenvalues : [shape=(d,)] float64, falling, none negative.
    vectors : [shape=(d, m)] float64, the first m columns of U, a column an eigenvector; m is d, or the rank where the
        dual problem was solved. Of the entries of a column that is largest by
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
    variance = moments.squares() / max(moments.count - 1, 1)
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


def whole_spectrum(moments: Moments, beta: float = 1.0) -> Spectrum:
    """The same with all d eigenvectors, those of directions without variance among them.

    Raises
    ------
    InputError : as `spectrum_of`; or d × d numbers do not fit into memory.
    """
    if spectrum_of(moments, beta).vectors.shape[1] < moments.dimensions:
        moments.spectra[beta] = _decomposed(moments.whole(), beta)
    return moments.spectra[beta]


def _decomposed(moments: Moments, beta: float) -> Spectrum:
    _check_varied(moments)
    varied = np.arange(moments.dimensions)
    if beta == 1:
        varied = np.setdiff1d(varied, constant_columns(moments))
    if not len(varied):
        raise _only_rounding(moments)
    factor = _factor(moments, beta, varied) if moments.factored else None
    with one_blas_thread():
        if factor is None:
            values, vectors = np.linalg.eigh(moments.covariance(beta)[np.ix_(varied, varied)])
        else:
            values, vectors = np.linalg.eigh(factor @ factor.T / (moments.count - 1))
    vectors, values = vectors[:, ::-1], np.maximum(values[::-1], 0)[: len(varied)]
    values = np.concatenate([values, np.zeros(len(varied) - len(values))])
    arithmetic = _FLOOR * np.sqrt(len(varied)) * storage_eps(moments.arithmetic) / 2 * values[0]
    storage = storage_eps(moments.storage) ** 2 / 12 * moments.mean_squares()[varied].sum()
    noise = max(arithmetic, storage)
    rank = min(int((values > noise).sum()), moments.count - (beta == 1))
    if not rank:
        raise _only_rounding(moments)
    if factor is not None:
        vectors = _turned(factor, vectors[:, :rank], values[:rank])
    return Spectrum(*_embedded(values, _signed(vectors), varied, moments.dimensions), len(varied), noise, rank)


def _factor(moments: Moments, beta: float, varied: np.ndarray) -> np.ndarray:
    """A [shape=(r, varied)] with AᵀA = (n − 1)Σ about βμ."""
    rows = moments.second if len(varied) == moments.dimensions else moments.second[:, varied]
    if beta == 1:
        return rows
    return np.concatenate([rows, moments.mean[None, varied] * (np.sqrt(moments.count) * (1 - beta))])


def _turned(factor: np.ndarray, vectors: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The eigenvectors of AᵀA [shape=(d, k)] from those of AAᵀ [shape=(r, k)] and their eigenvalues, falling."""
    with one_blas_thread():
        turned = factor.T @ vectors
        turned /= np.linalg.norm(turned, axis=0)
        # Rounding leaves a share eps · λ₁ / λ of the first direction in that of λ: what is large is taken out.
        if values[-1] < _ILL * values[0]:
            turned = np.linalg.qr(turned)[0]
    return turned


def _check_varied(moments: Moments) -> None:
    if moments.count < 2:
        rows = "there is 1 row" if moments.count else "there are no rows"
        raise InputError(
            f"{rows}: whitening needs two different rows at least, and many more than dimensions to be good"
        )
    squares = moments.squares()
    if not np.isfinite(squares.sum() + moments.mean_squares().sum()):
        raise InputError("the vectors are too large for their squares to be numbers: divide them all by their scale")
    if not squares.any():
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
    if vectors.shape[1] == len(varied):
        whole = np.zeros((dimensions, dimensions))
        whole[constant, np.arange(len(varied), dimensions)] = 1
    else:
        whole = np.zeros((dimensions, vectors.shape[1]))
    whole[np.ix_(varied, np.arange(vectors.shape[1]))] = vectors
    return np.concatenate([values, np.zeros(len(constant))]), whole
