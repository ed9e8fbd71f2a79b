"""Vectors on which whitening is known to go wrong, made from a seed. Shared by tests and benchmarks."""

from __future__ import annotations

import numpy as np


def anisotropic(n: int, d: int, condition: float, seed: int = 0) -> np.ndarray:
    """Gaussian rows [shape=(n, d)] float64 in a random basis, eigenvalues of the covariance from 1 to 1/condition."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((d, d)))[0]
    scales = np.geomspace(1, condition**-0.5, d)
    return (rng.standard_normal((n, d)) * scales) @ basis.T


def trap_table(n: int, d: int) -> dict[str, np.ndarray]:
    """Name → vectors, float32 unless the name says otherwise. The last two have no answer but an error."""
    plain = anisotropic(n, d, 2900)
    direction = np.random.default_rng(1).standard_normal(d)
    typical = np.sqrt((plain**2).sum(axis=1).mean() / d)
    dependent = plain.copy()
    dependent[:, -(d // 8) :] = dependent[:, : d // 8] + dependent[:, d // 8 : 2 * (d // 8)]
    constant = plain.copy()
    constant[:, 1], constant[:, d // 2], constant[:, d - 1] = 0, 3.3, 1e4
    outliers = plain.copy()
    outliers[[n // 7, n // 3, n - 5]] *= 1e4
    with_nan = plain.copy()
    with_nan[[5, n // 2], 3] = np.nan, np.inf
    table = {
        "plain, condition 2,900": plain,
        "mean 10 × std": plain + 10 * typical * direction,
        "mean 1000 × std": plain + 1000 * typical * direction,
        "condition 1e5": anisotropic(n, d, 1e5),
        "condition 1e6": anisotropic(n, d, 1e6),
        "condition 1e8": anisotropic(n, d, 1e8),
        "dependent columns": dependent,
        "constant columns": constant,
        "n < d": plain[: d * 2 // 3],
        "scale 1e-20": plain * 1e-20,
        "scale 1e19": plain * 1e19,
        "outlier rows": outliers,
        "float16": plain.astype(np.float16),
        "NaN and inf": with_nan,
        "all rows equal": np.tile(plain[:1], (n, 1)),
    }
    return {name: x if x.dtype == np.float16 else x.astype(np.float32) for name, x in table.items()}


def max_cosine_deviation(a: np.ndarray, b: np.ndarray, rows: int = 1000) -> float:
    """The largest difference between cosines of `a` and of `b`, `rows` spread rows with all; NaN where there is one."""
    a, b = _unit(a), _unit(b)
    few = np.arange(min(rows, len(a))) * len(a) // min(rows, len(a))
    worst = 0.0
    for begin in range(0, len(a), 4096):
        part = slice(begin, begin + 4096)
        worst = np.maximum(worst, np.abs(a[few] @ a[part].T - b[few] @ b[part].T).max())
    return float(worst)


def _unit(x: np.ndarray) -> np.ndarray:
    x = x.astype(np.float64)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.maximum(norms, 1e-300)
