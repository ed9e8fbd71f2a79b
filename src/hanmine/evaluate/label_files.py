"""Classes that are known of items: a label a line, or a column of a table beside the items' names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hanmine.errors import InputError, UsageError
from hanmine.evaluate.text_files import Reading, is_path
from hanmine.text.reader import InputRecord
from hanmine.text.records import rows_of

NAME_COLUMNS = ("name", "word", "text", "sentence", "node", "node_id", "id", "row", "title")
LABEL_COLUMNS = ("label", "labels", "class", "topic", "category", "truth", "gold", "cluster", "module")


@dataclass(frozen=True)
class Labels:
    """The classes of items by row.

    Attributes
    ----------
    name : of the file.
    labels : of each row; None where it has none.
    names : the names of the rows, or None where there are none.
    record : what was read.
    """

    name: str
    labels: list[str | None]
    names: list[str] | None
    record: InputRecord

    def rows_by_name(self) -> dict[str, int] | None:
        """The row of each name; None without names, or where two rows have the same."""
        if self.names is None:
            return None
        rows = {name: row for row, name in enumerate(self.names)}
        return rows if len(rows) == len(self.names) else None


def labels_of(source: Any, column: str | None = None, reading: Reading | None = None) -> Labels:
    """Read labels from a path ("-" is standard input), or take them from a mapping (name → label) or a list.

    A text is a label a line. A table is tsv, by a tab in its first line, csv, by its extension (with commas, or with
    semicolons where its first line has no comma), or jsonl. Its label is
    in `column`: a name in the header, or a number from 1; else in the column that is called label, class or the like,
    else in the last one, and there is no header then.

    Raises
    ------
    InputError : the file is missing or unreadable, a row lacks the column, there is no label.
    UsageError : no such column.
    """
    if not is_path(source):
        found = _in_memory(source)
    else:
        file = (reading or Reading()).file(source)
        labels, names = _read(list(file), file.name, column)
        found = Labels(file.name, [label.strip() or None for label in labels], names, file.record)
    if not any(found.labels):
        raise InputError(f"{found.name}: holds no labels: write one a line, or name their column with --label-column")
    return found


def _in_memory(source: Mapping | Iterable) -> Labels:
    names = [str(name) for name in source] if isinstance(source, Mapping) else None
    given = list(source.values()) if isinstance(source, Mapping) else list(source)
    labels = [None if label is None else str(label) for label in given]
    text = "\n".join(f"{name}\t{label}" for name, label in zip(names or [""] * len(labels), labels, strict=True))
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return Labels("<memory>", labels, names, InputRecord("<memory>", 0, digest, "utf-8", None, "text"))


def _read(lines: list[str], name: str, column: str | None) -> tuple[list[str], list[str] | None]:
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("{"):
        return _json_columns(lines, name, column)
    separator = "\t" if "\t" in first else None
    if separator is None and ".csv" in name.lower():
        separator = ";" if ";" in first and "," not in first else ","
    if separator is None:
        if column is not None and column != "1":
            raise UsageError(f"--label-column {column}: {name} has one column only: leave it out")
        return lines, None
    rows = rows_of((line + "\n" for line in lines), "tsv" if separator == "\t" else "csv", name, separator=separator)
    return _columns(list(rows), name, column)


def _columns(rows: list[tuple[int, list[str]]], name: str, column: str | None) -> tuple[list[str], list[str] | None]:
    """The labels and names of a table."""
    while not rows[-1][1]:
        rows.pop()
    while not rows[0][1]:
        rows.pop(0)
    first = rows[0][1]
    header = [cell.strip().lower() for cell in first]
    begin, place = _label_place(first, header, name, column)
    named = next((header.index(one) for one in NAME_COLUMNS if begin and one in header and header.index(one) != place),
                 next((other for other in range(len(header)) if other != place), None))  # fmt: skip
    for number, row in rows[begin:]:
        if len(row) != len(header):
            raise InputError(
                f"{name}:{number}: has {len(row)} columns where the first line has {len(header)}: correct the line"
            )
    cells = [row for _, row in rows[begin:]]
    return [row[place] for row in cells], None if named is None else [row[named] for row in cells]


def _label_place(first: list[str], header: list[str], name: str, column: str | None) -> tuple[int, int]:
    """Lines of the header, 0 or 1, and the place of the column of labels."""
    if column is None:
        known = next((header.index(one) for one in LABEL_COLUMNS if one in header), None)
        if known is not None and len(set(NAME_COLUMNS) & set(header)) > 0:
            return 1, known
        return 0, len(header) - 1
    if column in first:
        return 1, first.index(column)
    if column.isdecimal() and 1 <= int(column) <= len(first):
        return 0, int(column) - 1
    raise UsageError(
        f"--label-column {column}: {name} has no such column: choose {', '.join(first)}, or 1 to {len(first)}"
    )


def _json_columns(lines: list[str], name: str, column: str | None) -> tuple[list[str], list[str] | None]:
    """The labels and names of records of jsonl."""
    records = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(f"{name}:{number}: is no JSON ({error}): correct the line") from error
        if not isinstance(record, dict):
            raise InputError(f"{name}:{number}: is no object: correct the line")
        records.append(record)
    keys = list(records[0])
    label = column if column is not None else next((key for key in LABEL_COLUMNS if key in keys), None)
    if label is None or label not in keys:
        raise UsageError(f"{name}: has no field {label or 'label'}: pass --label-column, one of {', '.join(keys)}")
    named = next((key for key in NAME_COLUMNS if key in keys and key != label), None)
    labels = ["" if record.get(label) is None else str(record[label]) for record in records]
    return labels, None if named is None else [str(record.get(named)) for record in records]
