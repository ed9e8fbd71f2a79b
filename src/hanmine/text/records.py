"""Rows of delimited records (csv, tsv) and one field of them as text, streaming; and what all record formats share.

csv and tsv are one dialect with two separators: a cell may stand in quotation marks, and has to where it holds the
separator, a quotation mark (doubled inside) or a line break (RFC 4180). It is what `hanmine.formats.tables` writes, and
what pandas, polars, R and spreadsheets read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hanmine.errors import InputError, UsageError
from hanmine.text.transcode import Losses, without_halves

# The longest field of a csv or tsv, in characters (a spreadsheet's cell holds 32,767): more than that is a quotation
# mark that was never closed.
LONGEST_FIELD = 1 << 24
# What a spreadsheet takes for the beginning of a formula.
FORMULA_STARTS = frozenset("=+-@\t\r")
_LISTED = 30


@dataclass
class Field:
    """The field that is to be read of each record of a source, and what becomes of records that do not have it.

    Attributes
    ----------
    name : of the source. format : "csv", "tsv", "jsonl" or "json".
    column : the field's name; None only for a JSON array of strings.
    replace : leave out records that cannot be read (counted in `losses`) instead of raising.
    """

    name: str
    format: str
    column: str | None
    replace: bool
    losses: Losses

    def reject(self, where: str, what: str, cure: str) -> None:
        """Leave a record out, or raise the `InputError` that names it."""
        if not self.replace:
            raise InputError(f"{self.name}: {where}{what}: {cure}, or pass --errors replace to leave such records out")
        self.losses.count += 1

    def needed(self, columns: list[str]) -> UsageError:
        """The error of a source with columns of which none was asked for."""
        return UsageError(
            f"{self.name}: {self.format} input needs --column NAME ({_listed(columns)}), or --input-format text"
        )

    def missing(self, columns: list[str]) -> UsageError:
        """The error of a column that the source does not have."""
        return UsageError(f"{self.name}: no column {self.column!r} ({_listed(columns)}): pass one of these as --column")

    def clean(self, text: str, where: Callable[[], str]) -> str:
        """Text without halves of surrogate pairs; see `without_halves`."""

        def place() -> str:
            column = f", column {self.column!r}" if self.column is not None else ""
            return f"{self.name}: {where()}{column}"

        return without_halves(text, self.replace, self.losses, place)


def rows_of(
    chunks: Iterable[str], format: str, name: str, *, first: int = 1, separator: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a "csv" or "tsv", its header among them, each with the line on which it begins; a blank line is [].

    Parameters
    ----------
    chunks : the text, cut anywhere. name : of the file. first : the number of the first line of `chunks` in the file.
    separator : between cells; None: a comma, or a tab.

    Raises
    ------
    InputError : the quotation marks of a row are wrong, with its line.
    """
    rows = _TableRows(chunks, _EveryRow(name, format, None, False, Losses()), first, separator)
    for row in rows:
        yield rows.line, row


def unescaped(cell: str) -> str:
    """A cell of our csv without the apostrophe that keeps spreadsheets from running it as a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell


def delimited_texts(chunks: Iterator[str], field: Field) -> Iterator[str]:
    """The field of each row of a csv or tsv, followed by a newline.

    The first row is the header; blank rows are skipped. Cells at the end of a row may be missing. A row of more cells
    than the header has is no such row: a separator inside of a text that was not quoted would cut the text in silence.

    Raises
    ------
    UsageError : the header lacks the column (or has it twice), or none was asked for.
    InputError : a row is too short or too long, its quotes are wrong, or a quotation mark is never closed.
    """
    rows = _Rows(chunks, field)
    header = next(iter(rows), None)
    if field.column is None:
        raise field.needed(header or [])
    if header is None:
        return
    index = _index(header, field)
    for row in rows:
        if index < len(row) <= len(header):
            yield row[index] + "\n"
        elif any(cell.strip() for cell in row):
            count = f"{len(row)} column" + ("s" if len(row) != 1 else "")
            if len(row) > len(header):
                separator = "comma" if field.format == "csv" else "tab"
                has = f" has {count}, the header has {len(header)}"
                field.reject(rows.where, has, f"put the text that holds a {separator} in quotation marks")
            else:
                has = f" has {count}, {field.column!r} is column {index + 1}"
                field.reject(rows.where, has, "mend the row")


class _Rows:
    """Rows of a delimited file, with the place of the last one."""

    _gives_blank = False

    def __init__(self, chunks: Iterable[str], field: Field, first: int = 1, separator: str | None = None) -> None:
        self._field = field
        separator = separator or ("\t" if field.format == "tsv" else ",")
        self._reader = csv.reader(_lines(chunks), delimiter=separator, strict=True)
        self._number = 0
        self._before = first - 1
        self.line = first

    @property
    def where(self) -> str:
        return f"row {self._number} (line {self.line})"

    def __iter__(self) -> Iterator[list[str]]:
        following = self._before + self._reader.line_num + 1
        while True:
            self._number += 1
            self.line = following
            row = self._next()
            following = self._before + self._reader.line_num + 1
            if row is None:
                return
            if row or self._gives_blank:
                yield row

    def _next(self) -> list[str] | None:
        """The next row; [] if it was left out, None at the end."""
        # The limit is one of the process: it is changed for as long as a row is parsed.
        usual = csv.field_size_limit(LONGEST_FIELD)
        try:
            return next(self._reader, None)
        except csv.Error as error:
            reason = str(error)
        finally:
            csv.field_size_limit(usual)
        # Under --errors replace too: the "row" that would be left out is all the rest of the file.
        if reason.startswith("unexpected end of data"):
            raise self._unclosed("ends in a quoted field")
        if reason.startswith("field larger than field limit"):
            raise self._unclosed(f"has a field of more than {LONGEST_FIELD:,} characters")
        self._field.reject(self.where, f" is no {self._field.format} ({reason})", "mend its quotation marks")
        return []

    def _unclosed(self, what: str) -> InputError:
        return InputError(f"{self._field.name}: {self.where} {what}: close the quotation mark that is left open there")


class _EveryRow(Field):
    """Of tables that are no corpus, where no record may be left out."""

    def reject(self, where: str, what: str, cure: str) -> None:
        raise InputError(f"{self.name}: {where}{what}: {cure}")


class _TableRows(_Rows):
    _gives_blank = True

    @property
    def where(self) -> str:
        return f"line {self.line}"


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    r"""Lines with their ends (\n, \r\n or \r), as csv.reader wants them."""
    parts: list[str] = []
    for chunk in chunks:
        # A trailing \r may be the first half of \r\n.
        end = max(chunk.rfind("\n"), chunk.rfind("\r", 0, -1)) + 1
        if parts and parts[-1].endswith("\r") and not chunk.startswith("\n") and chunk:
            yield from io.StringIO("".join(parts), newline="")
            parts = []
        if end:
            parts.append(chunk[:end])
            yield from io.StringIO("".join(parts), newline="")
            parts = []
        if end < len(chunk):
            parts.append(chunk[end:])
    yield from io.StringIO("".join(parts), newline="")


def _index(header: list[str], field: Field) -> int:
    names = header if field.column in header else [name.strip() for name in header]
    if field.column not in names:
        raise field.missing(header)
    if names.count(field.column) > 1:
        raise UsageError(f"{field.name}: column {field.column!r} stands twice in the header: rename one of them")
    return names.index(field.column)


def _listed(columns: list[str]) -> str:
    if not columns:
        return "it has no columns"
    more = ", …" if len(columns) > _LISTED else ""
    return "its columns: " + ", ".join(columns[:_LISTED]) + more
