"""How alike two partitions of the same nodes are: NMI, AMI and ARI, from their contingency table.

All three are 1 for partitions that are equal up to the names of modules. NMI is 0 where one tells nothing of the other,
but grows with the number of modules even of random partitions; AMI (Vinh, Epps and Bailey 2010, "Information theoretic
measures for clusterings comparison") and ARI (Hubert and Arabie 1985, "Comparing partitions") take off what chance
alone gives, and can be below 0. NMI and AMI divide by the arithmetic mean of the two entropies. Entropies here are in
nats; the unit cancels out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Contingency:
    """How many nodes two modules share.

    Attributes
    ----------
    first, second : int64 [modules], sizes of the modules of either partition.
    shared : int64 [cells], the overlaps that are not empty; of modules row and column (int64 [cells]).
    """

    first: np.ndarray
    second: np.ndarray
    shared: np.ndarray
    row: np.ndarray
    column: np.ndarray

    @classmethod
    def of(cls, first: Any, second: Any) -> Contingency:
        """Of the labels of the same nodes (arrays of one length)."""
        one, row = np.unique(np.asarray(first), return_inverse=True)
        other, column = np.unique(np.asarray(second), return_inverse=True)
        cells, shared = np.unique(row.reshape(-1) * max(other.size, 1) + column.reshape(-1), return_counts=True)
        row, column = np.divmod(cells, max(other.size, 1))
        sizes = [
            np.bincount(axis, shared, count).astype(np.int64) for axis, count in ((row, one.size), (column, other.size))
        ]
        return cls(*sizes, shared.astype(np.int64), row, column)

    @property
    def nodes(self) -> int:
        return int(self.shared.sum())

    @property
    def same(self) -> bool:
        """The partitions are equal but for the names of modules."""
        return self.shared.size == self.first.size == self.second.size


def entropy(sizes: np.ndarray) -> float:
    """Nats of a partition with modules of these sizes."""
    share = sizes[sizes > 0] / sizes.sum()
    return float(-(share * np.log(share)).sum())


def mutual_information(table: Contingency) -> float:
    """Nats that one partition tells of the other."""
    n = table.nodes
    outer = np.log(table.first[table.row]) + np.log(table.second[table.column])
    return max(0.0, float((table.shared / n * (np.log(table.shared) + np.log(n) - outer)).sum()))


def expected_mutual_information(first: np.ndarray, second: np.ndarray) -> float:
    """Nats expected of random partitions with modules of these sizes (Vinh et al. 2010, eq. 24a).

    The overlap of two modules is hypergeometric. What lies further from its mean than 30 + 10 standard deviations has a
    probability below 1e-20 and is left out.
    """
    n = int(first.sum())
    log_factorial = np.zeros(n + 1)
    np.cumsum(np.log(np.arange(1, n + 1)), out=log_factorial[1:])
    one, one_count = np.unique(first, return_counts=True)
    other, other_count = np.unique(second, return_counts=True)
    return sum(
        float(count * (other_count * _expected_terms(int(size), other, n, log_factorial)).sum())
        for size, count in zip(one, one_count, strict=True)
    )


def _expected_terms(size: int, others: np.ndarray, n: int, log_factorial: np.ndarray) -> np.ndarray:
    """For a module of `size` nodes and each of `others`: the expectation of k/n · ln(n·k / (size·other))."""
    mean = size * others / n
    deviation = np.sqrt(mean * (n - size) / n * (n - others) / max(n - 1, 1))
    reach = 30 + 10 * deviation
    low = np.maximum(np.maximum(0, size + others - n), np.floor(mean - reach)).astype(np.int64)
    high = np.minimum(np.minimum(size, others), np.ceil(mean + reach)).astype(np.int64)
    length = high - low + 1
    begin = np.concatenate([[0], np.cumsum(length)[:-1]])
    other = np.repeat(others, length)
    k = np.arange(length.sum()) - np.repeat(begin - low, length)
    chance = -(log_factorial[k] + log_factorial[size - k] + log_factorial[other - k])
    chance -= log_factorial[n - size - other + k]
    chance = np.exp(chance - np.repeat(np.maximum.reduceat(chance, begin), length))
    information = k / n * (np.log(np.maximum(k, 1)) + np.log(n) - np.log(size) - np.log(other))
    return np.add.reduceat(chance * information, begin) / np.add.reduceat(chance, begin)


def normalized_mutual_information(table: Contingency) -> float:
    """2 I(A; B) / (H(A) + H(B))."""
    if table.same:
        return 1.0
    return 2 * mutual_information(table) / (entropy(table.first) + entropy(table.second))


def adjusted_mutual_information(table: Contingency) -> float:
    """(I(A; B) − E) / ((H(A) + H(B)) / 2 − E), with E what is expected by chance."""
    if table.same:
        return 1.0
    expected = expected_mutual_information(table.first, table.second)
    mean = (entropy(table.first) + entropy(table.second)) / 2
    return (mutual_information(table) - expected) / (mean - expected)


def adjusted_rand_index(table: Contingency) -> float:
    """(pairs together in both − expected) / (mean of pairs together in each − expected)."""
    if table.same:
        return 1.0
    both, first, second = (_pairs(counts) for counts in (table.shared, table.first, table.second))
    expected = first * second / _pairs(np.array([table.nodes]))
    return (both - expected) / ((first + second) / 2 - expected)


def _pairs(counts: np.ndarray) -> float:
    values = counts.astype(np.float64)
    return float((values * (values - 1) / 2).sum())
