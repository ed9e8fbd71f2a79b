"""What co-occurrences are worth: weights of pairs of words, and the strongest of each word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.graphs import association_kernels as kernels

MEASURES = {"count": kernels.COUNT, "ppmi": kernels.PPMI, "npmi": kernels.NPMI, "g2": kernels.G2}


@dataclass(frozen=True)
class Links:
    """Pairs of words, the smaller number first, in order.

    Attributes
    ----------
    source, target : int64[links]. weight : float64[links]. pairs : int64[links], how often the two occur together.
    """

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    pairs: np.ndarray


@dataclass(frozen=True)
class Association:
    """How rows of the matrix of co-occurrences become links.

    Attributes
    ----------
    partners : int64[words], sums of the rows of the whole matrix.
    measure : of `MEASURES`. discount : see `kernels.association`.
    least : co-occurrences of a pair. most : partners that each word keeps, 0 for all.
    """

    partners: np.ndarray
    measure: str
    discount: float
    least: int
    most: int

    def select(self, first: int, ends: np.ndarray, columns: np.ndarray, amounts: np.ndarray) -> Links:
        """Of the rows of the words first, first + 1, … (see `kernels.strongest`), the links that they keep."""
        size = len(columns)
        kept = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size), np.empty(size, np.int64)
        count = kernels.strongest(
            first, ends, columns, amounts, self.partners, int(self.partners.sum()), MEASURES[self.measure],
            self.discount, self.least, self.most, kept,
        )  # fmt: skip
        row, column, weight, pairs = (part[:count] for part in kept)
        if not self.most:  # both ends keep the link: one of them tells of it
            once = row < column
            row, column, weight, pairs = row[once], column[once], weight[once], pairs[once]
        return Links(np.minimum(row, column), np.maximum(row, column), weight.copy(), pairs.copy())


def union(parts: list[Links], words: int) -> Links:
    """The links of all parts, each once, in order."""
    parts = parts or [Links(*(np.empty(0, kind) for kind in (np.int32, np.int32, np.float64, np.int64)))]
    source, target, weight, pairs = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("source", "target", "weight", "pairs")
    )
    key, first = np.unique(source.astype(np.int64) * words + target, return_index=True)
    return Links(key // max(words, 1), key % max(words, 1), weight[first], pairs[first])


def log_likelihood(both, one, other, total) -> np.ndarray:
    """Signed G² (Dunning 1993) of tables of two by two, in nats: negative where the pair is rarer than by chance.

    both, one, other, total : arrays or numbers, the cell, the sums of its row and its column, and of the whole table.
    """
    both, one, other, total = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (both, one, other, total)))
    sides = [
        (both, one * other),
        (one - both, one * (total - other)),
        (other - both, (total - one) * other),
        (total - one - other + both, (total - one) * (total - other)),
    ]
    g2 = np.zeros(both.shape)
    for observed, product in sides:
        there = observed > 0
        g2[there] += observed[there] * np.log(observed[there] * total[there] / product[there])
    return np.where(both * total < one * other, -1.0, 1.0) * np.maximum(2 * g2, 0.0)
