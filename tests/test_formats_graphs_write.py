"""Results written for the infomap tool, networkx, Gephi and people, and read back."""

import io
import json
import subprocess
import sys
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine import __version__
from hanmine.formats.graphs import (
    CLUSTER_FORMATS,
    ClusteredGraph,
    read_graph,
    read_partition,
    write_clustering,
)
from hanmine.infomap.cluster import cluster_graph
from hanmine.infomap.graph import Graph
from hanmine.infomap.tree_links import arrays_of, tree_links
from naive import links_between_children


def written(clustering, format, **options):
    stream = io.BytesIO()
    write_clustering(stream, ClusteredGraph(**arrays_of(clustering), arguments="mine cluster -"), format, **options)
    return stream.getvalue()


def body(data):
    return [line for line in data.decode().splitlines() if not line.startswith("# ")]


def random_graph(seed, n=12, m=40, names=None, weight=None, ids=None):
    rng = np.random.default_rng(seed)
    source, target = rng.integers(0, n, (2, m))
    weight = np.round(rng.random(m) + 0.1, 3) if weight is None else weight
    return Graph.from_links(
        source, target, weight, size=n, names=names, ids=np.arange(n) * 3 + 1 if ids is None else ids
    )


def random_paths(seed, n=12):
    """Modules of modules; some of the former are not divided."""
    rng = np.random.default_rng(seed)
    top, sub = rng.integers(0, 3, n), rng.integers(0, 3, n)
    return [(int(a), int(b)) if a else (0,) for a, b in zip(top, sub, strict=True)]


TWO_TRIANGLES = Graph.from_links(
    [0, 1, 2, 2, 3, 4, 5], [1, 2, 0, 3, 4, 5, 3], [1, 1, 1, 0.5, 1, 1, 1], names=["甲", 'a "b"', "c", "d\ne", "<&>", ""]
)


def two_triangles(**options):
    start = [(0,), (0,), (0,), (1,), (1,), (1,)]
    return cluster_graph(TWO_TRIANGLES, start=start, search=False, **options)


ROWS = """1:1 0.192308 "c" 2
1:2 0.153846 "甲" 0
1:3 0.153846 "a "b"" 1
2:1 0.192308 "d e" 3
2:2 0.153846 "<&>" 4
2:3 0.153846 "" 5
"""


def test_tree():
    text = written(two_triangles(), "tree").decode()
    assert (
        text
        == (
            f"# hanmine {__version__}\n# mine cluster -\n# trials 0\n# seed 123\n"
            "# partitioned into 2 levels with 2 top modules\n"
            f"# codelength {two_triangles().codelength:.15g} bits\n"
            "# relative codelength savings SAVINGS%\n"
            "# flow model undirected\n# path flow name node_id\n"
        ).replace("SAVINGS", f"{100 * two_triangles().summary['relative_savings']:.6f}")
        + ROWS
    )
    assert two_triangles().codelength == pytest.approx(2.0533329564899727, abs=1e-12)


def test_ftree():
    assert "\n".join(body(written(two_triangles(), "ftree"))) == ROWS + (
        "*Links undirected\n#*Links path enterFlow exitFlow numEdges numChildren\n"
        "*Links root 0 0 1 2\n1 2 0.0769231\n"
        "*Links 1 0.0384615 0.0384615 3 3\n1 2 0.153846\n1 3 0.153846\n2 3 0.153846\n"
        "*Links 2 0.0384615 0.0384615 3 3\n1 2 0.153846\n1 3 0.153846\n2 3 0.153846"
    )


def test_clu_and_newick():
    assert body(written(two_triangles(), "clu")) == [
        "2 1 0.192308", "0 1 0.153846", "1 1 0.153846", "3 2 0.192308", "4 2 0.153846", "5 2 0.153846",
    ]  # fmt: skip
    assert written(two_triangles(), "nwk").decode() == (
        "(((2:0.192308,0:0.153846,1:0.153846):0.5,(3:0.192308,4:0.153846,5:0.153846):0.5):1);\n"
    )


def test_json():
    result = two_triangles()
    found = json.loads(written(result, "json"))
    assert found["codelength"] == result.codelength
    assert {key: found[key] for key in ("numLevels", "numTopModules", "directed", "flowModel", "seed")} == {
        "numLevels": 2, "numTopModules": 2, "directed": False, "flowModel": "undirected", "seed": 123,
    }  # fmt: skip
    assert found["nodes"][3] == {"path": [2, 1], "modules": [2], "name": "d\ne", "flow": 2.5 / 13, "id": 3}
    assert [module["path"] for module in found["modules"]] == [[0], [1], [2]]
    assert found["modules"][1]["exitFlow"] == pytest.approx(0.5 / 13)


def test_tables():
    result = two_triangles()
    assert written(result, "tsv").decode().splitlines()[1] == "2\tc\t1\t1:1\t0.192308\t0.8"
    assert written(result, "csv", bom=True, header=False).decode().splitlines()[0] == "\ufeff2,c,1,1:1,0.192308,0.8"
    row = json.loads(written(result, "jsonl").decode().splitlines()[3])
    assert row == {
        "node": 3,
        "name": "d\ne",
        "module": 2,
        "path": "2:1",
        "flow": 2.5 / 13,
        "own_share": pytest.approx(0.8),
    }


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("format", ["gexf", "graphml"])
def test_networkx_reads_xml(format, directed):
    result = two_triangles(directed=directed)
    graph = getattr(nx, f"read_{format}")(io.BytesIO(written(result, format)))
    assert graph.is_directed() == directed
    assert list(graph) == list(map(str, result.tree.order))
    for node, data in graph.nodes(data=True):
        name = TWO_TRIANGLES.names[int(node)]
        # networkx leaves labels of no characters out.
        assert data.get("label") in ([name, None] if not name else [name])
        assert data["module"] == result.labels[int(node)]
        assert data["path"] == result.tree.paths()[int(node)]
        assert data["flow"] == result.tree.flow[int(node)]
    weights = {(int(u), int(v)): data["weight"] for u, v, data in graph.edges(data=True)}
    expected = {(0, 1): 1, (1, 2): 1, (2, 0): 1, (2, 3): 0.5, (3, 4): 1, (4, 5): 1, (5, 3): 1}
    assert {tuple(sorted(link)): w for link, w in weights.items()} == {
        tuple(sorted(link)): w for link, w in expected.items()
    }
    if directed:
        assert weights == expected


def test_characters_that_xml_cannot_hold():
    graph = Graph.from_links([0], [1], names=["a\x01b\ud800", "\r\t\n"])
    result = cluster_graph(graph)
    labels = [data["label"] for _, data in nx.read_graphml(io.BytesIO(written(result, "graphml"))).nodes(data=True)]
    assert labels == ["a\ufffdb\ufffd", "\r\t\n"]
    gexf = nx.read_gexf(io.BytesIO(written(result, "gexf")))
    assert [data["label"] for _, data in gexf.nodes(data=True)] == labels


NAMES = st.lists(
    st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"])), min_size=12, max_size=12
)


FULLWIDTH = str.maketrans({'"': "＂", "\\": "＼"})


def xml_text(name):
    return "".join("\ufffd" if c in "\ufffe\uffff" or (c < " " and c not in "\t\n\r") else c for c in name)


def links_of(graph, directed=True):
    ends = graph.ids[graph.source].tolist(), graph.ids[graph.target].tolist()
    found = [(a, b) if directed else (min(a, b), max(a, b)) for a, b in zip(*ends, strict=True)]
    return sorted((*link, weight) for link, weight in zip(found, graph.weight.tolist(), strict=True))


@settings(max_examples=25)
@given(st.integers(0, 10**6), NAMES, st.booleans())
def test_what_is_written_is_read_back(seed, names, directed):
    result = cluster_graph(random_graph(seed, names=names), start=random_paths(seed), search=False, directed=directed)
    ids, tree = result.graph.ids, result.tree
    paths = [tree.path(node)[:-1] for node in range(12)]
    for format in ("tree", "ftree", "tsv", "csv", "jsonl", "json"):
        data = written(result, format)
        assert read_partition("-", ids=ids, names=names, stdin=io.BytesIO(data)) == paths, format
    data = written(result, "clu")
    modules = read_partition("-", ids=ids, names=None, stdin=io.BytesIO(data))
    assert modules == [(module,) for module in tree.top().tolist()]
    expected = links_of(result.graph)
    net = read_graph(["-"], stdin=io.BytesIO(written(result, "net")))
    assert (net.ids.tolist(), net.names) == (list(range(1, 13)), [name.translate(FULLWIDTH) for name in names])
    assert net.weight.tolist() == result.graph.weight.tolist()
    net.ids = ids
    assert links_of(net) == expected
    for format in ("graphml", "gexf"):
        graph = read_graph(["-"], stdin=io.BytesIO(written(result, format)))
        assert graph.directed == directed
        assert dict(zip(graph.ids.tolist(), graph.names, strict=True)) == dict(
            zip(ids.tolist(), map(xml_text, names), strict=True)
        )
        assert links_of(graph, directed) == links_of(result.graph, directed)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.booleans())
def test_links_between_children_are_naive(seed, directed):
    result = cluster_graph(random_graph(seed), start=random_paths(seed), search=False, directed=directed)
    found = tree_links(result.tree, result.flow, result.network, directed=directed)
    paths = [result.tree.path(node) for node in range(12)]
    expected = links_between_children(
        paths, result.flow.source, result.flow.target, result.flow.forth, result.flow.back, directed
    )
    modules = [tuple(step for step in path if step) for path in found.path.tolist()]
    assert modules == sorted({path[:depth] for path in paths for depth in range(len(path))})
    links = {}
    for module, first, last in zip(modules, found.begin, found.begin[1:], strict=False):
        for link in range(first, last):
            links[module, int(found.source[link]), int(found.target[link])] = found.link_flow[link]
    assert links == pytest.approx(expected, abs=1e-15)


def official(folder: Path, *arguments: str) -> str:
    """Run the infomap tool in another process (it writes to the standard streams of this one)."""
    code = "import sys, infomap; im = infomap.Infomap(' '.join(sys.argv[4:]) + ' --silent --no-infomap'); " \
           "im.read_file(sys.argv[1]); im.run(); print(repr(im.codelength)); " \
           "sys.argv[2] and im.write(sys.argv[2]); sys.argv[3] and im.write_pajek(sys.argv[3])"  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def summed_links(graph, directed):
    """The links with parallel ones added up, as the infomap tool has them."""
    found = {}
    for a, b, weight in links_of(graph, directed):
        found[a, b] = found.get((a, b), 0) + weight
    return found


@pytest.mark.parametrize("flags", ["", "--directed"])
def test_the_infomap_tool_reads_our_files(tmp_path, flags):
    names = ["中文 名", "a 'b'", "*c", "", "#", "000001", *"defghi"]
    graph = random_graph(3, names=names, ids=np.arange(12) + 1)
    result = cluster_graph(graph, start=random_paths(3), search=False, directed=bool(flags))
    for format in ("net", "tree", "ftree"):
        (tmp_path / f"our.{format}").write_bytes(written(result, format))
    for format in ("tree", "ftree"):
        found = official(tmp_path, "our.net", "its.ftree", "its.net", flags, "-c", f"our.{format}")
        assert float(found) == pytest.approx(result.codelength, abs=1e-5)
        assert body((tmp_path / "its.ftree").read_bytes()) == body(written(result, "ftree"))
    its, ours = read_graph([tmp_path / "its.net"]), read_graph([tmp_path / "our.net"])
    assert (its.names, its.ids.tolist()) == (ours.names, ours.ids.tolist())
    assert summed_links(its, bool(flags)) == pytest.approx(summed_links(ours, bool(flags)), rel=1e-5)
    flat = cluster_graph(result.graph, start=result.labels, search=False, directed=bool(flags))
    (tmp_path / "our.clu").write_bytes(written(flat, "clu"))
    found = official(tmp_path, "our.net", "its.nwk", "", flags, "-c", "our.clu")
    assert float(found) == pytest.approx(flat.codelength, abs=1e-9)
    assert (tmp_path / "its.nwk").read_bytes().strip() == written(flat, "nwk").strip()
    its = read_partition(tmp_path / "its.ftree", ids=result.graph.ids, names=None)
    assert its == [result.tree.path(node)[:-1] for node in range(12)]


@pytest.mark.parametrize("size", [1, 3])
def test_one_node_and_no_links(size):
    graph = Graph.from_links([], [], size=size)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = cluster_graph(graph)
        for format in CLUSTER_FORMATS:
            assert written(result, format)
    assert len(body(written(result, "tree"))) == size
    modules = tree_links(result.tree, result.flow, result.network, directed=False)
    assert modules.children.sum() == size + len(modules.path) - 1
    assert read_graph(["-"], stdin=io.BytesIO(written(result, "net"))).size == size


def test_no_other_format():
    with pytest.raises(ValueError, match="unknown cluster format 'dot'"):
        written(two_triangles(), "dot")
