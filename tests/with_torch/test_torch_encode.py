"""Sentence vectors against sentence-transformers, and RoFormer's tokens against transformers."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from transformers import RoFormerTokenizer

from hanmine.encoder import load_encoder
from hanmine.encoder.tokenization import Tokenizer

pytestmark = pytest.mark.torch

LAYOUTS = Path(__file__).parent.parent / "layouts"
SENTENCES = json.loads((LAYOUTS / "sentences.json").read_text("utf-8"))
MODES = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken", ["cls", "mean"]]


@pytest.mark.parametrize("include_prompt", [True, False])
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_poolings(mode, include_prompt, tmp_path):
    folder = Path(shutil.copytree(LAYOUTS / "sentence-transformer", tmp_path / "model"))
    settings = {"embedding_dimension": 12, "pooling_mode": mode, "include_prompt": include_prompt}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    (folder / "modules.json").write_text(json.dumps(json.loads((folder / "modules.json").read_text())[:2]))
    theirs = SentenceTransformer(str(folder), device="cpu", local_files_only=True).float()
    for name in (None, "query"):
        ours = load_encoder(folder, prompt_name=name, threads=1).encode(SENTENCES)
        np.testing.assert_allclose(ours, theirs.encode(SENTENCES, prompt_name=name), atol=1e-5)


def test_words_of_roformer(tmp_path):
    pytest.importorskip("rjieba")
    characters = sorted(set("今天气非常好。北京大学欢迎你我爱自然语言处理，的价格是多少？"))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, "非常", "北京", "自然语言", "价格", "ab", "##c"]
    (tmp_path / "vocab.txt").write_text("".join(word + "\n" for word in words), "utf-8")
    (tmp_path / "config.json").write_text('{"model_type": "roformer"}')
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "RoFormerTokenizer", "do_lower_case": true}')
    # Not by from_pretrained, which in transformers 5.23 leaves the vocabulary's words out.
    theirs = RoFormerTokenizer(vocab={word: number for number, word in enumerate(words)})
    sentences = ["今天天气非常好。", "北京大学欢迎你", "我爱自然语言处理，ABC 的价格是多少？", "", " 北京\t大学\n"]
    ours = Tokenizer(tmp_path, {"model_type": "roformer"}, max_length=128).encode(sentences)
    assert [encoding.ids for encoding in ours] == theirs(sentences)["input_ids"]
