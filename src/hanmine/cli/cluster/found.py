"""What was clustered, with all that its writers need to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanmine.graphs.cooccurrence import CooccurrenceGraph
    from hanmine.graphs.describe import ModuleDescription
    from hanmine.infomap import Clustering

DESCRIBED = 5  # words and members that are named of a module where nothing is said


@dataclass
class Found:
    """A clustering and where it comes from.

    Attributes
    ----------
    result : the modules.
    command : the command line with the options that matter.
    inputs : what was read, for the summary.
    by_row : nodes are rows of the input, and go by their numbers from 0.
    sentences : the text of each node, or None.
    cooccurrences : the graph of words, or None.
    label : words by which a module is named, as the user has it; None where nothing was said.
    messages : lines that a user should see.
    """

    result: Clustering
    command: str
    inputs: list[dict[str, Any]]
    by_row: bool = False
    sentences: Sequence[str] | None = None
    cooccurrences: CooccurrenceGraph | None = None
    label: int | None = None
    messages: list[str] = field(default_factory=list)

    @property
    def called(self) -> str:
        """The column of the nodes' numbers."""
        return "row" if self.by_row else "node"

    @property
    def names(self) -> Sequence[str] | None:
        """What nodes are called: by their names, else by their sentences; None where they have numbers alone."""
        return self.sentences if self.result.graph.names is None else self.result.graph.names

    @property
    def is_labelled(self) -> bool:
        """Whether modules have labels in what is written: where asked for, and where nodes have names or sentences
        and are no nodes of a graph that was given."""
        if self.label is not None:
            return self.label > 0
        return self.by_row and self.names is not None

    @cached_property
    def modules(self) -> list[ModuleDescription]:
        """The top modules described, in their order."""
        from hanmine.graphs.describe import describe_modules

        return describe_modules(
            self.result,
            most=self.label or DESCRIBED,
            distinctive=self.label,
            sentences=self.sentences,
            cooccurrences=self.cooccurrences,
        )

    @property
    def labels(self) -> list[str]:
        """The label of each top module; none where modules are not labelled."""
        return [one.label for one in self.modules] if self.is_labelled else []

    def called_as(self, node: int) -> str:
        """The name of a node, else its sentence, else its number."""
        return str(self.result.graph.ids[node]) if self.names is None else str(self.names[node])


def counted(number: int, what: str) -> str:
    """Such as "1 link" and "2,000 links"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def member_of(found: Found, node: int) -> dict[str, Any]:
    """A member of a module, for JSON."""
    graph = found.result.graph
    member: dict[str, Any] = {found.called: int(graph.ids[node])}
    if graph.names is not None:
        member["name"] = graph.names[node]
    if found.sentences is not None:
        member["text"] = found.sentences[node]
    return member


def details_of(found: Found) -> list[dict[str, Any]]:
    """What JSON says of the top modules, in their order."""
    return [
        {
            "label": one.label,
            "distinctive": [{"word": word, "g2": score} for word, score in one.distinctive],
            "central": [member_of(found, node) for node in one.central],
            "border": [member_of(found, node) | {"module": to, "share": share} for node, to, share in one.border],
        }
        for one in found.modules
    ]
