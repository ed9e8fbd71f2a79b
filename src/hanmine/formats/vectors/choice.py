"""Which of the matrices in a container is meant."""

from __future__ import annotations

from collections.abc import Mapping

from hanmine.errors import InputError, UsageError

_LISTED = 30


def chosen(name: str, array: str | None, candidates: Mapping[str, str], others: Mapping[str, str], what: str) -> str:
    """The name of the only candidate, or `array` if the container holds that.

    Parameters
    ----------
    name : of the input.
    candidates : name → shape or type of what is a matrix. others : the same for what is none.
    what : "array" or "column".

    Raises
    ------
    UsageError : several candidates and no `array`, or `array` is not there.
    InputError : no candidate.
    """
    if array is not None:
        if array not in candidates and array not in others:
            raise UsageError(
                f"{name}: no {what} {array!r} ({_list({**candidates, **others})}): pass one of these as --array"
            )
        return array
    if len(candidates) > 1:
        raise UsageError(f"{name}: several {what}s would do ({_list(candidates)}): name one with --array")
    if not candidates:
        raise InputError(
            f"{name}: no {what} is a matrix of vectors ({_list(others) or 'there is none at all'}): check the file"
        )
    return next(iter(candidates))


def _list(found: Mapping[str, str]) -> str:
    shown = [f"{key} {value}" for key, value in list(found.items())[:_LISTED]]
    return ", ".join(shown) + (", …" if len(found) > _LISTED else "")
