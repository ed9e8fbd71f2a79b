"""What a map changes in vectors: the same few measures before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.isotropy import effective_rank, iso_score, mean_cosine, spectrum_shares
from hanmine.vectors.moments import Moments, moments_of
from hanmine.vectors.rows import as_rows, spread

if TYPE_CHECKING:
    from hanmine.vectors.whitening import Whitening

COSINE_ROWS = 4096  # rows, spread evenly, whose mean cosine is taken: of fewer it is that of all
_COSINE_NUMBERS = 1 << 26  # in them: of wide rows fewer are looked at
SPECTRUM_ROWS = 1 << 15  # rows, spread evenly, whose spectrum is taken where the map was fitted to others
TOP = (1, 10)


def describe_change(vectors, whitening: Whitening, *, fitted: bool = True) -> dict:
    """Measure vectors before and after a map.

    fitted : the map was fitted to these vectors, and its state has their spectrum; else it is that of `SPECTRUM_ROWS`
        rows that are spread evenly. Spectra are those before --normalize. The mean cosines are those of `COSINE_ROWS`
        rows. Rows with NaN or inf are left out.

    Returns
    -------
    dict: spectrum_rows, cosine_rows, and `before` and `after`, each with dimensions, mean_cosine, effective_rank,
    iso_score and top_shares (of the variance, of the first 1 and 10 components).
    """
    rows = as_rows(vectors)
    chosen = spread(rows.shape[0], max(3, min(COSINE_ROWS, _COSINE_NUMBERS // rows.shape[1])))
    sample = _gathered(rows, chosen)
    sample = sample[np.isfinite(sample).all(axis=1)]
    with one_blas_thread():
        moments = whitening.moments_
        if not fitted:
            moments = moments_of(rows, fit_rows=max(2, min(rows.shape[0], SPECTRUM_ROWS)), bad="drop")
        before, after = _spectra(moments, whitening)
        output = whitening.transform(sample) if len(sample) else np.empty((0, whitening.dim_))
        return {
            "spectrum_rows": moments.count,
            "cosine_rows": len(sample),
            "before": _measures(before, sample),
            "after": _measures(after, output),
        }


def _spectra(moments: Moments, whitening: Whitening) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues, falling, of the covariance about the mean, C, and of that of the output, Wᵀ C W."""
    matrix = whitening.matrix_
    if moments.count < 2:
        return np.zeros(moments.dimensions), np.zeros(whitening.dim_)
    if moments.factored:
        # Without a matrix of all dimensions: the squared singular values of the factor, and of it mapped.
        values = np.linalg.svd(moments.mapped(matrix), compute_uv=False) ** 2
        after = np.concatenate([values, np.zeros(whitening.dim_ - len(values))])
        before = np.linalg.eigvalsh(moments.second @ moments.second.T)[::-1] / (moments.count - 1)
        return np.concatenate([np.maximum(before, 0), np.zeros(moments.dimensions - len(before))]), after
    covariance = moments.covariance()
    product = covariance @ matrix
    if moments is whitening.moments_ and whitening.beta == 1 and not whitening.zca:
        # The columns of W are scaled eigenvectors of C itself: nothing is left to decompose.
        after = np.sort(np.einsum("ij,ij->j", product, matrix))[::-1]
        return whitening.eigenvalues_, np.maximum(after, 0)
    return tuple(np.maximum(np.linalg.eigvalsh(one)[::-1], 0) for one in (covariance, matrix.T @ product))


def _gathered(rows, chosen: np.ndarray) -> np.ndarray:
    """The chosen rows [shape=(m, d)] in their dtype; all of them at once where they are all there are."""
    if len(chosen) == rows.shape[0]:
        return rows.rows(0, len(chosen))
    return np.concatenate([rows.rows(row, row + 1) for row in chosen.tolist()])


def _measures(eigenvalues: np.ndarray, rows: np.ndarray) -> dict:
    shares = spectrum_shares(eigenvalues)
    return {
        "dimensions": len(eigenvalues),
        "mean_cosine": _mean_cosine(rows),
        "effective_rank": effective_rank(eigenvalues),
        "iso_score": iso_score(eigenvalues),
        "top_shares": {str(top): float(shares[min(top, len(shares)) - 1]) for top in TOP},
    }


def _mean_cosine(rows: np.ndarray) -> float | None:
    values = rows.astype(np.float64)
    scale = np.max(np.abs(values), axis=1, initial=0.0)
    values = values[scale > 0] / scale[scale > 0, None]  # squares of very small and very large numbers leave the range
    values /= np.sqrt(np.einsum("ij,ij->i", values, values))[:, None]
    return mean_cosine(values.sum(axis=0), len(values))
