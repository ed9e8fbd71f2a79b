"""`parse` from text to trees, with a tiny model: which matrix is decoded, long sentences, what is refused."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import naive
from hanmine import parse
from hanmine.errors import InputError, UsageError
from hanmine.masking import ImpactOptions, impact_matrix, load_masked_model
from hanmine.parsing import ParseOptions, Parser, Sentence, dependency_heads, mart, su_tree
from hanmine.parsing.trees import leaves

TINY = Path(__file__).parent / "models" / "tiny-mlm"
LINE = "我们的生活，很好。他们去了！"


@cache
def model():
    return load_masked_model(TINY, threads=1)


def one(line, **options):
    (found,) = parse([line], model(), words="given", **options)
    return found


def test_sentences_of_lines():
    found = list(parse([LINE, "", "  ", "好。"], model()))
    assert [parsed.sentence.id for parsed in found] == ["1-1", "1-2", "4"]
    assert ["".join(parsed.sentence.words) for parsed in found] == ["我们的生活，很好。", "他们去了！", "好。"]
    for parsed in found:
        assert parsed.tree is None
        assert (parsed.heads == 0).sum() == 1
        assert parsed.impact.shape == (len(parsed.sentence.words),) * 2
    assert list(parse([], model())) == []


@pytest.mark.parametrize("decoder", ["eisner", "cle"])
def test_dependency_trees_are_those_of_the_matrix(decoder):
    words = ["我们", "的", "生活", "很", "好"]
    parsed = one(" ".join(words), decoder=decoder)
    matrix = impact_matrix(model(), words)
    assert np.allclose(parsed.impact, matrix, atol=1e-5)
    assert parsed.heads.tolist() == dependency_heads(matrix, decoder).tolist()
    for root in range(1, 6):
        heads = one(" ".join(words), decoder=decoder, root=root).heads
        assert heads[root - 1] == 0
        assert heads.tolist() == dependency_heads(matrix, decoder, root).tolist()


@pytest.mark.parametrize(("method", "decode"), [("mart", mart), ("su", su_tree)])
def test_constituents_are_those_of_the_matrix(method, decode):
    words = ["我们", "的", "生活", "很", "好"]
    parsed = one(" ".join(words), trees="constituency", constituency=method)
    assert parsed.heads is None
    assert parsed.tree == decode(impact_matrix(model(), words))
    both = one(" ".join(words), trees="both", constituency=method)
    assert (both.tree, both.heads is None) == (parsed.tree, False)


def test_punctuation_aside_or_as_words():
    words = ["我们", "，", "生活", "很", "好", "。", "”"]
    matrix = impact_matrix(model(), words)
    kept = [0, 2, 3, 4]
    inner = dependency_heads(matrix[np.ix_(kept, kept)]).tolist()
    aside = one(" ".join(words)).heads.tolist()
    assert [aside[1], aside[5], aside[6]] == [1, 5, 5]
    assert [aside[word] for word in kept] == [kept[head - 1] + 1 if head else 0 for head in inner]
    assert one(" ".join(words), punctuation="words").heads.tolist() == dependency_heads(matrix).tolist()
    assert leaves(one(" ".join(words), trees="constituency").tree) == list(range(7))
    # A mark that is said to be the root is one; marks alone are words.
    assert one(" ".join(words), root=6).heads[5] == 0
    assert sorted(one("， 。").heads.tolist()) in ([0, 1], [0, 2])


def test_long_sentences_are_parsed_in_parts():
    words = ["我们"] * 20 + ["，"] + ["生活"] * 20
    parser = Parser(model(), words="given", trees="both")
    (parsed,) = parser.parse([words])
    assert parser.longest == model().max_units == 62
    assert [begin for begin, _ in parsed.parts] == [0, 21]
    heads = parsed.heads.tolist()
    assert heads.count(0) == 1
    assert heads.index(0) < 21
    assert naive.is_projective(heads)
    (joined,) = [word for word in range(21, 41) if heads[word] <= 21]
    assert heads[joined] == heads.index(0) + 1
    assert leaves(parsed.tree) == list(range(41))
    assert np.isnan(parsed.impact[0, 21])
    near = np.abs(np.subtract.outer(np.arange(21), np.arange(21))) < 4
    assert np.isfinite(parsed.impact[:21, :21][near]).all()
    assert parser.messages() == [
        "1 sentence is longer than 62 characters: cut at punctuation, each part parsed by itself (--max-length)"
    ]
    (rooted,) = Parser(model(), words="given", root=30).parse([words])
    assert rooted.heads.tolist().index(0) == 29
    assert naive.is_projective(rooted.heads.tolist())
    short = Parser(model(), words="given", max_length=10)
    (parsed,) = short.parse([words])
    assert len(parsed.parts) == 9


def test_words_that_are_longer_than_the_model():
    parser = Parser(model(), words="given")
    (parsed,) = parser.parse([["很" * 100, "好"]])
    assert parsed.sentence.words == ("很" * 100, "好")
    assert sorted(parsed.heads.tolist()) in ([0, 1], [0, 2])
    assert "1 word is longer than 62 characters: of each the model sees the first ones" in parser.messages()


def test_unknown_characters_are_told():
    parser = Parser(load_masked_model(TINY, threads=1), words="given")
    list(parser.parse(["我们 😀😀 好"]))
    assert parser.messages() == ["tiny-mlm: 2 of 5 characters are not in the model's vocabulary and unknown to it"] or (
        parser.messages()[0].endswith("2 of 5 characters are not in the model's vocabulary and unknown to it")
    )


def test_words_of_our_own_segmentation():
    lines = ["我们的生活很好。我们的生活。", "我们去", "", "他们 的生活"]
    parser = Parser(model(), words="segment", segmentation={"method": "nvbe", "models": ()})
    found = list(parser.parse(lines))
    assert parser.messages()[0] == "words: method nvbe"
    assert "|segment-nvbe|" in parser.segmented["signature"]
    assert [parsed.sentence.id for parsed in found] == ["1-1", "1-2", "2", "4"]
    assert ["".join(parsed.sentence.words) for parsed in found] == [
        "我们的生活很好。", "我们的生活。", "我们去", "他们的生活",
    ]  # fmt: skip
    assert found[-1].sentence.text == "他们 的生活"


def test_sentences_with_roots():
    sentence = Sentence("x", ("我们", "好"), (False, False), 2)
    (parsed,) = parse([sentence], model(), words="given", root="given")
    assert parsed.heads.tolist() == [2, 0]


def test_what_is_said_of_a_run():
    parser = Parser(model(), trees="both", impact=ImpactOptions(score="logprob"))
    list(parser.parse([LINE]))
    assert (parser.counts["sentences"], parser.counts["words"] > 4) == (2, True)
    assert parser.facts == {
        "words": "jieba", "trees": "both", "decoder": "eisner", "constituency": "mart", "root": "search",
        "punctuation": "aside", "score": "logprob", "scheme": "grouped", "context": "masked", "group": 8,
        "max_length": 62,
    }  # fmt: skip
    assert "constituency" not in Parser(model()).facts
    assert "decoder" not in Parser(model(), trees="constituency").facts


def test_a_model_that_gives_no_finite_numbers():
    broken = load_masked_model(TINY, threads=1)
    run = broken.run
    broken.run = lambda *given: run(*given) * np.float32("nan")
    parser = Parser(broken, trees="both")
    first, _ = parser.parse([LINE])
    assert naive.is_projective(first.heads.tolist())
    assert parser.messages()[-1] == (
        f"{TINY}: gave no finite numbers for 2 sentences: they count as no impact; check the model"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"words": "hanlp"}, "--words 'hanlp' is unknown: choose jieba, segment, given"),
        ({"trees": "ccg"}, "--trees 'ccg' is unknown: choose dependency, constituency, both"),
        ({"decoder": "mst"}, "--decoder 'mst' is unknown: choose eisner, cle, chu-liu-edmonds"),
        ({"constituency": "cky"}, "--constituency 'cky' is unknown: choose mart, su"),
        ({"punctuation": "no"}, "--punctuation 'no' is unknown: choose aside, words"),
        ({"max_length": 1}, "--max-length 1 is less than 2: two words are needed for a tree"),
        ({"rules": 1}, "parse has no option 'rules': did you mean trees?"),
    ],
)  # fmt: skip
def test_what_is_refused(options, message):
    with pytest.raises(UsageError) as raised:
        parse(["我"], model(), **options)
    assert str(raised.value) == message


def test_more_that_is_refused():
    with pytest.raises(UsageError, match=r"^sentences are a list of str: pass \[text\] for a single one$"):
        parse("我们", model())
    with pytest.raises(UsageError, match=r"^--scheme pairs measures neighbours alone: for a matrix choose full or "):
        parse(["我"], model(), impact=ImpactOptions(scheme="pairs"))
    with pytest.raises(InputError, match=r"no such folder"):
        parse(["我"], "./nowhere")
    assert ParseOptions(decoder="chu-liu-edmonds").decoder == "cle"
