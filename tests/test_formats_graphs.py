"""Graphs read from all formats: link lists, tables of edges, Pajek, matrices, GraphML."""

import bz2
import gzip
import io
import lzma

import networkx as nx
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from hanmine.errors import InputError, OutputError, UsageError
from hanmine.formats.graphs import GRAPH_INPUTS, read_graph
from naive import link_list


def read(data, **options):
    data = data.encode() if isinstance(data, str) else data
    return read_graph(["-"], stdin=io.BytesIO(data), **options)


def links(data, **options):
    """The links by ids, and the names."""
    graph = read(data, **options)
    source, target = graph.ids[graph.source].tolist(), graph.ids[graph.target].tolist()
    return list(zip(source, target, graph.weight.tolist(), strict=True)), graph.names


def message(data, kind=InputError, **options):
    with pytest.raises(kind) as caught:
        read(data, **options)
    return str(caught.value)


THREE = [(1, 2, 1.0), (2, 30, 0.5), (30, 1, 1.0)]


@pytest.mark.parametrize(
    "text",
    [
        "1 2\n2 30 0.5\n30 1\n",
        "1\t2\n2\t30\t.5\n30\t1",
        "1 2 1\n2 30 5e-1\n30 1 1.\n",
        "# a comment\n\n1 2 1\n 2  30 0.50 \n\n30 1 1e0\n# the end\n",
        "\ufeff1 2 1\r\n2 30 .5\r\n30 1 1\r\n",
        "source,target,weight\n1,2,1\n2,30,.5\n30,1,1\n",
        "Source\tTarget\tWeight\tType\n1\t2\t1\tx\n2\t30\t.5\tx\n30\t1\t1\t\n",
        "weight;x,to,from\n1,2,1\n.5,30,2\n1,1,30\n",
        'source,target,weight\n"1","2",1\n2,30,.5\n30,"1",1\n',
        "source target weight\n1 2 1\n2 30 .5\n30 1 1\n",
    ],
)
def test_link_lists(text):
    if text.startswith("weight;x"):
        text = text.replace("weight;x", "weight")
    assert links(text) == (THREE, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲 乙\n乙 3 2\n", [("甲", "乙", 1), ("乙", "3", 2)]),
        ("a b\tc d\t.5\nc d\t e \n", [("a b", "c d", 0.5), ("c d", "e", 1)]),
        ('source,target\n"a, b","say ""hi"""\nx,#1\n', [("a, b", 'say "hi"', 1), ("x", "#1", 1)]),
        ("1 2\n3 4x\n", [("1", "2", 1), ("3", "4x", 1)]),
        ("-1 x\n01 1\n", [("-1", "x", 1), ("01", "1", 1)]),
        ("1.0 2.0\n", [("1.0", "2.0", 1)]),
    ],
)
def test_names(text, expected):
    graph = read(text)
    names = np.array(graph.names, object)
    found = list(zip(names[graph.source], names[graph.target], graph.weight.tolist(), strict=True))
    assert found == expected
    assert graph.names == list(dict.fromkeys(name for link in expected for name in link[:2]))
    assert graph.ids.tolist() == list(range(graph.size))


def test_several_files_are_one_graph(tmp_path):
    (tmp_path / "a.txt").write_text("1 2\n")
    (tmp_path / "b.csv").write_text("source,target\n2,x\n")
    graph = read_graph([tmp_path / "a.txt", tmp_path / "b.csv"])
    assert graph.names == ["1", "2", "x"]
    assert [one["bytes"] for one in graph.inputs] == [4, 18]
    assert graph.files == [tmp_path / "a.txt", tmp_path / "b.csv"]
    (tmp_path / "c.net").write_text("*Edges\n1 2\n")
    with pytest.raises(UsageError) as caught:
        read_graph([tmp_path / "a.txt", tmp_path / "c.net"])
    assert str(caught.value) == f"{tmp_path / 'c.net'}: a pajek file is a graph of its own: pass it alone"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_packed(pack):
    assert links(pack(b"1 2\n2 30 .5\n30 1\n")) == (THREE, None)


def test_numbers_may_be_sparse_and_large():
    text = "9223372036854775807 5\n5 1234567890123456 2\n1234567890123456 123456789012345678\n"
    graph = read(text)
    assert graph.ids.tolist() == [5, 1234567890123456, 123456789012345678, 9223372036854775807]
    assert graph.source.tolist() == [3, 0, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2\n\n3\n", ":3: 1 column where 2 or 3 are expected: write source, target and, if there is one, weight"),
        ("1 2 3 4\n", ":1: 4 columns where 2 or 3 are expected: write source, target and, if there is one, weight; "
                      "separate names that hold spaces by tabs"),
        ("1,2,3,4\n", ":1: 1 column where 2 or 3 are expected: write source, target and, if there is one, weight; "
                      "a CSV file of more columns begins with a header that names source, target and weight"),
        ("1;2;0,5\n", ":1: the weight '0,5' is no number: write . before decimals"),
        ("node_1\tnode_2\n1\t2\n", ":1: 'node_1' and 'node_2' are names, and all other nodes numbers: "
                                    "call the columns of a header source and target, or begin its line with #"),
        ("1\t\t2\n", ":1: a node without a name: write source and target"),
        ("1 2\n2 3 -0.5\n", ":2: the weight '-0.5': weights are finite and not negative"),
        ("1 2 1\n# x\n2 3 nan\n", ":3: the weight 'nan': weights are finite and not negative"),
        ("a b inf\n", ":1: the weight 'inf': weights are finite and not negative"),
        ("1 2 1e999\n", ":1: the weight '1e999': weights are finite and not negative"),
        ("1 2 1_0\n", ":1: the weight '1_0' is no number: correct it, or leave it out"),
        ("a b x\n", ":1: the weight 'x' is no number: correct it, or leave it out"),
        ("1 2\n-3 4\n", ":2: the node '-3' is negative: number nodes from 0 or 1"),
        ("1 9223372036854775808\n",
         ":1: the node '9223372036854775808' is above 9223372036854775807: give it a smaller number"),
        ("1 2\n2 3\0\n", ":2: a NUL byte: check that the file is text"),
        ("source,target,weight\n1,2\n", ":2: 2 columns where the header has 3: correct the line"),
        ("source,target,weight\n1,2,\n", ":2: the weight '' is no number: correct it, or leave it out"),
        ('source,target\n1,"2\n', ":2: quotes that do not match: correct the line"),
        (b"a b\na \xff\n", ":2: is not UTF-8: convert the file first (iconv -f ENCODING -t UTF-8)"),
        ("\ufeffa b".encode("utf-16-le"), ": is UTF-16 text: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"),
        ("", ": holds no links: write lines of source, target and weight"),
        ("# nothing\n\n", ": holds no links: write lines of source, target and weight"),
        ("source,target\n", ": holds no links: write lines of source, target and weight"),
    ],
)  # fmt: skip
def test_wrong_link_lists(text, expected):
    assert message(text) == "<stdin>" + expected


def test_lines_are_counted_over_blocks():
    lines = [f"{number} {number + 1} 0.25\n" for number in range(200_000)]
    graph = read("".join(lines))
    assert graph.size == 200_001
    assert graph.weight.tolist() == [0.25] * 200_000
    lines[150_000] = "7 8 x\n"
    assert message("".join(lines)) == "<stdin>:150001: the weight 'x' is no number: correct it, or leave it out"
    lines[150_000] = "7 八\n"
    graph = read("".join(lines))
    assert (graph.size, graph.names[-1]) == (200_002, "200000")


NODE = st.integers(0, 40) | st.integers(0, 10**17)
WEIGHT = (
    st.none() | st.floats(0, 1e300).map(repr) | st.integers(0, 10**18).map(str) | st.sampled_from(["1e3", ".5", "5."])
)
LINE = st.tuples(NODE, NODE, WEIGHT).map(lambda link: " ".join(str(part) for part in link if part is not None))
OTHER = st.sampled_from(["", "# 1 2 3", "  ", "  # x"])


@given(st.lists(st.one_of(LINE, LINE, LINE, OTHER)), st.sampled_from(["\n", "\r\n"]))
def test_fast_is_naive(lines, end):
    text = end.join(lines)
    expected = link_list(text)
    if not expected:
        assert message(text) == "<stdin>: holds no links: write lines of source, target and weight"
    else:
        assert links(text) == (expected, None)


NAME = st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="#*"), min_size=1, max_size=4)


@given(st.lists(st.tuples(NAME, NAME, st.floats(0, 9)), min_size=1), st.sampled_from(" \t"))
def test_names_in_order_of_appearance(rows, separator):
    rows = [("甲", "甲x", 1.0), *rows]
    graph = read("".join(f"{a}{separator}{b}{separator}{w!r}\n" for a, b, w in rows))
    found = zip(
        [graph.names[i] for i in graph.source], [graph.names[i] for i in graph.target], graph.weight, strict=True
    )
    assert list(found) == rows
    assert graph.names == list(dict.fromkeys(name for row in rows for name in row[:2]))


@given(
    st.lists(st.floats(0, allow_infinity=False), min_size=1), st.sampled_from(["%r", "%.6g", "%.17g", "%.3f", "%.12e"])
)
def test_weights_are_those_of_python(values, pattern):
    texts = [pattern % value for value in values]
    for names in ("1 2", "甲 乙"):
        found = read("".join(f"{names} {text}\n" for text in texts))
        assert found.weight.tolist() == list(map(float, texts))


PAJEK = """*Network a title
*Vertices 9
1 "a "quoted" name" 2
2 中文 0.5
% a comment
3 "no weight" ic Red
5
*{links}
# source target weight
1 2 3
2 3 .5 c Blue
3 7
"""


@pytest.mark.parametrize("heading", ["Edges", "arcs", "LINKS"])
def test_pajek(heading):
    graph = read(PAJEK.replace("{links}", heading))
    assert graph.ids.tolist() == [1, 2, 3, 5, 7]  # neither 4 nor 9: only who is listed, or has links
    assert graph.names == ['a "quoted" name', "中文", "no weight", "5", "7"]
    assert graph.node_weight.tolist() == [2, 0.5, 1, 1, 1]
    assert (graph.source.tolist(), graph.target.tolist()) == ([0, 1, 2], [1, 2, 4])
    assert graph.weight.tolist() == [3, 0.5, 1]
    assert graph.directed is None
    for data in (text := PAJEK.replace("{links}", heading)).replace("\n", "\r\n"), "\ufeff" + text, text.rstrip():
        assert (read(data).names, read(data).weight.tolist()) == (graph.names, graph.weight.tolist())


def test_pajek_without_links_without_names_and_by_name():
    graph = read("*vertices 2\n1\n2\n")
    assert (graph.size, graph.names, graph.source.size) == (2, None, 0)
    assert links("*Links\n1 2 3\n*Edges\n2 1\n") == ([(1, 2, 3), (2, 1, 1)], None)
    assert links('*Vertices 2\n1 "a b"\n2 c\n*Edges\n"a b" c 2\n1 c\n')[0] == [(1, 2, 2), (1, 2, 1)]
    same = '*Vertices 2\n1 "a"\n2 "a"\n*Edges\n'
    assert links(same + "1 2\n") == ([(1, 2, 1)], ["a", "a"])
    assert message(same + "2 1\na 2\n") == "<stdin>:6: more than one vertex is called 'a': use its number"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*Bipartite 5\n1 6\n", ":1: *bipartite begins a bipartite network, which is not supported: "
                                "pass a plain network"),
        ("*Vertices 3 2\n", ":1: two numbers of vertices begin a bipartite network, which is not supported: "
                            "pass a plain network"),
        ("*Vertices 1\n1 \"a\"\n*States\n",
         ":3: *states begins a network of states (memory), which is not supported: pass a plain network"),
        ("# x\n*Multilayer\n", ":2: *multilayer begins a multilayer network, which is not supported: "
                                "pass a plain network"),
        ("*Intra\n", ":1: *intra begins a multilayer network, which is not supported: pass a plain network"),
        ("*Inter\n", ":1: *inter begins a multilayer network, which is not supported: pass a plain network"),
        ("*Contexts\n", ":1: *contexts begins a network of contexts (memory), which is not supported: "
                        "pass a plain network"),
        ("*Paths\n", ":1: *paths begins a network of paths (memory), which is not supported: pass a plain network"),
        ("*Matrix\n", ":1: *matrix begins a Pajek matrix, which is not supported: pass a plain network"),
        ("*Foo\n", ":1: the heading '*foo' is unknown: *Vertices, *Edges, *Arcs and *Links are read"),
        ("*Vertices n\n", ":1: '*Vertices n': the number of vertices is no number"),
        ("*Vertices 2\n1 \"a\n", ":2: the name in '1 \"a' has one quote only: the line is cut short or wrong"),
        ("*Vertices 2\nx \"a\"\n", ":2: 'x \"a\"' is no vertex: write its number and its \"name\""),
        ("*Vertices 2\n1 \"a\" -1\n", ":2: the weight '-1': weights are finite and not negative"),
        ("*Vertices 2\n1 a\n1 b\n", ":3: vertex 1 is listed twice: leave one of the lines out"),
        ("*Edges\n1 2\n2\n", ":3: 1 column where 2 or 3 are expected: the line is cut short or wrong"),
        ("*Edges\n1 x\n", ":2: no vertex is called 'x': list it, or use its number"),
        ("*Edges\n1 2 -3\n", ":2: the weight '-3': weights are finite and not negative"),
        ("*Edges\n1 -2\n", ":2: the node '-2' is negative: number nodes from 0 or 1"),
        ("*Vertices 3\n*Edges\n", ": lists no vertices and no links: check what wrote it"),
    ],
)  # fmt: skip
def test_wrong_pajek(text, expected):
    assert message(text) == "<stdin>" + expected


def saved(save, *arguments, **arrays):
    stream = io.BytesIO()
    save(stream, *arguments, **arrays)
    return stream.getvalue()


def test_arrays_of_links():
    data = saved(np.savez, src=np.array([0, 2], np.int32), dst=[1, 0], w=[0.5, 2], n=4, directed=True, truth=[0] * 4)
    graph = read(data)
    assert (graph.size, graph.directed, graph.names) == (4, True, None)
    assert links(data)[0] == [(0, 1, 0.5), (2, 0, 2)]
    assert links(saved(np.savez_compressed, src=[0, 1], dst=[1, 2], names=["甲", "b", ""]))[1] == ["甲", "b", ""]
    assert read(saved(np.savez, src=np.zeros(0, int), dst=np.zeros(0, int), n=3)).size == 3


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
def test_sparse_matrices(kind):
    matrix = sparse.csr_matrix(np.array([[0, 2, 0], [2, 1, 0], [0, 0, 0.0]])).asformat(kind)
    graph = read(saved(sparse.save_npz, matrix))
    assert (graph.size, graph.directed) == (3, False)
    assert links(saved(sparse.save_npz, matrix))[0] == [(0, 1, 2), (1, 1, 1)]


def test_dense_matrices():
    graph = read(saved(np.save, np.array([[0, 2], [0, 0]])))
    assert (graph.size, graph.directed, graph.weight.tolist()) == (2, True, [2])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (saved(np.save, np.ones((2, 3))), ": a matrix of shape (2, 3) is no graph: pass a square one"),
        (saved(np.save, np.ones(3)),
         ": an array of shape (3,) and type float64 is no matrix of weights: pass a square matrix of numbers"),
        (saved(np.save, np.array([[0, -1], [0, 0]])), ": entry (0, 1) is -1: weights are finite and not negative"),
        (saved(sparse.save_npz, sparse.csr_matrix([[0, 0], [np.nan, 0]])),
         ": entry (1, 0) is nan: weights are finite and not negative"),
        (saved(np.savez, a=[1]),
         ": holds 'a': a graph has src and dst, or is a matrix of scipy.sparse.save_npz"),
        (saved(np.savez, src=[0], dst=[5], n=2), ": dst[0] is 5: nodes are numbered from 0 to 1"),
        (saved(np.savez, src=[0], dst=[1], w=[-1.0]), ": w[0] is -1: weights are finite and not negative"),
        (saved(np.savez, src=[0], dst=[1, 2]), ": array 'dst' has 2 numbers and 'src' 1: "
         "src and dst are flat arrays of whole numbers, w one of numbers, all of one length"),
        (saved(np.savez, src=[], dst=[], n=0), ": array 'src': is float64 of shape (0,), not whole numbers of 1 axis: "
         "src and dst are flat arrays of whole numbers, w one of numbers, all of one length"),
        (saved(np.save, np.zeros((0, 0))), ": holds no nodes: check what wrote it"),
    ],
)  # fmt: skip
def test_wrong_matrices(data, expected):
    assert message(data) == "<stdin>" + expected


def test_damaged_and_dangerous_archives():
    assert "<stdin>: the archive is damaged (" in message(saved(np.savez, src=[0], dst=[1])[:-30])
    assert message(saved(np.save, np.ones((9, 9)))[:-9]) == "<stdin>: is cut short: write or fetch it again"
    code = "holds Python objects, which are never loaded as they can run any code: save numbers"
    objects = np.array([[{}]], object)
    assert message(saved(np.save, objects, allow_pickle=True)) == f"<stdin>: {code}"
    assert message(saved(np.savez, src=objects)) == f"<stdin>: array 'src': {code}"
    huge = saved(np.save, np.ones((9, 9))).replace(b"(9, 9), }" + b" " * 10, b"(999999, 999999), }")
    assert message(huge) == "<stdin>: is cut short: write or fetch it again"


MATRIX = sparse.csr_matrix(np.array([[0, 2, 0, 1], [2, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0.0]]))


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("index", [-1, 4, 5])
def test_no_index_beyond_the_matrix_reaches_compiled_code(kind, index):
    """Our own check comes first; these indices would be harmless."""
    with np.load(io.BytesIO(saved(sparse.save_npz, MATRIX.asformat(kind)))) as archive:
        arrays = dict(archive)
    keys = {"coo": ("row", "col"), "dia": ()}.get(kind, ("indices", "indptr") if index == -1 else ("indices",))
    for key in keys:
        changed = arrays[key].astype(np.int64)
        changed[2] = index
        text = message(saved(np.savez, **arrays | {key: changed}))
        what = "do not fit each other" if key == "indptr" else f"[2] is {index}: nodes are numbered from 0 to "
        assert what in text
    if kind == "dia":
        changed = arrays["offsets"].astype(np.int64)
        index = -4 if index < 0 else index  # -1 is a diagonal
        changed[0] = index
        text = message(saved(np.savez, **arrays | {"offsets": changed}))
        assert f"offset {index} is that of no diagonal" in text
    short = {key: array[:-1] for key, array in arrays.items() if array.ndim == 1 and array.size > 2}
    for key, array in short.items():
        assert "do not fit each other" in message(saved(np.savez, **arrays | {key: array}))


@pytest.mark.parametrize(
    ("arrays", "claim"),
    [
        (
            {"format": "coo", "shape": [2 * 10**9] * 2, "row": [0, 1], "col": [1, 0], "data": [1.0, 1.0]},
            "2,000,000,000",
        ),
        ({"format": "dia", "shape": [10**9] * 2, "offsets": [0], "data": [[1.0, 2.0]]}, "1,000,000,000"),
        ({"src": [0], "dst": [1], "n": 3 * 10**9}, "3,000,000,000"),
        ({"src": [0], "dst": [2**62], "w": [1.0]}, f"{2**62 + 1:,}"),
    ],
)
def test_a_number_of_nodes_is_no_reason_to_take_memory(arrays, claim):
    text = message(saved(np.savez, **arrays))
    assert text.startswith(f"<stdin>: claims {claim} nodes and has ")
    assert text.endswith(" links: number the nodes that have links from 0")


def test_wrong_arrays_of_links():
    links = {"src": [0], "dst": [1]}
    for arrays, expected in (
        (links | {"n": [2, 3]}, "array 'n': has 2 elements: give one"),
        (links | {"n": 2.0}, "array 'n': is float64 of shape (), not whole numbers"),
        (links | {"names": ["a"]}, "array 'names' has 1 strings for 2 nodes: give each node one"),
        (links | {"names": ["a", "\ud800"]}, "array 'names' holds what is no text"),
        ({"format": "lil", "shape": [1, 1], "data": [1]}, "the sparse format 'lil' is unknown"),
        ({"format": "csr", "shape": [1], "data": [1]}, "a matrix of shape (1,) is no graph"),
    ):
        assert expected in message(saved(np.savez, **arrays))


def graphml(graph):
    return saved(lambda stream: nx.write_graphml_xml(graph, stream))


def test_graphml():
    graph = nx.MultiDiGraph()
    graph.add_node("x & y", label="甲")
    graph.add_node("z", label="<乙>")
    graph.add_edge("x & y", "z", weight=2.5)
    graph.add_edge("x & y", "z", weight=1)
    found = read(graphml(graph))
    assert (found.size, found.directed, found.names, found.ids.tolist()) == (2, True, ["甲", "<乙>"], [0, 1])
    assert (found.source.tolist(), found.target.tolist(), found.weight.tolist()) == ([0, 0], [1, 1], [2.5, 1])
    numbers = read(graphml(nx.Graph([(7, 3)])))
    assert (numbers.names, numbers.ids.tolist(), numbers.directed) == (None, [7, 3], False)
    assert read(graphml(nx.path_graph(["a", "b"]))).names == ["a", "b"]


def test_wrong_graphml():
    graph = nx.Graph()
    graph.add_edge("a", "b", weight=-1)
    assert (
        message(graphml(graph)) == "<stdin>: the edge 'a', 'b' has the weight -1: weights are finite and not negative"
    )
    graph.edges["a", "b"]["weight"] = "heavy"
    assert message(graphml(graph)) == "<stdin>: the edge 'a', 'b' has the weight 'heavy': weights are numbers"
    assert message("<graphml>\n<x") == (
        "<stdin>:2: is no well-formed XML (unclosed token: line 2, column 0): correct it"
    )
    assert message("<svg/>") == "<stdin>:1: begins with <svg>, which is no GraphML: check the file"
    assert message(graphml(nx.Graph())) == "<stdin>: holds no nodes: check what wrote it"


def test_bytes_and_names_of_files_agree(tmp_path):
    for name, text, expected in [
        ("a.npz", "1 2\n", "does not begin like npz (write it again): correct or rename it"),
        ("a.graphml", "1 2\n",
         "does not begin like graphml (it is XML and begins with <graphml>): correct or rename it"),
        ("a.gml.gz", "1 2\n", "does not begin like gml (it has the line graph [): correct or rename it"),
        ("a.csv", "a,b,count\n1,2,3\n",
         "has no header: its first line must be source,target or source,target,weight, or a link"),
        ("a.mtx", "<graphml/>", "does not begin like mtx (it begins with %%MatrixMarket): correct or rename it"),
    ]:  # fmt: skip
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError) as caught:
            read_graph([tmp_path / name])
        assert str(caught.value) == f"{tmp_path / name}: {expected}"
    (tmp_path / "a.net").write_text("1 2\n")
    assert read_graph([tmp_path / "a.net"]).inputs[0]["format"] == "links"
    assert read_graph([tmp_path / "a.net"], format="links").size == 2


def test_wrong_calls(tmp_path):
    assert GRAPH_INPUTS == ("links", "pajek", "graphml", "gexf", "gml", "mtx", "npz", "npy")
    assert message("1 2", UsageError, format="dot") == (
        "the graph format 'dot' is unknown: choose auto, links, pajek, graphml, gexf, gml, mtx, npz, npy"
    )
    assert message(gzip.compress(b"1 2"), OutputError, tmpdir=tmp_path / "no") == (
        f"{tmp_path / 'no'}: the temporary folder does not exist: create it, or pass another with -T"
    )
    with pytest.raises(UsageError, match=r"^no graph was given: pass a file, or - for standard input$"):
        read_graph([])
    with pytest.raises(InputError, match="no such file"):
        read_graph([tmp_path / "no"])
