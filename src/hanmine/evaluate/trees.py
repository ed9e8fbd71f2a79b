"""Trees against gold trees of the same words.

uas                  words whose head is right (unlabelled attachment score); the root has to be the root
uuas                 gold arcs between two words that the trees have in either direction (undirected unlabelled
                     attachment score)
bracket_precision    brackets of the trees that gold has
bracket_recall       brackets of gold that the trees have
bracket_f1           their harmonic mean
sentence_f1          the mean over sentences of their own F1, of those in which gold has brackets

All are shares from 0 to 1, all but the last over all sentences together. Punctuation does not count unless it is asked
for: words that gold tags PUNCT, or where gold has no tags words of punctuation marks alone. Such a word has no share in
the scores, is taken out of brackets, and the baselines pass over it. Brackets of one word, and those of the whole
sentence, never count.

Where a file has dependency trees alone its brackets are derived from them: each word with all that depends on it,
directly or not, where these words stand together (the subtrees of the projective part), punctuation left out first.
Such gold has more than two parts in many brackets, so that the precision of binary trees, and with it F1, has a limit
below 1.

chain_right_branching   each word depends on the word before it, the first is the root; the brackets (a (b (c d)))
chain_left_branching    each word depends on the word behind it, the last is the root; the brackets (((a b) c) d). Both
                        link neighbours, and have the same uuas
random                  the best projective tree of scores drawn at random; brackets divided at random. The mean of runs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.text_files import Reading, named
from hanmine.evaluate.tree_files import TreeFile, check_same_words, settle_labels
from hanmine.evaluate.tree_scores import (
    GoldSentence,
    TreeMatches,
    baseline_matches,
    brackets_of_heads_that_count,
    brackets_that_count,
)
from hanmine.formats.trees import TreeSentence
from hanmine.parsing.trees import is_punctuation, spans
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public

RUNS = 5


@public()
def evaluate_parse(
    result: Any,
    gold: Any,
    *,
    gold_brackets: Any = None,
    punctuation: bool = False,
    max_words: int | None = None,
    seed: int = 1,
    runs: int = RUNS,
    encoding: str = "auto",
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> dict[str, Any]:
    """Score dependency trees and brackets against gold, beside baselines.

    Parameters
    ----------
    result, gold : each a path ("-" is standard input) of CoNLL-U, of bracket lines, or of what `mine parse` writes as
        jsonl, or a sequence of `hanmine.formats.trees.TreeSentence` or of what `parse` yields. Both have the same
        words.
    gold_brackets : the same, for brackets of gold that are not derived from its dependency trees.
    punctuation : it counts as well.
    max_words : only sentences of so many words that count, or fewer.
    seed, runs : of the random baseline.
    encoding, errors, stdin : of all files, see `hanmine.evaluate.text_files.Reading`.

    Returns
    -------
    dict with the scores that the module names, `baselines` (name → the same), `sentences`, `words` (that count),
    `result_brackets` and `gold_brackets` ("given", "derived" or "none"), `punctuation`, `messages`, `inputs`,
    `version`, `signature`, `timings` (seconds) and `peak_memory` (bytes).

    Raises
    ------
    InputError : a file is missing or wrong; words differ; there is nothing to compare. UsageError : a bad number.
    """
    for name, value in (("max-words", max_words), ("runs", runs)):
        if value is not None and value < 1:
            raise UsageError(f"--{name} {value} is less than 1")
    watch = Stopwatch()
    with watch.phase("read"):
        reading = Reading(encoding, errors, stdin)
        files = _read(result, gold, gold_brackets, reading)
        found, right, brackets = files
    _check_trees(found, right)
    with watch.phase("score"):
        chosen, messages = _gold_sentences(right.sentences, brackets.sentences, punctuation, max_words)
        if not chosen:
            raise InputError(f"{right.name}: all sentences are longer than --max-words {max_words}: raise it")
        kinds = _bracket_kind(found.sentences), _bracket_kind(brackets.sentences)
        matches = _result_matches(found.sentences, chosen)
        others = baseline_matches(list(chosen.values()), seed, runs)
    inputs = [file.record for file in dict.fromkeys(files)]
    facts = {"result_brackets": kinds[0], "gold_brackets": kinds[1], "punctuation": "in" if punctuation else "out"}
    return {
        **matches.scores(),
        "baselines": {name: other.scores() for name, other in others.items()},
        "sentences": len(chosen),
        "words": sum(sentence.length for sentence in chosen.values()),
        **facts,
        "messages": [*reading.messages(), *messages],
        "inputs": [asdict(record) for record in inputs],
        "version": __version__,
        "signature": signature(
            "eval-parse",
            result=named(found.record),
            gold=named(right.record),
            **({"brackets": named(brackets.record)} if brackets is not right else {}),
            sentences=len(chosen),
            max_words="any" if max_words is None else max_words,
            **facts,
            random=f"seed {seed},runs {runs}",
        ),
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


def _read(result: Any, gold: Any, gold_brackets: Any, reading: Reading) -> tuple[TreeFile, TreeFile, TreeFile]:
    """The trees of the result, of gold, and the brackets of gold, which may be the same; all with the same words."""
    found, right = TreeFile(result, reading), TreeFile(gold, reading)
    settle_labels(found, right)
    check_same_words(found, right)
    if gold_brackets is None:
        return found, right, right
    brackets = TreeFile(gold_brackets, reading)
    settle_labels(brackets, right)
    if all(sentence.tree is None for sentence in brackets.sentences):
        raise InputError(f"{brackets.name}: holds no brackets: pass a file of brackets, or leave --gold-brackets out")
    check_same_words(brackets, right)
    return found, right, brackets


def _gold_sentences(
    gold: Sequence[TreeSentence], brackets: Sequence[TreeSentence], punctuation: bool, max_words: int | None
) -> tuple[dict[int, GoldSentence], list[str]]:
    """The sentences that are scored, by their place, and what to tell of the others."""
    chosen: dict[int, GoldSentence] = {}
    long = 0
    for place, (sentence, other) in enumerate(zip(gold, brackets, strict=True)):
        counted = [True] * len(sentence.words) if punctuation else _no_punctuation(sentence)
        if max_words is not None and sum(counted) > max_words:
            long += 1
            continue
        chosen[place] = GoldSentence(sentence.heads, _brackets(other, counted), counted)
    which = "1 sentence is" if long == 1 else f"{long:,} sentences are"
    return chosen, [f"{which} longer than --max-words {max_words} and left out"] if long else []


def _no_punctuation(sentence: TreeSentence) -> list[bool]:
    if any(tag != "_" for tag in sentence.upos):
        return [tag != "PUNCT" for tag in sentence.upos]
    return [not is_punctuation(word) for word in sentence.words]


def _brackets(sentence: TreeSentence, counted: Sequence[bool]) -> set[tuple[int, int]] | None:
    """The brackets that count: those of the tree, else those of the heads."""
    if sentence.tree is not None:
        return brackets_that_count(spans(sentence.tree), counted)
    return None if sentence.heads is None else brackets_of_heads_that_count(sentence.heads, counted)


def _bracket_kind(sentences: Sequence[TreeSentence]) -> str:
    if any(sentence.tree is not None for sentence in sentences):
        return "given"
    return "derived" if any(sentence.heads is not None for sentence in sentences) else "none"


def _result_matches(result: Sequence[TreeSentence], chosen: dict[int, GoldSentence]) -> TreeMatches:
    matches = TreeMatches()
    for place, gold in chosen.items():
        sentence = result[place]
        if gold.heads is not None and sentence.heads is not None:
            matches.add_heads(sentence.heads, gold.heads, gold.counted)
        brackets = _brackets(sentence, gold.counted)
        if gold.brackets is not None and brackets is not None:
            matches.add_brackets(brackets, gold.brackets)
    return matches


def _check_trees(result: TreeFile, gold: TreeFile) -> None:
    """Raise where one of them has words alone."""
    for file in (result, gold):
        if all(sentence.heads is None and sentence.tree is None for sentence in file.sentences):
            raise InputError(f"{file.name}: has words but no trees (HEAD is _): pass a file with trees")
