"""The command class of `mine cluster`: what of the infomap tool is refused."""

from __future__ import annotations

import typer

from hanmine.cli.groups import Command
from hanmine.errors import UsageError

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
    "-L": "--core-level-limit",
    "-M": "--core-loop-limit",
    "-V": "--version",
}


class ClusterCommand(Command):
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
