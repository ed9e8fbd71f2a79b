"""Transformer directories that bring a model.onnx of their own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from hanmine.encoder import onnx_session
from hanmine.encoder.backends import load_backend
from hanmine.errors import InputError, UsageError

RECORDED = Path(__file__).with_name("layouts")
IDS = np.array([[2, 10, 11, 3], [2, 12, 3, 0]])
MASK = (IDS != 0).astype(int)
LAST = ["hidden_2"]


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HANMINE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def directory(tmp_path):
    return Path(shutil.copytree(RECORDED / "bert", tmp_path / "bert"))


def configure(directory, **entries):
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def error_of(kind, call):
    with pytest.raises(kind) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write_onnx(path, *, name="last_hidden_state", inputs=("input_ids", "attention_mask"), dtype=np.float32):
    """A model whose last hidden state is a row of a table, times a matrix, for each id."""
    table = np.random.default_rng(3).standard_normal((52, 12)).astype(dtype)
    matrix = np.eye(12, dtype=dtype)
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("MatMul", ["rows", "matrix"], [name]),
    ]
    graph = helper.make_graph(
        nodes,
        "exported",
        [helper.make_tensor_value_info(each, TensorProto.INT64, ["b", "t"]) for each in inputs],
        [helper.make_tensor_value_info(name, kind, ["b", "t", 12])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return table


@pytest.mark.parametrize("place", ["model.onnx", "onnx/model.onnx"])
def test_a_model_onnx_is_used_for_what_it_gives(directory, place):
    written = load_backend(directory).run(IDS, MASK, None, ["hidden_1", "hidden_2"])
    table = write_onnx(directory / place)
    backend = load_backend(directory)
    assert backend.available == {"hidden_0", "hidden_1", "hidden_2", "pooler", "mlm_hidden", "logits"}
    np.testing.assert_allclose(backend.run(IDS, MASK, None, LAST)["hidden_2"], table[IDS], atol=1e-6)
    # With others, it is the graph that gives all.
    both = backend.run(IDS, MASK, None, ["hidden_1", "hidden_2"])
    for name, values in written.items():
        np.testing.assert_array_equal(both[name], values)


def test_a_model_onnx_alone_of_any_layout(directory):
    (directory / "model.safetensors").unlink()
    configure(directory, model_type="something")
    table = write_onnx(directory / "model.onnx", name="token_embeddings", dtype=np.float16)
    backend = load_backend(directory)
    assert (backend.available, backend.layers, backend.dimensions) == ({"hidden_2"}, 2, 12)
    result = backend.run(IDS, MASK, None, LAST)["hidden_2"]
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, table[IDS], atol=1e-3)
    assert error_of(UsageError, lambda: backend.run(IDS, MASK, None, ["hidden_1"])) == (
        f"{directory}: the model has no output 'hidden_1': choose from hidden_2"
    )


def test_a_model_onnx_in_int8_is_quantized_once(directory, folder, monkeypatch, caplog):
    (directory / "model.safetensors").unlink()
    table = write_onnx(directory / "model.onnx")
    result = load_backend(directory, precision="int8").run(IDS, MASK, None, LAST)["hidden_2"]
    np.testing.assert_allclose(result, table[IDS], atol=0.05)
    assert len(list((folder / "onnx").iterdir())) == 1
    assert not caplog.records
    monkeypatch.setattr(onnx_session, "_quantize", None)
    again = load_backend(directory, precision="int8").run(IDS, MASK, None, LAST)["hidden_2"]
    assert again.tobytes() == result.tobytes()


def test_a_model_onnx_that_cannot_be_used(directory):
    path = directory / "model.onnx"

    def message():
        return error_of(InputError, lambda: load_backend(directory))

    path.write_bytes(b"nothing")
    assert message().startswith(f"{path}: cannot be used by ONNX Runtime: ")
    write_onnx(path, name="output_0")
    assert message() == (
        f"{path}: has none of the outputs last_hidden_state, token_embeddings, pooler_output, sentence_embedding, "
        "logits: export it with one of them"
    )
    write_onnx(path, inputs=("input_ids", "position_ids"))
    assert message() == (
        f"{path}: asks for the input 'position_ids': export it with input_ids, attention_mask, token_type_ids alone"
    )


def test_a_model_onnx_that_fails_on_a_batch(directory):
    (directory / "model.safetensors").unlink()
    configure(directory, model_type="something", max_position_embeddings=None)
    write_onnx(directory / "model.onnx")
    backend = load_backend(directory)
    assert backend.max_tokens is None
    message = error_of(InputError, lambda: backend.run(IDS + 60, MASK, None, LAST))
    assert message.startswith(f"{directory / 'model.onnx'}: failed on 2 x 4 tokens: [ONNXRuntimeError]")


def test_a_model_onnx_alone_has_the_limits_of_its_layout(directory):
    (directory / "model.safetensors").unlink()
    configure(directory, model_type="roberta", pad_token_id=1)
    write_onnx(directory / "model.onnx")
    backend = load_backend(directory)
    assert (backend.max_tokens, backend.available) == (22, {"hidden_2"})


def test_a_model_onnx_that_pools_by_itself(directory):
    write_onnx(directory / "model.onnx", name="sentence_embedding")
    backend = load_backend(directory)
    assert "sentence_embedding" in backend.available
    assert backend.run(IDS, MASK, None, ["sentence_embedding"])["sentence_embedding"].dtype == np.float32
    message = error_of(InputError, lambda: backend.run(IDS, MASK, None, ["hidden_1", "sentence_embedding"]))
    assert message == (
        f"{directory}: only model.onnx gives sentence_embedding, which lacks other outputs: ask for it alone"
    )
