"""Which of the words found are kept, by length and branching entropy, and what is said where none is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanmine.newwords.options import DiscoveryOptions
from hanmine.newwords.words import Words

Filter = tuple[str, str, np.ndarray]
"""How an option was given, what makes it keep more, and bool [words], those that it keeps."""


def filters_of(words: Words, options: DiscoveryOptions) -> list[Filter]:
    """The filters that the options ask for."""
    length = np.array([len(word) for word in words.word], np.int64)
    freedom = np.minimum(words.left_entropy, words.right_entropy)
    found = [
        (f"--min-length {options.min_length}", "lower", length >= options.min_length),
        (f"--min-entropy {options.min_entropy:g}", "lower", freedom >= options.min_entropy),
    ]
    if options.max_length is not None:
        found.append((f"--max-length {options.max_length}", "raise", length <= options.max_length))
    return found


def what_removed_all(filters: Sequence[Filter]) -> str:
    """A line that names the filter, or those together, that leave none of the words; empty where some are left, or
    where there were none."""
    words = len(filters[0][2])
    if not words or np.logical_and.reduce([kept for _, _, kept in filters]).any():
        return ""
    found = "1 word" if words == 1 else f"{words:,} words"
    for name, change, kept in filters:
        if not kept.any():
            return f"{found} found, and {name} keeps none: {change} it"
    given = " and ".join(name for name, _, kept in filters if not kept.all())
    return f"{found} found, and {given} together keep none: change one of them"
