"""Moments of any number of vectors in one pass: blocks of rows, a shift, products in float32 added in float64.

Map: a chunk of rows → `Moments`. Merge: `Moments.merge`. Finish: `eigen.spectrum_of`. Chunks begin where the number of
rows says and are merged in their order, so that the result does not depend on the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.progress import Progress
from hanmine.public import public
from hanmine.runners import ThreadRunner
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.eigen import Spectrum, spectrum_of
from hanmine.vectors.rows import BLOCK_ROWS, Rows, as_rows, block_rows, blocks, place_of
from hanmine.vectors.selection import SelectedRows, spread_rows, unique_rows
from hanmine.vectors.state import SHOWN_PLACES, Moments, check_room, check_rows_room

__all__ = ["Accumulator", "Moments", "moments_of"]

CHUNK_ROWS = 16 * BLOCK_ROWS  # rows of one map step
CHEAP = 2e10  # n·d² up to which float64 is used at once: it takes half a second at most
CONDITION = 1e4  # λ₁/λ_k above which float32 products move cosines by more than about 3e-6
_SAMPLE_ROWS = 256  # read before the pass, for the shift and the usual distance
_SAMPLE_NUMBERS = 1 << 26  # in them: of wide rows fewer are read
_FAR = 30.0  # an outlier is this many times farther from the middle than half of the rows are
_GOLDEN = 0.6180339887498949  # its multiples modulo 1 are spread evenly
_FLOAT32_RANGE = (1e-15, 1e15)  # distances whose squares and sums of squares float32 can hold


class _BeyondFloat32Error(Exception):
    """Numbers whose squares float32 cannot hold, or a spectrum that it cannot resolve."""


@public()
def moments_of(
    vectors, *, fit_rows: int | None = None, dedupe: bool = False, bad: str = "raise", dim: int | None = None,
    beta: float = 1.0, arithmetic: str | None = None, runner=None, progress: Progress | None = None,
) -> Moments:  # fmt: skip
    """The moments of all rows of `vectors`, which may be larger than memory.

    Products are computed in float32 and added in float64. They are computed in float64 from the start where that is
    cheap, where the vectors are float64, where there are fewer rows than dimensions, and where numbers are too large or
    small for float32 to hold their squares; and once more where the first pass shows λ₁/λ_k above 10,000 among the
    eigenvalues about βμ.

    Parameters
    ----------
    vectors : anything that `as_rows` takes.
    fit_rows : read only so many rows, evenly spread.
    dedupe : count rows whose bytes are equal once (among the `fit_rows`).
    bad : "raise" or "drop" rows with NaN or inf.
    dim, beta : k (None: all) and β of the map that is meant; they decide only whether float32 suffices.
    arithmetic : "float32" or "float64", whatever the vectors say.
    runner : where chunks are mapped (default: threads of this process).

    Raises
    ------
    UsageError : an unknown `bad`, `fit_rows` below 2.
    InputError : a row with NaN or inf under "raise" (the first few are named and all counted); squares beyond float64;
        so many dimensions that the memory does not hold their covariance.
    """
    if bad not in ("raise", "drop"):
        raise UsageError(f"bad is {bad!r}: choose 'raise' or 'drop'")
    if fit_rows is not None and fit_rows < 2:
        raise UsageError(f"fit_rows is {fit_rows}: fit on 2 rows at least")
    runner, progress, rows = runner or ThreadRunner(), progress or Progress(), as_rows(vectors)
    if fit_rows is not None:
        rows = spread_rows(rows, fit_rows)
    if dedupe:
        rows = unique_rows(rows, runner, progress)
    if rows.shape[0] < rows.shape[1]:
        check_rows_room(*rows.shape)
    else:
        check_room(rows.shape[1])
    sample = _Sample.of(rows)
    chosen = arithmetic or ("float64" if sample.wants_float64(rows) else "float32")
    try:
        moments = _one_pass(rows, sample, chosen, bad, runner, progress)
        if chosen == "float32" and arithmetic is None and not _is_enough(moments, dim, beta):
            raise _BeyondFloat32Error
    except _BeyondFloat32Error:
        progress.note("the vectors ask for float64: reading them once more")
        moments = _one_pass(rows, sample, "float64", bad, runner, progress)
    if isinstance(rows, SelectedRows):
        moments.bad_rows = rows.origin(moments.bad_rows)
    return moments


@dataclass(frozen=True)
class _Sample:
    """What a few spread rows say of all: their median (robust to outliers) and the median of |x − median|²."""

    shift: np.ndarray
    usual: float

    @classmethod
    def of(cls, rows: Rows) -> _Sample:
        few = spread_rows(rows, max(3, min(_SAMPLE_ROWS, _SAMPLE_NUMBERS // max(rows.shape[1], 1))))
        block = few.rows(0, few.shape[0])
        block = block[np.isfinite(block).all(axis=1)].astype(np.float64)
        if not len(block):
            return cls(np.zeros(rows.shape[1]), 0.0)
        shift = np.median(block, axis=0)
        with np.errstate(over="ignore"):
            return cls(shift, float(np.median(((block - shift) ** 2).sum(axis=1))))

    def wants_float64(self, rows: Rows) -> bool:
        low, high = _FLOAT32_RANGE
        out_of_range = self.usual > 0 and not low**2 < self.usual < high**2
        n, d = rows.shape
        return rows.dtype == np.float64 or out_of_range or n < d or n * d**2 <= CHEAP


def _one_pass(rows: Rows, sample: _Sample, arithmetic: str, bad: str, runner, progress: Progress) -> Moments:
    """Map and merge, then refuse bad rows if they are not to be dropped."""
    accumulator = Accumulator(rows, sample.shift, arithmetic, _FAR**2 * sample.usual or np.inf)
    progress.phase("reading moments", rows.shape[0], "rows")
    moments = accumulator.nothing()
    with one_blas_thread():
        for (start, stop), part in runner.map(lambda span: (span, accumulator(span)), blocks(rows, CHUNK_ROWS)):
            moments = part if start == 0 else moments.merge(part)
            progress.advance(stop - start)
    if bad == "raise" and moments.dropped:
        raise bad_rows_error(moments.dropped_places, moments.dropped)
    return moments


def bad_rows_error(places: tuple[str, ...], count: int) -> InputError:
    """The error that names the first of `count` rows with NaN or inf."""
    more = f" and {count - len(places):,} more" if count > len(places) else ""
    rows = "1 row holds" if count == 1 else f"{count:,} rows hold"
    return InputError(f"{rows} NaN or inf ({', '.join(places)}{more}): drop them (--bad drop), or mend the vectors")


def _is_enough(moments: Moments, dim: int | None, beta: float) -> bool:
    """Whether float32 products are accurate enough for the dimensions that are to be kept."""
    try:
        spectrum: Spectrum = spectrum_of(moments, beta)
    except InputError:  # float64 tells whether it is so
        return False
    kept = min(dim or spectrum.columns, spectrum.columns)
    return spectrum.eigenvalues[0] <= CONDITION * spectrum.eigenvalues[kept - 1]


class Accumulator:
    """The map step: the moments of one chunk of rows.

    Parameters
    ----------
    rows : the rows of the whole input.
    shift : [shape=(d,)] a point amid the rows. x − shift is rounded once, relative to itself, and what follows never
        meets the mean; in float32 arithmetic the shift is rounded to float32 first, so that this stays so.
    arithmetic : "float32" or "float64", that of the products.
    far : squared distance from the shift beyond which a row is an outlier.
    """

    def __init__(self, rows: Rows, shift: np.ndarray, arithmetic: str, far: float) -> None:
        self.rows, self.arithmetic = rows, arithmetic
        self.dtype = np.dtype(arithmetic)
        self.far = min(far, float(np.finfo(self.dtype).max))
        self.shift = shift.astype(self.dtype)
        self.factored = rows.shape[0] < rows.shape[1] and arithmetic == "float64"
        self.block_rows = block_rows(rows.shape[1])

    def nothing(self) -> Moments:
        d = self.rows.shape[1]
        second = np.zeros((0 if self.factored else d, d))
        return Moments(0, np.zeros(d), second, self.rows.dtype.name, self.arithmetic, factored=self.factored)

    def __call__(self, span: tuple[int, int]) -> Moments:
        return self._factor(span) if self.factored else self._scatter(span)

    def _factor(self, span: tuple[int, int]) -> Moments:
        """The rows about their mean themselves, of which there are fewer than dimensions."""
        bad: list[int] = []
        far: list[int] = []
        held = np.empty((span[1] - span[0], self.rows.shape[1]))
        count = 0
        for start, stop in blocks(self.rows, self.block_rows, *span):
            place = held[count : count + stop - start]
            centred = self._centred(start, stop, place, bad, far)
            if len(centred) < len(place):
                place[: len(centred)] = centred
            count += len(centred)
        held = held[:count]
        offset = held.sum(axis=0) / max(count, 1)
        held -= offset
        # One row is its own mean, and has no part in the scatter.
        return self._moments(count, offset, held if count > 1 else held[:0], far, bad)

    def _scatter(self, span: tuple[int, int]) -> Moments:
        d = self.rows.shape[1]
        block = np.empty((min(self.block_rows, span[1] - span[0]), d), self.dtype)
        gram, total, sums = np.empty((d, d), self.dtype), np.zeros((d, d)), np.zeros(d)
        bad: list[int] = []
        far: list[int] = []
        count = 0
        for start, stop in blocks(self.rows, self.block_rows, *span):
            centred = self._centred(start, stop, block, bad, far)
            count += len(centred)
            sums += self._sums_and_products(centred, start, gram)
            total += gram
        if self.arithmetic == "float32" and not np.isfinite(total.trace()):
            raise _BeyondFloat32Error
        total -= np.outer(sums, sums / max(count, 1))
        return self._moments(count, sums / max(count, 1), total, far, bad)

    def _moments(self, count: int, offset: np.ndarray, second: np.ndarray, far: list[int], bad: list[int]) -> Moments:
        return Moments(
            count,
            self.shift.astype(np.float64) + offset,
            second,
            self.rows.dtype.name,
            self.arithmetic,
            len(far),
            self._places(far),
            len(bad),
            self._places(bad),
            np.array(bad, np.int64),
            self.factored,
        )

    def _sums_and_products(self, centred: np.ndarray, start: int, gram: np.ndarray) -> np.ndarray:
        """The sums of the columns; centredᵀ · centred is written into `gram`, and `centred` is spent afterwards.

        Numbers on a coarse grid (stored as float16, or with a mean far larger than their spread) are rounded the same
        way again and again when float32 adds them: a bias of 1e-7 that no number of rows averages away. A scale that
        differs from block to block takes them off the grid.
        """
        scale = (
            np.float32(1 + (1 + start // self.block_rows) * _GOLDEN % 1)
            if self.arithmetic == "float32"
            else np.float32(1)
        )
        if scale != 1:
            centred *= scale
        np.dot(centred.T, centred, out=gram)  # numpy calls SYRK here: half the work of a general product
        sums = (np.ones(len(centred), self.dtype) @ centred).astype(np.float64) / float(scale)
        if scale != 1:
            gram *= np.float32(1 / float(scale) ** 2)
        return sums

    def _places(self, rows: list[int]) -> tuple[str, ...]:
        return tuple(place_of(self.rows, row) for row in rows[:SHOWN_PLACES])

    def _centred(self, start: int, stop: int, block: np.ndarray, bad: list[int], far: list[int]) -> np.ndarray:
        """Rows start..stop minus the shift, written into `block`; bad rows left out, they and outliers noted."""
        raw = self.rows.rows(start, stop)
        with np.errstate(over="ignore", invalid="ignore"):
            centred = np.subtract(raw, self.shift, out=block[: stop - start], dtype=self.dtype)
            squares = np.einsum("ij,ij->i", centred, centred)
        if not float(squares.max(initial=0)) <= self.far:  # nor if that is NaN
            finite = np.isfinite(raw).all(axis=1)
            bad.extend((np.flatnonzero(~finite) + start).tolist())
            if not np.isfinite(squares[finite]).all():
                if self.arithmetic == "float32":
                    raise _BeyondFloat32Error
                row = start + int(np.flatnonzero(finite & ~np.isfinite(squares))[0])
                place = place_of(self.rows, row)
                raise InputError(f"{place}: the squares of its numbers are too large: divide all by their scale")
            far.extend((np.flatnonzero(finite & (squares > self.far)) + start).tolist())
            if not finite.all():
                return centred[finite]
        return centred
