"""What a set of vectors is like: its spectrum, and measures of how evenly it fills its space."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from hanmine.errors import InputError
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.eigen import constant_columns, spectrum_of
from hanmine.vectors.gaussians import Gaussian, gaussian_distances
from hanmine.vectors.isotropy import (
    dimensions_for,
    effective_rank,
    iso_score,
    mean_cosine,
    neighbour_entropy,
    outlier_dimensions,
    spectrum_shares,
)
from hanmine.vectors.moments import moments_of
from hanmine.vectors.rows import Rows, as_rows, blocks, spread
from hanmine.vectors.state import Moments

NEIGHBOUR = 5  # which neighbour the entropy looks at
ENTROPY_ROWS = 2000  # rows, spread evenly, among which it looks
TOP = (1, 3, 10, 50)  # components whose share of the variance is told
SHARES = (0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Measured:
    """What was measured of a set of vectors, ready for JSON, and its moments."""

    facts: dict
    moments: Moments


def inspect_vectors(
    vectors,
    against=None,
    *,
    neighbour: int = NEIGHBOUR,
    entropy_rows: int = ENTROPY_ROWS,
    bad: str = "raise",
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict:
    """Measure a matrix of vectors, and how far another lies from it; they are read twice and never held whole.

    Parameters
    ----------
    vectors : a `Rows` (what `open_vectors` gives), an array or a list of lists [shape=(n, d)].
    against : None, or further vectors of the same width.
    neighbour, entropy_rows : of the entropy: the neighbour's number from 1, and how many rows, spread evenly, are used.
    bad : "raise", or "drop": leave out rows with NaN or inf.
    threads, progress : resources; results do not depend on them.

    Returns
    -------
    dict, ready for JSON: rows (that were measured), dimensions, dtype, bad_rows, zero_rows, duplicate_rows,
    constant_columns; norms (min, median, max, of_mean: of the mean vector); mean_cosine over all pairs; rank, and of
    the covariance about the mean: eigenvalues (falling), top_shares, dimensions_for, effective_rank, condition_number
    (the first eigenvalue over the last of the rank), iso_score; neighbour_entropy with its value in nats, neighbour,
    rows and dimensions; outlier_dimensions. The definitions are those of `hanmine.vectors.isotropy`; None stands where
    one does not apply. With `against` also: `against`, the same of those vectors, and `distances`, see
    `hanmine.vectors.gaussians.gaussian_distances`.

    Raises
    ------
    InputError : no matrix, fewer than two rows, rows with NaN or inf, two different widths.
    """
    settings = {"neighbour": neighbour, "entropy_rows": entropy_rows, "bad": bad}
    measured = measure(vectors, **settings, threads=threads, progress=progress)
    if against is None:
        return measured.facts
    other = measure(against, **settings, threads=threads, progress=progress)
    return measured.facts | {"against": other.facts, "distances": distances(measured, other)}


def distances(a: Measured, b: Measured) -> dict:
    """The distances of two sets as Gaussians: see `hanmine.vectors.gaussians.gaussian_distances`."""
    with one_blas_thread():
        return gaussian_distances(
            *(Gaussian(one.moments.mean, one.moments.covariance(), one.facts["rank"]) for one in (a, b))
        )


def measure(
    vectors,
    *,
    neighbour: int = NEIGHBOUR,
    entropy_rows: int = ENTROPY_ROWS,
    bad: str = "raise",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Measured:
    """The measures that `inspect_vectors` describes, of one set."""
    rows = as_rows(vectors)
    progress = progress or Progress()
    runner = ThreadRunner(threads)
    moments = moments_of(rows, bad=bad, runner=runner, progress=progress)
    with one_blas_thread():
        found = _scan(rows, runner, progress)
        sample = _different_rows(rows, entropy_rows)
        eigenvalues, rank = _spectrum(moments)
        entropy = neighbour_entropy(sample, neighbour, rank)
    deviations = np.sqrt(np.maximum(moments.squares(), 0) / max(moments.count - 1, 1))
    facts = {
        "rows": found.count,
        "dimensions": rows.shape[1],
        "dtype": str(rows.dtype),
        "bad_rows": rows.shape[0] - found.count,
        "zero_rows": found.count - found.directed,
        "duplicate_rows": found.count - len(np.unique(np.concatenate(found.hashes))),
        "constant_columns": constant_columns(moments).tolist(),
        "norms": {
            "min": float(min(norms.min(initial=np.inf) for norms in found.norms)),
            "median": float(np.median(np.concatenate(found.norms))),
            "max": float(max(norms.max(initial=0.0) for norms in found.norms)),
            "of_mean": float(np.linalg.norm(moments.mean)),
        },
        "mean_cosine": mean_cosine(found.unit_sum, found.directed),
        **spectrum_measures(eigenvalues, rank),
        "neighbour_entropy": {"value": entropy, "neighbour": neighbour, "rows": len(sample), "dimensions": rank},
        "outlier_dimensions": outlier_dimensions(moments.mean, deviations, found.unit_sum),
    }
    return Measured(facts, moments)


def measure_moments(moments: Moments) -> Measured:
    """What can be said of vectors from their moments alone, as a saved map keeps them."""
    eigenvalues, rank = _spectrum(moments)
    facts = {
        "rows": moments.count,
        "dimensions": moments.dimensions,
        "dtype": moments.storage,
        "constant_columns": constant_columns(moments).tolist(),
        "norms": {
            "root_mean_square": float(np.sqrt(moments.mean_squares().sum())),
            "of_mean": float(np.linalg.norm(moments.mean)),
        },
        **spectrum_measures(eigenvalues, rank),
    }
    return Measured(facts, moments)


def _spectrum(moments: Moments) -> tuple[np.ndarray, int]:
    """Eigenvalues about the mean, falling, and their rank; rows that are all equal have no variance, and rank 0."""
    if moments.count > 1 and len(constant_columns(moments)) == moments.dimensions:
        return np.zeros(moments.dimensions), 0
    spectrum = spectrum_of(moments)
    return spectrum.eigenvalues, spectrum.rank


def spectrum_measures(eigenvalues: np.ndarray, rank: int) -> dict:
    """The measures of a spectrum: eigenvalues of a covariance [shape=(d,)], falling, of which `rank` are not zero."""
    kept = np.where(np.arange(len(eigenvalues)) < rank, np.maximum(eigenvalues, 0.0), 0.0)
    shares = spectrum_shares(kept)
    return {
        "rank": rank,
        "effective_rank": effective_rank(kept),
        "condition_number": float(kept[0] / kept[rank - 1]) if rank else None,
        "iso_score": iso_score(kept),
        "top_shares": {str(top): float(shares[min(top, len(shares)) - 1]) for top in TOP},
        "dimensions_for": {f"{share:g}": dimensions_for(kept, share) for share in SHARES} if rank else {},
        "eigenvalues": kept.tolist(),
    }


@dataclass
class _Scan:
    """What one pass over rows without NaN or inf finds; parts are merged in the order of the rows."""

    count: int
    directed: int  # rows that are not zero
    unit_sum: np.ndarray  # sum of those rows scaled to length 1, float64 [shape=(d,)]
    norms: list[np.ndarray]  # of all rows, float64
    hashes: list[np.ndarray]  # 64 bits a row: equal rows have equal hashes

    def merge(self, other: _Scan) -> None:
        self.count += other.count
        self.directed += other.directed
        self.unit_sum += other.unit_sum
        self.norms += other.norms
        self.hashes += other.hashes


def _scan(rows: Rows, runner: ThreadRunner, progress: Progress) -> _Scan:
    progress.phase("measuring", total=rows.shape[0], unit="vectors")
    total: _Scan | None = None
    for part in runner.map(lambda bounds: _scan_block(rows.rows(*bounds)), blocks(rows)):
        progress.advance(part.count)
        if total is None:
            total = part
        else:
            total.merge(part)
    if total is None or total.count == 0:
        raise InputError("no row of the vectors is free of NaN and inf: check how they were made")
    return total


def _scan_block(block: np.ndarray) -> _Scan:
    block = np.ascontiguousarray(block[np.isfinite(block).all(axis=1)])
    values = block.astype(np.float64)
    # Rows are scaled before they are squared: squares of 1e-200 and 1e200 leave the range.
    scale = np.max(np.abs(values), axis=1, initial=0.0)
    directed = scale > 0
    values /= np.where(directed, scale, 1.0)[:, None]
    lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
    values /= np.where(directed, lengths, 1.0)[:, None]
    return _Scan(
        count=len(block),
        directed=int(np.count_nonzero(directed)),
        unit_sum=values.sum(axis=0),
        norms=[lengths * scale],
        hashes=[_hashes(block)],
    )


def _hashes(block: np.ndarray) -> np.ndarray:
    """A hash of the bytes of every row, by which repeats are counted: −0 and 0 are made one first."""
    bytes_of_rows = (block + block.dtype.type(0)).view(np.uint8)
    digests = b"".join(blake2b(row, digest_size=8).digest() for row in bytes_of_rows)
    return np.frombuffer(digests, dtype=np.uint64)


def _different_rows(rows: Rows, wanted: int) -> np.ndarray:
    """Rows spread evenly over the matrix, those with NaN or inf and repeats left out [shape=(≤ wanted, d)], float64."""
    chosen = spread(rows.shape[0], wanted)
    sample = np.concatenate([rows.rows(row, row + 1) for row in chosen.tolist()])
    sample = sample[np.isfinite(sample).all(axis=1)].astype(np.float64) + 0.0
    _, first = np.unique(_hashes(np.ascontiguousarray(sample)), return_index=True)
    return sample[np.sort(first)]
