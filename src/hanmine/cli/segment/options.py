"""The options of `mine segment`, in groups, and the keyword arguments that they are for `hanmine.segmentation`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from hanmine.cli.groups import option
from hanmine.cli.options import FoldCase, ImpactGroup, LineOptions, Repeats, T2s, TargetOptions, format_option
from hanmine.text.options import NORMALIZATIONS, TextOptions

# Those of hanmine.segmentation.options, which are imported when a command runs.
METHODS = ("auto", "nvbe", "masking", "combined")
RULES = ("characters", "digits", "numerals", "dates", "latin", "punctuation")
FORMATS = ("text", "jsonl", "bmes")


@dataclass
class SegmentInput(LineOptions):
    """How lines are read, and in which spelling they are counted; the words of a line keep its own characters."""

    normalize: Annotated[
        Literal[NORMALIZATIONS],
        option(help="Which characters are one where text is counted, and words of --user-dict are looked for."),
    ] = TextOptions.normalize
    fold_case: FoldCase = TextOptions.fold_case
    t2s: T2s = TextOptions.t2s


@dataclass
class MaskingGroup(ImpactGroup):
    """The models, and how the impact of a masked character is measured."""

    model: Annotated[
        list[str] | None,
        option(
            "--model",
            metavar="MODEL",
            help="e5, a folder with a masked language model or an encoder, or a name in the Hugging Face cache; may be "
            "repeated.",
        ),
    ] = None
    group: Annotated[int | None, option(min=2, metavar="N", help="Of the scheme grouped.  [default: 8]")] = None
    units: Annotated[Literal["chars"], option(help="What is masked at once; mine parse masks words, too.")] = "chars"


@dataclass
class DecisionGroup:
    """How scores become words."""

    heading: ClassVar[str] = "Words out of scores"

    threshold: Annotated[
        str | None,
        option(
            metavar="X|q.NN|auto",
            help="Of masking: join where the score is at least X, or above that share of all scores (q.60), or so that "
            "the words agree best with nvbe.  [default: auto]",
        ),
    ] = None
    weight: Annotated[
        list[str] | None,
        option(
            "--lambda",
            metavar="X|auto",
            help="Weight of gap scores beside word scores; repeated for several sources: models, files, the probe.  "
            "[default: auto, found without gold]",
        ),
    ] = None
    preset: Annotated[
        Literal["su2020"] | None,
        option(help="Su 2020: masking by pairs, Euclidean distance of the last layer, threshold 8, no rules."),
    ] = None
    probe: Annotated[
        bool | None,
        option(
            "--probe/--no-probe",
            help="Of combined: learn from the states of the models where words end, by the words found so far.  "
            "[default: of texts with 1,000 gaps and more, unless --lambda weighs the others alone]",
        ),
    ] = None
    gaps: Annotated[
        list[Path] | None,
        option(metavar="FILE.npz", help="Gap scores from elsewhere (arrays scores and offsets); may be repeated."),
    ] = None
    save_gaps: Annotated[
        Path | None, option(metavar="FILE.npz", help="Keep the gap scores of the models, for --gaps.")
    ] = None
    word_length: Annotated[
        str | None,
        option(
            metavar="X|none",
            help="Mean length of words of ideographs: lower cuts more finely. none: as statistics have it.  "
            "[default: 1.7]",
        ),
    ] = None
    association: Annotated[
        float | None,
        option(min=0, metavar="X", help="Weight of mutual information in the scores of words.  [default: 1]"),
    ] = None
    rounds: Annotated[
        int | None,
        option(
            min=0,
            max=100,
            metavar="N",
            help="Score words anew by the words found, N times.  [default: 1, or 0 for less than 5,000 characters]",
        ),
    ] = None


@dataclass
class StatisticsGroup:
    """Where the scores of words come from."""

    heading: ClassVar[str] = "Statistics"

    corpus: Annotated[
        list[str] | None,
        option(metavar="FILE", help="Count these texts instead of the input; may be repeated."),
    ] = None
    corpus_add: Annotated[
        list[str] | None, option(metavar="FILE", help="Count these texts besides the input; may be repeated.")
    ] = None
    stats: Annotated[
        Path | None, option(metavar="FILE.npz", help="Statistics that --save-stats wrote, instead of counting.")
    ] = None
    save_stats: Annotated[Path | None, option(metavar="FILE.npz", help="Keep the statistics.")] = None
    repeats: Repeats = None


@dataclass
class RuleGroup:
    """What is not left to scores; see docs/segment.md."""

    heading: ClassVar[str] = "Rules"

    no_digits: Annotated[bool, option("--no-digits", help="No rule for numbers in digits (3.14, 50%).")] = False
    no_numerals: Annotated[bool, option("--no-numerals", help="No rule for numbers in characters (二十三).")] = False
    no_dates: Annotated[bool, option("--no-dates", help="No rule for dates and times (1998年, 12月).")] = False
    no_latin: Annotated[bool, option("--no-latin", help="No rule for words in Latin letters (GDP, MP3).")] = False
    no_punctuation: Annotated[
        bool, option("--no-punctuation", help="No rule that makes each punctuation mark a word.")
    ] = False
    no_characters: Annotated[
        bool, option("--no-characters", help="No rule that keeps combining marks and joined emoji together.")
    ] = False
    user_dict: Annotated[
        list[Path] | None,
        option(
            metavar="FILE",
            help="Words that are kept whole wherever they stand: what mine newwords writes, or one a line; may be "
            "repeated.",
        ),
    ] = None


@dataclass
class SegmentOutputGroup(TargetOptions):
    """Where the words go, and how they are written."""

    format: Annotated[
        str | None, format_option(help="text, jsonl or bmes.  [default: by FILE's extension, or text]")
    ] = None
    delimiter: Annotated[
        str | None, option(metavar="TEXT", help="What stands between two words in text.  [default: a space]")
    ] = None


def keywords_of(
    masking: MaskingGroup, decision: DecisionGroup, statistics: StatisticsGroup, rules: RuleGroup
) -> dict[str, Any]:
    """The keyword arguments of `hanmine.segmentation.Segmentation`; what was not given is left to the preset."""
    given = masking.measured() | asdict(decision) | asdict(statistics)
    given |= {name: getattr(masking, name) for name in ("group", "units", "backend", "precision")}
    given["models"] = masking.model or ()
    given["weights"] = given.pop("weight")
    given["user_dict"] = rules.user_dict or ()
    for name in RULES:
        if getattr(rules, f"no_{name}"):
            given[name] = False
    return {name: value for name, value in given.items() if value is not None}
