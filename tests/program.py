"""How tests run the command as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

_OF_THE_TERMINAL = ("COLUMNS", "FORCE_COLOR", "NO_COLOR")


def command_line(*arguments: str) -> list[str]:
    """The words that start `backfile` with those arguments."""
    return [sys.executable, "-m", "search", *arguments]


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


def killed_after(seconds: float, *arguments: str, **changes: str) -> bool:
    """Runs `backfile` in the current folder and kills it after that time; False if it was done before."""
    environ = environment(**changes)
    with subprocess.Popen(
        command_line(*arguments), env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            running.wait(seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            return True
    return False


def watched_until(said: str, *arguments: str, **changes: str) -> None:
    """Runs `backfile` in the current folder until a line on standard error fits a pattern, then ends it.

    Raises AssertionError if it ends without such a line.
    """
    environ = environment(**changes)
    with subprocess.Popen(
        command_line(*arguments), env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        try:
            assert any(re.search(said, line) for line in running.stderr), f"it ended without {said!r}"
        finally:
            running.terminate()
        running.communicate(timeout=60)
