"""How kernels are compiled: numba, without the interpreter's lock, kept on disk.

numba keeps machine code beside the source if that folder is writable, else in the user's cache folder
(`NUMBA_CACHE_DIR` overrules both). Where neither can be written the kernels are compiled anew in each process.
"""

from __future__ import annotations

import numba
from numba.core import event

from hanmine import progress


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


def load_kernels_alone() -> None:
    """Spare this process what numba prepares for compiling, a fifth of a second, where it only loads kernels from disk.

    The first kernel that has to be compiled after all makes up for it. For the command line alone: in the process of
    a library's user, numba is not ours to change.
    """
    from llvmlite import binding
    from numba.core.caching import Cache
    from numba.core.runtime import _nrt_python

    def load_overload(cache, signature, target_context):  # as numba has it, but for `target_context.refresh()`
        with cache._guard_against_spurious_io_errors():
            return cache._load_overload(signature, target_context)

    if not all(hasattr(Cache, name) for name in ("_guard_against_spurious_io_errors", "_load_overload")):
        return  # a numba that keeps its cache in another way
    for name, address in _nrt_python.c_helpers.items():  # what arrays are handed to machine code with
        binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
    Cache.load_overload = load_overload


class _CompileListener(event.Listener):
    """Tells whoever listens that a kernel of ours was not on disk and is being compiled."""

    def on_start(self, event: event.Event) -> None:
        function = getattr((event.data or {}).get("dispatcher"), "py_func", None)
        if getattr(function, "__module__", "").startswith("hanmine."):
            progress.compiling()

    def on_end(self, event: event.Event) -> None:
        pass


event.register("numba:compile", _CompileListener())
