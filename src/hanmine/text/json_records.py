"""One field of JSON records as text, streaming: JSON Lines, and arrays or sequences of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hanmine.errors import InputError
from hanmine.text.records import Field

_raw_decode = json.JSONDecoder().raw_decode
_SPACE = re.compile(r"[ \t\n\r]*")
_TYPES = {bool: "true or false", int: "a number", float: "a number", dict: "an object", str: "a string", list: "a list"}
# Records of which the columns are remembered, to be listed if the one that is asked for is in none.
_REMEMBERED = 100
# How far from the end of what was read a syntax error may stem from the rest being missing (the longest literal is
# -Infinity).
_UNSURE = 16


def jsonl_texts(chunks: Iterator[str], field: Field) -> Iterator[str]:
    """The field of each line's object, followed by a newline; see `FieldTexts` for which values count.

    Raises
    ------
    InputError : a line is no JSON object, or the field holds no text.
    UsageError : no object has the column, or none was asked for.
    """
    texts = FieldTexts(field)
    number = 0

    def where() -> str:
        return f"line {number}"

    for number, record, line in json_lines(chunks, field):  # noqa: B007 (where names it)
        if type(record) is dict:
            # A half of a surrogate pair can only come from an escape.
            yield from texts.of(record, where, escapes="\\u" in line)
        else:
            field.reject(where(), f" is {type_name(record)}, not an object", "mend the line")
    texts.finish()


def json_lines(chunks: Iterator[str], field: Field) -> Iterator[tuple[int, Any, str]]:
    """Number, value and text of each line that is not blank; what is no JSON is rejected.

    Raises
    ------
    InputError : a line is no JSON, or the file is no JSON Lines at all but one array, or objects over several lines.
    """
    begun = False
    for number, line in enumerate(lines_of(chunks), 1):
        line = line.strip(" \t\r")
        if not line:
            continue
        if not begun and (what := _other_json(line)):
            # Under --errors replace too, which would leave out every line.
            raise InputError(f"{field.name}: {what}, not JSON Lines: pass --input-format json, or name the file .json")
        begun = True
        try:
            record = parsed(line)
        except (ValueError, RecursionError) as error:
            field.reject(f"line {number}", f": not JSON ({reason_of(error)}): {excerpt_of(line)}", "mend the line")
            continue
        yield number, record, line


def _other_json(first: str) -> str | None:
    """What a file is whose first line cannot be one of JSON Lines; None where it can."""
    if first.startswith("["):
        return "is an array of JSON"
    return "holds JSON over several lines" if first == "{" else None


def json_texts(chunks: Iterator[str], field: Field) -> Iterator[str]:
    """The field of each object, followed by a newline: objects are the elements of a top-level array, parsed one by one
    so that an array of any length needs little memory, or top-level values in a row. Strings in a top-level array are
    texts themselves if no column is asked for. An object that holds everything (`--column data.text`) is parsed whole.

    Raises
    ------
    InputError : the text is no JSON, an element is no object, or the field holds no text.
    UsageError : no object has the column, or none was asked for.
    """
    texts = FieldTexts(field)
    cursor = Cursor(chunks, field.name)
    number = 0

    def where() -> str:
        return f"record {number} (line {cursor.line})"

    for record in records_of(cursor):
        number += 1
        if type(record) is dict:
            yield from texts.of(record, where, escapes=True)
        elif type(record) is str and field.column is None:
            yield field.clean(record, where) + "\n"
        else:
            cure = "leave out --column" if type(record) is str else "make it an object"
            field.reject(where(), f" is {type_name(record)}, not an object", cure)
    texts.finish()


def parsed(line: str) -> Any:
    """`json.loads`, which spends half of its time on what cannot be here, of a line without space around it."""
    value, end = _raw_decode(line)
    if end != len(line):
        raise json.JSONDecodeError("Extra data", line, end)
    return value


class FieldTexts:
    """Texts of a field in JSON objects.

    A name with dots is first looked for as it stands, then as a path: `a.b` is key `b` of the object under `a`. Lists
    on the way and at its end are gone through, each text in them is one of its own. A field that an object lacks, or
    that is null, gives nothing. A number, true, false or an object is no text: mining the digits of an id that was
    named by mistake would go unnoticed, so it is an error, or left out and counted under --errors replace.
    """

    def __init__(self, field: Field) -> None:
        self._field = field
        self._found = False
        self._columns: dict[str, None] = {}
        self._seen = 0

    def of(self, record: dict[str, Any], where: Callable[[], str], escapes: bool) -> Iterator[str]:
        """Texts of one object, each followed by a newline."""
        field = self._field
        if not self._seen and (field.column is None or not any(type(it) is str for it in self._reach(record))):
            _refuse_frame(record, field.name)
        if field.column is None:
            raise field.needed(list(dict.fromkeys(_names(record))))
        if self._seen < _REMEMBERED:
            self._seen += 1
            self._columns.update(dict.fromkeys(_names(record)))
        for value in self._reach(record):
            if type(value) is str:
                yield (field.clean(value, where) if escapes else value) + "\n"
            elif value is not None:
                what = f", column {field.column!r}: holds {type_name(value)}, not text"
                field.reject(where(), what, "pass another --column")

    def finish(self) -> None:
        """Raise if objects were seen, and none had the field."""
        if self._seen and not self._found:
            raise self._field.missing(list(self._columns))

    def _reach(self, record: dict[str, Any]) -> Iterator[Any]:
        return self._reach_into(record, self._field.column or "")

    def _reach_into(self, value: Any, path: str) -> Iterator[Any]:
        if type(value) is list:
            for item in value:
                yield from self._reach_into(item, path)
        elif type(value) is dict:
            if path in value:
                self._found = True
                yield from _leaves(value[path])
                return
            # The shortest first part that is a key: a key may itself hold dots.
            for dot in (match.start() for match in re.finditer(r"\.", path)):
                if path[:dot] in value:
                    yield from self._reach_into(value[path[:dot]], path[dot + 1 :])
                    return


def _refuse_frame(record: dict[str, Any], name: str) -> None:
    """Raise if a first object holds a whole table, as pandas writes one unless it is told to write records."""
    cells = list(record.values())
    frame = set(record) == {"columns", "index", "data"} and all(type(part) is list for part in cells)  # orient="split"
    if cells and all(type(part) is dict and part for part in cells):
        inner = [list(part) for part in cells]
        # Columns of rows (the default), or rows of columns (orient="index").
        frame = all(keys == inner[0] for keys in inner) and (_are_row_numbers(inner[0]) or _are_row_numbers(record))
    elif cells and all(part is None or type(part) is str for part in cells):
        frame = _are_row_numbers(record)  # of a single column
    if frame:
        raise InputError(
            f"{name}: is one object with all rows in it, as pandas writes a table: write records, "
            'df.to_json(FILE, orient="records", lines=True, force_ascii=False)'
        )


def _are_row_numbers(keys: Iterable[str]) -> bool:
    return all(key.isascii() and key.isdigit() for key in keys)


def _leaves(value: Any) -> Iterator[Any]:
    if type(value) is list:
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _names(value: Any, prefix: str = "") -> Iterator[str]:
    """Names under which the fields of an object can be asked for."""
    for key, inner in value.items():
        parts = inner if type(inner) is list else [inner]
        objects = [part for part in parts if type(part) is dict]
        if objects:
            yield from _names(objects[0], f"{prefix}{key}.")
        else:
            yield prefix + key


def records_of(cursor: Cursor) -> Iterator[Any]:
    """Top-level values, arrays replaced by their elements."""
    while first := cursor.peek():
        if first != "[":
            yield cursor.value()
            continue
        cursor.step()
        if cursor.peek() == "]":
            cursor.step()
            continue
        while True:
            yield cursor.value()
            following = cursor.peek()
            if following not in (",", "]"):
                raise cursor.broken("Expecting ',' delimiter" if following else "the array is not closed")
            cursor.step()
            if following == "]":
                break


class Cursor:
    """A place in JSON text of which only a window is in memory."""

    def __init__(self, chunks: Iterator[str], name: str) -> None:
        self._chunks = chunks
        self._name = name
        self._text = ""
        self._at = 0
        self._value_at = 0
        self._lines_before = 0

    @property
    def line(self) -> int:
        """Where the last value begins."""
        return self._lines_before + self._text.count("\n", 0, self._value_at) + 1

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def step(self) -> None:
        """Pass over the character that `peek` gave."""
        self._at += 1

    def value(self) -> Any:
        """The value that begins at the next character that is no space."""
        if not self.peek():
            raise self.broken("the array is not closed")
        while True:
            self._value_at = self._at
            try:
                value, end = _raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut_off = error.pos >= len(self._text) - _UNSURE or error.msg.startswith("Unterminated string")
                if cut_off and self._more():
                    continue
                # Its own line and column are those of the window.
                raise self.broken(error.msg, error.pos) from error
            except (ValueError, RecursionError) as error:
                raise self.broken(reason_of(error)) from error
            # 12 may go on as 123.
            if end == len(self._text) and type(value) in (int, float) and self._more():
                continue
            self._at = end
            return value

    def broken(self, reason: str, position: int | None = None) -> InputError:
        """The error of text that is no JSON."""
        position = min(self._at if position is None else position, len(self._text))
        line = self._lines_before + self._text.count("\n", 0, position) + 1
        excerpt = excerpt_of(self._text[max(0, position - 20) : position + 20])
        return InputError(f"{self._name}: line {line}: not JSON ({reason}): {excerpt}: mend the file")

    def _more(self) -> bool:
        """Drop what is done with and at least double what is left, so that a long value is not parsed ever again."""
        parts = [self._text[self._at :]]
        wanted = len(parts[0])
        gained = 0
        while gained <= wanted and (chunk := next(self._chunks, None)) is not None:
            parts.append(chunk)
            gained += len(chunk)
        if not gained:
            return False
        self._lines_before += self._text.count("\n", 0, self._at)
        self._text = "".join(parts)
        self._at = self._value_at = 0
        return True


def lines_of(chunks: Iterator[str]) -> Iterator[str]:
    parts: list[str] = []
    for chunk in chunks:
        first, *others = chunk.split("\n")
        parts.append(first)
        if others:
            yield "".join(parts)
            yield from others[:-1]
            parts = [others[-1]]
    yield "".join(parts)


def type_name(value: Any) -> str:
    return _TYPES.get(type(value), "null")


def reason_of(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    return "nested too deep" if isinstance(error, RecursionError) else "a number of too many digits"


def excerpt_of(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:40] + "…"
