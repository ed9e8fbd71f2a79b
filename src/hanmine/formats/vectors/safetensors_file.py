"""The safetensors format: the length of a JSON header, the header, then the elements of all tensors.

The header is read here and not by the package, whose numpy door knows no bfloat16 and maps the whole file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.vectors.choice import chosen
from hanmine.formats.vectors.matrix import BFLOAT16, StoredMatrix, check_matrix, check_size
from hanmine.formats.vectors.npy import one_line

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

LONGEST_HEADER = 100_000_000  # bytes, as the package has it
_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": BFLOAT16,
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}


@dataclass(frozen=True)
class Tensor:
    """One entry of the header: type and shape as the file says, place in bytes behind the header."""

    type: str
    shape: tuple[int, ...]
    begin: int
    end: int

    def __str__(self) -> str:
        return f"{self.type} {self.shape}"


def safetensors_matrix(file: StoredFile, array: str | None) -> StoredMatrix:
    """The tensor called `array`, or the only matrix, of a safetensors file.

    Raises
    ------
    InputError : the header is damaged, the tensor is no matrix of numbers, or the file is cut short.
    UsageError : several tensors are matrices and none was named, or the named one is missing.
    """
    size = int.from_bytes(file.read(0, 8), "little")
    tensors = _tensors(file.read(8, min(size, LONGEST_HEADER)), size, file.name)
    fits = {key: tensor for key, tensor in tensors.items() if len(tensor.shape) == 2 and tensor.type in _TYPES}
    name = chosen(
        file.name,
        array,
        {key: str(tensor) for key, tensor in fits.items()},
        {key: str(tensor) for key, tensor in tensors.items() if key not in fits},
        "array",
    )
    tensor = tensors[name]
    where = f"{file.name}: array {name!r}"
    stored = _stored(tensor, where)
    check_matrix(where, tensor.shape, stored)
    itemsize = 2 if isinstance(stored, str) else stored.itemsize
    needed = tensor.shape[0] * tensor.shape[1] * itemsize
    if tensor.end - tensor.begin != needed:
        raise _damaged(file.name, f"array {name!r} has {tensor.end - tensor.begin} bytes for shape {tensor.shape}")
    check_size(where, tensor.shape, itemsize, min(needed, max(0, file.size - 8 - size - tensor.begin)))
    return StoredMatrix(file, 8 + size + tensor.begin, tensor.shape, stored)


def _stored(tensor: Tensor, where: str) -> np.dtype | str:
    import numpy as np

    if tensor.type not in _TYPES:
        raise InputError(f"{where}: holds elements of type {tensor.type}: save it as F16, F32 or F64")
    found = _TYPES[tensor.type]
    return found if found == BFLOAT16 else np.dtype(found)


def _tensors(header: bytes, size: int, name: str) -> dict[str, Tensor]:
    if len(header) < size:
        raise _damaged(name, "it ends early")
    try:
        entries = json.loads(header)
        return {key: _tensor(entry) for key, entry in entries.items() if key != "__metadata__"}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise _damaged(name, one_line(error)) from error


def _tensor(entry: dict[str, Any]) -> Tensor:
    shape = tuple(int(length) for length in entry["shape"])
    begin, end = (int(place) for place in entry["data_offsets"])
    if begin < 0 or end < begin or min(shape, default=0) < 0:
        raise ValueError("a tensor lies at no place")
    return Tensor(str(entry["dtype"]), shape, begin, end)


def _damaged(name: str, reason: str) -> InputError:
    return InputError(f"{name}: its safetensors header is damaged ({reason}): write or fetch it again")
