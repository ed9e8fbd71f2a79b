"""What a person should hear about the data of a whitening map, a line each."""

from __future__ import annotations

from collections.abc import Sequence

from hanmine.vectors.eigen import Spectrum, constant_columns
from hanmine.vectors.moments import CONDITION
from hanmine.vectors.state import Moments

_SHOWN_COLUMNS = 8


def messages_of(moments: Moments, spectrum: Spectrum, kept: slice, dim: int | None, gamma: float) -> list[str]:
    """Lines about dropped rows, outliers, constant columns, dimensions that could not be kept, and lost accuracy.

    `kept` is the range of components in force, `dim` what was asked for.
    """
    lines = []
    if moments.dropped:
        rows = _listed(moments.dropped_places, moments.dropped)
        lines.append(f"{_count(moments.dropped, 'row')} with NaN or inf left out: {rows}")
    if moments.outliers:
        rows = _listed(moments.outlier_places, moments.outliers)
        lines.append(
            f"{_count(moments.outliers, 'row')} more than 30 times farther from the middle than half of the rows: "
            f"{rows}; they weigh heavily in the covariance: check them"
        )
    if gamma and spectrum.columns < moments.dimensions:
        columns = constant_columns(moments).tolist()
        shown = _listed([str(column) for column in columns[:_SHOWN_COLUMNS]], len(columns))
        lines.append(f"{_count(len(columns), 'constant column')} dropped: {shown}")
    lines += _about_dimensions(moments, spectrum, kept, dim)
    last = spectrum.eigenvalues[kept.stop - 1]
    if gamma and moments.arithmetic == "float32" and spectrum.eigenvalues[0] > CONDITION * last:
        lines.append(
            "the state was gathered in float32, for fewer dimensions: fit again with these options for full accuracy"
        )
    return lines


def _about_dimensions(moments: Moments, spectrum: Spectrum, kept: slice, dim: int | None) -> list[str]:
    lines = []
    size = kept.stop - kept.start
    wanted = (min(dim, moments.dimensions) if dim else spectrum.columns) - (0 if dim else kept.start)
    if dim and dim > moments.dimensions:
        lines.append(f"dim is {dim}, and the vectors have {moments.dimensions} dimensions: kept {size}")
    elif size < wanted:
        lines.append(
            f"the rank is {spectrum.rank} of {moments.dimensions}: kept {size} dimensions"
            + (f", not {dim}" if dim else "")
        )
    if moments.count <= moments.dimensions:
        lines.append(
            f"no more rows ({moments.count:,}) than dimensions ({moments.dimensions:,}): "
            "the map fits these rows and may not suit others; more rows, fewer dimensions or shrinkage help"
        )
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _listed(places: Sequence[str], total: int) -> str:
    more = f" and {total - len(places):,} more" if total > len(places) else ""
    return ", ".join(places) + more
