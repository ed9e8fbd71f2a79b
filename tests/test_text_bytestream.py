"""Bytes as they arrive: counting, hashing, looking ahead."""

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import InputError
from hanmine.text.bytestream import ByteStream, StoredBytes


class Dribble(io.RawIOBase):
    """A pipe that gives at most three bytes at a time."""

    def __init__(self, data):
        self._data = io.BytesIO(data)

    def read(self, size=-1):
        return self._data.read(min(size, 3))


@given(st.binary(max_size=60), st.integers(1, 9))
def test_stored_bytes_are_counted_and_hashed(data, size):
    digest = hashlib.sha256()
    stored = StoredBytes(Dribble(data), "pipe", digest)
    chunks = list(stored.chunks(size))
    assert b"".join(chunks) == data
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert stored.count == len(data)
    assert digest.hexdigest() == hashlib.sha256(data).hexdigest()


def test_read_errors_name_the_source():
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError) as caught:
        list(StoredBytes(Broken(), "disk.txt").chunks(4))
    assert str(caught.value) == "disk.txt: cannot be read (Input/output error): check the file"


def test_a_non_blocking_pipe_is_refused():
    class Empty(io.RawIOBase):
        def read(self, size=-1):
            return None

    with pytest.raises(InputError) as caught:
        list(StoredBytes(Empty(), "<stdin>").chunks(4))
    assert str(caught.value) == "<stdin>: cannot be read (a non-blocking pipe): pass it through `cat`"


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=12), st.data())
def test_stream_peeks_reads_and_hands_on_the_rest(chunks, data):
    whole = b"".join(chunks)
    stream = ByteStream(iter(chunks))
    taken = b""
    for size in data.draw(st.lists(st.integers(0, 9), max_size=6)):
        assert stream.peek(size) == whole[len(taken) : len(taken) + size]
        if data.draw(st.booleans()):
            taken += stream.read(size)
    assert whole.startswith(taken)
    minimum = data.draw(st.integers(1, 9))
    rest = list(stream.chunks(minimum))
    assert taken + b"".join(rest) == whole
    assert all(len(chunk) >= minimum for chunk in rest[:-1])
    assert b"" not in rest


def test_chunks_of_the_wanted_size_are_not_copied():
    chunks = [bytes([number]) * 100 for number in range(5)]
    stream = ByteStream(iter(chunks))
    stream.peek(10)
    assert all(given is got for given, got in zip(chunks, stream.chunks(100), strict=True))
