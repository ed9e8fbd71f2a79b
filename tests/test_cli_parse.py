"""`mine parse` as a shell: formats, words, files beside the trees, what a terminal shows, and errors."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from commandline import mine, mine_process
from hanmine.cli.parse import options as spelled
from hanmine.formats.trees import read_trees
from hanmine.masking import options as masking
from hanmine.parsing import constituency, decoders, words
from hanmine.parsing import parser as parsing

TINY = Path(__file__).parent / "models" / "tiny-mlm"
TEXT = "我们的生活，很好。他们去了！\n\n我们 喜欢 a\n"
GOLD = """\
# sent_id = g-1
# text = 我们去了。
1\t我们\t_\tPRON\t_\t_\t2\t_\t_\tSpaceAfter=No
2\t去\t_\tVERB\t_\t_\t0\t_\t_\tSpaceAfter=No
3\t了\t_\tAUX\t_\t_\t2\t_\t_\tSpaceAfter=No
4\t。\t_\tPUNCT\t_\t_\t2\t_\t_\t_

# sent_id = g-2
# text = New York
1\tNew\t_\t_\t_\t_\t2\t_\t_\t_
2\tYork\t_\t_\t_\t_\t0\t_\t_\t_

"""


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "gold.conllu").write_text(GOLD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parse(*arguments, **streams):
    return mine("parse", *arguments, "--model", TINY, "-j", 1, **streams)


def sentences(text):
    return read_trees(text.split("\n"), "out")


def test_choices_are_those_of_the_methods():
    assert spelled.WORDS == words.WORDS
    assert spelled.TREES == parsing.TREES
    assert tuple(decoders.SPELLINGS) == spelled.DECODERS
    assert spelled.CONSTITUENCIES == constituency.CONSTITUENCIES
    assert spelled.PUNCTUATION == parsing.PUNCTUATION
    assert set(spelled.MATRIX_SCORES) == {"auto", *masking.SCORES} - {"relative"}
    assert spelled.TreeGroup.max_length == parsing.MAX_LENGTH


def test_conllu_in_a_pipe():
    result = parse("text.txt")
    assert (result.code, result.err) == (0, "")
    found = sentences(result.out)
    assert [sentence.id for sentence in found] == ["1-1", "1-2", "3"]
    assert [sentence.text for sentence in found] == ["我们的生活，很好。", "他们去了！", "我们 喜欢 a"]
    for sentence in found:
        assert sentence.heads.count(0) == 1
    rows = [line.split("\t") for line in result.out.splitlines() if line and line[0] != "#"]
    assert {len(row) for row in rows} == {10}
    assert {row[7] for row in rows} == {"dep", "root"}
    assert parse("text.txt", "--root", "search", "--decoder", "eisner", "-f", "conllu").out == result.out


def test_every_format_by_option_and_by_extension(files):
    for format, extension in (("conllu", "conllu"), ("brackets", "brackets"), ("jsonl", "jsonl"), ("jsonl", "ndjson")):
        result = parse("text.txt", "-f", format)
        assert (result.code, result.err) == (0, "")
        parse("text.txt", "-o", f"out.{extension}")
        assert (files / f"out.{extension}").read_text("utf-8") == result.out
    brackets = parse("text.txt", "-f", "brackets").out.splitlines()
    assert len(brackets) == 3
    result = mine_process("parse", "-", "--model", TINY, "-f", "brackets", input="（(a)）\n".encode())
    assert (result.code, re.findall(r"[^() ]+", result.out)) == (0, ["（", "-LRB-", "a", "-RRB-", "）", "\n"])
    assert re.fullmatch(
        r"mine: .*tiny-mlm: \d of 5 characters are not in the model's vocabulary and unknown to it\n", result.err
    )
    first = json.loads(parse("text.txt", "-f", "jsonl").out.splitlines()[0])
    assert list(first) == ["id", "text", "words", "heads"]


def test_constituents(files):
    result = parse("text.txt", "--constituency", "su")
    assert (result.code, result.err, len(result.out.splitlines())) == (0, "", 3)
    assert result.out == parse("text.txt", "--trees", "constituency", "--constituency", "su", "-f", "brackets").out
    assert parse("text.txt", "--trees", "constituency").out == parse("text.txt", "--constituency", "mart").out
    both = parse("text.txt", "--trees", "both")
    assert (
        re.findall(r"^# brackets = (.*)$", both.out, re.MULTILINE)
        == parse("text.txt", "--constituency", "mart").out.splitlines()
    )
    assert both.out == parse("text.txt", "--constituency", "mart", "--decoder", "eisner").out
    record = json.loads(parse("text.txt", "--trees", "both", "-f", "jsonl").out.splitlines()[1])
    assert list(record) == ["id", "text", "words", "heads", "brackets"]


def test_given_words_and_roots():
    result = mine_process("parse", "-", "--model", TINY, "--words", "given", "--root", "2",
                          input="我们 去 了\n\n很 好\n".encode())  # fmt: skip
    assert (result.code, result.err) == (0, "")
    found = sentences(result.out)
    assert [(sentence.id, sentence.words, sentence.root) for sentence in found] == [
        ("1", ["我们", "去", "了"], 2), ("3", ["很", "好"], 2),
    ]  # fmt: skip


def test_conllu_is_read_by_name_by_option_and_by_content(files):
    named = parse("gold.conllu", "--words", "given")
    assert named.err == ""
    found = sentences(named.out)
    assert [(sentence.id, sentence.words) for sentence in found] == [
        ("g-1", ["我们", "去", "了", "。"]), ("g-2", ["New", "York"]),
    ]  # fmt: skip
    assert "# text = New York\n" in named.out
    (files / "gold.txt").write_text("\n" + GOLD, encoding="utf-8")
    assert parse("gold.txt").out == named.out
    assert parse("gold.txt", "--input-format", "conllu").out == named.out
    assert parse("gold.conllu").out == named.out
    rooted = sentences(parse("gold.conllu", "--root", "given").out)
    assert [sentence.root for sentence in rooted] == [2, 2]
    # Words are found anew where that is asked for.
    assert sentences(parse("gold.conllu", "--words", "jieba").out)[0].id == "1"


def test_broken_conllu_names_the_line(files):
    (files / "bad.conllu").write_text(GOLD + "1\tx\n", encoding="utf-8")
    result = parse("gold.conllu", "bad.conllu")
    assert (result.code, result.err) == (
        3,
        "mine: error: bad.conllu:13: CoNLL-U has 10 columns between tabs, and not 2: '1 x': pass CoNLL-U, with a blank "
        "line between sentences\n",
    )


def test_columns_of_tables(files):
    (files / "t.csv").write_text("id,text\n1,我们去\n2,很好\n", encoding="utf-8")
    assert [sentence.text for sentence in sentences(parse("t.csv", "--column", "text").out)] == ["我们去", "很好"]


def test_matrices(files):
    result = parse("text.txt", "--matrix", "impact.npz")
    found = sentences(result.out)
    with np.load(files / "impact.npz") as stored:
        assert stored.files == ["words_1", "impact_1", "words_2", "impact_2", "words_3", "impact_3", "ids"]
        assert stored["ids"].tolist() == ["1-1", "1-2", "3"]
        for place, sentence in enumerate(found, 1):
            assert stored[f"words_{place}"].tolist() == sentence.words
            matrix = stored[f"impact_{place}"]
            assert matrix.dtype == np.float64
            assert (matrix.diagonal() == 0).all()
            heads = decoders.dependency_heads(matrix).tolist()
            assert parse("text.txt", "--punctuation", "words").code == 0
            assert len(heads) == len(sentence.words)
    first = (files / "impact.npz").read_bytes()
    parse("text.txt", "--matrix", "impact.npz", "-q")
    assert (files / "impact.npz").read_bytes() == first


def test_matrices_of_a_run_that_fails(files):
    result = mine_process("parse", "text.txt", "--model", TINY, "-j", 1, "--root", 5, "--matrix", "impact.npz")
    assert (result.code, result.out) == (2, "")
    assert result.err == "mine: error: sentence 1-2: --root 5: it has only 4 words\n"
    assert not (files / "impact.npz").exists()


def test_matrices_of_long_sentences(files):
    (files / "long.txt").write_text(" ".join(["我们"] * 30 + ["好"] * 10), encoding="utf-8")
    result = parse("long.txt", "--words", "given", "--matrix", "impact.npz", "-o", "out.conllu")
    assert result.err == (
        "mine: 1 sentence is longer than 62 characters: cut at punctuation, each part parsed by itself (--max-length)\n"
    )
    with np.load(files / "impact.npz") as stored:
        assert stored.files == ["words_1.1", "impact_1.1", "words_1.2", "impact_1.2", "ids"]
    assert len(sentences((files / "out.conllu").read_text("utf-8"))[0].words) == 40


def test_pictures(files):
    result = parse("text.txt", "--arcs", "tree.svg", "--sentence", 3, "-f", "brackets")
    assert (result.code, result.err) == (0, "")
    texts = [found.text for found in ElementTree.parse(files / "tree.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert texts[::2] == ["我们", "喜欢", "a"]
    (files / "latin.txt").write_text("we like it", encoding="utf-8")
    result = parse("latin.txt", "--heat-map", "map.png", "-o", "out.conllu")
    assert result.code == 0
    assert (files / "map.png").read_bytes().startswith(b"\x89PNG")
    result = parse("text.txt", "--arcs", "tree.svg", "--sentence", 4)
    assert (result.code, result.err) == (
        2, "mine: error: --sentence 4: the input has 3 sentences: pass the number of one\n",
    )  # fmt: skip


def test_a_terminal_shows_the_matrix_of_a_single_sentence(files):
    (files / "one.txt").write_text("我们去了。\n", encoding="utf-8")
    lines = parse("one.txt", terminals=["stdout"]).out.splitlines()
    assert lines[0].split() == ["1", "2", "3", "4"]
    assert lines[1].startswith("1 我们  ·")
    assert lines[5:7] == ["", "# sent_id = 1"]
    colours = parse("one.txt", terminals=["stdout"], variables={"TERM": "xterm-256color"}).out
    assert "\x1b[48;2;" in colours
    assert parse("text.txt", terminals=["stdout"]).out == parse("text.txt").out
    assert parse("one.txt", "-f", "conllu", terminals=["stdout"]).out == parse("one.txt").out


def test_the_summary(files):
    result = parse("text.txt", "--summary-json", "run.json", "-v", "-o", "out.conllu")
    summary = json.loads((files / "run.json").read_text("utf-8"))
    assert (summary["sentences"], summary["options"]["decoder"]) == (3, "eisner")
    assert summary["words"] == sum(len(s.words) for s in sentences((files / "out.conllu").read_text("utf-8")))
    assert summary["inputs"][0]["name"] == "text.txt"
    assert set(summary["timings"]) == {"load", "parse", "draw", "wall", "cpu"}
    assert summary["rows"] > 0
    assert summary["signature"].startswith("hanmine:")
    assert "|parse|model:tiny-mlm|" in summary["signature"]
    assert result.err.splitlines()[-1] == f"mine: {summary['signature']}"


def test_the_same_bytes_for_any_number_of_threads():
    assert mine("parse", "text.txt", "--model", TINY, "-j", 2, "--batch-tokens", 50).out == parse("text.txt").out


def test_options_reach_the_model():
    trees = {parse("text.txt", *given.split()).out for given in (
        "", "--score logprob", "--layer 1", "--distance cosine", "--context unmasked",
    )}  # fmt: skip
    assert len(trees) > 2
    assert parse("text.txt", "--layer", "99").code == 2


ERRORS = {
    "": "--model is missing: pass e5 (pip install 'hanmine[onnx,e5]') or the folder of a transformer",
    "--model M --root x": "--root 'x' is unknown: pass search, given or the number of a word from 1",
    "--model M --root 0": "--root '0' is unknown: pass search, given or the number of a word from 1",
    "--model M --root given": (
        "--root given takes the root from trees: pass CoNLL-U (--input-format conllu), or a number"
    ),
    "--model M --root 6": "sentence 1-2: --root 6: it has only 4 words",
    "--model M --stats x.npz": "--stats and --corpus are for --words segment: pass it, or leave them out",
    "--model M -f xml": "-f 'xml' is unknown: choose conllu, brackets, jsonl",
    "--model M --constituency su -f conllu": (
        "conllu holds dependency trees, with brackets beside them: pass --trees both, or -f brackets"
    ),
    "--model M --trees both -f brackets": (
        "a line of brackets holds one tree: pass --trees dependency or constituency, or -f jsonl"
    ),
    "--model M --constituency su --arcs a.svg": (
        "--arcs draws dependency trees: pass --trees dependency or both, or leave it out"
    ),
    "--model M --arcs a.png": "--arcs a.png: svg is written there, not png: name a file that ends with .svg",
    "--model M --matrix a.npy": "--matrix a.npy: npz is written there, not npy: name a file that ends with .npz",
    "--model M --matrix -": "--matrix needs a file: standard output is for the trees",
    "--model M --heat-map a.jpg": (
        "--heat-map a.jpg: pictures are png, svg or pdf: name a file with one of these extensions"
    ),
    "--model M -o a.conllu.gz": (
        "-o a.conllu.gz: compressed output is not written: leave -o out and pipe into a compressor"
    ),
    "--model M --scheme pairs": "--scheme pairs measures neighbours alone: for a matrix choose full or grouped",
}


@pytest.mark.parametrize("line", ERRORS)
def test_errors(line):
    result = mine("parse", "text.txt", *line.replace("M", str(TINY), 1).split())
    assert (result.code, result.out) == (2, "")
    assert result.err == f"mine: error: {ERRORS[line]}\n"


def test_outputs_are_checked_first(files):
    assert parse("text.txt", "-o", "text.txt").err == (
        "mine: error: text.txt: is also an input: choose another output file\n"
    )
    result = parse("text.txt", "-o", "a.conllu", "--matrix", "b.npz", "--arcs", "b.npz")
    assert result.code == 4
    (files / "b.npz").write_bytes(b"")
    result = parse("text.txt", "--matrix", "b.npz", "--no-overwrite")
    assert (result.code, "exists already" in result.err) == (4, True)


def test_no_sentences_are_no_fault(files):
    (files / "empty.txt").write_text("\n \n", encoding="utf-8")
    result = parse("empty.txt", "-o", "none.conllu", "--matrix", "none.npz")
    assert (result.code, result.err) == (0, "mine: empty.txt: holds no sentences\n")
    assert (files / "none.conllu").read_bytes() == b""
    assert np.load("none.npz").files == ["ids"]


@pytest.mark.parametrize("picture", [["--arcs", "a.svg"], ["--heat-map", "a.png"]])
def test_the_sentence_that_is_drawn_is_looked_for_before_the_work(files, picture):
    result = parse("text.txt", *picture, "--sentence", 4, "-o", "trees.conllu", "--matrix", "m.npz")
    assert (result.code, result.out) == (2, "")
    assert result.err == "mine: error: --sentence 4: the input has 3 sentences: pass the number of one\n"
    (files / "long.txt").write_text("我 " * 201, encoding="utf-8")
    result = parse("long.txt", "--words", "given", "--heat-map", "a.png", "-o", "trees.conllu")
    assert (result.code, result.err) == (
        2,
        "mine: error: --heat-map a.png: sentence 1 has 201 words, and a picture holds 200: draw another with "
        "--sentence N\n",
    )
    assert sorted(path.name for path in files.iterdir()) == ["gold.conllu", "long.txt", "text.txt"]


def test_a_font_that_is_none_is_told_before_the_work(files, monkeypatch):
    monkeypatch.setenv("HANMINE_FONT", "text.txt")
    result = parse("text.txt", "--heat-map", "a.png", "-o", "trees.conllu")
    assert (result.code, result.err) == (
        2,
        "mine: error: HANMINE_FONT=text.txt: is no font that can be read: name a .ttf, .otf or .ttc file\n",
    )
    assert sorted(path.name for path in files.iterdir()) == ["gold.conllu", "text.txt"]


def test_what_a_very_long_sentence_costs_is_told_first(files, monkeypatch):
    monkeypatch.setattr("hanmine.cli.parse.command.MANY_ROWS", 100)
    (files / "long.txt").write_text("我们去" * 20 + "\n" + "我们去" * 30, encoding="utf-8")
    result = parse("long.txt", "-o", "trees.conllu", "--scheme", "full")
    assert result.code == 0
    first, *others = result.err.splitlines()
    costs = "mine: sentence 1 has 40 words, parsed in 1 part by {} rows of the model, which takes long: "
    assert first == costs.format(820) + "--scheme grouped makes it less"
    assert not any("takes long" in line for line in others)
    first = parse("long.txt", "-o", "trees.conllu", "--group", 14).err.splitlines()[0]
    assert first == costs.format(105) + "a smaller --group makes it less"
    for options in ((), ("--scheme", "full", "--context", "unmasked")):
        assert "takes long" not in parse("long.txt", "-o", "trees.conllu", *options).err


def test_words_far_apart_are_masked_together(files):
    """The rows of a long sentence do not grow with it, unless all pairs are asked for."""
    (files / "long.txt").write_text("我们去" * 15, encoding="utf-8")
    parse("long.txt", "-o", "b.conllu", "--summary-json", "b.json")
    assert json.loads((files / "b.json").read_text(encoding="utf-8"))["rows"] == 36
    # Whoever looks at matrices wants all of them.
    for options, rows, read in ((["--group", 4], 10, False), (["--scheme", "grouped"], 36, False), ([], 465, True)):
        result = parse("long.txt", "-o", "a.conllu", "--matrix", "a.npz", "--summary-json", "a.json", *options)
        assert result.code == 0
        summary = json.loads((files / "a.json").read_text(encoding="utf-8"))
        assert summary["rows"] == rows
        assert summary["options"]["scheme"] == ("full" if read else "grouped")
        with np.load(files / "a.npz") as file:
            matrix = file["impact_1"]
        assert np.isfinite(matrix).all() == read
        said = "mine: matrices have no impact of words far apart: --scheme full reads all pairs\n"
        assert (said in result.err) is not read
        assert np.isfinite(matrix.diagonal(1)).all()
        assert np.isfinite(matrix.diagonal(-1)).all()


def test_characters_of_several_code_points_stay_whole(files):
    family, thumb, flags = "👨\u200d👩\u200d👧", "👍🏽", ["🇨🇳", "🇺🇸"]
    (files / "emoji.txt").write_text(f"今天{family}{flags[0]}{flags[1]}！\ufe0f cafe\u0301 行{thumb}", encoding="utf-8")
    result = parse("emoji.txt", "-f", "jsonl")
    words = [word for line in result.out.splitlines() for word in json.loads(line)["words"]]
    assert words == ["今天", family, *flags, "！\ufe0f", "cafe\u0301", "行", thumb]


def test_models_that_are_suggested_are_taken(files):
    for command in ("parse", "segment"):
        result = mine(command, "text.txt", "--model", "nowhere")
        assert result.code == 3
        assert result.err.endswith("copy its folder, or pass --model e5\n")


def test_result_and_gold():
    """The pipeline of the help: gold words are parsed and scored."""
    parsed = mine("parse", "gold.conllu", "--words", "given", "--model", TINY, "-o", "result.conllu")
    assert (parsed.code, parsed.err) == (0, "")
    result = mine("eval", "parse", "result.conllu", "gold.conllu")
    assert (result.code, result.err) == (0, "")
    header, *rows = [line.split("\t") for line in result.out.splitlines()]
    assert header == [
        "system", "uas", "uuas", "bracket_precision", "bracket_recall", "bracket_f1", "sentence_f1", "sentences",
        "words", "signature",
    ]  # fmt: skip
    assert [row[0] for row in rows] == ["result", "chain_right_branching", "chain_left_branching", "random"]
    assert [row[2] for row in rows[1:3]] == ["1.0000", "1.0000"]
    assert {row[8] for row in rows} == {"5"}
    table = mine("eval", "parse", "result.conllu", "gold.conllu", terminals=["stdout"]).out.splitlines()
    assert table[0].split() == header[:7]
    assert table[5] == "2 sentences, 5 words, punctuation out; brackets of the result derived, of gold derived"
    counted = mine("eval", "parse", "result.conllu", "gold.conllu", "--punctuation", "--max-words", 3, "-f", "jsonl")
    assert counted.err == "mine: 1 sentence is longer than --max-words 3 and left out\n"
    assert json.loads(counted.out.splitlines()[0])["words"] == 2


def test_other_words_are_told(files):
    (files / "other").write_text("(我们 去 啦 。)\n(New York)\n", encoding="utf-8")
    result = mine("eval", "parse", "other", "gold.conllu")
    assert (result.code, result.out) == (3, "")
    assert result.err == (
        "mine: error: other:1: sentence 1: word 3 is '啦', and '了' in gold.conllu:1: sentence g-1: parse the words of "
        "gold (mine parse GOLD.conllu --words given)\n"
    )


def test_forms_keep_their_blanks(files):
    rows = [("New York", 2, "_"), ("很\u3000大", 0, "SpaceAfter=No"), ("\xa0。", 2, "_")]
    lines = [f"{n}\t{form}\t_\t_\t_\t_\t{head}\t_\t_\t{misc}" for n, (form, head, misc) in enumerate(rows, 1)]
    (files / "blanks.conllu").write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    for format, trees in (("conllu", "both"), ("jsonl", "both"), ("brackets", "constituency")):
        result = parse("blanks.conllu", "--trees", trees, "-f", format, "-o", "result")
        assert (result.code, result.err) == (0, "")
        written = (files / "result").read_text("utf-8")
        assert [sentence.words for sentence in sentences(written)] == [[form for form, _, _ in rows]]
        scored = mine("eval", "parse", "result", "blanks.conllu")
        assert (scored.code, scored.err) == (0, "")
    parse("blanks.conllu", "-o", "result")
    assert "# text = New York 很\u3000大\xa0。\n1\tNew York\t" in (files / "result").read_text("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("option", ["--matrix", "-o", "--arcs", "--summary-json"])
def test_the_file_whose_disk_is_full_is_named(files, option):
    outputs = {"-o": "o.conllu", "--matrix": "m.npz", "--arcs": "a.svg", "--summary-json": "s.json"}
    (files / outputs[option]).symlink_to("/dev/full")
    result = parse("text.txt", "-q", *(argument for pair in outputs.items() for argument in pair))
    assert (result.code, result.err) == (
        4,
        f"mine: error: {outputs[option]}: No space left on device: make room there, or write to another place\n",
    )
    assert not [path.name for path in files.iterdir() if path.name.startswith(".mine-")]
