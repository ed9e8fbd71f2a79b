"""Measures of how evenly vectors fill their space, from eigenvalues, sums and samples that were computed before."""

from __future__ import annotations

import math

import numpy as np

OUTLIER_DEVIATIONS = 3.0  # Kovaleva et al. 2021: what lies beyond three standard deviations over the dimensions


def spectrum_shares(eigenvalues: np.ndarray) -> np.ndarray:
    """The share of the total variance that the first 1, 2, … components hold [shape=(d,)]; zeros without variance."""
    cumulative = np.cumsum(eigenvalues, dtype=np.float64)
    return cumulative / cumulative[-1] if cumulative[-1] > 0 else np.zeros_like(cumulative)


def dimensions_for(eigenvalues: np.ndarray, share: float) -> int:
    """The least number of components that hold `share` (0..1) of the variance."""
    # What rounding takes from a sum of shares must not add a component.
    return int(np.searchsorted(spectrum_shares(eigenvalues), share - 1e-12)) + 1


def effective_rank(eigenvalues: np.ndarray) -> float:
    """The exponential of the entropy of the eigenvalues over their sum (Roy & Vetterli 2007, of the covariance).

    From 1 (all variance in one direction) to d (the same in all); 0 without variance.
    """
    total = float(np.sum(eigenvalues))
    if total <= 0:
        return 0.0
    shares = eigenvalues[eigenvalues > 0] / total
    return float(np.exp(-np.sum(shares * np.log(shares))))


def iso_score(eigenvalues: np.ndarray) -> float | None:
    """IsoScore (Rudman, Gillman, Rayne & Eickhoff 2022, section 4): 1 if the variance is the same in all directions,
    0 if all of it lies in one. None where it is not defined: one dimension, or no variance.

    The variances along the principal axes, scaled to length √d, lie δ·√(2(d − √d)) from (1, …, 1); the score is the
    share of dimensions that such a defect δ leaves, φ = (d − δ²(d − √d))² / d², scaled to 0..1.
    """
    d = len(eigenvalues)
    largest = float(np.max(eigenvalues, initial=0.0))
    if d < 2 or largest == 0:
        return None
    relative = eigenvalues / largest  # squares of the eigenvalues themselves may leave the range
    scaled = math.sqrt(d) * relative / np.linalg.norm(relative)
    defect = float(np.linalg.norm(scaled - 1.0)) / math.sqrt(2 * (d - math.sqrt(d)))
    used = (d - defect**2 * (d - math.sqrt(d))) ** 2 / d**2
    return (d * used - 1) / (d - 1)


def mean_cosine(unit_sum: np.ndarray, rows: int) -> float | None:
    """The mean cosine over all pairs of different rows, from the sum of the rows scaled to length 1: exact.

    (|Σu|² − n) / (n(n − 1)) for n such rows; None for fewer than two. Zero rows have no direction and do not count.
    """
    if rows < 2:
        return None
    cosine = (float(unit_sum @ unit_sum) - rows) / (rows * (rows - 1.0))
    return min(max(cosine, -1.0), 1.0)  # equal rows: rounding


def outlier_dimensions(means: np.ndarray, deviations: np.ndarray, unit_sum: np.ndarray) -> list[dict]:
    """The dimensions whose mean or standard deviation lies beyond 3 standard deviations over the dimensions.

    The rule of Kovaleva et al. 2021 (BERT Busters) on the vectors themselves. Far means lie on either side, far
    deviations above. `cosine_share` is the dimension's share of |Σu|², by which few dimensions can make up the mean
    cosine (Timkey & van Schijndel 2021). The largest mean, in deviations, comes first.

    Parameters
    ----------
    means, deviations : mean and standard deviation of every column [shape=(d,)].
    unit_sum : sum of the rows scaled to length 1 [shape=(d,)].
    """
    mean_scores, deviation_scores = _standard_scores(means), _standard_scores(deviations)
    far = (np.abs(mean_scores) > OUTLIER_DEVIATIONS) | (deviation_scores > OUTLIER_DEVIATIONS)
    length = float(unit_sum @ unit_sum)
    shares = unit_sum**2 / length if length > 0 else np.zeros_like(unit_sum)
    strength = np.maximum(np.abs(mean_scores), deviation_scores)
    chosen = sorted(np.flatnonzero(far).tolist(), key=lambda column: (-strength[column], column))
    return [
        {
            "dimension": column,
            "mean": float(means[column]),
            "deviation": float(deviations[column]),
            "mean_score": float(mean_scores[column]),
            "deviation_score": float(deviation_scores[column]),
            "cosine_share": float(shares[column]),
        }
        for column in chosen
    ]


def _standard_scores(values: np.ndarray) -> np.ndarray:
    spread = float(np.std(values))
    # Equal values differ by rounding alone, and none of them is an outlier.
    if spread <= 1e-12 * float(np.max(np.abs(values), initial=0.0)):
        return np.zeros_like(values)
    return (values - np.mean(values)) / spread


def neighbour_entropy(sample: np.ndarray, k: int, dimensions: int) -> float | None:
    """The Kozachenko–Leonenko estimate of the differential entropy of a sample, in nats.

    ψ(m) − ψ(k) + ln V + (r/m) Σ ln ε for m different rows, ε being the distance of a row to its k-th nearest other
    row and V the volume of the unit ball in r dimensions (Kraskov, Stögbauer & Grassberger 2004, equation 20). It is
    biased where rows are few for their dimensions: compare sets of as many rows and dimensions.

    Parameters
    ----------
    sample : [shape=(m, d)], float64, all rows different.
    k : which neighbour, from 1.
    dimensions : r, the dimensions that the rows span.

    Returns
    -------
    None where there are no more than k rows, they span nothing, or lie nearer or farther than float64 can tell.
    """
    from scipy.special import digamma, gammaln

    rows = len(sample)
    if rows <= k or dimensions < 1:
        return None
    ball = 0.5 * dimensions * math.log(math.pi) - float(gammaln(0.5 * dimensions + 1))
    with np.errstate(over="ignore", invalid="ignore"):
        distances = _neighbour_distances(sample, k)
    if not (np.isfinite(distances) & (distances > 0)).all():
        return None
    return float(digamma(rows) - digamma(k) + ball + dimensions * np.mean(np.log(distances)))


def _neighbour_distances(sample: np.ndarray, k: int, block: int = 512) -> np.ndarray:
    """The distance of every row to its k-th nearest other row [shape=(m,)].

    The expansion |a|² − 2ab + |b|² finds the candidates, whose distances are then taken from differences: the expansion
    cancels for close rows.
    """
    centred = sample - sample.mean(0)
    squares = np.einsum("ij,ij->i", centred, centred)
    candidates = min(2 * k + 4, len(sample) - 1)
    distances = np.empty(len(sample))
    for start in range(0, len(sample), block):
        stop = min(start + block, len(sample))
        near = squares[None, :] - 2.0 * (centred[start:stop] @ centred.T)
        near[np.arange(stop - start), np.arange(start, stop)] = np.inf
        chosen = np.argpartition(near, candidates - 1, axis=1)[:, :candidates]
        for row in range(start, stop):
            differences = centred[chosen[row - start]] - centred[row]
            exact = np.sort(np.sqrt(np.einsum("ij,ij->i", differences, differences)))
            distances[row] = exact[k - 1]
    return distances
