"""Sentences of a stream in windows, and the sentences of a window in batches of similar length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

WINDOW = 2048  # sentences of which the vectors are held at once; they are sorted by length within it
WINDOW_CHARACTERS = 1 << 22
BATCH_TOKENS = 1024


def windows(sentences: Iterable[str], size: int = WINDOW, characters: int = WINDOW_CHARACTERS) -> Iterator[list[str]]:
    """Consecutive lists of at most `size` sentences and, but for single long ones, at most `characters` characters."""
    window: list[str] = []
    length = 0
    for sentence in sentences:
        if window and (len(window) == size or length + len(sentence) > characters):
            yield window
            window, length = [], 0
        window.append(sentence)
        length += len(sentence)
    if window:
        yield window


def batches_of_similar_length(
    lengths: Sequence[int] | np.ndarray, batch_tokens: int = BATCH_TOKENS
) -> list[np.ndarray]:
    """Positions of sentences with these lengths in tokens, in batches that padding fills to `batch_tokens` at most.

    Batches go from long to short sentences, so that what needs the most memory comes first; equally long sentences
    stay in their order. A sentence that is longer than `batch_tokens` is a batch of its own.
    """
    lengths = np.asarray(lengths, np.int64)
    order = np.argsort(-lengths, kind="stable")
    batches = []
    start = 0
    while start < len(order):
        stop = start + max(1, batch_tokens // max(1, int(lengths[order[start]])))
        batches.append(order[start:stop])
        start = stop
    return batches
