"""Whether an input holds a graph or vectors, told by its first bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from hanmine.errors import InputError
from hanmine.formats.sources import STDIN, STDIN_NAME, Opener, expanded
from hanmine.formats.vectors.npy import LONGEST_HEADER, MAGIC, read_header
from hanmine.formats.vectors.word2vec import layout_of

ENOUGH = 1 << 20  # bytes, of which a few rows of word2vec text are part
_GRAPH, _VECTORS, _EITHER = "graph", "vectors", "either"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_WORKBOOK = b"[Content_Types].xml"
_MEMBER = 30  # bytes of a zip's local header before the name
_GRAPH_MEMBERS = frozenset({"src", "dst", "indices", "indptr", "row", "col", "offsets", "format"})
_LEAST_NUMBERS = 3  # in a row of vectors as text: a link has a weight and, at most, two numbers for its ends
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_FASTTEXT = b"\xba\x16\x4f\x2f"
_TELLING = 4096  # bytes


class Peeked:
    """Standard input of which the beginning was looked at: it is read as if nothing had happened.

    Only what readers of this package call is there: `read`. A pipe has no place to go back to.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._head = b""

    def head(self, size: int) -> bytes:
        """The first `size` bytes, fewer only where no more come."""
        parts, have = [self._head], len(self._head)
        while have < size and (data := self._raw.read(size - have)):
            parts.append(data)
            have += len(data)
        self._head = b"".join(parts)
        return self._head

    def read(self, size: int = -1) -> bytes:
        """The next bytes, no more than `size`."""
        if not self._head:
            return self._raw.read(size)
        if size < 0:
            size = len(self._head)
        data, self._head = self._head[:size], self._head[size:]
        return data


def kinds_of(sources: Sequence[str | Path], stdin: BinaryIO | None) -> tuple[list[tuple[str, str]], BinaryIO | None]:
    """For each source (patterns expanded) its name and "graph", "vectors" or "either"; and what "-" reads from now on.

    Named pipes are not looked at, as they can be read only once: they hold a graph as far as is known ("unseen").

    Raises
    ------
    InputError : a file is missing or unreadable.
    """
    found: list[tuple[str, str]] = []
    with ExitStack() as stack:
        opener = Opener(stdin, stack, keep_open=False)
        for source in expanded([str(source) for source in sources]):
            if source == STDIN:
                head, stdin = _head_of_standard_input(stdin)
                found.append((STDIN_NAME, kind_of(head, STDIN_NAME)))
            elif Path(source).exists() and not Path(source).is_file():
                found.append((str(source), "unseen"))
            else:
                opened = opener.open(source)
                found.append((str(source), kind_of(opened.source.head(ENOUGH), str(source))))
    return found, stdin


def _head_of_standard_input(stdin: BinaryIO | None) -> tuple[bytes, BinaryIO | None]:
    """The first bytes, unpacked, and the stream that still gives all of them."""
    from hanmine.text.decompress import LONGEST_MAGIC, compression_of

    with ExitStack() as stack:
        opened = Opener(stdin, stack, keep_open=True).open(STDIN) if _is_stored(stdin) else None
        if opened is not None:
            return opened.source.head(ENOUGH), stdin
    if stdin is None:
        import sys

        if sys.stdin is None:
            raise InputError(f"{STDIN_NAME}: there is no standard input: pass a file")
        stdin = sys.stdin.buffer
    peeked = Peeked(stdin)
    head = peeked.head(ENOUGH)
    compression = compression_of(head[:LONGEST_MAGIC])
    return (head if compression is None else _unpacked(head, compression)), peeked


def _is_stored(stdin: BinaryIO | None) -> bool:
    """Whether standard input is a regular file, which is read by position and stays where it is."""
    import os
    import stat
    import sys

    stdin = stdin or getattr(sys.stdin, "buffer", None)
    try:
        return stdin is not None and stat.S_ISREG(os.fstat(stdin.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def _unpacked(head: bytes, compression: str) -> bytes:
    """What the beginning of an archive holds; whatever is wrong with it is told when it is read."""
    from hanmine.text.bytestream import ByteStream
    from hanmine.text.decompress import decompressed

    parts: list[bytes] = []
    try:
        for part in decompressed(ByteStream(iter([head])), compression, STDIN_NAME, ENOUGH):
            parts.append(part)
            if sum(map(len, parts)) >= ENOUGH:
                break
    except InputError:
        pass
    return b"".join(parts)[:ENOUGH]


def kind_of(head: bytes, name: str) -> str:
    """ "graph", "vectors", or "either" for what begins with `head` (`ENOUGH` bytes, if there are so many).

    Either a graph or vectors is a square matrix (npy), and text of which both can be read.
    """
    if head.startswith(MAGIC):
        return _kind_of_npy(head, name)
    if head.startswith(_ZIP):
        # What reads graphs says that a workbook is none.
        return _GRAPH if _GRAPH_MEMBERS & set(_members(head)) or _WORKBOOK in head else _VECTORS
    if head.startswith((b"PAR1", _FASTTEXT)) or _is_pickle(head) or _is_safetensors(head):
        return _VECTORS
    return _kind_of_text(head)


def _kind_of_npy(head: bytes, name: str) -> str:
    shape = read_header(head[:LONGEST_HEADER], name).shape
    if len(shape) != 2:
        return _EITHER
    return _EITHER if shape[0] == shape[1] else _VECTORS


def _members(head: bytes) -> Iterator[str]:
    """The names of the arrays of an archive, as far as they stand in its beginning."""
    place = 0
    while (place := head.find(_ZIP[0], place)) >= 0:
        size = int.from_bytes(head[place + 26 : place + 28], "little")
        yield head[place + _MEMBER : place + _MEMBER + size].decode("utf-8", "replace").removesuffix(".npy")
        place += _MEMBER


def _is_pickle(head: bytes) -> bool:
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def _is_safetensors(head: bytes) -> bool:
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 30


def _kind_of_text(head: bytes) -> str:
    """Vectors are rows of a word and more numbers than a link has, or float32 numbers behind a header."""
    if _is_matrix_of_numbers(head):
        return _EITHER
    layout = layout_of(head)
    if layout is None:
        return _GRAPH
    if layout.rows is None:
        return _VECTORS if layout.dimensions >= _LEAST_NUMBERS else _GRAPH
    body = head[layout.size :]
    if layout.dimensions and _is_binary(body, layout.dimensions):
        return _VECTORS
    fields = body.split(b"\n", 1)[0].split()
    if len(fields) > _LEAST_NUMBERS:
        return _VECTORS if 2 * len(fields) > layout.dimensions else _GRAPH
    whole = len(head) < ENOUGH
    if len(fields) != layout.dimensions + 1 or (whole and body.rstrip().count(b"\n") + 1 != layout.rows):
        return _GRAPH
    return _EITHER if all(map(_is_number, fields[1:])) else _GRAPH


def _is_binary(body: bytes, dimensions: int) -> bool:
    """Whether a word, a space and float32 numbers follow the header: bytes that are no text."""
    word, space, row = body[:_TELLING].partition(b" ")
    if not space or _CONTROL.search(word.lstrip(b"\r\n")):
        return False
    try:
        row[: 4 * dimensions].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return _CONTROL.search(row) is not None


def _is_matrix_of_numbers(head: bytes) -> bool:
    """Lines of more numbers than a link has, as numpy.savetxt writes them: no graph, and no vectors with names."""
    first = head.split(b"\n", 1)[0].split()
    if len(first) <= _LEAST_NUMBERS:
        return False
    return all(map(_is_number, first))


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
