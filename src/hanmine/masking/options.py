"""What can be chosen of the impact of one masked symbol on another, and what is chosen where nothing is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hanmine.encoder.interface import hidden_name
from hanmine.errors import UsageError

if TYPE_CHECKING:
    from hanmine.masking.model import MaskedModel

SCORES = ("dist", "logprob", "relative")
RELATIVE = "relative"
DISTANCES = ("euclidean", "cosine", "dot")
SCHEMES = ("pairs", "full", "grouped")
CONTEXTS = ("masked", "unmasked")
HEAD, LAST = "head", "last"
HEAD_OUTPUT, LOGITS = "mlm_hidden", "logits"
_TWELFTHS = {"dist": 4, RELATIVE: 6, "matrix": 5}  # of twelve layers that of an encoder of sentences; measured with e5


@dataclass(frozen=True)
class ImpactOptions:
    """How the impact of a symbol j on a symbol i is measured; "auto" is settled by the kind of model.

    Attributes
    ----------
    score : "dist", a distance of hidden states at i; "logprob", the drop in the log-probability (natural logarithm) of
        what stands at i; or "relative", of unmasked context and of gaps alone: dist as a multiple of what masks further
        away do to i, see `hanmine.masking.relative`.
    layer : of dist and relative: the number of a layer (0: the embeddings), "last", or "head" (the states after the
        transform of the masked language model's head, which its decoder reads).
    distance : of dist and relative: "euclidean", "cosine" (1 - cosine) or, of dist alone, "dot" (h·h - h·h', with h the
        state before and h' after j is masked, too).
    scheme : "pairs" masks single symbols and neighbours (2n - 1 rows), "full" all pairs (n(n+1)/2), "grouped" every
        `group`-th position at once (2 `group` rows). With unmasked context they are n + 1, n + 1 and 1 + `group` rows.
        For matrices grouped are all pairs of such combs (`group`(`group` + 1)/2 rows, see `hanmine.masking.combs`).
    context : "masked" compares states at i when i is masked, and when j is, too; "unmasked" leaves i as it is.
    piece : characters of a piece at most; longer texts are cut, at punctuation where there is any.
    batch_tokens : tokens of a batch, padding included.
    """

    score: str = "auto"
    layer: str | int = "auto"
    distance: str = "euclidean"
    scheme: str = "auto"
    group: int = 8
    context: str = "auto"
    piece: int = 60
    batch_tokens: int = 1024


def settled(options: ImpactOptions, model: MaskedModel, *, matrix: bool = False) -> ImpactOptions:
    """The options with nothing left open, for gap scores or for a `matrix`.

    A masked language model is read after the transform of its head, with masked symbols (without a head in its last
    layer); an encoder that was tuned for sentence vectors in the middle (see `_TWELFTHS`), with the symbols left as
    they are.

    Raises
    ------
    UsageError : an unknown value, or one that the model or the matrix cannot be computed with.
    """
    for name, value, choice in (
        ("score", options.score, ("auto", *SCORES)),
        ("distance", options.distance, DISTANCES),
        ("scheme", options.scheme, ("auto", *SCHEMES)),
        ("context", options.context, ("auto", *CONTEXTS)),
    ):
        if value not in choice:
            raise UsageError(f"--{name} {value!r} is unknown: choose {', '.join(choice)}")
    for name, number, least in (("group", options.group, 2), ("batch-tokens", options.batch_tokens, 1)):
        if number < least:
            raise UsageError(f"--{name} must be at least {least}, not {number}")
    if options.piece < 2:
        raise UsageError(f"a piece has at least 2 characters, not {options.piece}")
    scheme = options.scheme
    if matrix and scheme == "pairs":
        raise UsageError("--scheme pairs measures neighbours alone: for a matrix choose full or grouped")
    if scheme == "auto":
        scheme = "full" if matrix else "grouped"
    score, layer = _score_and_layer(options, model, matrix)
    context = options.context
    if score == RELATIVE:
        context = _context_of_relative(options, matrix)
    elif context == "auto":
        context = "unmasked" if model.tuned else "masked"
    return replace(options, score=score, layer=layer, scheme=scheme, context=context)


def beside_statistics(options: ImpactOptions, model: MaskedModel) -> ImpactOptions:
    """The options for gap scores that are added to statistics of the text.

    How far the state of a character moves at all depends on the character, which is what statistics know already. So
    for encoders that were tuned for sentence vectors what is left open becomes "relative", which says less by itself,
    but adds more; see docs/segment.md.
    """
    fits = model.tuned and options.score == "auto" and options.context != "masked" and options.distance != "dot"
    return replace(options, score=RELATIVE) if fits else options


def output_of(options: ImpactOptions, model: MaskedModel) -> str:
    """The output of the model that settled options read."""
    if options.score == "logprob":
        return LOGITS if model.decoder is None else HEAD_OUTPUT
    return HEAD_OUTPUT if options.layer == HEAD else hidden_name(int(options.layer))


def facts_of(options: ImpactOptions) -> dict[str, object]:
    """Settled options for signatures and summaries: those that decide the numbers."""
    facts: dict[str, object] = {"score": options.score}
    if options.score != "logprob":
        facts |= {"layer": options.layer, "distance": options.distance}
    facts |= {"scheme": options.scheme, "context": options.context}
    if options.scheme == "grouped":
        facts["group"] = options.group
    return facts | {"piece": options.piece}


def _score_and_layer(options: ImpactOptions, model: MaskedModel, matrix: bool) -> tuple[str, str | int]:
    score, layer = options.score, options.layer
    if score == "auto":
        score = "logprob" if layer == "auto" and model.available == {LOGITS} else "dist"
    if score == "logprob":
        if layer != "auto":
            raise UsageError(f"--layer {layer} is for --score dist: logprob reads the head's probabilities")
        if LOGITS not in model.available:
            raise UsageError(f"--score logprob: {model.name} has no head of a masked language model: choose dist")
        return score, "auto"
    if layer == "auto":
        layer = HEAD if model.has_head else LAST
        if model.tuned:
            layer = middle_layer(model, _TWELFTHS["matrix" if matrix else score]) or LAST
    if layer == LAST:
        layer = model.layers
    if isinstance(layer, str) and layer.isdecimal():
        layer = int(layer)
    if layer == HEAD:
        if HEAD_OUTPUT not in model.available:
            raise UsageError(f"--layer head: {model.name} has no head of a masked language model: choose a number")
    elif not isinstance(layer, int) or isinstance(layer, bool) or not 0 <= layer <= model.layers:
        raise UsageError(f"--layer {layer!r}: choose 0 to {model.layers}, last or head")
    elif hidden_name(layer) not in model.available:
        known = ", ".join(sorted(name.removeprefix("hidden_") for name in model.available if "hidden_" in name))
        raise UsageError(
            f"--layer {layer}: the files of {model.name} give no such layer (only {known}): choose another"
        )
    return score, layer


def _context_of_relative(options: ImpactOptions, matrix: bool) -> str:
    if matrix:
        raise UsageError("--score relative is for the gaps between characters: a matrix needs dist or logprob")
    if options.context == "masked":
        raise UsageError("--score relative looks at symbols that are left as they are: pass --context unmasked")
    if options.distance == "dot":
        raise UsageError("--score relative divides distances: choose --distance euclidean or cosine")
    return "unmasked"


def middle_layer(model: MaskedModel, twelfths: int = 6) -> int | None:
    """The layer nearest to so many twelfths of the model, of those that its files give; None where they give none."""
    wanted = max(1, round(model.layers * twelfths / 12))
    given = [layer for layer in range(1, model.layers + 1) if hidden_name(layer) in model.available]
    return min(given, key=lambda layer: (abs(layer - wanted), layer)) if given else None
