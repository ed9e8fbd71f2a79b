"""What all pictures share: their formats, a style that is the same everywhere, and writing them whole.

The same input gives the same bytes: no date, no random ids, text as outlines, no state of the process read or changed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hanmine.errors import MissingExtraError, UsageError
from hanmine.formats.atomic import open_output

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hanmine.report.fonts import Fonts

PICTURE_FORMATS = ("png", "svg", "pdf")
_METADATA = {"png": {"Software": "hanmine"}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def picture_format(path: Path, option: str = "--plot") -> str:
    """The format that the extension of `path` names; `option` is what the user named the file with.

    Raises
    ------
    UsageError : none of `PICTURE_FORMATS`. MissingExtraError : matplotlib is not installed.
    """
    from importlib.util import find_spec

    format = path.suffix.lower().removeprefix(".")
    if format not in PICTURE_FORMATS:
        raise UsageError(f"{option} {path}: pictures are png, svg or pdf: name a file with one of these extensions")
    if find_spec("matplotlib") is None:
        raise MissingExtraError(option, "plot")
    return format


@contextmanager
def drawing(fonts: Fonts, size: float = 10) -> Iterator[None]:
    """Draw inside with these fonts, text of `size` points, and matplotlib's own defaults for all else."""
    import matplotlib

    style = {"svg.hashsalt": "hanmine", "svg.fonttype": "path", "font.size": size, "font.family": fonts.families}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(style)
        yield


def save(figure: Figure, path: Path, format: str, *, dots_per_inch: int = 150) -> None:
    """Write the picture whole, or nothing.

    Raises
    ------
    OutputError : the file cannot be written.
    """
    content = io.BytesIO()
    figure.savefig(content, format=format, dpi=dots_per_inch, metadata=_METADATA[format])
    with open_output(path) as stream:
        stream.write(content.getvalue())
