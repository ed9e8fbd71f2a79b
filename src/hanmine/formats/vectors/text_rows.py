"""Vectors as other tools write them into text: JSON Lines, CSV, and the plain numbers of numpy.savetxt.

jsonl      a JSON array of numbers a line, or an object one of whose fields is such an array
csv, tsv   a number a cell, with a header or without; or a column of JSON arrays, as data frames save them
numbers    numbers parted by white space; lines that begin with # are comments

Rows become float32 in the spool, a chunk of lines at a time.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.vectors.choice import chosen
from hanmine.formats.vectors.word2vec_read import Read, Words, spooled

if TYPE_CHECKING:
    from hanmine.formats.stored import StoredFile, Stream
    from hanmine.formats.vectors.spool import Spool

LONGEST_LINE = 1 << 26  # bytes
NAME_FIELDS = ("word", "name", "token", "text", "sentence", "id")  # of JSON objects, which name a row
ROW_NUMBERS = ("", "index", "id", "unnamed: 0")  # headers of columns that count rows, as data frames write them
_LINES = 4096  # turned to numbers at a time

Row = tuple[str | None, Sequence[Any]]  # a name, or None; numbers


def text_format_of(head: bytes, extension: str) -> str | None:
    """ "jsonl", "csv" or "tsv" where a text that begins with `head` has vectors in one of them, else None."""
    lines = [line for line in head.lstrip(b"\xef\xbb\xbf").split(b"\n")[:-1] or [head] if line.strip()][:10]
    if not lines or b"\0" in head[:4096]:
        return None
    first = lines[0].strip()
    if first[:1] in b"{[":
        return "jsonl" if _json_row(first) else None
    for format, mark in (("tsv", b"\t"), ("csv", b",")):
        if mark in first and (extension in (".csv", ".tsv") or all(line.count(mark) for line in lines)):
            # One number is too little to tell vectors from a list of words with counts.
            return format if any(b"[" in line or sum(map(_is_number, line.split(mark))) > 1 for line in lines) else None
    return None


def _json_row(line: bytes) -> bool:
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return _is_vector(value) or (isinstance(value, dict) and any(map(_is_vector, value.values())))


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(type(number) in (int, float) for number in value)


def read_rows(
    source: StoredFile | Stream,
    format: str,
    spool: Spool,
    *,
    array: str | None = None,
    first: int | None = None,
    errors: str = "strict",
) -> Read:
    """The names, if there are any, and the matrix [shape=(n, d)] of a text, or of its `first` so many rows.

    Parameters
    ----------
    format : "jsonl", "csv", "tsv" or "numbers".
    array : the field, or the column, that holds arrays; needed where several would do.
    errors : at names that are no UTF-8: "strict", "replace" (U+FFFD in their place) or "skip" (the row).

    Raises
    ------
    InputError : a line without a vector, or one of another length than the first; with its line, counted from 1.
    UsageError : `array` is needed, or names nothing.
    """
    import numpy as np

    rows: Callable[..., Iterator[tuple[int, Row]]] = _json_rows if format == "jsonl" else _cells
    words = Words(errors)
    numbered = rows(_text_lines(source, spool, words), source.name, array, format)
    start, dimensions, count = spool.length, 0, 0
    named = True
    wanted = numbered if first is None else islice(numbered, first)
    spool.phase(source.name, getattr(source, "size", None))
    while block := list(islice(wanted, _LINES)):
        dimensions = dimensions or len(block[0][1][1])
        numbers = np.empty((len(block), dimensions))
        for place, (line, (name, values)) in enumerate(block):
            numbers[place] = _numbers(values, dimensions, f"{source.name}: line {line}")
            named = named and name is not None
            words.names.append(name or "")
        with np.errstate(over="ignore"):  # what is too large for a float32 is inf
            spool.append(numbers.astype("<f4"))
        count += len(block)
    if not count:
        raise InputError(f"{source.name}: has no rows: check what wrote it")
    matrix = spooled(spool, start, count, dimensions, source.name)
    return Read(words.names if named else None, matrix, None if count == first else count, words.messages(source.name))


def _numbers(values: Sequence[Any], dimensions: int, where: str) -> list[float]:
    if len(values) != dimensions:
        raise InputError(f"{where}: {len(values)} numbers where {dimensions} are expected: correct or remove the line")
    try:
        return [float(value) for value in values]
    except (TypeError, ValueError, OverflowError) as error:
        wrong = next(value for value in values if not _is_number(value))
        raise InputError(f"{where}: {str(wrong)[:40]!r} is no number: correct or remove the line") from error


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _text_lines(source: StoredFile | Stream, spool: Spool, words: Words) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1, without their ends; blank ones and a byte order mark are left out."""
    rest, number = b"", 0
    for chunk in source.chunks():
        spool.advance(len(chunk))
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise InputError(
                f"{source.name}: a line is longer than {LONGEST_LINE >> 20} MB: put each vector on a line of its own"
            )
        for line in lines:
            number += 1
            if text := _decoded(line, number, source.name, words):
                yield number, text
    if text := _decoded(rest, number + 1, source.name, words):
        yield number + 1, text


def _decoded(line: bytes, number: int, name: str, words: Words) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = f"{name}: line {number}: byte {error.start} is not UTF-8"
        text = words.mended(line, fault, error) or ""
    return (text.removeprefix("\ufeff") if number == 1 else text).strip("\r")


def _json_rows(lines: Iterator[tuple[int, str]], name: str, array: str | None, _: str) -> Iterator[tuple[int, Row]]:
    field = called = None
    for number, line in lines:
        where = f"{name}: line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: is no JSON ({error}): correct or remove the line") from error
        if isinstance(value, dict):
            if field is None:
                fits = {key: f"of {len(found)} numbers" for key, found in value.items() if _is_vector(found)}
                others = {key: type(found).__name__ for key, found in value.items() if key not in fits}
                field = chosen(name, array, fits, others, "field")
                called = next((key for key in NAME_FIELDS if isinstance(value.get(key), str)), None)
            text = value.get(called) if called else None
            value, found_name = value.get(field), text if isinstance(text, str) else None
            where += f": field {field!r}"
        else:
            found_name = None
        if not _is_vector(value):
            raise InputError(f"{where}: is no array of numbers: correct or remove the line")
        yield number, (found_name, value)


def _cells(lines: Iterator[tuple[int, str]], name: str, array: str | None, format: str) -> Iterator[tuple[int, Row]]:
    """Rows of CSV, TSV or plain numbers."""
    if format == "numbers":
        for number, line in lines:
            if numbers := line.partition("#")[0].split():
                yield number, (None, numbers)
        return
    cells = _split(lines, format, name)
    first = next(cells, None)
    if first is None:
        return
    second = next(cells, None)
    header = _is_header(first[1], second[1] if second else None)
    sample = second if header and second else first
    plan = _Columns.of(name, first[1] if header else None, sample[1], array)
    for number, row in ([] if header else [first]) + ([second] if second else []):
        yield number, plan.row(row, f"{name}: line {number}")
    for number, row in cells:
        yield number, plan.row(row, f"{name}: line {number}")


def _split(lines: Iterator[tuple[int, str]], format: str, name: str) -> Iterator[tuple[int, list[str]]]:
    place = 0

    def texts() -> Iterator[str]:
        nonlocal place
        for number, line in lines:
            place = number
            yield line + "\n"

    reader = csv.reader(texts(), delimiter="\t" if format == "tsv" else ",")
    try:
        for row in reader:
            yield place, row
    except csv.Error as error:
        raise InputError(f"{name}: line {place}: cannot be read ({error}): correct or remove the line") from error


def _is_header(first: list[str], second: list[str] | None) -> bool:
    """Whether the first of two rows names columns: it has no number where the second has one or an array.

    The numbers 0, 1, 2, … are the names that pandas gives to columns without any.
    """
    if second is None:
        return False
    titles = first[1:] if first[0] == "" else first
    if len(titles) > 1 and titles == [str(place) for place in range(len(titles))]:
        return second != first
    return any(
        not _holds_numbers(one) and _holds_numbers(other) for one, other in zip(first, second, strict=False)
    ) and not any(_is_number(cell) and "." in cell for cell in first)


def _holds_numbers(cell: str) -> bool:
    return _is_number(cell) or cell.lstrip().startswith("[")


class _Columns:
    """Which columns of a table are what: numbers, an array, a name."""

    def __init__(self, numbers: list[int], array: int | None, name: int | None, width: int) -> None:
        self._numbers, self._array, self._name, self._width = numbers, array, name, width

    @classmethod
    def of(cls, name: str, header: list[str] | None, sample: list[str], array: str | None) -> _Columns:
        titles = header if header is not None else [str(place) for place in range(1, len(sample) + 1)]
        arrays = {title: "an array" for title, cell in zip(titles, sample, strict=False) if cell.lstrip()[:1] == "["}
        numbers = [
            place
            for place, cell in enumerate(sample)
            if _is_number(cell) and not (header and titles[place].strip().lower() in ROW_NUMBERS)
        ]
        called = next(
            (place for place, cell in enumerate(sample) if not _is_number(cell) and titles[place] not in arrays), None
        )
        if array is None and not arrays and numbers:
            return cls(numbers, None, called, len(titles))
        others = {title: "text or a number" for title in titles if title not in arrays}
        column = chosen(name, array, arrays, others, "column")
        return cls([], titles.index(column), called, len(titles))

    def row(self, cells: list[str], where: str) -> Row:
        """The name and the numbers of a row."""
        if len(cells) != self._width:
            raise InputError(
                f"{where}: {len(cells)} cells where {self._width} are expected: correct or remove the line"
            )
        name = None if self._name is None else cells[self._name]
        if self._array is None:
            return name, [cells[place] for place in self._numbers]
        try:
            values = json.loads(cells[self._array])
        except (ValueError, RecursionError):
            values = None
        if not _is_vector(values):
            raise InputError(f"{where}: the column of vectors holds no array of numbers: correct or remove the line")
        return name, values
