"""hanmine: words, structure and meaning out of raw Chinese text, without labels.

The public functions are imported when they are first used, so that `import hanmine` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_PUBLIC = {
    "discover_words": "hanmine.newwords",
    "count_ngrams": "hanmine.ngrams",
    "encode": "hanmine.encoder",
    "Whitening": "hanmine.vectors",
    "nearest_neighbours": "hanmine.vectors",
    "pair_similarities": "hanmine.vectors",
    "cluster_graph": "hanmine.infomap",
    "InfoMap": "hanmine.infomap",
    "evaluate_words": "hanmine.evaluate",
    "evaluate_similarity": "hanmine.evaluate",
    "evaluate_partition": "hanmine.evaluate",
}

__all__ = [
    "InfoMap",
    "Whitening",
    "__version__",
    "cluster_graph",
    "count_ngrams",
    "discover_words",
    "encode",
    "evaluate_partition",
    "evaluate_similarity",
    "evaluate_words",
    "nearest_neighbours",
    "pair_similarities",
]

if TYPE_CHECKING:
    from hanmine.encoder import encode
    from hanmine.evaluate import evaluate_partition, evaluate_similarity, evaluate_words
    from hanmine.infomap import InfoMap, cluster_graph
    from hanmine.newwords import discover_words
    from hanmine.ngrams import count_ngrams
    from hanmine.vectors import Whitening, nearest_neighbours, pair_similarities


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hanmine' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
