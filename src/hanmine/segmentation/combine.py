"""One engine for all methods: blocks of lines are cut by word scores, by gap scores, or by both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hanmine.segmentation.gap_store import GapStore
from hanmine.segmentation.line_spool import LineBlock
from hanmine.segmentation.lines import Lines
from hanmine.segmentation.margin_kernels import cut_margins
from hanmine.segmentation.rules import Rules
from hanmine.segmentation.user_words import UserWords
from hanmine.segmentation.word_scores import MarkedLines, WordScores

WHITE_SPACE = np.array([code for code in range(0x3001) if chr(code).isspace()], np.uint32)


@dataclass
class GapSource:
    """Gap scores of the whole text from one model or file.

    Attributes
    ----------
    name : as messages call it. store : the scores. weight : λ. facts : what decided them, for summaries.
    share : of the full weight, which a calibration gives to it at most.
    """

    name: str
    store: GapStore
    weight: float = 1.0
    share: float = 1.0
    facts: dict = field(default_factory=dict)


@dataclass(frozen=True)
class ScoredLines:
    """A block ready to be cut.

    Attributes
    ----------
    texts, lines : its pieces of lines.
    gaps : for each source float64[characters], the standardised score of the gap behind each character, 0 where it is
        not known. raw : the same as the source gave it (nan: not known), or None.
    copied : bool[characters], in copies, of which nothing is to be learned; None for none.
    """

    texts: Sequence[str]
    lines: Lines
    gaps: list[np.ndarray]
    raw: np.ndarray | None = None
    copied: np.ndarray | None = None


@dataclass(frozen=True)
class CutLines:
    """What was decided: bool[characters], whether a word ends there, and float64[characters] or None, the margin of it.

    The margin of a gap is what the best segmentation with a cut there is better than the best one without; inf and -inf
    where a rule decides.
    """

    ends: np.ndarray
    margins: np.ndarray | None


@dataclass
class Cutter:
    """How blocks of lines are cut.

    scores : of words. masking : gaps alone decide, by the threshold.
    sources : of gap scores, each with its weight. threshold : the score from which two characters are joined, in the
        units of the source where there is one, else in standard deviations.
    rules, words : what must and what must not be cut, and the words of the user's dictionary.
    margins : compute them.
    """

    rules: Rules
    words: UserWords | None = None
    scores: WordScores | None = None
    masking: bool = False
    sources: Sequence[GapSource] = ()
    threshold: float = 0.0
    margins: bool = False

    def scored(self, block: LineBlock) -> ScoredLines:
        """Read what the sources know of a block; by one thread at a time."""
        lines = Lines.of(block.pieces)
        inside = ~lines.last
        start, stop = block.gap_start, block.gap_start + block.gaps

        def spread(scores: np.ndarray) -> np.ndarray:
            values = np.zeros(len(lines.codes))
            values[inside] = scores
            return values

        raw = None
        if self.masking and len(self.sources) == 1:
            raw = spread(self.sources[0].store.read(start, stop))
        return ScoredLines(
            block.pieces, lines, [spread(source.store.standardised(start, stop)) for source in self.sources], raw,
            block.copied,
        )  # fmt: skip

    def cut(self, block: ScoredLines) -> CutLines:
        """Cut a block; by any number of threads."""
        marked = self.marked(block)
        if self.masking:
            return self._by_threshold(block, marked.joined, marked.cut)
        scores = self.scores.autonomy_of_lines(block.lines)
        return CutLines(marked.best(scores), margins_of(scores, marked) if self.margins else None)

    def marked(self, block: ScoredLines, *, gaps: bool = True) -> MarkedLines:
        """A block with what the rules say of it, and with its weighted gap scores unless `gaps` is False."""
        joined, cut = self.marks(block.texts, block.lines)
        known = bool(self.sources) and gaps and not self.masking
        total = weighted(block.gaps, [source.weight for source in self.sources]) if known else None
        return MarkedLines(block.lines, joined, cut, total, block.copied)

    def marks(self, texts: Sequence[str], lines: Lines) -> tuple[np.ndarray, np.ndarray]:
        """joined, cut: bool[characters] of the gap behind each character; nothing behind the last one of a line.

        A run of white space is a word of its own whatever the rules are, so that the words of a line are the line.
        """
        joined, cut = self.rules.apply_to_lines(texts, self.words)
        inside = ~lines.last
        white = np.isin(lines.codes, WHITE_SPACE)
        behind = np.append(white[1:], False)
        joined = np.where(white | behind, white & behind, joined) & inside
        cut = np.where(white | behind, white ^ behind, cut) & inside
        return joined, cut

    def _by_threshold(self, block: ScoredLines, joined: np.ndarray, cut: np.ndarray) -> CutLines:
        scores = self.combined(block)
        with np.errstate(invalid="ignore"):
            ends = ~(scores >= self.threshold)  # a gap of which nothing is known is cut
        ends = (ends | cut | block.lines.last) & ~joined
        if not self.margins:
            return CutLines(ends, None)
        margins = np.where(np.isnan(scores), np.inf, self.threshold - scores)
        return CutLines(ends, np.where(cut | block.lines.last, np.inf, np.where(joined, -np.inf, margins)))

    def combined(self, block: ScoredLines) -> np.ndarray:
        """The scores that the threshold is for: of one source its own, of several the weighted mean of standardised."""
        if block.raw is not None:
            return block.raw
        weights = [source.weight for source in self.sources]
        return weighted(block.gaps, weights) / (sum(weights) or 1.0)


def weighted(gaps: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Σ λ · standardised gap scores, float64[characters]."""
    total = np.zeros(len(gaps[0]) if gaps else 0)
    for scores, weight in zip(gaps, weights, strict=True):
        total += weight * scores
    return total


def margins_of(scores: np.ndarray, marked: MarkedLines) -> np.ndarray:
    """The margin of a cut behind every character, see `CutLines`, by scores of words float64[characters, longest]."""
    offsets = marked.lines.offsets
    room = int(np.diff(offsets).max(initial=0)) + 1
    gaps = np.zeros(len(scores)) if marked.gaps is None else marked.gaps
    margins = np.zeros(len(scores))
    forward, backward, without = np.zeros(room), np.zeros(room), np.zeros(room)
    cut_margins(offsets, scores, gaps, marked.joined, marked.cut, forward, backward, without, margins)
    return margins
