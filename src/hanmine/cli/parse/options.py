"""The options of `mine parse`, in groups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from hanmine.cli.options import option
from hanmine.errors import UsageError
from hanmine.text.options import ERROR_MODES, INPUT_FORMATS, TextOptions

# Those of hanmine.parsing and hanmine.masking, which are imported when a command runs.
WORDS = ("jieba", "segment", "given")
TREES = ("dependency", "constituency", "both")
DECODERS = ("eisner", "cle", "chu-liu-edmonds")
CONSTITUENCIES = ("mart", "su")
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
class ParseInput:
    """How sentences are read."""

    recursive: Annotated[bool, option("-r", "--recursive", help="Read all files below the folders given.")] = (
        TextOptions.recursive
    )
    encoding: Annotated[
        str,
        option(metavar="NAME", help="auto (BOM, then UTF-8, then GB18030 or Big5 by their characters) or an encoding."),
    ] = TextOptions.encoding
    errors: Annotated[
        Literal[ERROR_MODES],
        option(help="At what cannot be read: stop, or replace bytes by U+FFFD and records by empty sentences."),
    ] = TextOptions.errors
    input_format: Annotated[
        Literal[(*INPUT_FORMATS, "conllu")],
        option(help="What the files are; auto goes by extension and first bytes."),
    ] = TextOptions.input_format
    column: Annotated[
        str | None, option(metavar="NAME", help="The field to read of csv, tsv, jsonl and json; a.b for nested keys.")
    ] = TextOptions.column


@dataclass
class WordGroup:
    """Where words come from."""

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
        option(metavar="FILE", help="For segment: statistics that mine segment --save-stats has kept."),
    ] = None
    corpus: Annotated[
        list[str] | None,
        option(metavar="FILE", help="For segment: learn words from this text instead of the input; can be repeated."),
    ] = None


@dataclass
class TreeGroup:
    """What is made of an impact matrix; `hanmine.parsing.ParseOptions` says what each means."""

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
class ImpactGroup:
    """The model, and how impact is measured; the names are those of `hanmine.masking.ImpactOptions`."""

    model: Annotated[
        str | None,
        option("--model", metavar="MODEL", help="e5, a folder, or a name in the Hugging Face cache."),
    ] = None
    score: Annotated[
        Literal["auto", "dist", "logprob"],
        option(help="dist: how far the hidden state of a word moves; logprob: how much less likely the word becomes."),
    ] = "auto"
    layer: Annotated[
        str,
        option(metavar="LAYER", help="For dist: the number of a layer, last, head (after the transform of the head) or "
               "auto."),
    ] = "auto"  # fmt: skip
    distance: Annotated[Literal["euclidean", "cosine", "dot"], option(help="For dist.")] = "euclidean"
    context: Annotated[
        Literal["auto", "masked", "unmasked"], option(help="Whether the word that is looked at is masked itself.")
    ] = "auto"
    scheme: Annotated[
        Literal["auto", "full", "pairs", "grouped"],
        option(help="Which words are masked together: a matrix needs full, which is what auto means here."),
    ] = "auto"
    batch_tokens: Annotated[
        int | None,
        option(min=1, metavar="N", help="Tokens computed at once, padding included.  [default: 2048]"),
    ] = None
    backend: Annotated[Literal["auto", "onnx", "torch"], option(help="What runs a transformer.")] = "auto"
    precision: Annotated[
        Literal["fp32", "int8"], option(help="int8 quantizes the weights: faster, a little less exact.")
    ] = "fp32"


@dataclass
class ParseOutput:
    """Where trees, matrices and pictures go."""

    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all.")
    ] = None
    format: Annotated[
        str | None,
        option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="conllu, brackets or jsonl.  [default: by FILE's extension, or conllu; brackets of constituents]",
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
    no_overwrite: Annotated[bool, option("--no-overwrite", help="Refuse to replace a file.")] = False
    summary_json: Annotated[
        Path | None,
        option(metavar="FILE", help="Write what was read and done, counts, timings and memory as JSON."),
    ] = None


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        show_default=False,
        help="Texts or CoNLL-U, glob patterns, folders with -r, or - for standard input (the default in a pipe). "
        "gz, bz2, xz and zst are unpacked.",
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
