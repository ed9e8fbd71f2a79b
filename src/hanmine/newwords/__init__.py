"""Words out of raw text: cohesion, the cut, look-back, ranking, known words."""

from hanmine.newwords.discover import Discovery, discover, discover_words

__all__ = ["Discovery", "discover", "discover_words"]
