"""Modules joined to what stays together: the scale of modules, and which of them are one there.

The cosine that few random pairs reach says which links mean something, and with it how fine modules are: where rows
fall into few broad classes, each of these falls into parts. With a lower least similarity more distant rows are linked,
and parts join, until all is one module. What is a class stays together over a wide range, what joins by and by does
not. So a sample of the rows is clustered at ever lower least similarities, and of its clusterings that is taken about
which the modules change least, if that is much less than about the one that chance asks for. Change is the variation of
information (Meilă, Comparing clusterings: an information based distance, 2007), and resolutions of communities are
chosen by how persistent they are (Delvenne, Yaliraki and Barahona, Stability of graph communities across time scales,
2010).

The modules of all rows are not looked for anew, since more links by chance make worse borders: those whose sampled rows
are in one module of that clustering, for the most part, are joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.infomap import Graph, cluster_graph
from hanmine.progress import Progress
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.rows import Rows
from hanmine.vectors.selection import SelectedRows, spread_rows

SAMPLE_ROWS = 2048  # of which all pairs are looked at: two million
# Of the least similarity. Below 0 rows are linked that are farther from each other than pairs are in the mean.
SCALES = tuple(step / 10 for step in range(10, -11, -1))
LESS_CHANGE = 0.5  # of that at the finest scales: else it is no matter of scale how rows fall into modules


@dataclass(frozen=True)
class Sample:
    """Some of the rows.

    Attributes
    ----------
    rows : float32 [shape=(m, d)], of length 1, about the mean of all rows.
    numbers : int64 [shape=(m,)], rising: which rows they are.
    """

    rows: np.ndarray
    numbers: np.ndarray

    @classmethod
    def of_rows(cls, rows: Rows) -> Sample:
        """At most `SAMPLE_ROWS`, evenly spread. rows : about their mean, none of them zero."""
        chosen = spread_rows(rows, SAMPLE_ROWS)
        found = chosen.rows(0, chosen.shape[0]).astype(np.float64)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        numbers = np.arange(len(found), dtype=np.int64)
        return cls(found.astype(np.float32), chosen.origin(numbers) if isinstance(chosen, SelectedRows) else numbers)


def persistent_modules(
    sample: Sample, least: float, *, threads: int | None = None, progress: Progress | None = None
) -> tuple[float, np.ndarray | None]:
    """The one of `SCALES` about which the modules of the sample change least, and these modules (int64 [m], from 1).

    That takes two modules or more at three scales, one after the other, and a change that is no more than `LESS_CHANGE`
    of the one from scale 1 to the next but one; else the scale is 1, and there are none.

    least : the cosine that the false-edge rate asks for, above 0.
    """
    found = modules_by_scale(sample.rows, least, threads=threads, progress=progress)
    if len(found) < 3:
        return SCALES[0], None
    changes = [variation_of_information(finer, coarser) for finer, coarser in zip(found, found[2:], strict=False)]
    least_change = int(np.argmin(changes))
    if changes[least_change] > LESS_CHANGE * changes[0]:
        return SCALES[0], None
    return SCALES[least_change + 1], found[least_change + 1]


def modules_by_scale(
    rows: np.ndarray, least: float, *, threads: int | None = None, progress: Progress | None = None
) -> list[np.ndarray]:
    """The modules (int64 [m], from 1) of rows of length 1 at each of `SCALES`, up to where all are one module.

    All pairs are linked whose cosine is above `least` times the scale, by what it has above.
    """
    one, two = (place.astype(np.int32) for place in np.triu_indices(len(rows), 1))
    with one_blas_thread():
        cosines = (rows @ rows.T)[one, two]
    found: list[np.ndarray] = []
    for scale in SCALES:
        near = np.flatnonzero(cosines > scale * least)
        weight = cosines[near].astype(np.float64) - scale * least
        graph = Graph.from_links(one[near], two[near], weight, size=len(rows), directed=False)
        labels = cluster_graph(graph, two_level=True, threads=threads, progress=progress).labels
        if labels.max() == 1:
            break
        found.append(labels)
    return found


def variation_of_information(one: np.ndarray, two: np.ndarray) -> float:
    """H(one | two) + H(two | one), in nats, of two labellings (int64 [m], from 0 or 1): 0 where they are the same."""
    return 2 * _entropy(one * (int(two.max()) + 1) + two) - _entropy(one) - _entropy(two)


def _entropy(labels: np.ndarray) -> float:
    share = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(-(share * np.log(share)).sum())


def joined(labels: np.ndarray, numbers: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """The modules of all rows, int64 [n], those joined that have most of their sampled rows in the same coarse module.

    Of as many rows in two coarse modules the first counts. A module without sampled rows stays as it is.

    Parameters
    ----------
    labels : int64 [n], from 1. numbers : int64 [m], the sampled rows. coarse : int64 [m], from 1, their modules.
    """
    together = np.zeros((int(labels.max()) + 1, int(coarse.max()) + 1), np.int64)
    np.add.at(together, (labels[numbers], coarse), 1)
    own = int(coarse.max()) + np.arange(len(together))
    return np.where(together.any(axis=1), together.argmax(axis=1), own)[labels]
