"""The flow of a random walker on a graph, by every flow model.

The map equation is computed from link flow, node flow and teleportation. Every model is given by a formula in
the docstring of its function: w are weights of links, s strengths (a link of a node to itself counts once), k degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from hanmine.errors import InputError
from hanmine.infomap.graph import Graph
from hanmine.infomap.options import FlowOptions
from hanmine.infomap.stationary import stationary_flow

TOLERANCE = 1e-13  # of the visit rates, which sum to 1
MAX_SWEEPS = 2000
_MOST_FLOW = 1e100  # far from where sums of flows times their logarithms overflow


@dataclass(frozen=True)
class Flow:
    """Flow per step of the walker.

    Attributes
    ----------
    node : float64 [n], visit rates; they sum to 1 unless they were given.
    source, target : int64 [m], the ends of the merged links, those included along which nobody walks.
    forth, back : float64 [m], flow from source to target, and from target to source (0 for a link to itself).
    teleport : float64 [n], flow that teleports from each node where that is recorded, else 0.
    land : float64 [n], where it lands, shares; 0 where it is not recorded.
    symmetric : what enters a module is what leaves it, and nothing teleports.
    degree_sum : max(Σ s, Σ k), by which the correction of entropies is weighted.
    """

    node: np.ndarray
    source: np.ndarray
    target: np.ndarray
    forth: np.ndarray
    back: np.ndarray
    teleport: np.ndarray
    land: np.ndarray
    symmetric: bool
    degree_sum: float

    def with_copies(self, place: np.ndarray) -> Flow:
        """The flow on nodes of which several are one node here: they share its flow evenly, the first has its links.

        place : int64 [nodes], the number that each has here.
        """
        _, first, times = np.unique(place, return_index=True, return_counts=True)
        node, teleport, land = ((values / times)[place] for values in (self.node, self.teleport, self.land))
        source, target = first[self.source], first[self.target]
        return replace(self, node=node, source=source, target=target, teleport=teleport, land=land)


def flow_of(graph: Graph, options: FlowOptions) -> Flow:
    """The flow on `graph`.

    Raises
    ------
    InputError : no link is left, node weights that are to be flows sum to nothing, or flows are beyond all bounds.
    """
    directed = options.flow_model != "undirected"
    links = graph.merged(
        directed=directed, no_self_links=options.no_self_links, weight_threshold=options.weight_threshold
    )
    if links.source.size == 0:
        return _without_links(graph, options)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what comes of it is found below
        flow = _of_model(graph, links, options, directed=directed)
    parts = (flow.node, flow.forth, flow.back, flow.teleport, flow.land)
    bounded = all(np.abs(part).max(initial=0.0) <= _MOST_FLOW for part in parts)
    if not (bounded and math.isfinite(flow.degree_sum)):
        raise InputError(
            f"the weights of the links ({links.weight.min():g} to {links.weight.max():g}) or the options of flow are "
            "so large or small that flow cannot be computed: scale them"
        )
    return flow


def _of_model(graph: Graph, links: Graph, options: FlowOptions, *, directed: bool) -> Flow:
    if options.regularized:
        flow = _regularized_directed(links, options) if directed else _regularized(links, options)
    elif options.flow_model == "directed":
        flow = _directed(links, options)
    elif options.flow_model == "undirected":
        flow = _undirected(links)
    elif options.flow_model == "precomputed":
        flow = _as_given(links, _shares(graph.node_weight), links.weight.copy())
    else:
        share = links.weight / links.weight.sum()
        flow = _as_given(links, np.bincount(links.target, share, links.size), share)
    if options.use_node_weights_as_flow:
        flow = replace(flow, node=_shares(graph.node_weight))
    return _scaled(flow, options, directed)


def _without_links(graph: Graph, options: FlowOptions) -> Flow:
    """Nodes without links: nobody walks, unless the nodes' weights say how much."""
    nothing = np.zeros(0, np.int64)
    given = options.use_node_weights_as_flow or options.flow_model == "precomputed"
    node = _shares(graph.node_weight) if given else np.zeros(graph.size)
    zero, none = np.zeros(graph.size), np.zeros(0)
    return Flow(node, nothing, nothing, none, none, zero, zero, True, 0.0)


def _shares(weight: np.ndarray) -> np.ndarray:
    total = weight.sum()
    if not total > 0:
        raise InputError("the weights of the nodes sum to 0: they cannot be flows")
    return weight / total


def _strength(links: Graph, weight: np.ndarray) -> np.ndarray:
    """Sum of `weight` over the links at each node, a link of a node to itself once."""
    away = links.source != links.target
    strength = np.bincount(links.source, weight, links.size)
    strength += np.bincount(links.target, weight * away, links.size)
    return strength


def _flow(
    links: Graph,
    node: np.ndarray,
    forth: np.ndarray,
    back: np.ndarray | None = None,
    teleport: np.ndarray | None = None,
    land: np.ndarray | None = None,
    *,
    symmetric: bool = False,
) -> Flow:
    away = links.source != links.target  # a link to itself counts once
    strengths = links.weight.sum() + links.weight.sum(where=away)
    return Flow(
        node,
        links.source,
        links.target,
        forth,
        np.zeros_like(forth) if back is None else back,
        np.zeros(links.size) if teleport is None else teleport,
        np.zeros(links.size) if land is None else land,
        symmetric,
        float(max(strengths, away.size + np.count_nonzero(away))),
    )


def _undirected(links: Graph) -> Flow:
    """p = s/Σs; w/Σs in each direction."""
    strength = _strength(links, links.weight)
    forth = links.weight / strength.sum()
    itself = links.source == links.target
    back = np.where(itself, 0.0, forth) if itself.any() else forth
    return _flow(links, strength / strength.sum(), forth, back, symmetric=True)


def _as_given(links: Graph, node: np.ndarray, forth: np.ndarray) -> Flow:
    return _flow(links, node, forth)


def _directed(links: Graph, options: FlowOptions) -> Flow:
    """x = (α + (1 − α)·dangling)·t + (1 − α)Pᵀx, P = w/s_out, dangling the flow of nodes that no link leaves.

    Recorded: p = x, flow (1 − α)P x, teleportation α x (x where dangling) to t, which goes by in-strength.
    Unrecorded: one more step without teleportation, flow P x/(1 − dangling), p what arrives; t goes by out-strength.
    With `to_nodes` t goes by the nodes' weights.
    """
    alpha = options.teleportation_probability
    strength = np.bincount(links.source, links.weight, links.size)
    if options.to_nodes:
        land = _shares(links.node_weight)
    elif options.recorded_teleportation:
        land = _shares(np.bincount(links.target, links.weight, links.size))
    else:
        land = _shares(strength)
    rate = np.where(strength == 0, 1.0, alpha)
    step = links.weight / strength[links.source]
    visits = _stationary(links, (1 - alpha) * step, rate, land)
    if options.recorded_teleportation:
        return _flow(links, visits, (1 - alpha) * step * visits[links.source], None, rate * visits, land)
    forth = step * visits[links.source]
    if forth.any():  # else all teleport to where no link leads on
        forth /= 1 - visits[strength == 0].sum()
    return _flow(links, np.bincount(links.target, forth, links.size), forth)


def _stationary(links: Graph, share: np.ndarray, rate: np.ndarray, land: np.ndarray) -> np.ndarray:
    order = np.lexsort((links.source, links.target))
    begin = np.zeros(links.size + 1, np.int64)
    np.cumsum(np.bincount(links.target, minlength=links.size), out=begin[1:])
    # Where nobody ever comes there is nothing: what a walk round there begins with would only die away.
    flow = np.where(_reachable(links, land), 1 / links.size, 0.0)
    stationary_flow(begin, links.source[order].astype(np.int32), share[order], rate, land, flow, TOLERANCE, MAX_SWEEPS)
    return flow


def _reachable(links: Graph, land: np.ndarray) -> np.ndarray:
    """bool [n]: nodes to which a way leads from where teleportation lands; and those that no cycle can be through."""
    from scipy import sparse

    n = links.size
    leads = (np.bincount(end, minlength=n) > 0 for end in (links.source, links.target))
    reached = (land > 0) | ~np.logical_and(*leads)
    if not reached.all():
        begin = np.flatnonzero(land > 0)
        source, target = np.append(links.source, np.full(begin.size, n)), np.append(links.target, begin)
        ways = sparse.csr_matrix((np.ones(source.size, np.int8), (source, target)), (n + 1, n + 1))
        reached[sparse.csgraph.breadth_first_order(ways, n, return_predecessors=False)[1:]] = True
    return reached


def _mean_weight(strength: np.ndarray, degree: np.ndarray) -> np.ndarray:
    """u = s/k, and the least of all where there is no link."""
    mean = np.divide(strength, degree, out=np.full(strength.size, np.inf), where=degree > 0)
    return np.where(degree > 0, mean, mean.min())


def _prior_strength(links: Graph, options: FlowOptions) -> float:
    """λ = c·ln N/N, with N − 1 below where a node has no link to itself."""
    others = links.size - 1 if options.no_self_links else links.size
    return options.regularization_strength * math.log(links.size) / max(others, 1)


def _regularized(links: Graph, options: FlowOptions) -> Flow:
    """t = λ/ū·u·Σu (Σ over the others without self-links), α = t/(s + t), p ∝ s + t, teleportation α p to u/Σu.

    Without self-links α is divided by 1 − u/Σu: nobody teleports to where they are.
    """
    strength, degree = _strength(links, links.weight), _strength(links, np.ones_like(links.weight))
    mean = _mean_weight(strength, degree)
    land = mean / mean.sum()
    prior = _prior_strength(links, options) * degree.sum() / strength.sum() * mean * mean.sum()
    if options.no_self_links:
        prior *= 1 - land
    node = (strength + prior) / (strength + prior).sum()
    teleporting = prior / (strength + prior)
    share = np.divide((1 - teleporting) * node, strength, out=np.zeros(links.size), where=strength > 0)
    if options.no_self_links:
        teleporting = np.divide(teleporting, 1 - land, out=np.zeros(links.size), where=land < 1)
    forth = links.weight * share[links.source]
    back = np.where(links.source == links.target, 0.0, links.weight * share[links.target])
    return _flow(links, node, forth, back, teleporting * node, land)


def _regularized_directed(links: Graph, options: FlowOptions) -> Flow:
    """The same with t = λ/ū·u_out·Σu_in, ū = W/m, teleportation to u_in/Σu_in, and flow of the stationary walk."""
    ones = np.ones_like(links.weight)
    out_strength, in_strength = (np.bincount(end, links.weight, links.size) for end in (links.source, links.target))
    out_degree, in_degree = (np.bincount(end, ones, links.size) for end in (links.source, links.target))
    out_mean, in_mean = _mean_weight(out_strength, out_degree), _mean_weight(in_strength, in_degree)
    land = in_mean / in_mean.sum()
    prior = _prior_strength(links, options) * links.weight.size / links.weight.sum() * out_mean * in_mean.sum()
    if options.no_self_links:
        prior *= 1 - land
    rate = prior / (out_strength + prior)
    share = np.divide(1 - rate, out_strength, out=np.zeros(links.size), where=out_strength > 0)
    step = links.weight * share[links.source]
    if options.no_self_links:
        rate = np.divide(rate, 1 - land, out=np.zeros(links.size), where=land < 1)
        visits = _stationary_elsewhere(links, step, rate, land)
    else:
        visits = _stationary(links, step, rate, land)
    return _flow(links, visits, step * visits[links.source], None, rate * visits, land)


def _stationary_elsewhere(links: Graph, share: np.ndarray, rate: np.ndarray, land: np.ndarray) -> np.ndarray:
    """The walk whose teleportation never lands where it began: a link to itself of negative share takes that off."""
    nodes = np.arange(links.size)
    source, target = np.concatenate([links.source, nodes]), np.concatenate([links.target, nodes])
    with_loops = replace(links, source=source, target=target, weight=np.ones(source.size))
    return _stationary(with_loops, np.concatenate([share, -rate * land]), rate, land)


def _scaled(flow: Flow, options: FlowOptions, directed: bool) -> Flow:
    """Markov times: link flow times t; or times log₂ scales, max(1, max scale)/max(1, scale of the ends)."""
    if options.markov_time == 1.0 and not options.variable_markov_time:
        return flow
    factor = np.full(flow.forth.size, options.markov_time)
    if options.variable_markov_time and flow.forth.size:
        ends = np.bincount(flow.source, minlength=flow.node.size).astype(float)
        away = flow.source != flow.target
        ends += np.bincount(flow.target[away], minlength=flow.node.size)
        scale = np.log2(np.maximum(flow.node * ends.sum(), 1e-300))
        largest = max(1.0, float(scale.max()))
        at_link = scale[flow.source] if directed else np.maximum(scale[flow.source], scale[flow.target])
        factor *= largest / np.maximum(1.0, at_link)
    return replace(flow, forth=flow.forth * factor, back=flow.back * factor)
