"""Weights of gap scores, and the threshold of masking, without gold.

Statistics (nvbe) and a model err in different ways, so what one says about the other tells how good it is.

Weights.    How well do the gap scores of a source foretell where nvbe cuts? A logistic regression of its cuts on the
            standardised scores, over the gaps that no rule decides, gives a slope. A source with a slope of 1 or
            more gets the full weight, one with less its share of that, and noise nothing. More than 1 earns no more:
            such a source says what nvbe knows already. The full weight was chosen once, on news of the 1990s with two
            models; near its best value it matters little.
Threshold.  The one with which the words of masking agree best with those of nvbe, by F, among the quantiles .30, .32,
            to .90 of the scores.

Both look at 300,000 characters at most, spread evenly over the text, as does the scale of word scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hanmine.segmentation.branching import BranchingStatistics
from hanmine.segmentation.combine import Cutter, ScoredLines, margins_of
from hanmine.segmentation.line_spool import LineSpool
from hanmine.segmentation.rounds import reestimate
from hanmine.segmentation.word_scores import MarkedLines, WordScores, calibrated

SAMPLE = 300_000
FULL_WEIGHT = 1.7
FEWEST = 200
"""Gaps that a calibration needs at least."""
QUANTILES = np.arange(0.30, 0.901, 0.02)
_RIDGE = 1e-3


@dataclass
class Calibration:
    """What was found, or given.

    Attributes
    ----------
    facts : for the summary. messages : lines that a user should see.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


def sample(cutter: Cutter, spool: LineSpool) -> list[ScoredLines]:
    """The blocks that everything is calibrated on."""
    return [cutter.scored(spool.block(number)) for number in spool.sample(SAMPLE)]


def scale_words(
    cutter: Cutter, blocks: list[ScoredLines], statistics: BranchingStatistics, *, gaps: bool, **options: Any
) -> WordScores:
    """Word scores for the text, beside its gap scores or without them; options: those of `word_scores.calibrated`."""
    return calibrated(statistics, [cutter.marked(block, gaps=gaps) for block in blocks], **options)


def score_again(cutter: Cutter, spool: LineSpool, rounds: int) -> WordScores:
    """The word scores of a cutter after some rounds over the whole text."""

    def blocks() -> Iterator[MarkedLines]:
        for block in spool.blocks():
            yield cutter.marked(cutter.scored(block))

    return reestimate(cutter.scores, blocks, rounds)


def calibrate_weights(cutter: Cutter, blocks: list[ScoredLines], given: tuple[float | None, ...]) -> Calibration:
    """Set the weights of the sources: those that are given, and those that are found for the others (None).

    The scores of the cutter are those of words without gaps.
    """
    found = Calibration()
    cuts, scores = _evidence(cutter, blocks) if None in given else (np.zeros(0, bool), np.zeros((0, len(given))))
    share = float(cuts.mean()) if cuts.size else 0.0
    slopes = np.ones(len(given))
    if cuts.size >= FEWEST and 0.0 < share < 1.0:
        slopes = np.array([logistic_slope(scores[:, source], cuts) for source in range(len(given))])
    elif None in given and blocks:
        found.messages.append(
            f"the text is too short to weigh gap scores: λ is {FULL_WEIGHT:g} (mine segment --lambda X chooses another)"
        )
    for source, weight, slope in zip(cutter.sources, given, slopes.tolist(), strict=True):
        full = FULL_WEIGHT * source.share
        source.weight = round(full * min(max(slope, 0.0), 1.0), 2) if weight is None else weight
    if None in given:
        slopes = np.round(slopes, 4).tolist() if cuts.size >= FEWEST else None
        found.facts = {"gaps": int(cuts.size), "cut_by_nvbe": round(share, 4), "slopes": slopes}
    return found


def _evidence(cutter: Cutter, blocks: list[ScoredLines]) -> tuple[np.ndarray, np.ndarray]:
    """Of the gaps that no rule decides: whether nvbe cuts (bool[gaps]), and −score [gaps, sources]."""
    cuts, scores = [np.zeros(0, bool)], [np.zeros((0, len(cutter.sources)))]
    for block in blocks:
        marked = cutter.marked(block, gaps=False)
        margins = margins_of(cutter.scores.autonomy_of_lines(block.lines), marked)
        free = np.isfinite(margins) & marked.free
        cuts.append(margins[free] > 0)
        scores.append(-np.column_stack([gaps[free] for gaps in block.gaps]))
    return np.concatenate(cuts), np.concatenate(scores)


def logistic_slope(scores: np.ndarray, cuts: np.ndarray) -> float:
    """The slope of a logistic regression of bool[gaps] on float64[gaps], by Newton's method."""
    columns = np.column_stack([np.ones(len(scores)), scores])
    labels = cuts.astype(np.float64)
    slopes = np.zeros(2)
    penalty = _RIDGE * len(scores) * np.array([[0.0, 0.0], [0.0, 1.0]])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(columns @ slopes, -30.0, 30.0)))
        weight = chance * (1.0 - chance)
        gradient = columns.T @ (labels - chance) - penalty @ slopes
        step = np.linalg.solve((columns * weight[:, None]).T @ columns + penalty + 1e-9 * np.eye(2), gradient)
        slopes += step
        if np.abs(step).max() < 1e-8:
            break
    return float(slopes[1])


def calibrate_threshold(cutter: Cutter, blocks: list[ScoredLines]) -> Calibration:
    """Set the threshold by which masking agrees best with nvbe, whose scores of words the cutter holds."""
    cuts = [cutter.marked(block, gaps=False).best(cutter.scores.autonomy_of_lines(block.lines)) for block in blocks]
    once = [True if block.copied is None else ~block.copied for block in blocks]
    scores = [cutter.combined(block)[~block.lines.last & here] for block, here in zip(blocks, once, strict=True)]
    scores = np.concatenate([np.zeros(0), *scores])
    scores = scores[np.isfinite(scores)]
    if not scores.size:
        cutter.threshold = 0.0
        return Calibration(messages=["the gaps of the text have no scores: all of them are cut"])
    candidates = np.unique(np.quantile(scores, QUANTILES))
    agreement = []
    for threshold in candidates.tolist():
        cutter.threshold = threshold
        counts = [
            words_in_common(cutter.cut(block).ends & here, ends & here)
            for block, ends, here in zip(blocks, cuts, once, strict=True)
        ]
        right, words, others = np.sum(counts, axis=0).tolist()
        agreement.append(2 * right / max(words + others, 1))
    best = int(np.argmax(agreement))
    cutter.threshold = float(candidates[best])
    return Calibration({"threshold": cutter.threshold, "agreement_with_nvbe": round(agreement[best], 4)})


def quantile_of_scores(cutter: Cutter, spool: LineSpool, share: float) -> float:
    """The score that this share of all scores does not reach; of several sources, of a sample of the text."""
    if len(cutter.sources) == 1:
        return cutter.sources[0].store.quantile(share)
    scores = [cutter.combined(block)[~block.lines.last] for block in sample(cutter, spool)]
    together = np.concatenate([np.zeros(0), *scores])
    return float(np.quantile(together, share)) if together.size else 0.0


def words_in_common(ends: np.ndarray, others: np.ndarray) -> tuple[int, int, int]:
    """Words with the same begin and end in both of bool[characters], and the words of either."""
    both = ends & others
    places = np.flatnonzero(both)
    # Between two ends that both have, they have the same word where neither has another end.
    before = np.concatenate([[-1], places[:-1]]) if places.size else places
    count = np.cumsum(ends | others)
    inside = count[places] - np.where(before >= 0, count[before], 0)
    return int((inside == 1).sum()), int(ends.sum()), int(others.sum())
