"""GraphML, read by networkx."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import reason, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanmine.formats.stored import StoredFile


def read_graphml(source: StoredFile) -> dict[str, Any]:
    """The fields of a graph: directed by `edgedefault`; weights from the edge attribute `weight`, 1 where none.

    Nodes are known by their ids if all are non-negative integers. Their names are the attribute `label`, else `name`,
    where all have it; else their ids, unless those are integers.

    Raises
    ------
    InputError : the file is no GraphML, or a weight is no number, negative or not finite.
    """
    import xml.etree.ElementTree as ElementTree

    import networkx as nx
    import numpy as np

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # attributes without a type are read as strings
            graph = nx.read_graphml(source.as_file(), force_multigraph=True)
    except ElementTree.ParseError as error:
        raise InputError(
            f"{source.name}:{error.position[0]}: is no well-formed XML ({reason(error)}): correct it"
        ) from error
    except (nx.NetworkXException, LookupError, ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{source.name}: is no GraphML that can be read ({reason(error)}): correct it") from error
    number = {node: place for place, node in enumerate(graph)}
    links = [(number[u], number[v], _weight(u, v, data, source.name)) for u, v, data in graph.edges(data=True)]
    ends = np.array([link[:2] for link in links], np.int64).reshape(-1, 2)
    ids, names = _ids(list(graph)), _names(graph)
    return {
        "size": len(number),
        "source": ends[:, 0].copy(),
        "target": ends[:, 1].copy(),
        "weight": np.array([link[2] for link in links], np.float64),
        "names": names if names is not None or ids is not None else list(number),
        "ids": None if ids is None else np.array(ids, np.int64),
        "directed": graph.is_directed(),
    }


def _weight(u: str, v: str, data: dict, name: str) -> float:
    given = data.get("weight", 1)
    try:
        weight = float(given)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name}: the edge {shown(u)}, {shown(v)} has the weight {shown(str(given))}: weights are numbers"
        ) from error
    if not 0 <= weight < float("inf"):
        raise InputError(
            f"{name}: the edge {shown(u)}, {shown(v)} has the weight {given}: weights are finite and not negative"
        )
    return weight


def _ids(nodes: Sequence[str]) -> list[int] | None:
    """The ids as numbers, if they are different numbers."""
    if not all(node.isascii() and node.isdigit() and len(node) <= 18 for node in nodes):
        return None
    ids = [int(node) for node in nodes]
    return ids if len(set(ids)) == len(ids) else None


def _names(graph: Any) -> list[str] | None:
    for key in ("label", "name"):
        names = [data.get(key) for _, data in graph.nodes(data=True)]
        if names and all(name is not None for name in names):
            return [str(name) for name in names]
    return None
