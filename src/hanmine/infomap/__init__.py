"""Clustering by the map equation: graphs, the flow on them, its description length, and the search for short ones.

Rosvall and Bergstrom 2008, "Maps of random walks on complex networks reveal community structure", and 2011,
"Multilevel compression of random walks on networks reveals hierarchical organization in large integrated systems".
"""

from hanmine.infomap.cluster import Clustering, InfoMap, cluster_graph
from hanmine.infomap.graph import Graph

__all__ = ["Clustering", "Graph", "InfoMap", "cluster_graph"]
