"""The given words as they stand in a text, line by line: what co-occurrence is counted of.

Unlike the runs of `hanmine.text.corpus`, which end at punctuation, lines are known here, and words may hold any
character: a text is symbols, one for each character that the words have, and few for all others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np

from hanmine.errors import DecodingError, InputError
from hanmine.graphs import cooccurrence_kernels as kernels
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.text import conversion
from hanmine.text.alphabet import ALNUM_START, ALNUM_STOP, SKIP, UNASSIGNED, Alphabet
from hanmine.text.options import TextOptions
from hanmine.text.reader import Block, InputRecord, TextReader
from hanmine.text.spool import Spool

CHUNK = 1 << 20  # symbols in which words are found at a time
_BLOCK = 1 << 20  # bytes decoded at a time
_CODES = 0x110000
_SKIPPED = _CODES  # stands for a character that is passed over
_COMPATIBILITY_SUPPLEMENT = range(0x2F800, 0x2FA1E)
_SELECTORS = slice(0xE0100, 0xE01F0)
_COST_UNIT = 1 << 20  # of a nat: costs are whole numbers, which add up to the same in any order


class Lexicon:
    """Words, and the characters of texts as symbols, under the options of reading.

    Attributes
    ----------
    symbol : uint16[_CODES], of each code point; `SKIP` for what is passed over.
    is_letter : bool[65536], symbols of which tokens consist that no word may begin or end inside.
    words : as they were given.
    spelled : the words as they stand in a text that is read with these options.
    trie : (heads, table, nodes, words), see `kernels.insert_words`.
    """

    def __init__(self, words: Sequence[str], options: TextOptions) -> None:
        folded = _folding(options.normalize != "none", options.fold_case)
        self.words = words
        codes, offsets = _as_read(words, options, folded)
        text = codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        self.spelled = [text[start:stop] for start, stop in pairwise(offsets.tolist())]
        characters, letters = np.unique(codes), _letters()
        if len(characters) > SKIP - kernels.FIRST_SYMBOL:
            raise InputError(f"the words hold {len(characters):,} different characters: 65,000 are possible")
        symbol = np.full(_CODES + 1, kernels.OTHER, np.uint16)
        symbol[letters] = kernels.LETTER
        symbol[characters] = np.arange(kernels.FIRST_SYMBOL, kernels.FIRST_SYMBOL + len(characters))
        self.is_letter = np.zeros(1 << 16, np.bool_)
        if options.mixed == "tokens":
            self.is_letter[symbol[letters]] = True
        elif options.mixed == "break":
            symbol[letters] = kernels.OTHER
        symbol[ord("\n")], symbol[_SKIPPED] = kernels.LINE, SKIP
        self.symbol = symbol[folded]
        self.trie = _trie(symbol[codes], offsets)

    def read(self, text: str) -> np.ndarray:
        """uint16, the symbols of a text."""
        symbols = self.symbol[np.frombuffer(text.encode("utf-32-le"), "<u4")]
        skipped = symbols == SKIP
        return symbols[~skipped] if skipped.any() else symbols

    def count(self, symbols: np.ndarray) -> np.ndarray:
        """int64[words]: how often each stands there, overlapping ones included."""
        counts = np.zeros(len(self.words), np.int64)
        kernels.count_occurrences(symbols, self.is_letter, self.trie, counts)
        return counts

    def choose(self, symbols: np.ndarray, costs: np.ndarray, other_cost: int) -> tuple[np.ndarray, int]:
        """Tokens (int32) of the division of least cost, and the number of lines; see `kernels.choose_words`."""
        size = len(symbols)
        best, start, word = np.empty(size + 1, np.int64), np.empty(size + 1, np.int32), np.empty(size + 1, np.int32)
        tokens = np.empty(size, np.int32)
        count, lines = kernels.choose_words(
            symbols, self.is_letter, self.trie, costs, other_cost, best, start, word, tokens
        )
        return tokens[:count].copy(), lines


@cache
def _folding(width: bool, fold_case: bool) -> np.ndarray:
    """int32[_CODES]: what each character is read as; `_SKIPPED` for those that are passed over."""
    alphabet = Alphabet(TextOptions(normalize="width" if width else "none", fold_case=fold_case))
    folded = np.arange(_CODES, dtype=np.int32)
    if width:
        alphabet.register(_COMPATIBILITY_SUPPLEMENT)
        folded[0xFF01:0xFF5F] -= 0xFEE0  # the alphabet does so with letters and digits alone
        folded[_SELECTORS] = _SKIPPED
    for start, table in ((0, alphabet.table), (0x20000, alphabet.extended)):
        known = np.flatnonzero((table != 0) & (table < UNASSIGNED))
        folded[start + known] = alphabet.codepoints[table[known]]
        folded[start + np.flatnonzero(table == SKIP)] = _SKIPPED
    return folded


@cache
def _letters() -> np.ndarray:
    """Code points of the Latin letters and digits."""
    return Alphabet(TextOptions(normalize="none")).codepoints[ALNUM_START:ALNUM_STOP]


def _as_read(words: Sequence[str], options: TextOptions, folded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The words as the reader and the alphabet hand them on if they stand in a text.

    int32[characters], their code points, and int64[words + 1], where each begins.
    """
    if options.normalize == "nfkc":
        words = [unicodedata.normalize("NFKC", word) for word in words]
    if options.t2s:
        words = list(map(conversion.simplifier(), words))
    codes = folded[np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), "<u4")]
    kept = codes != _SKIPPED
    before = np.concatenate([[0], np.cumsum(kept)])
    ends = np.cumsum([0, *map(len, words)])
    return codes[kept], before[ends]


def _trie(symbols: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, ...]:
    """The trie of the words that a text can hold: not empty, and of characters that are symbols of their own."""
    own = np.concatenate([[0], np.cumsum(symbols >= kernels.FIRST_SYMBOL)])[offsets]
    lengths = np.diff(offsets)
    numbers = np.flatnonzero((lengths > 0) & (np.diff(own) == lengths))
    size = 1 << max((2 * len(symbols)).bit_length(), 4)
    heads, table, nodes = np.zeros(1 << 16, np.int32), np.full(size, ~np.uint64(0)), np.zeros(size, np.int32)
    words = np.full(len(symbols) + 1, -1, np.int32)
    kernels.insert_words(symbols, offsets, numbers, heads, table, nodes, words)
    return heads, table, nodes, words


@dataclass
class FoundWords:
    """The words of a text in their order.

    Attributes
    ----------
    tokens : the spool of int32 tokens, two ids each; `read` gives them.
    counts : int64[words], how often each was found.
    lines : of the text.
    replaced : ill-formed sequences read as other characters (errors="replace").
    missing : missing values among texts in memory.
    inputs : one record a source.
    """

    tokens: Spool
    counts: np.ndarray
    lines: int = 0
    replaced: int = 0
    missing: int = 0
    inputs: list[InputRecord] = field(default_factory=list)

    def __len__(self) -> int:
        return self.tokens.length // 2

    def read(self, start: int, stop: int) -> np.ndarray:
        """Tokens start..stop − 1, as far as there are any: words, and `LINE_END` behind each line."""
        return self.tokens.read(2 * start, 2 * min(stop, len(self))).view(np.int32)


def find_words(
    lexicon: Lexicon, corpus, options: TextOptions, *, runner: ThreadRunner, tmpdir=None,
    progress: Progress | None = None, hash_inputs: bool = False,
) -> FoundWords:  # fmt: skip
    """Find the words of a lexicon in a text. The caller closes `.tokens`.

    Where words overlap, the text is divided into words and other characters so that the product of the words'
    probabilities is largest, these being their shares of all occurrences.

    Raises `InputError` for what cannot be opened, `DecodingError` naming the byte offset of what cannot be decoded.
    """
    progress = progress or Progress()
    found = FoundWords(Spool(tmpdir), np.zeros(len(lexicon.words), np.int64))
    try:
        with Spool(tmpdir) as symbols:
            _read(lexicon, corpus, options, symbols, found, runner, progress, hash_inputs)
            costs, other_cost = costs_of(_counted(lexicon, symbols, runner, progress))
            progress.phase("finding words", symbols.length, "characters")
            for (tokens, lines), size in _mapped(lambda part: lexicon.choose(part, costs, other_cost), symbols, runner):
                found.tokens.append(tokens.view(np.uint16))
                found.counts += np.bincount(tokens[tokens >= 0], minlength=len(found.counts))
                found.lines += lines
                progress.advance(size)
    except BaseException:
        found.tokens.close()
        raise
    return found


def _counted(lexicon: Lexicon, symbols: Spool, runner: ThreadRunner, progress: Progress) -> np.ndarray:
    progress.phase("counting words", symbols.length, "characters")
    total = np.zeros(len(lexicon.words), np.int64)
    for counts, size in _mapped(lexicon.count, symbols, runner):
        total += counts
        progress.advance(size)
    return total


def costs_of(counts: np.ndarray) -> tuple[np.ndarray, int]:
    """int64[words], −ln of each word's share, in fixed point; and the cost of a character that is in no word.

    The latter is above that of any word, so that words are taken wherever they can be.
    """
    total = max(int(counts.sum()), 1)
    costs = np.rint(np.log(total / np.maximum(counts, 1)) * _COST_UNIT).astype(np.int64)
    return costs, int(np.log(2 * total) * _COST_UNIT) + 1


def _mapped(function, symbols: Spool, runner: ThreadRunner) -> Iterator[tuple]:
    """(result, size) for all parts of a text, in order."""
    return runner.map(lambda part: (function(part), len(part)), _parts(symbols))


def _parts(symbols: Spool) -> Iterator[np.ndarray]:
    """Parts of about `CHUNK` symbols that end behind a character which no word holds.

    Where there is none so long, words that lie across the end of a part are lost.
    """
    start = 0
    while start < symbols.length:
        part = symbols.read(start, min(start + CHUNK, symbols.length))
        if start + len(part) < symbols.length:
            ends = np.flatnonzero(part <= kernels.LINE)
            part = part[: ends[-1] + 1] if len(ends) else part
        start += len(part)
        yield part


def _read(lexicon, corpus, options, symbols: Spool, found: FoundWords, runner, progress, hash_inputs) -> None:
    """Read everything once, as symbols."""
    reader = TextReader(corpus, options, hash_inputs=hash_inputs, block_size=_BLOCK)
    progress.phase("reading", reader.total_bytes, "B")
    replace, done = options.errors == "replace", 0

    def decode(block: Block) -> tuple[np.ndarray, int]:
        text, replaced = _decoded(block, replace)
        return lexicon.read(text), replaced

    for part, replaced in runner.map(decode, reader):
        symbols.append(part)
        found.replaced += replaced
        progress.advance(reader.bytes_read - done)
        done = reader.bytes_read
    found.replaced += reader.replaced
    found.missing = reader.missing
    found.inputs = reader.inputs


def _decoded(block: Block, replace: bool) -> tuple[str, int]:
    """The text of a block, and how many ill-formed sequences were replaced in it."""
    try:
        return block.data.decode("utf-8"), 0
    except UnicodeDecodeError as error:
        if replace:
            text = block.data.decode("utf-8", "replace")
            return text, text.count("\ufffd") - block.data.count("\ufffd".encode())
        where = error.start if block.offset is None else block.offset + error.start
        fault = f"{block.source}: byte {where} cannot be read as utf-8 (0x{block.data[error.start]:02x})"
        raise DecodingError(fault) from error
