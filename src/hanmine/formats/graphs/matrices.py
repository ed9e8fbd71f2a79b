"""Graphs as numpy and scipy write them: arrays of links, sparse matrices, square dense matrices."""

from __future__ import annotations

import math
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import reason, shown
from hanmine.formats.vectors.npy import LONGEST_HEADER, MAGIC, read_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from hanmine.formats.stored import StoredFile

_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError)


def read_npy(source: StoredFile) -> dict[str, Any]:
    """A square dense matrix: entry (i, j) is the weight of the link from i to j; see `_of_matrix`.

    Raises
    ------
    InputError : the file is damaged, or holds no square matrix of finite weights that are not negative.
    """
    import numpy as np

    _check_array(source.head(LONGEST_HEADER), source.size, source.name)
    try:
        matrix = np.load(source.as_file(), allow_pickle=False)
    except (ValueError, *_DAMAGE) as error:
        raise InputError(f"{source.name}: no matrix can be read ({reason(error)}): save it again") from error
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise InputError(
            f"{source.name}: an array of shape {matrix.shape} and type {matrix.dtype} is no matrix of weights: "
            "pass a square matrix of numbers"
        )
    return _of_matrix(matrix, source.name)


def read_npz(source: StoredFile) -> dict[str, Any]:
    """A sparse matrix that `scipy.sparse.save_npz` wrote, or the arrays src and dst with w, n, directed and names.

    src, dst: the ends of the links, from 0; w: their weights (1); n: number of nodes (the largest end + 1); directed:
    whether links have a direction; names: of the nodes. Other arrays are not read.

    Raises
    ------
    InputError : the archive is damaged, or the arrays do not fit each other.
    """
    import numpy as np

    try:
        with zipfile.ZipFile(source.as_file()) as members:
            _check_arrays(members, source.name)
        with np.load(source.as_file(), allow_pickle=False) as archive:
            if "format" in archive.files and "shape" in archive.files:
                return _of_matrix(_sparse(source), source.name)
            if not {"src", "dst"} <= set(archive.files):
                raise InputError(
                    f"{source.name}: holds {', '.join(map(shown, archive.files)) or 'no arrays'}: "
                    "a graph has src and dst, or is a matrix of scipy.sparse.save_npz"
                )
            known = ("src", "dst", "w", "n", "directed", "names")
            arrays = {key: archive[key] for key in known if key in archive.files}
    except (ValueError, KeyError, *_DAMAGE) as error:
        raise InputError(f"{source.name}: the archive is damaged ({reason(error)}): write or fetch it again") from error
    return _of_arrays(arrays, source.name)


def _check_arrays(archive: zipfile.ZipFile, name: str) -> None:
    for member in archive.infolist():
        with archive.open(member) as stream:
            head = stream.read(LONGEST_HEADER)
        if head.startswith(MAGIC):
            _check_array(head, member.file_size, f"{name}: array {shown(member.filename.removesuffix('.npy'))}")


def _check_array(head: bytes, size: int, name: str) -> None:
    """Refuse what would run code, and what promises more elements than there are, before any memory is taken."""
    header = read_header(head, name)
    if header.dtype.hasobject:
        raise InputError(f"{name}: holds Python objects, which are never loaded as they can run any code: save numbers")
    if min(header.shape, default=0) < 0 or math.prod(header.shape) * header.dtype.itemsize > size - header.size:
        raise InputError(f"{name}: is cut short: write or fetch it again")


def _sparse(source: StoredFile) -> Any:
    from scipy import sparse

    try:
        return sparse.load_npz(source.as_file())
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(
            f"{source.name}: the sparse matrix cannot be read ({reason(error)}): save it with scipy.sparse.save_npz"
        ) from error


def _of_matrix(matrix: Any, name: str) -> dict[str, Any]:
    """The fields of a graph. A symmetric matrix is an undirected graph, of which each link is taken once."""
    import numpy as np
    from scipy import sparse

    if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"{name}: a matrix of shape {matrix.shape} is no graph: pass a square one")
    matrix = sparse.csr_matrix(matrix)
    if matrix.dtype.kind not in "biuf":
        raise InputError(f"{name}: the entries are {matrix.dtype}: weights are real numbers")
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


def _of_arrays(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, Any]:
    import numpy as np

    source, target = arrays["src"], arrays["dst"]
    weight = arrays.get("w", np.ones(source.shape))
    for key, array, kinds in (("src", source, "iu"), ("dst", target, "iu"), ("w", weight, "biuf")):
        if array.ndim != 1 or array.dtype.kind not in kinds or array.shape != source.shape:
            raise InputError(
                f"{name}: array {key!r} is {array.dtype} of shape {array.shape}: "
                "src and dst are flat arrays of integers, w one of numbers, all of one length"
            )
    ends = (source, target) if source.size else ()
    size = int(arrays["n"]) if "n" in arrays else max((int(end.max()) + 1 for end in ends), default=0)
    for key, end in zip(("src", "dst"), ends, strict=False):
        wrong = np.flatnonzero((end < 0) | (end >= size))
        if wrong.size:
            raise InputError(f"{name}: {key}[{wrong[0]}] is {end[wrong[0]]}: nodes are numbered from 0 to {size - 1}")
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if wrong.size:
        raise InputError(f"{name}: w[{wrong[0]}] is {weight[wrong[0]]:g}: weights are finite and not negative")
    names = arrays.get("names")
    if names is not None and (names.shape != (size,) or names.dtype.kind != "U"):
        raise InputError(f"{name}: array 'names' is {names.dtype} of shape {names.shape}: give each node a string")
    return {
        "size": size,
        "source": source.astype(np.int64),
        "target": target.astype(np.int64),
        "weight": weight.astype(np.float64),
        "names": None if names is None else names.tolist(),
        "directed": bool(arrays["directed"]) if "directed" in arrays else None,
    }
