"""Map steps on the threads of this process. The functions run compiled kernels that release the interpreter's lock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor


def available_cores() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ThreadRunner:
    """Runs map steps on `threads` threads (None: one for every processor); results come in the order of the items.

    With one thread everything runs in the caller's, which keeps tracebacks, profiles and Ctrl-C plain.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or available_cores()

    def map(self, function: Callable, items: Iterable, *, abandon: Callable[[], object] | None = None) -> Iterator:
        """Yield function(item) for every item; no more than two items a thread are under way at once.

        abandon : called when the run ends early, before what is still under way is waited for.
        """
        if self.threads == 1:
            for item in items:
                yield function(item)
            return
        executor = ThreadPoolExecutor(self.threads)
        pending: deque = deque()
        try:
            for item in items:
                pending.append(executor.submit(function, item))
                if len(pending) > 2 * self.threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BaseException:
            if abandon is not None:
                abandon()
            raise
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
