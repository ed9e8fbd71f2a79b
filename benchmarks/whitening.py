"""Whitening beside its peers, as two tables: `python benchmarks/whitening.py`.

Accuracy: on vectors that are known to go wrong, the largest difference between cosines after whitening at full size and
after the same in float64. Speed: N×768 float32 from a .npy file to k dimensions in another; every contender a process
of its own, run in turn with the others after one run to warm up; medians, and ratios to scikit-learn pair by pair.
CPU is user + system time of the whole process, imports, reading and writing included; memory is its peak resident set,
which counts the pages of a mapped file that are in memory. A contender that is not installed is said to be missing.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MB = 1_000_000
BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
NEEDS = {
    "hanmine": "hanmine",
    "scikit-learn": "sklearn",
    "faiss": "faiss",
    "numpy": "numpy",
    "IncrementalPCA": "sklearn",
    "torch": "torch",
}


# The contenders: fit on `x` and map it to k dimensions


def by_hanmine(x, k):
    from hanmine.vectors import Whitening

    return Whitening(dim=k).fit_transform(x)


def by_scikit_learn(x, k):
    from sklearn.decomposition import PCA

    return PCA(k, whiten=True, svd_solver="covariance_eigh").fit_transform(x)


def by_incremental(x, k):
    from sklearn.decomposition import IncrementalPCA

    pca = IncrementalPCA(k, whiten=True, batch_size=max(5 * x.shape[1], 2048)).fit(x)
    return pca.transform(x)


def by_faiss(x, k):
    import faiss
    import numpy as np

    x = np.ascontiguousarray(x, np.float32)
    pca = faiss.PCAMatrix(x.shape[1], k, -0.5)
    pca.train(x)
    return pca.apply(x)


def by_numpy(x, k):
    """As published with the paper: mean, covariance and SVD by numpy in one go."""
    import numpy as np

    mean = x.mean(axis=0, keepdims=True)
    u, s, _ = np.linalg.svd(np.cov(x.T))
    return (x - mean) @ (u @ np.diag(1 / np.sqrt(s)))[:, :k]


def by_torch(x, k):
    """The published method in torch, float32 throughout."""
    import numpy as np
    import torch

    x = torch.from_numpy(np.array(x, np.float32))
    u, s, _ = torch.linalg.svd(torch.cov(x.T))
    return ((x - x.mean(0)) @ (u / s.sqrt())[:, :k]).numpy()


CONTENDERS = {
    "hanmine": by_hanmine,
    "scikit-learn": by_scikit_learn,
    "faiss": by_faiss,
    "numpy": by_numpy,
    "IncrementalPCA": by_incremental,
    "torch": by_torch,
}


# Accuracy


def accuracy(n: int, d: int) -> None:
    """Print the largest deviation of cosines from float64 of every contender on every trap."""
    import naive
    import traps

    names = [name for name in CONTENDERS if installed(NEEDS[name])]
    print(f"\n### Largest deviation of a cosine from float64, {n:,} × {d}, all dimensions\n")
    print("| vectors | " + " | ".join(names) + " |\n| --- |" + " --- |" * len(names))
    for trap, x in traps.trap_table(n, d).items():
        hopeless = trap in ("NaN and inf", "all rows equal")
        expected = None if hopeless else naive.whiten(x)
        cells = [_deviation(CONTENDERS[name], x, expected) for name in names]
        print(f"| {trap} | " + " | ".join(cells) + " |", flush=True)


def _deviation(contender, x, expected) -> str:
    """A cell of the table: a deviation, NaN, an error, or (where there is no answer) what was given as one."""
    import numpy as np

    import traps

    d = x.shape[1] if expected is None else expected.shape[1]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            y = np.asarray(contender(x, d))
    except Exception as error:
        return f"error: {str(error).splitlines()[0][:60]}"
    if not np.isfinite(y).all():
        return "NaN"
    return "an answer" if expected is None else f"{traps.max_cosine_deviation(y, expected, 300):.1e}"


# Speed


@dataclass
class Contender:
    name: str
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    deviation: float = float("nan")

    def run(self, source: Path, target: Path, k: int, threads: int, keep: bool) -> None:
        """Run once as a process; a figure of a failed run is no figure."""
        command = [sys.executable, __file__, "--contender", self.name, str(source), str(target), str(k), str(threads)]
        begin = os.times().elapsed
        process = subprocess.Popen(command, env={**os.environ, **dict.fromkeys(BLAS_THREADS, str(threads))})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{self.name}: exit {process.returncode}")
        if keep:
            self.wall.append(os.times().elapsed - begin)
            self.cpu.append(usage.ru_utime + usage.ru_stime)
            self.memory.append(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MB)

    def row(self, base: Contender) -> str:
        ratio = statistics.median(mine / other for mine, other in zip(self.cpu, base.cpu, strict=True))
        cells = [self.name, f"{statistics.median(self.cpu):.2f}", f"{min(self.cpu):.2f}–{max(self.cpu):.2f}"]
        cells += [f"{statistics.median(self.wall):.2f}", f"{statistics.median(self.memory):.0f}"]
        return "| " + " | ".join([*cells, f"{self.deviation:.1e}", f"{ratio:.2f}"]) + " |"


def contend(name: str, source: str, target: str, k: int, threads: int) -> None:
    """What a process of the speed table does: read a file, fit, map, write a file."""
    import numpy as np

    if name == "hanmine":
        from hanmine.formats.atomic import open_output
        from hanmine.formats.vectors import open_vectors, write_vectors
        from hanmine.vectors import Whitening

        with open_vectors([Path(source)]) as rows, open_output(Path(target)) as stream:
            fitted = Whitening(dim=k, threads=threads).fit(rows)
            write_vectors(
                stream, "npy", fitted.transform_blocks(rows), rows=rows.shape[0], dimensions=k, dtype=np.float32
            )
    else:
        np.save(target, CONTENDERS[name](np.load(source), k))


def generate(target: Path, n: int, d: int) -> None:
    """An anisotropic float32 file with a mean, written in blocks."""
    import numpy as np

    rng = np.random.default_rng(0)
    mixed = np.linalg.qr(rng.standard_normal((d, d)))[0] * np.geomspace(1, 2900**-0.5, d)[:, None]
    mixed, mean = mixed.astype(np.float32), rng.standard_normal(d).astype(np.float32) * 0.2
    out = np.lib.format.open_memmap(target, "w+", np.float32, (n, d))
    for begin in range(0, n, 8192):
        part = out[begin : begin + 8192]
        part[:] = rng.standard_normal(part.shape, np.float32) @ mixed + mean
    out.flush()


def reference(source: Path, k: int):
    """The map to k dimensions by moments in float64, and the exact vectors of some spread rows."""
    import numpy as np

    x = np.load(source, mmap_mode="r")
    shift = x[:1000].mean(axis=0, dtype=np.float64)
    scatter, sums = 0.0, 0.0
    for begin in range(0, len(x), 8192):
        part = x[begin : begin + 8192] - shift
        scatter, sums = scatter + part.T @ part, sums + part.sum(axis=0)
    values, vectors = np.linalg.eigh((scatter - np.outer(sums, sums) / len(x)) / (len(x) - 1))
    few = np.arange(5000) * len(x) // 5000
    matrix = (vectors / np.sqrt(values))[:, ::-1][:, :k]
    return few, (x[few] - (shift + sums / len(x))) @ matrix


def deviation(target: Path, exact: Path) -> float:
    """The largest deviation of cosines of the file `target` from what `reference` left in `exact`."""
    import numpy as np

    import traps

    with np.load(exact) as known:
        return traps.max_cosine_deviation(np.load(target, mmap_mode="r")[known["few"]], known["y"], 500)


def speed(n: int, d: int, k: int, runs: int, threads: int, names: list[str]) -> None:
    """Generate a file, run every contender, print the table."""
    contenders = [Contender(name) for name in names if installed(NEEDS[name])]
    with tempfile.TemporaryDirectory() as folder:
        source, target, exact = (Path(folder) / name for name in ("vectors.npy", "whitened.npy", "exact.npz"))
        in_a_process("--generate", source, n, d)
        in_a_process("--reference", source, exact, k)
        for run in range(runs + 1):
            for contender in contenders:
                contender.run(source, target, k, threads, keep=run > 0)
                if run == 0:
                    contender.deviation = float(in_a_process("--deviation", target, exact))
        mapped = source.stat().st_size / MB
    base = next((found for found in contenders if found.name == "scikit-learn"), contenders[0])
    print(f"\n### {n:,} × {d} float32 ({mapped:.0f} MB) to {k} dimensions, file to file, {threads} threads\n")
    print(f"| contender | CPU s (median) | min–max | wall s | peak MB | deviation | CPU ratio to {base.name} |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for contender in contenders:
        print(contender.row(base))


def in_a_process(*arguments: object) -> str:
    """What a step prints. The memory of a process never reads below that of the one that starts it: keep this small."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed(module: str) -> bool:
    """Whether a package is there (a mere folder of that name, without files of its own, is none)."""
    spec = find_spec(module)
    return spec is not None and spec.origin is not None


def machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in names if "model name" in line), platform.machine())
    packages = []
    for name in ("hanmine", "numpy", "scipy", "scikit-learn", "faiss-cpu"):
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} missing")
    return (
        f"{model}, {os.cpu_count()} processors; {platform.system()}; Python {platform.python_version()}; "
        + ", ".join(packages)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the speed table (default 100,000)")
    parser.add_argument("--dimensions", type=int, default=768, help="dimensions of the speed table (default 768)")
    parser.add_argument("--dim", type=int, default=256, help="dimensions kept in the speed table (default 256)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender after the warm-up (default 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each contender")
    parser.add_argument("--trap-rows", type=int, default=20_000, help="rows of the accuracy table, 0: leave it out")
    parser.add_argument("--trap-dimensions", type=int, default=256, help="dimensions of the accuracy table")
    parser.add_argument(
        "--names",
        default="hanmine,scikit-learn,faiss,numpy",
        help=f"contenders of the speed table, of {','.join(CONTENDERS)}",
    )
    given = parser.parse_args()
    if not hasattr(os, "wait4"):
        sys.exit("benchmarks need a POSIX system: no other tells the memory of a finished process")
    print(machine())
    missing = sorted({module for module in NEEDS.values() if not installed(module)})
    if missing:
        print(f"\nNot installed, left out: {', '.join(missing)}.")
    os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))  # before numpy is loaded; timed processes get their own number
    if given.trap_rows:
        print(in_a_process("--accuracy", given.trap_rows, given.trap_dimensions), end="", flush=True)
    if given.rows:
        speed(given.rows, given.dimensions, given.dim, given.runs, given.threads, given.names.split(","))


def step(name: str, *arguments: str) -> None:
    """What runs in a process of its own."""
    if name == "--contender":
        contend(*arguments[:3], *map(int, arguments[3:]))
    elif name == "--accuracy":
        accuracy(*map(int, arguments))
    elif name == "--generate":
        generate(Path(arguments[0]), *map(int, arguments[1:]))
    elif name == "--deviation":
        print(deviation(*map(Path, arguments)))
    else:
        import numpy as np

        few, y = reference(Path(arguments[0]), int(arguments[2]))
        np.savez(arguments[1], few=few, y=y)


if __name__ == "__main__":
    sys.path.append(str(ROOT / "tests"))
    if sys.argv[1:2] and sys.argv[1] in ("--contender", "--accuracy", "--generate", "--deviation", "--reference"):
        step(*sys.argv[1:])
    else:
        main()
