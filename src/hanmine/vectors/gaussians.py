"""Distances between two sets of vectors that are taken for Gaussians with their means and covariances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanmine.errors import InputError

RIDGE = 1e-6  # of the mean variance of both sets: added to both where a covariance has no inverse


@dataclass(frozen=True)
class Gaussian:
    """Mean [shape=(d,)] and covariance [shape=(d, d)], float64, with the rank of the covariance."""

    mean: np.ndarray
    covariance: np.ndarray
    rank: int


def gaussian_distances(a: Gaussian, b: Gaussian) -> dict[str, float | int | bool]:
    """Kullback–Leibler divergences, Bhattacharyya distance and 2-Wasserstein distance of two Gaussians.

    KL(A‖B) = ½ (tr(Σ_B⁻¹ Σ_A) + (μ_B − μ_A)ᵀ Σ_B⁻¹ (μ_B − μ_A) − d + ln det Σ_B − ln det Σ_A)
    Bhattacharyya = ⅛ (μ_A − μ_B)ᵀ Σ⁻¹ (μ_A − μ_B) + ½ ln(det Σ / √(det Σ_A · det Σ_B)), Σ = (Σ_A + Σ_B) / 2
    W₂² = |μ_A − μ_B|² + tr Σ_A + tr Σ_B − 2 tr (Σ_A^½ Σ_B Σ_A^½)^½

    The first three are infinite where a covariance is singular. There `RIDGE` times the mean variance of both sets is
    added to the diagonals of both covariances, and the result says so; such figures compare with none of another
    ridge. W₂ needs no inverse and is always that of the sets as they are.

    Returns
    -------
    dict: kl_ab, kl_ba, bhattacharyya (nats), wasserstein (units of the vectors), mean_distance |μ_A − μ_B|,
    dimensions, rank_a, rank_b, singular, ridge (0 where none was needed).

    Raises
    ------
    InputError : the widths differ, or neither set has any variance.
    """
    d = len(a.mean)
    if len(b.mean) != d:
        raise InputError(f"one set has {d} dimensions and the other {len(b.mean)}: compare vectors of one width")
    scale = (np.trace(a.covariance) + np.trace(b.covariance)) / (2 * d)
    singular = a.rank < d or b.rank < d
    if singular and not scale > 0:
        raise InputError("neither set has any variance: their distance as Gaussians is not defined")
    ridge = RIDGE * scale if singular else 0.0
    regular_a, regular_b = (one.covariance + ridge * np.eye(d) for one in (a, b))
    difference = b.mean - a.mean
    return {
        "kl_ab": _divergence(regular_a, regular_b, difference),
        "kl_ba": _divergence(regular_b, regular_a, difference),
        "bhattacharyya": _bhattacharyya(regular_a, regular_b, difference),
        "wasserstein": _wasserstein(a.covariance, b.covariance, difference),
        "mean_distance": float(np.linalg.norm(difference)),
        "dimensions": d,
        "rank_a": a.rank,
        "rank_b": b.rank,
        "singular": singular,
        "ridge": float(ridge),
    }


def _divergence(first: np.ndarray, second: np.ndarray, difference: np.ndarray) -> float:
    """KL(first ‖ second) by the Cholesky factors L: with M = L₂⁻¹ L₁ the trace is Σ m², the determinants are sums."""
    from scipy.linalg import solve_triangular

    lower_first, lower_second = _factor(first), _factor(second)
    ratio = solve_triangular(lower_second, lower_first, lower=True)
    shift = solve_triangular(lower_second, difference, lower=True)
    logarithms = np.sum(np.log(np.diag(lower_second))) - np.sum(np.log(np.diag(lower_first)))
    value = 0.5 * (np.sum(ratio**2) + shift @ shift - len(difference)) + logarithms
    return max(float(value), 0.0)


def _bhattacharyya(first: np.ndarray, second: np.ndarray, difference: np.ndarray) -> float:
    from scipy.linalg import solve_triangular

    middle = _factor((first + second) / 2)
    shift = solve_triangular(middle, difference, lower=True)
    logarithm = [float(np.sum(np.log(np.diag(factor)))) for factor in (middle, _factor(first), _factor(second))]
    return max(float(shift @ shift) / 8 + logarithm[0] - (logarithm[1] + logarithm[2]) / 2, 0.0)


def _factor(covariance: np.ndarray) -> np.ndarray:
    """The lower Cholesky factor."""
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        raise InputError(
            "a covariance is too close to singular for distances as Gaussians: leave out columns that depend on others"
        ) from error


def _wasserstein(first: np.ndarray, second: np.ndarray, difference: np.ndarray) -> float:
    """W₂; the trace of the root is the sum of the singular values of Σ_A^½ Σ_B^½, which no squaring has blurred."""
    roots = [_root(first), _root(second)]
    shared = float(np.sum(np.linalg.svd(roots[0].T @ roots[1], compute_uv=False)))
    squared = float(difference @ difference) + float(np.trace(first) + np.trace(second)) - 2 * shared
    return math.sqrt(max(squared, 0.0))


def _root(covariance: np.ndarray) -> np.ndarray:
    """R with R Rᵀ = covariance."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))
