"""Partitions read from what we, the infomap tool and Pajek write."""

import io
import json

import numpy as np
import pytest

from hanmine.errors import InputError
from hanmine.formats.graphs import read_partition

IDS = np.array([5, 6, 7, 9])
NAMES = ["a b", '甲"乙"', "=x", "7"]


def read(text, names=NAMES, ids=IDS):
    data = text.encode() if isinstance(text, str) else text
    return read_partition("-", ids=ids, names=names, stdin=io.BytesIO(data))


def message(text, **options):
    with pytest.raises(InputError) as caught:
        read(text, **options)
    return str(caught.value)


TREE = """# hanmine
# path flow name node_id
1:1:1 0.4 "a b" 5
1:1:2 0.3 "甲"乙"" 6
1:2:1 0.2 "=x" 7
2:1 0.1 "7" 9
"""
PATHS = [(1, 1), (1, 1), (1, 2), (2,)]
LINKS = "*Links undirected\n#*Links path\n*Links root 0 0 1 2\n1 2 0.1\n"


@pytest.mark.parametrize(
    "text",
    [
        TREE,
        TREE + LINKS,
        TREE.replace("\n", "\r\n"),
        "\ufeff" + TREE,
        "\n".join(line.rsplit(" ", 1)[0] if line[:1] != "#" else line for line in TREE.splitlines()),  # by name
        "node\tname\tpath\tflow\n5\ta b\t1:1:1\t1\n6\t\\\\\t1:1:2\t1\n7\t\\t\t1:2:1\t1\n9\tx\t2:1\t0\n",
        'path,flow,name,node_id\n1:1:1,.4,"a ""b",5\n1:1:2,.4,"x\ny",6\n1:2:1,.3,=x,7\n2:1,.1,,9\n',
        'name,path\na b,1:1:1\n"甲""乙""",1:1:2\n\'=x,1:2:1\n7,2:1\n',
        '{"node": 5, "path": "1:1:1"}\n{"node": 6, "path": [1, 1, 2]}\n\n{"id": 7, "path": "1:2:1"}\n'
        '{"name": "7", "path": "2:1"}\n',
        json.dumps(
            {"nodes": [{"path": [*path, 1], "id": node} for path, node in zip(PATHS, IDS.tolist(), strict=True)]}
        ),
        json.dumps(
            {"nodes": [{"path": [*path, 1], "id": node} for path, node in zip(PATHS, IDS.tolist(), strict=True)]},
            indent=1,
        ),
    ],
)
def test_paths(text):
    assert read(text) == PATHS


@pytest.mark.parametrize(
    "text",
    [
        "# node_id module flow\n5 1 0.4\n6 1 .3\n9 x 0\n7 1 .2\n",
        "5\t1\n6\t1\n7\t1\n9\tx\n",
        "*Vertices 4\n1\n1\n1\nx\n",
        "node\tmodule\n5\t1\n6\t1\n7\t1\n9\tx\n",
        '{"node": 5, "module": 1}\n{"node": 6, "module": 1}\n{"node": 7, "module": "1"}\n{"node": 9, "module": "x"}\n',
    ],
)
def test_modules(text):
    assert read(text) == [(1,), (1,), (1,), ("x",)]


def test_nodes_that_are_not_in_the_file_are_alone():
    assert read("7 3\n") == [(-1,), (-2,), (3,), (-4,)]
    assert read('1 0.5 "a b" 5\n2:1 0.5 "x" 6\n') == [(-1,), (2,), (-3,), (-4,)]


def test_semicolons_separate_where_there_is_no_comma():
    assert read('node;name;module\n5;"a; b";1\n6;x;2\n') == [(1,), (2,), (-3,), (-4,)]


def test_a_name_that_looks_like_a_number_is_not_taken_for_one():
    assert message("5 1\n8 1\n") == "<stdin>:2: the graph has no node '8': check both files"
    assert read("甲\t1\n", names=["甲", "b", "c", "d"])[0] == (1,)
    # ... unless names stand beside it.
    assert read("甲\t1\n6\t2\n", names=["甲", "b", "c", "6"]) == [(1,), (-2,), (-3,), (2,)]
    assert message("甲\t1\n6\t2\n", names=["甲", "b", "c", "d"]) == (
        "<stdin>:2: the graph has no node '6': check both files"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ": holds no partition: pass a .clu, .tree, .ftree, tsv, csv or jsonl file"),
        ("# nothing\n", ": holds no partition: pass a .clu, .tree, .ftree, tsv, csv or jsonl file"),
        ("5 1\n# x\n77 1\n", ":3: the graph has no node '77': check both files"),
        ('1:1 0.5 "a" 77\n', ":1: the graph has no node '77': check both files"),
        ('1:1 0.5 "?"\n', ":1: the graph has no node '?': check both files"),
        ("5 1\n5 2\n", ":2: node '5' is listed twice: remove a line"),
        ("5 1\n6\n", ":2: '6' is no line of a .clu file: write the node, its module and its flow"),
        ("5 1 x\n", ":1: the flow 'x' is no number: correct the line"),
        ('1:1 x "a" 5\n', ":1: the flow 'x' is no number: correct the line"),
        ('1:1 0.5 "a" 5\n1:2 0.5 "b\n',
         ":2: '1:2 0.5 \"b' is no line of a .tree file: write the path, flow, \"name\" and node_id"),
        ('1:1 0.5 "a" 5\nx 0.5 "b" 6\n',
         ":2: 'x 0.5 \"b\" 6' is no line of a .tree file: write the path, flow, \"name\" and node_id"),
        ('1:1 0.5 "a" 5 5\n', ":1: is a tree of states (memory, layers), which is not supported"),
        ("*Vertices 4\n1\n1\n", ":1: 2 modules for 4 nodes: give each node its module"),
        ("*Vertices 4\n1\n1\n1\n1\n1\n", ":6: '1': a module for each of the 4 nodes is expected, one a line"),
        ("*Links\n", ":1: the heading '*Links' is unknown: a partition of Pajek begins with *Vertices"),
        ("node\tpath\n5\tx\n", ":2: 'x' is no path such as 1:3:2: correct the line"),
        ("node\tpath\n5\n", ":2: 1 columns where the header has 2: correct the line"),
        ('node,module\n5,"1\n', ": line 2 ends in a quoted field: close the quotation mark that is left open there"),
        ('{"node": 5}\n', ":1: a node needs node (or name), and path or module: correct the line"),
        ('{"node": 5, "module": 1}\n{"node"\n',
         ":2: is no JSON object (Expecting ':' delimiter: line 1 column 8 (char 7)): correct the line"),
        ("5 1\n6 \0\n", ":2: a NUL byte: check that the file is text"),
        (b"5 1\n6 \xff\n", ":2: is not UTF-8: convert the file first (iconv -f ENCODING -t UTF-8)"),
    ],
)  # fmt: skip
def test_wrong_files(text, expected):
    assert message(text) == "<stdin>" + expected


def test_names_that_several_nodes_have():
    assert message('1:1 1 "x"\n', names=["x", "x", "y", "z"]) == (
        "<stdin>:1: more than one node is called 'x': use a file with numbers of nodes"
    )
    assert read('1:1 1 "x" 6\n', names=["x", "x", "y", "z"])[1] == (1,)
    assert read('1:1 1 "6"\n', names=None)[1] == (1,)
    assert message("six 1\n", names=None) == "<stdin>:1: the graph has no node 'six': check both files"
