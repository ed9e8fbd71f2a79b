"""Inputs as files that can be read twice: what comes from a pipe or an archive is kept in a temporary file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hanmine.errors import InputError, OutputError, TemporaryFolderError, UsageError
from hanmine.formats.sources import Opener, expanded
from hanmine.formats.stored import StoredFile

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 1 << 26  # bytes
_BLOCK = 1 << 20  # bytes: what numpy makes of a block stays in the processor's cache


@dataclass(frozen=True)
class Input:
    """An opened input.

    Attributes
    ----------
    source : its bytes, unpacked.
    file : its path, or the descriptor of standard input; None where it has neither.
    stored_bytes : its size as stored.
    """

    source: StoredFile
    file: Path | int | None
    stored_bytes: int

    @property
    def name(self) -> str:
        return self.source.name


def opened(
    sources: Sequence[str | Path], stack: ExitStack, *, tmpdir: Path | None = None, stdin: BinaryIO | None = None
) -> list[Input]:
    """Open paths, patterns and "-"; `stack` closes them.

    Raises
    ------
    InputError : a file is missing, unreadable, or a damaged archive.
    OutputError : the temporary folder is missing or full.
    UsageError : no source, or standard input twice.
    """
    if not sources:
        raise UsageError("no graph was given: pass a file, or - for standard input")
    opener = Opener(stdin, stack, keep_open=False)
    inputs = []
    for source in expanded(sources):
        found = opener.open(source)
        kept = found.source
        if not isinstance(kept, StoredFile):
            kept = _kept(kept.chunks(), kept.name, stack, tmpdir)
        inputs.append(Input(kept, found.file, found.stored_bytes))
    return inputs


def _kept(chunks: Iterator[bytes], name: str, stack: ExitStack, tmpdir: Path | None) -> StoredFile:
    if tmpdir is not None and not Path(tmpdir).is_dir():
        raise TemporaryFolderError(tmpdir)
    folder = tmpdir or tempfile.gettempdir()
    try:
        file = stack.enter_context(tempfile.TemporaryFile(dir=tmpdir, prefix="hanmine-", buffering=0))  # noqa: SIM115
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[file.write(view) :]
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot keep the input there ({error.strerror}): pass -T DIR, a folder with room"
        ) from error
    return StoredFile(file, name)


def line_blocks(source: StoredFile) -> Iterator[tuple[bytes, int]]:
    """Blocks of whole lines, each ended by a newline, with the number of their first line, from 1.

    Raises
    ------
    InputError : the text is not UTF-8 by its first bytes, holds a NUL byte, or has no lines.
    """
    check_text(source)
    rest, line, first = b"", 1, True
    for chunk in source.chunks(_BLOCK):
        data = rest + (chunk.removeprefix(BOM) if first else chunk)
        first = False
        place = data.rfind(b"\n") + 1
        block, rest = data[:place], data[place:]
        if len(rest) > LONGEST_LINE:
            raise InputError(f"{source.name}:{line}: this line does not end: check that the file is text")
        if block:
            yield _without_nul(block, line, source.name), line
            line += block.count(b"\n")
    if rest:
        yield _without_nul(rest + b"\n", line, source.name), line


def check_text(source: StoredFile) -> None:
    """Refuse what says by its first bytes that it is another encoding."""
    if source.head(2) in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{source.name}: is UTF-16 text: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)")


def _without_nul(block: bytes, line: int, name: str) -> bytes:
    place = block.find(b"\0")
    if place >= 0:
        line += block.count(b"\n", 0, place)
        raise InputError(f"{name}:{line}: a NUL byte: check that the file is text")
    return block


def decoded(data: bytes, name: str, line: int) -> str:
    """`data`, which begins in line `line`, as text.

    Raises
    ------
    InputError : it is not UTF-8; the message names the line.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        raise InputError(f"{name}:{line}: is not UTF-8: convert the file first (iconv -f ENCODING -t UTF-8)") from error


def reason(error: BaseException) -> str:
    """What a library says of a mistake, on one short line."""
    text = " ".join(str(error).split())[:160]
    return "".join(c if c.isprintable() else "?" for c in text) or type(error).__name__


def shown(text: bytes | str) -> str:
    """A piece of an input for a message: quoted, short, on one line."""
    text = text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else text
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:40]) + "'"
