"""The command `mine`: thin shells over the public functions. They parse, call and write, and compute nothing.

Importing this package costs nothing; `main` imports what the command at hand needs.
"""

from __future__ import annotations

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process: the console script `mine` and `python -m hanmine`."""
    # Nearly all that importing makes stays: going through it again and again for garbage costs a tenth of the start.
    gc.set_threshold(100_000, 50, 50)
    try:
        from hanmine.cli.run import run_process
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run_process()
