"""What all public functions have in common: options that do not exist are named, and progress is shown as asked for."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

from hanmine.errors import UsageError
from hanmine.progress import Progress, listening

_Function = TypeVar("_Function", bound=Callable[..., Any])


def public(takes: Callable[[], tuple[Any, ...]] = tuple) -> Callable[[_Function], _Function]:
    """Decorate a public function.

    takes : gives the functions and dataclasses to which **options are handed on; their parameters are the options.

    Raises
    ------
    UsageError : a call with an option that there is not; the message names the function and the option that is meant.
    """

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            _check_names(function, takes, options)
            with ExitStack() as stack:
                progress = stack.enter_context(listening(options.get("progress")))
                if "progress" in options:
                    options["progress"] = progress
                result = function(*arguments, **options)
                if inspect.isgenerator(result):  # still listening while it is iterated
                    return _heard(result, progress, stack.pop_all())
                return result

        return call  # type: ignore[return-value]

    return decorate


def _heard(results: Iterator[Any], progress: Progress, stack: ExitStack) -> Iterator[Any]:
    with stack:
        yield from results


def _check_names(function: Callable[..., Any], takes: Callable[[], tuple[Any, ...]], options: dict[str, Any]) -> None:
    if not options:
        return
    own = inspect.signature(function).parameters.values()
    names = {name.name for name in own if name.kind is not inspect.Parameter.VAR_KEYWORD}
    unknown = [name for name in options if name not in names]
    if not unknown:
        return
    for target in takes():
        parameters = inspect.signature(target).parameters.values()
        names |= {name.name for name in parameters if name.kind is inspect.Parameter.KEYWORD_ONLY}
        if inspect.isclass(target):
            names |= set(inspect.signature(target).parameters)
    for name in unknown:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(names))}"
            raise UsageError(f"{function.__name__} has no option {name!r}: {meant}")
