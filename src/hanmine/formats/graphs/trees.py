"""The text formats of the infomap tool, and Newick. Reals have six significant digits, as there.

.tree    path flow "name" node_id
.ftree   .tree, then for each module the flow between its children
.clu     node_id module flow, of top modules
.net     Pajek: `id "name"`, then links
.nwk     Newick: the numbers of nodes with flow as lengths of branches

Labels of top modules are comments of .tree, .ftree and .clu: `# module 1: ...`.

Names stand in quotes as they are, quotes and backslashes in them too: a reader takes all from the first quote to the
last one. Only what would end the line is a space. Pajek's are read by tools that end a name at the next quote, or take
a backslash for an escape; the two cannot be written so that all understand, and their fullwidth forms stand there.
"""

from __future__ import annotations

from itertools import count, repeat
from typing import TYPE_CHECKING

from hanmine.formats.graphs.clustered import CHUNK_ROWS, ClusteredGraph, one_line, path_text

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink

_NO_PAJEK = {ord('"'): "\uff02", ord("\\"): "\uff3c"}


def write_tree(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write .tree."""
    stream.write(graph.header())
    stream.write(graph.label_lines())
    stream.write(b"# path flow name node_id\n")
    for _, paths, flows, names, ids in graph.rows():
        rows = [
            f'{path_text(path)} {flow:.6g} "{one_line(name)}" {node}\n'
            for path, flow, name, node in zip(paths, flows, names, ids, strict=True)
        ]
        stream.write("".join(rows).encode("utf-8", "backslashreplace"))


def write_ftree(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write .ftree."""
    write_tree(stream, graph)
    modules = graph.modules()
    stream.write(f"*Links {'directed' if graph.directed else 'undirected'}\n".encode())
    if not graph.directed:
        stream.write(b"# link flow is both directions combined, one row per module pair\n")
    stream.write(b"#*Links path enterFlow exitFlow numEdges numChildren\n")
    begin = modules.begin.tolist()
    facts = zip(modules.path.tolist(), modules.enter.tolist(), modules.exit.tolist(), modules.children.tolist(),
                begin, begin[1:], strict=False)  # fmt: skip
    text: list[str] = []
    for path, enter, leave, children, first, last in facts:
        name = path_text([step for step in path if step]) or "root"
        text.append(f"*Links {name} {enter:.6g} {leave:.6g} {last - first} {children}\n")
        for start in range(first, last, CHUNK_ROWS):
            part = slice(start, min(last, start + CHUNK_ROWS))
            columns = (modules.source[part].tolist(), modules.target[part].tolist(), modules.link_flow[part].tolist())
            text += [f"{a} {b} {flow:.6g}\n" for a, b, flow in zip(*columns, strict=True)]
            if len(text) > CHUNK_ROWS:
                stream.write("".join(text).encode())
                text.clear()
    stream.write("".join(text).encode())


def write_clu(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write .clu."""
    stream.write(graph.header())
    stream.write(graph.label_lines())
    stream.write(b"# module level 1\n# node_id module flow\n")
    for _, paths, flows, _, ids in graph.rows():
        rows = [f"{node} {path[0]} {flow:.6g}\n" for node, path, flow in zip(ids, paths, flows, strict=True)]
        stream.write("".join(rows).encode())


def write_pajek(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write .net: all nodes in the order of the input, numbered from 1, and the links with all digits of their weights.

    The weights of nodes, which infomap alone reads, stand there if one is not 1.
    """
    weighted = bool((graph.node_weight != 1).any())
    stream.write(graph.header())
    stream.write(f"*Vertices {len(graph.ids)}\n".encode())
    for start in range(0, len(graph.ids), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        names = map(str, graph.ids[part].tolist()) if graph.names is None else graph.names[part]
        weights = [f" {weight!r}" for weight in graph.node_weight[part].tolist()] if weighted else repeat("")
        rows = [
            f'{node} "{one_line(name).translate(_NO_PAJEK)}"{weight}\n'
            for node, name, weight in zip(count(start + 1), names, weights, strict=False)
        ]
        stream.write("".join(rows).encode("utf-8", "backslashreplace"))
    stream.write(b"*Arcs\n" if graph.directed else b"*Edges\n")
    for start in range(0, len(graph.source), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        ends = (graph.source[part] + 1).tolist(), (graph.target[part] + 1).tolist()
        rows = [f"{a} {b} {w!r}\n" for a, b, w in zip(*ends, graph.weight[part].tolist(), strict=True)]
        stream.write("".join(rows).encode())


def write_newick(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write Newick."""
    modules = graph.modules()
    flow_of = {
        tuple(step for step in path if step): flow
        for path, flow in zip(modules.path.tolist(), modules.flow.tolist(), strict=True)
    }
    stream.write(b"((")
    open_path: tuple[int, ...] = ()
    first = True
    for _, paths, flows, _, ids in graph.rows():
        text = []
        for path, flow, node in zip(paths, flows, ids, strict=True):
            module = tuple(path[:-1])
            if not first and module == open_path:
                text.append(",")
            else:
                text.append(_between(open_path, module, flow_of, first=first))
            text.append(f"{node}:{flow:.6g}")
            open_path, first = module, False
        stream.write("".join(text).encode())
    closing = [f"):{flow_of[open_path[:depth]]:.6g}" for depth in range(len(open_path), -1, -1)]
    stream.write(("".join(closing) + ");\n").encode())


def _between(last: tuple[int, ...], new: tuple[int, ...], flow_of: dict[tuple, float], *, first: bool) -> str:
    """What closes one module and opens another."""
    common = 0
    while common < min(len(last), len(new)) and last[common] == new[common]:
        common += 1
    closing = [f"):{flow_of[last[:depth]]:.6g}" for depth in range(len(last), common, -1)]
    return "".join(closing) + ("" if first else ",") + "(" * (len(new) - common)
