"""A dependency tree as arcs over its words: SVG written here, without any package.

An arc goes from the head to its dependent, where the arrow is; the root has an arrow from above. The picture has no
script and loads nothing; words are escaped, and what XML does not allow is made visible. Which font shows them is left
to who looks at the picture.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from hanmine.errors import visible

FONTS = (
    "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', "
    "'Hiragino Sans GB', SimHei, sans-serif"
)
_SIZE = 18  # of the letters
_GAP = 26  # between two words
_MARGIN = 20
_LEVEL = 26  # between the tops of arcs
_ROOT = 30  # how far above the highest arc the arrow to the root begins
_INK, _ARC, _ROOT_COLOUR, _NUMBER = "#1a1a1a", "#1f5fa8", "#d1762b", "#888888"


def arcs_svg(words: Sequence[str], heads: Sequence[int], title: str = "") -> str:
    """The picture of a tree.

    Parameters
    ----------
    words : of the sentence.
    heads : of words from 1, 0 for the root.
    title : of the picture, which browsers show and readers of screens read.
    """
    words, title = [visible(word) for word in words], visible(title)
    centres, right = _places(words)
    levels = arc_levels(heads)
    top = max(levels.values(), default=0) * _LEVEL + _ROOT + _MARGIN
    height = top + 2 * _SIZE + _MARGIN + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {right:.0f} {height:.0f}" role="img">',
        f"<title>{escape(title or ' '.join(words))}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<g fill="none" stroke-width="1.4" stroke="{_ARC}">',
    ]
    ends = _ends(heads, centres)
    arrows = []
    for (head, word), level in levels.items():
        begin, end = ends[head, word]
        parts.append(f'<path d="{_path(begin, end, top, level)}"/>')
        arrows.append(_arrow(end, top, _ARC))
    for word, head in enumerate(heads, 1):
        if head == 0:
            x = centres[word - 1]
            parts.append(f'<path stroke="{_ROOT_COLOUR}" d="M{x:.1f},{_MARGIN} V{top}"/>')
            arrows.append(_arrow(x, top, _ROOT_COLOUR))
    parts.append("</g>")
    parts.extend(arrows)
    parts.append(f'<g font-family="{escape(FONTS)}" text-anchor="middle">')
    for number, (word, x) in enumerate(zip(words, centres, strict=True), 1):
        parts.append(f'<text x="{x:.1f}" y="{top + _SIZE + 6}" font-size="{_SIZE}" fill="{_INK}">{escape(word)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{top + 2 * _SIZE + 8}" font-size="11" fill="{_NUMBER}">{number}</text>')
    parts += ["</g>", "</svg>"]
    return "\n".join(parts) + "\n"


def arc_levels(heads: Sequence[int]) -> dict[tuple[int, int], int]:
    """The height of each arc (head, dependent): one more than the highest of those that it spans, at least 1."""
    arcs = sorted(
        ((head, word) for word, head in enumerate(heads, 1) if head), key=lambda arc: (abs(arc[0] - arc[1]), min(arc))
    )
    levels: dict[tuple[int, int], int] = {}
    highest = [0] * (len(heads) + 1)  # over the gap behind each word
    for arc in arcs:
        begin, end = min(arc), max(arc)
        levels[arc] = 1 + max(highest[begin:end])
        highest[begin:end] = [levels[arc]] * (end - begin)
    return levels


def _places(words: Sequence[str]) -> tuple[list[float], float]:
    """The middle of each word, and the width of the picture."""
    centres, x = [], float(_MARGIN)
    for word in words:
        width = max(_width(word), 0.7 * _SIZE)
        centres.append(x + width / 2)
        x += width + _GAP
    return centres, max(x - _GAP, _MARGIN) + _MARGIN


def _width(word: str) -> float:
    """About how wide a word is: a Chinese character is a square, others are a little more than half as wide."""
    return sum(_SIZE if unicodedata.east_asian_width(mark) in "WF" else 0.6 * _SIZE for mark in word)


def _ends(heads: Sequence[int], centres: Sequence[float]) -> dict[tuple[int, int], tuple[float, float]]:
    """Where each arc (head, dependent) begins and ends: at a head beside each other, the longest nearest its middle."""
    found = {}
    for head in range(1, len(heads) + 1):
        x = centres[head - 1]
        for side in (-1, 1):
            words = [word for word, other in enumerate(heads, 1) if other == head and (word > head) == (side > 0)]
            words.sort(key=lambda word: -abs(word - head))
            for place, word in enumerate(words, 1):
                found[head, word] = x + side * min(5 * place, 5 + 0.5 * _SIZE), centres[word - 1]
    return found


def _path(begin: float, end: float, base: float, level: int) -> str:
    """From the head up, across and down to the dependent, with round corners."""
    high = base - level * _LEVEL
    radius = min(10.0, abs(end - begin) / 2)
    turn = radius if end > begin else -radius
    return (
        f"M{begin:.1f},{base} V{high + radius:.1f} Q{begin:.1f},{high} {begin + turn:.1f},{high} "
        f"H{end - turn:.1f} Q{end:.1f},{high} {end:.1f},{high + radius:.1f} V{base}"
    )


def _arrow(x: float, y: float, colour: str) -> str:
    return f'<path d="M{x - 4:.1f},{y - 7} L{x + 4:.1f},{y - 7} L{x:.1f},{y} Z" fill="{colour}"/>'
