"""Tables of exact n-gram statistics."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from hanmine import __version__
from hanmine.errors import UsageError
from hanmine.ngrams.statistics import ASSOCIATIONS, LOG_BASES, branching_entropy
from hanmine.ngrams.trie import NgramTrie
from hanmine.ngrams.windows import count_neighbours, count_windows, finish
from hanmine.progress import Progress, tell
from hanmine.provenance import Result, Stopwatch, peak_memory, signature
from hanmine.public import public
from hanmine.runners import ThreadRunner
from hanmine.text.corpus import read_corpus
from hanmine.text.options import TextOptions

NEIGHBOUR_STATS = ("left_entropy", "right_entropy", "accessor_variety")
STATS = ("count", "per_million", *ASSOCIATIONS, *NEIGHBOUR_STATS)
_LOGARITHMIC = ("cohesion", "left_entropy", "right_entropy")


@public(lambda: (count, TextOptions))
def count_ngrams(corpus, **options) -> dict[str, np.ndarray]:
    """Exact statistics of all character n-grams of orders 1..4 seen at least `min_count` times.

    Parameters
    ----------
    corpus : as in `discover_words`.
    orders : (first, last) (default (1, 4)).
    min_count : default 5.
    stats : columns, of: count; per_million (of the characters in runs); cohesion (least pointwise mutual information
        over the splits into two); npmi, t, g2, dice (likewise the least over the splits); left_entropy, right_entropy
        (of the neighbours, a run's edge being one kind); accessor_variety (the lesser number of distinct neighbours of
        the two sides, Feng et al. 2004). Default ("count",).
    log_base : "e" or "2": nats or bits of cohesion and entropies.
    sort : a column; numbers falling, `ngram` rising; ties by code point (default "count").
    limit : number of rows.
    threads, tmpdir, progress, **text options : as in `discover_words`.

    Returns
    -------
    dict of arrays: ngram (object, str), order (int64), then the statistics (int64 or float64). Single characters have
    no split: their association is NaN.

    Raises
    ------
    UsageError, InputError, DecodingError, OutputError (temporary folder full).
    """
    result = count(corpus, **options)
    tell(result.messages)
    return result.table


def count(
    corpus, *, orders=(1, 4), min_count: int = 5, stats=("count",), log_base: str = "e", sort: str = "count",
    limit: int | None = None, threads: int | None = None, tmpdir=None, progress: Progress | None = None,
    hash_inputs: bool = False, **text_options,
) -> Result:  # fmt: skip
    """As `count_ngrams`, with summary and messages. `hash_inputs` puts SHA-256 of the inputs into the summary."""
    stats, log_base = tuple(stats), "e" if log_base == np.e else str(log_base)
    _check(orders, min_count, stats, log_base, sort, limit)
    options = TextOptions(**text_options)
    progress, watch, runner = progress or Progress(), Stopwatch(), ThreadRunner(threads)
    with watch.phase("read"):
        text = read_corpus(corpus, options, runner=runner, tmpdir=tmpdir, progress=progress, hash_inputs=hash_inputs)
    with text.ids, watch.phase("count"):
        windows = count_windows(text.ids, runner, progress)
        trie = finish(windows, min_count, runner, progress)
        wanted = stats if sort in ("ngram", "order", *stats) else (*stats, sort)
        if any(name in NEIGHBOUR_STATS for name in wanted) and orders[1] > 1:
            count_neighbours(windows, trie, runner, progress)
        columns = _columns(trie, text.alphabet, orders, min_count, wanted, LOG_BASES[log_base])
    with watch.phase("rank"):
        rows = _ranking(columns, sort)[:limit]
        table = {name: column[rows] for name, column in columns.items() if name in ("ngram", "order", *stats)}
    unit = "nats" if log_base == "e" else "bits"
    summary = {
        "version": __version__,
        "signature": signature(
            "ngrams", order=f"{orders[0]}-{orders[1]}", min_count=min_count, log_base=log_base, mixed=options.mixed,
            normalize=options.normalize, characters=text.characters,
        ),
        "options": {"orders": list(orders), "min_count": min_count, "stats": list(stats), **asdict(options)},
        "units": {name: unit for name in stats if name in _LOGARITHMIC},
        "inputs": [asdict(record) for record in text.inputs],
        "characters": text.characters,
        "runs": text.runs,
        "rows": len(columns["ngram"]),
        "threads": runner.threads,
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }  # fmt: skip
    return Result(table, summary, text.messages())


def _check(orders, min_count: int, stats: tuple[str, ...], log_base: str, sort: str, limit: int | None) -> None:
    if len(orders) != 2 or not 1 <= orders[0] <= orders[1] <= 4:
        raise UsageError(f"--order {'-'.join(map(str, orders))} is out of range: give 1-4, or a part of it such as 2-3")
    if min_count < 1:
        raise UsageError(f"--min-count {min_count} is too small: give 1 or more")
    for name in stats:
        if name not in STATS:
            raise UsageError(f"--stats {name!r} is unknown: choose {', '.join(STATS)}")
    if log_base not in LOG_BASES:
        raise UsageError(f"--log-base {log_base!r} is unknown: choose e, 2")
    if sort not in ("ngram", "order", *STATS):
        raise UsageError(f"--sort {sort!r} is unknown: choose ngram, order, {', '.join(STATS)}")
    if limit is not None and limit < 0:
        raise UsageError(f"--limit {limit} is negative: give 0 or more")


def _columns(trie: NgramTrie, alphabet, orders, min_count: int, stats, unit: float) -> dict[str, np.ndarray]:
    """All columns of all orders, in the trie's order of rows."""
    suffixes = trie.suffixes() if orders[1] > 2 and any(name in ASSOCIATIONS for name in stats) else {}
    parts = []
    for order in range(orders[0], orders[1] + 1):
        level = trie.levels[order]
        rows = np.flatnonzero(level.counts >= min_count)
        part = {
            "ngram": np.array(alphabet.spell_rows(trie.characters(order, rows)), object),
            "order": np.full(len(rows), order, np.int64),
        }
        for name in stats:
            values = _statistic(name, trie, order, rows, suffixes)
            part[name] = values / unit if name in _LOGARITHMIC else values
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _statistic(name: str, trie: NgramTrie, order: int, rows: np.ndarray, suffixes) -> np.ndarray:
    level = trie.levels[order]
    counts = level.counts[rows]
    if name == "count":
        return counts
    if name == "per_million":
        return counts / max(trie.total, 1) * 1e6
    if name == "left_entropy":
        return branching_entropy(counts, level.left[rows, 0])
    if name == "right_entropy":
        return branching_entropy(counts, level.right[rows, 0])
    if name == "accessor_variety":
        return np.minimum(level.left[rows, 1], level.right[rows, 1])
    if order == 1:
        return np.full(len(rows), np.nan)
    values = [
        ASSOCIATIONS[name](trie.total, counts, prefix, suffix)
        for prefix, suffix in split_counts(trie, order, rows, suffixes)
    ]
    return np.minimum.reduce(values)


def split_counts(trie: NgramTrie, order: int, rows: np.ndarray, suffixes) -> list[tuple[np.ndarray, np.ndarray]]:
    """Counts of the two parts of n-grams at each split: [(prefix counts, suffix counts)] from the first split on."""
    counts = {k: trie.levels[k].counts for k in (1, 2, 3, 4)}
    characters = trie.characters(order, rows)
    first, last = counts[1][characters[:, 0]], counts[1][characters[:, -1]]
    if order == 2:
        return [(first, last)]
    parent, suffix = trie.parents(order)[rows], suffixes[order][rows]
    outer = [(first, counts[order - 1][suffix]), (counts[order - 1][parent], last)]
    if order == 3:
        return outer
    middle = (counts[2][trie.parents(3)[parent]], counts[2][suffixes[3][suffix]])
    return [outer[0], middle, outer[1]]


def _ranking(columns: dict[str, np.ndarray], sort: str) -> np.ndarray:
    names = columns["ngram"].tolist()
    order = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    if sort == "ngram":
        return order
    keys = columns[sort][order].astype(np.float64)
    return order[np.argsort(-keys, kind="stable")]
