"""BERT (arXiv 1810.04805), and what its relatives share: embeddings with a norm, layers that norm after each sum."""

from __future__ import annotations

from collections.abc import Container, Iterable

from hanmine.encoder.graphs.writer import LOWEST, Graph, check_activation
from hanmine.encoder.model_config import Settings
from hanmine.errors import InputError


class Bert:
    """The layout of BertModel, BertForMaskedLM and BertForPreTraining in transformers.

    The names of tensors are those of the file without the prefix of the encoder ("bert.").
    """

    layout = "bert"
    anchor = "embeddings.word_embeddings.weight"
    head, head_dense, head_norm = (
        "cls.predictions",
        "cls.predictions.transform.dense",
        "cls.predictions.transform.LayerNorm",
    )

    def __init__(self, settings: Settings) -> None:
        if settings.flag("is_decoder", default=False):
            raise settings.unsupported("is_decoder", True, "false")
        kind = settings.text("position_embedding_type", default="absolute")
        if kind != "absolute":
            raise settings.unsupported("position_embedding_type", kind, "'absolute'")
        self.vocabulary = settings.positive("vocab_size")
        self.dimensions = settings.positive("hidden_size")
        self.layers = settings.positive("num_hidden_layers")
        self.heads = settings.positive("num_attention_heads")
        self.intermediate = settings.positive("intermediate_size")
        self.epsilon = settings.number("layer_norm_eps", default=1e-12)
        self.activation = check_activation(settings.text("hidden_act", default="gelu"), settings.where)
        self.positions = settings.positive("max_position_embeddings", default=512)
        self.segments = settings.positive("type_vocab_size", default=2)
        self.pad = settings.natural("pad_token_id", default=0)
        self.embedding = self.dimensions  # width of the embeddings, which some relatives have narrower
        self.head_activation = self.activation
        if self.dimensions % self.heads:
            raise InputError(
                f"{settings.where}: hidden_size {self.dimensions} is no multiple of num_attention_heads {self.heads}: "
                "check the file"
            )

    @property
    def max_tokens(self) -> int:
        return self.positions

    def available(self, tensors: Container[str]) -> frozenset[str]:
        """The outputs for which the weights are there."""
        names = [f"hidden_{layer}" for layer in range(self.layers + 1)]
        if "pooler.dense.weight" in tensors:
            names.append("pooler")
        if f"{self.head_dense}.weight" in tensors:
            names += ["mlm_hidden", "logits"]
        return frozenset(names)

    def write(self, graph: Graph, outputs: Iterable[str], tensors: Container[str]) -> None:
        """Write the nodes that compute `outputs`, and no others."""
        wanted = set(outputs)
        deepest = max((int(name[7:]) if name.startswith("hidden_") else self.layers) for name in wanted)
        x = self.embeddings(graph)
        self.prepare(graph, tensors)
        mask = graph.node("Cast", "attention_mask", to=6)  # int32
        for layer in range(deepest + 1):
            if layer:
                x = self.block(graph, x, f"encoder.layer.{layer - 1}", mask)
            if f"hidden_{layer}" in wanted:
                graph.output(f"hidden_{layer}", x)
        if "pooler" in wanted:
            pooled = graph.linear(graph.first_token(x), "pooler.dense", self.dimensions, self.dimensions)
            graph.output("pooler", graph.node("Tanh", pooled))
        if wanted & {"mlm_hidden", "logits"}:
            self.language_model(graph, x, wanted, tensors)

    # -- what relatives replace --------------------------------------------------------------------------------------

    def embeddings(self, graph: Graph) -> str:
        x = graph.node("Add", self.words(graph), self.segment(graph))
        return self.norm(graph, graph.node("Add", x, self.place(graph)), "embeddings.LayerNorm", self.embedding)

    def place(self, graph: Graph) -> str:
        """Position embeddings: the first rows of their table."""
        table = graph.weight("embeddings.position_embeddings.weight", self.positions, self.embedding)
        return graph.node("Slice", table, graph.integers(0), graph.tokens(), graph.integers(0))

    def prepare(self, graph: Graph, tensors: Container[str]) -> None:
        """Write what the layers have in common."""

    def attention(self, graph: Graph, x: str, name: str, mask: str) -> str:
        """Scaled dot-product attention of all heads, before the output projection."""
        width, parts = self.dimensions, ("query", "key", "value")
        projections = [graph.matmul(x, f"{name}.{part}.weight", width, width) for part in parts]
        bias = graph.node("Concat", *(graph.weight(f"{name}.{part}.bias", width) for part in parts), axis=0)
        return attend(graph, *projections, bias, mask, heads=self.heads)

    # -- shared with relatives ---------------------------------------------------------------------------------------

    def words(self, graph: Graph) -> str:
        return graph.gather(self.anchor, (self.vocabulary, self.embedding), "input_ids")

    def segment(self, graph: Graph) -> str:
        shape = self.segments, self.embedding
        return graph.gather("embeddings.token_type_embeddings.weight", shape, "token_type_ids")

    def norm(self, graph: Graph, x: str, name: str, width: int) -> str:
        return graph.layer_norm(x, name, width, self.epsilon)

    def block(self, graph: Graph, x: str, name: str, mask: str) -> str:
        width, inner = self.dimensions, self.intermediate
        attended = self.attention(graph, x, f"{name}.attention.self", mask)
        attended = graph.matmul(attended, f"{name}.attention.output.dense.weight", width, width)
        x = self.add_and_norm(graph, attended, x, f"{name}.attention.output")
        hidden = graph.matmul(x, f"{name}.intermediate.dense.weight", width, inner)
        hidden = graph.activation(hidden, self.activation, graph.weight(f"{name}.intermediate.dense.bias", inner))
        return self.add_and_norm(
            graph, graph.matmul(hidden, f"{name}.output.dense.weight", inner, width), x, f"{name}.output"
        )

    def add_and_norm(self, graph: Graph, x: str, skip: str, name: str) -> str:
        """norm(x + bias + skip), with the bias of the dense layer that x comes from."""
        x = graph.node("Add", x, graph.weight(f"{name}.dense.bias", self.dimensions))
        return self.norm(graph, graph.node("Add", x, skip), f"{name}.LayerNorm", self.dimensions)

    def language_model(self, graph: Graph, x: str, wanted: set[str], tensors: Container[str]) -> None:
        """The head of the masked language model: dense, activation, norm; a decoder that is the word table if the file
        holds no other."""
        x = graph.matmul(x, f"{self.head_dense}.weight", self.dimensions, self.embedding)
        x = graph.activation(x, self.head_activation, graph.weight(f"{self.head_dense}.bias", self.embedding))
        x = self.norm(graph, x, self.head_norm, self.embedding)
        if "mlm_hidden" in wanted:
            graph.output("mlm_hidden", x)
        if "logits" in wanted:
            decoder, bias = self.decoder(tensors)
            x = graph.matmul(x, decoder, self.embedding, self.vocabulary)
            graph.output("logits", graph.node("Add", x, graph.weight(bias, self.vocabulary)) if bias else x)

    def decoder(self, tensors: Container[str]) -> tuple[str, str | None]:
        """The tensors that make logits [vocabulary] of `mlm_hidden`: a matrix, and a bias where there is one."""
        decoder = f"{self.head}.decoder.weight"
        bias = next((b for b in (f"{self.head}.decoder.bias", f"{self.head}.bias") if b in tensors), None)
        return decoder if decoder in tensors else self.anchor, bias


def attend(
    graph: Graph, query: str, key: str, value: str, bias: str, mask: str, window: str = "", *, heads: int
) -> str:
    """softmax(q kᵀ / √head) v of each head; padding, and what `window` adds to the scores, gets no weight.

    bias : of query, key and value in one array, added before; "" for none.
    """
    return graph.contrib(
        "MultiHeadAttention", query, key, value, bias, mask, window, num_heads=heads, mask_filter_value=LOWEST
    )
