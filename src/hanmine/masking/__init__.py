"""The impact of masking one symbol on another (Perturbed Masking), for any masked language model or encoder."""

from hanmine.masking.impact import gap_scores, impact_matrices, impact_matrix, iter_gap_scores, matrix_rows
from hanmine.masking.model import MaskedModel, load_masked_model
from hanmine.masking.options import ImpactOptions, beside_statistics, facts_of, settled
from hanmine.masking.pieces import pieces_of
from hanmine.masking.states import character_states, probed_layer

__all__ = [
    "ImpactOptions",
    "MaskedModel",
    "beside_statistics",
    "character_states",
    "facts_of",
    "gap_scores",
    "impact_matrices",
    "impact_matrix",
    "iter_gap_scores",
    "load_masked_model",
    "matrix_rows",
    "pieces_of",
    "probed_layer",
    "settled",
]
