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

import json
import zipfile
from pathlib import Path

import numpy as np

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.formats.archive import open_archive
from hanmine.formats.atomic import open_output
from hanmine.formats.vectors.npy import one_line
from hanmine.ngrams.windows import PARTITIONS, Windows
from hanmine.progress import Progress
from hanmine.segmentation.branching import BranchingStatistics
from hanmine.segmentation.branching_merge import READING, supplementary
from hanmine.text.alphabet import SIZE, Alphabet
from hanmine.text.options import TextOptions

FORMAT, FORMAT_VERSION = "hanmine-branching", 1
_ARRAYS = {"unigrams": np.int64, "records": np.uint64, "starts": np.int64, "ideographs": np.uint32}
_MOST = 1 << 48  # occurrences of a character
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
    header, arrays = _read(path)
    try:
        options = TextOptions(**{name: header["options"][name] for name in READING})
        windows = _windows(arrays)
        alphabet = Alphabet(options)
        alphabet.register(arrays["ideographs"])
        return BranchingStatistics(
            windows, alphabet, options, int(header["characters"]), int(header["runs"]),
            max_length=max_length or int(header["max_length"]), threads=threads, progress=progress or Progress(),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError, UsageError) as error:
        raise InputError(f"{path}: holds no statistics that can be read ({one_line(error)}): {_CURE}") from error


def _read(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    with open_archive(path, _CURE) as archive:
        try:
            header = json.loads(archive.read("header", "u").tobytes())
            format, version = header["format"], header.get("format_version")
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise InputError(f"{path}: holds no statistics that can be read ({one_line(error)}): {_CURE}") from error
        if format != FORMAT:
            raise InputError(f"{path}: holds no statistics that can be read (its format is {format!r}): {_CURE}")
        if version != FORMAT_VERSION:
            raise InputError(
                f"{path}: holds statistics of version {version}, and this hanmine reads version "
                f"{FORMAT_VERSION}: upgrade hanmine, or {_CURE}"
            )
        arrays = {name: archive.read(name, np.dtype(dtype).kind) for name, dtype in _ARRAYS.items()}
    for name, array in arrays.items():
        if array.dtype != _ARRAYS[name]:
            raise InputError(f"{path}: array {name!r} is {array.dtype}, not {np.dtype(_ARRAYS[name])}: {_CURE}")
    return header, arrays


def _windows(arrays: dict[str, np.ndarray]) -> Windows:
    unigrams, records, starts = arrays["unigrams"], arrays["records"], arrays["starts"]
    whole = len(unigrams) == SIZE and len(starts) == PARTITIONS + 1 and starts[0] == 0 and starts[-1] == len(records)
    if not whole:
        raise ValueError("the arrays do not fit each other")
    ideographs = arrays["ideographs"]
    if ((ideographs < 0x20000) | (ideographs >= 0x40000)).any():
        raise ValueError("an ideograph is none")
    if (np.diff(starts) < 0).any() or (unigrams < 0).any():
        raise ValueError("the arrays do not fit each other")
    windows = Windows(unigrams, records, starts)
    if unigrams.max() > _MOST or not windows.are_of_text():
        raise ValueError("the windows are those of no text")
    return windows
