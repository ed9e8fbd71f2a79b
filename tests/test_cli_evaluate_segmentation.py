"""`mine eval segmentation` as a shell: tables, formats, pipes and errors."""

import csv
import io
import json

import pytest

from commandline import mine, mine_process

GOLD = "中国  人民  在  北京大学  学习  。\n我们　去　北京　。\n"
RESULT = "中国 人民 在 北京 大学 学习 。\n我们 去 北京 。\n"
COLUMNS = ["system", "gold_words", "words", "correct", "precision", "recall", "f1", "oov_rate", "oov_recall",
           "iv_recall", "lines", "right_lines", "characters", "signature"]  # fmt: skip


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "gold.txt").write_text(GOLD, encoding="utf-8")
    (tmp_path / "result.txt").write_text(RESULT, encoding="utf-8")
    (tmp_path / "words.txt").write_text("中国\n人民\n在\n。\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_a_table_in_a_pipe(files):
    result = mine("eval", "segmentation", "result.txt", "gold.txt", "--vocabulary", "words.txt")
    assert (result.code, result.err) == (0, "")
    (row,) = rows_of(result.out)
    assert list(row) == COLUMNS
    assert list(row.values())[:13] == [
        "result", "10", "11", "9", "0.8182", "0.9000", "0.8571", "0.5000", "0.8000", "1.0000", "2", "1", "18",
    ]  # fmt: skip
    assert row["signature"].startswith("hanmine:")
    assert "|gold:gold.txt#" in row["signature"]


def test_oov_is_not_known_without_a_vocabulary(files):
    result = mine("eval", "segmentation", "result.txt", "gold.txt", "-f", "json", "--summary-json", "s.json")
    (row,) = json.loads(result.out)
    assert (row["f1"], row["oov_rate"], row["oov_recall"]) == (0.857143, None, None)
    assert result.err == "mine: OOV is not known: pass --vocabulary FILE, the words of training\n"
    summary = json.loads((files / "s.json").read_text("utf-8"))
    assert summary["by_length"]["4"]["gold_words"] == 1
    assert summary["inputs"][1]["name"] == "gold.txt"


def test_baselines_and_lengths(files):
    result = mine("eval", "segmentation", "result.txt", "gold.txt", "--baselines", "--by-length", "-q")
    rows = rows_of(result.out)
    assert [(row["system"], row["length"]) for row in rows[:7:6]] == [("result", "all"), ("all-split", "all")]
    assert [row["length"] for row in rows[12:]] == ["all", "1", "2", "3", "4", "5+"]
    assert {row["system"] for row in rows[12:]} == {"jieba"}
    assert rows[4]["correct"] == "0"
    assert result.err == ""


def test_at_a_terminal(files):
    result = mine("eval", "segmentation", "result.txt", "gold.txt", "--vocabulary", "words.txt", "--baselines",
                  terminals=["stdout"])  # fmt: skip
    lines = result.out.splitlines()
    assert lines[0].split() == COLUMNS[:10]
    assert [line.split()[0] for line in lines[1:5]] == ["result", "all-split", "jieba", "longest-match"]
    assert lines[1].split()[4:7] == ["0.8182", "0.9000", "0.8571"]
    assert lines[5] == "2 lines, 18 characters; 1 lines without a mistake"
    assert lines[6].startswith("hanmine:")
    unknown = mine("eval", "segmentation", "result.txt", "gold.txt", terminals=["stdout"])
    assert unknown.out.splitlines()[0].split() == COLUMNS[:7]


@pytest.mark.parametrize("arguments", [("-", "gold.txt"), ("gold.txt", "-")])
def test_either_side_from_a_pipe(files, arguments):
    result = mine_process("eval", "segmentation", *arguments, "-q", input=RESULT.encode(), cwd=files)
    assert (result.code, result.err) == (0, "")
    assert rows_of(result.out)[0]["correct"] == "9"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["result.txt", "missing"], 3, "missing: no such file: check the path"),
        (["result.txt", "."], 3, ".: is a folder: name a file"),
        (["-", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (["result.txt", "-", "--vocabulary", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (["result.txt", "gold.txt", "-o", "gold.txt"], 4, "gold.txt: is also an input: choose another output file"),
        (["result.txt", "gold.txt", "--vocabulary", "none"], 3, "none: no such file: check the path"),
        (
            ["words.txt", "gold.txt"],
            3,
            "words.txt:1: its characters are not those of gold.txt:1 from character 3 on: '中国' against "
            "'中国人民在北京大学学习。': segment the same text, a line for each of its lines",
        ),
    ],
)
def test_errors(files, arguments, code, message):
    result = mine("eval", "segmentation", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err == f"mine: error: {message}\n"
