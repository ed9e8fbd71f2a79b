"""MatrixMarket (.mtx), read by scipy: a square matrix whose entry (i, j) is the weight of the link from i to j."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import reason, shown
from hanmine.formats.graphs.matrices import _of_matrix

if TYPE_CHECKING:
    from hanmine.formats.stored import StoredFile

_HEAD = 1 << 20  # bytes, in which comments have room
_ENTRY = {b"coordinate": 4, b"array": 2}  # least bytes of an entry
_FREE = 1_000_000  # nodes that may go without links
_PER_LINK = 100  # further nodes for each link: what only a number claims is not to fill the memory


def read_mtx(source: StoredFile) -> dict[str, Any]:
    """The fields of a graph; nodes are known by the numbers of rows, from 1. A symmetric matrix is an undirected graph.

    Raises
    ------
    InputError : the file is damaged, claims more than it holds, or has no square matrix of finite weights that are not
        negative.
    """
    import numpy as np
    from scipy.io import mmread

    _check_claims(source)
    try:
        matrix = mmread(source.as_file())
    except (ValueError, OverflowError, TypeError) as error:
        raise InputError(f"{source.name}: is no MatrixMarket that can be read ({reason(error)}): correct it") from error
    fields = _of_matrix(matrix, source.name)
    return fields | {"ids": np.arange(1, fields["size"] + 1)}


def _check_claims(source: StoredFile) -> None:
    """Hold the numbers of the header against the size of the file, before memory is taken.

    Raises
    ------
    InputError : it claims more rows or entries than there can be, or something else than numbers.
    """
    head = source.head(_HEAD)
    banner, *lines = head.split(b"\n")
    words = banner.lower().split()
    if len(words) < 2 or words[1] != b"matrix":
        raise InputError(f"{source.name}:1: {shown(banner.strip())} begins no matrix: pass a MatrixMarket matrix")
    layout = words[2] if len(words) > 2 else b""
    for number, line in enumerate(lines, 2):
        if not line.strip() or line.startswith(b"%"):
            continue
        sizes = line.split()
        plain = all(size.isdigit() and len(size) <= 18 for size in sizes)
        if layout not in _ENTRY or not plain or len(sizes) != (3 if layout == b"coordinate" else 2):
            return  # scipy says what is wrong
        rows, columns, *entries = map(int, sizes)
        if rows != columns:
            raise InputError(
                f"{source.name}:{number}: a matrix of shape {(rows, columns)} is no graph: pass a square one"
            )
        count = entries[0] if entries else rows * (rows + 1) // 2
        if count * _ENTRY[layout] > source.size + _ENTRY[layout]:
            raise InputError(
                f"{source.name}:{number}: claims {count:,} entries in {source.size:,} bytes: it is cut short or wrong"
            )
        if rows > _FREE + _PER_LINK * count:
            raise InputError(
                f"{source.name}:{number}: claims {rows:,} nodes and has {count:,} links: "
                "number the nodes that have links from 1"
            )
        return
