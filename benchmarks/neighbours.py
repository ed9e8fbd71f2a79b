"""Exact and approximate nearest neighbours beside scikit-learn and faiss: `python benchmarks/neighbours.py`.

Every case is a process of its own on one thread (or -j of them), run once to warm up and then in turn with the others,
as in benchmarks/run.py. The vectors are random, with clusters, a falling spectrum and a mean that is not zero, as
those of sentence encoders have. All cases read one .npy file, find the 10 nearest of the first --queries rows among all
rows, and keep the result in memory; those of faiss and scikit-learn include the division of the rows by their norms.
The table ends with the share of exact neighbours that each case finds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import run

CASES = ("hanmine", "faiss", "scikit-learn", "hanmine-approximate")
NEIGHBOURS = 10


def generate(path: Path, rows: int, dimensions: int) -> None:
    """Write vectors as those of sentence encoders are."""
    import numpy as np

    random = np.random.default_rng(0)
    centres = random.standard_normal((max(1, rows // 50), dimensions), np.float32)
    spectrum = np.arange(1, dimensions + 1, dtype=np.float32) ** -0.5
    matrix = random.standard_normal((rows, dimensions), np.float32) * np.float32(0.8)
    matrix += centres[random.integers(0, len(centres), rows)]
    np.save(path, (matrix + np.float32(0.3)) * spectrum)


def find(case: str, path: Path, queries: int, threads: int):
    """The indices of the neighbours of the first rows; a row itself is one of them."""
    import numpy as np

    matrix = np.load(path)
    if case.startswith("hanmine"):
        from hanmine.vectors.neighbours import nearest_neighbours

        approximate = case.endswith("approximate")
        return nearest_neighbours(
            matrix[:queries], matrix, NEIGHBOURS, threads=threads, approximate=approximate
        ).indices
    if case == "faiss":
        import faiss

        faiss.omp_set_num_threads(threads)
        faiss.normalize_L2(matrix)
        index = faiss.IndexFlatIP(matrix.shape[1])
        index.add(matrix)
        return index.search(matrix[:queries], NEIGHBOURS)[1]
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute", metric="cosine", n_jobs=threads).fit(matrix)
    return search.kneighbors(matrix[:queries], return_distance=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5, help="runs of each case after the warm-up (default 5)")
    parser.add_argument("-j", "--threads", type=int, default=1)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--save", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    run.DATA.mkdir(exist_ok=True)
    path = run.DATA / f"vectors-{given.rows}x{given.dimensions}.npy"
    if given.case:
        found = find(given.case, path, given.queries, given.threads)
        if given.save:
            found.astype("int64").tofile(given.save)
        return
    if not path.exists():
        generate(path, given.rows, given.dimensions)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(given.threads)
    arguments = [f"--{name}={getattr(given, name)}" for name in ("rows", "dimensions", "queries", "threads")]
    commands = {case: [sys.executable, __file__, *arguments, f"--case={case}"] for case in CASES}
    others = ", ".join(f"{name} {version(name)}" for name in ("faiss-cpu", "scikit-learn"))
    print(f"{run.machine()}, {others}\n\n{given.runs} runs of each case after one to warm up; -j {given.threads}.")
    cases = [run.Case(case, command, 0) for case, command in commands.items()]
    title = f"{given.queries:,} queries, {given.rows:,} × {given.dimensions}, k = {NEIGHBOURS}, whole process"
    run.measure(title, cases, given.runs)
    _compare(commands, given.queries)


def _compare(commands: dict[str, list[str]], queries: int) -> None:
    """Print the share of the neighbours that the first case found which every case found."""
    saved = run.DATA / "neighbours.found"
    found = {}
    for case, command in commands.items():
        subprocess.run([*command, f"--save={saved}"], check=True)
        values = memoryview(saved.read_bytes()).cast("q")
        found[case] = [set(values[i * NEIGHBOURS : (i + 1) * NEIGHBOURS]) for i in range(queries)]
    saved.unlink()
    print("\n| case | share of the exact neighbours |\n| --- | --- |")
    for case, sets in found.items():
        same = sum(len(a & b) for a, b in zip(sets, found[CASES[0]], strict=True))
        print(f"| {case} | {same / (NEIGHBOURS * queries):.5f} |")


if __name__ == "__main__":
    main()
