"""Count the n-grams of orders 1..4 of a file, and say what the counting alone cost: `count.py FILE [THREADS]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hanmine.ngrams.windows import count_windows, finish
from hanmine.progress import Progress
from hanmine.provenance import peak_memory
from hanmine.runners import ThreadRunner
from hanmine.text.corpus import read_corpus
from hanmine.text.options import TextOptions


def count(path: Path, threads: int) -> tuple[float, dict[int, int]]:
    """CPU seconds of reading, decoding, counting and sorting; number of n-grams seen five times, by order."""
    runner, begin = ThreadRunner(threads), time.process_time()
    with read_corpus([path], TextOptions(), runner=runner).ids as ids:
        trie = finish(count_windows(ids, runner, Progress()), 5, runner, Progress())
    return time.process_time() - begin, {order: len(trie.levels[order]) for order in (2, 3, 4)}


if __name__ == "__main__":
    path, threads = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count(Path(__file__).parent.parent / "corpora" / "sample.txt", threads)  # loads the compiled kernels
    seconds, rows = count(path, threads)
    megabytes = path.stat().st_size / 1e6
    peak = (peak_memory() or 0) / 1e6
    print(
        f"{megabytes:.1f} MB: {seconds:.2f} s CPU, {megabytes / seconds:.1f} MB/s, peak {peak:.0f} MB, n-grams {rows}"
    )
