"""Words that are known already: jieba's dictionary, or files of the user's."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from hanmine.errors import InputError
from hanmine.newwords.kernels import mark_listed
from hanmine.text.listed import listed_lines
from hanmine.text.sources import corpus_sources


def jieba_dictionary() -> Path:
    """Where jieba's dictionary lies. It is read as data: importing jieba would take ten times as long."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise InputError("jieba is not installed: pip install jieba, or pass --known none")
    return Path(spec.origin).parent / "dict.txt"


def check_dictionaries(names: tuple[str, ...]) -> None:
    """Raise `InputError` for a dictionary that cannot be read, before any work is done.

    What can be read once only (a pipe) is not opened.
    """
    for name in names:
        if name == "jieba":
            jieba_dictionary()
        elif name != "none" and all(source.size is not None for source in corpus_sources([Path(name)])):
            listed_lines(name)


def _first_fields(name: str) -> bytes:
    """Lines that begin with the words of a dictionary: jieba's as it stands, or a file in any encoding."""
    if name == "jieba":
        return jieba_dictionary().read_bytes()
    lines = "\n".join(listed_lines(name)[0]).splitlines()
    return "\n".join(line.split()[0] for line in lines if line.strip()).encode()


def known_among(words: list[str], names: tuple[str, ...]) -> set[str]:
    """Those of the words that stand in one of the dictionaries named: `jieba`, `none`, or files."""
    flat = np.frombuffer("".join(f"{word}\n" for word in words).encode(), np.uint8)
    ends, marks = np.flatnonzero(flat == ord("\n")), np.zeros(len(words), np.bool_)
    for name in names:
        if name != "none":
            slots = np.full(1 << (2 * len(words)).bit_length(), -1, np.int32)
            mark_listed(flat, ends, np.frombuffer(_first_fields(name), np.uint8), slots, marks)
    return {words[row] for row in np.flatnonzero(marks).tolist()}
