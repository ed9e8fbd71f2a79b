"""Loading transformer directories: what may lie there, the cache of graphs, and the exact words of every error."""

import json
import shutil
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file, save_file

from hanmine.encoder import cache, onnx_session
from hanmine.encoder.backends import load_backend
from hanmine.encoder.graphs import read_layout
from hanmine.encoder.model_config import Settings, read_settings
from hanmine.errors import InputError, MissingExtraError, UsageError

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


# -- the cache -------------------------------------------------------------------------------------------------------


def test_a_graph_is_written_once_and_holds_no_weights(directory, folder, monkeypatch):
    first = load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"]
    (file,) = (folder / "onnx").iterdir()
    assert file.stat().st_size < 20_000
    monkeypatch.setitem(sys.modules, "onnx", None)  # not needed any more
    again = load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"]
    assert again.tobytes() == first.tobytes()
    # The same layout with other numbers has the same graph.
    weights = load_file(directory / "model.safetensors")
    weights["bert.embeddings.LayerNorm.bias"] = weights["bert.embeddings.LayerNorm.bias"] + np.float16(1)
    save_file(weights, directory / "model.safetensors")
    other = load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"]
    assert np.abs(other - first).max() > 0.01
    message = error_of(MissingExtraError, lambda: load_backend(directory).run(IDS, MASK, None, ["hidden_1"]))
    assert message == "writing the graph of a transformer needs an optional package: pip install 'hanmine[onnx]'"


def test_other_settings_have_another_graph(directory, folder):
    load_backend(directory).run(IDS, MASK, None, LAST)
    configure(directory, layer_norm_eps=0.5)
    load_backend(directory).run(IDS, MASK, None, LAST)
    load_backend(directory, precision="int8").run(IDS, MASK, None, LAST)
    assert sum(not file.name.startswith("product") for file in (folder / "onnx").iterdir()) == 3


def test_a_damaged_file_of_the_cache_is_written_again(directory, folder):
    first = load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"]
    (file,) = (folder / "onnx").iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1] + b"?"):
        file.write_bytes(damaged)
        assert load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"].tobytes() == first.tobytes()
        assert file.read_bytes() == whole


def test_without_a_cache_that_can_be_written_the_graph_is_written_every_time(directory, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("HANMINE_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"].shape == (2, 4, 12)
    monkeypatch.setattr(cache, "cache_folder", lambda: None)
    assert load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"].shape == (2, 4, 12)


def test_the_cache_lies_where_the_system_has_it(monkeypatch):
    monkeypatch.delenv("HANMINE_CACHE_DIR")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/somebody"))
    monkeypatch.setenv("XDG_CACHE_HOME", "/fast/cache")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.cache_folder() == Path("/fast/cache/hanmine")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.cache_folder() == Path("/home/somebody/.cache/hanmine")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.cache_folder() == Path("/home/somebody/Library/Caches/hanmine")
    monkeypatch.setattr(sys, "platform", "win32")
    assert cache.cache_folder() == Path("/local/hanmine/Cache")
    monkeypatch.setenv("HANMINE_CACHE_DIR", "/chosen")
    assert cache.cache_folder() == Path("/chosen")


# -- batches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint8, np.uint64, bool])
def test_integers_of_any_kind(directory, dtype):
    backend = load_backend(directory)
    ids = (IDS % 2).astype(dtype)
    wanted = backend.run(ids.astype(np.int64), MASK, np.zeros_like(IDS), LAST)["hidden_2"]
    got = backend.run(np.asfortranarray(ids), MASK.astype(dtype), None, LAST)["hidden_2"]
    assert got.tobytes() == wanted.tobytes()


def test_batches_without_sentences_are_empty(directory):
    none = np.zeros((0, 5), int)
    names = ["hidden_0", "pooler", "logits", "mlm_hidden"]
    results = load_backend(directory).run(none, none, None, names)
    assert [results[name].shape for name in names] == [(0, 5, 12), (0, 12), (0, 5, 52), (0, 5, 12)]


def test_segments_count(directory):
    backend = load_backend(directory)
    one = backend.run(IDS, MASK, np.ones_like(IDS), LAST)["hidden_2"]
    assert np.abs(one - backend.run(IDS, MASK, None, LAST)["hidden_2"]).max() > 0.01


def test_backends_run_in_threads(directory):
    backend = load_backend(directory, threads=1)
    results = {}
    threads = [
        threading.Thread(target=lambda k=k: results.update({k: backend.run(IDS, MASK, None, [f"hidden_{k % 3}"])}))
        for k in range(9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(9):
        assert results[k][f"hidden_{k % 3}"].tobytes() == results[k % 3][f"hidden_{k % 3}"].tobytes()


def test_errors_of_a_batch(directory):
    backend = load_backend(directory)
    longest = np.full((1, 24), 5)
    assert backend.run(longest, np.ones_like(longest), None, LAST)["hidden_2"].shape == (1, 24, 12)
    longer = np.full((1, 25), 5)
    where = str(directory)
    cases = [
        ((longer, longer, None, LAST), InputError, f"{where}: the model has positions for 24 tokens, not for 25: cut "
         "sentences to a length of at most 24"),
        ((IDS + 40, MASK, None, LAST), InputError, f"{where}: id 52 is outside of the model's vocabulary of 52: is it "
         "its own tokenizer?"),
        ((IDS - 1, MASK, None, LAST), InputError, f"{where}: id -1 is outside of the model's vocabulary of 52: is it "
         "its own tokenizer?"),
        ((IDS, MASK, IDS, LAST), InputError, f"{where}: id 12 is outside of the model's segments of 2: is it its own "
         "tokenizer?"),
        ((IDS[0], MASK[0], None, LAST), UsageError, "ids, mask and segments must have one shape [batch, tokens], not "
         "[4], [4], [4]"),
        ((IDS, MASK[:1], None, LAST), UsageError, "ids, mask and segments must have one shape [batch, tokens], not "
         "[2, 4], [1, 4], [2, 4]"),
        ((IDS * 1.0, MASK, None, LAST), UsageError, "ids, mask and segments must be integers"),
        ((IDS[:, :0], MASK[:, :0], None, LAST), UsageError, "a sentence needs at least one token"),
        ((IDS, MASK, None, []), UsageError, "no output was asked for"),
        ((IDS, MASK, None, ["hidden_3"]), UsageError, f"{where}: the model has no output 'hidden_3': choose from "
         "hidden_0, hidden_1, hidden_2, logits, mlm_hidden, pooler"),
    ]  # fmt: skip
    for arguments, kind, message in cases:
        assert error_of(kind, lambda arguments=arguments: backend.run(*arguments)) == message


def test_positions_of_roberta_begin_behind_the_padding():
    backend = load_backend(RECORDED / "xlm-roberta")
    assert backend.max_tokens == 22
    longest = np.full((1, 22), 5)
    assert np.isfinite(backend.run(longest, np.ones_like(longest), None, LAST)["hidden_2"]).all()


# -- directories -----------------------------------------------------------------------------------------------------


def test_options_are_checked(directory):
    cases = {
        "no back end 'tensorflow': choose from auto, onnx, torch": {"backend": "tensorflow"},
        "no precision 'int4': choose from fp32, int8": {"precision": "int4"},
        "threads must be at least 1, not 0": {"threads": 0},
        "the torch back end computes in fp32: choose the back end onnx for int8": {
            "backend": "torch",
            "precision": "int8",
        },
    }
    for message, options in cases.items():
        assert error_of(UsageError, lambda options=options: load_backend(directory, **options)) == message


def test_missing_packages_are_named(directory, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    message = error_of(MissingExtraError, lambda: load_backend(directory, backend="onnx"))
    assert message == (
        "running a transformer directory with ONNX Runtime needs an optional package: pip install 'hanmine[onnx]'"
    )
    monkeypatch.setitem(sys.modules, "torch", None)
    message = error_of(MissingExtraError, lambda: load_backend(directory, backend="torch"))
    assert (
        message == "running a transformer directory with torch needs an optional package: pip install 'hanmine[torch]'"
    )


def test_a_directory_that_lacks_a_file(directory, tmp_path):
    def message():
        return error_of(InputError, lambda: load_backend(directory, backend="onnx"))

    weights = directory / "model.safetensors"
    weights.unlink()
    assert message() == f"{directory}: has neither model.safetensors nor model.onnx: copy the weights there"
    (directory / "tf_model.h5").touch()
    assert message().startswith(f"{directory}: has its weights in tf_model.h5 alone, which is not read; convert it")
    (directory / "bert_model.ckpt.index").touch()
    assert message().startswith(f"{directory}: has a TensorFlow checkpoint alone, which is not read; convert it")
    (directory / "pytorch_model.bin").touch()
    assert message().startswith(f"{directory}: has its weights in pytorch_model.bin alone, a pickle, which is not read")
    (directory / "config.json").unlink()
    assert message() == f"{directory}: has no config.json: name the folder of a transformer"
    shutil.rmtree(directory)
    assert message() == f"{directory}: is no folder: name the folder of a transformer"


def test_broken_weights(directory):
    path = directory / "model.safetensors"
    whole = path.read_bytes()
    header = int.from_bytes(whole[:8], "little")

    def message():
        return error_of(InputError, lambda: load_backend(directory))

    for data, text in {
        b"": "is empty: copy the file again",
        whole[:5]: "is no safetensors file, or cut off: copy the file again",
        whole[:500]: "is no safetensors file, or cut off: copy the file again",
        whole[:8] + b"?" + whole[9:]: "has a broken header: copy the file again",
        whole[:8] + b"[1]" + b" " * (header - 3) + whole[8 + header :]: "has a broken header: copy the file again",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n": "is a pointer of git-lfs, not the weights: run "
        "`git lfs pull` in its folder",
    }.items():
        path.write_bytes(data)
        assert message() == f"{path}: {text}"
    path.write_bytes(whole[:-2])
    assert message().endswith("ends behind the end of the file: it is cut off, copy it again")
    path.write_bytes(whole.replace(b'"shape":[12]', b'"shape":[13]', 1))
    assert message().endswith("has not as many bytes as its shape asks for: copy the file again")


def test_weights_of_another_model(directory):
    path = directory / "model.safetensors"
    weights = load_file(path)

    def message(outputs=LAST):
        return error_of(InputError, lambda: load_backend(directory).run(IDS, MASK, None, outputs))

    configure(directory, intermediate_size=20)
    assert message() == (
        f"{path}: tensor 'encoder.layer.0.intermediate.dense.weight' has the shape [16, 12], config.json says "
        "[20, 12]: config.json describes another model"
    )
    configure(directory, intermediate_size=16, num_hidden_layers=3)
    assert message(["hidden_3"]) == (
        f"{path}: has no tensor 'encoder.layer.2.attention.self.query.weight': the file is incomplete or of another "
        "model"
    )
    configure(directory, num_hidden_layers=2)
    name = "bert.embeddings.LayerNorm.weight"
    save_file(weights | {name: np.ones(12, np.int8)}, path)
    assert message() == f"{path}: tensor 'embeddings.LayerNorm.weight' holds I8: store it as F32, F16 or BF16"
    save_file({"other": np.zeros(3, np.float32)}, path)
    assert message() == (
        f"{path}: has no tensor 'embeddings.word_embeddings.weight': config.json describes another model"
    )


def test_an_index_of_weights(tmp_path):
    directory = Path(shutil.copytree(RECORDED / "xlm-roberta", tmp_path / "model"))
    index = directory / "model.safetensors.index.json"

    def message():
        return error_of(InputError, lambda: load_backend(directory))

    (directory / "model-00002-of-00002.safetensors").unlink()
    assert message() == (
        f"{directory / 'model-00002-of-00002.safetensors'}: is missing, model.safetensors.index.json names it: copy "
        "all files of the model"
    )
    index.write_text('{"weight_map": {"a": "../other.safetensors"}}')
    assert message() == f"{index}: names '../other.safetensors', which is outside of its folder"
    for broken in ("{", "[]", '{"weight_map": []}'):
        index.write_text(broken)
        assert message() == f"{index}: is no index of safetensors files: copy the file again"


def test_settings_that_cannot_be_used(directory):
    path = directory / "config.json"

    def message(**entries):
        whole = path.read_text()
        configure(directory, **entries)
        text = error_of(InputError, lambda: load_backend(directory, backend="onnx"))
        path.write_text(whole)
        return text.removeprefix(f"{path}: ")

    torch = ": use the torch back end, which runs what transformers runs"
    known = "bert, roberta, xlm-roberta, roformer, modernbert, ernie"
    assert message(model_type="t5") == (
        f"the layout 't5' is not known (known: {known}): add a model.onnx, or use the torch back end"
    )
    assert message(model_type=None) == "has no 'model_type': is it the configuration of a transformer?"
    assert message(hidden_size="12") == "'hidden_size' is \"12\", not a whole number above 0: check the file"
    assert message(hidden_size=True) == "'hidden_size' is true, not a whole number above 0: check the file"
    assert message(layer_norm_eps=-1) == "'layer_norm_eps' is -1, not a number above 0: check the file"
    assert message(num_attention_heads=5) == ("hidden_size 12 is no multiple of num_attention_heads 5: check the file")
    assert message(position_embedding_type="relative_key") == (
        f"position_embedding_type 'relative_key' is not supported (only 'absolute'){torch}"
    )
    assert message(is_decoder=True) == f"is_decoder True is not supported (only false){torch}"
    assert message(hidden_act="mish").startswith("the activation 'mish' is not supported (only gelu, ")
    assert message(model_type="roformer", norm_type="rms_norm") == (
        "describes RoFormer v2, which neither this program nor transformers knows: use a RoFormer or RoFormer-Sim "
        "model, or add a model.onnx"
    )
    yarn = {"full_attention": {"rope_type": "yarn"}}
    assert message(model_type="modernbert", rope_parameters=yarn) == (
        f"rope_parameters: full_attention: rope_type 'yarn' is not supported (only 'default'){torch}"
    )
    assert message(model_type="modernbert", layer_types=["full_attention"]) == (
        "layer_types ['full_attention'] is not supported (only a list of 2 times 'full_attention' or "
        f"'sliding_attention'){torch}"
    )
    for broken, text in {"{": ":1: is no JSON", "[]": ": holds no JSON object", "\xff": ": byte 0 is no UTF-8"}.items():
        path.write_bytes(broken.encode("latin-1"))
        assert error_of(InputError, lambda: load_backend(directory)).startswith(f"{path}{text}")


def test_defaults_of_modernbert():
    given = {"model_type": "modernbert", "vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 4}
    layout = read_layout(Settings(given | {"num_attention_heads": 2, "intermediate_size": 8}))
    assert layout.kinds == ("full_attention", *["sliding_attention"] * 2, "full_attention")
    assert layout.thetas == {"full_attention": 160_000.0, "sliding_attention": 10_000.0}
    assert (layout.window, layout.max_tokens, layout.epsilon) == (64, 8192, 1e-5)
    assert read_settings(RECORDED / "modernbert").below("rope_parameters").get("full_attention")["rope_theta"] == 500


def test_int8_is_the_same_where_products_of_bytes_saturate(directory, monkeypatch):
    exact = load_backend(directory).run(IDS, MASK, None, LAST)["hidden_2"]
    rounded = []
    for adds_exactly in (True, False):
        if adds_exactly and not onnx_session.adds_products_exactly():
            continue  # this processor is of the other kind
        monkeypatch.setattr(onnx_session, "adds_products_exactly", lambda answer=adds_exactly: answer)
        backend = load_backend(directory, precision="int8")
        assert backend.facts["precision"] == "int8"
        rounded.append(backend.run(IDS, MASK, None, LAST)["hidden_2"])
    assert 0 < np.abs(rounded[0] - exact).max() < 0.1
    np.testing.assert_allclose(rounded[0], rounded[-1], atol=1e-5)


@pytest.mark.parametrize("operator", ["MatMulInteger", "MatMulIntegerToFloat"])
@pytest.mark.parametrize("adds_exactly", [None, False])
def test_the_largest_products_of_bytes_are_added_exactly(folder, monkeypatch, operator, adds_exactly):
    if adds_exactly is not None:
        monkeypatch.setattr(onnx_session, "adds_products_exactly", lambda: adds_exactly)
    generator = np.random.default_rng(3)
    left, right = generator.integers(0, 256, (9, 300)), generator.integers(-127, 128, (300, 40))
    left[0], right[:, 0], right[:, 1] = 255, 127, -127
    scales = ["one", "one"] if operator.endswith("Float") else []
    node = helper.make_node(
        operator, ["left", "right", *scales, "middle"], ["y"], domain="com.microsoft" if scales else ""
    )
    constants = {"right": right.astype(np.int8), "middle": np.array(128, np.uint8)}
    constants |= {"one": np.array(1, np.float32)} if scales else {}
    graph = helper.make_graph(
        [node],
        "products",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, None)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT if scales else TensorProto.INT32, None)],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opsets).SerializeToString()
    session = onnx_session.open_session(model, threads=1, exact=True)
    (product,) = session.run(None, {"left": left.astype(np.uint8)})
    assert (product == (left - 128) @ right).all()
