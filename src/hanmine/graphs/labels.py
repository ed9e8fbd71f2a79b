"""What is typical of a module: words of its sentences, or words among its members, by signed G².

G² (Dunning 1993, "Accurate methods for the statistics of surprise and coincidence") compares how often a word occurs
inside a module with how often it occurs outside. Words that are common everywhere have a low one, whatever they are, so
that no list of stop words is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from hanmine.errors import InputError
from hanmine.graphs import cooccurrence_kernels as kernels
from hanmine.graphs.association import log_likelihood
from hanmine.graphs.cooccurrence_text import Lexicon, costs_of
from hanmine.newwords.lexicon import jieba_dictionary
from hanmine.text.options import TextOptions

if TYPE_CHECKING:
    from hanmine.graphs.cooccurrence import CooccurrenceGraph

MOST = 10
SHORTEST = 2
_SENTENCES = 1 << 14  # that are cut at a time
_TOO_LONG = 1 << 31


def distinctive_words(
    sentences: Iterable[str],
    modules: Sequence[int],
    *,
    most: int = MOST,
    words: Sequence[str] | None = None,
    shortest: int = SHORTEST,
) -> list[list[tuple[str, float]]]:
    """For each module the words that more of its sentences have than others, with G² in nats, the largest first.

    Parameters
    ----------
    sentences : texts. modules : the module of each, from 1; 0 for none.
    most : words of a module.
    words : those that are looked for; None: the dictionary of jieba, which divides sentences by its frequencies.
    shortest : characters of a word.

    A sentence counts once for a word, however often it has it. Raises `InputError` if the numbers of sentences and of
    modules differ.
    """
    modules = np.asarray(modules, np.int64)
    cutter = _jieba_cutter() if words is None else _Cutter(list(dict.fromkeys(words)))
    shape = len(cutter.words), int(modules.max(initial=0)) + 1
    keys, amounts, start = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for block in _blocks(sentences):
        if start + len(block) > len(modules):
            break
        sentence, word = cutter.cut(block)
        found, count = np.unique(word * shape[1] + modules[start + sentence], return_counts=True)
        keys.append(found)
        amounts.append(count)
        start += len(block)
    else:
        if start == len(modules):
            frequency = _summed(np.concatenate(keys), np.concatenate(amounts))
            long = np.fromiter((len(word) >= shortest for word in cutter.words), bool, shape[0])
            return _most_typical(frequency, np.bincount(modules, minlength=shape[1]), long, cutter.words, most)
    raise InputError(f"sentences and modules differ in number: there are {len(modules):,} modules, one for a sentence")


def distinctive_members(
    cooccurrences: CooccurrenceGraph, modules: Sequence[int], *, most: int = MOST
) -> list[list[tuple[str, float]]]:
    """For each module of a graph of words those members that occur with the others, rather than with other words.

    Parameters
    ----------
    cooccurrences : what `cooccurrence_graph` gave; its pairs are counted.
    modules : int [nodes], the module of each word, from 1; 0 for none.

    Returns words with G² in nats, the largest first: of all pairs of the links, those of the word, and those with a
    member of the module, make the table.
    """
    graph, modules = cooccurrences.graph, np.asarray(modules, np.int64)
    if len(modules) != graph.size:
        raise InputError(f"there are {len(modules):,} modules for {graph.size:,} words: give each word its module")
    source = np.concatenate([graph.source, graph.target])
    target = np.concatenate([graph.target, graph.source])
    pairs = np.concatenate([cooccurrences.pairs, cooccurrences.pairs])
    of_word = np.bincount(source, pairs, graph.size)
    of_module = np.bincount(modules[target], pairs, int(modules.max(initial=0)) + 1)
    inside = np.bincount(source, pairs * (modules[source] == modules[target]), graph.size)
    scores = log_likelihood(inside, of_word, of_module[modules], pairs.sum())
    found: list[list[tuple[str, float]]] = [[] for _ in of_module[1:]]
    order = np.lexsort((np.arange(graph.size), -scores))
    for node in order[(scores[order] > 0) & (modules[order] > 0)].tolist():
        members = found[modules[node] - 1]
        if len(members) < most:
            members.append((graph.names[node], float(scores[node])))
    return found


class _Cutter:
    """Sentences to words."""

    def __init__(self, words: list[str], frequencies: np.ndarray | None = None) -> None:
        """frequencies : int64[words]; None: those of the sentences that are cut at a time."""
        self.words = words
        self._costs = None if frequencies is None else costs_of(frequencies)
        self._lexicon = Lexicon(words, TextOptions())

    def cut(self, sentences: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """int64 (sentence, word), each pair once."""
        text = "".join(sentence.replace("\n", " ") + "\n" for sentence in sentences)
        symbols = self._lexicon.read(text)
        costs = self._costs or costs_of(self._lexicon.count(symbols))
        tokens, _ = self._lexicon.choose(symbols, *costs)
        seen, left = np.full(len(self.words), -1, np.int64), np.empty(len(tokens) + 1, np.int32)
        count, _ = kernels.keep_one_of_each(tokens, seen, _TOO_LONG, left)
        tokens = left[:count]
        sentence = np.cumsum(tokens == kernels.LINE_END)
        return sentence[tokens >= 0], tokens[tokens >= 0].astype(np.int64)


@cache
def _jieba_cutter() -> _Cutter:
    """By the words of jieba's dictionary and their frequencies, read as data."""
    rows = [line.split(" ") for line in jieba_dictionary().read_text("utf-8").splitlines()]
    return _Cutter([row[0] for row in rows], np.array([int(row[1]) for row in rows], np.int64))


def _blocks(sentences: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(sentences)
    while block := list(islice(iterator, _SENTENCES)):
        yield block


def _summed(keys: np.ndarray, amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys and the sums of their amounts."""
    distinct, place = np.unique(keys, return_inverse=True)
    return distinct, np.bincount(place, amounts, len(distinct)).astype(np.int64)


def _most_typical(frequency, sizes: np.ndarray, allowed: np.ndarray, words: list[str], most: int):
    """The `most` best words of each module.

    frequency : (word · modules + module, number of sentences). sizes : int64[modules], sentences.
    allowed : bool[words].
    """
    keys, both = frequency
    word, module = np.divmod(keys, len(sizes))
    of_word = np.bincount(word, both, len(words))
    scores = log_likelihood(both, of_word[word], sizes[module], sizes.sum())
    kept = np.flatnonzero((scores > 0) & (module > 0) & allowed[word])
    found: list[list[tuple[str, float]]] = [[] for _ in sizes[1:]]
    for row in kept[np.lexsort((word[kept], -scores[kept]))].tolist():
        typical = found[module[row] - 1]
        if len(typical) < most:
            typical.append((words[word[row]], float(scores[row])))
    return found
