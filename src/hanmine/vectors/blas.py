"""Linear algebra on one thread a worker: runners spread the work, and BLAS must not spread it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread while the block runs, in every thread of the process; the setting before is restored.

    Wanted wherever matrix products run under a runner: otherwise each of its threads starts as many again, and sums
    are added in an order that depends on the number of processors.
    """
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller():
    """The BLAS libraries of this process, looked for once: a search takes longer than a small product."""
    import scipy.linalg  # noqa: F401 (loads the second of the two libraries, so that the search finds both)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
