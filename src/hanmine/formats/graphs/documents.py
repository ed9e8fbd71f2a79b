"""JSON after the infomap tool's, and the XML formats of Gephi and networkx: GEXF and GraphML.

XML cannot hold most control characters; U+FFFD stands in their place. Both are written row by row: networkx's writers
build the whole document first (2.7 kB and 45 µs a link), and their GEXF has the day's date in it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hanmine import __version__
from hanmine.formats.graphs.clustered import CHUNK_ROWS, ClusteredGraph, path_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from hanmine.formats.graphs.clustered import Modules
    from hanmine.formats.tables import ByteSink

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {ord(mark): text for mark, text in {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}.items()}
# What parsers make a space, or a newline, of.
_ESCAPES |= {ord(mark): f"&#{ord(mark)};" for mark in "\t\n\r"}
_GRAPHML_KEYS = (
    ("label", "node", "label", "string"),
    ("module", "node", "module", "int"),
    ("path", "node", "path", "string"),
    ("flow", "node", "flow", "double"),
    ("weight", "edge", "weight", "double"),
)
_GEXF_LABEL = '<attribute id="3" title="module_label" type="string"/>\n'
_GRAPHML_LABEL = ("module_label", "node", "module_label", "string")


def write_cluster_json(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write one JSON object: facts, nodes and modules, a line each. Reals have all their digits."""
    facts = graph.facts
    modules = graph.modules()
    head = {
        "version": f"hanmine {__version__}",
        "args": graph.arguments,
        "codelength": facts.get("codelength"),
        "seed": facts.get("seed"),
        "numTrials": facts.get("trials"),
        "numLevels": facts.get("levels"),
        "numTopModules": facts.get("top_modules"),
        "relativeCodelengthSavings": facts.get("relative_savings"),
        "directed": graph.directed,
        "flowModel": facts.get("flow_model"),
        "higherOrder": False,
    }
    if graph.made_from is not None:
        head["graph"] = dict(graph.made_from)
    stream.write(_json(head)[:-1].encode("utf-8", "backslashreplace") + b',\n"nodes": [')
    _write_objects(stream, _json_nodes(graph))
    stream.write(b'\n],\n"modules": [')
    _write_objects(stream, _json_modules(modules, graph))
    stream.write(b"\n]}\n")


def _json(value: Any) -> str:
    if isinstance(value, dict):
        value = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in value.items()}
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _write_objects(stream: ByteSink, objects: Iterator[dict[str, Any]]) -> None:
    separator, text = "\n", []
    for one in objects:
        text.append(separator + _json(one))
        separator = ",\n"
        if len(text) >= CHUNK_ROWS:
            stream.write("".join(text).encode("utf-8", "backslashreplace"))
            text.clear()
    stream.write("".join(text).encode("utf-8", "backslashreplace"))


def _json_nodes(graph: ClusteredGraph) -> Iterator[dict[str, Any]]:
    numbers = _module_numbers(graph)
    place = 0
    for _, paths, flows, names, ids in graph.rows():
        for path, flow, name, node in zip(paths, flows, names, ids, strict=True):
            yield {"path": path, "modules": numbers[place].tolist(), "name": name, "flow": flow, "id": node}
            place += 1


def _module_numbers(graph: ClusteredGraph) -> np.ndarray:
    """int64 [n, depth], nodes in the order of paths: modules numbered through, at each level."""
    import numpy as np

    steps = graph.steps[graph.order]
    changed = np.ones(steps.shape, bool)
    changed[1:] = np.logical_or.accumulate(steps[1:] != steps[:-1], axis=1)
    return np.cumsum(changed, axis=0)


def _json_modules(modules: Modules, graph: ClusteredGraph) -> Iterator[dict[str, Any]]:
    edges = modules.begin[1:] - modules.begin[:-1]
    columns = (modules.path, modules.enter, modules.exit, modules.flow, edges, modules.children)
    for path, enter, leave, flow, count, children in zip(*(column.tolist() for column in columns), strict=True):
        steps = [step for step in path if step]
        details = graph.details[steps[0] - 1] if len(steps) == 1 and graph.details else {}
        yield {
            "path": steps or [0],
            "flow": flow,
            "enterFlow": enter,
            "exitFlow": leave,
            "numEdges": count,
            "numChildren": children,
            **details,
        }


def write_gexf(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write GEXF 1.2: nodes with module, path, flow and the label of the module, weighted edges."""
    kind = "directed" if graph.directed else "undirected"
    stream.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">\n'
        f"<meta><creator>hanmine {__version__}</creator>{_description(graph)}</meta>\n"
        f'<graph defaultedgetype="{kind}" mode="static">\n'
        '<attributes class="node" mode="static">\n'
        '<attribute id="0" title="module" type="integer"/>\n<attribute id="1" title="path" type="string"/>\n'
        '<attribute id="2" title="flow" type="double"/>\n'
        f"{_GEXF_LABEL if graph.labels else ''}</attributes>\n<nodes>\n".encode()
    )
    labels = [f'<attvalue for="3" value="{_xml(label)}"/>' for label in graph.labels]
    for _, paths, flows, names, ids in graph.rows():
        _write_text(
            stream,
            [
                f'<node id="{node}" label="{_xml(name)}"><attvalues><attvalue for="0" value="{path[0]}"/>'
                f'<attvalue for="1" value="{path_text(path)}"/><attvalue for="2" value="{flow!r}"/>'
                f"{labels[path[0] - 1] if labels else ''}</attvalues></node>\n"
                for path, flow, name, node in zip(paths, flows, names, ids, strict=True)
            ],
        )
    stream.write(b"</nodes>\n<edges>\n")
    number = 0
    for links in graph.links():
        rows = [
            f'<edge id="{edge}" source="{source}" target="{target}" weight="{weight!r}"/>\n'
            for edge, (source, target, weight) in enumerate(zip(*links, strict=True), number)
        ]
        number += len(rows)
        _write_text(stream, rows)
    stream.write(b"</edges>\n</graph>\n</gexf>\n")


def _description(graph: ClusteredGraph) -> str:
    lines = graph.header().decode("utf-8").splitlines()
    return f"<description>{_xml('; '.join(line.removeprefix('# ') for line in lines))}</description>"


def write_graphml(stream: ByteSink, graph: ClusteredGraph) -> None:
    """Write GraphML: nodes with label, module, path, flow and the label of the module, weighted edges."""
    keys = "".join(
        f'<key id="{key}" for="{where}" attr.name="{name}" attr.type="{type}"/>\n'
        for key, where, name, type in (*_GRAPHML_KEYS, *([_GRAPHML_LABEL] if graph.labels else []))
    )
    labels = [f'<data key="module_label">{_xml(label)}</data>' for label in graph.labels]
    stream.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        f'{keys}<graph edgedefault="{"directed" if graph.directed else "undirected"}">\n'.encode()
    )
    for _, paths, flows, names, ids in graph.rows():
        _write_text(
            stream,
            [
                f'<node id="{node}"><data key="label">{_xml(name)}</data><data key="module">{path[0]}</data>'
                f'<data key="path">{path_text(path)}</data><data key="flow">{flow!r}</data>'
                f"{labels[path[0] - 1] if labels else ''}</node>\n"
                for path, flow, name, node in zip(paths, flows, names, ids, strict=True)
            ],
        )
    for links in graph.links():
        _write_text(
            stream,
            [
                f'<edge source="{source}" target="{target}"><data key="weight">{weight!r}</data></edge>\n'
                for source, target, weight in zip(*links, strict=True)
            ],
        )
    stream.write(b"</graph>\n</graphml>\n")


def _xml(text: str) -> str:
    """`text` for an element or an attribute in double quotes."""
    return _NO_XML.sub("\ufffd", text.translate(_ESCAPES))


def _write_text(stream: ByteSink, rows: Sequence[str]) -> None:
    stream.write("".join(rows).encode("utf-8"))
