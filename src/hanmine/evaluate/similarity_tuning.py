"""Choosing β, γ and the number of dimensions on a task with gold similarities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hanmine.evaluate.similarity_grid import Setting
from hanmine.evaluate.similarity_scores import Scores

# Scores × 100 closer than this are equal: the tie goes to the smaller vectors.
DECIMALS = 4


@dataclass(frozen=True)
class Tuning:
    """What was tried on a task and what came out best.

    Attributes
    ----------
    task : its name. raw : the scores of the vectors as they are. settings, scores : all that was tried.
    dims : the dimensions that each setting leaves. best : the place of the best setting.
    """

    task: str
    raw: Scores
    settings: Sequence[Setting]
    scores: Sequence[Scores]
    dims: Sequence[int]
    best: int

    @property
    def gain(self) -> float:
        """By how much the best setting's Spearman × 100 exceeds that of the vectors as they are."""
        return round(self.scores[self.best].spearman, DECIMALS) - round(self.raw.spearman, DECIMALS)

    def messages(self) -> list[str]:
        """What a user should know, in lines."""
        setting, score, raw = self.settings[self.best], self.scores[self.best].spearman, self.raw.spearman
        what = f"β={setting.beta:g}, γ={setting.gamma:g}, {self.dims[self.best]} dimensions"
        if self.gain > 0:
            lines = [f"best on {self.task}: {what}: Spearman {score:.2f}, raw {raw:.2f}"]
        elif self.gain == 0:
            lines = [f"nothing tried beats the raw vectors on {self.task} (Spearman {raw:.2f}); as good: {what}"]
        else:
            best = f"the best that was tried, {what}: {score:.2f}"
            lines = [f"the raw vectors are better on {self.task}: Spearman {raw:.2f}; {best}"]
        for other, found in zip(self.settings, self.scores, strict=True):
            if other.beta == other.gamma == 1 and other.dim is None and found.spearman < raw:
                lines.append(f"full whitening (β=γ=1) lowers {self.task} from {raw:.2f} to {found.spearman:.2f}")
        return lines


def tuned(task: str, raw: Scores, settings: Sequence[Setting], scores: Sequence[Scores], dims: Sequence[int]) -> Tuning:
    """The setting of highest Spearman; of equals that with the fewest dimensions, then the smallest γ, then β."""

    def key(place: int) -> tuple:
        spearman = scores[place].spearman
        rank = round(spearman, DECIMALS) if spearman == spearman else float("-inf")
        return -rank, dims[place], settings[place].gamma, settings[place].beta, place

    return Tuning(task, raw, settings, scores, dims, min(range(len(settings)), key=key))
