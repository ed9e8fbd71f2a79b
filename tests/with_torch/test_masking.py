"""Impact by ONNX Runtime against torch, and against transformers itself."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from hanmine.masking import ImpactOptions, gap_scores, impact_matrix, load_masked_model

pytestmark = pytest.mark.torch

HERE = Path(__file__).parents[1]
TINY = HERE / "models" / "tiny-mlm"
TEXTS = ["市图书馆一楼大厅早晨八点就坐满了人。", "老人", "", "他们自带水杯和折叠小凳，看报、下棋"]
OPTIONS = [
    {},
    {"score": "logprob"},
    {"layer": 1, "context": "unmasked"},
    {"layer": "last", "scheme": "pairs", "distance": "cosine"},
    {"score": "relative", "layer": 1, "group": 4},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("folder", [TINY, *(HERE / "layouts" / name for name in ("bert", "modernbert", "xlm-roberta"))])
def test_both_back_ends_agree(folder, options):
    ours, theirs = (load_masked_model(folder, backend=backend, threads=1) for backend in ("onnx", "torch"))
    assert (ours.kind, ours.has_head) == (theirs.kind, theirs.has_head)
    if options.get("score") == "logprob" and not ours.has_head:
        options = {}
    found = [gap_scores(model, TEXTS, ImpactOptions(**options)) for model in (ours, theirs)]
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_matrix_of_words_is_that_of_transformers():
    words = ["图书馆", "一楼", "大厅", "早晨", "八点"]
    text = "".join(words)
    ids = {word: number for number, word in enumerate((TINY / "vocab.txt").read_text("utf-8").splitlines())}
    model = transformers.AutoModelForMaskedLM.from_pretrained(TINY, dtype=torch.float32).eval()
    kept = []
    model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    ends = np.cumsum([len(word) for word in words])
    places = [slice(1 + end - len(word), 1 + end) for end, word in zip(ends, words, strict=True)]

    def states(*masked):
        row = [ids["[CLS]"], *(ids[letter] for letter in text), ids["[SEP]"]]
        for unit in masked:
            row[places[unit]] = [ids["[MASK]"]] * len(words[unit])
        with torch.inference_mode():
            model(input_ids=torch.tensor([row]))
        return kept.pop()[0].numpy()

    found = impact_matrix(TINY, words)
    for i, place in enumerate(places):
        for j in range(len(words)):
            moved = states(i)[place].mean(axis=0) - states(i, j)[place].mean(axis=0)
            assert found[i, j] == pytest.approx(np.linalg.norm(moved), abs=1e-4)
