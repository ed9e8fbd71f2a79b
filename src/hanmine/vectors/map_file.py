"""Files of whitening maps: safetensors with the state, the spectrum, the options and the plain map."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.formats.atomic import open_output
from hanmine.formats.vectors.npy import one_line
from hanmine.vectors.projection import Projection
from hanmine.vectors.state import Moments

FORMAT = "hanmine-whitening"
_SECOND = {"1": "scatter", "2": "factor"}  # by version of the format: M2, or F with M2 = FᵀF
_TENSORS = ("mean", "matrix", "bias", "eigenvalues")
_LARGEST = 1e150  # numbers whose squares are some
_NOT_SAVED = ("threads", "progress")


def save_map(whitening, path: Path) -> None:
    """Write a fitted `Whitening`; the file appears whole or not at all.

    Raises
    ------
    OutputError : the file cannot be written.
    """
    moments = whitening.moments_
    version = "2" if moments.factored else "1"
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
        _SECOND[version]: moments.second,
        "matrix": whitening.matrix_,
        "bias": whitening.bias_,
        "eigenvalues": whitening.eigenvalues_,
    }
    metadata = {
        "format": FORMAT,
        "format_version": version,
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
    if metadata.get("format_version") not in _SECOND:
        raise InputError(
            f"{path}: is a whitening map of version {metadata.get('format_version')}, and this hanmine reads "
            f"versions {' and '.join(_SECOND)}: upgrade hanmine, or fit again"
        )
    try:
        return _made(cls, metadata, tensors)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError, UsageError) as error:
        raise InputError(f"{path}: is a damaged whitening map ({one_line(error)}): fit again") from error


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
        raise InputError(
            f"{path}: is no whitening map ({one_line(error)}): write one with `mine whiten fit -o`"
        ) from error


def _made(cls, metadata: dict[str, str], tensors: dict[str, np.ndarray]):
    options, state = json.loads(metadata["options"]), json.loads(metadata["state"])
    second = tensors[_SECOND[metadata["format_version"]]]
    mean, matrix, bias, eigenvalues = (tensors[name] for name in _TENSORS)
    _check_tensors(mean, second, matrix, bias, eigenvalues, factored="factor" in tensors)
    count, outliers, dropped, rank = (_whole(state, name) for name in ("count", "outliers", "dropped", "rank"))
    gain = float(state["gain"])
    if not 1 <= rank <= len(mean) or count < 1 or not np.isfinite(gain):
        raise ValueError("numbers out of range")
    moments = Moments(
        count, mean, second, _float(state, "storage"), _float(state, "arithmetic"), outliers,
        _places(state, "outlier_places"), dropped, _places(state, "dropped_places"), factored="factor" in tensors,
    )  # fmt: skip
    made = cls(**options)
    made._check_options()
    made._take(moments)
    made._describe(Projection(matrix, bias, mean, gain), eigenvalues, rank)
    return made


def _check_tensors(
    mean: np.ndarray, second: np.ndarray, matrix: np.ndarray, bias: np.ndarray, eigenvalues: np.ndarray, *,
    factored: bool,
) -> None:  # fmt: skip
    d, k = matrix.shape
    given = (mean, second, matrix, bias, eigenvalues)
    shapes = ((d,), (len(second) if factored else d, d), (d, k), (k,), (d,))
    if tuple(one.shape for one in given) != shapes or any(one.dtype != np.float64 for one in given) or not k:
        raise ValueError("tensors of unexpected shapes or types")
    if not all((np.abs(one) < _LARGEST).all() for one in given) or (eigenvalues < 0).any():
        raise ValueError("tensors hold what is no number, or far too large")
    if not factored and (np.diagonal(second) < 0).any():
        raise ValueError("the scatter is that of no rows")


def _whole(state: dict, name: str) -> int:
    value = state[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise ValueError(f"{name} is no number of rows")
    return value


def _float(state: dict, name: str) -> str:
    if state[name] not in ("float16", "float32", "float64"):
        raise ValueError(f"{name} is no type of numbers")
    return state[name]


def _places(state: dict, name: str) -> tuple[str, ...]:
    places = state[name]
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        raise ValueError(f"{name} are no places")
    return tuple(places)
