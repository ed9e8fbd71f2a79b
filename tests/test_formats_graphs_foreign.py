"""Graphs of other tools are read, and what is written here they read: networkx, scipy and igraph say the same."""

import io
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import igraph
import networkx as nx
import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from commandline import mine
from hanmine.errors import InputError
from hanmine.formats.graphs import ClusteredGraph, read_graph, write_clustering
from hanmine.infomap.cluster import cluster_graph
from hanmine.infomap.graph import Graph
from hanmine.infomap.tree_links import arrays_of


def read(data, **options):
    data = data.encode() if isinstance(data, str) else data
    return read_graph(["-"], stdin=io.BytesIO(data), **options)


def message(data, **options):
    with pytest.raises(InputError) as caught:
        read(data, **options)
    return str(caught.value).removeprefix("<stdin>")


def saved(save, *arguments, **options):
    stream = io.BytesIO()
    save(*arguments, stream, **options)
    return stream.getvalue()


def links_by_name(graph):
    """Names of ends, and weights, each as often as it is there; ends of undirected links in order."""
    names = graph.names if graph.names is not None else list(map(str, graph.ids.tolist()))
    return links_of(
        ((names[a], names[b], w) for a, b, w in zip(graph.source, graph.target, graph.weight.tolist(), strict=True)),
        graph.directed,
    )


def links_of(links, directed):
    return Counter((a, b, w) if directed else (*sorted((a, b)), w) for a, b, w in links)


def links_of_networkx(graph):
    return links_of(((str(a), str(b), w) for a, b, w in graph.edges(data="weight", default=1)), graph.is_directed())


def links_between(text):
    graph = read(text)
    return sorted(links_by_name(graph).elements()), graph.directed


NAME = st.text(st.sampled_from("a甲é😀 \"'*#%0;&<>\\"), min_size=1, max_size=6).map(str.strip).filter(bool)
WEIGHT = st.floats(0, 1e9, allow_subnormal=False) | st.integers(0, 9).map(float)


@st.composite
def graphs(draw, name=NAME, parallel=True):
    """A graph of networkx: directed or not, parallel links, loops, nodes without links."""
    names = draw(st.lists(name, min_size=1, max_size=6, unique=True) | st.just(["000001", "1", "01", "10"]))
    directed = draw(st.booleans())
    kind = (nx.MultiDiGraph if directed else nx.MultiGraph) if parallel else (nx.DiGraph if directed else nx.Graph)
    graph = kind()
    graph.add_nodes_from(names)
    for a, b, weight in draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names), WEIGHT), max_size=9)):
        graph.add_edge(a, b, weight=weight)
    return graph


@settings(max_examples=40)
@given(graphs(), st.sampled_from(["graphml", "gexf", "gml"]))
def test_what_networkx_writes(graph, format):
    save = nx.write_graphml_xml if format == "graphml" else getattr(nx, f"write_{format}")
    found = read(saved(save, graph))
    assert found.directed == graph.is_directed()
    assert found.names == list(graph) or (found.names is None and list(map(str, found.ids.tolist())) == list(graph))
    assert links_by_name(found) == links_of_networkx(graph)


@settings(max_examples=20)
@given(graphs(st.text(st.sampled_from("a甲*#0 "), min_size=1).map(str.strip).filter(bool)))
def test_pajek_of_networkx(graph):
    found = read(saved(nx.write_pajek, graph))
    found.directed = graph.is_directed()  # which the file does not say of itself
    assert found.names == list(graph)
    assert found.ids.tolist() == list(range(1, len(graph) + 1))
    assert found.node_weight.tolist() == [1] * len(graph)  # the file has coordinates
    assert links_by_name(found) == links_of_networkx(graph)


@settings(max_examples=20)
@given(
    graphs(st.text(st.sampled_from("a甲*0"), min_size=1), parallel=False),
    st.sampled_from([" ", "\t", ","]),
    st.booleans(),
)
def test_edge_lists_of_networkx(graph, separator, braces):
    if not graph.number_of_edges():
        return
    found = read(saved(nx.write_edgelist, graph, delimiter=separator, data=True if braces else ["weight"]))
    found.directed = graph.is_directed()
    assert links_by_name(found) == links_of_networkx(graph)


@settings(max_examples=20)
@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), WEIGHT)).map(lambda m: (n, m))
    ),
    st.sampled_from(["general", "symmetric"]),
    st.booleans(),
    st.sampled_from([None, "pattern"]),
)
def test_matrix_market(entries, symmetry, dense, field):
    size, links = entries
    field = None if dense else field
    matrix = np.zeros((size, size))
    for a, b, weight in links:
        matrix[a, b] = weight
        if symmetry == "symmetric":
            matrix[b, a] = weight
    data = io.BytesIO()
    scipy.io.mmwrite(data, matrix if dense else sparse.coo_matrix(matrix), "x", field, 17, symmetry)
    if field == "pattern":
        matrix = (matrix != 0).astype(float)
    found = read(data.getvalue())
    assert (found.size, found.ids.tolist()) == (size, list(range(1, size + 1)))
    assert found.directed == (matrix != matrix.T).any()
    back = np.zeros_like(matrix)
    np.add.at(back, (found.source, found.target), found.weight)
    if not found.directed:
        back += back.T - np.diag(back.diagonal())
    assert back.tolist() == matrix.tolist()


def written(graph, format, directed):
    stream = io.BytesIO()
    write_clustering(stream, ClusteredGraph(**arrays_of(cluster_graph(graph, directed=directed))), format)
    return stream.getvalue()


def graph_of_networkx(graph):
    number = {name: place for place, name in enumerate(graph)}
    links = list(graph.edges(data="weight"))
    ends = ([number[a] for a, _, _ in links], [number[b] for _, b, _ in links])
    return Graph.from_links(*ends, [w for _, _, w in links], size=len(graph), names=list(graph))


FULLWIDTH = str.maketrans({'"': "＂", "\\": "＼"})


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_networkx_and_igraph_read_what_is_written(graph):
    ours = graph_of_networkx(graph)
    directed = graph.is_directed()
    expected = links_of(
        zip(
            [ours.names[i] for i in ours.source],
            [ours.names[i] for i in ours.target],
            ours.weight.tolist(),
            strict=True,
        ),
        directed,
    )
    for format in ("graphml", "gexf"):
        found = getattr(nx, f"read_{format}")(io.BytesIO(written(ours, format, directed)))
        labels = dict(found.nodes(data="label"))
        assert (found.is_directed(), sorted(labels.values())) == (directed, sorted(graph))
        links = ((labels[a], labels[b], w) for a, b, w in found.edges(data="weight"))
        assert links_of(links, directed) == expected
    data = written(ours, "net", directed)
    expected = Counter({(a.translate(FULLWIDTH), b.translate(FULLWIDTH), w): n for (a, b, w), n in expected.items()})
    expected = links_of(expected.elements(), directed)
    names = [name.translate(FULLWIDTH) for name in graph]
    found = nx.parse_pajek(data.decode())
    assert (found.is_directed(), list(found), links_of_networkx(found)) == (directed, names, expected)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.net"
        path.write_bytes(data)
        theirs = igraph.Graph.Read_Pajek(str(path))
    assert (theirs.is_directed(), theirs.vs["name"]) == (directed, names)
    weights = theirs.es["weight"] if theirs.ecount() else []
    ends = [(names[edge.source], names[edge.target]) for edge in theirs.es]
    assert links_of(((*end, weight) for end, weight in zip(ends, weights, strict=True)), directed) == expected


def test_pajek_numbers_from_1_and_has_comments_before_its_sections_only():
    graph = Graph.from_links([0, 1], [1, 2], [1, 0.5], names=["a", "b", "c"], ids=[0, 7, 9])
    lines = written(graph, "net", False).decode().splitlines()
    sections = [line for line in lines if not line.startswith("#")]
    assert sections == ["*Vertices 3", '1 "a"', '2 "b"', '3 "c"', "*Edges", "1 2 1.0", "2 3 0.5"]
    assert lines[-len(sections) :] == sections
    numbers = Graph.from_links([0], [1], ids=[5, 30], node_weight=[1, 2.5])
    assert '1 "5" 1.0\n2 "30" 2.5\n' in written(numbers, "net", False).decode()


def test_equal_names_in_pajek_are_told(tmp_path):
    (tmp_path / "x.net").write_text('*Vertices 2\n1 "a"\n2 "a"\n*Edges\n1 2\n')
    done = mine("cluster", tmp_path / "x.net", "-f", "net")
    assert (done.code, done.out.splitlines()[-5:]) == (0, ["*Vertices 2", '1 "a"', '2 "a"', "*Edges", "1 2 1.0"])
    assert "nodes have equal names: networkx makes one vertex of those in a .net" in done.err
    assert "equal names" not in mine("cluster", tmp_path / "x.net", "-f", "tree").err


def test_coordinates_are_no_weight():
    vertices = (
        '1 "a" 0.1 0.2 0.5 ellipse ic Red\n2 b 0.0 0.0 ellipse club "Mr. Hi"\n3 "c" 2.5\n4 "d" 0.5 0.5\n'
        '5 "e" 3 ic Red\n'
    )
    assert read(f"*Vertices 5\n{vertices}*Edges\n1 2\n").node_weight.tolist() == [1, 1, 2.5, 1, 3]


@given(st.lists(st.lists(st.sampled_from(["0", "1", "01", "10", "010", "0010"]), min_size=2, max_size=2), min_size=1))
def test_nodes_are_numbers_where_every_name_is_plain(links):
    found = read("".join(f"{a} {b}\n" for a, b in links))
    assert links_by_name(found) == links_of(((a, b, 1) for a, b in links), None)
    assert (found.names is None) == all(str(int(name)) == name for link in links for name in link)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("000001 2\n1 2\n", [("000001", "2", 1), ("1", "2", 1)]),
        ("0 00\n1 2\n", [("0", "00", 1), ("1", "2", 1)]),
        ("007\t7\n", [("007", "7", 1)]),
        ("source,target\n1,01\n", [("01", "1", 1)]),
        ("1 2 01.5\n", [("1", "2", 1.5)]),  # of weights zeros say nothing
        ('*Vertices 2\n01 "a"\n02 "000001"\n*Edges\n01 000001 3\n1 02\n', [("000001", "a", 1), ("000001", "a", 3)]),
    ],
)
def test_leading_zeros_make_a_name(text, expected):
    graph = read(text)
    assert sorted(links_by_name(graph).elements()) == expected
    assert graph.size == len({end for link in expected for end in link[:2]})


def test_names_with_leading_zeros_in_partitions(tmp_path):
    """000001 is the name of a node, and no spelling of 1."""
    (tmp_path / "links.txt").write_text("000001 1\n1 2\n2 000001\n3 4\n4 5\n5 3\n")
    (tmp_path / "modules.tsv").write_text("node\tmodule\n000001\t1\n1\t01\n2\t1\n3\t2\n4\t2\n5\t2\n")
    done = mine("cluster", tmp_path / "links.txt", "-c", tmp_path / "modules.tsv", "--no-infomap", "-f", "tsv")
    rows = [line.split("\t")[1:3] for line in done.out.splitlines()[1:]]
    assert {name: module for name, module in rows if name in ("3", "000001", "1")} == {
        "3": "1", "000001": "2", "1": "3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected", "directed"),
    [
        ("1,2\n2,3,0.5\n", [("1", "2", 1), ("2", "3", 0.5)], None),
        ("1;2;3\n", [("1", "2", 3)], None),
        ("a, b\nb, c, 2\n", [("a", "b", 1), ("b", "c", 2)], None),
        ('"a, x";b;2\n', [("a, x", "b", 2)], None),
        ("source;target;weight\n甲;乙;2\n", [("乙", "甲", 2)], None),
        ("的 , 3\n", [(",", "的", 3)], None),  # white space before it: the comma is a name
        ("a,b c,d\n", [("a,b", "c,d", 1)], None),
        ("a b {}\nb c {'weight': 2.5, 'x': 'y z'}\n", [("a", "b", 1), ("b", "c", 2.5)], None),
        ("% sym unweighted\n% 2 3 3\n1 2\n2 3\n", [("1", "2", 1), ("2", "3", 1)], False),
        ("% asym positive\n1\t2\t3\t1095\n", [("1", "2", 3)], True),
        ("% a comment\n1 2\n", [("1", "2", 1)], None),
        ("a b\n% b\n", [("%", "b", 1), ("a", "b", 1)], None),  # among links it is a name
        ("Source,Target,Type,Id,Label,Weight\n0,1,Directed,0,,2.5\n1,2,Directed,1,,1.0\n",
         [("0", "1", 2.5), ("1", "2", 1)], True),
        ("Source,Target,Type\nx,1,Undirected\n", [("1", "x", 1)], False),
        ("Source,Target,Type\n0,1,friend\n1,2,foe\n", [("0", "1", 1), ("1", "2", 1)], None),
    ],
)  # fmt: skip
def test_lists_of_other_tools(text, expected, directed):
    graph = read(text)
    assert (sorted(links_by_name(graph).elements()), graph.directed) == (sorted(expected), directed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("% bip unweighted\n1 1\n",
         ":1: is a bipartite network of KONECT, which is not supported: pass a plain network"),
        ("% sym signed\n1 2 -1\n", ":2: the weight '-1': weights are finite and not negative"),
        ("% sym positive\n1 2 1 9 9\n", ":2: 5 columns where 2 to 4 are expected: write source, target and, if there "
                                        "is one, weight; separate names that hold spaces by tabs"),
        ("a b {'weight': np.float64(0.5)}\n", ":1: the attributes '{'weight': np.float64(0.5)}' are not such as "
                                              "{'weight': 0.5}: write the list with networkx.write_weighted_edgelist"),
        ("a b {'weight': 'x'}\n", ":1: the weight 'x' is no number: correct it, or leave it out"),
        ("Source,Target,Type\n0,1,Directed\n1,2,Undirected\n",
         ": its column Type has directed and undirected edges, and a graph has one kind here: leave Type out, and in a "
         "directed graph write undirected edges twice, once from either end"),
        ("# 甲\n乙 0.5\n丙 1\n# 丁\n甲 2\n",
         ": is LGL, which is not read: in igraph g.write_ncol(FILE) writes a link list"),
        ("# 甲\n乙\n丙 1\n", ": is LGL, which is not read: in igraph g.write_ncol(FILE) writes a link list"),
        ('digraph "x" {\n a -> b;\n}\n',
         ": is Graphviz DOT, which is not read: networkx.nx_pydot.read_dot reads it, and networkx.write_graphml writes "
         "GraphML"),
        ("dl n=2 format=edgelist1\n", ": is UCINET DL, which is not read: export Pajek (.net)"),
        ("nodedef>name VARCHAR\n", ": is GUESS GDF, which is not read: in Gephi export GraphML"),
        ('{"directed": false, "nodes": []}',
         ": is JSON, which is not read: networkx.node_link_graph reads such graphs, and networkx.write_graphml writes "
         "GraphML"),
    ],
)  # fmt: skip
def test_what_is_refused_by_name(text, expected):
    assert message(text) == expected


def test_refused_by_extension(tmp_path):
    for name, text, expected in [
        ("x.lgl", "# 1\n2 3\n# 2\n3 1\n", "is LGL, which is not read: "),
        ("x.adjlist", "a b c\n", "is a list of neighbours, which is not read: "),
    ]:
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError) as caught:
            read_graph([tmp_path / name])
        assert str(caught.value).startswith(f"{tmp_path / name}: {expected}")
    with zipfile.ZipFile(tmp_path / "book", "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
    done = mine("cluster", tmp_path / "book")
    assert (done.code, done.err) == (
        3,
        f"mine: error: {tmp_path / 'book'}: is an Excel workbook, which is not read: save the sheet of edges as CSV "
        "with the header source,target,weight\n",
    )
    # A comment of one word makes no LGL.
    assert links_between("# links\n1 2\n2 3\n") == ([("1", "2", 1), ("2", "3", 1)], None)
    (tmp_path / "a.txt").write_text("% asym unweighted\n1 2\n")
    (tmp_path / "b.txt").write_text("% sym unweighted\n1 2\n")
    with pytest.raises(InputError, match=r"a\.txt: its links have a direction, and those of .*b\.txt have none: "):
        read_graph([tmp_path / "a.txt", tmp_path / "b.txt"])
    done = mine("cluster", tmp_path / "a.txt", "-f", "json")
    assert '"flowModel": "directed"' in done.out


GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="w" for="edge" attr.name="{weight}" attr.type="double"><default>{default}</default></key>
<key id="l" for="node" attr.name="label" attr.type="string"/>
<graph edgedefault="undirected">
<node id="a"><data key="l">甲</data></node><node id="b"/>
<edge source="a" target="b"/><edge source="a" target="a"><data key="w">3</data></edge>
</graph></graphml>"""
GEXF = """<gexf xmlns="http://www.gexf.net/1.3" version="1.3"><graph defaultedgetype="directed">
<nodes><node id="0" label="甲"/><node id="01"/></nodes>
<edges><edge id="0" source="0" target="01" weight="2"/><edge id="1" source="01" target="0" type="mutual"/></edges>
</graph></gexf>"""
GML = 'Creator "x"\ngraph\n[\n node [ id 3 label "甲&amp;" ]\n node [ id 4 label "甲&amp;" ]\n'


def test_defaults_labels_and_capitals_of_graphml():
    for weight in ("weight", "Weight"):
        found = read(GRAPHML.format(weight=weight, default=0.25))
        assert found.names == ["甲", "b"]
        assert found.weight.tolist() == [0.25, 3]
    assert read(GRAPHML.format(weight="cost", default=0.25)).weight.tolist() == [1, 1]
    label = '<key id="l" for="node" attr.name="label" attr.type="string"'
    text = GRAPHML.format(weight="weight", default=1)
    assert read(text.replace(f"{label}/>", f"{label}><default>乙</default></key>")).names == ["甲", "乙"]
    assert read(text.replace('<data key="l">甲</data>', "")).names == ["a", "b"]
    two = GRAPHML.format(weight="Weight", default=1).replace("</key>\n<key", '</key>\n<key id="v" for="edge" '
          'attr.name="WEIGHT" attr.type="int"><default>1</default></key>\n<key', 1)  # fmt: skip
    assert message(two) == ": edges have the attributes 'WEIGHT' and 'Weight': call the weight 'weight'"


def test_versions_of_gexf():
    for namespace in ("http://www.gexf.net/1.3", "http://www.gexf.net/1.2draft", "http://gexf.net/1.3", "urn:x"):
        found = read(GEXF.replace("http://www.gexf.net/1.3", namespace))
        assert (found.names, found.directed) == (["甲", "01"], True)
        assert links_by_name(found) == Counter({("甲", "01", 2): 1, ("01", "甲", 1): 1, ("甲", "01", 1): 1})


def test_gml():
    edges = " edge [ source 3 target 4 ]\n edge [ source 4 target 3 value 2 ]\n]\n"
    found = read(GML + edges)  # UTF-8, names that are repeated, parallel edges, which networkx alone refuses
    assert (found.ids.tolist(), found.names, found.weight.tolist()) == ([3, 4], ["甲&", "甲&"], [1, 2])
    assert read(GML + edges.replace("value 2", "value 2 weight 5")).weight.tolist() == [1, 5]
    assert message(GML) == ": is no GML that can be read (expected ']', found EOF at (7, 1)): correct it"
    assert message(GML.encode("gbk") + b"]") == (
        ":4: is not UTF-8: convert the file first (iconv -f ENCODING -t UTF-8)"
    )
    assert message(GML + edges + GML + edges).startswith(": is no GML that can be read (input contains more than one")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('<node id="b"/>', '<node id="b"><graph edgedefault="directed"/></node>',
         ":5: a graph within a node, which is not supported: pass a plain graph"),
        ("</graph>", '</graph><graph edgedefault="directed"/>', ":7: a second graph: pass a file for each"),
        ('<node id="b"/>', "", ":6: an edge of 'b', which is no node: list it"),
        ('<node id="b"/>', '<node id="a"/>', ":5: node 'a' is listed twice: leave one out"),
        ('<node id="b"/>', "<node/>", ":5: a node without an id: number it"),
        ('<edge source="a" target="b"/>', "<hyperedge/>",
         ":6: a hyperedge, which is not supported: pass a plain graph"),
        ('target="b"/>', 'target="b" directed="true"/>',
         ":6: a directed edge in an undirected graph, and a graph has one kind here: give the graph, or the edge, the "
         "other kind"),
        ('for="edge"', 'for="all"', ":2: the key 'weight' has a default and is not for=\"edge\": write for=\"edge\""),
        ("<graphml", "<!DOCTYPE graphml>\n<graphml",
         ":1: has a document type (<!DOCTYPE>), which is never read: remove it"),
        ("<graphml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "y">]>\n<graphml',
         ":1: has a document type (<!DOCTYPE>), which is never read: remove it"),
        ("<graphml", '<?xml version="1.0" encoding="GBK"?><graphml',
         ":1: is no well-formed XML (multi-byte encodings are not supported): correct it"),
        ("<default>1</default>", "<default>x</default>",
         ": is no GraphML that can be read (could not convert string to float: 'x'): correct it"),
    ],
)  # fmt: skip
def test_graphml_that_is_no_plain_graph(old, new, expected):
    assert message(GRAPHML.format(weight="weight", default=1).replace(old, new, 1)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('<node id="01"/>', '<node id="01"><nodes/></node>',
         ":2: nodes within a node, which is not supported: pass a plain graph"),
        ('<node id="01"/>', '<node id="01" pid="0"/>',
         ":2: nodes within a node (pid), which is not supported: pass a plain graph"),
        ("<graph ", '<graph mode="dynamic" ',
         ":1: is a dynamic graph (of nodes and edges with times): write it as a static one"),
        ('type="mutual"', 'type="undirected"',
         ":3: an undirected edge in a directed graph, and a graph has one kind here: write undirected edges twice, "
         "once from either end"),
        ("<gexf", '<!DOCTYPE gexf SYSTEM "gexf.dtd"><gexf',
         ":1: has a document type (<!DOCTYPE>), which is never read: remove it"),
        ('weight="2"', 'weight="x"',
         ": is no GEXF that can be read (could not convert string to float: 'x'): correct it"),
        ('weight="2"', 'weight="-2"', ": the edge '0', '01' has the weight -2.0: weights are finite and not negative"),
    ],
)  # fmt: skip
def test_gexf_that_is_no_plain_graph(old, new, expected):
    assert message(GEXF.replace(old, new, 1)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coordinate real general\n2000000000 2000000000 1\n1 2 1\n",
         ":2: claims 2,000,000,000 nodes and has 1 links: number the nodes that have links from 1"),
        ("coordinate real general\n% x\n3 3 2000000000\n1 2 1\n",
         ":3: claims 2,000,000,000 entries in 71 bytes: it is cut short or wrong"),
        ("array real general\n50000 50000\n1\n",
         ":2: claims 2,500,000,000 entries in 55 bytes: it is cut short or wrong"),
        ("coordinate real general\n3 4 1\n1 2 1\n", ":2: a matrix of shape (3, 4) is no graph: pass a square one"),
        ("coordinate real general\n3 3 2\n1 2 1\n", ":2: claims 2 entries and has 1: it is cut short or wrong"),
        ("coordinate real general\n3 3 1\n1 2\n",
         ":3: 2 columns where 3 are expected: write source, target and, if there is one, weight"),
        ("coordinate pattern general\n3 3 1\n1 2 5\n",
         ":3: 3 columns where 2 are expected: write source, target and, if there is one, weight"),
        ("coordinate real general\n3 3 1\n1 4 1\n", ": entry (1, 4): rows and columns are numbered from 1 to 3"),
        ("coordinate real general\n3 3 1\n1 x 1\n", ":3: 'x' is no plain number: number rows and columns from 1"),
        ("coordinate real general\n3 3 1\n1 2 -1\n", ":3: the weight '-1': weights are finite and not negative"),
        ("coordinate real general\n% x\0\n3 3 1\n1 2 1\n", ":2: a NUL byte: check that the file is text"),
        ("array real general\n1 1\nx\n", ":3: the weight 'x' is no number: correct it, or leave it out"),
        ("coordinate complex general\n3 3 1\n1 2 1 0\n",
         ":1: a 'complex' matrix is no graph: weights are numbers and not negative"),
        ("coordinate real general\n3 3\n", ":2: '3 3' are no sizes of a matrix: correct the line"),
        ("coordinate real general\n% x\n", ": has no line of sizes: it is cut short or wrong"),
        ("coordinate real\n1 1 0\n",
         ":1: '%%MatrixMarket matrix coordinate real' is no banner of a matrix: write %%MatrixMarket matrix coordinate "
         "real general"),
    ],
)  # fmt: skip
def test_wrong_matrix_market(text, expected):
    assert message("%%MatrixMarket matrix " + text) == expected


def test_claims_of_text_take_no_memory():
    """The number of vertices is a promise; numbers of nodes are names, and not places in an array."""
    assert read("*Vertices 2000000000\n1 a\n*Edges\n1 2\n").size == 2
    assert read("*Vertices 99999999999999999999\n*Edges\n1 9000000000000000000\n").size == 2
    nines = "9" * 5000
    assert (
        message(f"1 {nines}\n") == f":1: the node '{nines[:40]}' is above 9223372036854775807: give it a smaller number"
    )
