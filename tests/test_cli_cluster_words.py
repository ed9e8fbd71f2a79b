"""`mine cluster` of words that occur together in a text: lists of words, options, what comes out, what is refused."""

import csv
import inspect
import io
import json
import re

import numpy as np
import pytest

from commandline import mine, mine_process
from hanmine.cli.app import root_command
from hanmine.cli.cluster.theme_options import WORD_WEIGHTS
from hanmine.graphs import cluster_words, cooccurrence_graph, neighbour_graph
from hanmine.graphs.association import MEASURES
from hanmine.text.word_lists import read_words

TOPICS = ["医院 医生 患者 手术", "球队 比赛 进球 教练", "股市 基金 上涨 投资"]
WORDS = [word for topic in TOPICS for word in topic.split()]
TOPIC = np.repeat(np.arange(len(TOPICS)), 4)


def lines():
    draw = np.random.default_rng(0)
    for row in range(240):
        first, second = draw.choice(TOPICS[row % 3].split(), 2, replace=False)
        yield f"今天的{first}和{second}。"


@pytest.fixture
def files(tmp_path, monkeypatch):
    text = list(lines())
    for name, part in (("text.txt", text), ("part-1.txt", text[:100]), ("part-2.txt", text[100:])):
        (tmp_path / name).write_text("\n".join(part) + "\n", encoding="utf-8")
    (tmp_path / "words.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def same_partition(labels, others):
    return len(set(zip(labels, others, strict=True))) == len(set(labels)) == len(set(others))


# What comes out


def test_words_without_links_are_alone_beside_a_single_field(files):
    (files / "one.txt").write_text("今天的医院和医生。\n今天的医院和医生。\n球队\n", encoding="utf-8")
    options = ["--words", "words.txt", "--corpus", "one.txt", "--rows", "5", "--min-cooccurrence", "2"]
    rows = rows_of(mine("cluster", *options, "-f", "tsv").out)
    assert [row["module"] for row in rows] == ["1", "1", "2", "3", "4"]


def test_a_row_for_each_word_in_its_order(files):
    result = mine("cluster", "--words", "words.txt", "--corpus", "text.txt", "-f", "tsv")
    rows = rows_of(result.out)
    assert list(rows[0]) == ["row", "name", "module", "path", "flow", "own_share", "label"]
    assert [row["name"] for row in rows] == WORDS
    assert [int(row["row"]) for row in rows] == list(range(len(WORDS)))
    assert same_partition([row["module"] for row in rows], TOPIC)
    for row, topic in zip(rows, TOPIC, strict=True):
        assert set(row["label"].split(", ")) == set(TOPICS[topic].split())
    (line,) = result.err.splitlines()
    assert re.fullmatch(r"mine: 12 words, together .+; \d+ links, 0 words without", line)


def test_a_terminal_shows_distinctive_and_central_members(files):
    result = mine("cluster", "--words", "words.txt", "--corpus", "text.txt", "--label", 2, terminals=["stdout"])
    head, *found, last = result.out.splitlines()
    assert re.split(r"\s\s+", head) == ["module", "nodes", "flow", "exit", "distinctive words", "central members"]
    assert len(found) == 3
    for line in found:
        distinctive, central = (part.split(", ") for part in re.split(r"\s\s+", line)[-2:])
        assert len(distinctive) == len(central) == 2
        assert any({*distinctive, *central} <= set(topic.split()) for topic in TOPICS)
    assert last.startswith("codelength ")


def test_labels_in_trees_and_json(files):
    options = ["--words", "words.txt", "--corpus", "text.txt"]
    tree = mine("cluster", *options).out
    assert [set(words.split(", ")) for words in re.findall(r"# module \d: (.+)", tree)] == [
        set(words.split(", ")) for words in dict.fromkeys(row["label"] for row in rows_of_path(options))
    ]
    found = json.loads(mine("cluster", *options, "-f", "json").out)
    assert (found["graph"]["kind"], found["graph"]["words"]) == ("cooccurrences", len(WORDS))
    central = [one["name"] for module in found["modules"] for one in module.get("central", [])]
    assert sorted(central) == sorted(WORDS)


def rows_of_path(options):
    return rows_of(mine("cluster", *options, "-f", "tsv", "--sort", "path").out)


def test_words_that_never_occur_are_told_and_stay_alone(files):
    (files / "more.txt").write_text("\n".join(["火星", *WORDS, "木星"]) + "\n", encoding="utf-8")
    result = mine("cluster", "--words", "more.txt", "--corpus", "text.txt", "-f", "tsv")
    rows = rows_of(result.out)
    assert [row["name"] for row in rows] == ["火星", *WORDS, "木星"]
    modules = [row["module"] for row in rows]
    assert all(modules.count(modules[row]) == 1 and float(rows[row]["flow"]) == 0 for row in (0, -1))
    assert result.err.splitlines()[0].startswith("mine: 2 words are not in the corpus")
    assert result.err.endswith("links, 2 words without\n")
    shown = mine("cluster", "--words", "more.txt", "--corpus", "text.txt", terminals=["stdout"])
    assert "\nand 2 rows that are alone; -o FILE saves all\n" in shown.out


def test_the_summary(files):
    options = ["--words", "words.txt", "--corpus", "part-1.txt", "--corpus", "part-2.txt", "--rows", 9]
    mine("cluster", *options, "-o", "x.tsv", "--summary-json", "run.json")
    summary = json.loads((files / "run.json").read_text("utf-8"))
    assert [one["name"] for one in summary["inputs"]] == ["words.txt", "part-1.txt", "part-2.txt"]
    assert {"words", "window", "weight", "min_cooccurrence", "neighbours", "links", "alone", "absent"} <= summary[
        "graph"
    ].keys()
    assert summary["nodes"] == 9
    assert summary["signature"].split("|")[1:4] == ["cluster", "words", "words:9"]


def test_a_table_of_modules_and_a_picture(files):
    pytest.importorskip("matplotlib")
    options = ["--words", "words.txt", "--corpus", "text.txt", "-o", "x.tsv"]
    mine("cluster", *options, "--modules", "m.csv", "--plot", "map.png")
    rows = list(csv.DictReader((files / "m.csv").open(encoding="utf-8")))
    assert [row["nodes"] for row in rows] == ["4", "4", "4"]
    assert set(rows[0]["central"].split(", ")) == set(rows[0]["label"].split(", "))
    assert (files / "map.png").read_bytes().startswith(b"\x89PNG")


# What goes in


def test_words_in_every_format_of_newwords(files):
    (files / "joined.txt").write_text("".join(lines()) * 3, encoding="utf-8")
    expected = None
    for format in ("tsv", "csv", "jsonl", "json", "words", "jieba", "hanlp"):
        mine("newwords", "joined.txt", "--min-count", 9, "--known", "none", "-f", format, "-o", f"words.{format}")
        found = read_words(files / f"words.{format}").words
        assert found
        expected = expected or found
        assert found == expected, format


def test_words_from_a_pipe(files):
    table = "word\tcount\n" + "".join(f"{word}\t{place}\n" for place, word in enumerate(WORDS))
    piped = mine_process(
        "cluster", "--words", "-", "--corpus", "text.txt", "-f", "tsv", input=table.encode(), cwd=files
    )
    assert (piped.code, piped.out) == (
        0,
        mine("cluster", "--words", "words.txt", "--corpus", "text.txt", "-f", "tsv").out,
    )


def test_several_files_and_patterns_are_one_text(files):
    whole = mine("cluster", "--words", "words.txt", "--corpus", "text.txt", "-f", "tsv").out
    for corpora in (["part-1.txt", "part-2.txt"], ["part-*.txt"]):
        named = [argument for corpus in corpora for argument in ("--corpus", corpus)]
        assert mine("cluster", "--words", "words.txt", *named, "-f", "tsv").out == whole
    (files / "texts").mkdir()
    (files / "text.txt").rename(files / "texts" / "text.txt")
    assert mine("cluster", "--words", "words.txt", "--corpus", "texts", "-r", "-f", "tsv").out == whole


def test_a_column_of_a_table(files):
    rows = "".join(json.dumps({"id": row, "text": line}, ensure_ascii=False) + "\n" for row, line in enumerate(lines()))
    (files / "texts.jsonl").write_text(rows, encoding="utf-8")
    result = mine("cluster", "--words", "words.txt", "--corpus", "texts.jsonl", "--column", "text", "-f", "tsv")
    assert same_partition([row["module"] for row in rows_of(result.out)], TOPIC)


# Options


def test_options_mean_what_they_mean_in_python(files):
    for line, keywords in {
        "": {},
        "--window 3 --weight g2": {"window": 3, "weight": "g2"},
        "--window line --min-cooccurrence 2 --neighbours 3": {"window": "line", "min_cooccurrence": 2, "neighbours": 3},
        "--weight npmi --multilevel": {"weight": "npmi", "two_level": False},
        "--weight count --rows 8 --fold-case": {"weight": "count", "rows": 8, "fold_case": True},
    }.items():
        options = ["--words", "words.txt", "--corpus", "text.txt", *line.split()]
        mine("cluster", *options, "-o", "x.tree", "--summary-json", "run.json")
        summary = json.loads((files / "run.json").read_text("utf-8"))
        expected = cluster_words(WORDS, files / "text.txt", **keywords)
        assert summary["signature"] == expected.summary["signature"], line
        assert summary["codelength"] == expected.codelength, line
        header = (files / "x.tree").read_text("utf-8").splitlines()[1]
        assert set(header.split()) == {"#", "mine", "cluster", *options}, line


def test_texts_in_memory_and_files_are_the_same(files):
    from_files = cluster_words(files / "words.txt", [files / "part-1.txt", files / "part-2.txt"])
    assert cluster_words(WORDS, list(lines())).codelength == from_files.codelength
    assert [one["name"].rpartition("/")[2] for one in from_files.summary["inputs"]] == [
        "words.txt", "part-1.txt", "part-2.txt"
    ]  # fmt: skip


def test_the_same_bytes_for_any_number_of_threads(files):
    options = ["cluster", "--words", "words.txt", "--corpus", "text.txt", "-f", "json"]
    assert mine(*options, "-j", 1).out == mine(*options, "-j", 3).out


def test_a_partition_to_begin_with(files):
    options = ["cluster", "--words", "words.txt", "--corpus", "text.txt", "-f", "tsv"]
    table = mine(*options).out
    (files / "given.tsv").write_text(table, encoding="utf-8")
    assert mine(*options, "-c", "given.tsv", "--no-infomap").out == table


def test_catalogues_and_stated_defaults_are_those_of_the_rooms():
    assert set(WORD_WEIGHTS) == set(MEASURES)
    stated = {
        parameter.name: match[1]
        for parameter in root_command().get_command(None, "cluster").params
        if (match := re.search(r"\[default: (\S+)\]", parameter.help or ""))
    }
    for make, names in (
        (cooccurrence_graph, ("window", "weight", "min_cooccurrence", "neighbours")),
        (neighbour_graph, ("k", "min_similarity", "symmetric")),
    ):
        for name in names:
            assert stated[name] == str(inspect.signature(make).parameters[name].default), name


# What is refused


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--words", "words.txt"], 2, "--words needs the text in which they stand: pass --corpus FILE"),
        (["--corpus", "text.txt"], 2,
         "--corpus needs words: pass --words FILE, such as mine newwords writes with -o words.tsv"),
        (["x.npy", "--words", "words.txt", "--corpus", "text.txt"], 2,
         "x.npy: --words and --corpus make the graph, and FILE is another one: leave it out"),
        (["--words", "words.txt", "--corpus", "text.txt", "-k", "5"], 2,
         "-k is for vectors (npy, npz, safetensors, Parquet or word2vec), and --words makes a graph of words: "
         "leave it out"),
        (["--words", "words.txt", "--corpus", "text.txt", "--text", "text.txt"], 2,
         "--text is for vectors of sentences, and the text of --words is --corpus: leave it out"),
        (["--words", "words.txt", "--corpus", "text.txt", "--input-format", "links"], 2,
         "--input-format is for FILE, and --words makes a graph of words: leave it out"),
        (["--words", "words.txt", "--corpus", "text.txt", "--window", "x"], 2,
         "--window 'x' is neither line nor a number of words: pass --window 5, say"),
        (["--words", "words.txt", "--corpus", "text.txt", "--window", "0"], 2, "--window 0 is "),
        (["--words", "words.txt", "--corpus", "text.txt", "-d"], 2, "these links have no direction"),
        (["--words", "-", "--corpus", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (["--words", "missing", "--corpus", "text.txt"], 3, "missing: no such file: check the path"),
        (["--words", "words.txt", "--corpus", "missing"], 3, "missing: no such file: check the path"),
        (["--words", "words.txt", "--corpus", "."], 3, ".: is a directory: pass -r/--recursive"),
        (["--words", "words.txt", "--corpus", "missing*"], 3, "missing*: no file matches this pattern"),
        (["--words", "empty", "--corpus", "text.txt"], 3,
         "empty: holds no words: pass a list of them, such as mine newwords writes"),
        (["--words", "other", "--corpus", "text.txt"], 3, "none of the 2 words occurs in the corpus"),
        (["--words", "bad.jsonl", "--corpus", "text.txt"], 3, "bad.jsonl:2: is no JSON ("),
        (["--words", "keyless.jsonl", "--corpus", "text.txt"], 3,
         'keyless.jsonl:1: has no key "word": write objects as {"word": ...}'),
        (["--words", "words.txt", "--corpus", "text.txt", "-o", "text.txt"], 4,
         "text.txt: is also an input: choose another output file"),
        (["--words", "words.txt", "--corpus", "text.txt", "-o", "words.txt"], 4,
         "words.txt: is also an input: choose another output file"),
    ],
)  # fmt: skip
def test_errors(files, arguments, code, message):
    (files / "empty").write_bytes(b"\n\n")
    (files / "other").write_text("火星\n木星\n", encoding="utf-8")
    (files / "bad.jsonl").write_text('{"word": "甲"}\n{"word\n', encoding="utf-8")
    (files / "keyless.jsonl").write_text('{"id": "甲"}\n', encoding="utf-8")
    before = sorted(path.name for path in files.iterdir())
    result = mine("cluster", *arguments)
    assert result.code == code, result.err
    assert (result.out, result.err.count("\n")) == ("", 1)
    assert result.err.startswith(f"mine: error: {message}")
    assert sorted(path.name for path in files.iterdir()) == before
