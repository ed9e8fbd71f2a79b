"""`mine cluster` of vectors: names and sentences joined to rows, the graph of neighbours, its modules."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hanmine.cli.cluster.found import Found, counted
from hanmine.cli.cluster.theme_options import vector_keywords
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
    reading = {"tmpdir": request.resources.tmpdir, "stdin": stdin}
    progress.phase("read")
    wanted = rows if rows is not None or group.preset is None else PRESET_ROWS
    with open_vectors(
        [str(path) for path in request.paths], array=group.array, first=wanted, progress=progress, **reading
    ) as vectors:
        inputs = list(vectors.inputs)
        messages: list[str] = []
        count = vectors.shape[0] if wanted is None else min(wanted, vectors.shape[0])
        names = _names(group.names, vectors, count, text.encoding, stdin, inputs, messages)
        sentences = _sentences(request.label.text, vectors, count, text, stdin, inputs, messages)
        check_picture(request.label.plot, sentences if names is None else names)
        start = None
        if request.search.cluster_data is not None:
            from hanmine.formats.graphs import read_partition

            called = sentences if names is None else names
            start = read_partition(request.search.cluster_data, ids=range(count), names=called, **reading)
        result, _ = neighbour_clustering(vectors, names=names, start=start, progress=progress, **keywords)
    messages += [*result.summary["messages"], _chosen(result.summary["graph"])]
    label = request.label.label
    return Found(result, request.command, inputs, by_row=True, sentences=sentences, label=label, messages=messages)


def _names(
    path: Path | None,
    vectors: VectorFiles,
    count: int,
    encoding: str,
    stdin: BinaryIO | None,
    inputs: list[dict[str, Any]],
    messages: list[str],
) -> list[str] | None:
    """A name for each row, or for the first `count`: those of --names, else those of the file.

    Raises
    ------
    InputError : there are not as many as rows.
    """
    from hanmine.graphs.word_list import messages_of_names, read_names

    if path is None:
        if vectors.names is not None:
            messages += messages_of_names(vectors.names[:count])
        return None if vectors.names is None else vectors.names[:count]
    found = read_names(path, encoding=encoding, stdin=stdin)
    _check_count(f"{path}: has {len(found.words):,} names", len(found.words), vectors, count, "a name for each row")
    inputs += found.inputs
    messages += found.messages
    return found.words[:count]


def _check_count(what: str, found: int, vectors: VectorFiles, count: int, wanted: str) -> None:
    """Raise unless there are as many as rows, of all or of the first `count`."""
    if found != count and found != vectors.total and (vectors.total is not None or found < count):
        raise InputError(f"{what}, and {_called(vectors)} {vectors.total or count:,} rows: pass {wanted}")


def _sentences(
    path: str | None,
    vectors: VectorFiles,
    count: int,
    text: TextGroup,
    stdin: BinaryIO | None,
    inputs: list[dict[str, Any]],
    messages: list[str],
) -> list[str] | None:
    """The sentences of the first `count` rows.

    Raises
    ------
    InputError : there are not as many as rows.
    """
    if path is None:
        return None
    from hanmine.text.lines import SentenceReader
    from hanmine.text.options import TextOptions

    options = TextOptions(encoding=text.encoding, errors=text.errors, column=text.column)
    reader = SentenceReader(Path(path), options, stdin=stdin)
    sentences = list(reader)
    inputs += [asdict(record) for record in reader.inputs]
    messages += reader.messages()
    _check_count(f"{path}: has {len(sentences):,} lines", len(sentences), vectors, count, "the text that was encoded")
    return sentences[:count]


def _called(vectors: VectorFiles) -> str:
    return ", ".join(described["name"] for described in vectors.inputs)


def _chosen(facts: dict[str, Any]) -> str:
    """How the graph came about, in a line."""
    vectors = f"{counted(facts['rows'], 'row')} of {facts['dimensions']:,} dimensions"
    if facts["effective_dimension"] is not None:
        vectors += f", effectively {facts['effective_dimension']:.1f}"
    about = " about their mean" if facts["centred"] else ""
    links = f"each linked to its {facts['k']:,} nearest with a cosine{about} of {facts['min_similarity']:.4f} or more"
    if facts["false_edge_rate"] is not None:
        links += f", as {100 * facts['false_edge_rate']:.3g} % of random pairs have"
    return f"{vectors}; {links}: {counted(facts['links'], 'link')}"
