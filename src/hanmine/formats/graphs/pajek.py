"""Pajek's .net format: `*Vertices`, then links under `*Edges`, `*Arcs` or `*Links`.

Read as the infomap tool reads it: all three headings mean the same (a direction is a matter of the flow model, so that
`*Arcs` alone makes no graph directed); the nodes are those that are listed and those that links name, listed or not,
however many `*Vertices` promises; one number behind a name is the weight of the node, where two or three are Pajek's
coordinates; what stands behind the weight of a link (Pajek's colours and labels) is not read. A name goes from the
first quote of its line to the last one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import decoded, line_blocks, shown
from hanmine.formats.graphs.link_layout import Layout, is_real, weight_of
from hanmine.formats.graphs.link_list import Links, NotIntegersError, node_number, numbered, plain_links

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from hanmine.formats.stored import StoredFile

_VERTEX = re.compile(rb'\s*(?P<id>\S+)(?:\s+(?:"(?P<quoted>.*)"|(?P<bare>[^\s"]\S*)))?(?P<rest>.*)', re.DOTALL)
_END = re.compile(rb'\s*("[^"]*"|\S+)')
_ATTRIBUTE = re.compile(rb"(?!nan|inf)[a-z]\w*", re.IGNORECASE)  # such as "ic Red"
_LINKS = ("*edges", "*arcs", "*links")
REFUSED = {
    "*bipartite": "a bipartite network",
    "*states": "a network of states (memory)",
    "*multilayer": "a multilayer network",
    "*multiplex": "a multilayer network",
    "*intra": "a multilayer network",
    "*inter": "a multilayer network",
    "*contexts": "a network of contexts (memory)",
    "*paths": "a network of paths (memory)",
    "*ngrams": "a network of paths (memory)",
    "*arcslist": "a Pajek list of neighbours",
    "*edgeslist": "a Pajek list of neighbours",
    "*matrix": "a Pajek matrix",
}


@dataclass
class PajekNetwork:
    """What a file says.

    Attributes
    ----------
    names, weights : of listed nodes, by their numbers; a name is None where there is none.
    links : between numbers.
    """

    names: dict[int, str | None] = field(default_factory=dict)
    weights: dict[int, float] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    _by_name: dict[str, int | None] | None = None

    def number(self, token: bytes, where: str) -> int:
        """The node that the end of a link names, by its number or its name.

        Raises
        ------
        InputError : no node, or more than one, has the name.
        """
        try:
            return node_number(token, where)
        except NotIntegersError:
            pass
        if self._by_name is None:
            self._by_name = {}
            for number, name in self.names.items():
                if name is not None:
                    self._by_name[name] = None if name in self._by_name else number
        name = decoded(token, *_place(where)).removeprefix('"').removesuffix('"')
        if name not in self._by_name and token.isdigit():
            return node_number(_without_zeros(token), where)
        if name not in self._by_name:
            raise InputError(f"{where}: no vertex is called {shown(name)}: list it, or use its number")
        if self._by_name[name] is None:
            raise InputError(f"{where}: more than one vertex is called {shown(name)}: use its number")
        return self._by_name[name]


def _without_zeros(token: bytes) -> bytes:
    """The number of a node, which columns of one width may have with zeros before it."""
    return token.lstrip(b"0") or b"0"


def _place(where: str) -> tuple[str, int]:
    name, _, line = where.rpartition(":")
    return name, int(line)


def read_pajek(
    source: StoredFile,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[str] | None, np.ndarray]:
    """Source, target and weight of the links; numbers, names (None if no node has one) and weights of the nodes.

    Raises
    ------
    InputError : another kind of network, an unknown heading, a line that is no vertex or link; with its line.
    """
    import numpy as np

    network = PajekNetwork()
    layout = Layout(source.name)
    section: Callable | None = None
    for block, first in line_blocks(source):
        if section is _add_link and b"*" not in block and (found := plain_links(block, layout)):
            network.links.add(*found)
            continue
        section = _read_lines(block, first, source.name, network, section)
    declared = np.fromiter(network.names, np.int64, len(network.names))
    ends_source, ends_target, weight, ids = numbered(*network.links.arrays(), declared)
    names = None
    if any(name is not None for name in network.names.values()):
        names = [str(node) if (name := network.names.get(node)) is None else name for node in ids.tolist()]
    weights = np.array([network.weights.get(node, 1.0) for node in ids.tolist()], np.float64)
    return ends_source, ends_target, weight, ids, names, weights


def _read_lines(
    block: bytes, first: int, name: str, network: PajekNetwork, section: Callable | None
) -> Callable | None:
    """Read the lines of a block one by one; the section that is open at its end is returned."""
    source, target, weight = [], [], []
    for number, line in enumerate(block.split(b"\n"), first):
        line = line.strip()
        if not line or line[:1] in (b"#", b"%"):
            continue
        where = f"{name}:{number}"
        if line.startswith(b"*"):
            section = _section(line, where)
        elif section is _add_vertex:
            _add_vertex(line, where, network)
        elif section is _add_link:
            _add_link(line, where, network, source, target, weight)
        elif section is None:
            raise InputError(f"{where}: {shown(line)} stands before any heading: begin with *Vertices")
    if source:
        import numpy as np

        network.links.add(np.array(source, np.int64), np.array(target, np.int64), np.array(weight, np.float64))
    return section


def _section(line: bytes, where: str) -> Callable:
    """What reads the lines under a heading."""
    heading = line.split()[0].lower().decode("utf-8", "replace")
    if heading in REFUSED:
        raise InputError(f"{where}: {heading} begins {REFUSED[heading]}, which is not supported: pass a plain network")
    if heading == "*network":  # a title
        return _skip
    if heading == "*vertices":
        count = line.split()[1:]
        if count and not count[0].isdigit():
            raise InputError(f"{where}: {shown(line)}: the number of vertices is no number")
        if len(count) > 1:
            raise InputError(f"{where}: two numbers of vertices begin a bipartite network, which is not supported: "
                             "pass a plain network")  # fmt: skip
        return _add_vertex
    if heading in _LINKS:
        return _add_link
    raise InputError(f"{where}: the heading {shown(heading)} is unknown: *Vertices, *Edges, *Arcs and *Links are read")


def is_heading(line: bytes) -> bool:
    """Whether a line begins a Pajek file: a heading, and not a link of a node whose name begins with a star."""
    if re.fullmatch(rb"\*[a-z]+", line, re.IGNORECASE):
        return True
    return line.split()[0].lower().decode("utf-8", "replace") in ("*network", "*vertices", *_LINKS, *REFUSED)


def _skip(*_: object) -> None:
    """Lines under a heading that says nothing about the network."""


def _add_vertex(line: bytes, where: str, network: PajekNetwork) -> None:
    match = _VERTEX.fullmatch(line)
    try:
        number = node_number(_without_zeros(match["id"]) if match["id"].isdigit() else match["id"], where)
    except NotIntegersError:
        raise InputError(f'{where}: {shown(line)} is no vertex: write its number and its "name"') from None
    if number in network.names:
        raise InputError(f"{where}: vertex {number} is listed twice: leave one of the lines out")
    name = match["quoted"] if match["quoted"] is not None else match["bare"]
    rest = match["rest"].split()
    if name is None and b'"' in match["rest"]:
        raise InputError(f"{where}: the name in {shown(line)} has one quote only: the line is cut short or wrong")
    network.names[number] = None if name is None else decoded(name, *_place(where))
    if len(rest) > 1 and is_real(rest[0]) and is_real(rest[1]):  # coordinates
        return
    if rest and not (match["quoted"] is not None and _ATTRIBUTE.fullmatch(rest[0])):
        network.weights[number] = weight_of(rest[0], where)


def _add_link(
    line: bytes, where: str, network: PajekNetwork, source: list[int], target: list[int], weight: list[float]
) -> None:
    fields = _END.findall(line) if b'"' in line else line.split()
    if len(fields) < 2:
        raise InputError(f"{where}: 1 column where 2 or 3 are expected: the line is cut short or wrong")
    source.append(network.number(fields[0], where))
    target.append(network.number(fields[1], where))
    weight.append(weight_of(fields[2], where) if len(fields) > 2 else 1.0)
