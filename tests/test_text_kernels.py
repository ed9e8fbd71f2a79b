"""Bytes to ids: the decoding kernel and the alphabet against the naive reading of characters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import DecodingError
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.text import corpus as corpus_module
from hanmine.text.alphabet import ALNUM_START, ALNUM_STOP, DIGIT_STOP, SIZE, SPARE_START, Alphabet
from hanmine.text.corpus import read_corpus
from hanmine.text.kernels import decode
from hanmine.text.options import TextOptions
from hanmine.text.reader import Block
from hanmine.text.tokens import signs_in_tokens

INTERESTING = (
    "中国人好〇々〡⺟⻥⻢⺇⻳⼀⽒豈更金﨑𠀀𠮷𪚥丽吆👍🏻é̀ñſKÅªﬁＡｂ９①Ⅳ٣1a ,。\n\t\x00"
    "\u200b\u200d\ufeff\ufe0f\U000e0100\u3000ÀĀƀḀⱠꞀꬰ㐀䶿鿿龥"
)
texts = st.text(st.sampled_from(INTERESTING) | st.characters(codec="utf-8"), max_size=60)


def runs_of(text: str, *, connectors: bool = False, **options) -> list[str]:
    """The runs that the fast path sees."""
    corpus = read_corpus([text], TextOptions(**options), runner=ThreadRunner(1), connectors=connectors)
    with corpus.ids as spool:
        spelled = "".join(
            "\n" if symbol == 0 else corpus.alphabet.spell(np.array([symbol])) for symbol in spool.read(0, spool.length)
        )
    runs = [run for run in spelled.split("\n") if run]
    assert corpus.runs == len(runs)
    assert corpus.characters == (naive.characters(runs) if connectors else sum(map(len, runs)))
    return runs


SIGNS_AROUND = "1１aＡZ中é.-+#,，:：'’·/_@&．－＋ \u200b\n好3"


@given(st.text(SIGNS_AROUND, max_size=40), st.sampled_from(["width", "none"]), st.integers(1, 9))
def test_signs_inside_tokens_are_those_of_the_definition(text, normalize, block):
    """However small the blocks are; and those that the rules of segmentation see."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_module, "BLOCK", block)
        assert runs_of(text, connectors=True, normalize=normalize) == naive.read(text, normalize, signs=True)
    folded = "".join(naive.folded(text))
    codes = np.array([ord(character) for character in text.replace("\u200b", "")], np.int64)
    assert signs_in_tokens(codes).tolist() == naive.signs_inside(folded)


def test_blocks_end_between_tokens():
    def cut(*parts: bytes) -> list[bytes]:
        blocks = [Block(part, "text", None) for part in parts]
        return [block.data for block in corpus_module._cut_between_tokens(blocks)]

    assert cut("看a.b".encode(), "c好\n".encode()) == ["看a.bc好\n".encode()]
    assert cut(b"x y.", b"z\n") == [b"x ", b"y.z\n"]
    assert cut("好，a看".encode(), b".1\n") == ["好，a".encode(), "看.1\n".encode()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_module, "LONGEST", 4)
        assert cut(b"abcd", b"e\n") == [b"abcd", b"e\n"]


@given(texts, st.sampled_from(["width", "none"]), st.sampled_from(["tokens", "chars", "break"]), st.booleans())
def test_runs_are_those_of_the_definition(text, normalize, mixed, fold_case):
    expected = naive.read(text, normalize, mixed, fold_case)
    assert runs_of(text, normalize=normalize, mixed=mixed, fold_case=fold_case) == expected


def test_ranges_of_the_alphabet():
    alphabet = Alphabet()
    assert ALNUM_STOP - ALNUM_START > 62
    assert DIGIT_STOP - ALNUM_START == 10
    assert SIZE - SPARE_START > 2500
    assert alphabet.spell(alphabet.look_up("中a1𠀀")) == "中a1\0"  # 𠀀 has not been seen yet
    alphabet.register([0x20000])
    assert alphabet.spell(alphabet.look_up("中a1𠀀")) == "中a1𠀀"


def test_compatibility_ideographs_meet_their_unified_ones():
    assert runs_of("豈⼀\U0002f868") == ["豈一\u36fc"]
    assert runs_of("豈⼀⻢", normalize="none") == ["豈⼀⻢"]
    for radical, unified in naive.RADICALS.items():
        assert runs_of(radical) == runs_of(unified) == runs_of(radical, normalize="nfkc") == [unified]
    assert runs_of("⺀") == ["⺀"]  # has no equivalent
    assert runs_of("\U0002f800丽") == ["丽丽"]  # a supplementary one whose unified form is basic
    assert runs_of("\ufacf\U0002284a") == ["\U0002284a\U0002284a"]  # a basic one whose unified form is not


def test_overflow_of_the_alphabet_is_counted_and_breaks_runs():
    characters = [chr(0x20000 + i) for i in range(4000)]
    text = "".join(characters)
    corpus = read_corpus([text + "\n" + text], TextOptions(), runner=ThreadRunner(1))
    corpus.ids.close()
    # Some slots hold unified forms of basic characters: 𠘨 (U+20628) is in the text, the others are not.
    reserved = Alphabet().codepoints[SPARE_START : Alphabet().next_slot].tolist()
    assert [chr(code) for code in reserved if code < 0x20000 + 4000] == ["𠘨"]
    room = SIZE - SPARE_START - len(reserved) + 1
    assert corpus.unassigned == 2 * (4000 - room)
    assert f"{corpus.unassigned:,} supplementary ideographs" in corpus.messages()[0]


def python_faults(data: bytes) -> tuple[int, int]:
    """Position of the first ill-formed sequence and number of maximal subparts, by Python's decoder."""
    first = -1
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        first = error.start
    marked = data.replace("\ufffd".encode(), b"?")
    return first, marked.decode("utf-8", "replace").count("\ufffd")


SEQUENCES = [b"\xe4\xb8\xad", b"a", b"\xe4", b"\xb8", b"\xf0\xa0\x80\x80", b"\xed\xa0\x80", b"\xc0\x80", b"\xff", b"\n"]
SEQUENCES += [b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"\xf0\x9f"]


@given(st.lists(st.sampled_from(SEQUENCES) | st.binary(max_size=4), max_size=12))
def test_ill_formed_sequences_are_those_of_the_standard(parts):
    data = b"".join(parts)
    alphabet, report = Alphabet(), np.zeros(6, np.int64)
    ids, kinds = np.empty(len(data) + 1, np.uint16), np.zeros(0, np.uint8)
    letters = (ALNUM_START, DIGIT_STOP, ALNUM_STOP)
    decode(np.frombuffer(data, np.uint8), alphabet.table, alphabet.extended, True, True, kinds, letters, ids, report)
    assert (report[0], report[1]) == python_faults(data)


def test_strict_reading_names_the_byte(tmp_path):
    path = tmp_path / "broken.txt"
    path.write_bytes("你好".encode() * 1000 + b"\xe4\xbd" + "你好".encode() * 1000)
    with pytest.raises(DecodingError) as caught:
        read_corpus([path], TextOptions(), runner=ThreadRunner(1))
    assert str(caught.value) == (
        f"{path}: byte 6000 cannot be read as utf-8 (0xe4): pass --encoding NAME if it is another encoding, "
        "or --errors replace"
    )
    corpus = read_corpus([path], TextOptions(errors="replace"), runner=ThreadRunner(1))
    corpus.ids.close()
    assert (corpus.replaced, corpus.runs) == (1, 2)
    assert corpus.messages() == ["1 undecodable sequences were read as the end of a run (--errors replace)"]


def test_progress_hears_every_byte(tmp_path):
    class Listener(Progress):
        heard = 0

        def advance(self, amount):
            self.heard += amount

    path = tmp_path / "text.txt"
    path.write_text("你好，世界。\n" * 1000, encoding="utf-8")
    listener = Listener()
    read_corpus([path], TextOptions(), runner=ThreadRunner(1), progress=listener).ids.close()
    assert listener.heard == path.stat().st_size


@given(st.lists(st.sampled_from(["中", "国a", "，", "，，", "\n", "1"]), max_size=30), st.integers(1, 7))
def test_runs_are_counted_across_blocks(parts, block):
    text = "".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_module, "BLOCK", block)
        assert runs_of(text) == naive.read(text)
