"""Rows of vectors in a file while their number is not known yet: nameless, or kept beside the result to be resumed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from hanmine.errors import InputError, OutputError, TemporaryFolderError, UsageError
from hanmine.formats.atomic import lock, open_output, output_error, remove_abandoned

_BLOCK_BYTES = 1 << 22


class RowFile:
    """An append-only file of float32 rows.

    Attributes
    ----------
    rows : appended so far. dimensions : of a row.
    """

    def __init__(self, file: BinaryIO, dimensions: int, error_of: Callable[[OSError], OutputError]) -> None:
        self.rows, self.dimensions = 0, dimensions
        self._file = file
        self._error_of = error_of

    @classmethod
    def temporary(cls, dimensions: int, tmpdir: Path | None = None) -> RowFile:
        """A file without a name (where the system allows it) in `tmpdir`.

        Raises
        ------
        TemporaryFolderError : there is no such folder.
        """
        if tmpdir is not None and not Path(tmpdir).is_dir():
            raise TemporaryFolderError(tmpdir)
        folder = tmpdir or tempfile.gettempdir()

        def full(error: OSError) -> OutputError:
            cannot = f"{folder}: cannot keep the vectors there ({error.strerror})"
            return OutputError(f"{cannot}: pass -T DIR, a folder with room")

        return cls(tempfile.TemporaryFile(dir=tmpdir, prefix="hanmine-"), dimensions, full)

    def append(self, rows: np.ndarray) -> None:
        """Add rows [any, dimensions].

        Raises
        ------
        OutputError : the disk is full.
        """
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.write(np.ascontiguousarray(rows, np.float32).data)
            self._file.flush()
        except OSError as error:
            raise self._error_of(error) from error
        self.rows += len(rows)

    def force_to_disk(self) -> None:
        """Wait until the rows are where a crash of the machine leaves them."""
        os.fsync(self._file.fileno())

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in blocks of a few megabytes."""
        width = 4 * self.dimensions
        step = max(1, _BLOCK_BYTES // width)
        self._file.seek(0)
        for start in range(0, self.rows, step):
            data = self._file.read(width * min(step, self.rows - start))
            yield np.frombuffer(data, np.float32).reshape(-1, self.dimensions)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> RowFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PartialResult:
    """The rows of a result that may be interrupted: FILE.partial, and what they were made of in FILE.partial.json.

    Two runs that add rows to one file would end with wrong ones, and with no error: the first locks FILE.partial.

    fingerprint : what the rows depend on beside the sentences; a run goes on only with the same.

    Attributes
    ----------
    locked : False where the file system has no locks, and nothing keeps another run away.

    Raises
    ------
    OutputError : another run is at it, or the files cannot be written.
    InputError : the files there are damaged. UsageError : they were made with another fingerprint.
    """

    def __init__(self, target: Path, dimensions: int, fingerprint: dict[str, Any]) -> None:
        self.data = target.with_name(target.name + ".partial")
        self.notes = target.with_name(target.name + ".partial.json")
        self._fingerprint = json.loads(json.dumps(fingerprint))
        self._digest = hashlib.sha256()
        file = self._lock()
        try:
            self._noted: dict[str, Any] = self._read_notes()
            done = self._noted.get("rows", 0) * 4 * dimensions
            if os.fstat(file.fileno()).st_size < done:
                raise InputError(f"{self.data}: is shorter than {self.notes.name} says: delete both to begin anew")
            # Rows that were not noted any more are computed once more.
            file.truncate(done)
        except BaseException:
            if not os.fstat(file.fileno()).st_size:
                self.data.unlink(missing_ok=True)
            file.close()
            raise
        remove_abandoned(self.notes)
        self.rows = RowFile(file, dimensions, lambda error: output_error(str(self.data), error))

    def _lock(self) -> BinaryIO:
        """The open file of rows, which nobody else has."""
        try:
            while True:
                file = os.fdopen(os.open(self.data, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b")
                taken = lock(file.fileno())
                if taken is False:
                    file.close()
                    raise OutputError(
                        f"{self.data}: another run is adding rows to it: wait for its end, or name another output file"
                    )
                # The run before may have ended, and removed the file, between the two steps.
                if self.data.exists() and os.path.samestat(self.data.stat(), os.fstat(file.fileno())):
                    self.locked = taken is True
                    return file
                file.close()
        except OSError as error:
            raise output_error(str(self.data), error) from error

    def skip_done(self, sentences: Iterable[str]) -> Iterator[str]:
        """The sentences that are still to be encoded, after a check that those before are the ones of the rows kept.

        Raises
        ------
        InputError : they are others.
        """
        sentences = iter(sentences)
        done = self._noted.get("rows", 0)
        for number in range(done):
            sentence = next(sentences, None)
            if sentence is None:
                raise self._others(f"{done:,} rows are done, and there are {number:,} sentences")
            self._add(sentence)
        if done and self._digest.hexdigest() != self._noted["sentences"]:
            raise self._others(f"the first {done:,} sentences are not those that it was made of")
        self.rows.rows = done
        return sentences

    def append(self, sentences: Sequence[str], rows: np.ndarray) -> None:
        """Keep the rows of the next sentences, and note them when they are on the disk."""
        self.rows.append(rows)
        for sentence in sentences:
            self._add(sentence)
        notes = {"rows": self.rows.rows, "sentences": self._digest.hexdigest(), "made_with": self._fingerprint}
        self.rows.force_to_disk()
        with open_output(self.notes) as stream:
            stream.write(json.dumps(notes, ensure_ascii=False, indent=1).encode() + b"\n")

    def __enter__(self) -> PartialResult:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.rows.rows and not self._noted:
            self.remove()
        self.rows.close()

    def remove(self) -> None:
        """Delete both files: the result is there, or there is nothing to keep.

        The notes go first: rows without notes are no rows, notes without rows an error.
        """
        self.notes.unlink(missing_ok=True)
        if os.name == "nt":  # which deletes no open file
            self.rows.close()
        self.data.unlink(missing_ok=True)
        self.rows.close()

    def _add(self, sentence: str) -> None:
        text = sentence.encode()
        self._digest.update(f"{len(text)}\n".encode() + text)

    def _read_notes(self) -> dict[str, Any]:
        try:
            notes = json.loads(self.notes.read_text("utf-8"))
            made_with, _, _ = notes["made_with"], notes["sentences"] + "", notes["rows"] + 0
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise output_error(str(self.notes), error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self.notes}: cannot be read: delete it and {self.data.name} to begin anew") from error
        for name in {**self._fingerprint, **made_with}:
            before, now = made_with.get(name), self._fingerprint.get(name)
            if before != now:
                raise UsageError(
                    f"{self.data}: was made with another {name} ({before} before, {now} now): pass the options of "
                    "then, or delete it to begin anew"
                )
        return notes

    def _others(self, why: str) -> InputError:
        return InputError(f"{self.data}: {why}: pass the sentences of then, or delete it to begin anew")
