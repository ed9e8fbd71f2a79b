"""Vectors as a column of fixed-size lists in Parquet, beside the other columns of the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hanmine.formats.vectors.parquet import pyarrow

if TYPE_CHECKING:
    import pyarrow as pa

    from hanmine.formats.vectors.write import Plan

GROUP_BYTES = 1 << 24  # of vectors in a row group: several thousand rows
_WORD = "word"
_NAMES = 1 << 16  # words turned to Arrow at a time


def write_parquet(file: Any, plan: Plan) -> None:
    """Write the plan's blocks, with the other columns of `plan.table` or the names as column `word`.

    `file` is a file object. The lists have a fixed size, which other tools read as plain lists.

    Raises
    ------
    MissingExtraError : pyarrow is not installed.
    """
    pa = pyarrow()
    name = plan.table.column if plan.table is not None else plan.array
    # The size is no part of the Parquet file's own schema but of Arrow's, which is kept beside it.
    vectors = pa.field(name, pa.list_(pa.from_numpy_dtype(plan.dtype), plan.dimensions))
    schema = _schema(vectors, plan)
    others = _Others(plan)
    per_group = max(1, GROUP_BYTES // (plan.dimensions * plan.dtype.itemsize))
    text = [field.name for field in schema if field.name != name]
    with pa.parquet.ParquetWriter(file, schema, compression="zstd", use_dictionary=text, write_statistics=text) as out:
        for block in _regrouped(plan.blocks, per_group):
            flat = pa.array(block.reshape(-1))
            column = pa.FixedSizeListArray.from_arrays(flat, plan.dimensions)
            columns = others.take(len(block))
            arrays = [column if field.name == name else columns[field.name] for field in schema]
            out.write_table(pa.table(arrays, schema=schema), row_group_size=per_group)
        others.finish()


def _schema(vectors: pa.Field, plan: Plan) -> pa.Schema:
    pa = pyarrow()
    if plan.table is None:
        return pa.schema([vectors] if plan.names is None else [pa.field(_WORD, pa.string()), vectors])
    schema = plan.table.schema
    place = schema.get_field_index(vectors.name)
    # What Hugging Face's datasets noted down about the columns says the old width.
    metadata = {key: value for key, value in (schema.metadata or {}).items() if key != b"huggingface"}
    return schema.set(place, vectors).with_metadata(metadata or None)


def _regrouped(blocks: Iterator, rows: int) -> Iterator:
    """The blocks cut and joined to groups of `rows` rows, the last one smaller."""
    import numpy as np

    waiting, count = [], 0
    for block in blocks:
        while len(block):
            part, block = block[: rows - count], block[rows - count :]
            waiting.append(part)
            count += len(part)
            if count == rows:
                yield np.concatenate(waiting)
                waiting, count = [], 0
    if waiting:
        yield np.concatenate(waiting)


class _Others:
    """The other columns, handed out as many rows at a time as the vectors need."""

    def __init__(self, plan: Plan) -> None:
        pa = pyarrow()
        if plan.table is not None:
            fields = [field for field in plan.table.schema if field.name != plan.table.column]
            batches = plan.table.batches() if fields else iter(())
        elif plan.names is not None:
            fields, batches = [pa.field(_WORD, pa.string())], _words(plan.names)
        else:
            fields, batches = [], iter(())
        self._fields = pa.schema(fields)
        self._batches = batches
        self._waiting: list[pa.RecordBatch] = []

    def take(self, rows: int) -> dict[str, pa.ChunkedArray]:
        """The columns of the next `rows` rows by name; ValueError if there are fewer."""
        pa = pyarrow()
        if not self._fields.names:
            return {}
        taken, count = [], 0
        while count < rows:
            batch = self._waiting.pop() if self._waiting else next(self._batches, None)
            if batch is None:
                raise ValueError(f"{rows - count} rows of vectors have no row of the other columns")
            taken.append(batch.slice(0, rows - count))
            count += taken[-1].num_rows
            if taken[-1].num_rows < batch.num_rows:
                self._waiting.append(batch.slice(taken[-1].num_rows))
        columns = {}
        for place, field in enumerate(self._fields):
            columns[field.name] = pa.chunked_array([batch.column(place) for batch in taken], field.type)
        return columns

    def finish(self) -> None:
        """ValueError if rows are left over."""
        if self._waiting or any(batch.num_rows for batch in self._batches):
            raise ValueError("the other columns have more rows than the vectors")


def _words(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    pa = pyarrow()
    for start in range(0, len(names), _NAMES):
        words = pa.array(names[start : start + _NAMES], pa.string())
        yield pa.record_batch([words], names=[_WORD])
