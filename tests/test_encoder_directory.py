"""What directories say, and the one line for those that cannot be used."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from hanmine.encoder.directory import Dense, Normalize, read_directory
from hanmine.encoder.locate import find_model
from hanmine.errors import InputError

LAYOUTS = Path(__file__).with_name("layouts")
HOME = "sentence_transformers.models."


def written(folder, **files):
    """A directory with these JSON files, dots in names written as __."""
    for name, content in files.items():
        path = folder / (name.replace("__", "/") + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")
    return folder


def modules(*kinds):
    return [{"idx": n, "path": "" if n == 0 else f"{n}", "type": kind} for n, kind in enumerate(kinds)]


def message(folder):
    with pytest.raises(InputError) as caught:
        read_directory(folder)
    return str(caught.value)


def test_a_plain_transformer_says_nothing():
    found = read_directory(LAYOUTS / "bert")
    assert (found.pooling, found.modules, found.max_length, found.prompts) == ((), (), None, {})


def test_a_directory_of_sentence_transformers():
    found = read_directory(LAYOUTS / "sentence-transformer")
    assert (found.pooling, found.include_prompt, found.max_length) == (("mean",), True, 10)
    assert [type(module) for module in found.modules] == [Dense, Normalize]
    assert found.prompts == {"document": "", "query": "为这个句子"}


def test_the_older_form(tmp_path):
    flags = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}
    written(
        tmp_path,
        modules=[
            {"path": "0_BERT", "type": HOME + "Transformer"},
            {"path": "1_Pooling", "type": HOME + "Pooling"},
            {"path": "2_Dropout", "type": HOME + "Dropout"},
        ],
        **{"0_BERT__config": {"model_type": "bert"}, "1_Pooling__config": {**flags, "include_prompt": False}},
        **{"0_BERT__sentence_bert_config": {"max_seq_length": 75, "do_lower_case": True}},
        config_sentence_transformers={"prompts": {"query": "q: "}, "default_prompt_name": "query"},
    )
    found = read_directory(tmp_path)
    assert found.transformer == tmp_path / "0_BERT"
    assert (found.pooling, found.include_prompt) == (("cls", "mean"), False)
    assert (found.max_length, found.lower_case, found.default_prompt) == (75, True, "query")


@pytest.mark.parametrize(("limit", "expected"), [(512, 512), (10**30, None), (None, None)])
def test_the_length_of_the_tokenizer_counts_where_there_is_no_other(tmp_path, limit, expected):
    written(
        tmp_path,
        modules=modules(HOME + "Transformer", HOME + "Pooling"),
        config={},
        tokenizer_config={"model_max_length": limit},
        **{"1__config": {}},
    )
    found = read_directory(tmp_path)
    assert (found.max_length, found.pooling) == (expected, ("mean",))


@pytest.mark.parametrize("activation", ["linear.Identity", "activation.Tanh"])
def test_dense(tmp_path, activation):
    weight, bias = np.array([[1, 2], [3, 4], [0.5, 0]], np.float32), np.array([1, 0, -1], np.float32)
    written(
        tmp_path,
        modules=modules(HOME + "Transformer", HOME + "Pooling", HOME + "Dense"),
        config={},
        **{"1__config": {}, "2__config": {"activation_function": f"torch.nn.modules.{activation}"}},
    )
    save_file({"linear.weight": weight, "linear.bias": bias}, tmp_path / "2" / "model.safetensors")
    found = read_directory(tmp_path).modules[0].apply(np.array([[0.5, -0.25]], np.float32))
    expected = weight @ [0.5, -0.25] + bias
    np.testing.assert_allclose(found[0], np.tanh(expected) if "Tanh" in activation else expected, rtol=1e-6)


def test_modules_that_are_not_known(tmp_path):
    transformer, pooling = HOME + "Transformer", HOME + "Pooling"
    known = "known are Transformer, Pooling, Dense, Normalize and Dropout in this order"
    cases = [
        ([transformer, pooling, HOME + "LSTM"], HOME + "LSTM", known),
        ([transformer, HOME + "Normalize"], HOME + "Normalize", known),
        ([HOME + "StaticEmbedding"], HOME + "StaticEmbedding", "the first module must be a Transformer"),
        ([transformer, "custom.Pooling"], "custom.Pooling", "it is code of the model's own, which is not run"),
    ]
    for kinds, culprit, why in cases:
        written(tmp_path, modules=modules(*kinds), config={}, **{"1__config": {}})
        assert message(tmp_path) == (
            f"{tmp_path / 'modules.json'}: module {culprit!r} is not supported ({why}): choose another model"
        )


def test_what_modules_cannot_be(tmp_path):
    kinds = modules(HOME + "Transformer", HOME + "Pooling", HOME + "Dense")
    written(tmp_path, modules=kinds, config={}, **{"1__config": {"pooling_mode": "median"}})
    config = tmp_path / "1" / "config.json"
    assert message(tmp_path) == f"{config}: pooling mode 'median' is unknown: choose another model"
    config.unlink()
    assert message(tmp_path) == f"{tmp_path / '1'}: has no config.json: copy the folder again"
    dense = tmp_path / "2"
    written(tmp_path, **{"1__config": {}, "2__config": {"activation_function": "torch.nn.GELU"}})
    assert message(tmp_path) == (
        f"{dense / 'config.json'}: a Dense module with activation GELU is not supported: choose another model"
    )
    written(tmp_path, **{"2__config": {}})
    (dense / "pytorch_model.bin").touch()
    assert message(tmp_path) == (
        f"{dense}: has no model.safetensors (it has only pytorch_model.bin, a pickle): load the model with "
        "sentence-transformers where torch is and save it again with save_pretrained"
    )
    (tmp_path / "modules.json").write_text("{")
    assert message(tmp_path).startswith(f"{tmp_path / 'modules.json'}: is no JSON (")


def test_a_directory_without_config(tmp_path):
    assert message(tmp_path) == (
        f"{tmp_path}: has no config.json: name the folder of a transformer, or pass --model e5"
    )


@pytest.mark.parametrize(("kind", "name"), [("bert", "BertForPreTraining"), ("roformer", "RoFormerForMaskedLM")])
def test_a_tensorflow_checkpoint(tmp_path, kind, name):
    folder = tmp_path / f"chinese_{kind}_L-12"
    folder.mkdir()
    (folder / "bert_model.ckpt.index").touch()
    config = name.partition("For")[0] + "Config"
    assert message(folder) == (
        f"{folder}: is a TensorFlow checkpoint, which is not read: convert it where torch, tensorflow and transformers "
        f'4 are: python -c "from transformers import {config}, {name}; from transformers.models.{kind}.modeling_{kind} '
        f"import load_tf_weights_in_{kind} as load; c = {config}.from_json_file('{folder}/bert_config.json'); "
        f"m = {name}(c); load(m, c, '{folder}/bert_model.ckpt'); m.save_pretrained('{folder}')\""
    )


def test_the_digest_changes_with_any_file(tmp_path):
    folder = Path(shutil.copytree(LAYOUTS / "bert", tmp_path / "bert"))
    before = read_directory(folder).digest()
    assert before == read_directory(LAYOUTS / "bert").digest()
    (folder / "vocab.txt").write_text("[PAD]\n")
    assert read_directory(folder).digest() != before


# -- finding ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path, monkeypatch):
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    return tmp_path / "hub"


def snapshot(hub, name, commit, *, reference=False):
    folder = hub / name / "snapshots" / commit
    folder.mkdir(parents=True)
    if reference:
        (hub / name / "refs").mkdir()
        (hub / name / "refs" / "main").write_text(commit + "\n")
    return folder


def test_names_are_looked_up_in_the_cache(hub):
    expected = snapshot(hub, "models--BAAI--bge-small-zh", "b2", reference=True)
    snapshot(hub, "models--BAAI--bge-small-zh", "a1")
    assert find_model("BAAI/bge-small-zh") == expected
    only = snapshot(hub, "models--google-bert--bert-base-chinese", "c3")
    assert find_model("bert-base-chinese") == only
    assert find_model(only) == only


def test_a_name_that_is_nowhere(hub, monkeypatch):
    for variable, place in (("HF_HOME", hub), ("HF_HUB_CACHE", hub / "other")):
        monkeypatch.setenv(variable, str(hub / "other" if variable == "HF_HUB_CACHE" else hub.parent))
        with pytest.raises(InputError) as caught:
            find_model("some/model")
        assert str(caught.value) == (
            f"some/model: is neither a folder nor a model in the local Hugging Face cache ({place}), and nothing is "
            "downloaded: run `hf download some/model` where there is a network and copy its folder, or pass "
            "--model e5"
        )


def test_paths_that_are_no_folders(tmp_path):
    with pytest.raises(InputError) as caught:
        find_model(f"{tmp_path}/missing")
    assert str(caught.value) == f"{tmp_path}/missing: no such folder: check the path"
    (tmp_path / "file").touch()
    with pytest.raises(InputError) as caught:
        find_model(tmp_path / "file")
    assert str(caught.value) == (
        f"{tmp_path}/file: is a file: name the folder in which the model lies, or pass --model e5"
    )


def test_only_models_that_the_caller_takes_are_suggested(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"or pass --model use or e5$"):
        find_model(tmp_path / "file", ("use", "e5"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"prompts": {"query": 1}}, "its prompts are no texts by name: copy the file again"),
        ({"prompts": ["query"]}, "its prompts are no texts by name: copy the file again"),
        ({"prompts": {"a": "b"}, "default_prompt_name": ["a"]}, "default_prompt_name ['a'] is none of its prompts"),
        ([1], "holds no JSON object: copy the file again"),
    ],
)
def test_prompts_that_are_none(tmp_path, settings, expected):
    kinds = modules(HOME + "Transformer", HOME + "Pooling")
    written(tmp_path, modules=kinds, config={}, config_sentence_transformers=settings, **{"1__config": {}})
    assert message(tmp_path).startswith(f"{tmp_path / 'config_sentence_transformers.json'}: {expected}")


@pytest.mark.parametrize("folder", ["../x", "/x", "甲" * 300, "a\0b", 7])
def test_modules_lie_in_their_directory(tmp_path, folder):
    kinds = modules(HOME + "Transformer", HOME + "Pooling")
    kinds[1]["path"] = folder
    written(tmp_path, modules=kinds, config={})
    assert message(tmp_path).startswith(f"{tmp_path / 'modules.json'}: {folder!r:.40} is ")
