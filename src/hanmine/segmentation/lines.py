"""Lines of text as one flat array of code points: what the kernels of this room go through in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lines:
    """Some lines, one after the other.

    Attributes
    ----------
    codes : uint32[characters], code points.
    offsets : int64[lines + 1]; line k is codes[offsets[k]:offsets[k + 1]].
    """

    codes: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lines:
        """The lines of a list of strings; halves of surrogate pairs are code points like any other."""
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(text) for text in texts], out=offsets[1:])
        data = "".join(texts).encode("utf-32-le", "surrogatepass")
        return cls(np.frombuffer(data, "<u4").astype(np.uint32, copy=False), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def last(self) -> np.ndarray:
        """bool[characters]: the last character of its line."""
        marks = np.zeros(len(self.codes), bool)
        ends = self.offsets[1:][self.offsets[1:] > self.offsets[:-1]]
        marks[ends - 1] = True
        return marks
