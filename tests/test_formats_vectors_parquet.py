"""Parquet columns of lists as vectors; what stands beside them is kept."""

import builtins
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.errors import InputError, MissingExtraError, UsageError
from hanmine.formats.vectors import open_vectors, parquet_write, write_vectors

VALUES = np.arange(24, dtype=np.float32).reshape(8, 3)
LISTS = [pa.list_, pa.large_list, lambda type: pa.list_(type, 3)]


def column(values, make=pa.list_, type=None):
    return pa.array(values.tolist(), make(type or pa.float32()))


def save(path, row_group_size=3, **columns):
    pq.write_table(pa.table(columns), path, row_group_size=row_group_size)
    return path


def message(path, error=InputError, **options):
    with pytest.raises(error) as caught, open_vectors([path], **options):
        pass
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


def rewritten(vectors, table, values, **options):
    stream = io.BytesIO()
    rows, dimensions = values.shape
    options = {"dtype": values.dtype, **options}
    write_vectors(stream, "parquet", [values], rows=rows, dimensions=dimensions, table=table, **options)
    return pq.read_table(io.BytesIO(stream.getvalue()))


@pytest.mark.parametrize("make", LISTS)
@pytest.mark.parametrize("type", ["float16", "float32", "float64", "int8", "int64"])
def test_lists_of_numbers(tmp_path, make, type):
    arrow = pa.from_numpy_dtype(type)
    values = VALUES.astype(type)
    path = save(tmp_path / "x", text=list("abcdefgh"), embedding=pa.array(list(values), make(arrow)))
    expected = {"int8": "float32", "int64": "float64"}.get(type, type)
    for source, stdin in ((path, None), ("-", io.BytesIO(path.read_bytes()))):
        with open_vectors([source], stdin=stdin) as vectors:
            assert vectors.dtype == expected
            assert np.array_equal(vectors.rows(0, 8), VALUES)
            assert vectors.inputs[0]["format"] == "parquet"
            assert vectors.names is None


def test_tensors_of_one_axis(tmp_path):
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(VALUES)
    path = save(tmp_path / "x", text=list("abcdefgh"), embedding=tensors)
    with open_vectors([path]) as vectors:
        assert np.array_equal(vectors.rows(0, 8), VALUES)
        kept = rewritten(vectors, vectors.other_columns(), 2 * VALUES)
    assert kept.column_names == ["text", "embedding"]
    assert kept["embedding"].to_pylist() == (2 * VALUES).tolist()
    matrices = pa.FixedShapeTensorArray.from_numpy_ndarray(np.arange(16, dtype=np.float32).reshape(4, 2, 2))
    assert "vectors are lists of numbers" in message(save(tmp_path / "y", embedding=matrices), array="embedding")


def test_lists_of_token_ids_are_not_taken_for_vectors(tmp_path):
    path = save(tmp_path / "x", ids=column(VALUES, type=pa.int32()), vectors=column(VALUES + 1))
    with open_vectors([path]) as vectors:
        assert np.array_equal(vectors.rows(0, 8), VALUES + 1)
    with open_vectors([path], array="ids") as vectors:
        assert np.array_equal(vectors.rows(0, 8), VALUES)


def test_the_column_must_be_clear(tmp_path):
    path = save(tmp_path / "x", a=column(VALUES), b=column(VALUES), c=list(range(8)))
    listed = "a list<element: float>, b list<element: float>"
    assert message(path, UsageError) == f"several columns would do ({listed}): name one with --array"
    assert message(path, UsageError, array="d") == (f"no column 'd' ({listed}, c int64): pass one of these as --array")
    assert message(path, array="c") == (
        "column 'c': holds int64: vectors are lists of numbers: name such a column with --array"
    )
    save(path, c=list(range(8)))
    assert message(path) == "no column is a matrix of vectors (c int64): check the file"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 2], [3, 4], [5, 6], [7]], "row 3 has 1 numbers where 2 are expected: correct or remove the row"),
        ([[1, 2], [3, 4, 5]], "row 1 has 3 numbers where 2 are expected: correct or remove the row"),
        ([[1], [3], None], "row 2 is null: fill or remove the row"),
        ([[1, 2], [3, None]], "row 1 holds a null: fill or remove the row"),
        ([[], []], "row 0 is an empty list: remove the row"),
        ([], "has no rows: check what wrote the file"),
    ],
)
@pytest.mark.parametrize("batch", [1, 4096])
def test_rows_that_are_no_vectors(tmp_path, monkeypatch, rows, expected, batch):
    monkeypatch.setattr("hanmine.formats.vectors.parquet._BATCH", batch)
    path = save(tmp_path / "x", v=pa.array(rows, pa.list_(pa.float32())))
    assert message(path) == f"column 'v': {expected}"


def test_nulls_of_fixed_size(tmp_path):
    fixed = pa.list_(pa.float32(), 2)
    path = save(tmp_path / "x", v=pa.array([[1, 2], None, [3, 4]], fixed))
    assert message(path) == "column 'v': row 1 is null: fill or remove the row"
    path = save(tmp_path / "x", v=pa.array([[1, 2], [3, 4], [None, 4]], fixed))
    assert message(path) == "column 'v': row 2 holds a null: fill or remove the row"


def test_a_damaged_file(tmp_path):
    path = save(tmp_path / "x", v=column(VALUES))
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    assert message(path).startswith("the Parquet file cannot be read (")
    path.write_bytes(data[:20] + bytes(60) + data[80:])
    assert message(path).startswith("the Parquet file cannot be read (")


def test_without_pyarrow(tmp_path, monkeypatch):
    path = save(tmp_path / "x", v=column(VALUES))
    real = builtins.__import__

    def missing(name, *rest):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError) as caught, open_vectors([path]):
        pass
    assert str(caught.value) == "Parquet needs an optional package: pip install 'hanmine[parquet]'"
    with pytest.raises(MissingExtraError):
        write_vectors(io.BytesIO(), "parquet", [VALUES], rows=8, dimensions=3, dtype="float32")


def test_other_columns_are_kept(tmp_path):
    nested = pa.array([{"a": [number, None]} for number in range(8)])
    table = pa.table(
        {
            "text": pa.array([*"甲乙丙丁戊己庚", None]).dictionary_encode(),
            "v": column(VALUES, lambda type: pa.list_(type, 3)),
            "nested": nested,
        },
        metadata={"huggingface": "{}", "source": "here"},
    )
    pq.write_table(table, tmp_path / "x", row_group_size=3)
    with open_vectors([tmp_path / "x"]) as vectors:
        found = rewritten(vectors, vectors.other_columns(), vectors.rows(0, 8)[:, :2] * 2)
    assert found.column_names == ["text", "v", "nested"]
    assert found["text"].to_pylist() == table["text"].to_pylist()
    assert found["nested"].to_pylist() == nested.to_pylist()
    assert found["v"].to_pylist() == (VALUES[:, :2] * 2).tolist()
    assert found.schema.metadata == {b"source": b"here"}


@settings(max_examples=40)
@given(st.lists(st.booleans(), min_size=8, max_size=8), st.booleans(), st.integers(1, 9), st.integers(1, 5))
def test_rows_are_dropped_from_all_columns(tmp_path_factory, keep, as_indices, group, batch):
    folder = tmp_path_factory.mktemp("kept")
    for place, name in ((0, "a"), (4, "b")):
        save(folder / name, text=list("abcdefgh"[place : place + 4]), v=column(VALUES[place : place + 4]))
    keep = np.array(keep)
    with pytest.MonkeyPatch.context() as patch, open_vectors([folder / "a", folder / "b"]) as vectors:
        patch.setattr(parquet_write, "GROUP_BYTES", group * 12)
        patch.setattr("hanmine.formats.vectors.parquet._BATCH", batch)
        table = vectors.other_columns().kept(np.flatnonzero(keep) if as_indices else keep)
        found = rewritten(vectors, table, VALUES[keep])
    assert found["text"].to_pylist() == [letter for letter, kept in zip("abcdefgh", keep, strict=True) if kept]
    assert found["v"].to_pylist() == VALUES[keep].tolist()


def test_a_table_of_vectors_alone(tmp_path):
    path = save(tmp_path / "x", v=column(VALUES))
    with open_vectors([path]) as vectors:
        found = rewritten(vectors, vectors.other_columns().kept([1, 2]), VALUES[1:3])
    assert found.column_names == ["v"]
    assert found["v"].to_pylist() == VALUES[1:3].tolist()


def test_other_columns_that_do_not_fit(tmp_path):
    a = save(tmp_path / "a", text=["x"] * 8, v=column(VALUES))
    b = save(tmp_path / "b", text=[1] * 8, v=column(VALUES))
    np.save(tmp_path / "c.npy", VALUES)
    with open_vectors([a, b]) as vectors, pytest.raises(InputError) as caught:
        vectors.other_columns()
    assert str(caught.value) == (
        f"{b}: has other columns than {a}: pass files with the same columns, or write another format than Parquet"
    )
    with open_vectors([a, tmp_path / "c.npy"]) as vectors:
        assert vectors.other_columns() is None
    with open_vectors([a]) as vectors:
        with pytest.raises(ValueError, match="1 rows of vectors have no row of the other columns"):
            rewritten(vectors, vectors.other_columns(), np.ones((9, 3), np.float32))
        with pytest.raises(ValueError, match="the other columns have more rows than the vectors"):
            rewritten(vectors, vectors.other_columns(), VALUES[:3])
