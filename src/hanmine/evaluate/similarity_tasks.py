"""Pairs of sentences with gold similarities, and further sentences for a fit, read from files.

A file of pairs has a pair a line, sentence1 TAB sentence2 TAB score, and no header; a first line whose third field is
no number is taken for one. Quotes are characters like any other. A task is named after its file, without folder and
suffixes; files that agree up to their first dot (ATEC.train.tsv, ATEC.valid.tsv) are splits of one data set.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.evaluate.text_files import Reading, TextFile, base_name, is_path
from hanmine.text.reader import InputRecord
from hanmine.text.sources import corpus_sources

FEWEST_PAIRS = 3


@dataclass
class Task:
    """Pairs of sentences and how similar people find them.

    Attributes
    ----------
    name : as results show it. file : the input's name, for messages.
    first, second : the sentences of the pairs. scores : float64 [shape=(n,)].
    has_header : whether the first line was one. record : what was read; None for pairs in memory.
    """

    name: str
    file: str
    first: list[str]
    second: list[str]
    scores: np.ndarray
    has_header: bool = False
    record: InputRecord | None = None

    @property
    def data_set(self) -> str:
        """What the splits of one data set share: the file's name up to its first dot."""
        return data_set_of(self.file)

    def __len__(self) -> int:
        return len(self.first)


@dataclass
class FitFile:
    """Sentences that join a fit, in the order of the file."""

    file: str
    sentences: list[str] = field(default_factory=list)
    record: InputRecord | None = None

    @property
    def data_set(self) -> str:
        return data_set_of(self.file)


def read_tasks(tasks: Any, limit: int | None = None, reading: Reading | None = None) -> list[Task]:
    """The tasks that `tasks` names.

    Parameters
    ----------
    tasks : a path ("-" is standard input) or a glob pattern, several of them, or a mapping of names to paths or to
        (sentences1, sentences2, scores).
    limit : take the first so many pairs of each.
    reading : how files are read; None: by the defaults.

    Raises
    ------
    InputError : a file is missing or no file of pairs, with file and line; fewer than three pairs; equal scores alone.
    """
    if isinstance(tasks, Mapping):
        read = [
            read_pairs(value, name=str(name), limit=limit, reading=reading)
            if is_path(value)
            else _in_memory(str(name), value, limit)
            for name, value in tasks.items()
        ]
    else:
        sources = [source for path in ([tasks] if is_path(tasks) else tasks) for source in corpus_sources(path)]
        read = [read_pairs(source.path or "-", limit=limit, reading=reading) for source in sources]
        _name_apart(read)
    return read


def read_pairs(
    path: str | PathLike, *, name: str | None = None, limit: int | None = None, reading: Reading | None = None
) -> Task:
    """The pairs of one file; raises as `read_tasks` does."""
    file = (reading or Reading()).file(path)
    lines = _lines(file)
    record = file.record
    task = Task(name or base_name(record.name), record.name, [], [], np.empty(0), record=record)
    scores: list[float] = []
    for number, line in enumerate(lines, 1):
        fields = line.split("\t")
        if number == 1 and len(fields) == 3 and _number(fields[2]) is None:
            task.has_header = True
            continue
        task.first.append(fields[0])
        task.second.append(fields[1] if len(fields) > 1 else "")
        scores.append(_score_of(fields, f"{record.name}:{number}"))
        if len(scores) == limit:
            break
    task.scores = np.array(scores, np.float64)
    return _checked(task)


def read_fit_file(path: str | PathLike, reading: Reading | None = None) -> FitFile:
    """The sentences of a file of pairs, with or without scores, both columns; or a sentence a line."""
    file = (reading or Reading()).file(path)
    lines = _lines(file)
    record = file.record
    found = FitFile(record.name, record=record)
    second: list[str] = []
    for number, line in enumerate(lines, 1):
        fields = line.split("\t")
        if len(fields) > 3:
            raise InputError(
                f"{record.name}:{number}: has {len(fields)} fields: write sentence1, sentence2 and score separated by "
                "tabs, or a sentence a line"
            )
        if number == 1 and len(fields) == 3 and _number(fields[2]) is None:
            continue
        found.sentences.append(fields[0])
        second.extend(fields[1:2])
    found.sentences = [sentence for sentence in [*found.sentences, *second] if sentence]
    if not found.sentences:
        raise InputError(f"{record.name}: holds no sentence: check the file")
    return found


def data_set_of(file: str) -> str:
    return base_name(file).split(".", 1)[0]


def _in_memory(name: str, value: Sequence, limit: int | None) -> Task:
    try:
        first, second, scores = value
    except (TypeError, ValueError):
        raise UsageError(f"task {name!r}: pass a path or (sentences1, sentences2, scores)") from None
    first, second = list(first)[:limit], list(second)[:limit]
    scores = np.asarray(scores, np.float64)[:limit]
    if not len(first) == len(second) == len(scores):
        raise UsageError(
            f"task {name!r}: {len(first)} and {len(second)} sentences and {len(scores)} scores: pass as many of each"
        )
    if not np.isfinite(scores).all():
        raise InputError(f"task {name!r}: pair {int(np.argmin(np.isfinite(scores)))} has a score that is no number")
    return _checked(Task(name, name, first, second, scores))


def _checked(task: Task) -> Task:
    """The task itself where a correlation is defined."""
    if len(task) < FEWEST_PAIRS:
        raise InputError(
            f"{task.file}: has {len(task)} pairs, and a correlation needs {FEWEST_PAIRS}: pass a longer file of pairs"
        )
    if (task.scores == task.scores[0]).all():
        raise InputError(
            f"{task.file}: every score is {task.scores[0]:g}, and a correlation needs two values: check the third field"
        )
    return task


def _score_of(fields: list[str], place: str) -> float:
    if len(fields) != 3:
        hint = " (quotes protect no tab)" if len(fields) > 3 else ""
        raise InputError(
            f"{place}: has {len(fields)} field{'' if len(fields) == 1 else 's'} instead of 3{hint}: write sentence1, "
            "sentence2 and score, separated by tabs"
        )
    for column in (0, 1):
        if not fields[column]:
            raise InputError(f"{place}: sentence{column + 1} is empty: fill it in, or take the pair out")
    score = _number(fields[2])
    if score is None:
        raise InputError(f"{place}: the score {fields[2]!r} is no number: write a number in the third field")
    return score


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _lines(file: TextFile) -> list[str]:
    """The lines of a file without empty ones at its end."""
    lines = list(file)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _name_apart(tasks: Iterable[Task]) -> None:
    """Name tasks after their files: ATEC.valid.tsv is ATEC, or ATEC.valid where another split is a task too."""
    tasks = list(tasks)
    for names in ([task.data_set for task in tasks], [base_name(task.file).rsplit(".", 1)[0] for task in tasks]):
        times = Counter(names)
        for task, name in zip(tasks, names, strict=True):
            if name and times[name] == 1 and task.name == base_name(task.file):
                task.name = name
    seen: Counter[str] = Counter()
    for task in tasks:
        seen[task.name] += 1
        if seen[task.name] > 1:  # files of one name in several folders
            task.name = f"{task.name}-{seen[task.name]}"
