"""Progress on a terminal, drawn by rich on standard error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from hanmine.cli.environment import Environment
from hanmine.formats.terminal import visible
from hanmine.progress import Progress

BYTE_UNITS = frozenset({"B", "bytes"})


@contextlib.contextmanager
def progress_on(environment: Environment) -> Iterator[Progress]:
    """The listener for a run: bars where somebody watches, notes with -v, else nothing."""
    if not environment.shows_progress:
        yield SpokenNotes(environment) if environment.verbose or environment.stderr_is_terminal else Progress()
        return
    with TerminalProgress(environment) as progress:
        yield progress


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


class TerminalProgress(Progress):
    """A line with the phase, a bar, how much is done and how fast; it vanishes at the end."""

    def __init__(self, environment: Environment) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            _amount_column(),
            TimeElapsedColumn(),
            console=Console(file=environment.stderr, highlight=False),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task: Any = None

    def __enter__(self) -> TerminalProgress:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def phase(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Show a new phase in place of the one before."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(visible(name), total=total, unit=unit)

    def advance(self, amount: int) -> None:
        """Move the bar of the current phase."""
        if self._task is not None:
            self._bars.advance(self._task, amount)

    def note(self, message: str) -> None:
        """Print a line above the bar."""
        self._bars.console.print(f"mine: {visible(message)}", markup=False)


def _amount_column() -> Any:
    from rich.progress import ProgressColumn
    from rich.text import Text

    class AmountColumn(ProgressColumn):
        """How much of a phase is done, and how fast."""

        def render(self, task: Any) -> Text:
            return Text(amount_text(task.completed, task.total, task.speed, task.fields["unit"]))

    return AmountColumn()


def amount_text(completed: float, total: float | None, speed: float | None, unit: str) -> str:
    """Such as `12.3 MB of 116.0 MB, 45.1 MB/s`, or with numbers for other units than bytes."""

    def show(amount: float) -> str:
        if unit not in BYTE_UNITS:
            return f"{int(amount):,}"
        return f"{amount / 1e6:,.1f} MB"

    if not total and not completed:
        return ""
    text = show(completed) + (f" of {show(total)}" if total else "")
    if unit and unit not in BYTE_UNITS:
        text += f" {unit}"
    return text + (f", {show(speed)}/s" if speed else "")
