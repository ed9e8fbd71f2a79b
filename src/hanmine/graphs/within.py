"""Rows whose directions count by how little modules spread in them: discriminant analysis without labels.

What tells modules apart are not the directions in which rows differ most, but those in which modules differ more than
the rows of one do. Once a first clustering says what belongs together, rows are whitened by the covariance within
modules: the metric of linear discriminant analysis (Fisher 1936), with modules for classes (Ding and Li, Adaptive
dimension reduction using discriminant analysis and k-means clustering, 2007). It does not depend on how the rows were
stretched before, as far as there are rows enough to estimate it: the estimate is drawn towards equal spread by the
share that Ledoit and Wolf derive (A well-conditioned estimator for large-dimensional covariance matrices, 2004): little
where rows are many, and nearly all of the way where they are few.
"""

from __future__ import annotations

import numpy as np

from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.rows import ArrayRows, Rows, blocks

LEAST_SPREAD = 1e-6  # of the mean: less in any direction counts as much


def whitening_within(sample: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The matrix [shape=(d, d)], float64, by which rows are multiplied so that modules spread equally everywhere.

    Nothing but the identity where all rows of each module are the same.

    Parameters
    ----------
    sample : float64 [shape=(m, d)].
    labels : int64 [shape=(m,)], the module of each row, from 1.
    """
    count, width = sample.shape
    sizes = np.bincount(labels)
    means = np.zeros((len(sizes), width))
    np.add.at(means, labels, sample)
    apart = sample - (means / np.maximum(sizes, 1)[:, None])[labels]
    with one_blas_thread():
        covariance = apart.T @ apart / count
        spread = float(np.trace(covariance)) / width
        if spread <= 0:
            return np.eye(width)
        share = shrinkage(apart, covariance)
        covariance *= 1 - share
        covariance[np.diag_indices(width)] += share * spread
        values, directions = np.linalg.eigh(covariance)
        return directions / np.sqrt(np.maximum(values, LEAST_SPREAD * spread))


def shrinkage(apart: np.ndarray, covariance: np.ndarray) -> float:
    """The share, from 0 to 1, by which the covariance of rows without a mean is drawn towards equal spread.

    Ledoit and Wolf: the mean squared error of the covariance over its squared distance from equal spread.
    """
    count, width = apart.shape
    norm = float((covariance**2).sum())
    distance = norm - float(np.trace(covariance)) ** 2 / width
    lengths = np.einsum("ij,ij->i", apart, apart)
    error = (float((lengths**2).mean()) - norm) / count
    return 1.0 if distance <= 0 else min(max(error, 0.0) / distance, 1.0)


def mapped(rows: Rows, turn: np.ndarray) -> ArrayRows:
    """`rows` times a matrix [shape=(d, r)], float64: in memory, float32 [shape=(n, r)]."""
    array = np.empty((rows.shape[0], turn.shape[1]), np.float32)
    with one_blas_thread(), np.errstate(over="ignore"):  # a row too large for float32 is infinite, and named as such
        for start, stop in blocks(rows):
            array[start:stop] = rows.rows(start, stop).astype(np.float64) @ turn
    return ArrayRows(array)
