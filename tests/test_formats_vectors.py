"""Vectors read: every input is the same matrix, however it lies in its file and wherever it comes from."""

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib import format as npy_format

from hanmine.errors import InputError, UsageError
from hanmine.formats import stored as stored_module
from hanmine.formats.vectors import VECTOR_FORMATS, open_vectors, vector_format_of, write_vectors
from hanmine.formats.vectors import files as files_module

posix = pytest.mark.skipif(os.name != "posix", reason="named pipes")


def matrix(rows=10, dimensions=3, dtype="float32"):
    return np.random.default_rng(rows).standard_normal((rows, dimensions)).astype(dtype)


def read(*sources, **options):
    with open_vectors(sources, **options) as vectors:
        return vectors.rows(0, vectors.shape[0])


def piped(path):
    return io.BytesIO(path.read_bytes())


def npy_bytes(array, version=None):
    stream = io.BytesIO()
    npy_format.write_array(stream, array, version)
    return stream.getvalue()


# Layouts of one array


@pytest.mark.parametrize("stored", ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "|i1", "<u2", ">i4", "<u8", "|b1"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_npy_layout(tmp_path, stored, order, version):
    array = np.asarray(np.arange(-8, 25).reshape(11, 3) % 120, stored, order=order)
    (tmp_path / "x.npy").write_bytes(npy_bytes(array, version))
    widths = {
        "<f2": "float16",
        ">f2": "float16",
        "<f8": "float64",
        ">f8": "float64",
        ">i4": "float64",
        "<u8": "float64",
    }
    for source, stdin in ((tmp_path / "x.npy", None), ("-", piped(tmp_path / "x.npy"))):
        with open_vectors([source], stdin=stdin) as vectors:
            assert vectors.shape == (11, 3)
            assert vectors.dtype == np.dtype(widths.get(stored, "float32"))
            for start, stop in ((0, 11), (2, 3), (4, 9), (11, 11), (5, 99)):
                rows = vectors.rows(start, stop)
                assert rows.dtype == vectors.dtype
                assert rows.dtype.isnative
                assert rows.flags.c_contiguous
                assert np.array_equal(rows, array[start:stop].astype(vectors.dtype))


@given(st.integers(1, 70), st.integers(1, 40), st.sampled_from("CF"), st.data())
def test_any_block_of_rows(tmp_path_factory, rows, dimensions, order, data):
    array = matrix(rows, dimensions)
    path = tmp_path_factory.mktemp("blocks") / "x.npy"
    np.save(path, np.asarray(array, order=order))
    start = data.draw(st.integers(0, rows))
    stop = data.draw(st.integers(start, rows))
    with open_vectors([path]) as vectors:
        assert np.array_equal(vectors.rows(start, stop), array[start:stop])


def test_reads_need_no_positioned_reads(tmp_path, monkeypatch):
    monkeypatch.delattr(stored_module.os, "preadv", raising=False)
    np.save(tmp_path / "x.npy", np.asfortranarray(matrix(50, 20)))
    with open_vectors([tmp_path / "x.npy"]) as vectors, ThreadPoolExecutor(4) as threads:
        blocks = threads.map(lambda start: vectors.rows(start, start + 3), range(50))
        for start, block in enumerate(blocks):
            assert np.array_equal(block, matrix(50, 20)[start : start + 3])


def test_bfloat16_of_safetensors(tmp_path):
    values = np.array([[1.0, -2.5], [3e38, np.nan]], np.float32)
    data = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    header = json.dumps({"x": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + data)
    expected = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
    assert np.array_equal(read(tmp_path / "x.safetensors"), expected, equal_nan=True)


def test_arrays_in_memory():
    with open_vectors([np.asfortranarray(matrix()), matrix(4, 3, "float64"), [[1, 2, 3]]]) as vectors:
        assert vectors.shape == (15, 3)
        assert vectors.dtype == np.float64
        assert np.array_equal(vectors.rows(14, 15), [[1, 2, 3]])
        assert vectors.where(14) == "<array>: row 0"


# Several inputs


def test_several_files_are_one_matrix(tmp_path):
    parts = [matrix(5, 4), matrix(1, 4, "float16"), matrix(7, 4)]
    for name, part in zip("cab", parts, strict=True):
        np.save(tmp_path / f"{name}.npy", part)
    ordered = np.concatenate([parts[1], parts[2], parts[0]]).astype(np.float32)
    with open_vectors([tmp_path / "a.npy", str(tmp_path / "[bc].npy")]) as vectors:
        assert vectors.shape == (13, 4)
        assert vectors.dtype == np.float32
        assert np.array_equal(vectors.rows(0, 13), ordered)
        assert np.array_equal(vectors.rows(0, 2), ordered[:2])
        assert np.array_equal(vectors.rows(7, 10), ordered[7:10])
        assert vectors.where(0) == f"{tmp_path / 'a.npy'}: row 0"
        assert vectors.where(8) == f"{tmp_path / 'c.npy'}: row 0"
        assert vectors.files == [tmp_path / f"{name}.npy" for name in "abc"]
        assert vectors.inputs[0] == {
            "name": str(tmp_path / "a.npy"),
            "format": "npy",
            "rows": 1,
            "dimensions": 4,
            "dtype": "float16",
            "bytes": 136,
        }


def test_an_existing_file_wins_over_its_pattern(tmp_path):
    np.save(tmp_path / "x[1].npy", matrix(2))
    np.save(tmp_path / "x1.npy", matrix(3))
    assert len(read(str(tmp_path / "x[1].npy"))) == 2


@pytest.mark.parametrize("limit", [1, 9])
def test_more_files_than_may_be_open(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(files_module, "MANY_FILES", limit)
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", matrix(3))
    assert np.array_equal(read(str(tmp_path / "*.npy")), np.concatenate([matrix(3)] * 3))


def test_words_are_kept_where_all_inputs_have_them(tmp_path):
    (tmp_path / "a.vec").write_text("2 2\n甲 1 2\n乙 3 4\n", "utf-8")
    (tmp_path / "b.vec").write_text("丙 5 6\n", "utf-8")
    np.save(tmp_path / "c.npy", np.ones((1, 2)))
    with open_vectors([tmp_path / "a.vec", tmp_path / "b.vec"]) as vectors:
        assert vectors.names == ["甲", "乙", "丙"]
    with open_vectors([tmp_path / "a.vec", tmp_path / "c.npy"]) as vectors:
        assert vectors.names is None


# Where inputs come from


@posix
def test_a_named_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(npy_bytes(matrix())))
    writer.start()
    assert np.array_equal(read(tmp_path / "pipe"), matrix())
    writer.join()


def test_a_redirected_file_is_read_in_place_from_where_it_stands(tmp_path):
    (tmp_path / "x").write_bytes(b"before" + npy_bytes(matrix()))
    with open(tmp_path / "x", "rb") as stdin:
        stdin.read(6)
        with open_vectors(["-"], stdin=stdin, tmpdir=tmp_path) as vectors:
            assert np.array_equal(vectors.rows(0, 10), matrix())
            assert vectors.files == [stdin.fileno()]
            assert vectors.inputs[0]["name"] == "<stdin>"


def test_the_standard_input_of_the_process():
    code = (
        "from hanmine.formats.vectors import open_vectors\n"
        "with open_vectors('-') as vectors: print(vectors.shape, vectors.inputs[0]['bytes'])"
    )
    result = subprocess.run([sys.executable, "-c", code], input=npy_bytes(matrix()), capture_output=True, check=True)
    assert result.stdout.split() == b"(10, 3) 248".split()


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress], ids=lambda f: f.__module__
)
@pytest.mark.parametrize("format", VECTOR_FORMATS)
def test_compressed_inputs(tmp_path, pack, format):
    stream = io.BytesIO()
    write_vectors(stream, format, [matrix()], rows=10, dimensions=3, dtype="float32")
    data = stream.getvalue()
    (tmp_path / "x").write_bytes(pack(data[:100]) + pack(data[100:]))
    assert np.array_equal(read(tmp_path / "x"), matrix())
    (tmp_path / "y").write_bytes(pack(data)[:-5])
    with pytest.raises(InputError, match="data end too early: fetch or compress the file again"):
        read(tmp_path / "y")


def test_nothing_is_left_in_the_temporary_folder(tmp_path):
    with open_vectors(["-"], stdin=io.BytesIO(npy_bytes(matrix())), tmpdir=tmp_path) as vectors:
        assert vectors.shape == (10, 3)
    assert list(tmp_path.iterdir()) == []


def test_progress_hears_of_what_is_copied():
    heard = []

    class Listener:
        def phase(self, name, total=None, unit=""):
            heard.append((name, total, unit))

        def advance(self, amount):
            heard.append(amount)

    with open_vectors(["-"], stdin=io.BytesIO(npy_bytes(matrix())), progress=Listener()):
        assert heard == [("reading <stdin>", None, "B"), 248]


# Containers


def test_npz_members_stored_and_compressed(tmp_path):
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "x.npz", vectors=matrix(), labels=np.arange(10), names=np.array(["a"] * 10))
        assert np.array_equal(read(tmp_path / "x.npz"), matrix())
        assert np.array_equal(read("-", stdin=piped(tmp_path / "x.npz")), matrix())
        save(tmp_path / "x.npz", a=matrix(), b=np.asfortranarray(matrix(4)))
        assert np.array_equal(read(tmp_path / "x.npz", array="b"), matrix(4))


def test_several_arrays_need_a_name(tmp_path):
    from safetensors.numpy import save_file

    np.savez(tmp_path / "x.npz", a=matrix(), b=matrix(4), c=np.arange(3))
    save_file({"a": matrix(), "b": matrix(4), "c": np.arange(3)}, tmp_path / "x.safetensors")
    for name, types in (("x.npz", ("float32", "int64")), ("x.safetensors", ("F32", "I64"))):
        path = tmp_path / name
        assert np.array_equal(read(path, array="b"), matrix(4))
        with pytest.raises(UsageError) as caught:
            read(path)
        listed = f"a {types[0]} (10, 3), b {types[0]} (4, 3)"
        assert str(caught.value) == f"{path}: several arrays would do ({listed}): name one with --array"
        with pytest.raises(UsageError) as caught:
            read(path, array="d")
        assert str(caught.value) == (
            f"{path}: no array 'd' ({listed}, c {types[1]} (3,)): pass one of these as --array"
        )
        with pytest.raises(InputError) as caught:
            read(path, array="c")
        assert str(caught.value) == (
            f"{path}: array 'c': has shape (3,): vectors are a matrix of shape (rows, dimensions): reshape it"
        )


# Names


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.npy", "npy"),
        ("a.b/A.NPZ", "npz"),
        ("x.safetensors", "safetensors"),
        ("x.parquet", "parquet"),
        ("x.pq", "parquet"),
        ("x.vec", "word2vec"),
        ("x.txt", "word2vec"),
        ("x.bin", "word2vec-binary"),
        ("x.tsv", None),
        ("npy", None),
    ],
)
def test_formats_by_extension(name, format):
    assert vector_format_of(name) == format
    assert format is None or format in VECTOR_FORMATS


def test_the_formats_are_known_without_numpy():
    code = "import sys; from hanmine.formats.vectors import VECTOR_FORMATS; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"False"
