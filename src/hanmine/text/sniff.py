"""What an input is: its format, by its extension or else by its first characters; whether its characters are parted."""

from __future__ import annotations

import json
import re
from pathlib import PurePath

from hanmine.errors import UsageError

_COMPRESSIONS = {".gz", ".bz2", ".xz", ".zst"}
_EXTENSIONS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
# An array of objects or of strings; [哈哈] and [1] begin plain text.
_JSON_ARRAY = re.compile(r'\[\s*(\{\s*["}]|")')
# A hanzi beside a blank and not beside another hanzi. Tabs and ends of lines do not count: lists have those.
_HAN = "[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_BLANK = "[ \xa0\u2000-\u200a\u202f\u205f\u3000]"
_PARTED = f"(?<!{_HAN}){_HAN}(?={_BLANK})|(?<={_BLANK}){_HAN}(?!{_HAN})"
# Of text cut into words about a fifth of the hanzi stand alone, of text as people write it hardly any.
_MOSTLY, _ENOUGH = 0.6, 20
_JSON_OBJECT = re.compile(r'\{\s*["}]')


def format_of(path: str | None, sample: str, complete: bool, column: str | None, name: str) -> str:
    """The format of a source whose format was not said.

    Parameters
    ----------
    path : of the file; None if it has none. sample : its first characters.
    complete : whether they are all of it. column : the field asked for, if any.
    name : of the source, for messages.

    Raises
    ------
    UsageError : a column is asked for, and the input does not look as if it had any.
    """
    by_extension = _extension_format(path) if path is not None else None
    if by_extension:
        return by_extension
    by_content = _json_format(sample.lstrip(), complete)
    if by_content:
        return by_content
    if column is None or not sample.strip():
        return "text"
    header = sample.lstrip("\r\n").partition("\n")[0]
    if "\t" in header:
        return "tsv"
    if "," in header or header.strip().strip('"') == column:
        return "csv"
    raise UsageError(f"{name}: --column {column!r}, but no csv, tsv, jsonl or json was recognized: pass --input-format")


def are_parted(text: str) -> bool:
    """Whether the hanzi of a text stand one by one between blanks, as OCR leaves them and some benchmarks have them."""
    han = len(re.findall(_HAN, text))
    return han >= _ENOUGH and len(re.findall(_PARTED, text)) >= _MOSTLY * han


def _extension_format(path: str) -> str | None:
    pure = PurePath(path.lower())
    if pure.suffix in _COMPRESSIONS:
        pure = pure.with_suffix("")
    return _EXTENSIONS.get(pure.suffix)


def _json_format(text: str, complete: bool) -> str | None:
    """ "jsonl", "json" or None for text that begins with its first character that is no space."""
    if _JSON_OBJECT.match(text):
        line, newline, _ = text.partition("\n")
        if newline or complete:
            try:
                json.loads(line)
                return "jsonl"
            except (ValueError, RecursionError):
                pass
        return "json" if _begins_value(text, 0, complete) else None
    if match := _JSON_ARRAY.match(text):
        first = match.start(1)
        return "json" if _begins_value(text, first, complete) else None
    return None


def _begins_value(text: str, start: int, complete: bool) -> bool:
    """Whether a JSON value stands at `start`, as far as the sample goes."""
    try:
        json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError as error:
        cut_off = error.pos >= len(text) - 16 or error.msg.startswith("Unterminated string")
        return cut_off and not complete
    except RecursionError:
        return False
    return True
