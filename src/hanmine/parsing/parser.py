"""From text to trees by the impact of words on each other in a masked language model: the public function."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hanmine.errors import UsageError
from hanmine.masking import ImpactOptions, MaskedModel, impact_matrices, load_masked_model, matrix_rows
from hanmine.masking.options import facts_of, settled
from hanmine.parsing.constituency import CONSTITUENCIES, constituency_tree
from hanmine.parsing.decoders import SEARCH, decoder_named, dependency_heads
from hanmine.parsing.trees import fold, heads_with_punctuation, is_punctuation, tree_with_punctuation
from hanmine.parsing.words import WORDS, Sentence, given_sentences, jieba_sentences, pieces_of, with_root
from hanmine.progress import Progress
from hanmine.public import public
from hanmine.text.sources import is_frame

TREES = ("dependency", "constituency", "both")
PUNCTUATION = ("aside", "words")
MAX_LENGTH = 126  # characters: small models were trained on rows of 128 tokens, two of which are special ones


@dataclass(frozen=True)
class ParseOptions:
    """How trees are made.

    Attributes
    ----------
    words : "jieba" (its dictionary, without its model for unknown words), "segment" (`hanmine.segmentation`) or
        "given" (each line is a sentence with white space between words).
    trees : "dependency", "constituency" or "both".
    decoder : "eisner" (projective) or "cle" (Chu-Liu/Edmonds).
    constituency : "mart" or "su".
    root : "search", "given" (of sentences that know theirs) or the number of a word, the root of every sentence.
    punctuation : "aside", marks are left out of the decoding and hung into the tree, a mark below the word before it;
        or "words", they are words like others. The model sees them either way.
    max_length : characters of a sentence that are parsed together, less where the model holds less. A longer sentence
        is cut at punctuation; the roots of its further parts depend on that of the first, or of the part with the root
        that was given, and the brackets of all parts stand side by side.
    """

    words: str = "jieba"
    trees: str = "dependency"
    decoder: str = "eisner"
    constituency: str = "mart"
    root: str | int = SEARCH
    punctuation: str = "aside"
    max_length: int = MAX_LENGTH

    def __post_init__(self) -> None:
        for name, allowed in (
            ("words", WORDS),
            ("trees", TREES),
            ("constituency", CONSTITUENCIES),
            ("punctuation", PUNCTUATION),
        ):
            if getattr(self, name) not in allowed:
                raise UsageError(f"--{name} {getattr(self, name)!r} is unknown: choose {', '.join(allowed)}")
        object.__setattr__(self, "decoder", decoder_named(self.decoder))
        if self.max_length < 2:
            raise UsageError(f"--max-length {self.max_length} is less than 2: two words are needed for a tree")


@dataclass(frozen=True)
class Parsed:
    """A sentence with its trees.

    Attributes
    ----------
    sentence : its id, words and where spaces stand.
    heads : int64 [n], of each word the number of its head, 0 for the root; None where no dependency tree was asked for.
    tree : nested tuples of the numbers of words from 0, None where none was asked for.
    parts : for each part of the sentence (one, unless it is long) its first word and its impact matrix float64 [m, m],
        at [i, j] the change at word i when word j is masked, too, or nan where the scheme reads none.
    """

    sentence: Sentence
    heads: np.ndarray | None
    tree: Any
    parts: list[tuple[int, np.ndarray]]

    @property
    def impact(self) -> np.ndarray:
        """float64 [n, n]: the whole impact matrix, nan between words of different parts and where none was read."""
        if len(self.parts) == 1:
            return self.parts[0][1]
        n = len(self.sentence.words)
        whole = np.full((n, n), np.nan)
        for begin, matrix in self.parts:
            whole[begin : begin + len(matrix), begin : begin + len(matrix)] = matrix
        return whole


@public(lambda: (ParseOptions,))
def parse(
    sentences: Iterable[str | Sequence[str]],
    model: str | Path | MaskedModel,
    *,
    impact: ImpactOptions | None = None,
    segmentation: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Iterator[Parsed]:
    """Trees of sentences by the impact of their words on each other (Perturbed Masking). Experimental.

    Parameters
    ----------
    sentences : lines of text, in which there may be several sentences; with words="given" sentences as str with white
        space between words or as sequences of words. Empty ones are left out.
    model : what `hanmine.masking.load_masked_model` takes, or returns.
    impact : how impact is measured; None: what fits the kind of model. With masked context the scheme "auto" is grouped
        here: far fewer rows give trees that are as good.
    segmentation : keyword arguments of `hanmine.segmentation.segment`, for words="segment"; the model is one of its
        models unless they say otherwise.
    options : fields of `ParseOptions`.

    Yields
    ------
    A `Parsed` for each sentence, in order.

    Raises
    ------
    UsageError : an unknown option or value; a root that a sentence does not have.
    InputError, MissingExtraError : there is no such model, or its packages are not installed.
    """
    if isinstance(sentences, str):
        raise UsageError("sentences are a list of str: pass [text] for a single one")
    if is_frame(sentences):
        raise UsageError(f"sentences are a list of str, not a {type(sentences).__name__}: pass one of its columns")
    return Parser(model, impact=impact, segmentation=segmentation, **options).parse(sentences, progress=progress)


class Parser:
    """A model with the options by which it parses.

    Attributes
    ----------
    model, options, segmentation : as in `parse`. impact : with nothing left open.
    counts : of sentences, words, sentences in parts ("cut"), parts whose matrices have gaps ("grouped") and shortened
        words so far.
    segmented : with words="segment", once the words are known, the `messages` and the `signature` of the segmentation.
    """

    def __init__(
        self,
        model: str | Path | MaskedModel,
        *,
        impact: ImpactOptions | None = None,
        segmentation: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        unknown = options.keys() - ParseOptions.__dataclass_fields__.keys()
        if unknown:
            raise UsageError(
                f"unknown option {min(unknown)!r}: choose of {', '.join(ParseOptions.__dataclass_fields__)}"
            )
        self.options = ParseOptions(**options)
        self.model = model if isinstance(model, MaskedModel) else load_masked_model(model)
        self.impact = _settled(impact or ImpactOptions(), self.model)
        self.longest = min(self.options.max_length, self.model.max_units)
        self.segmentation = {"models": (self.model.name,), **(segmentation or {})}
        self.counts: Counter[str] = Counter()
        self.segmented: dict[str, Any] = {}

    @property
    def facts(self) -> dict[str, Any]:
        """What decides the trees, for signatures and summaries."""
        facts = {name: value for name, value in asdict(self.options).items() if name != "max_length"}
        if facts["trees"] == "dependency":
            del facts["constituency"]
        if facts["trees"] == "constituency":
            del facts["decoder"], facts["root"]
        measured = {name: value for name, value in facts_of(self.impact).items() if name != "piece"}
        return facts | measured | {"max_length": self.longest}

    def sentences(self, lines: Iterable[Any], *, progress: Progress | None = None) -> Iterator[Sentence]:
        """The sentences of lines in words, each with the root that was asked for."""
        if self.options.words == "given":
            found = given_sentences(lines)
        elif self.options.words == "jieba":
            found = jieba_sentences(lines)
        else:
            from hanmine.parsing.segmented import segmented_sentences

            found = segmented_sentences(lines, self.segmentation, self.segmented, progress=progress)
        for sentence in found:
            yield with_root(sentence, self.options.root)

    def parse(self, lines: Iterable[Any], *, progress: Progress | None = None) -> Iterator[Parsed]:
        """The trees of lines, one sentence after the other; `progress` hears of parts of sentences."""
        return self.trees(self.sentences(lines, progress=progress), progress=progress)

    def trees(self, sentences: Iterator[Sentence], *, progress: Progress | None = None) -> Iterator[Parsed]:
        """The same of what `sentences` yields."""
        progress = progress or Progress()
        waiting: deque[tuple[Sentence, list[tuple[int, int]]]] = deque()
        matrices = impact_matrices(self.model, self._units(sentences, waiting), self.impact, progress=progress)
        done: list[tuple[int, np.ndarray]] = []
        for matrix in matrices:
            sentence, pieces = waiting[0]
            done.append((pieces[len(done)][0], matrix))
            if len(done) == len(pieces):
                waiting.popleft()
                yield self._parsed(sentence, done)
                done = []

    def cost(self, sentence: Sentence) -> tuple[int, int]:
        """The parts of a sentence, and the rows that the model computes for them."""
        parts = pieces_of(sentence.words, self.longest)
        return len(parts), sum(matrix_rows(self.impact, end - begin) for begin, end in parts)

    def _units(
        self, sentences: Iterator[Sentence], waiting: deque[tuple[Sentence, list[tuple[int, int]]]]
    ) -> Iterator[list[str]]:
        """The words of each part of each sentence; the sentences are put where `parse` finds them."""
        for sentence in sentences:
            pieces = pieces_of(sentence.words, self.longest)
            self.counts["sentences"] += 1
            self.counts["words"] += len(sentence.words)
            self.counts["cut"] += len(pieces) > 1
            waiting.append((sentence, pieces))
            for begin, end in pieces:
                words = sentence.words[begin:end]
                self.counts["grouped"] += self.impact.scheme == "grouped" and len(words) > self.impact.group
                self.counts["shortened"] += sum(len(word) > self.longest for word in words)
                yield [word[: self.longest] for word in words]

    def _parsed(self, sentence: Sentence, parts: list[tuple[int, np.ndarray]]) -> Parsed:
        heads: list[int] = []
        trees: list[Any] = []
        main = 0
        for place, (begin, matrix) in enumerate(parts):
            root = None if sentence.root is None else sentence.root - begin
            if root is not None and 1 <= root <= len(matrix):
                main = place
            words = sentence.words[begin : begin + len(matrix)]
            if self.options.trees != "constituency":
                found = self._heads(words, matrix, root if root is not None and 1 <= root <= len(words) else None)
                heads.extend(head + begin if head else 0 for head in found)
            if self.options.trees != "dependency":
                trees.append(_shifted(self._tree(words, matrix), begin))
        if len(parts) > 1:
            _join(heads, [begin for begin, _ in parts], main)
        tree = None
        if trees:
            tree = trees[0] if len(trees) == 1 else tuple(trees)
        dependency = None if self.options.trees == "constituency" else np.array(heads, np.int64)
        return Parsed(sentence, dependency, tree, parts)

    def _kept(self, words: Sequence[str], root: int | None = None) -> list[int]:
        """The words that are decoded: all but punctuation, unless there is nothing else; the given root in any case."""
        everything = list(range(len(words)))
        if self.options.punctuation == "words":
            return everything
        kept = [place for place in everything if not is_punctuation(words[place]) or place + 1 == root]
        return kept or everything

    def _heads(self, words: Sequence[str], matrix: np.ndarray, root: int | None) -> list[int]:
        kept = self._kept(words, root)
        inner = matrix[np.ix_(kept, kept)]
        heads = dependency_heads(inner, self.options.decoder, None if root is None else kept.index(root - 1) + 1)
        return heads_with_punctuation(heads.tolist(), kept, len(words))

    def _tree(self, words: Sequence[str], matrix: np.ndarray) -> Any:
        kept = self._kept(words)
        inner = matrix[np.ix_(kept, kept)]
        return tree_with_punctuation(constituency_tree(inner, self.options.constituency), kept, len(words))

    def messages(self) -> list[str]:
        """What a user should know about the sentences so far."""
        lines = list(self.segmented.get("messages", ()))
        if cut := self.counts["cut"]:
            which = f"{cut:,} sentences are" if cut > 1 else "1 sentence is"
            lines.append(
                f"{which} longer than {self.longest} characters: cut at punctuation, each part parsed by itself "
                "(--max-length)"
            )
        if shortened := self.counts["shortened"]:
            which = f"{shortened:,} words are" if shortened > 1 else "1 word is"
            lines.append(f"{which} longer than {self.longest} characters: of each the model sees the first ones")
        unknown, characters = self.model.counts["unknown"], self.model.counts["characters"]
        if unknown:
            which = f"{unknown:,} of {characters:,} characters are" if unknown > 1 else "1 character is"
            lines.append(f"{self.model.name}: {which} not in the model's vocabulary and unknown to it")
        if parts := self.model.counts["not_finite"]:
            which = f"{parts:,} sentences" if parts > 1 else "1 sentence"
            lines.append(
                f"{self.model.name}: gave no finite numbers for {which}: they count as no impact; check the model"
            )
        return lines


def _settled(impact: ImpactOptions, model: MaskedModel) -> ImpactOptions:
    """The options with nothing left open; grouped where all pairs would take a row each."""
    found = settled(impact, model, matrix=True)
    return replace(found, scheme="grouped") if impact.scheme == "auto" and found.context == "masked" else found


def _shifted(tree: Any, begin: int) -> Any:
    return fold(tree, lambda word: word + begin, tuple) if begin else tree


def _join(heads: list[int], begins: Sequence[int], main: int) -> None:
    """Make one tree of those of parts: their roots depend on the root of the part `main`."""
    roots = [word for word, head in enumerate(heads) if head == 0]
    for place, word in enumerate(roots):
        if place != main:
            heads[word] = roots[main] + 1
