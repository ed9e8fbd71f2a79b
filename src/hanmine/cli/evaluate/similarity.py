"""`mine eval similarity`: vectors on pairs of sentences with gold similarities."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hanmine.cli.evaluate.outcome import reading_of, tell_scores
from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.lazy import prepare_kernels
from hanmine.cli.options import (
    ArrayName,
    EncodingOptions,
    ModelOptions,
    OutputOptions,
    RunOptions,
    corpus,
    names,
    numbers,
)
from hanmine.errors import UsageError
from hanmine.formats.tables import TABLE_FORMATS

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment

HELP = """\
Score sentence vectors, raw and whitened, on pairs of sentences with gold similarities.

A file of PAIRS has lines of sentence1 TAB sentence2 TAB score; several files are several tasks, named after the files.
The sentences are encoded with --model, or their vectors come from --vectors: a row for each first sentence, then a row
for each second sentence, then the next file likewise (that of --tune last); several --vectors are laid end to end.

The scores are Spearman's and Pearson's correlation of the cosines with the gold, x 100, for each task, on average, and
weighted by pairs. Without --dims, --betas, --gammas and --presets: raw, full whitening (beta = gamma = 1), its first
256 and 128 dimensions, and the presets soft and tuned-encoder. Each whitening is fitted on the task's unique sentences.
--protocol su2021 fits on all files whose names agree up to the first dot (ATEC.train.tsv, ATEC.valid.tsv, and those of
--fit), repeats kept.

--tune chooses beta, gamma and the dimensions on a file of pairs, says when raw vectors are better there, and scores
its map on PAIRS as `tuned`; --save-map keeps that map for mine whiten apply.

\b
Examples:
  mine eval similarity STS-B.tsv BQ.tsv --model use
  mine eval similarity STS-B.tsv --model ./bert --dims full,256,64 --betas 0,1 --gammas 0,0.5,1 -o grid.tsv
  mine eval similarity test.tsv --model use --tune dev.tsv --save-map map.safetensors
  cut -f1 STS-B.tsv | mine encode - --model use -o a.npy
  cut -f2 STS-B.tsv | mine encode - --model use -o b.npy
  mine eval similarity STS-B.tsv --vectors a.npy --vectors b.npy
"""

VECTOR_SUFFIXES = frozenset({".npy", ".npz", ".safetensors", ".parquet"})

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Pairs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PAIRS]...", show_default=False, help="Files of pairs, or - for standard input."),
]
Vectors = Annotated[
    list[str] | None,
    option(metavar="FILE", help="Vectors of the sentences, instead of --model; may be repeated.", show_default=False),
]
Dims = Annotated[str | None, option(metavar="LIST", help="Dimensions to keep, such as full,256,128.  [default: full]")]
Betas = Annotated[str | None, option(metavar="LIST", help="How much of the mean to take off, 0 to 1.  [default: 1]")]
Gammas = Annotated[str | None, option(metavar="LIST", help="How far to whiten, 0 to 1.  [default: 1]")]
Presets = Annotated[str | None, option(metavar="LIST", help="Presets: raw-encoder, soft, tuned-encoder.")]
Protocol = Annotated[
    Literal["unique", "su2021"],
    option(help="Fit on the task's unique sentences, or on all its splits with repeats, as published."),
]
Fit = Annotated[
    list[Path] | None,
    option(
        metavar="FILE",
        show_default=False,
        help="Further sentences for the fits: pairs or a sentence a line (with --vectors: vectors); may be repeated. "
        "Among several tasks a file joins that of its name up to the first dot, else all.",
    ),
]
Map = Annotated[Path | None, option("--map", metavar="FILE", help="Score a saved whitening too.")]
Tune = Annotated[Path | None, option(metavar="FILE", help="Pairs on which to choose beta, gamma and dimensions.")]
SaveMap = Annotated[Path | None, option(metavar="FILE", help="Where to save the map that --tune finds.")]
Limit = Annotated[int | None, option(min=3, metavar="N", help="Only the first N pairs of each file.")]


@app.command("similarity", help=HELP, cls=Command)
@with_option_groups
def similarity(
    context: typer.Context,
    pairs: Pairs = None,
    *,
    model: ModelOptions,
    vectors: Vectors = None,
    array: ArrayName = None,
    dims: Dims = None,
    betas: Betas = None,
    gammas: Gammas = None,
    presets: Presets = None,
    protocol: Protocol = "unique",
    fit: Fit = None,
    map: Map = None,
    tune: Tune = None,
    save_map: SaveMap = None,
    limit: Limit = None,
    text: EncodingOptions,
    output: OutputOptions,
    resources: RunOptions,
) -> None:
    from hanmine.cli.output import plan_output
    from hanmine.cli.progress import progress_on

    environment: Environment = context.obj
    if array is not None and not vectors:
        raise UsageError("--array is for --vectors: pass it, or leave --array out")
    tasks = [] if tune is not None and not pairs else corpus(context, pairs)
    inputs = _inputs(environment, tasks, vectors, [*(fit or ()), *([tune] if tune else []), *([map] if map else [])])
    plan = plan_output(output, TABLE_FORMATS, environment, inputs, {"--save-map": save_map})
    options = {name: value for name, value in asdict(model).items() if value != getattr(ModelOptions, name)}
    if vectors and len(options) > ("model" in options):
        raise UsageError(f"{_first_option(options)} is for a model, and --vectors are encoded already: leave it out")

    prepare_kernels()
    from hanmine.evaluate.similarity import evaluate_similarity

    with progress_on(environment) as progress:
        scores = evaluate_similarity(
            tasks,
            vectors=vectors or None,
            dims=names(dims),
            betas=numbers("--betas", betas),
            gammas=numbers("--gammas", gammas),
            presets=names(presets),
            protocol=protocol,
            fit=fit or (),
            map=map,
            tune=tune,
            save_map=save_map,
            limit=limit,
            array=array,
            tmpdir=resources.tmpdir,
            threads=resources.threads,
            progress=progress,
            **reading_of(environment, text),
            **options,
        )
    tell_scores(plan, environment, scores, lambda: _table(scores), lambda: _show(environment, scores))


def _inputs(
    environment: Environment, tasks: list[Path], vectors: list[str] | None, others: list[Path]
) -> list[Path | int]:
    """All files that are read, which no output may replace."""
    from hanmine.cli.output import input_files

    for path in tasks:
        if path.suffix.lower() in VECTOR_SUFFIXES:
            raise UsageError(f"{path}: holds vectors, not pairs: pass each file of vectors with its own --vectors")
    paths = [*tasks, *(Path(file) for file in vectors or ()), *others]
    if paths.count(Path("-")) > 1:
        raise UsageError("standard input (-) is named twice: it can be read only once")
    return input_files(paths, False, environment)


def _first_option(options: dict[str, Any]) -> str:
    return "--" + next(name for name in options if name != "model").replace("_", "-")


def _table(scores: dict[str, Any]) -> dict[str, list]:
    """A row for every setting and task, and of several tasks two for its averages; without tasks the settings tried."""
    rows = []
    pairs = {task["name"]: task["pairs"] for task in scores["tasks"]}
    if not scores["rows"]:
        task = scores["tuning"]["task"]
        for tried in _tried(scores):
            found = {name: tried[name] for name in ("spearman", "pearson")}
            rows.append({**_facts(tried), "task": task, "pairs": pairs[task], **found})
    for row in scores["rows"]:
        for task, cell in row["tasks"].items():
            rows.append({**_facts(row), "task": task, "pairs": pairs[task], **cell})
        if len(row["tasks"]) > 1:  # of a single task both averages are its score
            total = sum(pairs[task] for task in row["tasks"])
            rows += [
                {**_facts(row), "task": name, "pairs": total, **row[name]} for name in ("average", "weighted_average")
            ]
    names = ("setting", "beta", "gamma", "dim", "task", "pairs", "spearman", "pearson")
    return {name: [row[name] for row in rows] for name in names}


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("setting", "beta", "gamma", "dim")}


def _tried(scores: dict[str, Any]) -> list[dict[str, Any]]:
    """The raw vectors and all that was tried in tuning."""
    tuning = scores["tuning"]
    raw = {"setting": "raw", "beta": 0.0, "gamma": 0.0, "dim": scores["dimensions"], **tuning["raw"]}
    return [raw, *tuning["grid"]]


def _show(environment: Environment, scores: dict[str, Any]) -> None:
    """Print Spearman for each task and on average (of a single task both correlations), and the signature below."""
    from hanmine.formats.terminal import print_table

    if not scores["rows"]:
        cells = {tried["setting"]: [tried["spearman"], tried["pearson"]] for tried in _tried(scores)}
        columns = ["Spearman", "Pearson"]
    elif len(scores["rows"][0]["tasks"]) == 1:
        cells = {row["setting"]: [row["average"]["spearman"], row["average"]["pearson"]] for row in scores["rows"]}
        columns = ["Spearman", "Pearson"]
    else:
        parts = ("average", "weighted_average")
        cells = {
            row["setting"]: [cell["spearman"] for cell in (*row["tasks"].values(), *(row[part] for part in parts))]
            for row in scores["rows"]
        }
        columns = [*scores["rows"][0]["tasks"], "average", "weighted"]
    shown: dict[str, list] = {"": list(cells)}
    for place, column in enumerate(columns):
        shown[column] = [f"{values[place]:.2f}" for values in cells.values()]
    print_table(environment.stdout, shown, numeric=columns, styled=environment.styles_output)
    environment.print_line(scores["signature"])
