"""Vectors written: read back they are the same bits, and the tools of each format read them too."""

import errno
import io
from itertools import pairwise

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load as load_safetensors

from hanmine.errors import OutputError
from hanmine.formats.atomic import open_output
from hanmine.formats.vectors import VECTOR_FORMATS, open_vectors, write_vectors
from naive import word2vec_binary, word2vec_text

EXACT = ("npy", "npz", "safetensors", "parquet")


class Sink:
    """What the writers may rely on: `write` alone."""

    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += data
        return len(data)


def written(format, given, blocks=None, **options):
    sink = Sink()
    rows, dimensions = given.shape
    options = {"dtype": given.dtype, **options}
    write_vectors(sink, format, [given] if blocks is None else blocks, rows=rows, dimensions=dimensions, **options)
    return sink.data


def read_back(data):
    with open_vectors(["-"], stdin=io.BytesIO(data)) as vectors:
        return vectors.rows(0, vectors.shape[0]), vectors.names


def bits(array):
    return array.dtype.name, array.shape, array.tobytes()


def cut(array, places):
    """The array in blocks, some of them empty."""
    edges = [0, *sorted(places), len(array)]
    return [array[start:stop] for start, stop in pairwise(edges)]


arrays = st.sampled_from(["float16", "float32", "float64"]).flatmap(
    lambda dtype: hnp.arrays(dtype.replace("float", "uint"), hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)).map(
        lambda bits: bits.view(dtype)
    )
)


@pytest.mark.parametrize("format", EXACT)
@settings(max_examples=40)
@given(arrays, st.lists(st.integers(0, 6), max_size=3), st.sampled_from("CF"))
def test_any_bits_come_back(format, array, places, order):
    blocks = cut(np.asarray(array, order=order), [min(place, len(array)) for place in places])
    data = written(format, array, blocks)
    assert bits(read_back(data)[0]) == bits(array)
    assert written(format, array) == data


words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(lambda word: word.split() == [word])


@given(arrays, st.data())
def test_word2vec_binary_comes_back(array, data):
    array = array.astype(np.float32)
    names = data.draw(st.lists(words, min_size=len(array), max_size=len(array)))
    written_bytes = written("word2vec-binary", array, names=names)
    found, vectors = word2vec_binary(written_bytes)
    assert found == names
    assert np.array_equal(np.array(vectors, np.float32), array, equal_nan=True)


@given(arrays, st.data())
def test_word2vec_text_comes_back(array, data):
    names = data.draw(st.lists(words, min_size=len(array), max_size=len(array)))
    written_bytes = written("word2vec", array, names=names)
    found, vectors = word2vec_text(written_bytes, array.shape[1])
    assert found == names
    assert np.array_equal(np.array(vectors).astype(array.dtype), array, equal_nan=True)
    values, found = read_back(written_bytes)
    assert found == names
    if array.dtype != np.float64:
        assert np.array_equal(values.astype(array.dtype), array, equal_nan=True)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_other_tools_read_them(dtype, tmp_path):
    array = np.random.default_rng(0).standard_normal((9, 4)).astype(dtype)
    assert bits(np.load(io.BytesIO(written("npy", array)), allow_pickle=False)) == bits(array)
    with np.load(io.BytesIO(written("npz", array)), allow_pickle=False) as archive:
        assert bits(archive["vectors"]) == bits(array)
    assert bits(load_safetensors(written("safetensors", array, array="embeddings"))["embeddings"]) == bits(array)
    table = pyarrow.parquet.read_table(io.BytesIO(written("parquet", array)))
    assert str(table.schema.field("vectors").type).startswith("fixed_size_list<")
    assert bits(np.stack(table["vectors"].to_numpy())) == bits(array)


@pytest.mark.parametrize("format", VECTOR_FORMATS)
def test_the_type_is_converted(format):
    array = np.array([[1.0, 1e300, np.nan], [2.0, -1e300, 1e-300]])
    data = written(format, array, dtype="float32")
    with np.errstate(over="ignore"):
        assert np.array_equal(read_back(data)[0], array.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("format", VECTOR_FORMATS)
def test_no_rows(format):
    assert written(format, np.empty((0, 3), np.float32), []) == written(format, np.empty((0, 3), np.float32))


def test_names_of_rows_without_words():
    array = np.ones((3, 1), np.float32)
    assert written("word2vec", array) == b"3 1\n0 1\n1 1\n2 1\n"
    assert read_back(written("word2vec-binary", array))[1] == ["0", "1", "2"]


def test_words_in_parquet():
    data = written("parquet", np.ones((2, 1), np.float32), names=["甲", "乙 丙"])
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    assert table.column_names == ["word", "vectors"]
    assert table["word"].to_pylist() == ["甲", "乙 丙"]


@pytest.mark.parametrize("format", ["word2vec", "word2vec-binary"])
@pytest.mark.parametrize("word", ["", "a b", "a\u3000b", "\n", "a\t"])
def test_words_that_word2vec_cannot_hold(format, word):
    with pytest.raises(OutputError) as caught:
        written(format, np.ones((2, 1), np.float32), names=["x", word])
    assert str(caught.value) == (
        f"row 1: the word {word!r} is empty or holds white space, which word2vec files cannot: "
        "write another format, or replace the white space"
    )


@pytest.mark.parametrize("format", VECTOR_FORMATS)
@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([(2, 3)], "2 rows where 3 were announced"),
        ([(2, 3), (2, 3)], "more than the 3 rows that were announced"),
        ([(3, 2)], r"a block of shape \(3, 2\) where 3 dimensions were announced"),
    ],
)
def test_blocks_that_are_not_what_was_announced(format, blocks, message):
    with pytest.raises(ValueError, match=message):
        written(format, np.ones((3, 3), np.float32), [np.ones(shape, np.float32) for shape in blocks])


def test_names_that_are_not_one_a_row():
    with pytest.raises(ValueError, match="1 names for 2 rows"):
        written("word2vec", np.ones((2, 1), np.float32), names=["a"])
    with pytest.raises(ValueError, match="unknown format of vectors 'csv'"):
        written("csv", np.ones((2, 1), np.float32))


@pytest.mark.parametrize("format", VECTOR_FORMATS)
def test_a_full_disk_is_told_as_such(format):
    class Full:
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        write_vectors(Full(), format, [np.ones((2, 2), np.float32)], rows=2, dimensions=2, dtype="float32")
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize("format", VECTOR_FORMATS)
def test_files_and_pipes_get_the_same_bytes(format, tmp_path):
    array = np.ones((5, 2), np.float32)
    with open_output(tmp_path / "x") as stream:
        write_vectors(stream, format, [array[:2], array[2:]], rows=5, dimensions=2, dtype="float32")
    assert (tmp_path / "x").read_bytes() == written(format, array)
