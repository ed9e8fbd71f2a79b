"""Columns of numbers out of bytes, all lines of a block at once.

The last eight bytes of a token are one 64-bit word, whose digits three multiplications turn into a number (Lemire,
"Quickly parsing eight digits", 2018): here by numpy for all tokens together. A decimal fraction is the exact quotient
of its digits and a power of ten wherever both are exact doubles (Clinger 1990); other numbers are left to `float`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PADDING = 16  # bytes before the block, so that the words of its first tokens can be read
_EXACT = 1 << 53


@dataclass(frozen=True)
class Tokens:
    """The tokens of a block in which all lines have as many.

    Attributes
    ----------
    data : the block behind `PADDING` spaces.
    begin, end : int64 [lines, columns], where each token begins and ends in `data`.
    separator : what stands between tokens; None: white space.
    lines : their number.
    """

    data: bytes
    begin: np.ndarray
    end: np.ndarray
    separator: bytes | None

    @property
    def lines(self) -> int:
        return len(self.begin)

    @property
    def columns(self) -> int:
        return self.begin.shape[1]

    def texts(self, first: int, second: int) -> list[bytes]:
        """The tokens of two columns as they are written, by turns, without white space around them."""
        if self.separator is None:
            tokens = self.data.split()
        else:
            text = self.data[PADDING:].replace(b"\n", self.separator).removesuffix(self.separator)
            tokens = list(map(bytes.strip, text.split(self.separator)))
        both = [b""] * (2 * self.lines)
        both[0::2], both[1::2] = tokens[first :: self.columns], tokens[second :: self.columns]
        return both

    def integers(self, column: int) -> np.ndarray | None:
        """int64 [lines]; None where a token is anything but 1 to 16 digits."""
        import numpy as np

        found = _digits(_words(self.data), self.begin[:, column], self.end[:, column])
        return None if found is None else found.astype(np.int64)

    def reals(self, column: int) -> np.ndarray | None:
        """float64 [lines]; None where a token is no number."""
        import numpy as np

        begin, end = self.begin[:, column], self.end[:, column]
        points = np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("."))
        if points.size:
            found = points[np.minimum(np.searchsorted(points, begin), points.size - 1)]
            point = np.where((found >= begin) & (found < end), found, end)
        else:
            point = end
        decimals = np.maximum(end - point - 1, 0)
        digits = point - begin + decimals
        plain = (digits > 0) & (digits <= 19) & (point - begin <= PADDING) & (decimals <= PADDING)
        values = np.zeros(begin.size)
        if plain.any():
            mantissa, good = _mantissas(_words(self.data), begin[plain], point[plain], end[plain], decimals[plain])
            values[plain] = mantissa / 10.0 ** decimals[plain]
            plain[plain] = good
        return values if plain.all() else _others(self.data, begin, end, values, plain)


def tokens_of(block: bytes, separator: bytes | None) -> Tokens | None:
    r"""The tokens of a block of whole lines; None if its lines differ in their number of tokens, or one is empty.

    separator : b"\t" or b","; None: any white space.
    """
    import numpy as np

    if separator is not None:
        block = block.replace(b"\r\n", b"\n")
        if any(mark in b"\n" + block for mark in (separator * 2, separator + b"\n", b"\n" + separator)):
            return None
    padded = b" " * PADDING + block
    data = np.frombuffer(padded, np.uint8)
    between = np.zeros(256, bool)
    between[list(b" \t\r\n\v\f" if separator is None else separator + b"\n")] = True
    space = between[data]
    space[:PADDING] = True
    edges = np.flatnonzero(space[1:] != space[:-1]) + 1
    ends = np.flatnonzero(data == ord("\n"))
    lines, count = ends.size, edges.size // 2
    if not lines or not count or edges.size % 2 or count % lines:
        return None
    begin, end = edges[0::2].reshape(lines, -1), edges[1::2].reshape(lines, -1)
    # As many tokens as in the mean, each group between its line's ends.
    if np.any(end[:, -1] > ends) or np.any(begin[1:, 0] <= ends[:-1]):
        return None
    return Tokens(padded, begin, end, separator)


def _words(data: bytes) -> np.ndarray:
    """uint64: the eight bytes from each place on, the first of them the lowest."""
    import numpy as np

    return np.ndarray((len(data) - 7,), np.dtype("<u8"), data, strides=(1,))


def _digits(words: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray | None:
    """uint64: tokens of 1 to 16 digits as numbers; None if one is anything else."""
    length = end - begin
    if length.max() > PADDING or length.min() < 1:
        return None
    values, good = _eight(words, end, length)
    if length.max() > 8:
        high, also = _eight(words, end - 8, length - 8)
        values, good = values + high * values.dtype.type(100_000_000), good & also
    return values if good.all() else None


def _eight(words: np.ndarray, end: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number that the last digits before `end` make, 8 or `length` of them (0 of none), and whether all are."""
    import numpy as np

    u = np.uint64
    word = words[np.maximum(end, 8) - 8] ^ u(0x3030303030303030)
    shift = ((8 - np.clip(length, 1, 8)) * 8).astype(u)
    word = np.where(length > 0, (word >> shift) << shift, u(0))
    good = (((word + u(0x7676767676767676)) | word) & u(0x8080808080808080)) == 0
    word = (word & u(0x0F0F0F0F0F0F0F0F)) * u(2561) >> u(8)
    word = (word & u(0x00FF00FF00FF00FF)) * u(6553601) >> u(16)
    return (word & u(0x0000FFFF0000FFFF)) * u(42949672960001) >> u(32), good


def _mantissas(
    words: np.ndarray, begin: np.ndarray, point: np.ndarray, end: np.ndarray, decimals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The digits of decimal fractions as one number, and where it is one that a double holds."""
    import numpy as np

    total, good = np.zeros(begin.size, np.uint64), np.ones(begin.size, bool)
    for start, stop in ((begin, point), (end - decimals, end)):
        length = stop - start
        low, right = _eight(words, stop, length)
        good &= right
        if length.max() > 8:
            high, right = _eight(words, stop - 8, length - 8)
            low, good = low + high * np.uint64(100_000_000), good & right
        total = total * np.uint64(10) ** length.astype(np.uint64) + low
    return total.astype(np.float64), good & (total < _EXACT)


def _others(
    data: bytes, begin: np.ndarray, end: np.ndarray, values: np.ndarray, plain: np.ndarray
) -> np.ndarray | None:
    """`values` with what was not plain read by Python; None where it is no number."""
    import numpy as np

    rest = np.flatnonzero(~plain)
    texts = [data[start:stop] for start, stop in zip(begin[rest].tolist(), end[rest].tolist(), strict=True)]
    if any(b"_" in text for text in texts):  # Python's own spelling of numbers
        return None
    try:
        values[rest] = list(map(float, texts))
    except ValueError:
        return None
    return values
