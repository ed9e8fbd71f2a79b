"""A temporary file for what cannot be read at any place where it is: pipes, archives, text, columns of tables."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hanmine.errors import OutputError, TemporaryFolderError
from hanmine.formats.stored import StoredFile

if TYPE_CHECKING:
    import numpy as np

    from hanmine.progress import Progress


class Spool:
    """An append-only file without a name (where the system allows it), so that nothing is left behind.

    All inputs of a run share one: each appends its bytes and gets back the stretch that holds them. Raises
    `OutputError` where the folder is missing or full.

    Attributes
    ----------
    length : bytes appended so far.
    """

    def __init__(self, tmpdir: Path | str | None = None, progress: Progress | None = None) -> None:
        if tmpdir is not None and not Path(tmpdir).is_dir():
            raise TemporaryFolderError(tmpdir)
        self.length = 0
        self._tmpdir = tmpdir
        self._progress = progress
        self._file = None

    def phase(self, name: str, total: int | None = None) -> None:
        """Tell whoever watches that the bytes of an input are being read."""
        if self._progress is not None:
            self._progress.phase(f"reading {name}", total, "B")

    def advance(self, amount: int) -> None:
        """Tell whoever watches that `amount` further bytes of the input were read."""
        if self._progress is not None:
            self._progress.advance(amount)

    def append(self, data: bytes | np.ndarray) -> None:
        """Add bytes, or those of a C-contiguous array, at the end."""
        view = memoryview(data if isinstance(data, bytes) else data.reshape(-1).view("uint8"))
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._tmpdir, prefix="hanmine-", buffering=0)  # noqa: SIM115
            while view:
                written = self._file.write(view)
                self.length += written
                view = view[written:]
        except OSError as error:
            folder = self._tmpdir or tempfile.gettempdir()
            raise OutputError(
                f"{folder}: cannot keep the vectors there ({error.strerror}): pass -T DIR, a folder with room"
            ) from error

    def stretch(self, start: int, name: str) -> StoredFile:
        """What was appended since `start` (the `length` of then), to be read at any place."""
        if self._file is None:
            self.append(b"")
        return StoredFile(self._file, name, start, self.length - start)

    def keep(self, chunks: Iterator[bytes], name: str) -> StoredFile:
        """Append all chunks of a stream, and return the stretch that holds them."""
        start = self.length
        self.phase(name)
        for chunk in chunks:
            self.append(chunk)
            self.advance(len(chunk))
        return self.stretch(start, name)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()
