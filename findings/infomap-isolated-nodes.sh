#!/bin/sh
# What one expects: a node without links is a module of its own, or at the least the same for all such nodes.
# What happens: infomap 2.16.0 leaves isolated nodes where its search happened to put them. In two triangles joined by a
#   link, of two isolated nodes one comes out in the first triangle's module and the other in the second's; without the
#   joining link both are modules of their own. The codelength is the same either way, so that nothing tells.
# Why it matters: whoever reads modules as "belongs together" is told that unrelated items do: near-duplicates of texts,
#   words that never occur with any other, rows below a least similarity. Take isolated nodes out before or after.
# Exits 1 if this changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$folder" infomap==2.16.0
PYTHONPATH="$folder" python3 -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

from infomap import Infomap

TRIANGLES = [(0, 1), (1, 2), (2, 0), (5, 6), (6, 7), (7, 5)]


def modules(links):
    search = Infomap("--silent --two-level --seed 123")
    for node in range(8):
        search.add_node(node)
    for source, target in links:
        search.add_link(source, target)
    search.run()
    return {node.node_id: node.module_id for node in search.nodes}, search.codelength


print("infomap", version("infomap"))
apart, length = modules(TRIANGLES)
print("two triangles, nodes 3 and 4 isolated:  ", dict(sorted(apart.items())), f"{length:.6f} bits")
joined, length = modules([*TRIANGLES, (0, 5)])
print("the same with a link between triangles: ", dict(sorted(joined.items())), f"{length:.6f} bits")
alone = [sum(found[node] == module for module in found.values()) == 1 for found in (apart, joined) for node in (3, 4)]
print("nodes 3 and 4 are alone:", alone[:2], "and", alone[2:])
sys.exit(alone != [True, True, False, False])
PYTHON
