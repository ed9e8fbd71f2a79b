"""Re-estimation: the words that were found in a text score the words of the text anew.

Each round cuts the text with the scores at hand, counts the words (but for those in copies), and makes a unigram model
of them (hard EM, as with Viterbi training):

    P(w) = (max(c(w) − 1, 0) + (θ + K)·P₀(w)) / (C + θ)

for C words of K types; P₀(w) is the prior of its length (`LENGTHS`) times the shares of its characters in the text of
the statistics. Every word is discounted by one occurrence: the one that is being looked at must not vouch for itself,
else each word found would stay a word, and little would change. θ is a quarter of C.

Only n-grams that occur twice or more in the text of the statistics are counted. Where that is the text itself, any
other word occurs once, and would be discounted to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from hanmine.segmentation.word_scores import MarkedLines, WordModel, WordScores, look_up

WEIGHT = 3.0
LENGTHS = (0.3, 0.5, 0.1, 0.1)
"""Prior of words of 1, 2, 3 and 4 characters: broader than the shares of words in text, as rare words are longer."""
BASE = 0.25
"""θ as a share of the words."""


def reestimate(
    scores: WordScores, blocks: Callable[[], Iterable[MarkedLines]], rounds: int = 1, *, weight: float = WEIGHT
) -> WordScores:
    """The scores after some rounds; the other parts of them stay as they are.

    Parameters
    ----------
    blocks : gives the lines of the text, block by block, anew for each round. Texts that are merely to be learned from
        can be among them.
    rounds : 0 gives `scores` back.
    weight : μ.
    """
    for _ in range(rounds):
        scores = replace(scores, model=_counted(scores, blocks(), weight))
    return scores


def _counted(scores: WordScores, blocks: Iterable[MarkedLines], weight: float) -> WordModel:
    """The model of the words of the best segmentation."""
    levels = scores.statistics.tables.trie.levels
    counts = tuple(np.zeros(len(levels[order])) for order in (1, 2, 3, 4))
    words = 0
    for block in blocks:
        ends = block.best(scores.autonomy_of_lines(block.lines))
        ids, found = look_up(scores.statistics, block.lines)
        starts, sizes = block.words(ends)
        for order in (1, 2, 3, 4):
            begin = starts[sizes == order]
            rows = ids[begin] if order == 1 else found[order - 2][begin]
            words += int(np.count_nonzero(ids[begin]))  # punctuation is no word of the model
            np.add.at(counts[order - 1], rows[rows > 0] if order == 1 else rows[rows >= 0], 1.0)
    types = sum(int(np.count_nonzero(part)) for part in counts)
    for part in counts:
        np.maximum(part - 1.0, 0.0, out=part)
    return WordModel(counts, np.log2(LENGTHS), words, types, BASE * max(words, 1), weight)
