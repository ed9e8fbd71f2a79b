"""Reading config.json of a transformer directory, with one-line errors for what is missing or of the wrong kind."""

from __future__ import annotations

import json
from pathlib import Path

from hanmine.errors import InputError

FILE_NAME = "config.json"
_REQUIRED = object()
_MOST = 1 << 20  # of positions, dimensions, words: tables of so many rows are made before the weights are seen


class Settings:
    """The entries of a config.json, looked up by name and checked for their kind.

    Every look-up takes several names, as configurations of different age call the same thing differently; an entry
    that is null counts as absent.
    """

    def __init__(self, entries: dict, where: str = FILE_NAME) -> None:
        self.entries, self.where = entries, where

    def get(self, *names: str, default: object = None) -> object:
        return next((self.entries[name] for name in names if self.entries.get(name) is not None), default)

    def positive(self, *names: str, default: object = _REQUIRED) -> int:
        value = self._get(names, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._wrong(names[0], value, "a whole number above 0")
        if value > _MOST:
            raise self._wrong(names[0], value, f"a number up to {_MOST:,}")
        return value

    def natural(self, *names: str, default: object = _REQUIRED) -> int:
        value = self._get(names, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong(names[0], value, "a whole number")
        return value

    def number(self, *names: str, default: object = _REQUIRED) -> float:
        value = self._get(names, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            raise self._wrong(names[0], value, "a number above 0")
        return float(value)

    def flag(self, *names: str, default: bool) -> bool:
        value = self._get(names, default)
        if not isinstance(value, bool):
            raise self._wrong(names[0], value, "true or false")
        return value

    def text(self, *names: str, default: object = _REQUIRED) -> str:
        value = self._get(names, default)
        if not isinstance(value, str):
            raise self._wrong(names[0], value, "a string")
        return value

    def below(self, name: str) -> Settings:
        """The settings of the object `name`; none where it is absent."""
        value = self.get(name, default={})
        if not isinstance(value, dict):
            raise self._wrong(name, value, "an object")
        return Settings(value, f"{self.where}: {name}")

    def unsupported(self, name: str, value: object, supported: str) -> InputError:
        """The error for a setting that this program cannot honour."""
        return InputError(
            f"{self.where}: {name} {value!r} is not supported (only {supported}): use the torch back end, which runs "
            "what transformers runs"
        )

    def _get(self, names: tuple[str, ...], default: object) -> object:
        value = self.get(*names, default=default)
        if value is _REQUIRED:
            raise InputError(f"{self.where}: has no {names[0]!r}: is it the configuration of a transformer?")
        return value

    def _wrong(self, name: str, value: object, wanted: str) -> InputError:
        return InputError(f"{self.where}: {name!r} is {json.dumps(value)[:80]}, not {wanted}: check the file")


def read_settings(directory: Path) -> Settings:
    """The settings in config.json of `directory`.

    Raises
    ------
    InputError : there is no such folder or file, or it holds no JSON object.
    """
    path = directory / FILE_NAME
    if not directory.is_dir():
        raise InputError(f"{directory}: is no folder: name the folder of a transformer")
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{directory}: has no {FILE_NAME}: name the folder of a transformer") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: is no JSON ({error.msg}): check the file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is no UTF-8: check the file") from error
    if not isinstance(entries, dict):
        raise InputError(f"{path}: holds no JSON object: check the file")
    return Settings(entries, str(path))
