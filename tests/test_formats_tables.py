"""Tables are read back by the standard readers as what was written, and hold exactly the stated bytes."""

import csv
import io
import json
import math

import numpy as np
import pandas
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.formats.tables import CHUNK_ROWS, write_table
from hanmine.text.records import FORMULA_STARTS, Field, delimited_texts, rows_of, unescaped
from hanmine.text.transcode import Losses

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
        '"a""b,c"\t5\t0.0000\t0\n'
        "=1+1\t3\t-2.5000\t1\n"
        '"x\ty\\z"\t2\tnan\t0\n'
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


# What readers take for something else: separators, quotation marks, line breaks of all kinds, escapes, blanks.
TRICKY = st.text(st.sampled_from("\"\t\n\r\\,;' #=-ab词\u3000\xa0\u2028\x85\ufeff%"), max_size=6)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6) | TRICKY


def read_by_all(data, separator, names):
    """The cells of a table by the readers that people have, by column."""
    by_us = [row for _, row in rows_of([data.decode("utf-8")], "tsv" if separator == "\t" else "csv", "data")]
    assert by_us[0] == names
    yield [list(column) for column in zip(*by_us[1:], strict=True)] or [[] for _ in names]
    frame = pandas.read_csv(io.BytesIO(data), sep=separator, dtype=str, keep_default_na=False)
    assert list(frame) == names
    yield [frame[name].tolist() for name in names]
    frame = polars.read_csv(data, separator=separator, infer_schema_length=0)
    assert frame.columns == names
    yield [frame[name].fill_null("").to_list() for name in names]
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=separator, strict=True))
    yield [list(column) for column in zip(*rows[1:], strict=True)] or [[] for _ in names]


@settings(max_examples=100)
@given(st.lists(st.tuples(CELLS, CELLS, st.integers(-(2**62), 2**62)), max_size=6), st.sampled_from(["tsv", "csv"]))
def test_every_reader_gets_the_cells(rows, format):
    table = {
        "word": np.array([row[0] for row in rows], object),
        "a label\t": np.array([row[1] for row in rows], object),
        "n": np.array([row[2] for row in rows], np.int64),
    }
    separator = {"tsv": "\t", "csv": ","}[format]
    expected = [[str(cell) for cell in column] for column in table.values()]
    if format == "csv":
        expected[:2] = [
            ["'" + cell if cell[:1] in FORMULA_STARTS else cell for cell in column] for column in expected[:2]
        ]
    for found in read_by_all(written(table, format), separator, list(table)):
        assert found == expected
    assert [unescaped(cell) for cell in expected[0]] == [unescaped(row[0]) for row in rows]
    objects = json.loads(written(table, "json"))
    assert [tuple(row.values()) for row in objects] == rows


@pytest.mark.parametrize("format", ["tsv", "csv"])
@given(cells=st.lists(TRICKY, max_size=6))
def test_every_reader_gets_the_cells_of_one_column(cells, format):
    expected = ["'" + cell if format == "csv" and cell[:1] in FORMULA_STARTS else cell for cell in cells]
    for found in read_by_all(written({"word": cells}, format), {"tsv": "\t", "csv": ","}[format], ["word"]):
        assert found == [expected]


def test_a_field_of_our_tsv_is_read_whole_as_a_corpus():
    texts = ['"引号"开头', "带\t制表符", "两\n行", r"C:\temp\new", "'单引号"]
    data = written({"text": texts, "id": list(range(5))}, "tsv").decode()
    read = delimited_texts(iter([data]), Field("data", "tsv", "text", False, Losses()))
    assert [text[:-1] for text in read] == texts


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
