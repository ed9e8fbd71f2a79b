"""What `mine cluster` is given: a graph, vectors, or words with a text; and which options that leaves without sense."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hanmine.cli.cluster.theme_options import LabelGroup, TextGroup, VectorGroup, WordGroup
from hanmine.cli.groups import given_options
from hanmine.errors import InputError, UsageError

if TYPE_CHECKING:
    from hanmine.cli.cluster.options import SearchGroup
    from hanmine.cli.environment import Environment

_VECTORS = "vectors (npy, npz, safetensors, Parquet or word2vec)"


def check_words(
    files: Sequence[str] | None, words: WordGroup, vectors: VectorGroup, label: LabelGroup, input_format: str
) -> None:
    """Refuse what does not go with --words and --corpus.

    Raises
    ------
    UsageError : the first contradiction.
    """
    if words.corpus is None:
        raise UsageError("--words needs the text in which they stand: pass --corpus FILE")
    if words.words is None:
        raise UsageError("--corpus needs words: pass --words FILE, such as mine newwords writes with -o words.tsv")
    if files:
        raise UsageError(f"{files[0]}: --words and --corpus make the graph, and FILE is another one: leave it out")
    if given := given_options(vectors):
        raise UsageError(f"{given[0]} is for {_VECTORS}, and --words makes a graph of words: leave it out")
    if label.text is not None:
        raise UsageError("--text is for vectors of sentences, and the text of --words is --corpus: leave it out")
    if input_format != "auto":
        raise UsageError("--input-format is for FILE, and --words makes a graph of words: leave it out")


def check_files(words: WordGroup, text: TextGroup, label: LabelGroup) -> None:
    """Refuse what needs --words and --corpus, or --text.

    Raises
    ------
    UsageError : the first option without sense.
    """
    if given := given_options(words):
        raise UsageError(f"{given[0]} is for graphs of words: pass --words FILE and --corpus FILE, or leave it out")
    # --errors is for names of vectors, too.
    if label.text is None and (given := [name for name in given_options(text) if name != "--errors"]):
        raise UsageError(f"{given[0]} says how a text is read: pass --text FILE, or --words and --corpus")
    # --text is read as it stands.
    if given := [name for name in given_options(text) if name not in ("--encoding", "--errors", "--column")]:
        raise UsageError(f"{given[0]} is for --corpus, and --text is read as it stands: leave it out")


def files_of(
    environment: Environment, search: SearchGroup, paths: Sequence[Path], corpora: Sequence[Path], recursive: bool
) -> list[Path | int]:
    """All that is read, which no output may replace. Of `corpora` folders are read below with `recursive`.

    Raises
    ------
    InputError : a file is missing, or a folder. UsageError : options that contradict each other.
    """
    from hanmine.cli.output import input_files

    if search.no_infomap and search.cluster_data is None:
        raise UsageError("--no-infomap leaves a partition to evaluate: pass --cluster-data FILE, or leave it out")
    named = [*paths, *([search.cluster_data] if search.cluster_data is not None else [])]
    if [*named, *corpora].count(Path("-")) > 1:
        raise UsageError("standard input (-) is named twice: it can be read only once")
    for path in named:
        if path.is_dir():
            raise InputError(f"{path}: is a folder: name the file of a graph (the result goes to -o FILE)")
    return input_files(named, False, environment) + input_files(corpora, recursive, environment)


def settle_kind(
    paths: Sequence[Path],
    input_format: str,
    vectors: VectorGroup,
    rows: int | None,
    label: LabelGroup,
    stdin: BinaryIO | None,
) -> tuple[str, BinaryIO | None]:
    """ "graph" or "vectors": by --input-format, by first bytes, and by options where these leave it open; "either" for
    what is read as a graph and could be vectors.

    Returns also what "-" is to be read from.

    Raises
    ------
    InputError : a file is missing. UsageError : files of both kinds; options of vectors for a graph.
    """
    asked = [*given_options(vectors), *(["--rows"] if rows else []), *(["--text"] if label.text is not None else [])]
    if input_format == "vectors":
        return "vectors", stdin
    if input_format != "auto":
        if asked:
            raise UsageError(
                f"{asked[0]} is for {_VECTORS}, and --input-format {input_format} is a graph: leave one out"
            )
        return "graph", stdin
    from hanmine.formats.graphs.kinds import kinds_of

    found, stdin = kinds_of(paths, stdin)
    kinds = {kind for _, kind in found}
    if {"graph", "vectors"} <= kinds:
        graph, matrix = (next(name for name, one in found if one == kind) for kind in ("graph", "vectors"))
        raise UsageError(f"{matrix} holds vectors and {graph} a graph: cluster one of them at a time")
    if "vectors" in kinds or (asked and "graph" not in kinds):
        return "vectors", stdin
    if asked:
        name = next(name for name, kind in found if kind == "graph")
        raise UsageError(f"{asked[0]} is for {_VECTORS}, and {name} holds a graph: leave it out")
    return "graph" if kinds == {"graph"} else "either", stdin
