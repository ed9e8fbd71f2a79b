"""From a graph to its modules: the public function, and a class with scikit-learn's conventions."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from threading import Event
from typing import Any

import numpy as np

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.infomap.flow import Flow, flow_of
from hanmine.infomap.graph import Graph
from hanmine.infomap.map_equation import Bias, codelength, renumbered
from hanmine.infomap.membership import Memberships, memberships, own_share
from hanmine.infomap.network import Network
from hanmine.infomap.options import FlowOptions, SearchOptions
from hanmine.infomap.placement import Core, gathered
from hanmine.infomap.search import Search, Settings, one_level_length
from hanmine.infomap.tree import Tree, levels_of_paths
from hanmine.progress import Progress
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public
from hanmine.runners import ThreadRunner


@dataclass
class Clustering:
    """The modules of a graph.

    Attributes
    ----------
    graph : as it was given.
    tree : the hierarchy with its paths.
    codelength, one_level_codelength : bits per step, with modules and without any.
    codelengths : those of all trials.
    network, flow : what the codelength was computed from.
    summary : where the result comes from, ready for JSON.
    """

    graph: Graph
    tree: Tree
    codelength: float
    one_level_codelength: float
    codelengths: list[float]
    network: Network
    flow: Flow
    summary: dict = field(default_factory=dict)

    @property
    def labels(self) -> np.ndarray:
        """int64 [n]: the top module of each node, from 1, by falling flow."""
        return self.tree.top()

    @property
    def table(self) -> dict[str, Any]:
        """Columns for a data frame, a row for each node in the order of paths.

        node (its number in the input), name, module (top), path, flow, own_share (of its link flow that stays in its
        lowest module).
        """
        order = self.tree.order
        paths = self.tree.paths()
        names = self.graph.names
        table: dict[str, Any] = {"node": self.graph.ids[order]}
        if names is not None:
            table["name"] = np.array([names[node] for node in order], dtype=object)
        return table | {
            "module": self.labels[order],
            "path": np.array([paths[node] for node in order], dtype=object),
            "flow": self.tree.flow[order],
            "own_share": own_share(self.network, self.tree.leaves(), self.graph.copy_of)[order],
        }

    def memberships(self, module: np.ndarray | None = None) -> Memberships:
        """Soft membership in modules, int [n]; None: the lowest ones (numbered from 1 in the order of paths)."""
        return memberships(self.network, self.tree.leaves() if module is None else module, self.graph.copy_of)


@public(lambda: (FlowOptions, SearchOptions))
def cluster_graph(
    graph: Any,
    *,
    directed: bool | None = None,
    start: Sequence | None = None,
    search: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Clustering:
    """Find the modules in which a random walker stays long, by the shortest description of its path.

    Parameters
    ----------
    graph : a networkx graph (edge attribute `weight`), a scipy sparse matrix, a square array, a list of tuples
        (node, node) or (node, node, weight), a DataFrame of such edges, or a `Graph`.
    directed : the flow model is directed; None: as networkx or the matrix say, else undirected.
    start : a partition to begin with: a label for each node, or for each its path of labels from the top.
    search : False: only evaluate `start`.
    threads : None: one for every processor. The result does not depend on it.
    options : fields of `FlowOptions` and `SearchOptions`.

    Raises
    ------
    UsageError : an unknown option or value.
    InputError : no nodes, bad weights, a start of another length.
    """
    graph = Graph.of(graph)
    flow_options, search_options = settle_options(graph, directed, options)
    if graph.size == 0:
        raise InputError("the graph has no nodes: nothing to cluster")
    if not search and start is None:
        raise UsageError("there is nothing to evaluate: pass a partition (--cluster-data), or let the search run")
    progress = progress or Progress()
    watch = Stopwatch()
    begin = time.process_time()
    with watch.phase("flow"):
        progress.phase("flow")
        walk = _Walk.of(graph, flow_options)
    bias = _bias(walk.flow, search_options)
    levels, depth_of = _levels(start, graph.size)
    with watch.phase("search"):
        if search:
            depth_of = None
            found, lengths = _search(walk, bias, search_options, levels, threads, progress)
        else:
            found, lengths = levels, [codelength(walk.network, levels, bias, depth_of)]
    used = time.process_time() - begin
    tree, one_level = Tree.of(walk.network, found, depth_of), codelength(walk.network, [], bias)
    result = Clustering(graph, tree, min(lengths), one_level, lengths, walk.network, walk.flow)
    timings = watch.timings() | {"search_cpu": round(used, 4)}
    result.summary = _summary(result, flow_options, search_options, timings, search)
    return result


def settle_options(graph: Graph, directed: bool | None, options: dict[str, Any]) -> tuple[FlowOptions, SearchOptions]:
    """The options of the flow and of the search; the flow model is that of the graph where nothing is said."""
    flow_names = {name.name for name in fields(FlowOptions)}
    search_names = {name.name for name in fields(SearchOptions)}
    unknown = options.keys() - flow_names - search_names
    if unknown:
        raise UsageError(f"unknown option {min(unknown)!r}: choose of {', '.join(sorted(flow_names | search_names))}")
    flow_options = FlowOptions(**{name: value for name, value in options.items() if name in flow_names})
    search_options = SearchOptions(**{name: value for name, value in options.items() if name in search_names})
    if "flow_model" in options:
        if directed is not None and directed != (flow_options.flow_model == "directed"):
            raise UsageError(f"--directed and --flow-model {flow_options.flow_model} contradict each other: pass one")
        return flow_options, search_options
    if directed is None:
        directed = bool(graph.directed)
    return replace(flow_options, flow_model="directed" if directed else "undirected"), search_options


@dataclass(frozen=True)
class _Walk:
    """What is computed of a graph before the search.

    Attributes
    ----------
    flow, network : on all nodes.
    core : what is searched, of the nodes that stand for themselves.
    place : int64 [n], the number of each node among these; None where all stand for themselves.
    """

    flow: Flow
    network: Network
    core: Core
    place: np.ndarray | None

    @classmethod
    def of(cls, graph: Graph, options: FlowOptions) -> _Walk:
        distinct, place = graph.without_copies()
        flow = flow_of(distinct, options)
        network = Network.of(flow)
        core = Core.of(network, distinct, options.weight_threshold)
        if place is None:
            return cls(flow, network, core, None)
        flow = flow.with_copies(place)
        return cls(flow, Network.of(flow), core, place)

    def within(self, levels: list[np.ndarray]) -> list[np.ndarray]:
        """A hierarchy of all nodes as one of the core: copies are where the first of them is."""
        if self.place is not None:
            first = np.unique(self.place, return_index=True)[1]
            levels = [level[first] for level in levels]
        return self.core.within(levels)

    def whole(self, levels: list[np.ndarray]) -> list[np.ndarray]:
        """A hierarchy of the core as one of all nodes."""
        levels = self.core.whole(levels)
        return levels if self.place is None else [level[self.place] for level in levels]


def _bias(flow: Flow, options: SearchOptions) -> Bias:
    correction = 0.0
    if options.entropy_corrected and flow.degree_sum > 0:
        correction = options.entropy_correction_strength / (2 * flow.degree_sum * math.log(2))
    return Bias(options.preferred_number_of_modules, correction)


def _levels(start: Sequence | None, size: int) -> tuple[list[np.ndarray], np.ndarray | None]:
    """The hierarchy that `start` names, and in how many modules each node lies."""
    if start is None:
        return [], None
    if len(start) != size:
        raise InputError(f"the partition names {len(start)} nodes, and the graph has {size}: give each node its module")
    if len(start) and isinstance(start[0], (tuple, list)):
        return levels_of_paths(start)
    module, count = renumbered(np.asarray(start))
    return ([module] if count > 1 else []), None


def _search(
    walk: _Walk,
    bias: Bias,
    options: SearchOptions,
    start: list[np.ndarray],
    threads: int | None,
    progress: Progress,
) -> tuple[list[np.ndarray], list[float]]:
    """The shortest of all trials (the first of several), and the codelengths of all."""
    progress.phase("search", total=options.trials, unit="trials")

    abandoned, network, start = Event(), walk.core.network, walk.within(start)
    settings = Settings(options.two_level, bias, options.effort, one_level_length(network))
    of_whole = replace(bias, outside=walk.core.alone.size)

    def trial(number: int) -> tuple[list[np.ndarray], float]:
        levels: list[np.ndarray] = []
        if network.size:
            levels, _ = Search(network, settings, [options.seed, number], abandoned).run(start)
        levels = walk.whole(gathered(network, levels, bias))
        return levels, codelength(walk.network, levels, of_whole)

    best: list[np.ndarray] = []
    lengths: list[float] = []
    runner = ThreadRunner(min(threads, options.trials) if threads else None if options.trials > 1 else 1)
    for levels, length in runner.map(trial, range(options.trials), abandon=abandoned.set):
        if not lengths or length < min(lengths):
            best = levels
        lengths.append(length)
        progress.advance(1)
    return best, lengths


def _summary(
    result: Clustering, flow: FlowOptions, search: SearchOptions, timings: dict[str, float], searched: bool
) -> dict[str, Any]:
    graph, tree = result.graph, result.tree
    savings = 1 - result.codelength / result.one_level_codelength if result.one_level_codelength else 0.0
    options = asdict(flow) | asdict(search)
    changed = {
        name.name: options[name.name]
        for kind in (FlowOptions, SearchOptions)
        for name in fields(kind)
        if options[name.name] != name.default and name.name not in ("flow_model", "trials", "seed")
    }
    return {
        "codelength": result.codelength,
        "one_level_codelength": result.one_level_codelength,
        "relative_savings": savings,
        "codelengths": result.codelengths,
        "levels": tree.depth,
        "modules": int(tree.top().max()),
        "leaf_modules": int(tree.leaves().max()),
        "nodes": graph.size,
        "links": int(result.flow.source.size),
        "searched": searched,
        "options": options,
        "version": __version__,
        "signature": signature(
            "cluster",
            nodes=graph.size,
            links=int(result.flow.source.size),
            flow_model=flow.flow_model,
            trials=search.trials if searched else 0,
            seed=search.seed,
            **changed,
        ),
        "timings": timings,
        "peak_memory": peak_memory(),
    }


class InfoMap:
    """Clustering by the map equation with scikit-learn's conventions.

    Parameters are those of `cluster_graph`. After `fit` there are labels_ (int64 [n], top modules from 0), codelength_,
    n_modules_, and clustering_ (the `Clustering`).
    """

    def __init__(self, *, directed: bool | None = None, threads: int | None = None, **options: Any) -> None:
        self.directed, self.threads, self.options = directed, threads, options

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters."""
        return {"directed": self.directed, "threads": self.threads, **self.options}

    def set_params(self, **parameters: Any) -> InfoMap:
        """Change parameters."""
        for name, value in parameters.items():
            if name in ("directed", "threads"):
                setattr(self, name, value)
            else:
                self.options[name] = value
        return self

    def fit(self, graph: Any, y: Any = None) -> InfoMap:
        """Cluster the nodes of a graph (see `cluster_graph`)."""
        self.clustering_ = cluster_graph(graph, directed=self.directed, threads=self.threads, **self.options)
        self.labels_ = self.clustering_.labels - 1
        self.codelength_ = self.clustering_.codelength
        self.n_modules_ = self.clustering_.summary["modules"]
        return self

    def fit_predict(self, graph: Any, y: Any = None) -> np.ndarray:
        """The labels of `fit`."""
        return self.fit(graph).labels_
