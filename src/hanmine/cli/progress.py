"""Who listens to the progress of a command: bars where somebody watches, notes with -v, else nobody."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hanmine.cli.environment import Environment
from hanmine.progress import Progress, ProgressBar, listening

if TYPE_CHECKING:
    from hanmine.text.options import TextOptions

_SAMPLE = 64_000_000  # bytes


@contextlib.contextmanager
def progress_on(environment: Environment) -> Iterator[Progress]:
    """The listener for a run."""
    if not environment.shows_progress:
        speaks = environment.verbose or environment.stderr_is_terminal
        with listening(SpokenNotes(environment) if speaks else Progress()) as progress:
            yield progress
        return
    from rich.console import Console

    console = Console(file=environment.stderr, highlight=False)
    with ProgressBar(console, name="mine") as bar, listening(bar) as progress:
        yield progress


def expected_sentences(environment: Environment, paths: Any, options: TextOptions) -> int | None:
    """About how many sentences files hold, where a bar is to be drawn; None where that cannot be known before.

    The first 64 MB are read for it, which takes far less time than any model; what is behind them is like them.
    """
    from hanmine.text.lines import SentenceReader

    if not environment.shows_progress:
        return None
    reader = SentenceReader(paths, options)
    if reader.total_bytes is None:
        return None
    count = 0
    for _ in reader:
        count += 1
        if reader.bytes_read > _SAMPLE and count % 1000 == 0:
            return int(count * reader.total_bytes / reader.bytes_read)
    return count


class SpokenNotes(Progress):
    """Notes as plain lines, for logs and terminals without a cursor."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def phase(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Say with -v what begins."""
        if self._environment.verbose:
            self._environment.say(name)

    def note(self, message: str) -> None:
        """Print the line, unless -q."""
        self._environment.say(message)
