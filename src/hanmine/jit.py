"""How kernels are compiled: numba, without the interpreter's lock, kept on disk.

numba chooses where machine code is kept: beside the source if that folder is writable, else in the user's cache folder
(`NUMBA_CACHE_DIR` overrules both). Where neither can be written the kernels are compiled anew in each process. What a
file of that folder holds, and what becomes of a damaged one, is settled here (`_KernelFiles`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

from hanmine import progress

_DIGEST = hashlib.sha256().digest_size
_SUFFIX = ".nbc"


def kernel(function=None, *, inline: bool = False):
    """Compile lazily, release the lock while running, cache on disk. Never fastmath: results must not depend on it.

    inline : copy the machine code into every caller; for the small ones that stand inside loops.
    """
    if function is None:
        return lambda function: kernel(function, inline=inline)
    dispatcher = numba.njit(nogil=True, forceinline=inline)(function)
    # RuntimeError is numba's word for "no folder to cache in".
    with contextlib.suppress(RuntimeError):
        dispatcher._cache = _KernelCache(function)
    return dispatcher


class _KernelFiles:
    """The machine code of one kernel on disk: a file for each signature and processor, checked before it is used.

    A file is a digest, then what numba hands over, pickled. The digest covers the source's stamp, the versions and
    numba's key as well: a file that was cut short, is damaged, or was made of anything else is as good as none, and is
    written anew. numba's own files (an index with numbered files beside it) end every later run when they are damaged,
    and can give a process the code of another signature where two write them at once.
    """

    def __init__(self, cache_path: str, filename_base: str, source_stamp: Any) -> None:
        self._folder, self._base = Path(cache_path), filename_base
        self._made_of = f"{numba.__version__} {llvmlite.__version__} {source_stamp!r}"

    def load(self, key: tuple) -> Any:
        """What was saved under `key`; None where that is missing, stale or damaged."""
        try:
            stored = self._path(key).read_bytes()
        except OSError:
            return None
        payload = stored[_DIGEST:]
        return pickle.loads(payload) if self._digest(key, payload) == stored[:_DIGEST] else None

    def save(self, key: tuple, data: Any) -> None:
        """Keep `data` under `key`, whole or not at all.

        Whoever writes the same file at the same time uses the same temporary name: at worst the digest tells later that
        the two got mixed, and what a killed process leaves there is replaced by the next one that compiles the kernel.
        """
        payload, path = dumps(data), self._path(key)
        temporary = path.with_name(path.name + ".tmp")
        try:
            temporary.write_bytes(self._digest(key, payload) + payload)
            os.replace(temporary, path)  # noqa: PTH105 (the word that says what happens on every system)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise

    def flush(self) -> None:
        """Forget all signatures."""
        for path in self._folder.glob(f"{self._base}.*{_SUFFIX}"):
            path.unlink(missing_ok=True)

    def _digest(self, key: tuple, payload: bytes) -> bytes:
        return hashlib.sha256(f"{self._made_of} {key!r} {len(payload)}\n".encode() + payload).digest()

    def _path(self, key: tuple) -> Path:
        signature, processor, _ = key
        name = hashlib.sha256(repr((signature, processor)).encode()).hexdigest()[:16]
        return self._folder / f"{self._base}.{name}{_SUFFIX}"


class _KernelCache(FunctionCache):
    """numba's cache of a function, with our files; a cache is no reason to fail.

    Attributes
    ----------
    prepares_compiler : whether numba's registries are brought up to date before a kernel is loaded.
    """

    prepares_compiler = True

    def __init__(self, function) -> None:
        super().__init__(function)
        impl = self._impl
        self._cache_file = _KernelFiles(self.cache_path, impl.filename_base, impl.locator.get_source_stamp())

    def load_overload(self, signature, target_context):
        """The compiled kernel, or None where it has to be compiled."""
        if self.prepares_compiler:
            target_context.refresh()
        try:
            return self._load_overload(signature, target_context)
        except Exception:  # whatever unpickling and linking raise: compiling anew is the answer to all of it
            return None

    def save_overload(self, signature, data) -> None:
        """Keep the compiled kernel, where that can be done."""
        with contextlib.suppress(OSError):  # full, read-only, or removed
            self._save_overload(signature, data)


def load_kernels_alone() -> None:
    """Spare this process what numba prepares for compiling, a fifth of a second, where it only loads kernels from disk.

    The first kernel that has to be compiled after all makes up for it. For the command line alone: in the process of
    a library's user, numba is not ours to change.
    """
    from llvmlite import binding
    from numba.core.runtime import _nrt_python

    for name, address in _nrt_python.c_helpers.items():  # what arrays are handed to machine code with
        binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
    _KernelCache.prepares_compiler = False


class _CompileListener(event.Listener):
    """Tells whoever listens that a kernel of ours was not on disk and is being compiled."""

    def on_start(self, event: event.Event) -> None:
        function = getattr((event.data or {}).get("dispatcher"), "py_func", None)
        if getattr(function, "__module__", "").startswith("hanmine."):
            progress.compiling()

    def on_end(self, event: event.Event) -> None:
        pass


event.register("numba:compile", _CompileListener())
