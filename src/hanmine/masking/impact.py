"""The impact of masking one symbol on another, as gap scores of texts and as matrices of sentences.

f(i, j) is the change at position i when j is masked, too (Wu et al., "Perturbed Masking", ACL 2020). Neighbours that
belong together depend on each other: the gap score between two characters is the mean of f in both directions (Su
Jianlin, 2020).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hanmine.encoder.characters import CharacterTokens
from hanmine.errors import InputError, UsageError
from hanmine.masking.combs import comb_plan, nearest_of_combs
from hanmine.masking.model import MaskedModel, load_masked_model
from hanmine.masking.options import RELATIVE, ImpactOptions, settled
from hanmine.masking.passes import Job, run_jobs
from hanmine.masking.pieces import Piece, pieces_of
from hanmine.masking.readout import Readout
from hanmine.masking.relative import relative_impact
from hanmine.masking.schemes import Plan, plan_of
from hanmine.progress import Progress
from hanmine.public import public

WINDOW_CHARACTERS = 1 << 15  # that are sorted by length together
_WINDOW_UNITS = 1 << 11  # of sentences whose matrices are computed together


def gap_scores(
    model: MaskedModel,
    texts: Sequence[str],
    options: ImpactOptions | None = None,
    *,
    progress: Progress | None = None,
) -> list[np.ndarray]:
    """How much the characters on both sides of each gap belong together, by a model.

    Parameters
    ----------
    texts : str of any length; longer ones than the model has positions for are cut at punctuation.
    options : None: what fits the kind of model, see `ImpactOptions`.

    Returns
    -------
    For each text float64 [len(text) - 1], of the gap behind character g: (f(g, g + 1) + f(g + 1, g)) / 2, or the
    relative impact of `hanmine.masking.relative`. Large where the two characters belong together; nan beside white
    space and characters that the model does not know, and at cuts.

    Raises
    ------
    UsageError : options that the model cannot be run with; a text that is no str.
    """
    if isinstance(texts, str):
        raise UsageError("texts are a list of str: pass [text] for a single one")
    progress = progress or Progress()
    progress.phase(f"masking with {model.name}", sum(map(len, texts)), "characters")
    return list(iter_gap_scores(model, texts, options, progress=progress))


def iter_gap_scores(
    model: MaskedModel,
    texts: Iterable[str],
    options: ImpactOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Iterator[np.ndarray]:
    """The same for a stream of texts, with a window of them in memory; begins no phase of `progress`."""
    options = settled(options or ImpactOptions(), model)
    progress = progress or Progress()
    waiting: deque[_Text] = deque()
    window: list[tuple[_Text, Piece]] = []
    characters = 0
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise UsageError(f"text {number} is of type {type(text).__name__}: pass str only")
        current = _Text(text, model)
        waiting.append(current)
        characters += 1  # empty texts wait, too
        for piece in pieces_of(text, min(options.piece, model.max_units)):
            window.append((current, piece))
            current.left += 1
            characters += piece.stop - piece.start
            if characters >= WINDOW_CHARACTERS:
                _score_window(model, window, options, progress)
                window, characters = [], 0
        current.whole = True
        while waiting and waiting[0].done:
            yield waiting.popleft().gaps
    _score_window(model, window, options, progress)
    for current in waiting:
        yield current.gaps


class _Text:
    """A text whose pieces are on their way."""

    def __init__(self, text: str, model: MaskedModel) -> None:
        self.tokens: CharacterTokens = model.encode(text)
        self.gaps = np.full(max(0, len(text) - 1), np.nan)
        self.left = 0  # pieces that are not scored
        self.whole = False  # whether all pieces have been cut

    @property
    def done(self) -> bool:
        return self.whole and not self.left

    def ids_of(self, piece: Piece) -> np.ndarray:
        first = self.tokens.first
        return self.tokens.ids[first[piece.start] : first[piece.stop]]

    def put(self, piece: Piece, left: np.ndarray) -> None:
        """Write the gaps of a piece; `left` [tokens - 1] is the score behind each of its tokens."""
        place = np.arange(piece.first, piece.last)
        known = self.tokens.covered[place] & self.tokens.covered[place + 1]
        place = place[known]
        self.gaps[place] = left[self.tokens.first[place] - self.tokens.first[piece.start]]


def _score_window(
    model: MaskedModel, window: Sequence[tuple[_Text, Piece]], options: ImpactOptions, progress: Progress
) -> None:
    owners: dict[int, tuple[_Text, Piece]] = {}
    jobs = []
    for text, piece in window:
        ids = text.ids_of(piece)
        if len(ids) < 2:
            text.left -= 1
            progress.advance(piece.fresh)
            continue
        relative = options.score == RELATIVE
        plan = plan_of(options.scheme, options.context, len(ids), options.group, everywhere=relative)
        job = Job(ids, np.arange(len(ids) + 1), plan)
        owners[id(job)] = text, piece
        jobs.append(job)
    for job in run_jobs(model, jobs, Readout(options, model), options.batch_tokens):
        text, piece = owners[id(job)]
        text.put(piece, _finite(_gaps_of(job, options), model))
        text.left -= 1
        progress.advance(piece.fresh)


def _gaps_of(job: Job, options: ImpactOptions) -> np.ndarray:
    """The relative impact of each pair of neighbours, or the mean of f in both directions."""
    units = len(job.bounds) - 1
    if options.score == RELATIVE:
        return relative_impact(job.results.reshape(units, -1))
    if options.scheme != "full":
        return job.results.reshape(-1, 2).mean(axis=1)
    matrix = job.results.reshape(units, units)
    return (matrix.diagonal(1) + matrix.diagonal(-1)) / 2


def _finite(found: np.ndarray, model: MaskedModel) -> np.ndarray:
    """The same, nan where the model gave no finite numbers, and counted."""
    finite = np.isfinite(found)
    if finite.all():
        return found
    model.counts["not_finite"] += 1
    return np.where(finite, found, np.nan)


@public()
def impact_matrix(
    model: MaskedModel | str | Path, units: Sequence[str], options: ImpactOptions | None = None
) -> np.ndarray:
    """The impact of each unit of a sentence on each other.

    Parameters
    ----------
    model : a model, or what `load_masked_model` takes.
    units : the words of one sentence, all characters of a word masked together, or its characters (a str will do). The
        state of a unit is the mean of its characters'; one that the model does not know counts as unknown.

    Returns
    -------
    float64 [units, units]: f(i, j), the change at i when j is masked, with a zero diagonal. The scheme "auto" is full
    here; with "grouped" nan stands where f was not read, which is between units far apart (`hanmine.masking.combs`).

    Raises
    ------
    UsageError : options that the model cannot be run with, an empty unit.
    InputError : the sentence is longer than the model has positions for.
    """
    if not isinstance(model, MaskedModel):
        model = load_masked_model(model)
    return next(impact_matrices(model, [units], options))


def impact_matrices(
    model: MaskedModel,
    sentences: Iterable[Sequence[str]],
    options: ImpactOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Iterator[np.ndarray]:
    """The matrices of many sentences in order; see `impact_matrix`. `progress` hears of sentences."""
    options = settled(options or ImpactOptions(), model, matrix=True)
    progress = progress or Progress()
    window: list[Job] = []
    cells = 0
    for number, units in enumerate(sentences):
        ids, bounds = _tokens_of_units(model, units, number)
        window.append(Job(ids, bounds, _matrix_plan(options, len(bounds) - 1)))
        cells += len(ids)
        if cells >= _WINDOW_UNITS:
            yield from _matrices(model, window, options, progress)
            window, cells = [], 0
    yield from _matrices(model, window, options, progress)


def _matrix_plan(options: ImpactOptions, units: int) -> Plan:
    return comb_plan(options.context, units, options.group if options.scheme == "grouped" else units)


def matrix_rows(options: ImpactOptions, units: int) -> int:
    """The rows of the model that a matrix takes; the options are settled."""
    most = min(units, options.group) if options.scheme == "grouped" else units
    return 0 if units < 2 else most * (most + 1) // 2 if options.context == "masked" else 1 + most


def _matrices(
    model: MaskedModel, window: Sequence[Job], options: ImpactOptions, progress: Progress
) -> Iterator[np.ndarray]:
    readout = Readout(options, model)
    for _ in run_jobs(model, [job for job in window if job.plan.rows], readout, options.batch_tokens):
        progress.advance(1)
    progress.advance(sum(not job.plan.rows for job in window))
    for job in window:
        units = len(job.bounds) - 1
        matrix = _finite(job.results.reshape(units, units), model)
        if options.scheme == "grouped":
            matrix[~nearest_of_combs(units, options.group) & ~np.eye(units, dtype=bool)] = np.nan
        yield matrix


def _tokens_of_units(model: MaskedModel, units: Sequence[str], number: int) -> tuple[np.ndarray, np.ndarray]:
    """The tokens of a sentence's units, and where each begins; a unit without any is the unknown token."""
    for place, unit in enumerate(units):
        if not isinstance(unit, str) or not unit:
            raise UsageError(f"sentence {number}, unit {place} is {unit!r}: pass str that are not empty")
    lengths = np.array([len(unit) for unit in units], np.int64)
    tokens = model.encode("".join(units))
    ends = tokens.first[np.cumsum(lengths)] if len(lengths) else np.zeros(0, np.int64)
    counts = np.diff(ends, prepend=0)
    ids = np.insert(tokens.ids, (ends - counts)[counts == 0], model.characters.unknown)
    if len(ids) > model.max_units:
        raise InputError(
            f"sentence {number}: {len(ids)} characters are more than the {model.max_units} that {model.name} has "
            "positions for: cut it at punctuation"
        )
    return ids, np.concatenate([[0], np.cumsum(np.maximum(counts, 1))])
