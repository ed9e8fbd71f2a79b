"""Merging branching-entropy statistics of different texts, whose alphabets may number rare ideographs differently."""

from __future__ import annotations

import numpy as np

from hanmine.errors import UsageError
from hanmine.ngrams.windows import Windows
from hanmine.segmentation.branching import BranchingStatistics
from hanmine.text.alphabet import SIZE, SPARE_START, Alphabet

READING = ("normalize", "fold_case", "t2s", "mixed")


def merged(first: BranchingStatistics, second: BranchingStatistics) -> BranchingStatistics:
    """The statistics of both texts together; supplementary ideographs take their slots in that order.

    Raises
    ------
    UsageError : the texts were read in different ways, or have more different supplementary ideographs than there are
        slots.
    """
    for name in READING:
        one, other = getattr(first.options, name), getattr(second.options, name)
        if one != other:
            option = "--" + name.replace("_", "-")
            raise UsageError(
                f"statistics of texts read with {option} {one} and {other} cannot be joined: make one anew"
            )
    alphabet = Alphabet(first.options)
    alphabet.register(supplementary(first.alphabet))
    alphabet.register(supplementary(second.alphabet))
    windows = first.windows.merge(_renumbered(second.windows, second.alphabet, alphabet))
    return BranchingStatistics(
        windows, alphabet, first.options, first.characters + second.characters, first.runs + second.runs,
        [*first.inputs, *second.inputs], [*first.messages, *second.messages], first.max_length, first.threads,
        first.progress,
    )  # fmt: skip


def supplementary(alphabet: Alphabet) -> np.ndarray:
    """Code points of the ideographs in spare slots, in the order of the slots."""
    return alphabet.codepoints[SPARE_START : alphabet.next_slot].copy()


def _renumbered(windows: Windows, old: Alphabet, new: Alphabet) -> Windows:
    """The windows with the ids that another alphabet gives their characters."""
    codes = supplementary(old)
    slots = np.arange(SPARE_START, SPARE_START + len(codes), dtype=np.uint16)
    ids = new.extended[codes.astype(np.int64) - 0x20000]
    if np.array_equal(slots, ids):
        return windows
    if (ids < SPARE_START).any() or (ids >= new.next_slot).any():
        raise UsageError("the texts have more different supplementary ideographs than statistics can hold: join fewer")
    table = np.arange(SIZE, dtype=np.uint16)
    table[slots] = ids
    return windows.renumbered(table)
