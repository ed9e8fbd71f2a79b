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
from hanmine.formats.atomic import check_targets, open_output

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink

_EXTENSIONS = {
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".words": "words",
    ".jieba": "jieba",
    ".hanlp": "hanlp",
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
    options: OutputOptions, formats: Sequence[str], environment: Environment, inputs: Sequence[Path | int]
) -> OutputPlan:
    """Decide format and target, and refuse here what cannot or must not be written.

    Raises
    ------
    UsageError : an unknown format, options that do not fit together.
    OutputError : a target that cannot be written, exists with --no-overwrite, or is an input.
    """
    target = file_target(options.output)
    targets = files_named({"-o": target, "--summary-json": options.summary_json}, "data")
    format = options.format or _format_of(target, formats)
    if format not in formats:
        raise UsageError(f"-f {format!r} is unknown: choose {', '.join(formats)}")
    if options.bom and format != "csv":
        raise UsageError(f"--bom is for csv, and the format is {format}: pass -f csv")
    check_targets(targets, overwrite=not options.no_overwrite, inputs=inputs)
    check_redirection(environment, inputs if target is None else [])
    return OutputPlan(
        target=target,
        format=format,
        for_terminal=options.output is None and options.format is None and environment.stdout_is_terminal,
        header=not options.no_header,
        bom=options.bom,
        summary=options.summary_json,
    )


def _format_of(target: Path | None, formats: Sequence[str]) -> str:
    if target is None:
        return formats[0]
    format = _EXTENSIONS.get(target.suffix.lower(), formats[0])
    if format not in formats:
        raise UsageError(f"-o {target}: this command does not write {format}: pass -f, one of {', '.join(formats)}")
    return format


def files_named(files: Mapping[str, Path | None], result: str) -> list[Path]:
    """The files that options (-o with its target first) name; `result` is what goes to standard output.

    Raises
    ------
    UsageError : one would be compressed, or one of the others is standard output.
    """
    for option, path in files.items():
        if path is not None and path.suffix.lower() in _COMPRESSED:
            cure = "leave -o out and pipe into a compressor" if option == "-o" else "compress the file afterwards"
            raise UsageError(f"{option} {path}: compressed output is not written: {cure}")
        if option != "-o" and path is not None and file_target(path) is None:
            raise UsageError(f"{option} needs a file: standard output is for the {result}")
    return [path for path in files.values() if path is not None]


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


def plan_vector_format(given: str | None, target: Path | None) -> str:
    """The format of vectors: what -f says, else what the extension of the target says, else npy.

    Raises
    ------
    UsageError : an unknown format, or an extension of compressed files.
    """
    from hanmine.formats.vectors import VECTOR_FORMATS, vector_format_of

    if given is not None and given not in VECTOR_FORMATS:
        raise UsageError(f"-f {given!r} is unknown: choose {', '.join(VECTOR_FORMATS)}")
    if given is None and target is not None and target.suffix.lower() in _COMPRESSED:
        raise UsageError(f"-o {target}: compressed output is not written: leave -o out and pipe into a compressor")
    return given or (vector_format_of(target) if target is not None else None) or VECTOR_FORMATS[0]


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
