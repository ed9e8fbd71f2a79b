"""A segmentation against a gold segmentation of the same text, scored as in the SIGHAN bakeoffs.

A word is right where gold has a word with the same begin and end (Sproat and Emerson 2003, "The First International
Chinese Word Segmentation Bakeoff"; Emerson 2005 for the second). Punctuation counts as words.

precision     right words / words of the result
recall        right words / words of gold
f1            their harmonic mean
oov_rate      words of gold that the vocabulary lacks (out of vocabulary) / words of gold
oov_recall    right ones among those / those
iv_recall     the same of the words that the vocabulary has

All are shares from 0 to 1 over all lines together. Without a vocabulary the last three are not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import accumulate, pairwise, zip_longest
from typing import Any, BinaryIO

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.segmentation_baselines import baselines_of
from hanmine.evaluate.segmented_lines import FULL_WIDTH, SegmentedLines, read_vocabulary
from hanmine.evaluate.text_files import Reading, named
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public
from hanmine.text.reader import InputRecord

NORMALIZATIONS = ("none", "width")
LONGEST_LENGTH = 5  # in the scores by length: words of so many characters and more
_NO_VOCABULARY = "OOV is not known: pass --vocabulary FILE, the words of training"
_CONTEXT = 12  # characters shown before and after a difference


@dataclass
class Matches:
    """How many words of gold, and of the result, were counted and right.

    Attributes
    ----------
    words, gold_words, correct : of the result, of gold, and of both at the same place.
    oov, oov_correct : words of gold that the vocabulary lacks, and those of them that are right.
    """

    words: int = 0
    gold_words: int = 0
    correct: int = 0
    oov: int = 0
    oov_correct: int = 0

    def scores(self, known: bool) -> dict[str, Any]:
        """Counts and shares; a share of nothing is nan, of words out of vocabulary None unless it is `known`."""
        iv, iv_correct = self.gold_words - self.oov, self.correct - self.oov_correct
        return {
            "gold_words": self.gold_words,
            "words": self.words,
            "correct": self.correct,
            "precision": _share(self.correct, self.words),
            "recall": _share(self.correct, self.gold_words),
            "f1": _share(2 * self.correct, self.words + self.gold_words),
            "oov_rate": _share(self.oov, self.gold_words) if known else None,
            "oov_recall": _share(self.oov_correct, self.oov) if known else None,
            "iv_recall": _share(iv_correct, iv) if known else None,
        }


@dataclass
class Tally:
    """The matches of one segmentation, of all words and of those of each length.

    Attributes
    ----------
    all : over all words. lengths : by the number of characters, from 1; the last for all longer ones.
    lines, right_lines : lines with words, and those without a mistake.
    """

    all: Matches = field(default_factory=Matches)
    lengths: list[Matches] = field(default_factory=lambda: [Matches() for _ in range(LONGEST_LENGTH)])
    lines: int = 0
    right_lines: int = 0

    def add(self, words: Sequence[str], gold: Sequence[str], vocabulary: frozenset[str] | None) -> None:
        """Count a line; the characters of both are the same."""
        for word in words:
            self._at(word).words += 1
        spans = set(_spans(words))
        right = 0
        for word, span in zip(gold, _spans(gold), strict=True):
            correct = span in spans
            right += correct
            matches = self._at(word)
            matches.gold_words += 1
            matches.correct += correct
            if vocabulary is not None and word not in vocabulary:
                matches.oov += 1
                matches.oov_correct += correct
        self.lines += bool(gold)
        self.right_lines += bool(gold) and right == len(gold) == len(words)

    def _at(self, word: str) -> Matches:
        return self.lengths[min(len(word), LONGEST_LENGTH) - 1]

    def close(self) -> Tally:
        """Sum what was counted by length."""
        for name in asdict(self.all):
            setattr(self.all, name, sum(getattr(matches, name) for matches in self.lengths))
        return self


def _spans(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    ends = list(accumulate(map(len, words)))
    return pairwise([0, *ends])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


@public()
def evaluate_segmentation(
    result: Any,
    gold: Any,
    *,
    vocabulary: Any = None,
    baselines: bool = False,
    normalize: str = "none",
    encoding: str = "auto",
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> dict[str, Any]:
    """Score a segmented text against gold, line by line.

    Parameters
    ----------
    result, gold : each a path of a text whose words are separated by white space ("-" is standard input), of what
        `mine segment` writes as jsonl or BMES, or an iterable of lines: strings, or lists of words. Both have the same
        lines, and the same characters but for white space.
    vocabulary : the words known from training: a path of a list of words or of a segmented text, or an iterable of
        words; None: what is out of vocabulary is not known.
    baselines : score simple segmentations of the same text too: every character a word, jieba, and with a vocabulary
        its longest matches.
    normalize : "none", or "width": full-width ASCII counts as ASCII on both sides and in the vocabulary.
    encoding, errors, stdin : of all files, see `hanmine.evaluate.text_files.Reading`.

    Returns
    -------
    dict with `lines` (that have words), `right_lines`, `characters`, the counts and scores that the module names,
    `by_length` (the same for words of "1", "2" … characters and "5+"), `baselines` (name → the same again), further
    `messages`, `vocabulary` (its size or None), `inputs`, `version`, `signature`, `timings` (seconds) and
    `peak_memory` (bytes).

    Raises
    ------
    InputError : a file is missing or unreadable; lines differ in number or characters; gold has no words.
    UsageError : an unknown `normalize`.
    """
    if normalize not in NORMALIZATIONS:
        raise UsageError(f"--normalize {normalize!r} is unknown: choose {', '.join(NORMALIZATIONS)}")
    watch = Stopwatch()
    fold = normalize == "width"
    reading = Reading(encoding, errors, stdin)
    sides = [SegmentedLines(side, fold_width=fold, reading=reading) for side in (result, gold)]
    with watch.phase("vocabulary"):
        known, described = (None, []) if vocabulary is None else read_vocabulary(vocabulary, fold, reading)
    tally, characters = Tally(), 0
    lines: list[list[str]] = []
    with watch.phase("score"):
        for words, gold_words in _aligned(*sides, fold):
            tally.add(words, gold_words, known)
            characters += sum(map(len, gold_words))
            if baselines:
                lines.append(gold_words)
    if not tally.close().all.gold_words:
        raise InputError(f"{sides[1].name}: holds no words: pass a text whose words are separated by white space")
    with watch.phase("baselines"):
        facts = baselines_of(known) if baselines else {}
        others = {name: _baseline(cut, lines, known) for name, cut in facts.items()}
    inputs = [side.record for side in sides] + described
    return {
        "lines": tally.lines,
        "right_lines": tally.right_lines,
        "characters": characters,
        **tally.all.scores(known is not None),
        "by_length": _by_length(tally, known is not None),
        "baselines": others,
        "messages": [*reading.messages(), *([] if known is not None else [_NO_VOCABULARY])],
        "vocabulary": None if known is None else len(known),
        "inputs": [asdict(record) for record in inputs],
        "version": __version__,
        "signature": _signature(inputs, known, normalize, facts),
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


def _aligned(result: SegmentedLines, gold: SegmentedLines, fold: bool) -> Iterator[tuple[list[str], list[str]]]:
    """The words of either side, line by line; empty lines at the end of one side are no difference."""
    missing: list[str] = []
    for number, (words, gold_words) in enumerate(zip_longest(result, gold, fillvalue=missing), 1):
        text, gold_text = "".join(words), "".join(gold_words)
        if text != gold_text:
            for side, other, found in ((result, gold, words), (gold, result, gold_words)):
                if found is missing:
                    raise InputError(
                        f"{side.name}: ends before line {number} of {other.name}: segment the same text, a line for "
                        "each of its lines"
                    )
            raise _difference(result.name, gold.name, number, text, gold_text, fold)
        yield words, gold_words


def _difference(result: str, gold: str, line: int, text: str, gold_text: str, fold: bool) -> InputError:
    """The error of a line whose characters are not those of gold."""
    at = next(
        (place for place, (a, b) in enumerate(zip(text, gold_text, strict=False)) if a != b),
        min(len(text), len(gold_text)),
    )
    cure = "segment the same text, a line for each of its lines"
    if not fold and text.translate(FULL_WIDTH) == gold_text.translate(FULL_WIDTH):
        cure = "pass --normalize width to read full-width ASCII as ASCII"
    return InputError(
        f"{result}:{line}: its characters are not those of {gold}:{line} from character "
        f"{at + 1:,} on: {_around(text, at)} against {_around(gold_text, at)}: {cure}"
    )


def _around(text: str, place: int) -> str:
    """The text at a place, short, on one line."""
    begin, end = max(0, place - _CONTEXT), place + _CONTEXT
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[begin:end])
    return f"'{'…' * (begin > 0)}{shown}{'…' * (end < len(text))}'"


def _signature(
    inputs: list[InputRecord], known: frozenset[str] | None, normalize: str, baselines: Iterable[str]
) -> str:
    """The files, what was read as what, and which packages cut the baselines."""
    result, gold, *others = inputs
    facts: dict[str, Any] = {
        "result": named(result),
        "gold": named(gold),
        "encodings": [result.encoding, gold.encoding],
        "words": "between-unicode-white-space",
        "normalize": normalize,
        "vocabulary": "none" if known is None else f"{named(others[0])},{len(known)}",
    }
    if "jieba" in baselines:
        facts["jieba"] = version("jieba")
    return signature("eval-segmentation", **facts)


def _baseline(cut: Any, lines: list[list[str]], known: frozenset[str] | None) -> dict[str, Any]:
    tally = Tally()
    for gold_words in lines:
        tally.add(cut("".join(gold_words)), gold_words, known)
    tally.close()
    return {"right_lines": tally.right_lines, **tally.all.scores(known is not None),
            "by_length": _by_length(tally, known is not None)}  # fmt: skip


def _by_length(tally: Tally, known: bool) -> dict[str, dict[str, Any]]:
    names = [*map(str, range(1, LONGEST_LENGTH)), f"{LONGEST_LENGTH}+"]
    return {name: matches.scores(known) for name, matches in zip(names, tally.lengths, strict=True)}
