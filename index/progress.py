"""The progress of a run: a bar with the rate and the time left on a terminal, nothing in a pipe.

Usually the bar shows how much of the input is read. While the writer is busy with something long (building, merging,
committing), it shows that.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, Self

from search.engines.protocols import Phase

if TYPE_CHECKING:
    from tqdm import tqdm

_BAR: Final = "{desc}{percentage:3.0f} %|{bar}| {n_fmt}/{total_fmt} [{elapsed}, {remaining} left{postfix}]"
_BAR_WITHOUT_TOTAL: Final = "{n_fmt} read [{elapsed}{postfix}]"
_PHASE: Final = "{desc}: {percentage:3.0f} %|{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
_PHASE_WITHOUT_TOTAL: Final = "{desc} [{elapsed}{postfix}]"
_REFRESH_SECONDS: Final = 0.2
_USUAL_SIZE: Final = (80, 24)
_STOPPING: Final = "will stop after this commit"


class Progress(Protocol):
    """What the indexer reports while it runs."""

    def begin(self, total: int | None) -> None:
        """A run over `total` bytes begins, or over so many articles if they are counted; None if it is not known."""
        ...

    def at(self, read: int, articles: int) -> None:
        """`read` of the total and `articles` articles have been read so far."""
        ...

    def writing(self, phase: Phase, done: int, total: int) -> None:
        """The engine is busy; see `search.engines.protocols.WriterProgress`."""
        ...

    def stopping(self) -> None:
        """Ctrl-C was pressed during a commit, which is finished first."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Silence:
    """Shows nothing."""

    def begin(self, total: int | None) -> None: ...

    def at(self, read: int, articles: int) -> None: ...

    def writing(self, phase: Phase, done: int, total: int) -> None: ...

    def stopping(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class Bar:
    """A bar on standard error. The time left is estimated from bytes, where articles are not counted beforehand.

    `doing` says what is done, if it is not plain.
    """

    def __init__(self, doing: str = "") -> None:
        self._doing = doing and f"{doing}: "
        self._bar: tqdm[Any] | None = None
        self._started = self._shown = 0.0
        self._total: int | None = None
        self._last: tuple[Phase | Literal[""], int, int | None] = ("", 0, None)
        self._articles = 0
        self._note = ""

    def begin(self, total: int | None) -> None:
        self._started = time.monotonic()
        self._total = total or None
        has_size = _terminal_has_size()
        from tqdm import tqdm  # only where somebody watches

        self._bar = tqdm(
            total=total,
            unit="B",
            unit_scale=True,
            file=sys.stderr,
            ncols=None if has_size else _USUAL_SIZE[0],
            nrows=None if has_size else _USUAL_SIZE[1],
            dynamic_ncols=has_size,
            leave=False,
            bar_format=_BAR if total else _BAR_WITHOUT_TOTAL,
        )

    def at(self, read: int, articles: int) -> None:
        self._articles = articles
        if self._is_due():
            self._show("", min(read, self._total) if self._total else read, self._total)

    def writing(self, phase: Phase, done: int, total: int) -> None:
        if self._is_due():
            self._show(phase, done, total or None)

    def stopping(self) -> None:
        self._note = _STOPPING
        self._show(*self._last)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _is_due(self) -> bool:
        return self._bar is not None and time.monotonic() - self._shown >= _REFRESH_SECONDS

    def _show(self, phase: Phase | Literal[""], done: int, total: int | None) -> None:
        if self._bar is None:
            return
        self._last = (phase, done, total)
        self._shown = time.monotonic()
        elapsed = self._shown - self._started
        rate = self._articles / elapsed if elapsed > 0 else 0.0
        self._bar.bar_format = _format(phase, total)
        self._bar.set_description_str(phase or self._doing, refresh=False)
        self._bar.set_postfix_str(self._note or f"{self._articles:,} articles, {rate:,.0f}/s", refresh=False)
        self._bar.total, self._bar.n = total, done
        self._bar.refresh()


def progress_shown(*, quiet: bool, doing: str = "") -> Progress:
    """A bar for what a command is doing, unless it is `quiet` or nobody watches."""
    return Bar(doing) if sys.stderr.isatty() and not quiet else Silence()


def remark(origin: str, text: str) -> None:
    """Writes a line on standard error, above a bar if there is one."""
    from tqdm import tqdm  # what it writes stands above a bar

    tqdm.write(f"{origin}: {text}", file=sys.stderr)


def _format(phase: str, total: int | None) -> str:
    if phase:
        return _PHASE if total else _PHASE_WITHOUT_TOTAL
    return _BAR if total else _BAR_WITHOUT_TOTAL


def _terminal_has_size() -> bool:
    """False for terminals that do not know their size: tqdm draws nothing if the width is 0."""
    try:
        return 0 not in os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
