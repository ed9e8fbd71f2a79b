"""What a discovery may be asked: methods, thresholds, presets, filters, order of the rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hanmine.errors import UsageError
from hanmine.ngrams.repeats import REPEATS
from hanmine.ngrams.statistics import LOG_BASES

METHODS = ("su", "entropy")
ORDERS = (2, 3, 4)
LOOK_BACKS = ("n", "n-1")
COLUMNS = ("word", "count", "pieces", "cohesion", "left_entropy", "right_entropy", "known")
DEFAULT_PMI = (0.0, 2.0, 4.0, 6.0)
DEFAULT_FREEDOM = 1.0  # nats: the branching entropy that the method `entropy` asks for unless told otherwise

# The 2016 version of the algorithm compares ratios: 5, 25 and 125 for two, three and four characters.
PRESETS = {
    "su2016": {"pmi": (0.0, math.log(5), math.log(25), math.log(125)), "look_back": ("n", "n-1"), "repeats": "count"}
}


@dataclass(frozen=True)
class DiscoveryOptions:
    """See `discover_words`; every value here is settled, none is None but `max_length` and `limit`."""

    method: str
    order: int
    min_count: int
    pmi: tuple[float, ...]
    look_back: tuple[str, ...]
    min_entropy: float
    min_length: int
    max_length: int | None
    log_base: str
    known: tuple[str, ...]
    drop_known: bool
    only_known: bool
    sort: str
    limit: int | None
    repeats: str

    def threshold(self, order: int) -> float:
        """Least cohesion (nats) of a strong n-gram; the last value given serves all longer ones."""
        return self.pmi[min(order, len(self.pmi)) - 1]


def settle_options(
    *,
    method: str = "su",
    order: int = 4,
    min_count: int = 5,
    pmi=None,
    preset: str | None = None,
    look_back=None,
    min_entropy: float | None = None,
    min_length: int = 2,
    max_length: int | None = None,
    log_base: str | int | float = "e",
    known=("jieba",),
    drop_known: bool = False,
    only_known: bool = False,
    sort: str = "count",
    limit: int | None = None,
    repeats: str | None = None,
) -> DiscoveryOptions:
    """Fill in defaults and presets; raise `UsageError` for what makes no sense."""
    if preset is not None and preset not in PRESETS:
        raise UsageError(f"--preset {preset!r} is unknown: choose {', '.join(PRESETS)}")
    chosen = PRESETS.get(preset, {})
    pmi = chosen.get("pmi", DEFAULT_PMI) if pmi is None else tuple(float(value) for value in pmi)
    look_back = chosen.get("look_back", ("n",)) if look_back is None else tuple(look_back)
    log_base = "e" if log_base in ("e", math.e) else str(log_base)
    known = (known,) if isinstance(known, str) else tuple(str(name) for name in known)
    if min_entropy is None:
        min_entropy = DEFAULT_FREEDOM if method == "entropy" else 0.0
    repeats = chosen.get("repeats", "once") if repeats is None else repeats
    _one_of("--repeats", repeats, REPEATS)
    _one_of("--method", method, METHODS)
    _one_of("--order", order, ORDERS)
    _one_of("--log-base", log_base, tuple(LOG_BASES))
    _one_of("--sort", sort, COLUMNS)
    for item in look_back:
        _one_of("--look-back", item, LOOK_BACKS)
    if "n" not in look_back:
        raise UsageError("--look-back needs n: give n or n,n-1")
    if not pmi or any(math.isnan(value) for value in pmi):
        raise UsageError("--pmi needs numbers, one an order from 1: for example --pmi 0,2,4,6")
    if min_count < 1:
        raise UsageError(f"--min-count {min_count} is too small: give 1 or more")
    if drop_known and only_known:
        raise UsageError("--drop-known and --only-known leave nothing: give one of them")
    if "none" in known and (drop_known or only_known):
        raise UsageError("--known none knows no words: leave out --drop-known and --only-known, or name a dictionary")
    if limit is not None and limit < 0:
        raise UsageError(f"--limit {limit} is negative: give 0 or more")
    if method == "entropy" and sort == "pieces":
        raise UsageError("--sort pieces needs --method su: the method entropy cuts nothing")
    return DiscoveryOptions(
        method, order, min_count, pmi, look_back, float(min_entropy), min_length, max_length, log_base, known,
        drop_known, only_known, sort, limit, repeats,
    )  # fmt: skip


def _one_of(option: str, value: object, allowed: tuple) -> None:
    if value not in allowed:
        raise UsageError(f"{option} {value!r} is unknown: choose {', '.join(str(item) for item in allowed)}")
