"""Files of whitening maps: safetensors with the state, the spectrum, the options and the plain map."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.formats.atomic import open_output
from hanmine.vectors.projection import Projection
from hanmine.vectors.state import Moments

FORMAT, FORMAT_VERSION = "hanmine-whitening", 1
_TENSORS = ("mean", "scatter", "matrix", "bias", "eigenvalues")
_NOT_SAVED = ("threads", "progress")


def save_map(whitening, path: Path) -> None:
    """Write a fitted `Whitening`; the file appears whole or not at all.

    Raises
    ------
    OutputError : the file cannot be written.
    """
    moments = whitening.moments_
    options = {name: value for name, value in whitening.get_params().items() if name not in _NOT_SAVED}
    options["dtype"] = None if options["dtype"] is None else np.dtype(options["dtype"]).name
    state = {
        "count": moments.count,
        "storage": moments.storage,
        "arithmetic": moments.arithmetic,
        "rank": whitening.rank_,
        "gain": whitening.projection_.gain,
        "outliers": moments.outliers,
        "outlier_places": moments.outlier_places,
        "dropped": moments.dropped,
        "dropped_places": moments.dropped_places,
    }
    tensors = {
        "mean": moments.mean,
        "scatter": moments.scatter,
        "matrix": whitening.matrix_,
        "bias": whitening.bias_,
        "eigenvalues": whitening.eigenvalues_,
    }
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "hanmine_version": __version__,
        "options": json.dumps(options, default=_plain),
        "state": json.dumps(state, ensure_ascii=False, default=_plain),
    }
    with open_output(path) as stream:
        stream.write(safetensors_bytes(tensors, metadata))


def safetensors_bytes(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """A safetensors file; unlike the library, which shuffles metadata, the same bytes every time."""
    from safetensors.numpy import save

    data = save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})
    length = int.from_bytes(data[:8], "little")
    header = {"__metadata__": metadata, **json.loads(data[8 : 8 + length])}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def _plain(value):
    return value.item()  # numpy's numbers


def load_map(cls, path: Path):
    """A fitted `cls` (`Whitening`) as `save_map` wrote it.

    Raises
    ------
    InputError : no such file, not such a file, of a later version, or damaged.
    """
    metadata, tensors = _read(path)
    if metadata.get("format") != FORMAT:
        raise InputError(f"{path}: is no whitening map: write one with `mine whiten fit -o`")
    if metadata.get("format_version") != str(FORMAT_VERSION):
        raise InputError(
            f"{path}: is a whitening map of version {metadata.get('format_version')}, and this hanmine reads "
            f"version {FORMAT_VERSION}: upgrade hanmine, or fit again"
        )
    try:
        return _made(cls, metadata, tensors)
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise InputError(f"{path}: is a damaged whitening map ({error}): fit again") from error


def _read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb"):
            pass
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            wanted = metadata.get("format") == FORMAT
            return metadata, {name: file.get_tensor(name) for name in file.keys() if wanted}  # noqa: SIM118
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: check the path") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except SafetensorError as error:
        raise InputError(f"{path}: is no whitening map ({error}): write one with `mine whiten fit -o`") from error


def _made(cls, metadata: dict[str, str], tensors: dict[str, np.ndarray]):
    options, state = json.loads(metadata["options"]), json.loads(metadata["state"])
    mean, scatter, matrix, bias, eigenvalues = (tensors[name] for name in _TENSORS)
    d, k = matrix.shape
    shapes = (mean.shape, scatter.shape, bias.shape, eigenvalues.shape)
    if shapes != ((d,), (d, d), (k,), (d,)) or any(tensors[name].dtype != np.float64 for name in _TENSORS):
        raise ValueError("tensors of unexpected shapes or types")
    moments = Moments(
        int(state["count"]), mean, scatter, str(np.dtype(state["storage"])), str(np.dtype(state["arithmetic"])),
        int(state["outliers"]), tuple(state["outlier_places"]), int(state["dropped"]), tuple(state["dropped_places"]),
    )  # fmt: skip
    made = cls(**options)
    made._check_options()
    made._take(moments)
    made._describe(Projection(matrix, bias, mean, float(state["gain"])), eigenvalues, int(state["rank"]))
    return made
