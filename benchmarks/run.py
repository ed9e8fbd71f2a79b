"""Time and memory of whole processes, side by side with a peer, as medians: `python benchmarks/run.py` or `make bench`.

Every case is a process of its own, run once to warm the caches and then `--runs` times in turn with the others of its
group, so that a drift of the machine's speed meets all of them. CPU is user + system time of the finished process as
the operating system accounts it; memory is its peak resident set.

The text is the one given by --text (real text of 100 MB or more, for figures that mean something), else a synthetic
one that corpora/generate.py writes. The peer is jieba-calcu, a tool of the same family that pip installs; it keeps
all n-grams in Python dictionaries, so that it is given at most 10 MB.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
MB = 1_000_000
NOWHERE = ["-o", os.devnull, "-f", "tsv"]


@dataclass
class Case:
    """A command to be measured, and what was measured."""

    name: str
    command: list[str]
    megabytes: float
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def run(self, keep: bool = True) -> None:
        """Run once; stop everything if the command fails: a figure of a failed run is no figure.

        A process starts as a copy of this one, and so its peak of memory cannot read below this one's size.
        """
        begin = os.times().elapsed
        with tempfile.TemporaryFile() as messages:
            process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=messages)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                messages.seek(0)
                sys.exit(f"{' '.join(self.command)}: exit {process.returncode}: {messages.read().decode()[-2000:]}")
        if keep:
            self.wall.append(os.times().elapsed - begin)
            self.cpu.append(usage.ru_utime + usage.ru_stime)
            self.memory.append(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MB)

    def row(self, base: Case) -> str:
        cpu = statistics.median(self.cpu)
        ratio = ""
        if base is not self:  # pair by pair: the two ran one after the other, so that the machine's speed cancels out
            ratio = f"{statistics.median(mine / other for mine, other in zip(self.cpu, base.cpu, strict=True)):.1f}"
        spread = f"{min(self.cpu):.2f}–{max(self.cpu):.2f}"
        cells = [self.name, f"{cpu:.2f}", spread, f"{statistics.median(self.wall):.2f}"]
        speed = f"{self.megabytes / cpu:.1f}" if self.megabytes else ""
        cells += [f"{statistics.median(self.memory):.0f}", speed, ratio]
        return "| " + " | ".join(cells) + " |"


def measure(title: str, cases: list[Case], runs: int) -> None:
    """Warm every case up, run them in turn, print a table; the last column compares with the first case."""
    for case in cases:
        case.run(keep=False)
    for _ in range(runs):
        for case in cases:
            case.run()
    print(f"\n### {title}\n")
    print("| case | CPU s (median) | min–max | wall s | peak MB | MB/s of CPU | CPU ratio to the first |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for case in cases:
        print(case.row(cases[0]))
    sys.stdout.flush()


def _seconds_of_counting(command: list[str]) -> float:
    """CPU seconds that benchmarks/count.py says the counting alone took."""
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(line.split(": ")[1].split(" s CPU")[0])


def first_bytes(text: Path, size: int) -> Path:
    """The first `size` bytes of a text, cut at the end of a line; kept below benchmarks/data."""
    target = DATA / f"{text.stem}-{size // MB}MB.txt"
    if not target.exists():
        with text.open("rb") as source, target.open("wb") as output:
            while output.tell() < size and (line := source.readline()):  # never much of it in memory: see `Case.run`
                output.write(line)
    return target


def synthetic() -> Path:
    """100 MB of generated text."""
    target = DATA / "synthetic.txt"
    if not target.exists():
        part = target.with_suffix(".part")
        generator = HERE.parent / "corpora" / "generate.py"
        with part.open("wb") as output:
            subprocess.run([sys.executable, str(generator), "--bytes", "100M"], stdout=output, check=True)
        part.replace(target)
    return target


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    packages = ", ".join(f"{name} {version(name)}" for name in ("hanmine", "numpy", "numba"))
    return f"{model}, {os.cpu_count()} processors; {platform.system()}; Python {platform.python_version()}; {packages}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, help="text to measure with, UTF-8, 100 MB or more")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case after the warm-up (default 5)")
    parser.add_argument("--peers", type=Path, help="python of an environment with benchmarks/requirements.txt")
    given = parser.parse_args()
    if not hasattr(os, "wait4"):
        sys.exit("benchmarks need a POSIX system: no other tells the memory of a finished process")
    DATA.mkdir(exist_ok=True)
    text = given.text or synthetic()
    mine = [sys.executable, "-m", "hanmine"]
    count = [sys.executable, str(HERE / "count.py")]
    hundred = first_bytes(text, 100 * MB)
    print(machine())
    kind = "real" if given.text else "synthetic"
    print(f"\nText: {kind}, {text.stat().st_size / MB:.1f} MB; {given.runs} runs of each case after one to warm up.")

    megabytes = hundred.stat().st_size / MB
    start = [Case(" ".join(["mine", *words, "--help"]), [*mine, *words, "--help"], 0) for words in ([], ["newwords"])]
    measure("Start-up", start, given.runs)
    counts = [Case(f"-j {n}", [*count, str(hundred), str(n)], megabytes) for n in (1, 2)]
    measure(f"Exact counts of orders 1..4, whole process, {megabytes:.0f} MB", counts, given.runs)
    alone = [_seconds_of_counting([*count, str(hundred), "1"]) for _ in range(given.runs)]
    speed = megabytes / statistics.median(alone)
    spread = f"{min(alone):.2f}–{max(alone):.2f}"
    print(f"\nWithout start-up, 1 thread: {statistics.median(alone):.2f} s CPU ({spread}), {speed:.1f} MB/s of CPU.")
    sizes = [(path, path.stat().st_size / MB) for path in (first_bytes(text, MB), first_bytes(text, 10 * MB), text)]
    words = [
        Case(f"{size:.0f} MB, -j {n}", [*mine, "newwords", str(path), "-j", str(n), *NOWHERE], size)
        for path, size in sizes
        for n in (1, 2)
    ]
    measure("mine newwords, method su, whole process", words, given.runs)
    if given.peers:
        for path, size in sizes[:2]:
            ours = Case("mine newwords", [*mine, "newwords", str(path), "-j", "1", *NOWHERE], size)
            peer = Case("jieba-calcu", [str(given.peers), str(HERE / "peer.py"), str(path)], size)
            measure(f"Side by side with jieba-calcu, {size:.0f} MB", [ours, peer], given.runs)


if __name__ == "__main__":
    main()
