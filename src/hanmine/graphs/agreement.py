"""Rows in which directions count by how far near neighbours agree in them.

Of vectors that were whitened whole, all directions are equally strong, and most of them are noise: nearly all pairs
that are near are so by chance. What tells them apart is that neighbours, whatever brought them together, agree in the
directions that mean something. The mean of zᵢzⱼᵀ over rows i and their neighbours j, z being the rows whitened, has
for eigenvalues the correlations of neighbours along its eigenvectors (locality preserving projections: He and Niyogi
2003). Each direction is given its correlation for its standard deviation, and none where neighbours disagree.
"""

from __future__ import annotations

import numpy as np

from hanmine.progress import Progress
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.neighbours import neighbour_blocks
from hanmine.vectors.rows import ArrayRows, Rows, spread
from hanmine.vectors.selection import SelectedRows
from hanmine.vectors.whitening import Whitening

NEIGHBOURS = 10
SAMPLE_ROWS = 5000  # whose neighbours are asked


def weighed_by_agreement(rows: Rows, *, threads: int | None, progress: Progress) -> Rows:
    """`rows` about their mean, by the directions in which the nearest neighbours of a sample of them agree.

    The result [shape=(n, rank)] lies in memory, in float32. rows : not all the same, without NaN.
    """
    whitened = Whitening(threads=threads, progress=progress, dtype=np.float32).fit_transform(rows)
    chosen = spread(rows.shape[0], SAMPLE_ROWS)
    together = np.zeros((whitened.shape[1], whitened.shape[1]))
    pairs = 0
    found_blocks = neighbour_blocks(
        SelectedRows(rows, chosen), rows, NEIGHBOURS + 1, threads=threads, progress=progress
    )
    for start, found, _ in found_blocks:
        number = chosen[start : start + len(found)]
        other = found != number[:, None]
        at, column = np.nonzero(other)
        with one_blas_thread():
            one, two = whitened[number[at]].astype(np.float64), whitened[found[at, column]].astype(np.float64)
            together += one.T @ two
        pairs += len(at)
    correlations, directions = np.linalg.eigh((together + together.T) / (2 * max(pairs, 1)))
    turn = (directions * np.maximum(correlations, 0)).astype(np.float32)
    with one_blas_thread():
        for start in range(0, len(whitened), 2048):
            whitened[start : start + 2048] = whitened[start : start + 2048] @ turn
    return ArrayRows(whitened)
