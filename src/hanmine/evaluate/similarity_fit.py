"""Which rows a task's whitening is fitted on.

unique   the task's sentences, both columns, each once
su2021   the sentences of all splits of the task's data set, both columns, repeats kept: the published protocol of Su
         (2021), "BERT-whitening"

Files named for the fit join it: those that share a task's data set join that task's, the others every fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanmine.errors import UsageError
from hanmine.evaluate.similarity_tasks import Task
from hanmine.evaluate.similarity_vectors import TaskVectors
from hanmine.vectors.whitening import Whitening

PROTOCOLS = ("unique", "su2021")


def check_protocol(protocol: str) -> None:
    """Raises UsageError for a name that is none."""
    if protocol not in PROTOCOLS:
        raise UsageError(f"--protocol {protocol!r} is unknown: choose {', '.join(PROTOCOLS)}")


class Fits:
    """Whitenings fitted for the tasks of an evaluation, each once."""

    def __init__(self, tasks: Sequence[Task], vectors: TaskVectors, protocol: str, threads: int | None) -> None:
        check_protocol(protocol)
        self._tasks, self._vectors, self._protocol = tasks, vectors, protocol
        self._threads = threads
        self._fitted: dict[bytes, Whitening] = {}

    def rows(self, task: int) -> np.ndarray:
        """The rows of the matrix that task number `task` is fitted on."""
        vectors, data_set = self._vectors, self._tasks[task].data_set
        splits = [task]
        if self._protocol == "su2021":
            splits = [index for index, other in enumerate(self._tasks) if other.data_set == data_set]
        parts = [part for index in splits for part in (vectors.first[index], vectors.second[index])]
        known = {other.data_set for other in self._tasks}
        parts += [
            rows
            for rows, of in zip(vectors.fit_rows, vectors.fit_data_sets, strict=True)
            if of == data_set or of not in known or len(self._tasks) == 1
        ]
        rows = np.concatenate(parts)
        if self._protocol == "su2021":
            return rows
        _, places = np.unique(vectors.identity[rows], return_index=True)
        return rows[np.sort(places)]

    def whitening(self, task: int) -> Whitening:
        """The whitening of task number `task`."""
        rows = self.rows(task)
        key = rows.tobytes()
        if key not in self._fitted:
            self._fitted[key] = Whitening(threads=self._threads).fit(self._vectors.matrix[rows])
        return self._fitted[key]
