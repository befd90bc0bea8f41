"""The environment in which tests run the command as a process of its own."""

from __future__ import annotations

import os

_OF_THE_TERMINAL = ("COLUMNS", "FORCE_COLOR", "NO_COLOR")


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without settings of Backfile or of the terminal; any warning is an error."""
    kept = {name: text for name, text in os.environ.items() if name not in _OF_THE_TERMINAL and "BACKFILE" not in name}
    return kept | {"PYTHONWARNINGS": "error", "TERM": "xterm"} | changes


def interrupted_environment(**changes: str) -> dict[str, str]:
    """The same for a command that gets a Ctrl-C at whatever moment.

    That may be between the opening of a file and the `with` that would close it. Python then closes the file itself,
    and with warnings switched on it says so on standard error.
    """
    return environment(PYTHONWARNINGS="error,ignore::ResourceWarning", **changes)
