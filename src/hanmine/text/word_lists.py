r"""Lists of words in files: the one reader of dictionaries, vocabularies, word lists and lists of names.

What a file is, its extension says, else its content:

json, jsonl   an array, or lines, of strings or of objects with one of the keys `WORD_COLUMNS`
tsv, csv      a table: the column that the header calls by one of these names, or the first column where there is no
              header. A file without the extension is a tsv if its first line holds a tab, and a csv if its first line
              is such a header, or if each of its lines holds a comma, and not those of numbers (1,000) alone
anything else a word a line, perhaps with frequency and tag of the part of speech behind it, as dictionaries of jieba
              and HanLP have them (`Color OS 2000 n`). Where nothing of that kind stands there, the word ends before the
              first blank without Latin letters or digits on both sides. In a file `.words` each line is a word as it is

--encoding and --errors are those of the text beside a list, not the list's: its encoding is found out.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from hanmine.errors import DecodingError, InputError, UsageError
from hanmine.text.lines import SentenceReader
from hanmine.text.options import TextOptions
from hanmine.text.reader import InputRecord
from hanmine.text.records import rows_of, unescaped
from hanmine.text.sniff import format_of
from hanmine.text.sources import TextsInMemory, corpus_sources, is_frame, missing_message

WORD_COLUMNS = ("word", "ngram", "name")
"""What the tables of our commands call the column of words, the first of them that a header has."""
_TAGS = (
    "a ad ag al an b bg bl c cc d dg df dl e eng f g gb gc gg gi gm gp h i j jn k l m mg mq n nb nf ng nh ni nic "
    "nis nit nl nm nmc nn nr nrf nrfg nrj nrt ns nsf nt nth nts ntu nx nz o p pba pbei q qg qt qv r rg rr ry rz s t "
    "tg u ud ug uj ul uv uz v vd vf vg vi vl vn vq vshi vx vyou w wb wd wf wh wj wky wkz wm wn wp ws wt ww wyy wyz "
    "x xe xs xu y yg z zg"
)
_TAG = re.compile("(?:" + "|".join(sorted(_TAGS.split(), key=len, reverse=True)) + ")")
_FIELDS = re.compile(rf"(?<=\S)(?:(?:\s+[0-9]+)?(?:\s+{_TAG.pattern})?|(?:\s+{_TAG.pattern}\s+[0-9]+)+)\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|inf|nan)?")
_PARTING_BLANK = re.compile(r"\t|(?<![0-9A-Za-zÀ-ɏ.+#&'\s-])\s|(?<!\s)\s+(?![0-9A-Za-zÀ-ɏ\s])")
_PARTING_COMMA = re.compile(r",(?![0-9]{3}(?![0-9]))|(?<![0-9]),")
_COMPRESSIONS = {".gz", ".bz2", ".xz", ".zst"}
_SHOWN = 3
_LONGEST_FIELDS = 200  # characters of frequencies and tags
_WORD_AND_NUMBERS = re.compile(r"[^;]*[^;\s\d.][^;]*(;\s*\d[\d.]*)+")
_SAMPLE = 200  # lines that tell JSON from other text


@dataclass
class WordList:
    """Words as a list has them.

    Attributes
    ----------
    words : different, not empty, in the order of the list.
    inputs : what was read, for a summary.
    messages : lines that a user should see.
    """

    words: list[str]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def read_words(source: Any, *, rows: int | None = None, needed: bool = True, stdin: BinaryIO | None = None) -> WordList:
    """The words of a file, a pattern of files or "-" (standard input), or of an iterable of strings.

    Words that are repeated stand where they first stood, and empty ones are left out; messages say so.

    rows : take the first so many words. needed : refuse a list without any.

    Raises
    ------
    InputError : the file is missing, damaged, or holds no words, if any are needed. DecodingError : it is no text; the
        message says how the file is mended, as no option helps.
    """
    name, inputs, given, missing = "the words", [], [], 0
    if isinstance(source, str | PathLike):
        name = str(source)
        for lines, record in _files(source, TextOptions(input_format="text"), stdin):
            given += words_of(lines, record.name)
            inputs.append(asdict(record))
            name = inputs[0]["name"]
    else:
        texts = TextsInMemory(_words_of_table(source))
        given = list(texts)
        missing = texts.missing
    stripped = [word.strip() for word in given]
    kept = [word for word in stripped if word]
    words = list(dict.fromkeys(kept))
    messages = [f"{name}: {missing_message(missing)}"] if missing else []
    if len(kept) < len(given):
        messages.append(f"{name}: {len(given) - len(kept):,} empty words were left out")
    if len(words) < len(kept):
        messages.append(f"{name}: {_repeated(kept)} more than once: the first place of each counts")
    if needed and not words:
        raise InputError(f"{name}: holds no words: pass a list of them, such as mine newwords writes")
    return WordList(words[:rows], inputs, messages)


def read_names(source: str | PathLike, *, encoding: str = "auto", stdin: BinaryIO | None = None) -> WordList:
    """A name for each row: the words of a table (with a header) or of JSON, else each line as it stands. Names may be
    repeated.

    Raises
    ------
    InputError : the file is missing or damaged, or a name is empty.
    """
    names, inputs = [], []
    for lines, record in _files(source, TextOptions(encoding=encoding, input_format="text"), stdin):
        table = _table(lines, record.name, header=True)
        found = lines if table is None else list(table)
        for number, name in enumerate(found, 1):
            if not name.strip():
                where = f"line {number}" if table is None else f"word {number}"
                raise InputError(f"{record.name}: {where} is empty: give each row a name")
        names += found
        inputs.append(asdict(record))
    return WordList(names, inputs, messages_of_names(names))


def words_of(lines: Sequence[str], name: str) -> list[str]:
    """The words of a list in its order, empty and repeated ones too.

    lines : without their ends. name : of the file, whose extension counts, and which errors name.

    Raises
    ------
    InputError : JSON that is none, or objects without a word; a table whose quotation marks are wrong.
    """
    if _is_plain(name):
        return [line for line in lines if line.strip()]
    table = _table(lines, name)
    if table is not None:
        return list(table)
    kept = [line.strip() for line in lines if line.strip()]
    if kept[:1] == [WORD_COLUMNS[0]]:
        del kept[0]
    return [_first_field(line) for line in kept]


def is_list(lines: Iterable[str], name: str) -> bool:
    """Whether lines are those of a table of words or of a dictionary, and not of a text whose words are parted by
    blanks: a header or JSON tells, or nothing but numbers and tags behind the first word of each line."""
    lines = [line for line in lines if line.strip()]
    first = lines[0] if lines else ""
    format = format_of(name, "\n".join(lines[:_SAMPLE]), len(lines) <= _SAMPLE, None, name)
    if format == "jsonl":
        return any(f'"{column}":' in first for column in WORD_COLUMNS)
    if format != "text" or _is_plain(name):
        return True
    for separator, format in (("\t", "tsv"), (",", "csv")):
        if separator in first and _has_header(_first_row(first, format)):
            return True
    told = False
    for line in lines:
        _, *fields = re.split(r"[\t,]| +", line.strip())
        if not all(map(_is_field, fields)):
            return False
        told = told or bool(fields)
    return told


def messages_of_names(names: Sequence[str]) -> list[str]:
    """What a user should know of names of which some are the same."""
    if len(set(names)) == len(names):
        return []
    return [f"{_repeated(names)} more than once as names: rows tell them apart"]


def _files(
    source: str | PathLike, options: TextOptions, stdin: BinaryIO | None
) -> Iterator[tuple[list[str], InputRecord]]:
    """The lines of each file that a path or pattern names."""
    names = [Path(one.path) if one.path else Path("-") for one in corpus_sources([Path(source)])]
    for name in names:
        reader = SentenceReader(name, options, stdin=stdin)
        try:
            lines = list(reader)
        except DecodingError as error:
            file = "" if str(name) == "-" else f" {shlex.quote(str(name))}"
            cure = f"correct the file, or make it UTF-8: iconv -f ENCODING -t utf-8{file} > NEW"
            raise DecodingError(error.fault, cure) from error
        yield lines, reader.inputs[0]


def _is_plain(name: str) -> bool:
    """Whether a file calls itself a list of nothing but words."""
    pure = PurePath(name)
    return (pure.with_suffix("") if pure.suffix in _COMPRESSIONS else pure).suffix == ".words"


def _table(lines: Sequence[str], name: str, *, header: bool = False) -> Iterable[str] | None:
    """The words of a table or of JSON; None for anything else. With `header`, a table without one is none."""
    first = next((line for line in lines if line.strip()), "")
    format = format_of(name, "\n".join(lines[:_SAMPLE]), len(lines) <= _SAMPLE, None, name)
    if format == "json":
        return _of_json(lines, name)
    if format == "jsonl":
        return _of_json_lines(lines, name)
    if format == "text" and "\t" in first:
        format = "tsv"
    elif format == "text" and "," in first and (_has_header(_first_row(first, "csv")) or _is_csv(lines)):
        format = "csv"
    separator = None
    if format in ("text", "csv") and _is_parted_by_semicolons(first, lines, format):
        format, separator = "csv", ";"
    if format == "text" or (header and not _has_header(_first_row(first, format, separator))):
        return None
    return _column(rows_of((line + "\n" for line in lines), format, name, separator=separator), format)


def _is_parted_by_semicolons(first: str, lines: Iterable[str], format: str) -> bool:
    """Whether this is CSV as spreadsheets of some countries write it: by name, by header, or words and numbers."""
    if ";" not in first or "," in first or "\t" in first:
        return False
    if format == "csv" or _has_header(_first_row(first, "csv", ";")):
        return True
    return all(_WORD_AND_NUMBERS.fullmatch(line.strip()) for line in lines if line.strip())


def _words_of_table(source: Any) -> Any:
    """The column of words of what `discover_words` returns, or of a DataFrame; anything else as it is."""
    columns = list(source) if isinstance(source, Mapping) else None
    if is_frame(source):
        columns = [*(source.column_names if hasattr(source, "num_columns") else source.columns)]
    if columns is None:
        return source
    named = next((column for column in WORD_COLUMNS if column in columns), columns[0] if len(columns) == 1 else None)
    if named is None:
        raise UsageError(f"a table with the columns {', '.join(map(str, columns))}: pass the one with the words")
    return source[named]


def _is_csv(lines: Iterable[str]) -> bool:
    """Whether each line holds a comma, not within numbers alone, and the lines are not those of a dictionary."""
    kept = [line.strip() for line in lines if line.strip()]
    if not all("," in line for line in kept) or all(_fields(line)[0] for line in kept):
        return False
    return any(_PARTING_COMMA.search(line) for line in kept)


def _first_row(line: str, format: str, separator: str | None = None) -> list[str]:
    try:
        return next((row for _, row in rows_of([line + "\n"], format, "", separator=separator)), [])
    except InputError:
        return []  # a quotation mark that is closed further on: no header


def _has_header(row: Sequence[str]) -> bool:
    return any(column in row for column in WORD_COLUMNS) and not any(cell and _NUMBER.fullmatch(cell) for cell in row)


def _column(rows: Iterator[tuple[int, list[str]]], format: str) -> Iterator[str]:
    """The column that the header calls so, else the first one of all rows."""
    index = 0
    for number, (_, row) in enumerate(rows):
        if number == 0 and _has_header(row):
            index = next(row.index(column) for column in WORD_COLUMNS if column in row)
            continue
        cell = row[index] if len(row) > index else ""
        if format == "csv":
            yield unescaped(cell)
        else:  # a row of one cell is a line of a dictionary
            yield _first_field(cell.strip()) if len(row) == 1 else cell


def _first_field(line: str) -> str:
    """The word of a line of a dictionary, without what stands behind it."""
    fields = _fields(line)
    if fields[0]:
        return line[: fields.start()]
    blank = _PARTING_BLANK.search(line)
    return line[: blank.start()] if blank else line


def _fields(line: str) -> re.Match[str]:
    """What stands behind the word of a line of a dictionary; looked for near the end, as lines may be of any length."""
    return _FIELDS.search(line, max(len(line) - _LONGEST_FIELDS, 0))


def _is_field(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None or _TAG.fullmatch(text) is not None


def _of_json(lines: Sequence[str], name: str) -> Iterator[str]:
    try:
        items = json.loads("\n".join(lines))
    except json.JSONDecodeError as error:
        raise InputError(f"{name}:{error.lineno}: is no JSON ({error.msg}): correct the file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is no JSON ({error}): correct the file") from error
    if not isinstance(items, list):
        raise InputError(f'{name}: is no array: write the words as ["…", "…"]')
    return (_word_of(item, f"{name}: item {number}") for number, item in enumerate(items, 1))


def _of_json_lines(lines: Sequence[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else error
            raise InputError(f"{name}:{number}: is no JSON ({reason}): correct the line") from error
        yield _word_of(item, f"{name}:{number}")


def _word_of(item: object, where: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict):
        for column in WORD_COLUMNS:
            if isinstance(item.get(column), str):
                return item[column]
    raise InputError(f'{where}: has no key "{WORD_COLUMNS[0]}": write objects as {{"{WORD_COLUMNS[0]}": ...}}')


def _repeated(words: Sequence[str]) -> str:
    """Such as "2 words (a, b) stand"."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for word in words:
        if word in seen:
            twice[word] = None
        seen.add(word)
    shown = ", ".join("".join(c if c.isprintable() else "?" for c in word[:20]) for word in list(twice)[:_SHOWN])
    if len(twice) > _SHOWN:
        shown += ", …"
    return f"1 word ({shown}) stands" if len(twice) == 1 else f"{len(twice):,} words ({shown}) stand"
