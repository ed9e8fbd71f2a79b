"""The options of `mine cluster`: long names and meanings of the infomap tool, and what of that tool is refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from hanmine.cli.options import OutputOptions, option
from hanmine.errors import UsageError

# Those of hanmine.infomap.options and hanmine.formats.graphs, which are imported when a command runs.
FLOW_MODELS = ("undirected", "directed", "undirdir", "outdirdir", "rawdir", "precomputed")
EFFORTS = ("fast", "normal", "thorough")
GRAPH_INPUTS = ("auto", "links", "pajek", "npz", "npy", "graphml")

_MULTILAYER = "multilayer networks are not read"
_BIPARTITE = "bipartite networks are not read"
_META = "metadata of nodes is not encoded"
_LIMIT = "when the search ends is set by --effort fast, normal or thorough"
_ITERATION = "the flow is always iterated until it stands still"
_FORMAT = "the result has one format, that of -f or of the extension of -o: pass -f "
_SHARD = "trials are not spread over processes: run --num-trials in one"
_REPORT = "the run is described by --summary-json FILE"

REFUSED = {
    "--assign-to-neighbouring-module": "a node that --cluster-data lacks begins alone",
    "--bipartite-teleportation": _BIPARTITE,
    "--clu": _FORMAT + "clu",
    "--clu-level": "a .clu holds the top modules: the path column of -f tsv has all levels",
    "--completion": "pass --install-completion or --show-completion to mine itself",
    "--converge": "all trials of --num-trials are done",
    "--core-level-limit": _LIMIT,
    "--core-loop-codelength-threshold": _LIMIT,
    "--core-loop-limit": _LIMIT,
    "--fast-hierarchical-solution": "pass --effort fast",
    "--flow-tolerance": _ITERATION,
    "--ftree": _FORMAT + "ftree",
    "--hide-bipartite-nodes": _BIPARTITE,
    "--include-self-links": "self-links count unless --no-self-links is given: leave it out",
    "--inner-parallelization": "-j runs trials side by side, with the same result for any number of threads",
    "--inter-regularization-strength": _MULTILAYER,
    "--intra-regularization-strength": _MULTILAYER,
    "--manifest-json": _REPORT,
    "--matchable-multilayer-ids": _MULTILAYER,
    "--max-degree-for-random-moves": _LIMIT,
    "--max-flow-iterations": _ITERATION,
    "--memory-report": _REPORT + ", with its peak memory",
    "--meta-data": _META,
    "--meta-data-rate": _META,
    "--meta-data-unweighted": _META,
    "--min-flow-iterations": _ITERATION,
    "--multilayer-relax-by-jsd": _MULTILAYER,
    "--multilayer-relax-limit": _MULTILAYER,
    "--multilayer-relax-limit-down": _MULTILAYER,
    "--multilayer-relax-limit-up": _MULTILAYER,
    "--multilayer-relax-rate": _MULTILAYER,
    "--multilayer-relax-to-self": _MULTILAYER,
    "--multilayer-skip-absent-nodes": _MULTILAYER,
    "--no-file-output": "without -o no file is written: leave it out",
    "--no-final-output": _SHARD,
    "--node-limit": "cut the links of other nodes out of the file",
    "--num-random-moves": _LIMIT,
    "--num-threads": "pass -j N",
    "--out-name": "pass -o FILE",
    "--parallel-trials": "trials run side by side with -j N: leave it out",
    "--prefer-modular-solution": "one module is the result where it is the shortest description",
    "--preferred-number-of-levels": "choose between --two-level and all levels that pay",
    "--preferred-number-of-levels-strength": "choose between --two-level and all levels that pay",
    "--pretty": "leave it out",
    "--print-all-trials": "the shortest of all trials is written; --summary-json has the codelengths of all",
    "--print-config-fingerprint": _REPORT + ", with its signature",
    "--print-json-parameters": "mine cluster --help lists the options",
    "--silent": "pass -q",
    "--skip-adjust-bipartite-flow": _BIPARTITE,
    "--timing-json": _REPORT + ", with its timings",
    "--tree": _FORMAT + "tree",
    "--trial-offset": _SHARD,
    "--trial-results": _SHARD,
    "--tune-iteration-limit": _LIMIT,
    "--tune-iteration-relative-threshold": _LIMIT,
    "--variable-markov-damping": "the local scale is that of damping 1, the default: leave it out",
    "--variable-markov-min-scale": "the least local scale is 1, the default: leave it out",
    "--version": "pass mine --version",
}
"""Options of the infomap tool that `mine cluster` lacks, and what to do instead."""

_SHORT = {
    "-0": "--no-file-output",
    "-F": "--fast-hierarchical-solution",
    "-k": "--include-self-links",
    "-L": "--core-level-limit",
    "-M": "--core-loop-limit",
    "-V": "--version",
}


class ClusterCommand(TyperCommand):
    """A command that knows by name the options of the infomap tool that it lacks."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Parse the arguments.

        Raises
        ------
        UsageError : an option in `REFUSED`, with or without a value.
        """
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            # Where the class of this error is defined differs between typer's versions.
            given = getattr(error, "option_name", None) if type(error).__name__ == "NoSuchOption" else None
            name = _SHORT.get(given, given)
            if name not in REFUSED:
                raise
            called = given if given == name else f"{given} ({name})"
            raise UsageError(f"{called} of the infomap tool is not supported: {REFUSED[name]}") from error


@dataclass
class FlowGroup:
    """How the walker moves; `hanmine.infomap.options.FlowOptions` says what each means."""

    directed: Annotated[bool, option("-d", "--directed", help="Links have a direction; short for that flow model.")] = (
        False
    )
    flow_model: Annotated[
        Literal[FLOW_MODELS] | None,
        option(
            help="How links become flow.  [default: undirected, or directed where a matrix or GraphML says so]",
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
        bool, option("--regularized", help="Add a weak prior network of all links, against modules made by chance.")
    ] = False
    regularization_strength: Annotated[float, option(metavar="X", help="The weight of that network.")] = 1.0
    no_self_links: Annotated[bool, option("--no-self-links", help="Drop links from a node to itself.")] = False
    use_node_weights_as_flow: Annotated[
        bool, option("--use-node-weights-as-flow", help="The nodes' weights (Pajek), made to sum to 1, are their flow.")
    ] = False
    weight_threshold: Annotated[float, option(metavar="X", help="Drop links of less weight.")] = 0.0


@dataclass
class SearchGroup:
    """What is searched, and how long; `hanmine.infomap.options.SearchOptions` says what each means."""

    two_level: Annotated[bool, option("-2", "--two-level", help="Modules of nodes only, none of modules.")] = False
    preferred_number_of_modules: Annotated[
        int, option(min=0, metavar="N", help="A module more or fewer costs a bit; 0: none is preferred.")
    ] = 0
    entropy_corrected: Annotated[
        bool, option("--entropy-corrected", help="Correct for entropies estimated from few links.")
    ] = False
    entropy_correction_strength: Annotated[float, option(metavar="X", help="A factor of that correction.")] = 1.0
    num_trials: Annotated[
        int, option("-N", "--num-trials", "--trials", metavar="N", help="Searches; the shortest description wins.")
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
        option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="tree, ftree, clu, tsv, csv, jsonl, json, net, gexf, graphml or nwk.  "
            "[default: by FILE's extension, or tree]",
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
    if given["flow_model"] is None:
        del given["flow_model"]
    for name in ("cluster_data", "no_infomap"):
        del given[name]
    given["trials"] = given.pop("num_trials")
    given["preferred_number_of_modules"] = given["preferred_number_of_modules"] or None
    return given


def command_of(files: list[Path], *groups: FlowGroup | SearchGroup) -> str:
    """The shortest command line with the same result: the options that were changed, and none that leave it as it is.

    It stands in the headers of files, which are the same whatever the number of threads and the name of the output.
    """
    import shlex

    words = ["mine", "cluster", *map(str, files)]
    for group in groups:
        for name, value in asdict(group).items():
            if value != getattr(type(group), name):
                words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return shlex.join(words)
