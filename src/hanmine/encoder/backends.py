"""Loading a transformer, to be run one of two ways (ONNX Runtime, torch)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from hanmine.encoder.interface import ONNX_FILES
from hanmine.encoder.model_config import read_settings
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.encoder.interface import Backend
    from hanmine.encoder.model_config import Settings

BACKENDS = ("auto", "onnx", "torch")
PRECISIONS = ("fp32", "int8")


def load_backend(
    directory: str | Path, *, backend: str = "auto", precision: str = "fp32", threads: int | None = None
) -> Backend:
    """Load the transformer that lies in `directory` (config.json with model.safetensors or model.onnx).

    backend : "onnx" runs on ONNX Runtime (extra `onnx`), "torch" on torch and transformers (extra `torch`), "auto" on
        ONNX Runtime where it is installed and knows the model's layout.
    precision : "int8" quantizes the weights of linear layers (ONNX Runtime only).
    threads : threads of one call of `run`; None: one for every processor.

    Raises
    ------
    UsageError : an unknown back end or precision.
    MissingExtraError : the packages of the back end are not installed.
    InputError : a file is missing or broken, or the layout is not known.
    """
    directory = Path(directory)
    if backend not in BACKENDS:
        raise UsageError(f"no back end {backend!r}: choose from {', '.join(BACKENDS)}")
    if precision not in PRECISIONS:
        raise UsageError(f"no precision {precision!r}: choose from {', '.join(PRECISIONS)}")
    if threads is not None and threads < 1:
        raise UsageError(f"threads must be at least 1, not {threads}")
    settings = read_settings(directory)
    if backend == "auto":
        backend = _best(directory, settings)
    if backend == "torch":
        from hanmine.encoder.torch_backend import TorchBackend

        if precision != "fp32":
            raise UsageError("the torch back end computes in fp32: choose the back end onnx for int8")
        return TorchBackend(directory, settings, threads=threads)
    from hanmine.encoder.onnx_backend import OnnxBackend

    return OnnxBackend(directory, settings, precision=precision, threads=threads)


def _best(directory: Path, settings: Settings) -> str:
    """ONNX Runtime, unless torch alone is installed, or alone knows the layout."""
    from hanmine.encoder.graphs import LAYOUTS

    torch = all(importlib.util.find_spec(name) for name in ("torch", "transformers"))
    if not torch:
        return "onnx"
    known = settings.get("model_type") in LAYOUTS or any((directory / name).is_file() for name in ONNX_FILES)
    return "onnx" if known and importlib.util.find_spec("onnxruntime") else "torch"
