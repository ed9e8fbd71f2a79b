"""Which format of vectors a file has: by its first bytes, by its name where it is yet to be written."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from hanmine.errors import InputError
from hanmine.formats.vectors.word2vec import looks_like_word2vec

VECTOR_FORMATS = ("npy", "npz", "safetensors", "parquet", "word2vec", "word2vec-binary")
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
        raise _pickle(name)
    if head.startswith(_FASTTEXT):
        raise InputError(f"{name}: is a fastText model: pass the .vec file that was written beside it")
    format = looks_like_word2vec(head, name, binary=vector_format_of(name) == "word2vec-binary")
    if format is None:
        raise _unknown(name)
    return format


def _pickle(name: str) -> InputError:
    file = "FILE" if name.startswith("<") else name
    code = (
        f"from gensim.utils import SaveLoad; m = SaveLoad.load({json.dumps(file, ensure_ascii=False)}); "
        f'getattr(m, "wv", m).save_word2vec_format({json.dumps(file + ".bin", ensure_ascii=False)}, binary=True)'
    )
    return InputError(
        f"{name}: is a pickle (gensim's own format?), which is never loaded as it can run any code: "
        f"if you trust it, convert it with python -c {shlex.quote(code)}"
    )


def _unknown(name: str) -> InputError:
    expected = _EXTENSIONS.get(Path(name).suffix.lower())
    if expected not in (None, "word2vec", "word2vec-binary"):
        return InputError(f"{name}: does not begin like {expected}: write or fetch it again")
    return InputError(
        f"{name}: holds no vectors that can be read (npy, npz, safetensors, Parquet, word2vec): "
        "check the file; `mine encode` makes vectors of sentences"
    )
