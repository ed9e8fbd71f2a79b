"""Files, patterns, pipes and arrays as one matrix of vectors, of which any block of rows can be read."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from hanmine.errors import InputError, UsageError
from hanmine.formats.sources import Opened, Opener, expanded
from hanmine.formats.stored import StoredFile, Stream
from hanmine.formats.vectors.detect import ENOUGH, TEXT_ROWS, format_of
from hanmine.formats.vectors.matrix import native_dtype
from hanmine.formats.vectors.spool import Spool

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.vectors.parquet import OtherColumns, ParquetInput
    from hanmine.formats.vectors.word2vec_read import Read
    from hanmine.progress import Progress


_SINGLE = ("npy", "word2vec", "word2vec-binary", "numbers")  # formats of one array, without a name
MANY_FILES = 128  # more are opened for each block again: systems limit how many are open at once


class Matrix(Protocol):
    """The rows of one input."""

    shape: tuple[int, int]
    dtype: np.dtype

    def rows(self, start: int, stop: int) -> np.ndarray: ...


@dataclass(frozen=True)
class Part:
    """One input and its place in the whole.

    Attributes
    ----------
    names : a word for each row, where the format has them.
    bytes : as stored.
    file : its path, or the descriptor of standard input.
    table : the Parquet file whose other columns can be kept.
    messages : what a user should know of how it was read.
    total : rows that the input has, where not all were read; None where it does not say.
    """

    name: str
    format: str
    matrix: Matrix
    names: list[str] | None = None
    bytes: int = 0
    file: Path | int | None = None
    table: ParquetInput | None = None
    total: int | None = None
    messages: tuple[str, ...] = ()


class VectorFiles:
    """The rows of all inputs, one below the other.

    Attributes
    ----------
    shape : (n, d).
    dtype : float16, float32 or float64; the widest of the inputs.
    names : the words of word2vec inputs, or None where not all inputs have them.
    inputs : a dict for each input: name, format, rows, dimensions, dtype, bytes (as stored).
    files : the paths, and the descriptor of standard input.
    total : rows of all inputs, read or not (see `open_vectors`); None where an input does not say.
    messages : what a user should know of how they were read.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        import numpy as np

        first = parts[0]
        dimensions = first.matrix.shape[1]
        for part in parts:
            if part.matrix.shape[1] != dimensions:
                raise InputError(
                    f"{part.name}: has {part.matrix.shape[1]} dimensions, but {first.name} has {dimensions}: "
                    "pass files of one width"
                )
        self._parts = list(parts)
        self._starts = [0, *accumulate(part.matrix.shape[0] for part in parts)]
        self.shape = (self._starts[-1], dimensions)
        totals = [part.total for part in parts]
        self.total = None if None in totals else sum(totals)
        if not self.shape[0]:
            raise InputError(f"{first.name}: has no rows (shape {self.shape}): check what wrote it")
        self.dtype = np.result_type(*(part.matrix.dtype for part in parts))
        named = [part.names for part in parts if part.names is not None]
        self.names = [word for names in named for word in names] if len(named) == len(parts) else None
        self.inputs = [_described(part) for part in parts]
        self.messages = [message for part in parts for message in part.messages]
        self.files = [part.file for part in parts if part.file is not None]

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows [start, stop) as a C-contiguous array [stop - start, d] of `dtype`, which must not be written to.

        Reads only these rows; several threads may call it at once. Positions beyond the last row are cut off.
        """
        import numpy as np

        start, stop = max(0, min(start, self.shape[0])), max(0, min(stop, self.shape[0]))
        first = max(0, bisect_right(self._starts, start) - 1)
        blocks = []
        for part, begin, end in zip(self._parts[first:], self._starts[first:], self._starts[first + 1 :], strict=False):
            if begin >= stop:
                break
            low, high = max(start, begin), min(stop, end)
            if low < high:
                block = part.matrix.rows(low - begin, high - begin)
                blocks.append(block.astype(self.dtype, copy=False))
        if len(blocks) == 1:
            return blocks[0]
        return np.concatenate(blocks) if blocks else np.empty((0, self.shape[1]), self.dtype)

    def where(self, row: int) -> str:
        """The input that holds a row and the row's number in it, such as "b.npy: row 17"; rows are counted from 0."""
        part = bisect_right(self._starts, row) - 1
        return f"{self._parts[part].name}: row {row - self._starts[part]}"

    def other_columns(self) -> OtherColumns | None:
        """What `write_vectors` needs to keep the other columns of Parquet inputs; None where an input is none.

        Raises
        ------
        InputError : the files have different other columns.
        """
        tables = [part.table for part in self._parts if part.table is not None]
        if len(tables) < len(self._parts):
            return None
        from hanmine.formats.vectors.parquet import OtherColumns

        return OtherColumns.of(tables)


def _described(part: Part) -> dict[str, Any]:
    rows, dimensions = part.matrix.shape
    return {
        "name": part.name,
        "format": part.format,
        "rows": rows,
        "dimensions": dimensions,
        "dtype": part.matrix.dtype.name,
        "bytes": part.bytes,
    }


@contextmanager
def open_vectors(
    sources: Sequence[Any],
    *,
    array: str | None = None,
    first: int | None = None,
    errors: str = "strict",
    tmpdir: Path | str | None = None,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Iterator[VectorFiles]:
    """The matrix that `sources` make up, open until the block ends.

    npy, safetensors and uncompressed npz files are read where they are. Pipes, archives, compressed files, word2vec
    and Parquet are first copied to a temporary file without a name.

    Parameters
    ----------
    sources : paths, glob patterns, "-" for standard input (once), or arrays; several are one matrix, rows in order.
    array : the array of an npz or safetensors file, the column of a Parquet or CSV file, or the field of JSON Lines;
        needed where several would do.
    first : of an input that is copied row by row (word2vec, text) no more rows than so many are read.
    errors : at names of rows that are no UTF-8: "strict", "replace" (U+FFFD in their place) or "skip" (the row).
    tmpdir : the folder of the temporary file.
    stdin : what "-" reads instead of the process's own standard input.
    progress : is told how much of inputs was copied.

    Raises
    ------
    InputError : an input is missing, empty, damaged, of no known format or no matrix, or the widths differ.
    UsageError : `array` is needed, or names nothing, or the format has no names. OutputError : the temporary folder is
        missing or full.
    MissingExtraError : a Parquet file without pyarrow.
    """
    if isinstance(sources, str | os.PathLike) or hasattr(sources, "ndim"):
        sources = [sources]
    with ExitStack() as stack:
        spool = Spool(tmpdir, progress)
        stack.callback(spool.close)
        found = expanded(sources)
        opener = Opener(stdin, stack, keep_open=len(found) <= MANY_FILES)
        parts = [
            _part(opener.open(source), array, spool, first, errors)
            if isinstance(source, str | os.PathLike)
            else Part("<array>", "array", (given := _InMemory(source)), total=given.shape[0])
            for source in found
        ]
        yield VectorFiles(parts)


def _part(found: Opened, array: str | None, spool: Spool, first: int | None, errors: str) -> Part:
    data = found.source
    head = data.head(ENOUGH)
    format = format_of(head, data.name)
    table = None
    if array is not None and format in _SINGLE:
        raise UsageError(f"--array {array}: {data.name} is {format} and holds a single array: leave the name out")
    if format in ("word2vec", "word2vec-binary"):
        from hanmine.formats.vectors.word2vec_read import read_binary, read_text

        read = (read_text if format == "word2vec" else read_binary)(data, head, spool, first, errors)
        return _of_read(found, format, read)
    if format in TEXT_ROWS:
        from hanmine.formats.vectors.text_rows import read_rows

        return _of_read(found, format, read_rows(data, format, spool, array=array, first=first, errors=errors))
    if format == "npy":
        from hanmine.formats.vectors.npy import check_header, npy_matrix, read_header

        check_header(read_header(head, data.name), data.name)  # before all of a pipe is copied
        matrix = npy_matrix(_kept(data, spool))
    elif format == "npz":
        from hanmine.formats.vectors.npz import npz_matrix

        matrix = npz_matrix(_kept(data, spool), array, spool)
    elif format == "safetensors":
        from hanmine.formats.vectors.safetensors_file import safetensors_matrix

        matrix = safetensors_matrix(_kept(data, spool), array)
    else:
        from hanmine.formats.vectors.parquet import parquet_matrix

        matrix, table = parquet_matrix(_kept(data, spool), array, spool)
    return Part(data.name, format, matrix, None, found.stored_bytes, found.file, table, matrix.shape[0])


def _of_read(found: Opened, format: str, read: Read) -> Part:
    name, stored = found.source.name, found.stored_bytes
    return Part(name, format, read.matrix, read.names, stored, found.file, None, read.total, tuple(read.messages))


def _kept(data: StoredFile | Stream, spool: Spool) -> StoredFile:
    """A file that can be read at any place: the input itself, or a copy of the stream."""
    return data if isinstance(data, StoredFile) else spool.keep(data.chunks(), data.name)


class _InMemory:
    """An array, or what numpy makes one of, as the rows of an input."""

    def __init__(self, given: Any) -> None:
        import numpy as np

        from hanmine.formats.vectors.matrix import check_matrix

        self._array = np.asarray(given)
        check_matrix("<array>", self._array.shape, self._array.dtype)
        self.shape = self._array.shape
        self.dtype = native_dtype(self._array.dtype)

    def rows(self, start: int, stop: int) -> np.ndarray:
        import numpy as np

        return np.ascontiguousarray(self._array[start:stop], self.dtype)
