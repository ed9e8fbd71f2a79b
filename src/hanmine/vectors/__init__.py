"""Sentence vectors: mergeable moments, whitening, neighbours, similarity. Knows no encoder and prints nothing.

The public names are imported when they are first used; importing the room costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_PUBLIC = {
    "Whitening": "hanmine.vectors.whitening",
    "Moments": "hanmine.vectors.moments",
    "moments_of": "hanmine.vectors.moments",
    "PRESETS": "hanmine.vectors.presets",
    "nearest_neighbours": "hanmine.vectors.neighbours",
    "neighbour_blocks": "hanmine.vectors.neighbours",
    "pair_similarities": "hanmine.vectors.similarity",
}

__all__ = [
    "PRESETS",
    "Moments",
    "Whitening",
    "moments_of",
    "nearest_neighbours",
    "neighbour_blocks",
    "pair_similarities",
]

if TYPE_CHECKING:
    from hanmine.vectors.moments import Moments, moments_of
    from hanmine.vectors.neighbours import nearest_neighbours, neighbour_blocks
    from hanmine.vectors.presets import PRESETS
    from hanmine.vectors.similarity import pair_similarities
    from hanmine.vectors.whitening import Whitening


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hanmine.vectors' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
