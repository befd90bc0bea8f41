"""How far a run is: a bar with rate and time left on a terminal, nothing in a pipe."""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Final, Protocol, Self

from tqdm import tqdm

_BAR: Final = "{percentage:3.0f} %|{bar}| {n_fmt}/{total_fmt} [{elapsed}, {remaining} left{postfix}]"
_BAR_WITHOUT_TOTAL: Final = "{n_fmt} read [{elapsed}{postfix}]"
_REFRESH_SECONDS: Final = 0.2
_USUAL_SIZE: Final = (80, 24)


class Progress(Protocol):
    """What the indexer tells while it runs."""

    def begin(self, total: int | None) -> None:
        """A run over `total` bytes begins; None where an input does not know its size."""
        ...

    def at(self, read: int, articles: int) -> None:
        """So many bytes and articles have been read."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Silence:
    """Tells nobody."""

    def begin(self, total: int | None) -> None: ...

    def at(self, read: int, articles: int) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class Bar:
    """A bar on standard error. Time left follows from bytes, since articles are not counted beforehand."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._started = self._shown = 0.0

    def begin(self, total: int | None) -> None:
        self._started = time.monotonic()
        has_size = _terminal_has_size()
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
        now = time.monotonic()
        if self._bar is None or now - self._shown < _REFRESH_SECONDS:
            return
        self._shown = now
        rate = articles / (now - self._started) if now > self._started else 0.0
        self._bar.set_postfix_str(f"{articles:,} articles, {rate:,.0f}/s", refresh=False)
        self._bar.n = min(read, self._bar.total) if self._bar.total else read
        self._bar.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _terminal_has_size() -> bool:
    """Some terminals do not know their size, and tqdm draws nothing on a width of 0."""
    try:
        return 0 not in os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
