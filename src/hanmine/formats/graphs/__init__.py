"""Graphs and their partitions in the formats of the field: read whole, written as streams."""

from hanmine.formats.graphs.clustered import CLUSTER_FORMATS, ClusteredGraph
from hanmine.formats.graphs.partition import read_partition
from hanmine.formats.graphs.read import GRAPH_INPUTS, GraphFile, read_graph
from hanmine.formats.graphs.write import write_clustering

__all__ = [
    "CLUSTER_FORMATS",
    "GRAPH_INPUTS",
    "ClusteredGraph",
    "GraphFile",
    "read_graph",
    "read_partition",
    "write_clustering",
]
