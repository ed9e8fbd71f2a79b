"""What `mine cluster` was asked for, settled: the kind of input, and all that its readers need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hanmine.cli.cluster.options import FlowGroup, SearchGroup, command_of, keywords_of
from hanmine.cli.cluster.theme_options import LabelGroup, TextGroup, VectorGroup, WordGroup

if TYPE_CHECKING:
    from hanmine.cli.options import RunOptions


@dataclass(frozen=True)
class Request:
    """A run.

    Attributes
    ----------
    kind : "graph", "vectors", "words", or "either" for what is read as a graph and could be vectors.
    paths : the graphs or vectors; none for words.
    input_format : as given.
    vectors, words, rows, label, text, flow, search : the groups of options.
    stdin : what "-" is to be read from.
    resources : threads and folders.
    """

    kind: str
    paths: list[Path]
    input_format: str
    vectors: VectorGroup
    words: WordGroup
    rows: int | None
    label: LabelGroup
    text: TextGroup
    flow: FlowGroup
    search: SearchGroup
    stdin: BinaryIO | None
    resources: RunOptions

    @property
    def clustered(self) -> dict[str, Any]:
        """The keyword arguments of `cluster_graph`, but for the partition to begin with."""
        searched = {"search": not self.search.no_infomap, "threads": self.resources.threads}
        return keywords_of(self.flow, self.search) | searched

    @property
    def command(self) -> str:
        """The command line, for headers of files; the picture is no part of what they hold."""
        said = replace(self.label, plot=None)
        groups = (self.vectors, self.words, said, self.text, self.flow, self.search)
        return command_of(self.paths, *groups, rows=self.rows)
