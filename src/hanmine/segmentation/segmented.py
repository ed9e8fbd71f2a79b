"""A line that was cut into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Segmented:
    """A line and its words.

    Attributes
    ----------
    text : the line, as it was read.
    ends : int64[words], where each word ends (code points); the last is the length of the line.
    scores : float64[words - 1], the margin of each boundary between two words: by how much the best segmentation with
        the boundary is better than the best one without; inf where a rule cuts. None where none were asked for.
    """

    text: str
    ends: np.ndarray
    scores: np.ndarray | None = None

    @property
    def words(self) -> list[str]:
        """The words; joined, they are the line."""
        return [self.text[start:end] for start, end in self.offsets]

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """Half-open offsets of the words in code points."""
        ends = self.ends.tolist()
        return list(zip([0, *ends], ends, strict=False))
