"""Vectors written as a stream of blocks, in any of the formats; the whole matrix is never held."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanmine.errors import OutputError

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.tables import ByteSink
    from hanmine.formats.vectors.parquet import OtherColumns

_SAFETENSORS_TYPES = {"float16": "F16", "float32": "F32", "float64": "F64"}
# Digits that tell every number of a type from its neighbours.
_DIGITS = {"float16": 5, "float32": 9, "float64": 17}
_TEXT_NUMBERS = 1 << 18  # formatted at a time


@dataclass(frozen=True)
class Plan:
    """What is to be written: `blocks` of native C-contiguous rows that add up to `rows`, with their names."""

    blocks: Iterator[np.ndarray]
    rows: int
    dimensions: int
    dtype: np.dtype
    names: Sequence[str] | None
    table: OtherColumns | None
    array: str


def write_vectors(
    stream: ByteSink,
    format: str,
    blocks: Iterable[np.ndarray],
    *,
    rows: int,
    dimensions: int,
    dtype: Any,
    names: Sequence[str] | None = None,
    table: OtherColumns | None = None,
    array: str = "vectors",
) -> None:
    """Write blocks of rows as one matrix.

    Parameters
    ----------
    format : one of `VECTOR_FORMATS`.
    blocks : arrays [any, `dimensions`]; `rows` rows in all. They are converted to `dtype` (float16, 32 or 64) and not
        written to.
    names : a word for each row, for word2vec and, without `table`, as the column `word` of Parquet; without names
        word2vec rows are called by their number.
    table : `VectorFiles.other_columns()`, for Parquet alone: the other columns of the input, of which those of dropped
        rows are left out by its `kept`.
    array : the name of the array or column; a `table` brings the name of its own.

    Raises
    ------
    OutputError : a word that the format cannot hold.
    MissingExtraError : Parquet without pyarrow.
    ValueError : the blocks have another shape than was said.
    """
    import numpy as np

    writers: dict[str, Callable[[ByteSink, Plan], None]] = {
        "npy": _write_npy,
        "npz": _write_npz,
        "safetensors": _write_safetensors,
        "parquet": _write_parquet,
        "word2vec": _write_word2vec,
        "word2vec-binary": _write_word2vec_binary,
    }
    if format not in writers:
        raise ValueError(f"unknown format of vectors {format!r}")
    type = np.dtype(dtype)
    if names is not None and len(names) != rows:
        raise ValueError(f"{len(names)} names for {rows} rows")
    checked = _checked(blocks, rows, dimensions, type)
    writers[format](stream, Plan(checked, rows, dimensions, type, names, table, array))


def _checked(blocks: Iterable[np.ndarray], rows: int, dimensions: int, dtype: np.dtype) -> Iterator[np.ndarray]:
    """The blocks in native C order, and an error where they do not add up: that would be a file that says otherwise."""
    import numpy as np

    count = 0
    for block in blocks:
        if block.ndim != 2 or block.shape[1] != dimensions:
            raise ValueError(f"a block of shape {block.shape} where {dimensions} dimensions were announced")
        count += len(block)
        if count > rows:
            raise ValueError(f"more than the {rows} rows that were announced")
        with np.errstate(over="ignore"):  # what is too large for the type is inf
            converted = np.ascontiguousarray(block, dtype)
        yield converted  # outside: a generator that is thrown away must not end what belongs to another context
    if count != rows:
        raise ValueError(f"{count} rows where {rows} were announced")


def _little_endian(block: np.ndarray) -> bytes:
    return block.astype(block.dtype.newbyteorder("<"), copy=False).tobytes()


def _npy_header(plan: Plan) -> bytes:
    import io

    from numpy.lib import format as npy

    header = io.BytesIO()
    shape = (plan.rows, plan.dimensions)
    npy.write_array_header_1_0(header, {"descr": f"<f{plan.dtype.itemsize}", "fortran_order": False, "shape": shape})
    return header.getvalue()


def _write_npy(stream: ByteSink, plan: Plan) -> None:
    stream.write(_npy_header(plan))
    for block in plan.blocks:
        stream.write(_little_endian(block))


class _SinkFile:
    """A sink as a file object that can be written to and tells nothing of places; closing leaves the sink open."""

    def __init__(self, stream: ByteSink) -> None:
        self._stream = stream
        self._count = 0
        self.closed = False

    def write(self, data: Any) -> int:
        written = bytes(data)
        self._stream.write(written)
        self._count += len(written)
        return len(written)

    def flush(self) -> None:
        """Nothing: the sink belongs to the caller."""

    def close(self) -> None:
        self.closed = True


class _CountingFile(_SinkFile):
    """The same for pyarrow, which asks how far it is."""

    def tell(self) -> int:
        return self._count


def _write_npz(stream: ByteSink, plan: Plan) -> None:
    import zipfile

    # Without `tell` zipfile streams, to a file as to a pipe: the same bytes for both.
    with zipfile.ZipFile(_SinkFile(stream), "w", zipfile.ZIP_STORED) as archive:
        member = zipfile.ZipInfo(plan.array + ".npy")
        with archive.open(member, "w", force_zip64=True) as part:
            _write_npy(part, plan)


def _write_safetensors(stream: ByteSink, plan: Plan) -> None:
    size = plan.rows * plan.dimensions * plan.dtype.itemsize
    entry = {
        "dtype": _SAFETENSORS_TYPES[plan.dtype.name],
        "shape": [plan.rows, plan.dimensions],
        "data_offsets": [0, size],
    }
    header = json.dumps({plan.array: entry}, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    header += b" " * (-len(header) % 8)
    stream.write(len(header).to_bytes(8, "little") + header)
    for block in plan.blocks:
        stream.write(_little_endian(block))


def _write_parquet(stream: ByteSink, plan: Plan) -> None:
    from hanmine.formats.vectors.parquet_write import write_parquet

    write_parquet(_CountingFile(stream), plan)


def _words(plan: Plan) -> Iterator[str]:
    """The word of each row.

    Raises
    ------
    OutputError : a word that would end at its first space, or be none.
    """
    if plan.names is None:
        yield from map(str, range(plan.rows))
        return
    for row, word in enumerate(plan.names):
        if word.split() != [word]:
            raise OutputError(
                f"row {row}: the word {word!r} is empty or holds white space, which word2vec files cannot: "
                "write another format, or replace the white space"
            )
        yield word


def _write_word2vec(stream: ByteSink, plan: Plan) -> None:
    stream.write(f"{plan.rows} {plan.dimensions}\n".encode())
    words = _words(plan)
    row = "%s" + f" %.{_DIGITS[plan.dtype.name]}g" * plan.dimensions + "\n"
    step = max(1, _TEXT_NUMBERS // max(1, plan.dimensions))
    for block in plan.blocks:
        for start in range(0, len(block), step):
            values = block[start : start + step].tolist()
            cells = tuple(cell for numbers in values for cell in (next(words), *numbers))
            stream.write(((row * len(values)) % cells).encode("utf-8"))


def _write_word2vec_binary(stream: ByteSink, plan: Plan) -> None:
    stream.write(f"{plan.rows} {plan.dimensions}\n".encode())
    words = _words(plan)
    width = 4 * plan.dimensions
    for block in plan.blocks:
        data = block.astype("<f4", copy=False).tobytes()
        rows = (data[place : place + width] for place in range(0, len(data), width))
        stream.write(b"".join(part for row in rows for part in (next(words).encode("utf-8"), b" ", row, b"\n")))
