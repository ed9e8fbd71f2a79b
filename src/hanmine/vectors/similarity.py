"""The cosine of pairs of vectors, row by row."""

from __future__ import annotations

import numpy as np

from hanmine.errors import InputError
from hanmine.progress import Progress
from hanmine.public import public
from hanmine.runners import ThreadRunner
from hanmine.vectors import kernels
from hanmine.vectors.normed import NormedRows
from hanmine.vectors.rows import as_rows, blocks


@public()
def pair_similarities(first, second, *, threads: int | None = None, progress: Progress | None = None) -> np.ndarray:
    """The cosine of row i of `first` and row i of `second`, for every i.

    Parameters
    ----------
    first, second : matrices [shape=(n, d)] of real numbers, arrays or `Rows`; neither is held in memory.
    threads : None for one a processor; the result does not depend on it.

    Returns
    -------
    float32 [shape=(n,)], computed in float64. A row of zeros has cosine 0 with everything.

    Raises
    ------
    InputError : different numbers of rows or of dimensions; rows with NaN or infinity.
    """
    first, second = as_rows(first), as_rows(second)
    check_widths(first, second)
    if first.shape[0] != second.shape[0]:
        raise InputError(
            f"{first.shape[0]:,} rows and {second.shape[0]:,} rows are no pairs: pass two matrices with as many rows"
        )
    runner, progress = ThreadRunner(threads), progress or Progress()
    progress.phase("norms", 2 * first.shape[0], "rows")
    left = NormedRows(first, runner=runner, progress=progress)
    right = NormedRows(second, runner=runner, progress=progress)
    progress.phase("cosines", left.count, "rows")
    similarities = np.empty(left.count, np.float32)

    def compare(block: tuple[int, int]) -> tuple[int, int]:
        start, stop = block
        cosines = np.empty(stop - start)
        kernels.paired_cosines(
            left.exact(start, stop), right.exact(start, stop), left.norms[start:stop], right.norms[start:stop], cosines
        )
        similarities[start:stop] = cosines
        return block

    for start, stop in runner.map(compare, blocks(first)):
        progress.advance(stop - start)
    return similarities


def check_widths(first, second, names: tuple[str, str] = ("the first", "the second")) -> None:
    """Raise `InputError` where two matrices have different numbers of dimensions."""
    if first.shape[1] != second.shape[1]:
        raise InputError(
            f"{names[0]} has {first.shape[1]:,} dimensions and {names[1]} {second.shape[1]:,}: "
            "compare vectors of one encoder and one map"
        )
