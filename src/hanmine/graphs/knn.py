"""Graphs of nearest neighbours: which rows of vectors are near each other, and how near is near.

`auto` answers by a null model (`hanmine.graphs.null_model`): two rows are linked where their cosine, about the mean of
all rows, is one that only a stated share of random directions reach in as many dimensions as the rows fill; and a link
weighs what its cosine has above that. Few neighbours break themes into pieces, since a walker does not get far; many
bring links that mean nothing, unless they weigh nothing. docs/themes-measured.md has the tables.

A number for the least similarity is meant of the vectors as they are, mean and all, and weights are then cosines.

The rest of the package takes from here `neighbour_graph`, the constants, and `CLUSTER_DEFAULTS`: the options of
`cluster_graph` that suit these graphs where a user says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.graphs.agreement import weighed_by_agreement
from hanmine.graphs.centred import CentredRows
from hanmine.graphs.evened import evened
from hanmine.graphs.null_model import AngleNull, sample_cosines
from hanmine.infomap import Graph
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.neighbours import open_search
from hanmine.vectors.rows import Rows, as_rows, place_of

SYMMETRIC = ("directed", "mutual", "union")
WEIGHTS = ("cosine", "excess")
DEFAULT_SYMMETRIC = "directed"
DEFAULT_RATE = 0.05  # the false-edge rate: the share of random pairs that would be linked
STRICT_RATE = 0.001  # at which what is hidden still shows: see `is_hidden`
MOST_CHANCE = 0.7  # of all links
CHANCE_NEIGHBOURS = 50  # that a row has at the least, by a higher rate: with fewer even noise falls into modules
HIGHEST_RATE = 0.25
MOST_LINKS = 6_000_000  # for which `automatic_k` asks: more take long to cluster, and change little
LEAST_NEIGHBOURS = 20  # for which it asks of any number of rows
FEW_ROWS = 20  # with a direction: fewer pairs than 200 tell nothing about chance
_EQUAL = 1e-6  # by which the cosine of equal rows may be below 1
LEAST_DIMENSIONS = 1.5  # effective ones, of which there must be more than a single one
CLUSTER_DEFAULTS: dict[str, Any] = {"two_level": True}
# Su Jianlin's clusters of words (2019): as in the text, and as in the code that came with it.
PRESETS: dict[str, dict[str, Any]] = {
    "su2019": {"k": 50, "min_similarity": 0.6, "symmetric": "directed", "weight": "cosine"},
    "su2019-code": {"k": 40, "min_similarity": 0.5, "symmetric": "directed", "weight": "cosine"},
}
PRESET_ROWS = 10_000
PRESET_CLUSTER: dict[str, Any] = {"two_level": True}


@dataclass
class NeighbourGraph:
    """A graph whose nodes are rows of vectors.

    Attributes
    ----------
    graph : the links, with names if there were any; `directed` as was asked for.
    k : neighbours looked for.
    min_similarity : the least cosine of a link.
    dimensions, rate : the effective dimension, and the share of random pairs that reach `min_similarity`; None where
        the mean is not taken off, or the rows tell nothing about chance.
    messages : lines that a user should see.
    facts : what a summary and a signature tell, ready for JSON.
    """

    graph: Graph
    k: int
    min_similarity: float
    dimensions: float | None
    rate: float | None
    messages: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def neighbour_graph(
    rows,
    *,
    k: int | str = "auto",
    min_similarity: float | str = "auto",
    symmetric: str = DEFAULT_SYMMETRIC,
    weight: str = "auto",
    rate: float | None = None,
    centre: bool | None = None,
    even: bool | None = None,
    whiten: str | None = None,
    approximate: bool = False,
    names: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> NeighbourGraph:
    """The graph that links each row to its nearest neighbours by cosine.

    Parameters
    ----------
    rows : a matrix [shape=(n, d)] of real numbers, an array or `Rows`.
    k : neighbours of each row, at most; "auto": see `automatic_k`, and of more than k equal rows those that all the
        others find link back to them.
    min_similarity : the least cosine of a link; "auto": what a share `rate` of random pairs reach. Links have a cosine
        above 0 in any case.
    symmetric : "directed": a link from each row to its neighbours; "mutual": an undirected link between rows that are
        both neighbours of each other; "union": between rows of which one is a neighbour of the other.
    weight : "cosine"; "excess": what the cosine has above `min_similarity`; "auto": excess where the least similarity
        is "auto", else cosine.
    rate : the false-edge rate of "auto", between 0 and 1/2; None: `first_rate`.
    centre : take the mean of all rows off first; None: where the least similarity is "auto", and `FEW_ROWS` rows or
        more have a direction. With fewer, "auto" is a cosine above 0.
    even : weigh directions: even the spectrum out (`hanmine.graphs.evened`), and where nearly all links would be chance
        go by the directions in which neighbours agree (`hanmine.graphs.agreement`). None: as with `centre`
        (the spectrum stays as it is where `whiten` settles it).
    whiten : whiten before all else, by a preset of `hanmine.vectors`.
    approximate : search by an index (extra `ann`).
    names : a name for each row.
    threads : None: one for every processor. The result does not depend on it.

    Raises
    ------
    UsageError : an unknown or impossible option. MissingExtraError : approximate without the package.
    InputError : no rows, rows with NaN or infinity, other than n names.
    """
    automatic = isinstance(min_similarity, str)
    weight = ("excess" if automatic else "cosine") if weight == "auto" else weight
    _check(k, min_similarity, symmetric, weight, rate)
    rows, runner, progress = as_rows(rows), ThreadRunner(threads), progress or Progress()
    count = rows.shape[0]
    if not count:
        raise InputError("there are no vectors: pass at least one row")
    if names is not None and len(names) != count:
        raise InputError(f"{len(names):,} names for {count:,} rows of vectors: pass one name for each row")
    messages: list[str] = []
    if whiten is not None:
        rows = _whitened(rows, whiten, threads, progress, messages)
    progress.phase("norms", count, "rows")
    ready = _ready(rows, automatic, rate, centre, even, whiten, runner, progress, messages)
    centred, null = ready.centred, ready.null
    least = float(min_similarity) if not automatic else null.threshold(ready.rate) if null else 0.0
    wanted = _neighbours_of_each(k, count, rate, messages)
    search = open_search(centred, None, wanted, approximate=approximate, threads=threads, progress=progress)
    graph = _graph(search, least, symmetric, weight, names, copies=isinstance(k, str))
    alone = _alone(graph, centred, messages)
    dimensions, reached = (null.dimensions, float(null.rate(least))) if null else (None, None)
    facts = {
        "k": search.k,
        "min_similarity": least,
        "symmetric": symmetric,
        "weight": weight,
        "centred": ready.centre,
        "whitened": whiten,
        "evening_gamma": ready.gamma,
        "by_agreement": ready.agreement,
        "effective_dimension": dimensions,
        "false_edge_rate": reached,
        "links": int(graph.source.size),
        "rows_alone": alone,
        "search": search.method,
        "recall": search.recall,
    }
    return NeighbourGraph(graph, search.k, least, dimensions, reached, messages, facts)


@dataclass
class _Ready:
    """Rows ready to be searched, what was done to them, and the null model at a false-edge rate, if there is one."""

    centred: CentredRows
    centre: bool
    rate: float
    gamma: float = 0.0
    agreement: bool = False
    null: AngleNull | None = None


def _ready(rows, automatic, rate, centre, even, whiten, runner, progress, messages: list[str]) -> _Ready:
    """Even out, centre and weigh directions, as far as asked for and as there are rows enough (see `neighbour_graph`).

    Fewer than `FEW_ROWS` stay as they are where nothing was asked for: about their own mean most of so few rows are
    opposite to each other, whatever they hold. Without a null model all cosines above 0 are near.
    """
    count, threads = rows.shape[0], runner.threads
    centred = CentredRows(rows, centre=False, runner=runner, progress=progress)
    few = centred.directions < FEW_ROWS
    if automatic and few:
        messages.append(f"rows that have a direction: {centred.directions:,}, and it takes {FEW_ROWS} to tell what is "
                        "near by chance: rows are linked where their cosine is above 0")  # fmt: skip
    usual = automatic and not few
    ready = _Ready(centred, usual if centre is None else bool(centre), first_rate(count) if rate is None else rate)
    if even or (even is None and usual and whiten is None):
        rows, ready.gamma = evened(rows, threads=threads, progress=progress)
    if ready.centre or ready.gamma:
        centred = CentredRows(rows, centre=ready.centre, runner=runner, progress=progress)
    if (ready.centre or automatic) and centred.directions >= FEW_ROWS:
        cosines = sample_cosines(centred.with_direction())
        ready.agreement = bool(automatic if even is None else even) and is_hidden(cosines, count)
        if ready.agreement:
            rows = weighed_by_agreement(centred, threads=threads, progress=progress)
            rows.array[centred.zero_rows] = 0
            centred = CentredRows(rows, centre=ready.centre, runner=runner, progress=progress)
    if (ready.centre or automatic) and centred.directions >= FEW_ROWS:
        cosines = sample_cosines(centred.with_direction()) if ready.agreement else cosines
        ready.null = AngleNull.of_cosines(cosines, ready.rate)
    if ready.null is not None and ready.null.dimensions < LEAST_DIMENSIONS:
        ready.null = None  # by such a model any two rows may be as near as can be
    if automatic and not few and ready.null is None:
        messages.append("the rows fill a single direction, which does not tell what is near by chance: rows are linked "
                        "where their cosine is above 0")  # fmt: skip
    ready.centred = centred
    return ready


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


def _check(k, min_similarity, symmetric: str, weight: str, rate: float | None) -> None:
    if k != "auto" and (isinstance(k, (str, float)) or k < 1):
        raise UsageError(f"-k {k} is neither auto nor a number of neighbours: pass 1 or more")
    if min_similarity != "auto" and (isinstance(min_similarity, str) or not -1 <= min_similarity <= 1):
        raise UsageError(f"--min-similarity {min_similarity} is neither auto nor a cosine: pass a number from -1 to 1")
    if symmetric not in SYMMETRIC:
        raise UsageError(f"--symmetric {symmetric!r} is unknown: choose {', '.join(SYMMETRIC)}")
    if weight not in WEIGHTS:
        raise UsageError(f"the weight {weight!r} is unknown: choose {', '.join(WEIGHTS)}")
    if rate is not None and not 0 < rate < 0.5:
        raise UsageError(f"the false-edge rate {rate:g} is not between 0 and 0.5: pass {DEFAULT_RATE:g}, say")


def _whitened(rows: Rows, preset: str, threads: int | None, progress: Progress, messages: list[str]) -> Rows:
    from hanmine.vectors.presets import resolve
    from hanmine.vectors.whitening import Whitening

    dim, beta, gamma = resolve(preset)
    whitening = Whitening(dim=dim, beta=beta, gamma=gamma, threads=threads, progress=progress)
    mapped = whitening.fit_transform(rows)
    messages.extend(whitening.messages_)
    return as_rows(mapped)


def _neighbours_of_each(k: int | str, count: int, rate: float | None, messages: list[str]) -> int:
    if isinstance(k, str):
        return automatic_k(count, rate)
    if k > count - 1:
        messages.append(f"k is {k:,}, and there are {count:,} rows: each has the others for neighbours, {count - 1:,}")
    return int(k)


def _graph(search, least: float, symmetric: str, weight: str, names: Sequence[str] | None, *, copies: bool) -> Graph:
    count = search.queries.count
    source, target, cosine = _links(search, least, weight, copies=copies)
    if symmetric != "directed":
        source, target, cosine = _undirected(source, target, cosine, count, mutual=symmetric == "mutual")
    weights = cosine.astype(np.float64)
    if weight == "excess":
        weights -= least
    return Graph.from_links(source, target, weights, size=count, names=names, directed=symmetric == "directed")


def _links(search, least: float, weight: str, *, copies: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Links (source, target, cosine) from each row to its neighbours with a cosine above 0 and at least `least`.

    By their excess, links need one: theirs are above `least`. Of more than k equal rows all find the same k, and no
    walker would come to the others: with `copies` those that they find link back to them.
    """
    hubs, count = [], search.queries.count
    parts = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))]
    for start, found, cosines in search.blocks():
        # Cosines are float32, in which a stated .7 is itself; an excess is computed in float64, and so is its sign.
        near = cosines > np.float64(least) if weight == "excess" else cosines >= np.float32(least)
        at, column = np.nonzero(near & (cosines > 0))
        parts.append(((start + at).astype(np.int32), found[at, column].astype(np.int32), cosines[at, column]))
        if copies and search.k:
            at = np.flatnonzero((cosines[:, -1] >= 1 - _EQUAL) & near[:, 0])
            copy = np.repeat((start + at).astype(np.int32), search.k)
            hubs.append((found[at].ravel().astype(np.int32), copy, cosines[at].ravel()))
    source, target, cosine = (np.concatenate(values) for values in zip(*parts, strict=True))
    source, target = source.astype(np.int64), target.astype(np.int64)
    if sum(len(hub) for hub, _, _ in hubs):
        hub, copy, equal = (np.concatenate(values) for values in zip(*hubs, strict=True))
        new = ~np.isin(hub.astype(np.int64) * count + copy, source * count + target)
        source, target = np.concatenate([source, hub[new]]), np.concatenate([target, copy[new]])
        cosine = np.concatenate([cosine, equal[new]])
    return source, target, cosine


def _undirected(source, target, cosine, count: int, *, mutual: bool):
    """Each pair of rows once, the smaller first; of a mutual graph those that are linked both ways."""
    key = np.minimum(source, target) * count + np.maximum(source, target)
    key, first, times = np.unique(key, return_index=True, return_counts=True)
    if mutual:
        key, first = key[times == 2], first[times == 2]
    return key // count, key % count, cosine[first]


def _alone(graph: Graph, centred: CentredRows, messages: list[str]) -> int:
    """How many rows have no link, which the messages say too."""
    linked = np.zeros(graph.size, np.bool_)
    linked[graph.source] = linked[graph.target] = True
    alone = int(graph.size - linked.sum())
    zeros = centred.zero_rows
    if len(zeros):
        messages.append(f"rows of zeros, which are near nothing: {len(zeros):,}, the first in "
                        f"{place_of(centred, int(zeros[0]))}")  # fmt: skip
    if alone:
        messages.append(f"rows without a neighbour as near as the least similarity, alone in their modules: {alone:,}")
    return alone
