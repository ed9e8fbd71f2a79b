"""ERNIE 2 and 3 (arXiv 1907.12412): BERT whose embeddings may include one of the task, of which the first is used."""

from __future__ import annotations

from hanmine.encoder.graphs.bert import Bert
from hanmine.encoder.graphs.writer import Graph
from hanmine.encoder.model_config import Settings


class Ernie(Bert):
    layout = "ernie"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.tasks = settings.positive("task_type_vocab_size", default=3)
        self.uses_task = settings.flag("use_task_id", default=False)

    def place(self, graph: Graph) -> str:
        """Position embeddings and the embedding of the first task."""
        place = super().place(graph)
        if not self.uses_task:
            return place
        table = graph.weight("embeddings.task_type_embeddings.weight", self.tasks, self.embedding)
        return graph.node("Add", place, graph.node("Gather", table, graph.integers(0), axis=0))
