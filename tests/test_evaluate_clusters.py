"""Scores of clusters: the naive twin, joins by row and name, files of labels, baselines, errors."""

import json
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

import naive
from hanmine import __version__
from hanmine.errors import InputError, MissingExtraError, UsageError
from hanmine.evaluate import evaluate_clusters
from hanmine.evaluate.cluster_baselines import leiden
from hanmine.infomap import Graph

CLASSES = ["a", "a", "a", "b", "b", "c"]
CLUSTERS = [1, 1, 2, 2, 2, 3]
WORDS = ["甲", "乙", "丙", "丁", "戊", "己"]


def test_worked_example():
    scores = evaluate_clusters(CLUSTERS, CLASSES)
    # Precision of the items: 1, 1, 1/3, 2/3, 2/3, 1; recall: 2/3, 2/3, 1/3, 1, 1, 1.
    assert (scores["b3_precision"], scores["b3_recall"]) == (pytest.approx(28 / 36), pytest.approx(28 / 36))
    assert scores["b3_f1"] == pytest.approx(28 / 36)
    assert (scores["purity"], scores["inverse_purity"]) == (5 / 6, 5 / 6)
    sizes = ("clusters", "largest", "median", "smallest", "sizes")
    assert [scores[name] for name in sizes] == [3, 3, 2, 1, [3, 2, 1]]
    assert [scores[name] for name in ("items", "classes", "joined_by")] == [6, 3, "row"]
    assert scores["signature"].startswith(f"hanmine:{__version__}|eval-clusters|result:<memory>#")
    assert scores["signature"].endswith("|items:6|classes:3|joined-by:row-from-0|level:top|normalized:arithmetic")


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc")), min_size=1, max_size=20))
def test_as_the_naive_twin(items):
    clusters, classes = map(list, zip(*items, strict=True))
    scores = evaluate_clusters(clusters, classes)
    expected = naive.b_cubed_of_labels(clusters, classes)
    assert (scores["b3_precision"], scores["b3_recall"]) == pytest.approx(expected)
    assert scores["purity"] == pytest.approx(naive.purity_of_labels(clusters, classes))
    assert scores["inverse_purity"] == pytest.approx(naive.purity_of_labels(classes, clusters))
    judges = {
        "nmi": normalized_mutual_info_score,
        "ami": adjusted_mutual_info_score,
        "ari": adjusted_rand_score,
    }
    for name, judge in judges.items():
        assert scores[name] == pytest.approx(judge(classes, clusters), abs=1e-9)


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


RESULTS = {
    "list": "1\n1\n2\n2\n2\n3\n",
    "commented list": "# modules\n1\r\n1\r\n2\r\n2\r\n2\r\n3",
    "list of words": "x\nx\ny\ny\ny\nz\n",
    "tsv": "row\tmodule\tpath\n5\t3\t3:1\n0\t1\t1:1\n1\t1\t1:2\n2\t2\t2:1\n3\t2\t2:2\n4\t2\t2:3\n",
    "clu": "# node_id module flow\n0 1 .2\n1 1 .2\n2 2 .2\n3 2 .2\n4 2 .1\n5 3 .1\n",
    "clu from 1": "1 1\n2 1\n3 2\n4 2\n5 2\n6 3\n",
    "pajek": "*Vertices 6\n1\n1\n2\n2\n2\n3\n",
    "jsonl": "".join(f'{{"row": {row}, "module": {module}}}\n' for row, module in enumerate(CLUSTERS)),
    "tree": "".join(f'{m}:{i} 0.1 "{w}" {i}\n' for i, (m, w) in enumerate(zip(CLUSTERS, WORDS, strict=True))),
}


@pytest.mark.parametrize("text", RESULTS.values(), ids=RESULTS)
def test_results_by_row(text, tmp_path):
    scores = evaluate_clusters(write(tmp_path, "r", text), CLASSES)
    assert (scores["items"], scores["joined_by"], scores["messages"]) == (6, "row", [])
    assert scores["b3_f1"] == pytest.approx(28 / 36)


LABELS = {
    "list": ("".join(f"{label}\n" for label in CLASSES), None),
    "last column": ("".join(f"{word}\tx\t{label}\n" for word, label in zip(WORDS, CLASSES, strict=True)), None),
    "header": ("topic\tword\n" + "".join(f"{k}\t{w}\n" for w, k in zip(WORDS, CLASSES, strict=True)), None),
    "named": ("word\tkind\tn\n" + "".join(f"{w}\t{k}\t1\n" for w, k in zip(WORDS, CLASSES, strict=True)), "kind"),
    "number": ("".join(f"{k}\t{w}\n" for w, k in zip(WORDS, CLASSES, strict=True)), "1"),
    "jsonl": ("".join(json.dumps({"text": w, "label": k}) + "\n" for w, k in zip(WORDS, CLASSES, strict=True)), None),
    "jsonl field": ("".join(json.dumps({"n": 1, "kind": k}) + "\n" for k in CLASSES), "kind"),
}


@pytest.mark.parametrize(("text", "column"), LABELS.values(), ids=LABELS)
def test_files_of_labels(text, column, tmp_path):
    labels = write(tmp_path, "labels", text)
    by_row = evaluate_clusters(CLUSTERS, labels, label_column=column)
    assert (by_row["b3_f1"], by_row["joined_by"]) == (pytest.approx(28 / 36), "row")
    if "甲" in text or "\\u7532" in text:
        shuffled = dict(reversed(list(zip(WORDS, CLUSTERS, strict=True))))
        by_name = evaluate_clusters(shuffled, labels, label_column=column)
        assert (by_name["b3_f1"], by_name["joined_by"]) == (pytest.approx(28 / 36), "name")


def test_csv_by_its_extension(tmp_path):
    labels = write(tmp_path, "labels.csv", 'name,label\n"甲, 乙",a\n丙,b\n')
    scores = evaluate_clusters({"丙": 1, "甲, 乙": 2}, labels)
    assert (scores["items"], scores["joined_by"], scores["ami"]) == (2, "name", 1)
    labels = write(tmp_path, "labels.csv", 'name;label\n"甲; 乙";a\n丙;b\n')
    scores = evaluate_clusters({"丙": 1, "甲; 乙": 2}, labels)
    assert (scores["items"], scores["joined_by"], scores["ami"]) == (2, "name", 1)
    for text, expected in (
        ("name,label\n甲,a,b\n", r"labels\.csv:2: has 3 columns where the first line has 2: correct the line"),
        ('name,label\n甲,"a"b\n', r"labels\.csv: line 2 is no csv \(.*\): mend its quotation marks"),
    ):
        with pytest.raises(InputError, match=expected):
            evaluate_clusters([1, 2], write(tmp_path, "labels.csv", text))


def test_names_that_repeat_join_by_row():
    labels = "题\ta\n题\ta\n目\tb\n"
    with pytest.raises(InputError, match="no names that tell items apart"):
        evaluate_clusters({"题": 1, "目": 2}, ["a", "b"], join="name")
    assert evaluate_clusters([1, 1, 2], [line.split("\t")[1] for line in labels.split("\n")[:3]])["ami"] == 1


def test_levels(tmp_path):
    tree = write(tmp_path, "r.tree", '1:1:1 0.2 "a" 0\n1:1:2 0.2 "b" 1\n1:2:1 0.2 "c" 2\n2:1 0.4 "d" 3\n')
    assert evaluate_clusters(tree, [1, 1, 2, 3])["clusters"] == 2
    assert evaluate_clusters(tree, [1, 1, 2, 3], level="leaf")["ami"] == 1
    with pytest.raises(UsageError, match="--level 'low' is no level"):
        evaluate_clusters(tree, [1, 1, 2, 3], level="low")


def test_items_of_one_side_are_told_and_left_out(tmp_path):
    labels = write(tmp_path, "labels.tsv", "甲\ta\n乙\ta\n丙\t\n丁\tb\n庚\tb\n")
    scores = evaluate_clusters(dict(zip(WORDS, CLUSTERS, strict=True)), labels)
    assert (scores["items"], scores["classes"]) == (3, 2)
    assert scores["messages"] == [
        f"<memory>: 3 of 6 nodes have no label in {labels} and are left out: '丙', '戊', '己'",
        f"{labels}: 1 of 4 labels are of no node in <memory> and are left out: '庚'",
    ]
    rows = evaluate_clusters([1, 1, 2, 2], ["a", None, "b"])
    assert rows["messages"] == ["<memory>: 2 of 4 nodes have no label in <memory> and are left out: '1', '3'"]


def test_a_header_that_was_not_known_as_one_is_told(tmp_path):
    labels = write(tmp_path, "labels.tsv", "标题\t类别\n甲\ta\n乙\ta\n丙\tb\n")
    assert evaluate_clusters([1, 1, 2], labels)["messages"][-1] == (
        f"{labels}: has one row too many: if it begins with a header, pass --label-column NAME"
    )
    scores = evaluate_clusters([1, 1, 2], labels, label_column="类别")
    assert (scores["ami"], scores["messages"]) == (1, [])


def blobs(n=20):
    """Three groups of vectors, well apart by direction though not by length."""
    generator = np.random.default_rng(0)
    centres = np.eye(3).repeat(n, axis=0)
    return (centres + generator.normal(size=(3 * n, 3)) * 0.05) * generator.uniform(0.1, 10, (3 * n, 1))


def test_k_means_with_the_true_number(tmp_path):
    np.save(tmp_path / "v.npy", blobs())
    labels = [row // 20 for row in range(60)]
    scores = evaluate_clusters([row // 30 for row in range(60)], labels, vectors=tmp_path / "v.npy", seeds=4)
    found = scores["baselines"]["k-means"]
    assert len(found["runs"]) == 4
    assert found["mean"]["clusters"] == 3
    assert max(run["ami"] for run in found["runs"]) == 1
    assert found["mean"]["ami"] == pytest.approx(np.mean([run["ami"] for run in found["runs"]]))
    assert found["std"]["ami"] == pytest.approx(np.std([run["ami"] for run in found["runs"]], ddof=1))
    assert "|k-means:scipy-" in scores["signature"]
    assert scores["signature"].endswith("|data:v.npy|seeds:0-3")
    again = evaluate_clusters([row // 30 for row in range(60)], labels, vectors=tmp_path / "v.npy", seeds=4)
    assert again["baselines"] == scores["baselines"]


def test_vectors_by_name_and_by_row(tmp_path):
    vectors = blobs(2)
    rows = dict(zip(WORDS, "aabbcc", strict=True))
    text = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, vectors, strict=True))
    named = write(tmp_path, "v.vec", f"7 3\n其 1 1 1\n{text}")
    result = dict(reversed(list(zip(WORDS, [1, 1, 2, 2, 3, 3], strict=True))))
    assert evaluate_clusters(result, rows, vectors=named)["baselines"]["k-means"]["mean"]["ami"] > 0.5
    with pytest.raises(InputError, match=r"v\.vec: has no vector for item 7 of 7"):
        evaluate_clusters({**result, "庚": 4}, {**rows, "庚": "d"}, vectors=named)
    np.save(tmp_path / "v.npy", vectors[:4])
    part = evaluate_clusters([1, 1, 2, 2], [*"aabbcc"], vectors=vectors)["baselines"]["k-means"]
    assert part["mean"]["clusters"] == 2
    with pytest.raises(InputError, match=r"v.npy: has no vector for item 5 of 6: pass one for each label"):
        evaluate_clusters(CLUSTERS, CLASSES, vectors=tmp_path / "v.npy")
    with pytest.raises(InputError, match="row 2 holds numbers that are not finite"):
        evaluate_clusters([1, 1, 2], [*"aab"], vectors=[[1.0, 0], [0, 1], [np.nan, 1]])


def ring_of_cliques():
    """Three cliques of five, each linked to the next by one link, and a node alone."""
    links = [(5 * c + i, 5 * c + j) for c in range(3) for i in range(5) for j in range(i)]
    return [*links, (0, 5), (5, 10), (10, 0)]


def test_leiden_on_the_same_graph(tmp_path):
    graph = write(tmp_path, "links.txt", "".join(f"{a} {b} 2\n" for a, b in ring_of_cliques()))
    labels = [node // 5 for node in range(16)]
    scores = evaluate_clusters(labels, labels, graph=graph, seeds=2)
    assert scores["baselines"]["leiden"]["mean"]["ami"] == 1
    assert scores["baselines"]["leiden"]["std"]["ami"] == 0
    assert scores["messages"] == [f"{graph}: lacks 1 of 16 nodes, which are alone in Leiden's clusters"]
    assert "|leiden:graspologic-native-" in scores["signature"]
    source, target = np.array(ring_of_cliques()).T
    in_memory = Graph.from_links(source, target, size=16)
    assert evaluate_clusters(labels, labels, graph=in_memory, seeds=2)["baselines"] == scores["baselines"]
    with pytest.raises(InputError, match="lacks 25 of 40 nodes: pass the graph that was clustered"):
        evaluate_clusters(list(range(40)), [0, 1] * 20, graph=graph)


def test_leiden_takes_links_of_both_directions_together():
    one_way = next(leiden(np.array([0, 1, 2]), np.array([1, 2, 0]), np.ones(3), 4, 1))
    both = next(leiden(np.array([0, 1, 1, 2, 2, 0, 3]), np.array([1, 0, 2, 1, 0, 2, 3]), np.ones(7) / 2, 4, 1))
    assert one_way.tolist() == both.tolist()
    assert len(set(one_way[:3])) == 1
    assert one_way[3] not in one_way[:3]


def test_leiden_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "graspologic_native", None)
    with pytest.raises(MissingExtraError, match=r"Leiden \(--graph\) needs an optional package: .*hanmine\[leiden\]"):
        evaluate_clusters([1, 1], [1, 1], graph=Graph.from_links([0], [1]))


@pytest.mark.parametrize(
    ("text", "column", "error", "message"),
    [
        ("a\n", "2", UsageError, "--label-column 2: .* has one column only: leave it out"),
        ("w\ta\n", "kind", UsageError, "--label-column kind: .* has no such column: choose w, a, or 1 to 2"),
        ("w\tx\ta\nw\n", None, InputError, "labels:2: has 1 columns where the first line has 3: correct the line"),
        ("\n\n", None, InputError, "holds no labels: write one a line, or name their column with --label-column"),
        ('{"n": 1}\n', None, UsageError, "has no field label: pass --label-column, one of n"),
        ('{"label": 1}\n[]\n', None, InputError, "labels:2: is no object: correct the line"),
        ('{"label": 1}\n{\n', None, InputError, "labels:2: is no JSON"),
    ],
)
def test_wrong_labels(text, column, error, message, tmp_path):
    with pytest.raises(error, match=message):
        evaluate_clusters([1, 2], write(tmp_path, "labels", text), label_column=column)


def test_items_that_cannot_be_matched():
    with pytest.raises(InputError, match="<memory>: has no label for any node of <memory>: check both files"):
        evaluate_clusters({7: 1, 8: 2, 0: 3}, [None, "a"])
    with pytest.raises(InputError, match="has no names, and <memory> no numbers of rows: write names beside labels"):
        evaluate_clusters({"甲": 1, "乙": 2}, ["a", "b"])
    with pytest.raises(InputError, match="has no numbers of rows: pass --join name"):
        evaluate_clusters({"甲": 1, "乙": 2}, ["a", "b"], join="row")
    with pytest.raises(UsageError, match="--join 'line' is unknown: choose auto, row, name"):
        evaluate_clusters([1], ["a"], join="line")
