"""The program `backfile`, also as `python -m search`: small, so that Ctrl-C ends it cleanly from the first moment.

Python turns Ctrl-C into an exception wherever it happens to be. While modules are imported, which is most of the life
of a short command, nobody can catch it: it ends in a traceback, or is lost in the C code of a library.
So here Ctrl-C ends the process at once. A command that has something to put in order asks for the exception; see
`search.commands.context.interruptible`.
"""

from __future__ import annotations

import os
from contextlib import suppress


def run() -> None:
    """Runs the command that the arguments of the process name, and ends the process with its exit code."""
    try:
        import faulthandler
        import signal

        with suppress(RuntimeError, OSError, ValueError):  # there may be no standard error
            faulthandler.enable()  # a crash, as of a mapped file that is cut off meanwhile, says where it was

        # A shell that starts a program in the background may have switched Ctrl-C off for it: leave it off.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _end_at_once)
    except KeyboardInterrupt:
        _end_at_once()
    from search.commands import main

    main()


def _end_at_once(*_: object) -> None:
    os._exit(130)  # as shells count it: 128 + SIGINT


if __name__ == "__main__":
    run()
