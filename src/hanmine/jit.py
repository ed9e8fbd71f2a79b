"""How kernels are compiled: numba, without the interpreter's lock, kept on disk.

numba keeps machine code beside the source if that folder is writable, else in the user's cache folder
(`NUMBA_CACHE_DIR` overrules both). Where neither can be written the kernels are compiled anew in each process.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numba


def kernel(function=None, *, inline: bool = False):
    """Compile lazily, release the lock while running, cache on disk. Never fastmath: results must not depend on it.

    inline : copy the machine code into every caller; for the small ones that stand inside loops.
    """
    if function is None:
        return lambda function: kernel(function, inline=inline)
    try:
        return numba.njit(nogil=True, cache=True, forceinline=inline)(function)
    except RuntimeError:  # numba's word for "no folder to cache in"
        return numba.njit(nogil=True, forceinline=inline)(function)


def leave_blas_out() -> None:
    """Spare this process the import of scipy.linalg, an eighth of a second, with which numba prepares for np.dot.

    No kernel here multiplies matrices. For the command line alone: in the process of a library's user, numba is not
    ours to change.
    """
    import numba.np.linalg as linalg

    def absent():
        raise ImportError("left out for a quick start")

    if "numba.np.arraymath" not in sys.modules and hasattr(linalg, "ensure_blas"):
        present, linalg.ensure_blas = linalg.ensure_blas, absent
        try:
            import numba.np.arraymath  # noqa: F401  (asks for BLAS once, when it is imported)
        finally:
            linalg.ensure_blas = present


def is_cached(dispatcher) -> bool:
    """Whether machine code of this kernel lies on disk for this source, so that its first call will be quick."""
    cache = getattr(dispatcher, "_cache", None)
    folder = getattr(cache, "cache_path", None)
    if folder is None:
        return False
    name = dispatcher.py_func.__name__
    try:
        files = [file.name for file in Path(folder).iterdir()]
    except FileNotFoundError:
        return False
    return any(file.endswith(".nbi") and f".{name}-" in file for file in files)
