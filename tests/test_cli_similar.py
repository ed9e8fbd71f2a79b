"""`mine similar`: tables of neighbours and pairs, sentences joined, and what is refused."""

import csv
import gzip
import io
import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from commandline import clean_environment, command_line, mine, mine_process
from hanmine import __version__
from hanmine.vectors import approximate
from hanmine.vectors.neighbours import nearest_neighbours

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")

ROWS = np.array([[1, 0], [3, 4], [0, 2], [-1, 0], [0, 0]], np.float32)
SENTENCES = ["今天天气\t很好", "明天会下雨吗", "我想吃苹果", "", "再见"]
HEADER = "query\trank\tneighbour\tsimilarity\n"
SELF = HEADER + (
    "0\t1\t1\t0.6000\n0\t2\t2\t0.0000\n1\t1\t2\t0.8000\n1\t2\t0\t0.6000\n2\t1\t1\t0.8000\n2\t2\t0\t0.0000\n"
    "3\t1\t2\t0.0000\n3\t2\t4\t0.0000\n4\t1\t0\t0.0000\n4\t2\t1\t0.0000\n"
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with vectors, queries and sentences, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", ROWS)
    np.save("q.npy", np.array([[2, 0], [0, -1]], np.float64))
    Path("a.txt").write_text("\n".join(SENTENCES) + "\n", encoding="utf-8")
    Path("q.txt").write_text("一\n二\n", encoding="utf-8")
    Path("words.vec").write_text("2 2\n苹果 1 0\n香蕉 1 1\n", encoding="utf-8")
    return tmp_path


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_neighbours_of_its_own_rows(files):
    result = mine("similar", "a.npy", "--self", "-k", 2)
    assert (result.code, result.out, result.err) == (0, SELF, "")
    assert mine("similar", "a.npy", "--self", "-k", 2, "-j", 2, "--no-header").out == SELF.removeprefix(HEADER)


def test_neighbours_of_queries(files):
    result = mine("similar", "a.npy", "q.npy", "-k", 2)
    assert result.out == HEADER + "0\t1\t0\t1.0000\n0\t2\t1\t0.6000\n1\t1\t0\t0.0000\n1\t2\t3\t0.0000\n"
    assert mine("similar", "a.npy", "q.npy").out.count("\n") == 1 + 2 * 5  # no more than there are


def test_formats(files):
    lines = [json.loads(line) for line in mine("similar", "a.npy", "--self", "-k", 2, "-f", "jsonl").out.splitlines()]
    assert lines[0] == {"query": 0, "rank": 1, "neighbour": 1, "similarity": 0.6}
    assert len(lines) == 10
    assert json.loads(mine("similar", "a.npy", "--self", "-k", 2, "-f", "json").out) == lines
    assert mine("similar", "a.npy", "--self", "-k", 2, "-f", "csv").out == SELF.replace("\t", ",")
    assert mine("similar", "a.npy", "--self", "-k", 2, "-o", "out.jsonl").out == ""
    assert [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()] == lines


@pytest.mark.parametrize("format", ["tsv", "csv", "jsonl", "json"])
def test_tables_of_many_blocks_are_one(files, monkeypatch, format):
    from hanmine.cli.similar import tables
    from hanmine.vectors import neighbours

    whole = mine("similar", "a.npy", "--self", "-k", 2, "-f", format).out
    monkeypatch.setattr(tables, "_TABLE_ROWS", 2)
    monkeypatch.setattr(neighbours, "QUERY_ROWS", 3)
    assert mine("similar", "a.npy", "--self", "-k", 2, "-f", format).out == whole


def test_sentences_are_joined(files):
    found = mine("similar", "a.npy", "--self", "-k", 1, "--text", "a.txt").out.splitlines()
    assert found[0] == "query\trank\tneighbour\tsimilarity\tquery_text\tneighbour_text"
    assert found[1] == '0\t1\t1\t0.6000\t"今天天气\t很好"\t明天会下雨吗'
    assert found[4] == "3\t1\t2\t0.0000\t\t我想吃苹果"
    both = rows(mine("similar", "a.npy", "q.npy", "-k", 1, "--text", "a.txt", "--query-text", "q.txt", "-f", "csv").out)
    assert [(row["query_text"], row["neighbour_text"]) for row in both] == [("一", SENTENCES[0]), ("二", SENTENCES[0])]
    one = rows(mine("similar", "a.npy", "q.npy", "-k", 1, "--text", "a.txt", "-f", "csv").out)
    assert "query_text" not in one[0]
    assert one[0]["neighbour_text"] == SENTENCES[0]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_sentences_in_other_encodings_and_compressed(files, encoding):
    expected = mine("similar", "a.npy", "--self", "-k", 2, "--text", "a.txt").out
    text = "\r\n".join(SENTENCES)  # and no newline at the end
    Path("b.gz").write_bytes(gzip.compress(text.encode(encoding)))
    assert mine("similar", "a.npy", "--self", "-k", 2, "--text", "b.gz").out == expected


def test_sentences_in_a_column(files):
    expected = mine("similar", "a.npy", "--self", "-k", 2, "--text", "a.txt").out
    with open("a.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "text"], *enumerate(SENTENCES)])
    assert mine("similar", "a.npy", "--self", "-k", 2, "--text", "a.csv", "--column", "text").out == expected
    Path("a.txt").write_bytes(Path("a.txt").read_text("utf-8").encode("big5hkscs", "replace"))
    summary = ("--summary-json", "s.json")
    assert mine("similar", "a.npy", "--self", "--text", "a.txt", "--encoding", "big5hkscs", *summary).code == 0
    assert json.loads(Path("s.json").read_text("utf-8"))["texts"][0]["encoding"] == "big5hkscs"


def test_words_of_word2vec_files(files):
    found = rows(mine("similar", "words.vec", "--self", "-f", "csv").out)
    assert [(row["query_name"], row["neighbour_name"]) for row in found] == [("苹果", "香蕉"), ("香蕉", "苹果")]
    found = rows(mine("similar", "words.vec", "a.npy", "-k", 1, "-f", "csv").out)
    assert list(found[0]) == ["query", "rank", "neighbour", "similarity", "neighbour_name"]


def test_pairs(files):
    np.save("b.npy", ROWS[::-1] * 5)
    result = mine("similar", "a.npy", "b.npy", "--pairs")
    assert result.out == "row\tsimilarity\n0\t0.0000\n1\t-0.6000\n2\t1.0000\n3\t-0.6000\n4\t0.0000\n"
    found = rows(mine("similar", "a.npy", "b.npy", "--pairs", "--min-similarity", 0.5, "--text", "a.txt",
                      "--query-text", "a.txt", "-f", "csv").out)  # fmt: skip
    assert found == [{"row": "2", "similarity": "1.0000", "text": "我想吃苹果", "query_text": "我想吃苹果"}]


def test_least_similarity(files):
    found = mine("similar", "a.npy", "--self", "--min-similarity", 0.6, "-f", "csv").out
    assert [(row["query"], row["neighbour"]) for row in rows(found)] == [("0", "1"), ("1", "2"), ("1", "0"), ("2", "1")]
    nothing = mine("similar", "a.npy", "--self", "--min-similarity", 0.9)
    assert (nothing.code, nothing.out) == (0, HEADER)
    assert json.loads(mine("similar", "a.npy", "--self", "--min-similarity", 0.9, "-f", "json").out) == []


def test_one_row_has_no_neighbours(files):
    np.save("one.npy", ROWS[:1])
    assert mine("similar", "one.npy", "--self").out == HEADER
    shown = mine("similar", "one.npy", "--self", terminals=["stdout"])
    assert (shown.code, shown.out) == (0, "query  rank  neighbour  similarity\n")


def test_at_a_terminal(files):
    result = mine("similar", "a.npy", "--self", "-k", 1, "--text", "a.txt", terminals=["stdout", "stderr"])
    lines = result.out.splitlines()
    assert lines[0].split() == ["query", "rank", "neighbour", "similarity", "query_text", "neighbour_text"]
    assert lines[2] == "    1     1          2      0.8000  明天会下雨吗    我想吃苹果"
    assert result.err.splitlines()[0] == (
        "mine: 5 queries, the 1 nearest of each; shown: the first 5 rows; -o FILE saves all"
    )
    assert result.err.splitlines()[-1].startswith(f"mine: hanmine:{__version__}|similar|rows:5|queries:5|")


def test_at_a_terminal_only_what_is_shown_is_searched(files):
    np.save("more.npy", np.random.default_rng(0).standard_normal((500, 3)))
    whole = mine("similar", "more.npy", "--self", "-k", 3, "--no-header").out.splitlines()
    result = mine("similar", "more.npy", "--self", "-k", 3, terminals=["stdout"])
    assert [line.split() for line in result.out.splitlines()[1:]] == [line.split() for line in whole[:40]]
    some = mine("similar", "more.npy", "--self", "-k", 3, "--min-similarity", 0.99, terminals=["stdout"])
    assert len(some.out.splitlines()) == 41
    pairs = mine("similar", "more.npy", "more.npy", "--pairs", terminals=["stdout"])
    assert "mine: 500 pairs, mean cosine 1.0000; shown: the first 40 rows; -o FILE saves all" in pairs.err


def test_several_files_are_one_matrix_and_arrays_have_names(files):
    np.save("part1.npy", ROWS[:3])
    np.save("part2.npy", ROWS[3:])
    assert mine("similar", "part*.npy", "--self", "-k", 2).out == SELF
    np.savez("both.npz", left=ROWS, right=ROWS[:2])
    assert mine("similar", "both.npz", "--self", "-k", 2, "--array", "left").out == SELF
    expected = mine("similar", "a.npy", "part1.npy", "-k", 1).out.splitlines()[:3]
    found = mine("similar", "both.npz", "both.npz", "-k", 1, "--array", "left", "--query-array", "right")
    assert found.out.splitlines() == expected
    assert mine("similar", "both.npz", "--self").code == 2


@pytest.mark.parametrize("scale", [1e-20, 1e19])
def test_scale_does_not_matter(files, scale):
    np.save("scaled.npy", ROWS * np.float32(scale))
    assert mine("similar", "scaled.npy", "--self", "-k", 2).out == SELF


def test_pipes(files):
    vectors = Path("a.npy").read_bytes()
    assert mine_process("similar", "--self", "-k", "2", input=vectors).out == SELF
    queries = mine_process("similar", "a.npy", "-", "-k", "2", input=Path("q.npy").read_bytes())
    assert queries.out == mine("similar", "a.npy", "q.npy", "-k", 2).out
    text = Path("a.txt").read_bytes()
    joined = mine_process("similar", "a.npy", "--self", "-k", "2", "--text", "-", input=text)
    assert joined.out == mine("similar", "a.npy", "--self", "-k", 2, "--text", "a.txt").out


def test_approximate_search_states_its_recall(files, monkeypatch):
    monkeypatch.setattr(approximate, "LEAST_ROWS", 500)
    matrix = np.random.default_rng(0).standard_normal((600, 4)).astype(np.float32)
    np.save("many.npy", matrix)
    result = mine("similar", "many.npy", "--self", "-k", 3, "--approximate", "--summary-json", "s.json")
    summary = json.loads(Path("s.json").read_text("utf-8"))
    assert result.err == (
        f"mine: recall@3 {summary['recall']:.3f}: the share of the true neighbours that was found for a sample of "
        "256 queries\n"
    )
    assert summary["recall"] > 0.9
    assert (summary["method"], summary["recall_sample"], summary["seed"]) == ("hnsw", 256, 0)
    assert result.out.count("\n") == 1 + 3 * 600
    few = mine("similar", "a.npy", "--self", "-k", 2, "--approximate")
    assert (few.out, few.err) == (SELF, "mine: recall@2 1.000: with 5 vectors the exact search was as quick\n")


def test_summary(files):
    assert mine("similar", "a.npy", "q.npy", "-k", 2, "--summary-json", "s.json", "-j", 1).code == 0
    summary = json.loads(Path("s.json").read_text("utf-8"))
    assert summary["arguments"][:3] == ["similar", "a.npy", "q.npy"]
    assert [described["name"] for described in summary["inputs"]] == ["a.npy", "q.npy"]
    assert {name: summary[name] for name in ("rows", "queries", "dimensions", "k", "rows_written", "recall")} == {
        "rows": 5, "queries": 2, "dimensions": 2, "k": 2, "rows_written": 4, "recall": 1.0,
    }  # fmt: skip
    assert summary["signature"] == (
        f"hanmine:{__version__}|similar|rows:5|queries:2|dimensions:2|self:no|k:2|method:exact"
    )
    assert mine("similar", "a.npy", "a.npy", "--pairs", "--summary-json", "s.json").code == 0
    summary = json.loads(Path("s.json").read_text("utf-8"))
    assert summary["mean_similarity"] == pytest.approx(0.8)
    assert summary["signature"] == f"hanmine:{__version__}|similar-pairs|rows:5|dimensions:2"


def test_the_same_rows_as_the_function(files):
    matrix = np.random.default_rng(3).standard_normal((300, 8)).astype(np.float16)
    np.save("m.npy", matrix)
    found = rows(mine("similar", "m.npy", "--self", "-k", 4, "-j", 2, "-f", "csv").out)
    expected = nearest_neighbours(matrix, None, 4, threads=1)
    assert [int(row["neighbour"]) for row in found] == expected.indices.ravel().tolist()


def test_without_arguments_the_short_help(files):
    for arguments, terminals in (([], []), ([], ["stdin"]), (["--self"], ["stdin"])):
        result = mine("similar", *arguments, terminals=terminals)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("Usage: mine similar [OPTIONS]")
        assert result.err.endswith("More: mine similar --help\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.npy", "--self"], 3, "missing.npy: no such file: check the path"),
        (["a.npy", "missing.npy"], 3, "missing.npy: no such file: check the path"),
        ([".", "--self"], 3, ".: is a folder: name a file, or a pattern such as './*.npy'"),
        (["empty.npy", "--self"], 3, None),
        (["none.npy", "--self"], 3, None),
        (["a.npy"], 2, "what are the VECTORS compared with? Name QUERIES, or pass --self"),
        (
            ["a.npy", "q.npy", "--self"],
            2,
            "--self searches VECTORS for its own rows, and QUERIES is 'q.npy': pass one of them",
        ),
        (["a.npy", "--self", "--pairs"], 2, "--pairs compares VECTORS with QUERIES, and --self has no QUERIES: "
                                            "pass one of them"),
        (["a.npy", "q.npy", "--pairs", "-k", "3"], 2, "--pairs has one cosine a row, no neighbours: leave -k out"),
        (["a.npy", "q.npy", "--pairs", "--approximate"], 2, "--pairs searches nothing: leave --approximate out"),
        (["a.npy", "--self", "--query-text", "a.txt"], 2, "--query-text is for QUERIES, and --self has none: "
                                                          "pass --text"),
        (["a.npy", "--self", "-k", "0"], 2, None),
        (["a.npy", "--self", "--min-similarity", "1.5"], 2, None),
        (["-", "-"], 2, "standard input (-) can be read only once"),
        (["-", "--self", "--text", "-"], 2, "standard input (-) can be read only once"),
        (["a.npy", "q.npy", "--pairs"], 3, "q.npy: has 2 rows and a.npy 5: --pairs needs as many"),
        (
            ["a.npy", "wide.npy"],
            3,
            "wide.npy: has 3 dimensions and a.npy 2: compare vectors of one encoder and one map",
        ),
        (
            ["a.npy", "--self", "--text", "q.txt"],
            3,
            "q.txt: has 2 lines, and a.npy 5 rows: pass the text that was encoded",
        ),
        (["a.npy", "--self", "--text", "nil.txt"], 3, "nil.txt: has 0 lines, and a.npy 5 rows: "
                                                      "pass the text that was encoded"),
        (["a.npy", "--self", "--text", "no.txt"], 3, "no.txt: no such file: check the path"),
        (
            ["nan.npy", "--self"],
            3,
            "nan.npy: row 1 holds NaN or infinity, which have no direction: take such rows out first",
        ),
        (["a.npy", "--self", "--column", "text"], 2, "--column says how sentences are read: pass --text FILE, or leave "
                                                     "it out"),
        (["a.npy", "--self", "-f", "xls"], 2, "-f 'xls' is unknown: choose tsv, csv, jsonl, json"),
        (["a.npy", "--self", "-o", "a.npy"], 4, "a.npy: is also an input: choose another output file"),
        (["a.npy", "--self", "--text", "a.txt", "-o", "a.txt"], 4, "a.txt: is also an input: "
                                                                   "choose another output file"),
        (["a.npy", "--self", "-o", "no/out.tsv"], 4, "no/out.tsv: the folder 'no' does not exist: create it first"),
        (
            ["a.npy", "--self", "-o", "q.txt", "--no-overwrite"],
            4,
            "q.txt: exists already and --no-overwrite was given: choose another output file",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_is_refused(files, arguments, code, message):
    np.save("wide.npy", np.ones((2, 3)))
    np.save("none.npy", np.ones((0, 3)))
    bad = ROWS.copy()
    bad[1, 0] = np.nan
    np.save("nan.npy", bad)
    Path("empty.npy").touch()
    Path("nil.txt").touch()
    before = {path: path.read_bytes() for path in files.iterdir()}
    result = mine("similar", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("mine: error: ")
    assert result.err.count("\n") == 1
    if message is not None:
        assert result.err == f"mine: error: {message}\n"
    assert {path: path.read_bytes() for path in files.iterdir()} == before


def test_approximate_search_without_the_package(files, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "faiss", None)
    result = mine("similar", "a.npy", "--self", "--approximate")
    assert (result.code, result.err) == (
        2,
        "mine: error: approximate search needs an optional package: pip install 'hanmine[ann]'\n",
    )


@full_disk
def test_a_full_disk(files):
    with open("/dev/full", "wb") as full:
        result = mine_process("similar", "a.npy", "--self", stdout=full)
    assert (result.code, result.err) == (
        4,
        "mine: error: standard output: No space left on device: make room there, or write to another place\n",
    )


@posix
def test_a_reader_that_goes_away(files):
    np.save("many.npy", np.random.default_rng(0).standard_normal((3000, 4)).astype(np.float32))
    process = subprocess.Popen(
        command_line("similar", "many.npy", "--self", "-k", "20"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
    )  # fmt: skip
    with process:
        assert process.stdout.readline().startswith(b"query\t")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE
