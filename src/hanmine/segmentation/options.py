"""What a segmentation may be asked: methods, thresholds, weights, presets, where its statistics come from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hanmine.errors import UsageError
from hanmine.masking.options import ImpactOptions
from hanmine.ngrams.repeats import REPEATS
from hanmine.segmentation.rules import Rules

METHODS = ("auto", "nvbe", "masking", "combined")
UNITS = ("chars",)
AUTO = "auto"
ROUNDS = 1
FEWEST_FOR_ROUNDS = 5_000
"""Characters of a text that has enough words to learn from them once more, unless the rounds are given."""
IMPACT = ("score", "layer", "distance", "scheme", "group", "context", "batch_tokens")
RULES = ("characters", "digits", "numerals", "dates", "latin", "punctuation")

# Su 2020: neighbours alone, distance of the last layer, join where it reaches 8, no rule for digits, Latin or
# punctuation.
PRESETS: dict[str, dict[str, Any]] = {
    "su2020": {
        "method": "masking",
        "score": "dist",
        "layer": "last",
        "distance": "euclidean",
        "scheme": "pairs",
        "context": "masked",
        "threshold": 8.0,
        **dict.fromkeys(RULES, False),
    }
}


_QUANTILE = re.compile(r"q(0?\.[0-9]+|0|1|1\.0*)")


@dataclass(frozen=True)
class Threshold:
    """Where the method masking cuts: below a score, below a quantile of all scores, or where it agrees with nvbe."""

    kind: str  # "score", "quantile" or "auto"
    value: float = math.nan

    def __str__(self) -> str:
        return {"score": f"{self.value:g}", "quantile": f"q.{f'{self.value:g}'[2:] or '0'}"}.get(self.kind, AUTO)


@dataclass(frozen=True)
class SegmentOptions:
    """See `segment`; None stands where the method or the models decide."""

    method: str
    models: tuple[str, ...]
    gaps: tuple[Path, ...]
    impact: ImpactOptions
    threshold: Threshold
    weights: tuple[float | None, ...]
    rules: Rules
    user_dict: tuple[str, ...]
    corpus: tuple[str, ...]
    corpus_add: bool
    stats: Path | None
    save_stats: Path | None
    save_gaps: Path | None
    rounds: int | None
    word_scores: dict[str, float | None]
    backend: str
    precision: str
    preset: str | None
    probe: bool | None
    repeats: str

    def rounds_for(self, characters: int) -> int:
        """The rounds for a text of so many characters."""
        if self.rounds is not None:
            return self.rounds
        return ROUNDS if characters >= FEWEST_FOR_ROUNDS else 0

    def may_probe(self, sources: int) -> bool:
        """Whether a probe may join so many sources: if nothing is said, unless these alone are given weights."""
        weighed = len(self.weights) == sources and set(self.weights) != {None}
        return not weighed if self.probe is None else self.probe

    @property
    def sources(self) -> int:
        """Sources of gap scores that were named; a file may hold several."""
        return len(self.models) + len(self.gaps)


def settle_options(
    *,
    method: str | None = None,
    models: Any = (),
    threshold: Any = None,
    weights: Any = None,
    preset: str | None = None,
    corpus: Any = (),
    corpus_add: Any = (),
    stats: Any = None,
    save_stats: Any = None,
    gaps: Any = (),
    save_gaps: Any = None,
    rounds: int | None = None,
    word_length: Any = None,
    association: float | None = None,
    user_dict: Any = (),
    backend: str = AUTO,
    precision: str = "fp32",
    units: str = "chars",
    probe: bool | None = None,
    repeats: str = "once",
    **given: Any,
) -> SegmentOptions:
    """Fill in defaults and presets; raise `UsageError` for what makes no sense."""
    chosen = _preset(preset)
    given = {name: value for name, value in given.items() if value is not None}
    settled = {name: value for name, value in chosen.items() if name in (*IMPACT, *RULES)} | given
    method = method or chosen.get("method", AUTO)
    _check_names(method, units, given)
    if repeats not in REPEATS:
        raise UsageError(f"--repeats {repeats!r} is unknown: choose {', '.join(REPEATS)}")
    _check_corpora(corpus, corpus_add)
    options = SegmentOptions(
        method=method,
        models=_several(models),
        gaps=tuple(Path(path) for path in _several(gaps)),
        impact=ImpactOptions(**{name: settled[name] for name in IMPACT if name in settled}),
        threshold=threshold_of(chosen.get("threshold", AUTO) if threshold is None else threshold),
        weights=weights_of(weights),
        rules=Rules(**{name: bool(settled[name]) for name in RULES if name in settled}),
        user_dict=_several(user_dict),
        corpus=_several(corpus or corpus_add),
        corpus_add=bool(corpus_add),
        stats=None if stats is None else Path(stats),
        save_stats=None if save_stats is None else Path(save_stats),
        save_gaps=None if save_gaps is None else Path(save_gaps),
        rounds=rounds,
        word_scores=_word_scores(word_length, association),
        backend=backend,
        precision=precision,
        preset=preset,
        probe=probe,
        repeats=repeats,
    )
    _check(options, threshold is not None, [name for name in IMPACT if name in given])
    return options


def _preset(name: str | None) -> dict[str, Any]:
    if name is not None and name not in PRESETS:
        raise UsageError(f"--preset {name!r} is unknown: choose {', '.join(PRESETS)}")
    return PRESETS.get(name or "", {})


def _check_corpora(corpus: Any, corpus_add: Any) -> None:
    if corpus and corpus_add:
        raise UsageError(
            "--corpus (instead of the input) and --corpus-add (besides the input) contradict each other: pass one"
        )


def _check_names(method: str, units: str, given: dict[str, Any]) -> None:
    """Refuse what no segmentation knows."""
    unknown = [name for name in given if name not in (*IMPACT, *RULES)]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no option of a segmentation")
    if method not in METHODS:
        raise UsageError(f"--method {method!r} is unknown: choose {', '.join(METHODS)}")
    if units not in UNITS:
        raise UsageError(f"--units {units!r}: the gaps of a text are between characters: choose {', '.join(UNITS)}")


_MOST = 1_000_000  # weights beyond leave nothing of what they are beside


def _word_scores(word_length: Any, association: float | None) -> dict[str, float | None]:
    """Those options of `hanmine.segmentation.word_scores.calibrated` that were given."""
    if association is not None and not 0 <= association <= _MOST:
        raise UsageError(f"--association {association:g} is out of range: give 0 to {_MOST:,}, about 1 as a rule")
    given: dict[str, float | None] = {} if association is None else {"association_weight": float(association)}
    if word_length is None:
        return given
    try:
        return given | {"word_length": None if word_length == "none" else float(word_length)}
    except ValueError:
        raise UsageError(f"--word-length {word_length!r} is no length: write a number such as 1.7, or none") from None


def _several(value: Any) -> tuple[str, ...]:
    return () if value is None else (str(value),) if isinstance(value, str | Path) else tuple(map(str, value))


def _check(options: SegmentOptions, threshold: bool, impact: list[str]) -> None:
    """Refuse what would have no effect on the method that was asked for."""
    if options.rounds is not None and options.rounds < 0:
        raise UsageError(f"--rounds {options.rounds} is negative: give 0 or more")
    if options.stats is not None and options.corpus:
        raise UsageError("--stats are statistics already: leave out --corpus and --corpus-add")
    where = f"--method {options.method}"
    if options.method == "nvbe":
        named = {"--model": options.models, "--gaps": options.gaps, "--lambda": options.weights}
        for name, value in named.items():
            if value:
                raise UsageError(f"{name} is for masking and combined: leave it out, or pass --method combined")
        if options.save_gaps is not None:
            raise UsageError("--save-gaps: the method nvbe has no gap scores: pass --method masking or combined")
    if threshold and options.method in ("nvbe", "combined"):
        raise UsageError(f"--threshold is for --method masking, not for {where}: leave it out")
    if impact and options.method == "nvbe":
        raise UsageError(f"--{impact[0].replace('_', '-')} is for a model: leave it out, or pass --method combined")
    if options.method == "masking" and options.weights:
        raise UsageError("--lambda weighs gap scores beside word scores: leave it out, or pass --method combined")
    if "group" in impact and options.impact.scheme in ("pairs", "full"):
        raise UsageError(f"--group is for --scheme grouped, not for {options.impact.scheme}: leave it out")
    if options.probe and options.method in ("nvbe", "masking"):
        raise UsageError(f"--probe learns from words of statistics and a model, not for {where}: pass combined")
    if options.probe and options.gaps and not options.models:
        raise UsageError("--probe reads the states of a model, and files of gap scores have none: pass --model")
    if options.method == "masking" and options.rounds:
        raise UsageError("--rounds is for the statistics of nvbe and combined: leave it out with --method masking")


def threshold_of(value: Any) -> Threshold:
    """X, q.NN or auto."""
    if isinstance(value, Threshold):
        return value
    text = str(value).strip()
    if text == AUTO:
        return Threshold(AUTO)
    kind = "quantile" if _QUANTILE.fullmatch(text) else "score"
    try:
        parsed = float(text[1:] if kind == "quantile" else text)
    except ValueError:
        parsed = math.nan
    if math.isnan(parsed):
        raise UsageError(f"--threshold {text!r} is none: write a score such as 8, a quantile such as q.60, or auto")
    return Threshold(kind, parsed)


def weights_of(values: Any) -> tuple[float | None, ...]:
    """Weights of the sources of gap scores; None where one is to be calibrated."""
    if values is None:
        return ()
    several = [values] if isinstance(values, str | int | float) else list(values)
    return tuple(None if value in (None, AUTO) else _weight(value) for value in several)


def _weight(value: Any) -> float:
    try:
        weight = float(value)
    except (TypeError, ValueError):
        weight = math.nan
    if not math.isfinite(weight) or weight < 0:
        raise UsageError(f"--lambda {value!r} is no weight: write a number from 0, such as 1.5, or auto")
    if weight > _MOST:
        raise UsageError(f"--lambda {value} is out of range: give 0 to {_MOST:,}, such as 1.5, or auto")
    return weight


def weights_for(
    weights: tuple[float | None, ...], sources: list[str], *, probe: bool = False
) -> tuple[float | None, ...]:
    """One weight for each source of gap scores, and one for the probe behind them where there may be one.

    Raises
    ------
    UsageError : there are more or fewer weights than sources.
    """
    wanted = len(sources) + probe
    if not weights or set(weights) == {None}:
        return (None,) * wanted
    if len(weights) not in (len(sources), wanted):
        noun = "source" if len(sources) == 1 else "sources"
        more = ", and perhaps one for the probe" if probe else ""
        raise UsageError(
            f"--lambda is given {len(weights)} times for {len(sources)} {noun} of gap scores: pass one for each, in "
            f"this order: {', '.join(sources)}{more}"
        )
    return weights + (None,) * (wanted - len(weights))
