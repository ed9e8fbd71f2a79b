"""The public function: text into words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hanmine.masking import ImpactOptions
from hanmine.progress import tell
from hanmine.public import public
from hanmine.segmentation.options import settle_options
from hanmine.segmentation.pipeline import Segmentation
from hanmine.segmentation.rules import Rules
from hanmine.segmentation.segmented import Segmented
from hanmine.text.options import TextOptions


@public(lambda: (Segmentation, settle_options, ImpactOptions, Rules, TextOptions))
def segment(source: Any, **options: Any) -> Iterator[Segmented]:
    """Cut text into words, without a dictionary or labels.

    The lines come in the order of the text, when all of it has been read and counted: statistics come from the text
    itself unless `corpus` or `stats` says otherwise.

    >>> lines = segment(["大肠杆菌是一种细菌"], method="nvbe", corpus="news.txt")  # doctest: +SKIP
    >>> [line.words for line in lines]  # doctest: +SKIP

    Parameters
    ----------
    source : a path ("-": standard input) or an iterable of `pathlib.Path` of files, in which each line is cut, or each
        record with `column`; or an iterable of str, each of which is cut.
    **options : see `Segmentation`.

    Raises
    ------
    UsageError, MissingExtraError, InputError, DecodingError, OutputError (temporary folder full).
    """
    run = Segmentation(source, **options)
    return _lines(run)


def _lines(run: Segmentation) -> Iterator[Segmented]:
    with run:
        run.read()
        run.score()
        yield from run.lines()
        tell(run.messages())
