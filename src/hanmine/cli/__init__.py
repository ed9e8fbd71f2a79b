"""The command `mine`: thin shells over the public functions. They parse, call and write, and compute nothing.

Importing this package costs nothing; `main` imports what the command at hand needs.
"""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process: the console script `mine` and `python -m hanmine`."""
    try:
        from hanmine.cli.run import run_process
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run_process()
