"""Graphs of words: which of them stand near each other in a text more often than by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.graphs.association import MEASURES, Association
from hanmine.graphs.cooccurrence_counts import LONGEST_LINE, Counted, Window, count_pairs
from hanmine.graphs.cooccurrence_text import FoundWords, Lexicon, find_words
from hanmine.infomap.graph import Graph
from hanmine.progress import Progress
from hanmine.provenance import Stopwatch
from hanmine.runners import ThreadRunner
from hanmine.text.options import TextOptions
from hanmine.text.sources import missing_message

WINDOW: int | str = "line"
WEIGHT = "ppmi"
MIN_COOCCURRENCE = 1
NEIGHBOURS = 50
DISCOUNT = 1.0
CLUSTER_DEFAULTS = {"two_level": True}  # what the modules of these graphs are clearest with


@dataclass
class CooccurrenceGraph:
    """Words, and weighted links between those that occur together.

    Attributes
    ----------
    graph : undirected; its names are the words, in the order given. Those without links are among its nodes.
    counts : int64[nodes], how often each word was found.
    pairs : int64[links], how often the ends of each link of `graph` occur together.
    window : words before and behind a word that are near it, or "line".
    weight : of "ppmi", "count", "npmi", "g2".
    messages : what a user should know.
    facts : numbers and options for summaries and signatures.
    inputs : a record of each file of the corpus.
    """

    graph: Graph
    counts: np.ndarray
    pairs: np.ndarray
    window: int | str
    weight: str
    messages: list[str] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    inputs: list[dict] = field(default_factory=list)


def cooccurrence_graph(
    words: Sequence[str],
    corpus,
    *,
    window: int | str = WINDOW,
    weight: str = WEIGHT,
    min_cooccurrence: int = MIN_COOCCURRENCE,
    neighbours: int | None = NEIGHBOURS,
    discount: float = DISCOUNT,
    threads: int | None = None,
    tmpdir=None,
    progress: Progress | None = None,
    hash_inputs: bool = False,
    **text_options,
) -> CooccurrenceGraph:
    """Link words that stand near each other in a text more often than by chance.

    Parameters
    ----------
    words : the words to look for. They may hold any character but a newline.
    corpus : a path (`-` is standard input, patterns are expanded), a list of Paths or names of files, or an iterable of
        strings, each a document. Every newline ends a line, also inside a document.
    window : words of a line are near each other if fewer than `window` of the given words stand between them; "line":
        if they are in one line, repeated ones counting once; lines of more than 1,000 words are then divided.
    weight : "ppmi", ln((n + discount) / (e + discount)) where it is positive, n the times that two words are near each
        other and e = n_a·n_b / N those expected by chance, n_a being the times of a with any word and N the sum of all
        n_a; "npmi", that divided by ln(N / n); "g2", the log-likelihood ratio in nats of pairs that are more frequent
        than by chance; "count", n.
    min_cooccurrence : least n of a link.
    neighbours : each word keeps so many of its strongest links, and a link is kept that one end keeps; None: all.
    discount : above; without one (0) rare pairs have the largest weights.
    threads, tmpdir, progress : resources; the result does not depend on them.
    text_options : fields of `hanmine.text.options.TextOptions`.

    Of words that overlap in the text, those are found by which the text is most probable as a sequence of words. Words
    that never occur are nodes without links. Of repeated words (and of those that are read alike) the first is taken.
    Messages tell how many there are of either.

    Raises
    ------
    UsageError : bad values of options. InputError : no words, or none of them occurs; as `TextReader` does.
    """
    options, progress, watch = TextOptions(**text_options), progress or Progress(), Stopwatch()
    _check(window, weight, min_cooccurrence, neighbours, discount)
    runner = ThreadRunner(threads)
    lexicon, repeated = _lexicon(words, options)
    with watch.phase("find"):
        found = find_words(
            lexicon, corpus, options, runner=runner, tmpdir=tmpdir, progress=progress, hash_inputs=hash_inputs
        )
    with found.tokens, watch.phase("pairs"):
        counted = count_pairs(
            found,
            Window.of(window),
            lambda partners: Association(partners, weight, float(discount), min_cooccurrence, neighbours or 0),
            runner=runner,
            progress=progress,
        )
    facts = {
        "window": window, "weight": weight, "min_cooccurrence": min_cooccurrence, "neighbours": neighbours or "all",
        "discount": discount,
    }  # fmt: skip
    return _graph(lexicon, found, counted, repeated, facts, watch)


def _check(window, weight, min_cooccurrence, neighbours, discount) -> None:
    if window != "line" and (isinstance(window, str) or window < 1):
        raise UsageError(f"--window {window} is neither a number of words from 1 nor line: pass 5, say, or line")
    if weight not in MEASURES:
        raise UsageError(f"--weight {weight!r} is unknown: choose ppmi, count, npmi, g2")
    if min_cooccurrence < 1:
        raise UsageError(f"--min-cooccurrence {min_cooccurrence} is less than 1: pass 1 or more")
    if neighbours is not None and neighbours < 1:
        raise UsageError(f"--neighbours {neighbours} is less than 1: pass 1 or more")
    if not 0 <= discount < float("inf"):
        raise UsageError(f"a discount of {discount:g} is not possible: pass 0 or more")


def _lexicon(words: Sequence[str], options: TextOptions) -> tuple[Lexicon, list[str]]:
    """The words, each once, and those that were left out for being read like another one."""
    words = list(words)
    for number, word in enumerate(words, 1):
        if not isinstance(word, str) or not word.strip() or "\n" in word:
            raise InputError(f"word {number} is {word!r}: pass strings that are not empty and hold no newline")
    if not words:
        raise InputError("there are no words to look for: pass some")
    lexicon = Lexicon(words, options)
    first: dict[str, str] = {}
    for word, spelled in zip(words, lexicon.spelled, strict=True):
        first.setdefault(spelled, word)
    if len(first) == len(words):
        return lexicon, []
    kept, seen, repeated = [], set(), []
    for word, spelled in zip(words, lexicon.spelled, strict=True):
        (repeated if spelled in seen else kept).append(word)
        seen.add(spelled)
    return Lexicon(kept, options), repeated


def _graph(lexicon: Lexicon, found: FoundWords, counted: Counted, repeated, facts: dict, watch) -> CooccurrenceGraph:
    """The graph, and what is to be said of it."""
    words, links = lexicon.words, counted.links
    absent = np.flatnonzero(found.counts == 0)
    if len(absent) == len(words):
        raise InputError(
            f"none of the {len(words):,} words occurs in the corpus: check that both are in one language and script"
        )
    graph = Graph.from_links(
        links.source, links.target, links.weight, size=len(words), names=words, directed=False
    )  # fmt: skip
    alone = found.counts > 0
    alone[links.source] = alone[links.target] = False
    numbers = {
        "words": len(words), "absent": len(absent), "repeated": len(repeated), "alone": int(alone.sum()),
        "occurrences": int(found.counts.sum()), "lines": found.lines, "divided_lines": counted.divided,
        "links": len(links.source), "spilled": counted.spilled,
    }  # fmt: skip
    first = [words[absent[0]]] if len(absent) else []
    messages = _messages(numbers, first, repeated, found.replaced)
    if found.missing:
        messages.append(missing_message(found.missing))
    facts = facts | numbers | {"timings": watch.timings()}
    inputs = [asdict(record) for record in found.inputs]
    return CooccurrenceGraph(
        graph, found.counts, links.pairs, facts["window"], facts["weight"], messages, facts, inputs
    )


def _messages(numbers: dict, absent: list[str], repeated: list[str], replaced: int) -> list[str]:
    lines = []
    if repeated:
        lines.append(f"{_words(len(repeated))} repeated and taken once: {repeated[0]}{' …' * (len(repeated) > 1)}")
    if absent:
        count = numbers["absent"]
        lines.append(f"{_words(count)} not in the corpus, and without links: {absent[0]}{' …' * (count > 1)}")
    if numbers["alone"]:
        lines.append(f"{_words(numbers['alone'])} in the corpus but without links: near no other word often enough")
    if numbers["divided_lines"]:
        long = f"{numbers['divided_lines']:,} {'lines' if numbers['divided_lines'] > 1 else 'line'}"
        cure = "pass --window N if lines are not documents"
        lines.append(f"{long} of more than {LONGEST_LINE:,} words divided into stretches of so many: {cure}")
    if replaced:
        lines.append(f"{replaced:,} undecodable sequences were passed over (--errors replace)")
    return lines


def _words(count: int) -> str:
    return f"{count:,} {'words are' if count > 1 else 'word is'}"
