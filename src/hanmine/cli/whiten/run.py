"""What the commands of `mine whiten` do alike: open vectors, write the mapped rows, maps and exports."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.cli.output import write_output
from hanmine.cli.whiten.output import VectorPlan
from hanmine.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from hanmine.cli.environment import Environment
    from hanmine.cli.options import RunOptions
    from hanmine.formats.tables import ByteSink
    from hanmine.formats.vectors import VectorFiles
    from hanmine.progress import Progress
    from hanmine.vectors import Whitening

SHOWN_ROWS = 3  # rows named in a message; the others are counted


@contextlib.contextmanager
def opened_vectors(
    environment: Environment,
    sources: Sequence[str | Path],
    array: str | None,
    resources: RunOptions,
    progress: Progress,
    errors: str = "strict",
) -> Iterator[VectorFiles]:
    """The vectors that the command line names, as one matrix."""
    from hanmine.formats.vectors import open_vectors

    stdin = environment.stdin.buffer if "-" in sources and environment.stdin is not None else None
    reading: dict[str, Any] = {"errors": errors, "tmpdir": resources.tmpdir, "stdin": stdin}
    with open_vectors(sources, array=array, progress=progress, **reading) as vectors:
        for message in vectors.messages:
            environment.say(message)
        yield vectors


def write_whitened(
    plan: VectorPlan,
    environment: Environment,
    vectors: VectorFiles,
    whitening: Whitening,
    progress: Progress,
    *,
    fitted: bool,
) -> dict[str, Any]:
    """Write the mapped rows; names and other columns follow the rows that stay.

    `fitted` : every row was read by the fit, which has refused or told of those with NaN or inf.

    Returns
    -------
    dict for the summary: rows, dimensions and dtype as written, format, the rows left out, and notes for a person.

    Raises
    ------
    InputError : a row with NaN or inf, unless they are dropped, or none is left. OutputError : see `open_output`.
    """
    import numpy as np

    from hanmine.formats.vectors import write_vectors

    dropped, notes = _bad_rows(plan, vectors, whitening, progress, fitted=fitted)
    count = vectors.shape[0] - len(dropped)
    names, table = vectors.names, vectors.other_columns() if plan.format == "parquet" else None
    if len(dropped):
        kept = np.setdiff1d(np.arange(vectors.shape[0]), dropped)
        names = None if names is None else [names[row] for row in kept.tolist()]
        table = None if table is None else table.kept(kept)
    wide = vectors.dtype == np.float64 and plan.format != "word2vec-binary"
    dtype = np.dtype(whitening.dtype or (np.float64 if wide else np.float32))

    def blocks() -> Iterator[np.ndarray]:
        progress.phase("writing", total=count, unit="rows")
        for block in whitening.transform_blocks(vectors, skip=dropped):
            yield block
            progress.advance(len(block))

    def write(stream: ByteSink) -> None:
        shape = {"rows": count, "dimensions": whitening.dim_, "dtype": dtype}
        write_vectors(stream, plan.format, blocks(), **shape, names=names, table=table)

    write_output(plan, environment, write)
    return {
        "rows": count,
        "dimensions": whitening.dim_,
        "dtype": dtype.name,
        "format": plan.format,
        "dropped_rows": dropped.tolist(),
        "notes": notes,
    }


def _bad_rows(
    plan: VectorPlan,
    vectors: VectorFiles,
    whitening: Whitening,
    progress: Progress,
    *,
    fitted: bool,
) -> tuple[np.ndarray, list[str]]:
    """The rows to leave out [int64], and lines that say so where the fit has not.

    Nothing is looked for where the fit has read every row, or where a file is written and the map names what it meets:
    a stream must not begin before it is known that it can be ended.
    """
    import numpy as np

    if fitted:
        return whitening.bad_rows_, []
    drops = whitening.bad == "drop"
    if not drops and plan.target is not None:
        return np.empty(0, np.int64), []
    from hanmine.runners import ThreadRunner
    from hanmine.vectors.moments import bad_rows_error
    from hanmine.vectors.selection import find_bad_rows

    found = find_bad_rows(vectors, ThreadRunner(whitening.threads), progress)
    places = tuple(vectors.where(row) for row in found[:SHOWN_ROWS].tolist())
    if len(found) and not drops:
        raise bad_rows_error(places, len(found))
    if len(found) == vectors.shape[0]:
        raise InputError("no row is free of NaN and inf: there is nothing to write; check how the vectors were made")
    more = f" and {len(found) - SHOWN_ROWS:,} more" if len(found) > SHOWN_ROWS else ""
    return found, [f"rows with NaN or inf left out: {', '.join(places)}{more}"] if len(found) else []


def check_exports(plan: VectorPlan, whitening: Whitening) -> None:
    """Refuse exports that cannot be right, before anything is written.

    Raises
    ------
    InputError : see `hanmine.vectors.export.check_float32`.
    """
    from hanmine.vectors.export import check_float32

    if any(kind != "npz" for kind, _ in plan.exports):
        check_float32(whitening)


def write_extras(plan: VectorPlan, environment: Environment, whitening: Whitening) -> None:
    """Write the map and its exports, where they are asked for, and say what is to be known of them."""
    from hanmine.vectors.export import export_dense, export_faiss, export_npz

    if plan.map is not None:
        whitening.save(plan.map)
    writers = {"dense": export_dense, "faiss": export_faiss, "npz": export_npz}
    for kind, path in plan.exports:
        for message in writers[kind](whitening, path):
            environment.say(f"{path}: {message}")
