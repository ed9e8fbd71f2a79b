"""`mine cluster` of vectors: what is told apart, names, sentences, labels, formats, and what is refused."""

import csv
import functools
import gzip
import io
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from commandline import mine, mine_process
from hanmine.cli.cluster import theme_options
from hanmine.formats.graphs import GRAPH_INPUTS, read_partition
from hanmine.formats.graphs.kinds import kind_of
from hanmine.formats.vectors import write_vectors
from hanmine.graphs import ThemeClustering, cluster_vectors, describe_modules, knn, labels
from hanmine.infomap import Graph, cluster_graph
from hanmine.vectors.presets import PRESETS as WHITENINGS
from test_graphs_scale import broad

TOPICS = ["医院 医生 患者 手术", "球队 比赛 进球 教练", "股市 基金 上涨 投资", "电影 导演 演员 票房"]
ROWS, DIMENSIONS = 80, 16
TOPIC = np.arange(ROWS) % len(TOPICS)
GRAPH = "甲 乙\n乙 丙\n丙 甲\n丁 戊\n"


def vectors_of(rows=ROWS):
    """Four clouds; row n belongs to topic n mod 4."""
    noise = np.random.default_rng(0).normal(0, 0.25, (rows, DIMENSIONS))
    return (2 * np.eye(len(TOPICS), DIMENSIONS)[TOPIC[:rows]] + noise).astype(np.float32)


def sentences():
    draw = np.random.default_rng(1)
    for row, topic in enumerate(TOPIC):
        first, second = draw.choice(TOPICS[topic].split(), 2, replace=False)
        yield f"今天的{first}和{second}第{row}次"


def test_joined_modules_are_told(tmp_path):
    np.save(tmp_path / "v.npy", broad()[0])
    files = ("-o", tmp_path / "m.tsv", "--summary-json", tmp_path / "m.json")
    result = mine("cluster", tmp_path / "v.npy", *files)
    assert "8 modules were joined to 2, which stay together at lower cosines" in result.err
    summary = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert (summary["graph"]["modules_found"], summary["modules"]) == (8, 2)
    assert summary["graph"]["scale"] < 1
    for option in (["-k", "120"], ["--no-join"], ["--markov-time", "1.1"]):
        assert "joined" not in mine("cluster", tmp_path / "v.npy", *option).err


def test_equal_rows_are_one_row_and_count_as_many(tmp_path):
    # 3 of one kind and 2 of another, near nothing else; two alone.
    kinds = [0, 1, 0, 2, 1, 3, 0]
    np.save(tmp_path / "v.npy", np.eye(5, dtype=np.float32)[kinds])
    (tmp_path / "s.txt").write_text("".join(f"{'甲乙丙丁'[kind]}\n" for kind in kinds), encoding="utf-8")
    options = ("-k", "2", "--min-similarity", "0.9", "--text", tmp_path / "s.txt", "-f", "tsv")
    files = ("--modules", tmp_path / "m.tsv", "--summary-json", tmp_path / "m.json")
    result = mine("cluster", tmp_path / "v.npy", *options, *files)
    assert "\nmine: 7 rows of 5 dimensions, 4 of them different; each linked to its 2 nearest with" in result.err
    assert "alone in their modules: 2\n" in result.err
    rows = [*csv.DictReader(io.StringIO(result.out), delimiter="\t")]
    assert [row["module"] for row in rows] == ["1", "2", "1", "3", "2", "4", "1"]
    modules = [*csv.DictReader((tmp_path / "m.tsv").open(encoding="utf-8"), delimiter="\t")]
    assert [(row["nodes"], row["central"]) for row in modules] == [("3", "甲"), ("2", "乙"), ("1", "丙"), ("1", "丁")]
    graph = json.loads((tmp_path / "m.json").read_text("utf-8"))["graph"]
    assert (graph["different_rows"], graph["rows_alone"], graph["links"]) == (4, 2, 2)
    net = mine("cluster", tmp_path / "v.npy", *options[:4], "-o", tmp_path / "g.net")
    again = mine("cluster", tmp_path / "g.net", "--directed", "-f", "clu").out.splitlines()
    assert net.code == 0
    assert [line.split(" ")[:2] for line in again if not line.startswith("#")][:5] == [
        ["1", "1"], ["3", "1"], ["7", "1"], ["2", "2"], ["5", "2"]
    ]  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors")
    vectors = vectors_of()
    np.save(folder / "v.npy", vectors)
    np.save(folder / "square.npy", vectors[:DIMENSIONS])
    (folder / "s.txt").write_text("".join(f"{line}\n" for line in sentences()), encoding="utf-8")
    names = [f"词{row}" for row in range(ROWS)]
    (folder / "names.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    words = ["今天", *(word for topic in TOPICS for word in topic.split())]
    (folder / "dict.txt").write_text("".join(f"{word} 100 n\n" for word in words), encoding="utf-8")
    (folder / "short.txt").write_text("甲\n乙\n", encoding="utf-8")
    (folder / "gap.txt").write_text("甲\n" * 60 + "\n" + "乙\n" * 19, encoding="utf-8")
    (folder / "links.txt").write_text(GRAPH, encoding="utf-8")
    (folder / "model.kv").write_bytes(b"\x80\x04\x95gensim.models.keyedvectors")
    np.save(folder / "nan.npy", np.where(np.arange(ROWS)[:, None] == 7, np.nan, vectors))
    for format, extension in (
        ("npz", "npz"), ("safetensors", "safetensors"), ("parquet", "parquet"), ("word2vec", "vec"),
        ("word2vec-binary", "bin"),
    ):  # fmt: skip
        with (folder / f"v.{extension}").open("wb") as stream:
            shape = {"rows": ROWS, "dimensions": DIMENSIONS, "dtype": np.dtype("f4")}
            write_vectors(stream, format, iter([vectors]), **shape, names=names)
    return folder


@pytest.fixture
def files(written, tmp_path, monkeypatch):
    """The folder of the inputs is read, and `tmp_path` is where outputs go. A small dictionary takes jieba's place."""
    monkeypatch.chdir(written)
    monkeypatch.setattr(labels, "jieba_dictionary", lambda: written / "dict.txt")
    monkeypatch.setattr(labels, "_jieba_cutter", functools.cache(labels._jieba_cutter.__wrapped__))
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def same_partition(labels, others):
    return len(set(zip(labels, others, strict=True))) == len(set(labels)) == len(set(others))


# What comes out


def test_a_row_for_each_row_in_their_order(files):
    result = mine("cluster", "v.npy", "-f", "tsv")
    rows = rows_of(result.out)
    assert list(rows[0]) == ["row", "module", "path", "flow", "own_share"]
    assert [int(row["row"]) for row in rows] == list(range(ROWS))
    assert same_partition([row["module"] for row in rows], TOPIC)
    (line,) = result.err.splitlines()
    assert re.fullmatch(
        r"mine: 80 rows of 16 dimensions, effectively \d+\.\d; each linked to its \d+ nearest with a cosine about "
        r"their mean of 0\.\d{4} or more, as \S+ % of random pairs have: [\d,]+ links",
        line,
    )
    by_path = rows_of(mine("cluster", "v.npy", "-f", "tsv", "--sort", "path").out)
    assert [row["path"] for row in by_path[:2]] == ["1:1", "1:2"]
    assert sorted(by_path, key=lambda row: int(row["row"])) == rows


def test_a_graph_may_be_in_the_order_of_its_nodes(files):
    rows = rows_of(mine("cluster", "links.txt", "-f", "tsv", "--sort", "row").out)
    assert [row["name"] for row in rows] == list("甲乙丙丁戊")
    assert (
        mine("cluster", "links.txt", "-f", "tsv").out == mine("cluster", "links.txt", "-f", "tsv", "--sort", "path").out
    )


def test_sentences_are_joined_and_label_their_modules(files):
    lines = [json.loads(line) for line in mine("cluster", "v.npy", "--text", "s.txt", "-f", "jsonl").out.splitlines()]
    assert [line["text"] for line in lines] == list(sentences())
    for line, topic in zip(lines, TOPIC, strict=True):
        assert set(line["label"].split(", ")) == set(TOPICS[topic].split())
    two = mine("cluster", "v.npy", "--text", "s.txt", "-f", "jsonl", "--label", 2).out.splitlines()
    assert {len(json.loads(line)["label"].split(", ")) for line in two} == {2}
    none = mine("cluster", "v.npy", "--text", "s.txt", "-f", "jsonl", "--label", 0).out.splitlines()
    assert "label" not in json.loads(none[0])


def test_a_column_of_a_table_is_the_text(files):
    rows = "".join(f"{row}\t{line}\n" for row, line in enumerate(sentences()))
    (files / "table.tsv").write_text("id\ttext\n" + rows, encoding="utf-8")
    joined = mine("cluster", "v.npy", "--text", files / "table.tsv", "--column", "text", "-f", "tsv")
    plain = mine("cluster", "v.npy", "--text", "s.txt", "-f", "tsv")
    assert joined.out == plain.out


def test_names_label_their_modules(files):
    rows = rows_of(mine("cluster", "v.npy", "--names", "names.txt", "-f", "tsv").out)
    assert [row["name"] for row in rows] == [f"词{row}" for row in range(ROWS)]
    label = {row["module"]: row["label"].split(", ") for row in rows}
    for names in label.values():
        assert len(names) == 5
        assert len({int(name[1:]) % 4 for name in names}) == 1
    table = "rank\tword\n" + "".join(f"{row}\t词{row}\n" for row in range(ROWS))
    (files / "names.tsv").write_text(table, encoding="utf-8")
    assert rows_of(mine("cluster", "v.npy", "--names", files / "names.tsv", "-f", "tsv").out) == rows


def test_labels_stand_in_every_format_that_has_room(files):
    result = mine("cluster", "v.npy", "--text", "s.txt")
    comments = re.findall(r"^# module (\d): (.+)$", result.out, re.MULTILINE)
    assert [number for number, _ in comments] == list("1234")
    label = dict(comments)
    # Readers pass over them.
    (files / "labelled.tree").write_text(result.out, encoding="utf-8")
    modules = read_partition(files / "labelled.tree", ids=range(ROWS), names=None)
    assert same_partition(modules, TOPIC)
    assert comments == re.findall(
        r"^# module (\d): (.+)$", mine("cluster", "v.npy", "--text", "s.txt", "-f", "clu").out, re.M
    )
    for format in ("gexf", "graphml"):
        text = mine("cluster", "v.npy", "--text", "s.txt", "-f", format).out
        assert all(words in text for words in label.values())
        assert "module_label" in text
        assert "module_label" not in mine("cluster", "v.npy", "-f", format).out
    found = json.loads(mine("cluster", "v.npy", "--text", "s.txt", "-f", "json").out)
    top = [module for module in found["modules"] if len(module["path"]) == 1 and module["path"] != [0]]
    assert {str(module["path"][0]): module["label"] for module in top} == label
    assert {name["word"] for name in top[0]["distinctive"]} == set(label["1"].split(", "))
    lines = list(sentences())
    assert all(lines[one["row"]] == one["text"] for module in top for one in module["central"])
    assert found["graph"]["rows"] == ROWS


def test_the_infomap_tool_reads_labelled_trees(files):
    tree = files / "labelled.tree"
    numbered = mine("cluster", "v.npy", "--text", "s.txt", "-o", files / "graph.net")
    assert "the .net numbers nodes from 1: for a .tree or .clu with these numbers, cluster the .net\n" in numbered.err
    labelled = mine("cluster", files / "graph.net", "-d", "-2", "--label", "2", "-o", tree)
    assert (labelled.code, labelled.err) == (0, "")
    assert "# module 1: " in tree.read_text("utf-8")
    (files / "out").mkdir()
    command = [sys.executable, "-m", "infomap", str(files / "graph.net"), str(files / "out"), "-d", "-2", "--clu"]
    subprocess.run([*command, "--no-infomap", "-c", str(tree)], capture_output=True, check=True)
    text = (files / "out" / "graph.clu").read_text("utf-8")
    (theirs,) = re.findall(r"# codelength (\S+) bits", text)
    (ours,) = re.findall(r"# codelength (\S+) bits", tree.read_text("utf-8"))
    assert float(theirs) == pytest.approx(float(ours), rel=1e-5)


def test_a_terminal_shows_words_and_a_sentence(files):
    result = mine("cluster", "v.npy", "--text", "s.txt", terminals=["stdout"])
    head, *lines, last = result.out.splitlines()
    columns = ["module", "nodes", "flow", "exit", "distinctive words", "representative sentence"]
    assert re.split(r"\s\s+", head) == columns
    assert len(lines) == 4
    for line in lines:
        words, sentence = line.split("  ")[-2:]
        assert any(set(words.strip().split(", ")) == set(topic.split()) for topic in TOPICS)
        assert sentence in sentences()
    assert last.startswith("codelength ")
    named = mine("cluster", "v.npy", "--names", "names.txt", terminals=["stdout"]).out.splitlines()
    assert named[0].endswith("central members")
    assert len(re.findall("词", named[1])) == 5


def test_rows_that_are_alone_are_counted(files):
    vectors = np.vstack([vectors_of(), 9 * np.eye(DIMENSIONS)[[9, 10, 11]]]).astype(np.float32)
    np.save(files / "alone.npy", vectors)
    options = ["--min-similarity", "0.8", "-k", "5"]
    result = mine("cluster", files / "alone.npy", *options, terminals=["stdout"])
    rows = rows_of(mine("cluster", files / "alone.npy", *options, "-f", "tsv").out)
    nodes = Counter(row["module"] for row in rows)
    alone = sum(count == 1 for count in nodes.values())
    assert {nodes[row["module"]] for row in rows[-3:]} == {1}
    assert f"and {alone} rows that are alone; -o FILE saves all\n" in result.out


def test_a_table_of_modules(files):
    mine("cluster", "v.npy", "--text", "s.txt", "-o", files / "x.tree", "--modules", files / "m.tsv")
    rows = rows_of((files / "m.tsv").read_text("utf-8"))
    assert list(rows[0]) == ["module", "nodes", "flow", "exit", "label", "distinctive", "central", "border"]
    assert [(row["module"], row["nodes"]) for row in rows] == [(str(module), "20") for module in range(1, 5)]
    assert sum(float(row["flow"]) for row in rows) == pytest.approx(1, abs=1e-4)
    assert all(sentence in sentences() for sentence in rows[0]["central"].split(" | "))
    assert re.fullmatch(r"(\w+ \d+\.\d(, )?)+", rows[0]["distinctive"])
    mine("cluster", "v.npy", "--names", "names.txt", "-o", files / "x.tree", "--modules", files / "m.jsonl")
    first = json.loads((files / "m.jsonl").read_text("utf-8").splitlines()[0])
    assert first["central"][0]["name"] == f"词{first['central'][0]['row']}"
    mine("cluster", "links.txt", "-o", files / "x.tree", "--modules", files / "m.json", "--label", 1)
    assert [module["label"] for module in json.loads((files / "m.json").read_text("utf-8"))] == ["甲", "丁"]


def test_members_at_a_border():
    """Two triangles, and a node that is linked to both."""
    links = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (6, 0), (6, 1), (6, 3)]
    graph = Graph.from_links(*zip(*links, strict=True), names=list("甲乙丙丁戊己庚"))
    result = cluster_graph(graph, start=[1, 1, 1, 2, 2, 2, 1], search=False)
    first, second = describe_modules(result, most=3)
    assert (first.nodes, second.nodes) == (4, 3)
    assert first.border == [(6, 2, pytest.approx(1 / 3))]
    assert second.border == [(3, 1, pytest.approx(1 / 3))]
    assert first.label == "甲, 乙, 庚"


def test_memberships_have_rows(files):
    mine("cluster", "v.npy", "-f", "clu", "-o", files / "x.clu", "--memberships", files / "shares.tsv")
    rows = rows_of((files / "shares.tsv").read_text("utf-8"))
    assert list(rows[0]) == ["row", "module", "share"]
    assert {int(row["row"]) for row in rows} == set(range(ROWS))


def test_the_map(files):
    pytest.importorskip("matplotlib")
    result = mine("cluster", "v.npy", "--text", "s.txt", "-o", files / "x.tsv", "--plot", files / "map.svg")
    assert result.code == 0
    assert (files / "map.svg").read_bytes().startswith(b"<?xml")
    mine("cluster", "v.npy", "--names", "names.txt", "-o", files / "x.tree", "--plot", files / "map.png")
    assert (files / "map.png").read_bytes().startswith(b"\x89PNG")


def test_the_summary(files):
    result = mine(
        "cluster",
        "v.npy",
        "--text",
        "s.txt",
        "-k",
        9,
        "-o",
        files / "x.tsv",
        "--summary-json",
        files / "run.json",
        "-v",
    )
    summary = json.loads((files / "run.json").read_text("utf-8"))
    graph = summary["graph"]
    assert (graph["kind"], graph["rows"], graph["dimensions"], graph["k"]) == ("neighbours", ROWS, DIMENSIONS, 9)
    assert {"min_similarity", "effective_dimension", "false_edge_rate", "links", "rows_alone"} <= graph.keys()
    assert [one["name"] for one in summary["inputs"]] == ["v.npy", "s.txt"]
    assert list(summary["timings"])[:4] == ["graph", "flow", "search", "search_cpu"]
    assert summary["signature"].split("|")[1:6] == [
        "cluster",
        "vectors",
        f"rows:{ROWS}",
        f"dimensions:{DIMENSIONS}",
        "k:9",
    ]
    assert result.err.splitlines()[-1] == f"mine: {summary['signature']}"


# What goes in


@pytest.mark.parametrize("extension", ["npz", "safetensors", "parquet", "vec", "bin", "npy"])
def test_every_format_of_vectors_from_files_and_pipes(files, extension):
    if extension == "parquet":
        pytest.importorskip("pyarrow")
    result = mine("cluster", f"v.{extension}", "-f", "tsv", "--label", 0)
    rows = rows_of(result.out)
    assert ("name" in rows[0]) == (extension in ("vec", "bin"))
    assert same_partition([row["module"] for row in rows], TOPIC)


def test_vectors_from_a_pipe(files, written):
    expected = mine("cluster", "v.vec", "-f", "tsv").out
    data = (written / "v.vec").read_bytes()
    piped = mine_process("cluster", "-", "-f", "tsv", input=gzip.compress(data), cwd=written)
    assert (piped.code, piped.out) == (0, expected)
    with (written / "v.vec").open("rb") as stream:
        assert mine_process("cluster", "-f", "tsv", stdin=stream, cwd=written).out == expected
    sent = (written / "v.npy").read_bytes()
    joined = mine_process("cluster", "-", "--text", "s.txt", "--label", 0, "-f", "tsv", input=sent, cwd=written)
    assert joined.out == mine("cluster", "v.npy", "--text", "s.txt", "--label", 0, "-f", "tsv").out


def test_the_first_rows(files):
    first = mine("cluster", "v.npy", "--rows", 40, "--names", "names.txt", "--text", "s.txt", "-f", "tsv")
    rows = rows_of(first.out)
    assert [row["row"] for row in rows] == [str(row) for row in range(40)]
    np.save(files / "first.npy", vectors_of()[:40])
    alone = rows_of(mine("cluster", files / "first.npy", "-f", "tsv").out)
    for option, lines in (("--names", [f"词{row}" for row in range(40)]), ("--text", list(sentences())[:40])):
        (files / "forty.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        short = rows_of(mine("cluster", "v.npy", "--rows", 40, option, files / "forty.txt", "-f", "tsv").out)
        assert [row["path"] for row in short] == [row["path"] for row in alone]
    assert [row["path"] for row in rows] == [row["path"] for row in alone]


def test_several_files_are_one_matrix(files):
    vectors = vectors_of()
    np.save(files / "a.npy", vectors[:30])
    np.save(files / "b.npy", vectors[30:])
    assert (
        mine("cluster", files / "a.npy", files / "b.npy", "-f", "tsv").out == mine("cluster", "v.npy", "-f", "tsv").out
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "graph"),
        (b"1 2\n2 3 0.5\n3 1 1\n", "graph"),
        (b"1 2\n0 1 0.5\n", "either"),
        (b"2020 2021\n1 2\n", "graph"),
        ("甲 乙\n乙 丙\n".encode(), "graph"),
        ("1 2\n甲 乙 3\n".encode(), "graph"),
        ("北京 大学\t上海 大学\t3\n".encode(), "graph"),
        (b"source,target,weight\na,b,1\n", "graph"),
        (b"source\ttarget\tweight\tyear\na\tb\t1\t2000\n", "graph"),
        (b"*Vertices 2\n1 \"a\"\n", "graph"),
        (b"<graphml/>", "graph"),
        (b"\x00\x01\x02\x03" * 9, "graph"),
        ("2 3\n甲 0.1 0.2 0.3\n乙 1 2 3\n".encode(), "vectors"),
        ("甲 0.1 0.2 0.3\n乙 1 2 3\n".encode(), "vectors"),
        ("2 3\n甲 ".encode() + np.ones(3, "<f4").tobytes() + "\n乙 ".encode() + np.ones(3, "<f4").tobytes(), "vectors"),
        (b"0.1 0.2 0.3 0.4\n1 2 3 4\n", "either"),
        (b"PAR1\x15", "vectors"),
        (b"\x80\x04\x95gensim", "vectors"),
    ],
)  # fmt: skip
def test_graphs_and_vectors_are_told_apart(data, kind):
    assert kind_of(data, "x") == kind


@pytest.mark.parametrize(
    ("save", "arrays", "kind"),
    [
        (np.save, np.zeros((4, 4)), "either"),
        (np.save, np.zeros((4, 3)), "vectors"),
        (np.savez, {"vectors": np.zeros((4, 3))}, "vectors"),
        (np.savez, {"w": np.ones(1), "dst": np.ones(1, int), "src": np.zeros(1, int)}, "graph"),
    ],
)
def test_arrays_are_told_apart(save, arrays, kind):
    stream = io.BytesIO()
    save(stream, **arrays) if isinstance(arrays, dict) else save(stream, arrays)
    assert kind_of(stream.getvalue(), "x") == kind


def test_a_square_matrix_is_a_graph_unless_an_option_says_otherwise(files):
    similarity = np.kron(np.eye(2), np.ones((3, 3))) - np.eye(6)
    np.save(files / "graph.npy", similarity)
    assert mine("cluster", files / "graph.npy", "-f", "clu").err == ""
    for options in (["-k", "3"], ["--input-format", "vectors"], ["--min-similarity", "auto"], ["--rows", "9"]):
        result = mine("cluster", "square.npy", *options, "-f", "tsv")
        assert (result.code, "rows of 16 dimensions" in result.err) == (0, True)
    result = mine("cluster", "square.npy")
    assert result.err.endswith(
        "weights are finite and not negative (if it holds vectors, pass --input-format vectors)\n"
    )


# Options


def test_presets_are_the_options_that_they_stand_for(files):
    for preset, k, cosine in (("su2019", 50, 0.6), ("su2019-code", 40, 0.5)):
        mine("cluster", "v.npy", "--preset", preset, "-o", files / "x.tsv", "--summary-json", files / "run.json")
        summary = json.loads((files / "run.json").read_text("utf-8"))
        graph = summary["graph"]
        assert (graph["k"], graph["min_similarity"], graph["symmetric"], graph["weight"]) == (
            k,
            cosine,
            "directed",
            "cosine",
        )
        assert summary["options"]["two_level"] is True
        unit = vectors_of().astype(np.float64)
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        cosines = unit @ unit.T - 9 * np.eye(ROWS)
        nearest = np.sort(cosines, axis=1)[:, -k:]
        assert graph["links"] == int((nearest >= cosine).sum())
    mine("cluster", "v.npy", "--preset", "su2019", "-k", 3, "-o", files / "x.tsv", "--summary-json", files / "run.json")
    assert json.loads((files / "run.json").read_text("utf-8"))["graph"]["k"] == 3


def test_a_preset_takes_ten_thousand_rows():
    vectors = np.random.default_rng(0).normal(size=(10_050, 3)).astype(np.float32)
    result = cluster_vectors(vectors, preset="su2019", k=2, min_similarity=0.999, effort="fast")
    assert result.graph.size == 10_000
    assert cluster_vectors(vectors, preset="su2019", k=2, rows=50).graph.size == 50


def test_options_mean_what_they_mean_in_python(files):
    for line, keywords in {
        "": {},
        "-k 7": {"k": 7},
        "--min-similarity 0.3 --symmetric mutual": {"min_similarity": 0.3, "symmetric": "mutual"},
        "--symmetric union --markov-time 2.0": {"symmetric": "union", "markov_time": 2},
        "--whiten soft -k auto": {"whiten": "soft"},
        "--multilevel": {"two_level": False},
        "--flow-model undirected --rows 30": {"flow_model": "undirected", "rows": 30},
    }.items():
        mine("cluster", "v.npy", *line.split(), "-o", files / "x.tree", "--summary-json", files / "run.json")
        summary = json.loads((files / "run.json").read_text("utf-8"))
        expected = cluster_vectors(vectors_of(), **keywords)
        assert summary["signature"] == expected.summary["signature"], line
        assert summary["codelength"] == expected.codelength, line
        header = (files / "x.tree").read_text("utf-8").splitlines()[1]
        assert set(header.split()) == set(f"# mine cluster v.npy {line}".split()), line


def test_the_same_bytes_for_any_number_of_threads(files):
    one = mine("cluster", "v.npy", "--text", "s.txt", "-f", "json", "-j", 1)
    assert one.out == mine("cluster", "v.npy", "--text", "s.txt", "-f", "json", "-j", 3).out


def test_a_partition_to_begin_with(files):
    table = mine("cluster", "v.npy", "--text", "s.txt", "-f", "tsv").out
    (files / "given.tsv").write_text(table, encoding="utf-8")
    again = mine("cluster", "v.npy", "--text", "s.txt", "-f", "tsv", "-c", files / "given.tsv", "--no-infomap")
    assert again.out == table


def test_from_python(tmp_path):
    vectors = vectors_of()
    clusters = ThemeClustering(k=9, rows=72).fit(vectors)
    assert clusters.get_params() == {"k": 9, "rows": 72}
    assert clusters.labels_.shape == (72,)
    assert (clusters.n_modules_, clusters.k_, min(clusters.labels_)) == (max(clusters.labels_) + 1, 9, 0)
    assert clusters.effective_dimension_ > 1
    assert clusters.set_params(k=5).fit_predict(vectors).shape == (72,)
    np.save(tmp_path / "v.npy", vectors)
    for source in (tmp_path / "v.npy", str(tmp_path / "v.npy"), list(vectors)):
        assert cluster_vectors(source).codelength == cluster_vectors(vectors).codelength


def test_the_catalogues_are_those_of_the_rooms():
    assert theme_options.SYMMETRIC == knn.SYMMETRIC
    assert set(theme_options.THEME_PRESETS) == set(knn.PRESETS)
    assert set(theme_options.WHITENINGS) == set(WHITENINGS)
    assert "vectors" not in GRAPH_INPUTS


# What is refused


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["links.txt", "-k", "3"], 2,
         "-k is for vectors (npy, npz, safetensors, Parquet or word2vec), and links.txt holds a graph: leave it out"),
        (["links.txt", "--text", "s.txt"], 2,
         "--text is for vectors (npy, npz, safetensors, Parquet or word2vec), and links.txt holds a graph"),
        (["links.txt", "--input-format", "links", "--preset", "su2019"], 2,
         "--preset is for vectors (npy, npz, safetensors, Parquet or word2vec), and --input-format links is a graph: "
         "leave one out"),
        (["v.npy", "links.txt"], 2, "v.npy holds vectors and links.txt a graph: cluster one of them at a time"),
        (["v.npy", "--window", "3"], 2,
         "--window is for graphs of words: pass --words FILE and --corpus FILE, or leave it out"),
        (["v.npy", "--column", "text"], 2,
         "--column says how a text is read: pass --text FILE, or --words and --corpus"),
        (["v.npy", "--text", "s.txt", "--t2s"], 2,
         "--t2s is for --corpus, and --text is read as it stands: leave it out"),
        (["v.npy", "-k", "x"], 2, "-k 'x' is neither auto nor a number of neighbours: pass -k 50, say (-k of the "
         "infomap tool is --include-self-links, which always holds here)"),
        (["v.npy", "-k", "0"], 2, "-k 0 is neither auto nor a number of neighbours"),
        (["v.npy", "--min-similarity", "x"], 2,
         "--min-similarity 'x' is neither auto nor a cosine: pass --min-similarity 0.6, say"),
        (["v.npy", "--min-similarity", "2"], 2, "--min-similarity 2"),
        (["v.npy", "--symmetric", "mutual", "-d"], 2,
         "these links have no direction: leave --directed out, or make them --symmetric directed"),
        (["v.npy", "--names", "short.txt"], 3, "short.txt: has 2 names, and v.npy 80 rows: pass a name for each row"),
        (["v.npy", "--names", "gap.txt"], 3, "gap.txt: line 61 is empty: give each row a name"),
        (["v.npy", "--text", "short.txt"], 3,
         "short.txt: has 2 lines, and v.npy 80 rows: pass the text that was encoded"),
        (["v.npy", "--text", "missing"], 3, "missing: no such file: check the path"),
        (["nan.npy"], 3, "nan.npy: row 7 holds NaN or infinity"),
        (["model.kv"], 3, "model.kv: is a pickle of gensim, which is never loaded as it can run any code: "
         "if you trust it, convert it with python -c 'from gensim.utils import SaveLoad; "),
        (["v.npy", "-o", "v.npy"], 4, "v.npy: is also an input: choose another output file"),
        (["v.npy", "--text", "s.txt", "--plot", "s.txt"], 2, "--plot s.txt: pictures are png, svg or pdf"),
        (["v.npy", "--text", "s.txt", "--modules", "s.txt"], 4, "s.txt: is also an input: choose another output file"),
        (["v.npy", "--modules", "-"], 2, "--modules needs a file: standard output is for the modules"),
        (["-", "--text", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (["v.npy", "--input-format", "npy"], 3, "v.npy: a matrix of shape (80, 16) is no graph: pass a square one"),
    ],
)  # fmt: skip
def test_errors(files, written, arguments, code, message):
    before = sorted(path.name for path in written.iterdir())
    result = mine("cluster", *arguments)
    assert result.code == code, result.err
    assert (result.out, result.err.count("\n")) == ("", 1)
    assert result.err.startswith(f"mine: error: {message}")
    assert sorted(path.name for path in written.iterdir()) == before


def test_what_is_told_and_not_refused(files):
    zeros = vectors_of()
    zeros[3] = 0
    np.save(files / "zeros.npy", zeros)
    result = mine("cluster", files / "zeros.npy", "-f", "tsv")
    assert "zero" in result.err.splitlines()[0]
    modules = [row["module"] for row in rows_of(result.out)]
    assert modules.count(modules[3]) == 1
    many = mine("cluster", "v.npy", "-k", 500, "-f", "tsv")
    assert (many.code, len(rows_of(many.out))) == (0, ROWS)
    np.save(files / "one.npy", vectors_of()[:1])
    assert [row["module"] for row in rows_of(mine("cluster", files / "one.npy", "-f", "tsv").out)] == ["1"]
    (files / "same.txt").write_text("甲\n" * 79 + "乙\n", encoding="utf-8")
    twice = mine("cluster", "v.npy", "--names", files / "same.txt", "-f", "tsv")
    assert twice.err.splitlines()[0] == "mine: 1 word (甲) stands more than once as names: rows tell them apart"


def test_the_first_rows_of_a_file_with_names_of_all(files, tmp_path):
    """Rows beyond those that are wanted are not read: what is wrong there does no harm."""
    lines = Path("v.vec").read_text("utf-8").splitlines()
    (tmp_path / "long.vec").write_text("\n".join([*lines[:-1], "词79 no numbers"]) + "\n", encoding="utf-8")
    expected = mine("cluster", "v.npy", "--names", "names.txt", "--rows", 40, "-f", "tsv", "-q").out
    for vectors, names in (("v.vec", []), (tmp_path / "long.vec", []), ("v.bin", []), ("v.vec", ["names.txt"])):
        extra = ["--names", *names] if names else []
        assert mine("cluster", vectors, "--rows", 40, "-f", "tsv", "-q", *extra).out == expected
    result = mine("cluster", tmp_path / "long.vec", "--rows", 40, "--names", "short.txt")
    assert (result.code, result.err) == (
        3, f"mine: error: short.txt: has 2 names, and {tmp_path / 'long.vec'} 80 rows: pass a name for each row\n",
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["v.npy"], ["v.vec"], ["links.txt"]])
def test_a_font_that_is_none_is_told_before_the_search(files, tmp_path, monkeypatch, arguments):
    monkeypatch.setenv("HANMINE_FONT", "short.txt")
    outputs = ["-o", tmp_path / "m.tsv", "--plot", tmp_path / "m.png"]
    result = mine("cluster", *arguments, *outputs)
    assert (result.code, result.err) == (
        2, "mine: error: HANMINE_FONT=short.txt: is no font that can be read: name a .ttf, .otf or .ttc file\n",
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
