"""Rows made ready for their graph: what is taken off, how directions count, and which cosine is near.

Rows are evened out (`hanmine.graphs.evened`) and their mean is taken off. Where what belongs together is hidden, they
are weighed by the agreement of neighbours (`hanmine.graphs.agreement`). A first graph, of a sample of the rows, is
clustered, and directions are weighed by how little its modules spread in them (`hanmine.graphs.within`). Last comes the
null model (`hanmine.graphs.null_model`) of what that leaves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from hanmine.graphs.agreement import weighed_by_agreement
from hanmine.graphs.centred import CentredRows
from hanmine.graphs.evened import evened
from hanmine.graphs.links import graph_of
from hanmine.graphs.null_model import AngleNull, sample_cosines
from hanmine.graphs.within import mapped, whitening_within
from hanmine.infomap import cluster_graph
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.neighbours import open_search
from hanmine.vectors.rows import Rows
from hanmine.vectors.selection import spread_rows

DEFAULT_RATE = 0.05  # the false-edge rate: the share of random pairs that would be linked
STRICT_RATE = 0.001  # at which what is hidden still shows: see `is_hidden`
MOST_CHANCE = 0.7  # of all links
CHANCE_NEIGHBOURS = 50  # that a row has at the least, by a higher rate: with fewer even noise falls into modules
HIGHEST_RATE = 0.25
MOST_LINKS = 6_000_000  # for which `automatic_k` asks: more take long to cluster, and change little
LEAST_NEIGHBOURS = 20  # for which it asks of any number of rows
FEW_ROWS = 20  # with a direction: fewer pairs than 200 tell nothing about chance
LEAST_DIMENSIONS = 1.5  # effective ones, of which there must be more than a single one
FIRST_ROWS = 5000  # of the first graph, at most


@dataclass
class Prepared:
    """Rows ready to be searched, what was done to them, and the null model at a false-edge rate, if there is one.

    Attributes
    ----------
    centred : the rows. centre : whether their mean was taken off.
    rate : the false-edge rate. null : None where the rows tell nothing about chance.
    gamma : by which they were evened out. agreement : whether they were weighed by the agreement of neighbours.
    first_modules : by how many modules they were weighed; 0: they were not.
    """

    centred: CentredRows
    centre: bool
    rate: float
    null: AngleNull | None = None
    gamma: float = 0.0
    agreement: bool = False
    first_modules: int = 0
    cosines: np.ndarray | None = field(default=None, repr=False)


def prepare(
    rows: Rows, *, automatic: bool, rate: float | None, centre: bool | None, even: bool | None, whitened: bool,
    runner: ThreadRunner, progress: Progress, messages: list[str],
) -> Prepared:  # fmt: skip
    """Even out, centre and weigh directions, as far as asked for and as there are rows enough.

    Fewer than `FEW_ROWS` stay as they are where nothing was asked for: about their own mean most of so few rows are
    opposite to each other, whatever they hold. Without a null model all cosines above 0 are near.

    automatic : whether the least similarity is "auto". whitened : whether a preset did so before. Other parameters as
    of `hanmine.graphs.knn.neighbour_graph`.
    """
    count, threads = rows.shape[0], runner.threads
    centred = CentredRows(rows, centre=False, runner=runner, progress=progress)
    few = centred.directions < FEW_ROWS
    if automatic and few:
        messages.append(f"rows that have a direction: {centred.directions:,}, and it takes {FEW_ROWS} to tell what is "
                        "near by chance: rows are linked where their cosine is above 0")  # fmt: skip
    usual = automatic and not few
    ready = Prepared(centred, usual if centre is None else bool(centre), first_rate(count) if rate is None else rate)
    if even or (even is None and usual and not whitened):
        rows, ready.gamma = evened(rows, threads=threads, progress=progress)
    if ready.centre or ready.gamma:
        _use(ready, rows, runner, progress)
    del rows  # an evened copy is not needed once directions have been weighed
    if ready.centre or automatic:
        _settle(ready)
    if ready.null is not None and (automatic if even is None else even):
        _weigh(ready, runner, progress)
    if usual and ready.null is None:
        messages.append("the rows fill a single direction, which does not tell what is near by chance: rows are linked "
                        "where their cosine is above 0")  # fmt: skip
    return ready


def _use(ready: Prepared, rows: Rows, runner: ThreadRunner, progress: Progress) -> None:
    ready.centred = CentredRows(rows, centre=ready.centre, runner=runner, progress=progress)


def _settle(ready: Prepared) -> None:
    """Find the null model of the rows as they are now."""
    ready.null = ready.cosines = None
    if ready.centred.directions < FEW_ROWS:
        return
    ready.cosines = sample_cosines(ready.centred.with_direction())
    null = AngleNull.of_cosines(ready.cosines, ready.rate)
    if null.dimensions >= LEAST_DIMENSIONS:  # else any two rows may be as near as can be
        ready.null = null


def _weigh(ready: Prepared, runner: ThreadRunner, progress: Progress) -> None:
    """Weigh directions by the agreement of neighbours where that is needed, then by the modules of a first graph."""
    ready.agreement = is_hidden(ready.cosines, ready.centred.shape[0])
    if ready.agreement:
        zeros = ready.centred.zero_rows
        rows = weighed_by_agreement(ready.centred, threads=runner.threads, progress=progress)
        rows.array[zeros] = 0
        _use(ready, rows, runner, progress)
        _settle(ready)
    turn = _by_modules(ready, runner, progress) if ready.null is not None else None
    if turn is not None:
        _use(ready, mapped(ready.centred, turn), runner, progress)
        _settle(ready)


def _by_modules(ready: Prepared, runner: ThreadRunner, progress: Progress) -> np.ndarray | None:
    """What weighs directions by the modules of a first graph, of a sample; None where all of it is one module."""
    chosen = spread_rows(ready.centred.with_direction(), FIRST_ROWS)
    count = chosen.shape[0]
    sample = chosen.rows(0, count)
    search = open_search(sample, None, automatic_k(count), threads=runner.threads, progress=progress)
    least = ready.null.threshold(first_rate(count))
    graph = graph_of(search, least, "union", "relative")
    labels = cluster_graph(graph, two_level=True, threads=runner.threads, progress=progress).labels
    if labels.max() == 1:
        return None
    ready.first_modules = int(labels.max())
    return whitening_within(sample.astype(np.float64), labels)


def automatic_k(count: int, rate: float | None = None) -> int:
    """The neighbours of each of `count` rows where nothing is said: twice as many as chance alone brings, 2 · rate · n.

    So the least similarity decides what is linked, not k. Of many rows only as many as make `MOST_LINKS` links; never
    fewer than `LEAST_NEIGHBOURS`. rate : None: `first_rate`.
    """
    rate = first_rate(count) if rate is None else rate
    return max(LEAST_NEIGHBOURS, min(math.ceil(2 * rate * count), MOST_LINKS // max(count, 1)))


def first_rate(count: int) -> float:
    """The false-edge rate for `count` rows: `DEFAULT_RATE`, or more, by which chance brings `CHANCE_NEIGHBOURS`."""
    return max(DEFAULT_RATE, min(HIGHEST_RATE, CHANCE_NEIGHBOURS / max(count, 1)))


def is_hidden(cosines: np.ndarray, count: int) -> bool:
    """Whether what belongs together is there, but hidden by directions that mean nothing.

    Then more than `MOST_CHANCE` of all links at `first_rate` would be due to chance (as many as in the model, to all
    that there are), and no more than that at `STRICT_RATE`.

    cosines : of all pairs of a sample of the rows, float32.
    """
    chance = []
    for rate in (first_rate(count), STRICT_RATE):
        null = AngleNull.of_cosines(cosines, rate)
        chance.append(rate / max(float(np.mean(cosines >= null.threshold(rate))), 1e-12))
    return chance[0] > MOST_CHANCE >= chance[1]
