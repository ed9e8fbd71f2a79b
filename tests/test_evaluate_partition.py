"""Scores of partitions: definitions, scikit-learn, files of every kind, nodes that are missing, codelengths."""

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

import naive
from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.partition import evaluate_partition
from hanmine.evaluate.partition_scores import (
    Contingency,
    adjusted_mutual_information,
    adjusted_rand_index,
    entropy,
    expected_mutual_information,
    mutual_information,
    normalized_mutual_information,
)

LABELS = st.integers(2, 30).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 6), min_size=n, max_size=n) for _ in "ab"))
)


@settings(max_examples=200, deadline=None)
@given(LABELS)
def test_scores_are_those_of_the_definitions(labels):
    a, b = labels
    table = Contingency.of(a, b)
    expected = naive.expected_mutual_information_of_labels(a, b)
    mutual = naive.mutual_information_of_labels(a, b)
    mean = (naive.entropy_of_labels(a) + naive.entropy_of_labels(b)) / 2
    assert entropy(table.first) == pytest.approx(naive.entropy_of_labels(a), abs=1e-12)
    assert mutual_information(table) == pytest.approx(mutual, abs=1e-12)
    assert expected_mutual_information(table.first, table.second) == pytest.approx(expected, abs=1e-12)
    if table.same:
        scores = (normalized_mutual_information(table), adjusted_mutual_information(table), adjusted_rand_index(table))
        assert scores == (1, 1, 1)
    else:
        assert normalized_mutual_information(table) == pytest.approx(mutual / mean, abs=1e-12)
        assert adjusted_mutual_information(table) == pytest.approx((mutual - expected) / (mean - expected), abs=1e-10)
        assert adjusted_rand_index(table) == pytest.approx(naive.rand_index_of_labels(a, b), abs=1e-12)


@pytest.mark.parametrize(("nodes", "modules"), [(50, 3), (2_000, 400), (20_000, 7), (20_000, 2_000)])
def test_scores_are_those_of_scikit_learn(nodes, modules):
    rng = np.random.default_rng(nodes + modules)
    a = rng.zipf(1.6, nodes) % modules
    b = np.where(rng.random(nodes) < 0.6, a, rng.integers(0, modules, nodes))
    table = Contingency.of(a, b)
    assert normalized_mutual_information(table) == pytest.approx(metrics.normalized_mutual_info_score(a, b), abs=1e-9)
    assert adjusted_mutual_information(table) == pytest.approx(metrics.adjusted_mutual_info_score(a, b), abs=1e-7)
    assert adjusted_rand_index(table) == pytest.approx(metrics.adjusted_rand_score(a, b), abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1, 1, 1], [1, 1, 1], (1, 1, 1)),  # one module
        ([1, 2, 3], [4, 5, 6], (1, 1, 1)),  # all alone
        ([7], [8], (1, 1, 1)),
        ([1, 1, 1, 1], [1, 1, 2, 2], (0, 0, 0)),
        ([1, 1, 2, 2], ["b", "b", "a", "a"], (1, 1, 1)),
        ([1, 1, 2, 2], [1, 2, 1, 2], (0, -0.5, -0.5)),
    ],
)
def test_edges(a, b, expected):
    scores = evaluate_partition(a, b)
    assert (scores["nmi"], scores["ami"], scores["ari"]) == pytest.approx(expected, abs=1e-12)


def test_memory_of_a_large_comparison_is_that_of_its_windows():
    # Two modules of half a million nodes: their overlap has 500,001 values, all but some thousand of no account.
    sizes = np.array([500_000, 500_000])
    assert expected_mutual_information(sizes, sizes) == pytest.approx(0.5 / 1e6, rel=1e-3)


TREE = """\
# path flow name node_id
1:1:1 0.3 "甲" 10
1:1:2 0.1 "乙" 11
1:2:1 0.1 "丙" 12
2:1 0.3 "丁" 13
2:2 0.2 "a b" 14
"""
FILES = {
    "a.tree": TREE,
    "a.ftree": TREE + "*Links undirected\n*Links root 0 0 1 2\n1 2 0.1\n",
    "a.clu": "# node_id module flow\n10 1 0.3\n11 1 0.1\n12 1 0.1\n13 2 0.3\n14 2 0.2\n",
    "a.tsv": "node\tname\tmodule\tpath\tflow\town_share\n"
    "10\t甲\t1\t1:1:1\t.3\t1\n11\t乙\t1\t1:1:2\t.1\t1\n12\t丙\t1\t1:2:1\t.1\t1\n"
    "13\t丁\t2\t2:1\t.3\t1\n14\ta b\t2\t2:2\t.2\t1\n",
    "a.jsonl": "".join(
        f'{{"node": {node}, "name": "{name}", "path": "{path}"}}\n'
        for node, name, path in [(10, "甲", "1:1:1"), (11, "乙", "1:1:2"), (12, "丙", "1:2:1"), (13, "丁", "2:1"),
                                 (14, "a b", "2:2")]
    ),
    "names.tsv": "甲\tx\n乙\tx\n丙\ty\n丁\tz\na b\tz\n",
    "header.tsv": "name\tlabel\n甲\tx\n乙\tx\n丙\ty\n丁\tz\na b\tz\n",
}  # fmt: skip


@pytest.fixture
def files(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "graph.net").write_text(
        '*Vertices 5\n10 "甲"\n11 "乙"\n12 "丙"\n13 "丁"\n14 "a b"\n*Edges\n10 11\n11 12\n12 10\n13 14\n12 13 0.5\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", sorted(FILES))
def test_files_of_every_kind(files, name):
    by = {"a.clu": "number"}.get(name, "name")
    leaves = evaluate_partition("a.tree", name, level="leaf")
    assert (leaves["nodes"], leaves["matched_by"]) == (5, by)
    assert leaves["a"] == {"modules": 3, "largest": 2, "median": 2.0, "smallest": 1, "sizes": [2, 2, 1]}
    assert (leaves["ari"] == 1) == (name != "a.clu")
    top = evaluate_partition(name, "a.tree")
    assert top["b"]["sizes"] == [3, 2]
    assert (top["nmi"] == 1) == (name not in ("names.tsv", "header.tsv"))
    assert evaluate_partition(name, "a.tree", level=2)["ari"] == pytest.approx(leaves["ari"])


def test_numbers_count_where_names_say_nothing(files):
    (files / "b.clu").write_text("10 1\n11 1\n12 1\n13 1\n14 2\n", encoding="utf-8")
    assert evaluate_partition("b.clu", "a.clu")["matched_by"] == "name"  # their numbers as text
    (files / "unnamed.tree").write_text(
        "".join(f'1:{k} 0.2 "{node}" {node}\n' for k, node in enumerate(range(10, 15), 1)), encoding="utf-8"
    )
    assert evaluate_partition("a.tree", "unnamed.tree")["matched_by"] == "number"
    # Words that are numbers: the whole of a file decides.
    (files / "years.tsv").write_text("2023\tx\n二月\ty\n", encoding="utf-8")
    assert evaluate_partition("years.tsv", {"2023": 1, "二月": 1})["nodes"] == 2


def test_names_count_where_both_files_have_them(files):
    # Another order of the same nodes gave other numbers.
    lines = TREE.splitlines()[1:]
    mixed = [line.rsplit(" ", 1)[0] + f" {14 - place}" for place, line in enumerate(lines)]
    (files / "mixed.tree").write_text("\n".join(mixed) + "\n", encoding="utf-8")
    scores = evaluate_partition("a.tree", "mixed.tree")
    assert (scores["matched_by"], scores["ami"]) == ("name", 1)


def test_missing_nodes_are_told(files):
    (files / "part.tsv").write_text("甲\tx\n丁\tz\n戊\tz\n", encoding="utf-8")
    scores = evaluate_partition("a.tree", "part.tsv")
    assert (scores["nodes"], scores["only_in_a"], scores["only_in_b"]) == (2, 3, 1)
    assert scores["messages"] == [
        "a.tree: 3 of 5 nodes are not in part.tsv and left out: '乙', '丙', 'a b'",
        "part.tsv: 1 of 3 nodes are not in a.tree and left out: '戊'",
    ]
    assert scores["a"]["sizes"] == [1, 1]


def test_a_node_at_the_root_is_alone(files):
    (files / "root.tree").write_text(
        '1 0.5 "甲" 10\n2:1 0.2 "乙" 11\n2:2 0.1 "丙" 12\n3 0.2 "丁" 13\n', encoding="utf-8"
    )
    assert evaluate_partition("root.tree", "a.tree")["a"]["sizes"] == [2, 1, 1]


def test_codelengths(files):
    scores = evaluate_partition("a.tree", "a.clu", graph="graph.net")
    weights = {10: 2, 11: 2, 12: 2.5, 13: 1.5, 14: 1}
    total = sum(weights.values())
    flow = [[weights[node] / total for node in nodes] for nodes in ((10, 11, 12), (13, 14))]
    exits = [0.5 / total] * 2

    def plogp(x):
        return x * math.log2(x) if x > 0 else 0.0

    expected = plogp(sum(exits)) - 2 * sum(map(plogp, exits))
    expected += sum(plogp(q + sum(part)) - sum(map(plogp, part)) for q, part in zip(exits, flow, strict=True))
    assert scores["b"]["codelength"] == pytest.approx(expected, abs=1e-12)
    assert scores["codelength_difference"] == scores["b"]["codelength"] - scores["a"]["codelength"]
    assert scores["a"]["codelength"] != scores["b"]["codelength"]
    assert scores["signature"].endswith("|graph:graph.net|links:5|flow-model:undirected")
    directed = evaluate_partition("a.tree", "a.clu", graph="graph.net", directed=True)
    assert directed["signature"].endswith("|flow-model:directed")
    named = evaluate_partition("names.tsv", "header.tsv", graph="graph.net")
    assert named["codelength_difference"] == 0


def test_a_graph_and_a_partition_with_other_nodes(files):
    (files / "part.clu").write_text("10 1\n11 1\n12 1\n13 2\n", encoding="utf-8")
    scores = evaluate_partition("part.clu", "a.clu", graph="graph.net")
    assert scores["messages"][1:] == [
        "part.clu: 1 of 5 nodes of graph.net are not there, and alone in its codelength: '14'"
    ]
    alone = evaluate_partition({10: 1, 11: 1, 12: 1, 13: 2, 14: 3}, "a.clu", graph="graph.net")
    assert alone["a"]["codelength"] == scores["a"]["codelength"]
    (files / "more.clu").write_text("10 1\n11 1\n17 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^more.clu: the graph graph.net has no node '17': check both files$"):
        evaluate_partition("more.clu", "a.clu", graph="graph.net")


def test_the_signature(files):
    scores = evaluate_partition("a.tree", "a.clu")
    assert scores["signature"].startswith(f"hanmine:{__version__}|eval-partition|a:a.tree#")
    assert scores["signature"].endswith("|nodes:5|matched-by:number|level:top|normalized:arithmetic")
    assert [(found["name"], found["nodes"], found["levels"]) for found in scores["inputs"]] == [
        ("a.tree", 5, 3),
        ("a.clu", 5, 2),
    ]


def test_standard_input_and_memory(files):
    scores = evaluate_partition("-", "a.tree", stdin=io.BytesIO(FILES["a.clu"].encode()))
    assert scores["nmi"] == 1
    assert evaluate_partition({"甲": 1, "丁": 2}, {"丁": 2, "甲": 1})["nodes"] == 2
    assert evaluate_partition([0, 0, 1], [(1, 1), (1, 2), (2,)])["nodes"] == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "bad: holds no partition: pass a .clu, .tree, .ftree, tsv, csv or jsonl file"),
        ("1 2 3 4\n", "bad:1: '1 2 3 4' is no line of a .clu file"),
        ("10 1\n11 1\n10 2\n", "bad:3: node '10' is listed twice: remove a line"),
        ("甲\tx\n甲\tx\n", "bad:2: node '甲' is listed twice: remove a line"),
        ("100 1\n101 1\n", "bad: has no node of a.tree: compare partitions of the same graph"),
        ("name\tlabel\n", "bad: holds no nodes: check what wrote it"),
    ],
)
def test_files_that_are_none(files, text, message):
    (files / "bad").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        evaluate_partition("a.tree", "bad")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("level", ["0", 0, "leaves", "-1", "1.5"])
def test_levels_that_are_none(files, level):
    with pytest.raises(UsageError) as caught:
        evaluate_partition("a.tree", "a.tree", level=level)
    assert str(caught.value) == f"--level {level!r} is no level: pass top, leaf or a number from 1 (top) on"


def test_more_vertices_than_the_file_has_bytes(tmp_path):
    (tmp_path / "a.clu").write_text("*Vertices 2000000000\n1\n2\n")
    with pytest.raises(
        InputError, match=r"a\.clu: claims 2,000,000,000 vertices in 25 bytes: it is cut short or wrong$"
    ):
        evaluate_partition(tmp_path / "a.clu", tmp_path / "a.clu")


def test_names_with_leading_zeros_are_no_numbers():
    ours, theirs = {"000001": 1, "1": 1, "2": 2}, {"000001": "a", "1": "b", "2": "b"}
    scores = evaluate_partition(ours, theirs)
    assert scores["nodes"] == 3
