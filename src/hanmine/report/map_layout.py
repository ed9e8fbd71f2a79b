"""Where the circles of a map go: those with much flow between them near each other, none over another.

First points by the VOS technique (van Eck and Waltman 2007, "VOS: a new method for visualizing similarities between
objects"; 2010 for the association strength): links pull by their similarity times the squared distance, every pair
pushes by its distance. Then the shapes (a circle, and a label below it where the label does not fit inside) are pushed
apart, drawn together towards the middle, and pushed apart again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = 300  # of the majorization
_STARTS = 8
_WEAK = 0.01  # similarity of any two, in means of all: it keeps what has no link from flying off
_PUSHES = 400
_PULLS = 250
_FILL = 0.5  # of the map by boxes around shapes and half the gaps: it is drawn together until then
_THICK = 0.2  # of the thickest line: what lies on thicker ones is moved off them
_ASIDE = 150
_MORE_GAP = 0.35  # of the smaller circle's radius: lines between large circles need room to be seen

BEND = 0.11  # of a line between two circles: how far off its middle the point is that it is bent to, in its lengths


@dataclass(frozen=True)
class Shapes:
    """What must not overlap, in points.

    Attributes
    ----------
    radius : float64 [n]. half_width, below : float64 [n], of the label under the circle; 0 where it is inside.
    gap : wanted between two shapes.
    """

    radius: np.ndarray
    half_width: np.ndarray
    below: np.ndarray
    gap: float

    def box(self, gap: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Half width, and how far down and up from the centre of the circle, of the box around each shape."""
        return np.maximum(self.radius, self.half_width) + gap, self.radius + self.below + gap, self.radius + gap


def placed(flow: np.ndarray, shapes: Shapes, aspect: float = 1.5) -> np.ndarray:
    """Centres of the circles, float64 [n, 2] in points, about `aspect` times as wide as high.

    Parameters
    ----------
    flow : float64 [n, n], symmetric, between each two.
    """
    count = len(flow)
    if count == 1:
        return np.zeros((1, 2))
    points = _turned(_points(flow))
    half, down, up = shapes.box(shapes.gap / 2)
    area = float((2 * half * (down + up)).sum()) / 0.55
    points = _spread(points - points.mean(axis=0), aspect, area)
    points = _apart(points, shapes)
    for _ in range(_PULLS):
        if area / _extent(points, shapes) >= _FILL / 0.55:
            break
        closer = _apart(points * np.array([0.985, 0.975]), shapes)
        if _extent(closer, shapes) >= _extent(points, shapes):
            break
        points = closer
    points = _beside_lines(points, flow, shapes)
    return np.round(points - points.mean(axis=0), 2)


def _spread(points: np.ndarray, aspect: float, area: float) -> np.ndarray:
    """The points scaled to fill a box of this area, and brought nearer to its shape; they may lie on a line."""
    wide, high = np.ptp(points, axis=0)
    lacking = np.clip(wide / aspect / max(high, 1e-3 * wide), 0.5, 2.5)
    points = points * np.array([1.0, lacking**0.7])
    diagonal = np.sqrt(area / aspect) * np.hypot(aspect, 1)
    return points * diagonal / max(float(np.hypot(*np.ptp(points, axis=0))), 1e-9)


def _beside_lines(points: np.ndarray, flow: np.ndarray, shapes: Shapes) -> np.ndarray:
    """The points moved so that, where there is room, no shape lies on a thick line between two others."""
    ends = np.argwhere(np.triu(flow, 1) >= max(_THICK * flow.max(), 1e-300))
    for _ in range(_ASIDE):
        shift = np.zeros_like(points)
        for one, other in ends:
            shift += _aside(points, one, other, shapes)
        if not shift.any():
            break
        points = points + shift
        for _ in range(3):
            points = points + _shift(points, shapes)
    return _apart(points, shapes)


def _aside(points: np.ndarray, one: int, other: int, shapes: Shapes) -> np.ndarray:
    """How shapes that lie on the line between two circles are to move off it."""
    half, down, up = shapes.box(shapes.gap / 2)
    way = points[other] - points[one]
    length = max(float(np.hypot(*way)), 1e-9)
    along = way / length
    normal = np.array([-along[1], along[0]])
    # The line bends to this side; its middle is half as far off as the point that it is bent to.
    middles = points + np.stack([np.zeros(len(points)), (up - down) / 2], axis=1) - points[one]
    share = (middles @ along) / length
    off = middles @ normal - 2 * BEND * length * share * (1 - share)
    reach = half * abs(normal[0]) + (up + down) / 2 * abs(normal[1])
    lacking = np.where((share > 0.05) & (share < 0.95), np.maximum(0, reach - np.abs(off)), 0)
    lacking[[one, other]] = 0
    return 0.2 * lacking[:, None] * np.where(off >= 0, 1, -1)[:, None] * normal


def _extent(points: np.ndarray, shapes: Shapes) -> float:
    """The area of the box around everything."""
    half, down, up = shapes.box()
    width = (points[:, 0] + half).max() - (points[:, 0] - half).min()
    return float(width * ((points[:, 1] + up).max() - (points[:, 1] - down).min()))


def _points(flow: np.ndarray) -> np.ndarray:
    """The best of several starts of the majorization."""
    similarity = _association(flow)
    best, least = None, np.inf
    for seed in range(_STARTS):
        points = _majorized(similarity, np.random.default_rng(seed).normal(size=(len(flow), 2)))
        distance = _distances(points)
        stress = float((similarity * distance**2).sum() / 2 - distance.sum())
        if stress < least - 1e-9 * abs(stress):
            best, least = points, stress
    return best


def _association(flow: np.ndarray) -> np.ndarray:
    """flow(i, j) / (flow of i · flow of j), its mean 1; and a little for every pair."""
    flow = flow * (1 - np.eye(len(flow)))
    total = flow.sum(axis=1)
    expected = np.outer(total, total)
    similarity = np.divide(flow, expected, out=np.zeros_like(flow), where=expected > 0)
    mean = similarity.sum() / (len(flow) * (len(flow) - 1))
    similarity = similarity / mean if mean > 0 else similarity
    # The association of two small modules may be thousands of times that of large ones: its root keeps the order.
    similarity = np.sqrt(similarity) + _WEAK
    np.fill_diagonal(similarity, 0)
    return similarity / similarity.mean()


def _majorized(similarity: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points that minimize the sum of similarity · distance² / 2 − distance over pairs, from a start."""
    count = len(points)
    laplacian = np.diag(similarity.sum(axis=1)) - similarity
    # Moving all points changes nothing: the mean is held at 0.
    inverse = np.linalg.inv(laplacian + 1 / count)
    for _ in range(_STEPS):
        push = 1 / np.maximum(_distances(points), 1e-9)
        np.fill_diagonal(push, 0)
        moved = inverse @ (push.sum(axis=1)[:, None] * points - push @ points)
        done = np.abs(moved - points).max() < 1e-7 * np.abs(moved).max()
        points = moved
        if done:
            break
    return points


def _distances(points: np.ndarray) -> np.ndarray:
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))


def _turned(points: np.ndarray) -> np.ndarray:
    """The longest side lies flat, and the first point is up and to the left."""
    points = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(points.T @ points)
    points = points @ axes[:, ::-1]
    sides = np.where(points[0] * np.array([-1, 1]) < 0, -1.0, 1.0)
    return points * sides


def _apart(points: np.ndarray, shapes: Shapes) -> np.ndarray:
    """The points moved until no shape overlaps another; where there is no room, everything is spread first."""
    points = points.copy()
    for _ in range(100):
        for _ in range(_PUSHES):
            shift = _shift(points, shapes)
            if not shift.any():
                return points
            points += shift
        points *= 1.03
    return points


def _shift(points: np.ndarray, shapes: Shapes) -> np.ndarray:
    """How each shape is to move away from those that it overlaps; zeros where none does."""
    across, along = (points[:, None, axis] - points[None, :, axis] for axis in (0, 1))
    radius, gap = shapes.radius, shapes.gap
    distance = np.hypot(across, along)
    wanted = gap + _MORE_GAP * np.minimum(radius[:, None], radius[None])
    lacking = radius[:, None] + radius[None] + wanted - distance
    np.fill_diagonal(lacking, 0)
    lacking = np.where(lacking > 1e-6, lacking, 0)
    safe = np.maximum(distance, 1e-9)
    shift = np.stack([(lacking * across / safe), (lacking * along / safe)], axis=2)
    # Equal places are told apart by order.
    shift[..., 0] += np.where(
        (distance < 1e-9) & (lacking > 0), np.sign(np.subtract.outer(*[np.arange(len(points))] * 2)), 0
    )
    shift += _label_shift(across, along, shapes)
    return 0.55 * shift.sum(axis=1) / np.maximum(1, (np.abs(shift).sum(axis=2) > 0).sum(axis=1))[:, None] ** 0.5


def _label_shift(across: np.ndarray, along: np.ndarray, shapes: Shapes) -> np.ndarray:
    """The same for boxes, of which at least one has a label: along the axis on which less is lacking."""
    half, down, up = shapes.box()
    lacking_across = half[:, None] + half[None] + shapes.gap - np.abs(across)
    # The upper one reaches down, the lower one up.
    reach = np.where(along > 0, down[:, None] + up[None], up[:, None] + down[None])
    lacking_along = reach + shapes.gap - np.abs(along)
    labelled = (shapes.below > 0)[:, None] | (shapes.below > 0)[None]
    over = labelled & (lacking_across > 1e-6) & (lacking_along > 1e-6)
    np.fill_diagonal(over, False)
    order = np.sign(np.subtract.outer(np.arange(len(half)), np.arange(len(half))))
    flat = lacking_across <= lacking_along
    shift_across = np.where(over & flat, lacking_across * np.where(across == 0, order, np.sign(across)), 0)
    shift_along = np.where(over & ~flat, lacking_along * np.where(along == 0, order, np.sign(along)), 0)
    return np.stack([shift_across, shift_along], axis=2)
