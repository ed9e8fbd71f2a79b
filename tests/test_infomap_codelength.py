"""The map equation of given partitions and trees, from its definition and by the official tool."""

import math

import infomap
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.infomap import Graph, cluster_graph
from hanmine.infomap.flow import flow_of
from hanmine.infomap.map_equation import Bias, codelength
from hanmine.infomap.network import Network
from hanmine.infomap.options import FlowOptions
from hanmine.infomap.tree import levels_of_paths
from naive import dense_flow, tree_codelength
from test_infomap_flow import KINDS, graph_of, graphs, naive_options

pytestmark = pytest.mark.filterwarnings("ignore::Warning")  # the official tool announces its next version

FLAGS = {
    "undirected": "",
    "undirected, no self-links": "--no-self-links",
    "directed": "--directed",
    "directed, no self-links": "--directed --no-self-links",
    "directed to nodes": "--directed --to-nodes",
    "directed recorded": "--directed --recorded-teleportation",
    "directed recorded to nodes": "--directed --recorded-teleportation --to-nodes",
    "directed alpha": "--directed --teleportation-probability 0.4",
    "rawdir": "--flow-model rawdir",
    "undirdir": "--flow-model undirdir",
    "outdirdir": "--flow-model outdirdir",
    "precomputed": "--flow-model precomputed",
    "regularized": "--regularized",
    "regularized weakly": "--regularized --regularization-strength 0.3",
    "regularized, no self-links": "--regularized --no-self-links",
    "regularized directed": "--regularized --directed",
    "regularized directed, no self-links": "--regularized --directed --no-self-links",
    "own flow": "--use-node-weights-as-flow",
    "own flow directed": "--use-node-weights-as-flow --directed",
    "markov time": "--markov-time 0.6",
    "variable markov time": "--variable-markov-time",
    "variable markov time directed": "--variable-markov-time --directed --markov-time 2",
    "regularized variable markov time": "--variable-markov-time --regularized",
}


@st.composite
def trees(draw):
    """A graph and for each of its nodes the path of labels of its modules."""
    size, triples, node_weight = draw(graphs())
    top = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    below = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    deep = draw(st.sampled_from([(), (0,), (0, 1)]))
    paths = [(label, part) if label in deep else (label,) for label, part in zip(top, below, strict=True)]
    return size, triples, node_weight, paths


def nested(paths):
    """The tree of nodes as nested lists."""

    def build(nodes, depth):
        labels = {paths[node][depth] if len(paths[node]) > depth else None for node in nodes}
        if labels == {None}:
            return nodes
        parts = [[node for node in nodes if paths[node][depth] == label] for label in sorted(labels)]
        return [build(part, depth + 1) for part in parts]

    return build(list(range(len(paths))), 0)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
@given(case=trees())
def test_codelength_is_that_of_the_definition(kind, case):
    size, triples, node_weight, paths = case
    expected = dense_flow(size, triples, node_weight=node_weight, **naive_options(KINDS[kind]))
    flow = flow_of(graph_of(size, triples, node_weight), FlowOptions(**KINDS[kind]))
    if flow.source.size:
        levels, depth_of = levels_of_paths(paths)
        ours = codelength(Network.of(flow), levels, depth_of=depth_of)
        assert ours == pytest.approx(tree_codelength(nested(paths), *expected), abs=1e-9)


def official(size, triples, node_weight, flags, paths, folder) -> float:
    """The codelength that the official tool computes of a tree."""
    children: dict[tuple, int] = {}
    named: dict[tuple, dict] = {}
    lines = []
    for node in sorted(range(size), key=lambda node: (paths[node], node)):
        number = []
        for depth, label in enumerate(paths[node]):
            siblings = named.setdefault(paths[node][:depth], {})
            number.append(siblings.setdefault(label, len(siblings) + 1))
        children[tuple(number)] = children.get(tuple(number), 0) + 1
        lines.append(":".join(map(str, [*number, children[tuple(number)]])) + f' 0 "{node}" {node + 1}\n')
    tree = folder / "start.tree"
    tree.write_text("".join(lines))
    graph = folder / "graph.net"
    vertices = "".join(f'{node + 1} "{node}" {weight!r}\n' for node, weight in enumerate(node_weight))
    arcs = "".join(f"{source + 1} {target + 1} {weight!r}\n" for source, target, weight in triples if weight > 0)
    graph.write_text(f"*Vertices {size}\n{vertices}*Arcs\n{arcs}")
    network = infomap.Infomap(f"--silent --no-infomap --cluster-data {tree} {flags}")
    network.read_file(str(graph))
    network.run()
    return network.codelength


@pytest.mark.parametrize("kind", FLAGS)
@settings(max_examples=25)
@given(case=trees())
def test_codelength_is_that_of_the_official_tool(kind, case, tmp_path_factory):
    size, triples, node_weight, paths = case
    loops = all(source == target or weight == 0 for source, target, weight in triples)
    if all(weight == 0 for *_, weight in triples) or (loops and "no self-links" in kind):
        return  # the official tool refuses a network without links
    ours = cluster_graph(graph_of(size, triples, node_weight), start=paths, search=False, **KINDS[kind])
    expected = official(size, triples, node_weight, FLAGS[kind], paths, tmp_path_factory.getbasetemp())
    assert ours.codelength == pytest.approx(expected, abs=1e-9)


BIASES = {
    "--preferred-number-of-modules 2": {"preferred_number_of_modules": 2},
    "--entropy-corrected": {"entropy_corrected": True},
    "--entropy-corrected --entropy-correction-strength 0.5": {
        "entropy_corrected": True,
        "entropy_correction_strength": 0.5,
    },
    "--entropy-corrected --directed": {"entropy_corrected": True, "flow_model": "directed"},
    "--weight-threshold 1": {"weight_threshold": 1.0},
}


@pytest.mark.parametrize("flags", BIASES)
@settings(max_examples=25)
@given(case=trees())
def test_what_numbers_of_modules_add_is_as_in_the_official_tool(flags, case, tmp_path_factory):
    size, triples, _, paths = case
    triples = [(source, target, weight + 0.1) for source, target, weight in triples]
    triples.append((0, 1, 2.0))
    ours = cluster_graph(graph_of(size, triples), start=paths, search=False, **BIASES[flags])
    expected = official(size, triples, [1.0] * size, flags, paths, tmp_path_factory.getbasetemp())
    assert ours.codelength == pytest.approx(expected, abs=1e-9)


def test_two_triangles():
    """Two triangles joined by a link, by hand: 6 of 7 links inside, each node's flow its degree over 14."""
    graph = Graph.from_links([0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3])
    q, inside = 1 / 14, 1 / 2

    def entropy(*parts):
        total = sum(parts)
        return -sum(part / total * math.log2(part / total) for part in parts)

    expected = 2 * q * 1.0 + 2 * (q + inside) * entropy(q, 2 / 14, 2 / 14, 3 / 14)
    result = cluster_graph(graph, start=[0, 0, 0, 1, 1, 1], search=False)
    assert result.codelength == pytest.approx(expected, abs=1e-12)
    assert cluster_graph(graph).codelength == pytest.approx(expected, abs=1e-12)


def test_bias_counts_free_parameters():
    assert Bias(correction=0.5).bits(1, 4) == 0.5 * 3
    assert Bias(correction=0.5).bits(3, 4) == 0.5 * 6
    assert Bias(preferred=2).bits(5, 4) == 3


@given(case=graphs())
def test_one_module_is_described_by_the_entropy_of_visits(case):
    size, triples, _ = case
    graph = graph_of(size, [(u, v, w + 1) for u, v, w in triples])
    result = cluster_graph(graph, start=[0] * size, search=False)
    visits = result.tree.flow[result.tree.flow > 0]
    assert result.codelength == pytest.approx(float(-(visits * np.log2(visits)).sum()), abs=1e-12)
    assert result.codelength == result.one_level_codelength
