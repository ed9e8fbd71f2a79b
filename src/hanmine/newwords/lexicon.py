"""Words that are known already: jieba's dictionary, or files of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from hanmine.errors import InputError
from hanmine.text.options import TextOptions
from hanmine.text.reader import TextReader
from hanmine.text.sources import corpus_sources


def jieba_dictionary() -> Path:
    """Where jieba's dictionary lies. It is read as data: importing jieba would take ten times as long."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise InputError("jieba is not installed: pip install jieba, or pass --known none")
    return Path(spec.origin).parent / "dict.txt"


def check_dictionaries(names: tuple[str, ...]) -> None:
    """Raise `InputError` for a dictionary that cannot be read, before any work is done."""
    for name in names:
        if name == "jieba":
            jieba_dictionary()
        elif name != "none":
            corpus_sources([Path(name)], recursive=False)


def _jieba_words() -> Iterator[list[bytes]]:
    """The words of jieba's dictionary, some thousands at a time: all at once would be a small run's peak of memory."""
    with jieba_dictionary().open("rb") as file:
        while chunk := file.read(1 << 18):
            chunk += file.readline()
            fields = chunk.split()
            if len(fields) == 3 * chunk.count(b"\n"):  # word, frequency and tag in every line
                yield fields[::3]
            else:
                yield [line.split()[0] for line in chunk.splitlines() if line.strip()]


def _file_words(name: str) -> Iterator[list[bytes]]:
    """The first field of every line of a word list or dictionary in any encoding."""
    reader = TextReader([Path(name)], TextOptions(input_format="text"))
    lines = b"".join(block.data for block in reader).decode("utf-8").splitlines()
    yield [line.split()[0].encode() for line in lines if line.strip()]


def known_among(words: list[str], names: tuple[str, ...]) -> set[str]:
    """Those of the words that stand in one of the dictionaries named: `jieba`, `none`, or files."""
    wanted = {word.encode() for word in words}
    known: set[bytes] = set()
    for name in names:
        if name != "none":
            for listed in _jieba_words() if name == "jieba" else _file_words(name):
                known |= wanted.intersection(listed)
    return {word.decode() for word in known}
