"""Link lists: `source target [weight]` a line, by numbers or by names, and tables of edges with a header.

A block of lines that are all alike is read by numpy. Whatever that does not take (comments amid the lines, lines with
and without weights, quotes, mistakes) is read line by line, which is slower and knows where a mistake is.

Nodes are known by non-negative integers where every token that names a node is a plain one (no sign, no leading zero:
000001 is a name); else all nodes are known by names, in order of appearance.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from hanmine.errors import InputError
from hanmine.formats.graphs.inputs import decoded, line_blocks, shown
from hanmine.formats.graphs.link_layout import Layout, layout_of, unread_header, weight_of

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.stored import StoredFile

LARGEST_NUMBER = (1 << 63) - 1
_INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]*)")
_NO_LINK = re.compile(rb"^[ \t\r\v\f]*(?:#[^\n]*)?\n", re.MULTILINE)
_BLANK = re.compile(rb"^[ \t\r\v\f]*\n", re.MULTILINE)
_NUMERIC = b"0123456789.eE+- \t\n,;"


class NotIntegersError(Exception):
    """A token that names a node is no plain integer."""


class BadNumberError(InputError):
    """An integer that cannot number a node; it may still be a name."""


@dataclass
class Links:
    """Links that are gathered block by block.

    Attributes
    ----------
    source, target, weight : arrays of the blocks.
    """

    source: list[np.ndarray] = field(default_factory=list)
    target: list[np.ndarray] = field(default_factory=list)
    weight: list[np.ndarray] = field(default_factory=list)

    def add(self, source: np.ndarray, target: np.ndarray, weight: np.ndarray) -> None:
        """One block."""
        self.source.append(source)
        self.target.append(target)
        self.weight.append(weight)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """int64, int64 and float64 [m]; the blocks are given up."""
        import numpy as np

        joined = []
        for blocks, dtype in ((self.source, np.int64), (self.target, np.int64), (self.weight, np.float64)):
            joined.append(np.concatenate([np.zeros(0, dtype), *blocks]))
            blocks.clear()
        return tuple(joined)


def read_link_lists(
    sources: Sequence[StoredFile],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str] | np.ndarray, bool | None]:
    """Source, target, weight and the nodes of one or several files: their names, or their numbers (int64, sorted); and
    whether the files say that links have a direction (None: they do not say).

    Raises
    ------
    InputError : wrong columns, a weight that is no number, negative or not finite, a node of a negative number, a
        header that is none, a bipartite network, links with and without direction.
    """
    layouts = [layout_of(source) for source in sources]
    try:
        links = numbered(*numbered_links(sources, layouts))
    except NotIntegersError:
        links = _named_links(sources, layouts)
        _check_first_line(*links, layouts[0])
    except BadNumberError:
        links = _named_links(sources, layouts)
        if all(_INTEGER.fullmatch(name.encode()) for name in links[3]):
            raise
    return *links, _direction(layouts)


def _check_first_line(
    source: np.ndarray, target: np.ndarray, weight: np.ndarray, names: list[str], layout: Layout
) -> None:
    """Refuse a list of numbers whose first line is a header that nothing tells to be one."""
    if not layout.bare or len(names) < 3 or source[0] == target[0]:
        return
    header, rest = names[:2], names[2:]
    met_again = bool((source[1:] < 2).any() or (target[1:] < 2).any())
    if not met_again and all(name[0].isalpha() or name[0] == "_" for name in header) and all(map(_plain, rest)):
        raise unread_header(layout, (header[0].encode(), header[1].encode()))


def _plain(name: str) -> bool:
    return _INTEGER.fullmatch(name.encode()) is not None


def _direction(layouts: Sequence[Layout]) -> bool | None:
    """Whether the files, of which none may contradict another, say that links have a direction."""
    said = {layout.direction(): layout.name for layout in layouts}
    if True in said and False in said:
        raise InputError(
            f"{said[True]}: its links have a direction, and those of {said[False]} have none: "
            "read one of them at a time"
        )
    return True if True in said else False if False in said else None


def numbered(
    source: np.ndarray, target: np.ndarray, weight: np.ndarray, declared: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The links with nodes numbered from 0, and the numbers that they had, sorted; `declared` are further nodes."""
    import numpy as np

    parts = [source, target] if declared is None else [source, target, declared]
    largest = max((int(part.max()) for part in parts if part.size), default=-1)
    if largest < 4 * sum(part.size for part in parts) + 1024:
        present = np.zeros(largest + 1, bool)
        for part in parts:
            present[part] = True
        ids = np.flatnonzero(present)
        if ids.size == largest + 1:
            return source, target, weight, ids
        place = np.cumsum(present, dtype=np.int64) - 1
        return place[source], place[target], weight, ids
    ids = np.unique(np.concatenate([np.unique(part) for part in parts]))
    return np.searchsorted(ids, source), np.searchsorted(ids, target), weight, ids


def _blocks(source: StoredFile, layout: Layout) -> Iterator[tuple[bytes, int]]:
    """The blocks of lines from the first link on."""
    for block, line in line_blocks(source):
        if line < layout.first:
            if line + block.count(b"\n") <= layout.first:
                continue
            block = block.split(b"\n", layout.first - line)[-1]
            line = layout.first
        if block:
            yield block, line


def numbered_links(
    sources: Sequence[StoredFile], layouts: Sequence[Layout]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source, target and weight of links between numbers.

    Raises
    ------
    NotIntegersError : a node is no plain integer. InputError : another mistake of a line.
    """
    links = Links()
    for source, layout in zip(sources, layouts, strict=True):
        for block, line in _blocks(source, layout):
            links.add(*(plain_links(block, layout) or _links_of_lines(block, line, layout)))
    return links.arrays()


def plain_links(block: bytes, layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The links between numbered nodes of a block in which all lines are alike; None if they are not."""
    import io

    import numpy as np

    block = _without_comments(block, layout)
    width = _width(block, layout)
    if not width or block.translate(None, _NUMERIC) or _has_zeros_or_signs(block):
        return None
    places = layout.columns or range(min(width, 3))
    kinds = [(str(place), np.int64 if place in places[:2] else np.float64) for place in range(width)]
    separator = None if layout.separator is None else layout.separator.decode()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an integer that is written as 1.0 is none
            table = np.loadtxt(io.StringIO(block.decode()), kinds, comments=None, delimiter=separator, ndmin=1)
    except (ValueError, Warning):
        return None
    weight = table[str(places[2])] if len(places) > 2 else np.ones(len(table))
    if not np.all((weight >= 0) & (weight < np.inf)):
        return None
    return table[str(places[0])].copy(), table[str(places[1])].copy(), weight.copy()


def _without_comments(block: bytes, layout: Layout) -> bytes:
    """The block without what is no link, if that is simple to tell."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if b"#" in block and layout.columns is None:
        block = _NO_LINK.sub(b"", block)
    return block


def _width(block: bytes, layout: Layout) -> int:
    """How many cells the lines of a block have if all have as many as the first one; 0 where they cannot be links."""
    if layout.columns:
        return layout.width
    width = len(block.lstrip().split(b"\n", 1)[0].split(layout.separator))
    return width if layout.least <= width <= layout.most else 0


def _has_zeros_or_signs(block: bytes) -> bool:
    """Whether a token begins with a sign, or with a zero before another digit."""
    import numpy as np

    data = np.frombuffer(b"\n" + block, np.uint8)
    begins = (data[:-1] <= ord(" ")) | (data[:-1] == ord(",")) | (data[:-1] == ord(";"))
    signs = (data[1:] == ord("+")) | (data[1:] == ord("-"))
    zeros = data[1:-1] == ord("0")
    digits = (data[2:] >= ord("0")) & (data[2:] <= ord("9"))
    return bool((begins & signs).any() or (begins[:-1] & zeros & digits).any())


@lru_cache(maxsize=8)
def _alike(separator: bytes | None, width: int) -> re.Pattern[bytes]:
    """What a block of lines of `width` cells looks like."""
    if separator is None:
        line = rb"[ \t]*+" + rb"[ \t]++".join([rb"\S++"] * width) + rb"[ \t]*+\n"
    else:
        line = separator.join([rb"[^\n" + separator + rb"]++"] * width) + rb"\n"
    return re.compile(rb"(?:" + line + rb")*+")


def _plain_names(block: bytes, layout: Layout) -> tuple[list[bytes], np.ndarray] | None:
    """Sources and targets by turns, and weights, of a block in which all lines are alike; None if they are not."""
    import numpy as np

    separator = layout.separator
    block = _without_comments(block, layout)
    width = _width(block, layout)
    if not width or (separator not in (None, b"\t") and b'"' in block):
        return None
    if not _alike(separator, width).fullmatch(block):
        block = _BLANK.sub(b"", block)
        if not _alike(separator, width).fullmatch(block):
            return None
    cells = block.split() if separator is None else block.replace(b"\n", separator).split(separator)[:-1]
    places = layout.columns or range(min(width, 3))
    lines = len(cells) // width
    ends = [b""] * (2 * lines)
    ends[0::2], ends[1::2] = cells[places[0] :: width], cells[places[1] :: width]
    if separator is not None and any(blank in block for blank in (b" ", b"\r", b"\v", b"\f")):
        ends = list(map(bytes.strip, ends))
    if layout.type is not None:
        layout.types.update(cell.strip().lower() for cell in set(cells[layout.type :: width]))
    weight = _weights(cells[places[2] :: width], b"_" in block) if len(places) > 2 else np.ones(lines)
    return None if weight is None or b"" in ends else (ends, weight)


def _weights(tokens: list[bytes], underscores: bool) -> np.ndarray | None:
    """float64; None where a token is no weight, or is spelled as Python alone does (1_000)."""
    import numpy as np

    try:
        weight = np.fromiter(map(float, tokens), np.float64, len(tokens))
    except ValueError:
        return None
    if (underscores and any(b"_" in token for token in tokens)) or not np.all((weight >= 0) & (weight < np.inf)):
        return None
    return weight


def _lines(block: bytes, first: int, layout: Layout) -> Iterator[tuple[int, list[bytes]]]:
    for number, line in enumerate(block.split(b"\n"), first):
        if line.strip() and (layout.columns is not None or not line.lstrip().startswith(b"#")):
            yield number, layout.fields(line, number)


def _links_of_lines(block: bytes, first: int, layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The links between numbered nodes, a line at a time."""
    source, target, weight = [], [], []
    for line, fields in _lines(block, first, layout):
        where = f"{layout.name}:{line}"
        source.append(node_number(fields[0], where))
        target.append(node_number(fields[1], where))
        weight.append(weight_of(fields[2], where) if len(fields) > 2 else 1.0)
    return _arrays(source, target, weight)


def _arrays(source: list[int], target: list[int], weight: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    return np.array(source, np.int64), np.array(target, np.int64), np.array(weight, np.float64)


def node_number(token: bytes, where: str) -> int:
    """The number of a node.

    Raises
    ------
    NotIntegersError : it is no integer.
    BadNumberError : it is negative or too large.
    """
    if not _INTEGER.fullmatch(token):
        raise NotIntegersError(f"{where}: {shown(token)} is no plain number")
    if token.startswith(b"-"):
        raise BadNumberError(f"{where}: the node {shown(token)} is negative: number nodes from 0 or 1")
    if len(token) > 19 or int(token) > LARGEST_NUMBER:
        raise BadNumberError(f"{where}: the node {shown(token)} is above {LARGEST_NUMBER}: give it a smaller number")
    return int(token)


class _Index(dict):
    """Names with their numbers; a new name gets the next one."""

    def __missing__(self, name: bytes) -> int:
        self[name] = number = len(self)
        return number


def _named_links(
    sources: Sequence[StoredFile], layouts: Sequence[Layout]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    import numpy as np

    index = _Index()
    links = Links()
    for source, layout in zip(sources, layouts, strict=True):
        for block, line in _blocks(source, layout):
            decoded(block, layout.name, line)
            ends, weight = _plain_names(block, layout) or _names_of_lines(block, line, layout)
            numbers = np.fromiter(map(index.__getitem__, ends), np.int64, len(ends))
            links.add(numbers[0::2].copy(), numbers[1::2].copy(), weight)
    return *links.arrays(), [name.decode("utf-8") for name in index]


def _names_of_lines(block: bytes, first: int, layout: Layout) -> tuple[list[bytes], np.ndarray]:
    """The same, a line at a time."""
    import numpy as np

    ends, weight = [], []
    for line, fields in _lines(block, first, layout):
        ends += fields[:2]
        weight.append(weight_of(fields[2], f"{layout.name}:{line}") if len(fields) > 2 else 1.0)
    return ends, np.array(weight, np.float64)
