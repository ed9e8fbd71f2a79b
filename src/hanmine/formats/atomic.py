"""Output files that are either whole or not there, and locks on files that are not finished.

A file is written under a temporary name in the folder of its target, flushed, forced to the disk and only then renamed,
so that a killed run can never pass for a finished one. Devices, named pipes and sockets are written directly.

Temporary names say what they are for: `.mine-TARGET-HOST-RANDOM.tmp`, the first two as digests. Whoever writes one
holds a lock on it, which ends with the process however that ends: the next run to the same target removes those that
nobody holds any more.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from hanmine.errors import OutputError

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
_FSYNC_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, getattr(errno, "ENOTSUP", errno.ENOSYS))
_HELD = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
_WINDOWS_LOCK_AT = 0x7FFFFFFE  # where no other handle has to read
# Locks of another machine may not be seen here; what it has not written to for so long is abandoned.
_FOREIGN_AGE = 24 * 3600


def output_error(name: str, error: OSError) -> OutputError:
    """The error of writing `name` in one line that says what to do."""
    if error.errno in _NO_ROOM:
        return OutputError(f"{name}: {os.strerror(error.errno)}: make room there, or write to another place")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return OutputError(f"{name}: no permission to write there: choose another output file")
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return OutputError(f"{name}: the folder {str(Path(name).parent)!r} does not exist: create it first")
    if error.errno == errno.ENAMETOOLONG:
        return OutputError(f"{name}: the name is too long: choose a shorter one")
    if error.errno == errno.ELOOP:
        return OutputError(f"{name}: is a symbolic link that leads back to itself: name another file")
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
        try:
            status = target.stat()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            status = None
        except OSError as error:
            raise output_error(str(target), error) from error
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
    with _open_direct(path) if is_special(path) else _open_replacing(path) as sink:
        yield sink


@contextlib.contextmanager
def open_output_folder(path: Path) -> Iterator[Path]:
    """A new folder to write files into: it appears as `path` when the block ends, and not at all when the block fails.

    A folder that is there already is replaced; between the two there is a moment with neither.

    Raises
    ------
    OutputError : the folder cannot be written.
    """
    with _told(path):
        target = _resolved(path)
        temporary = _Temporary(target, folder=True)
    old = None
    try:
        yield temporary.path
        with _told(path):
            if target.exists():
                old = _register(_temporary_path(target))
                target.rename(old)
            temporary.rename()
    except BaseException:
        if old is not None and not target.exists():
            old.rename(target)
        raise
    finally:
        temporary.remove()
        if old is not None:
            _forget(old)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors of the system inside as those of writing `path`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_error(str(path), error) from error


class _Sink:
    """The bytes of one output; what goes wrong while they are written is told with its name, and nobody else's."""

    def __init__(self, path: Path, write: Callable[[bytes], object]) -> None:
        self._path, self._write = path, write

    def write(self, data: bytes) -> None:
        with _told(self._path):
            self._write(data)


@contextlib.contextmanager
def _open_direct(path: Path) -> Iterator[_Sink]:
    with _told(path):
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))

    def write(data: bytes) -> None:
        """Write at once: what was interrupted leaves nothing that closing would write, and wait, for."""
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    try:
        yield _Sink(path, write)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _open_replacing(path: Path) -> Iterator[_Sink]:
    with _told(path):
        target = _resolved(path)
        temporary = _Temporary(target)
    try:
        stream = open(temporary.descriptor, "wb", closefd=False)  # noqa: SIM115 (closing may fail in silence, below)
        try:
            yield _Sink(path, stream.write)
            with _told(path):
                stream.flush()
                _force_to_disk(temporary.descriptor)
        finally:
            # After a failed write closing would flush, and fail, again: the first error is the one to tell.
            with contextlib.suppress(OSError):
                stream.close()
        with _told(path):
            status = _status(target)
            if status is not None:
                temporary.path.chmod(stat.S_IMODE(status.st_mode))
            temporary.rename()
    finally:
        temporary.remove()


def _resolved(path: Path) -> Path:
    """The file that is to be written: what symbolic links lead to."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():  # nothing is found at the end of a loop
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


class _Temporary:
    """A file, or folder, beside its target: locked, and known to `remove_unfinished` before it is there.

    Attributes
    ----------
    path : its name. descriptor : open for writing a file; -1 where a folder cannot be locked.
    """

    def __init__(self, target: Path, *, folder: bool = False) -> None:
        remove_abandoned(target)
        self._target = target
        while True:
            self.path, self.descriptor = _register(_temporary_path(target)), -1
            try:
                self.descriptor = _create_folder(self.path) if folder else _create(self.path)
                # Whoever looked for abandoned files in between holds the lock, or has removed this one.
                if self.descriptor < 0 or (lock(self.descriptor) is not False and self.path.exists()):
                    return
            except BaseException:
                self.remove()
                raise
            self.remove()

    def rename(self) -> None:
        """Put it in the place of the target."""
        if fcntl is None:  # Windows renames no open file
            self._close()
        os.replace(self.path, self._target)  # noqa: PTH105 (the word that says what happens on every system)

    def remove(self) -> None:
        """Let go of it; what was not renamed vanishes."""
        if fcntl is None:
            self._close()
        _forget(self.path)
        self._close()

    def _close(self) -> None:
        if self.descriptor >= 0:
            descriptor, self.descriptor = self.descriptor, -1
            os.close(descriptor)


_unfinished: set[Path] = set()


def _register(path: Path) -> Path:
    _unfinished.add(path)
    return path


def remove_unfinished() -> None:
    """Remove what outputs of this process have left: for when it ends, and an exception came between two steps."""
    for path in list(_unfinished):
        _forget(path)


atexit.register(remove_unfinished)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unfinished.clear)


def _forget(path: Path) -> None:
    _remove(path)
    _unfinished.discard(path)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        pass
    except OSError:
        shutil.rmtree(path, ignore_errors=True)


def _create(path: Path) -> int:
    """A new file with the mode bits of any new file (unlike `tempfile`'s 0600)."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o666)


def _create_folder(path: Path) -> int:
    path.mkdir()
    return -1 if fcntl is None else os.open(path, os.O_RDONLY)


def _temporary_path(target: Path) -> Path:
    return target.with_name(f"{_prefix(target)}{_host()}-{os.urandom(4).hex()}.tmp")


def _prefix(target: Path) -> str:
    return f".mine-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}-"


def _host() -> str:
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]


_swept: set[Path] = set()


def remove_abandoned(target: Path) -> None:
    """Remove the temporary files of `target` whose process is gone; once in a process, as folders can be long."""
    if target in _swept:
        return
    _swept.add(target)
    prefix = _prefix(target)
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        for path in [Path(entry.path) for entry in entries if entry.name.startswith(prefix)]:
            if path not in _unfinished:
                with contextlib.suppress(OSError):
                    _remove_if_abandoned(path, ours=path.name.startswith(prefix + _host()))


def _remove_if_abandoned(path: Path, *, ours: bool) -> None:
    status = path.lstat()
    if not ours and time.time() - status.st_mtime < _FOREIGN_AGE:
        return
    if fcntl is None:  # Windows removes no open file
        path.unlink()
        return
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return
    # Over NFS only a file that is open for writing can be locked.
    descriptor = os.open(path, (os.O_RDONLY if stat.S_ISDIR(status.st_mode) else os.O_RDWR) | os.O_NOFOLLOW)
    try:
        if lock(descriptor) and os.path.samestat(path.lstat(), os.fstat(descriptor)):
            _remove(path)
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> bool | None:
    """Lock an open file, or folder, for as long as it stays open in this process.

    Returns whether that succeeded: False where somebody else holds the lock, None where the file system has no locks.
    """
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            _lock_on_windows(descriptor)
    except OSError as error:
        return False if error.errno in _HELD else None
    return True


def _lock_on_windows(descriptor: int) -> None:
    import msvcrt

    place = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, _WINDOWS_LOCK_AT, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    finally:
        os.lseek(descriptor, place, os.SEEK_SET)


def _force_to_disk(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and user-space file systems have no fsync; the rename is still atomic there.
        if error.errno not in _FSYNC_UNSUPPORTED:
            raise
