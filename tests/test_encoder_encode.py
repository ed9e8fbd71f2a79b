"""Encoding from end to end: the vectors that sentence-transformers gives, in line order, whatever the batches."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import naive
from hanmine.encoder import Encoder, encode, load_encoder
from hanmine.errors import InputError, UsageError
from hanmine.progress import Progress

LAYOUTS = Path(__file__).with_name("layouts")
SENTENCES = json.loads((LAYOUTS / "sentences.json").read_text("utf-8"))
NAMES = sorted(path.parent.name for path in LAYOUTS.glob("*/recorded.npz") if path.parent.name[:8] != "sentence")


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANMINE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def bert():
    return load_encoder(LAYOUTS / "bert", threads=1)


def recorded(name):
    with np.load(LAYOUTS / name / "recorded.npz") as file:
        return {key: file[key] for key in file.files}


def hidden_of(arrays, layer):
    """Recorded hidden states of each sentence: [tokens, dimensions] each."""
    return np.split(arrays[f"hidden_{layer}"], np.cumsum(arrays["attention_mask"].sum(axis=1))[:-1])


@pytest.mark.parametrize("layout", NAMES)
@pytest.mark.parametrize(
    ("option", "mode"), [("p1", "cls"), ("p3", "mean"), ("mean", "mean"), ("p4", "first-last"), ("last-2", "last-2")]
)
def test_poolings_of_recorded_states(layout, option, mode):
    arrays = recorded(layout)
    layers = [hidden_of(arrays, layer) for layer in range(sum(name.startswith("hidden_") for name in arrays))]
    vectors = load_encoder(LAYOUTS / layout, pooling=option, threads=1).encode(SENTENCES)
    expected = [naive.pooled(mode, [states[row].tolist() for states in layers]) for row in range(len(SENTENCES))]
    np.testing.assert_allclose(vectors, expected, atol=2e-5)


def test_the_pooler():
    vectors = load_encoder(LAYOUTS / "bert", pooling="p2", threads=1).encode(SENTENCES)
    np.testing.assert_allclose(vectors, recorded("bert")["pooler"], atol=2e-5)


def test_p4_where_the_directory_says_nothing(bert):
    given = load_encoder(LAYOUTS / "bert", pooling="p4", threads=1)
    assert np.array_equal(bert.encode(SENTENCES), given.encode(SENTENCES))
    assert bert.facts["pooling"] == "first-last"


def test_a_directory_of_sentence_transformers():
    arrays = recorded("sentence-transformer")
    encoder = load_encoder(LAYOUTS / "sentence-transformer", threads=1)
    np.testing.assert_allclose(encoder.encode(SENTENCES), arrays["vectors"], atol=1e-5)
    assert encoder.messages() == ["2 sentences are longer than 10 tokens and cut there: --max-length raises it"]
    asked = load_encoder(LAYOUTS / "sentence-transformer", prompt_name="query", threads=1)
    np.testing.assert_allclose(asked.encode(SENTENCES), arrays["query"], atol=1e-5)
    assert asked.facts["prompt"] == "为这个句子"


def sentence_transformer(folder, *, pooling, **prompts):
    """The recorded directory with another pooling and without what follows it."""
    folder = Path(shutil.copytree(LAYOUTS / "sentence-transformer", folder / "model"))
    (folder / "modules.json").write_text(json.dumps(json.loads((folder / "modules.json").read_text())[:2]))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    return folder


def test_poolings_are_joined(tmp_path):
    folder = sentence_transformer(tmp_path, pooling={"pooling_mode": ["cls", "mean"]})
    both = load_encoder(folder, threads=1).encode(SENTENCES)
    parts = [load_encoder(folder, pooling=name, threads=1).encode(SENTENCES) for name in ("p1", "p3")]
    assert np.array_equal(both, np.concatenate(parts, axis=1))


def test_a_prompt_that_does_not_count_in_the_pooling(tmp_path):
    folder = sentence_transformer(
        tmp_path,
        pooling={"pooling_mode": "mean", "include_prompt": False},
        prompts={"query": "今天"},
        default_prompt_name="query",
    )
    encoder = load_encoder(folder, threads=1)
    tokens = np.array([encoder._engine._tokenizer.encode(["今天天气"])[0].ids])
    outputs = encoder._engine._backend.run(tokens, np.ones_like(tokens), None, ["hidden_1"])
    # Without [CLS] 今 天: 天 气 [SEP].
    np.testing.assert_allclose(encoder.encode(["天气"])[0], outputs["hidden_1"][0, 3:].mean(axis=0), atol=1e-6)
    plain = load_encoder(folder, prompt="", threads=1)
    assert "prompt" not in plain.facts
    assert not np.allclose(plain.encode(["天气"]), encoder.encode(["天气"]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("今天气很好公园 iPhone龘", max_size=30), max_size=12), st.integers(1, 60))
def test_vectors_match_their_sentences_in_any_batch(bert, sentences, batch_tokens):
    vectors = bert.encode(sentences, batch_tokens=batch_tokens)
    assert vectors.shape == (len(sentences), 12)
    for sentence, vector in zip(sentences, vectors, strict=True):
        np.testing.assert_allclose(vector, bert.encode([sentence])[0], atol=1e-5)


def test_threads_and_back_ends_do_not_matter(bert):
    again = load_encoder(LAYOUTS / "bert", threads=2, backend="onnx")
    assert np.array_equal(bert.encode(SENTENCES), again.encode(SENTENCES))


def test_lengths(bert):
    assert bert.facts["max_length"] == 24  # 128, capped at the model's positions
    long = "今天" * 40
    cut = load_encoder(LAYOUTS / "bert", max_length=4, threads=1)
    assert np.array_equal(cut.encode([long]), cut.encode(["今天"]))
    assert cut.messages() == ["1 sentence is longer than 4 tokens and cut there: --max-length raises it"]
    with pytest.raises(UsageError) as caught:
        load_encoder(LAYOUTS / "bert", max_length=2)
    assert str(caught.value) == ("--max-length 2 has no room for a token between the two special ones: pass 3 or more")


def test_normalize(bert):
    vectors = load_encoder(LAYOUTS / "bert", normalize=True, threads=1).encode(SENTENCES)
    expected = bert.encode(SENTENCES)
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1)[:, None], atol=1e-6)


def test_poolings_that_a_model_lacks():
    with pytest.raises(UsageError) as caught:
        load_encoder(LAYOUTS / "roberta", pooling="p2", threads=1)
    assert str(caught.value) == (f"--pooling p2: {LAYOUTS / 'roberta'} has no pooler: choose --pooling p1 or p3 or p4")


def test_a_model_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    shutil.copytree(LAYOUTS / "bert", tmp_path / "models--some--bert" / "snapshots" / "abc")
    assert load_encoder("some/bert", threads=1).dimensions == 12


def test_only_a_pickle(tmp_path):
    folder = Path(shutil.copytree(LAYOUTS / "bert", tmp_path / "bert"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pytorch_model\.bin.*python -c .*save_file"):
        load_encoder(folder)


# -- the front door --------------------------------------------------------------------------------------------------


class Engine:
    """Vectors of the lengths of sentences; those of 七 characters are broken."""

    dimensions = 2
    prompts: dict = {}  # noqa: RUF012
    facts: dict = {"model": "lengths"}  # noqa: RUF012

    def __init__(self):
        self.seen = []

    def encode(self, sentences, advance):
        self.seen.append(list(sentences))
        advance(len(sentences))
        return np.array([[len(s), np.nan if len(s) == 7 else 1] for s in sentences], np.float32).reshape(-1, 2)

    def messages(self):
        return []


def test_equal_sentences_of_a_window_are_encoded_once():
    engine = Engine()
    vectors = Encoder("lengths", engine).encode(iter(["一", "二二", "一", ""]))
    assert engine.seen == [["一", "二二", ""]]
    assert vectors[:, 0].tolist() == [1, 2, 1, 0]


def test_a_vector_without_finite_numbers_is_zero():
    encoder = Encoder("lengths", Engine(), normalize=True)
    assert encoder.encode(["a" * 7, "b", "a" * 7]).tolist()[::2] == [[0, 0], [0, 0]]
    assert encoder.messages() == ["2 sentences got a vector of zeros: the model gave no finite numbers for them"]


def test_progress_counts_every_sentence():
    class Listener(Progress):
        phases: list = []  # noqa: RUF012
        amount = 0

        def phase(self, name, total=None, unit=""):
            self.phases.append((name, total, unit))

        def advance(self, amount):
            self.amount += amount

    listener = Listener()
    Encoder("lengths", Engine()).encode(["a", "b", "a"], progress=listener)
    assert listener.phases == [("encoding", 3, "sentences")]
    assert listener.amount == 3


def test_no_sentences(bert):
    assert bert.encode([]).shape == (0, 12)
    assert bert.encode(iter([])).shape == (0, 12)


def test_sentences_in_files(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("id,text\n1,今天\n2,\n", "utf-8")
    model = LAYOUTS / "bert"
    expected = encode(["今天", ""], model, threads=1)
    assert np.array_equal(encode(file, model, column="text", threads=1), expected)
    assert np.array_equal(encode(str(file), model, column="text", threads=1), expected)
    assert np.array_equal(encode([file], model, column="text", threads=1), expected)


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (["一", 2], "<strings>: text 2 is of type int: pass str only"),
        (3, "a text of type int: pass a path, several paths, an iterable of str, or a Series or DataFrame of them"),
    ],
)
def test_what_is_no_sentence(sentences, message):
    with pytest.raises(UsageError) as caught:
        encode(sentences, LAYOUTS / "bert")
    assert str(caught.value) == message


def test_reading_options_are_for_files():
    with pytest.raises(UsageError, match=r"^column 'text' is for files and DataFrames"):
        encode(["一"], LAYOUTS / "bert", column="text")
    with pytest.raises(UsageError, match=r"^encoding is for files: pass paths, or leave it out$"):
        encode(["一"], LAYOUTS / "bert", encoding="gbk")


def test_half_a_surrogate_pair(bert):
    with pytest.raises(InputError) as caught:
        bert.encode(["一", "\ud800"])
    assert str(caught.value) == ("sentence 1: \\ud800 is half of a surrogate pair and no character: mend the sentence")
    with pytest.raises(UsageError, match=r"^sentences are a list of str: "):
        bert.encode("一")


def test_weights_that_overflow_give_zeros(tmp_path):
    folder = Path(shutil.copytree(LAYOUTS / "bert", tmp_path / "bert"))
    weights = {name: values.astype(np.float32) for name, values in load_file(folder / "model.safetensors").items()}
    weights["bert.embeddings.LayerNorm.bias"][:] = np.nan
    save_file(weights, folder / "model.safetensors")
    assert not load_encoder(folder, threads=1).encode(["好"]).any()
