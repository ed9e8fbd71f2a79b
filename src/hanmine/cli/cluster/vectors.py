"""`mine cluster` of vectors: names and sentences joined to rows, the graph of neighbours, its modules."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hanmine.cli.cluster.found import Found, counted
from hanmine.cli.cluster.theme_options import vector_keywords
from hanmine.cli.options import text_errors
from hanmine.errors import InputError

if TYPE_CHECKING:
    from hanmine.cli.cluster.request import Request
    from hanmine.cli.cluster.theme_options import TextGroup
    from hanmine.formats.vectors import VectorFiles
    from hanmine.progress import Progress


def cluster_rows(request: Request, progress: Progress) -> Found:
    """Read vectors and what goes with them, and cluster the graph of their neighbours.

    Raises
    ------
    UsageError : options without sense. InputError : a file that is damaged, or has not as many rows.
    """
    from hanmine.cli.cluster.modules_output import check_picture
    from hanmine.formats.vectors import open_vectors
    from hanmine.graphs.knn import PRESET_ROWS
    from hanmine.graphs.themes import neighbour_clustering

    group, text, rows, stdin = request.vectors, request.text, request.rows, request.stdin
    keywords = vector_keywords(group, rows) | request.clustered
    reading: dict[str, Any] = {"tmpdir": request.resources.tmpdir, "stdin": stdin}
    progress.phase("read")
    wanted = rows if rows is not None or group.preset is None else PRESET_ROWS
    with open_vectors(
        [str(path) for path in request.paths],
        array=group.array,
        first=wanted,
        errors=text.errors,
        progress=progress,
        **reading,
    ) as vectors:
        count = vectors.shape[0] if wanted is None else min(wanted, vectors.shape[0])
        beside = _BesideVectors(vectors, count, text, stdin)
        names = beside.names(group.names)
        sentences = beside.sentences(request.label.text)
        check_picture(request.label.plot)
        start = None
        if request.search.cluster_data is not None:
            from hanmine.formats.graphs import read_partition

            called = sentences if names is None else names
            start = read_partition(request.search.cluster_data, ids=range(count), names=called, **reading)
        result, _ = neighbour_clustering(vectors, names=names, start=start, progress=progress, **keywords)
    messages = [
        *vectors.messages,
        *beside.messages,
        *result.summary["messages"],
        _chosen(result.summary["graph"], result.summary["modules"]),
    ]
    label = request.label.label
    return Found(
        result, request.command, beside.inputs, by_row=True, sentences=sentences, label=label, messages=messages
    )


class _BesideVectors:
    """What goes with the rows of vectors: names and sentences out of other files.

    Parameters
    ----------
    count : of the rows that are used, from the first one.
    text : how the other files are read.

    Attributes
    ----------
    inputs : what was read, the vectors too. messages : what a user should know of it.
    """

    def __init__(self, vectors: VectorFiles, count: int, text: TextGroup, stdin: BinaryIO | None) -> None:
        self._vectors, self._count, self._text, self._stdin = vectors, count, text, stdin
        self.inputs: list[dict[str, Any]] = list(vectors.inputs)
        self.messages: list[str] = []

    def names(self, path: Path | None) -> list[str] | None:
        """A name for each row that is used: those of the file, else those that the vectors have.

        Raises
        ------
        InputError : there are not as many as rows.
        """
        from hanmine.text.word_lists import messages_of_names, read_names

        if path is None:
            own = self._vectors.names
            names = None if own is None else own[: self._count]
            self.messages += [] if names is None else messages_of_names(names)
            return names
        found = read_names(path, encoding=self._text.encoding, stdin=self._stdin)
        self._check(f"{path}: has {len(found.words):,} names", len(found.words), "a name for each row")
        self.inputs += found.inputs
        self.messages += found.messages
        return found.words[: self._count]

    def sentences(self, path: str | None) -> list[str] | None:
        """The sentence of each row that is used; None without a file.

        Raises
        ------
        InputError : there are not as many as rows.
        """
        if path is None:
            return None
        from hanmine.text.lines import SentenceReader
        from hanmine.text.options import TextOptions

        text = self._text
        options = TextOptions(encoding=text.encoding, errors=text_errors(text.errors), column=text.column)
        reader = SentenceReader(Path(path), options, stdin=self._stdin)
        sentences = list(reader)
        self.inputs += [asdict(record) for record in reader.inputs]
        self.messages += reader.messages()
        self._check(f"{path}: has {len(sentences):,} lines", len(sentences), "the text that was encoded")
        return sentences[: self._count]

    def _check(self, what: str, found: int, wanted: str) -> None:
        """Raise unless there are as many as rows, of all or of those that are used."""
        count, total = self._count, self._vectors.total
        if found != count and found != total and (total is not None or found < count):
            called = ", ".join(described["name"] for described in self._vectors.inputs)
            raise InputError(f"{what}, and {called} {total or count:,} rows: pass {wanted}")


def _chosen(facts: dict[str, Any], modules: int) -> str:
    """How the graph came about, in a line."""
    vectors = f"{counted(facts['rows'], 'row')} of {facts['dimensions']:,} dimensions"
    if facts["different_rows"] < facts["rows"]:
        vectors += f", {facts['different_rows']:,} of them different"
    if facts["effective_dimension"] is not None:
        vectors += f", effectively {facts['effective_dimension']:.1f}"
    about = " about their mean" if facts["centred"] else ""
    links = f"each linked to its {facts['k']:,} nearest with a cosine{about} of {facts['min_similarity']:.4f} or more"
    if facts["false_edge_rate"] is not None:
        links += f", as {100 * facts['false_edge_rate']:.3g} % of random pairs have"
    told = f"{vectors}; {links}: {counted(facts['links'], 'link')}"
    if facts["modules_found"] == modules:
        return told
    return (
        f"{told}; {facts['modules_found']:,} modules were joined to {modules:,}, which stay together at lower cosines"
    )
