"""Which format of vectors a file has: by its first bytes, by its name where it is yet to be written."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from hanmine.errors import InputError
from hanmine.formats.vectors.text_rows import text_format_of
from hanmine.formats.vectors.word2vec import HEADER, is_number, looks_like_word2vec

VECTOR_FORMATS = ("npy", "npz", "safetensors", "parquet", "word2vec", "word2vec-binary")
TEXT_ROWS = ("jsonl", "csv", "tsv", "numbers")  # read, but not written
_EXTENSIONS = {
    ".npy": "npy",
    ".npz": "npz",
    ".safetensors": "safetensors",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".vec": "word2vec",
    ".txt": "word2vec",
    ".bin": "word2vec-binary",
}
_MAGIC = {b"\x93NUMPY": "npy", b"PK\x03\x04": "npz", b"PK\x05\x06": "npz", b"PAR1": "parquet"}
_FASTTEXT = b"\xba\x16\x4f\x2f"
_LINES = 20  # looked at
ENOUGH = 1 << 20  # bytes by which a format is known: a few rows of word2vec text


def vector_format_of(path: str | os.PathLike) -> str | None:
    """The format that the extension of `path` stands for, one of `VECTOR_FORMATS`, or None."""
    return _EXTENSIONS.get(Path(path).suffix.lower())


def format_of(head: bytes, name: str) -> str:
    """The format of an input that begins with `head` (`ENOUGH` bytes, if there are so many).

    Raises
    ------
    InputError : nothing of what is read begins like this.
    """
    if not head:
        raise InputError(f"{name}: is empty: check what wrote it")
    for magic, format in _MAGIC.items():
        if head.startswith(magic):
            return format
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 30:
        return "safetensors"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        raise _pickle(name, head)
    if head.startswith(_FASTTEXT):
        raise InputError(f"{name}: is a fastText model: pass the .vec file that was written beside it")
    format = looks_like_word2vec(head, name, binary=vector_format_of(name) == "word2vec-binary")
    if format is None or (format == "word2vec" and not HEADER.match(head) and _are_numbers(head)):
        format = "numbers" if _are_numbers(head) else text_format_of(head, Path(name).suffix.lower())
    if format is None:
        raise _unknown(name, head)
    return format


def _are_numbers(head: bytes) -> bool:
    """Whether lines are numbers and nothing else, two at least, behind comments with which numpy.savetxt begins."""
    whole, newline, last = head.rpartition(b"\n")
    lines = [line for line in (whole if newline else last).split(b"\n")[:_LINES] if line.strip()]
    while lines and lines[0].startswith(b"#"):
        del lines[0]
    return bool(lines) and all(len(line.split()) > 1 and all(map(is_number, line.split())) for line in lines)


def _pickle(name: str, head: bytes) -> InputError:
    file = "FILE" if name.startswith("<") else name
    given = json.dumps(file, ensure_ascii=False)
    if b"gensim" in head:
        what = "a pickle of gensim"
        code = (
            f"from gensim.utils import SaveLoad; m = SaveLoad.load({given}); "
            f'getattr(m, "wv", m).save_word2vec_format({json.dumps(file + ".bin", ensure_ascii=False)}, binary=True)'
        )
    else:
        what = "a pickle"
        code = (
            f"import pickle, numpy; m = pickle.load(open({given}, 'rb')); "
            f"numpy.save({json.dumps(file + '.npy', ensure_ascii=False)}, "
            "numpy.asarray(list(m.values()) if isinstance(m, dict) else m, float))"
        )
    return InputError(
        f"{name}: is {what}, which is never loaded as it can run any code: "
        f"if you trust it, convert it with python -c {shlex.quote(code)}"
    )


def _unknown(name: str, head: bytes) -> InputError:
    if head.lstrip()[:1] == b"[":
        file = "FILE" if name.startswith("<") else shlex.quote(name)
        return InputError(f"{name}: is one JSON array: make it an array a line with jq -c '.[]' {file} > vectors.jsonl")
    expected = _EXTENSIONS.get(Path(name).suffix.lower())
    if expected not in (None, "word2vec", "word2vec-binary"):
        return InputError(f"{name}: does not begin like {expected}: write or fetch it again")
    return InputError(
        f"{name}: holds no vectors that can be read (npy, npz, safetensors, Parquet, word2vec, JSON Lines, CSV): "
        "check the file; `mine encode` makes vectors of sentences"
    )
