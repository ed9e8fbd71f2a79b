"""`mine whiten inspect`: how evenly vectors fill their space, and how far two sets lie apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanmine.cli.groups import Command, option, with_option_groups
from hanmine.cli.options import ArrayName, OutputOptions, RunOptions, VectorErrors
from hanmine.cli.whiten.options import Bad, VectorFilesArgument
from hanmine.errors import UsageError
from hanmine.formats.tables import TABLE_FORMATS

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment
    from hanmine.cli.output import OutputPlan
    from hanmine.provenance import Stopwatch
    from hanmine.vectors.inspect import Measured

HELP = """\
Measure how evenly vectors fill their space.

Of vectors: norms, mean cosine over all pairs, rank, spectrum (shares of the variance, dimensions that hold 90, 95 and
99 % of it), effective rank, condition number, IsoScore, entropy by nearest neighbours, outlier dimensions, constant
columns, repeated rows. Of a map that mine whiten saved: the same of its spectrum, and its options. With --against the
distances of the two sets as Gaussians: both Kullback-Leibler divergences, Bhattacharyya, Wasserstein. docs/whiten.md
defines each. json and jsonl hold all eigenvalues, the tables one measure a row.

\b
Examples:
  mine whiten inspect vectors.npy
  mine whiten inspect vectors.npy --plot spectrum.png
  mine whiten inspect monday.npy --against tuesday.npy -f json
  mine whiten inspect map.safetensors
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Against = Annotated[
    str | None, option(metavar="FILE", help="Other vectors (or a pattern): measure how far the two sets lie apart.")
]
Plot = Annotated[Path | None, option(metavar="FILE", help="Draw the spectrum as png, svg or pdf (extra: plot).")]
Neighbour = Annotated[int, option(min=1, metavar="K", help="The neighbour that the entropy looks at.")]
EntropyRows = Annotated[int, option(min=2, metavar="N", help="How many rows, spread evenly, the entropy is taken of.")]


@app.command("inspect", help=HELP, cls=Command)
@with_option_groups
def inspect(
    context: typer.Context,
    files: VectorFilesArgument = None,
    against: Against = None,
    array: ArrayName = None,
    errors: VectorErrors = "strict",
    bad: Bad = "raise",
    neighbour: Neighbour = 5,
    entropy_rows: EntropyRows = 2000,
    plot: Plot = None,
    *,
    output: OutputOptions,
    resources: RunOptions,
) -> None:
    from hanmine.cli.output import plan_output, write_summary_of
    from hanmine.cli.progress import progress_on
    from hanmine.cli.whiten.output import vector_sources
    from hanmine.provenance import Stopwatch
    from hanmine.report.fonts import check_fonts
    from hanmine.report.picture import picture_format
    from hanmine.report.spectrum import draw_spectrum

    environment: Environment = context.obj
    sources, inputs = vector_sources(context, files)
    others, other_inputs = vector_sources(context, [against]) if against is not None else ([], [])
    if "-" in sources and "-" in others:
        raise UsageError("standard input (-) is named twice: it can be read only once")
    if plot is not None:
        picture_format(plot)
    plan = plan_output(output, TABLE_FORMATS, environment, [*inputs, *other_inputs], {"--plot": plot})
    if plot is not None:
        check_fonts()
    settings = {"bad": bad, "neighbour": neighbour, "entropy_rows": entropy_rows, "threads": resources.threads}
    watch = Stopwatch()
    with progress_on(environment) as progress:
        settings["progress"] = progress
        sets = [_measured(environment, one, array, errors, resources, settings) for one in (sources, others) if one]
    result = _result(sets)
    summary = _summary(sets, result, settings, watch)
    if plot is not None:
        draw_spectrum(plot, {one.name: one.measured.facts for one in sets})
    _write(plan, environment, result)
    write_summary_of(plan, environment, summary)
    environment.say_result(summary["signature"])


@dataclass(frozen=True)
class _Set:
    """One side of the comparison.

    Attributes
    ----------
    name : the first input, and how many more there are.
    measured : what was found.
    inputs : as in the summary.
    options : of a saved map; None for vectors.
    """

    name: str
    measured: Measured
    inputs: list[dict]
    options: dict[str, Any] | None = None


def _measured(
    environment: Environment,
    sources: Sequence[str | Path],
    array: str | None,
    errors: str,
    resources: RunOptions,
    settings: dict[str, Any],
) -> _Set:
    from hanmine.cli.whiten.run import opened_vectors
    from hanmine.vectors.inspect import measure, measure_moments

    if len(sources) == 1 and _is_map(sources[0]):
        from hanmine.vectors import Whitening

        saved = Whitening.load(sources[0])
        options = {name: value for name, value in saved.get_params().items() if name not in ("threads", "progress")}
        given = [{"name": str(sources[0]), "format": "map"}]
        return _Set(Path(sources[0]).name, measure_moments(saved.moments_), given, options | {"kept": saved.dim_})
    with opened_vectors(environment, sources, array, resources, settings["progress"], errors) as vectors:
        more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
        name = Path(vectors.inputs[0]["name"]).name + more
        return _Set(name, measure(vectors, **settings), vectors.inputs)


def _is_map(source: str | Path) -> bool:
    """Whether a file is a map that mine whiten saved, by the header of its safetensors."""
    if source == "-" or not Path(source).is_file():
        return False
    with open(source, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        return size < _LONGEST_HEADER and b'"hanmine-whitening"' in file.read(size)


_LONGEST_HEADER = 1 << 20


def _result(sets: Sequence[_Set]) -> dict[str, Any]:
    """What was found, ready for JSON."""
    from hanmine.vectors.advice import advise

    result: dict[str, Any] = {}
    for role, one in zip(("vectors", "against"), sets, strict=False):
        result[role] = {"name": one.name, **one.measured.facts}
        if one.options is not None:
            result[role]["map"] = one.options
    if len(sets) == 2:
        from hanmine.vectors.inspect import distances

        result["distances"] = distances(sets[0].measured, sets[1].measured)
    result["advice"] = advise(*(sets[0].measured.facts[name] for name in ("iso_score", "rows", "dimensions")))
    return result


def _summary(sets: Sequence[_Set], result: dict[str, Any], settings: dict[str, Any], watch: Stopwatch) -> dict:
    from hanmine import __version__
    from hanmine.provenance import peak_memory, signature

    shown = {name: settings[name] for name in ("neighbour", "entropy_rows", "bad")}
    facts = {
        role: f"{result[role]['rows']}x{result[role]['dimensions']}"
        for role in ("vectors", "against")
        if role in result
    }
    return {
        "version": __version__,
        "signature": signature("whiten-inspect", **facts, **shown),
        "options": shown,
        "inputs": [given for one in sets for given in one.inputs],
        **result,
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


def _write(plan: OutputPlan, environment: Environment, result: dict[str, Any]) -> None:
    """Write the result: json and jsonl as one object, tables a measure a row; for a person the same rows, aligned."""
    from hanmine.cli.output import write_output
    from hanmine.formats.tables import write_table

    if plan.format in ("json", "jsonl") and not plan.for_terminal:
        text = json.dumps(result, ensure_ascii=False, allow_nan=False, indent=2 if plan.format == "json" else None)
        write_output(plan, environment, lambda stream: stream.write(text.encode("utf-8", "backslashreplace") + b"\n"))
        return
    table = _table(result)
    if plan.for_terminal:
        from hanmine.formats.terminal import print_table

        numeric = [name for name in table if name != "measure"]
        print_table(environment.stdout, table, numeric=numeric, styled=environment.styles_output)
        for line in result["advice"]["lines"]:
            environment.say(line)
        return
    write_output(
        plan, environment, lambda stream: write_table(stream, table, plan.format, header=plan.header, bom=plan.bom)
    )


def _table(result: dict[str, Any]) -> dict[str, list[str]]:
    """A row for each measure, a column for each set; distances stand in the first."""
    columns = {role: _rows(result[role]) for role in ("vectors", "against") if role in result}
    names = list(dict.fromkeys(name for rows in columns.values() for name in rows))
    table = {"measure": names} | {role: [_cell(rows.get(name)) for name in names] for role, rows in columns.items()}
    for name, value in result.get("distances", {}).items():
        table["measure"].append(name)
        table["vectors"].append(_cell(value))
        table["against"].append("")
    return table


def _rows(facts: dict[str, Any]) -> dict[str, Any]:
    """The measures by name, in the order in which they are told."""
    rows: dict[str, Any] = {}
    for name, value in facts.items():
        if name == "eigenvalues":
            continue
        if name == "outlier_dimensions":
            rows[name] = len(value)
            rows["outlier_cosine_share"] = sum(one["cosine_share"] for one in value)
            rows["outliers"] = ",".join(str(one["dimension"]) for one in value[:_SHOWN])
        elif name == "constant_columns":
            rows[name] = len(value)
        elif isinstance(value, dict):
            rows |= {f"{_PREFIX.get(name, name)}_{part}": item for part, item in value.items()}
        else:
            rows[name] = value
    return rows


_SHOWN = 10  # outlier dimensions that a table names
_PREFIX = {"norms": "norm", "top_shares": "share_of_top", "dimensions_for": "dimensions_for"}


def _cell(value: Any) -> str:
    """A value as a cell: 6 digits of a real, nothing for what does not apply."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
