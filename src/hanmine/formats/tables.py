r"""Tables written as tsv, csv, jsonl, json or a plain list of words.

A table is a mapping of column name -> array (or sequence) with one entry a row. All formats are UTF-8 with "\n" at the
end of a line on every system, and depend on no locale.

tsv    a header; a cell that holds a tab, a quotation mark or a line break stands in quotation marks, which are doubled
       inside: RFC 4180 with tabs, as pandas, polars, R and spreadsheets read it. `hanmine.text.records` reads it too
csv    the same with commas; a text cell that begins with = + - @ TAB or CR, which spreadsheets would run as a formula,
       is escaped by a leading apostrophe; numbers are untouched; `bom` helps Excel know UTF-8
jsonl  an object a line
json   an array of such objects
words  the column `word`, one a line

Reals have 4 decimals in tsv and csv (inf, -inf, nan as such) and at most 6 in JSON (null where not finite).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    Table = Mapping[str, np.ndarray | Sequence]

CHUNK_ROWS = 8192


class ByteSink(Protocol):
    """What the writers write to."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True)
class Column:
    """A column ready to be written: `kind` is "text", "integer" or "real"."""

    name: str
    kind: str
    values: np.ndarray


def columns_of(table: Table) -> list[Column]:
    """The columns of `table` with their kinds; ValueError where their lengths differ."""
    import numpy as np

    columns = []
    for name, given in table.items():
        values = given if isinstance(given, np.ndarray) else np.asarray(given, dtype=_object_if_text(given))
        kind = {"f": "real", "i": "integer", "u": "integer", "b": "integer"}.get(values.dtype.kind, "text")
        columns.append(Column(name, kind, values))
    if len({len(column.values) for column in columns}) > 1:
        raise ValueError("the columns of a table must have the same length")
    return columns


def _object_if_text(values: Sequence) -> type | None:
    return object if len(values) == 0 or isinstance(values[0], str) else None


def _chunks(columns: list[Column], cells: Callable[[Column, np.ndarray], list]) -> Iterator[list[list]]:
    """The cells of `CHUNK_ROWS` rows at a time, a list per column."""
    rows = len(columns[0].values) if columns else 0
    for start in range(0, rows, CHUNK_ROWS):
        yield [cells(column, column.values[start : start + CHUNK_ROWS]) for column in columns]


def _write_rows(stream: ByteSink, pattern: str, chunks: Iterator[list[list]]) -> None:
    """Write each row as `pattern` % its cells: one formatting a chunk is several times faster than one a row."""
    for lists in chunks:
        text = (pattern * len(lists[0])) % tuple(chain.from_iterable(zip(*lists, strict=True)))
        stream.write(text.encode("utf-8"))


def _without_negative_zero(values: np.ndarray, decimals: int) -> np.ndarray:
    """A copy in which what would print as -0.0000 is 0."""
    values = values.astype("float64")
    values[(values <= 0) & (values >= -0.5 * 10.0**-decimals)] = 0.0
    return values


def _delimited_cells(escape: Callable[[list[str]], list[str]]) -> Callable[[Column, np.ndarray], list]:
    def cells(column: Column, values: np.ndarray) -> list:
        if column.kind == "text":
            return escape(["" if value is None else str(value) for value in values.tolist()])
        if column.kind == "real":
            return _without_negative_zero(values, 4).tolist()
        return values.tolist()

    return cells


_CELL_PATTERN = {"text": "%s", "integer": "%d", "real": "%.4f"}


def _quoted(cells: list[str], separator: str, alone: bool) -> list[str]:
    """The cells in quotation marks where they need them; those of a table of one column (`alone`) also where the line
    would be blank, for readers pass over blank lines."""
    marks = (separator, '"', "\n", "\r")
    joined = "".join(cells)
    if not alone and not any(mark in joined for mark in marks):
        return cells
    return [
        '"' + cell.replace('"', '""') + '"'
        if any(mark in cell for mark in marks) or (alone and not cell.strip())
        else cell
        for cell in cells
    ]


def _disarmed(cells: list[str]) -> list[str]:
    from hanmine.text.records import FORMULA_STARTS

    return ["'" + cell if cell[:1] in FORMULA_STARTS else cell for cell in cells]


def _write_delimited(stream: ByteSink, table: Table, separator: str, header: bool) -> None:
    columns = columns_of(table)

    def escape(cells: list[str]) -> list[str]:
        return _quoted(_disarmed(cells) if separator == "," else cells, separator, len(columns) == 1)

    if header:
        stream.write((separator.join(escape([column.name for column in columns])) + "\n").encode("utf-8"))
    pattern = separator.join(_CELL_PATTERN[column.kind] for column in columns) + "\n"
    _write_rows(stream, pattern, _chunks(columns, _delimited_cells(escape)))


def write_tsv(stream: ByteSink, table: Table, *, header: bool = True) -> None:
    """Write tab-separated values."""
    _write_delimited(stream, table, "\t", header)


def write_csv(stream: ByteSink, table: Table, *, header: bool = True, bom: bool = False) -> None:
    """Write comma-separated values; with `bom` a byte order mark first, by which Excel knows UTF-8."""
    if bom:
        stream.write(b"\xef\xbb\xbf")
    _write_delimited(stream, table, ",", header)


def _json_cells(column: Column, values: np.ndarray) -> list:
    import numpy as np

    if column.kind == "text":
        return ["null" if value is None else encode_basestring(str(value)) for value in values.tolist()]
    if column.kind == "real":
        finite = np.isfinite(values)
        values = values.astype("float64")
        # Rounding multiplies first, which would overflow for huge values; those have no decimals to drop.
        small = finite & (np.abs(values) < 1e9)
        rounded = _without_negative_zero(np.where(small, np.round(np.where(small, values, 0), 6), values), 6).tolist()
        if finite.all():
            return rounded
        return [value if good else "null" for value, good in zip(rounded, finite.tolist(), strict=True)]
    return values.astype("int64").tolist() if values.dtype.kind == "b" else values.tolist()


def _json_pattern(columns: list[Column]) -> str:
    names = [encode_basestring(column.name).replace("%", "%%") for column in columns]
    return "{" + ", ".join(f"{name}: %s" for name in names) + "}"


def write_jsonl(stream: ByteSink, table: Table) -> None:
    """Write an object a line."""
    columns = columns_of(table)
    _write_rows(stream, _json_pattern(columns) + "\n", _chunks(columns, _json_cells))


def write_json(stream: ByteSink, table: Table) -> None:
    """Write an array of objects, an object a line."""
    columns = columns_of(table)
    stream.write(b"[")
    pattern = ",\n" + _json_pattern(columns)
    before = 1  # the comma of the very first object is dropped
    for lists in _chunks(columns, _json_cells):
        text = (pattern * len(lists[0])) % tuple(chain.from_iterable(zip(*lists, strict=True)))
        stream.write(text[before:].encode("utf-8"))
        before = 0
    stream.write(b"\n]\n")


def write_words(stream: ByteSink, table: Table) -> None:
    """Write the column `word`, one a line."""
    column = next(column for column in columns_of(table) if column.name == "word")
    _write_rows(stream, "%s\n", _chunks([column], _delimited_cells(list)))


TABLE_FORMATS = ("tsv", "csv", "jsonl", "json")


def write_table(stream: ByteSink, table: Table, format: str, *, header: bool = True, bom: bool = False) -> None:
    """Write `table` in one of `TABLE_FORMATS` or as "words"; `header` counts for tsv and csv, `bom` for csv."""
    if format == "tsv":
        write_tsv(stream, table, header=header)
    elif format == "csv":
        write_csv(stream, table, header=header, bom=bom)
    elif format == "jsonl":
        write_jsonl(stream, table)
    elif format == "json":
        write_json(stream, table)
    elif format == "words":
        write_words(stream, table)
    else:
        raise ValueError(f"unknown table format {format!r}")
