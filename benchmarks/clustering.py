"""Clustering by the map equation beside its peers: `python benchmarks/clustering.py GRAPH.npz...`.

For every graph and tool a process of its own searches with the seeds 1..N, one trial each. Given are the mean and the
best codelength (computed by `cluster_graph` of what each tool found; of hierarchies by the tool that found them), the
mean number of top modules, CPU seconds of one search (median; flow and search, without start-up, reading and writing),
peak memory of a process that searches once, and where the truth is known the mean of normalized mutual information.
The last column compares the mean codelength with that of the official tool, in percent.

Graphs are .npz with src, dst, w (optional), n, directed, truth (optional), as benchmarks/lfr.py writes them. The peers
are the official `infomap`, igraph's infomap, NetworKit's LouvainMapEquation (undirected only) and Leiden (modularity);
what is not installed is said to be missing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

TOOLS = {
    "hanmine": "hanmine",
    "infomap": "infomap",
    "igraph": "igraph",
    "networkit": "networkit",
    "leiden": "leidenalg",
}
MULTILEVEL = ("hanmine", "infomap")


def load(path: str):
    """n, source, target, weight, directed, truth."""
    with np.load(path) as file:
        weight = file["w"].astype(float) if "w" in file else np.ones(file["src"].size)
        truth = file.get("truth", None)
        source, target = file["src"].astype(np.int64), file["dst"].astype(np.int64)
        return int(file["n"]), source, target, weight, bool(file["directed"]), truth


# Each gives a function of a seed that searches and returns labels [n], and the codelength if it knows it.


def by_hanmine(graph, two_level: bool) -> Callable:
    from hanmine import cluster_graph
    from hanmine.infomap import Graph

    n, source, target, weight, directed, _ = graph
    cluster_graph(Graph.from_links([0, 1], [1, 2]), two_level=two_level)  # loads the compiled kernels
    cluster_graph(Graph.from_links([0, 1], [1, 2]), two_level=two_level, directed=True)
    own = Graph.from_links(source, target, weight, size=n, directed=directed)

    def search(seed):
        found = cluster_graph(own, two_level=two_level, seed=seed, threads=1)
        return found.labels, found.codelength

    return search


def by_infomap(graph, two_level: bool) -> Callable:
    import infomap

    n, source, target, weight, directed, _ = graph
    flags = "--silent" + " --two-level" * two_level + " --directed" * directed

    def search(seed):
        network = infomap.Infomap(f"{flags} --seed {seed}")
        network.add_links(zip(source.tolist(), target.tolist(), weight.tolist(), strict=True))
        begin = time.process_time()
        network.run()
        seconds = time.process_time() - begin
        modules = network.get_modules()
        labels = np.array([modules.get(node, -1 - node) for node in range(n)])
        return labels, network.codelength, seconds

    return search


def by_igraph(graph, two_level: bool) -> Callable:
    import random

    import igraph

    n, source, target, weight, directed, _ = graph
    own = igraph.Graph(n, list(zip(source.tolist(), target.tolist(), strict=True)), directed=directed)

    def search(seed):
        random.seed(seed)
        igraph.set_random_number_generator(random)
        return np.array(own.community_infomap(edge_weights=weight.tolist(), trials=1).membership), None

    return search


def by_networkit(graph, two_level: bool) -> Callable:
    import networkit

    n, source, target, weight, directed, _ = graph
    if directed:
        raise SystemExit("undirected graphs only")
    networkit.setNumberOfThreads(1)
    own = networkit.GraphFromCoo((weight, (source, target)), n=n, weighted=True, directed=False)

    def search(seed):
        networkit.setSeed(seed, False)
        found = networkit.community.LouvainMapEquation(own, hierarchical=True, parallelizationStrategy="none")
        found.run()
        return np.array(found.getPartition().getVector()), None

    return search


def by_leiden(graph, two_level: bool) -> Callable:
    import igraph
    import leidenalg

    n, source, target, weight, directed, _ = graph
    own = igraph.Graph(n, list(zip(source.tolist(), target.tolist(), strict=True)), directed=directed)

    def search(seed):
        kind = leidenalg.ModularityVertexPartition
        return np.array(leidenalg.find_partition(own, kind, weights=weight.tolist(), seed=seed).membership), None

    return search


def peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def work(tool: str, path: str, seeds: int, two_level: bool) -> None:
    """Search with every seed, and print what was found as JSON."""
    warnings.simplefilter("ignore")
    graph = load(path)
    search = globals()[f"by_{tool}"](graph, two_level)
    found, peak = [], 0.0
    for seed in range(1, seeds + 1):
        begin = time.process_time()
        labels, length, *seconds = search(seed)
        used = seconds[0] if seconds else time.process_time() - begin
        if seed == 1:
            peak = peak_mb()
        found.append((labels, length, used))
    print(json.dumps({"runs": [measured(graph, *one) for one in found], "peak_mb": peak}))


def measured(graph, labels, length, seconds) -> dict:
    """What is told of one search; a codelength that the tool does not know is computed here."""
    from hanmine import cluster_graph
    from hanmine.infomap import Graph

    n, source, target, weight, directed, truth = graph
    if length is None:
        own = Graph.from_links(source, target, weight, size=n, directed=directed)
        length = cluster_graph(own, start=labels, search=False).codelength
    row = {
        "codelength": length,
        "modules": len(set(labels[np.bincount(np.r_[source, target], minlength=n) > 0].tolist())),
    }
    if truth is not None:
        row["nmi"] = normalized_mutual_information(np.asarray(labels), truth)
    return row | {"seconds": seconds}


def normalized_mutual_information(one: np.ndarray, other: np.ndarray) -> float:
    """Mutual information over the mean of both entropies."""
    _, one = np.unique(one, return_inverse=True)
    _, other = np.unique(other, return_inverse=True)
    _, joint = np.unique(one * (other.max() + 1) + other, return_counts=True)

    def entropy(counts):
        share = counts[counts > 0] / counts.sum()
        return float(-(share * np.log(share)).sum())

    both = entropy(np.bincount(one)) + entropy(np.bincount(other))
    return 2 * (both - entropy(joint)) / both if both else 1.0


def row_of(name: str, tool: str, result: dict, official: float | None) -> str:
    runs = result["runs"]
    mean = statistics.fmean(run["codelength"] for run in runs)
    nmi = f"{statistics.fmean(run['nmi'] for run in runs):.3f}" if "nmi" in runs[0] else ""
    cells = [
        name, tool, f"{mean:.5f}", f"{min(run['codelength'] for run in runs):.5f}",
        f"{statistics.fmean(run['modules'] for run in runs):.1f}",
        f"{statistics.median(run['seconds'] for run in runs):.3f}",
        f"{result['peak_mb']:.0f}", nmi, "" if official is None else f"{100 * (mean / official - 1):+.3f}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def compare(paths: list[str], tools: list[str], seeds: int, two_level: bool) -> None:
    print(f"\n### {'Two levels' if two_level else 'Any number of levels'}, {seeds} seeds, one trial each\n")
    print("| graph | tool | mean bits | best | modules | CPU s | peak MB | NMI | % to infomap |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for path in paths:
        results = {}
        for tool in tools if two_level else [tool for tool in tools if tool in MULTILEVEL]:
            kind = "two" if two_level else "multi"
            command = [sys.executable, __file__, "--work", tool, path, "--seeds", str(seeds), "--levels", kind]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
            if done.returncode == 0:
                results[tool] = json.loads(done.stdout.splitlines()[-1])
            elif "undirected graphs only" not in done.stderr:
                sys.exit(f"{' '.join(command)}:\n{done.stderr[-2000:]}")
        official = results.get("infomap")
        mean = statistics.fmean(run["codelength"] for run in official["runs"]) if official else None
        for tool, result in results.items():
            print(row_of(Path(path).stem, tool, result, mean), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graphs", nargs="+")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--levels", choices=("two", "multi", "both"), default="both")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--work", metavar="TOOL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.work, given.graphs[0], given.seeds, given.levels == "two")
        return
    wanted = given.tools.split(",")
    missing = [tool for tool in wanted if find_spec(TOOLS[tool]) is None]
    tools = [tool for tool in wanted if tool not in missing]
    packages = ", ".join(f"{tool} {version(TOOLS[tool])}" for tool in tools)
    print(f"{packages}; Python {sys.version.split()[0]}" + (f"; missing: {', '.join(missing)}" if missing else ""))
    for two_level in (True, False):
        if given.levels in ("both", "two" if two_level else "multi"):
            compare(given.graphs, tools, given.seeds, two_level)


if __name__ == "__main__":
    main()
