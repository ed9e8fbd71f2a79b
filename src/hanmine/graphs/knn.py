"""Graphs of nearest neighbours: which rows of vectors are near each other, and how near is near.

`auto` answers by a null model (`hanmine.graphs.null_model`): two rows are linked where their cosine, about the mean of
all rows, is one that only a stated share of random directions reach in as many dimensions as the rows fill; and a link
weighs what its cosine has above that. Which directions count how much is settled before (`hanmine.graphs.prepared`).
Few neighbours break themes into pieces, since a walker does not get far; many bring links that mean nothing, unless
they weigh nothing. docs/themes-measured.md has the tables.

Rows with the same numbers are one row: it is compared once, its neighbours are other rows than its copies, and these
share its module and, evenly, its flow. Else a row with more copies than it has neighbours would be linked to nothing
but some of these, which ones its place in the file would decide, and its copies would fall apart.

A number for the least similarity is meant of the vectors as they are, mean and all, and weights are then cosines.

The rest of the package takes from here `neighbour_graph`, the constants, and `CLUSTER_DEFAULTS`: the options of
`cluster_graph` that suit these graphs where a user says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.graphs.links import SYMMETRIC, WEIGHTS, graph_of
from hanmine.graphs.prepared import DEFAULT_RATE, FEW_ROWS, automatic_k, prepare
from hanmine.graphs.scale import Sample
from hanmine.infomap import Graph
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.neighbours import open_search
from hanmine.vectors.rows import Rows, as_rows, blocks, place_of
from hanmine.vectors.selection import SelectedRows, first_equal_rows

DEFAULT_SYMMETRIC = "directed"
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
    graph : the links, with names if there were any; `directed` as was asked for. Of equal rows the first has the links,
        and the others are copies of it; it links to itself where no other row is near.
    k : neighbours looked for.
    min_similarity : the least cosine of a link.
    dimensions, rate : the effective dimension, and the share of random pairs that reach `min_similarity`; None where
        the mean is not taken off, or the rows tell nothing about chance.
    messages : lines that a user should see.
    sample : rows by which modules of this graph may be joined (`hanmine.graphs.scale`); None where k, the least
        similarity or the rate was given, or the rows tell nothing about chance.
    facts : what a summary and a signature tell, ready for JSON.
    """

    graph: Graph
    k: int
    min_similarity: float
    dimensions: float | None
    rate: float | None
    messages: list[str] = field(default_factory=list)
    sample: Sample | None = field(default=None, repr=False)
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
    k : neighbours of each row, at most, that are not equal to it or to each other; "auto": see `automatic_k`.
    min_similarity : the least cosine of a link; "auto": what a share `rate` of random pairs reach. Links have a cosine
        above 0 in any case.
    symmetric : "directed": a link from each row to its neighbours; "mutual": an undirected link between rows that are
        both neighbours of each other; "union": between rows of which one is a neighbour of the other.
    weight : "cosine"; "excess": what the cosine has above `min_similarity`; "relative": that over the root of the
        strengths of both ends (`hanmine.graphs.links`); "auto": excess where the least similarity is "auto", else
        cosine.
    rate : the false-edge rate of "auto", between 0 and 1/2; None: `first_rate`.
    centre : take the mean of all rows off first; None: where the least similarity is "auto", and `FEW_ROWS` rows or
        more have a direction. With fewer, "auto" is a cosine above 0.
    even : weigh directions: even the spectrum out (`hanmine.graphs.evened`), where nearly all links would be chance go
        by the directions in which neighbours agree (`hanmine.graphs.agreement`), and by how little the modules of a
        first graph spread in them (`hanmine.graphs.within`). None: as with `centre` (the spectrum stays as it is where
        `whiten` settles it).
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
    index, first, zeros = _different(rows, runner, progress, zeros_are_rows=whiten is not None)
    if whiten is not None:
        rows = _whitened(rows, whiten, threads, progress, messages)
    # Of a few different rows copies tell what little can be told; of more they would tell what is said most often.
    few = len(index) < FEW_ROWS and len(index) + len(zeros) < count
    chosen = rows if few or len(index) == count else SelectedRows(rows, index)
    progress.phase("norms", chosen.shape[0], "rows")
    ready = prepare(
        chosen, automatic=automatic, rate=rate, centre=centre, even=even, whitened=whiten is not None,
        runner=runner, progress=progress, messages=messages,
    )  # fmt: skip
    centred, null = ready.centred, ready.null
    least = float(min_similarity) if not automatic else null.threshold(ready.rate) if null else 0.0
    wanted = _neighbours_of_each(k, len(index), count, rate, messages)
    searched = SelectedRows(centred, index) if few else centred
    search = open_search(searched, None, wanted, approximate=approximate, threads=threads, progress=progress)
    graph = graph_of(search, least, symmetric, weight, names=names, rows=index, first=first)
    alone = _alone(graph, rows, zeros, messages)
    dimensions, reached = (null.dimensions, float(null.rate(least))) if null else (None, None)
    nothing_said = automatic and isinstance(k, str) and rate is None
    sample = Sample.of_rows(centred.with_direction()) if nothing_said and null and least > 0 else None
    if sample is not None and not few:
        sample = replace(sample, numbers=index[sample.numbers])
    facts = {
        "different_rows": len(np.unique(first)),
        "k": search.k,
        "min_similarity": least,
        "symmetric": symmetric,
        "weight": weight,
        "centred": ready.centre,
        "whitened": whiten,
        "evening_gamma": ready.gamma,
        "by_agreement": ready.agreement,
        "first_modules": ready.first_modules,
        "effective_dimension": dimensions,
        "false_edge_rate": reached,
        "links": int(graph.source.size),
        "rows_alone": alone,
        "search": search.method,
        "recall": search.recall,
    }
    return NeighbourGraph(graph, search.k, least, dimensions, reached, messages, sample, facts)


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


def _different(
    rows: Rows, runner: ThreadRunner, progress: Progress, *, zeros_are_rows: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Different rows, the first of each kind, but for zeros (where all are zeros, one); for each row the first that is
    equal to it; rows of zeros, which are near nothing, so that each stands for itself. All int64, and rising but for
    the second.
    """
    first = first_equal_rows(rows, runner, progress)
    numbers = np.arange(len(first))
    index, zeros = np.flatnonzero(first == numbers), numbers[:0]
    if not zeros_are_rows:
        parts = runner.map(lambda span: ~rows.rows(*span).any(axis=1), blocks(rows))
        zeros = np.flatnonzero(np.concatenate(list(parts)))
        first[zeros] = zeros
        index = np.setdiff1d(index, zeros) if len(zeros) < len(first) else zeros[:1]
    return index, first, zeros


def _neighbours_of_each(k: int | str, count: int, total: int, rate: float | None, messages: list[str]) -> int:
    if isinstance(k, str):
        return automatic_k(count, rate)
    if k > count - 1:
        rows = f"{count:,} rows" if count == total else f"{count:,} different rows"
        messages.append(f"k is {k:,}, and there are {rows}: each has the others for neighbours, {count - 1:,}")
    return int(k)


def _alone(graph: Graph, rows: Rows, zeros: np.ndarray, messages: list[str]) -> int:
    """How many rows have no link, which the messages say too."""
    linked = np.zeros(graph.size, np.bool_)
    linked[graph.source] = linked[graph.target] = True
    if graph.copy_of is not None:
        linked = linked[graph.copy_of]
    alone = int(graph.size - linked.sum())
    if len(zeros):
        messages.append(f"rows of zeros, which are near nothing: {len(zeros):,}, the first in "
                        f"{place_of(rows, int(zeros[0]))}")  # fmt: skip
    if alone:
        messages.append(f"rows without a neighbour as near as the least similarity, alone in their modules: {alone:,}")
    return alone
