"""The user's cache folder: what was built once and can be built again."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from hanmine.errors import OutputError
from hanmine.formats.atomic import open_output

_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path | None:
    """Where the system keeps what programs can do without; `HANMINE_CACHE_DIR` overrules. None: there is no home."""
    chosen = os.environ.get("HANMINE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "hanmine"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "hanmine" / "Cache"
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path is invalid and to be ignored.
    return (Path(base) if os.path.isabs(base) else home / ".cache") / "hanmine"  # noqa: PTH117


def cached(name: str, build: Callable[[], bytes]) -> bytes:
    """The bytes kept in the cache under `name`, else those that `build` makes, which are then kept.

    A file that is damaged is built again; where the folder cannot be written the bytes are built every time.
    """
    folder = cache_folder()
    if folder is None:
        return build()
    path = folder / name
    try:
        stored = path.read_bytes()
    except OSError:
        stored = b""
    if len(stored) > _DIGEST and hashlib.sha256(stored[_DIGEST:]).digest() == stored[:_DIGEST]:
        return stored[_DIGEST:]
    data = build()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_output(path) as stream:
            stream.write(hashlib.sha256(data).digest() + data)
    except (OSError, OutputError):
        pass  # read-only or full: a cache is no reason to fail
    return data
