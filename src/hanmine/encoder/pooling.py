"""From the vectors of tokens to one of the sentence.

Su's four (BERT-whitening) and those of sentence-transformers. Averages are over all tokens that are not padding, the
special ones (CLS, SEP) included, as in the published code of both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from hanmine.errors import UsageError

POOLER, LAST, FIRST_LAST = "pooler", "mean", "first-last"
_NAMED = {"p1": "cls", "p2": POOLER, "p3": LAST, "mean": LAST, "p4": FIRST_LAST}
# Names in the directories of sentence-transformers, which keeps the vectors of several in this order.
TOKEN_MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
_LAST_N = re.compile(r"last-([1-9][0-9]{0,3})")


def pooling_of(option: str) -> str:
    """The pooling that `--pooling` names: one of `TOKEN_MODES`, "pooler", "first-last" or "last-N".

    Raises
    ------
    UsageError : an unknown name.
    """
    if option in _NAMED:
        return _NAMED[option]
    if not _LAST_N.fullmatch(option):
        raise UsageError(f"--pooling {option!r} is unknown: choose p1, p2, p3, p4, mean or last-N, such as last-2")
    return option


def outputs_of(pooling: str, layers: int) -> list[str]:
    """Names of the outputs of a model with so many layers that a pooling reads.

    Raises
    ------
    UsageError : more layers than the model has.
    """
    if pooling == POOLER:
        return ["pooler"]
    if pooling == FIRST_LAST:
        return list(dict.fromkeys(["hidden_1", f"hidden_{layers}"]))
    if match := _LAST_N.fullmatch(pooling):
        wanted = int(match[1])
        if wanted > layers:
            raise UsageError(f"--pooling {pooling}: the model has {layers} layers: choose last-1 to last-{layers}")
        return [f"hidden_{layer}" for layer in range(layers - wanted + 1, layers + 1)]
    return [f"hidden_{layers}"]


def pooled(pooling: str, outputs: Mapping[str, np.ndarray], mask: np.ndarray, skip: int = 0) -> np.ndarray:
    """Vectors of sentences [batch, dimensions], float32, summed in float64.

    Parameters
    ----------
    outputs : those that `outputs_of` names, [batch, tokens, dimensions] each; the pooler's [batch, dimensions].
    mask : [batch, tokens], 1 at tokens, 0 at padding (which stands at the end).
    skip : tokens at the beginning that do not count (a prompt with its CLS), where the pooling is of one layer.
    """
    if pooling == POOLER:
        return np.asarray(outputs["pooler"], np.float32)
    arrays = list(outputs.values())
    if pooling == FIRST_LAST or _LAST_N.fullmatch(pooling):
        return (sum(_weighted(array, mask) for array in arrays) / len(arrays)).astype(np.float32)
    hidden = arrays[0]
    rows = np.arange(len(mask))
    lengths = mask.sum(axis=1)
    if skip:
        mask = mask.copy()
        mask[:, :skip] = 0
    if pooling == "cls":
        return hidden[rows, np.where(lengths > skip, skip, 0)]
    if pooling == "lasttoken":
        return hidden[rows, lengths - 1]
    if pooling == "max":
        return np.where(mask[:, :, None] != 0, hidden, -np.inf).max(axis=1)
    if pooling == "weightedmean":
        return _weighted(hidden, mask * np.arange(1, mask.shape[1] + 1)).astype(np.float32)
    mean = _weighted(hidden, mask)
    if pooling == "mean_sqrt_len_tokens":
        mean *= np.sqrt(mask.sum(axis=1))[:, None]
    return mean.astype(np.float32)


def unit_rows(vectors: np.ndarray, floor: float = 1e-12) -> np.ndarray:
    """Rows of length 1, float32; a row shorter than `floor` is divided by `floor`. Lengths are taken in float64."""
    length = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1))
    return (vectors / np.maximum(length, floor)[:, None]).astype(np.float32)


def _weighted(hidden: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of the tokens by their weights, float64."""
    total = np.maximum(weights.sum(axis=1), 1e-9)
    return (hidden * weights[:, :, None]).sum(axis=1, dtype=np.float64) / total[:, None]
