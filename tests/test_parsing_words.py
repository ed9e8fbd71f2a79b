"""Sentences and words: where text is cut, which spaces are kept, roots, and parts of long sentences."""

import marshal
import tempfile
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import UsageError
from hanmine.parsing.trees import is_punctuation
from hanmine.parsing.words import (
    Sentence,
    given_sentences,
    jieba_sentences,
    pieces_of,
    sentence_of_tokens,
    sentences_of,
    whole_tokens,
    with_root,
)
from hanmine.segmentation.characters import character_kinds, whole_characters
from hanmine.text.jieba_tokenizer import jieba_tokenizer


def test_where_lines_are_cut():
    assert sentences_of("他来了。他走了！真的？！好") == ["他来了。", "他走了！", "真的？！", "好"]
    assert sentences_of("“你好！”他说。（真的。）好。") == ["“你好！”", "他说。", "（真的。）", "好。"]
    assert sentences_of("3.5 cm ok. 好，好；好…好") == ["3.5 cm ok. 好，好；好…好"]
    assert sentences_of("一\n二\r\n三\u2028四") == ["一", "二", "三", "四"]
    assert sentences_of(" \t　") == sentences_of("") == []
    assert sentences_of("。。。") == ["。。。"]


@given(st.text("一二。！？”) \n\t3a", max_size=30))
def test_nothing_but_white_space_is_lost(line):
    assert "".join("".join(sentences_of(line)).split()) == "".join(line.split())
    assert all(text and text == text.strip() for text in sentences_of(line))


def test_words_of_jieba_and_their_ids():
    found = list(jieba_sentences(["我爱北京天安门。他来了！", "", "New York 很大", "好。"]))
    assert [sentence.id for sentence in found] == ["1-1", "1-2", "3", "4"]
    assert found[0].words == ("我", "爱", "北京", "天安门", "。")
    assert (found[2].words, found[2].text) == (("New", "York", "很大"), "New York 很大")
    # Unknown words fall into characters: no model guesses them.
    assert next(jieba_sentences(["杭研"])).words == ("杭", "研")


def test_jieba_is_not_that_of_the_user():
    import jieba

    jieba.add_word("北京天安门", freq=10**9)
    try:
        assert next(jieba_sentences(["北京天安门"])).words == ("北京", "天安门")
    finally:
        jieba.del_word("北京天安门")


def test_given_words():
    found = list(given_sentences(["我 爱  北京", "", " \t", ["New York", "好"], "三　四。五"]))
    assert [(sentence.id, sentence.words) for sentence in found] == [
        ("1", ("我", "爱", "北京")), ("4", ("New York", "好")), ("5", ("三", "四。五")),
    ]  # fmt: skip
    assert found[0].text == "我爱北京"
    own = Sentence("x", ("a",), (False,), 1)
    assert list(given_sentences([own])) == [own]
    for wrong in ([""], ["a", 3], [" "]):
        with pytest.raises(UsageError, match=r"^sentence 1: word \d is .*: give words as strings with characters$"):
            list(given_sentences([wrong]))


def test_spaces():
    sentence = sentence_of_tokens("1", [" ", "a", " ", "b", "c d", "\u3000", "e"])
    assert sentence.words == ("a", "b", "c", "d", "e")
    assert sentence.space_after == (True, False, True, True, False)
    assert sentence.text == "a bc d e"
    assert sentence_of_tokens("1", ["\u2028"]).words == ()


def test_roots():
    sentence = Sentence("s", ("a", "b"), (False, False), 2)
    assert with_root(sentence, "search").root is None
    assert with_root(sentence, "given").root == 2
    assert with_root(sentence, 1).root == 1
    with pytest.raises(UsageError, match=r"^sentence s: --root 3: it has only 2 words$"):
        with_root(sentence, 3)
    with pytest.raises(UsageError, match=r"^sentence t: --root 2: it has only 1 word$"):
        with_root(Sentence("t", ("a",), (False,), 1), 2)
    for root in (0, -1, True, "2", None):
        with pytest.raises(UsageError, match=r"^--root .* is unknown: pass search, given or the number of a word"):
            with_root(sentence, root)
    with pytest.raises(UsageError, match=r"^sentence 1: --root given takes the root from CoNLL-U, and here is none"):
        with_root(next(given_sentences(["a"])), "given")


@given(st.lists(st.text("字。，a", min_size=1, max_size=6), max_size=30), st.integers(2, 20))
def test_pieces(words, most):
    pieces = pieces_of(words, most)
    assert [place for begin, end in pieces for place in range(begin, end)] == list(range(len(words)))
    for begin, end in pieces:
        assert end == begin + 1 or sum(map(len, words[begin:end])) <= most
    for (begin, end), _ in pairwise(pieces):
        # Behind a mark, or nothing more fits.
        length = sum(map(len, words[begin:end]))
        assert is_punctuation(words[end - 1]) or length + len(words[end]) > most


def test_pieces_end_behind_punctuation():
    words = [*"一二三四五", "，", *"六七八"]
    assert pieces_of(words, 8) == [(0, 6), (6, 9)]
    assert pieces_of(words, 9) == [(0, 9)]
    assert pieces_of(["很长很长很长很长", "短"], 4) == [(0, 1), (1, 2)]


@given(st.lists(st.text("天气 a\u0301\ufe0f\u200d👨👩🇨🇺👍🏽", max_size=3)).map(lambda tokens: [t for t in tokens if t]))
def test_whole_tokens_are_the_text_and_end_where_characters_do(tokens):
    whole = list(whole_tokens(tokens))
    text = "".join(tokens)
    assert "".join(whole) == text
    codes = np.array([ord(character) for character in text], np.uint32)
    inside = whole_characters(codes, character_kinds(codes)) if text else []
    ends = set(np.cumsum([len(token) for token in whole]).tolist())
    given_ends = set(np.cumsum([len(token) for token in tokens]).tolist())
    assert ends == {end for end in given_ends if end == len(text) or not inside[end - 1]}


def test_the_tokenizer_keeps_nothing_in_the_folder_of_temporary_files(tmp_path, monkeypatch):
    """jieba's own `initialize` writes jieba.cache there, and reads what anybody has put there under that name."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "jieba.cache").write_bytes(marshal.dumps(({"南京市长": 9, "江大桥": 9}, 18)))
    tokenizer = jieba_tokenizer.__wrapped__()
    assert tokenizer.lcut("南京市长江大桥") == ["南京市", "长江大桥"]
    (tmp_path / "jieba.cache").unlink()
    assert jieba_tokenizer.__wrapped__().lcut("南京市长江大桥") == ["南京市", "长江大桥"]
    assert list(tmp_path.iterdir()) == []
