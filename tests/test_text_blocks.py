"""Plain UTF-8 cut into blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.text.blocks import cut_utf8

TEXT = st.text("a中é😀\n", max_size=60)


def cut(data, size, chunk):
    chunks = (data[start : start + chunk] for start in range(0, len(data), chunk))
    return list(cut_utf8(chunks, size))


@given(TEXT, st.integers(1, 64), st.integers(1, 64))
def test_blocks_are_the_text_cut_between_characters(text, size, chunk):
    data = text.encode()
    blocks = cut(data, size, chunk)
    expected = data if not data or data.endswith(b"\n") else data + b"\n"
    assert b"".join(block for block, _ in blocks) == expected
    for block, _ in blocks:
        block.decode()


@given(st.binary(max_size=80), st.integers(1, 20), st.integers(1, 64))
def test_any_bytes_come_through_at_their_offsets(data, size, chunk):
    blocks = cut(data, size, chunk)
    expected = data if not data or data.endswith(b"\n") else data + b"\n"
    assert b"".join(block for block, _ in blocks) == expected
    position = 0
    for block, offset in blocks:
        assert offset == position
        assert 1 <= len(block) < 2 * max(size, chunk) + 4
        position += len(block)


def test_a_cut_is_at_a_newline_if_one_is_near():
    data = ("x" * 80 + "\n" + "y" * 19).encode() * 3
    assert [len(block) for block, _ in cut(data, 100, 100)] == [81, 100, 120]


@pytest.mark.parametrize("tail", [b"\xe4", b"\xe4\xb8", b"\xf0\x9f\x98", b"\xc3"])
@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_a_truncated_character_stays_before_the_last_newline(tail, chunk):
    blocks = cut("好\n好".encode() + tail, 4, chunk)
    assert b"".join(block for block, _ in blocks) == "好\n好".encode() + tail + b"\n"
    assert blocks[-1][0].endswith(tail + b"\n")


def test_one_endless_line_comes_in_small_blocks():
    longest = 0
    for block, _ in cut_utf8((("一" * 1000).encode() for _ in range(100)), 1000):
        longest = max(longest, len(block))
        block.decode()
    assert longest <= 1003


def test_a_whole_chunk_is_not_copied():
    first = b"x" * 99 + b"\n"
    blocks = cut_utf8(iter([first, b"y\n"]), 100)
    assert next(blocks)[0] is first
