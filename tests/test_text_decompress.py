"""gzip, bzip2, xz and zstd: whole, in many frames, cut off, corrupt, and very compressible."""

import bz2
import gzip
import lzma

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import InputError
from hanmine.text.bytestream import ByteStream
from hanmine.text.decompress import compression_of, decompressed

LABELS = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}
COMPRESS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}
KINDS = sorted(COMPRESS)
TEXT = "文本挖掘，新词发现。\n".encode() * 5000


def stream_of(data, size):
    return ByteStream(data[start : start + size] for start in range(0, len(data), size))


def inflate(data, kind, size=1 << 20, chunk=1 << 16):
    return b"".join(decompressed(stream_of(data, chunk), kind, "corpus", size))


@pytest.mark.parametrize("kind", KINDS)
def test_magic_bytes(kind):
    assert compression_of(COMPRESS[kind](TEXT)[:10]) == kind
    assert compression_of(COMPRESS[kind](b"")[:10]) == kind


@pytest.mark.parametrize("head", [b"", b"BZh", b"BZh is a text", b"\x1f\x8b", "文本".encode(), b"P*M", b"plain text"])
def test_no_magic_bytes(head):
    assert compression_of(head[:10]) is None


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=300), size=st.integers(1, 50), chunk=st.integers(1, 50))
def test_round_trip_for_any_chunks(kind, data, size, chunk):
    assert inflate(COMPRESS[kind](data), kind, size, chunk) == data


@pytest.mark.parametrize("kind", KINDS)
def test_concatenated_members(kind):
    members = COMPRESS[kind](TEXT) + COMPRESS[kind](b"") + COMPRESS[kind](b"second")
    assert inflate(members, kind) == TEXT + b"second"
    assert inflate(members, kind, chunk=1) == TEXT + b"second"


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_zero_padding(kind):
    data = COMPRESS[kind](b"one") + bytes(8) + COMPRESS[kind](b"two") + bytes(300_000)
    assert inflate(data, kind) == b"onetwo"


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation_is_an_error(kind):
    data = COMPRESS[kind](b"text " * 20)
    for end in range(1, len(data)):
        with pytest.raises(InputError) as caught:
            inflate(data[:end], kind)
        message = f"corpus: the {LABELS[kind]} data end too early: fetch or compress the file again"
        assert str(caught.value) == message


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_after_whole_blocks(kind):
    data = COMPRESS[kind](TEXT * 10)
    chunks = decompressed(stream_of(data[:-3], 1 << 16), kind, "corpus", 1 << 16)
    first = next(chunks)
    assert (TEXT * 10).startswith(first)
    with pytest.raises(InputError, match="end too early"):
        list(chunks)


@pytest.mark.parametrize("kind", KINDS)
def test_corrupt_data(kind):
    # With a checksum: zstd frames have one only if it is asked for.
    compress = zstandard.ZstdCompressor(write_checksum=True).compress if kind == "zst" else COMPRESS[kind]
    data = bytearray(compress(TEXT + bytes(range(256))))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(InputError) as caught:
        inflate(bytes(data), kind)
    assert str(caught.value).startswith(f"corpus: the {LABELS[kind]} data are corrupt (")
    assert str(caught.value).endswith("): fetch or compress the file again")


@pytest.mark.parametrize("kind", KINDS)
def test_other_bytes_after_the_end(kind):
    with pytest.raises(InputError, match=f"the {LABELS[kind]} data are corrupt"):
        inflate(COMPRESS[kind](b"text") + b"garbage that is no archive", kind)


@pytest.mark.parametrize("kind", KINDS)
def test_output_of_a_step_is_bounded(kind):
    bomb = COMPRESS[kind](bytes(20_000_000))
    longest = total = 0
    for chunk in decompressed(stream_of(bomb, 1 << 20), kind, "corpus", 1 << 18):
        longest = max(longest, len(chunk))
        total += len(chunk)
    assert total == 20_000_000
    assert longest <= 1 << 18


def test_zstd_frame_kinds():
    plain = zstandard.ZstdCompressor(write_content_size=False, write_checksum=True)
    skippable = b"\x5a\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    unsized = plain.compressobj()
    streamed = unsized.compress(TEXT[:9999]) + unsized.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    streamed += unsized.compress(TEXT[9999:]) + unsized.flush()
    incompressible = zstandard.compress(bytes(range(256)) * 2)
    data = skippable + streamed + skippable + plain.compress(b"x" * 1000) + incompressible
    assert compression_of(data[:10]) == "zst"
    assert inflate(data, "zst", chunk=7) == TEXT + b"x" * 1000 + bytes(range(256)) * 2


def test_zstd_with_a_long_window():
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True, write_content_size=0)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = compressor.compress(TEXT) + compressor.flush()
    assert inflate(data, "zst") == TEXT
