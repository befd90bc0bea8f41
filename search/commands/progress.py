"""The progress bar of a command that does one thing from beginning to end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Show = Callable[[int, int], None]
"""Takes how much is done, and of how much."""


@contextmanager
def progress_bar(doing: str, *, quiet: bool, unit: str = " articles", scaled: bool = False) -> Iterator[Show | None]:
    """A bar on standard error, gone when the block ends; None if `quiet`, or where nobody watches.

    `scaled`: large numbers are written as "1.25M".
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm  # only where somebody watches

    with tqdm(desc=doing, unit=unit, unit_scale=scaled, file=sys.stderr, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
