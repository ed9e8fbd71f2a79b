"""RoBERTa (arXiv 1907.11692) and XLM-R: BERT whose positions count from behind the padding id.

The Chinese RoBERTa-wwm checkpoints are BERT: their config.json says so.
"""

from __future__ import annotations

import numpy as np

from hanmine.encoder.graphs.bert import Bert
from hanmine.encoder.graphs.writer import Graph
from hanmine.encoder.model_config import Settings


class Roberta(Bert):
    layout = "roberta"
    head, head_dense, head_norm = "lm_head", "lm_head.dense", "lm_head.layer_norm"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.pad = settings.natural("pad_token_id", default=1)
        self.head_activation = "gelu"  # whatever the layers use

    @property
    def max_tokens(self) -> int:
        return self.positions - self.pad - 1

    def place(self, graph: Graph) -> str:
        """Position embeddings: pad + 1, pad + 2, .. for tokens, `pad` for padding."""
        pad = graph.constant(np.array(self.pad, np.int64))
        token = graph.node("Cast", graph.node("Not", graph.node("Equal", "input_ids", pad)), to=7)  # int64
        # Padding by another id than the model's own takes no position either.
        token = graph.node("Mul", token, "attention_mask")
        count = graph.node("CumSum", token, graph.constant(np.array(1, np.int64)))
        position = graph.node("Add", graph.node("Mul", count, token), pad)
        return graph.gather("embeddings.position_embeddings.weight", (self.positions, self.embedding), position)


class XlmRoberta(Roberta):
    layout = "xlm-roberta"
