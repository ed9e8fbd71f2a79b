"""The parts of a map of modules as they are drawn: circles with their words, lines between them, a legend.

All lengths are points, one of which is one unit of the axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanmine.report.fonts import Fonts
from hanmine.report.map_layout import BEND

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#20242c"
GREY = "#69717f"
LEGEND_HEIGHT = 30.0
TITLE_HEIGHT = 34.0
MARGIN = 16.0
WIDEST_LINE = 11.0
LEAST_WIDTH = 430.0  # that the legend needs

_LEAST_HEAD, _LARGEST_HEAD = 8.0, 24.0  # size of the first word inside
_LEAST_REST, _REST_SHARE = 6.0, 0.58  # size of the others, and of the first word's
_OUTSIDE, _OUTSIDE_REST = 8.5, 6.5
_OUTSIDE_WIDTH = 96.0  # of the words under a circle, at most
_FEW = 4  # words
_MIDDLE = 0.37  # of the size: how far above the baseline the middle of Han characters and capitals is
_LINE = 1.25  # from one line of text to the next, in sizes
_FILLED = 0.9  # of a circle's chord that text may take
_LONGEST_WORD = 12  # characters


class TextMeasure:
    """How wide a text is."""

    def __init__(self, fonts: Fonts) -> None:
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.font_manager import FontProperties

        self._fonts = fonts
        # Ten pixels a point: hinting counts for little.
        self._renderer = RendererAgg(10, 10, 720)
        self._properties = FontProperties(family=fonts.families, size=10)

    def shown(self, word: str) -> str:
        """A word as it is drawn."""
        return self._fonts.shown(word if len(word) <= _LONGEST_WORD else word[: _LONGEST_WORD - 1] + "…")

    def title(self, text: str) -> str:
        """A longer text as it is drawn."""
        return self._fonts.shown(text)

    def width(self, text: str, size: float) -> float:
        """Points of a drawn text."""
        plain = text.replace(r"\$", "$")
        return float(self._renderer.get_text_width_height_descent(plain, self._properties, False)[0]) / 100 * size


@dataclass(frozen=True)
class TextLine:
    """A line of a label: its size, and how far its middle is below the centre of the circle."""

    text: str
    size: float
    down: float


@dataclass(frozen=True)
class LabelledCircle:
    """A circle with its words.

    Attributes
    ----------
    inside : the words are in the circle, else under it.
    half_width, below : of the label under the circle; 0 without one.
    """

    radius: float
    lines: tuple[TextLine, ...]
    inside: bool
    half_width: float = 0.0
    below: float = 0.0


def labelled(radius: float, words: Sequence[str], measure: TextMeasure) -> LabelledCircle:
    """Put as many of the words as fit into the circle, the first one larger; under it where not even that one fits."""
    shown = [measure.shown(word) for word in words]
    for count in range(len(shown), 0, -1):
        # More than a few words are for circles that are large enough to keep them large.
        least = _LEAST_HEAD if count <= _FEW else 0.9 * _LARGEST_HEAD
        lines = _inside(radius, shown[:count], measure, least)
        if lines is not None:
            return LabelledCircle(radius, lines, inside=True)
    if not shown:
        return LabelledCircle(radius, (), inside=True)
    rest: list[str] = []
    for word in shown[1:_FEW]:
        if measure.width(" ".join([*rest, word]), _OUTSIDE_REST) > _OUTSIDE_WIDTH:
            break
        rest.append(word)
    lines = [TextLine(shown[0], _OUTSIDE, radius + 0.75 * _OUTSIDE)]
    if rest:
        lines.append(TextLine(" ".join(rest), _OUTSIDE_REST, lines[0].down + 0.62 * (_OUTSIDE + _OUTSIDE_REST)))
    half_width = max(measure.width(line.text, line.size) for line in lines) / 2
    below = lines[-1].down + 0.6 * lines[-1].size - radius
    return LabelledCircle(radius, tuple(lines), inside=False, half_width=half_width, below=below)


def _inside(
    radius: float, words: Sequence[str], measure: TextMeasure, least: float
) -> tuple[TextLine, ...] | None:  # fmt: skip
    """The words one a line, as large as the circle lets them be; None where the first is smaller than `least`."""
    size = min(_LARGEST_HEAD, 0.62 * radius)
    while size >= least:
        sizes = [size] + [max(_LEAST_REST, _REST_SHARE * size)] * (len(words) - 1)
        heights = [_LINE * each for each in sizes]
        down = -sum(heights) / 2
        lines = []
        for word, each, height in zip(words, sizes, heights, strict=True):
            lines.append(TextLine(word, each, down + height / 2))
            down += height
        if all(_fits(line, radius, measure) for line in lines):
            return tuple(lines)
        size *= 0.94
    return None


def _fits(line: TextLine, radius: float, measure: TextMeasure) -> bool:
    """Whether the corners of a line of text are within the circle."""
    furthest = abs(line.down) + 0.5 * line.size
    return furthest < radius and measure.width(line.text, line.size) <= 2 * _FILLED * (radius**2 - furthest**2) ** 0.5


def hues(centres: np.ndarray) -> list[float]:
    """A hue (radians) for each circle, by the order of their directions from the middle: neighbours are alike."""
    import numpy as np

    middle = centres - centres.mean(axis=0)
    directions = np.arctan2(middle[:, 1], middle[:, 0])
    ranks = np.argsort(np.argsort(directions, kind="stable"), kind="stable")
    return [float(2 * np.pi * rank / len(centres)) for rank in ranks]


def colour(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """sRGB of an OKLCH colour (Ottosson 2020): the same lightness looks equally light in all hues."""
    import numpy as np

    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    cones = np.array(
        [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
    )
    linear = np.array(
        [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
         [-0.0041960863, -0.7034186147, 1.707614701]]
    ) @ (cones @ np.array([lightness, a, b])) ** 3  # fmt: skip
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(float(round(value, 4)) for value in srgb)


def new_canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of this size in points, with axes that cover it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    return figure, axes


def write(axes: Axes, x: float, middle: float, text: str, size: float, ink: Any, **style: Any) -> None:
    """A line of text whose Han characters and capitals have their middle at a height, whatever else is in it."""
    axes.text(x, middle - _MIDDLE * size, text, fontsize=size, color=ink, va="baseline", zorder=5, **style)


def draw_circle(axes: Axes, circle: LabelledCircle, centre: np.ndarray, hue: float) -> None:
    """A circle and its words."""
    from matplotlib.patches import Circle
    from matplotlib.patheffects import withStroke

    x, y = map(float, centre)
    edge = min(2.2, 0.6 + 0.02 * circle.radius)
    axes.add_patch(
        Circle((x, y), circle.radius - edge / 2, facecolor=colour(0.9, 0.055, hue), edgecolor=colour(0.66, 0.11, hue),
               linewidth=edge, zorder=3)
    )  # fmt: skip
    for place, line in enumerate(circle.lines):
        ink = INK if place == 0 else colour(0.42, 0.06, hue)
        halo = [] if circle.inside else [withStroke(linewidth=2.4, foreground="white")]
        write(axes, x, y - line.down, line.text, line.size, ink, ha="center", path_effects=halo)


def draw_line(axes: Axes, begin: np.ndarray, end: np.ndarray, width: float, strength: float) -> None:
    """A bent line between two centres, darker where its `strength`, 0 to 1, is larger."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x, y), (u, v) = begin, end
    bend = ((x + u) / 2 - BEND * (v - y), (y + v) / 2 + BEND * (u - x))
    shade = 0.86 - 0.24 * strength
    axes.add_patch(
        PathPatch(Path([(x, y), bend, (u, v)], [Path.MOVETO, Path.CURVE3, Path.CURVE3]), facecolor="none",
                  edgecolor=colour(shade, 0.022, 4.5), linewidth=width, capstyle="round", zorder=1 + strength / 2)
    )  # fmt: skip


def draw_legend(axes: Axes, items: Sequence[tuple[str, float, str]], measure: TextMeasure) -> None:
    """A line at the bottom: samples ("circle" with a radius, "line" with a width, "text") and what they stand for."""
    from matplotlib.patches import Circle

    x, y, size = MARGIN, LEGEND_HEIGHT / 2 + 2, 7.5
    for kind, extent, text in items:
        if kind == "circle":
            axes.add_patch(Circle((x + extent, y), extent, facecolor="white", edgecolor=GREY, linewidth=0.8, zorder=3))
            x += 2 * extent + 5
        elif kind == "line":
            axes.plot([x, x + 18], [y, y], color=colour(0.62, 0.022, 4.5), linewidth=extent, solid_capstyle="butt")
            x += 23
        write(axes, x, y, text, size, GREY)
        x += measure.width(text, size) + 16
