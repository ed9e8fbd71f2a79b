"""Bytes of any encoding to text: any chunks, exact offsets, counted replacements."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import DecodingError
from hanmine.text.transcode import Losses, decoded, without_halves


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


def decode(data, encoding, size, errors="strict", offset=0):
    losses = Losses()
    text = "".join(decoded(iter(cut(data, size)), encoding, errors, "corpus", offset, losses))
    return text, losses.count


TEXT = st.text(st.characters(codec="gb18030", exclude_categories=["Cs", "Co"]), max_size=30)


@given(TEXT, st.sampled_from(["utf-8", "gb18030", "utf-16-le", "utf-16-be"]), st.integers(1, 7))
def test_round_trip_for_any_chunks(text, encoding, size):
    assert decode(text.encode(encoding), encoding, size) == (text, 0)


@given(st.text("這個是繁體中文，嘅唔。abc\n", max_size=30), st.integers(1, 7))
def test_round_trip_of_big5(text, size):
    assert decode(text.encode("big5hkscs"), "big5hkscs", size) == (text, 0)


BAD = [
    # encoding, bytes, offset of the first that cannot be read, what the message shows
    ("gb18030", "好的".encode("gb18030") + b"\xff" + b"x", 4, "ff"),
    ("gb18030", "好".encode("gb18030") + b"\x81\x30", 2, "8130"),
    ("gb18030", "好".encode("gb18030") + b"\x81\x20z", 2, "81"),
    ("big5hkscs", "好a".encode("big5hkscs") + b"\x87", 3, "87"),
    ("utf-8", "好".encode() + b"\xe4\xb8", 3, "e4b8"),
    ("utf-8", "好".encode() + b"\xe4\xb8 z", 3, "e4b8"),
    ("utf-16-le", "好".encode("utf-16-le") + b"\x00\xd8", 2, "00d8"),
    ("utf-16-be", "好".encode("utf-16-be") + b"\xd8\x00\x00\x20", 2, "d800"),
    ("utf-16-le", "好".encode("utf-16-le") + b"a", 2, "61"),
    ("ascii", b"abc\x80", 3, "80"),
]


# Two bytes whose character Python's codec and GB 18030-2022 have at different places: the Encoding Standard's index
# gb18030 (encoding.spec.whatwg.org/index-gb18030.txt, 2024-09-18) against the codec of Python 3.11 to 3.13; and the six
# hanzi that the standard leaves in private use, with the characters of plane 2 that its tables show.
GB18030_2022 = {
    "A6D9": "\ufe10", "A6DA": "\ufe12", "A6DB": "\ufe11", "A6DC": "\ufe13", "A6DD": "\ufe14", "A6DE": "\ufe15",
    "A6DF": "\ufe16", "A6EC": "\ufe17", "A6ED": "\ufe18", "A6F3": "\ufe19", "FE59": "龴", "FE61": "龵",
    "FE66": "龶", "FE67": "龷", "FE6D": "龸", "FE7E": "龹", "FE90": "龺", "FEA0": "龻", "A8BC": "\u1e3f",
    "A3A0": "\u3000", "FE51": "𠂇", "FE52": "𠂉", "FE53": "𠃌", "FE6C": "𡗗", "FE76": "𢦏", "FE91": "𤇾",
}  # fmt: skip


@pytest.mark.parametrize("errors", ["strict", "replace"])
@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "gb2312"])
def test_private_use_of_the_codec_is_what_the_standard_has_there(encoding, errors):
    data = bytes.fromhex("".join(GB18030_2022))
    for size in (1, 5, len(data)):
        assert decode(data, encoding, size, errors) == ("".join(GB18030_2022.values()), 0)
    # What else is private use stays so.
    assert decode(b"\xaa\xa1\xfe\x50", encoding, 2, errors) == ("\ue000\u2e81", 0)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("errors", ["strict", "replace"])
@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_the_euro_sign_of_windows(encoding, errors, size):
    for text in ("售价€5", "€", "€€50元", "€一", "5€"):
        data = b"\x80".join(part.encode("gb18030") for part in text.split("€"))
        assert decode(data, encoding, size, errors) == (text, 0)
    # 0x80 is also the second byte of characters.
    assert decode(b"\x81\x80\x80\x81\x80", encoding, size, errors) == ("亐€亐", 0)
    assert decode(b"\x80\xff", encoding, size, "replace") == ("€\ufffd", 1)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(("encoding", "data", "position", "shown"), BAD)
def test_offset_is_exact_for_any_chunks(encoding, data, position, shown, size):
    with pytest.raises(DecodingError) as caught:
        decode(data, encoding, size, offset=1000)
    assert str(caught.value) == (
        f"corpus: byte {1000 + position} cannot be read as {encoding} (0x{shown}): "
        "pass --encoding NAME if it is another encoding, or --errors replace"
    )
    assert caught.value.exit_code == 3


@given(st.binary(max_size=40), st.sampled_from(["utf-8", "gb18030", "big5hkscs", "utf-16-le"]), st.integers(1, 9))
def test_replacing_is_that_of_python_for_any_chunks(data, encoding, size):
    text, count = decode(data, encoding, size, errors="replace")
    assert text == decode(data, encoding, 1000, errors="replace")[0]
    assert count == decode(data, encoding, 1000, errors="replace")[1]
    assert text == data.decode(encoding, "replace")


def test_replacements_are_counted_not_replacement_characters():
    assert decode("好\ufffd".encode() + b"\xff\xff", "utf-8", 3, errors="replace") == ("好\ufffd\ufffd\ufffd", 2)


def test_a_reader_may_move_between_threads():
    losses = Losses()
    texts = decoded(iter([b"a\xff", b"\xffb", b"\xff"]), "utf-8", "replace", "corpus", 0, losses)
    got = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: got.append(next(texts)))
        thread.start()
        thread.join()
    assert "".join(got) == "a\ufffd\ufffdb\ufffd"
    assert losses.count == 3


def test_halves_of_surrogate_pairs():
    losses = Losses()
    assert without_halves("好😀", False, losses, lambda: "x") == "好😀"
    assert without_halves("a\ud83db\ude00", True, losses, lambda: "x") == "a\ufffdb\ufffd"
    assert losses.count == 2
    with pytest.raises(DecodingError) as caught:
        without_halves("a\ud83d", False, losses, lambda: "corpus: line 3")
    assert str(caught.value) == (
        "corpus: line 3: \\ud83d is half of a surrogate pair and no character: mend it, or pass --errors replace"
    )
