"""The exception tree of hanmine: every error that a user can cause, with the exit code that `mine` ends with.

A message is one line that says what was wrong, where (file and line, row or byte offset), and what to do about it.
What comes from outside is `visible` wherever people are shown it.
"""

from __future__ import annotations

import re


class HanmineError(Exception):
    """Base of all errors that are told to the user in one line. Exit code 1."""

    exit_code = 1


class UsageError(HanmineError):
    """The call cannot be understood: an unknown value, options that contradict each other. Exit code 2."""

    exit_code = 2


class MissingExtraError(UsageError):
    """An optional dependency is not installed; the message names the extra that brings it. Exit code 2."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional package: pip install 'hanmine[{extra}]'")
        self.extra = extra


class InputError(HanmineError):
    """An input is missing, unreadable, or not what it was said to be. Exit code 3."""

    exit_code = 3


class DecodingError(InputError):
    """Bytes of an input cannot be read as text in the encoding in force. Exit code 3.

    Attributes
    ----------
    fault : what was wrong, and where: the message without what to do about it.
    """

    def __init__(
        self, fault: str, cure: str = "pass --encoding NAME if it is another encoding, or --errors replace"
    ) -> None:
        super().__init__(f"{fault}: {cure}")
        self.fault = fault


class OutputError(HanmineError):
    """A result could not be written: disk full, no permission, target exists. Exit code 4."""

    exit_code = 4


class TemporaryFolderError(OutputError):
    """The folder that temporary files should go to is missing. Exit code 4."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"{folder}: the temporary folder does not exist: create it, or pass another with -T")


# C0 and C1 controls, among them those that begin the commands of a terminal; what turns the direction of text or ends
# lines; halves of surrogate pairs, which stand for bytes of file names that are no text; and what XML cannot hold.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible(text: str, *, keep: str = "") -> str:
    r"""Text from outside as people may be shown it: control characters as \x1b, \u202e, \n, all but those in `keep`.

    A message or a table prints no word, line or file name in another way: what is in them could move the cursor, change
    what stands above, or answer in the name of the user.
    """
    return _CONTROLS.sub(lambda match: match[0] if match[0] in keep else _escape(match[0]), text)


def _escape(character: str) -> str:
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
