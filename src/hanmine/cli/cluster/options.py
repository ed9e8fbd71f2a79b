"""The options of `mine cluster` for flow, search and output: long names and meanings are those of the infomap tool."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from hanmine.cli.groups import option, spelled
from hanmine.cli.options import OutputOptions, format_option

# Those of hanmine.infomap.options and hanmine.formats.graphs, which are imported when a command runs.
FLOW_MODELS = ("undirected", "directed", "undirdir", "outdirdir", "rawdir", "precomputed")
EFFORTS = ("fast", "normal", "thorough")
SORTS = ("row", "path")
GRAPH_INPUTS = ("auto", "links", "pajek", "graphml", "gexf", "gml", "mtx", "npz", "npy", "vectors")


@dataclass
class FlowGroup:
    """How the walker moves; `hanmine.infomap.options.FlowOptions` says what each means."""

    heading: ClassVar[str] = "Flow"

    directed: Annotated[bool, option("-d", "--directed", help="Links have a direction; short for that flow model.")] = (
        False
    )
    flow_model: Annotated[
        Literal[FLOW_MODELS] | None,
        option(
            help="How links become flow.  [default: undirected, or directed where the input says so]",
            show_default=False,
        ),
    ] = None
    recorded_teleportation: Annotated[
        bool, option("-e", "--recorded-teleportation", help="Teleportation counts as movement between modules.")
    ] = False
    to_nodes: Annotated[
        bool, option("--to-nodes", help="Teleport to nodes by their weights, not by those of their links.")
    ] = False
    teleportation_probability: Annotated[
        float,
        option("-p", "--teleportation-probability", metavar="P", help="Of each step of a directed walk, in (0, 1)."),
    ] = 0.15
    markov_time: Annotated[
        float, option(metavar="X", help="Multiplies the flow of links: more, fewer and larger modules.")
    ] = 1.0
    variable_markov_time: Annotated[
        bool, option("--variable-markov-time", help="Scale it locally: larger modules in sparse areas.")
    ] = False
    regularized: Annotated[
        bool,
        option("--regularized", help="Add a weak prior network of all links, against modules made by chance."),
    ] = False
    regularization_strength: Annotated[float, option(metavar="X", help="The weight of that network.")] = 1.0
    no_self_links: Annotated[bool, option("--no-self-links", help="Drop links from a node to itself.")] = False
    use_node_weights_as_flow: Annotated[
        bool,
        option("--use-node-weights-as-flow", help="The nodes' weights (Pajek), made to sum to 1, are their flow."),
    ] = False
    weight_threshold: Annotated[float, option(metavar="X", help="Drop links of less weight.")] = 0.0


@dataclass
class SearchGroup:
    """What is searched, and how long; `hanmine.infomap.options.SearchOptions` says what each means."""

    heading: ClassVar[str] = "Search"

    two_level: Annotated[
        bool | None,
        option(
            "--two-level/--multilevel",
            "-2",
            help="Modules of nodes only, or modules of modules too.  [default: --multilevel for graphs, --two-level "
            "for vectors and words]",
            show_default=False,
        ),
    ] = None
    preferred_number_of_modules: Annotated[
        int, option(min=0, metavar="N", help="A module more or fewer costs a bit; 0: none is preferred.")
    ] = 0
    entropy_corrected: Annotated[
        bool, option("--entropy-corrected", help="Correct for entropies estimated from few links.")
    ] = False
    entropy_correction_strength: Annotated[float, option(metavar="X", help="A factor of that correction.")] = 1.0
    num_trials: Annotated[
        int,
        option("-N", "--num-trials", "--trials", metavar="N", help="Searches, at most 10,000; the shortest wins."),
    ] = 1
    seed: Annotated[int, option("-s", "--seed", metavar="N", help="Of the random orders.")] = 123
    effort: Annotated[Literal[EFFORTS], option(help="How long a trial searches on.")] = "normal"
    cluster_data: Annotated[
        Path | None,
        option(
            "-c", "--cluster-data", metavar="FILE", help="Begin with a partition: clu, tree, ftree, tsv, csv, jsonl."
        ),
    ] = None
    no_infomap: Annotated[
        bool, option("--no-infomap", help="Do not search: only evaluate the partition of --cluster-data.")
    ] = False


@dataclass
class ClusterOutputOptions(OutputOptions):
    """The output of a clustering, which has more formats."""

    format: Annotated[
        str | None,
        format_option(
            help="tree, ftree, clu, tsv, csv, jsonl, json, net, gexf, graphml or nwk.  "
            "[default: by FILE's extension, or tree]",
        ),
    ] = None
    sort: Annotated[
        Literal[SORTS] | None,
        option(
            help="The order of the rows of tsv, csv and jsonl: row is that of the input, path that of the modules.  "
            "[default: row for vectors and words, path for graphs]",
            show_default=False,
        ),
    ] = None
    modules: Annotated[
        Path | None,
        option(
            metavar="FILE",
            help="Write a table of the modules: size, flow, label, central and border members (tsv, csv, jsonl or "
            "json).",
        ),
    ] = None
    memberships: Annotated[
        Path | None,
        option(metavar="FILE", help="Write the share of each node's flow in each module (tsv, csv, jsonl or json)."),
    ] = None


def keywords_of(flow: FlowGroup, search: SearchGroup) -> dict[str, Any]:
    """The keyword arguments of `hanmine.infomap.cluster_graph`."""
    given = asdict(flow) | asdict(search)
    if not given["directed"]:
        del given["directed"]
    for name in ("flow_model", "two_level"):
        if given[name] is None:
            del given[name]
    for name in ("cluster_data", "no_infomap"):
        del given[name]
    given["trials"] = given.pop("num_trials")
    given["preferred_number_of_modules"] = given["preferred_number_of_modules"] or None
    return given


def command_of(files: list[Path], *groups: Any, rows: int | None = None) -> str:
    """The shortest command line with the same result: the options that were changed, and none that leave it as it is.

    It stands in the headers of files, which are the same whatever the number of threads and the name of the output.
    `groups` : dataclasses of options, of which a field has the name of its option, a list several of them.
    """
    import shlex

    words = ["mine", "cluster", *map(str, files)]
    for group in groups:
        for name, value in asdict(group).items():
            if value == getattr(type(group), name):
                continue
            spelling = "--multilevel" if (name, value) == ("two_level", False) else spelled(name)
            for one in value if isinstance(value, list) else [value]:
                words += [spelling] if isinstance(one, bool) else [spelling, str(one)]
    words += [] if rows is None else ["--rows", str(rows)]
    return shlex.join(words)
