"""A corpus as blocks of UTF-8, whatever it is stored as.

Plain UTF-8 text, the usual case, is passed through as it is: read, cut, handed on. Everything else (other encodings,
compressed files aside, and fields of records) becomes UTF-8 here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from hanmine.errors import UsageError
from hanmine.text import conversion
from hanmine.text.blocks import cut_utf8
from hanmine.text.bytestream import ByteStream, Digest, StoredBytes
from hanmine.text.decompress import LONGEST_MAGIC, compression_of, decompressed
from hanmine.text.encoding import SAMPLE_SIZE, codec_name, encoding_of
from hanmine.text.json_records import json_texts, jsonl_texts
from hanmine.text.options import TextOptions
from hanmine.text.records import Field, delimited_texts
from hanmine.text.sniff import format_of
from hanmine.text.sources import Source, TextsInMemory, corpus_sources, opened
from hanmine.text.transcode import Losses, decoded, without_halves

_FIELD_TEXTS = {"csv": delimited_texts, "tsv": delimited_texts, "jsonl": jsonl_texts, "json": json_texts}
_BYTES_OF_HAN = 3


@dataclass
class Block:
    """Some text of one source.

    Attributes
    ----------
    data : UTF-8. It never ends inside a character, and the last block of a source ends with a newline.
    source : the name as the user gave it.
    offset : of `data[0]` in the source's decompressed bytes if these are those very bytes (which may be ill-formed),
        else None (and `data` is well formed).
    """

    data: bytes
    source: str
    offset: int | None


@dataclass
class InputRecord:
    """What was read, for a result's provenance.

    Attributes
    ----------
    name : as the user gave it. bytes : read, as stored. sha256 : of these bytes, if asked for.
    encoding : a codec's name. compression : "gz", "bz2", "xz", "zst" or None.
    format : "text", "csv", "tsv", "jsonl" or "json".
    """

    name: str
    bytes: int
    sha256: str | None
    encoding: str
    compression: str | None
    format: str


class TextReader:
    """Blocks of a corpus, to be iterated once.

    Parameters
    ----------
    corpus : path, paths or texts, see `hanmine.text.sources.corpus_sources`.
    options : how to read it.
    hash_inputs : compute SHA-256 of the stored bytes while reading.
    block_size : wanted size of a block in bytes.
    stdin : a binary file to read for "-" instead of the process's standard input.

    Attributes
    ----------
    total_bytes : stored bytes of all sources; None unless all are regular files.
    inputs : an `InputRecord` for each source that was read to its end.

    Raises
    ------
    InputError : a source is missing or cannot be read, is corrupt, or looks binary.
    DecodingError : text in another encoding than UTF-8, or in records, cannot be decoded (errors="strict").
    UsageError : options that contradict each other or the input. MissingExtraError : `t2s` without OpenCC.
    """

    def __init__(
        self,
        corpus: Any,
        options: TextOptions,
        *,
        hash_inputs: bool = False,
        block_size: int = 1 << 22,
        stdin: BinaryIO | None = None,
    ) -> None:
        if options.column is not None and options.input_format == "text":
            raise UsageError("--column needs records, not --input-format text: pass csv, tsv, jsonl or json")
        if options.encoding != "auto":
            codec_name(options.encoding)
        self._options = options
        self._block_size = block_size
        self._hash_inputs = hash_inputs
        self._stdin = stdin
        self._sources = corpus_sources(corpus, options.recursive, options.column)
        self.missing = 0
        self._simplify = conversion.simplifier() if options.t2s else None
        self._losses = Losses()
        self._stored: StoredBytes | None = None
        self._bytes_done = 0
        self._started = False
        sizes = [source.size for source in self._sources]
        self.total_bytes = None if None in sizes else sum(size or 0 for size in sizes)
        self.inputs: list[InputRecord] = []

    @property
    def bytes_read(self) -> int:
        """Stored bytes read so far."""
        return self._bytes_done + (self._stored.count if self._stored else 0)

    @property
    def replaced(self) -> int:
        """Undecodable sequences replaced and records left out so far (errors="replace") where text was transcoded."""
        return self._losses.count

    def __iter__(self) -> Iterator[Block]:
        if self._started:
            raise RuntimeError("a TextReader can be iterated only once")
        self._started = True
        return self._blocks()

    def _blocks(self) -> Iterator[Block]:
        for source in self._sources:
            if source.texts is not None:
                yield from self._blocks_of_strings(source, source.texts)
                continue
            with opened(source, self._stdin) as raw:
                yield from self._blocks_of_bytes(source, raw)

    def _blocks_of_bytes(self, source: Source, raw: BinaryIO) -> Iterator[Block]:
        digest = hashlib.sha256() if self._hash_inputs else None
        self._stored = StoredBytes(raw, source.name, digest)
        stream = ByteStream(self._stored.chunks(self._block_size))
        compression = compression_of(stream.peek(LONGEST_MAGIC))
        if compression:
            stream = ByteStream(decompressed(stream, compression, source.name, self._block_size))
        sample = stream.peek(SAMPLE_SIZE)
        encoding, mark = encoding_of(sample, self._options.encoding, source.name)
        input_format = self._options.input_format
        if input_format == "auto":
            text = sample[mark:].decode(encoding, "replace")
            complete = len(sample) < SAMPLE_SIZE
            input_format = format_of(source.path, text, complete, self._options.column, source.name)
            del text
        del sample
        stream.read(mark)
        chunks = stream.chunks(self._block_size)
        if input_format == "text" and encoding == "utf-8" and not self._converts:
            for data, offset in cut_utf8(chunks, self._block_size, mark):
                yield Block(data, source.name, offset)
        else:
            texts = decoded(chunks, encoding, self._options.errors, source.name, mark, self._losses)
            if input_format == "text":
                texts = _ended(texts)
            else:
                field = Field(source.name, input_format, self._options.column, self._replace, self._losses)
                texts = _FIELD_TEXTS[input_format](texts, field)
            yield from self._blocks_of_texts(texts, source.name)
        self._finish(InputRecord(source.name, self._stored.count, None, encoding, compression, input_format), digest)

    def _blocks_of_strings(self, source: Source, strings: TextsInMemory) -> Iterator[Block]:
        if self._options.input_format not in ("auto", "text"):
            raise UsageError("texts in memory are documents: input_format is for files")
        digest = hashlib.sha256() if self._hash_inputs else None
        record = InputRecord(source.name, 0, None, "utf-8", None, "text")
        yield from self._blocks_of_texts(self._documents(strings, record, digest), source.name)
        self.missing += strings.missing
        self._finish(record, digest)

    def _documents(self, strings: TextsInMemory, record: InputRecord, digest: Digest | None) -> Iterator[str]:
        number = 0

        def place() -> str:
            return f"{record.name}: text {number}"

        for text in strings:
            number += 1
            text = without_halves(text, self._replace, self._losses, place)
            document = text if text.endswith("\n") else text + "\n"
            data = document.encode()
            record.bytes += len(data)
            if digest:
                digest.update(data)
            yield document

    def _blocks_of_texts(self, texts: Iterator[str], name: str) -> Iterator[Block]:
        size = max(1, self._block_size // _BYTES_OF_HAN)
        if not self._converts:
            texts = conversion.pieces(texts, size, conversion.at_newline)
        if self._options.normalize == "nfkc":
            texts = conversion.nfkc(texts, size)
        if self._simplify:
            # The converter knows 馬, not its radical.
            texts = texts if self._options.normalize == "none" else map(conversion.unified, texts)
            texts = conversion.simplified(texts, size, self._simplify)
        for text in texts:
            try:
                data = text.encode()
            except UnicodeEncodeError:
                # Records are clean already, but few codecs (utf-7, unicode_escape) let halves through.
                data = without_halves(text, self._replace, self._losses, lambda: name).encode()
            yield Block(data, name, None)

    def _finish(self, record: InputRecord, digest: Digest | None) -> None:
        record.sha256 = digest.hexdigest() if digest else None
        self._bytes_done += record.bytes
        self._stored = None
        self.inputs.append(record)

    @property
    def _converts(self) -> bool:
        return self._options.normalize == "nfkc" or self._options.t2s

    @property
    def _replace(self) -> bool:
        return self._options.errors == "replace"


def _ended(texts: Iterator[str]) -> Iterator[str]:
    """The same, with a newline at the end if there is any text."""
    last = "\n"
    for text in texts:
        last = text[-1:] or last
        yield text
    if last != "\n":
        yield "\n"
