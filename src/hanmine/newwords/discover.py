"""Word discovery from end to end: read, count, find what holds together, keep words, rank them."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from hanmine import __version__
from hanmine.newwords.cut import Cutter, cut_corpus
from hanmine.newwords.filters import filters_of, what_removed_all
from hanmine.newwords.lexicon import KnownWords
from hanmine.newwords.options import DiscoveryOptions, settle_options
from hanmine.newwords.strong import (
    NO_TOKENS,
    TooFrequent,
    cohesions,
    signs_in_tokens,
    strong_set,
    token_range,
    too_frequent,
)
from hanmine.newwords.words import Statistics, Words, add_copied, align_with_tokens
from hanmine.ngrams.repeats import CountedOnce, find_copies
from hanmine.ngrams.statistics import LOG_BASES
from hanmine.ngrams.windows import count_windows, finish
from hanmine.progress import Progress, tell
from hanmine.provenance import Result, Stopwatch, peak_memory, signature
from hanmine.public import public
from hanmine.runners import ThreadRunner
from hanmine.text.alphabet import Alphabet
from hanmine.text.corpus import Corpus, read_corpus
from hanmine.text.options import TextOptions

SHORT_TEXT = 10_000  # characters below which the default thresholds are beyond the reach of most words


@public(lambda: (discover, settle_options, TextOptions))
def discover_words(corpus, **options) -> dict[str, np.ndarray]:
    """Find words in raw Chinese text, without a dictionary or labels.

    n-grams whose parts hold together are the strong set; text is cut where no strong n-gram covers a gap; the pieces
    that occur often enough, and consist of strong n-grams, are words (Su Jianlin, 更快更好的新词发现, 2019).

    Parameters
    ----------
    corpus : a path (str or Path; `-` is standard input, patterns such as `*.txt` are expanded), a list of Paths or of
        names of existing files, or an iterable of strings, each a document.
    method : "su" (default), or "entropy": cohesion and branching entropy of n-grams without a cut (Matrix67).
    order : 2..4 (default 4), the longest n-grams of the strong set. Words may be longer.
    min_count : least number of pieces (default 5); with "entropy" least count.
    pmi : least cohesion in nats, one value per order from 1, the last repeats (default 0, 2, 4, 6).
    preset : "su2016": thresholds ln 5, ln 25, ln 125 and look-back over n and n − 1.
    look_back : ("n",) or ("n", "n-1"): the windows of a longer piece that must be strong.
    min_entropy : least branching entropy, in nats, on either side (default 0; with "entropy" 1).
    min_length, max_length : characters of a word (default 2 and no bound).
    log_base : "e" or "2": unit of the columns cohesion and entropy (nats or bits). Thresholds are always in nats.
    known : dictionaries by which `known` is set: "jieba" (default), paths of word lists, "none". Lists are folded as
        the text is, and words in traditional script are judged by their simplified forms, too.
    drop_known, only_known : leave out, or keep only, known words.
    sort : column; numbers falling, `word` rising; ties by code point (default "count").
    limit : number of rows.
    repeats : "once" (default): what is a word is decided with long stretches that occur often (see
        `hanmine.ngrams.repeats`) counted once; "count" (default of presets): with all of them. count and pieces are of
        the whole text either way, cohesion and entropies are of what it was decided with.
    threads, tmpdir, progress : resources; results do not depend on them.
    **text options : fields of `TextOptions` (encoding, errors, input_format, column, recursive, normalize, fold_case,
        t2s, mixed).

    Returns
    -------
    dict of arrays: word (object, str), count (int64, all occurrences, overlapping ones included), pieces (int64,
    whole pieces of the cut; absent with "entropy"), cohesion, left_entropy, right_entropy (float64), known (int8).
    Cohesion is the least of ln(total·c(uv) / (c(u)·c(v))) over the splits uv of the word, total being the number of
    ideographs, letters and digits in runs. The edge of a run is a neighbour of its own kind in the entropies.

    Raises
    ------
    UsageError, InputError, DecodingError, OutputError (temporary folder full).
    """
    result = discover(corpus, **options)
    tell(result.messages)
    return result.table


def discover(
    corpus, *, threads: int | None = None, tmpdir=None, progress: Progress | None = None, hash_inputs: bool = False,
    **options,
) -> Result:  # fmt: skip
    """As `discover_words`, with summary and messages. `hash_inputs` puts SHA-256 of the inputs into the summary."""
    names = TextOptions.__dataclass_fields__
    text_options = TextOptions(**{name: value for name, value in options.items() if name in names})
    settled = settle_options(**{name: value for name, value in options.items() if name not in names})
    progress, watch, runner = progress or Progress(), Stopwatch(), ThreadRunner(threads)
    known = KnownWords(settled.known, text_options)
    with watch.phase("read"):
        text = read_corpus(
            corpus, text_options, runner=runner, tmpdir=tmpdir, progress=progress, hash_inputs=hash_inputs,
            connectors=text_options.mixed == "tokens",
        )  # fmt: skip
    with text.ids:
        words, counted, messages, frequent = _find_words(text, text_options, settled, runner, progress, watch)
    with watch.phase("rank"):
        table, numbers, removed = _tabulate(words, settled, known)
    # Lower thresholds do not help where blanks part all characters, which is said of the text already.
    counted_once = text.characters - counted.get("copies", {}).get("characters", 0)
    hints = _hints(settled, counted_once, numbers["words"], removed)
    return Result(
        table,
        _summary(settled, text_options, text, {**counted, **numbers}, watch, runner),
        text.messages() + messages + ([] if text.parted else hints or frequent),
    )


def _find_words(text: Corpus, text_options: TextOptions, options: DiscoveryOptions, runner, progress, watch):
    """All words before filters by length, entropy and dictionary, and how much was counted on the way."""
    copies = None
    if options.repeats == "once":
        with watch.phase("repeats"):
            copies = find_copies(text.ids, runner, progress)
    with watch.phase("count"):
        windows = count_windows(CountedOnce(text.ids, copies) if copies else text.ids, runner, progress)
        trie = finish(windows, options.min_count, runner, progress, character_neighbours=False)
    with watch.phase("cohesion"):
        tokens = token_range(text_options.mixed, text.alphabet)
        trie.total -= signs_in_tokens(trie, tokens)
        cohesion_of = cohesions(trie, tokens, options)
        statistics = Statistics(text, copies, windows, trie, cohesion_of, tokens, runner, progress)
        strong = strong_set(trie, statistics.cohesion_of, options)
        frequent = too_frequent(trie, statistics.cohesion_of, options)
    with watch.phase("words"):
        find = _strong_ngrams if options.method == "entropy" else _strong_pieces
        words = find(statistics, strong, options, progress)
        if tokens != NO_TOKENS:
            words = align_with_tokens(words, statistics)
        add_copied(words, statistics)
    counted = {
        "characters": text.characters,
        "runs": text.runs,
        "ngrams": {str(order): len(trie.levels[order]) for order in (2, 3, 4)},
        "strong": {str(order): int(strong[order].sum()) for order in (2, 3, 4)},
    }
    counted["too_frequent"] = {"ngrams": frequent.ngrams, "pmi": list(frequent.pmi)}
    if copies is not None:
        counted["copies"] = copies.facts()
    messages = [copies.message("--repeats count")] if copies else []
    return words, counted, messages, _too_frequent(frequent, text.alphabet)


def _strong_pieces(statistics: Statistics, strong, options: DiscoveryOptions, progress) -> Words:
    """Pieces of the cut that occur often enough."""
    rows = {order: np.flatnonzero(strong[order]) for order in (2, 3, 4)}
    cutter = Cutter(statistics.trie, rows, statistics.tokens, options, statistics.copies)
    with statistics.corpus.ids.companion() as stretches:
        pieces = cut_corpus(statistics.corpus.ids, cutter, stretches, statistics.runner, progress)
        once = pieces.short
        if statistics.copies:
            once = {order: pieces.short[order] - pieces.copied[order] for order in (2, 3, 4)}
        found = {order: np.flatnonzero(once[order] >= options.min_count) for order in (2, 3, 4)}
        short_rows = {order: rows[order][found[order]] for order in (2, 3, 4)}
        short_pieces = {order: pieces.short[order][found[order]] for order in (2, 3, 4)}
        copied = pieces.long_copied
        long = {
            piece: count for piece, count in pieces.long.items() if count - copied.get(piece, 0) >= options.min_count
        }
        _move_up(statistics.trie, long, short_rows, short_pieces)
        parts = [statistics.short_words(short_rows, short_pieces)]
        if long:
            parts.append(statistics.long_words(list(long), np.array(list(long.values()), np.int64), stretches))
    return Words.join(parts)


def _move_up(trie, long: dict[bytes, int], rows: dict, pieces: dict) -> None:
    """With an order below 4, pieces longer than it that the trie holds are n-grams like the others."""
    for order in (3, 4):
        moved = [piece for piece in long if len(piece) == 2 * order]  # two bytes an id
        if moved:
            ids = np.frombuffer(b"".join(piece + bytes(6) for piece in moved), np.uint16)
            added = trie.match(ids)[order - 2, :: order + 3]
            sequence = np.argsort(added)
            rows[order] = added[sequence].astype(np.int64)
            pieces[order] = np.array([long.pop(piece) for piece in moved], np.int64)[sequence]


def _strong_ngrams(statistics: Statistics, strong, options: DiscoveryOptions, progress) -> Words:
    """All strong n-grams; the filter by entropy follows with the other filters."""
    rows = {order: np.flatnonzero(strong[order]) for order in (2, 3, 4)}
    return statistics.short_words(rows, {order: np.zeros(len(rows[order]), np.int64) for order in (2, 3, 4)})


def _tabulate(
    words: Words, options: DiscoveryOptions, known_words: KnownWords
) -> tuple[dict[str, np.ndarray], dict, str]:
    """Filter, sort, cut to the limit, convert units; also how many words there are and how many known, and which filter
    has left nothing, if one has."""
    if options.method == "entropy":  # without a cut, the count itself must reach the bound
        words = words.rows(np.flatnonzero(words.once >= options.min_count))
    filters = filters_of(words, options)
    removed = what_removed_all(filters)
    words = words.rows(np.flatnonzero(np.logical_and.reduce([kept for _, _, kept in filters])))
    known = known_words.among(words.word)
    is_known = np.fromiter((word in known for word in words.word), np.int8, len(words.word))
    numbers = {"words": len(words.word), "known": int(is_known.sum())}
    if options.drop_known or options.only_known:
        rows = np.flatnonzero(is_known == (1 if options.only_known else 0))
        words, is_known = words.rows(rows), is_known[rows]
    unit = LOG_BASES[options.log_base]
    table = {
        "word": np.array(words.word, object),
        "count": words.count,
        "pieces": words.pieces,
        "cohesion": words.cohesion / unit,
        "left_entropy": words.left_entropy / unit,
        "right_entropy": words.right_entropy / unit,
        "known": is_known,
    }
    if options.method == "entropy":
        del table["pieces"]
    order = np.array(sorted(range(len(words.word)), key=words.word.__getitem__), np.int64)
    if options.sort != "word":
        order = order[np.argsort(-table[options.sort][order].astype(np.float64), kind="stable")]
    return {name: column[order[: options.limit]] for name, column in table.items()}, numbers, removed


def _hints(options: DiscoveryOptions, characters: int, words: int, removed: str) -> list[str]:
    """What to lower when a text is too short for the thresholds, or a filter (`removed`) has left nothing."""
    if removed:
        return [removed]
    default = options.min_count == 5 and options.pmi == (0.0, 2.0, 4.0, 6.0)
    if words and not (default and characters < SHORT_TEXT):
        return []
    if not characters:
        return ["no Chinese text was found"]
    found = "no word was found" if not words else "few words reach the thresholds"
    text = "1 character" if characters == 1 else f"{characters:,} characters"
    if options.min_count <= 2 and options.pmi <= (0.0, 1.0, 2.0, 3.0):
        return [f"{found} in {text}: more text is needed"]
    lower = "lower them" if words else "lower the thresholds"
    return [f"{found} in {text}: {lower}, for example --min-count 2 --pmi 0,1,2,3"]


def _too_frequent(found: TooFrequent, alphabet: Alphabet) -> list[str]:
    """What to lower for n-grams that no such threshold lets pass."""
    if not found.ngrams:
        return []
    pmi, word = ",".join(f"{value:g}" for value in found.pmi), alphabet.spell(found.word)
    if found.ngrams == 1:
        return [
            f"1 sequence is too frequent to reach --pmi however well it holds together: {word} ({found.count:,} "
            f"times); --pmi {pmi} lets it pass"
        ]
    return [
        f"{found.ngrams:,} sequences are too frequent to reach --pmi however well they hold together (first {word}, "
        f"{found.count:,} times): --pmi {pmi} lets them pass"
    ]


def _summary(options: DiscoveryOptions, text_options: TextOptions, text, counted: dict, watch, runner) -> dict:
    facts = {name: value for name, value in asdict(options).items() if value is not None}
    reading = {name: value for name, value in asdict(text_options).items() if value is not None}
    shown = {name: facts[name] for name in ("order", "min_count", "pmi", "look_back", "min_entropy")}
    shown |= {"repeats": options.repeats} if options.repeats != "once" else {}
    # What most runs leave as it is, and what changes the words all the same, is named where it was changed.
    usual = {"min_length": 2, "max_length": None}
    changed = {name: facts[name] for name, value in usual.items() if facts.get(name) != value}
    changed.update({name: "yes" for name in ("fold_case", "t2s") if reading[name]})
    unit = "nats" if options.log_base == "e" else "bits"
    return {
        "version": __version__,
        "signature": signature(
            f"newwords-{options.method}", **shown, **changed, mixed=text_options.mixed,
            normalize=text_options.normalize, characters=text.characters,
        ),
        "options": {**facts, **reading},
        "units": {"cohesion": unit, "left_entropy": unit, "right_entropy": unit, "pmi": "nats", "min_entropy": "nats"},
        "definitions": {
            "total": "number of ideographs, letters and digits in runs",
            "count": "all occurrences, overlapping ones included",
            "run_edges": "the edge of a run is one kind of neighbour in the entropies",
        },
        "inputs": [asdict(record) for record in text.inputs],
        **counted,
        "threads": runner.threads,
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }  # fmt: skip
