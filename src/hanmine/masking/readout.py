"""From the outputs of a model to the impact: states or log-probabilities at masked units, and how far they moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hanmine.masking.options import ImpactOptions, output_of

if TYPE_CHECKING:
    from hanmine.masking.model import MaskedModel

_LOGIT_BYTES = 16 << 20  # of the logits that are held at once


class Readout:
    """What is kept of each unit, and the change between two of them.

    The vector of a unit of several tokens is the mean of theirs; so is its log-probability.

    Attributes
    ----------
    output : the output of the model that is read.
    """

    def __init__(self, options: ImpactOptions, model: MaskedModel) -> None:
        """`options` are settled."""
        self.output = output_of(options, model)
        self._distance = options.distance
        self._probability = options.score == "logprob"
        self._decoder = model.decoder if self._probability else None

    def values(self, outputs: np.ndarray, row: np.ndarray, token: np.ndarray, target: np.ndarray) -> np.ndarray:
        """What is kept of some tokens.

        Parameters
        ----------
        outputs : float32 [rows, tokens, width], as the model gave them. row, token : int64 [reads], which are wanted.
        target : int64 [reads], the id that stands there in the text.

        Returns
        -------
        float32 [reads, width], the states; or float64 [reads, 1], the log-probability of the target.
        """
        if not self._probability:
            return outputs[row, token]
        width = outputs.shape[2] if self._decoder is None else len(self._decoder.weight)
        most = max(1, _LOGIT_BYTES // (4 * width))
        found = np.empty((len(row), 1))
        for start in range(0, len(row), most):
            part = slice(start, start + most)
            given = outputs[row[part], token[part]]
            logits = given if self._decoder is None else self._decoder.logits(given)
            found[part, 0] = _log_probabilities(logits, target[part])
        return found

    @np.errstate(invalid="ignore", over="ignore")  # states that are no numbers are counted where the change is used
    def change(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """How far each unit moved, float64 [reads], from two arrays of values."""
        before, after = before.astype(np.float64), after.astype(np.float64)
        if self._probability:
            return before[:, 0] - after[:, 0]
        if self._distance == "euclidean":
            return np.sqrt(np.square(before - after).sum(axis=1))
        if self._distance == "dot":
            return (before * (before - after)).sum(axis=1)
        product = (before * after).sum(axis=1)
        lengths = np.sqrt(np.square(before).sum(axis=1) * np.square(after).sum(axis=1))
        return 1 - product / np.maximum(lengths, 1e-30)


def _log_probabilities(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The natural logarithm of the target's probability in each row, float64."""
    highest = logits.max(axis=1, keepdims=True)
    total = np.log(np.exp(logits - highest).sum(axis=1, dtype=np.float64))
    return logits[np.arange(len(logits)), target].astype(np.float64) - highest[:, 0] - total
