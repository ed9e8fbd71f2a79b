"""Reading a corpus: blocks of UTF-8 from the reader, decoded by the kernel, kept in a spool of ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from hanmine.errors import DecodingError
from hanmine.progress import Progress
from hanmine.text.alphabet import ALNUM_START, ALNUM_STOP, CONNECTORS, DIGIT_STOP, Alphabet
from hanmine.text.kernels import decode, find_supplementary
from hanmine.text.options import TextOptions
from hanmine.text.reader import Block, InputRecord, TextReader
from hanmine.text.sniff import are_parted
from hanmine.text.spool import Spool

PARTED = (
    "nearly every character stands between blanks, as OCR writes them: words are found only where these are taken out "
    r"first: perl -CSD -pe 's/(?<=\p{Han})\h+(?=\p{Han})//g' FILE > NEW"
)
_SAMPLE = 1 << 16  # bytes in which blanks are looked for
BLOCK = 1 << 20  # bytes decoded at a time: they and their ids stay in the cache
LONGEST = 1 << 22  # bytes without a place between tokens, behind which a block ends all the same
_KINDS = np.array(list(CONNECTORS.values()), np.uint8)
_LETTERS = (ALNUM_START, DIGIT_STOP, ALNUM_STOP)
# All bytes but those that no token holds: ASCII's blanks, and the first bytes of U+4000..U+9FFF.
_IN_TOKENS = bytes(sorted({*range(0x21, 0x100)} - {*range(0xE4, 0xEA)}))


@dataclass
class Corpus:
    """A corpus as runs of ids.

    Attributes
    ----------
    ids : the spool; runs are separated by one 0 or more.
    alphabet : spells ids.
    characters, runs : ideographs, letters and digits that stand in runs (signs inside tokens are not counted), and the
        maximal sequences of all these.
    inputs : one record a source.
    replaced : ill-formed sequences read as boundaries (only with errors="replace").
    unassigned : supplementary ideographs that found no slot in the alphabet and were read as boundaries.
    parted : the hanzi of the first source stand one by one between blanks.
    """

    ids: Spool
    alphabet: Alphabet
    characters: int = 0
    runs: int = 0
    replaced: int = 0
    unassigned: int = 0
    parted: bool = False
    inputs: list[InputRecord] = field(default_factory=list)

    def messages(self) -> list[str]:
        """What a user should know about how the text was read."""
        lines = []
        if self.parted:
            lines.append(PARTED)
        if self.replaced:
            lines.append(f"{self.replaced:,} undecodable sequences were read as the end of a run (--errors replace)")
        if self.unassigned:
            lines.append(
                f"{self.unassigned:,} supplementary ideographs were read as the end of a run: the text has more "
                "different ones than the alphabet has room for"
            )
        return lines


@dataclass
class _Decoded:
    block: Block
    ids: np.ndarray
    report: np.ndarray


def _decode(block: Block, alphabet: Alphabet, replace: bool) -> _Decoded:
    data = np.frombuffer(block.data, np.uint8)
    ids = np.empty(len(data), np.uint16)
    report = np.zeros(6, np.int64)
    written = decode(
        data, alphabet.table, alphabet.extended, alphabet.skip_selectors, replace, _KINDS, _LETTERS, ids, report
    )
    return _Decoded(block, ids[:written].copy(), report)


def _sampled(blocks, corpus: Corpus) -> Iterator[Block]:
    """Pass blocks on, and look at the first for characters that are parted by blanks."""
    for number, block in enumerate(blocks):
        if not number:
            corpus.parted = are_parted(block.data[:_SAMPLE].decode("utf-8", "replace"))
        yield block


def _registered(blocks, alphabet: Alphabet) -> Iterator[Block]:
    """Pass blocks on, giving slots to their supplementary ideographs in stream order, whatever thread decodes them."""
    for block in blocks:
        if b"\xf0" in block.data:
            found = np.empty(len(block.data) // 4 + 1, np.int64)
            count = find_supplementary(np.frombuffer(block.data, np.uint8), found)
            _, first = np.unique(found[:count], return_index=True)
            alphabet.register(found[np.sort(first)])
        yield block


def _cut_between_tokens(blocks) -> Iterator[Block]:
    """The same text in blocks of which none ends inside a token, but those of `LONGEST` bytes."""
    held: Block | None = None
    for block in blocks:
        if held is not None:
            offset = None if block.offset is None else block.offset - len(held.data)
            block, held = Block(held.data + block.data, block.source, offset), None
        data = block.data
        if not data.endswith(b"\n"):
            # Behind the last blank, or before the last ideograph.
            kept = data.rstrip(_IN_TOKENS)
            end = len(kept) - (kept[-1:] > b" ")
            if end or len(data) < LONGEST:
                held = Block(data[end:], block.source, None)
                block = Block(data[:end], block.source, block.offset)
        if block.data:
            yield block
    if held is not None:
        yield held


def read_corpus(
    source,
    options: TextOptions,
    *,
    runner,
    tmpdir=None,
    progress: Progress | None = None,
    hash_inputs: bool = False,
    connectors: bool = False,
) -> Corpus:
    """Read everything once. The caller closes `.ids`.

    connectors : read the signs inside tokens (`hanmine.text.tokens`) as part of them instead of as the end of a run.

    Raises `InputError` for what cannot be opened, `DecodingError` naming the byte offset of what cannot be decoded.
    """
    progress = progress or Progress()
    alphabet = Alphabet(options, connectors=connectors)
    reader = TextReader(source, options, hash_inputs=hash_inputs, block_size=BLOCK)
    blocks = _cut_between_tokens(reader) if connectors else reader
    corpus = Corpus(Spool(tmpdir), alphabet)
    progress.phase("reading", reader.total_bytes, "B")
    bytes_seen, in_run = 0, False
    replace = options.errors == "replace"
    try:
        for decoded in runner.map(
            lambda block: _decode(block, alphabet, replace), _registered(_sampled(blocks, corpus), alphabet)
        ):
            ids, report = decoded.ids, decoded.report
            if report[1] and not replace:
                raise _ill_formed(decoded.block, int(report[0]))
            corpus.replaced += int(report[1])
            corpus.unassigned += int(report[2])
            if len(ids):
                corpus.characters += len(ids) - int(report[4] + report[5])
                # A run ends at every boundary but a first one that stands behind another, and where the text ends.
                corpus.runs += int(report[4]) - int(ids[0] == 0 and not in_run)
                in_run = bool(ids[-1])
                corpus.ids.append(ids)
            progress.advance(reader.bytes_read - bytes_seen)
            bytes_seen = reader.bytes_read
    except BaseException:
        corpus.ids.close()
        raise
    corpus.runs += int(in_run)
    corpus.replaced += reader.replaced
    corpus.inputs = reader.inputs
    return corpus


def _ill_formed(block: Block, position: int) -> DecodingError:
    where = position if block.offset is None else block.offset + position
    return DecodingError(f"{block.source}: byte {where} cannot be read as utf-8 (0x{block.data[position]:02x})")
