"""Simple segmentations that every method should be held against."""

from __future__ import annotations

from collections.abc import Callable

from hanmine.text.jieba_tokenizer import jieba_tokenizer

Cut = Callable[[str], list[str]]


def baselines_of(vocabulary: frozenset[str] | None) -> dict[str, Cut]:
    """Name → what cuts a line: every character a word, jieba, and with a vocabulary the longest match in it."""
    cuts: dict[str, Cut] = {"all-split": list, "jieba": jieba_tokenizer().lcut}
    if vocabulary is not None:
        cuts["longest-match"] = longest_match(vocabulary)
    return cuts


def longest_match(vocabulary: frozenset[str]) -> Cut:
    """From left to right the longest word of the vocabulary that begins there, else one character."""
    lengths: dict[str, list[int]] = {}
    for word in sorted(vocabulary, key=len, reverse=True):
        seen = lengths.setdefault(word[0], [])
        if len(word) > 1 and len(word) not in seen:
            seen.append(len(word))

    def cut(line: str) -> list[str]:
        words, place = [], 0
        while place < len(line):
            word = line[place]
            for length in lengths.get(word, ()):
                if len(line) - place >= length and line[place : place + length] in vocabulary:
                    word = line[place : place + length]
                    break
            words.append(word)
            place += len(word)
        return words

    return cut
