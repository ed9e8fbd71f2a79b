"""What `mine segment` writes: a plan that was checked before any work, and lines of words in one of three formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanmine.cli.environment import Environment
from hanmine.cli.output import check_files, check_redirection, file_target, planned_format
from hanmine.cli.segment.options import FORMATS, DecisionGroup, SegmentOutputGroup, StatisticsGroup
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.formats.tables import ByteSink
    from hanmine.segmentation import Segmentation, Segmented

_WRITE = 1 << 16  # characters handed to the stream at once
_WORDS = 1 << 14
_BREAKS = {ord("\n"): " ", ord("\r"): " "}  # each line of text stays one line


@dataclass(frozen=True)
class SegmentPlan:
    """What was decided about the outputs of a run.

    Attributes
    ----------
    target : the file to write, or None for standard output.
    format : "text", "jsonl" or "bmes". delimiter : between words, in text.
    summary : the file of the run's summary, or None.
    """

    target: Path | None
    format: str
    delimiter: str
    summary: Path | None


def plan_segmentation(
    options: SegmentOutputGroup,
    decision: DecisionGroup,
    statistics: StatisticsGroup,
    environment: Environment,
    inputs: Sequence[Path | int],
) -> SegmentPlan:
    """Decide format and targets, and refuse here what cannot or must not be written.

    Raises
    ------
    UsageError : an unknown format, options that do not fit together.
    OutputError : a target that cannot be written, exists with --no-overwrite, or is an input.
    """
    target = file_target(options.output)
    others = {
        "--summary-json": options.summary_json,
        "--save-stats": statistics.save_stats,
        "--save-gaps": decision.save_gaps,
    }
    files = {"-o": target, **others}
    check_files(files, "words", environment, inputs=inputs, overwrite=not options.no_overwrite)
    format = planned_format(options.format, target, FORMATS, environment)
    if options.delimiter is not None and format != "text":
        raise UsageError(f"--delimiter is for text, and the format is {format}: leave it out")
    delimiter = " " if options.delimiter is None else options.delimiter
    if not delimiter or "\n" in delimiter or "\r" in delimiter:
        raise UsageError("--delimiter needs at least one character, and no line break: pass '/' for example")
    check_redirection(environment, inputs if target is None else [])
    return SegmentPlan(target, format, delimiter, options.summary_json)


def write_lines(stream: ByteSink, run: Segmentation, plan: SegmentPlan) -> int:
    """Write all lines, and return how many of them hold the delimiter themselves (text).

    jsonl needs whole lines; of text and bmes no more is held than a piece of a long one.
    """
    clashes = held = 0
    parts: list[str] = []
    form = _FORMATTED[plan.format]
    clash = begun = False
    for line, continued in run.pieces() if plan.format != "jsonl" else ((line, False) for line in run.lines()):
        if plan.format == "text":
            clash |= not plan.delimiter.isspace() and plan.delimiter in line.text
            if not continued:
                clashes += clash
                clash = False
        if begun and plan.format == "text" and line.text:
            parts.append(plan.delimiter)
        begun = continued
        for text in form(line, plan.delimiter, continued):
            parts.append(text)
            held += len(text)
            if held >= _WRITE:
                stream.write("".join(parts).encode("utf-8", "surrogatepass"))
                parts, held = [], 0
    stream.write("".join(parts).encode("utf-8", "surrogatepass"))
    return clashes


def _some_words(line: Segmented) -> Iterator[list[str]]:
    """The words of a line, some thousands at a time: all words of a line of gigabytes need far more than the line."""
    begin = 0
    for first in range(0, len(line.ends), _WORDS):
        ends = line.ends[first : first + _WORDS].tolist()
        yield [line.text[start:end] for start, end in zip([begin, *ends], ends, strict=False)]
        begin = ends[-1]


def _text(line: Segmented, delimiter: str, continued: bool) -> Iterator[str]:
    # Only records of tables hold newlines. A carriage return alone ends no line, and is kept.
    breaks = _BREAKS if "\n" in line.text else {}
    before = ""
    for words in _some_words(line):
        yield before + delimiter.join(words).translate(breaks)
        before = delimiter
    if not continued:
        yield "\n"


def _bmes(line: Segmented, _: str, continued: bool) -> Iterator[str]:
    """A character and its tag a line, as CRF tools read it, and an empty line behind each line of the text."""
    for words in _some_words(line):
        rows = []
        for word in words:
            tags = "S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E"
            rows += [f"{character}\t{tag}\n" for character, tag in zip(word.translate(_BREAKS), tags, strict=True)]
        yield "".join(rows)
    if not continued:
        yield "\n"


def _jsonl(line: Segmented, _: str, __: bool) -> Iterator[str]:
    import json
    import math

    scores = [] if line.scores is None else line.scores.tolist()
    record = {
        "text": line.text,
        "words": line.words,
        "offsets": line.offsets,
        "scores": [round(score, 4) + 0.0 if math.isfinite(score) else None for score in scores],
    }
    yield json.dumps(record, ensure_ascii=False) + "\n"


_FORMATTED = {"text": _text, "jsonl": _jsonl, "bmes": _bmes}
