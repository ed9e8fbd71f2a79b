"""Archives of arrays: nothing that one claims is believed, and each damage is told in one line."""

import io
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.errors import InputError
from hanmine.formats.archive import open_archive
from hanmine.formats.vectors.npy import MAGIC, read_header

KINDS = "biufUS"


def saved(save=np.savez, **arrays) -> bytes:
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def zipped(content: bytes, packing=zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        archive.writestr("a.npy", content)
    return stream.getvalue()


def npy(shape, descr="<f8", content=b"", fortran=False) -> bytes:
    text = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode() + b"\n"
    return MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text + content


def read(tmp_path, data: bytes, kinds=KINDS, axes=(0, 1, 2), key="a"):
    path = tmp_path / "x.npz"
    path.write_bytes(data)
    with open_archive(path) as archive:
        return archive.read(key, kinds, axes)


def message(*arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(*arguments, **options)
    return str(caught.value).partition("x.npz: ")[2]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3), np.array(">f4 is turned"), np.ones(3, ">f4"), np.asfortranarray(np.eye(3))]
)
def test_arrays_come_back(tmp_path, save, array):
    found = read(tmp_path, saved(save, a=array, b=[1]))
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("shape", [(3,), (10**9,), (1 << 40, 1 << 40), (-1,), (1 << 70,), (0, 1 << 70)])
def test_more_elements_than_there_are(tmp_path, packing, shape):
    assert message(tmp_path, zipped(npy(shape, content=bytes(16)), packing)).startswith("array 'a': is cut short: ")


def test_a_directory_that_claims_much_unpacked(tmp_path):
    data = bytearray(zipped(npy((1 << 27,), content=bytes(64)), zipfile.ZIP_DEFLATED))
    place = data.rindex(b"PK\x01\x02") + 24
    data[place : place + 4] = (1 << 31).to_bytes(4, "little")
    assert message(tmp_path, bytes(data)).startswith("array 'a': is cut short: ")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is no .npz archive: write or fetch it again"),
        (b"text", "is no .npz archive: write or fetch it again"),
        (saved(a=[1])[:-20], "the archive is damaged (File is not a zip file): write or fetch it again"),
        (saved(b=[1]), "has no array 'a': write or fetch it again"),
        (zipped(b"no array"), "array 'a': is no npy array: write or fetch it again"),
        (saved(a=np.array([None])), "array 'a': holds Python objects, which are never loaded as they can run any code"),
        (saved(a=np.ones(2, complex)), "array 'a': is complex128 of shape (2,), not numbers of 0 axes or 1 axis or "),
        (saved(a=np.ones((1, 1, 1))), "array 'a': is float64 of shape (1, 1, 1), not numbers of "),
        (zipped(npy((1,), content=bytes(9))), "array 'a': goes on after its last element: write or fetch it again"),
        (zipped(npy((1,), content=bytes(8)), zipfile.ZIP_BZIP2), "array 'a': is packed in a way that numpy does not"),
    ],
)  # fmt: skip
def test_damage_is_named(tmp_path, data, expected):
    assert message(tmp_path, data).startswith(expected)


def test_an_encrypted_flag_and_a_wrong_checksum(tmp_path):
    data = bytearray(saved(a=np.arange(9)))
    central = data.rindex(b"PK\x01\x02")
    encrypted = data.copy()
    encrypted[6] |= 1
    encrypted[central + 8] |= 1
    assert "the archive is damaged (" in message(tmp_path, bytes(encrypted))
    changed = data.copy()
    changed[changed.index(MAGIC) + 130] ^= 1
    assert "the archive is damaged (Bad CRC-32" in message(tmp_path, bytes(changed))


def test_missing_files_and_folders(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(InputError, match=r"no such file|is a folder"), open_archive(path):
            pass


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': x, 'fortran_order': False, 'shape': (1,)}",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)",
        b"(" * 9000,
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (0777,)}",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1L,)}",
        b"{'descr': '\\d8', 'fortran_order': False, 'shape': (1or 2,)}",
        b"\xff\x00",
    ],
)
def test_no_inner_name_and_no_warning_of_a_library_is_seen(header):
    data = MAGIC + b"\x01\x00" + len(header).to_bytes(2, "little") + header
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            assert read_header(data, "x").shape == (1,)  # what Python 2 wrote
        except InputError as error:
            text = str(error)
            assert text.startswith("x: its npy header is damaged (")
            assert "object at" not in text
            assert "\n" not in text


WHOLE = saved(np.savez_compressed, a=np.arange(30).reshape(5, 6), b=np.array(["甲", "b"]))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_any_changed_byte_gives_the_array_or_a_line(tmp_path_factory, changes):
    data = bytearray(WHOLE)
    for place, value in changes:
        data[place] = value
    try:
        found = read(tmp_path_factory.getbasetemp(), bytes(data))
    except InputError as error:
        found = np.array(str(error))
    assert found.dtype.kind != "U" or "\n" not in str(found)
    assert found.size <= 30
