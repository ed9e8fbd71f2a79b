"""Sentence vectors of a transformer: tokenize, sort into batches, run, pool, apply the directory's modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hanmine.encoder.batches import BATCH_TOKENS, batches_of_similar_length
from hanmine.encoder.directory import ModelDirectory
from hanmine.encoder.pooling import FIRST_LAST, LAST, POOLER, outputs_of, pooled, pooling_of
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.encoder.interface import Backend
    from hanmine.encoder.tokenization import Tokenizer

MAX_LENGTH = 128
ITSELF = "sentence_embedding"  # a model.onnx that pools by itself


class TransformerEngine:
    """A transformer with its tokenizer and pooling.

    Attributes
    ----------
    directory : that the model is of.
    dimensions, facts, prompts : see `hanmine.encoder.encode.Engine`.
    batch_tokens : tokens of a batch, padding included.
    cut : sentences met so far that are longer than the tokenizer's `max_length`.
    """

    def __init__(
        self, directory: ModelDirectory, backend: Backend, tokenizer: Tokenizer, *, pooling: str | None, prompt: str
    ) -> None:
        """`pooling` is what `--pooling` says; None: what the directory says."""
        self.directory = directory
        self._backend, self._tokenizer, self._prompt = backend, tokenizer, prompt
        self._modes = _modes(directory, backend, pooling)
        self._modules = directory.modules if pooling is None else ()
        self._skip = 0
        if prompt and not directory.include_prompt and pooling is None:
            self._skip = tokenizer.prompt_length(prompt)
        self._outputs = list(dict.fromkeys(name for mode in self._modes for name in _needed(mode, backend)))
        self.batch_tokens = BATCH_TOKENS
        self.prompts = directory.prompts
        self.cut = 0
        self.dimensions = self._encode_tokens([self._tokenizer.encode([prompt])[0]]).shape[1]
        self.facts: dict[str, Any] = {
            **backend.facts,
            "pooling": "+".join(self._modes),
            "max_length": tokenizer.max_length,
        }
        if self._modules:
            self.facts["modules"] = "+".join(module.name for module in self._modules)
        if prompt:
            self.facts["prompt"] = prompt

    def encode(self, sentences: Sequence[str], advance: Callable[[int], None]) -> np.ndarray:
        """Vectors [sentences, dimensions], float32."""
        encodings = self._tokenizer.encode([self._prompt + sentence for sentence in sentences])
        self.cut += sum(bool(encoding.overflowing) for encoding in encodings)
        vectors = np.empty((len(sentences), self.dimensions), np.float32)
        lengths = [len(encoding.ids) for encoding in encodings]
        for batch in batches_of_similar_length(lengths, self.batch_tokens):
            vectors[batch] = self._encode_tokens([encodings[place] for place in batch])
            advance(len(batch))
        return vectors

    def messages(self) -> list[str]:
        """What a user should know about the sentences so far."""
        if not self.cut:
            return []
        many = "sentences are" if self.cut > 1 else "sentence is"
        most = self._tokenizer.max_length
        return [f"{self.cut:,} {many} longer than {most} tokens and cut there: --max-length raises it"]

    def _encode_tokens(self, encodings: Sequence[Any]) -> np.ndarray:
        """Vectors of one batch."""
        longest = max(1, *(len(encoding.ids) for encoding in encodings)) if encodings else 1
        ids = np.full((len(encodings), longest), self._tokenizer.pad_id, np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            length = len(encoding.ids)
            ids[row, :length], types[row, :length], mask[row, :length] = encoding.ids, encoding.type_ids, 1
        outputs = self._backend.run(ids, mask, types, self._outputs)
        parts = []
        for mode in self._modes:
            read = {name: outputs[name] for name in _needed(mode, self._backend)}
            parts.append(read[ITSELF] if mode == ITSELF else pooled(mode, read, mask, self._skip))
        vectors = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        for module in self._modules:
            vectors = module.apply(vectors)
        return np.asarray(vectors, np.float32)


def _needed(mode: str, backend: Backend) -> list[str]:
    return [ITSELF] if mode == ITSELF else outputs_of(mode, backend.layers)


def _modes(directory: ModelDirectory, backend: Backend, pooling: str | None) -> tuple[str, ...]:
    """The poolings whose vectors are joined: as asked, as the directory says, or p4.

    Raises
    ------
    UsageError : the model lacks what the pooling reads; the line says what it has.
    """
    if pooling is not None:
        modes = (pooling_of(pooling),)
    elif directory.pooling:
        modes = directory.pooling
    else:
        modes = (ITSELF,) if backend.available == {ITSELF} else (FIRST_LAST,)
    for mode in modes:
        if set(_needed(mode, backend)) <= backend.available:
            continue
        asked = "" if pooling is None else f"--pooling {pooling}: "
        what = "pooler" if mode == POOLER else "output of the layers that this pooling reads"
        can = [
            name
            for name, other in (("p1", "cls"), ("p2", POOLER), ("p3", LAST), ("p4", FIRST_LAST))
            if set(_needed(other, backend)) <= backend.available
        ]
        cure = f"choose --pooling {' or '.join(can)}" if can else "give it model.safetensors"
        raise UsageError(f"{asked}{directory.path} has no {what}: {cure}")
    return modes
