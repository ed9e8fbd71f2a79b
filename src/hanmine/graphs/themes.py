"""From vectors or words to modules: a graph is made and clustered by the map equation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.graphs.scale import joined, persistent_modules
from hanmine.infomap import cluster_graph
from hanmine.infomap.options import FlowOptions, SearchOptions
from hanmine.progress import Progress
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public
from hanmine.text.options import TextOptions

if TYPE_CHECKING:
    from hanmine.graphs.cooccurrence import CooccurrenceGraph
    from hanmine.graphs.knn import NeighbourGraph
    from hanmine.infomap import Clustering
    from hanmine.vectors.rows import Rows


@public(lambda: (neighbour_clustering, *_makers("knn", "neighbour_graph")))
def cluster_vectors(vectors, **options: Any) -> Clustering:
    """Find the modules of vectors: of words, or of sentences.

    Each vector is linked to its nearest neighbours by cosine, as far as they are nearer than chance brings them, and
    the graph is clustered by the map equation. No number of modules is given. Where nothing is said of the graph or of
    the search, modules that stay together over a wide range of similarities are joined (`hanmine.graphs.scale`).

    Parameters
    ----------
    vectors : a matrix [shape=(n, d)], `Rows`, or the path of a file (npy, npz, safetensors, Parquet, word2vec) or of
        several that are one matrix.
    array : the array of a file that holds several.
    names : a name for each row; None: those that the file has.
    rows : take the first so many rows.
    preset : "su2019" or "su2019-code": the graph of Su Jianlin (2019), by his text or by his code. Options given
        beside it win.
    k, min_similarity, symmetric, whiten, approximate and others : see `hanmine.graphs.knn.neighbour_graph`.
    join : False leaves modules as they are found.
    start, search, threads, progress : see `cluster_graph`. tmpdir : where copies of pipes and archives are kept.
    options : all of `cluster_graph` too.

    Returns
    -------
    `Clustering`; node n is row n. Its summary has the parts `graph` (how the graph was made: k, min_similarity,
    effective_dimension, false_edge_rate, links, rows_alone, modules_found (before any were joined), scale (1: none
    were), ...), and `messages`.

    Raises
    ------
    UsageError : an unknown option or value. InputError : no vectors, NaN or infinity, names that are not as many.
    """
    return neighbour_clustering(vectors, **options)[0]


def neighbour_clustering(
    vectors,
    *,
    array: str | None = None,
    names: Sequence[str] | None = None,
    rows: int | None = None,
    preset: str | None = None,
    join: bool = True,
    start: Sequence | None = None,
    search: bool = True,
    threads: int | None = None,
    tmpdir: Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> tuple[Clustering, NeighbourGraph]:
    """As `cluster_vectors`, with the graph."""
    from hanmine.graphs.knn import CLUSTER_DEFAULTS, neighbour_graph

    if isinstance(vectors, str | PathLike) or (isinstance(vectors, list | tuple) and _are_paths(vectors)):
        from hanmine.formats.vectors import open_vectors

        with open_vectors(vectors, array=array, tmpdir=tmpdir, progress=progress) as files:
            return neighbour_clustering(
                files, names=names, rows=rows, preset=preset, join=join, start=start,
                search=search, threads=threads, progress=progress, **options,
            )  # fmt: skip
    names = getattr(vectors, "names", None) if names is None else names  # files of word2vec have some
    made, clustered = _parted(options, neighbour_graph)
    made, clustered, rows = _with_preset(preset, made, CLUSTER_DEFAULTS | clustered, rows)
    watch = Stopwatch()
    whole, names = _first(vectors, names, rows)
    with watch.phase("graph"):
        found = neighbour_graph(whole, names=names, threads=threads, progress=progress, **made)
    result, scale = _clustered(found.graph, dict(clustered), start, search, threads, progress), 1.0
    modules = result.summary["modules"]
    if join and start is None and search and _scale_is_open(clustered):
        with watch.phase("scale"):
            result, scale = _joined(result, found, clustered, threads, progress)
    found.facts |= {"modules_found": modules, "scale": scale}
    facts = {"kind": "neighbours", "rows": whole.shape[0], "dimensions": whole.shape[1], **found.facts}
    settled = {name: facts[name] for name in ("rows", "dimensions", "k", "min_similarity", "symmetric", "weight")}
    changed = {name: value for name, value in made.items() if value and name not in (*settled, "k", "min_similarity")}
    _told(result, facts, found.messages, watch, signature("cluster", "vectors", **settled, **changed))
    return result, found


@public(lambda: (cooccurrence_clustering, TextOptions, *_makers("cooccurrence", "cooccurrence_graph")))
def cluster_words(words, corpus, **options: Any) -> Clustering:
    """Find the modules of words that stand near each other in a text.

    Parameters
    ----------
    words : a sequence of words, or the path of a list: a table with the column `word` such as `mine newwords` writes,
        or a word a line.
    corpus : a path, several, or an iterable of strings, each a document; as in `discover_words`.
    rows : take the first so many words.
    window, weight, min_cooccurrence, neighbours and others : see `hanmine.graphs.cooccurrence.cooccurrence_graph`.
    start, search, threads, progress : see `cluster_graph`. tmpdir : where temporary files go.
    options : all of `cluster_graph`, and fields of `TextOptions` (encoding, column, normalize, ...).

    Returns
    -------
    `Clustering`; its nodes are the words in their order, also those that never occur or that keep no company (each a
    module of its own, without flow). Its summary has the parts `graph` (how the graph was made) and `messages`.

    Raises
    ------
    UsageError : an unknown option or value. InputError, DecodingError : a file is missing or cannot be read.
    """
    return cooccurrence_clustering(words, corpus, **options)[0]


def cooccurrence_clustering(
    words,
    corpus,
    *,
    rows: int | None = None,
    start: Sequence | Callable[[Sequence[str]], Sequence] | None = None,
    search: bool = True,
    threads: int | None = None,
    tmpdir: Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> tuple[Clustering, CooccurrenceGraph]:
    """As `cluster_words`, with the graph and its counts. `start` may be what makes a partition of the nodes' names."""
    from hanmine.graphs.cooccurrence import CLUSTER_DEFAULTS, cooccurrence_graph
    from hanmine.text.word_lists import read_words

    if rows is not None and rows < 1:
        raise UsageError(f"--rows {rows} is less than 1: take at least one word")
    listed = read_words(words, rows=rows)
    made, clustered = _parted(options, cooccurrence_graph, *TextOptions.__dataclass_fields__)
    watch = Stopwatch()
    with watch.phase("graph"):
        found = cooccurrence_graph(
            listed.words, corpus, threads=threads, tmpdir=tmpdir, progress=progress, **made
        )  # fmt: skip
    if callable(start):
        start = start(found.graph.names)
    result = _clustered(found.graph, CLUSTER_DEFAULTS | clustered, start, search, threads, progress)
    result.summary["inputs"] = [*listed.inputs, *found.inputs]
    facts = {"kind": "cooccurrences", "words": found.graph.size, **found.facts}
    settled = {name: facts[name] for name in ("words", "window", "weight", "min_cooccurrence", "neighbours")}
    plain = {field.name: field.default for field in fields(TextOptions)}
    changed = {name: made[name] for name in sorted(made.keys() & plain) if made[name] != plain[name]}
    signed = signature("cluster", "words", **settled, **changed)
    _told(result, facts, [*listed.messages, *found.messages], watch, signed)
    return result, found


def _makers(module: str, name: str) -> tuple[Callable, ...]:
    """Whose parameters are options besides: what makes the graph, and what clusters it."""
    return getattr(import_module(f"hanmine.graphs.{module}"), name), FlowOptions, SearchOptions


def _are_paths(sources: Sequence) -> bool:
    return bool(sources) and all(isinstance(source, str | PathLike) for source in sources)


def _parted(options: dict[str, Any], make: Callable, *others: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of what makes the graph, and those of `cluster_graph`."""
    parameters = inspect.signature(make).parameters.values()
    known = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY} | set(others)
    known -= {"names", "threads", "tmpdir", "progress"}
    made = {name: value for name, value in options.items() if name in known}
    return made, {name: value for name, value in options.items() if name not in known}


def _with_preset(
    preset: str | None, made: dict[str, Any], clustered: dict[str, Any], rows: int | None
) -> tuple[dict[str, Any], dict[str, Any], int | None]:
    """The options with those of the preset where nothing else was said."""
    if preset is None:
        return made, clustered, rows
    from hanmine.graphs.knn import PRESET_CLUSTER, PRESET_ROWS, PRESETS

    if preset not in PRESETS:
        raise UsageError(f"--preset {preset!r} is unknown: choose {', '.join(PRESETS)}")
    return PRESETS[preset] | made, PRESET_CLUSTER | clustered, PRESET_ROWS if rows is None else rows


def _first(vectors, names: Sequence[str] | None, rows: int | None) -> tuple[Rows, Sequence[str] | None]:
    """The first so many rows, and their names.

    Raises
    ------
    InputError : names that are not as many as rows.
    """
    from hanmine.vectors.rows import as_rows
    from hanmine.vectors.selection import SelectedRows

    whole = as_rows(vectors)
    count = whole.shape[0]
    if rows is not None and rows < 1:
        raise UsageError(f"--rows {rows} is less than 1: take at least one row")
    if rows is not None and rows < count:
        whole = SelectedRows(whole, np.arange(rows))
    if names is not None:
        if len(names) not in (count, whole.shape[0]):
            raise InputError(f"{len(names):,} names for {count:,} rows of vectors: give each row its name")
        names = list(names[: whole.shape[0]])
    return whole, names


def _clustered(graph, options: dict[str, Any], start, search: bool, threads, progress) -> Clustering:
    directed = options.pop("directed", None)
    if graph.directed is False and (directed or options.get("flow_model") == "directed"):
        raise UsageError("these links have no direction: leave --directed out, or make them --symmetric directed")
    return cluster_graph(
        graph, directed=directed, start=start, search=search, threads=threads, progress=progress, **options
    )


_OF_THE_SEARCH = {"directed", "flow_model", "two_level", "trials", "seed", "effort"}


def _scale_is_open(options: dict[str, Any]) -> bool:
    """Whether options of `cluster_graph` leave open how coarse modules are: two levels, by the flow as it is."""
    usual = asdict(FlowOptions()) | asdict(SearchOptions())
    return bool(options.get("two_level")) and all(
        name in _OF_THE_SEARCH or value == usual.get(name) for name, value in options.items()
    )


def _joined(
    result: Clustering, found: NeighbourGraph, options: dict[str, Any], threads: int | None, progress: Progress | None
) -> tuple[Clustering, float]:
    """The modules joined that stay together (`hanmine.graphs.scale`), and at which scale; 1 where all stay as they are.

    Rows without a link stay alone.
    """
    if found.sample is None or result.summary["modules"] < 2:
        return result, 1.0
    scale, coarse = persistent_modules(found.sample, found.min_similarity, threads=threads, progress=progress)
    if coarse is None:
        return result, 1.0
    graph, linked = found.graph, np.zeros(found.graph.size, np.bool_)
    other = graph.source != graph.target  # rows of which there are several alone link to themselves
    linked[graph.source[other]] = linked[graph.target[other]] = True
    if graph.copy_of is not None:
        linked = linked[graph.copy_of]
    kept = linked[found.sample.numbers]
    labels = joined(result.labels, found.sample.numbers[kept], coarse[kept])
    if len(np.unique(labels)) == result.summary["modules"]:
        return result, 1.0
    after = _clustered(found.graph, dict(options), labels, False, threads, progress)
    after.codelengths = result.codelengths
    after.summary |= {name: result.summary[name] for name in ("codelengths", "searched", "signature", "timings")}
    return after, scale


def _told(result: Clustering, facts: dict[str, Any], messages: list[str], watch: Stopwatch, signed: str) -> None:
    """Put into the summary how the graph was made."""
    summary = result.summary
    parts = facts.pop("timings", {})
    summary["graph"] = facts
    summary["messages"] = messages
    summary["signature"] = signed + "|" + summary["signature"].partition("|cluster|")[2]
    parts = {name: parts[name] for name in parts if name not in ("wall", "cpu")}
    phases = {name: spent for name, spent in watch.timings().items() if name not in ("wall", "cpu")}
    summary["timings"] = {**parts, "graph": phases.pop("graph"), **summary["timings"], **phases}
    summary["peak_memory"] = peak_memory()


class ThemeClustering:
    """Clustering of vectors by the map equation of their neighbourhoods, with scikit-learn's conventions.

    Parameters are those of `cluster_vectors`. After `fit` there are labels_ (int64 [n], top modules from 0),
    n_modules_, codelength_ (bits), k_, min_similarity_, effective_dimension_, and clustering_ (the `Clustering`).
    """

    def __init__(self, **options: Any) -> None:
        self.options = options

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters."""
        return dict(self.options)

    def set_params(self, **parameters: Any) -> ThemeClustering:
        """Change parameters."""
        self.options |= parameters
        return self

    def fit(self, X, y: Any = None) -> ThemeClustering:  # noqa: N803 (scikit-learn's name)
        """Cluster the rows of X (see `cluster_vectors`)."""
        self.clustering_ = cluster_vectors(X, **self.options)
        graph = self.clustering_.summary["graph"]
        self.labels_ = self.clustering_.labels - 1
        self.codelength_ = self.clustering_.codelength
        self.n_modules_ = self.clustering_.summary["modules"]
        self.k_, self.min_similarity_ = graph["k"], graph["min_similarity"]
        self.effective_dimension_ = graph["effective_dimension"]
        return self

    def fit_predict(self, X, y: Any = None) -> np.ndarray:  # noqa: N803
        """The labels of `fit`."""
        return self.fit(X).labels_
