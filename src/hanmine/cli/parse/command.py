"""`mine parse`: trees of sentences by the impact of their words on each other in a masked language model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hanmine.cli.groups import Command, with_option_groups
from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import RunOptions, corpus, named
from hanmine.cli.parse.options import (
    Files,
    ParseImpact,
    ParseInput,
    ParseOutput,
    TreeGroup,
    WordGroup,
    root_of,
    trees_wanted,
)
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment
    from hanmine.cli.parse.inputs import ParseLines
    from hanmine.cli.parse.output import ParsePlan
    from hanmine.parsing import Parsed, Parser, Sentence

HELP = """\
Trees of sentences by a masked language model, without a treebank (experimental).

Masking a word changes what the model makes of the others: the impact of each word on each other is a matrix, and trees
are read off it (Perturbed Masking, Wu et al. 2020; Su Jianlin 2020). With small models such trees are about as good as
linking neighbours: mine eval parse prints that baseline beside every score.

A line may hold several sentences; they are cut behind 。！？!?. With --words given each line is a sentence with white
space between its words, or FILE is CoNLL-U. Dependency trees are written as CoNLL-U (sent_id is the number of the line,
and -k for its k-th sentence), constituents as brackets, a line a sentence; -f jsonl holds both. On a terminal the
matrix of a single sentence is shown above its tree.

--matrix, --heat-map and --arcs keep the matrices and draw them and the tree.

\b
Examples:
  mine parse text.txt --model ./zh-char-mlm -o trees.conllu --matrix impact.npz
  mine parse sentence.txt --model bert-base-chinese --arcs tree.svg --heat-map matrix.png
  mine parse text.txt --model ./zh-char-mlm --constituency su
  mine parse gold.conllu --words given --model e5 -o result.conllu; mine eval parse result.conllu gold.conllu
"""

MANY_ROWS = 10_000  # of one sentence; usual ones take some hundreds

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("parse", help=HELP, cls=Command)
@with_option_groups
def parse(
    ctx: typer.Context,
    files: Files = None,
    *,
    words: WordGroup,
    trees: TreeGroup,
    impact: ParseImpact,
    input: ParseInput,
    output: ParseOutput,
    resources: RunOptions,
) -> None:
    from hanmine.cli.output import input_files
    from hanmine.cli.parse.output import checked_for_pictures, draw_pictures, plan_trees
    from hanmine.cli.progress import progress_on
    from hanmine.progress import Progress

    environment: Environment = ctx.obj
    paths = corpus(ctx, files)
    if not impact.model:
        raise UsageError("--model is missing: pass e5 (pip install 'hanmine[onnx,e5]') or the folder of a transformer")
    root_of(trees.root)
    others = [Path(path) for path in words.corpus or ()] + ([words.stats] if words.stats is not None else [])
    if others and words.words != "segment":
        raise UsageError("--stats and --corpus are for --words segment: pass it, or leave them out")
    inputs = input_files(paths, input.recursive, environment)
    plan = plan_trees(output, trees_wanted(trees), environment, [*inputs, *others])
    if impact.scheme == "auto" and impact.group is None and (plan.matrix or plan.heat_map):
        impact.scheme = "full"  # whoever looks at matrices wants all of them

    prepare_kernels()
    from hanmine.cli.parse.inputs import ParseLines
    from hanmine.provenance import Stopwatch

    watch = Stopwatch()
    stdin = getattr(environment.stdin, "buffer", None)
    # Trees that appear on the terminal, sentence by sentence, are progress enough, and a bar would stand among them.
    shown = plan.target is None and environment.stdout_is_terminal
    with nullcontext(Progress()) if shown else progress_on(environment) as progress:
        lines = ParseLines(paths, input, words=words.words, hash_inputs=plan.summary is not None, stdin=stdin)
        with watch.phase("load"):
            parser = _parser(impact, words, trees, lines, resources)
        progress.phase("parse", unit="sentences")
        with watch.phase("parse"):
            sentences = checked_for_pictures(plan, parser.sentences(lines, progress=progress))
            drawn = _write(plan, environment, parser, _with_warning(sentences, parser, environment), progress)
    with watch.phase("draw"):
        pictures = draw_pictures(plan, drawn, _measure(parser))
    messages = [*lines.messages(), *parser.messages(), *pictures]
    if not parser.counts["sentences"]:
        messages.append(f"{named(paths)}: holds no sentences")
    if parser.counts["grouped"] and (plan.matrix or plan.heat_map):
        messages.append("matrices have no impact of words far apart: --scheme full reads all pairs")
    for message in messages:
        environment.say(message)
    _finish(plan, environment, _summary(parser, lines, watch, messages))


def _parser(
    impact: ParseImpact, words: WordGroup, trees: TreeGroup, lines: ParseLines, resources: RunOptions
) -> Parser:
    """The model with all options."""
    from hanmine.masking import ImpactOptions, load_masked_model
    from hanmine.parsing import Parser

    root = root_of(trees.root)
    if root == "given" and not lines.conllu:
        raise UsageError("--root given takes the root from trees: pass CoNLL-U (--input-format conllu), or a number")
    model = load_masked_model(
        impact.model, backend=impact.backend, precision=impact.precision, threads=resources.threads
    )
    segmentation: dict[str, Any] = {"threads": resources.threads, "tmpdir": resources.tmpdir}
    if words.stats is not None:
        segmentation["stats"] = words.stats
    if words.corpus:
        segmentation["corpus"] = words.corpus
    return Parser(
        model,
        impact=ImpactOptions(**impact.measured()),
        segmentation=segmentation,
        words=words.words or ("given" if lines.conllu else "jieba"),
        trees=trees_wanted(trees),
        decoder=trees.decoder or "eisner",
        constituency=trees.constituency or "mart",
        root=root,
        punctuation=trees.punctuation,
        max_length=trees.max_length,
    )


def _with_warning(sentences: Iterator[Sentence], parser: Parser, environment: Environment) -> Iterator[Sentence]:
    """The same sentences; before the first one that costs very much, what it costs and how it would cost less."""
    told = False
    for sentence in sentences:
        parts, rows = (1, 0) if told else parser.cost(sentence)
        if rows >= MANY_ROWS:
            told = True
            less = (
                "--scheme grouped makes it less"
                if parser.impact.scheme == "full"
                else "a smaller --group makes it less"
            )
            environment.say(
                f"sentence {sentence.id} has {len(sentence.words):,} words, parsed in {parts:,} "
                f"{'parts' if parts > 1 else 'part'} by {rows:,} rows of the model, which takes long: {less}"
            )
        yield sentence


def _write(
    plan: ParsePlan, environment: Environment, parser: Parser, sentences: Iterator[Sentence], progress: Any
) -> Parsed | None:
    """Parse and write all sentences; the one that is drawn, if any is."""
    from hanmine.cli.output import write_output
    from hanmine.cli.parse.output import TreeWriter
    from hanmine.formats.atomic import open_output
    from hanmine.formats.impact_file import ImpactFile

    with ExitStack() as stack:
        matrices = None
        if plan.matrix is not None:
            matrices = ImpactFile(stack.enter_context(open_output(plan.matrix)))
            stack.callback(matrices.release)

        def write(stream: Any) -> Parsed | None:
            writer = TreeWriter(plan, environment, stream, matrices)
            for parsed in parser.trees(sentences, progress=progress):
                writer.add(parsed)
            writer.close()
            return writer.drawn

        return write_output(plan, environment, write)


def _measure(parser: Parser) -> str:
    """What the numbers of a heat map are."""
    options = parser.impact
    if options.score == "logprob":
        return "drop of the log-probability"
    where = "after the head" if options.layer == "head" else f"layer {options.layer}"
    return f"{options.distance} distance, {where}"


def _summary(parser: Parser, lines: ParseLines, watch: Any, messages: list[str]) -> dict[str, Any]:
    from hanmine import __version__
    from hanmine.provenance import peak_memory, signature

    timings = watch.timings()
    counts, used = parser.counts, parser.model.counts
    return {
        "version": __version__,
        "signature": signature("parse", **parser.model.facts, **parser.facts),
        "model": parser.model.facts,
        "options": parser.facts,
        **({"segmentation": parser.segmented.get("signature")} if parser.options.words == "segment" else {}),
        "sentences": counts["sentences"],
        "words": counts["words"],
        "rows": used["rows"],
        "encoder_tokens": used["tokens"],
        "sentences_per_second": round(counts["sentences"] / max(timings["parse"], 1e-9), 2),
        "inputs": [asdict(record) for record in lines.records],
        "messages": messages,
        "timings": timings,
        "peak_memory": peak_memory(),
    }


def _finish(plan: ParsePlan, environment: Environment, summary: dict[str, Any]) -> None:
    """Write the summary of the run, and say its size, its time and its signature."""
    from hanmine.cli.output import write_summary_of

    write_summary_of(plan, environment, summary)
    count = summary["sentences"]
    environment.say_result(
        f"{count:,} {'sentence' if count == 1 else 'sentences'}, {summary['words']:,} words in "
        f"{summary['timings']['wall']:.1f} s "
        f"({summary['sentences_per_second']:,.1f} sentences/s)"
    )
    environment.say_result(summary["signature"])
