"""The plain map y = x W + b that follows from a spectrum and the options, and how it is applied to blocks of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.errors import UsageError
from hanmine.vectors.eigen import Spectrum

NORM_FLOOR = 1e-8  # rows are divided by their norm, or by this if it is smaller
_ROUNDING = 20.0  # gain of rounding errors above which products in float32 move cosines by more than about 2e-6
_FLOAT32_RANGE = (1e-30, 1e30)  # weights that float32 holds with room for the products


@dataclass(frozen=True, eq=False)
class Projection:
    """y = x W + b.

    Attributes
    ----------
    matrix : W [shape=(d, k)] float64.
    bias : b = −βμW [shape=(k,)] float64.
    shift : μ [shape=(d,)] float64, subtracted from rows before they meet W, so that no large mean cancels there.
    gain : by how much rounding errors of x − shift grow, relative to y; decides between float32 and float64.
    """

    matrix: np.ndarray
    bias: np.ndarray
    shift: np.ndarray
    gain: float

    def arithmetic(self, stored: np.dtype) -> np.dtype:
        """float32 where it is accurate enough for rows of the dtype `stored`, else float64."""
        low, high = _FLOAT32_RANGE
        largest = np.abs(self.matrix).max(initial=0)
        enough = stored != np.float64 and self.gain <= _ROUNDING and low < largest < high
        return np.dtype(np.float32 if enough else np.float64)


class Projector:
    """Applies a projection to blocks of rows, from any thread."""

    def __init__(self, projection: Projection, stored: np.dtype, output: np.dtype, normalize: bool) -> None:
        self.dtype = projection.arithmetic(stored)
        self.output, self.normalize = output, normalize
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large comes out so, and is refused there
            self._matrix = projection.matrix.astype(self.dtype)
            self._shift = projection.shift.astype(self.dtype)
            # What the shift takes away is put back exactly: (x − s) W + (s W + b).
            self._bias = self._shift.astype(np.float64) @ projection.matrix + projection.bias
            self._bias = self._bias.astype(self.dtype)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The rows of `block` [shape=(m, d)] mapped [shape=(m, k)]; rows with NaN or inf give such rows."""
        with np.errstate(over="ignore", invalid="ignore"):
            y = np.subtract(block, self._shift, dtype=self.dtype) @ self._matrix
            y += self._bias
            if self.normalize:
                norms = np.sqrt(np.einsum("ij,ij->i", y, y, dtype=np.float64))
                y /= np.maximum(norms, NORM_FLOOR)[:, None].astype(self.dtype)
            return y.astype(self.output, copy=False)


def project(
    spectrum: Spectrum, mean: np.ndarray, *, dim: int | None, beta: float, gamma: float, zca: bool, remove_top: int,
    shrinkage: float,
) -> Projection:  # fmt: skip
    """W = U Λ^(−γ/2), columns `remove_top` to `remove_top` + k; with `zca` W Uᵀ; b = −βμW.

    `shrinkage` X puts (1 − X)Λ + X · mean(Λ) in the place of Λ. With γ = 0 nothing is divided by eigenvalues, and all
    d dimensions can be kept; else those whose eigenvalue (after shrinkage) is not above the noise are cut.

    Raises
    ------
    UsageError : `remove_top` leaves nothing; `zca` with fewer dimensions than there are.
    """
    d = len(mean)
    values = spectrum.eigenvalues.copy()
    values[: spectrum.columns] *= 1 - shrinkage
    values[: spectrum.columns] += shrinkage * spectrum.eigenvalues[: spectrum.columns].mean()
    room = available(spectrum, gamma, shrinkage)
    if zca and dim is not None and dim < d:
        raise UsageError(f"zca keeps every dimension, and dim is {dim} of {d}: leave out one of the two")
    if remove_top >= room:
        raise UsageError(f"remove_top is {remove_top}, and there are {room} components: remove fewer")
    kept = slice(remove_top, remove_top + min(dim or d, room - remove_top))
    vectors, values = spectrum.vectors[:, kept], values[kept]
    scales = values ** (-gamma / 2) if gamma else np.ones(len(values))
    matrix = vectors * scales
    energy = spectrum.eigenvalues.sum() * (scales**2).sum() / (len(scales) * max((values * scales**2).sum(), 1e-300))
    if zca:
        matrix = matrix @ vectors.T
    return Projection(matrix, -beta * (mean @ matrix), mean, float(np.sqrt(energy)))


def available(spectrum: Spectrum, gamma: float, shrinkage: float) -> int:
    """How many components can be kept."""
    if not gamma:
        return len(spectrum.eigenvalues)
    return spectrum.columns if shrinkage else spectrum.rank
