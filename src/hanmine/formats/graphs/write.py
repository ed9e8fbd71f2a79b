"""A result in the format that was asked for."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from hanmine.formats.graphs.clustered import CHUNK_ROWS, ClusteredGraph
from hanmine.formats.graphs.documents import write_cluster_json, write_gexf, write_graphml
from hanmine.formats.graphs.trees import write_clu, write_ftree, write_newick, write_pajek, write_tree
from hanmine.formats.tables import columns_of, write_table

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink, Table

_WRITERS = {
    "json": write_cluster_json,
    "tree": write_tree,
    "ftree": write_ftree,
    "clu": write_clu,
    "net": write_pajek,
    "gexf": write_gexf,
    "graphml": write_graphml,
    "nwk": write_newick,
}


def write_clustering(
    stream: ByteSink, graph: ClusteredGraph, format: str, *, header: bool = True, bom: bool = False
) -> None:
    """Write `graph` in one of `CLUSTER_FORMATS`; `header` counts for tsv and csv, `bom` for csv.

    Raises
    ------
    ValueError : an unknown format.
    """
    if format in ("tsv", "csv"):
        write_table(stream, _with_short_reals(graph.table), format, header=header, bom=bom)
    elif format == "jsonl":
        _write_jsonl(stream, graph.table)
    elif format in _WRITERS:
        _WRITERS[format](stream, graph)
    else:
        raise ValueError(f"unknown cluster format {format!r}")


def _with_short_reals(table: Table) -> Table:
    """The table with six significant digits of its reals: flows are too small for a fixed number of decimals."""
    return {
        column.name: [f"{value:.6g}" for value in column.values.tolist()] if column.kind == "real" else column.values
        for column in columns_of(table)
    }


def _write_jsonl(stream: ByteSink, table: Table) -> None:
    """An object a line, reals with all their digits (null where not finite)."""
    columns = columns_of(table)
    names = [column.name for column in columns]
    for start in range(0, len(columns[0].values) if columns else 0, CHUNK_ROWS):
        cells = [column.values[start : start + CHUNK_ROWS].tolist() for column in columns]
        lines = [
            json.dumps(dict(zip(names, map(_finite, row), strict=True)), ensure_ascii=False) + "\n"
            for row in zip(*cells, strict=True)
        ]
        stream.write("".join(lines).encode("utf-8", "backslashreplace"))


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
