"""Scores of results against gold standards, each with a signature by which somebody else gets the same number.

The public names are imported when they are first used; importing the room costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_PUBLIC = {
    "evaluate_words": "hanmine.evaluate.words",
    "evaluate_similarity": "hanmine.evaluate.similarity",
    "evaluate_partition": "hanmine.evaluate.partition",
    "evaluate_clusters": "hanmine.evaluate.clusters",
    "evaluate_segmentation": "hanmine.evaluate.segmentation",
    "evaluate_parse": "hanmine.evaluate.trees",
}

__all__ = [
    "evaluate_clusters",
    "evaluate_parse",
    "evaluate_partition",
    "evaluate_segmentation",
    "evaluate_similarity",
    "evaluate_words",
]

if TYPE_CHECKING:
    from hanmine.evaluate.clusters import evaluate_clusters
    from hanmine.evaluate.partition import evaluate_partition
    from hanmine.evaluate.segmentation import evaluate_segmentation
    from hanmine.evaluate.similarity import evaluate_similarity
    from hanmine.evaluate.trees import evaluate_parse
    from hanmine.evaluate.words import evaluate_words


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hanmine.evaluate' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
