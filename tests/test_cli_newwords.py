"""`mine newwords` as a shell: what it hands to `discover`, and what it makes of the result."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from commandline import mine

TABLE = {
    "word": np.array(["中国", "内卷", "5G基站", "人々"], dtype=object),
    "count": np.array([90, 30, 20, 10], dtype=np.int64),
    "pieces": np.array([80, 30, 19, 9], dtype=np.int64),
    "cohesion": np.array([5.5, 4.25, 8.0, np.inf]),
    "left_entropy": np.array([3.0, 2.0, 1.0, 0.0]),
    "right_entropy": np.array([3.5, 2.5, 1.5, 0.5]),
    "known": np.array([1, 0, 0, 0], dtype=np.int8),
}
SUMMARY = {
    "signature": "hanmine:0|newwords",
    "characters": 7000,
    "words": 4,
    "known": 1,
    "timings": {"wall": 1.234},
}
HEADER = "word\tcount\tpieces\tcohesion\tleft_entropy\tright_entropy\tknown\n"


@pytest.fixture
def discover(monkeypatch):
    """A `discover` that keeps what it was called with and finds the words of `TABLE`."""
    calls = []

    def discover(corpus, **settings):
        calls.append((corpus, settings))
        return SimpleNamespace(table=TABLE, summary=SUMMARY, messages=["a hint"])

    module = ModuleType("hanmine.newwords")
    module.discover = discover
    module.calls = calls
    monkeypatch.setitem(sys.modules, "hanmine.newwords", module)
    return module


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("中国内卷", encoding="utf-8")
    return path


def called_with(discover):
    ((corpus, settings),) = discover.calls
    return corpus, {name: value for name, value in settings.items() if name != "progress"}


def test_what_was_not_said_is_left_to_the_defaults_of_discover(discover, text):
    mine("newwords", text)
    corpus, settings = called_with(discover)
    assert corpus == [text]
    assert settings == {
        "method": "su",
        "log_base": "e",
        "drop_known": False,
        "only_known": False,
        "hash_inputs": False,
        "recursive": False,
        "encoding": "auto",
        "errors": "strict",
        "input_format": "auto",
        "column": None,
        "normalize": "width",
        "fold_case": False,
        "t2s": False,
        "mixed": "tokens",
    }


def test_all_that_was_said_is_handed_on(discover, text, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text("中国\n", encoding="utf-8")
    arguments = (
        "--method entropy --order 3 --min-count 7 --pmi 1,2.5 --preset su2016 --look-back n,n-1 --min-entropy 1.5 "
        f"--min-length 1 --max-length 6 --log-base 2 --known jieba --known {known} --drop-known --sort cohesion "
        f"--limit 9 -r --encoding gb18030 --errors replace --input-format csv --column a.b --normalize nfkc "
        f"--fold-case --t2s --mixed chars -j 2 -T {tmp_path}"
    )
    assert mine("newwords", *arguments.split(), text).code == 0
    assert called_with(discover)[1] == {
        "method": "entropy",
        "order": 3,
        "min_count": 7,
        "pmi": (1.0, 2.5),
        "preset": "su2016",
        "look_back": ("n", "n-1"),
        "min_entropy": 1.5,
        "min_length": 1,
        "max_length": 6,
        "log_base": "2",
        "known": ("jieba", str(known)),
        "drop_known": True,
        "only_known": False,
        "sort": "cohesion",
        "limit": 9,
        "threads": 2,
        "tmpdir": tmp_path,
        "hash_inputs": False,
        "recursive": True,
        "encoding": "gb18030",
        "errors": "replace",
        "input_format": "csv",
        "column": "a.b",
        "normalize": "nfkc",
        "fold_case": True,
        "t2s": True,
        "mixed": "chars",
    }


def test_options_come_from_the_environment_and_flags_win(discover, text, monkeypatch):
    monkeypatch.setenv("MINE_NEWWORDS_MIN_COUNT", "8")
    monkeypatch.setenv("MINE_NEWWORDS_DROP_KNOWN", "1")
    monkeypatch.setenv("MINE_NEWWORDS_KNOWN", "jieba none")
    mine("newwords", text)
    settings = called_with(discover)[1]
    assert (settings["min_count"], settings["drop_known"], settings["known"]) == (8, True, ("jieba", "none"))
    discover.calls.clear()
    mine("newwords", text, "--min-count", "9")
    assert called_with(discover)[1]["min_count"] == 9


def test_in_a_pipe_everything(discover, text):
    result = mine("newwords", text)
    assert result.code == 0
    assert result.out == (
        HEADER + "中国\t90\t80\t5.5000\t3.0000\t3.5000\t1\n"
        "内卷\t30\t30\t4.2500\t2.0000\t2.5000\t0\n"
        "5G基站\t20\t19\t8.0000\t1.0000\t1.5000\t0\n"
        "人々\t10\t9\tinf\t0.0000\t0.5000\t0\n"
    )
    assert result.err == "mine: a hint\n"


def test_quiet(discover, text):
    assert mine("newwords", "-q", text).err == ""
    assert mine("-q", "newwords", text).err == ""


def test_verbose_tells_the_signature(discover, text):
    assert mine("newwords", "-v", text).err == (
        "mine: a hint\nmine: 7,000 characters in 1.2 s\nmine: hanmine:0|newwords\n"
    )


def test_at_a_terminal_the_first_unknown_words(discover, text):
    result = mine("newwords", text, terminals=["stdout", "stderr"])
    assert result.out == (
        "word    count  pieces  cohesion  left_entropy  right_entropy  known\n"
        "内卷       30      30    4.2500        2.0000         2.5000      0\n"
        "5G基站     20      19    8.0000        1.0000         1.5000      0\n"
        "人々       10       9       inf        0.0000         0.5000      0\n"
    )
    assert result.err == (
        "mine: a hint\n"
        "mine: 4 words, 1 of them known; shown: the first 3 unknown; -o FILE saves all\n"
        "mine: 7,000 characters in 1.2 s\n"
        "mine: hanmine:0|newwords\n"
    )


def test_bold_only_where_it_is_wanted(discover, text):
    everywhere = ["stdout", "stderr"]
    assert mine("newwords", text, terminals=everywhere, variables={"TERM": "xterm"}).out.startswith("\x1b[1mword")
    plain = mine("newwords", text, terminals=everywhere, variables={"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b" not in plain.out


@pytest.mark.parametrize("arguments", [["--limit", "4"], ["--only-known"]])
def test_at_a_terminal_all_that_was_asked_for(discover, text, arguments):
    result = mine("newwords", text, *arguments, terminals=["stdout"])
    assert result.out.count("\n") == 5
    assert "mine: 4 words, 1 of them known; -o FILE saves all\n" in result.err


@pytest.mark.parametrize("arguments", [["-f", "tsv"], ["-o", "-"], ["-o", "/dev/stdout"]])
def test_at_a_terminal_data_where_data_was_asked_for(discover, text, arguments):
    assert mine("newwords", text, *arguments, terminals=["stdout"]).out.startswith(HEADER)


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("a.tsv", HEADER),
        ("a.csv", "word,count,"),
        ("a.jsonl", '{"word": "中国"'),
        ("a.ndjson", '{"word": "中国"'),
        ("a.json", '[\n{"word": "中国"'),
        ("a.words", "中国\n内卷\n"),
        ("a.jieba", "中国 nz\n内卷 nz\n5G基站 nz\n"),
        ("a.hanlp", "中国 nz 90\n"),
        ("a.txt", HEADER),
        ("a.CSV", "word,count,"),
    ],
)
def test_the_format_is_taken_from_the_extension(discover, text, tmp_path, name, begin):
    target = tmp_path / name
    result = mine("newwords", text, "-o", target, "-q")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert target.read_text("utf-8").startswith(begin)


def test_what_jieba_cannot_match_is_counted(discover, text):
    result = mine("newwords", text, "-f", "jieba")
    assert result.out == "中国 nz\n内卷 nz\n5G基站 nz\n"
    assert result.err == "mine: a hint\nmine: 1 word left out: jieba cannot match their characters\n"


def test_frequencies_for_jieba(discover, text):
    assert mine("newwords", text, "-f", "jieba", "--freq").out == "中国 90 nz\n内卷 30 nz\n5G基站 20 nz\n"


def test_header_and_byte_order_mark(discover, text):
    assert mine("newwords", text, "--no-header").out.startswith("中国\t90")
    assert mine("newwords", text, "-f", "csv", "--bom").out.startswith("\ufeffword,count")


def test_summary(discover, text, tmp_path):
    summary = tmp_path / "summary.json"
    assert mine("newwords", text, "--summary-json", summary).code == 0
    written = json.loads(summary.read_text("utf-8"))
    assert written == {"arguments": ["newwords", str(text), "--summary-json", str(summary)], **SUMMARY}
    assert called_with(discover)[1]["hash_inputs"] is True


def test_no_word_is_a_header_and_fine(discover, text, monkeypatch):
    empty = {name: values[:0] for name, values in TABLE.items()}
    nothing = SUMMARY | {"words": 0, "known": 0}
    monkeypatch.setattr(
        discover, "discover", lambda *a, **k: SimpleNamespace(table=empty, summary=nothing, messages=[])
    )
    result = mine("newwords", text)
    assert (result.code, result.out, result.err) == (0, HEADER, "")
    shown = mine("newwords", text, terminals=["stdout"])
    assert shown.code == 0
    assert shown.err == "mine: 0 words, 0 of them known; shown: the first 0 unknown; -o FILE saves all\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["TEXT", "-f", "xls"], 2, "-f 'xls' is unknown: choose tsv, csv, jsonl, json, words, jieba, hanlp"),
        (["TEXT", "--bom"], 2, "--bom is for csv, and the format is tsv: pass -f csv"),
        (["TEXT", "--freq"], 2, "--freq is for jieba dictionaries, and the format is tsv: pass -f jieba"),
        (["TEXT", "--pmi", "2;4"], 2, "--pmi '2;4' is no list of numbers: write them as in --pmi 2,4,6"),
        (["TEXT", "--drop-known", "--only-known"], 2, "--drop-known and --only-known leave nothing: pass one of them"),
        (["-", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (
            ["TEXT", "-o", "words.tsv.gz"],
            2,
            "-o words.tsv.gz: compressed output is not written: leave -o out and pipe into a compressor",
        ),
        (["TEXT", "--summary-json", "-"], 2, "--summary-json needs a file: standard output is for the data"),
        (["missing.txt"], 3, "missing.txt: no such file: check the path"),
        (["TEXT", "-o", "no/words.tsv"], 4, "no/words.tsv: the folder 'no' does not exist: create it first"),
        (["TEXT", "-o", "TEXT"], 4, "TEXT: is also an input: choose another output file"),
        (["TEXT", "-o", "."], 4, ".: is a folder: name a file"),
        (
            ["TEXT", "-o", "new.tsv", "--summary-json", "old", "--no-overwrite"],
            4,
            "old: exists already and --no-overwrite was given: choose another output file",
        ),
        (
            ["TEXT", "-o", "new.tsv", "--summary-json", "new.tsv"],
            4,
            "new.tsv: is named for two outputs: choose two different files",
        ),
        (
            ["TEXT", "--known", "old", "-o", "old"],
            4,
            "old: is also an input: choose another output file",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused_before_any_work(discover, tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    Path("TEXT").write_text("中国", encoding="utf-8")
    Path("old").write_text("old", encoding="utf-8")
    result = mine("newwords", *arguments)
    assert (result.code, result.out, result.err) == (code, "", f"mine: error: {message}\n")
    assert discover.calls == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["TEXT", "old"]
    assert Path("old").read_text("utf-8") == "old"


def test_an_output_among_the_files_below_a_folder_is_refused(discover, tmp_path):
    (tmp_path / "a.txt").write_text("中国", encoding="utf-8")
    target = tmp_path / "words.tsv"
    assert mine("newwords", "-r", tmp_path, "-o", target).code == 0
    result = mine("newwords", "-r", tmp_path, "-o", target)
    assert result.code == 4
    assert result.err == f"mine: error: {target}: is also an input: choose another output file\n"


def test_no_argument_in_a_pipe_is_standard_input(discover):
    mine("newwords")
    assert called_with(discover)[0] == [Path("-")]


def test_lengths_that_leave_nothing(discover, text):
    result = mine("newwords", text, "--min-length", 4, "--max-length", 3)
    assert (result.code, result.err) == (
        2, "mine: error: --min-length 4 and --max-length 3 leave no word: raise the second\n",
    )  # fmt: skip


@pytest.mark.parametrize("blank", [" ", "\u3000", "\xa0"])
def test_characters_parted_by_blanks_are_said_to_be_that(tmp_path, blank):
    (tmp_path / "ocr.txt").write_text(
        "\n".join(blank.join(f"{chr(0x4E00 + n)}我们去公园，晚{chr(0x5E00 + n)}上回家。") for n in range(30)), "utf-8"
    )
    result = mine("newwords", tmp_path / "ocr.txt", "-f", "words")
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        "mine: nearly every character stands between blanks, as OCR writes them: words are found only where these are "
        r"taken out first: perl -CSD -pe 's/(?<=\p{Han})\h+(?=\p{Han})//g' FILE > NEW" + "\n"
    )
