"""A corpus as blocks: every kind of source, what is recorded of it, and what is said when it cannot be read."""

import bz2
import codecs
import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import sys
import threading
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.errors import DecodingError, InputError, MissingExtraError, UsageError
from hanmine.text.options import TextOptions
from hanmine.text.reader import InputRecord, TextReader

SIMPLIFIED = "今天下午，我们在北京的一家小餐馆里见了面。\n聊起了这几年的变化，5G基站也很多😀。\n"
TRADITIONAL = "今天下午，我們在臺北的一家小餐館裡見了面。\n聊起這幾年的變化，佢哋話今日唔使返工。\n"
COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.compress}


def reader_of(data, block_size=1 << 22, hash_inputs=False, **options):
    stdin = io.BytesIO(data)
    return TextReader("-", TextOptions(**options), stdin=stdin, block_size=block_size, hash_inputs=hash_inputs)


def read(data, **options):
    return b"".join(block.data for block in reader_of(data, **options)).decode()


def error_of(data, kind=InputError, **options):
    with pytest.raises(kind) as caught:
        list(reader_of(data, **options))
    return str(caught.value)


# --- plain UTF-8


@given(st.text("a中é😀\n", max_size=80), st.integers(1, 64))
def test_plain_text_comes_through_whatever_the_block_size(text, block_size):
    data = text.encode()
    position = 0
    joined = b""
    for block in reader_of(data, block_size=block_size):
        assert block.source == "<stdin>"
        assert block.offset == position
        position += len(block.data)
        joined += block.data
        block.data.decode()
    assert joined == (data if not data or data.endswith(b"\n") else data + b"\n")


def test_a_byte_order_mark_is_dropped_and_counted():
    (block,) = reader_of(codecs.BOM_UTF8 + "好\n".encode())
    assert (block.data, block.offset) == ("好\n".encode(), 3)
    assert read(codecs.BOM_UTF8 + "好\n".encode(), encoding="utf-8") == "好\n"
    assert read(codecs.BOM_UTF8 + "好\n".encode(), encoding="utf-8-sig") == "好\n"
    assert read(codecs.BOM_UTF8) == ""


def test_ill_formed_utf8_is_left_to_the_kernel():
    data = "好".encode() * 50 + b"\xff" + "的".encode() + b"\xe4\xb8"
    (block,) = reader_of(data)
    assert block.data == data + b"\n"


def test_empty_input():
    reader = reader_of(b"", hash_inputs=True)
    assert list(reader) == []
    assert reader.inputs == [InputRecord("<stdin>", 0, hashlib.sha256().hexdigest(), "utf-8", None, "text")]


# --- compression


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("block_size", [5, 100, 1 << 22])
def test_compressed_text(kind, block_size):
    data = COMPRESS[kind](SIMPLIFIED.encode()) + COMPRESS[kind]("又一段".encode())
    reader = reader_of(data, block_size=block_size, hash_inputs=True)
    assert b"".join(block.data for block in reader).decode() == SIMPLIFIED + "又一段\n"
    assert reader.inputs == [InputRecord("<stdin>", len(data), hashlib.sha256(data).hexdigest(), "utf-8", kind, "text")]


def test_offsets_are_those_of_the_decompressed_bytes():
    blocks = list(reader_of(gzip.compress(SIMPLIFIED.encode()), block_size=16))
    assert [block.offset for block in blocks[:2]] == [0, len(blocks[0].data)]


def test_truncated_archive():
    assert error_of(gzip.compress(SIMPLIFIED.encode())[:-4]) == (
        "<stdin>: the gzip data end too early: fetch or compress the file again"
    )


# --- other encodings


@pytest.mark.parametrize("kind", [None, *COMPRESS])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "big5hkscs"),
        (SIMPLIFIED, "utf-16-le"),
        (SIMPLIFIED, "utf-16-be"),
        (TRADITIONAL, "utf-8"),
    ],
)
def test_detected_encodings(text, encoding, kind):
    data = text.encode(encoding)
    reader = reader_of(COMPRESS[kind](data) if kind else data)
    blocks = list(reader)
    assert b"".join(block.data for block in blocks).decode() == text
    assert (reader.inputs[0].encoding, reader.inputs[0].compression) == (encoding, kind)
    assert all((block.offset is None) == (encoding != "utf-8") for block in blocks)


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_utf16_with_a_mark(mark):
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    for requested in ("auto", "utf-16", "UTF16", encoding):
        assert read(mark + SIMPLIFIED.encode(encoding), encoding=requested) == SIMPLIFIED


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=40),
    st.sampled_from(["gb18030", "utf-16-le", "utf-16-be", "utf-16", "utf-7"]),
    st.integers(1, 30),
)
def test_requested_encodings_round_trip(text, encoding, block_size):
    reader = reader_of(text.encode(encoding), block_size=block_size, encoding=encoding)
    joined = ""
    for block in reader:
        joined += block.data.decode()
    assert joined == (text if not text or text.endswith("\n") else text + "\n")


def test_unknown_encoding():
    with pytest.raises(UsageError, match=r"^--encoding 'klingon' is unknown: pass auto, utf-8, "):
        reader_of(b"", encoding="klingon")


@pytest.mark.parametrize("block_size", [1, 7, 1 << 22])
def test_undecodable_bytes_are_named_exactly(block_size):
    data = SIMPLIFIED.encode("gb18030") + b"\xff" + SIMPLIFIED.encode("gb18030")
    position = len(SIMPLIFIED.encode("gb18030"))
    message = (
        f"<stdin>: byte {position} cannot be read as gb18030 (0xff): "
        "pass --encoding NAME if it is another encoding, or --errors replace"
    )
    assert error_of(data, DecodingError, block_size=block_size) == message
    assert error_of(gzip.compress(data), DecodingError, block_size=block_size) == message


def test_offset_counts_the_byte_order_mark():
    data = codecs.BOM_UTF16_LE + "好".encode("utf-16-le") + b"\x00\xd8"
    assert error_of(data, DecodingError).startswith("<stdin>: byte 4 cannot be read as utf-16-le (0x00d8): ")


def test_character_cut_off_at_the_end():
    data = SIMPLIFIED.encode("gb18030") + "好".encode("gb18030")[:1]
    assert error_of(data, DecodingError).startswith(f"<stdin>: byte {len(data) - 1} cannot be read as gb18030 (0xba): ")


def test_replacing_is_counted():
    half = SIMPLIFIED.encode("gb18030")
    reader = reader_of(half + b"\xff\n" + half + b"\xba", errors="replace", block_size=50)
    text = b"".join(block.data for block in reader).decode()
    assert text == SIMPLIFIED + "\ufffd\n" + SIMPLIFIED + "\ufffd\n"
    assert reader.replaced == 2


def test_halves_that_a_codec_lets_through():
    assert error_of(rb"a\ud83d", DecodingError, encoding="unicode_escape") == (
        "<stdin>: \\ud83d is half of a surrogate pair and no character: mend it, or pass --errors replace"
    )
    assert read(rb"a\ud83d", encoding="unicode_escape", errors="replace") == "a\ufffd\n"


def test_binary_input():
    assert error_of(b"\x7fELF\x02\x01\x01\0\0\0") == (
        "<stdin>: looks binary (a NUL at byte 7): pass a text file, or --encoding NAME if it is one"
    )
    assert read(b"a\0b", encoding="utf-8") == "a\0b\n"


# --- records

POSTS = [
    '今天好开心😀\n第二行，“引号”"和逗号,',
    "全角１２３\u200b零宽",
    "=1+1",
    "",
    "普通的一条",
]


def csv_of(posts, encoding="utf-8-sig", delimiter=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["id", "text", "user"])
    writer.writerows([number, post, "谁"] for number, post in enumerate(posts))
    return out.getvalue().encode(encoding)


def jsonl_of(posts, escaped):
    lines = (json.dumps({"id": 7, "user": {"text": post}, "text": post}, ensure_ascii=escaped) for post in posts)
    return ("\n".join(lines) + "\n").encode()


RECORDS = {
    "posts.csv": (csv_of(POSTS), "csv", "text"),
    "gbk.csv": (csv_of(POSTS, "gb18030"), "csv", "text"),
    "excel.tsv": (csv_of(POSTS, "utf-16", "\t"), "tsv", "text"),
    "posts.jsonl": (jsonl_of(POSTS, escaped=True), "jsonl", "text"),
    "posts.ndjson": (jsonl_of(POSTS, escaped=False), "jsonl", "user.text"),
    "posts.json": (json.dumps([{"text": post} for post in POSTS], indent=2).encode(), "json", "text"),
    "one.json": (json.dumps({"data": {"list": [{"text": post} for post in POSTS]}}).encode(), "json", "data.list.text"),
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("compression", [None, "gz", "zst"])
@pytest.mark.parametrize("block_size", [1, 50, 1 << 22])
def test_records_give_the_texts_of_the_column(name, compression, block_size, tmp_path):
    data, input_format, column = RECORDS[name]
    path = tmp_path / (f"{name}.{compression}" if compression else name)
    path.write_bytes(COMPRESS[compression](data) if compression else data)
    reader = TextReader(path, TextOptions(column=column), block_size=block_size)
    joined = b"".join(block.data for block in reader)
    assert joined.decode() == "".join(post + "\n" for post in POSTS)
    assert reader.inputs[0].format == input_format
    assert reader.replaced == 0


@pytest.mark.parametrize("name", ["posts.csv", "excel.tsv", "posts.jsonl", "posts.json"])
def test_formats_are_recognized_in_a_pipe(name):
    data, input_format, column = RECORDS[name]
    reader = reader_of(data, column=column)
    assert b"".join(block.data for block in reader).decode() == "".join(post + "\n" for post in POSTS)
    assert reader.inputs[0].format == input_format


def test_column_is_needed_and_must_be_there(tmp_path):
    assert error_of(csv_of(POSTS), UsageError, input_format="csv") == (
        "<stdin>: csv input needs --column NAME (its columns: id, text, user), or --input-format text"
    )
    assert error_of(csv_of(POSTS), UsageError, column="body") == (
        "<stdin>: no column 'body' (its columns: id, text, user): pass one of these as --column"
    )
    assert error_of(jsonl_of(POSTS, escaped=True), UsageError) == (
        "<stdin>: jsonl input needs --column NAME (its columns: id, user.text, text), or --input-format text"
    )
    assert read(csv_of(["好"])) == "id,text,user\r\n0,好,谁\r\n"


def test_column_of_plain_text():
    with pytest.raises(UsageError) as caught:
        reader_of(b"", input_format="text", column="text")
    assert str(caught.value) == "--column needs records, not --input-format text: pass csv, tsv, jsonl or json"
    assert error_of("只是文本\n".encode(), UsageError, column="text") == (
        "<stdin>: --column 'text', but no csv, tsv, jsonl or json was recognized: pass --input-format"
    )


def test_text_can_be_forced():
    assert read(b'{"text": 1}\n', input_format="text") == '{"text": 1}\n'


def test_undecodable_bytes_in_records():
    data = csv_of(["好", "的"], "utf-8").replace("的".encode(), b"\xe7\x9a")
    position = data.index(b"\xe7\x9a,")
    message = f"<stdin>: byte {position} cannot be read as utf-8 (0xe79a): "
    assert error_of(data, DecodingError, column="text").startswith(message)
    reader = reader_of(data, column="text", errors="replace")
    assert b"".join(block.data for block in reader).decode() == "好\n\ufffd\n"
    assert reader.replaced == 1


def test_rows_left_out_are_counted():
    data = "id,text\n1,好\n2\n3,的\n".encode()
    assert error_of(data, column="text").startswith("<stdin>: row 3 (line 3) has 1 column, 'text' is column 2: ")
    reader = reader_of(data, column="text", errors="replace")
    assert b"".join(block.data for block in reader).decode() == "好\n的\n"
    assert reader.replaced == 1


# --- texts in memory


@pytest.mark.parametrize("make", [list, iter])
def test_strings_are_documents(make):
    reader = TextReader(make(["一\n二", "", "三\n"]), TextOptions(), hash_inputs=True)
    joined = b"".join(block.data for block in reader)
    assert joined.decode() == "一\n二\n\n三\n"
    sha256 = hashlib.sha256(joined).hexdigest()
    assert reader.inputs == [InputRecord("<strings>", len(joined), sha256, "utf-8", None, "text")]
    assert (reader.total_bytes, reader.bytes_read) == (None, len(joined))


def test_strings_with_halves_of_surrogate_pairs():
    with pytest.raises(DecodingError) as caught:
        list(TextReader(["好", "a\ud83d"], TextOptions()))
    assert str(caught.value) == (
        "<strings>: text 2: \\ud83d is half of a surrogate pair and no character: mend it, or pass --errors replace"
    )
    reader = TextReader(["a\ud83d"], TextOptions(errors="replace"))
    assert [block.data.decode() for block in reader] == ["a\ufffd\n"]
    assert reader.replaced == 1


def test_what_is_no_string():
    with pytest.raises(UsageError) as caught:
        list(TextReader(["好", 3.5], TextOptions()))
    assert str(caught.value) == "<strings>: text 2 is of type float: pass str only"
    with pytest.raises(UsageError) as caught:
        list(TextReader(["好"], TextOptions(column="text")))
    assert str(caught.value) == "texts in memory are documents: --column and --input-format are for files"


# --- conversion


@settings(max_examples=50)
@given(st.text("ｅ\u0301ﬁＡ，中か\u3099\n", max_size=40), st.integers(1, 40))
def test_nfkc(text, block_size):
    expected = unicodedata.normalize("NFKC", text)
    expected += "\n" if expected and not expected.endswith("\n") else ""
    reader = reader_of(text.encode(), block_size=block_size, normalize="nfkc", encoding="utf-8")
    assert b"".join(block.data for block in reader).decode() == expected


def test_t2s():
    assert read(TRADITIONAL.encode("big5hkscs"), t2s=True).startswith("今天下午，我们在台北的一家小餐馆里见了面。\n")


def test_gbk_of_windows_is_recognized_and_read_whole():
    text = "这件外套只要199€，是龴先生从欧洲带回来的。" * 3 + "\n"
    data = b"\x80".join(part.encode("gb18030") for part in text.split("€")).replace("龴".encode("gb18030"), b"\xfe\x59")
    assert read(data) == text
    assert read(data, encoding="gbk", errors="replace") == text


def test_t2s_of_radicals():
    assert read("⾺⻑馬豈".encode(), t2s=True) == "马长马岂\n"
    assert read("⾺馬".encode(), t2s=True, normalize="none") == "⾺马\n"


def test_t2s_without_opencc(monkeypatch):
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(MissingExtraError):
        reader_of(b"", t2s=True)


# --- several sources, progress, files


def test_sources_do_not_run_together(tmp_path):
    (tmp_path / "a.txt").write_bytes("一".encode())
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress("二".encode("utf-16")))
    (tmp_path / "c.csv").write_bytes(b"id,text")
    paths = [tmp_path / "a.txt", tmp_path / "b.txt.gz", tmp_path / "a.txt"]
    reader = TextReader(paths, TextOptions(), hash_inputs=True)
    assert reader.total_bytes == sum(path.stat().st_size for path in paths)
    assert [(block.data.decode(), block.source) for block in reader] == [
        ("一\n", str(paths[0])),
        ("二\n", str(paths[1])),
        ("一\n", str(paths[0])),
    ]
    assert reader.bytes_read == reader.total_bytes
    assert [record.name for record in reader.inputs] == [str(path) for path in paths]
    assert [record.bytes for record in reader.inputs] == [path.stat().st_size for path in paths]
    assert [record.sha256 for record in reader.inputs] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    ]
    assert [record.compression for record in reader.inputs] == [None, "gz", None]


def test_recursion_is_an_option(tmp_path):
    (tmp_path / "a.txt").write_text("一", encoding="utf-8")
    with pytest.raises(InputError, match="is a directory: pass -r/--recursive"):
        TextReader(tmp_path, TextOptions())
    assert [block.data for block in TextReader(tmp_path, TextOptions(recursive=True))] == ["一\n".encode()]


def test_progress_advances(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"line\n" * 1000)
    reader = TextReader(path, TextOptions(), block_size=500)
    seen = [reader.bytes_read for _ in reader]
    assert seen == sorted(seen)
    assert seen[-1] == 5000


def test_progress_advances_beyond_the_sample(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"line\n" * 1_000_000)
    reader = TextReader(path, TextOptions(), block_size=1 << 18)
    seen = [reader.bytes_read for _ in reader]
    assert seen[0] < 2_000_000
    assert len(set(seen)) > 10


def test_only_once():
    reader = reader_of(b"a\n")
    list(reader)
    with pytest.raises(RuntimeError, match="a TextReader can be iterated only once"):
        iter(reader)


def test_an_abandoned_file_is_closed(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_bytes(b"line\n" * 10_000)
    opened = []
    usual = open

    def recording(*args, **options):
        opened.append(usual(*args, **options))
        return opened[-1]

    monkeypatch.setattr("builtins.open", recording)
    for options in (TextOptions(), TextOptions(normalize="nfkc"), TextOptions(encoding="gb18030")):
        blocks = iter(TextReader(path, options, block_size=100))
        next(blocks)
        assert not opened[-1].closed
        blocks.close()
        assert opened[-1].closed
    with pytest.raises(UsageError):
        list(TextReader(path, TextOptions(input_format="csv")))
    assert opened[-1].closed


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = gzip.compress(SIMPLIFIED.encode("gb18030"))
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    reader = TextReader(path, TextOptions(), hash_inputs=True)
    assert reader.total_bytes is None
    assert b"".join(block.data for block in reader).decode() == SIMPLIFIED
    writer.join()
    assert reader.inputs[0].bytes == len(data)
    assert reader.inputs[0].sha256 == hashlib.sha256(data).hexdigest()


def test_standard_input_of_the_process():
    program = (
        "import sys; from hanmine.text.reader import TextReader; from hanmine.text.options import TextOptions\n"
        "for block in TextReader('-', TextOptions()): sys.stdout.buffer.write(block.data)"
    )
    data = SIMPLIFIED.encode() * 3000
    done = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True)
    assert done.stdout == data


class OneLine(io.RawIOBase):
    """200 MB of one character, without a newline."""

    total = 200 << 20
    pattern = "一".encode() * (2 << 20)

    def __init__(self):
        self.position = 0

    def read(self, size=-1):
        size = min(size, self.total - self.position)
        data = self.pattern[self.position % 3 : self.position % 3 + size]
        self.position += size
        return data


@pytest.mark.parametrize("options", [{}, {"encoding": "utf-8", "normalize": "nfkc", "errors": "replace"}])
def test_a_line_without_end_needs_little_memory(options):
    total = 0
    tracemalloc.start()
    for block in TextReader("-", TextOptions(**options), stdin=OneLine()):
        assert len(block.data) < 10 << 20
        total += len(block.data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total >= 200 << 20
    assert peak < 60 << 20


def test_reading_imports_nothing_heavy():
    program = (
        "import sys, hanmine.text.reader\n"
        "print([name for name in ('numpy', 'numba', 'zstandard', 'opencc', 'jieba', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_paths_are_shown_as_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_bytes(b"x")
    assert next(iter(TextReader("./a.txt", TextOptions()))).source == "./a.txt"
