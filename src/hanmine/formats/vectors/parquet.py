"""A column of lists in Parquet as a matrix, and the other columns of the same rows kept for writing.

pyarrow is the extra `parquet`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError, MissingExtraError
from hanmine.formats.vectors.choice import chosen
from hanmine.formats.vectors.matrix import StoredMatrix, native_dtype
from hanmine.formats.vectors.npy import one_line

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from hanmine.formats.stored import StoredFile
    from hanmine.formats.vectors.spool import Spool

_BATCH = 4096  # rows


@dataclass(frozen=True)
class ParquetInput:
    """A Parquet file and the column whose lists are the vectors."""

    file: StoredFile
    column: str
    schema: pa.Schema
    rows: int

    @property
    def other_fields(self) -> list[pa.Field]:
        return [field for field in self.schema if field.name != self.column]


def pyarrow() -> Any:
    """The package.

    Raises
    ------
    MissingExtraError : it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("Parquet", "parquet") from error
    return pyarrow


def parquet_matrix(file: StoredFile, array: str | None, spool: Spool) -> tuple[StoredMatrix, ParquetInput]:
    """The matrix of the list column called `array`, or of the only one with floats, copied to the spool.

    Raises
    ------
    InputError : the file is damaged, the column holds no lists of numbers, or a row is null, has a null, or another
        length than the first; with the row, counted from 0.
    UsageError : several columns would do and none was named, or the named one is missing.
    MissingExtraError : pyarrow is not installed.
    """
    pa = pyarrow()
    try:
        parquet = _parquet_file(file)
        column = _choice(file.name, array, parquet.schema_arrow)
        where = f"{file.name}: column {column!r}"
        start, rows, dimensions, dtype = spool.length, 0, None, None
        spool.phase(file.name, None)
        for batch in parquet.iter_batches(_BATCH, columns=[column]):
            block = _block(batch.column(0), where, rows, dimensions)
            rows, dimensions, dtype = rows + len(block), block.shape[1], block.dtype
            spool.append(block)
            spool.advance(block.nbytes)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file.name, error) from error
    if dimensions is None:
        raise InputError(f"{where}: has no rows: check what wrote the file")
    matrix = StoredMatrix(spool.stretch(start, file.name), 0, (rows, dimensions), dtype)
    return matrix, ParquetInput(file, column, parquet.schema_arrow, rows)


def _parquet_file(file: StoredFile) -> Any:
    # The buffer keeps a large row group from being read whole.
    return pyarrow().parquet.ParquetFile(file.as_file(), buffer_size=1 << 20, pre_buffer=False)


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(f"{name}: the Parquet file cannot be read ({one_line(error)}): write or fetch it again")


def _choice(name: str, array: str | None, schema: pa.Schema) -> str:
    floats = {field.name: str(field.type) for field in schema if _element(field.type) == "float"}
    integers = {field.name: str(field.type) for field in schema if _element(field.type) == "integer"}
    fits = floats or integers  # lists of integers beside floats are token ids and the like
    return chosen(name, array, fits, {f.name: str(f.type) for f in schema if f.name not in fits}, "column")


def _element(type: pa.DataType) -> str | None:
    """ "float" or "integer" for lists of these, and for tensors of one axis, else None."""
    pa = pyarrow()
    types = pa.types
    if isinstance(type, pa.FixedShapeTensorType) and len(type.shape) == 1:
        type = type.storage_type
    if not (types.is_list(type) or types.is_large_list(type) or types.is_fixed_size_list(type)):
        return None
    if types.is_floating(type.value_type):
        return "float"
    return "integer" if types.is_integer(type.value_type) else None


def _block(column: pa.Array, where: str, first: int, dimensions: int | None) -> np.ndarray:
    """A batch of lists as native [rows, d]."""
    import numpy as np

    if _element(column.type) is None:
        raise InputError(f"{where}: holds {column.type}: vectors are lists of numbers: name such a column with --array")
    column = getattr(column, "storage", column)  # of tensors
    if column.null_count:
        row = first + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise InputError(f"{where}: row {row} is null: fill or remove the row")
    values = column.flatten()  # of this slice alone
    lengths = _lengths(column)
    dimensions = int(lengths[0]) if dimensions is None else dimensions
    if not dimensions:
        raise InputError(f"{where}: row {first} is an empty list: remove the row")
    if (lengths != dimensions).any():
        row = int(np.argmax(lengths != dimensions))
        raise InputError(
            f"{where}: row {first + row} has {lengths[row]} numbers where {dimensions} are expected: "
            "correct or remove the row"
        )
    if values.null_count:
        place = int(np.argmax(values.is_null().to_numpy(zero_copy_only=False)))
        raise InputError(f"{where}: row {first + place // dimensions} holds a null: fill or remove the row")
    found = values.to_numpy(zero_copy_only=False).reshape(-1, dimensions)
    return np.ascontiguousarray(found, native_dtype(found.dtype))


def _lengths(column: pa.Array) -> np.ndarray:
    import numpy as np

    if pyarrow().types.is_fixed_size_list(column.type):
        return np.full(len(column), column.type.list_size)
    return np.diff(column.offsets.to_numpy())


@dataclass(frozen=True)
class OtherColumns:
    """The columns of Parquet inputs beside the vectors, which are read again, a batch at a time, when they are written.

    Attributes
    ----------
    keep : a boolean mask over the rows of all inputs, or None for all of them.
    """

    inputs: tuple[ParquetInput, ...]
    keep: np.ndarray | None = None

    @classmethod
    def of(cls, inputs: Sequence[ParquetInput]) -> OtherColumns:
        """The columns of several files one below the other.

        Raises
        ------
        InputError : they are not the same in all files.
        """
        for other in inputs[1:]:
            first = inputs[0]
            if (other.column, other.other_fields) != (first.column, first.other_fields):
                raise InputError(
                    f"{other.file.name}: has other columns than {first.file.name}: "
                    "pass files with the same columns, or write another format than Parquet"
                )
        return cls(tuple(inputs))

    def kept(self, rows: np.ndarray) -> OtherColumns:
        """The same columns of some rows: a boolean mask over all rows, or ascending indices."""
        import numpy as np

        rows = np.asarray(rows)
        mask = np.zeros(sum(given.rows for given in self.inputs), bool)
        mask[rows] = True
        return replace(self, keep=mask)

    @property
    def column(self) -> str:
        """The name of the column with the vectors."""
        return self.inputs[0].column

    @property
    def schema(self) -> pa.Schema:
        """The columns of the first input, the vectors among them at their place."""
        return self.inputs[0].schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The other columns of the kept rows."""
        pa = pyarrow()
        place = 0
        for given in self.inputs:
            names = [field.name for field in given.other_fields]
            try:
                for batch in _parquet_file(given.file).iter_batches(_BATCH, columns=names):
                    mask = None if self.keep is None else self.keep[place : place + batch.num_rows]
                    place += batch.num_rows
                    yield batch if mask is None else batch.filter(pa.array(mask))
            except (pa.ArrowException, OSError) as error:
                raise _damaged(given.file.name, error) from error
