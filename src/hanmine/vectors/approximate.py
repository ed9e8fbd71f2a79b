"""Approximate nearest neighbours: a navigable graph of faiss over the unit rows, searched as broadly as the data need.

Every row is linked to rows near it, and a query walks along the links (Yu. A. Malkov and D. A. Yashunin, Efficient and
robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs, 2016). How many candidates
it keeps on its walk is doubled until enough of the true neighbours of a sample of the queries are found; the recall
that is stated comes from another sample. What the graph finds is scored again in float64. The graph is built by one
thread, since it depends on the order of rows; it holds all rows in float32 in memory, and 280 bytes more for each.
"""

from __future__ import annotations

import numpy as np

from hanmine.errors import MissingExtraError
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors import kernels
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.neighbours import Heaps, Search, empty_heaps
from hanmine.vectors.normed import NormedRows

LEAST_ROWS = 10_000  # with fewer the exact search takes a moment, and there is nothing to gain
ENOUGH_RECALL = 0.97  # for the first sample
SAMPLE = 256  # queries of each of the two samples
SEED = 0
LINKS = 32  # of a row in the graph
_BUILD_BREADTH = 40
_BREADTHS = (16, 1024)  # candidates of a walk, from the first try to the last
_SPARE = 6  # candidates beyond k, among which float64 chooses
_QUERY_ROWS = 512
_ADDED_ROWS = 2048


def approximate_search(exact: Search) -> Search:
    """The same search by an index; the exact one itself where that is as quick.

    Raises
    ------
    MissingExtraError : faiss is not installed.
    """
    try:
        import faiss
    except ImportError:
        raise MissingExtraError("approximate search", "ann") from None
    if exact.base.count < LEAST_ROWS or 8 * exact.k > exact.base.count or not exact.queries.count:
        return exact
    return ApproximateSearch(exact, faiss)


class ApproximateSearch(Search):
    """A search in a graph, which finds the same neighbours with any number of threads.

    Attributes
    ----------
    recall : the share of the k true neighbours that was found, for a sample of the queries.
    sample, seed : how many queries that sample has, and the seed by which it was drawn.
    breadth : how many candidates a walk keeps.
    """

    method = "hnsw"
    seed = SEED

    def __init__(self, exact: Search, faiss) -> None:
        super().__init__(exact.queries, exact.base, exact.k, itself=exact.itself, runner=exact.runner,
                         progress=exact.progress)  # fmt: skip
        self._faiss = faiss
        self._wanted = min(self.k + self.itself + _SPARE, self.base.count)
        self.breadth = max(_BREADTHS[0], self._wanted)
        chosen = np.random.default_rng(self.seed).permutation(self.queries.count)
        tuning, stating = np.sort(chosen[:SAMPLE]), np.sort(chosen[SAMPLE : 2 * SAMPLE])
        with one_blas_thread():
            self._index = self._build()
            self.progress.phase("tuning the index")
            truth = self._least_cosines(tuning)
            while self._recall(tuning, truth) < ENOUGH_RECALL and 2 * self.breadth <= _BREADTHS[1]:
                self.breadth *= 2
            if len(stating):
                tuning, truth = stating, self._least_cosines(stating)
            self.recall, self.sample = self._recall(tuning, truth), len(tuning)

    def _build(self):
        """The graph of all rows of the base."""
        faiss, base = self._faiss, self.base
        faiss.omp_set_num_threads(1)
        index = faiss.IndexHNSWFlat(base.dimensions, LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _BUILD_BREADTH
        self.progress.phase("indexing", base.count, "rows")
        for start in range(0, base.count, _ADDED_ROWS):
            stop = min(start + _ADDED_ROWS, base.count)
            index.add(base.unit(start, base.exact(start, stop)))
            self.progress.advance(stop - start)
        return index

    def _query_rows(self, count: int) -> int:
        return min(_QUERY_ROWS, super()._query_rows(count))

    def _spans(self, count: int) -> list[tuple[int, int]]:
        return [(0, self.base.count)]

    def _find(self, item: tuple[int, int, int, int]) -> Heaps:
        """The best k of what the index finds for the queries first..last."""
        first, last, _, _ = item
        exact = self.queries.exact(first, last)
        unit = self.queries.unit(first, exact)
        return self._look_up(exact, unit, self.queries.norms[first:last], np.arange(first, last))

    def _look_up(self, exact: np.ndarray, unit: np.ndarray, norms: np.ndarray, numbers: np.ndarray) -> Heaps:
        """The same for queries given by their rows, unit rows, norms and numbers."""
        self._faiss.omp_set_num_threads(1)  # holds for the calling thread
        parameters = self._faiss.SearchParametersHNSW(efSearch=self.breadth)
        _, found = self._index.search(unit, self._wanted, params=parameters)
        is_candidate = found >= 0
        if self.itself:
            is_candidate &= found != numbers[:, None]
        query_of = np.nonzero(is_candidate)[0]
        candidates = found[is_candidate]
        rows, place = np.unique(candidates, return_inverse=True)
        cosines = np.empty(len(candidates))
        kernels.paired_cosines(
            exact[query_of], self.base.gather(rows)[place], norms[query_of], self.base.norms[candidates], cosines
        )
        heaps = empty_heaps(len(exact), self.k)
        kernels.offer_candidates(candidates, query_of, cosines, heaps)
        self._complete(heaps, numbers)
        return heaps

    def _complete(self, heaps: Heaps, numbers: np.ndarray) -> None:
        """Give the queries for which the index found fewer than k rows their true neighbours."""
        for query in np.flatnonzero(heaps[2] < self.k).tolist():
            indices, cosines = self._true_neighbours(numbers[query : query + 1], ThreadRunner(1))
            heaps[2][query] = 0
            kernels.offer_candidates(indices[0], np.full(self.k, query), cosines[0].astype(np.float64), heaps)

    def _true_neighbours(self, numbers: np.ndarray, runner: ThreadRunner) -> tuple[np.ndarray, np.ndarray]:
        """Indices and similarities of the true k neighbours of the queries of these rising numbers."""
        queries = NormedRows(self.queries.gather(numbers), runner=runner)
        search = Search(queries, self.base, self.k + self.itself, itself=False, runner=runner, progress=Progress())
        parts = [(indices, cosines) for _, indices, cosines in search.blocks()]
        indices, cosines = (np.concatenate(part) for part in zip(*parts, strict=True))
        if self.itself:  # drop the query itself; the last where rows that are as near have displaced it
            drop = indices == numbers[:, None]
            drop[:, -1] |= ~drop.any(axis=1)
            indices, cosines = (values[~drop].reshape(len(numbers), self.k) for values in (indices, cosines))
        return indices, cosines

    def _least_cosines(self, numbers: np.ndarray) -> np.ndarray:
        """The cosine of the k-th true neighbour of each of these queries."""
        return self._true_neighbours(numbers, self.runner)[1][:, -1]

    def _recall(self, numbers: np.ndarray, least: np.ndarray) -> float:
        """The share of neighbours found that are as near as the k-th true one, for these queries."""
        queries = NormedRows(self.queries.gather(numbers), runner=self.runner)
        exact = queries.exact(0, queries.count)
        keys, _, _ = self._look_up(exact, queries.unit(0, exact), queries.norms, numbers)
        cosines = (keys / kernels.KEY_STEPS).astype(np.float32)
        return float((cosines >= least[:, None]).mean())
