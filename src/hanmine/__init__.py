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
    "evaluate_words": "hanmine.evaluate",
}

__all__ = ["__version__", "count_ngrams", "discover_words", "evaluate_words"]

if TYPE_CHECKING:
    from hanmine.evaluate import evaluate_words
    from hanmine.newwords import discover_words
    from hanmine.ngrams import count_ngrams


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hanmine' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
