"""What a long computation tells whoever watches it.

Methods call these hooks and never ask who listens; this class is the listener that hears nothing. The command line
hands in one that draws on the terminal.
"""

from __future__ import annotations


class Progress:
    """Silent progress; subclasses override what they want to show."""

    def phase(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Begin a phase of `total` units (None: unknown), ending the one before."""

    def advance(self, amount: int) -> None:
        """Say that `amount` further units of the current phase are done."""

    def note(self, message: str) -> None:
        """Say one line that a person at a terminal should see (for example that kernels are being compiled)."""
