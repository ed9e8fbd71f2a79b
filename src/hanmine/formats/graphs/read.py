"""One graph out of files of any format that is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hanmine.errors import InputError, UsageError
from hanmine.formats.graphs.inputs import BOM, Input, check_text, opened
from hanmine.formats.graphs.link_layout import is_csv, is_real, layout_of
from hanmine.formats.graphs.link_list import read_link_lists
from hanmine.formats.graphs.pajek import is_heading, read_pajek

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

GRAPH_INPUTS = ("links", "pajek", "graphml", "gexf", "gml", "mtx", "npz", "npy")
_EXTENSIONS = {".net": "pajek", ".paj": "pajek"} | {f".{known}": known for known in GRAPH_INPUTS[2:]}
_BEGINNINGS = {
    "pajek": "it begins with *Vertices",
    "graphml": "it is XML and begins with <graphml>",
    "gexf": "it is XML and begins with <gexf>",
    "gml": "it has the line graph [",
    "mtx": "it begins with %%MatrixMarket",
    "npz": "write it again",
    "npy": "write it again",
}
BANNER = b"%%MatrixMarket"
# Formats that are told by the extension or by their first bytes, and what to do with them.
_UNREAD = {
    ".lgl": ("LGL", "in igraph g.write_ncol(FILE) writes a link list"),
    ".adjlist": ("a list of neighbours", "networkx.write_weighted_edgelist writes a link list"),
    ".dot": ("Graphviz DOT", "networkx.nx_pydot.read_dot reads it, and networkx.write_graphml writes GraphML"),
    ".dl": ("UCINET DL", "export Pajek (.net)"),
    ".gdf": ("GUESS GDF", "in Gephi export GraphML"),
    ".json": ("JSON", "networkx.node_link_graph reads such graphs, and networkx.write_graphml writes GraphML"),
    ".g6": ("graph6", "networkx.read_graph6 reads it, and networkx.write_edgelist writes a link list"),
    ".s6": ("sparse6", "networkx.read_sparse6 reads it, and networkx.write_edgelist writes a link list"),
    ".mat": ("a MATLAB file", "in MATLAB or scipy write the matrix with mmwrite (.mtx)"),
    ".xlsx": ("an Excel workbook", "save the sheet of edges as CSV with the header source,target,weight"),
}
_UNREAD |= {".gv": _UNREAD[".dot"], ".jsonl": _UNREAD[".json"], ".xls": _UNREAD[".xlsx"]}
_TOLD = (
    (re.compile(rb"(strict\s+)?(di)?graph\b[^\[{\n]*\{", re.IGNORECASE), ".dot"),
    (re.compile(rb"dl\s+(n|nr|nc|nm|format)\s*=", re.IGNORECASE), ".dl"),
    (re.compile(rb"nodedef\s*>", re.IGNORECASE), ".gdf"),
    (re.compile(rb'\{\s*("|$)|\[\s*([{\["]|$)'), ".json"),
    (re.compile(rb">>graph6<<"), ".g6"),
    (re.compile(rb">>sparse6<<"), ".s6"),
    (re.compile(rb"MATLAB 5.0 MAT-file"), ".mat"),
)
_GML = re.compile(rb"^\s*graph\s*\[", re.IGNORECASE | re.MULTILINE)
_GML_KEY = re.compile(rb"(graph|Creator|Version|comment)\b", re.IGNORECASE)
_PACKED = re.compile(r"\.(gz|bz2|xz|zst)\Z", re.IGNORECASE)
_HEAD = 1 << 16  # bytes


@dataclass
class GraphFile:
    """A graph as it was read.

    Attributes
    ----------
    size : n, the number of nodes.
    source, target : int64 [m], the ends of the links, from 0.
    weight : float64 [m], finite and not negative.
    names : of the nodes, or None where the input has numbers only.
    ids : int64 [n], the numbers of the nodes in the input; 0..n-1 where they have names only.
    node_weight : float64 [n], 1 where the input says nothing.
    directed : whether the input says that links have a direction; None where it does not say (see `pajek`).
    inputs : for each input its name, format and bytes.
    files : paths and descriptors that must not be written to.
    """

    size: int
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    names: list[str] | None
    ids: np.ndarray
    node_weight: np.ndarray
    directed: bool | None = None
    inputs: list[dict[str, Any]] = field(default_factory=list)
    files: list[Path | int] = field(default_factory=list)


def read_graph(
    sources: Sequence[str | Path],
    *,
    format: str = "auto",
    tmpdir: Path | None = None,
    stdin: BinaryIO | None = None,
) -> GraphFile:
    """Read a graph from paths, patterns or "-" (standard input).

    Files that are packed (gz, bz2, xz, zst) are unpacked. Of link lists and tables of edges, several make one graph.

    Parameters
    ----------
    format : one of `GRAPH_INPUTS` ("links" is tables of edges too), or "auto": by the first bytes of each input.
    tmpdir : where pipes and archives are kept while they are read.

    Raises
    ------
    UsageError : no source; several of a format of which one makes a graph; an unknown format.
    InputError : an input is missing or wrong; the message names its line.
    OutputError : no room in `tmpdir`.
    """
    if format not in ("auto", *GRAPH_INPUTS):
        raise UsageError(f"the graph format {format!r} is unknown: choose auto, {', '.join(GRAPH_INPUTS)}")
    with ExitStack() as stack:
        inputs = opened(sources, stack, tmpdir=tmpdir, stdin=stdin)
        formats = [_format(one) if format == "auto" else format for one in inputs]
        for one, known in zip(inputs, formats, strict=True):
            if known != "links" and len(inputs) > 1:
                raise UsageError(f"{one.name}: a {known} file is a graph of its own: pass it alone")
        graph = _graph(inputs, formats[0])
    graph.inputs = [
        {"name": one.name, "format": known, "bytes": one.stored_bytes}
        for one, known in zip(inputs, formats, strict=True)
    ]
    graph.files = [one.file for one in inputs if one.file is not None]
    return graph


def _format(one: Input) -> str:
    """The format of an input: by its first bytes, and in accord with its name."""
    suffix = Path(_PACKED.sub("", one.name)).suffix.lower()
    head = one.source.head(_HEAD)
    found = _format_of(head, one)
    expected = _EXTENSIONS.get(suffix)
    # The infomap tool reads link lists from .net files too.
    if expected not in (None, found) and (expected, found) != ("pajek", "links"):
        raise InputError(f"{one.name}: does not begin like {expected} ({_BEGINNINGS[expected]}): correct or rename it")
    if found != "links":
        return found
    if suffix in _UNREAD or _is_lgl(head):
        raise _unread(suffix if suffix in _UNREAD else ".lgl", one)
    layout = layout_of(one.source)
    if is_csv(one.name) and layout.columns is None and layout.separator is None and head.strip():
        raise InputError(
            f"{one.name}: has no header: its first line must be source,target or source,target,weight, or a link"
        )
    return found


def _unread(suffix: str, one: Input) -> InputError:
    what, cure = _UNREAD[suffix]
    return InputError(f"{one.name}: is {what}, which is not read: {cure}")


def _format_of(head: bytes, one: Input) -> str:
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if b"xl/" in head or b"[Content_Types].xml" in head:
            raise _unread(".xlsx", one)
        return "npz"
    check_text(one.source)
    head = head.removeprefix(BOM)
    if head.lstrip()[:1] == b"<":
        root = re.search(rb"<(?:\w+:)?(gexf|graphml)\b", head)
        return "gexf" if root is not None and root[1] == b"gexf" else "graphml"
    if head[: len(BANNER)].lower() == BANNER.lower():
        return "mtx"
    for line in head.split(b"\n"):
        line = line.strip()
        if line and not line.startswith((b"#", b"%")):
            if is_heading(line):
                return "pajek"
            if _GML_KEY.match(line) and _GML.search(head):
                return "gml"
            for pattern, suffix in _TOLD:
                if pattern.match(line):
                    raise _unread(suffix, one)
            return "links"
    return "links"


def _is_lgl(head: bytes) -> bool:
    """Whether a text is LGL: nodes behind #, and below each its neighbours with a weight or without.

    As a link list it would be links between neighbours and weights. A list of numbers could be either, and is none.
    """
    lines = [line.split() for line in head.removeprefix(BOM).split(b"\n")[: None if len(head) < _HEAD else -1]]
    lines = [line for line in lines if line]
    if len(lines) < 2 or lines[0][0] != b"#":
        return False
    nodes = [line for line in lines if line[0] == b"#"]
    links = [line for line in lines if line[0] != b"#"]
    if not links or any(len(line) != 2 for line in nodes) or any(len(line) > 2 for line in links):
        return False
    if any(len(line) == 1 for line in links):
        return all(len(line) == 1 or is_real(line[1]) for line in links)
    weights = [line[1] for line in links]
    return len(nodes) > 1 and all(map(is_real, weights)) and not all(map(bytes.isdigit, weights))


def _reader(format: str) -> Callable[[StoredFile], dict[str, Any]]:
    """What reads a format of which few inputs are; its imports cost the others nothing."""
    if format in ("graphml", "gexf", "gml"):
        from hanmine.formats.graphs import documents_read as documents

        return {"graphml": documents.read_graphml, "gexf": documents.read_gexf, "gml": documents.read_gml}[format]
    if format == "mtx":
        from hanmine.formats.graphs.matrix_market import read_mtx

        return read_mtx
    from hanmine.formats.graphs.matrices import read_npy, read_npz

    return read_npy if format == "npy" else read_npz


def _graph(inputs: Sequence[Input], format: str) -> GraphFile:
    import numpy as np

    first = inputs[0].source
    weights = None
    if format == "links":
        source, target, weight, nodes, directed = read_link_lists([one.source for one in inputs])
        if not len(nodes):
            raise InputError(f"{first.name}: holds no links: write lines of source, target and weight")
        named = isinstance(nodes, list)
        ids, names = (np.arange(len(nodes)), nodes) if named else (nodes, None)
        return GraphFile(len(nodes), source, target, weight, names, ids, np.ones(len(nodes)), directed)
    if format == "pajek":
        source, target, weight, ids, names, weights = read_pajek(first)
        if not ids.size:
            raise InputError(f"{first.name}: lists no vertices and no links: check what wrote it")
        return GraphFile(ids.size, source, target, weight, names, ids, weights)
    fields = _reader(format)(first)
    size = fields["size"]
    if not size:
        raise InputError(f"{first.name}: holds no nodes: check what wrote it")
    ids = fields.get("ids")
    return GraphFile(
        size,
        fields["source"],
        fields["target"],
        fields["weight"],
        fields.get("names"),
        np.arange(size) if ids is None else ids,
        np.ones(size),
        fields["directed"],
    )
