"""The impact matrix of a sentence for a terminal: a block for each pair of words, the darker the larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from hanmine.errors import visible

if TYPE_CHECKING:
    import numpy as np

MOST_WORDS = 60  # wider than most terminals from here on
_SHADES = " ░▒▓█"
# From paper to ink; the colours of `hanmine.report.matrix`.
_COLOURS = ((247, 251, 255), (198, 219, 239), (107, 174, 214), (33, 113, 181), (8, 48, 107))


def print_matrix(stream: TextIO, words: Sequence[str], matrix: np.ndarray, *, styled: bool) -> None:
    """Print a matrix [n, n]: row i and column j show the change at word i when word j is masked, too.

    styled : in colour; otherwise in five shades of grey made of characters. Words are numbered from 1, and the columns
    have the numbers. Values are shares of the largest one; the place of what is no number, as it was not measured, is
    blank.
    """
    import numpy as np
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    shares, unknown = _shares(matrix), np.isnan(matrix).tolist()
    labels = [f"{number:>{len(str(len(words)))}} {visible(word)}" for number, word in enumerate(words, 1)]
    width = max(map(cell_len, labels), default=0)
    console = Console(
        file=stream,
        highlight=False,
        soft_wrap=True,
        force_terminal=styled,
        color_system="truecolor" if styled else None,
    )
    console.print(Text(" " * (width + 1) + "".join(f"{number % 100:>2}" for number in range(1, len(words) + 1))))
    for row, label in enumerate(labels):
        line = Text(label + " " * (width - cell_len(label) + 1))
        for column in range(len(words)):
            share = shares[row][column]
            if styled:
                blank = row == column or unknown[row][column]
                line.append("  ", style="" if blank else f"on rgb({','.join(map(str, _colour(share)))})")
            else:
                line.append(" ·" if row == column else _SHADES[_step(share, len(_SHADES))] * 2)
        console.print(line)


def _shares(matrix: np.ndarray) -> list[list[float]]:
    """The values as shares of the largest; what is below 0 or no number is 0."""
    import numpy as np

    values = np.clip(np.nan_to_num(matrix, nan=0.0), 0, None)
    largest = values.max(initial=0.0)
    return (values / largest if largest > 0 else values).tolist()


def _step(share: float, steps: int) -> int:
    return min(int(share * steps), steps - 1)


def _colour(share: float) -> tuple[int, int, int]:
    """A colour between two of the scale."""
    place = min(share, 1.0) * (len(_COLOURS) - 1)
    low = min(int(place), len(_COLOURS) - 2)
    red, green, blue = (
        round(a + (b - a) * (place - low)) for a, b in zip(_COLOURS[low], _COLOURS[low + 1], strict=True)
    )
    return red, green, blue
