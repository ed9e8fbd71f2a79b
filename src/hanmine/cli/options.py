"""The catalogue of options that commands share: each stands here once, with its spelling, default and help.

Groups of options are dataclasses. A command takes a group as one parameter and `with_option_groups` spreads it over the
command line, so that a command's signature shows what is its own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from hanmine.cli.lazy import HelpWanted
from hanmine.errors import UsageError
from hanmine.text.options import ERROR_MODES, INPUT_FORMATS, MIXED_MODES, NORMALIZATIONS, TextOptions

option = functools.partial(typer.Option, show_envvar=False)
"""An option; that each has its environment variable is said once, and not in every line of the help."""

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        show_default=False,
        help="Files, glob patterns, folders with -r, or - for standard input (the default in a pipe). "
        "gz, bz2, xz and zst are unpacked.",
    ),
]


def _setter(name: str) -> Callable[[typer.Context, bool], bool]:
    """A callback that sets a switch of the run's environment, before or after the command's name."""

    def set_switch(context: typer.Context, value: bool) -> bool:
        if value and context.obj is not None and not context.resilient_parsing:
            setattr(context.obj, name, True)
        return value

    return set_switch


def _switch(name: str, *spellings: str, help: str) -> Any:
    return option(*spellings, help=help, is_eager=True, callback=_setter(name))


Quiet = Annotated[bool, _switch("quiet", "-q", "--quiet", help="No messages and no progress, only errors.")]
Verbose = Annotated[bool, _switch("verbose", "-v", "--verbose", help="Say what is done also where nobody watches.")]
Debug = Annotated[bool, _switch("debug", "--debug", help="Print the traceback of an error.")]


@dataclass
class InputOptions:
    """How the text is read; the names and defaults are those of `TextOptions`."""

    recursive: Annotated[bool, option("-r", "--recursive", help="Read all files below the folders given.")] = (
        TextOptions.recursive
    )
    encoding: Annotated[
        str,
        option(metavar="NAME", help="auto (BOM, then UTF-8, then GB18030 or Big5 by their characters) or an encoding."),
    ] = TextOptions.encoding
    errors: Annotated[
        Literal[ERROR_MODES], option(help="At bytes that are no text: stop, or replace them by a break.")
    ] = TextOptions.errors
    input_format: Annotated[
        Literal[INPUT_FORMATS], option(help="What the files are; auto goes by extension and first bytes.")
    ] = TextOptions.input_format
    column: Annotated[
        str | None,
        option(metavar="NAME", help="The field to read of csv, tsv, jsonl and json; a.b for nested keys."),
    ] = TextOptions.column
    normalize: Annotated[
        Literal[NORMALIZATIONS],
        option(
            help="width folds full-width ASCII, skips zero-width characters and unifies radicals and compatibility "
            "ideographs."
        ),
    ] = TextOptions.normalize
    fold_case: Annotated[bool, option("--fold-case", help="Read A-Z as a-z.")] = TextOptions.fold_case
    t2s: Annotated[bool, option("--t2s", help="Convert traditional to simplified script (extra: opencc).")] = (
        TextOptions.t2s
    )
    mixed: Annotated[
        Literal[MIXED_MODES],
        option(
            help="Latin letters and digits: tokens are never cut inside, chars are symbols like any other, or they "
            "break the text."
        ),
    ] = TextOptions.mixed

    def as_keywords(self) -> dict[str, Any]:
        """The keyword arguments of the public functions."""
        return asdict(self)


@dataclass
class OutputOptions:
    """Where the result goes and in which format."""

    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all.")
    ] = None
    format: Annotated[
        str | None,
        option(
            "-f", "--format", metavar="FORMAT", help="tsv, csv, jsonl or json.  [default: by FILE's extension, or tsv]"
        ),
    ] = None
    no_header: Annotated[bool, option("--no-header", help="No line of column names (tsv, csv).")] = False
    bom: Annotated[bool, option("--bom", help="Begin with a byte order mark, for Excel (csv).")] = False
    no_overwrite: Annotated[bool, option("--no-overwrite", help="Refuse to replace a file.")] = False
    summary_json: Annotated[
        Path | None,
        option(metavar="FILE", help="Write what was read and done, counts, timings and memory as JSON."),
    ] = None


@dataclass
class WordListOptions(OutputOptions):
    """The same for lists of words, which have more formats."""

    format: Annotated[
        str | None,
        option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="tsv, csv, jsonl, json, words (one a line), jieba or hanlp (user dictionaries).  "
            "[default: by FILE's extension, or tsv]",
        ),
    ] = None


@dataclass
class VectorOutputOptions:
    """The same for vectors."""

    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all.")
    ] = None
    format: Annotated[
        str | None,
        option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="npy, npz, safetensors, parquet, word2vec (text) or word2vec-binary.  "
            "[default: by FILE's extension, or npy]",
        ),
    ] = None
    no_overwrite: Annotated[bool, option("--no-overwrite", help="Refuse to replace a file.")] = False
    summary_json: Annotated[
        Path | None,
        option(metavar="FILE", help="Write what was read and done, counts, timings and memory as JSON."),
    ] = None


ArrayName = Annotated[
    str | None,
    option(
        "--array",
        metavar="NAME",
        help="The array of .npz and .safetensors files, or the column of Parquet files.  [default: the only one]",
    ),
]


@dataclass
class ModelOptions:
    """Which encoder, and how it is used; the names are those of `hanmine.encoder.load_encoder`."""

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
    backend: Annotated[Literal["auto", "onnx", "torch"], option(help="What runs a transformer.")] = "auto"
    precision: Annotated[
        Literal["fp32", "int8"], option(help="int8 quantizes the weights: faster, a little less exact.")
    ] = "fp32"
    prompt: Annotated[str | None, option(metavar="TEXT", help="Put before every sentence.")] = None
    prompt_name: Annotated[
        str | None, option(metavar="NAME", help="A prompt that the model has, such as query (e5).")
    ] = None
    normalize: Annotated[bool, option("--normalize", help="Make vectors of length 1.")] = False


@dataclass
class RunOptions:
    """How the run uses the machine, and what it says."""

    threads: Annotated[
        int | None, option("-j", "--threads", min=1, metavar="N", help="Threads.  [default: all cores]")
    ] = None
    tmpdir: Annotated[Path | None, option("-T", "--tmpdir", metavar="FOLDER", help="Where temporary files go.")] = None
    quiet: Quiet = False
    verbose: Verbose = False
    debug: Debug = False


Sort = Annotated[
    str | None,
    option(
        metavar="COLUMN",
        help="Sort by a column: numbers falling, words rising; ties by code point.  [default: count]",
    ),
]
Limit = Annotated[int | None, option(min=1, metavar="N", help="Only the first N rows.")]


def with_option_groups(function: Callable) -> Callable:
    """Spread the parameters of `function` that are groups (dataclasses) over its fields, for typer to read."""
    hints = get_type_hints(function, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, type] = {}
    for parameter in inspect.signature(function).parameters.values():
        hint = hints[parameter.name]
        if not is_dataclass(hint):
            parameters.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[parameter.name] = hint
        field_hints = get_type_hints(hint, include_extras=True)
        parameters.extend(
            inspect.Parameter(
                field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field_hints[field.name]
            )
            for field in fields(hint)
        )

    @functools.wraps(function)
    def command(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return function(**given)

    del command.__wrapped__
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


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


def short_help(context: typer.Context) -> str:
    """Usage, the first line of the help, and where there is more."""
    summary = (context.command.help or "").split("\n", 1)[0]
    return f"{context.get_usage()}\n{summary}\nMore: {context.command_path} --help"
