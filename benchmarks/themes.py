"""Modules of sentences beside k-means, Leiden and HDBSCAN: `python benchmarks/themes.py LABELLED.tsv...`.

Each file has a sentence and its class on every line, with a tab between (the last field is the class). Sentences are
encoded by the built-in encoders, and the vectors are kept beside the benchmark's other data. Printed are

1. for each set, encoder and whitening: adjusted mutual information (AMI) with the classes of the modules found by
   default, of k-means with the true number of classes (scikit-learn, ten starts, the best inertia), of Leiden
   (modularity, leidenalg) on the same graph, and of HDBSCAN (scikit-learn) on the same vectors;
2. AMI by k, edge rule and weight, and what `auto` chooses (--grid);
3. the null model: stated and simulated rates of false edges, and edges and AMI with `auto` and with fixed least
   similarities (--null);
4. instead of all that, AMI of parts of each set: every second line, some of the classes, classes of unequal size, few
   lines (--parts).

--planted adds mixtures whose classes are known to the first table, in place of labelled files if there are none.
--neighbours-benchmark measures the graph of --rows × 256 vectors with k = 20 beside the flat index of faiss instead.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import run

ENCODERS = ("use", "e5")
WHITENINGS = ("raw", "soft", "raw-encoder", "tuned-encoder", "full")
GRID_K = (10, 20, 50, 100, 200, 500)
PARTS = ("all", "7 classes", "5 classes", "3 classes", "unequal", "1000 lines", "300 lines")
FIXED = (0.0, 0.1, 0.2, 0.3, 0.5)
RATES = (0.05, 0.01, 0.001)


def read_labelled(path: Path) -> tuple[list[str], np.ndarray]:
    """Sentences, and the number of the class of each."""
    fields = [line.rsplit("\t", 1) for line in path.read_text("utf-8").splitlines()]
    return [sentence for sentence, _ in fields], np.unique([label for _, label in fields], return_inverse=True)[1]


def encode(path: Path, model: str) -> np.ndarray:
    """The vectors of the sentences of a file, made once."""
    kept = run.DATA / f"themes-{path.stem}-{model}.npy"
    if not kept.exists():
        sentences = run.DATA / f"themes-{path.stem}.txt"
        sentences.write_text("\n".join(read_labelled(path)[0]) + "\n", "utf-8")
        subprocess.run(
            [sys.executable, "-m", "hanmine", "encode", str(sentences), "--model", model, "-o", str(kept), "-q"],
            check=True,
        )
    return np.load(kept)


def whitened(vectors: np.ndarray, preset: str) -> np.ndarray:
    from hanmine.vectors import Whitening
    from hanmine.vectors.presets import resolve

    if preset == "raw":
        return vectors
    dim, beta, gamma = resolve(None if preset == "full" else preset)
    return Whitening(dim=dim, beta=beta, gamma=gamma).fit_transform(vectors)


def mixture(rows: int, classes: int, separation: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Planted topics: normal clouds in 128 dimensions with a falling spectrum and a common mean."""
    random = np.random.default_rng(seed)
    spectrum = np.arange(1, 129) ** -0.25
    spectrum /= np.sqrt((spectrum**2).mean())
    labels = random.integers(0, classes, rows)
    centres = random.standard_normal((classes, 128)) * spectrum * separation
    matrix = centres[labels] + random.standard_normal((rows, 128)) * spectrum + 2 * random.standard_normal(128)
    return matrix.astype(np.float32), labels


def sets(given) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, vectors and classes of all that is measured."""
    for path in given.labelled:
        labels = read_labelled(path)[1]
        for model in given.encoders.split(","):
            vectors = encode(path, model)
            for preset in given.whitenings.split(","):
                yield f"{path.stem} | {model} | {preset}", whitened(vectors, preset), labels
    if given.planted:
        for classes in (4, 10, 30):
            for separation in (0.4, 0.6, 1.5):
                vectors, labels = mixture(3000, classes, separation, seed=classes)
                yield f"planted, {classes} classes | {separation:g} | raw", vectors, labels


def part(labels: np.ndarray, kind: str, half: int) -> np.ndarray:
    """The lines of a part of one half of a set: those with even (0) or odd numbers (1), or all (2)."""
    lines = np.arange(half % 2, len(labels), 1 if half == 2 else 2)
    seeds = {"7 classes": 3, "5 classes": 2, "3 classes": 1, "unequal": 4, "1000 lines": 5, "300 lines": 6}
    random = np.random.default_rng(seeds.get(kind, 0) * 7 + half)
    classes = labels.max() + 1
    if kind == "unequal":  # from all of a class to a tenth
        share = np.geomspace(1, 0.1, classes)[random.permutation(classes)]
        return lines[random.random(len(lines)) < share[labels[lines]]]
    count, _, what = kind.partition(" ")
    if what == "classes":
        return lines[np.isin(labels[lines], random.choice(classes, int(count), replace=False))]
    return lines if kind == "all" else np.sort(random.choice(lines, int(count), replace=False))


# Methods: vectors and classes to labels.


def score(found: np.ndarray, labels: np.ndarray) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(labels, found))


def modules_of(graph) -> np.ndarray:
    from hanmine import cluster_graph
    from hanmine.graphs.knn import CLUSTER_DEFAULTS

    return cluster_graph(graph, **CLUSTER_DEFAULTS).labels


def by_kmeans(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    from sklearn.cluster import KMeans

    return KMeans(labels.max() + 1, n_init=10, random_state=0).fit_predict(vectors)


def by_leiden(graph) -> np.ndarray:
    import igraph
    import leidenalg

    links = np.column_stack([graph.source, graph.target])
    network = igraph.Graph(graph.size, links.tolist(), directed=bool(graph.directed))
    return np.array(
        leidenalg.find_partition(
            network, leidenalg.ModularityVertexPartition, weights=graph.weight.tolist(), seed=0
        ).membership
    )


def by_hdbscan(vectors: np.ndarray) -> np.ndarray:
    from sklearn.cluster import HDBSCAN

    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return HDBSCAN(min_cluster_size=max(5, len(unit) // 200), algorithm="brute", copy=True).fit_predict(unit)


def compare(given) -> None:
    """Print the first table."""
    from hanmine.graphs.themes import neighbour_clustering

    print("\n| set | encoder | whitening | ours | modules | k-means, true k | Leiden | HDBSCAN | k | links | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, vectors, labels in sets(given):
        begin = time.process_time()
        result, built = neighbour_clustering(vectors)
        found = result.labels
        seconds = time.process_time() - begin
        large = int((np.bincount(found)[1:] >= len(found) / 200).sum())
        others = [score(by_kmeans(vectors, labels), labels)]
        others.append(score(by_leiden(built.graph), labels) if given.leiden else float("nan"))
        others.append(score(by_hdbscan(vectors), labels) if given.hdbscan else float("nan"))
        print(
            f"| {name} | **{score(found, labels):.3f}** | {found.max()} ({large}) | "
            + " | ".join("–" if value != value else f"{value:.3f}" for value in others)
            + f" | {built.k} | {built.facts['links']:,} | {seconds:.0f} |",
            flush=True,
        )
    print("\nModules: all, and in brackets those of half a percent of the rows or more; s: CPU seconds of ours.")


def parts(given) -> None:
    """Print AMI of parts of each set."""
    from hanmine import cluster_vectors

    print("\n| half | part | set | rows | ours | modules | k-means, true k | difference |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    names = {0: "even", 1: "odd", 2: "both"}
    differences = []
    for half in given.halves:
        for name, whole, labels in sets(given):
            for kind in given.kinds.split(","):
                lines = part(labels, kind, half)
                vectors, classes = whole[lines], np.unique(labels[lines], return_inverse=True)[1]
                found = cluster_vectors(vectors).labels
                ours, other = score(found, classes), score(by_kmeans(vectors, classes), classes)
                differences.append(ours - other)
                print(
                    f"| {names[half]} | {kind} | {name} | {len(lines):,} | {ours:.3f} | {found.max()} | {other:.3f} | "
                    f"{ours - other:+.3f} |",
                    flush=True,
                )
    print(f"\nDifference: {np.mean(differences):+.3f} in the mean, {min(differences):+.3f} at the least.")


def grid(given) -> None:
    """Print AMI by k, edge rule and weight."""
    from hanmine import cluster_vectors
    from hanmine.graphs.knn import SYMMETRIC, neighbour_graph

    rules = [(symmetric, weight) for symmetric in SYMMETRIC for weight in ("cosine", "excess")]
    for name, vectors, labels in sets(given):
        print(f"\n{name}: AMI (modules)\n\n| k | " + " | ".join(f"{a}, {b}" for a, b in rules) + " |")
        print("| --- |" + " --- |" * len(rules))
        best = (0.0, "")
        for k in (*(k for k in given.grid_k if k < len(labels)), "auto"):
            cells = []
            for symmetric, weight in rules:
                # A least similarity of 0 leaves the choice to k; what is above the null model's is the excess.
                least = 0.0 if weight == "cosine" and k != "auto" else "auto"
                built = neighbour_graph(
                    vectors, k=k, min_similarity=least, symmetric=symmetric, weight=weight, centre=True, even=True
                )
                found = modules_of(built.graph)
                value = score(found, labels)
                best = max(best, (value, f"k {k}, {symmetric}, {weight}"))
                cells.append(f"{value:.3f} ({found.max()})")
            print(f"| {k if k != 'auto' else f'auto = {built.k}'} | " + " | ".join(cells) + " |", flush=True)
        default = score(cluster_vectors(vectors).labels, labels)
        print(f"\nBest by hand: {best[0]:.3f} ({best[1]}); by default: {default:.3f}.", flush=True)


# The null model.


def null_model(given) -> None:
    """Print stated against simulated rates, and `auto` against fixed least similarities."""
    from hanmine.graphs.knn import neighbour_graph
    from hanmine.graphs.null_model import AngleNull, pair_cosines

    print("\n| random vectors, 2,000 rows | effective dimension | " + " | ".join(f"at {r:g}" for r in RATES) + " |")
    print("| --- | --- |" + " --- |" * len(RATES))
    random = np.random.default_rng(0)
    for dimensions in (16, 32, 64, 128, 256, 512, 768):
        for kind in ("even", "falling spectrum", "falling spectrum and a mean"):
            matrix = random.standard_normal((2000, dimensions))
            if kind != "even":
                matrix *= np.arange(1, dimensions + 1) ** -0.5
            if kind.endswith("mean"):
                matrix += 0.5
            matrix -= matrix.mean(axis=0)
            cosines, shown = pair_cosines(matrix), []
            for rate in RATES:
                null = AngleNull.of_rows(matrix, rate)
                shown.append(f"{np.mean(cosines >= null.threshold(rate)) / rate:.2f}")
            effective = AngleNull.of_rows(matrix, RATES[0]).dimensions
            print(f"| d = {dimensions}, {kind} | {effective:.1f} | " + " | ".join(shown) + " |", flush=True)
    print("\nTimes the stated rate that the simulated one is.")
    for name, vectors, labels in sets(given):
        print(f"\n{name}\n\n| least similarity | links | rows alone | modules | AMI |\n| --- | --- | --- | --- | --- |")
        for least in ("auto", *FIXED):
            built = neighbour_graph(vectors, min_similarity=least, centre=True, even=True, weight="excess")
            found = modules_of(built.graph)
            facts = built.facts
            shown = f"auto = {built.min_similarity:.3f}" if least == "auto" else f"{least:g}"
            print(
                f"| {shown} | {facts['links']:,} | {facts['rows_alone']:,} | {found.max()} | "
                f"{score(found, labels):.3f} |",
                flush=True,
            )


# Time and memory of the search.


def find(case: str, path: Path) -> None:
    """Build the graph, or search by faiss; print CPU seconds and what memory the process held beyond the vectors."""
    vectors = np.load(path)
    begin, held = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if case == "faiss":
        import faiss

        faiss.omp_set_num_threads(1)
        faiss.normalize_L2(vectors)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        index.search(vectors, 21)
    else:
        from hanmine.graphs.knn import neighbour_graph

        settings = {"min_similarity": 0.0} if case == "hanmine" else {}
        neighbour_graph(vectors, k=20, threads=1, **settings)
    seconds = time.process_time() - begin
    beyond = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024
    print(f"| {case} | {seconds:.1f} | {beyond:.0f} |", flush=True)


def neighbours_benchmark(given) -> None:
    import neighbours

    path = run.DATA / f"vectors-{given.rows}x256.npy"
    run.DATA.mkdir(exist_ok=True)
    if not path.exists():
        neighbours.generate(path, given.rows, 256)
    print(f"{run.machine()}\n\n{given.rows:,} × 256, k = 20, one thread.\n")
    print("| case | CPU seconds | MB beyond the vectors |\n| --- | --- | --- |", flush=True)
    for case in ("hanmine", "hanmine, auto", "faiss"):
        subprocess.run([sys.executable, __file__, "--case", case, "--rows", str(given.rows)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="*", type=Path, help="sentence TAB class, one a line")
    parser.add_argument("--encoders", default=",".join(ENCODERS))
    parser.add_argument("--whitenings", default=",".join(WHITENINGS))
    parser.add_argument("--planted", action="store_true", help="planted mixtures too")
    parser.add_argument("--grid", action="store_true", help="the table of k, edge rules and weights too")
    parser.add_argument("--grid-k", type=int, nargs="+", default=GRID_K, help="neighbours of --grid")
    parser.add_argument("--null", action="store_true", help="the tables of the null model too")
    parser.add_argument("--parts", action="store_true", help="parts of each set instead")
    parser.add_argument("--halves", type=int, nargs="+", default=[0, 1], help="of --parts: 0 even, 1 odd, 2 both")
    parser.add_argument("--kinds", default=",".join(PARTS), help="of --parts (default: %(default)s)")
    parser.add_argument("--no-compare", dest="compare", action="store_false", help="leave the first table out")
    parser.add_argument("--no-leiden", dest="leiden", action="store_false")
    parser.add_argument("--no-hdbscan", dest="hdbscan", action="store_false")
    parser.add_argument("--neighbours-benchmark", action="store_true")
    parser.add_argument("--rows", type=int, default=200_000, help="of --neighbours-benchmark (default 200,000)")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    given = parser.parse_args()
    run.DATA.mkdir(exist_ok=True)
    if given.case:
        find(given.case, run.DATA / f"vectors-{given.rows}x256.npy")
        return
    if given.neighbours_benchmark:
        neighbours_benchmark(given)
        return
    if not given.labelled and not given.planted:
        parser.error("pass a labelled file, or --planted")
    if given.parts:
        parts(given)
        return
    if given.compare:
        compare(given)
    if given.grid:
        grid(given)
    if given.null:
        null_model(given)


if __name__ == "__main__":
    main()
