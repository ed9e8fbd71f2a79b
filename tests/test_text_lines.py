"""Sentences of files: one for each line or record, whatever the file is."""

import bz2
import io
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import DecodingError, InputError, UsageError
from hanmine.text import lines
from hanmine.text.lines import SentenceReader
from hanmine.text.long_lines import cut_long, pieces_of_lines
from hanmine.text.options import TextOptions


def read(path, **options):
    return list(SentenceReader(path, TextOptions(**options)))


def piped(data, **options):
    return list(SentenceReader("-", TextOptions(**options), stdin=io.BytesIO(data)))


@given(
    st.lists(st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"]), max_size=8), max_size=9)
)
def test_lines_are_verbatim(sentences):
    text = "".join(sentence + "\n" for sentence in sentences)
    assert piped(text.encode(), encoding="utf-8", input_format="text") == [
        sentence.removeprefix("\ufeff") if not number else sentence for number, sentence in enumerate(sentences)
    ]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n", [""]),
        ("一", ["一"]),
        ("一\n\n二", ["一", "", "二"]),
        ("一\r\n二\r\n", ["一", "二"]),
        ("一\r二\r\r\n", ["一\r二\r"]),
        ("\ufeff一\n \u3000二 \n\n", ["一", " \u3000二 ", ""]),
        ("a\u2028b\x0bc\x85d\n", ["a\u2028b\x0bc\x85d"]),
    ],
)
def test_lines(text, expected, chunk, monkeypatch):
    monkeypatch.setattr(lines, "_CHUNK", chunk)
    assert piped(text.encode(), input_format="text") == expected


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs", "utf-16", "utf-8-sig"])
def test_encodings(encoding, tmp_path):
    text = "這是一個很長的句子，裡面有許多常用的漢字\n\n我們去公園散步\n"
    file = tmp_path / "a.txt"
    file.write_bytes(text.encode(encoding))
    assert read(file) == text.split("\n")[:-1]


def test_compressed(tmp_path):
    file = tmp_path / "a.txt.bz2"
    file.write_bytes(bz2.compress("一\n二".encode()))
    reader = SentenceReader(file, TextOptions(), hash_inputs=True)
    assert list(reader) == ["一", "二"]
    record = reader.inputs[0]
    assert (record.compression, record.format, record.bytes) == ("bz2", "text", file.stat().st_size)
    assert len(record.sha256) == 64
    assert reader.bytes_read == reader.total_bytes == file.stat().st_size


def test_a_newline_in_a_cell_is_no_end(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('id,text\n1,"一\n二"\n2,\n3,"三 ""引"" 号"\r\n4,四', "utf-8")
    assert read(file, column="text") == ["一\n二", "", '三 "引" 号', "四"]


def test_rows_that_cannot_be_read_are_empty_sentences(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('id,text\n1,一\n2\n3,三\n4,"四"x\n', "utf-8")
    reader = SentenceReader(file, TextOptions(column="text", errors="replace"))
    assert list(reader) == ["一", "", "三", ""]
    assert reader.messages() == [
        "2 places could not be read and were replaced (--errors replace)",
        "2 records have no text in the column: read as empty sentences",
    ]
    (tmp_path / "a.txt").write_bytes("一\n".encode() + b"\xff\n")
    reader = SentenceReader(tmp_path / "a.txt", TextOptions(encoding="utf-8", errors="replace"))
    assert list(reader) == ["一", "\ufffd"]
    assert reader.messages() == ["1 place could not be read and was replaced (--errors replace)"]
    with pytest.raises(InputError, match=r"row 3 \(line 3\) has 1 column, 'text' is column 2"):
        read(file, column="text")


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_records_without_text(suffix, tmp_path):
    records = [{"text": "一\n二"}, {"text": None}, {"other": "x"}, {"text": ""}, {"text": "五"}]
    file = tmp_path / f"a.{suffix}"
    joined = json.dumps(records) if suffix == "json" else "\n".join(map(json.dumps, records))
    file.write_text(joined, "utf-8")
    reader = SentenceReader(file, TextOptions(column="text"))
    assert list(reader) == ["一\n二", "", "", "", "五"]
    assert reader.messages() == ["2 records have no text in the column: read as empty sentences"]


def test_a_record_holds_one_text(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text('{"a": {"b": "一"}}\n{"a": {"b": ["二", "三"]}}\n', "utf-8")
    with pytest.raises(InputError) as caught:
        read(file, column="a.b")
    assert str(caught.value) == (
        f"{file}: line 2, column 'a.b': holds 2 values, not one: pass another --column, or pass --errors replace to "
        "leave such records out"
    )
    assert read(file, column="a.b", errors="replace") == ["一", ""]
    file.write_text('{"a": 1}\n[]\nx\n{"a": "四"}\n', "utf-8")
    assert read(file, column="a", errors="replace") == ["", "", "", "四"]


def test_json_strings(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('["一", "", "三"]', "utf-8")
    assert read(file) == ["一", "", "三"]


def test_several_files_and_folders(tmp_path):
    (tmp_path / "b.txt").write_text("二", "utf-8")
    (tmp_path / "a.txt").write_text("一\n", "utf-8")
    assert read(tmp_path, recursive=True) == ["一", "二"]
    assert read([tmp_path / "b.txt", tmp_path / "a.txt"]) == ["二", "一"]


def test_errors_name_the_place(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("一\n".encode() + b"\xff\n")
    with pytest.raises(DecodingError) as caught:
        read(file, encoding="utf-8")
    assert str(caught.value).startswith(f"{file}: byte 4 cannot be read as utf-8 (0xff): ")
    assert read(file, encoding="utf-8", errors="replace") == ["一", "\ufffd"]
    with pytest.raises(UsageError):
        read(file, input_format="text", column="a")
    with pytest.raises(InputError):
        read(tmp_path / "missing.txt")


# -- pieces of long lines -------------------------------------------------------------------------------------------


def joined(pieces):
    """The lines of (piece, goes on) pairs."""
    lines, line = [], []
    for piece, continued in pieces:
        line.append(piece)
        if not continued:
            lines.append(line)
            line = []
    assert not line
    return lines


@given(
    text=st.text(st.sampled_from("我们。，a \r\n"), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
    most=st.integers(1, 20),
)
def test_pieces_do_not_depend_on_how_the_text_arrives(text, cuts, most):
    places = [0, *sorted(cuts), len(text)]
    arriving = [text[begin:end] for begin, end in pairwise(places)]
    found = joined(pieces_of_lines(arriving, most))
    lines = text.split("\n")
    lines = [line.removesuffix("\r") for line in (lines[:-1] if not lines[-1] else lines)]
    assert found == [list(cut_long(line, most)) for line in lines]
    assert ["".join(pieces) for pieces in found] == lines
    assert all(0 < len(piece) <= most for pieces in found for piece in pieces if pieces != [""])


def test_long_lines_are_cut_where_a_clause_ends():
    line = "今天去公园，" * 30
    assert list(cut_long(line, 64)) == ["今天去公园，" * 10] * 3
    assert [len(piece) for piece in cut_long("我" * 150, 64)] == [64, 64, 22]


def test_pieces_of_files(tmp_path):
    line = "今天去公园，" * 400_000
    (tmp_path / "a.txt").write_text(f"好\r\n\r\n{line}\r\n{line}", encoding="gb18030")
    (tmp_path / "b.jsonl").write_text(json.dumps({"t": "今天去公园，" * 20}) + "\n", encoding="utf-8")
    plain = list(SentenceReader(tmp_path / "a.txt", TextOptions()))
    reader = SentenceReader(tmp_path / "a.txt", TextOptions())
    found = joined(reader.pieces(1 << 16))
    assert plain == ["好", "", line, line] == ["".join(pieces) for pieces in found]
    assert max(len(piece) for pieces in found for piece in pieces) <= 1 << 16
    assert [record.bytes for record in reader.inputs] == [(tmp_path / "a.txt").stat().st_size]
    (pieces,) = joined(SentenceReader(tmp_path / "b.jsonl", TextOptions(column="t")).pieces(64))
    assert pieces == ["今天去公园，" * 10] * 2
