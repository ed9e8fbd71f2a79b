"""Files of results: an extension chooses the format, of every command and every option that names an output."""

import numpy as np
import pytest

from commandline import mine

TABLES = "tsv, csv, jsonl, json"
VECTORS = "npy, npz, safetensors, parquet, word2vec, word2vec-binary"
# Of each command what it needs, and the formats that it writes.
COMMANDS = {
    "newwords text.txt": f"{TABLES}, words, jieba, hanlp",
    "ngrams show text.txt": TABLES,
    "segment text.txt": "text, jsonl, bmes",
    "parse text.txt --model M": "conllu, brackets, jsonl",
    "encode text.txt --model M": VECTORS,
    "whiten v.npy": VECTORS,
    "whiten apply v.npy --map m.safetensors": VECTORS,
    "whiten inspect v.npy": TABLES,
    "similar v.npy --self": TABLES,
    "cluster links.txt": f"{TABLES}, tree, ftree, clu, net, gexf, graphml, nwk",
    "eval words text.txt text.txt": TABLES,
    "eval segmentation text.txt text.txt": TABLES,
    "eval partition links.txt links.txt": TABLES,
    "eval clusters links.txt text.txt": TABLES,
    "eval parse text.txt text.txt": TABLES,
    "eval similarity text.txt --model M": TABLES,
}


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("今天天气不错\n", encoding="utf-8")
    (tmp_path / "links.txt").write_text("1 2\n2 3\n", encoding="utf-8")
    np.save(tmp_path / "v.npy", np.eye(4))
    (tmp_path / "m.safetensors").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_format_that_a_command_does_not_write_is_refused(command, files):
    before = sorted(files.iterdir())
    for name, format in {"x.xlsx": "xlsx", "X.HTML": "html", "x.png": "png", "x.dic": "dic", "x.md": "md"}.items():
        result = mine(*command.split(), "-o", name)
        assert (result.code, result.out, result.err) == (
            2, "",
            f"mine: error: -o {name}: this command does not write {format}: pass -f, one of {COMMANDS[command]}\n",
        )  # fmt: skip
    other = "out.npy" if COMMANDS[command] != VECTORS else "out.tsv"
    assert f"-o {other}: this command does not write {other[4:]}" in mine(*command.split(), "-o", other).err
    assert sorted(files.iterdir()) == before


OPTIONS = {
    "newwords text.txt --summary-json s.tsv": "json is written there, not tsv: name a file that ends with .json",
    "segment text.txt --save-stats s.npy": "npz is written there, not npy: name a file that ends with .npz",
    "segment text.txt --save-gaps g.txt": "npz is written there, not txt: name a file that ends with .npz",
    "parse text.txt --model M --matrix m.csv": "npz is written there, not csv: name a file that ends with .npz",
    "parse text.txt --model M --arcs a.html": "svg is written there, not html: name a file that ends with .svg",
    "whiten v.npy -o w.npy --save-map m.npz": (
        "safetensors is written there, not npz: name a file that ends with .safetensors"
    ),
    "whiten fit v.npy -o m.npz": "safetensors is written there, not npz: name a file that ends with .safetensors",
    "whiten v.npy -o w.npy --export npz:m.npy": "npz is written there, not npy: name a file that ends with .npz",
    "eval similarity text.txt --vectors v.npy --tune text.txt --save-map m.bin": (
        "safetensors is written there, not word2vec-binary: name a file that ends with .safetensors"
    ),
    "cluster links.txt --memberships m.xlsx": (
        "tsv, csv, jsonl or json is written there, not xlsx: name a file that ends with .tsv, .csv, .jsonl or .json"
    ),
    "cluster links.txt --modules m.parquet": (
        "tsv, csv, jsonl or json is written there, not parquet: name a file that ends with .tsv, .csv, .jsonl or .json"
    ),
    "cluster links.txt --plot m.html": "pictures are png, svg or pdf: name a file with one of these extensions",
    "whiten inspect v.npy --plot m": "pictures are png, svg or pdf: name a file with one of these extensions",
}


@pytest.mark.parametrize("command", OPTIONS)
def test_the_same_of_further_files(command, files):
    before = sorted(files.iterdir())
    result = mine(*command.split())
    *_, option, file = command.replace(" npz:", " ").split()
    option = {"--export": "--export npz"}.get(option, option)
    file = file.removeprefix("npz:")
    assert (result.code, result.err) == (2, f"mine: error: {option} {file}: {OPTIONS[command]}\n")
    assert sorted(files.iterdir()) == before


def test_what_says_nothing_gets_the_default_and_people_are_told(files):
    for name, says in {"words": "no extension", "words.OUT": ".out", "words.txt": ".txt", "a.2024": ".2024"}.items():
        shown = mine("newwords", "text.txt", "-o", name, terminals=["stderr"]).err
        assert shown.startswith(f"mine: -o {name}: {says} names no format: tsv is written\n")
        assert (files / name).read_bytes().startswith(b"word\tcount\t")
        assert "names no format" not in mine("newwords", "text.txt", "-o", name).err
        assert "names no format" not in mine("newwords", "text.txt", "-o", name, "-f", "csv", terminals=["stderr"]).err
        assert (files / name).read_bytes().startswith(b"word,count,")
    told = mine("segment", "text.txt", "-o", "a.txt", "--save-stats", "b.stats", terminals=["stderr"]).err
    assert told.startswith("mine: --save-stats b.stats: .stats names no format: npz is written\n")
    assert "a.txt" not in told
    assert mine("newwords", "text.txt", "-o", "x.xlsx", "-f", "csv").code == 0  # whoever says so means it


@pytest.mark.parametrize(("name", "begin"), [("w.tab", b"word\tcount"), ("w.NDJSON", b""), ("w.csv", b"word,count")])
def test_known_extensions(files, name, begin):
    assert mine("newwords", "text.txt", "-o", name).code == 0
    assert (files / name).read_bytes().startswith(begin)
