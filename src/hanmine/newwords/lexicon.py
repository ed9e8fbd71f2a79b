"""Words that are known already: jieba's dictionary, or files of the user's."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from hanmine.errors import InputError
from hanmine.text.options import TextOptions
from hanmine.text.reader import TextReader


def jieba_words() -> set[str]:
    """The words of jieba's dictionary, read as data: importing jieba would take ten times as long."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise InputError("jieba is not installed: pip install jieba, or pass --known none")
    text = (Path(spec.origin).parent / "dict.txt").read_text(encoding="utf-8")
    fields = text.split()
    if len(fields) == 3 * text.count("\n"):  # word, frequency, tag in every line
        return set(fields[::3])
    return {line.split()[0] for line in text.splitlines() if line.strip()}


def file_words(path: str) -> set[str]:
    """The first field of every line of a word list or dictionary in any encoding."""
    reader = TextReader([Path(path)], TextOptions(input_format="text"))
    lines = b"".join(block.data for block in reader).decode("utf-8", "strict").splitlines()
    return {line.split()[0] for line in lines if line.strip()}


def known_words(names: tuple[str, ...]) -> set[str]:
    """The union of the dictionaries named: `jieba`, `none`, or files."""
    words: set[str] = set()
    for name in names:
        if name == "jieba":
            words |= jieba_words()
        elif name != "none":
            words |= file_words(name)
    return words
