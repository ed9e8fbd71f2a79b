"""How kernels are compiled: numba, without the interpreter's lock, kept on disk.

numba keeps machine code beside the source if that folder is writable, else in the user's cache folder
(`NUMBA_CACHE_DIR` overrules both). Where neither can be written the kernels are compiled anew in each process.
"""

from __future__ import annotations

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


def is_cached(dispatcher) -> bool:
    """Whether machine code of this kernel lies on disk for this source, so that its first call will be quick."""
    cache = getattr(dispatcher, "_cache", None)
    folder = getattr(cache, "cache_path", None)
    if folder is None:
        return False
    name = dispatcher.py_func.__name__
    return any(Path(folder).glob(f"*{name}-*.nbi"))
