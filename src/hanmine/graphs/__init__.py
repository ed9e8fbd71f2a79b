"""Graphs of words and sentences: neighbours of vectors, words that occur together, and what is typical of a module.

The public names are imported when they are first used; importing the room costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_PUBLIC = {
    "cluster_vectors": "hanmine.graphs.themes",
    "cluster_words": "hanmine.graphs.themes",
    "ThemeClustering": "hanmine.graphs.themes",
    "neighbour_graph": "hanmine.graphs.knn",
    "cooccurrence_graph": "hanmine.graphs.cooccurrence",
    "describe_modules": "hanmine.graphs.describe",
    "distinctive_words": "hanmine.graphs.labels",
    "distinctive_members": "hanmine.graphs.labels",
}

__all__ = [
    "ThemeClustering",
    "cluster_vectors",
    "cluster_words",
    "cooccurrence_graph",
    "describe_modules",
    "distinctive_members",
    "distinctive_words",
    "neighbour_graph",
]

if TYPE_CHECKING:
    from hanmine.graphs.cooccurrence import cooccurrence_graph
    from hanmine.graphs.describe import describe_modules
    from hanmine.graphs.knn import neighbour_graph
    from hanmine.graphs.labels import distinctive_members, distinctive_words
    from hanmine.graphs.themes import ThemeClustering, cluster_vectors, cluster_words


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hanmine.graphs' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
