"""Where vectors, maps and exports of a run go: decided and checked before any work, then written whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanmine.cli.environment import Environment
from hanmine.cli.options import corpus
from hanmine.cli.output import check_files, check_redirection, descriptor_of, file_target, planned_format
from hanmine.errors import OutputError, UsageError
from hanmine.formats.atomic import check_targets

if TYPE_CHECKING:
    import typer

    from hanmine.cli.whiten.options import MapOutput, WhitenedOutput

EXPORTS = ("dense", "faiss", "npz")
_DENSE_FILES = frozenset({"config.json", "model.safetensors"})
_EXTENSION = {"word2vec": ".vec", "word2vec-binary": ".bin"}  # of formats whose name is not their extension


@dataclass(frozen=True)
class VectorPlan:
    """What was decided about the outputs of a run.

    Attributes
    ----------
    target : the file of the vectors, or None for standard output.
    format : one of `hanmine.formats.vectors.VECTOR_FORMATS`.
    beside : nothing was said and a person watches: `target` was chosen here.
    map, exports, summary : further outputs, where asked for.
    """

    target: Path | None
    format: str
    beside: bool = False
    map: Path | None = None
    exports: tuple[tuple[str, Path], ...] = ()
    summary: Path | None = None


def vector_sources(context: typer.Context, files: list[str] | None) -> tuple[list[str | Path], list[Path | int]]:
    """What FILE... names, patterns resolved, for `open_vectors`; and the same as paths and descriptors.

    Raises
    ------
    HelpWanted : nothing was named, and standard input is a terminal.
    InputError : a pattern matches nothing. UsageError : standard input is named twice.
    """
    from hanmine.formats.sources import expanded

    sources = expanded([str(path) for path in corpus(context, files)])
    descriptor = descriptor_of(context.obj.stdin)
    inputs = [descriptor if source == "-" else source for source in sources]
    return sources, [input for input in inputs if input is not None]


def plan_vectors(
    options: WhitenedOutput,
    environment: Environment,
    sources: Sequence[str | Path],
    inputs: Sequence[Path | int],
    *,
    dtype: str | None,
    save_map: Path | None = None,
) -> VectorPlan:
    """Decide where everything goes, and refuse here what cannot or must not be written.

    Raises
    ------
    UsageError : an unknown format or export, options that do not fit together, nowhere to write to.
    OutputError : a target that cannot be written, must not be replaced, or is an input.
    """
    if options.force and options.no_overwrite:
        raise UsageError("--force and --no-overwrite contradict each other: leave one out")
    target = file_target(options.output)
    format = planned_format(options.format, target, vector_formats(), environment)
    if format == "word2vec-binary" and dtype not in (None, "float32"):
        raise UsageError(f"--dtype {dtype}: word2vec-binary holds float32 alone: leave --dtype out, or write npy")
    beside = options.output is None and environment.stdout_is_terminal
    if beside:
        target = _beside(sources, format, options.force)
    elif target is None and environment.stdout_is_terminal and format != "word2vec":
        raise UsageError(f"standard output is a terminal, which shows no {format}: name a file with -o")
    exports = tuple(parse_export(text) for text in options.export or ())
    files = {"-o": target, "--save-map": save_map, "--summary-json": options.summary_json}
    check_outputs(files, exports, inputs, environment, overwrite=not options.no_overwrite)
    check_redirection(environment, inputs if target is None else [])
    return VectorPlan(target, format, beside, save_map, exports, options.summary_json)


def vector_formats() -> tuple[str, ...]:
    """The formats that vectors are written in, the default first."""
    from hanmine.formats.vectors import VECTOR_FORMATS

    return VECTOR_FORMATS


def plan_map(options: MapOutput, environment: Environment, inputs: Sequence[Path | int]) -> VectorPlan:
    """The plan of a run that writes a map and no vectors; raises as `plan_vectors` does."""
    if options.output is None:
        raise UsageError("where to is not said: name the file of the map with -o map.safetensors")
    exports = tuple(parse_export(text) for text in options.export or ())
    if file_target(options.output) is None:
        raise UsageError("-o needs a file: a map is not written to standard output")
    files = {"-o": options.output, "--summary-json": options.summary_json}
    check_outputs(files, exports, inputs, environment, overwrite=not options.no_overwrite)
    planned_format(None, options.output, ("safetensors",), environment)
    return VectorPlan(None, "npy", False, options.output, exports, options.summary_json)


def _beside(sources: Sequence[str | Path], format: str, force: bool) -> Path:
    """The file beside the only input: vectors.npy becomes vectors.whitened.npy."""
    if len(sources) != 1 or sources[0] == "-":
        what = "standard input" if sources == ["-"] else "several inputs"
        raise UsageError(f"{what} and a terminal to write to: name a file with -o")
    target = Path(sources[0]).with_suffix(".whitened" + _EXTENSION.get(format, "." + format))
    if target.exists() and not force:
        raise OutputError(f"{target}: exists already: pass --force to replace it, or name another file with -o")
    return target


def parse_export(text: str) -> tuple[str, Path]:
    """Kind and path of --export.

    Raises
    ------
    UsageError : not KIND:PATH with a kind that there is. MissingExtraError : faiss without its package.
    """
    kind, _, path = text.partition(":")
    if kind not in EXPORTS or not path:
        raise UsageError(f"--export {text!r} is none of dense:DIR, faiss:FILE and npz:FILE: write one of them")
    if kind == "faiss":
        from importlib.util import find_spec

        from hanmine.errors import MissingExtraError

        if find_spec("faiss") is None:
            raise MissingExtraError("--export faiss:FILE", "ann")
    return kind, Path(path)


def check_outputs(
    files: Mapping[str, Path | None],
    exports: Sequence[tuple[str, Path]],
    inputs: Sequence[Path | int],
    environment: Environment,
    *,
    overwrite: bool,
) -> None:
    """Look at all targets before the first is written; those None are not there. A Dense module is a folder.

    Raises
    ------
    OutputError : the first target that must not or cannot be written.
    UsageError : a target is standard output, which is for the vectors, or its extension is of another format.
    """
    for kind, path in exports:
        if kind == "dense":
            if file_target(path) is None:
                raise UsageError("--export dense needs a folder: standard output is for the vectors")
            _check_folder(path, overwrite)
    written = [(kind, path) for kind, path in exports if kind != "dense"]
    check_files(files, "vectors", environment, inputs=inputs, overwrite=overwrite, exports=written)


def _check_folder(folder: Path, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file: --export dense:DIR writes a folder")
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if held - _DENSE_FILES:
        raise OutputError(f"{folder}: holds other files: name a new folder")
    if held and not overwrite:
        raise OutputError(f"{folder}: exists already and --no-overwrite was given: choose another folder")
    # A folder that is yet to be made must be one that can be made.
    check_targets([folder / "config.json" if folder.is_dir() else folder])
