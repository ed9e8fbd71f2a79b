"""Files of text that are scored: one way to read them, as they stand, and one to name them in a signature."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from hanmine.errors import InputError
from hanmine.text.lines import SentenceReader
from hanmine.text.options import TextOptions
from hanmine.text.reader import InputRecord


class Reading:
    """How the files of one evaluation are read, and what there is to tell of them.

    Parameters
    ----------
    encoding, errors : as in `hanmine.text.options.TextOptions`; "replace" puts U+FFFD where there is no text.
    stdin : a binary file to read for "-" instead of the process's standard input.
    """

    def __init__(self, encoding: str = "auto", errors: str = "strict", stdin: BinaryIO | None = None) -> None:
        self._options = TextOptions(encoding=encoding, errors=errors, input_format="text", normalize="none")
        self._stdin = stdin
        self._files: list[TextFile] = []

    def file(self, source: str | PathLike) -> TextFile:
        """The file at a path ("-" is standard input).

        Raises
        ------
        InputError : it is missing.
        """
        self._files.append(TextFile(source, self._options, self._stdin))
        return self._files[-1]

    def messages(self) -> list[str]:
        """What a user should know about the files that were read."""
        return [message for file in self._files for message in file.messages()]


class TextFile:
    """The lines of a file, without their ends, to be iterated once.

    Attributes
    ----------
    name : for messages.

    Raises
    ------
    InputError : the file is missing, cannot be read, or is several. DecodingError : it is no text.
    """

    def __init__(self, source: str | PathLike, options: TextOptions, stdin: BinaryIO | None) -> None:
        self.name = "<stdin>" if str(source) == "-" else str(source)
        self._reader = SentenceReader(Path(source), options, hash_inputs=True, stdin=stdin)

    def __iter__(self) -> Iterator[str]:
        yield from self._reader
        if len(self._reader.inputs) != 1:
            raise InputError(f"{self.name}: names {len(self._reader.inputs)} files: pass one")

    @property
    def record(self) -> InputRecord:
        """What was read, once it was read to its end."""
        return self._reader.inputs[0]

    def messages(self) -> list[str]:
        """What a user should know about the file so far."""
        return [f"{self.name}: {message}" for message in self._reader.messages()]


def is_path(source: Any) -> bool:
    """Whether a source names a file."""
    return isinstance(source, (str, PathLike))


def base_name(file: str | PathLike) -> str:
    """A file's name without folders, of either system."""
    return str(file).replace("\\", "/").rsplit("/", 1)[-1]


def marked(name: str, digest: str | None) -> str:
    """A file's name without folders, and the first digits of its hash."""
    return f"{base_name(name)}#{digest[:8]}" if digest else base_name(name)


def named(record: InputRecord) -> str:
    """The same of what was read."""
    return marked(record.name, record.sha256)
