"""Running the rows of many sentences: batches of similar length, of which only what is read is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from hanmine.masking.model import MaskedModel
from hanmine.masking.options import LOGITS
from hanmine.masking.readout import Readout
from hanmine.masking.schemes import REFERENCE, Plan, RowBlock

_LOGIT_BYTES = 64 << 20  # of the logits of a batch


class Job:
    """One sentence on its way.

    Attributes
    ----------
    ids : int64 [tokens]. bounds : int64 [units + 1], the tokens of unit u are bounds[u] to bounds[u + 1].
    results : float64, as the plan orders them; 0 where it reads nothing.
    """

    def __init__(self, ids: np.ndarray, bounds: np.ndarray, plan: Plan) -> None:
        self.ids, self.bounds, self.plan = ids, bounds, plan
        self.results = np.zeros(plan.results)
        self.references: np.ndarray | None = None
        self.simple = len(ids) == len(bounds) - 1  # a token a unit

    def rows(self, block: RowBlock, mask: int) -> np.ndarray:
        """The ids of a block's rows, int64 [rows, tokens]."""
        masked = block.masked if self.simple else np.repeat(block.masked, np.diff(self.bounds), axis=1)
        return np.where(masked, mask, self.ids[None, :])

    def tokens_of(self, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The tokens of some units one after the other, and how many each has."""
        if self.simple:
            return units, np.ones(len(units), np.int64)
        counts = np.diff(self.bounds)[units]
        starts = np.repeat(self.bounds[units] - np.cumsum(counts) + counts, counts)
        return starts + np.arange(len(starts)), counts


def run_jobs(model: MaskedModel, jobs: Sequence[Job], readout: Readout, batch_tokens: int) -> Iterator[Job]:
    """Fill the results of all jobs, and yield each when it is done: long ones first."""
    if readout.output == LOGITS:  # of every token, whether it is read or not
        batch_tokens = min(batch_tokens, max(1, _LOGIT_BYTES // (4 * model.vocabulary)))
    order = np.argsort([-len(job.ids) for job in jobs], kind="stable")
    for batch in _batches((jobs[place] for place in order), batch_tokens, model.special):
        _run(model, batch, readout)
        for job, _, done in batch:
            if done:
                yield job
                job.references = None  # held no longer than they are needed


def _batches(jobs: Iterable[Job], batch_tokens: int, special: int) -> Iterator[list[tuple[Job, RowBlock, bool]]]:
    """Blocks of rows whose tokens, padded, stay within a batch; a single row may be longer. The flag says whether it is
    the last block of its job."""
    batch: list[tuple[Job, RowBlock, bool]] = []
    rows = width = 0
    for job in jobs:
        length = len(job.ids) + special
        left = job.plan.rows
        for block in job.plan.blocks(max(1, batch_tokens // length)):
            count = len(block.masked)
            left -= count
            if batch and (rows + count) * max(width, length) > batch_tokens:
                yield batch
                batch, rows, width = [], 0, 0
            batch.append((job, block, left == 0))
            rows, width = rows + count, max(width, length)
    if batch:
        yield batch


def _run(model: MaskedModel, batch: Sequence[tuple[Job, RowBlock, bool]], readout: Readout) -> None:
    """One pass, and what is read of it."""
    width = max(len(job.ids) for job, _, _ in batch)
    counts = [len(block.masked) for _, block, _ in batch]
    ids = np.zeros((sum(counts), width), np.int64)
    start = 0
    for (job, block, _), count in zip(batch, counts, strict=True):
        ids[start : start + count, : len(job.ids)] = job.rows(block, model.mask_id)
        start += count
    lengths = np.repeat([len(job.ids) for job, _, _ in batch], counts)
    outputs = model.run(ids, lengths, readout.output)
    first = 0
    for (job, block, _), count in zip(batch, counts, strict=True):
        _read(job, block, outputs[first : first + count], readout, len(model.characters.before))
        first += count


def _read(job: Job, block: RowBlock, outputs: np.ndarray, readout: Readout, offset: int) -> None:
    """Keep the references of a block, and compare its other reads with them."""
    tokens, counts = job.tokens_of(block.unit)
    values = readout.values(outputs, np.repeat(block.row, counts), tokens + offset, job.ids[tokens])
    if not job.simple:
        starts = np.cumsum(counts) - counts
        values = np.add.reduceat(values, starts, axis=0, dtype=np.float64) / counts[:, None] if len(counts) else values
    reference = block.slot == REFERENCE
    if job.references is None:
        job.references = np.empty((len(job.bounds) - 1, values.shape[1]), values.dtype)
    job.references[block.unit[reference]] = values[reference]
    compared = ~reference
    units = block.unit[compared]
    job.results[block.slot[compared]] = readout.change(job.references[units], values[compared])
