"""How near two directions come by chance: the angle between random directions in n dimensions.

Su Jianlin, "n维空间下两个随机向量的夹角分布" (2019): the cosine t of two random directions in n dimensions has the
density ∝ (1 − t²)^((n−3)/2), so that (1 + t)/2 follows the distribution Beta((n−1)/2, (n−1)/2). Two things are
different with real vectors. They share a mean, by which all cosines are larger: c + (1 − c)·t stands for t. And they
fill their space unevenly: for n stands an effective dimension.

Rows that belong together have large cosines, and would pass for chance if the effective dimension came from those. It
comes from the other side: chance alone is symmetric about the mean, and what lies far below the mean is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.rows import as_rows, blocks
from hanmine.vectors.selection import spread_rows

SAMPLE_ROWS = 2048  # of which all pairs are looked at: two million
LEAST_PAIRS = 400  # a quantile with fewer pairs beyond it is too uncertain
DIMENSIONS = (1.01, 1e6)  # between which an effective dimension is looked for
_BLOCK_ROWS = 512


@dataclass(frozen=True)
class AngleNull:
    """The cosine of two random directions in n dimensions that share a mean.

    Attributes
    ----------
    dimensions : n, a real number above 1.
    mean : c, the mean cosine, from −1 to below 1.
    """

    dimensions: float
    mean: float = 0.0

    def __post_init__(self) -> None:
        if not self.dimensions > 1:
            raise UsageError(f"{self.dimensions:g} dimensions: random directions need more than 1")
        if not -1 <= self.mean < 1:
            raise UsageError(f"a mean cosine of {self.mean:g} leaves nothing to chance: it lies between -1 and 1")

    @classmethod
    def of_rows(cls, rows, rate: float, *, sample: int = SAMPLE_ROWS) -> AngleNull:
        """The model of these rows for false-edge rates of about `rate`.

        c is the mean cosine of all pairs of different rows. n is such that the share `rate` of pairs that lie farthest
        below c lie as far below it as in the model.

        Parameters
        ----------
        rows : a matrix [shape=(m, d)] or `Rows`; rows of zeros do not count.
        rate : between 0 and 1/2. Where fewer than `LEAST_PAIRS` pairs make up that share, n is that of a larger share.
        sample : take so many rows, evenly spread.

        Raises
        ------
        InputError : fewer than two rows that have a direction.
        """
        return cls.of_cosines(sample_cosines(rows, sample), rate)

    @classmethod
    def of_cosines(cls, cosines: np.ndarray, rate: float) -> AngleNull:
        """The same of the cosines of all pairs of a sample of rows, float32 [shape=(pairs,)]."""
        if not 0 < rate < 0.5:
            raise UsageError(f"the false-edge rate {rate:g} is not between 0 and 0.5: pass 0.01, say")
        mean = float(cosines.mean(dtype=np.float64))
        tail = max(rate, min(0.25, LEAST_PAIRS / cosines.size))
        place = min(int(tail * cosines.size), cosines.size - 1)
        low = float(np.partition(cosines, place)[place])
        if mean >= 1 - 1e-6:  # rows of one direction: no pair is far from any other
            return cls(DIMENSIONS[0], 0.0)
        return cls(dimensions_of((mean - low) / (1 - mean), tail), mean)

    def rate(self, cosine):
        """The share of random pairs whose cosine is at least `cosine` (a number, or float64 of the same shape)."""
        from scipy.special import betainc

        half = (self.dimensions - 1) / 2
        standard = (np.asarray(cosine, np.float64) - self.mean) / (1 - self.mean)
        return betainc(half, half, np.clip((1 - standard) / 2, 0.0, 1.0))[()]

    def threshold(self, rate: float) -> float:
        """The cosine that a share `rate` of random pairs reach.

        Raises
        ------
        UsageError : a rate outside 0..1.
        """
        from scipy.special import betaincinv

        if not 0 < rate < 1:
            raise UsageError(f"the false-edge rate {rate:g} is not between 0 and 1: pass 0.01, say")
        half = (self.dimensions - 1) / 2
        return float(self.mean + (1 - self.mean) * (1 - 2 * betaincinv(half, half, rate)))


def dimensions_of(cosine: float, rate: float) -> float:
    """The dimensions n in which a share `rate` (below 1/2) of random pairs have at least this cosine.

    Within `DIMENSIONS`, at whose ends everything beyond lies.
    """
    low, high = DIMENSIONS
    if AngleNull(high).threshold(rate) >= cosine:
        return high
    if AngleNull(low).threshold(rate) <= cosine:
        return low
    while high / low > 1 + 1e-9:  # the threshold falls as dimensions grow
        middle = (low * high) ** 0.5
        low, high = (middle, high) if AngleNull(middle).threshold(rate) > cosine else (low, middle)
    return (low * high) ** 0.5


def pair_cosines(rows) -> np.ndarray:
    """The cosines of all pairs of different rows [shape=(m(m − 1)/2,)], float32; rows of zeros are left out.

    Raises
    ------
    InputError : fewer than two rows that have a direction.
    """
    rows = as_rows(rows)
    unit = np.empty(rows.shape, np.float32)
    count = 0
    for start, stop in blocks(rows):
        block = rows.rows(start, stop).astype(np.float64)
        lengths = np.linalg.norm(block, axis=1)
        kept = lengths > 0
        unit[count : count + kept.sum()] = block[kept] / lengths[kept, None]
        count += int(kept.sum())
    if count < 2:
        raise InputError(f"rows that have a direction: {count}; chance needs two or more")
    unit = unit[:count]
    found = np.empty(count * (count - 1) // 2, np.float32)
    filled = 0
    with one_blas_thread():
        for start in range(0, count, _BLOCK_ROWS):
            products = unit[start : start + _BLOCK_ROWS] @ unit[start:].T
            above = products[np.triu_indices(len(products), 1, products.shape[1])]
            found[filled : filled + above.size] = above
            filled += above.size
    return found


def sample_cosines(rows, sample: int = SAMPLE_ROWS) -> np.ndarray:
    """`pair_cosines` of so many rows, evenly spread."""
    return pair_cosines(spread_rows(as_rows(rows), sample))
