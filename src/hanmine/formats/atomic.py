"""Output files that are either whole or not there.

A file is written under a temporary name in the folder of its target, flushed, forced to the disk and only then renamed,
so that a killed run can never pass for a finished one. Devices, named pipes and sockets are written directly.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hanmine.errors import OutputError

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
_FSYNC_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, getattr(errno, "ENOTSUP", errno.ENOSYS))


def output_error(name: str, error: OSError) -> OutputError:
    """The error of writing `name` in one line that says what to do."""
    if error.errno in _NO_ROOM:
        return OutputError(f"{name}: {os.strerror(error.errno)}: make room there, or write to another place")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return OutputError(f"{name}: no permission to write there: choose another output file")
    if isinstance(error, FileNotFoundError):
        return OutputError(f"{name}: the folder {str(Path(name).parent)!r} does not exist: create it first")
    return OutputError(f"{name}: cannot be written: {error.strerror or error}")


def is_special(path: Path) -> bool:
    """Whether `path` is a device, a named pipe or a socket, which are written directly."""
    if path.parts[:2] in (("/", "dev"), ("/", "proc")):
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def check_targets(targets: Sequence[Path], *, overwrite: bool = True, inputs: Iterable[Path | int] = ()) -> None:
    """Refuse all that can be refused before any work is done.

    Looks at every target before the first is written: its folder, its permissions, whether it exists (when `overwrite`
    is false), whether it is also one of `inputs` (paths, or descriptors of open files), or named twice.

    Raises
    ------
    OutputError : the first target that must not or cannot be written.
    """
    files = [target for target in targets if not is_special(target)]
    input_status = [status for status in map(_status, inputs) if status is not None]
    for target in files:
        status = _status(target)
        if status is not None and any(os.path.samestat(status, other) for other in input_status):
            raise OutputError(f"{target}: is also an input: choose another output file")
        if status is not None and stat.S_ISDIR(status.st_mode):
            raise OutputError(f"{target}: is a folder: name a file")
        if status is not None and not overwrite:
            raise OutputError(f"{target}: exists already and --no-overwrite was given: choose another output file")
        _check_writable(target, exists=status is not None)
    seen: set[str] = set()
    for target in files:
        real = os.path.realpath(target)
        if real in seen:
            raise OutputError(f"{target}: is named for two outputs: choose two different files")
        seen.add(real)


def _status(path: Path | int) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 (takes descriptors too)
    except OSError:
        return None


def _check_writable(target: Path, *, exists: bool) -> None:
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        raise output_error(str(target), FileNotFoundError())
    if not os.access(folder, os.W_OK | os.X_OK) or (exists and not os.access(target, os.W_OK)):
        raise output_error(str(target), PermissionError())


@contextlib.contextmanager
def open_output(path: Path) -> Iterator[ByteSink]:
    """A sink for the bytes of `path`: the file appears whole when the block ends, and not at all when the block fails.

    An existing target keeps its permissions, a new one gets those of any new file (the umask's); a symbolic link stays
    and its target is replaced. The temporary file is removed on every error, Ctrl-C included.

    Raises
    ------
    OutputError : the file cannot be written (folder missing, no permission, disk full).
    BrokenPipeError : `path` is a named pipe whose reader has gone.
    """
    try:
        with _open_direct(path) if is_special(path) else _open_replacing(path) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        # A failed write carries no file name; an error that names another file was not caused by this output.
        if error.filename is not None and not _belongs_to(error.filename, path):
            raise
        raise output_error(str(path), error) from error


def _belongs_to(filename: object, path: Path) -> bool:
    return isinstance(filename, (str, os.PathLike)) and Path(filename).parent in (
        path.parent,
        Path(os.path.realpath(path)).parent,
    )


class _Unbuffered:
    """Writes to a descriptor at once: what was interrupted leaves nothing that closing would write, and wait, for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return len(data)


@contextlib.contextmanager
def _open_direct(path: Path) -> Iterator[_Unbuffered]:
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        yield _Unbuffered(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _open_replacing(path: Path) -> Iterator[BinaryIO]:
    target = Path(os.path.realpath(path))
    temporary, stream = _create_beside(target)
    try:
        try:
            yield stream
            stream.flush()
            _force_to_disk(stream.fileno())
        finally:
            # After a failed write closing would flush, and fail, again: the first error is the one to tell.
            with contextlib.suppress(OSError):
                stream.close()
        status = _status(target)
        if status is not None:
            temporary.chmod(stat.S_IMODE(status.st_mode))
        os.replace(temporary, target)  # noqa: PTH105 (the word that says what happens on every system)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _create_beside(target: Path) -> tuple[Path, BinaryIO]:
    """A new file in the folder of `target`, made with the mode bits of any new file (unlike `tempfile`'s 0600)."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    while True:
        temporary = target.with_name(f".mine-{os.urandom(8).hex()}.tmp")
        try:
            return temporary, open(os.open(temporary, flags, 0o666), "wb")
        except FileExistsError:
            continue


def _force_to_disk(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and user-space file systems have no fsync; the rename is still atomic there.
        if error.errno not in _FSYNC_UNSUPPORTED:
            raise
