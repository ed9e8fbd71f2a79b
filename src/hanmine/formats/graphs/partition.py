"""Partitions of the nodes of a graph: .clu, .tree, .ftree, our tables and JSON, those of the infomap tool.

Nodes are found by their numbers; by their names where a file has no numbers, or something else in their place. As the
infomap tool has it, a node of which the file says nothing, or no module, is alone in its module; but a node that the
graph does not have, or one that is listed twice, is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import decoded, line_blocks, opened, shown

if TYPE_CHECKING:
    from hanmine.formats.stored import StoredFile

    Path_ = tuple[int | str, ...]
    Row = tuple[int, Any, str | None, Path_]  # line, number of the node (or None), its name, modules

_TREE = re.compile(r'(?P<path>\S+)\s+(?P<flow>\S+)\s+"(?P<name>.*)"(?P<rest>[^"]*)')
_LOOKS_LIKE_TREE = re.compile(r'\d+(?::\d+)*\s[^"]*".*"')
_STEPS = re.compile(r"\d+(?::\d+)*")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
_NODES = ("node", "node_id", "id", "row")


def read_partition(
    source: str | Path,
    *,
    ids: Sequence[int],
    names: Sequence[str] | None,
    stdin: BinaryIO | None = None,
    tmpdir: Path | None = None,
) -> list[tuple[int | str, ...]]:
    """For each node, in the order of `ids`, its modules from the top.

    .clu gives one module a node, .tree and .ftree paths without their last step; tables (tsv, csv, jsonl, JSON) paths
    by their column `path`, else modules by `module`. A node that is alone has a module below 0 that no other has.

    Raises
    ------
    InputError : the file is missing or of no such format; a line is wrong, names a node that the graph does not have,
        or one that another line named; with the line.
    """
    with ExitStack() as stack:
        file = opened([source], stack, tmpdir=tmpdir, stdin=stdin)[0].source
        nodes = KnownNodes(file.name, ids, names)
        modules: list[tuple | None] = [None] * len(nodes.by_id)
        rows = list(partition_rows(file, nodes))
        # In a file of names, 2020 is one of them.
        nodes.numbered = all(number is None or _INTEGER.fullmatch(str(number)) for _, number, _, _ in rows)
        for line, number, name, path in rows:
            node = nodes.find(number, name, line)
            if modules[node] is not None:
                raise InputError(f"{file.name}:{line}: node {_called(number, name)} is listed twice: remove a line")
            modules[node] = path
    return [path or (-1 - node,) for node, path in enumerate(modules)]


def _called(number: object, name: str | None) -> str:
    return shown(str(name) if number is None else str(number))


class KnownNodes:
    """Finds the nodes of the graph by their numbers and names."""

    def __init__(self, file: str, ids: Sequence[int], names: Sequence[str] | None) -> None:
        self.file = file
        self.order = ids.tolist() if hasattr(ids, "tolist") else list(ids)
        self.by_id = {number: node for node, number in enumerate(self.order)}
        self.numbered = True
        self._names = names
        self._by_name: dict[str, int | None] | None = None

    def find(self, number: object, name: str | None, line: int) -> int:
        """The place of a node; its number counts if the file has numbers."""
        if number is None or not self.numbered:
            return self._named(str(name if number is None else number), line)
        node = self.by_id.get(int(number))
        if node is None:
            raise self._unknown(str(number), line)
        return node

    def _unknown(self, name: str, line: int) -> InputError:
        return InputError(f"{self.file}:{line}: the graph has no node {shown(name)}: check both files")

    def _named(self, name: str, line: int) -> int:
        if self._by_name is None:
            self._by_name = {}
            known = map(str, self.order) if self._names is None else self._names
            for node, one in enumerate(known):
                self._by_name[one] = None if one in self._by_name else node
        if name not in self._by_name:
            raise self._unknown(name, line)
        node = self._by_name[name]
        if node is None:
            raise InputError(
                f"{self.file}:{line}: more than one node is called {shown(name)}: use a file with numbers of nodes"
            )
        return node


def partition_rows(file: StoredFile, nodes: KnownNodes) -> Iterator[Row]:
    """What the lines say, by the format that the first of them tells."""
    lines = _lines(file)
    for line, text in lines:
        first = text.strip()
        if not first or first.startswith("#"):
            continue
        rest = _chained(line, text, lines)
        if first.startswith("{"):
            return _json_rows(rest, file)
        if (reader := _table_reader(text, file.name, line)) is not None:
            return reader(lines)
        if first.startswith("*"):
            return _pajek_rows(rest, nodes)
        return (_tree_rows if _LOOKS_LIKE_TREE.match(first) else _clu_rows)(rest, file.name)
    raise InputError(f"{file.name}: holds no partition: pass a .clu, .tree, .ftree, tsv, csv or jsonl file")


def _lines(file: StoredFile) -> Iterator[tuple[int, str]]:
    for block, first in line_blocks(file):
        for number, text in enumerate(decoded(block, file.name, first).split("\n")[:-1], first):
            yield number, text.removesuffix("\r")


def _chained(line: int, text: str, lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield line, text
    yield from lines


def _module(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


def _clu_rows(lines: Iterator[tuple[int, str]], name: str) -> Iterator[Row]:
    for line, text in lines:
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        fields = text.split("\t") if "\t" in text else text.split()
        if len(fields) not in (2, 3):
            raise InputError(
                f"{name}:{line}: {shown(text)} is no line of a .clu file: write the node, its module and its flow"
            )
        if len(fields) > 2:
            _check_flow(fields[2], name, line)
        yield line, fields[0].strip(), None, (_module(fields[1].strip()),)


def _check_flow(text: str, name: str, line: int) -> None:
    try:
        float(text)
    except ValueError:
        raise InputError(f"{name}:{line}: the flow {shown(text)} is no number: correct the line") from None


def _tree_rows(lines: Iterator[tuple[int, str]], name: str) -> Iterator[Row]:
    for line, text in lines:
        text = text.strip()
        if text.startswith("*"):  # links between modules
            return
        if not text or text.startswith("#"):
            continue
        match = _TREE.fullmatch(text)
        rest = match["rest"].split() if match else []
        if match is None or not _STEPS.fullmatch(match["path"]) or not all(map(_INTEGER.fullmatch, rest)):
            raise InputError(
                f'{name}:{line}: {shown(text)} is no line of a .tree file: write the path, flow, "name" and node_id'
            )
        if len(rest) > 1:
            raise InputError(f"{name}:{line}: is a tree of states (memory, layers), which is not supported")
        _check_flow(match["flow"], name, line)
        yield line, rest[0] if rest else None, match["name"], _modules_of(match["path"])


def _modules_of(path: str) -> Path_:
    return tuple(map(int, path.split(":")))[:-1]


def _pajek_rows(lines: Iterator[tuple[int, str]], nodes: KnownNodes) -> Iterator[Row]:
    """Pajek's own .clu: `*Vertices n`, then the module of each node in the order of the graph."""
    heading = next(lines)
    words = heading[1].split()
    where = f"{nodes.file}:{heading[0]}"
    if words[0].lower() != "*vertices":
        raise InputError(
            f"{where}: the heading {shown(words[0])} is unknown: a partition of Pajek begins with *Vertices"
        )
    count = 0
    for line, text in lines:
        if not text.strip():
            continue
        if count == len(nodes.order) or len(text.split()) != 1:
            raise InputError(
                f"{nodes.file}:{line}: {shown(text)}: a module for each of the {len(nodes.order)} nodes is expected, "
                "one a line"
            )
        yield line, nodes.order[count], None, (_module(text.strip()),)
        count += 1
    if count < len(nodes.order):
        raise InputError(f"{where}: {count} modules for {len(nodes.order)} nodes: give each node its module")


def _table_reader(header: str, name: str, line: int) -> Callable[[Iterator[tuple[int, str]]], Iterator[Row]] | None:
    """What reads the rows of a table with this header; None if it is none."""
    separator = "\t" if "\t" in header else ";" if ";" in header and "," not in header else ","
    columns = [cell.strip().strip('"').lower() for cell in header.removeprefix("\ufeff").split(separator)]
    by = next((column for column in ("path", "module") if column in columns), None)
    node = next((column for column in _NODES if column in columns), None)
    if by is None or (node is None and "name" not in columns):
        return None
    places = (
        None if node is None else columns.index(node),
        columns.index("name") if "name" in columns else None,
        columns.index(by),
    )

    def rows(lines: Iterator[tuple[int, str]]) -> Iterator[Row]:
        for number, row in _cells(lines, separator, name, line + 1):
            if len(row) != len(columns):
                raise InputError(
                    f"{name}:{number}: {len(row)} columns where the header has {len(columns)}: correct the line"
                )
            at, called, module = (None if place is None else row[place] for place in places)
            yield number, at, called, _table_modules(module, by, f"{name}:{number}")

    return rows


def _table_modules(text: Any, by: str, where: str) -> Path_:
    if by == "module":
        return (_module(str(text).strip()),)
    steps = ":".join(map(str, text)) if isinstance(text, list) else str(text).strip()
    if not _STEPS.fullmatch(steps):
        raise InputError(f"{where}: {shown(str(text))} is no path such as 1:3:2: correct the line")
    return _modules_of(steps)


def _cells(lines: Iterator[tuple[int, str]], separator: str, name: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """The cells of rows of a table, each with the line of the file; its first row stands on line `first`."""
    from hanmine.text.records import rows_of, unescaped

    format = "tsv" if separator == "\t" else "csv"
    for line, row in rows_of((text + "\n" for _, text in lines), format, name, first=first, separator=separator):
        if row:
            yield line, [unescaped(cell) for cell in row] if format == "csv" else row


def _json_rows(lines: Iterator[tuple[int, str]], file: StoredFile) -> Iterator[Row]:
    """jsonl, or one object with a list of nodes."""
    for line, text in lines:
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            yield from _json_document(file, line, error)
            return
        if isinstance(row, dict) and isinstance(row.get("nodes"), list):
            yield from (_json_row(node, f"{file.name}:{line}", line) for node in row["nodes"])
        else:
            yield _json_row(row, f"{file.name}:{line}", line)


def _json_document(file: StoredFile, line: int, error: ValueError) -> Iterator[Row]:
    """An object over many lines; whatever is wrong there is told with the line of `error`."""
    try:
        document = json.loads(file.read(0, file.size))
        nodes = list(document["nodes"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{file.name}:{line}: is no JSON object ({error}): correct the line") from error
    for node in nodes:
        yield _json_row(node, f"{file.name}: nodes", line)


def _json_row(row: Any, where: str, line: int) -> Row:
    by = next((key for key in ("path", "module") if isinstance(row, dict) and key in row), None)
    node = next((row[key] for key in _NODES if by and key in row), None)
    if by is None or (node is None and "name" not in row):
        raise InputError(f"{where}: a node needs node (or name), and path or module: correct the line")
    return line, node, row.get("name"), _table_modules(row[by], by, where)
