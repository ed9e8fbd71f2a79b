"""What the commands of `mine whiten` tell: what a map changes, for people and for the summary of the run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanmine.cli.environment import Environment
    from hanmine.cli.whiten.output import VectorPlan
    from hanmine.formats.vectors import VectorFiles
    from hanmine.provenance import Stopwatch
    from hanmine.vectors import Whitening


def report_of(
    command: str, vectors: VectorFiles, whitening: Whitening, watch: Stopwatch, written: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The summary of a run over vectors, with what the map changes; `written` is what `write_whitened` returns."""
    output = {} if written is None else {"output": written}
    rows = vectors.shape[0] if written is None else written["rows"]
    change = _changed(vectors, whitening, rows, fitted=command != "apply")
    return summary_of(command, vectors, whitening, watch, **output, change=change)


def _changed(vectors: VectorFiles, whitening: Whitening, rows_after: int, *, fitted: bool) -> dict[str, Any]:
    """What the map changes, with the number of rows on either side and the advice."""
    from hanmine.vectors.advice import advise
    from hanmine.vectors.change import describe_change

    change = describe_change(vectors, whitening, fitted=fitted)
    change["before"]["rows"], change["after"]["rows"] = vectors.shape[0], rows_after
    change["advice"] = advise(
        change["before"]["iso_score"], whitening.n_samples_seen_, whitening.n_features_in_, whitening.gamma
    )
    return change


def summary_of(
    command: str, vectors: VectorFiles | None, whitening: Whitening, watch: Stopwatch, **facts: Any
) -> dict[str, Any]:
    """The summary of a run: signature, options, inputs, what was found, and what it cost."""
    from hanmine import __version__
    from hanmine.provenance import peak_memory, signature

    options = {name: value for name, value in whitening.get_params().items() if name not in ("progress", "threads")}
    shown = {name: "full" if name == "dim" and options[name] is None else options[name] for name in _SIGNED}
    return {
        "version": __version__,
        "signature": signature(
            f"whiten-{command}",
            **shown,
            fit_rows=whitening.n_samples_seen_,
            rank=whitening.rank_,
        ),
        "options": options,
        "inputs": [] if vectors is None else vectors.inputs,
        "fit": {
            "rows": whitening.n_samples_seen_,
            "dimensions": whitening.n_features_in_,
            "rank": whitening.rank_,
            "constant_columns": whitening.constant_columns_,
            "messages": whitening.messages_,
        },
        **facts,
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


_SIGNED = ("dim", "beta", "gamma", "zca", "remove_top", "shrinkage", "normalize", "dedupe")


def tell(plan: VectorPlan, environment: Environment, report: dict[str, Any], messages: list[str]) -> None:
    """Write the summary, and say the messages, the table of before and after, and what is to be expected of the map."""
    write_summary_to(plan, environment, report)
    for message in [*messages, *report.get("output", {}).get("notes", [])]:
        environment.say(message)
    _print_change(environment, report["change"])
    if plan.beside:
        environment.say(f"written to {plan.target}")
    environment.say_result(report["signature"])


def write_summary_to(plan: VectorPlan, environment: Environment, summary: dict[str, Any]) -> None:
    """Write the summary of the run where --summary-json asks for it."""
    if plan.summary is not None:
        from hanmine.formats.summary import write_summary

        write_summary(plan.summary, {"arguments": environment.arguments, **summary})


def _print_change(environment: Environment, change: dict[str, Any]) -> None:
    """Print the table on standard error, unless -q, and the advice below it."""
    from hanmine.formats.terminal import print_table

    if environment.quiet or environment.stderr is None:
        return
    shown: dict[str, list[str]] = {"": [], "before": [], "after": []}
    for label, cell in _ROWS:
        shown[""].append(label)
        for side in ("before", "after"):
            value = cell(change[side])
            shown[side].append("" if value is None else value)
    # Where standard error itself cannot be written there is nowhere left to say so.
    with contextlib.suppress(OSError):
        print_table(environment.stderr, shown, numeric=("before", "after"))
    for line in change["advice"]["lines"]:
        environment.say(line)


def _real(value: float | None, digits: int = 4) -> str | None:
    return None if value is None else f"{value:,.{digits}f}"


_ROWS = (
    ("rows", lambda side: f"{side['rows']:,}"),
    ("dimensions", lambda side: f"{side['dimensions']:,}"),
    ("mean cosine", lambda side: _real(side["mean_cosine"])),
    ("effective rank", lambda side: _real(side["effective_rank"], 1)),
    ("IsoScore", lambda side: _real(side["iso_score"])),
    ("variance in the first component, %", lambda side: _real(100 * side["top_shares"]["1"], 1)),
    ("variance in the first 10, %", lambda side: _real(100 * side["top_shares"]["10"], 1)),
)
