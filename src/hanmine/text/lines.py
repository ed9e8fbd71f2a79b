"""Sentences: one str for each line of a text or record of a table, verbatim, in order.

The blocks of `hanmine.text.reader` are for counting and do not keep where a record ends; here every line and record
counts, empty ones too, so that what is computed of the n-th sentence stands in the n-th row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from hanmine.errors import UsageError
from hanmine.text.bytestream import ByteStream, StoredBytes
from hanmine.text.decompress import LONGEST_MAGIC, compression_of, decompressed
from hanmine.text.encoding import SAMPLE_SIZE, codec_name, encoding_of
from hanmine.text.json_records import Cursor, FieldTexts, json_lines, records_of, type_name
from hanmine.text.long_lines import cut_long, pieces_of_lines
from hanmine.text.options import TextOptions
from hanmine.text.reader import InputRecord
from hanmine.text.records import Field, delimited_texts
from hanmine.text.sniff import format_of
from hanmine.text.sources import Source, corpus_sources, opened
from hanmine.text.transcode import Losses, decoded, without_halves

_CHUNK = 1 << 20  # bytes


class SentenceReader:
    r"""The sentences of files, to be iterated once.

    Of a text: its lines, without their ends (\n or \r\n); the last one needs no end. Of a table (csv, tsv, jsonl,
    json): the field `column` of each record, newlines inside kept; null and a missing field are empty sentences, and so
    is, with errors="replace", a record that cannot be read. A byte order mark is dropped, nothing else is changed.

    Parameters
    ----------
    corpus : path or paths, see `hanmine.text.sources.corpus_sources`.
    options : encoding, errors, input_format, column and recursive are used.
    hash_inputs : compute SHA-256 of the stored bytes while reading.
    stdin : a binary file to read for "-" instead of the process's standard input.

    Attributes
    ----------
    total_bytes : stored bytes of all sources; None unless all are regular files.
    inputs : an `InputRecord` for each source that was read to its end.
    without_text : records so far whose field was missing, null, or replaced.

    Raises
    ------
    InputError, DecodingError, UsageError : as `TextReader` does; also for a record whose field holds several texts.
    """

    def __init__(
        self, corpus: Any, options: TextOptions, *, hash_inputs: bool = False, stdin: BinaryIO | None = None
    ) -> None:
        if options.column is not None and options.input_format == "text":
            raise UsageError("--column needs records, not --input-format text: pass csv, tsv, jsonl or json")
        if options.encoding != "auto":
            codec_name(options.encoding)
        self._options = options
        self._hash_inputs = hash_inputs
        self._stdin = stdin
        self._sources = corpus_sources(corpus, options.recursive)
        self._losses = Losses()
        self._stored: StoredBytes | None = None
        self._bytes_done = 0
        self.without_text = 0
        sizes = [source.size for source in self._sources]
        self.total_bytes = None if None in sizes else sum(size or 0 for size in sizes)
        self.inputs: list[InputRecord] = []

    @property
    def bytes_read(self) -> int:
        """Stored bytes read so far."""
        return self._bytes_done + (self._stored.count if self._stored else 0)

    def messages(self) -> list[str]:
        """What a user should know about how the sentences were read."""
        lines = []
        if self._losses.count:
            places, were = ("places", "were") if self._losses.count > 1 else ("place", "was")
            lines.append(f"{self._losses.count:,} {places} could not be read and {were} replaced (--errors replace)")
        if self.without_text:
            records = "records have" if self.without_text > 1 else "record has"
            lines.append(f"{self.without_text:,} {records} no text in the column: read as empty sentences")
        return lines

    def __iter__(self) -> Iterator[str]:
        for sentence, _ in self._pieces(None):
            yield sentence

    def pieces(self, most: int) -> Iterator[tuple[str, bool]]:
        """The same sentences in pieces of at most `most` characters (see `hanmine.text.long_lines`), each with whether
        the next one goes on with its sentence. A line of a text is never held whole, but a field of a table is.
        """
        return self._pieces(most)

    def _pieces(self, most: int | None) -> Iterator[tuple[str, bool]]:
        for source in self._sources:
            with opened(source, self._stdin) as raw:
                yield from self._of_source(source, raw, most)

    def _of_source(self, source: Source, raw: BinaryIO, most: int | None) -> Iterator[tuple[str, bool]]:
        digest = hashlib.sha256() if self._hash_inputs else None
        self._stored = StoredBytes(raw, source.name, digest)
        stream = ByteStream(self._stored.chunks(_CHUNK))
        compression = compression_of(stream.peek(LONGEST_MAGIC))
        if compression:
            stream = ByteStream(decompressed(stream, compression, source.name, _CHUNK))
        sample = stream.peek(SAMPLE_SIZE)
        encoding, mark = encoding_of(sample, self._options.encoding, source.name)
        input_format = self._options.input_format
        if input_format == "auto":
            text = sample[mark:].decode(encoding, "replace")
            input_format = format_of(source.path, text, len(sample) < SAMPLE_SIZE, self._options.column, source.name)
        stream.read(mark)
        texts = decoded(stream.chunks(), encoding, self._options.errors, source.name, mark, self._losses)
        replace = self._options.errors == "replace"
        field = _AlignedField(source.name, input_format, self._options.column, replace, self._losses)
        for piece, continued in _pieces_of_format(input_format, texts, field, most):
            yield without_halves(piece, replace, self._losses, lambda: source.name), continued
        self.without_text += field.without_text
        self._bytes_done += self._stored.count
        name = digest.hexdigest() if digest else None
        self.inputs.append(InputRecord(source.name, self._stored.count, name, encoding, compression, input_format))
        self._stored = None


class _AlignedField(Field):
    """A field of which every record gives a sentence: one that is left out is owed an empty one."""

    owed = 0
    without_text = 0

    def reject(self, where: str, what: str, cure: str) -> None:
        super().reject(where, what, cure)
        self.owed += 1

    def settle(self) -> Iterator[str]:
        """Empty sentences for the records left out since the last call."""
        for _ in range(self.owed):
            yield ""
        self.without_text += self.owed
        self.owed = 0


def _lines_of_text(texts: Iterator[str], _: Field) -> Iterator[str]:
    parts: list[str] = []
    for text in texts:
        first, *others = text.split("\n")
        parts.append(first)
        if others:
            yield "".join(parts).removesuffix("\r")
            for line in others[:-1]:
                yield line.removesuffix("\r")
            parts = [others[-1]]
    if last := "".join(parts):
        yield last.removesuffix("\r")


def _cells(texts: Iterator[str], field: _AlignedField) -> Iterator[str]:
    for cell in delimited_texts(texts, field):
        yield from field.settle()
        yield cell[:-1]
    yield from field.settle()


def _json_lines(texts: Iterator[str], field: _AlignedField) -> Iterator[str]:
    number = 0

    def where() -> str:
        return f"line {number}"

    of_record = _TextOfRecord(field, where)
    for number, record, _ in json_lines(texts, field):  # noqa: B007 (where names it)
        yield from field.settle()
        yield from of_record(record)
        yield from field.settle()
    yield from field.settle()
    of_record.finish()


def _json_values(texts: Iterator[str], field: _AlignedField) -> Iterator[str]:
    cursor = Cursor(texts, field.name)
    number = 0

    def where() -> str:
        return f"record {number} (line {cursor.line})"

    of_record = _TextOfRecord(field, where)
    for record in records_of(cursor):
        number += 1
        yield from [record] if type(record) is str and field.column is None else of_record(record)
        yield from field.settle()
    of_record.finish()


class _TextOfRecord:
    """The one text of a JSON record: nothing where the field was rejected, empty where there is none."""

    def __init__(self, field: _AlignedField, where: Callable[[], str]) -> None:
        self._field, self._where = field, where
        self._texts = FieldTexts(field)
        self.finish = self._texts.finish

    def __call__(self, record: Any) -> Iterator[str]:
        field = self._field
        if type(record) is not dict:
            field.reject(self._where(), f" is {type_name(record)}, not an object", "make it an object")
            return
        found = list(self._texts.of(record, self._where, escapes=True))
        if len(found) == 1 and not field.owed:
            yield found[0][:-1]
        elif found:
            what = f", column {field.column!r}: holds {len(found) + field.owed} values, not one"
            field.owed = 0
            field.reject(self._where(), what, "pass another --column")
        elif not field.owed:
            field.owed = 1  # null, or no such field


def _pieces_of_format(
    input_format: str, texts: Iterator[str], field: _AlignedField, most: int | None
) -> Iterator[tuple[str, bool]]:
    """Whole sentences, or pieces where there is a limit."""
    if most is not None and input_format == "text":
        yield from pieces_of_lines(texts, most)
        return
    for sentence in _OF_FORMAT[input_format](texts, field):
        *pieces, last = [sentence] if most is None else cut_long(sentence, most)
        for piece in pieces:
            yield piece, True
        yield last, False


_OF_FORMAT: dict[str, Callable[[Iterator[str], Any], Iterator[str]]] = {
    "text": _lines_of_text,
    "csv": _cells,
    "tsv": _cells,
    "jsonl": _json_lines,
    "json": _json_values,
}
