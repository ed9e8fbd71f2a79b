"""Statistics of n-grams from counts: entropies of neighbours and association of the two parts of a split."""

from __future__ import annotations

import numpy as np

from hanmine.ngrams.kernels import FIXED

LOG_BASES = {"e": 1.0, "2": float(np.log(2.0))}  # what nats are divided by


def branching_entropy(counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Entropy of the neighbours on one side, in nats: ln N − Σ c·ln c / N.

    counts : int64[n], occurrences N; sums : int64[n], Σ c·ln c in fixed point over neighbours that add up to N.
    """
    n = np.maximum(counts, 1).astype(np.float64)
    return np.maximum(np.log(n) - sums / FIXED / n, 0.0)


def pointwise_mutual_information(total, count, prefix, suffix):
    """ln(total·c(uv) / (c(u)·c(v))), in nats."""
    return np.log(_float(total) * count / (_float(prefix) * suffix))


def normalized_mutual_information(total, count, prefix, suffix):
    """PMI / −ln(c(uv) / total): 1 when u and v occur only together (Bouma 2009)."""
    information = -np.log(count / _float(total))
    mutual = pointwise_mutual_information(total, count, prefix, suffix)
    # A text that is one n-gram over and over has no information to divide by; its parts never part.
    return np.where(information > 0, mutual / np.maximum(information, 1e-300), 1.0)


def t_score(total, count, prefix, suffix):
    """(c(uv) − c(u)·c(v)/total) / √c(uv) (Church et al. 1991)."""
    return (count - _float(prefix) * suffix / total) / np.sqrt(_float(count))


def dice(total, count, prefix, suffix):
    """2·c(uv) / (c(u) + c(v))."""
    return 2.0 * count / (_float(prefix) + suffix)


def log_likelihood(total, count, prefix, suffix):
    """Dunning's G² (1993) of the 2×2 table of u first and v second; cells below 0 (overlaps) count as 0."""
    both, only_first, only_second = _float(count), _float(prefix) - count, _float(suffix) - count
    cells = np.maximum(np.stack([both, only_first, only_second, total - both - only_first - only_second]), 0.0)
    n = cells.sum(axis=0)
    rows = np.stack([cells[0] + cells[1], cells[0] + cells[1], cells[2] + cells[3], cells[2] + cells[3]])
    columns = np.stack([cells[0] + cells[2], cells[1] + cells[3], cells[0] + cells[2], cells[1] + cells[3]])
    expected = rows * columns / n
    terms = np.where(cells > 0, cells * np.log(np.maximum(cells, 1e-300) / np.maximum(expected, 1e-300)), 0.0)
    return 2.0 * terms.sum(axis=0)


def _float(values) -> np.ndarray:
    return np.asarray(values, np.float64)


ASSOCIATIONS = {
    "cohesion": pointwise_mutual_information,
    "npmi": normalized_mutual_information,
    "t": t_score,
    "g2": log_likelihood,
    "dice": dice,
}
