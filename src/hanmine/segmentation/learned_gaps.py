"""Gap scores that a linear probe learns from the cuts found so far; see `hanmine.segmentation.probe`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hanmine.masking import character_states, pieces_of, probed_layer
from hanmine.segmentation.calibrate import SAMPLE
from hanmine.segmentation.combine import Cutter, GapSource
from hanmine.segmentation.gap_store import GapStore
from hanmine.segmentation.probe import Probe, ProbeSums

if TYPE_CHECKING:
    from hanmine.masking import ImpactOptions, MaskedModel
    from hanmine.progress import Progress
    from hanmine.segmentation.line_spool import LineBlock, LineSpool

NAME = "probe"
FEWEST = 1_000
"""Gaps that no rule decides which a text must have for anything to be learned from it."""
TOO_SHORT = f"the text is too short for --probe, which learns from {FEWEST:,} gaps at least: words are found without it"
_WINDOW = 1 << 13  # characters whose states are held at once


def probed_models(models: Sequence[MaskedModel]) -> list[MaskedModel]:
    """Those whose states can be had."""
    return [model for model in models if probed_layer(model) is not None]


def learned_gaps(
    models: Sequence[MaskedModel],
    cutter: Cutter,
    spool: LineSpool,
    impact: ImpactOptions,
    tmpdir: str | Path | None,
    progress: Progress,
) -> GapSource | None:
    """What a probe of the states of some models says of every gap, after it has learned where the cutter cuts.

    The models read a sample of the text, that of `hanmine.segmentation.calibrate`, then the whole, with nothing masked.

    Returns
    -------
    None where the text has too few gaps, or all or none of them are cut.
    """
    before = [dict(model.counts) for model in models]
    probe, gaps = _learned(models, cutter, spool, impact, progress)
    if probe is None:
        return None
    store = GapStore(tmpdir)
    progress.phase(f"reading states of {_names(models)}", spool.characters, "characters")
    for block in spool.blocks():
        scores = np.full(block.gaps, np.nan)
        for places, features in _features(models, block, impact, progress):
            scores[places] = probe.scores(features)
        store.append(scores)
    layers = [probed_layer(model) for model in models]
    facts = {"name": NAME, "score": NAME, "models": [model.name for model in models], "layers": layers}
    facts["learned_from_gaps"] = gaps
    for what in ("rows", "tokens"):
        count = sum(model.counts[what] - past.get(what, 0) for model, past in zip(models, before, strict=True))
        facts[f"{what}_per_character"] = round(count / max(1, spool.characters), 3)
    return GapSource(NAME, store, share=float(len(models)), facts=facts)


def _learned(
    models: Sequence[MaskedModel], cutter: Cutter, spool: LineSpool, impact: ImpactOptions, progress: Progress
) -> tuple[Probe | None, int]:
    """The probe, and the number of gaps that it has learned from."""
    sums = ProbeSums()
    blocks = [spool.block(number) for number in spool.sample(SAMPLE)]
    progress.phase(f"learning from {_names(models)}", sum(block.characters for block in blocks), "characters")
    evidence = [_evidence(cutter, block) for block in blocks]
    if sum(int(np.count_nonzero(free)) for free, _ in evidence) < FEWEST:
        return None, 0
    for block, (free, cuts) in zip(blocks, evidence, strict=True):
        for places, features in _features(models, block, impact, progress):
            usable = free[places] & np.isfinite(features).all(axis=1)
            sums.add(features[usable], cuts[places[usable]])
    if sums.count < FEWEST or sums.cuts in (0, sums.count):
        return None, 0
    return sums.solved(), sums.count


def _evidence(cutter: Cutter, block: LineBlock) -> tuple[np.ndarray, np.ndarray]:
    """Of each gap of a block whether no rule decides it and it is in no copy, and whether it is cut, bool[gaps]."""
    scored = cutter.scored(block)
    marked = cutter.marked(scored)
    ends = marked.best(cutter.scores.autonomy_of_lines(scored.lines))
    inside = ~scored.lines.last
    return marked.free[inside], ends[inside]


def _features(
    models: Sequence[MaskedModel], block: LineBlock, impact: ImpactOptions, progress: Progress
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Some gaps of a block at a time: int64[gaps], their numbers in it, and float32[gaps, columns], the states of the
    characters on both sides. All models read the same pieces of the text."""
    most = min([impact.piece, *(model.max_units for model in models)])
    texts: list[str] = []
    places: list[np.ndarray] = []  # of gaps, and where in the window their left characters are
    lefts: list[np.ndarray] = []
    held = first = fresh = 0
    for text in block.pieces:
        for piece in pieces_of(text, most):
            gaps = np.arange(piece.first, piece.last)
            texts.append(text[piece.start : piece.stop])
            places.append(first + gaps)
            lefts.append(held + gaps - piece.start)
            held, fresh = held + piece.stop - piece.start, fresh + piece.fresh
            if held >= _WINDOW:
                yield _window(models, texts, places, lefts, impact)
                progress.advance(fresh)
                texts, places, lefts, held, fresh = [], [], [], 0, 0
        first += max(0, len(text) - 1)
    if texts:
        yield _window(models, texts, places, lefts, impact)
        progress.advance(fresh)


def _window(
    models: Sequence[MaskedModel],
    texts: list[str],
    places: list[np.ndarray],
    lefts: list[np.ndarray],
    impact: ImpactOptions,
) -> tuple[np.ndarray, np.ndarray]:
    states = [character_states(model, texts, batch_tokens=impact.batch_tokens) for model in models]
    left = np.concatenate(lefts)
    columns = [found[left + side] for found in states for side in (0, 1)]
    return np.concatenate(places), np.concatenate(columns, axis=1)


def _names(models: Sequence[MaskedModel]) -> str:
    return " and ".join(model.name for model in models)
