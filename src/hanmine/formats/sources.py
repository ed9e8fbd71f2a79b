"""What the arguments name: files, patterns, standard input; each opened as a stored file or as a stream."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from hanmine.errors import InputError, UsageError
from hanmine.formats.stored import CHUNK, RawStream, StoredFile, Stream, unreadable

STDIN = "-"
STDIN_NAME = "<stdin>"


@dataclass(frozen=True)
class Opened:
    """An input that was opened.

    Attributes
    ----------
    source : its bytes, unpacked.
    file : its path, or the descriptor of standard input; None where it has neither.
    stored : bytes as stored so far: the size of a file, or what was read of a pipe.
    """

    source: StoredFile | Stream
    file: Path | int | None
    stored: StoredFile | RawStream

    @property
    def stored_bytes(self) -> int:
        return self.stored.size if isinstance(self.stored, StoredFile) else self.stored.count


def expanded(sources: Iterable[Any]) -> list[Any]:
    """The sources with patterns replaced by the files that match, sorted; "-" stays, and so do arrays.

    Raises
    ------
    InputError : a file is missing, or a pattern matches nothing.
    UsageError : no source at all, or standard input twice.
    """
    found: list[Any] = []
    for source in sources:
        if isinstance(source, str | os.PathLike):
            found.extend(_named(os.fspath(source)))
        else:
            found.append(source)
    if sum(isinstance(source, str) and source == STDIN for source in found) > 1:
        raise UsageError("standard input (-) can be read only once")
    if not found:
        raise UsageError("no vectors were given: pass a file, a pattern, or - for standard input")
    return found


def _named(path: str) -> Iterator[str | Path]:
    if path == STDIN:
        yield STDIN
        return
    # A file of that very name wins over what it means as a pattern.
    if os.path.lexists(path) or not glob.has_magic(path):
        yield Path(path)
        return
    matches = [Path(match) for match in sorted(glob.glob(path, recursive=True))]  # noqa: PTH207 (the user's spelling)
    files = [match for match in matches if not match.is_dir()]
    if not files:
        raise InputError(f"{path}: no file matches this pattern: check it (** reaches into folders)")
    yield from files


class Opener:
    """Opens sources; `stack` closes them. Without `keep_open`, regular files are open only while they are read."""

    def __init__(self, stdin: BinaryIO | None, stack: ExitStack, *, keep_open: bool) -> None:
        self._stdin = stdin
        self._stack = stack
        self._keep_open = keep_open

    def open(self, source: str | Path) -> Opened:
        """Open one source. Compressed bytes (gz, bz2, xz, zst) are unpacked as a stream.

        Raises
        ------
        InputError : the file is missing, a folder, or unreadable.
        """
        if source == STDIN:
            file = _standard_input(self._stdin)
            place = _place_in_regular_file(file)
            stored = RawStream(file, STDIN_NAME) if place is None else StoredFile(file, STDIN_NAME, place)
            return Opened(_unpacked(stored), _descriptor(file), stored)
        path = Path(source)
        return Opened(_unpacked(stored := self._stored(path)), path, stored)

    def _stored(self, path: Path) -> StoredFile | RawStream:
        name = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
        try:
            if not self._keep_open and path.is_file():
                return StoredFile(path, name)
            file = self._stack.enter_context(open(path, "rb", buffering=0))  # noqa: SIM115
        except OSError as error:
            raise unreadable(name, error) from error
        except ValueError as error:
            raise InputError(f"{name!r}: is no path ({error}): check it") from error
        return RawStream(file, name) if _place_in_regular_file(file) is None else StoredFile(file, name)


def _unpacked(stored: StoredFile | RawStream) -> StoredFile | Stream:
    from hanmine.text.bytestream import ByteStream
    from hanmine.text.decompress import LONGEST_MAGIC, compression_of, decompressed

    found = Stream(stored.chunks(), stored.name) if isinstance(stored, RawStream) else stored
    compression = compression_of(found.head(LONGEST_MAGIC))
    if compression is None:
        return found
    return Stream(decompressed(ByteStream(found.chunks()), compression, stored.name, CHUNK), stored.name)


def _standard_input(stdin: BinaryIO | None) -> BinaryIO:
    if stdin is not None:
        return stdin
    if sys.stdin is None:
        raise InputError(f"{STDIN_NAME}: there is no standard input: pass a file")
    return sys.stdin.buffer


def _place_in_regular_file(file: BinaryIO) -> int | None:
    """The current position in a regular file; None for pipes, terminals and streams in memory."""
    descriptor = _descriptor(file)
    if descriptor is None or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return None
    try:
        return file.tell()
    except (OSError, ValueError):
        return None


def _descriptor(file: BinaryIO) -> int | None:
    try:
        return file.fileno()
    except (AttributeError, OSError, ValueError):  # streams in memory have none
        return None
