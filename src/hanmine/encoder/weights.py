"""Weights of a transformer: tensors of model.safetensors, mapped and not copied, found under the names in use.

The format is a header in JSON and raw little-endian numbers (https://github.com/huggingface/safetensors); reading it
here leaves float32 tensors where they lie in the page cache, and takes bfloat16, which numpy does not know.
"""

from __future__ import annotations

import json
import math
import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hanmine.errors import InputError

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "<u2"}
_HEADER_LIMIT = 100_000_000  # bytes, the limit of the format's own library
# Checkpoints converted from TensorFlow call the two weights of a layer norm gamma and beta.
_NORM_NAMES = (("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"))


@dataclass(frozen=True)
class _Tensor:
    data: np.ndarray  # bytes, as they lie in the file
    dtype: str
    shape: tuple[int, ...]
    file: Path


class Weights:
    """The tensors of the safetensors files of a directory.

    anchor : the name of a tensor that every model of the layout has; what stands before it in the files ("bert.",
        "model.") is the prefix of the encoder's names.
    """

    def __init__(self, directory: Path, anchor: str) -> None:
        self.files = weight_files(directory)
        self._tensors: dict[str, _Tensor] = {}
        self._maps: list[mmap.mmap] = []
        for file in self.files:
            self._add(file)
        found = [name for name in self._tensors if name == anchor or name.endswith("." + anchor)]
        if not found:
            raise InputError(f"{self.files[0]}: has no tensor {anchor!r}: config.json describes another model")
        self.prefix = min(found, key=len)[: -len(anchor)]

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def array(self, name: str, shape: tuple[int, ...], rows: tuple[int, int] | None = None) -> np.ndarray:
        """The tensor `name`, which must have `shape`, or the given `rows` of it, as float32: a view of the file where
        it holds float32.

        Raises
        ------
        InputError : there is no such tensor, or it has another shape, or its numbers are no floats.
        """
        tensor = self._find(name)
        if tensor is None:
            raise InputError(f"{self.files[0]}: has no tensor {name!r}: the file is incomplete or of another model")
        if tensor.shape != shape:
            raise InputError(
                f"{tensor.file}: tensor {name!r} has the shape {list(tensor.shape)}, config.json says {list(shape)}: "
                "config.json describes another model"
            )
        if tensor.dtype not in _DTYPES:
            raise InputError(f"{tensor.file}: tensor {name!r} holds {tensor.dtype}: store it as F32, F16 or BF16")
        values = np.frombuffer(tensor.data, _DTYPES[tensor.dtype]).reshape(shape)
        if rows is not None:
            values = values[slice(*rows)]
        if tensor.dtype == "BF16":  # the upper half of a float32
            return (values.astype(np.uint32) << 16).view(np.float32)
        values = values.astype(np.float32, copy=False)
        return np.require(values, requirements=["C", "A"])

    def give_back_pages(self) -> None:
        """Let the system take back the pages that were read; those still in use are read again when they are."""
        for mapped in self._maps:
            if hasattr(mmap, "MADV_DONTNEED"):
                mapped.madvise(mmap.MADV_DONTNEED)

    def _find(self, name: str) -> _Tensor | None:
        names = [self.prefix + name, name]
        for new, old in _NORM_NAMES:
            if name.endswith(new):
                names += [each.removesuffix(new) + old for each in names]
        return next((self._tensors[each] for each in names if each in self._tensors), None)

    def _add(self, file: Path) -> None:
        try:
            with open(file, "rb") as stream:
                mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError as error:
            raise InputError(f"{file}: is missing, {INDEX} names it: copy all files of the model") from error
        except ValueError as error:  # what mmap says of an empty file
            raise InputError(f"{file}: is empty: copy the file again") from error
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror or error}") from error
        self._maps.append(mapped)
        for name, entry in read_header(mapped, file).items():
            if name != "__metadata__":
                self._tensors[name] = _tensor(mapped, name, entry, file)


def read_header(data: mmap.mmap, file: Path) -> dict:
    """The header of a safetensors file, tensor name → {"dtype", "shape", "data_offsets"}; offsets made absolute."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, _HEADER_LIMIT):
        # What a clone without git-lfs leaves in place of large files.
        if data[:40].startswith(b"version https://git-lfs"):
            raise InputError(f"{file}: is a pointer of git-lfs, not the weights: run `git lfs pull` in its folder")
        raise InputError(f"{file}: is no safetensors file, or cut off: copy the file again")
    try:
        header = json.loads(data[8 : 8 + size])
        for name, entry in header.items():
            if name != "__metadata__":
                entry["data_offsets"] = [int(offset) + 8 + size for offset in entry["data_offsets"]]
                entry["shape"] = tuple(int(length) for length in entry["shape"])
                if len(entry["data_offsets"]) != 2:
                    raise ValueError("a tensor has a beginning and an end")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"{file}: has a broken header: copy the file again") from error
    return header


def _tensor(mapped: mmap.mmap, name: str, entry: dict, file: Path) -> _Tensor:
    begin, end = entry["data_offsets"]
    dtype, shape = str(entry.get("dtype")), entry["shape"]
    if not 8 <= begin <= end <= len(mapped):
        raise InputError(f"{file}: tensor {name!r} ends behind the end of the file: it is cut off, copy it again")
    if dtype in _DTYPES and end - begin != np.dtype(_DTYPES[dtype]).itemsize * math.prod(shape):
        raise InputError(f"{file}: tensor {name!r} has not as many bytes as its shape asks for: copy the file again")
    return _Tensor(np.frombuffer(mapped, np.uint8, end - begin, begin), dtype, shape, file)


def has_weights(directory: Path) -> bool:
    """Whether `directory` holds its weights as safetensors."""
    return (directory / SINGLE).is_file() or (directory / INDEX).is_file()


def weight_files(directory: Path) -> list[Path]:
    """The safetensors files of `directory`: the single one, or those that its index names.

    Raises
    ------
    InputError : there are none; the message says how to make them from what lies there instead.
    """
    if (directory / SINGLE).is_file():
        return [directory / SINGLE]
    index = directory / INDEX
    if not index.is_file():
        raise InputError(f"{directory}: {_cure(directory)}")
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError, OSError) as error:
        raise InputError(f"{index}: is no index of safetensors files: copy the file again") from error
    for name in names:
        if Path(name).name != name:
            raise InputError(f"{index}: names {name!r}, which is outside of its folder")
    if not names:
        raise InputError(f"{index}: names no files: copy the file again")
    return [directory / name for name in names]


def _cure(directory: Path) -> str:
    """What lies in a directory without safetensors, and the command that converts it."""
    pickle = directory / "pytorch_model.bin"
    if pickle.is_file():
        return (
            "has its weights in pytorch_model.bin alone, a pickle, which is not read; convert it where torch is: "
            'python -c "import torch; from safetensors.torch import save_file; '
            f"w = torch.load('{pickle}', weights_only=True); "
            f"save_file({{k: v.clone() for k, v in w.items()}}, '{directory / SINGLE}', {{'format': 'pt'}})\""
        )
    if any(directory.glob("*.ckpt*")):
        return (
            "has a TensorFlow checkpoint alone, which is not read; convert it where torch and tensorflow are: "
            "python -m transformers.models.bert.convert_bert_original_tf_checkpoint_to_pytorch (transformers 4), "
            f"then write the result as {SINGLE}"
        )
    if (directory / "tf_model.h5").is_file():
        return (
            "has its weights in tf_model.h5 alone, which is not read; convert it where torch, tensorflow and "
            'transformers 4 are: python -c "from transformers import AutoModel; '
            f"AutoModel.from_pretrained('{directory}', from_tf=True).save_pretrained('{directory}')\""
        )
    return f"has neither {SINGLE} nor model.onnx: copy the weights there"
