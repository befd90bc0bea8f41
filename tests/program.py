"""The environment in which tests run the command as a process of its own."""

from __future__ import annotations

import os

_THEIRS = ("BACKFILE_", "NO_COLOR", "FORCE_COLOR", "COLUMNS")


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without settings of Backfile or of the terminal; any warning is an error."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(_THEIRS)}
    return kept | {"PYTHONWARNINGS": "error"} | changes


def interrupted_environment(**changes: str) -> dict[str, str]:
    """The same for a command that gets a Ctrl-C at whatever moment.

    That may be between the opening of a file and the `with` that would close it. Python then closes the file itself,
    and with warnings switched on it says so on standard error.
    """
    return environment(PYTHONWARNINGS="error,ignore::ResourceWarning", **changes)
