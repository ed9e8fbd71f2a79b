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


def _dictionary_words(name: str) -> Iterator[str]:
    """The words of one dictionary: jieba's, or the first field of every line of a file in any encoding."""
    if name == "jieba":
        with jieba_dictionary().open(encoding="utf-8") as file:
            # Some lines at a time: all at once they would be the peak of a small run's memory.
            while lines := file.readlines(1 << 18):
                fields = "".join(lines).split()
                whole = len(fields) == 3 * len(lines)  # word, frequency and tag in every line
                yield from fields[::3] if whole else (line.split()[0] for line in lines if line.strip())
        return
    reader = TextReader([Path(name)], TextOptions(input_format="text"))
    for line in b"".join(block.data for block in reader).decode("utf-8").splitlines():
        if line.strip():
            yield line.split()[0]


def known_among(words: list[str], names: tuple[str, ...]) -> set[str]:
    """Those of the words that stand in one of the dictionaries named: `jieba`, `none`, or files."""
    wanted, known = set(words), set()
    for name in names:
        if name != "none":
            known |= wanted.intersection(_dictionary_words(name))
    return known
