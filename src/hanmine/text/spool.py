"""Ids of a corpus, kept for the passes after the first: in memory while they are few, then in a temporary file."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import numpy as np

from hanmine.errors import OutputError, TemporaryFolderError

MEMORY_LIMIT = 1 << 24  # ids: 32 MB


class Spool:
    """An append-only sequence of uint16 ids with random access.

    The temporary file has no name (where the system allows it), so that nothing is left behind however the process
    ends. Raises `OutputError` when the folder is full.
    """

    def __init__(self, tmpdir=None, memory_limit: int = MEMORY_LIMIT) -> None:
        if tmpdir is not None and not Path(tmpdir).is_dir():
            raise TemporaryFolderError(tmpdir)
        self.length = 0
        self._tmpdir = tmpdir
        self._memory_limit = memory_limit
        self._parts: list[np.ndarray] = []
        self._file = None
        self._lock = threading.Lock()

    def append(self, ids: np.ndarray) -> None:
        """Add ids (uint16) at the end."""
        self.length += len(ids)
        try:
            if self._file is None:
                self._parts.append(ids)
                if self.length > self._memory_limit:
                    self._file = tempfile.TemporaryFile(dir=self._tmpdir, prefix="hanmine-")  # noqa: SIM115
                    self._write(self._parts)
                    self._parts = []
            else:
                self._write([ids])
        except OSError as error:
            folder = self._tmpdir or tempfile.gettempdir()
            raise OutputError(
                f"{folder}: cannot keep the decoded text there ({error.strerror}): pass -T DIR, a folder with room"
            ) from error

    def _write(self, parts: list[np.ndarray]) -> None:
        with self._lock:
            self._file.seek(0, os.SEEK_END)  # a read may have moved away from there
            for part in parts:
                self._file.write(part.data)
            self._file.flush()  # so that a full disk is met here, and not by whoever reads next

    def read(self, start: int, stop: int) -> np.ndarray:
        """ids[start:stop]; positions before the first and behind the last read as 0, the boundary."""
        first, last = max(start, 0), min(stop, self.length)
        if first >= last:
            return np.zeros(stop - start, np.uint16)
        found = np.empty(stop - start, np.uint16)
        found[: first - start] = 0
        found[last - start :] = 0
        room = found[first - start : last - start]
        if self._file is None:
            if len(self._parts) > 1:
                self._parts = [np.concatenate(self._parts)]
            room[:] = self._parts[0][first:last]
            return found
        with self._lock:
            self._file.seek(2 * first)
            self._file.readinto(room.data)
        return found

    def view(self) -> np.ndarray:
        """All ids so far, not to be written to; a file's are mapped into memory."""
        if self._file is None:
            self._parts = [np.concatenate([np.zeros(0, np.uint16), *self._parts])]
            return self._parts[0]
        with self._lock:  # "r+", for kernels are compiled for arrays that can be written to
            return np.memmap(self._file, np.uint16, "r+", shape=(self.length,)).view(np.ndarray)

    def companion(self) -> Spool:
        """An empty spool that keeps its ids where this one does."""
        return Spool(self._tmpdir, self._memory_limit)

    def close(self) -> None:
        """Give memory and file back."""
        self._parts = []
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
