"""Runs of nine commands ended at random moments by SIGKILL, SIGTERM or SIGINT: `make kill`. All follows from a seed.

After each the target is absent or what it was, or the whole result of an undisturbed run, byte for byte; nothing else
lies beside it or in the folder of temporary files, but for what SIGKILL leaves beside it, which the next run to the
same target removes; the exit code is that of the signal; and `encode --resume` goes on to the right rows.

Half of the moments are drawn over the time of a run, half from the first thirty milliseconds in which a temporary file
is there (of `--resume`: from the first quarter of a run's time in which rows are kept).

    python tests/kill_campaign.py --moments 150 --seed 1
    python tests/kill_campaign.py --seed 1 --one 37          # this moment again
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from commandline import clean_environment, command_line, heed_interrupts

TESTS = Path(__file__).resolve().parent
MODEL = TESTS / "models" / "tiny-mlm"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
OLD = b"what was there before\n"
LONGEST = 120  # seconds that a run may take
NEAR = 0.03  # seconds after the temporary file appears
RESUMED = "encode --resume"

COMMANDS = {
    "newwords": "newwords text.txt -o {}.tsv",
    "ngrams show": "ngrams show text.txt --order 1-4 -o {}.tsv",
    "segment": "segment text.txt --method nvbe -o {}.txt",
    "parse": f"parse short.txt --model {MODEL} -o {{}}.conllu",
    "encode": f"encode lines.txt --model {MODEL} -o {{}}.npy",
    RESUMED: f"encode lines.txt --model {MODEL} --resume -o {{}}.npy",
    "whiten": "whiten rows.npy --dim 64 -o {}.npy",
    "similar": "similar rows.npy --self -k 5 -o {}.tsv",
    "cluster": "cluster links.txt -f clu -o {}.clu",
    "eval": "eval segmentation segmented.txt gold.txt --baselines --by-length -o {}.json",
}


@dataclass
class Moment:
    """One run that is ended.

    Attributes
    ----------
    delay : seconds from the start, or, where `near`, from when a temporary file appears.
    old : whether the target is there before.
    """

    number: int
    command: str
    signal: signal.Signals
    near: bool
    delay: float
    old: bool
    code: int | None = None
    state: str = ""
    left: list[str] = field(default_factory=list)
    rows: int = 0
    faults: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", type=int, help="run one moment again")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="runs at the same time")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hanmine-kill-") as name:
        folder = Path(name)
        _make_inputs(folder, arguments.seed)
        campaign = Campaign(folder, arguments.jobs)
        chosen = range(arguments.moments) if arguments.one is None else [arguments.one]
        moments = [campaign.moment(arguments.seed, number) for number in chosen]
        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(campaign.try_moment, moments))
    return _summary(moments, arguments.seed)


def _make_inputs(folder: Path, seed: int) -> None:
    text = (TESTS.parent / "corpora" / "sample.txt").read_text("utf-8")
    lines = text.splitlines()
    chance = random.Random(seed)
    (folder / "text.txt").write_text("\n".join(chance.choices(lines, k=1500)) + "\n", "utf-8")
    (folder / "short.txt").write_text("".join(f"{line[:16]}\n" for line in lines[:120]), "utf-8")
    cut = (chance.choice(lines)[:40] for _ in range(6500))
    (folder / "lines.txt").write_text("".join(f"{line}{number}\n" for number, line in enumerate(cut)), "utf-8")
    for name, width in (("segmented.txt", 2), ("gold.txt", 3)):
        joined = (" ".join(line[at : at + width] for at in range(0, len(line), width)) for line in lines * 8)
        (folder / name).write_text("".join(f"{line}\n" for line in joined), "utf-8")
    generator = np.random.default_rng(seed)
    np.save(folder / "rows.npy", generator.standard_normal((5000, 128)).astype(np.float32))
    links = generator.integers(0, 60, (12000, 2)) + 60 * generator.integers(0, 50, (12000, 1))
    (folder / "links.txt").write_text("".join(f"{one} {other}\n" for one, other in links), "utf-8")


class Campaign:
    """What every moment needs: the inputs, and what undisturbed runs give and take."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._folder = folder
        self._whole: dict[str, bytes] = {}
        self._seconds: dict[str, float] = {}
        with ThreadPoolExecutor(jobs) as pool:
            for _ in range(2):  # the first compiles kernels and builds models; the second tells time and content
                list(pool.map(self._learn, COMMANDS))

    def _learn(self, command: str) -> None:
        target, environment = self._place(command, f"whole-{command.replace(' ', '')}")
        start = time.monotonic()
        done = self._undisturbed(self._line(command, target), environment)
        self._seconds[command] = time.monotonic() - start
        if done.returncode:
            raise SystemExit(f"{command}: ends with {done.returncode} undisturbed: {done.stderr.decode()}")
        content = target.read_bytes()
        if self._whole.setdefault(command, content) != content:
            raise SystemExit(f"{command}: two undisturbed runs give different bytes")

    def moment(self, seed: int, number: int) -> Moment:
        """What is tried under `number`: every command with every signal in turn."""
        chance = random.Random(f"{seed}:{number}")
        command = list(COMMANDS)[number % len(COMMANDS)]
        ending = SIGNALS[number // len(COMMANDS) % len(SIGNALS)]
        near = chance.random() < 0.5
        seconds = self._seconds[command]
        delay = chance.uniform(0, 1.05 * seconds if not near else seconds / 4 if command == RESUMED else NEAR)
        return Moment(number, command, ending, near, delay, old=chance.random() < 0.5)

    def try_moment(self, moment: Moment) -> None:
        """End a run at `moment`, and look at what it leaves; then run to the same target undisturbed."""
        target, environment = self._place(moment.command, f"moment-{moment.number}")
        if moment.old:
            target.write_bytes(OLD)
        line = self._line(moment.command, target)
        with subprocess.Popen(
            line, cwd=self._folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=heed_interrupts,
        ) as process:  # fmt: skip
            _await(moment, process, target)
            process.send_signal(moment.signal)
            try:
                _, said = process.communicate(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                process.kill()
                _, said = process.communicate()
                moment.faults.append(f"goes on for {LONGEST} s")
        moment.code = process.returncode
        self._look(moment, target, Path(environment["TMPDIR"]), said.decode("utf-8", "replace"))
        if moment.signal == signal.SIGKILL or moment.command == RESUMED:
            self._go_on(moment, line, target, environment)
        shutil.rmtree(target.parent.parent)

    def _look(self, moment: Moment, target: Path, temporary: Path, said: str) -> None:
        content = target.read_bytes() if target.exists() else None
        whole = content == self._whole[moment.command]
        untouched = content == (OLD if moment.old else None)
        moment.state = "new" if whole else "untouched" if untouched else "torn"
        if moment.state == "torn":
            moment.faults.append(f"the target has {len(content or b'')} bytes, which are neither old nor new")
        number = int(moment.signal)
        # The interpreter dies of the signal itself where ours is not yet, or no longer, the one to answer.
        if moment.code not in (-number, 128 + number) and not (moment.code == 0 and whole):
            moment.faults.append(f"exit {moment.code}: {said.strip()[-300:]}")
        if "Traceback" in said or said.count("\n") > 1:
            moment.faults.append(f"says {said.strip()[-300:]!r}")
        partial = [target.name + end for end in (".partial", ".partial.json")] if moment.command == RESUMED else []
        moment.left = [name for name in _names(target.parent) if name not in (target.name, *partial)]
        unexpected = [name for name in moment.left if moment.signal != signal.SIGKILL or not name.startswith(".mine-")]
        unexpected += [f"TMPDIR/{name}" for name in _names(temporary)]
        if unexpected:
            moment.faults.append(f"leaves {', '.join(unexpected)}")

    def _go_on(self, moment: Moment, line: list[str], target: Path, environment: dict[str, str]) -> None:
        partial = target.with_name(target.name + ".partial")
        moment.rows = partial.stat().st_size // 4 if partial.exists() else 0
        done = self._undisturbed(line, environment)
        if done.returncode:
            moment.faults.append(f"the next run ends with {done.returncode}: {done.stderr.decode()[-300:]}")
        elif target.read_bytes() != self._whole[moment.command]:
            moment.faults.append("the next run has another result")
        left = [name for name in _names(target.parent) if name != target.name]
        if left:
            moment.faults.append(f"the next run leaves {', '.join(left)}")

    def _undisturbed(self, line: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
        return subprocess.run(line, cwd=self._folder, env=environment, capture_output=True, timeout=600, check=False)

    def _place(self, command: str, name: str) -> tuple[Path, dict[str, str]]:
        """A target in an empty folder, and the environment of a run with a folder of temporary files of its own."""
        place = self._folder / name
        shutil.rmtree(place, ignore_errors=True)
        for part in ("out", "tmp"):
            (place / part).mkdir(parents=True)
        cache = self._folder / "cache"
        environment = clean_environment(TMPDIR=str(place / "tmp"), HANMINE_CACHE_DIR=str(cache))
        return place / "out" / Path(COMMANDS[command].split()[-1].format("result")).name, environment

    def _line(self, command: str, target: Path) -> list[str]:
        *parts, _ = COMMANDS[command].split()
        return command_line(*parts, target, "-q")


def _await(moment: Moment, process: subprocess.Popen, target: Path) -> None:
    """Wait for the moment, or for the end of the process."""
    # A run that is to be resumed has its first rows when it notes them.
    begins = target.name + ".partial.json" if moment.command == RESUMED else ".mine-"
    while moment.near and process.poll() is None:
        if any(name.startswith(begins) for name in _names(target.parent)):
            break
        time.sleep(0.0005)
    end = time.monotonic() + moment.delay
    while process.poll() is None and time.monotonic() < end:
        time.sleep(min(0.001, max(0.0, end - time.monotonic())))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _summary(moments: Iterable[Moment], seed: int) -> int:
    """Print what was seen by command and signal, and every fault; return 1 where there is one."""
    kinds = ("untouched", "new", "torn")
    heads = "".join(f"{kind:>11}" for kind in kinds)
    print(f"{'command':<18}{'signal':<10}{'moments':>8}{heads}{'left':>6}  exit")
    for command in COMMANDS:
        for ending in SIGNALS:
            chosen = [one for one in moments if (one.command, one.signal) == (command, ending)]
            if not chosen:
                continue
            states = Counter(one.state for one in chosen)
            codes = " ".join(f"{code}:{count}" for code, count in sorted(Counter(one.code for one in chosen).items()))
            left = sum(bool(one.left) for one in chosen)
            row = "".join(f"{states[kind]:>11}" for kind in kinds)
            print(f"{command:<18}{ending.name:<10}{len(chosen):>8}{row}{left:>6}  {codes}")
    moments = list(moments)
    begun = sum(one.rows > 0 for one in moments if one.command == RESUMED)
    print(f"{len(moments)} moments of seed {seed}; {begun} resumed runs had rows to go on from")
    faults = [one for one in moments if one.faults]
    for one in faults:
        when = f"{one.delay:.4f} s after {'the temporary file' if one.near else 'the start'}"
        print(f"{one.number}: {one.command}, {one.signal.name} {when}: {'; '.join(one.faults)}")
    print(f"{len(faults)} faults" if faults else "no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
