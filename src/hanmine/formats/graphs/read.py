"""One graph out of files of any format that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hanmine.errors import InputError, UsageError
from hanmine.formats.graphs.inputs import BOM, Input, check_text, opened
from hanmine.formats.graphs.link_list import layout_of, read_link_lists
from hanmine.formats.graphs.pajek import read_pajek

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

GRAPH_INPUTS = ("links", "pajek", "npz", "npy", "graphml")
_EXTENSIONS = {".net": "pajek", ".npz": "npz", ".npy": "npy", ".graphml": "graphml"}
_CURES = {"pajek": "it begins with *Vertices", "graphml": "it is XML", "npz": "write it again", "npy": "write it again"}
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
    found = _format_of(one.source.head(_HEAD), one)
    expected = _EXTENSIONS.get(Path(one.name).suffix.lower())
    # The infomap tool reads link lists from .net files too.
    if expected not in (None, found) and (expected, found) != ("pajek", "links"):
        raise InputError(f"{one.name}: does not begin like {expected} ({_CURES[expected]}): correct or rename it")
    if Path(one.name).suffix.lower() == ".csv" and found == "links" and layout_of(one.source).columns is None:
        raise InputError(f"{one.name}: has no header: its first line must be source,target or source,target,weight")
    return found


def _format_of(head: bytes, one: Input) -> str:
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "npz"
    check_text(one.source)
    head = head.removeprefix(BOM)
    if head.lstrip()[:1] == b"<":
        if b"<gexf" in head:
            raise InputError(
                f"{one.name}: is GEXF, which is written but not read: export GraphML, Pajek or a link list"
            )
        return "graphml"
    for line in head.split(b"\n"):
        line = line.strip()
        if line and not line.startswith((b"#", b"%")):
            return "pajek" if line.startswith(b"*") else "links"
    return "links"


def _reader(format: str) -> Callable[[StoredFile], dict[str, Any]]:
    """What reads a format of which few inputs are; its imports cost the others nothing."""
    if format == "graphml":
        from hanmine.formats.graphs.graphml import read_graphml

        return read_graphml
    from hanmine.formats.graphs.matrices import read_npy, read_npz

    return read_npy if format == "npy" else read_npz


def _graph(inputs: Sequence[Input], format: str) -> GraphFile:
    import numpy as np

    first = inputs[0].source
    weights = None
    if format == "links":
        source, target, weight, nodes = read_link_lists([one.source for one in inputs])
        if not len(nodes):
            raise InputError(f"{first.name}: holds no links: write lines of source, target and weight")
        named = isinstance(nodes, list)
        ids, names = (np.arange(len(nodes)), nodes) if named else (nodes, None)
        return GraphFile(len(nodes), source, target, weight, names, ids, np.ones(len(nodes)))
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
