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
    "cluster_vectors": "hanmine.graphs",
    "cluster_words": "hanmine.graphs",
    "segment": "hanmine.segmentation",
    "impact_matrix": "hanmine.masking",
    "parse": "hanmine.parsing",
    "evaluate_words": "hanmine.evaluate",
    "evaluate_similarity": "hanmine.evaluate",
    "evaluate_partition": "hanmine.evaluate",
    "evaluate_clusters": "hanmine.evaluate",
    "evaluate_segmentation": "hanmine.evaluate",
    "evaluate_parse": "hanmine.evaluate",
}

__all__ = [
    "InfoMap",
    "Whitening",
    "__version__",
    "cluster_graph",
    "cluster_vectors",
    "cluster_words",
    "count_ngrams",
    "discover_words",
    "encode",
    "evaluate_clusters",
    "evaluate_parse",
    "evaluate_partition",
    "evaluate_segmentation",
    "evaluate_similarity",
    "evaluate_words",
    "impact_matrix",
    "nearest_neighbours",
    "pair_similarities",
    "parse",
    "segment",
]

if TYPE_CHECKING:
    from hanmine.encoder import encode
    from hanmine.evaluate import (
        evaluate_clusters,
        evaluate_parse,
        evaluate_partition,
        evaluate_segmentation,
        evaluate_similarity,
        evaluate_words,
    )
    from hanmine.graphs import cluster_vectors, cluster_words
    from hanmine.infomap import InfoMap, cluster_graph
    from hanmine.masking import impact_matrix
    from hanmine.newwords import discover_words
    from hanmine.ngrams import count_ngrams
    from hanmine.parsing import parse
    from hanmine.segmentation import segment
    from hanmine.vectors import Whitening, nearest_neighbours, pair_similarities


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hanmine' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
