"""Scores of words out of branching entropy and three things that it does not see.

    score(w) = autonomy(w) + [ λ·(Σ a of the inner gaps of w − a of the gap behind w) + μ·log₂ P(w) ] / length
               − (δ if w is a single character)

The dynamic program multiplies by the length, so that what stands in brackets counts once a word.

a    Association of the two characters at a gap: their pointwise mutual information log₂(c(xy)·n / (c(x)·c(y))), with
     counts of at least 1, standardised over the gaps that no rule decides. Autonomy looks at the two ends of a word
     alone, this at every gap.
δ    Autonomy adds up standard scores over the types of one length each, so what a single character is worth beside a
     longer word depends on how many n-grams the text was large enough to show: short texts are cut too finely. δ is
     what makes words of ideographs as long, on average, as words of Chinese are (`WORD_LENGTH`).
P    A unigram model of the words that were found so far, see `hanmine.segmentation.rounds`.

With λ = δ = μ = 0 the scores are those of Magistry and Sagot (2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hanmine.errors import UsageError
from hanmine.segmentation.branching import BranchingStatistics
from hanmine.segmentation.decode import best_cuts_of_lines
from hanmine.segmentation.kernels import add_gaps, add_model
from hanmine.segmentation.lines import Lines
from hanmine.text.alphabet import BOUNDARY, SKIP

WORD_LENGTH = 1.7
"""Mean number of characters of words of ideographs: 1.69 to 1.78 in four segmentations of news by hand (MSR, PKU,
People's Daily, SXU), 1.61 in a treebank of encyclopaedic text that cuts more finely."""
ASSOCIATION = 1.0
FEWEST = 2_000
"""Gaps that no rule decides, and words of ideographs, which a calibration needs at least."""
_USUAL = (4.0, 3.2)  # mean and deviation of the association in bits, in all texts alike
_STEPS = 12
_LEAST, _MOST = -8.0, 16.0  # of δ
_IDEOGRAPHS = ((0x3005, 0x3007), (0x3400, 0x9FFF), (0xF900, 0xFAD9), (0x20000, 0x3FFFF))


@dataclass(frozen=True, eq=False)
class MarkedLines:
    """Lines with what is known of their gaps: one value a character, that of a gap at the character before it.

    Attributes
    ----------
    lines : the lines. joined, cut : bool[characters], what rules decide. gaps : float64[characters], further scores of
        gaps, weighted and summed, or None. copied : bool[characters], in copies of earlier text, or None for none.
    """

    lines: Lines
    joined: np.ndarray
    cut: np.ndarray
    gaps: np.ndarray | None = None
    copied: np.ndarray | None = None

    @property
    def free(self) -> np.ndarray:
        """bool[characters]: whether no rule decides the gap behind a character, and it stands in no copy."""
        free = ~(self.joined | self.cut | self.lines.last)
        return free if self.copied is None else free & ~self.copied

    def words(self, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Starts and sizes (int64) of the words that end at `ends` (bool[characters]), but for those that reach into
        copies: something is to be learned of each."""
        stops = np.flatnonzero(ends)
        starts = np.concatenate([[0], stops[:-1] + 1])[: len(stops)]
        sizes = stops + 1 - starts
        if self.copied is None:
            return starts, sizes
        before = np.concatenate([[0], np.cumsum(self.copied)])
        kept = before[stops + 1] == before[starts]
        return starts[kept], sizes[kept]

    def best(self, scores: np.ndarray) -> np.ndarray:
        """The best segmentation: bool[characters], whether a word ends there."""
        gaps, weights = ([], []) if self.gaps is None else ([self.gaps], [1.0])
        return best_cuts_of_lines(scores, self.lines.offsets, gaps, weights, joined=self.joined, cut=self.cut)


@dataclass(frozen=True, eq=False)
class WordModel:
    """A unigram model of words, see `hanmine.segmentation.rounds`.

    Attributes
    ----------
    counts : for orders 1..4 float64[rows of the n-grams of the statistics], times that each was a word, less one.
    lengths : float64[4], log₂ of the prior of each length. words, types : how many there are, and how many different
    ones. base : θ, the strength of the base model P₀ in words. weight : μ.
    """

    counts: tuple[np.ndarray, ...]
    lengths: np.ndarray
    words: int
    types: int
    base: float
    weight: float


@dataclass(frozen=True, eq=False)
class WordScores:
    """Scores of words, in the place of the plain autonomy that `statistics` gives.

    Attributes
    ----------
    association : λ. mean, deviation : of the association over gaps. single : δ. model : P, or None.
    """

    statistics: BranchingStatistics
    association: float = 0.0
    mean: float = 0.0
    deviation: float = 1.0
    single: float = 0.0
    model: WordModel | None = None

    @property
    def max_length(self) -> int:
        return self.statistics.max_length

    def autonomy(self, text: str) -> np.ndarray:
        """Scores of the words of a text, float64[shape=(len(text), max_length)], as in `BranchingStatistics`."""
        return self.autonomy_of_lines(Lines.of([text]))

    def autonomy_of_lines(self, lines: Lines) -> np.ndarray:
        """Scores of the words of many lines: float64[shape=(characters of all lines, max_length)]."""
        ids, found = self.statistics.look_up(lines)
        if found is None:
            scores = self.statistics.autonomy_of_lines(lines)
            ids, found = look_up(self.statistics, lines)
        else:
            scores = self.statistics.score(lines.offsets, ids, found)
        if self.association:
            values, known = association(self.statistics, ids, found)
            gaps = np.where(known, (values - self.mean) * (self.association / self.deviation), 0.0)
            add_gaps(lines.offsets, gaps, scores)
        if self.model is not None:
            self._add_model(lines, ids, found, scores)
        scores[:, 0] -= self.single
        return scores

    def _add_model(self, lines: Lines, ids: np.ndarray, found: np.ndarray, scores: np.ndarray) -> None:
        model, unigrams = self.model, self.statistics.windows.unigrams
        characters = np.log2(np.maximum(unigrams, 1) / max(int(unigrams.sum()), 1))
        base, total = model.base + model.types, model.base + model.words
        add_model(
            lines.offsets, ids, found, model.counts, characters, model.lengths, base, total, model.weight, scores
        )  # fmt: skip


def look_up(statistics: BranchingStatistics, lines: Lines) -> tuple[np.ndarray, np.ndarray]:
    """As `BranchingStatistics.look_up`, with zero-width characters read as boundaries."""
    ids, found = statistics.look_up(lines)
    if found is None:
        ids = np.where(ids == SKIP, BOUNDARY, ids).astype(np.uint16)
        found = statistics.match(ids)
    return ids, found


def association(statistics: BranchingStatistics, ids: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise mutual information, in bits, of each character and the next one, and whether both are known.

    A bigram that is not listed occurred once or never, and counts 1, as does a character that was not seen.
    """
    bigrams, unigrams = statistics.tables.trie.levels[2].counts, statistics.windows.unigrams
    behind = np.append(ids[1:], np.uint16(BOUNDARY))
    pairs = np.ones(len(ids))
    listed = found[0] >= 0
    pairs[listed] = bigrams[found[0][listed]]
    single = np.maximum(unigrams, 1).astype(np.float64)
    total = max(int(unigrams.sum()), 1)
    return np.log2(pairs * total / (single[ids] * single[behind])), (ids != BOUNDARY) & (behind != BOUNDARY)


def calibrated(
    statistics: BranchingStatistics, blocks: Sequence[MarkedLines], *, word_length: float | None = WORD_LENGTH,
    association_weight: float = ASSOCIATION,
) -> WordScores:  # fmt: skip
    """Scores of words whose δ, and whose scale of association, are those of some lines: a sample of the text.

    Parameters
    ----------
    blocks : the lines. With `gaps` in them δ is the one that fits these, too. Where they are too few (`FEWEST`), the
        scale is the usual one, and δ that of news for statistics of that size.
    word_length : mean length of words of ideographs in them; None for δ = 0.
    association_weight : λ.

    Raises
    ------
    UsageError : a mean length that words of 1 to `max_length` characters cannot have.
    """
    if word_length is not None and not 1.0 < word_length < statistics.max_length:
        raise UsageError(f"a mean word length of {word_length:g} is out of range: give one between 1 and 4, as 1.7")
    free = []
    for block in blocks if association_weight else ():
        values, known = association(statistics, *look_up(statistics, block.lines))
        free.append(values[known & block.free])
    values = np.concatenate([np.zeros(0), *free])
    mean, deviation = (float(values.mean()), float(values.std()) or 1.0) if len(values) >= FEWEST else _USUAL
    scores = WordScores(statistics, association_weight, mean, deviation)
    return scores if word_length is None else replace(scores, single=charge_for_single(scores, blocks, word_length))


def charge_for_single(scores: WordScores, blocks: Sequence[MarkedLines], word_length: float) -> float:
    """δ: what makes words of ideographs `word_length` characters long, on average over these lines; by bisection.

    For fewer than `FEWEST` such words what was measured on news, for words of 1.7 characters: 2.2 for statistics of
    370,000 characters, 0.45 less for each doubling, at least 0 and at most 4.
    """
    plain = [scores.autonomy_of_lines(block.lines) for block in blocks]
    least, most = _LEAST, _MOST
    for _ in range(_STEPS):
        middle = (least + most) / 2
        characters = words = 0
        for block, values in zip(blocks, plain, strict=True):
            changed = values.copy()
            changed[:, 0] -= middle
            found = _words_of_ideographs(block, block.best(changed))
            characters, words = characters + found[0], words + found[1]
        if words < FEWEST:
            return float(np.clip(2.2 - 0.45 * np.log2(max(scores.statistics.characters, 1) / 370_000), 0.0, 4.0))
        if characters < word_length * words:
            least = middle
        else:
            most = middle
    return (least + most) / 2


def _words_of_ideographs(block: MarkedLines, ends: np.ndarray) -> tuple[int, int]:
    """Characters and number of the words that consist of ideographs, and are not as long as they are by rule alone."""
    codes = block.lines.codes
    others = np.ones(len(codes), np.int64)
    for first, last in _IDEOGRAPHS:
        others[(codes >= first) & (codes <= last)] = 0
    starts, sizes = block.words(ends)
    before = np.concatenate([[0], np.cumsum(others)])
    pure = before[starts + sizes] == before[starts]
    return int(sizes[pure].sum()), int(pure.sum())
