"""Exact nearest neighbours by cosine: products of blocks in float32 as a filter, and float64 where it counts.

The float32 product of d numbers, in whatever order they are added, lies within d·2^-24/(1 − d·2^-24) of that of the
same unit vectors (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1). A row whose product
lies further below the k-th best cosine found so far than this bound cannot be among the k nearest; every other row has
its cosine computed in float64, in an order of additions of its own. So the result is that of the full matrix in
float64, whatever the blocks, the threads and the matrix library are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hanmine.errors import UsageError
from hanmine.progress import Progress
from hanmine.public import public
from hanmine.runners import ThreadRunner
from hanmine.vectors import kernels
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.normed import NormedRows
from hanmine.vectors.rows import as_rows
from hanmine.vectors.similarity import check_widths

QUERY_ROWS = 1024  # queries that meet one reading of the base: the more, the less often a large base is read
SPAN_ROWS = 1 << 18  # base rows of one step, so that it takes seconds and the run can be interrupted
_QUERY_BYTES = 24 << 20  # of queries and of neighbours that a thread holds at once
_TILE = (512, 512)  # queries × base rows of one product: 1 MB, which stay near the processor
_LEAST_QUERIES = 64  # fewer are not split between threads: the base is

Heaps = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass
class Neighbours:
    """The nearest neighbours of every query, the nearest first.

    Attributes
    ----------
    indices : int64 [shape=(queries, k)], rows of the base, counted from 0.
    similarities : float32 [shape=(queries, k)], cosines.
    recall : of an approximate search, the share of true neighbours that it found for a sample of the queries; 1.0 for
        an exact one.
    """

    indices: np.ndarray
    similarities: np.ndarray
    recall: float = 1.0


@public()
def nearest_neighbours(
    queries, base=None, k: int = 10, *, approximate: bool = False, threads: int | None = None,
    progress: Progress | None = None,
) -> Neighbours:  # fmt: skip
    """The k rows of `base` with the largest cosine to each query.

    Parameters
    ----------
    queries, base : matrices [shape=(n, d)] of real numbers, arrays or `Rows`; with base None the queries are searched
        among themselves, and no row finds itself.
    k : neighbours a query; where there are fewer rows, all of them.
    approximate : search an index in memory (extra `ann`), faster from about 100,000 rows.
    threads : None for one a processor; the result does not depend on it.

    Cosines that agree to 12 digits count as equal, and of equal ones the smaller index comes first. A row of zeros has
    cosine 0 with everything.

    Raises
    ------
    UsageError : k below 1. MissingExtraError : approximate without the package.
    InputError : different numbers of dimensions; rows with NaN or infinity.
    """
    search = open_search(queries, base, k, approximate=approximate, threads=threads, progress=progress)
    indices = np.empty((search.queries.count, search.k), np.int64)
    similarities = np.empty(indices.shape, np.float32)
    for start, found, cosines in search.blocks():
        indices[start : start + len(found)] = found
        similarities[start : start + len(found)] = cosines
    return Neighbours(indices, similarities, search.recall)


def neighbour_blocks(
    queries, base=None, k: int = 10, *, approximate: bool = False, threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:  # fmt: skip
    """As `nearest_neighbours`, block by block in order: (first query, indices, similarities).

    All rows are looked at before the first block, so that an error comes before any result.
    """
    return open_search(queries, base, k, approximate=approximate, threads=threads, progress=progress).blocks()


def open_search(
    queries, base=None, k: int = 10, *, approximate: bool = False, threads: int | None = None,
    progress: Progress | None = None,
) -> Search:  # fmt: skip
    """The search that the other functions run, with all rows looked at; parameters as in `nearest_neighbours`."""
    if k < 1:
        raise UsageError(f"k is {k}: ask for at least 1 neighbour")
    progress, runner = progress or Progress(), ThreadRunner(threads)
    query_rows = as_rows(queries)
    base_rows = query_rows if base is None else as_rows(base)
    check_widths(query_rows, base_rows, ("the queries' matrix", "the other"))
    distinct = {id(rows): rows for rows in (query_rows, base_rows)}
    progress.phase("norms", sum(rows.shape[0] for rows in distinct.values()), "rows")
    normed = {key: NormedRows(rows, runner=runner, progress=progress) for key, rows in distinct.items()}
    sides = (normed[id(query_rows)], normed[id(base_rows)])
    search = Search(*sides, k, itself=base is None, runner=runner, progress=progress)
    if approximate:
        from hanmine.vectors.approximate import approximate_search

        return approximate_search(search)
    return search


class Search:
    """An exact search for the neighbours of `queries` in `base`.

    Attributes
    ----------
    k : neighbours that each query gets, no more than there are.
    method, recall : "exact", which finds all.
    """

    method = "exact"
    recall = 1.0

    def __init__(
        self, queries: NormedRows, base: NormedRows, k: int, *, itself: bool, runner: ThreadRunner, progress: Progress
    ) -> None:
        self.queries, self.base = queries, base
        self.itself = itself
        self.k = max(0, min(k, base.count - itself))
        self.runner, self.progress = runner, progress
        # Products, the rounding of both sides and of the factors to float32, and half a step of the keys.
        rounding = (base.dimensions + 8) * 2.0**-24
        self._error = rounding / (1 - rounding) + 1.0 / kernels.KEY_STEPS

    def blocks(self, stop: int | None = None) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield (first query, indices, similarities) for blocks of queries in order, up to query `stop`."""
        count = self.queries.count if stop is None else min(stop, self.queries.count)
        if self.k == 0:
            if count:
                yield 0, np.empty((count, 0), np.int64), np.empty((count, 0), np.float32)
            return
        spans = self._spans(count)
        self.progress.phase("comparing", count, "queries")
        with one_blas_thread():
            heaps = None
            for (first, last, begin, end), part in zip(
                self._items(count, spans), self.runner.map(self._find, self._items(count, spans)), strict=True
            ):
                if begin == 0:
                    heaps = part
                else:
                    kernels.merge(heaps, part)
                if end == self.base.count:
                    yield first, *sorted_neighbours(heaps)
                    self.progress.advance(last - first)

    def _query_rows(self, count: int) -> int:
        """Queries of one step: what fits, and a share for each thread."""
        fitting = _QUERY_BYTES // (8 * self.queries.dimensions + 16 * self.k)
        share = max(_LEAST_QUERIES, -(-count // self.runner.threads))
        return max(1, min(QUERY_ROWS, fitting, share))

    def _spans(self, count: int) -> list[tuple[int, int]]:
        """Parts of the base: one, unless it is long or there are fewer blocks of queries than threads."""
        steps = -(-count // self._query_rows(count))
        shared = min(self.runner.threads // max(steps, 1), self.base.count // _TILE[1])
        parts = max(1, shared, -(-self.base.count // SPAN_ROWS))
        edges = [self.base.count * part // parts for part in range(parts + 1)]
        return list(pairwise(edges))

    def _items(self, count: int, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int, int, int]]:
        size = self._query_rows(count)
        for first in range(0, count, size):
            for begin, end in spans:
                yield first, min(first + size, count), begin, end

    def _find(self, item: tuple[int, int, int, int]) -> Heaps:
        """The best k of the base rows begin..end for the queries first..last."""
        first, last, begin, end = item
        exact = self.queries.exact(first, last)
        unit = self.queries.unit(first, exact)
        norms = self.queries.norms[first:last]
        heaps = empty_heaps(last - first, self.k)
        tile_queries, tile_rows = _TILE
        scores = np.empty(tile_queries * tile_rows, np.float32)
        for start in range(begin, end, tile_rows):
            stop = min(start + tile_rows, end)
            rows = self.base.exact(start, stop)
            factors, scales = self.base.scaled(start, rows)
            for low in range(0, last - first, tile_queries):
                high = min(low + tile_queries, last - first)
                tile = scores[: (high - low) * (stop - start)].reshape(high - low, stop - start)
                np.matmul(unit[low:high], factors.T, out=tile)
                kernels.scan(
                    tile, scales, self._error, (exact[low:high], norms[low:high]), (rows, self.base.norms[start:stop]),
                    start, first + low if self.itself else -1, tuple(part[low:high] for part in heaps),
                )  # fmt: skip
        return heaps


def empty_heaps(queries: int, k: int) -> Heaps:
    """Heaps for `queries` queries without any neighbour yet: keys, indices, sizes."""
    return np.empty((queries, k), np.int64), np.empty((queries, k), np.int64), np.zeros(queries, np.int64)


def sorted_neighbours(heaps: Heaps) -> tuple[np.ndarray, np.ndarray]:
    """Indices and similarities of full heaps, the nearest first. The heaps are used up."""
    kernels.sort_heaps(heaps)
    return heaps[1], (heaps[0] / kernels.KEY_STEPS).astype(np.float32)
