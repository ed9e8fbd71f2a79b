"""How well clusters agree with classes: B³, purity, and how many clusters there are; from the contingency table.

B³ (Bagga and Baldwin 1998, "Algorithms for scoring coreference chains"; Amigó et al. 2009, "A comparison of extrinsic
clustering evaluation metrics based on formal constraints") looks at each item: which share of its cluster is of its
class (precision), which share of its class is in its cluster (recall); both are averaged over items. Purity is the
share of items whose class is the most frequent one of their cluster, inverse purity that of items in the largest part
of their class; the one is 1 for clusters of one item, the other for one cluster, so that neither says much alone.
"""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from hanmine.evaluate.partition_scores import (
    Contingency,
    adjusted_mutual_information,
    adjusted_rand_index,
    normalized_mutual_information,
)

SCORES = ("nmi", "ami", "ari", "b3_precision", "b3_recall", "b3_f1", "purity", "inverse_purity")
SIZES = ("clusters", "largest", "median", "smallest")


def scores_of(clusters: Any, classes: Any) -> dict[str, float]:
    """All of `SCORES` and `SIZES`, of clusters and classes of the same items (arrays of one length)."""
    table = Contingency.of(clusters, classes)
    precision, recall = b_cubed(table)
    return {
        "nmi": normalized_mutual_information(table),
        "ami": adjusted_mutual_information(table),
        "ari": adjusted_rand_index(table),
        "b3_precision": precision,
        "b3_recall": recall,
        "b3_f1": 2 * precision * recall / (precision + recall),
        "purity": _largest(table.shared, table.row, table.first.size) / table.nodes,
        "inverse_purity": _largest(table.shared, table.column, table.second.size) / table.nodes,
        "clusters": table.first.size,
        "largest": int(table.first.max()),
        "median": float(median(table.first.tolist())),
        "smallest": int(table.first.min()),
    }


def b_cubed(table: Contingency) -> tuple[float, float]:
    """B³ precision and recall of clusters (rows) against classes (columns)."""
    together = table.shared.astype(np.float64) ** 2
    return (
        float((together / table.first[table.row]).sum() / table.nodes),
        float((together / table.second[table.column]).sum() / table.nodes),
    )


def _largest(shared: np.ndarray, groups: np.ndarray, count: int) -> int:
    """The sum over groups of their largest overlap."""
    largest = np.zeros(count, np.int64)
    np.maximum.at(largest, groups, shared)
    return int(largest.sum())
