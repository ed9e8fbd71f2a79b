"""Files of branching-entropy statistics: .npz archives (zip, deflated) without pickles.

    header     uint8[bytes]: JSON in UTF-8: format ("hanmine-branching"), format_version (1), hanmine_version,
               max_length, characters, runs, options (normalize, fold_case, t2s, mixed: how the text was read)
    unigrams   int64[32768], occurrences of each character id
    records    uint64[n], the windows of the text by partition, each partition sorted; see `hanmine.ngrams.kernels`
    starts     int64[2049], where each partition begins in `records`
    ideographs uint32[m], code points of the supplementary ideographs that have ids, in the order of their ids

All else is computed from these when it is needed, and statistics that were saved can still be merged. The text could be
put together again from the windows: a file of statistics is as confidential as the text.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.formats.atomic import open_output
from hanmine.ngrams.windows import PARTITIONS, Windows
from hanmine.progress import Progress
from hanmine.segmentation.branching import BranchingStatistics
from hanmine.segmentation.branching_merge import READING, supplementary
from hanmine.text.alphabet import SIZE, Alphabet
from hanmine.text.options import TextOptions

FORMAT, FORMAT_VERSION = "hanmine-branching", 1
_ARRAYS = {"unigrams": np.int64, "records": np.uint64, "starts": np.int64, "ideographs": np.uint32}
_CURE = "make it again with `mine segment --save-stats`"


def save_statistics(statistics: BranchingStatistics, path: Path) -> None:
    """Write statistics; the file appears whole or not at all, and is the same for the same text.

    Raises
    ------
    OutputError : the file cannot be written.
    """
    statistics.tables  # noqa: B018 (sorts the windows)
    options = {name: getattr(statistics.options, name) for name in READING}
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "hanmine_version": __version__,
        "max_length": statistics.max_length,
        "characters": statistics.characters,
        "runs": statistics.runs,
        "options": options,
    }
    windows = statistics.windows
    arrays = {
        "header": np.frombuffer(json.dumps(header).encode(), np.uint8),
        "unigrams": windows.unigrams,
        "records": windows.records,
        "starts": windows.starts,
        "ideographs": supplementary(statistics.alphabet),
    }
    with (
        open_output(path) as stream,
        zipfile.ZipFile(_Sink(stream), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)


class _Sink:
    """An output as a file object for zipfile, which streams where there is no `tell`: the same bytes everywhere."""

    def __init__(self, stream) -> None:
        self._stream = stream

    def write(self, data) -> int:
        self._stream.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing: the output belongs to the caller."""


def load_statistics(path: Path, *, max_length: int | None, threads: int | None, progress: Progress | None):
    """Statistics as `save_statistics` wrote them.

    Raises
    ------
    InputError : no such file, not such a file, of a later version, or damaged.
    """
    try:
        header, arrays = _read(path)
        options = TextOptions(**{name: header["options"][name] for name in READING})
        alphabet = Alphabet(options)
        alphabet.register(arrays["ideographs"])
        windows = _windows(arrays)
        return BranchingStatistics(
            windows, alphabet, options, int(header["characters"]), int(header["runs"]),
            max_length=max_length or int(header["max_length"]), threads=threads, progress=progress or Progress(),
        )  # fmt: skip
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: check the path") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (KeyError, TypeError, ValueError, UsageError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: holds no statistics that can be read ({error}): {_CURE}") from error


def _read(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    with zipfile.ZipFile(path) as archive:
        header = json.loads(_array(archive, "header").tobytes())
        if header["format"] != FORMAT:
            raise ValueError(f"its format is {header['format']!r}")
        if header["format_version"] != FORMAT_VERSION:
            raise InputError(
                f"{path}: holds statistics of version {header['format_version']}, and this hanmine reads version "
                f"{FORMAT_VERSION}: upgrade hanmine, or {_CURE}"
            )
        arrays = {name: _array(archive, name) for name in _ARRAYS}
    for name, array in arrays.items():
        if array.dtype != _ARRAYS[name] or array.ndim != 1:
            raise ValueError(f"array {name!r} is {array.dtype} {array.shape}")
    return header, arrays


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        return np.lib.format.read_array(io.BufferedReader(member), allow_pickle=False)


def _windows(arrays: dict[str, np.ndarray]) -> Windows:
    unigrams, records, starts = arrays["unigrams"], arrays["records"], arrays["starts"]
    whole = len(unigrams) == SIZE and len(starts) == PARTITIONS + 1 and starts[0] == 0 and starts[-1] == len(records)
    if not whole or (np.diff(starts) < 0).any() or (unigrams < 0).any():
        raise ValueError("the arrays do not fit each other")
    return Windows(unigrams, records, starts)
