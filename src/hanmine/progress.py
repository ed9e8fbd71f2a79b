"""What a long computation tells whoever watches it.

Methods call the hooks of `Progress` and never ask who listens. The command line hands in a listener that draws on the
terminal; a user of Python says `progress=True` for a bar, and `progress=False` for silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from hanmine.errors import UsageError, visible

BYTE_UNITS = frozenset({"B", "bytes"})
COMPILING = "first run: compiling kernels, which takes up to a minute once"


class Progress:
    """Silent progress; subclasses override what they want to show."""

    told_of_compiling = False

    def phase(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Begin a phase of `total` units (None: unknown), ending the one before."""

    def advance(self, amount: int) -> None:
        """Say that `amount` further units of the current phase are done."""

    def note(self, message: str) -> None:
        """Say one line that a person at a terminal should see (for example that kernels are being compiled)."""


class LoggedNotes(Progress):
    """Notes as warnings of the logger `hanmine`, which Python prints on standard error unless told otherwise."""

    def note(self, message: str) -> None:
        import logging

        logging.getLogger("hanmine").warning("hanmine: %s", visible(message))


class ProgressBar(Progress):
    """A line with the phase, a bar, how much is done and how fast; it vanishes at the end. A context manager.

    console : the `rich.console.Console` to draw on: a terminal, or the cell of a notebook.
    name : what notes begin with.
    """

    def __init__(self, console: Any, name: str = "hanmine") -> None:
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            _amount_column(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._name = name
        self._task: Any = None

    def __enter__(self) -> ProgressBar:
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
        self._bars.console.print(f"{self._name}: {visible(message)}", markup=False)


def _amount_column() -> Any:
    from rich.progress import ProgressColumn
    from rich.text import Text

    class AmountColumn(ProgressColumn):
        """How much of a phase is done, and how fast."""

        def render(self, task: Any) -> Text:
            speed = task.speed if (task.elapsed or 0) >= 1 else None  # of less than a second it says nothing
            return Text(amount_text(task.completed, task.total, speed, task.fields["unit"]))

    return AmountColumn()


def amount_text(completed: float, total: float | None, speed: float | None, unit: str) -> str:
    """Such as `12.3 MB of 116.0 MB, 45.1 MB/s`; other units than bytes as numbers. Never more than the total."""

    def show(amount: float) -> str:
        if unit not in BYTE_UNITS:
            return f"{int(amount):,}"
        return f"{amount / 1e6:,.1f} MB"

    if not total and not completed:
        return ""
    text = show(min(completed, total) if total else completed) + (f" of {show(total)}" if total else "")
    if unit and unit not in BYTE_UNITS:
        text += f" {unit}"
    return text + (f", {show(speed)}/s" if speed else "")


_listening: list[Progress] = []  # whoever listens now, the innermost last; of all threads


@contextmanager
def listening(progress: Progress | bool | None) -> Iterator[Progress]:
    """The listener that a public function was handed, while it runs; it hears when kernels are compiled.

    progress : a `Progress`; True: a bar on standard error or in a notebook; False: silence; None: notes alone, which
        go to the logger `hanmine`, or silence inside of another run.

    Raises
    ------
    UsageError : none of these.
    """
    if progress is None:
        progress = Progress() if _listening else LoggedNotes()
    elif progress is False:
        progress = Progress()
    elif progress is True:
        from rich.console import Console

        console = Console(stderr=True, highlight=False)
        if console.is_terminal or console.is_jupyter:
            with ProgressBar(console) as bar, listening(bar):
                yield bar
            return
        progress = LoggedNotes()  # a log has no use for a bar
    elif not isinstance(progress, Progress):
        raise UsageError(
            f"progress is of type {type(progress).__name__}: pass True for a bar, False for silence, or a "
            "hanmine.progress.Progress"
        )
    _listening.append(progress)
    try:
        yield progress
    finally:
        # Generators may end in another order than they began.
        last = max(index for index, listener in enumerate(_listening) if listener is progress)
        del _listening[last]


def compiling() -> None:
    """Tell the outermost listener, once a run, that kernels are being compiled."""
    if _listening and not _listening[0].told_of_compiling:
        _listening[0].told_of_compiling = True
        _listening[0].note(COMPILING)


def tell(messages: Iterable[str]) -> None:
    """Tell whoever listens what a user of Python should know of a result; commands print it themselves."""
    if _listening:
        for message in messages:
            _listening[-1].note(message)
