#!/bin/sh
# networkx and igraph write the places of vertices into Pajek files, and infomap takes the first number for a weight.
#
# Expected: a graph that networkx.write_pajek wrote has the same flow in infomap as the same graph without coordinates.
# Happens: `1 a 0.0 0.0 ellipse` (Pajek: x, y, shape) gives vertex 1 the weight 0, without a word. With --to-nodes the
#   walker then teleports to no node: 2.5607 bits where the graph has 1.9314. With --use-node-weights-as-flow the run
#   fails; where a layout wrote other coordinates it succeeds, and the flow of a vertex is its place on the page.
# With: networkx 3.6.1, infomap 2.16.0.
# Matters: .net is the format by which graphs go from networkx and igraph to infomap, and options that use the weights of
#   nodes are chosen by those who think that all of them are 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q networkx==3.6.1 infomap==2.16.0
cd "$folder"
venv/bin/python -W ignore - <<'END'
from importlib.metadata import version

import infomap
import networkx as nx

print("networkx", version("networkx"), "infomap", version("infomap"))
graph = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a"), ("a", "d"), ("d", "c")])
nx.write_pajek(graph, "written.net")
text = open("written.net").read()
print(text.splitlines()[1])
open("plain.net", "w").write(text.replace(" 0.0 0.0 ellipse", ""))
bits = {}
for name in ("plain.net", "written.net"):
    run = infomap.Infomap("--silent --two-level --directed --recorded-teleportation --to-nodes")
    run.read_file(name)
    run.run()
    bits[name] = run.codelength
    print(f"{name}: {bits[name]:.4f} bits")
same = abs(bits["plain.net"] - 1.9314) < 1e-4 and abs(bits["written.net"] - 2.5607) < 1e-4
print("coordinates are weights" if same else "the behaviour has changed")
raise SystemExit(0 if same else 1)
END
