"""What cannot be read as vectors is refused in one line that says what, where and what to do."""

import errno
import io
import json
import zipfile

import numpy as np
import pytest
from numpy.lib import format as npy_format

from hanmine.errors import InputError, OutputError, UsageError
from hanmine.formats.vectors import open_vectors
from hanmine.formats.vectors import spool as spool_module


def npy_bytes(array, allow_pickle=False):
    stream = io.BytesIO()
    npy_format.write_array(stream, np.asarray(array), allow_pickle=allow_pickle)
    return stream.getvalue()


WHOLE = npy_bytes(np.ones((10, 3), np.float32))


def message(*sources, error=InputError, **options):
    with pytest.raises(error) as caught, open_vectors(sources, **options):
        pass
    return str(caught.value)


def of_file(tmp_path, data, name="x"):
    """The message about a file, without its name; a pipe gives the same one."""
    path = tmp_path / name
    path.write_bytes(data)
    text = message(path)
    if "python -c" not in text and "." not in name:
        piped = message("-", stdin=io.BytesIO(data))
        assert piped.removeprefix("<stdin>: ") == text.removeprefix(f"{path}: ")
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


SHAPE = "vectors are a matrix of shape (rows, dimensions): reshape it"
TYPES = "vectors are float16, float32, float64 or integers: convert them"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty: check what wrote it"),
        (WHOLE[:-1], "is cut short: 1 of its 10 rows are missing: write or fetch it again"),
        (WHOLE[:-60], "is cut short: 5 of its 10 rows are missing: write or fetch it again"),
        (WHOLE[:128], "is cut short: 10 of its 10 rows are missing: write or fetch it again"),
        (
            WHOLE + WHOLE,
            "248 bytes follow its 10 rows (files joined by `cat`?): pass the files as separate arguments",
        ),
        (npy_bytes(np.ones(3)), f"has shape (3,): {SHAPE}"),
        (npy_bytes(np.ones((2, 3, 4))), f"has shape (2, 3, 4): {SHAPE}"),
        (npy_bytes(np.ones((2, 0))), "has shape (2, 0), rows without a number: check what wrote it"),
        (npy_bytes(np.ones((0, 2))), "has no rows (shape (0, 2)): check what wrote it"),
        (npy_bytes(np.array([[None]]), True), f"holds Python objects: {TYPES}"),
        (npy_bytes([["a"]]), f"holds elements of type <U1: {TYPES}"),
        (npy_bytes(np.ones((1, 1), complex)), f"holds elements of type complex128: {TYPES}"),
        (
            WHOLE.replace(b"\x01\x00", b"\x09\x00", 1),
            "is npy version 9.0: save it again as version 1, 2 or 3",
        ),
    ],
)
def test_npy(tmp_path, data, expected):
    assert of_file(tmp_path, data) == expected


@pytest.mark.parametrize("place", [20, 40, 90])
def test_a_damaged_npy_header(tmp_path, place):
    data = WHOLE[:place] + b"?" + WHOLE[place + 1 :]
    text = of_file(tmp_path, data)
    assert text.startswith("its npy header is damaged (") or text.startswith("is cut short")
    assert of_file(tmp_path, WHOLE[:50]).startswith("its npy header is damaged (")


def test_files_that_are_not_there(tmp_path):
    missing = tmp_path / "x.npy"
    assert message(missing) == f"{missing}: no such file: check the path"
    assert message(tmp_path) == f"{tmp_path}: is a folder: pass its files, or a pattern that matches them"
    pattern = str(tmp_path / "*.npy")
    assert message(pattern) == f"{pattern}: no file matches this pattern: check it (** reaches into folders)"
    assert message("a\0b") == "'a\\x00b': is no path (embedded null byte): check it"


def test_wrong_calls():
    assert message(error=UsageError) == "no vectors were given: pass a file, a pattern, or - for standard input"
    assert message("-", "-", error=UsageError) == "standard input (-) can be read only once"
    assert message([1.0, 2.0]) == f"<array>: has shape (2,): {SHAPE}"


def test_files_of_different_width(tmp_path):
    a, b = tmp_path / "a.npy", tmp_path / "b.npy"
    np.save(a, np.ones((2, 3)))
    np.save(b, np.ones((2, 4)))
    assert message(a, b) == f"{b}: has 4 dimensions, but {a} has 3: pass files of one width"


def test_what_holds_no_vectors(tmp_path):
    unknown = (
        "holds no vectors that can be read (npy, npz, safetensors, Parquet, word2vec, JSON Lines, CSV): "
        "check the file; `mine encode` makes vectors of sentences"
    )
    for data in ("今天天气很好\n我们去公园\n".encode(), b"word\tcount\na\t3\n", "词\t3\n".encode(), bytes(range(256))):
        assert of_file(tmp_path, data) == unknown
    assert of_file(tmp_path, b"0123456789", "x.npy") == "does not begin like npy: write or fetch it again"
    assert of_file(tmp_path, b"\xba\x16\x4f\x2f" + bytes(20)) == (
        "is a fastText model: pass the .vec file that was written beside it"
    )


def test_pickles_are_never_loaded(tmp_path):
    text = of_file(tmp_path, b"\x80\x04\x95...\x8c\x10gensim.models...", "x.model")
    path = json.dumps(str(tmp_path / "x.model"))
    target = json.dumps(str(tmp_path / "x.model.bin"))
    assert text == (
        "is a pickle of gensim, which is never loaded as it can run any code: if you trust it, convert it "
        f"with python -c 'from gensim.utils import SaveLoad; m = SaveLoad.load({path}); "
        f'getattr(m, "wv", m).save_word2vec_format({target}, binary=True)\''
    )
    with zipfile.ZipFile(tmp_path / "x.pt", "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02")
    assert of_file(tmp_path, (tmp_path / "x.pt").read_bytes()) == (
        "is a PyTorch file, whose pickle is never loaded as it can run any code: "
        "save the tensor with safetensors.torch.save_file or numpy.save"
    )


def npz_bytes(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def test_npz(tmp_path):
    assert of_file(tmp_path, npz_bytes()) == ("no array is a matrix of vectors (there is none at all): check the file")
    assert of_file(tmp_path, npz_bytes(a=np.ones(3), b=np.array("x"))) == (
        "no array is a matrix of vectors (a float64 (3,), b str32 ()): check the file"
    )
    data = npz_bytes(a=np.random.default_rng(0).random((50, 50)))
    assert of_file(tmp_path, data[:-9]) == ("the archive is damaged (File is not a zip file): write or fetch it again")
    wrong = bytearray(data)
    wrong[5000] ^= 255
    assert of_file(tmp_path, bytes(wrong)).startswith("the archive is damaged (")


def safetensors_bytes(header, data=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(header).to_bytes(8, "little") + header + data


def tensor(type="F32", shape=(2, 2), begin=0, end=16):
    return {"x": {"dtype": type, "shape": list(shape), "data_offsets": [begin, end]}}


DAMAGED = "its safetensors header is damaged ({}): write or fetch it again"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            safetensors_bytes(tensor(), bytes(15)),
            "array 'x': is cut short: 1 of its 2 rows are missing: write or fetch it again",
        ),
        (safetensors_bytes(tensor(end=15), bytes(16)), DAMAGED.format("array 'x' has 15 bytes for shape (2, 2)")),
        (safetensors_bytes(tensor(begin=20), bytes(16)), DAMAGED.format("a tensor lies at no place")),
        (safetensors_bytes(tensor())[:20], DAMAGED.format("it ends early")),
        (safetensors_bytes(b"{}"), "no array is a matrix of vectors (there is none at all): check the file"),
        (
            safetensors_bytes(tensor("F8_E4M3"), bytes(16)),
            "no array is a matrix of vectors (x F8_E4M3 (2, 2)): check the file",
        ),
        (safetensors_bytes({"x": {"dtype": "F32"}}), DAMAGED.format("'shape'")),
    ],
)
def test_safetensors(tmp_path, data, expected):
    assert of_file(tmp_path, data) == expected


def test_a_tensor_of_a_type_that_is_not_read(tmp_path):
    (tmp_path / "x").write_bytes(safetensors_bytes(tensor("F8_E4M3", end=4), bytes(4)))
    assert message(tmp_path / "x", array="x") == (
        f"{tmp_path / 'x'}: array 'x': holds elements of type F8_E4M3: save it as F16, F32 or F64"
    )
    assert of_file(tmp_path, safetensors_bytes(b"{nonsense")).startswith("its safetensors header is damaged (")


def test_a_format_without_names_of_arrays(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((3, 2), np.float32))
    (tmp_path / "x.vec").write_bytes("1 2\n我 1 2\n".encode())
    for name, format in (("x.npy", "npy"), ("x.vec", "word2vec")):
        assert message(tmp_path / name, error=UsageError, array="a") == (
            f"--array a: {tmp_path / name} is {format} and holds a single array: leave the name out"
        )


def test_a_file_that_shrinks_while_it_is_read(tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(WHOLE)
    with open_vectors([path]) as vectors:
        path.write_bytes(WHOLE[:150])
        assert vectors.rows(0, 1).tolist() == [[1, 1, 1]]
        with pytest.raises(InputError) as caught:
            vectors.rows(5, 10)
    assert str(caught.value) == f"{path}: became shorter while it was read: start again when it is complete"


def test_temporary_folders(tmp_path, monkeypatch):
    missing = tmp_path / "missing"
    assert message("-", error=OutputError, tmpdir=missing) == (
        f"{missing}: the temporary folder does not exist: create it, or pass another with -T"
    )

    class Full:
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(spool_module.tempfile, "TemporaryFile", lambda **_: Full())
    assert message("-", error=OutputError, tmpdir=tmp_path, stdin=io.BytesIO(WHOLE)) == (
        f"{tmp_path}: cannot keep the vectors there (No space left on device): pass -T DIR, a folder with room"
    )


def test_standard_input_that_cannot_be_read(monkeypatch):
    class Failing:
        def read(self, size):
            raise OSError(errno.EIO, "Input/output error")

    class Waiting:
        def read(self, size):
            return None

    assert message("-", stdin=Failing()) == "<stdin>: cannot be read (Input/output error): check the file"
    assert message("-", stdin=Waiting()) == "<stdin>: cannot be read (a non-blocking pipe): pass it through `cat`"
    monkeypatch.setattr("sys.stdin", None)
    assert message("-") == "<stdin>: there is no standard input: pass a file"


def test_a_header_of_an_old_file_that_cannot_be_read(tmp_path):
    """numpy reads such headers by Python's tokens, which fail in their own way."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4), '''".ljust(118) + b"\n"
    text = of_file(tmp_path, b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert text.startswith("its npy header is damaged (")
