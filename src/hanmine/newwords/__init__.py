"""Words out of raw text: cohesion, the cut, look-back, ranking, known words."""

from hanmine.newwords.discover import discover, discover_words

__all__ = ["discover", "discover_words"]
