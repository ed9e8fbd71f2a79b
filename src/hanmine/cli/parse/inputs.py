"""What `mine parse` reads: lines of text, or the sentences of CoNLL-U."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.cli.parse.options import ParseInput
from hanmine.errors import UsageError
from hanmine.text.options import TextOptions

if TYPE_CHECKING:
    from hanmine.text.lines import SentenceReader
    from hanmine.text.reader import InputRecord

_CONLLU_FILE = re.compile(r"\.conll(u|\.u)?(\.(gz|bz2|xz|zst))?$", re.IGNORECASE)
_CONLLU_LINE = re.compile(r"#\s*(sent_id|text|newdoc|newpar|global\.columns)\b|1(-[0-9]+)?\t([^\t]*\t){8}[^\t]*$")


class ParseLines:
    """The lines of all files, or their sentences where they are CoNLL-U.

    Attributes
    ----------
    conllu : whether they are CoNLL-U: by --input-format, by the name of the first file, or by its first line.
    records : what was read so far.
    """

    def __init__(
        self, paths: list[Path], given: ParseInput, *, words: str | None, hash_inputs: bool, stdin: Any
    ) -> None:
        self._settings = asdict(given)
        self._hash_inputs, self._stdin = hash_inputs, stdin
        self._readers: list[SentenceReader] = []
        conllu = given.input_format == "conllu" or (
            given.input_format == "auto" and given.column is None and bool(_CONLLU_FILE.search(str(paths[0])))
        )
        if conllu and given.column is not None:
            raise UsageError("--column needs records, not CoNLL-U: pass --input-format csv, tsv, jsonl or json")
        if conllu or given.input_format != "auto" or given.column is not None:
            self._lines: Iterator[str] = iter(())
            self._paths = paths
        else:
            self._lines = iter(self._reader(paths, "auto"))
            first: list[str] = []
            for line in self._lines:
                first.append(line)
                if line.strip():
                    break
            conllu = bool(first) and bool(_CONLLU_LINE.match(first[-1].lstrip("\ufeff")))
            self._lines = chain(first, self._lines)
            self._paths = []
        self.conllu = conllu
        self._words = words

    @property
    def records(self) -> list[InputRecord]:
        return [record for reader in self._readers for record in reader.inputs]

    def messages(self) -> list[str]:
        """What a user should know about how the lines were read."""
        return [message for reader in self._readers for message in reader.messages()]

    def __iter__(self) -> Iterator[Any]:
        """Lines; of CoNLL-U sentences with their words, or only their text where words are to be found anew."""
        if not self.conllu:
            return chain(self._lines, self._reader(self._paths, self._settings["input_format"]) if self._paths else ())
        return self._of_conllu()

    def _of_conllu(self) -> Iterator[Any]:
        from hanmine.formats.trees import read_conllu
        from hanmine.parsing import Sentence

        if not self._paths:
            files: list[tuple[str, Any]] = [("the input", self._lines)]
        else:
            files = [(name, self._reader([Path(name)], "text")) for name in self._names()]
        for name, lines in files:
            for found in read_conllu(lines, "<stdin>" if name == "-" else name):
                if self._words in (None, "given"):
                    yield Sentence(found.id, tuple(found.words), tuple(found.space_after), found.root)
                else:
                    yield found.text

    def _names(self) -> list[str]:
        """Each file by itself, so that numbers of lines are those of the file."""
        from hanmine.text.sources import corpus_sources

        sources = corpus_sources(self._paths, self._settings["recursive"])
        return ["-" if source.path is None else str(source.path) for source in sources]

    def _reader(self, paths: list[Any], input_format: str) -> SentenceReader:
        from hanmine.text.lines import SentenceReader

        options = TextOptions(**(self._settings | {"input_format": input_format}))
        reader = SentenceReader(paths, options, hash_inputs=self._hash_inputs, stdin=self._stdin)
        self._readers.append(reader)
        return reader
