r"""How the lines of a link list or a table of edges are read: separators, headers, and what other tools write.

| first line that is no comment | |
| --- | --- |
| cells called source and target (src, dst, from, to) | a table; tabs, commas, semicolons or white space separate |
| a tab | tabs separate, and names may hold blanks |
| two or three cells between commas or semicolons, white space behind these alone, or a file .csv | these separate |
| anything else | white space separates |

Lines that begin with # are comments, but not in a table; lines that begin with % are comments before the first link.
A first line such as `% asym weighted` is KONECT's: links have a direction, and a fourth column is the time. A third
column in braces is networkx's: `1 2 {'weight': 3}`. A column `Type` of Directed and Undirected is Gephi's.
"""

from __future__ import annotations

import ast
import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import BOM, decoded, shown

if TYPE_CHECKING:
    from hanmine.formats.stored import StoredFile

_SOURCES = ("source", "src", "from")
_TARGETS = ("target", "dst", "to")
_WEIGHTS = ("weight", "w")
_HEAD = 1 << 16  # bytes
_LONGEST_ATTRIBUTES = 1 << 16  # bytes of one link
_KONECT = re.compile(rb"%\s*(sym|asym|bip)\s+[a-z]+\s*")
_REAL = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(rb"[-+]?[0-9]+,[0-9]+")


@dataclass(frozen=True)
class Layout:
    r"""How the lines of a file are read.

    Attributes
    ----------
    name : of the file.
    separator : b"\t", b"," or b";" (with these two quotes as in CSV) or None: white space.
    columns : where a table has source, target and weight; None: a link list.
    width : columns of a table.
    first : the line of the first link, or a higher one.
    type : where a table has Gephi's column Type, or None.
    least, most : columns that a line of a link list may have.
    directed : whether the file says that links have a direction; None: it does not say.
    bare : whether the first link of a list has no weight.
    types : what the column Type held in the lines read so far, in lower case.
    """

    name: str
    separator: bytes | None = None
    columns: tuple[int, ...] | None = None
    width: int = 0
    first: int = 1
    type: int | None = None
    least: int = 2
    most: int = 3
    directed: bool | None = None
    bare: bool = False
    types: set[bytes] = field(default_factory=set)

    def fields(self, line: bytes, number: int) -> list[bytes]:
        """The fields of a line: source, target and, if there is one, weight.

        Raises
        ------
        InputError : the line has too many or too few.
        """
        parts = self._parts(line, number)
        if self.columns is None:
            if not self.least <= len(parts) <= self.most:
                expected = {0: f"{self.most}", 1: f"{self.least} or {self.most}"}.get(self.most - self.least, "2 to 4")
                raise InputError(
                    f"{self.name}:{number}: {_counted(len(parts))} where {expected} are expected: "
                    f"write source, target and, if there is one, weight{_hint(parts)}"
                )
            parts = parts[:3]
        elif len(parts) != self.width:
            raise InputError(
                f"{self.name}:{number}: {_counted(len(parts))} where the header has {self.width}: correct the line"
            )
        else:
            if self.type is not None:
                self.types.add(parts[self.type].lower())
            parts = [parts[column] for column in self.columns]
        if not all(parts[:2]):
            raise InputError(f"{self.name}:{number}: a node without a name: write source and target")
        return parts

    def _parts(self, line: bytes, number: int) -> list[bytes]:
        if self.columns is None and line.rstrip().endswith(b"}"):
            parts = [part.strip() for part in line.split(self.separator, 2)]
            if len(parts) == 3 and parts[2].startswith(b"{"):
                return [*parts[:2], *_weight_among(parts[2], f"{self.name}:{number}")]
        if self.separator is None:
            return line.split()
        if self.separator in b",;" and b'"' in line:
            text = decoded(line, self.name, number)
            try:
                row = next(csv.reader([text], delimiter=self.separator.decode(), strict=True))
            except csv.Error as error:
                raise InputError(f"{self.name}:{number}: quotes that do not match: correct the line") from error
            return [cell.strip().encode() for cell in row]
        # Empty cells at the end of a line are cells of a table, and white space in a list.
        line = line if self.columns else line.rstrip()
        return [part.strip() for part in line.split(self.separator)]

    def direction(self) -> bool | None:
        """What the file says of the direction of its links, after all lines were read; None: nothing.

        Raises
        ------
        InputError : links of both kinds.
        """
        if self.type is None or not self.types <= {b"directed", b"undirected"}:
            return self.directed
        if len(self.types) > 1:
            raise InputError(
                f"{self.name}: its column Type has directed and undirected edges, and a graph has one kind here: leave "
                "Type out, and in a directed graph write undirected edges twice, once from either end"
            )
        return self.types == {b"directed"} if self.types else None


def _counted(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"


def _hint(parts: list[bytes]) -> str:
    if len(parts) == 1 and b"," in parts[0]:
        return "; a CSV file of more columns begins with a header that names source, target and weight"
    return "; separate names that hold spaces by tabs" if len(parts) > 3 else ""


def _weight_among(attributes: bytes, where: str) -> list[bytes]:
    """The weight among the attributes that networkx writes of a link, as it is written; [] if it has none."""
    try:
        if len(attributes) > _LONGEST_ATTRIBUTES:
            raise ValueError
        given = ast.literal_eval(attributes.decode("utf-8"))
        found = [given[key] for key in ("weight", "Weight") if key in given][:1]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise InputError(
            f"{where}: the attributes {shown(attributes)} are not such as {{'weight': 0.5}}: "
            "write the list with networkx.write_weighted_edgelist"
        ) from error
    return [str(weight).encode() for weight in found]


def is_real(token: bytes) -> bool:
    """Whether a token is a number, which may be infinite or none (nan)."""
    return _REAL.fullmatch(token) is not None


def weight_of(token: bytes, where: str) -> float:
    """The weight of a link or a node.

    Raises
    ------
    InputError : it is no number, negative, or not finite.
    """
    if not is_real(token):
        cure = "write . before decimals" if _DECIMAL_COMMA.fullmatch(token) else "correct it, or leave it out"
        raise InputError(f"{where}: the weight {shown(token)} is no number: {cure}")
    weight = float(token)
    if not 0 <= weight < float("inf"):
        raise InputError(f"{where}: the weight {shown(token)}: weights are finite and not negative")
    return weight


def layout_of(source: StoredFile) -> Layout:
    """How the lines of `source` are read, by the first line that is no comment.

    Raises
    ------
    InputError : a bipartite network.
    """
    head = source.head(_HEAD).removeprefix(BOM)
    directed, most = None, 3
    for number, line in enumerate(head.split(b"\n"), 1):
        if match := _KONECT.fullmatch(line):
            if match[1] == b"bip":
                raise InputError(
                    f"{source.name}:{number}: is a bipartite network of KONECT, which is not supported: pass a plain "
                    "network"
                )
            directed, most = match[1] == b"asym", 4
        if not line.strip() or line.lstrip().startswith((b"#", b"%")):
            continue
        for separator in (b"\t", b",", b";", None):
            if (separator is None or separator in line) and (table := _table(line, separator, source.name, number)):
                return table
        separator = _separator(line, source.name)
        bare = len(line.split(separator)) == 2
        return Layout(source.name, separator, first=number, most=most, directed=directed, bare=bare)
    return Layout(source.name)


def _table(line: bytes, separator: bytes | None, name: str, number: int) -> Layout | None:
    cells = [cell.strip().strip(b'"').lower().decode("utf-8", "replace") for cell in line.split(separator)]
    found = [
        next((cells.index(cell) for cell in choices if cell in cells), None)
        for choices in (_SOURCES, _TARGETS, _WEIGHTS)
    ]
    if found[0] is None or found[1] is None:
        return None
    columns = tuple(place for place in found if place is not None)
    type = cells.index("type") if "type" in cells else None
    return Layout(name, separator, columns, len(cells), number + 1, type)


def _separator(line: bytes, name: str) -> bytes | None:
    """What separates the cells of a link list that begins with `line`."""
    if b"\t" in line.rstrip():
        return b"\t"
    text = line.strip().partition(b"{")[0] if line.strip().endswith(b"}") else line.strip()
    for separator in (b";", b","):
        try:
            parts = Layout(name, separator)._parts(line.strip(), 1)
        except InputError:
            continue
        if len(parts) not in (2, 3) or not all(parts) or separator not in text:
            continue
        if len(parts) == 3 and not (is_real(parts[2]) or _DECIMAL_COMMA.fullmatch(parts[2])):
            continue
        blanks = re.sub(separator + rb'\s*|"[^"]*"', b"", text)
        if is_csv(name) or not re.search(rb"\s", blanks):
            return separator
    return None


def is_csv(name: str) -> bool:
    """Whether a file is CSV by its name."""
    return re.search(r"\.csv(\.(gz|bz2|xz|zst))?\Z", name, re.IGNORECASE) is not None


def unread_header(layout: Layout, first: tuple[bytes, bytes]) -> InputError:
    """The error of a list of numbers of which the first line alone has names."""
    return InputError(
        f"{layout.name}:{layout.first}: {shown(first[0])} and {shown(first[1])} are names, and all other nodes "
        "numbers: call the columns of a header source and target, or begin its line with #"
    )
