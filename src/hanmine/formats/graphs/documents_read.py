"""GraphML, GEXF and GML, read by networkx.

What networkx leaves out or merges in silence (nested and further graphs, nodes that are listed twice or not at all,
times) is refused by name, with its line; so is a document type: its entities can name other files, or grow without end.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import BOM, check_text, decoded, reason, shown

if TYPE_CHECKING:
    from hanmine.formats.stored import StoredFile

_PLAIN = re.compile(r"0|[1-9][0-9]{0,17}")
_GML_GRAPH = re.compile(r"^\s*graph\s*(?=\[|$)", re.IGNORECASE)
_UNREADABLE = (LookupError, ValueError, AttributeError, TypeError, RecursionError, SyntaxError)  # the last: of XML


def read_graphml(source: StoredFile) -> dict[str, Any]:
    """The fields of a graph: directed by `edgedefault`; for the rest see `_fields`.

    Raises
    ------
    InputError : the file is no GraphML, holds what is no plain graph, or a weight that is none.
    """
    import networkx as nx

    _Outline("GraphML", source).check()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # attributes without a type are read as strings
            graph = nx.read_graphml(source.as_file(), force_multigraph=True)
    except (nx.NetworkXException, *_UNREADABLE) as error:
        raise _unreadable("GraphML", source, error) from error
    return _fields(graph, source.name, ("weight",))


def read_gexf(source: StoredFile) -> dict[str, Any]:
    """The fields of a graph: directed by `defaultedgetype`; for the rest see `_fields`.

    Raises
    ------
    InputError : the file is no GEXF, holds what is no plain graph, or a weight that is none.
    """
    import networkx as nx
    from networkx.readwrite.gexf import GEXFReader

    outline = _Outline("GEXF", source)
    outline.check()
    reader = GEXFReader(node_type=str, version="1.2draft")
    reader.NS_GEXF = outline.namespace  # of which each version and program has another one
    reader.simple_graph = False  # it overlooks parallel links that come of mutual ones
    try:
        graph = reader(source.as_file())
    except (nx.NetworkXException, *_UNREADABLE) as error:
        raise _unreadable("GEXF", source, error) from error
    return _fields(graph, source.name, ("weight",))


def read_gml(source: StoredFile) -> dict[str, Any]:
    """The fields of a graph: directed by `directed`; for the rest see `_fields`. Text may be UTF-8 as well as ASCII.

    Without an edge attribute `weight`, `value` is the weight. Parallel edges need no `multigraph`, which the format
    does not have.

    Raises
    ------
    InputError : the file is no GML, or a weight is none.
    """
    import networkx as nx

    check_text(source)
    text = decoded(source.read(0, source.size).removeprefix(BOM), source.name, 1)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    first = next((number for number, line in enumerate(lines) if _GML_GRAPH.match(line)), None)
    if first is not None:
        head = next(number for number in range(first, len(lines)) if "[" in lines[number] or number + 1 == len(lines))
        lines[head] = lines[head].replace("[", "[ multigraph 1 ", 1)
    try:
        graph = nx.parse_gml(lines, label="id")
    except (nx.NetworkXException, *_UNREADABLE) as error:
        raise _unreadable("GML", source, error) from error
    return _fields(graph, source.name, ("weight", "value"))


def _unreadable(kind: str, source: StoredFile, error: BaseException) -> InputError:
    return InputError(f"{source.name}: is no {kind} that can be read ({reason(error)}): correct it")


class _Outline:
    """What an XML document consists of, without its data: looked at before anything is built of it.

    Attributes
    ----------
    namespace : of the root element.
    """

    def __init__(self, kind: str, source: StoredFile) -> None:
        self.namespace = ""
        self._kind = kind
        self._source = source
        self._open: list[str] = []
        self._graphs = 0
        self._directed = False
        self._nodes: set[str] = set()
        self._ends: list[tuple[str, int]] = []
        self._key: Mapping[str, str] = {}

    def check(self) -> None:
        """Go through the document once.

        Raises
        ------
        InputError : it is not well-formed, has a document type, or is no single plain graph.
        """
        from xml.parsers import expat

        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            for chunk in self._source.chunks():
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: an unknown encoding
            line = getattr(error, "lineno", 1)
            raise InputError(
                f"{self._source.name}:{line}: is no well-formed XML ({reason(error)}): correct it"
            ) from error
        for end, line in self._ends:
            if end not in self._nodes:
                raise self._error(f"an edge of {shown(end)}, which is no node: list it", line)

    def _error(self, message: str, line: int | None = None) -> InputError:
        return InputError(f"{self._source.name}:{line or self._parser.CurrentLineNumber}: {message}")

    def _doctype(self, *_: object) -> None:
        raise self._error("has a document type (<!DOCTYPE>), which is never read: remove it")

    def _start(self, tag: str, given: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        if not self._open:
            if name != self._kind.lower():
                raise self._error(f"begins with <{name}>, which is no {self._kind}: check the file")
            self.namespace = namespace
        parent = self._open[-1] if self._open else ""
        self._open.append(name)
        check = getattr(self, f"_start_{name}", None) if namespace == self.namespace else None
        if check is not None:
            check(given, parent)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _start_graph(self, given: dict[str, str], parent: str) -> None:
        self._graphs += 1
        if parent in ("node", "edge"):
            raise self._error(f"a graph within a {parent}, which is not supported: pass a plain graph")
        if self._graphs > 1:
            raise self._error("a second graph: pass a file for each")
        if given.get("mode") == "dynamic":
            raise self._error("is a dynamic graph (of nodes and edges with times): write it as a static one")
        self._directed = (given.get("edgedefault") or given.get("defaultedgetype")) == "directed"

    def _start_nodes(self, given: dict[str, str], parent: str) -> None:
        if parent == "node":
            raise self._error("nodes within a node, which is not supported: pass a plain graph")

    def _start_node(self, given: dict[str, str], parent: str) -> None:
        name = given.get("id")
        if name is None or name in self._nodes:
            wrong = "a node without an id: number it" if name is None else f"node {shown(name)} is listed twice: "
            raise self._error(wrong if name is None else wrong + "leave one out")
        if given.get("pid"):
            raise self._error("nodes within a node (pid), which is not supported: pass a plain graph")
        self._nodes.add(name)

    def _start_hyperedge(self, given: dict[str, str], parent: str) -> None:
        raise self._error("a hyperedge, which is not supported: pass a plain graph")

    def _start_edge(self, given: dict[str, str], parent: str) -> None:
        kind = given.get("type") if self._kind == "GEXF" else given.get("directed")
        if kind in (("undirected", "false", "0") if self._directed else ("directed", "mutual", "true", "1")):
            other = "undirected edge in a directed" if self._directed else "directed edge in an undirected"
            raise self._error(
                f"an {other} graph, and a graph has one kind here: write undirected edges twice, once from either end"
                if self._directed
                else f"a {other} graph, and a graph has one kind here: give the graph, or the edge, the other kind"
            )
        for end in (given.get("source"), given.get("target")):
            if end is None:
                raise self._error("an edge without source or target: correct it")
            if end not in self._nodes:  # it may still come
                self._ends.append((end, self._parser.CurrentLineNumber))

    def _start_key(self, given: dict[str, str], parent: str) -> None:
        self._key = given

    def _start_default(self, given: dict[str, str], parent: str) -> None:
        if parent == "key" and self._key.get("for", "all") == "all":
            name = self._key.get("attr.name", "")
            if name.lower() == "weight":
                raise self._error(f'the key {shown(name)} has a default and is not for="edge": write for="edge"')


def _fields(graph: Any, name: str, weights: Sequence[str]) -> dict[str, Any]:
    """The fields of a graph of networkx.

    Weights are the edge attribute that has the first of the names `weights`, in small letters or capitals: where an
    edge has none its default, and 1 without one. Nodes are known by their ids if all are plain integers. Their names
    are the attribute `label`, or where no node has one `name`; of a node without, its id. Names that are the numbers
    are none.
    """
    import numpy as np

    number = {node: place for place, node in enumerate(graph)}
    defaults = graph.graph.get("edge_default") or {}
    key = _weight_key(graph, defaults, weights, name)
    default = defaults.get(key, 1)
    count = graph.number_of_edges()
    ends, weight = np.zeros((count, 2), np.int64), np.zeros(count)
    for place, (u, v, data) in enumerate(graph.edges(data=True)):
        ends[place] = number[u], number[v]
        weight[place] = _weight(u, v, data.get(key, default), name)
    texts = [str(node) for node in graph]
    ids = [int(text) for text in texts] if all(map(_PLAIN.fullmatch, texts)) else None
    names = _names(graph)
    if ids is None and names is None:
        names = texts
    elif ids is not None and names == texts:
        names = None
    return {
        "size": len(texts),
        "source": ends[:, 0].copy(),
        "target": ends[:, 1].copy(),
        "weight": weight,
        "names": names,
        "ids": None if ids is None else np.array(ids, np.int64),
        "directed": graph.is_directed(),
    }


def _weight_key(graph: Any, defaults: Mapping[str, Any], weights: Sequence[str], name: str) -> str:
    """Which attribute of edges is their weight."""
    keys = set(defaults).union(*(data for _, _, data in graph.edges(data=True)))
    for weight in weights:
        found = sorted(key for key in keys if key.lower() == weight)
        if weight in found:
            return weight
        if len(found) > 1:
            raise InputError(
                f"{name}: edges have the attributes {' and '.join(map(shown, found))}: call the weight 'weight'"
            )
        if found:
            return found[0]
    return weights[0]


def _weight(u: object, v: object, given: object, name: str) -> float:
    try:
        weight = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{name}: the edge {shown(str(u))}, {shown(str(v))} has the weight {shown(str(given))}: weights are numbers"
        ) from error
    if not 0 <= weight < float("inf"):
        raise InputError(
            f"{name}: the edge {shown(str(u))}, {shown(str(v))} has the weight {given}: "
            "weights are finite and not negative"
        )
    return weight


def _names(graph: Any) -> list[str] | None:
    defaults = graph.graph.get("node_default") or {}
    for key in ("label", "name"):
        if any(data.get(key) is not None for _, data in graph.nodes(data=True)):
            default = defaults.get(key)
            found = ((node, data.get(key)) for node, data in graph.nodes(data=True))
            return [str(name if name is not None else node if default is None else default) for node, name in found]
    return None
