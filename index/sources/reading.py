"""How sources are read: what the run knows and no input says of itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import PurePath
from typing import Final
from zoneinfo import ZoneInfo

from index.fetching import Fetcher
from index.identity import file_path, is_file_address
from index.state import State


def say_nothing(origin: str, text: str) -> None:
    """Takes a remark about a source, for whoever does not want to know."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`time_zone` is that of times that state none. `root` is the folder that was given, if the files are in one.
    `mapping` has for keys of the input our names: {"content": "body"}. `types` are the post types of WordPress that are
    articles. `table` is the one to read of a file of tables.
    `fetcher` gets what is at addresses, one for the whole run; None: nothing is fetched. `pages`: of feeds that have
    only the beginnings of articles, the pages are fetched. `say` is told what was found at an address, and how it is
    read: (address, sentence). `state` is what earlier runs remember; None: everything is read. These four stay behind
    when a record is sent to another process.
    """

    time_zone: ZoneInfo
    root: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    table: str = ""
    fetcher: Fetcher | None = None
    pages: bool = False
    say: Callable[[str, str], None] = say_nothing
    state: State | None = None
    types: tuple[str, ...] = ("post",)

    def __reduce__(self) -> tuple[partial[Reading], tuple[()]]:
        kept = {row.name: getattr(self, row.name) for row in fields(self) if row.name not in _OF_THIS_PROCESS}
        return partial(Reading, **kept), ()

    def below(self, root: str) -> Reading:
        """The same for the files of a folder."""
        return replace(self, root=root)

    def told(self, location: str) -> tuple[object, ...]:
        """What decides how a file is read, beside its bytes."""
        return self.place(location), sorted(self.mapping.items()), self.types, self.table, str(self.time_zone)

    def place(self, location: str) -> str:
        """The path of a file below the folder that was given, else its name: what is left when the folder moves."""
        start = self.root + os.sep
        if self.root and location.startswith(start) and os.path.normpath(location) == location:
            return location[len(start) :].replace(os.sep, "/")
        path = PurePath(file_path(location) if is_file_address(location) else location)
        if self.root and path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return path.name


_OF_THIS_PROCESS: Final = frozenset({"fetcher", "pages", "say", "state"})
