#!/bin/sh
# networkx.read_graphml gives edges no default: a graph whose weights are mostly the default becomes another one.
#
# Expected: <key for="edge" attr.name="weight"><default>0.25</default></key> is the weight of each edge without <data>,
#   as the GraphML standard says and igraph reads it.
# Happens: such edges have no attribute `weight`; the default stands in graph.graph["edge_default"], where no algorithm
#   looks, and all algorithms of networkx take 1 for a missing weight. No warning.
# With: networkx 3.6.1, igraph 1.0.0.
# Matters: in the graph below two pairs are bound by 1 and joined by links of 0.02: Louvain finds two communities in what
#   the file says, and one in what was read.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q networkx==3.6.1 igraph==1.0.0
cd "$folder"
venv/bin/python - <<'END'
from importlib.metadata import version

import igraph
import networkx as nx

print("networkx", version("networkx"), "igraph", version("igraph"))
strong = '<edge source="{}" target="{}"><data key="w">1</data></edge>'
weak = '<edge source="{}" target="{}"/>'
edges = [strong.format(*pair) for pair in ("ab", "cd")] + [weak.format(*pair) for pair in ("ac", "ad", "bc", "bd")]
with open("x.graphml", "w") as file:
    file.write(
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="w" for="edge" attr.name="weight" attr.type="double"><default>0.02</default></key>'
        '<graph edgedefault="undirected">' + "".join(f'<node id="{node}"/>' for node in "abcd") + "".join(edges)
        + "</graph></graphml>"
    )
graph = nx.read_graphml("x.graphml")
weights = [data.get("weight") for _, _, data in graph.edges(data=True)]
print("igraph  ", igraph.Graph.Read_GraphML("x.graphml").es["weight"])
print("networkx", weights, graph.graph["edge_default"])
read = len(nx.community.louvain_communities(graph, seed=1))
for _, _, data in graph.edges(data=True):
    data.setdefault("weight", graph.graph["edge_default"]["weight"])
right = len(nx.community.louvain_communities(graph, seed=1))
print("communities:", read, "as read,", right, "as the file says")
same = weights.count(None) == 4 and (read, right) == (1, 2)
print("defaults are left out" if same else "the behaviour has changed")
raise SystemExit(0 if same else 1)
END
