"""Vectors in text: JSON Lines, CSV and plain numbers, as other tools write them; names that are no UTF-8."""

import json
import pickle
import shlex
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from commandline import mine
from hanmine.errors import InputError, UsageError
from hanmine.formats.vectors import open_vectors

ROWS = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
NAMES = [f"词,{number}" for number in range(20)]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(name, **options):
    with open_vectors([name], **options) as vectors:
        return vectors.inputs[0]["format"], vectors.names, vectors.rows(0, vectors.shape[0]), vectors.messages


def frame(**columns):
    return pd.DataFrame({**columns, **{f"x{place}": ROWS[:, place] for place in range(5)}})


WRITERS = {
    "savetxt": lambda file: np.savetxt(file, ROWS),
    "savetxt with a header": lambda file: np.savetxt(file, ROWS, header="two lines\n1 2 3"),
    "savetxt with commas": lambda file: np.savetxt(file, ROWS, delimiter=","),
    "pandas": lambda file: pd.DataFrame(ROWS).to_csv(file),
    "pandas without an index": lambda file: pd.DataFrame(ROWS).to_csv(file, index=False),
    "pandas with names of columns": lambda file: frame().to_csv(file, index=False),
    "polars": lambda file: pl.DataFrame(ROWS).write_csv(file),
    "a JSON array a line": lambda file: file.write_text("".join(f"{json.dumps(row.tolist())}\n" for row in ROWS)),
    "Windows": lambda file: file.write_bytes(b"".join(f"{json.dumps(row.tolist())}\r\n".encode() for row in ROWS)),
}
NAMED = {
    "pandas with names of rows": lambda file: pd.DataFrame(ROWS, index=NAMES).to_csv(file),
    "a column of names": lambda file: frame(word=NAMES).to_csv(file),
    "tabs": lambda file: frame(word=NAMES).to_csv(file, sep="\t", index=False),
    "a byte order mark": lambda file: frame(word=NAMES).to_csv(file, encoding="utf-8-sig", index=False),
    "a column of arrays": lambda file: pd.DataFrame(
        {"text": NAMES, "embedding": [json.dumps(row.tolist()) for row in ROWS], "score": 1.5}
    ).to_csv(file),
    "JSON objects": lambda file: pd.DataFrame(
        {"id": range(20), "text": NAMES, "embedding": [row.tolist() for row in ROWS]}
    ).to_json(file, orient="records", lines=True, double_precision=15),
    "polars' JSON": lambda file: pl.DataFrame({"token": NAMES, "embedding": ROWS}).write_ndjson(file),
}


@pytest.mark.parametrize("kind", [*WRITERS, *NAMED])
def test_what_other_tools_write(kind, tmp_path):
    file = tmp_path / "vectors"
    (WRITERS | NAMED)[kind](file)
    _, names, rows, messages = read("vectors")
    assert np.allclose(rows, ROWS, rtol=1e-6)
    assert (names, messages) == (NAMES if kind in NAMED else None, [])
    assert read("vectors", first=3)[2].shape == (3, 5)


def test_pipes_and_commands(tmp_path):
    WRITERS["savetxt"](tmp_path / "v.txt")
    NAMED["JSON objects"](tmp_path / "v.jsonl")
    assert mine("whiten", "v.txt", "-o", "a.npy").code == 0
    assert mine("whiten", "v.jsonl", "--array", "embedding", "-o", "b.npy").code == 0
    assert np.allclose(np.load("a.npy"), np.load("b.npy"), atol=1e-5)
    assert mine("similar", "v.jsonl", "--self", "-k", 1).out.splitlines()[1].split("\t")[4] == "词,0"


@settings(max_examples=40)
@given(npst.arrays(np.float32, st.tuples(st.integers(2, 6), st.integers(2, 5)), elements=st.floats(width=32)))
def test_any_numbers_come_back(rows):
    np.savetxt("v.txt", rows)
    np.savetxt("v.csv", rows, delimiter=",")
    with open("v.jsonl", "w") as file:
        file.writelines(f"{json.dumps(row.tolist())}\n" for row in rows)
    for name in ("v.txt", "v.csv", "v.jsonl"):
        assert np.array_equal(read(name)[2], rows, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "options", "error", "message"),
    [
        ("[1, 2]\n[1]\n", {}, InputError, "line 2: 1 numbers where 2 are expected: correct or remove the line"),
        ("[1, 2]\n\n{\n", {}, InputError, "line 3: is no JSON ("),
        ('[1, 2]\n[1, "x"]\n', {}, InputError, "line 2: is no array of numbers: correct or remove the line"),
        ('{"a": [1]}\n{"b": [1]}\n', {}, InputError, "line 2: field 'a': is no array of numbers"),
        ('{"a": [1], "b": [2]}\n', {}, UsageError, "several fields would do (a of 1 numbers, b of 1 numbers)"),
        ('{"a": [1], "b": 2}\n', {"array": "c"}, UsageError, "no field 'c' (a of 1 numbers, b int)"),
        ("1,2\n3,x\n", {}, InputError, "line 2: 'x' is no number: correct or remove the line"),
        ("a,b\n1,2\n3,\n", {}, InputError, "line 3: '' is no number: correct or remove the line"),
        ("a,v\n1,[1]\n2,no\n", {}, InputError, "line 3: the column of vectors holds no array of numbers"),
        ("1.5 2\n3 4 5\n1 2\n", {}, InputError, "line 2: 3 numbers where 2 are expected: correct or remove the line"),
        ("1.5 2\n3 4\n", {"array": "a"}, UsageError, "is numbers and holds a single array: leave the name out"),
        ("[[1, 2], [3, 4]]", {}, InputError, "is one JSON array: make it an array a line with jq -c '.[]' v > "),
    ],
)
def test_what_is_no_matrix(text, options, error, message, tmp_path):
    (tmp_path / "v").write_text(text, "utf-8")
    with pytest.raises(error) as caught:
        read("v", **options)
    assert message in str(caught.value)


CUT = {3: "很长的词".encode()[:4], 7: b"\xff"}  # words that are no UTF-8


@pytest.fixture(params=["word2vec", "word2vec-binary", "csv"])
def with_cut_words(request, tmp_path):
    names = [CUT.get(number, f"词{number}".encode()) for number in range(20)]
    if request.param == "word2vec-binary":
        rows = [name + b" " + row.tobytes() + b"\n" for name, row in zip(names, ROWS, strict=True)]
    else:
        mark = b"," if request.param == "csv" else b" "
        rows = [mark.join([name, *(b"%.9g" % x for x in row)]) + b"\n" for name, row in zip(names, ROWS, strict=True)]
    (tmp_path / "v").write_bytes((b"" if request.param == "csv" else b"20 5\n") + b"".join(rows))
    return request.param


def test_names_that_are_cut_inside_a_character(with_cut_words):
    with pytest.raises(InputError, match=r"v: (line|row) \d: .* not UTF-8: pass --errors replace"):
        read("v")
    found, names, rows, messages = read("v", errors="replace")
    assert (found, names[3], names[4]) == (with_cut_words, "很\ufffd", "词4")
    assert np.allclose(rows, ROWS)
    assert messages == ["v: 2 words that are not UTF-8 got U+FFFD (--errors replace)"]
    found, names, rows, messages = read("v", errors="skip")
    kept = [number for number in range(20) if number not in CUT]
    assert names == [f"词{number}" for number in kept]
    assert np.allclose(rows, ROWS[kept])
    assert messages == ["v: 2 words that are not UTF-8 left out with their rows (--errors skip)"]


def test_the_option_of_commands(with_cut_words):
    said = "mine: v: 2 words that are not UTF-8 left out with their rows (--errors skip)"
    for command in (["whiten", "v"], ["whiten", "inspect", "v"], ["similar", "v", "--self"], ["cluster", "v"]):
        if command == ["cluster", "v"] and with_cut_words == "csv":
            continue  # which is a list of links there
        assert mine(*command, "-o", "out.npy" if command == ["whiten", "v"] else "out.tsv").code == 3
        result = mine(*command, "--errors", "skip", "-o", "out.npy" if command == ["whiten", "v"] else "out.tsv")
        assert (result.code, said in result.err.splitlines()) == (0, True)


@pytest.mark.parametrize("given", [ROWS, ROWS.tolist(), dict(zip(NAMES, ROWS, strict=True)), frame()])
def test_the_cure_for_a_pickle_works(given, tmp_path):
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(given))
    with pytest.raises(InputError) as caught:
        read("v.pkl")
    *_, code = shlex.split(str(caught.value))
    subprocess.run([sys.executable, "-c", code], check=True)
    assert np.allclose(read("v.pkl.npy")[2], ROWS)
