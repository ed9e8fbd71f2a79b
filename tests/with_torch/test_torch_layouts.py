"""Fresh random models of every layout: our graphs and the torch back end against transformers itself."""

import json

import numpy as np
import pytest
import torch
import transformers

from hanmine.encoder.backends import load_backend
from hanmine.errors import InputError, UsageError
from record_layouts import randomize

pytestmark = pytest.mark.torch

SIZES = {
    "vocab_size": 97,
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
}
POOLED = {"pooler"}
HEAD = {"mlm_hidden", "logits"}
# name → class, configuration, outputs beside hidden states
MODELS = {
    "bert": ("BertForPreTraining", {}, POOLED | HEAD),
    "bert without head": ("BertModel", {"hidden_act": "gelu_new", "type_vocab_size": 5}, POOLED),
    "bert with one layer": ("BertForMaskedLM", {"num_hidden_layers": 1, "hidden_act": "relu"}, HEAD),
    "bert untied": ("BertForMaskedLM", {"tie_word_embeddings": False, "layer_norm_eps": 1e-3}, HEAD),
    "roberta": ("RobertaForMaskedLM", {"type_vocab_size": 1, "hidden_act": "silu"}, HEAD),
    "roberta with pooler": ("RobertaModel", {"type_vocab_size": 1, "pad_token_id": 3}, POOLED),
    "xlm-roberta": ("XLMRobertaForMaskedLM", {"type_vocab_size": 1}, HEAD),
    "roformer": ("RoFormerForMaskedLM", {}, HEAD),
    "roformer turning values": ("RoFormerForMaskedLM", {"rotary_value": True, "embedding_size": 24}, HEAD),
    "ernie": ("ErnieForMaskedLM", {"use_task_id": True}, HEAD),
    "ernie without tasks": ("ErnieModel", {"use_task_id": False}, POOLED),
    "modernbert": ("ModernBertForMaskedLM", {"local_attention": 8}, HEAD),
    "modernbert with biases": (
        "ModernBertForMaskedLM",
        {
            "norm_bias": True,
            "attention_bias": True,
            "mlp_bias": True,
            "classifier_bias": True,
            "decoder_bias": False,
            "hidden_activation": "gelu_pytorch_tanh",
            "classifier_activation": "silu",
            "tie_word_embeddings": False,
            "global_attn_every_n_layers": 2,
            "local_attention": 5,
        },
        HEAD,
    ),
    "modernbert without head": ("ModernBertModel", {"global_attn_every_n_layers": 1}, set()),
    "modernbert classifier": ("ModernBertForSequenceClassification", {}, set()),
}


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANMINE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module", params=MODELS)
def model(request, tmp_path_factory):
    """A directory, the model in it, and the outputs beside hidden states."""
    kind, options, extra = MODELS[request.param]
    modern = {"eos_token_id": 3, "bos_token_id": 2, "cls_token_id": 2, "sep_token_id": 3} if "Modern" in kind else {}
    made = getattr(transformers, kind)
    loaded = randomize(made(made.config_class(**SIZES | {"pad_token_id": 0} | modern | options)), 11)
    directory = tmp_path_factory.mktemp("model")
    loaded.save_pretrained(directory)
    return directory, loaded, extra


def batches():
    """Ids, mask and segments: one token, one sentence, padding, the longest that all layouts take."""
    random = np.random.default_rng(5)
    for counts in ([1], [7], [3, 12, 1, 9], [60, 33]):
        mask = (np.arange(max(counts)) < np.array(counts)[:, None]).astype(np.int64)
        ids = np.where(mask, random.integers(4, SIZES["vocab_size"], mask.shape), 0)
        yield ids, mask


def expected(model, ids, mask, segments):
    """hidden_*, pooler and logits from transformers."""
    options = {} if segments is None else {"token_type_ids": torch.from_numpy(segments)}
    ids = np.where(mask, ids, model.config.pad_token_id)
    with torch.inference_mode():
        given = model(
            input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask), output_hidden_states=True, **options
        )
    outputs = {f"hidden_{layer}": states.numpy() for layer, states in enumerate(given.hidden_states)}
    if "pooler_output" in given:
        outputs["pooler"] = given.pooler_output.numpy()
    for name in ("logits", "prediction_logits"):
        if name in given and given[name].ndim == 3:
            outputs["logits"] = given[name].numpy()
    return outputs


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_outputs_are_those_of_transformers(model, backend):
    directory, loaded, extra = model
    ours = load_backend(directory, backend=backend, threads=1)
    names = sorted({f"hidden_{layer}" for layer in range(loaded.config.num_hidden_layers + 1)} | extra)
    assert ours.available == set(names)
    assert (ours.layers, ours.dimensions) == (loaded.config.num_hidden_layers, loaded.config.hidden_size)
    segmented = getattr(loaded.config, "type_vocab_size", 1) > 1
    for ids, mask in batches():
        segments = (ids % 2) if segmented else None
        wanted = expected(loaded, ids, mask, segments)
        # Padded as the model wants it, as a tokenizer does.
        results = ours.run(np.where(mask, ids, loaded.config.pad_token_id), mask, segments, names)
        for name in set(names) & set(wanted):
            got, reference = results[name], wanted[name]
            if name != "pooler":
                got, reference = got[mask > 0], reference[mask > 0]
            scale = max(1.0, np.abs(reference).max())
            np.testing.assert_allclose(got / scale, reference / scale, atol=1e-5, rtol=0, err_msg=name)


def test_both_back_ends_agree_on_everything(model):
    directory, _, _ = model
    one, other = (load_backend(directory, backend=name, threads=1) for name in ("onnx", "torch"))
    assert one.available == other.available
    assert (one.layers, one.dimensions, one.max_tokens) == (other.layers, other.dimensions, other.max_tokens)
    ids, mask = list(batches())[2]
    names = sorted(one.available)
    first, second = (backend.run(ids, mask, None, names) for backend in (one, other))
    for name in names:
        shown = (lambda values: values) if name == "pooler" else (lambda values: values[mask > 0])
        scale = max(1.0, np.abs(shown(second[name])).max())
        assert first[name].shape == second[name].shape
        np.testing.assert_allclose(shown(first[name]) / scale, shown(second[name]) / scale, atol=1e-5, err_msg=name)


def test_half_precision_files_are_computed_in_float32(tmp_path):
    for dtype in (torch.float16, torch.bfloat16):
        made = transformers.BertModel(transformers.BertConfig(**SIZES))
        loaded = randomize(made, 3).to(dtype)
        loaded.save_pretrained(tmp_path)
        loaded.float()
        ids, mask = list(batches())[2]
        wanted = expected(loaded, ids, mask, None)
        for backend in ("onnx", "torch"):
            got = load_backend(tmp_path, backend=backend).run(ids, mask, None, ["hidden_4", "pooler"])
            np.testing.assert_allclose(got["hidden_4"][mask > 0], wanted["hidden_4"][mask > 0], atol=1e-5)
            np.testing.assert_allclose(got["pooler"], wanted["pooler"], atol=1e-5)


def test_a_layout_that_only_torch_knows(tmp_path):
    config = transformers.DistilBertConfig(vocab_size=97, dim=32, n_layers=2, n_heads=4, hidden_dim=48)
    loaded = randomize(transformers.DistilBertModel(config), 4)
    loaded.save_pretrained(tmp_path)
    ids, mask = list(batches())[2]
    backend = load_backend(tmp_path)  # auto
    assert (backend.name, backend.layers, backend.dimensions) == ("torch", 2, 32)
    got = backend.run(ids, mask, None, ["hidden_2"])["hidden_2"]
    np.testing.assert_allclose(got[mask > 0], expected(loaded, ids, mask, None)["hidden_2"][mask > 0], atol=1e-6)
    with pytest.raises(InputError, match="the layout 'distilbert' is not known"):
        load_backend(tmp_path, backend="onnx")


def test_the_torch_back_end_refuses_what_it_cannot_do(tmp_path):
    loaded = transformers.BertModel(transformers.BertConfig(**SIZES))
    loaded.save_pretrained(tmp_path)
    backend = load_backend(tmp_path, backend="torch")
    longer = np.ones((1, 65), int)
    with pytest.raises(InputError, match="the model has positions for 64 tokens, not for 65"):
        backend.run(longer, longer, None, ["hidden_0"])
    with pytest.raises(UsageError, match="the model has no output 'logits'"):
        backend.run(longer, longer, None, ["logits"])
    # No weights but a pickle: nothing is loaded.
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match="alone, a pickle, which is not read"):
        load_backend(tmp_path, backend="torch")


def test_no_code_of_a_model_is_run(tmp_path):
    loaded = transformers.BertModel(transformers.BertConfig(**SIZES))
    loaded.save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    own = {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    path.write_text(json.dumps(json.loads(path.read_text()) | own))
    (tmp_path / "own.py").write_text("raise SystemExit('run')\n")
    for backend in ("torch", "auto"):
        with pytest.raises(InputError, match="cannot be loaded by transformers"):
            load_backend(tmp_path, backend=backend)


def test_weights_that_are_missing_are_not_made_up(tmp_path):
    from safetensors.torch import load_file, save_file

    loaded = transformers.BertModel(transformers.BertConfig(**SIZES))
    loaded.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["encoder.layer.3.output.dense.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="the weights lack the tensor 'encoder"):
        load_backend(tmp_path, backend="torch")
