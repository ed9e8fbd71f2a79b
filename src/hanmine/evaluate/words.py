"""A list of words against a segmented text.

Gold are the words of the segmented text that are all Han, have two characters or more and occur `min_count` times or
more. Entries of the list that are not all Han or have one character cannot be gold; they are left out and counted.

precision, recall, f1    of the list as a set, in percent
average_precision        sum over the hits of the precision at their ranks, divided by the number of gold words
best_f1, best_cutoff     the highest F1 of the first k entries, and that k

The same once more for words that jieba's dictionary lacks, gold and list alike restricted to them. The entries that
are not gold are told apart: `rare_words` are words of the text that occur less often; of the others, by the majority
of their occurrences in the text, `phrases` begin and end at word boundaries, `fragments` lie inside one word,
`crossings` hold a boundary and cut a word at an end; `absent` ones do not occur.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, BinaryIO

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.text_files import Reading, is_path, named
from hanmine.newwords.lexicon import known_to_jieba
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public
from hanmine.text.options import TextOptions
from hanmine.text.reader import InputRecord, TextReader
from hanmine.text.word_lists import words_of

# Script=Han, as in hanmine.text.alphabet: ideographs, radicals, 々, 〇 and the Suzhou numerals.
_HAN_WORD = re.compile(
    "[\u2e80-\u2e99\u2e9b-\u2ef3\u2f00-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufa6d\ufa70-\ufad9\U00020000-\U0002a6df\U0002a700-\U0002b739\U0002b740-\U0002b81d"
    "\U0002b820-\U0002cead\U0002ceb0-\U0002ebe0\U0002ebf0-\U0002ee5d\U0002f800-\U0002fa1d\U00030000-\U0003134a"
    "\U00031350-\U00033479]{2,}"
)


@dataclass
class WordScores:
    """Scores of a list against a set of gold words; the module says what each means."""

    gold: int
    listed: int
    hits: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    best_f1: float
    best_cutoff: int
    rare_words: int
    phrases: int
    fragments: int
    crossings: int
    absent: int


@public()
def evaluate_words(
    word_list: Any,
    gold: Any,
    *,
    min_count: int = 5,
    encoding: str = "auto",
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> dict[str, Any]:
    """Score a list of words against a segmented text.

    Parameters
    ----------
    word_list : a path ("-" is standard input) of a list in any format of `mine newwords`, or an iterable of words;
        best first.
    gold : a path of a text whose words are separated by white space, or an iterable of its lines.
    min_count : how often a word must occur in the text to be gold.
    encoding, errors, stdin : of both files, see `hanmine.evaluate.text_files.Reading`.

    Returns
    -------
    dict with the keys `all` and `unknown_to_jieba` (each the fields of `WordScores`; percentages, counts), `left_out`
    (entries of the list that are not all Han or have one character), `min_count`, `messages`,
    `inputs`, `version`, `signature`, `timings` (seconds) and `peak_memory` (bytes).

    Raises
    ------
    InputError : a file is missing, unreadable or not what it should be; no gold word. DecodingError : it is no text.
    """
    if min_count < 1:
        raise UsageError(f"--min-count {min_count} is less than 1: every word occurs once")
    watch = Stopwatch()
    if not is_path(word_list):
        word_list = list(word_list)
    reading = Reading(encoding, errors, stdin)
    listed_lines, list_input = _read(word_list, reading)
    gold_lines, gold_input = _read(gold, reading)
    if is_path(word_list):
        entries = words_of(listed_lines, list_input.name)
    else:
        entries = word_list
    entries = list(dict.fromkeys(word for word in entries if word))
    listed = [word for word in entries if _HAN_WORD.fullmatch(word)]
    lines = [line.split() for line in gold_lines]
    occurrences = _han_words(lines)
    gold_words = {word for word, count in occurrences.items() if count >= min_count}
    if not gold_words:
        raise InputError(
            f"{gold_input.name}: no word of two or more Han characters occurs {min_count} times: pass a text whose "
            "words are separated by white space, or lower --min-count"
        )
    kinds = _kinds(listed, gold_words, occurrences, lines)
    known = known_to_jieba([*listed, *gold_words])
    unknown = [word for word in listed if word not in known]
    left_out = len(entries) - len(listed)
    return {
        "all": asdict(score(listed, gold_words, kinds)),
        "unknown_to_jieba": asdict(score(unknown, gold_words - known, kinds)),
        "left_out": left_out,
        "min_count": min_count,
        "messages": reading.messages(),
        "inputs": [asdict(list_input), asdict(gold_input)],
        "version": __version__,
        "signature": signature(
            "eval-words",
            list=named(list_input),
            gold=named(gold_input),
            min_count=min_count,
            words="han,2+",
            left_out=left_out,
            jieba=version("jieba"),
        ),
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


def score(listed: Sequence[str], gold: set[str], kinds: dict[str, str]) -> WordScores:
    """Score `listed`, best first, against `gold`; `kinds` says of every entry that is not gold what it is."""
    hits, precisions, best_f1, best_cutoff = 0, 0.0, 0.0, 0
    for rank, word in enumerate(listed, 1):
        if word in gold:
            hits += 1
            precisions += hits / rank
            f1 = 2 * hits / (rank + len(gold))
            if f1 > best_f1:
                best_f1, best_cutoff = f1, rank
    misses = Counter(kinds[word] for word in listed if word not in gold)
    return WordScores(
        gold=len(gold),
        listed=len(listed),
        hits=hits,
        precision=_percent(hits, len(listed)),
        recall=_percent(hits, len(gold)),
        f1=_percent(2 * hits, len(listed) + len(gold)),
        average_precision=_percent(precisions, len(gold)),
        best_f1=100 * best_f1,
        best_cutoff=best_cutoff,
        **{kind: misses[kind] for kind in ("rare_words", "phrases", "fragments", "crossings", "absent")},
    )


def _percent(part: float, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _han_words(lines: Iterable[list[str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for words in lines:
        counts.update(words)
    return Counter({word: count for word, count in counts.items() if _HAN_WORD.fullmatch(word)})


def _kinds(listed: Sequence[str], gold: set[str], words: Counter[str], lines: Iterable[list[str]]) -> dict[str, str]:
    """What every entry is that is not gold."""
    kinds = {word: "rare_words" for word in listed if word in words and word not in gold}
    wanted = {word for word in listed if word not in words}
    seen: dict[str, Counter[str]] = {word: Counter() for word in wanted}
    for word, kind in _occurrences(wanted, lines):
        seen[word][kind] += 1
    for word, counts in seen.items():
        # Ties go to the first of this order.
        kinds[word] = max(("phrases", "fragments", "crossings"), key=counts.__getitem__) if counts else "absent"
    return kinds


def _occurrences(wanted: set[str], lines: Iterable[list[str]]) -> Iterator[tuple[str, str]]:
    """Every occurrence of the wanted words in the lines, with how it lies to the boundaries of the line's words."""
    lengths: dict[str, set[int]] = {}
    for word in wanted:
        lengths.setdefault(word[:2], set()).add(len(word))
    for words in lines:
        text = "".join(words)
        word_at = [index for index, word in enumerate(words) for _ in word]
        end = len(text)
        for start in range(end - 1):
            for length in lengths.get(text[start : start + 2], ()):
                word = text[start : start + length]
                stop = start + length
                if stop > end or word not in wanted:
                    continue
                begins = start == 0 or word_at[start - 1] != word_at[start]
                ends = stop == end or word_at[stop - 1] != word_at[stop]
                if begins and ends:
                    yield word, "phrases"
                else:
                    yield word, "fragments" if word_at[start] == word_at[stop - 1] else "crossings"


def _read(source: Any, reading: Reading) -> tuple[list[str], InputRecord]:
    """The lines of a path, or of an iterable in memory, and the record of the input."""
    if is_path(source):
        file = reading.file(source)
        return list(file), file.record
    reader = TextReader(source, TextOptions(normalize="none", input_format="text"), hash_inputs=True)
    text = b"".join(block.data for block in reader).decode("utf-8")
    return text.replace("\r\n", "\n").split("\n"), reader.inputs[0]
