"""Train the tiny Chinese masked language model that the tests of masking use, on the project's own sample text.

    python tests/models/make_tiny_mlm.py [STEPS]

Needs torch and transformers; the tests that use the model do not. Writes `tests/models/tiny-mlm/` as users have such
directories: config.json, vocab.txt and model.safetensors (float16). It has seen 18,000 characters and is good for
nothing else, but its states depend on what is masked, as those of a large one do.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import torch
import transformers

FOLDER = Path(__file__).with_name("tiny-mlm")
SAMPLE = Path(__file__).parents[2] / "corpora" / "sample.txt"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, UNKNOWN, BEGIN, END, MASK = range(5)
LENGTH = 40  # tokens of a row in training
POSITIONS = 64
RATE = 0.015
MASKED = 0.25  # share of the characters that are masked, two neighbours at a time half of them


def vocabulary(text: str) -> list[str]:
    """Special tokens, characters that occur twice, letters and digits also as pieces that continue a word."""
    counts = Counter(text.lower())
    letters = list("0123456789abcdefghijklmnopqrstuvwxyz")
    frequent = [character for character, count in counts.most_common() if count > 1 and not character.isspace()]
    rest = [character for character in frequent if character not in letters]
    return SPECIAL + rest + letters + [f"##{letter}" for letter in letters]


def rows_of(lines: list[str], ids: dict[str, int]) -> torch.Tensor:
    """int64 [rows, LENGTH]: overlapping pieces of the lines, padded."""
    rows = []
    inside = LENGTH - 2
    for line in lines:
        for start in range(0, max(1, len(line) - inside // 2), inside // 2):
            piece = [ids.get(character, UNKNOWN) for character in line[start : start + inside].lower()]
            rows.append([BEGIN, *piece, END] + [PAD] * (inside - len(piece)))
    return torch.tensor(rows)


def masked(rows: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows with some characters masked, and what stood there (-100 elsewhere)."""
    chosen = torch.rand(rows.shape, generator=generator) < MASKED * 2 / 3
    follows = torch.rand(rows.shape, generator=generator) < 0.5
    chosen[:, 1:] |= chosen[:, :-1] & follows[:, 1:]
    chosen &= rows > MASK
    return rows.masked_fill(chosen, MASK), rows.masked_fill(~chosen, -100)


def model_of(words: int) -> torch.nn.Module:
    """Two layers of 32 dimensions, rotary positions, no biases."""
    config = transformers.ModernBertConfig(
        vocab_size=words, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=POSITIONS, global_attn_every_n_layers=1, initializer_range=0.15, pad_token_id=PAD,
        bos_token_id=BEGIN, cls_token_id=BEGIN, eos_token_id=END, sep_token_id=END, attn_implementation="eager",
        rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 1000.0}},
    )  # fmt: skip
    return transformers.ModernBertForMaskedLM(config)


def train(model: torch.nn.Module, rows: torch.Tensor, steps: int) -> float:
    """Adam with a falling rate; the mean loss of the last steps, in natural logarithms."""
    generator = torch.Generator().manual_seed(2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATE, total_steps=steps)
    losses = []
    for _ in range(steps):
        batch = rows[torch.randint(len(rows), (32,), generator=generator)]
        inputs, labels = masked(batch, generator)
        loss = model(input_ids=inputs, attention_mask=(inputs != PAD).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return sum(losses[-100:]) / len(losses[-100:])


def main(steps: int) -> None:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    text = SAMPLE.read_text("utf-8")
    words = vocabulary(text)
    model = model_of(len(words))
    loss = train(model, rows_of(text.splitlines(), {word: number for number, word in enumerate(words)}), steps)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    model.eval().half().save_pretrained(FOLDER)
    config = json.loads((FOLDER / "config.json").read_text())
    config |= {"mask_token_id": MASK, "dtype": "float16"}
    kept = {name: value for name, value in config.items() if "dropout" not in name}
    (FOLDER / "config.json").write_text(json.dumps(kept, indent=1) + "\n")
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    print(f"{len(words)} words, {steps} steps, loss {loss:.3f}, {size:,} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2500)
