"""Where a model lies: a folder, or a name in the local Hugging Face cache. Nothing is ever fetched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hanmine.errors import InputError


def find_model(model: str | Path, builtin: Sequence[str] = ("e5",)) -> Path:
    """The directory of `model`: itself where it is a folder, else its snapshot in the local Hugging Face cache.

    The cache's folder is HF_HUB_CACHE, or `hub` in HF_HOME, or ~/.cache/huggingface/hub; of a model the snapshot that
    `refs/main` names, or the only one. `builtin` : models without a folder that the caller takes, for messages.

    Raises
    ------
    InputError : there is no such folder, and no such name in the cache.
    """
    instead = " or ".join(builtin)
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    name = str(model)
    if path.exists():
        raise InputError(f"{name}: is a file: name the folder in which the model lies, or pass --model {instead}")
    if isinstance(model, Path) or name.startswith((".", "/", "~", os.sep)) or name.count("/") > 1 or "\0" in name:
        raise InputError(f"{name}: no such folder: check the path")
    caches = _caches()
    for cache in caches:
        for folder in _folders(name):
            snapshot = _snapshot(cache / folder)
            if snapshot is not None:
                return snapshot
    looked = " and ".join(str(cache) for cache in caches)
    raise InputError(
        f"{name}: is neither a folder nor a model in the local Hugging Face cache ({looked}), and nothing is "
        f"downloaded: run `hf download {name}` where there is a network and copy its folder, or pass --model {instead}"
    )


def _caches() -> list[Path]:
    """Folders of the cache, most particular setting first."""
    variables = os.environ
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if variables.get(variable):
            return [Path(variables[variable]).expanduser()]
    if variables.get("HF_HOME"):
        return [Path(variables["HF_HOME"]).expanduser() / "hub"]
    base = Path(variables.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return [base / "huggingface" / "hub"]


def _folders(name: str) -> list[str]:
    """Names under which the cache keeps a model. Short names are those of older days."""
    owners = [""] if "/" in name else ["", "sentence-transformers/", "google-bert/", "FacebookAI/"]
    return ["models--" + (owner + name).replace("/", "--") for owner in owners]


def _snapshot(folder: Path) -> Path | None:
    snapshots = folder / "snapshots"
    if not snapshots.is_dir():
        return None
    reference = folder / "refs" / "main"
    if reference.is_file():
        named = snapshots / reference.read_text("utf-8", "replace").strip()
        return named if named.is_dir() else None
    there = sorted(path for path in snapshots.iterdir() if path.is_dir())
    return there[0] if len(there) == 1 else None
