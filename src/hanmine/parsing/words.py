"""Sentences and their words: text cut into sentences, and sentences into words by jieba or at white space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hanmine.errors import UsageError
from hanmine.parsing.trees import is_punctuation
from hanmine.text.jieba_tokenizer import jieba_tokenizer

WORDS = ("jieba", "segment", "given")

# Of these characters each is one for a reader, too.
_PLAIN = re.compile("[ -~\u3001-\u3029\u3400-\u9fff\uff01-\uff5e‘’“”…—·]*")
# A full stop, question or exclamation mark, as many as there are, with the quotes and brackets that they close, and
# the selectors of how a mark looks.
_SENTENCE_END = re.compile(r"[。！？!?｡]+[\ufe0e\ufe0f”’」』）)》〉】\]\"']*\s*|[\n\r\u2028\u2029]+")


@dataclass(frozen=True)
class Sentence:
    """Words of one sentence.

    Attributes
    ----------
    id : the number of its line from 1, or that and the number of the sentence in the line, as in 3-2.
    words : white space is in them only where they were given so.
    space_after : of each word whether white space follows it.
    root : the number of the word that is known to be the root, or None.
    """

    id: str
    words: tuple[str, ...]
    space_after: tuple[bool, ...]
    root: int | None = None

    @property
    def text(self) -> str:
        """The words with a space where there was white space."""
        spaced = zip(self.words, self.space_after, strict=True)
        return "".join(word + " " * space for word, space in spaced).rstrip(" ")


def sentences_of(line: str) -> list[str]:
    r"""The sentences of a line: cut behind 。！？!? (and the quotes and brackets that they close) and at line breaks.

    What is only white space is no sentence.
    """
    found, start = [], 0
    for end in _SENTENCE_END.finditer(line):
        found.append(line[start : end.end()])
        start = end.end()
    found.append(line[start:])
    return [text for text in map(str.strip, found) if text]


def numbered(line: int, texts: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Each sentence of a line with its id."""
    for place, text in enumerate(texts, 1):
        yield (f"{line}-{place}" if len(texts) > 1 else str(line)), text


def jieba_sentences(lines: Iterable[str]) -> Iterator[Sentence]:
    """The sentences of lines in words of jieba's dictionary.

    Its model for words that the dictionary lacks (HMM) is off: their characters stand by themselves.
    """
    tokenizer = jieba_tokenizer()
    for number, line in enumerate(lines, 1):
        for id, text in numbered(number, sentences_of(line)):
            yield sentence_of_tokens(id, whole_tokens(tokenizer.cut(text, HMM=False)))


def whole_tokens(tokens: Iterable[str]) -> Iterator[str]:
    """Tokens that end inside of what a reader sees as one character (an emoji of several code points, a letter with
    its marks) joined with the next ones, by the rule of `hanmine.segmentation.characters`."""
    tokens = list(tokens)
    text = "".join(tokens)
    if _PLAIN.fullmatch(text):
        yield from tokens
        return
    import numpy as np

    from hanmine.segmentation.characters import character_kinds, whole_characters
    from hanmine.segmentation.lines import Lines

    codes = Lines.of([text]).codes
    inside = np.append(whole_characters(codes, character_kinds(codes)), False)
    begin = end = 0
    for token in tokens:
        end += len(token)
        if not inside[end - 1]:
            yield text[begin:end]
            begin = end


def given_sentences(lines: Iterable[str | Sequence[str] | Sentence]) -> Iterator[Sentence]:
    """Lines of words with white space between them, or sequences of words: a sentence each; empty ones are left out."""
    for number, line in enumerate(lines, 1):
        if isinstance(line, Sentence):
            yield line
            continue
        words = tuple(line.split()) if isinstance(line, str) else tuple(line)
        for place, word in enumerate(words, 1):
            if not isinstance(word, str) or not word.strip():
                raise UsageError(f"sentence {number}: word {place} is {word!r}: give words as strings with characters")
        if words:
            yield Sentence(str(number), words, (False,) * len(words))


def sentence_of_tokens(id: str, tokens: Iterable[str]) -> Sentence:
    """The sentence of tokens that make up its text; those of white space are no words."""
    words: list[str] = []
    spaces: list[bool] = []
    for token in tokens:
        for piece in re.split(r"(\s+)", token):
            if not piece:
                continue
            if not piece.isspace():
                words.append(piece)
                spaces.append(False)
            elif spaces:
                spaces[-1] = True
    return Sentence(id, tuple(words), tuple(spaces))


def with_root(sentence: Sentence, root: int | str) -> Sentence:
    """The sentence with the root that was asked for: "search", "given" or the number of a word.

    Raises
    ------
    UsageError : the sentence has no such word, or no root is known.
    """
    if root == "search":
        return replace(sentence, root=None) if sentence.root is not None else sentence
    if root == "given":
        if sentence.root is None:
            raise UsageError(
                f"sentence {sentence.id}: --root given takes the root from CoNLL-U, and here is none: pass a .conllu "
                "file with trees, or the number of a word"
            )
        return sentence
    if not isinstance(root, int) or isinstance(root, bool) or root < 1:
        raise UsageError(f"--root {root!r} is unknown: pass search, given or the number of a word from 1")
    if root > len(sentence.words):
        has = "1 word" if len(sentence.words) == 1 else f"{len(sentence.words)} words"
        raise UsageError(f"sentence {sentence.id}: --root {root}: it has only {has}")
    return replace(sentence, root=root)


def pieces_of(words: Sequence[str], most: int) -> list[tuple[int, int]]:
    """Words (begin, end) that together have at most `most` characters, in order; one that has more is alone.

    A sentence that is too long is cut behind the last punctuation in the second half of what fits, else where no
    further word fits.
    """
    pieces, begin = [], 0
    while begin < len(words):
        end, length, mark = begin, 0, begin
        while end < len(words) and (end == begin or length + len(words[end]) <= most):
            length += len(words[end])
            end += 1
            if is_punctuation(words[end - 1]) and 2 * length > most:
                mark = end
        if end < len(words) and mark > begin:
            end = mark
        pieces.append((begin, end))
        begin = end
    return pieces
