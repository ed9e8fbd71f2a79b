"""MatrixMarket (.mtx): a square matrix whose entry (i, j) is the weight of the link from i to j.

The format is that of Boisvert, Pozo and Remington (1996): a banner, comments, the sizes, then `row column value` a line
(coordinate), or the values column by column (array). scipy's reader is not used: a damaged line can end the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import line_blocks, shown
from hanmine.formats.graphs.link_layout import Layout, weight_of
from hanmine.formats.graphs.link_list import NotIntegersError, numbered_links
from hanmine.formats.graphs.matrices import _of_matrix

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

_HEAD = 1 << 20  # bytes, in which comments have room
_LEAST = {"coordinate": 4, "array": 2}  # bytes of an entry
_FREE = 1_000_000  # nodes that may go without links
_PER_LINK = 100  # further nodes for each link: what only a number claims is not to fill the memory
_FIELDS = ("real", "double", "integer", "unsigned-integer", "pattern")
_SYMMETRIES = ("general", "symmetric")


@dataclass(frozen=True)
class _Header:
    """What stands before the entries: `layout` is coordinate or array; `line` is that of the sizes."""

    layout: str
    pattern: bool
    symmetric: bool
    size: int
    entries: int
    line: int


def read_mtx(source: StoredFile) -> dict[str, Any]:
    """The fields of a graph; nodes are known by the numbers of rows, from 1. A symmetric matrix is an undirected graph.

    Raises
    ------
    InputError : the file is damaged, claims more than it holds, or has no square matrix of finite weights that are not
        negative.
    """
    import numpy as np

    header = _header(source)
    fields = _coordinates(source, header) if header.layout == "coordinate" else _array(source, header)
    return fields | {"ids": np.arange(1, header.size + 1)}


def _header(source: StoredFile) -> _Header:
    """Read the header, and hold its numbers against the size of the file before memory is taken."""
    banner, *lines = source.head(_HEAD).split(b"\n")
    words = banner.decode("utf-8", "replace").lower().split()
    if len(words) != 5 or words[1] != "matrix" or words[2] not in _LEAST:
        raise InputError(
            f"{source.name}:1: {shown(banner.strip())} is no banner of a matrix: "
            "write %%MatrixMarket matrix coordinate real general"
        )
    _, _, layout, field, symmetry = words
    if field not in _FIELDS or symmetry not in _SYMMETRIES:
        wrong = field if field not in _FIELDS else symmetry
        raise InputError(f"{source.name}:1: a {shown(wrong)} matrix is no graph: weights are numbers and not negative")
    kept = ((number, line) for number, line in enumerate(lines, 2) if line.strip() and not line.startswith(b"%"))
    number, line = next(kept, (0, b""))
    if not number:
        raise InputError(f"{source.name}: has no line of sizes: it is cut short or wrong")
    sizes = line.split()
    if len(sizes) != (3 if layout == "coordinate" else 2) or not all(
        size.isdigit() and len(size) < 19 for size in sizes
    ):
        raise InputError(f"{source.name}:{number}: {shown(line.strip())} are no sizes of a matrix: correct the line")
    rows, columns, *entries = map(int, sizes)
    if rows != columns:
        raise InputError(f"{source.name}:{number}: a matrix of shape {(rows, columns)} is no graph: pass a square one")
    symmetric = symmetry == "symmetric"
    count = entries[0] if entries else rows * (rows + 1) // 2 if symmetric else rows * rows
    if count * _LEAST[layout] > source.size:
        raise InputError(
            f"{source.name}:{number}: claims {count:,} entries in {source.size:,} bytes: it is cut short or wrong"
        )
    if rows > _FREE + _PER_LINK * count:
        raise InputError(
            f"{source.name}:{number}: claims {rows:,} nodes and has {count:,} links: "
            "number the nodes that have links from 1"
        )
    return _Header(layout, field == "pattern", symmetric, rows, count, number)


def _check_count(found: int, header: _Header, name: str) -> None:
    if found != header.entries:
        raise InputError(
            f"{name}:{header.line}: claims {header.entries:,} entries and has {found:,}: it is cut short or wrong"
        )


def _coordinates(source: StoredFile, header: _Header) -> dict[str, Any]:
    import numpy as np
    from scipy import sparse

    width = 2 if header.pattern else 3
    layout = Layout(source.name, first=header.line + 1, least=width, most=width)
    try:
        row, column, weight = numbered_links([source], [layout])
    except NotIntegersError as error:
        raise InputError(f"{error}: number rows and columns from 1") from error
    _check_count(row.size, header, source.name)
    wrong = np.flatnonzero((row < 1) | (row > header.size) | (column < 1) | (column > header.size))
    if wrong.size:
        place = int(row[wrong[0]]), int(column[wrong[0]])
        raise InputError(f"{source.name}: entry {place}: rows and columns are numbered from 1 to {header.size}")
    row, column = row - 1, column - 1
    if header.symmetric:  # of which one half is written
        return {"size": header.size, "source": row, "target": column, "weight": weight, "directed": False}
    return _of_matrix(sparse.coo_matrix((weight, (row, column)), (header.size, header.size)), source.name)


def _array(source: StoredFile, header: _Header) -> dict[str, Any]:
    import numpy as np

    found = [_values(block, line, header, source.name) for block, line in line_blocks(source)]
    values = np.concatenate(found)
    _check_count(values.size, header, source.name)
    if not header.symmetric:
        return _of_matrix(values.reshape(header.size, header.size).T, source.name)
    matrix = np.zeros((header.size, header.size))
    matrix[np.triu_indices(header.size)] = values  # columns below the diagonal are rows above it
    return _of_matrix(matrix + np.triu(matrix, 1).T, source.name)


def _values(block: bytes, first: int, header: _Header, name: str) -> np.ndarray:
    """float64, one of each line behind the sizes."""
    import numpy as np

    lines = enumerate(block.split(b"\n"), first)
    texts = ((number, line.strip()) for number, line in lines if number > header.line)
    return np.array([weight_of(text, f"{name}:{number}") for number, text in texts if text], np.float64)
