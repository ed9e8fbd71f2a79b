"""Sentences in words of our own segmentation, which learns from the text itself unless it is told otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hanmine.parsing.words import Sentence, numbered, sentence_of_tokens, sentences_of
from hanmine.progress import Progress
from hanmine.segmentation import Segmentation


def segmented_sentences(
    lines: Iterable[str], options: Mapping[str, Any], about: dict[str, Any], *, progress: Progress | None = None
) -> Iterator[Sentence]:
    """The sentences of lines, cut by `hanmine.segmentation.segment` with these options; all lines are read first.

    `about` is given the `messages` and the `signature` of the segmentation.
    """
    ids: list[str] = []
    texts: list[str] = []
    for number, line in enumerate(lines, 1):
        for id, text in numbered(number, sentences_of(line)):
            ids.append(id)
            texts.append(text)
    if not texts:
        return
    with Segmentation(texts, margins=False, progress=progress, **options) as run:
        run.read()
        run.score()
        lines_of_words = [found.words for found in run.lines()]
        about["messages"] = [f"words: {run.description()}", *run.messages()]
        about["signature"] = run.summary()["signature"]
    if progress is not None:
        progress.phase("parse", unit="sentences")
    for id, words in zip(ids, lines_of_words, strict=True):
        yield sentence_of_tokens(id, words)
