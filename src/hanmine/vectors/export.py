"""Whitening maps for other tools: a sentence-transformers `Dense` module, a faiss `LinearTransform`, plain arrays.

All of them compute y = x W + b in float32; `normalize` is no part of W and b, and other tools do it by themselves.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from hanmine.errors import InputError, MissingExtraError, OutputError
from hanmine.formats.atomic import check_targets, open_output, open_output_folder, output_error
from hanmine.vectors.map_file import safetensors_bytes

IDENTITY = "torch.nn.modules.linear.Identity"
NOTABLE, USELESS = 1e-3, 0.1  # errors of cosines that are told, and at which an export is refused
_CURE = "keep fewer dimensions with --dim, or a smaller --gamma; an export to npz is in float64"


def export_dense(whitening, directory: str | Path) -> list[str]:
    """Write a folder that sentence-transformers loads as `models.Dense`: y = x W + b without an activation.

    Returns what a user should know: see `float32_messages`.

    The folder holds config.json and model.safetensors (`linear.weight` = Wᵀ [shape=(k, d)], `linear.bias` = b
    [shape=(k,)], float32). It is written beside its place and renamed; an older export there is replaced.

    Raises
    ------
    InputError : weights beyond float32, or a map whose products float32 cannot hold.
    OutputError : the folder cannot be written, or is there and is no such export.
    """
    target = Path(os.path.realpath(directory))
    check_float32(whitening)
    weight, bias = _in_float32(whitening)
    config = {
        "in_features": weight.shape[0],
        "out_features": weight.shape[1],
        "bias": True,
        "activation_function": IDENTITY,
    }
    _check_replaceable(target)
    with open_output_folder(target) as folder:
        with open_output(folder / "config.json") as stream:
            stream.write(json.dumps(config, indent=2).encode() + b"\n")
        with open_output(folder / "model.safetensors") as stream:
            stream.write(safetensors_bytes({"linear.weight": weight.T, "linear.bias": bias}, {"format": "pt"}))
    return float32_messages(whitening)


def _check_replaceable(target: Path) -> None:
    """Refuse to replace what is not an export of this kind."""
    if not target.parent.is_dir():
        raise output_error(str(target), FileNotFoundError())
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError(f"{target}: is a file: name a folder")
    if {path.name for path in target.iterdir()} - {"config.json", "model.safetensors"}:
        raise OutputError(f"{target}: holds other files: name a new folder")


def export_faiss(whitening, path: str | Path) -> list[str]:
    """Write a faiss `LinearTransform` (A = Wᵀ, b, float32), which `faiss.read_VectorTransform` reads.

    Returns what a user should know: see `float32_messages`.

    Raises
    ------
    MissingExtraError : faiss is not installed.
    InputError : weights beyond float32, or a map whose products float32 cannot hold.
    OutputError : the file cannot be written.
    """
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError("the export to faiss", "ann") from error
    check_float32(whitening)
    weight, bias = _in_float32(whitening)
    transform = faiss.LinearTransform(weight.shape[0], weight.shape[1], True)
    faiss.copy_array_to_vector(np.ascontiguousarray(weight.T).ravel(), transform.A)
    faiss.copy_array_to_vector(bias, transform.b)
    transform.is_trained = True
    transform.set_is_orthonormal()
    writer = faiss.VectorIOWriter()
    faiss.write_VectorTransform(transform, writer)
    _write(path, faiss.vector_to_array(writer.data).tobytes())
    return float32_messages(whitening)


def export_npz(whitening, path: str | Path) -> list[str]:
    """Write `W` [shape=(d, k)] and `b` [shape=(k,)], float64, as a numpy .npz: y = x @ W + b. Returns no message.

    Raises
    ------
    OutputError : the file cannot be written.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # numpy would write the time of day into it
        for name, array in (("W", whitening.matrix_), ("b", whitening.bias_)):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getbuffer())
    _write(path, buffer.getbuffer())
    return []


def _write(path: str | Path, data) -> None:
    check_targets([Path(path)])
    with open_output(Path(path)) as stream:
        stream.write(data)


def _in_float32(whitening) -> tuple[np.ndarray, np.ndarray]:
    """W and b in float32, which these tools use."""
    with np.errstate(over="ignore"):
        weight, bias = whitening.matrix_.astype(np.float32), whitening.bias_.astype(np.float32)
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise InputError(
            "the map has weights that float32 cannot hold: divide the vectors by their scale and fit again"
        )
    return weight, bias


def float32_error(whitening) -> float:
    """What rounding to float32 does to y = x W + b: the length of the error as a share of that of y about its mean.

    Where the mean is large beside the variance, x W and b are large and nearly cancel, and each of the products
    x_i W_ij and b_j is off by half a float32 step. The squares of these add up:
    error² = ε² Σ_j (Σ_i E[x_i²] W_ij² + b_j²),
    signal² = trace(Wᵀ Σ W). Beside computed cosines the share is a half to a third of the worst error.
    """
    moments, matrix, bias = whitening.moments_, whitening.matrix_, whitening.bias_
    error = float((moments.mean_squares() @ matrix**2 + bias**2).sum())
    if moments.factored:
        signal = float((moments.mapped(matrix) ** 2).sum())
    else:
        signal = float(np.einsum("ij,ij->", moments.covariance() @ matrix, matrix))
    return float(np.finfo(np.float32).eps) / 2 * float(np.sqrt(error / signal)) if signal > 0 else 0.0


def float32_messages(whitening) -> list[str]:
    """A line where cosines of the exported map are off by more than `NOTABLE`."""
    error = 2 * float32_error(whitening)
    if error < NOTABLE:
        return []
    return [f"the exported map computes in float32: its cosines are off by up to about {error:.1g} ({_CURE})"]


def check_float32(whitening) -> None:
    """Refuse an export to tools that compute in float32 where nothing would be right.

    Raises
    ------
    InputError : weights beyond float32, or cosines off by more than `USELESS`.
    """
    _in_float32(whitening)
    error = 2 * float32_error(whitening)
    if error > USELESS:
        raise InputError(
            f"in float32, in which exports compute, cosines of this map would be off by up to {min(error, 1):.1g}: "
            f"{_CURE}"
        )
