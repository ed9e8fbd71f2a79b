"""What jieba reads from an exported dictionary is what was exported, and every word of it comes out whole."""

import io
import random

import jieba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.formats.userdict import write_hanlp, write_jieba


def exported(words, counts=None):
    stream = io.BytesIO()
    left_out = write_jieba(stream, words, counts)
    return stream.getvalue().decode(), left_out


def tokenizer(dictionary):
    """A fresh tokenizer with jieba's own dictionary and a user dictionary over it."""
    jieba.setLogLevel(60)
    jieba.initialize()
    fresh = jieba.Tokenizer()
    fresh.FREQ, fresh.total, fresh.initialized = dict(jieba.dt.FREQ), jieba.dt.total, True
    fresh.load_userdict(io.StringIO(dictionary))
    return fresh


def test_short_words_stand_first_then_the_order_given():
    assert exported(["鸿蒙系统", "内卷", "躺平"]) == ("内卷 nz\n躺平 nz\n鸿蒙系统 nz\n", 0)


def test_with_frequencies():
    assert exported(["鸿蒙系统", "内卷"], np.array([7, 9])) == ("内卷 9 nz\n鸿蒙系统 7 nz\n", 0)


def test_words_that_jieba_cannot_match_are_left_out_and_counted():
    assert exported(["二〇二〇年", "人々", "𠮷野家", "内卷", "鿕字"]) == ("内卷 nz\n鿕字 nz\n", 3)


def test_hanlp():
    stream = io.BytesIO()
    write_hanlp(stream, ["鸿蒙系统", "内卷"], np.array([7, 9]))
    assert stream.getvalue().decode() == "鸿蒙系统 nz 7\n内卷 nz 9\n"


def test_every_exported_word_comes_out_whole():
    """Words that contain one another, cut across jieba's own, or mix scripts, several thousand at once."""
    rng = random.Random(5)
    known = sorted(word for word in tokenizer("").FREQ if 1 < len(word) < 4)
    pieces = [*rng.sample(known, 3000), *"的了是在不人有中大5GC位a的", "iPhone", "5G", "B2B", "AT", "x"]
    words = list(dict.fromkeys("".join(rng.choices(pieces, k=rng.randint(1, 3))) for _ in range(8000)))
    words = list(dict.fromkeys([*words, *(word[1:] for word in words if len(word) > 2)]))
    dictionary, left_out = exported(words)
    cut = tokenizer(dictionary)
    whole = [word for word in words if cut.lcut(word, HMM=False) == [word]]
    assert len(whole) == dictionary.count("\n") == len(words) - left_out


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("中国人民大学生5Ga", min_size=1, max_size=6), min_size=1, max_size=30, unique=True))
def test_every_exported_word_of_nested_ones_comes_out_whole(words):
    cut = tokenizer(exported(words)[0])
    assert [cut.lcut(word, HMM=False) for word in words] == [[word] for word in words]


def test_a_sentence_that_was_cut_wrongly_is_cut_rightly():
    sentence = "年轻人的精神内耗很严重"
    assert tokenizer("").lcut(sentence) == ["年轻人", "的", "精神", "内耗", "很", "严重"]
    after = tokenizer(exported(["精神内耗", "躺平", "内卷"])[0])
    assert after.lcut(sentence) == ["年轻人", "的", "精神内耗", "很", "严重"]
