"""Relative impact: how far a character moves when the next one is masked, against what it moves anyway.

The states of some characters move far whatever is masked, those of others hardly, and statistics of the text know
which. So f(i, i + 1) is divided by the mean change of i in the rows in which only characters further away are masked:
what is left tells of the two neighbours. The average product correction of contact maps (Dunn, Wahl and Gloor 2008) has
the same aim. The other direction, f(i + 1, i), adds little to statistics, and is left out.
"""

from __future__ import annotations

import numpy as np

FAR = 3
"""Characters between i and the nearest mask, from which on a row tells how far i moves anyway."""


def relative_impact(moves: np.ndarray) -> np.ndarray:
    """The gap scores of a sentence.

    Parameters
    ----------
    moves : float64 [units, group], of two units or more: [i, r] is the change of unit i in the row that masks all
        positions p ≡ r (mod group); what stands where i is masked itself is not looked at.

    Returns
    -------
    float64 [units - 1]: f(g, g + 1) as a multiple of the mean change of g in the rows whose nearest mask is `FAR` units
    away or more; where there is none (in very short sentences), in those whose nearest mask is furthest away.
    """
    units, group = moves.shape
    nearest = nearest_masks(units, group)
    least = np.minimum(nearest.max(axis=1), FAR)
    far = nearest >= least[:, None]
    anyway = np.where(far, moves, 0.0).sum(axis=1) / far.sum(axis=1)
    left = np.arange(units - 1)
    return moves[left, (left + 1) % group] / np.maximum(anyway[:-1], 1e-30)


def nearest_masks(units: int, group: int) -> np.ndarray:
    """How far the nearest position p ≡ r (mod group) is from unit i, int64 [units, group]; 0 at i itself."""
    place, rest = np.arange(units)[:, None], np.arange(group)[None, :]
    ahead, behind = (rest - place) % group, (place - rest) % group
    ahead = np.where(place + ahead < units, ahead, units)
    behind = np.where(place >= behind, behind, units)
    return np.minimum(ahead, behind)
