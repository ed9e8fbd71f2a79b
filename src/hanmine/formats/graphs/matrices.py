"""Graphs as numpy and scipy write them: arrays of links, sparse matrices, square dense matrices.

No array leaves this module unchecked: compiled code believes the indices that it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.archive import Archive, count_of, open_archive
from hanmine.formats.graphs.inputs import reason, shown
from hanmine.formats.vectors.npy import LONGEST_HEADER, read_header

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

_NUMBERS, _INTEGERS = "biuf", "iu"
_LINKS = "src and dst are flat arrays of whole numbers, w one of numbers, all of one length"
_FREE = 1_000_000  # nodes that may go without links
_PER_LINK = 100  # further nodes for each link: what only a number claims is not to fill the memory


def read_npy(source: StoredFile) -> dict[str, Any]:
    """A square dense matrix: entry (i, j) is the weight of the link from i to j; see `_of_matrix`.

    Raises
    ------
    InputError : the file is damaged, or holds no square matrix of finite weights that are not negative.
    """
    import numpy as np

    header = read_header(source.head(LONGEST_HEADER), source.name)
    if header.dtype.hasobject:
        raise InputError(
            f"{source.name}: holds Python objects, which are never loaded as they can run any code: save numbers"
        )
    if count_of(header.shape) * header.dtype.itemsize > source.size - header.size:
        raise InputError(f"{source.name}: is cut short: write or fetch it again")
    if len(header.shape) != 2 or header.dtype.kind not in _NUMBERS:
        raise InputError(
            f"{source.name}: an array of shape {header.shape} and type {header.dtype} is no matrix of weights: "
            "pass a square matrix of numbers"
        )
    _check_square(header.shape, source.name)
    matrix = np.empty(header.shape, header.dtype, order="F" if header.fortran else "C")
    source.read_into(matrix.T if header.fortran else matrix, header.size)
    return _of_matrix(_plain(matrix), source.name)


def read_npz(source: StoredFile) -> dict[str, Any]:
    """A sparse matrix that `scipy.sparse.save_npz` wrote, or the arrays src and dst with w, n, directed and names.

    src, dst: the ends of the links, from 0; w: their weights (1); n: number of nodes (the largest end + 1); directed:
    whether links have a direction; names: of the nodes. Other arrays are not read.

    Raises
    ------
    InputError : the archive is damaged, or the arrays do not fit each other.
    """
    with open_archive(source) as archive:
        if "format" in archive and "shape" in archive:
            return _of_matrix(_sparse(archive), source.name)
        if "src" in archive or "dst" in archive:
            return _of_arrays(archive)
        raise InputError(
            f"{source.name}: holds {', '.join(map(shown, archive.keys)) or 'no arrays'}: "
            "a graph has src and dst, or is a matrix of scipy.sparse.save_npz"
        )


def _check_square(shape: tuple[int, ...], name: str) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise InputError(f"{name}: a matrix of shape {shape} is no graph: pass a square one")


def _check_nodes(nodes: int, links: int, name: str) -> None:
    """Refuse a number of nodes that nothing in the file bears out."""
    if nodes > _FREE + _PER_LINK * links:
        raise InputError(
            f"{name}: claims {nodes:,} nodes and has {links:,} links: number the nodes that have links from 0"
        )


def _plain(values: np.ndarray) -> np.ndarray:
    """Numbers of a type that scipy computes with, in native byte order."""
    import numpy as np

    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        with np.errstate(over="ignore"):  # what is too large is inf, and named
            return values.astype(np.float64)
    return values


def _sparse(archive: Archive) -> Any:
    """The sparse matrix of an archive, every index of which is in its range."""
    from scipy import sparse

    name = archive.file.name
    kind = archive.read("format", "SU", (0, 1)).reshape(-1)
    kind = kind[0].decode("latin-1") if kind.dtype.kind == "S" and kind.size else str(kind[0]) if kind.size else ""
    shape = tuple(archive.read("shape", _INTEGERS).tolist())
    _check_square(shape, name)
    if shape[0] < 0:
        raise InputError(f"{name}: a matrix of shape {shape} is no graph: pass a square one")
    data = _plain(archive.read("data", _NUMBERS, {"bsr": 3, "dia": 2}.get(kind, 1)))
    if kind == "coo":
        keys = ("row", "col")
        if "coords" in archive:
            ends = archive.read("coords", _INTEGERS, 2)
        else:
            ends = [archive.read(key, _INTEGERS) for key in keys]
        if len(ends) != 2 or any(end.shape != data.shape for end in ends):
            raise _unfit(archive, "row, col and data")
        _check_nodes(shape[0], data.size, name)
        for key, end in zip(keys, ends, strict=True):
            _check_range(end, shape[0], f"{name}: {key}")
        return sparse.coo_matrix((data, tuple(ends)), shape=shape)
    if kind == "dia":
        offsets = archive.read("offsets", _INTEGERS)
        if len(set(offsets.tolist())) != len(data) or offsets.shape != data.shape[:1]:
            raise _unfit(archive, "offsets and data")
        wrong = offsets[(offsets <= -shape[0]) | (offsets >= shape[0])]
        if wrong.size:
            raise InputError(
                f"{name}: offset {wrong[0]} is that of no diagonal of a matrix of shape {shape}: correct it"
            )
        _check_nodes(shape[0], data.size, name)
        return sparse.dia_matrix((data, offsets), shape=shape)
    if kind in ("csr", "csc", "bsr"):
        return _compressed(archive, kind, data, shape)
    raise InputError(f"{name}: the sparse format {shown(kind)} is unknown: save it with scipy.sparse.save_npz")


def _compressed(archive: Archive, kind: str, data: np.ndarray, shape: tuple[int, int]) -> Any:
    """A matrix of the formats csr, csc and bsr, which hold where each row (column, row of blocks) begins."""
    import numpy as np
    from scipy import sparse

    indices, indptr = archive.read("indices", _INTEGERS), archive.read("indptr", _INTEGERS)
    tall, wide = data.shape[1:] if kind == "bsr" else (1, 1)
    if not tall or not wide or shape[0] % tall or shape[1] % wide or len(indptr) != shape[0] // tall + 1:
        raise _unfit(archive, "indptr and shape")
    rising = indptr[0] == 0 and indptr[-1] == len(indices) == len(data) and bool((indptr[1:] >= indptr[:-1]).all())
    if not rising:
        raise _unfit(archive, "indptr, indices and data")
    _check_range(indices, shape[1] // wide, f"{archive.file.name}: indices")
    made = {"csr": sparse.csr_matrix, "csc": sparse.csc_matrix, "bsr": sparse.bsr_matrix}[kind]
    return made((data, indices.astype(np.int64), indptr.astype(np.int64)), shape=shape)


def _unfit(archive: Archive, what: str) -> InputError:
    return InputError(
        f"{archive.file.name}: {what} of the sparse matrix do not fit each other: save it with scipy.sparse.save_npz"
    )


def _check_range(ends: np.ndarray, size: int, where: str) -> None:
    import numpy as np

    wrong = np.flatnonzero((ends < 0) | (ends >= size))
    if wrong.size:
        raise InputError(f"{where}[{wrong[0]}] is {ends[wrong[0]]}: nodes are numbered from 0 to {size - 1}")


def _of_matrix(matrix: Any, name: str) -> dict[str, Any]:
    """The fields of a graph. A symmetric matrix is an undirected graph, of which each link is taken once."""
    import numpy as np
    from scipy import sparse

    matrix = sparse.csr_matrix(matrix)
    matrix.sum_duplicates()
    wrong = np.flatnonzero(~(np.isfinite(matrix.data) & (matrix.data >= 0)))
    if wrong.size:
        row = int(np.searchsorted(matrix.indptr, wrong[0], "right")) - 1
        place, value = (row, int(matrix.indices[wrong[0]])), matrix.data[wrong[0]]
        raise InputError(f"{name}: entry {place} is {value:g}: weights are finite and not negative")
    directed = bool((matrix != matrix.T).nnz)
    links = sparse.coo_matrix(matrix if directed else sparse.triu(matrix))
    return {
        "size": matrix.shape[0],
        "source": links.row.astype(np.int64),
        "target": links.col.astype(np.int64),
        "weight": links.data.astype(np.float64),
        "directed": directed,
    }


def _of_arrays(archive: Archive) -> dict[str, Any]:
    """The fields of a graph out of arrays of links."""
    import numpy as np

    name = archive.file.name
    source, target = (archive.read(key, _INTEGERS, cure=_LINKS) for key in ("src", "dst"))
    weight = _plain(archive.read("w", _NUMBERS, cure=_LINKS)) if "w" in archive else np.ones(source.shape)
    for key, array in (("dst", target), ("w", weight)):
        if array.shape != source.shape:
            raise InputError(f"{name}: array {key!r} has {len(array):,} numbers and 'src' {len(source):,}: {_LINKS}")
    ends = (source, target) if source.size else ()
    size = _single(archive, "n", _INTEGERS)
    size = max((int(end.max()) + 1 for end in ends), default=0) if size is None else int(size)
    for key, end in zip(("src", "dst"), ends, strict=False):
        _check_range(end, size, f"{name}: {key}")
    names = archive.read("names", "U") if "names" in archive else None
    if names is not None and names.shape != (size,):
        raise InputError(f"{name}: array 'names' has {len(names):,} strings for {size:,} nodes: give each node one")
    _check_nodes(size, source.size, name)
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if wrong.size:
        raise InputError(f"{name}: w[{wrong[0]}] is {weight[wrong[0]]:g}: weights are finite and not negative")
    directed = _single(archive, "directed", "b" + _INTEGERS)
    return {
        "size": size,
        "source": source.astype(np.int64),
        "target": target.astype(np.int64),
        "weight": weight.astype(np.float64),
        "names": None if names is None else _strings(names, name),
        "directed": None if directed is None else bool(directed),
    }


def _single(archive: Archive, key: str, kinds: str) -> Any:
    """The only element of an array; None where there is no such array."""
    if key not in archive:
        return None
    values = archive.read(key, kinds, (0, 1))
    if values.size != 1:
        raise InputError(f"{archive.name_of(key)}: has {values.size} elements: give one")
    return values.reshape(-1)[0]


def _strings(names: np.ndarray, name: str) -> list[str]:
    try:
        strings = names.tolist()
        "".join(strings).encode("utf-8")
    except ValueError as error:  # numbers that are no characters, halves of surrogate pairs
        raise InputError(f"{name}: array 'names' holds what is no text ({reason(error)}): mend the names") from error
    return strings
