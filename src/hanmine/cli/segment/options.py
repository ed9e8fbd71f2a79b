"""The options of `mine segment`, in groups, and the keyword arguments that they are for `hanmine.segmentation`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from hanmine.cli.options import option
from hanmine.text.options import ERROR_MODES, INPUT_FORMATS, TextOptions

# Those of hanmine.segmentation.options and hanmine.masking.options, which are imported when a command runs.
METHODS = ("auto", "nvbe", "masking", "combined")
SCORES = ("auto", "dist", "logprob")
DISTANCES = ("euclidean", "cosine", "dot")
SCHEMES = ("auto", "pairs", "full", "grouped")
CONTEXTS = ("auto", "masked", "unmasked")
RULES = ("characters", "digits", "numerals", "dates", "latin", "punctuation")
FORMATS = ("text", "jsonl", "bmes")


@dataclass
class MaskingGroup:
    """The models, and how the impact of a masked character is measured."""

    model: Annotated[
        list[str] | None,
        option(
            "--model",
            metavar="MODEL",
            help="A folder with a masked language model or an encoder, e5, or a name in the Hugging Face cache; may be "
            "repeated.",
        ),
    ] = None
    score: Annotated[
        Literal[SCORES],
        option(help="dist: distance of hidden states; logprob: drop in log-probability (needs an MLM head)."),
    ] = "auto"
    layer: Annotated[
        str | None,
        option(metavar="N|last|head", help="Of dist; head: after the MLM head's transform.  [default: by the model]"),
    ] = None
    distance: Annotated[Literal[DISTANCES], option(help="Of dist.")] = "euclidean"
    scheme: Annotated[
        Literal[SCHEMES],
        option(
            help="Which rows are computed. pairs: each character and each two neighbours masked; full: all pairs; "
            "grouped: every --group-th position at once."
        ),
    ] = "auto"
    group: Annotated[int | None, option(min=2, metavar="N", help="Of the scheme grouped.  [default: 8]")] = None
    masked_context: Annotated[
        Literal[CONTEXTS],
        option("--context", help="Compare states of a character that is masked, or left as it is."),
    ] = "auto"
    units: Annotated[Literal["chars"], option(help="What is masked at once; mine parse masks words, too.")] = "chars"
    backend: Annotated[Literal["auto", "onnx", "torch"], option(help="What runs a transformer.")] = "auto"
    precision: Annotated[
        Literal["fp32", "int8"], option(help="int8 quantizes the weights: faster, a little less exact.")
    ] = "fp32"
    batch_tokens: Annotated[
        int | None, option(min=1, metavar="N", help="Tokens computed at once, padding included.  [default: 1024]")
    ] = None


@dataclass
class DecisionGroup:
    """How scores become words."""

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
            help="Weight of gap scores beside word scores; repeated for several sources, models first.  "
            "[default: auto, found without gold]",
        ),
    ] = None
    preset: Annotated[
        Literal["su2020"] | None,
        option(help="Su 2020: masking by pairs, Euclidean distance of the last layer, threshold 8, no rules."),
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
            metavar="N",
            help="Score words anew by the words found, N times.  [default: 1, or 0 for less than 5,000 characters]",
        ),
    ] = None


@dataclass
class StatisticsGroup:
    """Where the scores of words come from."""

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


@dataclass
class RuleGroup:
    """What is not left to scores; see docs/segment.md."""

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
        option(metavar="FILE", help="Words, one a line, that are kept whole wherever they stand; may be repeated."),
    ] = None


@dataclass
class ReadingGroup:
    """How lines are read; the names and defaults are those of `TextOptions`."""

    recursive: Annotated[bool, option("-r", "--recursive", help="Read all files below the folders given.")] = (
        TextOptions.recursive
    )
    encoding: Annotated[
        str,
        option(metavar="NAME", help="auto (BOM, then UTF-8, then GB18030 or Big5 by their characters) or an encoding."),
    ] = TextOptions.encoding
    errors: Annotated[
        Literal[ERROR_MODES],
        option(help="At what cannot be read: stop, or replace bytes by U+FFFD and records by empty lines."),
    ] = TextOptions.errors
    input_format: Annotated[
        Literal[INPUT_FORMATS], option(help="What the files are; auto goes by extension and first bytes.")
    ] = TextOptions.input_format
    column: Annotated[
        str | None, option(metavar="NAME", help="The field to read of csv, tsv, jsonl and json; a.b for nested keys.")
    ] = TextOptions.column


@dataclass
class SegmentOutputGroup:
    """Where the words go, and how they are written."""

    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all.")
    ] = None
    format: Annotated[
        str | None,
        option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="text, jsonl or bmes.  [default: by FILE's extension, or text]",
        ),
    ] = None
    delimiter: Annotated[
        str | None, option(metavar="TEXT", help="What stands between two words in text.  [default: a space]")
    ] = None
    no_overwrite: Annotated[bool, option("--no-overwrite", help="Refuse to replace a file.")] = False
    summary_json: Annotated[
        Path | None,
        option(metavar="FILE", help="Write what was read and done, counts, timings and memory as JSON."),
    ] = None


def keywords_of(
    masking: MaskingGroup, decision: DecisionGroup, statistics: StatisticsGroup, rules: RuleGroup
) -> dict[str, Any]:
    """The keyword arguments of `hanmine.segmentation.Segmentation`; what was not given is left to the preset."""
    given = asdict(masking) | asdict(decision) | asdict(statistics)
    given["models"] = given.pop("model") or ()
    given["weights"] = given.pop("weight")
    given["context"] = given.pop("masked_context")
    given["user_dict"] = rules.user_dict or ()
    for name in RULES:
        if getattr(rules, f"no_{name}"):
            given[name] = False
    # What a preset may set is given only where it differs from the default.
    for name in ("score", "scheme", "context", "distance"):
        if given[name] == ("euclidean" if name == "distance" else "auto"):
            del given[name]
    return {name: value for name, value in given.items() if value is not None}
