"""Record what transformers and sentence-transformers compute for tiny models of random weights, one for each layout.

    python tests/record_layouts.py [LAYOUT ..]

Needs torch, transformers, sentence-transformers and tokenizers; the tests that read the recordings do not. Writes
`tests/layouts/NAME/` (a directory as users have it, and `recorded.npz`) and `tests/layouts/versions.json`. Numbers are
rounded to float16, in which the files hold them, before anything is computed.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
from pathlib import Path

import numpy as np
import sentence_transformers
import tokenizers
import torch
import transformers
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

LAYOUTS = Path(__file__).with_name("layouts")
SENTENCES = ["今天天气很好。", "我们去公园散步吧，明天再说！", "好", "iPhone 15 的价格 是多少？龘"]
PROMPTS = {"query": "为这个句子"}
SIZES = {
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 24,
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocabulary() -> list[str]:
    """Special tokens, the characters of the sentences (but for the last of them), a few pieces of words."""
    characters = sorted(set("".join([*SENTENCES, *PROMPTS.values()]).lower()) - {" ", "龘"})
    return [*SPECIAL, *characters, "##5", "##p", "##h", "##o", "##n", "##e", "ip", "##one"]


def write_vocabulary(folder: Path) -> None:
    """What the Chinese BERT checkpoints come with: vocab.txt and no tokenizer.json."""
    (folder / "vocab.txt").write_text("\n".join(vocabulary()) + "\n", encoding="utf-8")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 24}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings) + "\n")


def write_character_tokenizer(folder: Path) -> None:
    """One character one id, as a tokenizer.json."""
    words = {token: index for index, token in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    ends = [(token, words[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    tokenizer.add_special_tokens(SPECIAL)
    _save_tokenizer(tokenizer, folder, SPECIAL[:5])


def write_unigram_tokenizer(folder: Path) -> None:
    """Pieces with scores, spaces as ▁, ids in the order of XLM-R."""
    pieces = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        *vocabulary()[5:-8],
        "今天",
        "天气",
        "公园",
        "价格",
        "▁的",
        "ph",
        "one",
    ]
    scored = [(piece, 0.0 if index < 4 else -2.0 - index / 16) for index, piece in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram([*scored, ("<mask>", 0.0)], unk_id=3))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)]
    )
    special = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
    tokenizer.add_special_tokens(special)
    _save_tokenizer(tokenizer, folder, special)


def _save_tokenizer(tokenizer: Tokenizer, folder: Path, special: list[str]) -> None:
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 24}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | dict(zip(names, special, strict=True))) + "\n")


def randomize(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Weights large enough that attention looks at few tokens, and that every term shows in the output."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:  # tables of positions
                continue
            values = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim == 1:
                values = 0.2 * values + (1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0)
            elif "embeddings" in name and "project" not in name:
                values = 0.7 * values
            else:
                values = values * (1.5 / parameter.shape[1] ** 0.5)
            parameter.copy_(values)
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    return model.eval()


def save(model: torch.nn.Module, folder: Path, **options) -> None:
    """The model in float16, and its config.json without what is not needed to load it."""
    config = model.config
    model.half().save_pretrained(folder, **options)
    model.float()
    path = folder / "config.json"
    kept = {name: value for name, value in json.loads(path.read_text()).items() if "dropout" not in name}
    kept |= {"architectures": [type(model).__name__], "dtype": "float16", "model_type": config.model_type}
    path.write_text(json.dumps(kept, indent=1) + "\n")


def record(folder: Path, *, head: bool) -> None:
    """Ids and outputs of a padded batch of the sentences, from the loaders themselves; outputs of real tokens alone."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    batch = tokenizer(SENTENCES, padding=True, return_tensors="pt", return_token_type_ids=False)
    arrays = {name: values.numpy().astype(np.int16) for name, values in batch.items()}
    model, report = transformers.AutoModel.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    given = run(model.eval(), batch, output_hidden_states=True)
    real = batch["attention_mask"].bool()
    for layer, states in enumerate(given.hidden_states):
        arrays[f"hidden_{layer}"] = states[real].numpy()
    if getattr(given, "pooler_output", None) is not None and not any("pooler" in key for key in report["missing_keys"]):
        arrays["pooler"] = given.pooler_output.numpy()
    if head:
        model = transformers.AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
        kept = []
        model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
        arrays["logits"] = run(model, batch).logits[0][real[0]].numpy()  # of the first sentence, they are wide
        arrays["mlm_hidden"] = kept[0][real].numpy()
    np.savez_compressed(folder / "recorded.npz", **arrays)


def run(model: torch.nn.Module, batch, **options):
    with torch.inference_mode():
        return model(**batch, **options)


# -- one function a layout -------------------------------------------------------------------------------------------


def bert(folder: Path) -> None:
    """Pooler and head of the masked language model, prefix "bert.", vocab.txt."""
    config = transformers.BertConfig(vocab_size=len(vocabulary()), **SIZES)
    write_vocabulary(folder)
    save(randomize(transformers.BertForPreTraining(config), 1), folder)
    record(folder, head=True)


def roberta(folder: Path) -> None:
    """No pooler, a head whose activation is not that of the layers."""
    config = transformers.RobertaConfig(
        vocab_size=len(vocabulary()), pad_token_id=0, bos_token_id=2, eos_token_id=3, hidden_act="gelu_new",
        type_vocab_size=1, layer_norm_eps=1e-5, **SIZES,
    )  # fmt: skip
    write_character_tokenizer(folder)
    save(randomize(transformers.RobertaForMaskedLM(config), 2), folder)
    record(folder, head=True)


def xlm_roberta(folder: Path) -> None:
    """Pooler and no head, no prefix, two files with an index, a unigram tokenizer."""
    write_unigram_tokenizer(folder)
    size = len(transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True))
    config = transformers.XLMRobertaConfig(
        vocab_size=size, pad_token_id=1, type_vocab_size=1, layer_norm_eps=1e-5, **SIZES
    )
    save(randomize(transformers.XLMRobertaModel(config), 3), folder, max_shard_size="5KB")
    record(folder, head=False)


def roformer(folder: Path) -> None:
    """Embeddings narrower than the layers."""
    config = transformers.RoFormerConfig(vocab_size=len(vocabulary()), embedding_size=8, **SIZES)
    write_vocabulary(folder)
    save(randomize(transformers.RoFormerForMaskedLM(config), 4), folder)
    record(folder, head=True)


def modernbert(folder: Path) -> None:
    """Three layers, of which the first and the last look at all tokens, the second three to each side."""
    sizes = SIZES | {"num_hidden_layers": 3}
    config = transformers.ModernBertConfig(
        vocab_size=len(vocabulary()), pad_token_id=0, bos_token_id=2, cls_token_id=2, eos_token_id=3, sep_token_id=3,
        global_attn_every_n_layers=2, local_attention=6,
        rope_parameters={
            "full_attention": {"rope_type": "default", "rope_theta": 500.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 20.0},
        }, **sizes,
    )  # fmt: skip
    write_character_tokenizer(folder)
    save(randomize(transformers.ModernBertForMaskedLM(config), 5), folder)
    record(folder, head=True)


def ernie(folder: Path) -> None:
    """BERT with an embedding of the task."""
    config = transformers.ErnieConfig(vocab_size=len(vocabulary()), use_task_id=True, **SIZES)
    write_vocabulary(folder)
    save(randomize(transformers.ErnieModel(config), 6), folder)
    record(folder, head=False)


def sentence_transformer(folder: Path) -> None:
    """A directory of sentence-transformers: BERT, mean pooling, a dense layer, rows of length 1, prompts, a limit."""
    from sentence_transformers.sentence_transformer import modules

    source = folder / "source"
    source.mkdir()
    config = transformers.BertConfig(vocab_size=len(vocabulary()), **SIZES | {"num_hidden_layers": 1})
    write_vocabulary(source)
    save(randomize(transformers.BertModel(config), 7), source)
    transformer = modules.Transformer(str(source), max_seq_length=10)
    pooling = modules.Pooling(12, pooling_mode="mean")
    dense = randomize(modules.Dense(12, 8, activation_function=torch.nn.Tanh()), 8)
    model = SentenceTransformer(
        modules=[transformer, pooling, dense, modules.Normalize()], prompts=PROMPTS, device="cpu"
    )
    model.save(str(folder), create_model_card=False)
    shutil.rmtree(source)
    # Left to itself it would compute in float16, as the files hold their numbers.
    options = {"device": "cpu", "local_files_only": True, "model_kwargs": {"dtype": torch.float32}}
    model = SentenceTransformer(str(folder), **options)
    np.savez_compressed(
        folder / "recorded.npz",
        vectors=model.encode(SENTENCES),
        query=model.encode(SENTENCES, prompt_name="query"),
        tokens=model.encode(SENTENCES[1], output_value="token_embeddings").numpy(),
    )


RECORDERS = {
    "bert": bert,
    "roberta": roberta,
    "xlm-roberta": xlm_roberta,
    "roformer": roformer,
    "modernbert": modernbert,
    "ernie": ernie,
    "sentence-transformer": sentence_transformer,
}


def main(names: list[str]) -> None:
    for name in names or RECORDERS:
        folder = LAYOUTS / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        RECORDERS[name](folder)
    (LAYOUTS / "sentences.json").write_text(
        json.dumps(SENTENCES, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    packages = (torch, transformers, sentence_transformers, tokenizers, np)
    versions = {"python": platform.python_version()} | {package.__name__: package.__version__ for package in packages}
    (LAYOUTS / "versions.json").write_text(json.dumps(versions, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
