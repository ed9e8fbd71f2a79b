"""A heat map of the impact of words on each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.report.picture import drawing, picture_format, save

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

    from hanmine.report.fonts import Fonts

OPTION = "--heat-map"
MOST_WORDS = 200
_CELL = 0.34  # inches a word
_WITH_NUMBERS = 12  # words up to which each cell shows its value


def draw_matrix(
    path: Path,
    words: Sequence[str],
    matrix: np.ndarray,
    *,
    heads: Sequence[int] | None = None,
    measure: str = "impact",
) -> list[str]:
    """Draw a matrix [n, n] and write the picture whole: row i, column j is the change at word i when j is masked, too.

    Parameters
    ----------
    path : a png, svg or pdf file.
    heads : of words from 1, 0 for the root; the cell of each arc (row of the dependent, column of its head) is framed.
    measure : what the numbers are, at the colour scale.

    Returns
    -------
    what a user should know, such as characters that no font has.

    Raises
    ------
    UsageError : another extension; HANMINE_FONT is no font. MissingExtraError : matplotlib is not installed.
    OutputError : the file cannot be written.
    """
    format = picture_format(path, OPTION)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from hanmine.report.fonts import fonts_for

    fonts = fonts_for(words)
    with drawing(fonts):
        side = 1.6 + _CELL * max(len(words), 4)
        figure = Figure(figsize=(side + 1.2, side), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        image = _draw_cells(axes, matrix)
        _label(axes, words, fonts)
        if len(words) <= _WITH_NUMBERS:
            _write_values(axes, matrix)
        if heads is not None:
            _frame_arcs(axes, heads)
        figure.colorbar(image, ax=axes, shrink=0.7, label=measure)
        save(figure, path, format)
    return fonts.messages


def _draw_cells(axes: Axes, matrix: np.ndarray) -> Any:
    import numpy as np

    values = np.array(matrix, float)
    np.fill_diagonal(values, np.nan)
    low = float(np.nanmin(values)) if np.isfinite(values).any() else 0.0
    return axes.imshow(np.ma.masked_invalid(values), cmap="Blues", vmin=min(low, 0.0), interpolation="nearest")


def _label(axes: Axes, words: Sequence[str], fonts: Fonts) -> None:
    shown = [fonts.shown(word) for word in words]
    places = range(len(words))
    axes.set_xticks(places, shown, rotation=90)
    axes.set_yticks(places, shown)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("masked, too: column j")
    axes.set_ylabel("changes: row i")
    axes.tick_params(length=0)
    axes.set_facecolor("#eeeeee")
    axes.spines[:].set_visible(False)


def _write_values(axes: Axes, matrix: np.ndarray) -> None:
    """The numbers in the cells, light on dark."""
    import numpy as np

    largest = np.nanmax(matrix, initial=0.0)
    digits = 0 if largest >= 100 else 1 if largest >= 1 else 2
    for row in range(len(matrix)):
        for column in range(len(matrix)):
            value = matrix[row, column]
            if row != column and np.isfinite(value):
                colour = "white" if value > 0.6 * largest else "#333333"
                axes.text(column, row, f"{value:.{digits}f}", ha="center", va="center", fontsize=7, color=colour)


def _frame_arcs(axes: Axes, heads: Sequence[int]) -> None:
    from matplotlib.patches import Rectangle

    for word, head in enumerate(heads):
        if head:
            corner = (head - 1.5, word - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="#d1762b", linewidth=1.5))
