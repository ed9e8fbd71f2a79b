"""What `mine parse` writes: trees, impact matrices and pictures; decided before any work."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.cli.environment import Environment
from hanmine.cli.output import check_files, check_redirection, file_target, planned_format
from hanmine.cli.parse.options import ParseOutput
from hanmine.errors import UsageError
from hanmine.formats.atomic import open_output
from hanmine.formats.trees import TREE_FORMATS, TreeSentence, write_sentence

if TYPE_CHECKING:
    from hanmine.parsing import Parsed, Sentence


@dataclass(frozen=True)
class ParsePlan:
    """What was decided about the outputs of a run.

    Attributes
    ----------
    target : the file to write, or None for standard output.
    format : one of `hanmine.formats.trees.TREE_FORMATS`.
    for_terminal : nothing was said and a person reads standard output.
    matrix, heat_map, arcs, summary : further files, or None.
    sentence : which one is drawn, from 1.
    """

    target: Path | None
    format: str
    for_terminal: bool
    matrix: Path | None
    heat_map: Path | None
    arcs: Path | None
    summary: Path | None
    sentence: int


def plan_trees(options: ParseOutput, trees: str, environment: Environment, inputs: Sequence[Path | int]) -> ParsePlan:
    """Decide format and targets, and refuse here what cannot or must not be written.

    Raises
    ------
    UsageError : an unknown format, or one that cannot hold the trees; files with wrong extensions.
    OutputError : a target that cannot be written, exists with --no-overwrite, or is an input.
    MissingExtraError : a picture without matplotlib.
    """
    target = file_target(options.output)
    if options.arcs is not None and trees == "constituency":
        raise UsageError("--arcs draws dependency trees: pass --trees dependency or both, or leave it out")
    if options.heat_map is not None:
        from hanmine.report.picture import picture_format

        picture_format(options.heat_map, "--heat-map")
    others = {
        "--matrix": options.matrix,
        "--heat-map": options.heat_map,
        "--arcs": options.arcs,
        "--summary-json": options.summary_json,
    }
    files = {"-o": target, **others}
    check_files(files, "trees", environment, inputs=inputs, overwrite=not options.no_overwrite)
    format = _format(options.format, target, trees, environment)
    check_redirection(environment, inputs if target is None else [])
    return ParsePlan(
        target=target,
        format=format,
        for_terminal=options.output is None and options.format is None and environment.stdout_is_terminal,
        matrix=options.matrix,
        heat_map=options.heat_map,
        arcs=options.arcs,
        summary=options.summary_json,
        sentence=options.sentence,
    )


def _format(given: str | None, target: Path | None, trees: str, environment: Environment) -> str:
    """What -f says, else what the extension of the target says, else what fits the trees."""
    default = "brackets" if trees == "constituency" else "conllu"
    format = planned_format(given, target, TREE_FORMATS, environment, default=default)
    if format == "conllu" and trees == "constituency":
        raise UsageError("conllu holds dependency trees, with brackets beside them: pass --trees both, or -f brackets")
    if format == "brackets" and trees == "both":
        raise UsageError("a line of brackets holds one tree: pass --trees dependency or constituency, or -f jsonl")
    return format


def written_sentence(parsed: Parsed, format: str) -> TreeSentence:
    """The sentence as it is written; the brackets of a dependency tree are made where that is the only one."""
    heads = None if parsed.heads is None else parsed.heads.tolist()
    tree = parsed.tree
    if format == "brackets" and tree is None:
        from hanmine.parsing.trees import brackets_of_heads

        tree = brackets_of_heads(heads)
    sentence = parsed.sentence
    return TreeSentence(sentence.id, list(sentence.words), list(sentence.space_after), heads, tree)


class TreeWriter:
    """Writes the sentences of a run to the plan's stream, and their matrices; keeps the one that is drawn.

    On a terminal the heat map of a sentence is shown above its tree, where there is no other sentence.
    """

    def __init__(self, plan: ParsePlan, environment: Environment, stream: Any, matrices: Any) -> None:
        self._plan, self._environment = plan, environment
        self._stream, self._matrices = stream, matrices
        self._first: Parsed | None = None  # on a terminal, as long as it is the only one
        self.count = 0
        self.drawn: Parsed | None = None

    def add(self, parsed: Parsed) -> None:
        """Write a sentence."""
        self.count += 1
        if self.count == self._plan.sentence and (self._plan.heat_map or self._plan.arcs):
            self.drawn = parsed
        if self._matrices is not None:
            self._matrices.add(parsed.sentence.id, parsed.sentence.words, parsed.parts)
        if self._plan.for_terminal and self.count == 1:
            self._first = parsed
            return
        if self._first is not None:
            self._write(self._first)
            self._first = None
        self._write(parsed)

    def close(self) -> None:
        """Write what was kept back."""
        if self._first is not None:
            self._show(self._first)
            self._write(self._first)
        if self._matrices is not None:
            self._matrices.close()

    def _write(self, parsed: Parsed) -> None:
        write_sentence(self._stream, written_sentence(parsed, self._plan.format), self._plan.format)

    def _show(self, parsed: Parsed) -> None:
        from hanmine.report.matrix_text import MOST_WORDS, print_matrix

        words = parsed.sentence.words
        if len(words) > MOST_WORDS:
            return
        print_matrix(self._environment.stdout, words, parsed.impact, styled=self._environment.styles_output)
        self._environment.stdout.write("\n")


def checked_for_pictures(plan: ParsePlan, sentences: Iterator[Sentence]) -> Iterator[Sentence]:
    """The same sentences, the first of them read ahead up to the one that is drawn, if any is.

    Raises
    ------
    UsageError : there is no such sentence, it is too long for a picture, or HANMINE_FONT is no font.
    """
    if plan.heat_map is None and plan.arcs is None:
        return sentences
    ahead = list(islice(sentences, min(plan.sentence, sys.maxsize)))
    if len(ahead) < plan.sentence:
        has = f"{len(ahead):,} sentences" if len(ahead) != 1 else "1 sentence"
        raise UsageError(f"--sentence {plan.sentence}: the input has {has}: pass the number of one")
    if plan.heat_map is not None:
        from hanmine.report.fonts import check_fonts
        from hanmine.report.matrix import MOST_WORDS

        words = ahead[-1].words
        if len(words) > MOST_WORDS:
            raise UsageError(
                f"--heat-map {plan.heat_map}: sentence {plan.sentence} has {len(words):,} words, and a picture holds "
                f"{MOST_WORDS}: draw another with --sentence N"
            )
        check_fonts()
    return chain(ahead, sentences)


def draw_pictures(plan: ParsePlan, drawn: Parsed | None, measure: str) -> list[str]:
    """Write the pictures of the sentence that was asked for, if any; what a user should know of them.

    Raises
    ------
    UsageError : HANMINE_FONT is no font. OutputError : a file cannot be written.
    """
    if drawn is None:
        return []
    messages: list[str] = []
    words = drawn.sentence.words
    heads = None if drawn.heads is None else drawn.heads.tolist()
    if plan.arcs is not None and heads is not None:
        from hanmine.report.arcs import arcs_svg

        content = arcs_svg(words, heads, drawn.sentence.text)
        with open_output(plan.arcs) as stream:
            stream.write(content.encode("utf-8", "backslashreplace"))
    if plan.heat_map is not None:
        from hanmine.report.matrix import draw_matrix

        messages += draw_matrix(plan.heat_map, words, drawn.impact, heads=heads, measure=measure)
    return messages
