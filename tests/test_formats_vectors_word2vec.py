"""word2vec files as they are found in the world: text and binary, with headers and without, clean and not."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import InputError
from hanmine.formats.vectors import open_vectors
from naive import word2vec_binary, word2vec_text


def read(data):
    with open_vectors(["-"], stdin=data if hasattr(data, "read") else io.BytesIO(data)) as vectors:
        return vectors.inputs[0]["format"], vectors.names, vectors.rows(0, vectors.shape[0]).tolist()


def message(data, name="<stdin>"):
    with pytest.raises(InputError) as caught:
        read(data)
    assert str(caught.value).startswith("<stdin>: ")
    return str(caught.value).removeprefix("<stdin>: ")


CURE = "pass --errors replace to put U+FFFD there, or skip to leave the row out"
ROWS = [[1.0, 2.0], [3.0, -4.5]]


@pytest.mark.parametrize(
    "text",
    [
        "2 2\n甲 1 2\n乙 3 -4.5\n",
        "2 2\n甲 1 2\n乙 3 -4.5",  # no newline at the end
        "2 2\r\n甲 1 2\r\n乙 3 -4.5\r\n",
        "2 2 \n甲 1 2 \n乙 3 -4.5 \n\n \n",  # word2vec.c ends each line with a space
        "\ufeff2 2\n甲 1 2\n乙 3 -4.5\n",
        "2\t2\n甲\t1\t2\n乙\t3\t-4.5\n",
        "甲 1 2\n乙 3 -4.5\n",  # GloVe
        "\ufeff甲 1 2\n乙 3 -4.5\n",
        "甲 1e0 +2.\n乙 3 -.45E1\n",
    ],
)
def test_text(text):
    assert read(text.encode()) == ("word2vec", ["甲", "乙"], ROWS)


def test_words_that_are_no_plain_words():
    words = ["a b", ". . .", "2020", "1 2", "", " ", "\u3000", "_", "1_0", '"']
    text = "".join(f"{word} 1 2\n" for word in words)
    assert read(f"{len(words)} 2\n{text}".encode())[1] == words
    assert read(f"first 1 2\n{text}".encode())[1] == ["first", *words]


def test_numbers_that_are_not_finite():
    _, _, rows = read(b"2 2\na nan inf\nb -inf 1e300\n")
    assert str(rows) == "[[nan, inf], [-inf, inf]]"


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 99), st.booleans())
def test_chunks_may_end_anywhere(rows, dimensions, size, binary):
    values = np.random.default_rng(rows).standard_normal((rows, dimensions)).astype("<f4")
    data = f"{rows} {dimensions}\n".encode()
    for row, vector in enumerate(values):
        if binary:
            data += f"词{row} ".encode() + vector.tobytes() + b"\n" * (row % 2)
        else:
            data += f"词{row} {' '.join(map(str, vector.tolist()))}\n".encode()

    class Slow(io.BytesIO):
        def read(self, _=-1):
            return super().read(size)

    format, names, found = read(Slow(data))
    assert format == ("word2vec-binary" if binary else "word2vec")
    expected = word2vec_binary(data) if binary else word2vec_text(data, dimensions)
    assert (names, found) == (expected[0], np.array(expected[1], np.float32).tolist())


def test_the_extension_decides_where_bytes_do_not(tmp_path):
    data = b"1 1\nw 1.25\n"
    for name, format in (("x.vec", "word2vec"), ("x", "word2vec")):
        (tmp_path / name).write_bytes(data)
        with open_vectors([tmp_path / name]) as vectors:
            assert vectors.inputs[0]["format"] == format
    (tmp_path / "x.bin").write_bytes(b"1 1\nw abcd\n")
    with open_vectors([tmp_path / "x.bin"]) as vectors:
        assert vectors.inputs[0]["format"] == "word2vec-binary"
        assert vectors.rows(0, 1).tobytes() == b"abcd"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("2 2\na 1 2\nb 3\n", "line 3: 1 numbers where 2 are expected: correct or remove the line"),
        ("2 2\na 1 2\n\nb 3 4\n", "line 3: 0 numbers where 2 are expected: correct or remove the line"),
        ("a 1 2\nb 3 4\nc 5 x\n", None),
        ("a 1 2 3\nb 3 4\n", "line 2: 2 numbers where 3 are expected: correct or remove the line"),
        ("2 2\na 1 2\nb 3 x\n", "line 3: 'x' is no number: correct or remove the line"),
        ("2 2\na 1 2\nb 3 1_0\n", "line 3: '1_0' is no number: correct or remove the line"),
        ("2 2\na 1 2\nb 0x1 1\n", "line 3: '0x1' is no number: correct or remove the line"),
        ("3 2\na 1 2\nb 3 4\n", "its header says 3 rows and it has 2: write or fetch it again"),
        ("1 2\na 1 2\nb 3 4\n", "its header says 1 rows and it has 2: write or fetch it again"),
        ("2 2\na 1 2 3\nb 4 5 6\n", "its header says 2 dimensions and its rows have 3: correct the header"),
        ("2 0\na\nb\n", "its word2vec header names no dimensions: write or fetch it again"),
        ("0 2\n", "has no rows (shape (0, 2)): check what wrote it"),
        (
            b"2 2\na 1 2\n\xff\xfe 3 4\n",
            "line 3: the word '\\xff\\xfe' is not UTF-8: " + CURE,
        ),
    ],
)
def test_text_that_is_wrong(data, expected):
    data = data if isinstance(data, bytes) else data.encode()
    if expected is None:
        expected = (
            "holds no vectors that can be read (npy, npz, safetensors, Parquet, word2vec, JSON Lines, CSV): "
            "check the file; `mine encode` makes vectors of sentences"
        )
    assert message(data) == expected


def test_a_wrong_line_behind_the_first_ones_of_glove():
    lines = [f"w{number} 1 2\n" for number in range(20)]
    assert message("".join([*lines, "x 1\n"]).encode()) == (
        "line 21: 1 numbers where 2 are expected: correct or remove the line"
    )


def binary(rows, words=(b"a", b"b"), separator=b"\n"):
    parts = (word + b" " + np.array(row, "<f4").tobytes() + separator for word, row in zip(words, rows, strict=True))
    return f"{len(rows)} {len(rows[0])}\n".encode() + b"".join(parts)


def test_binary():
    for separator in (b"\n", b"", b"\r\n"):
        data = binary(ROWS, ["甲".encode(), "乙".encode()], separator)
        assert read(data) == ("word2vec-binary", ["甲", "乙"], ROWS)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (binary(ROWS)[:-2], "is cut short: 1 of its 2 rows are missing: write or fetch it again"),
        (binary(ROWS) + b"more", "goes on after the 2 rows that its header says: write or fetch it again"),
        (
            binary(ROWS, [b"a", b"\xff"]),
            "row 1: the word '\\xff' is not UTF-8: " + CURE,
        ),
        (
            binary(ROWS[:1], [b"a"]).replace(b"1 2", b"9 2") + bytes(70000),
            "row 1: no word where one should begin: write or fetch the file again",
        ),
    ],
)
def test_binary_that_is_wrong(data, expected):
    assert message(data) == expected


@pytest.mark.parametrize("header", [True, False])
def test_no_more_rows_than_are_wanted_are_read(header):
    text = ("9 2\n" if header else "") + "甲 1 2\n乙 3 -4.5\n" + "丙 5 6\n" * 20 + "丙 no number\n"
    with open_vectors(["-"], stdin=io.BytesIO(text.encode()), first=2) as vectors:
        assert (vectors.names, vectors.shape, vectors.total) == (["甲", "乙"], (2, 2), 9 if header else None)
        assert vectors.rows(0, 2).tolist() == ROWS
    with open_vectors(["-"], stdin=io.BytesIO(b"2 2\na 1 2\nb 3 4\n"), first=5) as vectors:
        assert (vectors.shape, vectors.total) == ((2, 2), 2)


def test_no_more_rows_than_are_wanted_are_read_of_binary():
    rows = np.array([[1, 2], [3, 4], [5, 6]], "<f4")
    data = b"3 2\n" + b"".join(
        word + b" " + row.tobytes() + b"\n" for word, row in zip([b"a", b"b", b"c"], rows, strict=True)
    )
    with open_vectors(["-"], stdin=io.BytesIO(data[:-9]), first=2) as vectors:
        assert (vectors.names, vectors.total) == (["a", "b"], 3)
        assert vectors.rows(0, 9).tolist() == [[1, 2], [3, 4]]


class Endless(io.RawIOBase):
    """word2vec text without an end."""

    def __init__(self):
        self.rows = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        lines = b"".join(b"w%d 1 2 3\n" % (self.rows + row) for row in range(1000))
        self.rows += 1000
        head = b"1000000 3\n" if self.rows == 1000 else b""
        data = (head + lines)[: len(buffer)]
        data = data[: data.rfind(b"\n") + 1]
        buffer[: len(data)] = data
        return len(data)


def test_a_stream_is_left_when_there_are_rows_enough():
    stream = Endless()
    with open_vectors(["-"], stdin=stream, first=10) as vectors:
        assert (vectors.shape, vectors.total) == ((10, 3), 1_000_000)
    assert stream.rows < 1_000_000
