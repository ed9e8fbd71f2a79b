"""Models for masking: a transformer ready to run, and its tokens of single characters."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hanmine.encoder.backends import load_backend
from hanmine.encoder.characters import CharacterTokens, CharacterVocabulary, vocabulary_of
from hanmine.encoder.directory import ModelDirectory, read_directory, read_object
from hanmine.encoder.locate import find_model
from hanmine.encoder.tokenization import Tokenizer
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.encoder.interface import Backend, Decoder

_UNLIMITED = 1 << 20  # characters, of a model whose positions have no end


class MaskedModel:
    """A transformer in which symbols can be masked.

    Attributes
    ----------
    name : as it was asked for.
    kind : "mlm", a masked language model, or "encoder", which has no head for that.
    tuned : an encoder that was made for sentence vectors (e5, or a directory of sentence-transformers).
    has_head : whether the states after the transform of the head can be had.
    layers : number of transformer layers.
    available : the outputs of its back end (see `hanmine.encoder.interface.Backend`).
    max_units : characters of a piece that the model has positions for.
    vocabulary : number of tokens that it knows.
    facts : what decides the numbers, for signatures and summaries.
    counts : rows, tokens (special ones included), padded (tokens with padding), characters and unknown (characters
        without a token of their own) that went through so far, and not_finite (pieces or sentences with numbers that
        are none).
    """

    def __init__(
        self,
        name: str,
        backend: Backend,
        characters: CharacterVocabulary,
        vocabulary: int,
        facts: dict[str, Any],
        directory: ModelDirectory | None = None,
        *,
        tuned: bool = False,
    ) -> None:
        self.name, self.vocabulary, self.facts = name, vocabulary, facts
        self._directory = directory
        self.characters, self._backend = characters, backend
        self.layers, self.available = backend.layers, backend.available
        self.has_head = "mlm_hidden" in backend.available
        self.kind = "mlm" if self.has_head or "logits" in backend.available else "encoder"
        self.tuned = tuned and self.kind == "encoder"
        self.special = len(characters.before) + len(characters.after)
        self.max_units = (backend.max_tokens or _UNLIMITED) - self.special
        self.counts: Counter[str] = Counter()

    @cached_property
    def decoder(self) -> Decoder | None:
        """What makes logits of the states after the head's transform, where the files tell."""
        return self._backend.decoder()

    @property
    def mask_id(self) -> int:
        """The id of the token that stands for a masked character."""
        return self.characters.mask

    def encode(self, text: str) -> CharacterTokens:
        """One token for each character, special ones left out; counts characters that have none of their own."""
        tokens = self.characters.tokens(text)
        self.counts["characters"] += len(text)
        self.counts["unknown"] += tokens.unknown
        return tokens

    def run(self, ids: np.ndarray, lengths: np.ndarray, output: str) -> np.ndarray:
        """One output of the back end for rows of ids.

        Parameters
        ----------
        ids : int64 [rows, tokens], without special tokens; what stands behind the end of a row is ignored.
        lengths : int64 [rows], tokens of each row.

        Returns
        -------
        float32 [rows, special + tokens, width]; token t of a row stands at len(characters.before) + t.
        """
        before, after = self.characters.before, self.characters.after
        rows, width = ids.shape
        whole = np.full((rows, width + self.special), self.characters.padding, np.int64)
        whole[:, : len(before)] = before
        whole[:, len(before) : len(before) + width] = ids
        place = np.arange(whole.shape[1])[None, :]
        whole[place >= (lengths + len(before))[:, None]] = self.characters.padding
        for offset, token in enumerate(after):
            whole[np.arange(rows), lengths + len(before) + offset] = token
        mask = (place < (lengths + self.special)[:, None]).astype(np.int64)
        self.counts["rows"] += rows
        self.counts["tokens"] += int(mask.sum())
        self.counts["padded"] += mask.size
        return self._backend.run(whole, mask, None, [output])[output]

    def digest(self) -> str | None:
        """SHA-256 of the files that the scores depend on; None where `facts` names them by their version."""
        return None if self._directory is None else self._directory.digest()

    def messages(self) -> list[str]:
        """What a user should know about the text so far."""
        unknown, characters = self.counts["unknown"], self.counts["characters"]
        lines = []
        if unknown:
            many = "characters are" if unknown > 1 else "character is"
            lines.append(
                f"{self.name}: {unknown:,} of {characters:,} {many} not in the model's vocabulary: "
                "the gaps beside them get no score from it"
            )
        if pieces := self.counts["not_finite"]:
            which = f"{pieces:,} pieces" if pieces > 1 else "1 piece"
            lines.append(
                f"{self.name}: gave no finite numbers in {which} of the text: some gaps there get no score from it; "
                "check the model"
            )
        return lines


def load_masked_model(
    model: str | Path, *, backend: str = "auto", precision: str = "fp32", threads: int | None = None
) -> MaskedModel:
    """Load a model for masking.

    Parameters
    ----------
    model : a directory with a transformer, the name of a model in the local Hugging Face cache, or "e5" (extras `onnx`
        and `e5`). Nothing is downloaded.
    backend : "auto", "onnx" or "torch". precision : "fp32" or "int8".
    threads : of the computation; None: one for every processor.

    Raises
    ------
    UsageError : options that do not fit the model. MissingExtraError : the model's packages are not installed.
    InputError : no such model, or one without a mask token or tokens of single characters.
    """
    name = str(model)
    if isinstance(model, str) and model in ("e5", "use"):
        return _load_builtin(model, backend, precision, threads)
    directory = read_directory(find_model(model))
    folder = directory.transformer
    loaded = load_backend(folder, backend=backend, precision=precision, threads=threads)
    configuration = read_object(folder / "config.json")
    tokenizer = Tokenizer(folder, configuration, max_length=loaded.max_tokens or 512, lower_case=directory.lower_case)
    configured = configuration | read_object(folder / "tokenizer_config.json")
    characters = vocabulary_of(tokenizer, configured, str(folder))
    facts = {"model": directory.path.resolve().name or name, **loaded.facts}
    size = _vocabulary_size(configuration)
    return MaskedModel(name, loaded, characters, size, facts, directory, tuned=bool(directory.pooling))


def _load_builtin(name: str, backend: str, precision: str, threads: int | None) -> MaskedModel:
    if name == "use":
        raise UsageError("--model use is no transformer, nothing can be masked in it: pass e5, or a model directory")
    if backend == "torch":
        raise UsageError("--backend torch is for transformer directories: --model e5 runs on ONNX Runtime")
    from hanmine.encoder.e5_backend import load_e5

    loaded, characters = load_e5(precision=precision, threads=threads)
    return MaskedModel(name, loaded, characters, loaded.vocabulary, {"model": name, **loaded.facts}, tuned=True)


def _vocabulary_size(configuration: dict[str, Any]) -> int:
    """For the size of batches of logits; a guess where the file does not say."""
    size = configuration.get("vocab_size")
    return size if isinstance(size, int) and size > 0 else 1 << 16
