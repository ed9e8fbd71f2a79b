"""The impact of masking one symbol on another (Perturbed Masking), for any masked language model or encoder."""

from hanmine.masking.impact import gap_scores, impact_matrices, impact_matrix, iter_gap_scores
from hanmine.masking.model import MaskedModel, load_masked_model
from hanmine.masking.options import ImpactOptions, beside_statistics, facts_of, settled

__all__ = [
    "ImpactOptions",
    "MaskedModel",
    "beside_statistics",
    "facts_of",
    "gap_scores",
    "impact_matrices",
    "impact_matrix",
    "iter_gap_scores",
    "load_masked_model",
    "settled",
]
