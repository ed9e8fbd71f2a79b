"""Where the scores of words come from: the text itself, other corpora, both, or a file of statistics."""

from __future__ import annotations

import dataclasses
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from hanmine.segmentation.branching import BranchingStatistics, branching_statistics
from hanmine.text.options import TextOptions

if TYPE_CHECKING:
    from hanmine.progress import Progress
    from hanmine.segmentation.line_spool import LineSpool
    from hanmine.segmentation.options import SegmentOptions

_RECORDS = {".csv", ".tsv", ".jsonl", ".ndjson", ".json"}
_COMPRESSED = {".gz", ".bz2", ".xz", ".zst"}


def word_statistics(
    options: SegmentOptions,
    spool: LineSpool,
    reading: TextOptions,
    *,
    threads: int | None,
    tmpdir: str | Path | None,
    progress: Progress,
    hash_inputs: bool = False,
) -> BranchingStatistics:
    """The statistics that the options ask for.

    Corpora are read as the text is, but `column` and `input_format` are for those of them that are tables by their
    names: the text may be a table and the corpus none.

    Raises
    ------
    InputError, DecodingError, UsageError, OutputError : as `branching_statistics` does.
    """
    if options.stats is not None:
        return BranchingStatistics.load(options.stats, threads=threads, progress=progress)
    found: list[BranchingStatistics] = []
    spelling = {"normalize": reading.normalize, "fold_case": reading.fold_case, "t2s": reading.t2s}
    for tables in (False, True):
        paths = [Path(path) for path in options.corpus if _is_table(path) == tables]
        if paths:
            settings = {"encoding": reading.encoding, "errors": reading.errors, "recursive": reading.recursive}
            settings |= spelling
            if tables:
                settings["column"] = reading.column
            settings["repeats"] = options.repeats
            found.append(
                branching_statistics(
                    paths, threads=threads, tmpdir=tmpdir, progress=progress, hash_inputs=hash_inputs, **settings
                )
            )
    if not options.corpus or options.corpus_add:
        # The spool leaves copies out.
        settings = {"threads": threads, "tmpdir": tmpdir, "progress": progress, "repeats": "count"}
        own = branching_statistics(spool.texts(), **settings, **spelling)
        own.inputs = [dataclasses.replace(record, name="the text itself") for record in own.inputs]
        found.append(own)
    first, *others = found
    for other in others:
        first = first.merge(other)
    return first


def _is_table(path: str) -> bool:
    pure = PurePath(path.lower())
    return (pure.with_suffix("") if pure.suffix in _COMPRESSED else pure).suffix in _RECORDS
