"""What a run of segmentation says of itself: a line for people, and a summary for files."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hanmine import __version__
from hanmine.provenance import peak_memory, signature
from hanmine.text.options import TextOptions

if TYPE_CHECKING:
    from hanmine.segmentation.pipeline import Segmentation

_SHOWN = ("score", "layer", "distance", "scheme", "group", "context")


def description(run: Segmentation) -> str:
    """Which method is used, with what, and why, where it was not asked for by name."""
    choice, options = run.choice, run.options
    named = [*choice.models, *(path.name for path in options.gaps)]
    text = f"method {choice.method}" + (f" with {' and '.join(named)}" if named else "")
    return text + (f" ({choice.reason})" if choice.reason else "")


def summary(run: Segmentation) -> dict[str, Any]:
    """All that decides the words, what was counted, and what it cost, ready for JSON."""
    options, statistics = run.options, run.statistics
    timings = run.watch.timings()
    sources = []
    for source in run.sources:
        store = source.store
        moments = {"mean": store.mean, "deviation": store.deviation, "gaps": store.length, "known": store.known}
        sources.append(source.facts | moments | {"lambda": source.weight})
    cost = max(timings.get("masking", 0.0), 1e-9)
    return {
        "version": __version__,
        "signature": _signature(run),
        "method": run.choice.method,
        "reason": run.choice.reason,
        "preset": options.preset,
        "rules": asdict(options.rules),
        "user_words": 0 if run.words is None else len(run.words),
        "sources": sources,
        "threshold": run.threshold,
        "calibration": run.calibration.facts,
        "statistics": None if statistics is None else {
            "characters": statistics.characters, "runs": statistics.runs,
            "rounds": options.rounds_for(run.counts["characters"]),
            "association": run.scores.association, "single": run.scores.single,
            "repeats": options.repeats,
            "copies": None if run.copies is None else run.copies.facts(),
            "file": None if options.stats is None else str(options.stats),
            "inputs": [asdict(record) for record in statistics.inputs],
        },
        **run.counts,
        "inputs": run.inputs(),
        "masking_characters_per_second": round(run.counts["characters"] / cost, 1) if "masking" in timings else None,
        "characters_per_second": round(run.counts["characters"] / max(timings["wall"], 1e-9), 1),
        "threads": run.runner.threads,
        "timings": timings,
        "peak_memory": peak_memory(),
    }  # fmt: skip


def _signature(run: Segmentation) -> str:
    options, statistics = run.options, run.statistics
    facts: dict[str, Any] = {}
    if statistics is not None:
        facts |= {"counted": statistics.characters, "association": run.scores.association, "single": run.scores.single}
        facts |= {"rounds": options.rounds_for(run.counts["characters"])}
    for source in run.sources:
        shown = [f"{source.facts[name]}" for name in _SHOWN if name in source.facts]
        facts[source.name] = [*shown, f"lambda={source.weight:g}"]
    if run.threshold is not None:
        facts["threshold"] = run.threshold
    off = [name for name, on in asdict(options.rules).items() if not on]
    plain = TextOptions()
    spelling = {name: getattr(run.reading, name) for name in ("normalize", "fold_case", "t2s")}
    facts |= {name: "yes" if one is True else one for name, one in spelling.items() if one != getattr(plain, name)}
    facts |= {"without": off or "nothing", "user_words": 0 if run.words is None else len(run.words)}
    return signature(f"segment-{run.choice.method}", **facts, characters=run.counts["characters"])
