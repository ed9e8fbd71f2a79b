"""Lines of a text kept for the passes after the first, in blocks: in memory while they are few, then in a file."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hanmine.errors import OutputError, TemporaryFolderError
from hanmine.ngrams.repeats import Copies, find_copies
from hanmine.text.alphabet import BOUNDARY, SKIP, Alphabet
from hanmine.text.long_lines import cut_long
from hanmine.text.options import TextOptions
from hanmine.text.spool import Spool

BLOCK = 1 << 15
"""Characters after which a block is complete."""
LONGEST = 1 << 18
"""Characters of a piece: longer lines are cut where a sentence or at least a clause ends, if anything does."""
LINE_END = 8
"""Ids that the end of a line is worth when copies are looked for, in which a window has 24: a whole line can be a copy
from 8 characters on, and the beginning or the end of one from 16 on."""
_MEMORY_LIMIT = 1 << 26  # bytes


@dataclass(frozen=True)
class LineBlock:
    """Consecutive pieces of lines.

    Attributes
    ----------
    pieces : str, in order. continued : whether the piece with that index goes on in the next one.
    gap_start : gaps of all pieces before the first; a piece of n characters has max(0, n - 1).
    gaps, characters : of the pieces.
    copied : bool[characters], those in copies of earlier stretches (`LineSpool.find_copies`), or None for none of them.
    """

    pieces: list[str]
    continued: list[bool]
    gap_start: int
    gaps: int
    characters: int
    copied: np.ndarray | None = None


@dataclass(frozen=True)
class _Stored:
    """Where a block lies in the file: its lengths (int64, negative where continued), then its text in UTF-8."""

    position: int
    count: int
    size: int
    gap_start: int
    gaps: int
    characters: int


class LineSpool:
    """An append-only sequence of lines, read again in blocks.

    The temporary file has no name (where the system allows it), so that nothing is left behind however the process
    ends. Raises `OutputError` when the folder is full.

    Attributes
    ----------
    lines, characters, gaps : added so far; the pieces of a long line have no gap between them.
    copies : stretches that occur often, once they were looked for, else None.
    """

    def __init__(self, tmpdir: str | Path | None = None) -> None:
        if tmpdir is not None and not Path(tmpdir).is_dir():
            raise TemporaryFolderError(tmpdir)
        self.lines = self.characters = self.gaps = 0
        self._folder = tmpdir or tempfile.gettempdir()
        self._file = tempfile.SpooledTemporaryFile(_MEMORY_LIMIT, dir=tmpdir, prefix="hanmine-")  # noqa: SIM115
        self._index: list[_Stored] = []
        self._pieces: list[str] = []
        self._lengths: list[int] = []
        self._held = self._begun = self._end = 0
        self.copies: Copies | None = None
        self._first_ids: list[int] = []  # of each block, and the end of the last, where copies have been looked for

    def append(self, line: str) -> None:
        """Add a line."""
        *pieces, last = cut_long(line, LONGEST)
        for piece in pieces:
            self.append_piece(piece, continued=True)
        self.append_piece(last)

    def append_piece(self, piece: str, *, continued: bool = False) -> None:
        """Add a piece of at most `LONGEST` characters of a line, which goes on in the next one if it is `continued`."""
        self.lines += not continued
        self._pieces.append(piece)
        self._lengths.append(-len(piece) if continued else len(piece))
        self._held += len(piece)
        self.characters += len(piece)
        self.gaps += max(0, len(piece) - 1)
        if self._held + len(self._lengths) >= BLOCK:
            self._store()

    def finish(self) -> None:
        """Store what is still held; to be called when all lines are there."""
        if self._lengths:
            self._store()

    def _store(self) -> None:
        data = "".join(self._pieces).encode("utf-8", "surrogatepass")
        lengths = np.array(self._lengths, np.int64).tobytes()
        try:
            self._file.seek(self._end)
            self._file.write(lengths)
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.close()
            raise OutputError(
                f"{self._folder}: cannot keep the text there ({error.strerror}): pass -T DIR, a folder with room"
            ) from error
        gaps = self.gaps - self._begun
        self._index.append(_Stored(self._end, len(self._lengths), len(data), self._begun, gaps, self._held))
        self._end += len(lengths) + len(data)
        self._begun = self.gaps
        self._pieces, self._lengths, self._held = [], [], 0

    def __len__(self) -> int:
        """Number of blocks."""
        return len(self._index)

    def block(self, number: int) -> LineBlock:
        """One block; blocks are read by one thread at a time."""
        stored = self._index[number]
        self._file.seek(stored.position)
        lengths = np.frombuffer(self._file.read(8 * stored.count), np.int64)
        text = self._file.read(stored.size).decode("utf-8", "surrogatepass")
        ends = np.cumsum(np.abs(lengths)).tolist()
        pieces = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        copied = self._copied(number, pieces) if self.copies else None
        return LineBlock(pieces, (lengths < 0).tolist(), stored.gap_start, stored.gaps, stored.characters, copied)

    def blocks(self) -> Iterator[LineBlock]:
        """All blocks in order."""
        for number in range(len(self._index)):
            yield self.block(number)

    def sample(self, characters: int) -> list[int]:
        """Numbers of blocks spread evenly over the text that hold about so many characters; all where it has fewer."""
        if self.characters <= characters or len(self._index) < 2:
            return list(range(len(self._index)))
        count = max(1, round(characters * len(self._index) / self.characters))
        return sorted({(2 * k + 1) * len(self._index) // (2 * count) for k in range(count)})

    def find_copies(self, runner, progress) -> Copies:
        """Look for long stretches that occur often; from then on blocks tell of them, and `texts` leaves them out.

        To be called when all lines are there.
        """
        table = _ids_of_codes()
        with Spool(self._folder) as ids:
            for block in self.blocks():
                self._first_ids.append(ids.length)
                ids.append(_ids_of(block.pieces, table)[0])
            self._first_ids.append(ids.length)
            self.copies = find_copies(ids, runner, progress)
        return self.copies

    def _copied(self, number: int, pieces: list[str]) -> np.ndarray | None:
        """The characters of a block that stand in copies."""
        bounds = self._first_ids[number : number + 2]
        copied = self.copies.mark(*bounds)
        return None if copied is None else copied[_ids_of(pieces, _ids_of_codes())[1]]

    def texts(self) -> Iterator[str]:
        """The text of each block, its pieces on lines of their own: documents to be counted. In the place of copies
        stand line breaks."""
        for block in self.blocks():
            yield "\n".join(block.pieces if block.copied is None else _without(block.pieces, block.copied))

    def close(self) -> None:
        """Give memory and file back."""
        with contextlib.suppress(OSError):
            self._file.close()

    def __enter__(self) -> LineSpool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@functools.cache
def _ids_of_codes() -> np.ndarray:
    """The ids of the basic plane's characters, by which copies are told; zero-width ones are boundaries here."""
    table = Alphabet(TextOptions()).table
    return np.where(table == SKIP, np.uint16(BOUNDARY), table)


def _ids_of(pieces: list[str], table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ids of pieces, uint16[:], and the place among them of each character, int64[characters].

    Boundaries behind one another are one. At the end of a piece that is not empty stand as many as `LINE_END` says.
    """
    codes = np.frombuffer("".join(pieces).encode("utf-32-le", "surrogatepass"), "<u4")
    sizes = np.array([len(piece) for piece in pieces if piece], np.int64)
    spread = np.arange(len(codes)) + np.repeat(np.arange(len(sizes)) * LINE_END, sizes)
    ids = np.zeros(len(codes) + LINE_END * len(sizes), np.uint16)
    ids[spread] = table[np.where(codes < len(table), codes, 0)]
    kept = ids != BOUNDARY
    kept[1:] |= kept[:-1].copy()
    ends = np.ones(len(ids), bool)
    ends[spread] = False
    kept |= ends
    return ids[kept], (np.cumsum(kept) - 1)[spread]


def _without(pieces: list[str], copied: np.ndarray) -> list[str]:
    """The pieces with line breaks in the place of copied characters."""
    codes = np.frombuffer("".join(pieces).encode("utf-32-le", "surrogatepass"), "<u4").copy()
    codes[copied] = ord("\n")
    text = codes.tobytes().decode("utf-32-le", "surrogatepass")
    ends = np.cumsum([len(piece) for piece in pieces]).tolist()
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
