"""Tables are read back by the standard readers as what was written, and hold exactly the stated bytes."""

import csv
import io
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.formats.tables import CHUNK_ROWS, write_table

TABLE = {
    "word": np.array(["微信", "5G基站", 'a"b,c', "=1+1", "x\ty\\z"], dtype=object),
    "count": np.array([10, 7, 5, 3, 2], dtype=np.int64),
    "cohesion": np.array([1.23456789, math.inf, -0.00001, -2.5, math.nan]),
    "known": np.array([1, 0, 0, 1, 0], dtype=np.int8),
}


def written(table, format, **settings):
    stream = io.BytesIO()
    write_table(stream, table, format, **settings)
    return stream.getvalue()


def test_tsv_bytes():
    assert written(TABLE, "tsv").decode() == (
        "word\tcount\tcohesion\tknown\n"
        "微信\t10\t1.2346\t1\n"
        "5G基站\t7\tinf\t0\n"
        'a"b,c\t5\t0.0000\t0\n'
        "=1+1\t3\t-2.5000\t1\n"
        "x\\ty\\\\z\t2\tnan\t0\n"
    )


def test_csv_bytes():
    assert written(TABLE, "csv", bom=True).decode("utf-8") == (
        "\ufeffword,count,cohesion,known\n"
        "微信,10,1.2346,1\n"
        "5G基站,7,inf,0\n"
        '"a""b,c",5,0.0000,0\n'
        "'=1+1,3,-2.5000,1\n"
        "x\ty\\z,2,nan,0\n"
    )


def test_jsonl_bytes():
    assert written(TABLE, "jsonl").decode() == (
        '{"word": "微信", "count": 10, "cohesion": 1.234568, "known": 1}\n'
        '{"word": "5G基站", "count": 7, "cohesion": null, "known": 0}\n'
        '{"word": "a\\"b,c", "count": 5, "cohesion": -1e-05, "known": 0}\n'
        '{"word": "=1+1", "count": 3, "cohesion": -2.5, "known": 1}\n'
        '{"word": "x\\ty\\\\z", "count": 2, "cohesion": null, "known": 0}\n'
    )


def test_json_is_an_array_of_the_same_objects():
    objects = json.loads(written(TABLE, "json"))
    assert objects == [json.loads(line) for line in written(TABLE, "jsonl").splitlines()]


def test_words():
    assert written(TABLE, "words").decode().split("\n")[:3] == ["微信", "5G基站", 'a"b,c']


@pytest.mark.parametrize(
    ("format", "expected"),
    [("tsv", b"word\tcount\n"), ("csv", b"word,count\n"), ("jsonl", b""), ("json", b"[\n]\n"), ("words", b"")],
)
def test_empty_tables(format, expected):
    table = {"word": np.array([], dtype=object), "count": np.array([], dtype=np.int64)}
    assert written(table, format) == expected


def test_no_header():
    assert written({"word": ["词"]}, "tsv", header=False) == "词\n".encode()


def test_lists_are_columns_too():
    assert written({"word": ["词", None], "n": [1, 2]}, "jsonl").decode() == (
        '{"word": "词", "n": 1}\n{"word": null, "n": 2}\n'
    )


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\ta", "\ra"])
def test_formulas_are_disarmed_in_csv_only(cell):
    row = next(csv.reader(io.StringIO(written({"word": [cell]}, "csv", header=False).decode(), newline="")))
    assert row == ["'" + cell]
    assert not written({"word": [cell]}, "tsv", header=False).startswith(b"'")


def test_numbers_are_no_formulas():
    assert written({"x": np.array([-1.5]), "n": np.array([-3])}, "csv", header=False) == b"-1.5000,-3\n"


def test_percent_signs_in_names_and_cells():
    assert written({"100%": ["5%d"]}, "jsonl") == b'{"100%": "5%d"}\n'
    assert written({"100%": ["5%d"]}, "tsv") == b"100%\n5%d\n"


def test_unequal_columns_are_refused():
    with pytest.raises(ValueError, match="same length"):
        written({"a": [1], "b": [1, 2]}, "tsv")


def test_more_rows_than_a_chunk():
    rows = CHUNK_ROWS * 2 + 3
    table = {"word": np.array([str(i) for i in range(rows)], dtype=object), "n": np.arange(rows)}
    assert written(table, "tsv", header=False).decode().splitlines() == [f"{i}\t{i}" for i in range(rows)]
    assert [item["n"] for item in json.loads(written(table, "json"))] == list(range(rows))


TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)


def unescape_tsv(cell):
    return cell.replace("\\\\", "\0").replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r").replace("\0", "\\")


@settings(max_examples=200)
@given(st.lists(st.tuples(TEXTS.filter(lambda text: "\0" not in text), st.integers(-(2**62), 2**62)), max_size=8))
def test_round_trips(rows):
    table = {"word": np.array([row[0] for row in rows], dtype=object), "n": np.array([r[1] for r in rows], np.int64)}
    lines = written(table, "tsv", header=False).decode().split("\n")[:-1]
    assert [(unescape_tsv(cell), int(n)) for cell, n in (line.split("\t") for line in lines)] == rows
    assert [(row["word"], row["n"]) for row in json.loads(written(table, "json"))] == rows
    read = csv.reader(io.StringIO(written(table, "csv", header=False).decode(), newline=""))
    assert [(word.removeprefix("'") if word[1:2] and word[1] in "=+-@\t\r" else word, int(n)) for word, n in read] == [
        (word.removeprefix("'") if word[:1] == "'" and word[1:2] and word[1] in "=+-@\t\r" else word, n)
        for word, n in rows
    ]


@settings(max_examples=100)
@given(st.lists(st.floats(width=64), min_size=1, max_size=8))
def test_reals(values):
    table = {"x": np.array(values)}
    for line, value in zip(written(table, "jsonl").splitlines(), values, strict=True):
        got = json.loads(line)["x"]
        if math.isfinite(value):
            assert got == pytest.approx(value, rel=1e-12, abs=1e-6)
        else:
            assert got is None
    for line, value in zip(written(table, "tsv", header=False).decode().splitlines(), values, strict=True):
        assert line == ("0.0000" if f"{value:.4f}" == "-0.0000" else f"{value:.4f}")
