"""What a person at a terminal is shown: text from outside made harmless, and aligned tables.

Chinese characters count as two columns.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, TextIO

from hanmine.errors import visible

if TYPE_CHECKING:
    from hanmine.formats.tables import Table


def print_table(
    stream: TextIO, table: Table, rows: int | None = None, *, numeric: Collection[str] = (), styled: bool = False
) -> None:
    """Print the first `rows` rows of `table` (None: all) aligned: numbers to the right, reals with 4 decimals.

    The columns of text named in `numeric` hold numbers and stand to the right too. The header is bold if `styled`. A
    line is never cut, and wraps where the terminal is too narrow. Control characters are `visible`.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    from hanmine.formats.tables import columns_of

    columns = columns_of(table)
    texts = [_cells(column.kind, column.values[:rows].tolist()) for column in columns]
    names = [visible(column.name) for column in columns]
    widths = [max([cell_len(name), *map(cell_len, cells)]) for name, cells in zip(names, texts, strict=True)]
    console = Console(file=stream, highlight=False, soft_wrap=True, force_terminal=styled)
    left = [column.kind == "text" and column.name not in numeric for column in columns]
    console.print(Text(_line(names, widths, left, cell_len), style="bold"))
    for row in zip(*texts, strict=True):
        console.print(Text(_line(list(row), widths, left, cell_len)))


def _cells(kind: str, values: list) -> list[str]:
    if kind == "real":
        return [f"{value:.4f}" for value in values]
    return ["" if value is None else visible(str(value)) for value in values]


def _line(cells: list[str], widths: list[int], left: list[bool], cell_len) -> str:
    padded = []
    for cell, width, to_left in zip(cells, widths, left, strict=True):
        blank = " " * (width - cell_len(cell))
        padded.append(cell + blank if to_left else blank + cell)
    return "  ".join(padded).rstrip()
