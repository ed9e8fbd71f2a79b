"""The options of `mine cluster` for vectors, words of a text, and labels; public functions settle what is unsaid."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from hanmine.cli.groups import LARGEST, option
from hanmine.cli.options import ArrayName, Column, EncodingOptions, FoldCase, Mixed, RowErrors, T2s
from hanmine.errors import UsageError
from hanmine.text.options import NORMALIZATIONS, TextOptions

# Those of hanmine.graphs and hanmine.vectors, which are imported when a command runs; a test compares them.
SYMMETRIC = ("directed", "mutual", "union")
THEME_PRESETS = ("su2019", "su2019-code")
WHITENINGS = ("raw-encoder", "soft", "tuned-encoder")
WORD_WEIGHTS = ("ppmi", "count", "npmi", "g2")

_OF_VECTORS = "Graphs of vectors: each row and its nearest neighbours"


@dataclass
class VectorGroup:
    """From vectors to a graph; None is left to `hanmine.graphs.cluster_vectors`."""

    heading: ClassVar[str] = _OF_VECTORS

    names: Annotated[
        Path | None,
        option(metavar="FILE", help="A name for each row: a line each, or the column word of a table."),
    ] = None
    array: ArrayName = None
    k: Annotated[
        str | None,
        option("-k", metavar="auto|N", show_default=False, help="Neighbours of each row.  [default: auto]"),
    ] = None
    min_similarity: Annotated[
        str | None,
        option(
            metavar="X|auto",
            show_default=False,
            help="The least cosine of a link; auto: of vectors without their mean, what few pairs of random directions "
            "reach in as many dimensions as these fill.  [default: auto]",
        ),
    ] = None
    symmetric: Annotated[
        Literal[SYMMETRIC] | None,
        option(
            show_default=False,
            help="directed: from each row to its neighbours; mutual: between rows that are neighbours of each other; "
            "union: where one is a neighbour of the other.  [default: directed]",
        ),
    ] = None
    whiten: Annotated[
        Literal[WHITENINGS] | None,
        option(show_default=False, help="Whiten first, by a preset of mine whiten.  [default: as they are]"),
    ] = None
    approximate: Annotated[
        bool,
        option("--approximate", help="Search an index in memory: faster from about 100,000 rows, not quite exact."),
    ] = False
    preset: Annotated[
        Literal[THEME_PRESETS] | None,
        option(
            show_default=False,
            help="The graph of Su Jianlin (2019): su2019 is -k 50 --min-similarity 0.6, su2019-code -k 40 "
            "--min-similarity 0.5, both directed, --two-level and --rows 10000. Options given beside it win.",
        ),
    ] = None
    no_join: Annotated[
        bool,
        option(
            "--no-join",
            help="Leave modules as they are found. Else, with -k and --min-similarity left open, those are joined that "
            "stay together at lower cosines.",
        ),
    ] = False


@dataclass
class WordGroup:
    """From words and a text to a graph; None is left to `hanmine.graphs.cluster_words`."""

    heading: ClassVar[str] = "Graphs of words: those that occur together in a text"

    words: Annotated[
        str | None,
        option(metavar="FILE", help="The words: what mine newwords writes, or one a line; - for standard input."),
    ] = None
    corpus: Annotated[
        list[str] | None,
        option(metavar="FILE", help="The text: a file, a pattern, - for standard input. May be repeated."),
    ] = None
    window: Annotated[
        str | None,
        option(
            metavar="N|line",
            show_default=False,
            help="Words occur together within N words, or in one line.  [default: line]",
        ),
    ] = None
    weight: Annotated[
        Literal[WORD_WEIGHTS] | None,
        option(
            show_default=False,
            help="What a link weighs: ppmi or npmi (how much more often together than by chance), g2 (how surely so), "
            "count.  [default: ppmi]",
        ),
    ] = None
    min_cooccurrence: Annotated[
        int | None,
        option(min=1, metavar="N", show_default=False, help="Drop pairs that occur together less often.  [default: 1]"),
    ] = None
    neighbours: Annotated[
        int | None,
        option(
            min=1, metavar="N", show_default=False, help="Links that each word keeps, the strongest.  [default: 50]"
        ),
    ] = None


Rows = Annotated[
    int | None,
    option(
        "--rows",
        min=1,
        metavar="N",
        show_default=False,
        rich_help_panel=_OF_VECTORS,
        help="Take the first N rows, or words of --words.",
    ),
]


@dataclass
class TextGroup(EncodingOptions):
    """How the text of --corpus and --text is read; --text as it stands, without the last four."""

    heading: ClassVar[str] = "How --corpus and --text are read"

    errors: Annotated[
        RowErrors,
        option(
            help="At what cannot be read: stop, or go on without it; skip leaves out rows whose names are no UTF-8."
        ),
    ] = TextOptions.errors
    column: Column = TextOptions.column
    recursive: Annotated[bool, option("-r", "--recursive", help="Read all files below the folders of --corpus.")] = (
        TextOptions.recursive
    )
    normalize: Annotated[
        Literal[NORMALIZATIONS], option(help="--corpus: as mine newwords read it (see its help), like those below.")
    ] = TextOptions.normalize
    fold_case: FoldCase = TextOptions.fold_case
    t2s: T2s = TextOptions.t2s
    mixed: Mixed = TextOptions.mixed


@dataclass
class LabelGroup:
    """What is said of modules."""

    heading: ClassVar[str] = "Labels and pictures"

    text: Annotated[
        str | None,
        option(
            metavar="FILE",
            help="The sentences of the vectors: a line for each row, or with --column a record. They are joined to "
            "rows, represent modules, and give them their words.",
        ),
    ] = None
    label: Annotated[
        int | None,
        option(
            min=0,
            metavar="N",
            show_default=False,
            help="Name modules by N distinctive words (by G²) or, without a text, central members; 0: not at all.  "
            "[default: 5 for words and sentences]",
        ),
    ] = None
    plot: Annotated[
        Path | None,
        option(metavar="FILE", help="Draw the map of modules: a png, svg or pdf file (extra: plot)."),
    ] = None


def vector_keywords(group: VectorGroup, rows: int | None) -> dict[str, Any]:
    """The keyword arguments of `hanmine.graphs.cluster_vectors`, without names and files.

    Raises
    ------
    UsageError : -k or --min-similarity are neither auto nor a number.
    """
    found = {name: value for name, value in asdict(group).items() if value not in (None, False)}
    for name in ("names", "array"):
        found.pop(name, None)
    if found.pop("no_join", False):
        found["join"] = False
    if "k" in found:
        found["k"] = _auto_or(int, "-k", found["k"], "a number of neighbours: pass -k 50, say")
    if "min_similarity" in found:
        found["min_similarity"] = _auto_or(
            float, "--min-similarity", found["min_similarity"], "a cosine: pass --min-similarity 0.6, say"
        )
    return found | ({"rows": rows} if rows is not None else {})


def word_keywords(group: WordGroup, text: TextGroup, rows: int | None) -> dict[str, Any]:
    """The keyword arguments of `hanmine.graphs.cluster_words`, without words and files.

    Raises
    ------
    UsageError : --window is neither line nor a number.
    """
    found = {name: value for name, value in asdict(group).items() if value is not None}
    for name in ("words", "corpus"):
        found.pop(name, None)
    if found.get("window", "line") != "line":
        try:
            found["window"] = int(found["window"])
            if found["window"] > LARGEST:
                raise UsageError(f"--window {found['window']}: is too large: pass line for whole lines")
        except ValueError:
            raise UsageError(
                f"--window {found['window']!r} is neither line nor a number of words: pass --window 5, say"
            ) from None
    return found | asdict(text) | ({"rows": rows} if rows is not None else {})


def _auto_or(kind: type, option: str, text: str, what: str) -> Any:
    if text == "auto":
        return text
    try:
        return kind(text)
    except ValueError:
        hint = " (-k of the infomap tool is --include-self-links, which always holds here)" if option == "-k" else ""
        raise UsageError(f"{option} {text!r} is neither auto nor {what}{hint}") from None
