"""Settings of whitening, and the cosines of pairs under many of them in one pass over the vectors.

For one β there is one rotation U: y = (x − βμ)U holds the principal coordinates, of falling eigenvalue λ. Whitening by
γ divides coordinate j by λ_j^(γ/2), and keeping k dimensions takes the first k. So the inner products of a pair under
all γ and k are sums of the same products y_j y'_j, weighted by λ_j^(−γ) and cut at k: two products of matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanmine.errors import UsageError
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.presets import PRESETS
from hanmine.vectors.whitening import Whitening

BLOCK_PAIRS = 2048


@dataclass(frozen=True)
class Setting:
    """β, γ and how many dimensions to keep (None: all); `name` is what results show."""

    name: str
    beta: float
    gamma: float
    dim: int | None


RAW = Setting("raw", 0.0, 0.0, None)  # the cosines of the vectors as they are, which are those of a full rotation


def preset(name: str) -> Setting:
    """The setting of a preset.

    Raises
    ------
    UsageError : there is no such preset.
    """
    if name not in PRESETS:
        raise UsageError(f"there is no preset {name!r}: choose among {', '.join(PRESETS)}")
    return Setting(name, *PRESETS[name])


def grid(dims: Sequence[int | str | None], betas: Sequence[float], gammas: Sequence[float]) -> list[Setting]:
    """Every combination; dims are numbers, or None or "full" for all dimensions.

    Raises
    ------
    UsageError : β or γ outside 0..1, a dimension below 1.
    """
    for name, values in (("beta", betas), ("gamma", gammas)):
        for value in values:
            if not 0 <= value <= 1:
                raise UsageError(f"{name} {value:g} is outside 0..1: pass numbers from 0 to 1")
    return [
        _named(float(beta), float(gamma), dim)
        for beta in dict.fromkeys(betas)
        for gamma in dict.fromkeys(gammas)
        for dim in dict.fromkeys(map(_dim, dims))
    ]


def default_settings() -> list[Setting]:
    """Classic whitening at full size, 256 and 128 dimensions, and the presets that differ from these."""
    return [*grid(["full", 256, 128], [1], [1]), preset("soft"), preset("tuned-encoder")]


def tuning_grid(
    dimensions: int,
    dims: Sequence[int | str] | None = None,
    betas: Sequence[float] | None = None,
    gammas: Sequence[float] | None = None,
) -> list[Setting]:
    """What `--tune` tries: β 0 and 1, γ in quarters, and full size with the powers of two below it from 32 on."""
    powers = [2**power for power in range(15, 4, -1) if 2**power < dimensions]
    return grid(
        ["full", *powers] if dims is None else dims,
        [0, 1] if betas is None else betas,
        [0, 0.25, 0.5, 0.75, 1] if gammas is None else gammas,
    )


def _dim(dim: int | str | None) -> int | None:
    if dim is None or dim == "full":
        return None
    try:
        number = int(dim)
    except ValueError:
        number = 0
    if number < 1:
        raise UsageError(f"dim {dim!r} is no number of dimensions: pass full or a whole number from 1 on")
    return number


def _named(beta: float, gamma: float, dim: int | None) -> Setting:
    size = "full" if dim is None else str(dim)
    return Setting(size if beta == gamma == 1 else f"beta={beta:g},gamma={gamma:g},dim={size}", beta, gamma, dim)


class PairCosines:
    """Cosines of the pairs of one task, computed in blocks on threads.

    Parameters
    ----------
    vectors : [shape=(m, d)], real. first, second : rows of the pairs' sentences [shape=(n,)].
    """

    def __init__(
        self, vectors: np.ndarray, first: np.ndarray, second: np.ndarray, runner: ThreadRunner, progress: Progress
    ) -> None:
        self._vectors, self._first, self._second = vectors, first, second
        self._runner, self._progress = runner, progress

    def raw(self) -> np.ndarray:
        """Of the vectors as they are: float64 [shape=(n,)]."""

        def block(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            # The largest entry of each row is brought to 1, so that no square leaves the range of float64.
            a, b = (rows / _nonzero(np.abs(rows).max(axis=1, keepdims=True)) for rows in (a, b))
            return _cosines((a * b).sum(axis=1), (a * a).sum(axis=1), (b * b).sum(axis=1))[None]

        return self._in_blocks(block, 1)[0]

    def mapped(self, matrix: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """Of y = x·matrix + bias: float64 [shape=(n,)]."""

        def block(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            a, b = a @ matrix + bias, b @ matrix + bias
            return _cosines((a * b).sum(axis=1), (a * a).sum(axis=1), (b * b).sum(axis=1))[None]

        return self._in_blocks(block, 1)[0]

    def whitened(self, whitening: Whitening, settings: Sequence[Setting]) -> tuple[np.ndarray, list[int]]:
        """Under each setting of a fitted whitening: float64 [shape=(len(settings), n)], and the dimensions kept."""
        cosines = np.empty((len(settings), len(self._first)))
        dims = np.empty(len(settings), np.int64)
        for beta in dict.fromkeys(setting.beta for setting in settings):
            chosen = [index for index, setting in enumerate(settings) if setting.beta == beta]
            rotated = whitening.with_options(beta=beta, gamma=0.0, dim=None)
            weights, kept = _weights(rotated, [settings[index] for index in chosen])
            cosines[chosen] = self._rotated(rotated, weights[: max(kept)])
            dims[chosen] = kept
        return cosines, dims.tolist()

    def _rotated(self, rotated: Whitening, weights: np.ndarray) -> np.ndarray:
        """Cosines from weighted products of the first coordinates, as many as `weights` [shape=(k, settings)] has."""
        kept = len(weights)
        scale = np.sqrt(rotated.eigenvalues_[0])  # keeps squares within the range of float64
        matrix, bias = rotated.matrix_[:, :kept] / scale, rotated.bias_[:kept] / scale

        def block(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            a, b = a @ matrix + bias, b @ matrix + bias
            return _cosines((a * b) @ weights, (a * a) @ weights, (b * b) @ weights).T

        return self._in_blocks(block, weights.shape[1])

    def _in_blocks(self, function, count: int) -> np.ndarray:
        """`function` of the vectors of both sentences (float64), block by block; an array [shape=(count, n)]."""
        cosines = np.empty((count, len(self._first)))

        def of_range(start: int) -> tuple[int, np.ndarray]:
            pairs = slice(start, start + BLOCK_PAIRS)
            a, b = (self._vectors[rows[pairs]].astype(np.float64) for rows in (self._first, self._second))
            return start, function(a, b)

        with one_blas_thread():
            for start, found in self._runner.map(of_range, range(0, len(self._first), BLOCK_PAIRS)):
                cosines[:, start : start + found.shape[1]] = found
                self._progress.advance(found.shape[1])
        return cosines


def _weights(rotated: Whitening, settings: Sequence[Setting]) -> tuple[np.ndarray, list[int]]:
    """λ_j^(−γ) for the coordinates that each setting keeps, else 0 [shape=(d, len(settings))]; and how many it keeps.

    Where nothing is divided by eigenvalues (γ = 0) all coordinates can be kept, else those above the noise.
    """
    eigenvalues = rotated.eigenvalues_
    weights, dims = np.zeros((len(eigenvalues), len(settings))), []
    for column, setting in enumerate(settings):
        room = rotated.rank_ if setting.gamma else len(eigenvalues)
        kept = min(setting.dim or room, room)
        relative = eigenvalues[:kept] / eigenvalues[0]
        weights[:kept, column] = relative**-setting.gamma if setting.gamma else 1
        dims.append(kept)
    return weights, dims


def _cosines(products: np.ndarray, squares_a: np.ndarray, squares_b: np.ndarray) -> np.ndarray:
    """Cosines from inner products; a vector of length 0 has cosine 0 with everything."""
    lengths = np.sqrt(squares_a) * np.sqrt(squares_b)
    return np.clip(products / _nonzero(lengths), -1, 1)


def _nonzero(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, 1.0)
