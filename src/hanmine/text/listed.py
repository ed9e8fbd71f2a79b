"""Lists that stand beside a text, such as dictionaries: --encoding and --errors are those of the text, not theirs."""

from __future__ import annotations

import shlex
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from hanmine.errors import DecodingError
from hanmine.text.lines import SentenceReader
from hanmine.text.options import TextOptions
from hanmine.text.reader import InputRecord


def listed_lines(path: str | PathLike, *, stdin: BinaryIO | None = None) -> tuple[list[str], list[InputRecord]]:
    """The lines of a list, whose encoding is found out ("-" is standard input), and what was read.

    Raises
    ------
    InputError : the file is missing or damaged.
    DecodingError : it is no text; the message says how the file is mended, as no option helps.
    """
    reader = SentenceReader(Path(path), TextOptions(input_format="text"), stdin=stdin)
    try:
        return list(reader), reader.inputs
    except DecodingError as error:
        file = "" if str(path) == "-" else f" {shlex.quote(str(path))}"
        cure = f"correct the file, or make it UTF-8: iconv -f ENCODING -t utf-8{file} > NEW"
        raise DecodingError(error.fault, cure) from error
