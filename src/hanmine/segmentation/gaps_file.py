"""Gap scores in a file: how strongly the characters on both sides of every gap hold together, made by any tool.

A .npz archive (numpy.savez) with these arrays:

scores   float [total], or [total, sources] for several sources at once; large where the two characters belong together,
         nan where nothing is known
offsets  int64 [lines + 1]: the scores of line k (from 0) are scores[offsets[k]:offsets[k + 1]]
shares   float [sources], where there is one: of the full weight, what each source gets at most (else 1)

A line of n characters (code points) has n - 1 scores, one a gap, or none where it has less than two characters. Or it
has n scores, one a character, which then tells of the gap behind that character; the last one of each line is not used.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hanmine.errors import InputError
from hanmine.formats.archive import open_archive
from hanmine.formats.atomic import open_output
from hanmine.segmentation.gap_store import GapStore
from hanmine.segmentation.line_spool import LineSpool

_CURE = "write it with numpy.savez(FILE, scores=..., offsets=...)"
_LARGEST = float(np.finfo(np.float32).max)
_PART = 1 << 20


def read_gaps(path: str | Path, spool: LineSpool, tmpdir: str | Path | None = None) -> list[GapStore]:
    """The sources of gap scores in a file, for the lines of a text.

    Raises
    ------
    InputError : the file cannot be read, or is not made for these lines.
    """
    scores, offsets = _arrays(path)
    if len(offsets) != spool.lines + 1:
        raise InputError(
            f"{path}: has scores of {len(offsets) - 1:,} lines, and the text has {spool.lines:,}: make it for this text"
        )
    stores = [GapStore(tmpdir) for _ in range(scores.shape[1])]
    for kept in _rows_of_lines(path, spool, offsets):
        for source, store in enumerate(stores):
            store.append(scores[kept, source])
    return stores


def names_of_sources(path: Path) -> list[str]:
    """What the sources in a file are called; raises `InputError` for a file that cannot be read."""
    sources = _arrays(path)[0].shape[1]
    shares_of_sources(path, sources)
    return names_of(path, sources)


def names_of(path: Path, sources: int) -> list[str]:
    """What so many sources in a file are called."""
    return [path.name] if sources == 1 else [f"{path.name}[{number}]" for number in range(1, sources + 1)]


def _arrays(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    with open_archive(Path(path), _CURE) as archive:
        return _checked(path, archive.read("scores", "fiu", (1, 2)), archive.read("offsets", "iu"))


def _checked(path: str | Path, scores: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if 0 in scores.shape[1:]:
        raise InputError(f"{path}: scores must be [total] or [total, sources], and there are no sources: {_CURE}")
    if not len(offsets) or offsets[0] != 0:
        raise InputError(f"{path}: offsets must be integers that begin with 0, one more than there are lines: {_CURE}")
    if (offsets[1:] < offsets[:-1]).any() or offsets[-1] != len(scores):
        raise InputError(
            f"{path}: offsets must rise to {len(scores):,}, the number of scores, and end at {int(offsets[-1]):,}: "
            f"{_CURE}"
        )
    offsets = offsets.astype(np.int64)
    scores = scores if scores.ndim == 2 else scores[:, None]
    # Scores are kept as float32. A file of many is looked at in parts: no array of its size is made beside it.
    for start in range(0, len(scores), _PART):
        part = scores[start : start + _PART]
        wrong = np.argwhere((np.abs(part) > _LARGEST) & np.isfinite(part)) if part.dtype.kind == "f" else ()
        if len(wrong):
            row = start + int(wrong[0][0])
            raise InputError(f"{path}: score {row:,} is {scores[row].max():g}: divide all by their scale")
    return scores, offsets


def _rows_of_lines(path: str | Path, spool: LineSpool, offsets: np.ndarray) -> Iterator[np.ndarray]:
    """For each block of the text the rows of its gaps, in order."""
    line, at = 0, 0  # of the file; how much of the line is behind us
    for block in spool.blocks():
        rows = []
        for piece, continued in zip(block.pieces, block.continued, strict=True):
            first = int(offsets[line]) + at
            rows.append(np.arange(first, first + max(0, len(piece) - 1)))
            at += len(piece)
            if not continued:
                found = int(offsets[line + 1] - offsets[line])
                if found not in (at, max(0, at - 1)):
                    raise InputError(
                        f"{path}: line {line + 1} has {found:,} scores, and {at:,} characters in the text, which have "
                        f"{max(0, at - 1):,} gaps: make it for this text"
                    )
                line, at = line + 1, 0
        kept = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        yield np.minimum(kept, int(offsets[-1]) - 1)  # of a line with too few, which is found when it ends


def shares_of_sources(path: str | Path, sources: int) -> list[float]:
    """Of the full weight, what each of the sources in a file gets at most.

    Raises
    ------
    InputError : there are not as many, or they are no numbers from 0.
    """
    with open_archive(Path(path), _CURE) as archive:
        shares = archive.read("shares", "fiu") if "shares" in archive else np.ones(sources)
    if shares.shape != (sources,) or not (np.isfinite(shares) & (shares >= 0)).all():
        raise InputError(f"{path}: shares must be {sources} numbers from 0, one for each source: {_CURE}")
    return shares.astype(np.float64).tolist()


def write_gaps(path: Path, spool: LineSpool, stores: Sequence[GapStore], shares: Sequence[float] | None = None) -> None:
    """Write the scores of all sources, one a gap, and their shares; the file appears whole or not at all.

    Raises
    ------
    OutputError : it cannot be written.
    """
    blocks, counts = [], []
    held = 0
    for block in spool.blocks():
        scores = np.stack([store.read(block.gap_start, block.gap_start + block.gaps) for store in stores], axis=1)
        at = 0
        for piece, continued in zip(block.pieces, block.continued, strict=True):
            gaps = max(0, len(piece) - 1)
            blocks.append(scores[at : at + gaps].astype(np.float32))
            at, held = at + gaps, held + gaps
            if continued:  # what lies between two pieces of a long line was not asked for
                blocks.append(np.full((1, len(stores)), np.nan, np.float32))
                held += 1
            else:
                counts.append(held)
                held = 0
    joined = np.concatenate([np.zeros((0, len(stores)), np.float32), *blocks])
    offsets = np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)
    with open_output(path) as stream:
        archive = io.BytesIO()
        given = {} if shares is None else {"shares": np.array(shares, np.float64)}
        np.savez(archive, scores=joined[:, 0] if len(stores) == 1 else joined, offsets=offsets, **given)
        stream.write(archive.getbuffer())
