"""Rows whose directions count more evenly: a mild whitening, as far as the spectrum asks for it.

A few strong directions decide the cosines of sentence vectors. Whitening makes all directions count the same, and noise
with them; a quarter of it (γ = 1/4: standard deviations to the power 3/4) brought the classes of labelled sentences out
more clearly, and did not hide planted ones (docs/themes-measured.md).
"""

from __future__ import annotations

import numpy as np

from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.normed import NormedRows
from hanmine.vectors.rows import ArrayRows, Rows
from hanmine.vectors.whitening import Whitening

MOST_GAMMA = 0.25
ENOUGH = 0.5  # of the dimensions, which a spectrum this even fills


def filled_dimensions(eigenvalues: np.ndarray, gamma: float) -> float:
    """The participation ratio (Σλ)² / Σλ² of the spectrum that whitening by γ leaves, λ^(1−γ)."""
    left = eigenvalues[eigenvalues > 0] ** (1 - gamma)
    return float(left.sum() ** 2 / (left**2).sum()) if left.size else 0.0


def evening_gamma(eigenvalues: np.ndarray) -> float:
    """The γ, up to `MOST_GAMMA`, by which rows fill the share `ENOUGH` of their dimensions; 0 if they do anyway."""
    wanted = ENOUGH * np.count_nonzero(eigenvalues > 0)
    low, high = 0.0, MOST_GAMMA
    if filled_dimensions(eigenvalues, low) >= wanted:
        return 0.0
    if filled_dimensions(eigenvalues, high) <= wanted:
        return high
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if filled_dimensions(eigenvalues, middle) < wanted else (low, middle)
    return round(high, 6)


def evened(rows: Rows, *, threads: int | None, progress: Progress) -> tuple[Rows, float]:
    """`rows` about their mean, evened out, and the γ that it took; rows of zeros stay zeros.

    The result lies in memory. Rows of fewer than two directions stay as they are.

    Raises
    ------
    InputError : rows with NaN or infinity; the message names the first of them.
    """
    norms = NormedRows(rows, runner=ThreadRunner(threads), progress=progress).norms
    first = rows.rows(0, 1)[0]
    if all(_same(rows, first, start) for start in range(0, rows.shape[0], 2048)):
        return rows, 0.0
    whitening = Whitening(gamma=0.0, threads=threads, progress=progress).fit(rows)
    gamma = evening_gamma(whitening.eigenvalues_[: whitening.rank_])
    if gamma == 0:
        return rows, 0.0
    mapped = whitening.with_options(gamma=gamma).transform(rows)
    mapped[norms == 0] = 0
    return ArrayRows(mapped), gamma


def _same(rows: Rows, first: np.ndarray, start: int) -> bool:
    return bool((rows.rows(start, min(start + 2048, rows.shape[0])) == first).all())
