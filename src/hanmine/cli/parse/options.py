"""The options of `mine parse`, in groups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import typer

from hanmine.cli.groups import option
from hanmine.cli.options import (
    DISTANCES,
    FILES_HELP,
    SCHEMES,
    ImpactGroup,
    LineOptions,
    TargetOptions,
    format_option,
    given,
)
from hanmine.errors import UsageError
from hanmine.text.options import INPUT_FORMATS, TextOptions

# Those of hanmine.parsing, which are imported when a command runs.
WORDS = ("jieba", "segment", "given")
TREES = ("dependency", "constituency", "both")
DECODERS = ("eisner", "cle", "chu-liu-edmonds")
CONSTITUENCIES = ("mart", "su")
MATRIX_SCORES = ("auto", "dist", "logprob")  # a matrix has no relative ones
PUNCTUATION = ("aside", "words")

Root = Annotated[
    str,
    option(
        "--root",
        metavar="ROOT",
        help="search (every word is tried), given (as in the trees of a CoNLL-U input), or N: word N of each sentence.",
    ),
]


@dataclass
class ParseInput(LineOptions):
    """How sentences are read."""

    input_format: Annotated[
        Literal[(*INPUT_FORMATS, "conllu")],
        option(help="What the files are; auto goes by extension and first bytes."),
    ] = TextOptions.input_format


@dataclass
class WordGroup:
    """Where words come from."""

    heading: ClassVar[str] = "Words"

    words: Annotated[
        Literal[WORDS] | None,
        option(
            help="jieba (its dictionary alone), segment (as mine segment), or given: a sentence a line with white "
            "space between words, or CoNLL-U.  [default: jieba; given for CoNLL-U]",
            show_default=False,
        ),
    ] = None
    stats: Annotated[
        Path | None,
        option(metavar="FILE.npz", help="For segment: statistics that mine segment --save-stats has kept."),
    ] = None
    corpus: Annotated[
        list[str] | None,
        option(metavar="FILE", help="For segment: learn words from this text instead of the input; may be repeated."),
    ] = None


@dataclass
class TreeGroup:
    """What is made of an impact matrix; `hanmine.parsing.ParseOptions` says what each means."""

    heading: ClassVar[str] = "Trees"

    trees: Annotated[
        Literal[TREES] | None,
        option(
            help="Which trees.  [default: dependency; constituency where --constituency is given]", show_default=False
        ),
    ] = None
    decoder: Annotated[
        Literal[DECODERS] | None,
        option(
            help="Dependency trees: eisner makes projective ones, cle (Chu-Liu/Edmonds) any.  [default: eisner]",
            show_default=False,
        ),
    ] = None
    constituency: Annotated[
        Literal[CONSTITUENCIES] | None,
        option(help="Brackets: MART of Wu et al. 2020, or the rule of Su 2020.  [default: mart]", show_default=False),
    ] = None
    root: Root = "search"
    punctuation: Annotated[
        Literal[PUNCTUATION],
        option(help="Marks are hung below the word before them, or are words like others."),
    ] = "aside"
    max_length: Annotated[
        int,
        option(min=2, metavar="N", help="Characters parsed together; longer sentences are cut and their trees joined."),
    ] = 126


@dataclass
class ParseImpact(ImpactGroup):
    """The model, and how the impact of a masked word is measured."""

    score: Annotated[
        Literal[MATRIX_SCORES],
        option(help="dist: how far hidden states move; logprob: how much less likely a word becomes (needs an MLM "
               "head)."),
    ] = "auto"  # fmt: skip
    distance: Annotated[Literal[DISTANCES], option(help="Of dist.")] = "euclidean"
    scheme: Annotated[
        Literal[SCHEMES],
        option(
            help="Which rows are computed. full: each pair of words masked, for whole matrices; grouped: every "
            "--group-th word at once, for trees as good by far fewer rows.  [default: full if unmasked or with "
            "--matrix or --heat-map, else grouped]",
            show_default=False,
        ),
    ] = "auto"
    group: Annotated[int | None, option(min=2, metavar="N", help="Of the scheme grouped.  [default: 8]")] = None

    def measured(self) -> dict[str, Any]:
        """The same with the group."""
        return super().measured() | given(group=self.group)


@dataclass
class ParseOutput(TargetOptions):
    """Where trees, matrices and pictures go."""

    format: Annotated[
        str | None,
        format_option(
            help="conllu, brackets or jsonl.  [default: by FILE's extension, or conllu; brackets of constituents]"
        ),
    ] = None
    matrix: Annotated[
        Path | None, option(metavar="FILE", help="Write the words and the impact matrix of each sentence (npz).")
    ] = None
    heat_map: Annotated[
        Path | None,
        option(metavar="FILE", help="Draw the impact matrix of a sentence (png, svg, pdf; extra: plot)."),
    ] = None
    arcs: Annotated[Path | None, option(metavar="FILE", help="Draw the dependency tree of a sentence (svg).")] = None
    sentence: Annotated[
        int, option(min=1, metavar="N", help="The sentence that --heat-map and --arcs draw, from 1.")
    ] = 1


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        show_default=False,
        help=FILES_HELP.format("Texts or CoNLL-U"),
    ),
]


def root_of(text: str) -> str | int:
    """What --root says: search, given, or the number of a word.

    Raises
    ------
    UsageError : anything else.
    """
    if text in ("search", "given"):
        return text
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise UsageError(f"--root {text!r} is unknown: pass search, given or the number of a word from 1")


def trees_wanted(group: TreeGroup) -> str:
    """Which trees: as --trees says, else those whose method is named, else dependency."""
    if group.trees is not None:
        return group.trees
    if group.constituency is None:
        return "dependency"
    return "constituency" if group.decoder is None else "both"
