"""How text is to be read: the options that every command over a corpus shares."""

from __future__ import annotations

from dataclasses import dataclass

from hanmine.errors import UsageError

NORMALIZATIONS = ("width", "none", "nfkc")
MIXED_MODES = ("tokens", "chars", "break")
INPUT_FORMATS = ("auto", "text", "csv", "tsv", "jsonl", "json")
ERROR_MODES = ("strict", "replace")


@dataclass(frozen=True)
class TextOptions:
    """Options of reading a corpus.

    Attributes
    ----------
    encoding : "auto" (BOM, then UTF-8, then GB18030 against Big5-HKSCS) or a codec's name.
    errors : "strict" (the first undecodable byte ends the run, its offset named) or "replace" (it breaks a run).
    input_format : "auto" (by extension and first bytes), "text", "csv", "tsv", "jsonl" or "json".
    column : the field to read of csv, tsv, jsonl and json; `a.b` reaches into nested objects.
    recursive : take the files below a directory.
    normalize : "width" (full-width ASCII folded, zero-width characters skipped, Kangxi radicals and compatibility
        ideographs mapped to unified ones), "none" or "nfkc".
    fold_case : read Latin capitals as small letters.
    t2s : convert traditional to simplified script (extra `opencc`).
    mixed : "tokens" (Latin letters and digits are symbols, a token of them is never cut inside), "chars" (they are
        symbols like any other) or "break" (they end a run).
    """

    encoding: str = "auto"
    errors: str = "strict"
    input_format: str = "auto"
    column: str | None = None
    recursive: bool = False
    normalize: str = "width"
    fold_case: bool = False
    t2s: bool = False
    mixed: str = "tokens"

    def __post_init__(self) -> None:
        for name, allowed in (
            ("errors", ERROR_MODES),
            ("input_format", INPUT_FORMATS),
            ("normalize", NORMALIZATIONS),
            ("mixed", MIXED_MODES),
        ):
            value = getattr(self, name)
            if value not in allowed:
                option = "--" + name.replace("_", "-")
                raise UsageError(f"{option} {value!r} is unknown: choose {', '.join(allowed)}")
