"""A picture of the spectrum of vectors: how fast the eigenvalues fall, and how few components hold the variance."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.errors import MissingExtraError, UsageError
from hanmine.formats.atomic import open_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE_FORMATS = ("png", "svg", "pdf")
_SHARES = (0.9, 0.95, 0.99)
_COLOURS = ("#1f5fa8", "#d1762b", "#3d8a4d", "#8a4d8a")


def picture_format(path: Path) -> str:
    """The format that the extension of `path` names.

    Raises
    ------
    UsageError : none of `PICTURE_FORMATS`. MissingExtraError : matplotlib is not installed.
    """
    from importlib.util import find_spec

    format = path.suffix.lower().removeprefix(".")
    if format not in PICTURE_FORMATS:
        raise UsageError(f"--plot {path}: pictures are png, svg or pdf: name a file with one of these extensions")
    if find_spec("matplotlib") is None:
        raise MissingExtraError("--plot", "plot")
    return format


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
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Without pyplot no window system is asked for, and no state of the process is touched.
    fonts = _fonts()
    style = {"svg.hashsalt": "hanmine", "svg.fonttype": "path", "font.size": 10, "font.family": fonts}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        for index, (name, measures) in enumerate(measured.items()):
            colour, shown = _COLOURS[index % len(_COLOURS)], _shown(name, fonts)
            _draw_eigenvalues(left, shown, measures, colour)
            _draw_shares(right, shown, measures, colour, alone=len(measured) == 1)
        _label(left, right)
        content = io.BytesIO()
        # No date: the same vectors give the same bytes.
        figure.savefig(content, format=format, dpi=150, metadata=_METADATA[format])
    with open_output(path) as stream:
        stream.write(content.getvalue())


_CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC")
_METADATA = {"png": {"Software": "hanmine"}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def _fonts() -> list[str]:
    """matplotlib's own font, and behind it one that knows Chinese file names, where there is one."""
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    return ["DejaVu Sans", *(name for name in _CHINESE_FONTS if name in known)]


def _shown(name: str, fonts: list[str]) -> str:
    """`name` without what matplotlib would take for mathematics or has no font for."""
    if len(fonts) == 1:
        name = name.encode("latin-1", "replace").decode("latin-1")
    return name.replace("$", r"\$")


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
