"""Which encoding a sample is in: the rule's order, short texts, stray bytes, binary files."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import InputError, UsageError
from hanmine.text.encoding import codec_name, detect_encoding, encoding_of
from hanmine.text.encoding_model import COMMON, SKIP_BITS, reading_bits

SIMPLIFIED = (
    "今天下午，我们在北京的一家小餐馆里见了面，聊起了这几年的变化。",
    "这款手机的屏幕非常清晰，电池也很耐用，值得购买！",
    "据记者了解，该公司去年的销售收入达到了三十亿元。",
    "他说：“数据挖掘的第一步是把文本读对。”大家都笑了。",
    "山里的雾慢慢散去，远处传来几声鸡鸣。",
    "请问这个问题应该怎样解决？谢谢各位网友。",
)
TRADITIONAL = (
    "今天下午，我們在臺北的一家小餐館裡見了面，聊起這幾年的變化。",
    "這款手機的螢幕非常清晰，電池也很耐用，值得購買！",
    "據記者瞭解，該公司去年的銷售收入達到了三十億元。",
    "他說：「資料探勘的第一步是把文字讀對。」大家都笑了。",
    "佢哋話今日唔使返工，我哋就一齊去飲茶啦。",
    "請問這個問題應該怎樣解決？謝謝各位網友。",
)
CASES = [
    *((text, "gb18030") for text in SIMPLIFIED),
    *((text, "big5hkscs") for text in TRADITIONAL),
    *((text, "utf-8") for text in SIMPLIFIED + TRADITIONAL),
    *((text + "\n", "utf-16-le") for text in SIMPLIFIED + TRADITIONAL),
    *((text + "\n", "utf-16-be") for text in SIMPLIFIED + TRADITIONAL),
]


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_sentences(text, encoding):
    assert detect_encoding(text.encode(encoding)) == encoding


@pytest.mark.parametrize(("text", "encoding"), [case for case in CASES if "16" not in case[1]])
def test_every_window_of_ten_characters(text, encoding):
    for start in range(len(text) - 10 + 1):
        assert detect_encoding(text[start : start + 10].encode(encoding)) == encoding


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_one_stray_byte_flips_nothing(text, encoding):
    data = text.encode(encoding)
    for position in range(len(data) + 1):
        for stray in (b"\xff", b"\x80", b"\xb5", b"a"):
            assert detect_encoding(data[:position] + stray + data[position:]) == encoding
        assert detect_encoding(data[:position] + data[position + 1 :]) == encoding


def test_stray_byte_in_ten_characters_hardly_ever_flips():
    draw = random.Random(20)
    flipped = tried = 0
    for text, encoding in CASES:
        if "16" in encoding:
            continue
        for start in range(len(text) - 10 + 1):
            data = text[start : start + 10].encode(encoding)
            position = draw.randrange(len(data) + 1)
            stray = bytes([draw.randrange(1, 256)])
            tried += 2
            flipped += detect_encoding(data[:position] + stray + data[position:]) != encoding
            flipped += detect_encoding(data[:position] + stray + data[position + 1 :]) != encoding
    assert tried > 500
    assert flipped / tried < 0.005


def test_ascii_and_nothing_are_utf8():
    assert detect_encoding(b"") == "utf-8"
    assert detect_encoding(b"plain words\n" * 10) == "utf-8"
    assert detect_encoding(b"plain words \xff plain words") == "utf-8"


def test_sample_may_end_inside_a_character():
    data = "中文".encode()
    assert [detect_encoding(data[:end]) for end in range(len(data))] == ["utf-8"] * 6
    assert detect_encoding(SIMPLIFIED[0].encode("gb18030")[:-1]) == "gb18030"


def test_stray_byte_in_the_middle_of_much_ascii_and_utf8():
    data = ("ascii " * 1000 + "中文字符很多。\n" * 2000).encode()
    for position in (0, 3000, 6001, 6002, len(data) - 1):
        assert detect_encoding(data[:position] + b"\xb5" + data[position:]) == "utf-8"


def test_chinese_after_much_ascii():
    data = b"id,name,http://example.com/\n" * 500 + SIMPLIFIED[1].encode("gb18030")
    assert detect_encoding(data) == "gb18030"


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_utf16_full_of_the_character_whose_low_byte_is_nul(text):
    # U+4E00 has its NUL where ASCII does not.
    data = f"一{text}一一一\n".encode("utf-16-le")
    assert detect_encoding(data) == "utf-16-le"
    assert detect_encoding(data.decode("utf-16-le").encode("utf-16-be")) == "utf-16-be"
    assert detect_encoding("only ASCII\r\n".encode("utf-16-be")) == "utf-16-be"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\x84\x31\x95\x33", "gb18030"),
        (b"\xff\xfe\0\0", "utf-32-le"),
        (b"\0\0\xfe\xff", "utf-32-be"),
    ],
)
def test_byte_order_marks(mark, encoding):
    data = mark + "abc中".encode(encoding)
    assert detect_encoding(data) == encoding
    assert encoding_of(data, "auto", "x") == (encoding, len(mark))
    assert encoding_of(data, encoding, "x") == (encoding, len(mark))
    assert encoding_of(data[len(mark) :], encoding, "x") == (encoding, 0)


@pytest.mark.parametrize(
    ("requested", "name"),
    [
        ("utf8", "utf-8"),
        ("UTF-8-SIG", "utf-8"),
        ("GB18030", "gb18030"),
        ("gbk", "gbk"),
        ("big5", "big5"),
        ("utf16", "utf-16"),
        ("UTF-16LE", "utf-16-le"),
        ("latin-1", "iso8859-1"),
    ],
)
def test_codec_names(requested, name):
    assert codec_name(requested) == name


@pytest.mark.parametrize("requested", ["klingon", "", "rot13", "hex", "zlib", "a\0b"])
def test_unknown_codecs(requested):
    with pytest.raises(UsageError) as caught:
        codec_name(requested)
    assert str(caught.value) == (
        f"--encoding {requested!r} is unknown: pass auto, utf-8, gb18030, big5hkscs, utf-16 or the like"
    )


@pytest.mark.parametrize("order", ["le", "be"])
def test_byte_order_of_plain_utf16_and_utf32(order):
    for width, mark_length in (("16", 2), ("32", 4)):
        data = "没有字节顺序标记的文本。".encode(f"utf-{width}-{order}")
        assert encoding_of(data, f"utf-{width}", "x") == (f"utf-{width}-{order}", 0)
        mark = "\ufeff".encode(f"utf-{width}-{order}")
        assert encoding_of(mark + data, f"utf-{width}", "x") == (f"utf-{width}-{order}", mark_length)


def test_requested_encoding_overrules_a_mark():
    assert encoding_of(b"\xff\xfea\0", "latin-1", "x") == ("iso8859-1", 0)


BINARY = {
    "random": random.Random(1).randbytes(5000),
    "struct": b"".join(struct.pack("<Id", number, number / 7) for number in range(500)),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(9) + random.Random(2).randbytes(200),
    "text with a NUL": b"some words of plain text\0 and some more words " * 20,
    "Chinese with a NUL": "一些中文字符\0和另外一些。".encode() * 20,
}


@pytest.mark.parametrize("kind", BINARY)
def test_binary_with_nul(kind):
    data = BINARY[kind]
    with pytest.raises(InputError) as caught:
        detect_encoding(data, "data.bin")
    assert str(caught.value) == (
        f"data.bin: looks binary (a NUL at byte {data.index(0)}): pass a text file, or --encoding NAME if it is one"
    )


def test_binary_without_nul():
    data = bytes(byte or 1 for byte in random.Random(3).randbytes(3000))
    with pytest.raises(InputError, match=r"^data\.bin: looks binary \((no text|control)"):
        detect_encoding(data, "data.bin")
    with pytest.raises(InputError, match=r"looks binary \(control characters\)"):
        detect_encoding(b"\x01\x02\x03\x04abc" * 9, "data.bin")


def test_known_kinds_of_files_are_named():
    with pytest.raises(InputError) as caught:
        detect_encoding(b"PK\x03\x04\x14\0\0\0" + random.Random(4).randbytes(500), "table.xlsx")
    assert str(caught.value) == "table.xlsx: looks like a zip or Excel file: save its text as a plain file first"


@given(st.binary(max_size=40))
def test_reading_never_costs_more_than_skipping(data):
    for encoding in ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "utf-32-le"):
        assert 0 <= reading_bits(data, encoding) <= SKIP_BITS * len(data)


def test_right_reading_is_cheap():
    assert reading_bits("的一是".encode("gb18030"), "gb18030") == 30
    assert reading_bits("的一是".encode("gb18030") + b"\xff", "gb18030") == 30 + SKIP_BITS
    assert len(COMMON) > 500
