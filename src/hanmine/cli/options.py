"""The catalogue of options that commands share: each stands here once, with its spelling, default and help.

Groups of options are dataclasses (see `hanmine.cli.groups`). A command with a further choice of its own derives its
group from one of these and says only what is different.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import typer

from hanmine.cli.groups import option
from hanmine.cli.lazy import HelpWanted
from hanmine.cli.messages import MessageOptions
from hanmine.errors import TemporaryFolderError, UsageError
from hanmine.text.options import ERROR_MODES, INPUT_FORMATS, MIXED_MODES, NORMALIZATIONS, TextOptions

# Those of hanmine.encoder.backends and hanmine.masking.options, which are imported when a command runs.
BACKENDS = ("auto", "onnx", "torch")
PRECISIONS = ("fp32", "int8")
SCORES = ("auto", "dist", "logprob", "relative")
DISTANCES = ("euclidean", "cosine", "dot")
SCHEMES = ("auto", "pairs", "full", "grouped")
CONTEXTS = ("auto", "masked", "unmasked")

MOST_THREADS = 1024

FILES_HELP = (
    "{}, glob patterns, folders with -r, or - for standard input (the default in a pipe). gz, bz2, xz and zst are "
    "unpacked."
)
Files = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FILE]...", show_default=False, help=FILES_HELP.format("Files")),
]

# What one option is called and means wherever it stands.
Recursive = Annotated[bool, option("-r", "--recursive", help="Read all files below the folders given.")]
InputFormat = Annotated[
    Literal[INPUT_FORMATS],
    option("--input-format", help="What the files are; auto goes by extension and first bytes."),
]
LineErrors = Annotated[
    Literal[ERROR_MODES],
    option("--errors", help="At what cannot be read: stop, or put U+FFFD for bytes and an empty line for a record."),
]
Column = Annotated[
    str | None,
    option("--column", metavar="NAME", help="The field to read of csv, tsv, jsonl and json; a.b for nested keys."),
]
Normalize = Annotated[
    Literal[NORMALIZATIONS],
    option(
        "--normalize",
        help="width folds full-width ASCII, skips zero-width characters and unifies radicals and compatibility "
        "ideographs.",
    ),
]
FoldCase = Annotated[bool, option("--fold-case", help="Read A-Z as a-z.")]
T2s = Annotated[bool, option("--t2s", help="Convert traditional to simplified script (extra: opencc).")]
Mixed = Annotated[
    Literal[MIXED_MODES],
    option(
        "--mixed",
        help="Latin letters and digits: tokens are never cut inside, chars are symbols like any other, or they break "
        "the text.",
    ),
]
Repeats = Annotated[
    Literal["once", "count"] | None,
    option(
        "--repeats",
        help="Stretches of 24 characters and more that occur 5 times and more, such as advertisements: learn of words "
        "from one of them, or from each.  [default: once; with the presets of newwords count]",
    ),
]
Backend = Annotated[Literal[BACKENDS], option("--backend", help="What runs a transformer.")]
Precision = Annotated[
    Literal[PRECISIONS], option("--precision", help="int8 quantizes the weights: faster, a little less exact.")
]
BatchTokens = Annotated[
    int | None,
    option("--batch-tokens", min=1, metavar="N", help="Tokens computed at once, padding included.  [default: 1024]"),
]
NoOverwrite = Annotated[bool, option("--no-overwrite", help="Refuse to replace a file.")]
SummaryJson = Annotated[
    Path | None,
    option("--summary-json", metavar="FILE", help="Write what was read and done, counts, timings and memory as JSON."),
]
RowErrors = Literal["strict", "replace", "skip"]  # what becomes of a row of vectors with a name that is no UTF-8
VectorErrors = Annotated[
    RowErrors,
    option(
        "--errors",
        help="At names of rows that are no UTF-8 (word2vec, CSV): stop, put U+FFFD there, or leave the row out.",
    ),
]


def text_errors(errors: str) -> str:
    """What --errors means for texts beside vectors: a line cannot be left out, so skip is read as replace."""
    return "replace" if errors == "skip" else errors


ArrayName = Annotated[
    str | None,
    option(
        "--array",
        metavar="NAME",
        help="The array of .npz and .safetensors files, the column of Parquet and CSV files, or the field of JSON "
        "Lines.  [default: the only one]",
    ),
]
Sort = Annotated[
    str | None,
    option(
        metavar="COLUMN",
        help="Sort by a column: numbers falling, words rising; ties by code point.  [default: count]",
    ),
]
Limit = Annotated[int | None, option(min=1, metavar="N", help="Only the first N rows.")]
format_option = partial(option, "-f", "--format", metavar="FORMAT")


@dataclass
class EncodingOptions:
    """How bytes become text; the names and defaults of all groups of reading are those of `TextOptions`."""

    heading: ClassVar[str] = "Input"

    encoding: Annotated[
        str,
        option(metavar="NAME", help="auto (BOM, then UTF-8, then GB18030 or Big5 by their characters) or an encoding."),
    ] = TextOptions.encoding
    errors: Annotated[Literal[ERROR_MODES], option(help="At bytes that are no text: stop, or put U+FFFD there.")] = (
        TextOptions.errors
    )


@dataclass
class LineOptions(EncodingOptions):
    """How lines, or records of a table, are read."""

    errors: LineErrors = TextOptions.errors
    input_format: InputFormat = TextOptions.input_format
    column: Column = TextOptions.column
    recursive: Recursive = TextOptions.recursive


@dataclass
class InputOptions(LineOptions):
    """How running text is read."""

    errors: Annotated[
        Literal[ERROR_MODES], option(help="At what cannot be read: stop, or let it break the text there.")
    ] = TextOptions.errors
    normalize: Normalize = TextOptions.normalize
    fold_case: FoldCase = TextOptions.fold_case
    t2s: T2s = TextOptions.t2s
    mixed: Mixed = TextOptions.mixed

    def as_keywords(self) -> dict[str, Any]:
        """The keyword arguments of the public functions."""
        return asdict(self)


@dataclass
class TargetOptions:
    """Where a result goes; each kind of result has formats of its own."""

    heading: ClassVar[str] = "Output"

    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all.")
    ] = None
    format: Annotated[str | None, format_option(help="The format of the result.")] = None
    no_overwrite: NoOverwrite = False
    summary_json: SummaryJson = None


@dataclass
class OutputOptions(TargetOptions):
    """Where a table goes."""

    format: Annotated[
        str | None, format_option(help="tsv, csv, jsonl or json.  [default: by FILE's extension, or tsv]")
    ] = None
    no_header: Annotated[bool, option("--no-header", help="No line of column names (tsv, csv).")] = False
    bom: Annotated[bool, option("--bom", help="Begin with a byte order mark, for Excel (csv).")] = False


@dataclass
class WordListOptions(OutputOptions):
    """The same for lists of words, which have more formats."""

    format: Annotated[
        str | None,
        format_option(
            help="tsv, csv, jsonl, json, words (one a line), jieba or hanlp (user dictionaries).  "
            "[default: by FILE's extension, or tsv]"
        ),
    ] = None


@dataclass
class VectorOutputOptions(TargetOptions):
    """The same for vectors."""

    format: Annotated[
        str | None,
        format_option(
            help="npy, npz, safetensors, parquet, word2vec (text) or word2vec-binary.  "
            "[default: by FILE's extension, or npy]"
        ),
    ] = None


@dataclass
class ModelOptions:
    """Which encoder, and how it is used; the names are those of `hanmine.encoder.load_encoder`."""

    heading: ClassVar[str] = "Model"

    model: Annotated[
        str | None, option("--model", metavar="MODEL", help="use, e5, a folder, or a name in the Hugging Face cache.")
    ] = None
    pooling: Annotated[
        str | None,
        option(metavar="NAME", help="p1, p2, p3, p4, mean or last-N.  [default: as the folder says, or p4]"),
    ] = None
    max_length: Annotated[
        int | None,
        option(min=3, metavar="N", help="Tokens of a sentence, special ones included; what is longer is cut.  "
               "[default: as the folder says, or 128]"),
    ] = None  # fmt: skip
    prompt: Annotated[str | None, option(metavar="TEXT", help="Put before every sentence.")] = None
    prompt_name: Annotated[
        str | None, option(metavar="NAME", help="A prompt that the model has, such as query (e5).")
    ] = None
    normalize: Annotated[bool, option("--normalize", help="Make vectors of length 1.")] = False
    backend: Backend = "auto"
    precision: Precision = "fp32"


@dataclass
class ImpactGroup:
    """A masked model, and how the impact of a masked symbol is measured, as `hanmine.masking.ImpactOptions` has it."""

    heading: ClassVar[str] = "Model"

    model: Annotated[
        str | None,
        option(
            "--model",
            metavar="MODEL",
            help="e5, a folder with a masked language model or an encoder, or a name in the Hugging Face cache.",
        ),
    ] = None
    score: Annotated[
        Literal[SCORES],
        option(
            help="dist: how far hidden states move; logprob: how much less likely a symbol becomes (needs an MLM "
            "head); relative: dist as a multiple of what masks further away do."
        ),
    ] = "auto"
    layer: Annotated[
        str | None,
        option(
            metavar="N|last|head", help="Of distances; head: after the MLM head's transform.  [default: by the model]"
        ),
    ] = None
    distance: Annotated[Literal[DISTANCES], option(help="Of dist and relative; dot of dist alone.")] = "euclidean"
    context: Annotated[
        Literal[CONTEXTS],
        option("--context", help="Compare states of a symbol that is masked itself, or left as it is."),
    ] = "auto"
    scheme: Annotated[
        Literal[SCHEMES],
        option(
            help="Which rows are computed. pairs: each character and each two neighbours masked; full: all pairs; "
            "grouped: every --group-th position at once."
        ),
    ] = "auto"
    backend: Backend = "auto"
    precision: Precision = "fp32"
    batch_tokens: BatchTokens = None

    def measured(self) -> dict[str, Any]:
        """What was said of how impact is measured; the rest is left to the kind of model, or to a preset.

        Raises
        ------
        UsageError : options of distances beside --score logprob.
        """
        if self.score == "logprob":
            for name in ("layer", "distance"):
                if getattr(self, name) != getattr(ImpactGroup, name):
                    raise UsageError(f"--{name} is for --score dist, and the score is logprob: leave one out")
        changed = ("score", "layer", "distance", "context", "scheme", "batch_tokens")
        return {name: getattr(self, name) for name in changed if getattr(self, name) != getattr(ImpactGroup, name)}


def _existing_folder(context: typer.Context, tmpdir: Path | None) -> Path | None:
    """The folder of temporary files, also where a run might need none.

    Raises
    ------
    TemporaryFolderError : there is no such folder.
    """
    if tmpdir is not None and not context.resilient_parsing and not tmpdir.is_dir():
        raise TemporaryFolderError(tmpdir)
    return tmpdir


@dataclass
class _MachineOptions:
    threads: Annotated[
        int | None,
        option("-j", "--threads", min=1, max=MOST_THREADS, metavar="N", help="Threads.  [default: all cores]"),
    ] = None
    tmpdir: Annotated[
        Path | None,
        option("-T", "--tmpdir", metavar="FOLDER", callback=_existing_folder, help="Where temporary files go."),
    ] = None


@dataclass
class RunOptions(MessageOptions, _MachineOptions):
    """How the run uses the machine, and what it says."""


def given(**options: Any) -> dict[str, Any]:
    """Those options that were given; the others are left to the defaults of the public function."""
    return {name: value for name, value in options.items() if value is not None}


def numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    """The numbers of a list such as 2,4,6."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} {text!r} is no list of numbers: write them as in {option} 2,4,6") from None


def names(text: str | None) -> tuple[str, ...] | None:
    """The names of a list such as n,n-1."""
    return None if text is None else tuple(part.strip() for part in text.split(","))


def corpus(context: typer.Context, files: list[str] | None) -> list[Path]:
    """The corpus that FILE... names: standard input where nothing is named in a pipe, else the short help."""
    if not files:
        if context.obj.stdin_is_terminal:
            raise HelpWanted(context, short_help(context))
        return [Path("-")]
    if files.count("-") > 1:
        raise UsageError("standard input (-) is named twice: it can be read only once")
    return [Path(file) for file in files]


def named(paths: list[Path]) -> str:
    """The files of a corpus, as messages name them."""
    return ", ".join("<stdin>" if path.name == "-" else str(path) for path in paths)


def short_help(context: typer.Context) -> str:
    """Usage, the first line of the help, and where there is more."""
    summary = (context.command.help or "").split("\n", 1)[0]
    return f"{context.get_usage()}\n{summary}\nMore: {context.command_path} --help"
