"""A picture of the spectrum of vectors: how fast the eigenvalues fall, and how few components hold the variance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.report.fonts import fonts_for
from hanmine.report.picture import drawing, picture_format, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_spectrum", "picture_format"]

_SHARES = (0.9, 0.95, 0.99)
_COLOURS = ("#1f5fa8", "#d1762b", "#3d8a4d", "#8a4d8a")


def draw_spectrum(path: Path, measured: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw eigenvalues and cumulative shares of one or more sets, and write the picture whole.

    Parameters
    ----------
    path : a png, svg or pdf file.
    measured : name of a set → what `hanmine.vectors.inspect.spectrum_measures` says of it.

    Raises
    ------
    UsageError, MissingExtraError : see `picture_format`. OutputError : the file cannot be written.
    """
    format = picture_format(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fonts = fonts_for(measured)
    with drawing(fonts):
        # Without pyplot no window system is asked for.
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        for index, (name, measures) in enumerate(measured.items()):
            colour, shown = _COLOURS[index % len(_COLOURS)], fonts.shown(name)
            _draw_eigenvalues(left, shown, measures, colour)
            _draw_shares(right, shown, measures, colour, alone=len(measured) == 1)
        _label(left, right)
        save(figure, path, format)


def _draw_eigenvalues(axes: Axes, name: str, measures: Mapping[str, Any], colour: str) -> None:
    values = [value for value in measures["eigenvalues"] if value > 0]
    marker = "o" if len(values) < 30 else None
    axes.plot(range(1, len(values) + 1), values, color=colour, marker=marker, markersize=3, label=name)


def _draw_shares(axes: Axes, name: str, measures: Mapping[str, Any], colour: str, *, alone: bool) -> None:
    values = measures["eigenvalues"]
    total = sum(values)
    shares, so_far = [0.0], 0.0
    for value in values:
        so_far += value
        shares.append(100 * so_far / total if total > 0 else 0.0)
    effective = measures["effective_rank"]
    axes.plot(range(len(shares)), shares, color=colour, label=f"{name}: effective rank {effective:.1f}")
    if not alone:
        return
    for share in _SHARES:
        needed = measures["dimensions_for"].get(f"{share:g}")
        if needed is not None:
            axes.plot([0, needed, needed], [100 * share, 100 * share, 0], color="#888888", linewidth=0.7, linestyle=":")
            axes.annotate(
                f"{100 * share:g} %: {needed}",
                (needed, 100 * share),
                xytext=(5, -12),
                textcoords="offset points",
                fontsize=9,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )


def _label(left: Axes, right: Axes) -> None:
    left.set_yscale("log")
    left.set_xlabel("component")
    left.set_ylabel("eigenvalue of the covariance")
    left.set_title("Spectrum")
    right.set_xlabel("components")
    right.set_ylabel("share of the variance, %")
    right.set_title("Cumulative share")
    right.set_ylim(0, 104)
    right.set_xlim(left=0)
    right.legend(loc="lower right", edgecolor="white", framealpha=1)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    if len(left.lines) > 1:
        left.legend(frameon=False)
