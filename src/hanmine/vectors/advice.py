"""Whether a map is likely to help, as far as vectors alone can tell; which is not far, and is said so.

The counts are those of docs/whiten.md: seven kinds of vectors on six Chinese tasks, 42 sets, of which 12 come from two
encoders tuned for sentences. What was compared is the rank correlation of the cosines with the gold scores, with the
map and without. Of the statistics of a set only a low IsoScore stood beside one kind of encoder alone; mean cosine,
effective rank and spectrum mix both kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

LOW_ISO_SCORE = 0.04  # below it lay sets of untuned encoders alone
FEW_ROWS = 3.0  # rows a dimension; the sets that were measured had more


@dataclass(frozen=True)
class Count:
    """In how many sets the rank correlation rose."""

    better: int
    sets: int

    def __str__(self) -> str:
        return f"{self.better} of {self.sets}"


FULL_LOW = Count(10, 12)  # full whitening, IsoScore below LOW_ISO_SCORE
FULL_OTHER = Count(18, 30)  # the other sets
FULL_TUNED = Count(3, 12)  # all sets of tuned encoders; none is among FULL_LOW
SOFT = Count(37, 42)  # γ = 0.5, 128 dimensions
SOFT_WORST = 1.4  # points of 100 lost in the worst of them

_DECIDE = "pairs with gold scores decide it (mine eval similarity --tune dev.tsv)"


def advise(iso_score: float | None, rows: int, dimensions: int, gamma: float = 1.0) -> dict:
    """What to expect of a map of strength `gamma` that is fitted to `rows` vectors with this IsoScore.

    Returns
    -------
    dict: verdict ("likely", "unknown", or "neutral" for a rotation) and lines for a person.
    """
    if gamma == 0:
        return {
            "verdict": "neutral",
            "lines": ["gamma 0 only turns and cuts: without --dim, with --beta 0, all cosines stay as they are"],
        }
    if rows < FEW_ROWS * dimensions:
        line = (
            f"whether it helps is not known: {rows:,} rows are few for {dimensions:,} dimensions, and no set with "
            f"less than {FEW_ROWS:g} rows a dimension was measured; {_DECIDE}"
        )
        return {"verdict": "unknown", "lines": [line]}
    if iso_score is None:
        line = f"whether it helps cannot be told: these vectors are too few or too equal for an IsoScore; {_DECIDE}"
        return {"verdict": "unknown", "lines": [line]}
    if gamma < 1:
        line = (
            f"a soft map risks little: with gamma 0.5 and 128 dimensions scores rose in {SOFT} sets that were "
            f"measured, and fell by {SOFT_WORST} points at most; {_DECIDE}"
        )
        return {"verdict": "likely", "lines": [line]}
    if iso_score < LOW_ISO_SCORE:
        line = (
            f"likely to help: IsoScore {iso_score:.4f} is low, as in untuned encoders only; below {LOW_ISO_SCORE:g} "
            f"full whitening raised the scores in {FULL_LOW} sets that were measured; {_DECIDE}"
        )
        return {"verdict": "likely", "lines": [line]}
    lines = [
        "whether full whitening helps cannot be told from these vectors alone: it raised the scores in "
        f"{FULL_OTHER} sets with such an IsoScore, but in only {FULL_TUNED} of encoders tuned for sentences",
        f"{_DECIDE}; for a tuned encoder --preset soft or tuned-encoder risks less",
    ]
    return {"verdict": "unknown", "lines": lines}
