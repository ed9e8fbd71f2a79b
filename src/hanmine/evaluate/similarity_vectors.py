"""The vectors of the sentences of tasks: encoded here, or read from files in a stated order of rows.

Rows of given vectors follow the pairs: a row for each first sentence of the first task, then for each second sentence,
then the next task likewise. Several files are one matrix, end to end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hanmine.errors import InputError
from hanmine.evaluate.similarity_tasks import FitFile, Task, data_set_of
from hanmine.evaluate.text_files import base_name
from hanmine.formats.vectors import open_vectors
from hanmine.progress import Progress

# Vectors of one sentence from two batches differ by rounding; beyond this share of their length they are not the same.
SAME_SENTENCE = 0.01


@dataclass
class TaskVectors:
    """All vectors of an evaluation, and which rows belong to whom.

    Attributes
    ----------
    matrix : [shape=(m, d)], real.
    first, second : for each task the rows of its pairs' sentences [shape=(n,)].
    fit_rows : for each file that joins a fit its rows; fit_data_sets : the data set that each belongs to;
        fit_names : its name and the first digits of its hash.
    identity : [shape=(m,)] rows of one sentence share a number.
    facts : what the vectors are, for a signature. inputs : records of what was read. messages : lines for users.
    """

    matrix: np.ndarray
    first: list[np.ndarray]
    second: list[np.ndarray]
    identity: np.ndarray
    facts: dict[str, Any]
    fit_rows: list[np.ndarray] = field(default_factory=list)
    fit_data_sets: list[str] = field(default_factory=list)
    fit_names: list[str] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def encoded(tasks: Sequence[Task], files: Sequence[FitFile], encoder: Any, progress: Progress) -> TaskVectors:
    """Encode every sentence of the tasks and of the files that join a fit once.

    `encoder` has `encode(sentences)`, which returns a row for each; `facts` and `name`, where it has them, go into the
    signature.
    """
    row_of: dict[str, int] = {}

    def rows(sentences: Sequence[str]) -> np.ndarray:
        return np.array([row_of.setdefault(sentence, len(row_of)) for sentence in sentences], np.int64)

    first, second = [rows(task.first) for task in tasks], [rows(task.second) for task in tasks]
    fit_rows = [rows(file.sentences) for file in files]
    sentences = list(row_of)
    matrix = _real_matrix(_encode(encoder, sentences, progress))
    if len(matrix) != len(sentences):
        raise InputError(f"the model gave {len(matrix)} vectors for {len(sentences)} sentences: check its encode()")
    _check_finite(matrix, lambda row: f"the model's vector of {sentences[row]!r}")
    return TaskVectors(
        matrix,
        first,
        second,
        identity=np.arange(len(matrix)),
        facts=_facts_of(encoder),
        fit_rows=fit_rows,
        fit_data_sets=[file.data_set for file in files],
        fit_names=[f"{base_name(file.file)}#{file.record.sha256[:8]}" for file in files],
        inputs=[file.record for file in files],
        messages=list(encoder.messages()) if hasattr(encoder, "messages") else [],
    )


def stored(
    tasks: Sequence[Task],
    fit: Sequence[str | Path],
    sources: Any,
    *,
    array: str | None = None,
    tmpdir: Path | None = None,
) -> TaskVectors:
    """Vectors from files or arrays; the files of `fit` hold vectors too.

    Raises
    ------
    InputError : another number of rows than the pairs need, other dimensions in `fit`, NaN or infinite values.
    """
    sources = list(sources) if isinstance(sources, (list, tuple)) else [sources]
    matrix, inputs = _read(sources, array, tmpdir, lambda found: _check_rows(found, tasks))
    first, second, start = [], [], 0
    for task in tasks:
        middle, stop = start + len(task), start + 2 * len(task)
        first.append(np.arange(start, middle))
        second.append(np.arange(middle, stop))
        start = stop
    sentences = [sentence for task in tasks for sentence in (*task.first, *task.second)]
    further = [_read([path], array, tmpdir, lambda found: _check_dimensions(found, matrix.shape[1])) for path in fit]
    whole = np.concatenate([matrix, *(rows for rows, _ in further)]) if further else matrix
    ends = np.cumsum([len(matrix), *(len(rows) for rows, _ in further)])
    return TaskVectors(
        whole,
        first,
        second,
        identity=_identity(whole, sentences),
        facts={"vectors": f"{','.join(base_name(found['name']) for found in inputs)}#{digest_of(matrix)}"},
        fit_rows=[np.arange(begin, end) for begin, end in pairwise(ends)],
        fit_data_sets=[data_set_of(records[0]["name"]) for _, records in further],
        fit_names=[f"{base_name(records[0]['name'])}#{digest_of(rows)}" for rows, records in further],
        inputs=[*inputs, *(found for _, records in further for found in records)],
        messages=_differing(matrix, sentences),
    )


def _encode(encoder: Any, sentences: list[str], progress: Progress) -> Any:
    """Vectors from an encoder of ours, which shows its progress, or from any object with `encode`."""
    from hanmine.encoder import Encoder

    if isinstance(encoder, Encoder):
        return encoder.encode(sentences, progress=progress)
    return encoder.encode(sentences)


def _facts_of(encoder: Any) -> dict[str, Any]:
    """What names an encoder in a signature: its facts, with the first digits of the hash of its files."""
    facts = getattr(encoder, "facts", None)
    if not isinstance(facts, dict):
        return {"model": getattr(encoder, "name", None) or type(encoder).__name__}
    digest = encoder.digest() if hasattr(encoder, "digest") else None
    return {**facts, **({"files": digest[:8]} if digest else {})}


def _real_matrix(values: Any) -> np.ndarray:
    matrix = np.asarray(values)
    if matrix.ndim != 2 or matrix.dtype.kind != "f":
        raise InputError(
            f"the model gave {matrix.dtype} values in {matrix.ndim} axes: its encode() must return a matrix"
        )
    return matrix


def _read(sources: list, array: str | None, tmpdir: Path | None, check: Callable) -> tuple[np.ndarray, list[dict]]:
    """All rows of some sources, and the records of the sources; `check` sees the opened files first."""
    with open_vectors(sources, array=array, tmpdir=tmpdir) as files:
        check(files)
        matrix = np.array(files.rows(0, files.shape[0]))  # a copy: the files are closed here
        _check_finite(matrix, files.where)
        return matrix, list(files.inputs)


def _check_rows(files: Any, tasks: Sequence[Task]) -> None:
    pairs = sum(map(len, tasks))
    rows = files.shape[0]
    if rows == 2 * pairs:
        return
    names = ", ".join(base_name(found["name"]) for found in files.inputs)
    headers = sum(task.has_header for task in tasks)
    if headers and rows == 2 * (pairs + headers):
        advice = "the line of column names has a row too: leave it out (tail -n +2) before you encode"
    else:
        advice = "pass a row for each first sentence, then a row for each second sentence, task after task"
    raise InputError(f"{names}: {rows} rows for {pairs} pairs, which need {2 * pairs}: {advice}")


def _check_dimensions(files: Any, dimensions: int) -> None:
    if files.shape[1] != dimensions:
        name = files.inputs[0]["name"]
        raise InputError(f"{name}: has {files.shape[1]} dimensions, and the vectors of the pairs have {dimensions}")


def _check_finite(matrix: np.ndarray, where: Callable[[int], str]) -> None:
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(bad):
        more = f" (and {len(bad) - 1} more rows)" if len(bad) > 1 else ""
        raise InputError(f"{where(int(bad[0]))}{more}: holds NaN or infinite values: encode it again, or drop the pair")


def _identity(matrix: np.ndarray, sentences: Sequence[str]) -> np.ndarray:
    """Rows of one sentence, and further rows of the same bytes, share a number."""
    identity = np.empty(len(matrix), np.int64)
    of_sentence: dict[str, int] = {}
    of_bytes: dict[bytes, int] = {}
    for row, sentence in enumerate(sentences):
        identity[row] = of_sentence.setdefault(sentence, row)
        if len(matrix) > len(sentences):
            of_bytes.setdefault(matrix[row].tobytes(), int(identity[row]))
    for row in range(len(sentences), len(matrix)):
        identity[row] = of_bytes.setdefault(matrix[row].tobytes(), row)
    return identity


def _differing(matrix: np.ndarray, sentences: Sequence[str]) -> list[str]:
    """A warning where one sentence has two vectors, which is what rows in another order look like."""
    seen: dict[str, int] = {}
    for row, sentence in enumerate(sentences):
        before = seen.setdefault(sentence, row)
        a, b = matrix[before].astype(np.float64), matrix[row].astype(np.float64)
        if before != row and np.linalg.norm(a - b) > SAME_SENTENCE * np.linalg.norm(a):
            return [
                f"rows {before} and {row} of the vectors are of the same sentence and differ: are the rows all first "
                "sentences, then all second sentences?"
            ]
    return []


def digest_of(*arrays: np.ndarray) -> str:
    """The first digits of the hash of some arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:8]
