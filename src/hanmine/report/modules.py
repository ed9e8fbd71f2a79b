"""A map of modules: a circle each, its area the flow in it, lines between them by the flow that goes across.

After the maps of Rosvall and Bergstrom 2008. Lines carry the flow of both directions; thin ones are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanmine.errors import UsageError
from hanmine.report.fonts import fonts_for
from hanmine.report.picture import drawing, picture_format, save

if TYPE_CHECKING:
    import numpy as np

    from hanmine.report.map_drawing import LabelledCircle, TextMeasure

MOST_SHOWN = 60
_CIRCLES = 80_000.0  # square points of all together, where there are many
_MANY = 15
_LEAST_RADIUS = 2.5
_THINNEST = 0.4
_LINES = 2.2  # for each circle, at most
_GAP = 7.0  # between two circles
_WORDS = 6  # of a label, at most


@dataclass(frozen=True)
class ModuleNode:
    """A module on the map.

    Attributes
    ----------
    label : its label words, separated by spaces, the most telling one first; empty: its members are taken.
    flow : share of the flow that is in it.
    size : number of its nodes.
    members : its most central nodes, best first.
    """

    label: str
    flow: float
    size: int
    members: Sequence[str] = ()

    @property
    def words(self) -> list[str]:
        """What is written on the map."""
        return (self.label.split() or [member for member in self.members if member.strip()])[:_WORDS]


def draw_modules(
    path: str | Path,
    modules: Sequence[ModuleNode],
    links: Iterable[tuple[int, int, float]],
    *,
    title: str | None = None,
    most: int = MOST_SHOWN,
    option: str = "--plot",
) -> list[str]:
    """Draw the map of the modules with the most flow, and write the picture whole.

    Parameters
    ----------
    path : a png, svg or pdf file.
    modules : in any order.
    links : places of two modules, and the flow from one to the other; parallel and opposite ones are summed.
    title : a line above the map.
    most : how many modules are shown.
    option : what the user named the file with, for messages.

    Returns
    -------
    Lines that a user should see: how many modules are not shown, characters that no font has.

    Raises
    ------
    UsageError : an unknown extension, no modules, HANMINE_FONT is no font. MissingExtraError : matplotlib is not
    installed. OutputError : the file cannot be written.
    """
    path = Path(path)
    format = picture_format(path, option)
    if not modules:
        raise UsageError(f"{option} {path}: there are no modules to draw")
    order = sorted(range(len(modules)), key=lambda place: (-modules[place].flow, place))[:most]
    shown = [modules[place] for place in order]
    fonts = fonts_for([*(word for module in shown for word in module.words), title or ""])
    with drawing(fonts):
        from hanmine.report.map_drawing import TextMeasure

        figure = _drawn(shown, _between(order, links), title, len(modules), TextMeasure(fonts))
        save(figure, path, format, dots_per_inch=200)
    return [*_not_shown(modules, shown), *fonts.messages]


def _between(order: Sequence[int], links: Iterable[tuple[int, int, float]]) -> np.ndarray:
    """Flow between each two modules that are shown, both directions together: float64 [n, n], symmetric."""
    import numpy as np

    place_of = {module: place for place, module in enumerate(order)}
    flow = np.zeros((len(order), len(order)))
    for source, target, amount in links:
        one, other = place_of.get(source), place_of.get(target)
        if one is not None and other is not None and one != other:
            flow[one, other] += amount
            flow[other, one] += amount
    return flow


def _drawn(shown: Sequence[ModuleNode], flow: np.ndarray, title: str | None, count: int, measure: TextMeasure):
    """The figure."""
    from hanmine.report import map_drawing as pen

    ink = _CIRCLES * min(1.0, len(shown) / _MANY) ** 0.5
    scale = (ink / 3.141592653589793 / max(sum(module.flow for module in shown), 1e-300)) ** 0.5
    radii = [max(_LEAST_RADIUS, scale * module.flow**0.5) for module in shown]
    circles = [
        pen.labelled(radius, module.words, measure) for radius, module in zip(radii, shown, strict=True)
    ]  # fmt: skip
    centres, width, height = _places(flow, circles, title)
    figure, axes = pen.new_canvas(width, height)
    if title:
        pen.write(axes, pen.MARGIN, height - 0.55 * pen.TITLE_HEIGHT, measure.title(title), 13, pen.INK)
    thickest = flow.max()
    for one, other in _lines(flow):
        share = flow[one, other] / thickest
        line = max(_THINNEST, pen.WIDEST_LINE * share)
        pen.draw_line(axes, centres[one], centres[other], line, float(share**0.5))
    for circle, centre, hue in zip(circles, centres, pen.hues(centres), strict=True):
        pen.draw_circle(axes, circle, centre, hue)
    pen.draw_legend(axes, _legend(shown, count, scale, thickest), measure)
    return figure


def _places(flow: np.ndarray, circles: Sequence[LabelledCircle], title: str | None) -> tuple[np.ndarray, float, float]:
    """Centres on the canvas, and its width and height."""
    import numpy as np

    from hanmine.report import map_drawing as pen
    from hanmine.report.map_layout import Shapes, placed

    columns = [[getattr(circle, name) for circle in circles] for name in ("radius", "half_width", "below")]
    shapes = Shapes(*map(np.array, columns), gap=_GAP)
    centres = placed(flow, shapes)
    half, down, up = shapes.box()
    least = np.array([(centres[:, 0] - half).min(), (centres[:, 1] - down).min()])
    most = np.array([(centres[:, 0] + half).max(), (centres[:, 1] + up).max()])
    edge = np.array([pen.MARGIN, pen.MARGIN + pen.LEGEND_HEIGHT])
    width, height = most - least + edge + pen.MARGIN
    widened = max(0.0, pen.LEAST_WIDTH - float(width))
    edge[0] += widened / 2
    return centres - least + edge, float(width) + widened, float(height) + (pen.TITLE_HEIGHT if title else 0)


def _lines(flow: np.ndarray) -> list[tuple[int, int]]:
    """Which lines are drawn, thin ones first: the thickest of each circle, and the thickest of all."""
    import numpy as np

    count = len(flow)
    ends = np.argwhere(np.triu(flow, 1) > 0)
    by_flow = sorted(map(tuple, ends.tolist()), key=lambda pair: (-flow[pair], pair))
    kept = set(by_flow[: int(_LINES * count)])
    thickest = flow.max(initial=0)
    kept = {pair for pair in kept if flow[pair] >= 0.025 * thickest}
    for place in range(count):
        if flow[place].any():
            other = int(flow[place].argmax())
            kept.add((min(place, other), max(place, other)))
    return sorted(kept, key=lambda pair: (flow[pair], pair))


def _legend(shown: Sequence[ModuleNode], count: int, scale: float, thickest: float) -> list[tuple[str, float, str]]:
    """A circle and a line of round sizes, and how much of everything is shown."""
    from hanmine.report.map_drawing import WIDEST_LINE

    steps = [digit * 10.0**power for power in range(-5, 0) for digit in (1, 2, 5)]
    flow = min(steps, key=lambda step: (abs(scale * step**0.5 - 7), step))
    items = [("circle", scale * flow**0.5, f"{100 * flow:g} % of the flow")]
    if thickest > 0:
        line = min(steps, key=lambda step: (abs(WIDEST_LINE * step / thickest - 4), step))
        items.append(("line", WIDEST_LINE * line / thickest, f"{100 * line:g} % goes from one to the other and back"))
    total = sum(module.flow for module in shown)
    of = f" of {count:,}" if count > len(shown) else ""
    items.append(("text", 0.0, f"{len(shown)}{of} module{'s' if count > 1 else ''}, {100 * total:.3g} % of the flow"))
    return items


def _not_shown(modules: Sequence[ModuleNode], shown: Sequence[ModuleNode]) -> list[str]:
    left = len(modules) - len(shown)
    if not left:
        return []
    flow = sum(module.flow for module in modules) - sum(module.flow for module in shown)
    return [f"the map shows the {len(shown)} modules with the most flow; {left:,} more have {100 * flow:.3g} % of it"]
