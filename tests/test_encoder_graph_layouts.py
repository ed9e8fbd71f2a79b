"""Graphs written from config.json: each layout against what transformers recorded, and the variants of its files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from hanmine.encoder.backends import load_backend
from hanmine.encoder.graphs import LAYOUTS

RECORDED = Path(__file__).with_name("layouts")
INPUTS = ("input_ids", "attention_mask")


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANMINE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def recorded(name):
    with np.load(RECORDED / name / "recorded.npz") as file:
        return {key: file[key] for key in file.files}


def as_recorded(name, values, mask):
    """The part of an output that was recorded: real tokens alone, logits of the first sentence alone."""
    if name == "pooler":
        return values
    return values[0][mask[0] > 0] if name == "logits" else values[mask > 0]


def check(directory, arrays, names, *, tolerance=2e-5, **options):
    backend = load_backend(directory, threads=1, **options)
    mask = arrays["attention_mask"]
    results = backend.run(arrays["input_ids"], mask, None, names)
    assert list(results) == list(names)
    for name in names:
        assert results[name].dtype == np.float32
        np.testing.assert_allclose(
            as_recorded(name, results[name], mask), arrays[name], atol=tolerance, rtol=0, err_msg=name
        )


def copy(name, folder):
    return Path(shutil.copytree(RECORDED / name, folder / name))


def rewrite(directory, change):
    """Replace the weights of a directory by what `change` makes of them."""
    path = directory / "model.safetensors"
    save_file(change(load_file(path)), path)


def configure(directory, **entries):
    path = directory / "config.json"
    kept = json.loads(path.read_text()) | entries
    path.write_text(json.dumps({name: value for name, value in kept.items() if value is not None}))


def test_every_layout_is_recorded():
    assert set(LAYOUTS) <= {path.name for path in RECORDED.iterdir()}
    assert sum(path.stat().st_size for path in RECORDED.rglob("*") if path.is_file()) <= 200_000


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_outputs_are_those_of_transformers(layout):
    arrays = recorded(layout)
    names = [name for name in arrays if name not in INPUTS]
    assert load_backend(RECORDED / layout).available == set(names)
    check(RECORDED / layout, arrays, names)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_a_sentence_has_the_same_states_alone_and_in_any_batch(layout):
    arrays = recorded(layout)
    backend = load_backend(RECORDED / layout, threads=1)
    name = f"hidden_{backend.layers}"
    ids, mask = arrays["input_ids"], arrays["attention_mask"]
    together = backend.run(ids, mask, None, [name])[name]
    for row, count in enumerate(mask.sum(axis=1)):
        alone = backend.run(ids[row : row + 1, :count], mask[row : row + 1, :count], None, [name])[name]
        np.testing.assert_allclose(together[row, :count], alone[0], atol=1e-5, rtol=0)
    # More columns of padding, by an id that is not the model's own for it.
    wide = np.pad(ids, ((0, 0), (0, 3)), constant_values=7), np.pad(mask, ((0, 0), (0, 3)))
    padded = backend.run(*wide, None, [name])[name][:, : ids.shape[1]]
    np.testing.assert_allclose(padded[mask > 0], together[mask > 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_any_shape_gives_finite_numbers_and_the_same_for_any_number_of_threads(layout):
    backends = [load_backend(RECORDED / layout, threads=threads) for threads in (1, 2)]
    name = f"hidden_{backends[0].layers}"

    @settings(max_examples=15, deadline=None)
    @given(st.integers(1, 3), st.integers(1, backends[0].max_tokens), st.data())
    def compare(rows, tokens, data):
        seed = data.draw(st.integers(0, 1000))
        ids = np.random.default_rng(seed).integers(4, 50, (rows, tokens))
        counts = data.draw(st.lists(st.integers(0, tokens), min_size=rows, max_size=rows))
        mask = np.arange(tokens) < np.array(counts)[:, None]
        one, two = (backend.run(ids, mask, None, [name])[name] for backend in backends)
        assert np.isfinite(one).all()
        assert one.tobytes() == two.tobytes()

    compare()


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_weights_of_any_float_type_are_computed_in_float32(tmp_path, dtype):
    directory, arrays = copy("bert", tmp_path), recorded("bert")
    if dtype != "bfloat16":
        rewrite(directory, lambda weights: {name: array.astype(dtype) for name, array in weights.items()})
        check(directory, arrays, ["hidden_0", "hidden_2", "pooler", "logits"])
        return
    path = directory / "model.safetensors"
    weights = {name: array.astype(np.float32) for name, array in load_file(path).items()}
    cut = {name: (array.view(np.uint32) & 0xFFFF0000).view(np.float32) for name, array in weights.items()}
    save_file(cut, path)
    wanted = load_backend(directory).run(arrays["input_ids"], arrays["attention_mask"], None, ["hidden_2"])
    write_bfloat16(path, cut)
    got = load_backend(directory).run(arrays["input_ids"], arrays["attention_mask"], None, ["hidden_2"])
    np.testing.assert_array_equal(got["hidden_2"], wanted["hidden_2"])


def write_bfloat16(path, arrays):
    """safetensors by hand, with an offset that is no multiple of four."""
    header, data = {}, b"\0\0"
    header["two_bytes"] = {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}
    for name, array in arrays.items():
        upper = (np.ascontiguousarray(array).view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": array.shape, "data_offsets": [len(data), len(data) + len(upper)]}
        data += upper
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_unaligned_float32_weights_are_read(tmp_path):
    directory, arrays = copy("bert", tmp_path), recorded("bert")
    weights = load_file(directory / "model.safetensors")
    header, data = {}, b"\0"
    for name, array in weights.items():
        content = array.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    (directory / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    check(directory, arrays, ["hidden_2", "logits"])


@pytest.mark.parametrize(("layout", "prefix"), [("bert", "bert."), ("modernbert", "model."), ("roformer", "roformer.")])
def test_names_without_the_prefix_of_the_encoder(tmp_path, layout, prefix):
    directory, arrays = copy(layout, tmp_path), recorded(layout)
    rewrite(directory, lambda weights: {name.removeprefix(prefix): array for name, array in weights.items()})
    check(directory, arrays, [name for name in arrays if name not in INPUTS])


def test_names_of_norms_from_tensorflow(tmp_path):
    directory, arrays = copy("bert", tmp_path), recorded("bert")

    def old(name):
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

    rewrite(directory, lambda weights: {old(name): array for name, array in weights.items()})
    check(directory, arrays, ["hidden_0", "hidden_2", "pooler", "mlm_hidden", "logits"])


def test_a_decoder_of_its_own_is_used_before_the_word_table(tmp_path):
    directory, arrays = copy("bert", tmp_path), recorded("bert")
    twice = "cls.predictions.decoder.weight"
    rewrite(directory, lambda weights: weights | {twice: 2 * weights["bert.embeddings.word_embeddings.weight"]})
    bias = load_file(directory / "model.safetensors")["cls.predictions.bias"].astype(np.float32)
    check(directory, arrays | {"logits": 2 * arrays["logits"] - bias}, ["logits"])


def test_a_model_without_pooler_or_head_does_not_offer_them(tmp_path):
    directory = copy("bert", tmp_path)
    rewrite(directory, lambda weights: {name: array for name, array in weights.items() if name.startswith("bert.e")})
    assert load_backend(directory).available == {"hidden_0", "hidden_1", "hidden_2"}


def test_layers_above_the_deepest_that_is_asked_for_are_not_touched(tmp_path):
    for layout, name in (("bert", "bert.encoder.layer.1"), ("modernbert", "model.layers.2.mlp")):
        directory, arrays = copy(layout, tmp_path), recorded(layout)
        rewrite(
            directory, lambda weights, name=name: {key: w for key, w in weights.items() if not key.startswith(name)}
        )
        check(directory, arrays, ["hidden_1", "hidden_0"])


def test_the_table_of_rotary_positions_is_computed_where_the_file_has_none(tmp_path):
    directory, arrays = copy("roformer", tmp_path), recorded("roformer")
    table = "roformer.encoder.embed_positions.weight"
    rewrite(directory, lambda weights: {name: array for name, array in weights.items() if name != table})
    check(directory, arrays, ["hidden_1", "hidden_2"], tolerance=5e-3)  # the recorded one is in float16


def test_modernbert_as_transformers_4_configures_it(tmp_path):
    directory, arrays = copy("modernbert", tmp_path), recorded("modernbert")
    configure(directory, rope_parameters=None, layer_types=None, global_rope_theta=500.0, local_rope_theta=20.0)
    check(directory, arrays, ["hidden_1", "hidden_2", "hidden_3", "logits"])
    configure(directory, global_attn_every_n_layers=1)
    backend = load_backend(directory)
    changed = backend.run(arrays["input_ids"], arrays["attention_mask"], None, ["hidden_2"])["hidden_2"]
    assert np.abs(changed[arrays["attention_mask"] > 0] - arrays["hidden_2"]).max() > 0.01


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_int8_stays_near_and_does_not_depend_on_the_batch(layout):
    arrays = recorded(layout)
    backend = load_backend(RECORDED / layout, precision="int8", threads=1)
    name = f"hidden_{backend.layers}"
    ids, mask = arrays["input_ids"], arrays["attention_mask"]
    states = backend.run(ids, mask, None, [name])[name]
    norms = np.linalg.norm(states[mask > 0], axis=1) * np.linalg.norm(arrays[name], axis=1)
    cosines = (states[mask > 0] * arrays[name]).sum(axis=1) / norms
    assert cosines.min() > 0.98
    assert (cosines < 1 - 1e-9).any()
    count = mask[2].sum()
    alone = backend.run(ids[2:3, :count], mask[2:3, :count], None, [name])[name]
    np.testing.assert_allclose(alone[0], states[2, :count], atol=1e-4)
