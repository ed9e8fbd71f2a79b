"""Our encoder and exports against sentence-transformers' own loaders."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules

import record_layouts
from hanmine.encoder.encode import load_encoder
from hanmine.vectors.export import export_dense
from hanmine.vectors.whitening import Whitening
from record_layouts import PROMPTS, RECORDERS, SENTENCES

pytestmark = pytest.mark.torch

RECORDED = Path(__file__).parents[1] / "layouts"
POOLINGS = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANMINE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def loaded(directory):
    # Left to itself it would compute in float16, as these files hold their numbers.
    options = {"device": "cpu", "local_files_only": True, "model_kwargs": {"dtype": torch.float32}}
    return SentenceTransformer(str(directory), **options)


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_directory_gives_the_vectors_of_sentence_transformers(backend):
    directory = RECORDED / "sentence-transformer"
    model = loaded(directory)
    for options in ({}, {"prompt_name": "query"}, {"prompt": PROMPTS["query"]}):
        vectors = load_encoder(directory, backend=backend, **options).encode(SENTENCES)
        np.testing.assert_allclose(vectors, model.encode(SENTENCES, **options), atol=1e-5)


@pytest.mark.parametrize("layout", sorted(set(RECORDERS) - {"sentence-transformer"}))
def test_every_layout_by_its_tokenizer_and_the_mean(layout, tmp_path):
    transformer = modules.Transformer(str(RECORDED / layout), max_seq_length=12)
    SentenceTransformer(modules=[transformer, modules.Pooling(12)], device="cpu").save(
        str(tmp_path / layout), create_model_card=False
    )
    wanted = loaded(tmp_path / layout).encode(SENTENCES)
    np.testing.assert_allclose(load_encoder(tmp_path / layout).encode(SENTENCES), wanted, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_pooling(pooling, tmp_path):
    transformer = modules.Transformer(str(RECORDED / "bert"), max_seq_length=12)
    SentenceTransformer(
        modules=[transformer, modules.Pooling(12, pooling_mode=pooling), modules.Normalize()], device="cpu"
    ).save(str(tmp_path / "model"), create_model_card=False)
    wanted = loaded(tmp_path / "model").encode(SENTENCES)
    np.testing.assert_allclose(load_encoder(tmp_path / "model").encode(SENTENCES), wanted, atol=1e-5)


def anisotropic(rows=400, width=24):
    """Rows as raw encoders give them: a long mean, directions of very different spread (variances 1 to 0.003)."""
    random = np.random.default_rng(9)
    rotation, _ = np.linalg.qr(random.standard_normal((width, width)))
    spread = random.standard_normal((rows, width)) * np.geomspace(1, 0.05, width)
    return (spread @ rotation + random.standard_normal(width)).astype(np.float32)


MAPS = [
    {},
    {"dim": 7},
    {"gamma": 0.5, "dim": 12},
    {"beta": 0.0, "gamma": 0.0, "dim": 5},
    {"zca": True},
    {"remove_top": 2},
]


@pytest.mark.parametrize("options", MAPS, ids=str)
def test_a_map_exported_as_dense_gives_the_same_vectors(options, tmp_path):
    vectors = anisotropic()
    whitening = Whitening(**options).fit(vectors)
    export_dense(whitening, tmp_path / "dense")
    dense = modules.Dense.load(str(tmp_path / "dense"), local_files_only=True)
    with torch.inference_mode():
        given = dense({"sentence_embedding": torch.from_numpy(vectors)})["sentence_embedding"].numpy()
    wanted = whitening.transform(vectors)
    assert given.shape == wanted.shape
    np.testing.assert_allclose(given, wanted, atol=1e-5)


def test_a_model_with_an_exported_map_behind_its_pooling(tmp_path):
    """As a user adds it: the folder copied into the model's, a line in modules.json."""
    directory = tmp_path / "model"
    transformer = modules.Transformer(str(RECORDED / "bert"), max_seq_length=12)
    SentenceTransformer(modules=[transformer, modules.Pooling(12)], device="cpu").save(
        str(directory), create_model_card=False
    )
    raw = load_encoder(directory).encode(SENTENCES)
    whitening = Whitening(gamma=0.5, dim=3).fit(anisotropic(width=12))
    export_dense(whitening, tmp_path / "dense")
    shutil.copytree(tmp_path / "dense", directory / "2_Dense")
    path = directory / "modules.json"
    entries = json.loads(path.read_text())
    kind = "sentence_transformers.models.Dense"
    path.write_text(json.dumps([*entries, {"idx": 2, "name": "2", "path": "2_Dense", "type": kind}]))
    wanted = whitening.transform(raw)
    np.testing.assert_allclose(loaded(directory).encode(SENTENCES), wanted, atol=1e-5)
    np.testing.assert_allclose(load_encoder(directory).encode(SENTENCES), wanted, atol=1e-5)


def test_what_is_recorded_is_what_the_recorder_makes(tmp_path, monkeypatch):
    """The fixtures are those of the script: made again, the weights have the same numbers."""

    monkeypatch.setattr(record_layouts, "LAYOUTS", tmp_path)
    record_layouts.main(["bert"])
    old, new = (load_file(folder / "bert" / "model.safetensors") for folder in (RECORDED, tmp_path))
    assert old.keys() == new.keys()
    assert all((old[name] == new[name]).all() for name in old)
