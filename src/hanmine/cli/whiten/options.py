"""The options that the commands of `mine whiten` share, and what their texts mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import typer

from hanmine.cli.groups import option
from hanmine.cli.options import NoOverwrite, SummaryJson, VectorOutputOptions, given
from hanmine.errors import UsageError

PRESETS = ("raw-encoder", "soft", "tuned-encoder")  # of hanmine.vectors.presets, which a test compares

FILES_HELP = (
    "Vectors: npy, npz, safetensors, Parquet or word2vec files, glob patterns, or - for standard input (the default in "
    "a pipe). Several are one matrix."
)
VectorFilesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[FILE]...", show_default=False, help=FILES_HELP)
]
Bad = Annotated[
    Literal["raise", "drop"], option(help="At rows with NaN or inf: stop and name them, or leave them out.")
]
SavedDtype = Annotated[
    Literal["float16", "float32", "float64"] | None,
    option(
        "--dtype",
        show_default=False,
        help="Type of the numbers written.  [default: float32, for float64 input float64]",
    ),
]
Export = Annotated[
    list[str] | None,
    option(
        "--export",
        metavar="KIND:PATH",
        help="Write the map for other tools, as dense:DIR (a Dense module of sentence-transformers), faiss:FILE (a "
        "LinearTransform; extra: ann) or npz:FILE (W and b of y = x W + b). May be repeated.",
    ),
]


@dataclass
class MapOutput:
    """Where a map goes."""

    heading: ClassVar[str] = "Output"

    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="Write the map to FILE (safetensors).  [required]")
    ] = None
    export: Export = None
    no_overwrite: NoOverwrite = False
    summary_json: SummaryJson = None


@dataclass
class WhitenedOutput(VectorOutputOptions):
    """Where whitened vectors go, and the map in other forms."""

    export: Export = None
    force: Annotated[bool, option("--force", help="Replace an existing vectors.whitened.npy.")] = False


@dataclass
class FittedOutput(WhitenedOutput):
    """The same with the map itself."""

    save_map: Annotated[
        Path | None, option("--save-map", metavar="FILE", help="Write the map too, for mine whiten apply.")
    ] = None


@dataclass
class FitOptions:
    """From which rows the moments are taken."""

    dedupe: Annotated[bool, option("--dedupe", help="Fit on different rows: repeats count once.")] = False
    fit_rows: Annotated[str, option(metavar="all|N", help="Fit on all rows, or on N of them, evenly spread.")] = "all"

    def settings(self) -> dict[str, Any]:
        """The parameters of `Whitening`."""
        return {"dedupe": self.dedupe, "fit_rows": _count("--fit-rows", self.fit_rows, "all")}


@dataclass
class MapOptions:
    """Which map is made of the moments; None leaves a parameter as it is."""

    preset: Annotated[
        Literal[PRESETS] | None,
        option(
            show_default=False,
            help="beta, gamma and dim that suit an encoder: raw-encoder (1, 1, 256), soft (1, 0.5, 128), tuned-encoder "
            "(0, 0, 256). Options given beside it win.",
        ),
    ] = None
    dim: Annotated[
        str | None,
        option(metavar="full|N", show_default=False, help="Dimensions kept, the strongest first.  [default: full]"),
    ] = None
    beta: Annotated[
        float | None,
        option(
            min=0, max=1, metavar="X", show_default=False, help="How much of the mean is taken off.  [default: 1, all]"
        ),
    ] = None
    gamma: Annotated[
        float | None,
        option(
            min=0,
            max=1,
            metavar="X",
            show_default=False,
            help="How far variances are evened out: 1 whole, 0 a rotation.  [default: 1]",
        ),
    ] = None
    zca: Annotated[bool, option("--zca", help="Turn the result back to the axes of the input.")] = False
    remove_top: Annotated[
        int | None,
        option(min=0, metavar="N", show_default=False, help="Leave out the N strongest components.  [default: 0]"),
    ] = None
    shrinkage: Annotated[
        float | None,
        option(
            min=0,
            max=1,
            metavar="X",
            show_default=False,
            help="Draw the eigenvalues towards their mean.  [default: 0, not at all]",
        ),
    ] = None
    normalize: Annotated[bool, option("--normalize", help="Scale the rows of the output to length 1.")] = False

    def changes(self) -> dict[str, Any]:
        """The parameters of `Whitening` that were given or are a preset's; `dim` None is full size."""
        from hanmine.vectors.presets import resolve

        dim = _count("--dim", self.dim, "full") if self.dim is not None else None
        wanted = "full" if self.dim is not None and dim is None else dim
        changes: dict[str, Any] = given(beta=self.beta, gamma=self.gamma)
        if self.preset is not None:
            resolved = resolve(self.preset, wanted, self.beta, self.gamma)
            changes = dict(zip(("dim", "beta", "gamma"), resolved, strict=True))
        elif self.dim is not None:
            changes["dim"] = dim
        changes |= given(remove_top=self.remove_top, shrinkage=self.shrinkage)
        switches = given(zca=self.zca, normalize=self.normalize)
        return changes | switches


@dataclass
class ChangeOptions(MapOptions):
    """The same for a saved map: what is not given stays as it was saved."""

    dim: Annotated[
        str | None,
        option(metavar="full|N", show_default=False, help="Dimensions kept.  [default: as saved, like those below]"),
    ] = None
    beta: Annotated[
        float | None, option(min=0, max=1, metavar="X", show_default=False, help="How much of the mean is taken off.")
    ] = None
    gamma: Annotated[
        float | None,
        option(
            min=0,
            max=1,
            metavar="X",
            show_default=False,
            help="How far variances are evened out: 1 whole, 0 a rotation.",
        ),
    ] = None
    zca: Annotated[
        bool | None,
        option("--zca/--no-zca", show_default=False, help="Turn the result back to the axes of the input."),
    ] = None
    remove_top: Annotated[
        int | None, option(min=0, metavar="N", show_default=False, help="Leave out the N strongest components.")
    ] = None
    shrinkage: Annotated[
        float | None,
        option(min=0, max=1, metavar="X", show_default=False, help="Draw the eigenvalues towards their mean."),
    ] = None
    normalize: Annotated[
        bool | None,
        option("--normalize/--no-normalize", show_default=False, help="Scale the rows of the output to length 1."),
    ] = None


def _count(option: str, text: str, everything: str) -> int | None:
    """The number that an option gives; None where it says `everything`."""
    if text == everything:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{option} {text!r} is neither {everything} nor a number from 1: write {option} 256")
    return int(text)
