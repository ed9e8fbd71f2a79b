"""Write docs/cli.md, the reference of all commands, from their help texts.

    python docs/generate_cli.py

A test compares the page with what this would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hanmine.cli.app import PROGRAM, root_command

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 88

INTRODUCTION = """\
# Commands

This page is made from the help texts by `docs/generate_cli.py`; `mine COMMAND --help` says the same.

What all commands have in common:

- They read files, glob patterns, folders (`-r`) or standard input (`-`, and the default in a pipe), plain or packed
  with gz, bz2, xz or zst, and write data to standard output or, with `-o`, to a file that appears whole or not at all.
- Messages and progress go to standard error, progress only to a terminal. `-q` silences them, `-v` adds the signature
  of the run, `--debug` the traceback of an error.
- Flags win over environment variables, and those over the defaults. The variable of an option is named after command
  and option: `MINE_NEWWORDS_MIN_COUNT=10`, `MINE_NGRAMS_SHOW_ORDER=2`; a switch takes `1`, an option that may be
  repeated takes its values separated by spaces.
- Exit codes: 0 fine, 1 unexpected, 2 usage, 3 input or decoding, 4 output or disk full, 130 interrupted, 143
  terminated; a closed pipe (`| head`) ends a run quietly.
- An input without text is no fault where text or a table comes out (`newwords`, `ngrams`, `segment`, `parse`): the
  result is as empty, a line on standard error says so, and the exit code is 0. Vectors, graphs and gold standards must
  have a row, and so must what `mine encode` reads: exit code 3.
- Formats: `tsv` has a header, and escapes tab, newline, carriage return and backslash in a cell as `\\t` `\\n` `\\r`
  `\\\\`; `csv` quotes as RFC 4180 says, ends lines with a newline alone, and puts an apostrophe before a text that a
  spreadsheet would take for a formula (`=` `+` `-` `@`); `jsonl` is an object a line and `json` an array of them. Reals
  have 4 decimals in tsv and csv and at most 6 in JSON, where what is not finite is null.
"""


def commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """All commands below a group, with a context in which their help can be made."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        yield command, inner
        if hasattr(command, "list_commands"):
            yield from commands(command, inner)


def render() -> str:
    """The text of the page."""
    root = root_command()
    context = root.make_context(PROGRAM, [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH)
    parts = [INTRODUCTION, f"## {PROGRAM}\n\n```text\n{root.get_help(context)}\n```\n"]
    for command, inner in commands(root, context):
        parts.append(f"## {inner.command_path}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(line.rstrip() for line in "\n".join(parts).split("\n"))


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8", newline="\n")
