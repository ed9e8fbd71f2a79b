"""What a corpus argument names: files, directories, glob patterns, standard input, or texts in memory."""

from __future__ import annotations

import errno
import glob
import itertools
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from hanmine.errors import InputError, UsageError

STDIN_NAME = "<stdin>"
STRINGS_NAME = "<strings>"


@dataclass(frozen=True)
class Source:
    """One input, found but not opened.

    Attributes
    ----------
    name : as the user gave it, or `<stdin>` or `<strings>`.
    path : the file; None for standard input and texts in memory.
    texts : the texts in memory, each a document (`TextsInMemory`); None for everything else.
    size : stored bytes if known before reading (regular files), else None.
    """

    name: str
    path: str | None = None
    texts: TextsInMemory | None = None
    size: int | None = None


def corpus_sources(corpus: Any, recursive: bool = False, column: str | None = None) -> list[Source]:
    """The sources that `corpus` names, in a stable order.

    Parameters
    ----------
    corpus : a `str` or path: a file, a directory (with `recursive`), a glob pattern (`**` reaches into folders; tried
        if no file has that very name) or "-" for standard input; a list, tuple or other iterable of *paths*: several
        of these; a list or tuple of `str` that all name existing files: these files; any other iterable of `str`, a
        Series or an Array of pandas, polars or pyarrow among them: texts in memory, each a document; a DataFrame or
        Table of these: the texts of its `column`.
    column : the column of a DataFrame; not needed where there is but one.
    recursive : take the files below a directory, sorted by path, without those whose name begins with a dot.

    Raises
    ------
    InputError : a file is missing, a directory is given without `recursive`, a pattern matches nothing.
    UsageError : `corpus` is none of the above, or names standard input twice.
    """
    if isinstance(corpus, list | tuple) and corpus and all(_names_a_file(item) for item in corpus):
        return _path_sources(corpus, recursive)
    paths, texts = paths_or_texts(corpus, column)
    return _path_sources(paths, recursive) if texts is None else [Source(STRINGS_NAME, texts=TextsInMemory(texts))]


def paths_or_texts(given: Any, column: str | None = None) -> tuple[Iterable[Any], Iterable[Any] | None]:
    """Paths, and None; or nothing, and texts in memory (for `TextsInMemory`). Parameters as in `corpus_sources`.

    Raises
    ------
    InputError : a str names no file, and may be meant as a text.
    UsageError : it is neither; there is no such column, or `column` is given for texts that are no frame.
    """
    if isinstance(given, str) and given != "-" and not glob.has_magic(given) and not _exists(given):
        name = given if len(given) <= 80 else given[:79] + "…"
        raise InputError(f"{_shown(name)}: no such file: check the path, or pass texts as a list: [text]")
    if isinstance(given, str | os.PathLike):
        return [given], None
    if is_frame(given):
        return (), column_of(given, column)
    if isinstance(given, bytes | bytearray | memoryview | Mapping) or not isinstance(given, Iterable):
        raise UsageError(
            f"a text of type {type(given).__name__}: pass a path, several paths, an iterable of str, or a Series or "
            "DataFrame of them"
        )
    items = iter(given)
    first = list(itertools.islice(items, 1))
    # A list is handed on as it is, a generator with its first item put back: it may be larger than memory.
    whole = given if items is not given else itertools.chain(first, items)
    if first and isinstance(first[0], os.PathLike):
        return whole, None
    if column is not None:
        raise UsageError(f"column {column!r} is for files and DataFrames, not for texts in memory: leave it out")
    return (), whole


class TextsInMemory:
    """The texts of an iterable: of str, or what holds them in the frames of pandas, polars and pyarrow.

    A missing value (None, NaN, pandas' NA, Arrow's null) is no text: it is left out and counted, or, where each text
    has a row of its own in the result, read as an empty one.

    Attributes
    ----------
    missing : missing values so far.
    """

    def __init__(self, items: Iterable[Any], *, keep_missing: bool = False) -> None:
        self._items = items
        self._keep_missing = keep_missing
        self.missing = 0

    def __iter__(self) -> Iterator[str]:
        for number, item in enumerate(self._items, 1):
            text = item.as_py() if hasattr(item, "as_py") else item  # a scalar of Arrow
            if isinstance(text, str):
                yield text
            elif text is None or type(text).__name__ in ("NAType", "NaTType") or text != text:
                self.missing += 1
                if self._keep_missing:
                    yield ""
            else:
                raise UsageError(f"{STRINGS_NAME}: text {number} is of type {type(text).__name__}: pass str only")

    def messages(self) -> list[str]:
        """What a user should know about missing values."""
        return [missing_message(self.missing, self._keep_missing)] if self.missing else []


def missing_message(count: int, kept: bool = False) -> str:
    """What to say of missing values that were left out, or `kept` as empty texts."""
    values = "values were" if count > 1 else "value was"
    return f"{count:,} missing {values} {'read as empty text' if kept else 'left out'}"


def is_frame(value: object) -> bool:
    """Whether this is a DataFrame of pandas or polars, or a Table of pyarrow."""
    columns = getattr(value, "column_names", None) if hasattr(value, "num_columns") else getattr(value, "columns", None)
    return columns is not None and len(getattr(value, "shape", ())) == 2


def column_of(frame: Any, column: str | None) -> Any:
    """A column of a frame, to be iterated.

    Raises
    ------
    UsageError : it has no such column, or several, and `column` is None.
    """
    names = [*(frame.column_names if hasattr(frame, "num_columns") else frame.columns)]
    shown = ", ".join(map(str, names[:20])) + (", …" if len(names) > 20 else "")
    if column is None:
        if len(names) != 1:
            raise UsageError(f"a {type(frame).__name__} with the columns {shown}: pass column=, the one with the text")
        column = names[0]
    if names.count(column) != 1:
        which = "no column" if column not in names else f"{names.count(column)} columns"
        raise UsageError(f"the {type(frame).__name__} has {which} {column!r}: it has {shown}")
    return frame[column]


def _exists(path: str) -> bool:
    try:
        Path(path).lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    return True


def _names_a_file(item: object) -> bool:
    """Whether a string is the name of an existing file; no document is."""
    return isinstance(item, str) and 0 < len(item) < 1024 and "\0" not in item and os.path.isfile(item)  # noqa: PTH113


@contextmanager
def opened(source: Source, stdin: BinaryIO | None = None) -> Iterator[BinaryIO]:
    """The source's bytes as stored; a file is closed at the end, standard input (or its stand-in) is left open."""
    if source.path is None:
        if stdin is None:
            if sys.stdin is None:
                raise InputError(f"{source.name}: there is no standard input: pass a file")
            stdin = sys.stdin.buffer
        yield stdin
        return
    try:
        # Unbuffered: chunks are megabytes, a buffer would only copy them once more.
        file = open(source.path, "rb", buffering=0)  # noqa: SIM115 (closed below, or by the caller's end)
    except OSError as error:
        raise _unreadable(source.name, error) from error
    with file:
        yield file


def _path_sources(paths: Iterable[Any], recursive: bool) -> list[Source]:
    sources: list[Source] = []
    for item in paths:
        if not isinstance(item, str | os.PathLike):
            raise UsageError(f"a corpus of paths holds a {type(item).__name__}: pass paths only")
        path = os.fsdecode(item)
        if path == "-":
            if any(source.path is None for source in sources):
                raise UsageError("standard input (-) can be read only once")
            sources.append(Source(STDIN_NAME))
        else:
            sources.extend(_named(path, recursive))
    return sources


def _named(path: str, recursive: bool) -> Iterator[Source]:
    """The sources behind one argument that is not standard input."""
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        status = None
    except OSError as error:
        if not glob.has_magic(path):
            raise _unreadable(_shown(path), error) from error
        status = None
    if status is not None:
        yield from _existing(path, status, recursive)
        return
    if "\0" in path or not glob.has_magic(path):
        raise InputError(f"{_shown(path)}: no such file: check the path")
    matches = [_existing_match(match) for match in sorted(glob.glob(path, recursive=True))]  # noqa: PTH207 (keeps the user's spelling)
    seen: set[str] = set()
    for match, status in matches:
        # A pattern such as * also matches folders: they count only where the files below folders are wanted.
        if stat.S_ISDIR(status.st_mode) and not recursive:
            continue
        for source in _existing(match, status, recursive, allow_empty=True):
            if source.path not in seen:
                seen.add(source.path or "")
                yield source
    if not seen:
        raise InputError(f"{_shown(path)}: no file matches this pattern: check it (** reaches into folders)")


def _existing_match(path: str) -> tuple[str, os.stat_result]:
    try:
        return path, Path(path).stat()
    except OSError as error:
        raise _unreadable(_shown(path), error) from error


def _existing(path: str, status: os.stat_result, recursive: bool, allow_empty: bool = False) -> Iterator[Source]:
    if not stat.S_ISDIR(status.st_mode):
        yield _file(path, status)
        return
    if not recursive:
        raise InputError(f"{_shown(path)}: is a directory: pass -r/--recursive to read the files below it")
    found = False
    for source in _below(path):
        found = True
        yield source
    if not found and not allow_empty:
        raise InputError(f"{_shown(path)}: no file below this directory: check the path")


def _below(directory: str) -> Iterator[Source]:
    """Regular files below a directory, sorted by path. Hidden ones, and what is no file (pipes, sockets, dead links),
    are left out; links to directories are not followed, so that a loop of them ends.
    """

    def failed(error: OSError) -> None:
        raise _unreadable(_shown(error.filename or directory), error) from error

    for folder, folders, files in os.walk(directory, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = os.path.join(folder, name)  # noqa: PTH118 (keeps the user's spelling, such as a leading ./)
            if name.startswith(".") or not os.path.isfile(path):  # noqa: PTH113
                continue
            yield _file(path, Path(path).stat())


def _file(path: str, status: os.stat_result) -> Source:
    return Source(_shown(path), path=path, size=status.st_size if stat.S_ISREG(status.st_mode) else None)


def _shown(path: str) -> str:
    """The path as it can be printed: bytes that are no text in the system's encoding become escapes."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _unreadable(name: str, error: OSError) -> InputError:
    cure = "check its permissions" if isinstance(error, PermissionError) else "check the path"
    return InputError(f"{name}: cannot be read ({error.strerror or error}): {cure}")
