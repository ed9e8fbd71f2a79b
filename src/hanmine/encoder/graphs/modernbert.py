"""ModernBERT (arXiv 2412.13663): norms before the sums, rotary positions, gated linear units, local attention."""

from __future__ import annotations

from collections.abc import Container, Iterable

import numpy as np

from hanmine.encoder.graphs.bert import attend
from hanmine.encoder.graphs.rotary import rotary_tables, rotate
from hanmine.encoder.graphs.writer import LOWEST, Graph, check_activation
from hanmine.encoder.model_config import Settings
from hanmine.errors import InputError

FULL, SLIDING = "full_attention", "sliding_attention"


class ModernBert:
    """The layout of ModernBertModel and ModernBertForMaskedLM in transformers (names of versions 4 and 5)."""

    layout = "modernbert"
    anchor = "embeddings.tok_embeddings.weight"

    def __init__(self, settings: Settings) -> None:
        self.vocabulary = settings.positive("vocab_size")
        self.dimensions = settings.positive("hidden_size")
        self.layers = settings.positive("num_hidden_layers")
        self.heads = settings.positive("num_attention_heads")
        self.intermediate = settings.positive("intermediate_size")
        self.max_tokens = settings.positive("max_position_embeddings", default=8192)
        self.pad = settings.natural("pad_token_id", default=0)
        self.embedding, self.segments = self.dimensions, None  # any segment is one and the same
        self.epsilon = settings.number("norm_eps", "layer_norm_eps", default=1e-5)
        self.activation = check_activation(settings.text("hidden_activation", default="gelu"), settings.where)
        self.head_activation = check_activation(settings.text("classifier_activation", default="gelu"), settings.where)
        biases = ("norm_bias", "attention_bias", "mlp_bias", "classifier_bias")
        self.norm_bias, self.attention_bias, self.mlp_bias, self.head_bias = (
            settings.flag(name, default=False) for name in biases
        )
        self.window = settings.positive("local_attention", default=128) // 2
        self.kinds = _layer_kinds(settings, self.layers)
        self.thetas = {FULL: _theta(settings, FULL), SLIDING: _theta(settings, SLIDING)}
        if self.dimensions % (2 * self.heads):
            raise InputError(
                f"{settings.where}: hidden_size {self.dimensions} cannot be split over {self.heads} heads of even "
                "size: check the file"
            )

    def available(self, tensors: Container[str]) -> frozenset[str]:
        """The outputs for which the weights are there."""
        names = [f"hidden_{layer}" for layer in range(self.layers + 1)]
        # A classifier has a head of the same name, but no decoder.
        if "head.dense.weight" in tensors and ("decoder.bias" in tensors or "decoder.weight" in tensors):
            names += ["mlm_hidden", "logits"]
        return frozenset(names)

    def write(self, graph: Graph, outputs: Iterable[str], tensors: Container[str]) -> None:
        """Write the nodes that compute `outputs`, and no others."""
        wanted = set(outputs)
        deepest = max((int(name[7:]) if name.startswith("hidden_") else self.layers) for name in wanted)
        x = graph.gather(self.anchor, (self.vocabulary, self.dimensions), "input_ids")
        x = normed = self.norm(graph, x, "embeddings.norm")  # the first layer has no norm of its own
        if "hidden_0" in wanted:
            graph.output("hidden_0", x)
        shared = self.prepare(graph, self.kinds[:deepest])
        mask = graph.node("Cast", "attention_mask", to=6)  # int32
        for layer, kind in enumerate(self.kinds[:deepest]):
            name = f"layers.{layer}"
            attended = self.attention(graph, normed, f"{name}.attn", mask, *shared[kind])
            x, normed = self.add_and_norm(graph, attended, x, f"{name}.mlp_norm")
            last = layer + 1 == self.layers
            following = "final_norm" if last else f"layers.{layer + 1}.attn_norm"
            x, normed = self.add_and_norm(graph, self.gated(graph, normed, f"{name}.mlp"), x, following)
            if f"hidden_{layer + 1}" in wanted:
                graph.output(f"hidden_{layer + 1}", normed if last else x)
        if wanted & {"mlm_hidden", "logits"}:
            self.language_model(graph, normed, wanted, tensors)

    def norm(self, graph: Graph, x: str, name: str) -> str:
        return graph.layer_norm(x, name, self.dimensions, self.epsilon, bias=self.norm_bias)

    def add_and_norm(self, graph: Graph, x: str, skip: str, name: str) -> tuple[str, str]:
        """x + skip, and its norm."""
        added = graph.node("Add", x, skip)
        return added, self.norm(graph, added, name)

    def prepare(self, graph: Graph, kinds: Iterable[str]) -> dict[str, tuple[tuple[str, str], str]]:
        """Kind of layer → its rotary tables, and what it adds to the scores of pairs of tokens ("" for nothing)."""
        head = self.dimensions // self.heads
        return {
            kind: (
                rotary_tables(graph, self.thetas[kind], head, self.max_tokens, exact=False),
                self.local_window(graph) if kind == SLIDING else "",
            )
            for kind in sorted(set(kinds))
        }

    def local_window(self, graph: Graph) -> str:
        """[1, 1, tokens, tokens]: 0 for tokens no further than the window from each other, else the lowest number."""
        count = graph.node("Squeeze", graph.tokens(), graph.integers(0))
        zero, one = graph.constant(np.array(0, np.int64)), graph.constant(np.array(1, np.int64))
        place = graph.node("Range", zero, count, one)
        distance = graph.node("Sub", place, graph.node("Unsqueeze", place, graph.integers(1)))
        far = graph.node("Greater", graph.node("Abs", distance), graph.constant(np.array(self.window, np.int64)))
        lowest, nothing = graph.constant(np.array(LOWEST, np.float32)), graph.constant(np.array(0, np.float32))
        return graph.node("Unsqueeze", graph.node("Where", far, lowest, nothing), graph.integers(0, 1))

    def attention(self, graph: Graph, x: str, name: str, mask: str, tables: tuple[str, str], window: str) -> str:
        width = self.dimensions
        parts = []
        for part in range(3):  # query, key, value lie in one tensor
            rows = (part * width, (part + 1) * width)
            projected = graph.matmul(x, f"{name}.Wqkv.weight", width, 3 * width, rows)
            if self.attention_bias:
                projected = graph.node("Add", projected, graph.weight(f"{name}.Wqkv.bias", 3 * width, rows=rows))
            parts.append(projected)
        query, key = (rotate(graph, part, tables, self.heads, interleaved=False) for part in parts[:2])
        attended = attend(graph, query, key, parts[2], "", mask, window, heads=self.heads)
        return self.dense(graph, attended, f"{name}.Wo", width, width, self.attention_bias)

    def gated(self, graph: Graph, x: str, name: str) -> str:
        """(activation(x A) · x B) C; A and B lie in one tensor."""
        inner = self.intermediate
        halves = []
        for rows in ((0, inner), (inner, 2 * inner)):
            half = graph.matmul(x, f"{name}.Wi.weight", self.dimensions, 2 * inner, rows)
            if self.mlp_bias:
                half = graph.node("Add", half, graph.weight(f"{name}.Wi.bias", 2 * inner, rows=rows))
            halves.append(half)
        x = graph.node("Mul", graph.activation(halves[0], self.activation), halves[1])
        return self.dense(graph, x, f"{name}.Wo", inner, self.dimensions, self.mlp_bias)

    def dense(self, graph: Graph, x: str, name: str, width: int, out: int, bias: bool) -> str:
        return graph.linear(x, name, width, out) if bias else graph.matmul(x, f"{name}.weight", width, out)

    def language_model(self, graph: Graph, x: str, wanted: set[str], tensors: Container[str]) -> None:
        """The head of the masked language model; its decoder is the word table if the file holds no other."""
        x = self.dense(graph, x, "head.dense", self.dimensions, self.dimensions, self.head_bias)
        x = self.norm(graph, graph.activation(x, self.head_activation), "head.norm")
        if "mlm_hidden" in wanted:
            graph.output("mlm_hidden", x)
        if "logits" in wanted:
            decoder, bias = self.decoder(tensors)
            x = graph.matmul(x, decoder, self.dimensions, self.vocabulary)
            graph.output("logits", graph.node("Add", x, graph.weight(bias, self.vocabulary)) if bias else x)

    def decoder(self, tensors: Container[str]) -> tuple[str, str | None]:
        """The tensors that make logits [vocabulary] of `mlm_hidden`: a matrix, and a bias where there is one."""
        decoder = "decoder.weight" if "decoder.weight" in tensors else self.anchor
        return decoder, "decoder.bias" if "decoder.bias" in tensors else None


def _layer_kinds(settings: Settings, layers: int) -> tuple[str, ...]:
    """Which layers look at all tokens and which at a window: listed (transformers 5), or every n-th (4)."""
    every = settings.positive("global_attn_every_n_layers", default=3)
    kinds = settings.get("layer_types", default=[SLIDING if layer % every else FULL for layer in range(layers)])
    if not isinstance(kinds, list) or len(kinds) < layers or not set(kinds) <= {FULL, SLIDING}:
        raise settings.unsupported("layer_types", kinds, f"a list of {layers} times {FULL!r} or {SLIDING!r}")
    return tuple(kinds[:layers])


def _theta(settings: Settings, kind: str) -> float:
    """The base of the rotary angles: in `rope_parameters` (transformers 5), or under a name of its own (4)."""
    names = {
        FULL: ("global_rope_theta", "rope_theta", 160_000.0),
        SLIDING: ("local_rope_theta", "rope_theta", 10_000.0),
    }
    if settings.get("rope_scaling") is not None:
        raise settings.unsupported("rope_scaling", settings.get("rope_scaling"), "null")
    parameters = settings.below("rope_parameters").below(kind)
    scaling = parameters.text("rope_type", "type", default="default")
    if scaling != "default":
        raise parameters.unsupported("rope_type", scaling, "'default'")
    *old, default = names[kind]
    return parameters.number("rope_theta", default=settings.number(*old, default=default))
