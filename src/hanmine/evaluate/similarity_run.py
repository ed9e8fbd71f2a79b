"""The scores of tasks under settings of whitening and under finished maps, with what a user should hear of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hanmine.evaluate.similarity_fit import Fits
from hanmine.evaluate.similarity_grid import RAW, PairCosines, Setting
from hanmine.evaluate.similarity_scores import Gold, Scores, averages
from hanmine.evaluate.similarity_tasks import Task
from hanmine.evaluate.similarity_tuning import Tuning, tuned
from hanmine.evaluate.similarity_vectors import TaskVectors
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.whitening import Whitening


class SimilarityRun:
    """Scores the tasks of one evaluation; each whitening is fitted once, and its grid takes one pass over the pairs."""

    def __init__(
        self, tasks: Sequence[Task], vectors: TaskVectors, fits: Fits, runner: ThreadRunner, progress: Progress
    ) -> None:
        self._tasks, self._vectors, self._fits = tasks, vectors, fits
        self._runner, self._progress = runner, progress
        self._dimensions = vectors.matrix.shape[1]
        self._messages: dict[str, None] = {}

    @property
    def messages(self) -> list[str]:
        """What was noticed, each line once."""
        return list(self._messages)

    def score(self, count: int, settings: Sequence[Setting], maps: Mapping[str, Whitening]) -> list[dict[str, Any]]:
        """Score the first `count` tasks: a dict for the raw vectors, then each setting, then each map."""
        tasks = self._tasks[:count]
        columns = [self._of_task(index, settings, maps) for index in range(count)]
        finished = [Setting(name, map.beta, map.gamma, map.dim_) for name, map in maps.items()]
        rows = []
        for place, setting in enumerate([RAW, *settings, *finished]):
            cells = [column[place] for column in columns]
            average, weighted = averages([scores for scores, _ in cells], [len(task) for task in tasks])
            rows.append(
                {
                    "setting": setting.name,
                    "beta": setting.beta,
                    "gamma": setting.gamma,
                    "dim": min(dim for _, dim in cells),
                    "tasks": {
                        task.name: {**asdict(scores), "dim": dim}
                        for task, (scores, dim) in zip(tasks, cells, strict=True)
                    },
                    "average": asdict(average),
                    "weighted_average": asdict(weighted),
                }
            )
        return rows

    def tune(self, index: int, settings: Sequence[Setting]) -> tuple[Tuning, Whitening]:
        """The best of `settings` on task number `index`, and the map of it that is fitted there."""
        (raw, _), *tried = self._of_task(index, settings, {})
        name = self._tasks[index].name
        tuning = tuned(name, raw, settings, [scores for scores, _ in tried], [dim for _, dim in tried])
        best = settings[tuning.best]
        whitening = self._fits.whitening(index)
        return tuning, whitening.with_options(beta=best.beta, gamma=best.gamma, dim=tuning.dims[tuning.best])

    def facts(self, count: int) -> list[dict[str, Any]]:
        """What the tasks are: names, files, pairs, and the rows of their fits."""
        return [
            {"name": task.name, "file": task.file, "pairs": len(task), "fit_rows": len(self._fits.rows(index))}
            for index, task in enumerate(self._tasks[:count])
        ]

    def _of_task(
        self, index: int, settings: Sequence[Setting], maps: Mapping[str, Whitening]
    ) -> list[tuple[Scores, int]]:
        """Scores on one task and the dimensions that they rest on: raw, each setting, each map."""
        task, vectors = self._tasks[index], self._vectors
        gold = Gold(task.scores)
        passes = 1 + len({setting.beta for setting in settings}) + len(maps)
        self._progress.phase(f"scoring {task.name}", passes * len(task), "pairs")
        pairs = PairCosines(vectors.matrix, vectors.first[index], vectors.second[index], self._runner, self._progress)
        found = [(gold.score(pairs.raw()), self._dimensions)]
        if settings:
            whitening = self._fits.whitening(index)
            cosines, dims = pairs.whitened(whitening, settings)
            found += [(gold.score(row), dim) for row, dim in zip(cosines, dims, strict=True)]
            self._note_fit(index, whitening, settings)
        found += [(gold.score(pairs.mapped(map.matrix_, map.bias_)), map.dim_) for map in maps.values()]
        names = ["raw", *(setting.name for setting in settings), *maps]
        undefined = [name for name, (scores, _) in zip(names, found, strict=True) if scores.spearman != scores.spearman]
        if undefined:
            self._note(f"{task.name}: all cosines are equal under {', '.join(undefined)}: no correlation is defined")
        return found

    def _note_fit(self, index: int, whitening: Whitening, settings: Sequence[Setting]) -> None:
        """Say where settings ask for more dimensions than there are."""
        wanted = max((setting.dim or 0) for setting in settings)
        if wanted > self._dimensions:
            self._note(f"the vectors have {self._dimensions} dimensions: larger settings keep all of them")
        rows = len(self._fits.rows(index))
        if whitening.rank_ < self._dimensions:
            # n vectors span n - 1 dimensions about their mean, and whitening all of these puts them in a simplex.
            advice = "; whitening all of them makes all angles equal: add sentences with --fit, or keep fewer"
            self._note(
                f"{self._tasks[index].name}: the {rows:,} vectors of the fit span {whitening.rank_} of "
                f"{self._dimensions} dimensions, and settings with γ above 0 keep no more"
                + (advice if whitening.rank_ == rows - 1 else "")
            )

    def _note(self, message: str) -> None:
        self._messages[message] = None
