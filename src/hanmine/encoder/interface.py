"""What a loaded transformer is to those who use it, whichever way it runs, and the checks that all ways share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hanmine.errors import InputError, UsageError
from hanmine.vectors.blas import one_blas_thread

if TYPE_CHECKING:
    import numpy as np

ONNX_FILES = ("model.onnx", "onnx/model.onnx")


def hidden_name(layer: int) -> str:
    """The output that holds the hidden states of `layer`: 0 the embeddings, 1.. the transformer's layers."""
    return f"hidden_{layer}"


class ModelShape(Protocol):
    """Sizes of a model; None where they are not known."""

    layers: int
    dimensions: int
    embedding: int
    max_tokens: int | None
    vocabulary: int | None
    segments: int | None


@dataclass(frozen=True)
class Decoder:
    """What turns states of `mlm_hidden` into logits: h Wᵀ + b.

    weight : float32 [vocabulary, width]. bias : float32 [vocabulary], or None.
    """

    weight: np.ndarray
    bias: np.ndarray | None

    def logits(self, states: np.ndarray) -> np.ndarray:
        """float32 [rows, vocabulary] of states [rows, width]."""
        with one_blas_thread():
            found = states @ self.weight.T
        return found if self.bias is None else found + self.bias


class Backend(Protocol):
    """A transformer ready to run.

    Attributes
    ----------
    name : "onnx" or "torch".
    layers : number of transformer layers; hidden states are `hidden_0` (embeddings) to `hidden_{layers}`.
    dimensions : width of the hidden states.
    max_tokens : the longest sequence, in tokens, that the model has positions for; None without a limit.
    available : names of the outputs that `run` can give, of
        `hidden_0` .. `hidden_{layers}`  float32 [batch, tokens, dimensions]; the last one as it leaves the model
            (after a final norm where there is one)
        `pooler`  float32 [batch, dimensions]: tanh of a dense layer on the first token, where the model has one
        `mlm_hidden`  float32 [batch, tokens, width]: what the decoder of the masked language model is applied to
        `logits`  float32 [batch, tokens, vocabulary]: scores of the masked language model
        `sentence_embedding`  float32 [batch, width]: from a `model.onnx` that pools by itself
    facts : what decides the numbers, for signatures and summaries (back end, layout, precision, versions).
    """

    name: str
    layers: int
    dimensions: int
    max_tokens: int | None
    available: frozenset[str]
    facts: Mapping[str, object]

    def run(
        self,
        input_ids: np.ndarray,
        attention_mask: np.ndarray,
        token_type_ids: np.ndarray | None = None,
        outputs: Sequence[str] = (),
    ) -> dict[str, np.ndarray]:
        """The asked `outputs` of a batch; nothing above the deepest layer among them is computed. Thread-safe.

        input_ids, attention_mask (1 token, 0 padding), token_type_ids (None: zeros) : integers [batch, tokens].

        Raises
        ------
        UsageError : an output that the model does not have.
        InputError : more tokens than the model has positions for, or ids beyond its vocabulary.
        """
        ...

    def decoder(self) -> Decoder | None:
        """For logits of a few tokens; None where the files do not tell it apart from the rest, or there is no head."""
        ...


def check_outputs(outputs: Sequence[str], available: frozenset[str], where: str) -> None:
    """Refuse outputs that a model does not have.

    Raises
    ------
    UsageError : one of `outputs` is not among the `available`, or there is none.
    """
    if not outputs:
        raise UsageError("no output was asked for")
    for name in outputs:
        if name not in available:
            raise UsageError(f"{where}: the model has no output {name!r}: choose from {', '.join(sorted(available))}")


def check_batch(
    input_ids: np.ndarray,
    attention_mask: np.ndarray,
    token_type_ids: np.ndarray | None,
    shape: ModelShape,
    where: str,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three inputs as int64 [batch, tokens], contiguous, in ranges that the model knows.

    Raises
    ------
    UsageError : they are no integers, or not of one shape with two axes.
    InputError : more tokens than positions, an id beyond the vocabulary, a segment that the model does not have.
    """
    import numpy as np

    if token_type_ids is None:
        token_type_ids = np.zeros(np.shape(input_ids), np.int64)
    arrays = [np.asarray(array) for array in (input_ids, attention_mask, token_type_ids)]
    if arrays[0].ndim != 2 or any(array.shape != arrays[0].shape for array in arrays):
        shapes = ", ".join(str(list(array.shape)) for array in arrays)
        raise UsageError(f"ids, mask and segments must have one shape [batch, tokens], not {shapes}")
    if any(array.dtype.kind not in "iub" for array in arrays):
        raise UsageError("ids, mask and segments must be integers")
    ids, mask, segments = (np.ascontiguousarray(array, np.int64) for array in arrays)
    if shape.max_tokens is not None and ids.shape[1] > shape.max_tokens:
        raise InputError(
            f"{where}: the model has positions for {shape.max_tokens} tokens, not for {ids.shape[1]}: cut sentences to "
            f"a length of at most {shape.max_tokens}"
        )
    for values, limit, what in ((ids, shape.vocabulary, "vocabulary"), (segments, shape.segments, "segments")):
        if limit is not None and values.size and not 0 <= values.min() <= values.max() < limit:
            wrong = values.min() if values.min() < 0 else values.max()
            raise InputError(
                f"{where}: id {wrong} is outside of the model's {what} of {limit}: is it its own tokenizer?"
            )
    return ids, (mask != 0).astype(np.int64), segments


def empty_outputs(outputs: Sequence[str], batch: tuple[int, int], shape: ModelShape) -> dict[str, np.ndarray]:
    """The outputs of a batch without sentences or without tokens.

    Raises
    ------
    UsageError : there are sentences, but without tokens.
    """
    import numpy as np

    if batch[0]:
        raise UsageError("a sentence needs at least one token")
    widths = {"logits": shape.vocabulary, "mlm_hidden": shape.embedding}
    flat = ("pooler", "sentence_embedding")
    return {
        name: np.zeros((0, *batch[1 : 1 if name in flat else 2], widths.get(name) or shape.dimensions), np.float32)
        for name in outputs
    }
