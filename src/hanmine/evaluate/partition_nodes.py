"""Partitions as they stand in files or in memory, and which of their nodes are the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike
from typing import Any, BinaryIO

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import decoded, line_blocks, opened, shown
from hanmine.formats.graphs.partition import KnownNodes, partition_rows
from hanmine.formats.stored import StoredFile

_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")  # 000001 is a name
_HEADERS = ("name", "node", "node_id", "id", "word", "text", "sentence")
_LABELS = ("label", "labels", "class", "cluster", "module", "topic", "truth")
# The first line that is no comment is one word, and no heading.
_LIST = re.compile(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*\n)*[^\s#*{\[,][^\s,]*[ \r]*(?:\n|\Z)")
_VERTICES = re.compile(rb"\s*\*vertices\s+([0-9]{1,18})", re.IGNORECASE)


@dataclass(frozen=True)
class Nodes:
    """How the nodes of a file are known.

    Attributes
    ----------
    name : of the file.
    numbers : the place of each node by its number, or None where some node has none.
    names : the place of each node by its name, or None where some have none or two have the same.
    named : the names are more than the numbers.
    count : of the nodes.
    """

    name: str
    numbers: Mapping[int, int] | None
    names: Mapping[str, int] | None
    named: bool
    count: int


@dataclass(frozen=True)
class Partition:
    """The modules of nodes.

    Attributes
    ----------
    nodes : the nodes, by place.
    paths : for each its modules from the top; a node that is alone is so by a label that no other has.
    digest : SHA-256 of the bytes of the file, unpacked, or of the nodes and modules.
    bytes : of the file as stored; 0 in memory.
    """

    nodes: Nodes
    paths: list[tuple]
    digest: str
    bytes: int = 0

    def labels(self, level: int | None) -> list[int]:
        """A number for the module of each node at `level` from the top (None: the lowest), the last where it ends."""
        seen: dict[tuple, int] = {}
        return [seen.setdefault(path[:level], len(seen)) for path in self.paths]

    @property
    def depth(self) -> int:
        """Levels of modules."""
        return max(map(len, self.paths), default=0)


def partition_of(source: Any, stdin: BinaryIO | None = None, *, lists: bool = False) -> Partition:
    """Read a partition from a path ("-" is `stdin`), or take it from a mapping of node → module, or a list of modules.

    With `lists` a file may also be a module a line, of the nodes 0, 1, 2 … in order.

    Raises
    ------
    InputError : the file is missing or no partition, a node is listed twice, there are no nodes.
    """
    if isinstance(source, (str, PathLike)):
        return _read(source, stdin, lists)
    pairs = list(source.items()) if isinstance(source, Mapping) else list(enumerate(source))
    rows = [
        (line, node, None, module if isinstance(module, tuple) else (module,))
        for line, (node, module) in enumerate(pairs, 1)
    ]
    digest = hashlib.sha256(
        "\n".join(f"{node}\t{path}" for _, node, _, path in rows).encode("utf-8", "backslashreplace")
    )
    return _partition("<memory>", rows, digest.hexdigest(), 0)


def _read(source: str | PathLike, stdin: BinaryIO | None, lists: bool) -> Partition:
    with ExitStack() as stack:
        one = opened([str(source)], stack, stdin=stdin)[0]
        digest = hashlib.sha256()
        for chunk in one.source.chunks():
            digest.update(chunk)
        vertices = _VERTICES.match(one.source.head(1 << 10))
        order = range(1, int(vertices[1]) + 1) if vertices else ()
        if len(order) > one.source.size:
            raise InputError(
                f"{one.name}: claims {len(order):,} vertices in {one.source.size:,} bytes: it is cut short or wrong"
            )
        if lists and _LIST.match(one.source.head(1 << 10)):
            rows = _listed(one.source)
        else:
            rows = list(partition_rows(one.source, KnownNodes(one.name, order, None)))
        return _partition(one.name, rows, digest.hexdigest(), one.stored_bytes)


def _listed(file: StoredFile) -> list[tuple]:
    """A module a line; lines that begin with # are comments."""
    lines = (
        (number, text.strip())
        for block, first in line_blocks(file)
        for number, text in enumerate(decoded(block, file.name, first).splitlines(), first)
    )
    kept = [(number, text) for number, text in lines if not text.startswith("#")]
    while kept and not kept[-1][1]:
        kept.pop()
    return [(number, node, None, (text,) if text else ()) for node, (number, text) in enumerate(kept)]


def _partition(name: str, rows: list[tuple], digest: str, stored: int) -> Partition:
    rows = rows[1:] if rows and _is_header(rows[0]) else rows
    if not rows:
        raise InputError(f"{name}: holds no nodes: check what wrote it")
    # Of two columns the first may be a number or a name; it is a number where all are.
    tokens = [None if number is None else str(number) for _, number, _, _ in rows]
    numbered = all(token is not None and _INTEGER.fullmatch(token) for token in tokens)
    called = [row[2] if row[2] is not None else token for row, token in zip(rows, tokens, strict=True)]
    named = all(row[2] is not None for row in rows) or not numbered
    numbers = _places(map(int, tokens)) if numbered else None
    names = _places(called)
    if (numbers if numbered else names) is None:
        raise _listed_twice(name, rows, tokens if numbered else called)
    paths = [tuple(path) or (("alone", place),) for place, (_, _, _, path) in enumerate(rows)]
    return Partition(Nodes(name, numbers, names, named, len(rows)), paths, digest, stored)


def _listed_twice(name: str, rows: list[tuple], keys: list) -> InputError:
    """The error for the first row whose key stands in an earlier one."""
    places: dict = {}
    twice = next(place for place, key in enumerate(keys) if places.setdefault(key, place) != place)
    return InputError(f"{name}:{rows[twice][0]}: node {shown(str(keys[twice]))} is listed twice: remove a line")


def _is_header(row: tuple) -> bool:
    """Whether a row of two columns is their names."""
    _, node, name, path = row
    return name is None and str(node).lower() in _HEADERS and len(path) == 1 and str(path[0]).lower() in _LABELS


def _places(keys: Iterable) -> dict | None:
    """The place of each key; None where two are the same."""
    listed = list(keys)
    places = {key: place for place, key in enumerate(listed)}
    return places if len(places) == len(listed) else None


@dataclass(frozen=True)
class Matching:
    """Which nodes of one file are which of another.

    Attributes
    ----------
    by : "name" or "number".
    first, second : the places of common nodes, in the order of the first file.
    only_first, only_second : the names or numbers of the others.
    """

    by: str
    first: list[int]
    second: list[int]
    only_first: Sequence[Any]
    only_second: Sequence[Any]


def matched(first: Nodes, second: Nodes) -> Matching:
    """By names where both files have such, else by what more nodes have in common, names or numbers.

    Raises
    ------
    InputError : no node is in both.
    """
    ways = {}
    for by, one, other in (("name", first.names, second.names), ("number", first.numbers, second.numbers)):
        if one is not None and other is not None:
            common = [key for key in one if key in other]
            if common:
                ways[by] = (one, other, common)
    if not ways:
        raise InputError(f"{second.name}: has no node of {first.name}: compare partitions of the same graph")
    by = max(ways, key=lambda way: (way == "name" and first.named and second.named, len(ways[way][2])))
    one, other, common = ways[by]
    return Matching(
        by,
        [one[key] for key in common],
        [other[key] for key in common],
        [key for key in one if key not in other],
        [key for key in other if key not in one],
    )
