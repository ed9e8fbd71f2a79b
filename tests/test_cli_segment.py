"""`mine segment` as a shell: formats, which method and why, where statistics come from, pipes and errors."""

import gzip
import io
import json
import os
import random
import re
import signal
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from commandline import clean_environment, command_line, mine, mine_process
from hanmine.cli import options as shared
from hanmine.cli.segment import options as catalogue
from hanmine.encoder import backends
from hanmine.masking import options as masking
from hanmine.segmentation import method, options

TINY = Path(__file__).parent / "models" / "tiny-mlm"
WORDS = [
    "春风",
    "阳光",
    "图书馆",
    "老人",
    "的",
    "在",
    "看",
    "报纸",
    "河水",
    "工作",
    "北京",
    "大学",
    "学生",
    "和",
    "科学技术",
]
ODD = [
    "",
    "我用Python 3写 code。",
    "  两头有空格 ",
    "👍🏽👨‍👩‍👧",
    "臺灣大學的學生",
    "\u3000",
    "１９９８年３月，GDP增长3.5%。",
]
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


def made_lines(count: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(WORDS, k=chance.randint(3, 12))) + "。" for _ in range(count)]


LINES = [*made_lines(120), *ODD, *made_lines(30, 2)]


def joined_again(line: str) -> str:
    """The line of the text that a line of words stands for, as docs/segment.md has it."""
    return re.sub(r" (\s+) | ", r"\1", f" {line} ")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A text, gap scores for it, and nothing that is installed."""
    (tmp_path / "text.txt").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8", newline="")
    offsets = np.cumsum([0, *(max(0, len(line) - 1) for line in LINES)])
    np.savez(tmp_path / "gaps.npz", scores=np.random.default_rng(5).normal(size=offsets[-1]), offsets=offsets)
    monkeypatch.setattr(method, "installed_model", lambda: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_text_in_a_pipe(files):
    result = mine("segment", "text.txt")
    assert (result.code, result.err) == (0, "mine: method nvbe (no model was given, and e5 is not installed)\n")
    assert [joined_again(line) for line in result.out.split("\n")] == [*LINES, ""]
    assert "Python   3 写" in result.out
    assert "１９９８年 ３月 ， GDP 增长 3.5% 。" in result.out
    piped = mine_process("segment", "--method", "nvbe", input=(files / "text.txt").read_bytes(), cwd=files)
    assert (piped.code, piped.out, piped.err) == (0, result.out, "mine: method nvbe\n")
    assert mine("segment", "text.txt", "-q").err == ""


def test_line_ends_and_packed_and_other_encodings(files):
    plain = mine("segment", "text.txt").out
    lines = [line for line in LINES if "👍" not in line]
    (files / "windows.txt").write_bytes("\r\n".join(lines).encode("gb18030"))
    windows = mine("segment", "windows.txt", "--stats", _statistics(files))
    assert windows.out == "".join(f"{line}\n" for line in plain.split("\n")[:-1] if "👍" not in line)
    (files / "packed.gz").write_bytes(gzip.compress((files / "text.txt").read_bytes()))
    assert mine("segment", "packed.gz").out == plain
    with_mark = b"\xef\xbb\xbf" + (files / "text.txt").read_bytes().rstrip(b"\n")
    (files / "marked.txt").write_bytes(with_mark)
    assert mine("segment", "marked.txt").out == plain


def _statistics(files):
    mine("segment", "text.txt", "--save-stats", "whole.npz", "-o", os.devnull, "-q")
    return files / "whole.npz"


def test_every_format(files):
    text = mine("segment", "text.txt", "-q").out.splitlines()
    words = [re.findall(r"\S+", line) for line in text]
    records = [json.loads(line) for line in mine("segment", "text.txt", "-f", "jsonl", "-q").out.splitlines()]
    assert [record["text"] for record in records] == LINES
    for record, visible in zip(records, words, strict=True):
        assert list(record) == ["text", "words", "offsets", "scores"]
        assert "".join(record["words"]) == record["text"]
        assert [record["text"][start:end] for start, end in record["offsets"]] == record["words"]
        assert [word for word in record["words"] if word.strip()] == visible
        assert len(record["scores"]) == max(0, len(record["words"]) - 1)
    assert any(score is None for score in records[0]["scores"])
    assert all(score is None or score >= 0 for record in records for score in record["scores"])
    rows = mine("segment", "text.txt", "-f", "bmes", "-q").out.split("\n\n")
    tags = [[row.split("\t") for row in block.lstrip("\n").split("\n") if row] for block in rows]
    assert "".join(character for block in tags for character, _ in block) == "".join(LINES)
    first = "".join(tag for _, tag in tags[0])
    assert first == "".join("S" if len(w) == 1 else "B" + "M" * (len(w) - 2) + "E" for w in records[0]["words"])
    slashed = mine("segment", "text.txt", "--delimiter", "/", "-q").out.splitlines()
    assert [line.replace("/", "") for line in slashed] == LINES
    for name in ("out.jsonl", "out.bmes", "out.txt", "out.weird"):
        mine("segment", "text.txt", "-o", name, "-q")
    assert (files / "out.txt").read_text("utf-8") == (files / "out.weird").read_text("utf-8") == "\n".join([*text, ""])
    assert json.loads((files / "out.jsonl").read_text("utf-8").splitlines()[0]) == records[0]
    assert (files / "out.bmes").read_text("utf-8").split("\n\n") == rows


def test_a_delimiter_that_the_text_holds(files):
    (files / "slash.txt").write_text("春风/阳光\n北京\n", encoding="utf-8")
    result = mine("segment", "slash.txt", "--delimiter", "/")
    assert result.err.splitlines()[-1] == (
        "mine: 1 line holds the delimiter '/' itself: pass another --delimiter if words are to be joined again"
    )


def test_columns_of_tables(files):
    rows = "".join(json.dumps({"id": k, "a": {"b": line}}, ensure_ascii=False) + "\n" for k, line in enumerate(LINES))
    (files / "table.jsonl").write_text(rows + '{"id": 9}\n', encoding="utf-8")
    result = mine("segment", "table.jsonl", "--column", "a.b")
    assert result.out == mine("segment", "text.txt").out + "\n"
    assert "mine: 1 record has no text in the column: read as empty sentences" in result.err
    (files / "table.csv").write_text('n,text\n1,"春风\n阳光"\n2,北京\n', encoding="utf-8")
    assert mine("segment", "table.csv", "--column", "text", "-q").out.count("\n") == 2
    (first, _) = mine("segment", "table.csv", "--column", "text", "-f", "jsonl", "-q").out.splitlines()
    assert json.loads(first)["text"] == "春风\n阳光"


def test_the_same_bytes_for_any_number_of_threads(files):
    common = ["segment", "text.txt", "--model", TINY, "-f", "jsonl"]
    one, three = mine(*common, "-j", 1), mine(*common, "-j", 3)
    assert (one.code, one.out) == (0, three.out)
    assert one.err.splitlines()[0] == f"mine: method combined with {TINY} (a model was given)"


def test_which_method_auto_takes(files, monkeypatch):
    by_gaps = mine("segment", "text.txt", "--gaps", "gaps.npz")
    assert by_gaps.err == "mine: method combined with gaps.npz (gap scores were given)\n"
    monkeypatch.setattr(method, "installed_model", lambda: str(TINY))
    taken = mine("segment", "text.txt")
    assert taken.err.startswith(f"mine: method combined with {TINY} (no model was given, and {TINY} is installed)\n")
    assert taken.out == mine("segment", "text.txt", "--model", TINY).out
    monkeypatch.setattr(method, "INSTALLED_LIMIT", 100)
    long = mine("segment", "text.txt")
    assert "mine: method nvbe (" in long.err
    assert "characters are more than the 100 for which" in long.err
    assert long.out == mine("segment", "text.txt", "--method", "nvbe").out
    named = mine("segment", "text.txt", "--method", "combined")
    assert named.out == taken.out


def test_scores_that_are_kept(files):
    whole = mine("segment", "text.txt", "--model", TINY, "--save-gaps", "kept.npz", "--save-stats", "kept.stats.npz")
    again = mine("segment", "text.txt", "--gaps", "kept.npz", "--stats", "kept.stats.npz")
    assert again.out == whole.out
    none = mine("segment", "text.txt", "--save-gaps", "none.npz")
    assert none.code == 2
    assert (
        "--save-gaps: there are no gap scores (no model was given, and e5 is not installed): pass --model" in none.err
    )
    lambdas = [
        mine("segment", "text.txt", "--model", TINY, "--gaps", "gaps.npz", "--lambda", value, "--lambda", "0").out
        for value in ("0.5", "auto", "0")
    ]
    assert lambdas[2] == mine("segment", "text.txt", "--method", "nvbe").out
    assert lambdas[0] != lambdas[2]
    probed, not_probed = (mine("segment", "text.txt", "--model", TINY, option) for option in ("--probe", "--no-probe"))
    assert probed.out == whole.out != not_probed.out
    refused = mine("segment", "text.txt", "--model", TINY, "--method", "masking", "--probe")
    assert (refused.code, "--probe learns from words of statistics and a model" in refused.err) == (2, True)


def test_masking_and_its_thresholds(files):
    common = ["segment", "text.txt", "--method", "masking", "--gaps", "gaps.npz"]
    counts = [len(mine(*common, "--threshold", value, "-q").out.split()) for value in ("-9", "q.20", "q.80", "9")]
    assert counts == sorted(counts)
    assert counts[0] < counts[1] < counts[3]
    assert mine(*common).code == 0
    su = mine("segment", "text.txt", "--model", TINY, "--preset", "su2020", "-v")
    assert "tiny-mlm:dist,2,euclidean,pairs,masked" in su.err
    assert "|threshold:8|without:characters,digits,numerals,dates,latin,punctuation" in su.err


def test_corpora(files):
    (files / "more.txt").write_text("\n".join(made_lines(200, 8)), encoding="utf-8")
    own = mine("segment", "text.txt").out
    added = mine("segment", "text.txt", "--corpus-add", "more.txt")
    alone = mine("segment", "text.txt", "--corpus", "more.txt", "--corpus", "more.txt")
    assert len({own, added.out, alone.out}) >= 2
    assert {added.code, alone.code} == {0}
    (files / "words.txt").write_text("春风阳 9 n\n", encoding="utf-8")
    (files / "one.txt").write_text("春风阳光\n", encoding="utf-8")
    assert mine("segment", "one.txt", "--user-dict", "words.txt", "-q").out == "春风阳 光\n"


def test_rules_have_switches(files):
    (files / "one.txt").write_text("３.５％的GDP——２月\n", encoding="utf-8")
    ruled = mine("segment", "one.txt", "-q").out.split()
    assert {"３.５％", "GDP", "——", "２月"} <= set(ruled)
    switches = [f"--no-{name}" for name in catalogue.RULES]
    free = mine("segment", "one.txt", "--method", "masking", "--gaps", _ones(files, 12), "--threshold", "2", *switches)
    assert free.out.split() == list("３.５％的GDP——２月")


def _ones(files, characters):
    np.savez(files / "ones.npz", scores=np.ones(characters - 1), offsets=[0, characters - 1])
    return files / "ones.npz"


def test_the_summary(files):
    mine("segment", "text.txt", "--model", TINY, "-o", "out.txt", "--summary-json", "run.json", "-q")
    summary = json.loads((files / "run.json").read_text("utf-8"))
    assert (summary["method"], summary["reason"]) == ("combined", "a model was given")
    assert (summary["lines"], summary["characters"]) == (len(LINES), sum(map(len, LINES)))
    assert summary["words"] == len(re.findall(r"\S+", (files / "out.txt").read_text("utf-8"))) + sum(
        len(re.findall(r"\s+", line)) for line in LINES
    )
    source, probe = summary["sources"]
    assert source["lambda"] >= 0
    assert (probe["name"], probe["layers"]) == ("probe", [1])
    assert source["layer"] == "head"
    assert summary["calibration"]["gaps"] > 200
    assert summary["inputs"][0]["name"] == "text.txt"
    assert len(summary["inputs"][0]["sha256"]) == 64
    assert {"load", "read", "statistics", "masking", "calibrate", "segment", "wall", "cpu"} <= summary["timings"].keys()
    assert summary["arguments"][:2] == ["segment", "text.txt"]


def test_a_terminal_hears_how_fast_it_was(files):
    result = mine("segment", "text.txt", terminals=["stderr"], variables={"TERM": "dumb"})
    assert re.search(r"words in 157 lines, [\d,]+ characters, in [\d.]+ s \([\d,]+ characters/s\)\n", result.err)
    assert mine("segment", terminals=["stdin"]).err.splitlines()[-1] == "More: mine segment --help"


def test_long_lines_and_no_lines(files):
    line = "".join(made_lines(1, 4)[0].rstrip("。") for _ in range(1)) * 9000
    (files / "long.txt").write_text(f"{line[:100_000]}\n\n", encoding="utf-8")
    out = mine("segment", "long.txt", "-q").out
    assert out.replace(" ", "") == f"{line[:100_000]}\n\n"
    (files / "empty.txt").write_bytes(b"")
    for extra in ([], ["-f", "jsonl"], ["-f", "bmes"], ["--model", str(TINY)]):
        assert (mine("segment", "empty.txt", "-q", *extra).code, mine("segment", "empty.txt", "-q", *extra).out) == (
            0,
            "",
        )
    told = mine("segment", "-", "--model", TINY).err.splitlines()
    assert told[1:] == ["mine: <stdin>: holds no text"]
    (files / "blank.txt").write_bytes(b"\n\n")
    for name, out in (("empty.txt", ""), ("blank.txt", "\n\n")):
        result = mine("segment", name, "--method", "nvbe")
        assert (result.code, result.out, result.err) == (0, out, f"mine: method nvbe\nmine: {name}: holds no text\n")


@pytest.mark.parametrize("format", ["text", "bmes", "jsonl"])
def test_lines_that_are_held_in_pieces(files, monkeypatch, format):
    """Where a line is cut up to be held, a word ends; all else is as of the line whole."""
    long = "春风阳光图书馆，" * 9
    lines = [long, "", "好", f"{long}  x", long + "老人"]
    (files / "long.txt").write_bytes("\r\n".join(lines).encode())
    command = ("segment", "long.txt", "--method", "nvbe", "--corpus", "text.txt", "-f", format)
    whole = mine(*command)
    for module in ("line_spool", "pipeline"):
        monkeypatch.setattr(f"hanmine.segmentation.{module}.LONGEST", 24)  # three times the sentence
    assert mine(*command).out == whole.out
    if format == "text":
        assert [joined_again(line) for line in whole.out.split("\n")[:-1]] == lines
        clash = mine(*command, "--delimiter", "阳").err
        assert "3 lines hold the delimiter" in clash


def test_bytes_that_are_no_text(files):
    whole = "春风阳光".encode()
    (files / "cut.txt").write_bytes(whole[:-1])
    result = mine("segment", "cut.txt")
    assert result.code == 3
    assert result.err.startswith("mine: error: cut.txt: byte 9")
    replaced = mine("segment", "cut.txt", "--errors", "replace", "-q")
    assert replaced.code == 0
    assert replaced.out.replace(" ", "") == "春风阳\ufffd\n"


def _without_head(folder: Path) -> Path:
    """The tiny model as an encoder."""
    from safetensors.numpy import load_file, save_file

    folder.mkdir()
    for name in ("config.json", "vocab.txt"):
        (folder / name).write_bytes((TINY / name).read_bytes())
    tensors = load_file(TINY / "model.safetensors")
    save_file({k: v for k, v in tensors.items() if "cls." not in k and "head" not in k}, folder / "model.safetensors")
    return folder


def test_a_model_without_a_head(files):
    folder = _without_head(files / "encoder")
    assert mine("segment", "text.txt", "--model", folder, "-q").code == 0
    result = mine("segment", "text.txt", "--model", folder, "--score", "logprob")
    assert (result.code, result.out) == (2, "")
    assert "--score logprob: " in result.err
    assert "has no head of a masked language model" in result.err


def _damaged(files):
    np.savez(files / "short.npz", scores=np.zeros(5), offsets=[0, 5])
    np.savez(files / "lines.npz", scores=np.zeros(7), offsets=[0, *[7] * len(LINES)])
    np.savez(files / "unnamed.npz", values=np.zeros(5))
    np.savez(files / "falling.npz", scores=np.zeros(5), offsets=[0, 7, 5])
    np.save(files / "plain.npy", np.zeros(5))
    np.savez(files / "large.npz", scores=[0, 1e300, 0], offsets=[0, 3])
    whole = io.BytesIO()
    np.save(whole, np.ones(1))
    with np.load(files / "gaps.npz") as arrays:
        np.savez(files / "cut.npz", **arrays)
    for name, member, content in (
        ("cut.npz", "shares.npy", whole.getvalue()[:-1]),
        ("mixed.npz", "scores.npy", b"scores"),
        ("mixed.npz", "offsets.npy", whole.getvalue()),
    ):
        with zipfile.ZipFile(files / name, "a") as archive:
            archive.writestr(member, content)
    (files / "garbage.npz").write_bytes(b"PK\x03\x04" + bytes(range(256)))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.txt"], 3, "nowhere.txt: no such file: check the path"),
        (["text.txt", "-f", "xml"], 2, "-f 'xml' is unknown: choose text, jsonl, bmes"),
        (["text.txt", "-f", "jsonl", "--delimiter", "/"], 2, "--delimiter is for text, and the format is jsonl"),
        (["text.txt", "--delimiter", ""], 2, "--delimiter needs at least one character, and no line break"),
        (["text.txt", "-o", "out.gz"], 2, "-o out.gz: compressed output is not written"),
        (["text.txt", "-o", "text.txt"], 4, "text.txt: is also an input: choose another output file"),
        (["text.txt", "--gaps", "gaps.npz", "-o", "gaps.npz"], 4, "gaps.npz: is also an input"),
        (["text.txt", "-o", "a", "--save-stats", "a"], 4, "a: is named for two outputs: choose two different files"),
        (["text.txt", "--summary-json", "-"], 2, "--summary-json needs a file: standard output is for the words"),
        (["text.txt", "--save-stats", "/dev/stdout"], 2, "--save-stats needs a file"),
        (["text.txt", "-o", "no/where.txt"], 4, "no/where.txt: the folder 'no' does not exist: create it first"),
        (["text.txt", "--gaps", "nowhere.npz"], 3, "nowhere.npz: no such file: check the path"),
        (["text.txt", "--gaps", "short.npz"], 3, f"short.npz: has scores of 1 lines, and the text has {len(LINES)}"),
        (["text.txt", "--gaps", "lines.npz"], 3, "lines.npz: line 1 has 7 scores, and "),
        (["text.txt", "--gaps", "unnamed.npz"], 3, "unnamed.npz: has no array 'scores': write it with numpy.savez"),
        (["text.txt", "--gaps", "falling.npz"], 3, "falling.npz: offsets must rise to 5, the number of scores"),
        (["text.txt", "--gaps", "plain.npy"], 3, "plain.npy: is no .npz archive: write it with numpy.savez"),
        (["text.txt", "--gaps", "garbage.npz"], 3, "garbage.npz: the archive is damaged ("),
        (["text.txt", "--gaps", "mixed.npz"], 3, "mixed.npz: array 'scores': is no npy array: write it with numpy"),
        (["text.txt", "--gaps", "cut.npz"], 3, "cut.npz: array 'shares': is cut short: write it with numpy.savez"),
        (["text.txt", "--gaps", "large.npz"], 3, "large.npz: score 1 is 1e+300: divide all by their scale"),
        (["text.txt", "--gaps", "text.txt"], 3, "text.txt: is no .npz archive: write it with numpy.savez"),
        (["text.txt", "--stats", "garbage.npz"], 3, "garbage.npz: the archive is damaged ("),
        (["text.txt", "--stats", "nowhere.npz"], 3, "nowhere.npz: no such file"),
        (["text.txt", "--association", "1e308"], 2, "--association 1e+308 is out of range: give 0 to 1,000,000"),
        (["text.txt", "--gaps", "gaps.npz", "--lambda", "1e308"], 2, "--lambda 1e308 is out of range: give 0 to 1,000"),
        (["text.txt", "--stats", "a", "--corpus", "text.txt"], 2, "--stats are statistics already"),
        (["text.txt", "--corpus", "nowhere.txt"], 3, "nowhere.txt: no such file: check the path"),
        (["text.txt", "--user-dict", "nowhere.txt"], 3, "nowhere.txt: no such file: check the path"),
        (["text.txt", "--method", "masking"], 2, "--method masking needs a model: pass --model FOLDER"),
        (["text.txt", "--preset", "su2020"], 2, "--method masking needs a model: pass --model FOLDER"),
        (["text.txt", "--method", "nvbe", "--model", "e5"], 2, "--model is for masking and combined: leave it out"),
        (["text.txt", "--threshold", "q.x"], 2, "--threshold 'q.x' is none: write a score such as 8"),
        (["text.txt", "--lambda", "x"], 2, "--lambda 'x' is no weight: write a number from 0"),
        (["text.txt", "--model", "nowhere/model"], 3, "nowhere/model: is neither a folder nor a model"),
        (["text.txt", "--model", "use"], 2, "--model use is no transformer"),
        (["text.txt", "--gaps", "gaps.npz", "--lambda", "1", "--lambda", "2"], 2, "--lambda is given 2 times for 1 "),
        (["text.txt", "--method", "masking", "--lambda", "1"], 2, "--lambda weighs gap scores beside word scores"),
        (["text.txt", "--scheme", "full", "--group", "4"], 2, "--group is for --scheme grouped, not for full"),
    ],
)  # fmt: skip
def test_errors(files, arguments, code, message):
    _damaged(files)
    before = sorted(path.name for path in files.iterdir())
    result = mine("segment", *arguments)
    last = result.err.splitlines()[-1]
    assert (result.code, result.out) == (code, ""), result.err
    assert last.startswith(f"mine: error: {message}"), last
    assert sorted(path.name for path in files.iterdir()) == before


def test_what_exists_is_not_replaced(files):
    result = mine("segment", "text.txt", "-o", "gaps.npz", "--no-overwrite")
    assert (result.code, result.err.split(":")[2].strip()) == (4, "gaps.npz")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk(files):
    with Path("/dev/full").open("wb") as full:
        result = mine_process("segment", "text.txt", "--method", "nvbe", "-q", stdout=full, cwd=files)
    assert (result.code, result.err.split(": ")[2]) == (4, "standard output")


@posix
def test_a_closed_pipe(files):
    (files / "much.txt").write_text("\n".join(made_lines(20_000)), encoding="utf-8")
    command = command_line("segment", "much.txt", "--method", "nvbe", "-q", "-f", "jsonl")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(), cwd=files
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == -signal.SIGPIPE


def test_variables_are_options(files, monkeypatch):
    monkeypatch.setenv("MINE_SEGMENT_DELIMITER", "|")
    assert "。|" not in mine("segment", "text.txt", "-q").out.split("\n")[0]
    assert "|" in mine("segment", "text.txt", "-q").out


def test_the_catalogues_are_those_of_the_rooms():
    assert catalogue.METHODS == options.METHODS
    assert catalogue.RULES == options.RULES
    assert ("auto", *masking.SCORES) == shared.SCORES
    assert ("auto", *masking.SCHEMES) == shared.SCHEMES
    assert ("auto", *masking.CONTEXTS) == shared.CONTEXTS
    assert shared.DISTANCES == masking.DISTANCES
    assert (backends.BACKENDS, backends.PRECISIONS) == (shared.BACKENDS, shared.PRECISIONS)


def test_a_carriage_return_alone_is_kept(files):
    (files / "cr.txt").write_bytes("今天\r天气\r\n\r我们\r\r\n".encode())
    result = mine("segment", "cr.txt", "--method", "nvbe", "--delimiter", "/")
    assert [line.replace("/", "") for line in result.out.split("\n")] == ["今天\r天气", "\r我们\r", ""]
    assert len(mine("segment", "cr.txt", "--method", "nvbe", "-f", "bmes").out.splitlines()) == 11
    (files / "cr.csv").write_bytes('text\n"今天\r\n天气\r。"\n'.encode())
    result = mine("segment", "cr.csv", "--column", "text", "--method", "nvbe", "--delimiter", "/")
    assert result.out.replace("/", "") == "今天  天气 。\n"
