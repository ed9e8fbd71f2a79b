"""Link lists: `source target [weight]` a line, by numbers or by names, and tables of edges with a header.

A block of lines is first read by `tokens`, all lines together. Whatever that does not take (comments amid the lines,
lines with and without weights, quotes, mistakes) is read line by line, which is slower and knows where a mistake is.

Lines that begin with # are comments, but not in a table. In a file whose first line holds a tab, tabs separate, and
names may hold spaces; else white space does. Nodes are known by non-negative integers; when one token of all files is
none, all nodes are known by names, in order of appearance.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import BOM, decoded, line_blocks, shown
from hanmine.formats.graphs.tokens import Tokens, tokens_of

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

LARGEST_NUMBER = (1 << 63) - 1
_INTEGER = re.compile(rb"-?[0-9]+")
_REAL = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_NO_LINK = re.compile(rb"^[ \t\r\v\f]*(?:#[^\n]*)?\n", re.MULTILINE)
_BLANK = re.compile(rb"^[ \t\r\v\f]*\n", re.MULTILINE)
_SOURCES = ("source", "src", "from")
_TARGETS = ("target", "dst", "to")
_WEIGHTS = ("weight", "w")


class NotIntegersError(Exception):
    """A token that names a node is no integer."""


class BadNumberError(InputError):
    """An integer that cannot number a node; it may still be a name."""


@dataclass(frozen=True)
class Layout:
    r"""How the lines of a file are read.

    Attributes
    ----------
    name : of the file.
    separator : b"\t", b"," (quotes as in CSV) or None: white space.
    columns : where a table has source, target and weight; None: a link list.
    width : columns of a table.
    header : the line of a table's header, 0 if there is none.
    """

    name: str
    separator: bytes | None = None
    columns: tuple[int, ...] | None = None
    width: int = 0
    header: int = 0

    @property
    def kind(self) -> str:
        return "links" if self.columns is None else "table"

    def fields(self, line: bytes, number: int) -> list[bytes]:
        """The fields of a line: source, target and, if there is one, weight.

        Raises
        ------
        InputError : the line has too many or too few.
        """
        parts = self._parts(line, number)
        if self.columns is None:
            if len(parts) not in (2, 3):
                raise InputError(
                    f"{self.name}:{number}: {_counted(len(parts))} where 2 or 3 are expected: "
                    f"write source, target and, if there is one, weight{_hint(parts)}"
                )
        elif len(parts) != self.width:
            raise InputError(
                f"{self.name}:{number}: {_counted(len(parts))} where the header has {self.width}: correct the line"
            )
        else:
            parts = [parts[column] for column in self.columns]
        if not all(parts[:2]):
            raise InputError(f"{self.name}:{number}: a node without a name: write source and target")
        return parts

    def _parts(self, line: bytes, number: int) -> list[bytes]:
        if self.separator is None:
            return line.split()
        if self.separator == b"," and b'"' in line:
            try:
                row = next(csv.reader([decoded(line, self.name, number)], strict=True))
            except csv.Error as error:
                raise InputError(f"{self.name}:{number}: quotes that do not match: correct the line") from error
            return [cell.strip().encode() for cell in row]
        # Empty cells at the end of a line are cells of a table, and white space in a list.
        line = line if self.columns else line.rstrip()
        return [part.strip() for part in line.split(self.separator)]


def _counted(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"


def _hint(parts: list[bytes]) -> str:
    if len(parts) == 1 and b"," in parts[0]:
        return "; a CSV file begins with the header source,target,weight"
    return "; separate names that hold spaces by tabs" if len(parts) > 3 else ""


def layout_of(source: StoredFile) -> Layout:
    """How the lines of `source` are read, by the first line that is no comment."""
    head = source.head(1 << 16).removeprefix(BOM)
    for number, line in enumerate(head.split(b"\n"), 1):
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        for separator in (b"\t", b","):
            if separator in line and (table := _table(line, separator, source.name, number)):
                return table
        return _table(line, None, source.name, number) or Layout(source.name, b"\t" if b"\t" in line.rstrip() else None)
    return Layout(source.name)


def _table(line: bytes, separator: bytes | None, name: str, number: int) -> Layout | None:
    cells = [cell.strip().strip(b'"').lower().decode("utf-8", "replace") for cell in line.split(separator)]
    found = [
        next((cells.index(cell) for cell in choices if cell in cells), None)
        for choices in (_SOURCES, _TARGETS, _WEIGHTS)
    ]
    if found[0] is None or found[1] is None:
        return None
    return Layout(name, separator, tuple(place for place in found if place is not None), len(cells), number)


@dataclass
class Links:
    """Links that are gathered block by block.

    Attributes
    ----------
    source, target, weight : arrays of the blocks.
    """

    source: list[np.ndarray] = field(default_factory=list)
    target: list[np.ndarray] = field(default_factory=list)
    weight: list[np.ndarray] = field(default_factory=list)

    def add(self, source: np.ndarray, target: np.ndarray, weight: np.ndarray) -> None:
        """One block."""
        self.source.append(source)
        self.target.append(target)
        self.weight.append(weight)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """int64, int64 and float64 [m]; the blocks are given up."""
        import numpy as np

        joined = []
        for blocks, dtype in ((self.source, np.int64), (self.target, np.int64), (self.weight, np.float64)):
            joined.append(np.concatenate([np.zeros(0, dtype), *blocks]))
            blocks.clear()
        return tuple(joined)


def read_link_lists(
    sources: Sequence[StoredFile],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str] | np.ndarray]:
    """Source, target, weight and the nodes of one or several files: their names, or their numbers (int64, sorted).

    Raises
    ------
    InputError : wrong columns, a weight that is no number, negative or not finite, a node of a negative number.
    """
    layouts = [layout_of(source) for source in sources]
    try:
        return numbered(*_numbered_links(sources, layouts))
    except NotIntegersError:
        return _named_links(sources, layouts)
    except BadNumberError:
        source, target, weight, names = _named_links(sources, layouts)
        if all(_INTEGER.fullmatch(name.encode()) for name in names):
            raise
        return source, target, weight, names


def numbered(
    source: np.ndarray, target: np.ndarray, weight: np.ndarray, declared: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The links with nodes numbered from 0, and the numbers that they had, sorted; `declared` are further nodes."""
    import numpy as np

    parts = [source, target] if declared is None else [source, target, declared]
    largest = max((int(part.max()) for part in parts if part.size), default=-1)
    if largest < 4 * sum(part.size for part in parts) + 1024:
        present = np.zeros(largest + 1, bool)
        for part in parts:
            present[part] = True
        ids = np.flatnonzero(present)
        if ids.size == largest + 1:
            return source, target, weight, ids
        place = np.cumsum(present, dtype=np.int64) - 1
        return place[source], place[target], weight, ids
    ids = np.unique(np.concatenate([np.unique(part) for part in parts]))
    return np.searchsorted(ids, source), np.searchsorted(ids, target), weight, ids


def _blocks(source: StoredFile, layout: Layout) -> Iterator[tuple[bytes, int]]:
    """The blocks of lines behind the header."""
    for block, line in line_blocks(source):
        if line <= layout.header < line + block.count(b"\n"):
            block = block.split(b"\n", layout.header - line + 1)[-1]
            line = layout.header + 1
        elif line <= layout.header:
            continue
        if block:
            yield block, line


def _numbered_links(
    sources: Sequence[StoredFile], layouts: Sequence[Layout]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    links = Links()
    for source, layout in zip(sources, layouts, strict=True):
        for block, line in _blocks(source, layout):
            links.add(*(plain_links(block, layout) or _links_of_lines(block, line, layout)))
    return links.arrays()


def plain_links(block: bytes, layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The links between numbered nodes of a block in which all lines are alike; None if they are not."""
    tokens = _alike(block, layout)
    if tokens is None:
        return None
    places = layout.columns or range(tokens.columns)
    source, target = tokens.integers(places[0]), tokens.integers(places[1])
    weight = None if source is None or target is None else _weights(tokens, places)
    return None if weight is None else (source, target, weight)


def _alike(block: bytes, layout: Layout) -> Tokens | None:
    """The tokens of a block; None where its lines have to be looked at one by one."""
    separator = layout.separator
    if separator == b"," and b'"' in block:
        return None
    if b"#" in block and layout.columns is None:
        block = _NO_LINK.sub(b"", block)
    tokens = tokens_of(block, separator)
    if tokens is None:
        tokens = tokens_of(_BLANK.sub(b"", block), separator)
    if tokens is None or (tokens.columns != layout.width if layout.columns else tokens.columns not in (2, 3)):
        return None
    return tokens


def _weights(tokens: Tokens, places: Sequence[int]) -> np.ndarray | None:
    import numpy as np

    if len(places) < 3:
        return np.ones(tokens.lines)
    weight = tokens.reals(places[2])
    return None if weight is None or not np.all((weight >= 0) & (weight < np.inf)) else weight


def _lines(block: bytes, first: int, layout: Layout) -> Iterator[tuple[int, list[bytes]]]:
    for number, line in enumerate(block.split(b"\n"), first):
        if line.strip() and (layout.columns is not None or not line.lstrip().startswith(b"#")):
            yield number, layout.fields(line, number)


def _links_of_lines(block: bytes, first: int, layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The links between numbered nodes, a line at a time."""
    source, target, weight = [], [], []
    for line, fields in _lines(block, first, layout):
        where = f"{layout.name}:{line}"
        source.append(node_number(fields[0], where))
        target.append(node_number(fields[1], where))
        weight.append(weight_of(fields[2], where) if len(fields) > 2 else 1.0)
    return _arrays(source, target, weight)


def _arrays(source: list[int], target: list[int], weight: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    return np.array(source, np.int64), np.array(target, np.int64), np.array(weight, np.float64)


def node_number(token: bytes, where: str) -> int:
    """The number of a node.

    Raises
    ------
    NotIntegersError : it is no integer.
    BadNumberError : it is negative or too large.
    """
    if not _INTEGER.fullmatch(token):
        raise NotIntegersError
    if token.startswith(b"-"):
        raise BadNumberError(f"{where}: the node {shown(token)} is negative: number nodes from 0 or 1")
    if len(token) > 18 and int(token) > LARGEST_NUMBER:
        raise BadNumberError(f"{where}: the node {shown(token)} is above {LARGEST_NUMBER}: give it a smaller number")
    return int(token)


def weight_of(token: bytes, where: str) -> float:
    """The weight of a link or a node.

    Raises
    ------
    InputError : it is no number, negative, or not finite.
    """
    if not _REAL.fullmatch(token):
        raise InputError(f"{where}: the weight {shown(token)} is no number: correct it, or leave it out")
    weight = float(token)
    if not 0 <= weight < float("inf"):
        raise InputError(f"{where}: the weight {shown(token)}: weights are finite and not negative")
    return weight


class _Index(dict):
    """Names with their numbers; a new name gets the next one."""

    def __missing__(self, name: bytes) -> int:
        self[name] = number = len(self)
        return number


def _named_links(
    sources: Sequence[StoredFile], layouts: Sequence[Layout]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    import numpy as np

    index = _Index()
    links = Links()
    for source, layout in zip(sources, layouts, strict=True):
        for block, line in _blocks(source, layout):
            decoded(block, layout.name, line)
            ends, weight = _plain_names(block, layout) or _names_of_lines(block, line, layout)
            numbers = np.fromiter(map(index.__getitem__, ends), np.int64, len(ends))
            links.add(numbers[0::2].copy(), numbers[1::2].copy(), weight)
    return *links.arrays(), [name.decode("utf-8") for name in index]


def _plain_names(block: bytes, layout: Layout) -> tuple[list[bytes], np.ndarray] | None:
    """Sources and targets by turns, and weights, of a block in which all lines are alike; None if they are not."""
    tokens = _alike(block, layout)
    if tokens is None:
        return None
    places = layout.columns or range(tokens.columns)
    weight, ends = _weights(tokens, places), tokens.texts(places[0], places[1])
    return None if weight is None or b"" in ends else (ends, weight)


def _names_of_lines(block: bytes, first: int, layout: Layout) -> tuple[list[bytes], np.ndarray]:
    """The same, a line at a time."""
    import numpy as np

    ends, weight = [], []
    for line, fields in _lines(block, first, layout):
        ends += fields[:2]
        weight.append(weight_of(fields[2], f"{layout.name}:{line}") if len(fields) > 2 else 1.0)
    return ends, np.array(weight, np.float64)
