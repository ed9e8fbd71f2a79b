"""Damaged inputs of every kind, one after the other in one process: `make fuzz`. Everything follows from a seed.

No input may end a run but with 0, 2 or 3; none may crash the process, take longer than 20 s or 2 GB, print raw control
characters or warnings of libraries, or leave a part of an output. A process that dies is told with its input, and a
new one goes on behind it.

    python tests/fuzz_campaign.py --inputs 3000 --seed 1
    python tests/fuzz_campaign.py --seed 1 --one 1234        # this input again, with its traceback
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import faulthandler
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

LONGEST = 20.0  # seconds that a run may compute
HANGS = 120  # seconds after which the process is given up
LARGEST = 2 << 30  # bytes that a run may add to the process
MOST = 8 << 30  # bytes that the process may ask for, which keeps the machine alive
FINE = (0, 2, 3)
_SAFE = "\n\t"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="readers whose name begins like this")
    parser.add_argument("--one", type=int, help="run one input again")
    parser.add_argument("--log", type=Path, help="where each run is noted, a JSON line each")
    parser.add_argument("--child", type=int, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return _child(arguments, *arguments.child)
    with tempfile.TemporaryDirectory(prefix="hanmine-fuzz-") as folder:
        log = arguments.log or Path(folder, "log.jsonl")
        log.write_text("", "utf-8")
        if arguments.one is not None:
            _start(arguments, folder, log, arguments.one, arguments.one + 1)
        else:
            _campaign(arguments, folder, log)
        return _summary(log, arguments.seed)


def _campaign(arguments: argparse.Namespace, folder: str, log: Path) -> None:
    begin = 0
    while begin < arguments.inputs:
        code = _start(arguments, folder, log, begin, arguments.inputs)
        last = _notes(log)[-1:]
        if code == 0:
            return
        if not last or last[0]["number"] < begin:
            raise SystemExit(f"the campaign cannot begin: its process ended with {code}")
        if "code" not in last[0]:  # begun and not ended
            _note(log, last[0] | {"code": None, "faults": [f"the process ended with {code}"]})
        begin = last[0]["number"] + 1


def _start(arguments: argparse.Namespace, folder: str, log: Path, begin: int, stop: int) -> int:
    command = [
        sys.executable,
        __file__,
        "--seed",
        str(arguments.seed),
        "--log",
        str(log),
        "--child",
        str(begin),
        str(stop),
    ]
    command += ["--only", arguments.only] if arguments.only else []
    command += ["--one", str(arguments.one)] if arguments.one is not None else []
    variables = os.environ | {"HANMINE_CACHE_DIR": str(Path(folder, "cache")), "TMPDIR": folder}
    return subprocess.run(command, cwd=folder, env=variables, check=False).returncode


def _child(arguments: argparse.Namespace, begin: int, stop: int) -> int:
    import fuzz_readers

    terminal = os.fdopen(os.dup(2), "w")
    atexit.register(terminal.close)
    faulthandler.enable(terminal)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = Path.cwd()
    if not (folder / "whole").exists():
        (folder / "whole").mkdir()
        os.chdir(folder / "whole")
        fuzz_readers.prepare(folder / "whole")
    os.chdir(folder / "whole")
    readers = [reader for reader in fuzz_readers.READERS if reader.name.startswith(arguments.only or "")]
    resource.setrlimit(resource.RLIMIT_AS, (_virtual() + MOST,) * 2)
    for number in range(begin, stop):
        faulthandler.dump_traceback_later(HANGS, exit=True, file=terminal)
        _run(number, readers[number % len(readers)], arguments, terminal)
    faulthandler.cancel_dump_traceback_later()
    return 0


def _run(number: int, reader, arguments: argparse.Namespace, terminal) -> None:
    """Damage one file, run one command, and note what came of it."""
    import fuzz_readers

    chance = random.Random(f"{arguments.seed}:{number}")
    work = Path("runs") / str(number)
    file, command = _damaged(reader, chance, work)
    before = {path for path in work.rglob("*") if path.is_file()}
    names = {
        "{}": str(file),
        "{dir}": str(work if reader.companions is None else work / reader.companions),
        "{out}": str(work / "out"),
        "{number}": chance.choice(fuzz_readers.NUMBERS),
    }
    parts = [_filled(part, names) for part in command.split()]
    note = {"number": number, "reader": reader.name, "command": " ".join(parts)}
    _note(arguments.log, note)
    if arguments.one is not None:
        parts.append("--debug")
    _reset_peak()
    resident, start = _peak(), time.process_time()  # of the processor: others may have work on the machine
    code, error, heard = _in_process(parts)
    note |= {"code": code, "seconds": round(time.process_time() - start, 3), "bytes": max(0, _peak() - resident)}
    note["faults"] = _faults(note, error, heard)
    left = {path for path in work.rglob("*") if path.is_file()} - before
    if code and left:
        note["faults"].append(f"left {', '.join(path.name for path in left)}")
    note["message"] = error[-400:]
    _note(arguments.log, note)
    if arguments.one is not None:
        print(f"{file.resolve()}\nmine {' '.join(parts)}\n{error}", file=terminal)
        return
    shutil.rmtree(work)


def _damaged(reader, chance: random.Random, work: Path) -> tuple[Path, str]:
    whole = Path(chance.choice(reader.files))
    work.mkdir(parents=True)
    if reader.companions is not None:
        shutil.copytree(reader.companions, work / reader.companions)
    file = work / whole if reader.companions is not None else work / whole.name
    file.write_bytes(reader.mutate(whole.read_bytes(), chance))
    return file, chance.choice(reader.commands)


def _filled(part: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        part = part.replace(name, value)
    return part


def _in_process(parts: list[str]) -> tuple[int, str, list[str]]:
    """The exit code, what the run printed on standard error, and what libraries said beside it."""
    from commandline import mine

    with tempfile.TemporaryFile() as raw, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kept = os.dup(2)
        os.dup2(raw.fileno(), 2)
        try:
            done = mine(*parts)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        raw.seek(0)
        heard = [raw.read(400).decode("utf-8", "replace")]
    heard += [f"{one.category.__name__}: {one.message} ({one.filename}:{one.lineno})" for one in caught]
    return done.code, done.err, [text for text in heard if text and "ResourceWarning" not in text]


def _faults(note: dict, error: str, heard: list[str]) -> list[str]:
    faults = [f"a library says: {text}" for text in heard[:2]]
    if note["code"] not in FINE:
        faults.append(f"exit {note['code']}")
    if note["code"] and not error.rstrip("\n").rpartition("\n")[2].startswith("mine: error: "):
        faults.append("no message")
    if note["seconds"] > LONGEST:
        faults.append(f"{note['seconds']:.0f} s")
    if note["bytes"] > LARGEST:
        faults.append(f"{note['bytes'] / (1 << 30):.1f} GB")
    wild = sorted({f"U+{ord(mark):04X}" for mark in error if _is_control(mark)})
    if wild:
        faults.append(f"raw {', '.join(wild[:4])}")
    return faults


def _is_control(mark: str) -> bool:
    bidi = "\u200e" <= mark <= "\u200f" or "\u202a" <= mark <= "\u202e" or "\u2066" <= mark <= "\u2069"
    return bidi or (unicodedata.category(mark) == "Cc" and mark not in _SAFE)


def _status(field: str) -> int:
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) << 10
    return 0


def _virtual() -> int:
    return _status("VmSize")


def _peak() -> int:
    return _status("VmHWM")


def _reset_peak() -> None:
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as control:
        control.write("5")


def _note(log: Path, note: dict) -> None:
    with open(log, "a", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(json.dumps(note, ensure_ascii=True) + "\n")


def _notes(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def _summary(log: Path, seed: int) -> int:
    """Print counts by reader and exit code, and every fault; return 1 where there is one."""
    runs = {note["number"]: note for note in _notes(log)}.values()
    counts = Counter((note["reader"], note.get("code")) for note in runs)
    codes = sorted({code for _, code in counts}, key=str)
    print(f"{'reader':<44}" + "".join(f"{f'exit {code}':>10}" for code in codes))
    for reader in dict.fromkeys(note["reader"] for note in runs):
        print(f"{reader:<44}" + "".join(f"{counts[reader, code]:>10,}" for code in codes))
    print(f"{'all':<44}" + "".join(f"{sum(n for (_, one), n in counts.items() if one == code):>10,}" for code in codes))
    timed = [note for note in runs if "seconds" in note]
    slowest = max(timed, key=lambda note: note["seconds"], default={"number": "-", "seconds": 0.0})
    largest = max(timed, key=lambda note: note["bytes"], default={"number": "-", "bytes": 0})
    print(
        f"{len(runs):,} inputs of seed {seed}; the slowest run took {slowest['seconds']:.1f} s ({slowest['number']}), "
        f"the largest {largest['bytes'] >> 20:,} MB ({largest['number']})"
    )
    faults = [note for note in runs if note.get("faults")]
    for note in faults:
        print(f"{note['number']}: {note['reader']}: {'; '.join(note['faults'])}: mine {note['command']}")
        print(f"    {note.get('message', '').strip()[-300:]}")
    print(f"{len(faults):,} faults" if faults else "no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
