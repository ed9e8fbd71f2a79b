"""From the output options to a plan that was checked before any work, and from a result to its file or stream."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.cli.environment import Environment, StandardOutput, Stream
from hanmine.cli.options import OutputOptions
from hanmine.errors import OutputError, UsageError
from hanmine.formats.atomic import check_targets, is_special, open_output

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink

# What extensions stand for, for every command and every option that names an output. First what is written here, then
# what is not, or not by all: to write another format into a file that is called so would mislead whoever opens it.
_EXTENSIONS_OF = {
    "tsv": ".tsv .tab", "csv": ".csv", "jsonl": ".jsonl .ndjson", "json": ".json",
    "words": ".words", "jieba": ".jieba", "hanlp": ".hanlp", "bmes": ".bmes",
    "conllu": ".conllu .conll", "brackets": ".brackets .mrg .ptb",
    "tree": ".tree", "ftree": ".ftree", "clu": ".clu", "net": ".net .paj", "gexf": ".gexf", "graphml": ".graphml",
    "nwk": ".nwk .newick",
    "npy": ".npy", "npz": ".npz", "safetensors": ".safetensors", "parquet": ".parquet .pq", "word2vec": ".vec",
    "word2vec-binary": ".bin", "faiss": ".faiss .index",
    "png": ".png", "svg": ".svg", "pdf": ".pdf",
    "xlsx": ".xlsx .xlsm", "xls": ".xls", "ods": ".ods", "html": ".html .htm", "md": ".md .markdown",
    "dic": ".dic .dict", "docx": ".docx", "doc": ".doc", "odt": ".odt", "rtf": ".rtf", "pptx": ".pptx", "tex": ".tex",
    "xml": ".xml", "yaml": ".yaml .yml", "feather": ".feather .arrow .ipc", "avro": ".avro", "orc": ".orc",
    "hdf5": ".h5 .hdf5", "pickle": ".pkl .pickle", "torch": ".pt .pth", "onnx": ".onnx", "mat": ".mat",
    "rds": ".rds .rdata", "sqlite": ".db .sqlite .sqlite3", "dot": ".dot .gv", "gml": ".gml", "mtx": ".mtx",
    "lgl": ".lgl", "jpeg": ".jpg .jpeg", "gif": ".gif", "webp": ".webp", "tiff": ".tif .tiff", "bmp": ".bmp",
    "eps": ".eps .ps", "zip": ".zip .7z .rar .tar .tgz",
}  # fmt: skip
_FORMAT_OF = {extension: format for format, all_of in _EXTENSIONS_OF.items() for extension in all_of.split()}
# .txt is any text: the one format that is called so, where a command has one, else its default if that is text.
_TEXT = (".txt", ".text")
_CALLED_TEXT = ("text", "word2vec")
_BINARY = frozenset({"npy", "npz", "safetensors", "parquet", "word2vec-binary", "faiss", "png", "svg", "pdf"})
# What is written to the files of further options.
_TABLES = ("tsv", "csv", "jsonl", "json")
_FORMATS_OF_OPTION = {
    "--summary-json": ("json",),
    "--memberships": _TABLES,
    "--modules": _TABLES,
    "--matrix": ("npz",),
    "--arcs": ("svg",),
    "--save-stats": ("npz",),
    "--save-gaps": ("npz",),
    "--save-map": ("safetensors",),
    "--export faiss": ("faiss",),
    "--export npz": ("npz",),
}
_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst"})
_STANDARD_OUTPUT = frozenset({"-", "/dev/stdout"})


@dataclass(frozen=True)
class OutputPlan:
    """What was decided about the output of a run.

    Attributes
    ----------
    target : the file to write, or None for standard output.
    format : one of the command's formats.
    for_terminal : nothing was said and a person reads standard output: show, do not dump.
    header, bom : as the options say.
    summary : the file of the run's summary, or None.
    """

    target: Path | None
    format: str
    for_terminal: bool
    header: bool
    bom: bool
    summary: Path | None


def plan_output(
    options: OutputOptions,
    formats: Sequence[str],
    environment: Environment,
    inputs: Sequence[Path | int],
    others: Mapping[str, Path | None] | None = None,
) -> OutputPlan:
    """Decide format and target, and refuse here what cannot or must not be written, `others` (option → file) among it.

    Raises
    ------
    UsageError : an unknown format, options that do not fit together.
    OutputError : a target that cannot be written, exists with --no-overwrite, or is an input.
    """
    target = file_target(options.output)
    files = {"-o": target, "--summary-json": options.summary_json, **(others or {})}
    check_files(files, "data", environment, inputs=inputs, overwrite=not options.no_overwrite)
    format = planned_format(options.format, target, formats, environment)
    if options.bom and format != "csv":
        raise UsageError(f"--bom is for csv, and the format is {format}: pass -f csv")
    check_redirection(environment, inputs if target is None else [])
    return OutputPlan(
        target=target,
        format=format,
        for_terminal=options.output is None and options.format is None and environment.stdout_is_terminal,
        header=not options.no_header,
        bom=options.bom,
        summary=options.summary_json,
    )


def planned_format(
    given: str | None,
    target: Path | None,
    formats: Sequence[str],
    environment: Environment,
    *,
    default: str | None = None,
    option: str = "-o",
) -> str:
    """The format of an output: what -f says (`given`), else what the extension of the target says, else the default.

    Where the extension says nothing a line for people says what is written.

    Parameters
    ----------
    formats : those that can be written. default : one of them; None: the first. option : that names the target.

    Raises
    ------
    UsageError : -f is unknown, or the extension stands for a format that is not written there.
    """
    default = default or formats[0]
    if given is not None and given not in formats:
        raise UsageError(f"-f {given!r} is unknown: choose {', '.join(formats)}")
    if given is not None or target is None or is_special(target):
        return given or default
    extension = target.suffix.lower()
    format = _FORMAT_OF.get(extension)
    if extension in _TEXT:
        format = next((one for one in _CALLED_TEXT if one in formats), "txt" if default in _BINARY else None)
    if format in formats:
        return format
    if format is not None and option == "-o" and len(formats) > 1:
        cure = f"pass -f, one of {', '.join(formats)}"
        raise UsageError(f"{option} {target}: this command does not write {format}: {cure}")
    if format is not None:
        cure = f"name a file that ends with {_listed([_EXTENSIONS_OF[one].split()[0] for one in formats])}"
        raise UsageError(f"{option} {target}: {_listed(formats)} is written there, not {format}: {cure}")
    environment.say_result(f"{option} {target}: {extension or 'no extension'} names no format: {default} is written")
    return default


def table_format_of(path: Path) -> str:
    """The format of a further table, which was checked by `check_files`; tsv where its extension says nothing."""
    format = _FORMAT_OF.get(path.suffix.lower())
    return format if format in _TABLES else "tsv"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def check_files(
    files: Mapping[str, Path | None],
    result: str,
    environment: Environment,
    *,
    inputs: Sequence[Path | int],
    overwrite: bool,
    exports: Sequence[tuple[str, Path]] = (),
) -> None:
    """Refuse here what cannot or must not be written of the files that options name, -o with its target first.

    Parameters
    ----------
    result : what goes to standard output. inputs : files and descriptors that are read.
    exports : kind and file of each --export.

    Raises
    ------
    UsageError : a file would be compressed, one of the others is standard output, or its extension stands for a format
        that is not written there.
    OutputError : see `hanmine.formats.atomic.check_targets`.
    """
    named = [(option, path) for option, path in files.items() if path is not None]
    named += [(f"--export {kind}", path) for kind, path in exports]
    for option, path in named:
        if path.suffix.lower() in _COMPRESSED:
            cure = "leave -o out and pipe into a compressor" if option == "-o" else "compress the file afterwards"
            raise UsageError(f"{option} {path}: compressed output is not written: {cure}")
        if option != "-o" and file_target(path) is None:
            raise UsageError(f"{option} needs a file: standard output is for the {result}")
    check_targets([path for _, path in named], overwrite=overwrite, inputs=inputs)
    for option, path in named:
        if option in _FORMATS_OF_OPTION:
            planned_format(None, path, _FORMATS_OF_OPTION[option], environment, option=option)


def check_redirection(environment: Environment, inputs: Sequence[Path | int]) -> None:
    """Refuse `mine ... FILE >> FILE`, which would read what it writes."""
    output = descriptor_of(environment.stdout)
    if output is None or not stat.S_ISREG(os.fstat(output).st_mode):
        return
    for path in inputs:
        if isinstance(path, Path) and path.is_file() and os.path.samestat(path.stat(), os.fstat(output)):
            raise OutputError(f"{path}: is also standard output: write to another file")


def descriptor_of(stream: Stream | None) -> int | None:
    """The descriptor of a stream that has one."""
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):  # streams in memory, closed streams
        return None


def file_target(output: Path | None) -> Path | None:
    """The file that -o names; None where it names standard output or was not given."""
    return None if output is None or str(output) in _STANDARD_OUTPUT else output


def input_files(paths: Sequence[Path], recursive: bool, environment: Environment) -> list[Path | int]:
    """All files that a corpus names, by which an output that is also an input is found out.

    Raises
    ------
    InputError : a file is missing, or a folder was given without -r.
    """
    from hanmine.text.sources import corpus_sources

    descriptor = descriptor_of(environment.stdin)
    files: list[Path | int] = []
    for source in corpus_sources(paths, recursive):
        if source.path is not None:
            files.append(Path(source.path))
        elif descriptor is not None:
            files.append(descriptor)
    return files


def write_output(plan: OutputPlan, environment: Environment, write: Callable[[ByteSink], Any]) -> Any:
    """Call `write` with the byte stream that the plan names, and return what it returns."""
    if plan.target is not None:
        with open_output(plan.target) as stream:
            return write(stream)
    stream = StandardOutput(environment)
    result = write(stream)
    stream.flush()
    return result


def write_summary_of(plan: OutputPlan, environment: Environment, summary: dict[str, Any]) -> None:
    """Write the summary of the run where --summary-json asks for it."""
    if plan.summary is not None:
        from hanmine.formats.summary import write_summary

        write_summary(plan.summary, {"arguments": environment.arguments, **summary})


def finish_run(plan: OutputPlan, environment: Environment, summary: dict[str, Any]) -> None:
    """Write the summary of a run over a corpus, and say its size, its time and its signature."""
    write_summary_of(plan, environment, summary)
    environment.say_result(f"{summary['characters']:,} characters in {summary['timings']['wall']:.1f} s")
    environment.say_result(summary["signature"])
