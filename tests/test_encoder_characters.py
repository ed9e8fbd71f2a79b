"""One token a character, for tokenizers of all kinds."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Pipeline
from tokenizers import models, normalizers, pre_tokenizers

from hanmine.encoder.characters import vocabulary_of
from hanmine.encoder.directory import read_json
from hanmine.encoder.e5_backend import load_e5
from hanmine.encoder.tokenization import Tokenizer
from hanmine.errors import InputError, UsageError
from hanmine.masking import ImpactOptions, gap_scores, load_masked_model, settled

HERE = Path(__file__).parent
TINY = HERE / "models" / "tiny-mlm"
SENTENCES = json.loads((HERE / "layouts" / "sentences.json").read_text("utf-8"))


def characters_of(folder):
    configuration = read_json(folder / "config.json")
    tokenizer = Tokenizer(folder, configuration, max_length=512)
    return tokenizer, vocabulary_of(tokenizer, configuration | read_json(folder / "tokenizer_config.json"), "here")


@pytest.mark.parametrize("layout", ["bert", "modernbert", "roberta"])
def test_where_the_tokenizer_cuts_characters_ids_are_its_own(layout):
    tokenizer, characters = characters_of(HERE / "layouts" / layout)
    for sentence in SENTENCES[:3]:
        encoding = tokenizer.backend.encode(sentence)
        found = characters.tokens(sentence)
        whole = [*characters.before, *found.ids, *characters.after]
        assert whole[: len(encoding.ids)] == encoding.ids
        assert found.unknown == int(sum(~found.covered))


def test_pieces_of_words_continue_them():
    _, characters = characters_of(HERE / "layouts" / "bert")
    words = (HERE / "layouts" / "bert" / "vocab.txt").read_text("utf-8").splitlines()
    found = characters.tokens("iPhone 15 的")
    assert [words[token] for token in found.ids] == ["i", "##p", "##h", "##o", "##n", "##e", "1", "##5", "的"]
    assert list(found.first) == [0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 8, 9]
    assert list(np.flatnonzero(~found.covered)) == [6, 9]
    assert found.unknown == 0
    assert list(characters.tokens("ｉＰ１５").ids) == list(characters.tokens("iP15").ids)


def test_pieces_with_spaces():
    tokenizer, characters = characters_of(HERE / "layouts" / "xlm-roberta")
    known = tokenizer.backend.get_vocab()
    assert characters.before == (known["<s>"], known["▁"])
    assert characters.after == (known["</s>"],)
    found = characters.tokens("今天 的龘")
    assert list(found.ids) == [known[piece] for piece in ("今", "天", "▁", "的", "<unk>")]
    assert list(found.covered) == [True, True, False, True, False]
    assert found.unknown == 1


def test_what_is_no_character():
    _, characters = characters_of(HERE / "layouts" / "bert")
    found = characters.tokens("好\ud83d\u200d\x00\t好")
    assert list(np.diff(found.first)) == [1, 1, 0, 0, 0, 1]
    assert found.unknown == 1


VOCABULARIES = [characters_of(HERE / "layouts" / layout)[1] for layout in ("bert", "modernbert", "xlm-roberta")]
VOCABULARIES.append(load_e5(threads=1)[1])


@given(st.text(max_size=30))
def test_any_text_has_one_token_a_character_or_none(text):
    for characters in VOCABULARIES:
        found = characters.tokens(text)
        each = np.diff(found.first)
        assert len(each) == len(found.covered) == len(text)
        assert each.sum() == len(found.ids)
        assert set(each) <= {0, 1}
        assert each[found.covered].all()
        assert found.unknown == (found.ids == characters.unknown).sum()


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(HERE / "layouts" / "modernbert", tmp_path / "model")
    return tmp_path / "model"


def test_tokenizers_that_cannot_be_used(folder):
    pipeline = Pipeline(models.WordLevel({"[UNK]": 0, "[MASK]": 1, "a": 2}, unk_token="[UNK]"))
    pipeline.pre_tokenizer = pre_tokenizers.ByteLevel()
    pipeline.normalizer = normalizers.NFC()
    pipeline.save(str(folder / "tokenizer.json"))
    with pytest.raises(InputError) as caught:
        load_masked_model(folder)
    assert str(caught.value) == (
        f"{folder}: its vocabulary has no single Chinese characters: choose a model that has them"
    )
    pipeline = Pipeline(models.WordLevel({"[UNK]": 0, "的": 2}, unk_token="[UNK]"))
    pipeline.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(InputError) as caught:
        load_masked_model(folder)
    assert str(caught.value) == f"{folder}: its vocabulary has no mask token: choose a masked language model"


def test_every_layout_can_be_masked():
    for layout in ("bert", "roberta", "xlm-roberta", "roformer", "modernbert", "ernie"):
        model = load_masked_model(HERE / "layouts" / layout, threads=1)
        head = layout not in ("xlm-roberta", "ernie")
        assert (model.kind, model.has_head, model.tuned) == ("mlm" if head else "encoder", head, False)
        found = settled(ImpactOptions(), model)
        assert (found.layer, found.context) == ("head" if head else model.layers, "masked")
        for gaps, sentence in zip(gap_scores(model, SENTENCES), SENTENCES, strict=True):
            assert len(gaps) == max(0, len(sentence) - 1)
            assert len(gaps) == 0 or np.isfinite(gaps).any()
        if not head:
            for options, message in (
                ({"score": "logprob"}, f"--score logprob: {model.name} has no head of a masked language model: "),
                ({"layer": "head"}, f"--layer head: {model.name} has no head of a masked language model: "),
            ):
                with pytest.raises(UsageError) as caught:
                    gap_scores(model, SENTENCES, ImpactOptions(**options))
                assert str(caught.value).startswith(message)


def test_what_was_tuned_for_sentences_is_read_in_the_middle():
    model = load_masked_model(HERE / "layouts" / "sentence-transformer", threads=1)
    assert (model.kind, model.tuned) == ("encoder", True)
    found = settled(ImpactOptions(), model)
    assert (found.score, found.layer, found.context) == ("dist", 1, "unmasked")
    assert np.isfinite(gap_scores(model, SENTENCES[:1])[0]).any()


def test_built_in_models_that_cannot_be_masked():
    for options, message in (
        ({"model": "use"}, "--model use is no transformer, nothing can be masked in it: pass e5, or a model directory"),
        (
            {"model": "e5", "backend": "torch"},
            "--backend torch is for transformer directories: --model e5 runs on ONNX Runtime",
        ),
    ):
        with pytest.raises(UsageError) as caught:
            load_masked_model(**options)
        assert str(caught.value) == message
