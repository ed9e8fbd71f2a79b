"""RoFormer (arXiv 2104.09864), of which SimBERT v2 (RoFormer-Sim) is one: BERT with rotary positions in each layer."""

from __future__ import annotations

from collections.abc import Container

from hanmine.encoder.graphs.bert import Bert, attend
from hanmine.encoder.graphs.rotary import rotary_tables, rotate
from hanmine.encoder.graphs.writer import Graph
from hanmine.encoder.model_config import Settings
from hanmine.errors import InputError

# Kept in files, though it can be computed; transformers takes it as it is there.
_TABLE = "encoder.embed_positions.weight"


class RoFormer(Bert):
    layout = "roformer"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        # It goes by the same model_type, but has other norms and no biases.
        if settings.get("norm_type") == "rms_norm" or settings.get("use_bias") is False:
            raise InputError(
                f"{settings.where}: describes RoFormer v2, which neither this program nor transformers knows: use a "
                "RoFormer or RoFormer-Sim model, or add a model.onnx"
            )
        self.positions = settings.positive("max_position_embeddings", default=1536)
        self.embedding = settings.positive("embedding_size", default=self.dimensions)
        self.rotary_value = settings.flag("rotary_value", default=False)

    def embeddings(self, graph: Graph) -> str:
        x = graph.node("Add", self.words(graph), self.segment(graph))
        x = self.norm(graph, x, "embeddings.LayerNorm", self.embedding)
        if self.embedding == self.dimensions:
            return x
        return graph.linear(x, "embeddings_project", self.embedding, self.dimensions)

    def prepare(self, graph: Graph, tensors: Container[str]) -> None:
        head = self.dimensions // self.heads
        if _TABLE in tensors:  # sines, then cosines
            table = graph.weight(_TABLE, self.positions, head)
            sines, cosines = graph.node("Split", table, graph.integers(head // 2, head // 2), results=2, axis=1)
            self.tables = cosines, sines
        else:
            self.tables = rotary_tables(graph, 10_000.0, head, self.positions, exact=True)

    def attention(self, graph: Graph, x: str, name: str, mask: str) -> str:
        query, key, value = (
            graph.linear(x, f"{name}.{part}", self.dimensions, self.dimensions) for part in ("query", "key", "value")
        )
        query = rotate(graph, query, self.tables, self.heads, interleaved=True)
        key = rotate(graph, key, self.tables, self.heads, interleaved=True)
        if self.rotary_value:
            value = rotate(graph, value, self.tables, self.heads, interleaved=True)
        return attend(graph, query, key, value, "", mask, heads=self.heads)
