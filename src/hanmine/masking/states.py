"""The hidden states of characters in texts of which nothing is masked: what a linear probe reads.

They are those of the layer in the middle of a model, where states tell most about the form of words; what a masked
language model's head reads is made to foretell characters (Tenney, Das and Pavlick, "BERT Rediscovers the Classical NLP
Pipeline", ACL 2019, find the same order).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanmine.masking.model import MaskedModel
from hanmine.masking.options import HEAD, HEAD_OUTPUT, ImpactOptions, middle_layer
from hanmine.masking.passes import Job, run_jobs
from hanmine.masking.readout import Readout
from hanmine.masking.schemes import unmasked_plan


def probed_layer(model: MaskedModel) -> int | str | None:
    """The layer that is read: that in the middle, else "head"; None where the files of the model give no states."""
    layer = middle_layer(model)
    return layer if layer is not None else HEAD if HEAD_OUTPUT in model.available else None


def character_states(model: MaskedModel, texts: Sequence[str], *, batch_tokens: int = 1024) -> np.ndarray:
    """The states of all characters of some texts, one text after the other.

    Parameters
    ----------
    model : one whose `probed_layer` is not None.
    texts : str of at most `model.max_units` characters; they are held together, so pass a few thousand characters.
    batch_tokens : tokens of a batch, padding included.

    Returns
    -------
    float32 [characters, width]; nan where the model does not know a character.
    """
    readout = Readout(ImpactOptions(score="dist", layer=probed_layer(model)), model)
    places: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # of each job: characters, and their tokens
    jobs = []
    start = 0
    for text in texts:
        tokens = model.characters.tokens(text)  # `encode` would count unknown ones again
        if len(tokens.ids):
            jobs.append(Job(tokens.ids, np.arange(len(tokens.ids) + 1), unmasked_plan(len(tokens.ids))))
            known = np.flatnonzero(tokens.covered)
            places[id(jobs[-1])] = start + known, tokens.first[known]
        start += len(text)
    found: np.ndarray | None = None
    for job in run_jobs(model, jobs, readout, batch_tokens):
        if found is None:
            found = np.full((start, job.references.shape[1]), np.nan, np.float32)
        characters, rows = places[id(job)]
        found[characters] = job.references[rows]
    return np.full((start, 1), np.nan, np.float32) if found is None else found
