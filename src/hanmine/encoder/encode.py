"""Sentence vectors from end to end: find the model, read sentences, encode them a window at a time, in line order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hanmine.encoder.backends import load_backend
from hanmine.encoder.batches import windows
from hanmine.encoder.builtin import BUILTIN, load_builtin
from hanmine.encoder.directory import read_directory, read_object
from hanmine.encoder.locate import find_model
from hanmine.encoder.pooling import unit_rows
from hanmine.encoder.tokenization import Tokenizer
from hanmine.encoder.transformer import MAX_LENGTH, TransformerEngine
from hanmine.errors import InputError, UsageError
from hanmine.progress import Progress, tell
from hanmine.public import public
from hanmine.text.lines import SentenceReader
from hanmine.text.options import TextOptions
from hanmine.text.sources import TextsInMemory, paths_or_texts

READING_OPTIONS = ("encoding", "errors", "input_format", "column", "recursive")


class Engine(Protocol):
    """What turns the sentences of a window into vectors.

    Attributes
    ----------
    dimensions : of a vector.
    facts : name → value of what the numbers depend on.
    prompts : names and texts of the prompts that the model knows.
    """

    dimensions: int
    facts: dict[str, Any]
    prompts: dict[str, str]

    def encode(self, sentences: Sequence[str], advance: Callable[[int], None]) -> np.ndarray:
        """Vectors [sentences, dimensions], float32; `advance` hears of each number of sentences done."""
        ...

    def messages(self) -> list[str]:
        """What a user should know about the sentences so far."""
        ...


class Encoder:
    """A model ready to encode.

    Attributes
    ----------
    name : as it was asked for. dimensions : of a vector.
    facts : what the vectors depend on, for signatures and summaries.
    """

    def __init__(self, name: str, engine: Engine, *, normalize: bool | None = None) -> None:
        self.name = name
        self.dimensions = engine.dimensions
        self.facts = {**engine.facts, "dimensions": engine.dimensions}
        if normalize:
            self.facts["normalize"] = "yes"
        self._engine = engine
        self._normalize = bool(normalize)
        self._zeros = 0

    def encode(
        self, sentences: Iterable[str], *, batch_tokens: int | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Vectors of the sentences [shape=(sentences, dimensions)], float32, in their order.

        Raises
        ------
        UsageError : a sentence is no str, or all of them are one.
        InputError : a sentence holds half of a surrogate pair.
        """
        if isinstance(sentences, str):
            raise UsageError("sentences are a list of str: pass [sentence] for a single one")
        blocks = self.encode_iter(sentences, batch_tokens=batch_tokens, progress=progress)
        if not isinstance(sentences, Sequence):
            return np.concatenate([np.zeros((0, self.dimensions), np.float32), *blocks])
        vectors = np.empty((len(sentences), self.dimensions), np.float32)
        done = 0
        for block in blocks:
            vectors[done : done + len(block)] = block
            done += len(block)
        return vectors

    def encode_iter(
        self, sentences: Iterable[str], *, batch_tokens: int | None = None, progress: Progress | None = None
    ) -> Iterator[np.ndarray]:
        """The same in blocks, for streams: a window of sentences is in memory at a time."""
        for _, vectors in self.encode_windows(sentences, batch_tokens=batch_tokens, progress=progress):
            yield vectors

    def encode_windows(
        self,
        sentences: Iterable[str],
        *,
        batch_tokens: int | None = None,
        progress: Progress | None = None,
        total: int | None = None,
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """Windows of sentences with their vectors.

        total : how many sentences there are about, for `progress`, where `sentences` does not know its length.
        A sentence that stands in a window several times is encoded once, so that its vectors are equal.
        """
        progress = progress or Progress()
        if batch_tokens is not None:
            if batch_tokens < 1:
                raise UsageError(f"--batch-tokens must be at least 1, not {batch_tokens}")
            if not hasattr(self._engine, "batch_tokens"):
                raise UsageError(f"--batch-tokens is for transformer directories: {self.name} makes its own batches")
            self._engine.batch_tokens = batch_tokens
        done = 0
        total = len(sentences) if isinstance(sentences, Sequence) else total
        progress.phase("encoding", total, "sentences")
        for window in windows(_checked(sentences)):
            yield window, self._encode_window(window, done, progress)
            done += len(window)

    def digest(self) -> str | None:
        """SHA-256 of the files that the vectors depend on; None where `facts` names them by their version."""
        directory = getattr(self._engine, "directory", None)
        return None if directory is None else directory.digest()

    def messages(self) -> list[str]:
        """What a user should know about the sentences encoded so far."""
        lines = self._engine.messages()
        if self._zeros:
            many = "sentences" if self._zeros > 1 else "sentence"
            lines.append(f"{self._zeros:,} {many} got a vector of zeros: the model gave no finite numbers for them")
        return lines

    def _encode_window(self, window: list[str], done: int, progress: Progress) -> np.ndarray:
        try:
            "\n".join(window).encode()
        except UnicodeEncodeError:
            raise _halved(window, done) from None
        places = {}
        row_of = [places.setdefault(sentence, len(places)) for sentence in window]
        repeated = len(window) - len(places)
        vectors = self._engine.encode(list(places), progress.advance)
        if self._normalize:
            vectors = unit_rows(vectors)
        bad = ~np.isfinite(vectors).all(axis=1)
        if bad.any():
            vectors[bad] = 0
        if repeated:
            progress.advance(repeated)
            vectors, bad = vectors[row_of], bad[row_of]
        self._zeros += int(bad.sum())
        return vectors


def _checked(sentences: Iterable[Any]) -> Iterator[str]:
    for number, sentence in enumerate(sentences):
        if not isinstance(sentence, str):
            raise UsageError(f"sentence {number} is of type {type(sentence).__name__}: pass str only")
        yield sentence


def _halved(window: list[str], done: int) -> InputError:
    for number, sentence in enumerate(window):
        try:
            sentence.encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(sentence[error.start]):04x}"
            return InputError(
                f"sentence {done + number}: {half} is half of a surrogate pair and no character: mend the sentence"
            )
    raise AssertionError("no sentence holds what the window held")


def load_encoder(
    model: str | Path,
    *,
    pooling: str | None = None,
    max_length: int | None = None,
    backend: str = "auto",
    precision: str = "fp32",
    prompt: str | None = None,
    prompt_name: str | None = None,
    normalize: bool | None = None,
    threads: int | None = None,
) -> Encoder:
    """Load a model for encoding.

    Parameters
    ----------
    model : "use" or "e5" (built in, extras of these names), a directory with a transformer, or the name of a model in
        the local Hugging Face cache. Nothing is downloaded.
    pooling : "p1" (CLS of the last layer), "p2" (the pooler's output), "p3" or "mean" (mean of the last layer), "p4"
        (mean of the first and the last layer), "last-N" (mean of the last N layers); default what the directory says,
        else p4. Given, it replaces what the directory says, and the modules behind its pooling with it.
    max_length : tokens of a sentence, special ones included; default what the directory says, else 128.
    backend : "auto", "onnx" or "torch". precision : "fp32" or "int8".
    prompt : text put before every sentence; prompt_name : one of the prompts that the model has.
    normalize : True: vectors of length 1. None or False: as the model gives them.
    threads : of the computation (None: one for every processor); vectors do not depend on it.

    Raises
    ------
    UsageError : options that do not fit the model. MissingExtraError : the model's packages are not installed.
    InputError : no such model, or a directory that lacks something.
    """
    if prompt is not None and prompt_name is not None:
        raise UsageError("--prompt and --prompt-name are both given: pass one of them")
    name = str(model)
    if name in BUILTIN and isinstance(model, str):
        given = {"--pooling": pooling, "--max-length": max_length}
        given["--backend"] = None if backend == "auto" else backend
        given["--precision"] = None if precision == "fp32" else precision
        for option, value in given.items():
            if value is not None:
                raise UsageError(f"{option} is for transformer directories: --model {name} has its own way")
        engine = load_builtin(name, threads)
        prompt = chosen_prompt(name, engine.prompts, prompt, prompt_name)
        if prompt:
            engine = Prompted(engine, prompt)
        return Encoder(name, engine, normalize=normalize)
    engine = _load_transformer(model, pooling, max_length, backend, precision, prompt, prompt_name, threads)
    return Encoder(name, engine, normalize=normalize)


def _load_transformer(
    model: str | Path, pooling, max_length, backend, precision, prompt, prompt_name, threads
) -> TransformerEngine:
    """The engine of a directory, or of a name in the cache; parameters as in `load_encoder`."""
    if max_length is not None and max_length < 3:
        raise UsageError(
            f"--max-length {max_length} has no room for a token between the two special ones: pass 3 or more"
        )
    directory = read_directory(find_model(model, BUILTIN))
    if prompt is None and prompt_name is None:
        prompt_name = directory.default_prompt
    prompt = chosen_prompt(str(model), directory.prompts, prompt, prompt_name)
    loaded = load_backend(directory.transformer, backend=backend, precision=precision, threads=threads)
    length = max_length or directory.max_length or MAX_LENGTH
    tokenizer = Tokenizer(
        directory.transformer,
        read_object(directory.transformer / "config.json"),
        max_length=length if loaded.max_tokens is None else min(length, loaded.max_tokens),
        lower_case=directory.lower_case,
    )
    engine = TransformerEngine(directory, loaded, tokenizer, pooling=pooling, prompt=prompt)
    engine.facts = {"model": directory.path.name or str(model), **engine.facts}
    return engine


class Prompted:
    """An engine that reads a prompt before every sentence."""

    def __init__(self, engine: Engine, prompt: str) -> None:
        self._engine = engine
        self._prompt = prompt
        self.dimensions = engine.dimensions
        self.prompts = engine.prompts
        self.facts = {**engine.facts, "prompt": prompt}

    def encode(self, sentences: Sequence[str], advance: Callable[[int], None]) -> np.ndarray:
        """Vectors [sentences, dimensions] of prompt and sentence in one."""
        return self._engine.encode([self._prompt + sentence for sentence in sentences], advance)

    def messages(self) -> list[str]:
        """Those of the engine."""
        return self._engine.messages()


def chosen_prompt(model: str, prompts: dict[str, str], prompt: str | None, name: str | None) -> str:
    """The prompt that was asked for, by its text or its name; empty for none.

    Raises
    ------
    UsageError : the model has no prompt of that name.
    """
    if name is None:
        return prompt or ""
    if name not in prompts:
        has = f"it has {', '.join(sorted(prompts))}" if prompts else "it has none"
        raise UsageError(f"--prompt-name {name!r}: {model} has no such prompt ({has}): pass --prompt TEXT")
    return prompts[name]


@public(lambda: (load_encoder, Encoder.encode, TextOptions))
def encode(sentences: Any, model: str | Path, **options: Any) -> np.ndarray:
    """Vectors of sentences [shape=(sentences, dimensions)], float32, one row a sentence, in their order.

    Parameters
    ----------
    sentences : an iterable of str; or a path, or an iterable of `pathlib.Path`, of files in which each line is a
        sentence, or each record with `column`.
    model : "use", "e5", a directory, or a name in the local Hugging Face cache; see `load_encoder`.
    **options : those of `load_encoder`; batch_tokens and progress of `Encoder.encode`; encoding, errors, input_format,
        column and recursive of `TextOptions` for files.

    Raises
    ------
    UsageError, MissingExtraError, InputError, DecodingError.
    """
    reading = {name: options.pop(name) for name in READING_OPTIONS if name in options}
    running = {name: options.pop(name) for name in ("batch_tokens", "progress") if name in options}
    paths, texts = paths_or_texts(sentences, reading.get("column"))
    if texts is None:
        reader: SentenceReader | TextsInMemory = SentenceReader([Path(path) for path in paths], TextOptions(**reading))
        sentences = reader
    else:
        if reading.keys() - {"column"}:
            raise UsageError(f"{min(reading.keys() - {'column'})} is for files: pass paths, or leave it out")
        reader = TextsInMemory(texts, keep_missing=True)
        sentences = list(reader)
    encoder = load_encoder(model, **options)
    vectors = encoder.encode(sentences, **running)
    tell([*reader.messages(), *encoder.messages()])
    return vectors
