"""Flow on graphs, by every model, against dense linear algebra."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hanmine.errors import InputError, UsageError
from hanmine.infomap.flow import flow_of
from hanmine.infomap.graph import Graph
from hanmine.infomap.options import FLOW_MODELS, FlowOptions
from naive import dense_flow

KINDS = {
    "undirected": {},
    "undirected, no self-links": {"no_self_links": True},
    "directed": {"flow_model": "directed"},
    "directed, no self-links": {"flow_model": "directed", "no_self_links": True},
    "directed to nodes": {"flow_model": "directed", "to_nodes": True},
    "directed recorded": {"flow_model": "directed", "recorded_teleportation": True},
    "directed recorded to nodes": {"flow_model": "directed", "recorded_teleportation": True, "to_nodes": True},
    "directed alpha": {"flow_model": "directed", "teleportation_probability": 0.4},
    "rawdir": {"flow_model": "rawdir"},
    "undirdir": {"flow_model": "undirdir"},
    "outdirdir": {"flow_model": "outdirdir"},
    "precomputed": {"flow_model": "precomputed"},
    "regularized": {"regularized": True},
    "regularized weakly": {"regularized": True, "regularization_strength": 0.3},
    "regularized, no self-links": {"regularized": True, "no_self_links": True},
    "regularized directed": {"regularized": True, "flow_model": "directed"},
    "regularized directed, no self-links": {"regularized": True, "flow_model": "directed", "no_self_links": True},
    "own flow": {"use_node_weights_as_flow": True},
    "own flow directed": {"use_node_weights_as_flow": True, "flow_model": "directed"},
    "markov time": {"markov_time": 0.6},
    "variable markov time": {"variable_markov_time": True},
    "variable markov time directed": {"variable_markov_time": True, "flow_model": "directed", "markov_time": 2.0},
    "regularized variable markov time": {"variable_markov_time": True, "regularized": True},
}


def links(count):
    """Up to 24 links among `count` nodes, with weights of several sizes; 0 among them."""
    ends = st.integers(0, count - 1)
    weights = st.sampled_from([1.0, 1.0, 2.0, 0.25, 3.7, 0.0]) | st.floats(0.01, 50)
    return st.lists(st.tuples(ends, ends, weights), min_size=1, max_size=24)


@st.composite
def graphs(draw):
    size = draw(st.integers(2, 9))
    return size, draw(links(size)), draw(st.lists(st.floats(0.1, 4), min_size=size, max_size=size))


def graph_of(size, triples, node_weight=None) -> Graph:
    source, target, weight = zip(*triples, strict=True)
    return Graph.from_links(source, target, weight, size=size, node_weight=node_weight)


def matrix_of(flow) -> np.ndarray:
    dense = np.zeros((flow.node.size,) * 2)
    np.add.at(dense, (flow.source, flow.target), flow.forth)
    np.add.at(dense, (flow.target, flow.source), flow.back)
    return dense


def naive_options(options) -> dict:
    names = {
        "recorded_teleportation": "recorded", "teleportation_probability": "alpha", "flow_model": "model",
        "regularization_strength": "strength", "use_node_weights_as_flow": "own_flow",
        "variable_markov_time": "variable",
    }  # fmt: skip
    plain = {names.get(name, name): value for name, value in options.items() if name != "no_self_links"}
    return plain | {"self_links": not options.get("no_self_links", False)}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(case=graphs())
@example(case=(7, [(3, 6, 1.0)], [1.0] * 7))  # nobody who only teleports to 6 walks along it; it is a link all the same
def test_flow_is_that_of_dense_algebra(kind, case):
    size, triples, node_weight = case
    options = KINDS[kind]
    flow = flow_of(graph_of(size, triples, node_weight), FlowOptions(**options))
    expected, node, teleport, land = dense_flow(size, triples, node_weight=node_weight, **naive_options(options))
    loops = "no_self_links" not in options
    linked = any(weight > 0 and (loops or source != target) for source, target, weight in triples)
    assert (flow.forth.size > 0) == linked
    if not linked:
        return
    np.testing.assert_allclose(flow.node, node, atol=1e-10)
    np.testing.assert_allclose(matrix_of(flow), expected, atol=1e-10)
    np.testing.assert_allclose(flow.teleport, teleport, atol=1e-10)
    np.testing.assert_allclose(flow.land, land, atol=1e-10)


@given(case=graphs())
def test_flow_is_conserved(case):
    """What enters a node leaves it where teleportation is recorded, and visit rates sum to 1."""
    size, triples, _ = case
    graph = graph_of(size, [(u, v, w + 0.5) for u, v, w in triples])
    for options in ({}, {"flow_model": "directed", "recorded_teleportation": True}, {"regularized": True}):
        flow = flow_of(graph, FlowOptions(**options))
        dense = matrix_of(flow)
        assert flow.node.sum() == pytest.approx(1)
        entering = dense.sum(axis=0) + flow.teleport.sum() * flow.land
        np.testing.assert_allclose(entering, flow.node, atol=1e-10)
        np.testing.assert_allclose(dense.sum(axis=1) + flow.teleport, flow.node, atol=1e-10)


def test_weights_below_the_threshold_are_left_out_before_parallel_links_are_summed():
    graph = graph_of(3, [(0, 1, 1.5), (0, 1, 1.5), (1, 2, 2.0)])
    flow = flow_of(graph, FlowOptions(weight_threshold=2.0))
    assert (flow.source.tolist(), flow.target.tolist()) == ([1], [2])


def test_without_links_nothing_flows():
    graph = Graph.from_links([], [], size=3, node_weight=[1, 1, 2])
    assert flow_of(graph, FlowOptions()).node.tolist() == [0, 0, 0]
    assert flow_of(graph, FlowOptions(use_node_weights_as_flow=True)).node.tolist() == [0.25, 0.25, 0.5]


def test_node_weights_that_are_no_flow():
    graph = Graph.from_links([0], [1], node_weight=[0, 0])
    with pytest.raises(InputError, match="sum to 0"):
        flow_of(graph, FlowOptions(use_node_weights_as_flow=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flow_model": "circular"}, f"--flow-model 'circular' is unknown: choose {', '.join(FLOW_MODELS)}"),
        ({"teleportation_probability": 1.0}, "--teleportation-probability 1 is not between 0 and 1: pass 0.15, say"),
        ({"markov_time": 0.0}, "--markov-time 0 is not above 0: pass 1, say"),
        ({"regularization_strength": -1.0}, "--regularization-strength -1 is not above 0: pass 1, say"),
        (
            {"regularized": True, "flow_model": "rawdir"},
            "--regularized has no meaning with --flow-model rawdir: leave one of them out",
        ),
    ],
)
def test_options_that_mean_nothing(options, message):
    with pytest.raises(UsageError) as error:
        FlowOptions(**options)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0], [1], [-1.0]), "link 0 has the weight -1: weights are finite and not negative"),
        (([0, 0], [1, 1], [1.0, float("nan")]), "link 1 has the weight nan: weights are finite and not negative"),
        (([0], [1, 2]), "sources, targets and weights of links differ in length: pass three flat arrays"),
    ],
)
def test_links_that_are_none(arguments, message):
    with pytest.raises(InputError) as error:
        Graph.from_links(*arguments)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("weight", "options"),
    [
        ([1e308, 1e308, 1e308, 1e-320], {}),
        ([1e308, 1e308, 1e308, 1e-320], {"flow_model": "directed"}),
        ([1e308, 1e308, 1e308, 1e-320], {"flow_model": "rawdir"}),
        ([1e308, 1e308, 1e308, 1e-320], {"regularized": True}),
        ([1.0, 1.0, 1.0, 1.0], {"markov_time": 1e308}),
        ([1.0, 1.0, 1.0, 1.0], {"regularized": True, "regularization_strength": 1e308}),
    ],
)
def test_flow_beyond_all_bounds(weight, options):
    graph = Graph.from_links([0, 1, 2, 3], [1, 2, 0, 0], weight)
    with pytest.raises(InputError, match=r"^the weights of the links .* or the options of flow are so large or small"):
        flow_of(graph, FlowOptions(**options))


def test_nodes_out_of_range():
    with pytest.raises(InputError, match=r"outside 0\.\.1"):
        Graph.from_links([0], [2], size=2)
