"""`mine cluster` of words that occur together in a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.cli.cluster.found import Found, counted
from hanmine.cli.cluster.theme_options import word_keywords

if TYPE_CHECKING:
    from hanmine.cli.cluster.request import Request
    from hanmine.progress import Progress


def cluster_company(request: Request, progress: Progress) -> Found:
    """Read words, count which of them keep company in the text, and cluster that graph.

    Raises
    ------
    UsageError : options without sense. InputError, DecodingError : a file is missing, or cannot be read.
    """
    from hanmine.cli.cluster.modules_output import check_picture
    from hanmine.graphs.themes import cooccurrence_clustering
    from hanmine.text.word_lists import read_words

    group, stdin, tmpdir = request.words, request.stdin, request.resources.tmpdir
    keywords = word_keywords(group, request.text, request.rows) | request.clustered
    progress.phase("read")
    listed = read_words(group.words, rows=request.rows, stdin=stdin)
    check_picture(request.label.plot)
    partition = request.search.cluster_data

    def start(names: Sequence[str]) -> list[tuple]:
        from hanmine.formats.graphs import read_partition

        return read_partition(partition, ids=range(len(names)), names=names, stdin=stdin, tmpdir=tmpdir)

    result, cooccurrences = cooccurrence_clustering(
        listed.words,
        [Path(path) for path in group.corpus or ()],
        start=None if partition is None else start,
        tmpdir=tmpdir,
        progress=progress,
        **keywords,
    )
    messages = [*listed.messages, *result.summary["messages"], _chosen(result.summary["graph"])]
    inputs = [*listed.inputs, *result.summary.pop("inputs")]
    label = request.label.label
    return Found(
        result, request.command, inputs, by_row=True, cooccurrences=cooccurrences, label=label, messages=messages
    )


def _chosen(facts: dict[str, Any]) -> str:
    """How the graph came about, in a line."""
    near = "in one line" if facts["window"] == "line" else f"within {facts['window']} words"
    strongest = "all links" if facts["neighbours"] == "all" else f"the {facts['neighbours']} strongest links of each"
    if facts["min_cooccurrence"] > 1:
        near += f" at least {facts['min_cooccurrence']:,} times"
    without = facts["absent"] + facts["alone"]
    return (
        f"{counted(facts['words'], 'word')}, together {near}; {strongest} by {facts['weight']}; "
        f"{counted(facts['links'], 'link')}, {counted(without, 'word')} without"
    )
