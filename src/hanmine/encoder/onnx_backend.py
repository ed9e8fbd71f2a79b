"""Transformers on ONNX Runtime: from a model.onnx, or from model.safetensors with a graph that is written here."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from hanmine.encoder.cache import cached
from hanmine.encoder.graphs import INPUTS, Graph, Layout, Weight, read_layout
from hanmine.encoder.interface import ONNX_FILES, Decoder, check_batch, check_outputs, empty_outputs, hidden_name
from hanmine.encoder.model_config import Settings
from hanmine.encoder.onnx_session import one_line, open_session, quantized_file, runtime
from hanmine.encoder.weights import Weights, has_weights, weight_files
from hanmine.errors import InputError, MissingExtraError
from hanmine.runners.threads import available_cores


class OnnxBackend:
    """A `Backend` on ONNX Runtime.

    A model.onnx is used for the outputs that it has. For others, and where there is none, a graph is written from
    config.json that computes just what is asked, with the weights of model.safetensors: one session for each set of
    outputs that is asked for, made at its first use.
    """

    name = "onnx"

    def __init__(self, directory: Path, settings: Settings, *, precision: str, threads: int | None) -> None:
        self._threads, self._int8 = threads or available_cores(), precision == "int8"
        version = runtime().__version__
        path = next((directory / name for name in ONNX_FILES if (directory / name).is_file()), None)
        self._file = None if path is None else _OnnxFile(path, settings, int8=self._int8, threads=self._threads)
        self._layout = _layout(directory, settings, needed=path is None)
        shape = self._shape = self._layout or _Shape(settings)
        self.layers, self.dimensions, self.max_tokens = shape.layers, shape.dimensions, shape.max_tokens
        self._sessions, self._written = None, frozenset()
        if self._layout is not None and has_weights(directory):
            weights = Weights(directory, self._layout.anchor)
            self._written = self._layout.available(weights)
            self._sessions = GraphSessions(self._layout, weights, int8=self._int8, threads=self._threads)
        self.available = self._written | (frozenset(self._file.outputs) if self._file else frozenset())
        kind = settings.text("model_type", default="onnx")
        self.facts = {"backend": "onnx", "layout": kind, "precision": precision, "onnxruntime": version}
        self._directory = directory

    def run(
        self,
        input_ids: np.ndarray,
        attention_mask: np.ndarray,
        token_type_ids: np.ndarray | None = None,
        outputs: Sequence[str] = (),
    ) -> dict[str, np.ndarray]:
        """See `Backend.run`."""
        check_outputs(outputs, self.available, str(self._directory))
        batch = check_batch(input_ids, attention_mask, token_type_ids, self._shape, str(self._directory))
        if not batch[0].size:
            return empty_outputs(outputs, batch[0].shape, self._shape)
        if self._file is not None and set(outputs) <= self._file.outputs.keys():
            return self._file.run(batch, outputs)
        if not set(outputs) <= self._written:
            apart = sorted(set(outputs) - self._written)
            raise InputError(
                f"{self._directory}: only model.onnx gives {apart[0]}, which lacks other outputs: ask for it alone"
            )
        return self._sessions.run(outputs, batch)

    def decoder(self) -> Decoder | None:
        """See `Backend.decoder`."""
        return self._sessions.decoder() if "mlm_hidden" in self._written else None


class WeightSource(Protocol):
    """Where the tensors of a layout lie: see `hanmine.encoder.weights.Weights`."""

    def __contains__(self, name: str) -> bool: ...

    def array(self, name: str, shape: tuple[int, ...], rows: tuple[int, int] | None = None) -> np.ndarray: ...

    def give_back_pages(self) -> None: ...


class GraphSessions:
    """Sessions of graphs that are written for a layout: one for each set of outputs, made at its first use."""

    def __init__(self, layout: Layout, weights: WeightSource, *, int8: bool, threads: int) -> None:
        self._layout, self._weights, self._int8, self._threads = layout, weights, int8, threads
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, ...], object] = {}
        self._values: list[dict[str, np.ndarray]] = []  # what the sessions use where it lies

    def run(self, outputs: Sequence[str], batch: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """The `outputs` of a checked batch: ids, mask and segments."""
        session = self._session(tuple(sorted(set(outputs))))
        feeds = dict(zip(INPUTS, batch, strict=True))
        taken = {entry.name for entry in session.get_inputs()}
        results = session.run(list(outputs), {name: array for name, array in feeds.items() if name in taken})
        return dict(zip(outputs, results, strict=True))

    def decoder(self) -> Decoder:
        """The decoder of the masked language model, as it lies in the file."""
        layout, weights = self._layout, self._weights
        weight, bias = layout.decoder(weights)
        return Decoder(
            weights.array(weight, (layout.vocabulary, layout.embedding)),
            weights.array(bias, (layout.vocabulary,)) if bias else None,
        )

    def _session(self, outputs: tuple[str, ...]):
        with self._lock:
            if outputs not in self._sessions:
                graph = Graph(int8=self._int8)
                self._layout.write(graph, outputs, self._weights)
                model = cached(f"onnx/{graph.digest()}.onnx", lambda: _serialized(graph))
                values = {name: _values(self._weights, weight) for name, weight in graph.weights.items()} | graph.tables
                self._sessions[outputs] = open_session(model, threads=self._threads, values=values, exact=self._int8)
                self._values.append(values)
                self._weights.give_back_pages()
            return self._sessions[outputs]


class _Shape:
    """What is known of a model of unknown layout."""

    vocabulary = segments = None

    def __init__(self, settings: Settings) -> None:
        self.layers = settings.positive("num_hidden_layers", "n_layers", "num_layers")
        self.dimensions = settings.positive("hidden_size", "dim", "d_model")
        limited = settings.get("max_position_embeddings") is not None
        self.max_tokens = settings.positive("max_position_embeddings") if limited else None
        self.embedding = self.dimensions


class _OnnxFile:
    """A model.onnx as it was exported: its outputs under our names."""

    def __init__(self, path: Path, settings: Settings, *, int8: bool, threads: int) -> None:
        self._path = path
        # Without int8, too: the file may be quantized already.
        self._session = open_session(quantized_file(path) if int8 else path, threads=threads, exact=True)
        unknown = [entry.name for entry in self._session.get_inputs() if entry.name not in INPUTS]
        if unknown:
            raise InputError(f"{path}: asks for the input {unknown[0]!r}: export it with {', '.join(INPUTS)} alone")
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        last = hidden_name(_Shape(settings).layers)
        names = {
            "last_hidden_state": last,
            "token_embeddings": last,
            "pooler_output": "pooler",
            "sentence_embedding": "sentence_embedding",
        }
        outputs = self._session.get_outputs()
        self.outputs = {names[entry.name]: entry.name for entry in outputs if entry.name in names}
        # The logits of a classifier have no axis of tokens.
        if any(entry.name == "logits" and len(entry.shape) == 3 for entry in outputs):
            self.outputs["logits"] = "logits"
        if not self.outputs:
            raise InputError(f"{path}: has none of the outputs {', '.join(names)}, logits: export it with one of them")

    def run(self, batch: Sequence[np.ndarray], outputs: Sequence[str]) -> dict[str, np.ndarray]:
        feeds = {name: array for name, array in zip(INPUTS, batch, strict=True) if name in self._inputs}
        try:
            results = self._session.run([self.outputs[name] for name in outputs], feeds)
        except Exception as error:  # the runtime's errors have no common base of their own
            shape = " x ".join(map(str, batch[0].shape))
            raise InputError(f"{self._path}: failed on {shape} tokens: {one_line(error)}") from error
        return {name: np.asarray(result, np.float32) for name, result in zip(outputs, results, strict=True)}


def _layout(directory: Path, settings: Settings, *, needed: bool) -> Layout | None:
    """How the model is laid out; None where that is not known and not `needed`."""
    if needed:
        weight_files(directory)  # tells what lies there instead
        return read_layout(settings)
    try:
        return read_layout(settings)
    except InputError:  # the model.onnx does without
        return None


def _serialized(graph: Graph) -> bytes:
    try:
        return graph.serialize()
    except ImportError as error:
        raise MissingExtraError("writing the graph of a transformer", "onnx") from error


def _values(weights: WeightSource, weight: Weight) -> np.ndarray:
    """The values of an initializer; those in 8 bits are symmetric, with a scale for each row of the tensor."""
    array = weights.array(weight.tensor, weight.shape, weight.rows)
    if weight.part == "values":
        return array
    scales = np.maximum(np.abs(array).max(axis=1) / np.float32(127), np.float32(1e-30))
    if weight.part == "scales":
        return scales
    return np.ascontiguousarray(np.rint(array / scales[:, None]).astype(np.int8).T)
