"""Tokenizers of directories: the ids that transformers gives, cut to length, with the places of tokens."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from hanmine.encoder.jieba_words import JiebaWords
from hanmine.encoder.tokenization import Tokenizer
from hanmine.errors import InputError, MissingExtraError

LAYOUTS = Path(__file__).with_name("layouts")
SENTENCES = json.loads((LAYOUTS / "sentences.json").read_text("utf-8"))
NAMES = sorted(path.parent.name for path in LAYOUTS.glob("*/recorded.npz") if path.parent.name[:8] != "sentence")


def tokenizer(folder, **options):
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    return Tokenizer(folder, settings, **{"max_length": 128, **options})


@pytest.fixture
def bert(tmp_path):
    return Path(shutil.copytree(LAYOUTS / "bert", tmp_path / "bert"))


def configure(folder, **entries):
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | entries), "utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_those_of_transformers(name):
    with np.load(LAYOUTS / name / "recorded.npz") as recorded:
        ids, mask = recorded["input_ids"], recorded["attention_mask"]
    found = tokenizer(LAYOUTS / name)
    assert [encoding.ids for encoding in found.encode(SENTENCES)] == [
        list(row[kept > 0]) for row, kept in zip(ids, mask, strict=True)
    ]
    assert (mask == 1).all() or found.pad_id == ids[mask == 0][0]


def test_long_sentences_are_cut_with_their_marks(bert):
    found = tokenizer(bert, max_length=5).encode(["今天天气很好。", "好"])
    assert [encoding.tokens for encoding in found] == [["[CLS]", "今", "天", "天", "[SEP]"], ["[CLS]", "好", "[SEP]"]]
    assert [bool(encoding.overflowing) for encoding in found] == [True, False]


def test_offsets_are_places_in_the_sentence(bert):
    sentence = "的 iPhone价"
    encoding = tokenizer(bert).encode([sentence])[0]
    pieces = [sentence[start:end] for start, end in encoding.offsets[1:-1]]
    assert "".join(pieces) == sentence.replace(" ", "")


def test_case_and_accents(bert):
    assert tokenizer(bert).encode(["IPHONE"])[0].tokens[1] == "ip"
    configure(bert, do_lower_case=False)
    assert tokenizer(bert).encode(["IPHONE"])[0].tokens[1] == "[UNK]"
    assert tokenizer(bert, lower_case=True).encode(["IPHONE"])[0].tokens[1] == "ip"


def test_prompts_are_measured_with_their_first_mark(bert):
    assert tokenizer(bert).prompt_length("今天") == 3


def test_special_tokens_may_have_other_names(bert):
    words = (bert / "vocab.txt").read_text("utf-8").replace("[CLS]", "<a>")
    (bert / "vocab.txt").write_text(words, "utf-8")
    with pytest.raises(InputError) as caught:
        tokenizer(bert)
    assert str(caught.value) == (f"{bert / 'vocab.txt'}: lacks the word '[CLS]': is it the vocabulary of this model?")
    configure(bert, cls_token={"content": "<a>"})
    assert tokenizer(bert).encode(["好"])[0].tokens[0] == "<a>"


def test_no_tokenizer(bert):
    (bert / "vocab.txt").unlink()
    with pytest.raises(InputError) as caught:
        tokenizer(bert)
    assert str(caught.value) == (
        f"{bert}: has neither tokenizer.json nor vocab.txt: copy the tokenizer of the model there"
    )
    (bert / "sentencepiece.bpe.model").touch()
    with pytest.raises(InputError) as caught:
        tokenizer(bert)
    assert str(caught.value) == (
        f"{bert}: has sentencepiece.bpe.model, but no tokenizer.json: write it where transformers is: "
        'python -c "from transformers import AutoTokenizer; '
        f"AutoTokenizer.from_pretrained('{bert}').save_pretrained('{bert}')\""
    )
    (bert / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"tokenizer\.json: is no tokenizer \(.*\): copy the file again$"):
        tokenizer(bert)


def test_without_the_package(bert, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError) as caught:
        tokenizer(bert)
    assert str(caught.value) == ("tokenizing for a transformer needs an optional package: pip install 'hanmine[onnx]'")


# -- RoFormer's words ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def roformer(tmp_path_factory):
    """A directory whose vocabulary holds words; jieba knows 非常 and 今天天气."""
    folder = tmp_path_factory.mktemp("roformer")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气非常好。北京大学", "非常", "北京", "abc", "##d"]
    (folder / "vocab.txt").write_text("".join(word + "\n" for word in words), "utf-8")
    (folder / "config.json").write_text('{"model_type": "roformer"}')
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "RoFormerTokenizer", "do_lower_case": true}')
    return folder


def test_words_of_the_vocabulary_stay_whole(roformer):
    sentence = "今天天气非常好。北京大学 ABCd"
    encoding = tokenizer(roformer).encode([sentence])[0]
    assert encoding.tokens[1:-1] == [*"今天天气", "非常", "好", "。", *"北京大学", "abc", "##d"]
    assert [sentence[start:end].lower() for start, end in encoding.offsets[1:-1]] == [
        *"今天天气", "非常", "好", "。", *"北京大学", "abc", "d",
    ]  # fmt: skip


def test_a_tokenizer_file_gets_its_words_back(roformer, tmp_path):
    """transformers writes BERT's first cut into tokenizer.json, as it cannot write its own."""
    folder = Path(shutil.copytree(roformer, tmp_path / "whole"))
    (folder / "config.json").write_text('{"model_type": "bert"}')
    plain = tokenizer(folder)
    assert plain.encode(["好非常"])[0].tokens[1:-1] == ["[UNK]"]
    plain.backend.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text('{"model_type": "roformer"}')
    assert tokenizer(folder).encode(["好非常"])[0].tokens[1:-1] == ["好", "非常"]


def test_words_that_somebody_adds_to_jieba_do_not_count():
    import jieba

    jieba.add_word("好北京")
    try:
        assert "好北京" not in {word for word, *_ in JiebaWords({})._cutter.tokenize("好北京", HMM=False)}
    finally:
        jieba.del_word("好北京")


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("vocab.txt", b"[UNK]\n\xb0\xa1\n", "vocab.txt:2: is not UTF-8: copy the file again"),
        ("tokenizer_config.json", b"[1]", "tokenizer_config.json: holds no JSON object: copy the file again"),
        ("tokenizer_config.json", b"[" * 100_000, "tokenizer_config.json: is no JSON ("),
        (
            "tokenizer_config.json",
            b'{"do_lower_case": 1}',
            "tokenizer_config.json: do_lower_case is 1, not true or false",
        ),
        (
            "tokenizer_config.json",
            b'{"unk_token": ["a"]}',
            "its unk_token is no text: copy tokenizer_config.json again",
        ),
        ("tokenizer_config.json", b'{"cls_token": {"x": 1}}', "its cls_token is no text: copy tokenizer_config.json"),
        ("special_tokens_map.json", b"7", "special_tokens_map.json: holds no JSON object: copy the file again"),
        ("tokenizer.json", b'{"version": "\\u0000"}', "tokenizer.json: is no tokenizer ("),
    ],
)
def test_damaged_files_are_named(tmp_path, file, content, expected):
    tiny = Path(__file__).parent / "models" / "tiny-mlm"
    for name in ("config.json", "vocab.txt"):
        shutil.copyfile(tiny / name, tmp_path / name)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError) as caught:
        tokenizer(tmp_path)
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()
