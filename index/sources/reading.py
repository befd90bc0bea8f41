"""How sources are read: what the run knows and no input says of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from zoneinfo import ZoneInfo

from index.identity import file_path, is_file_address


@dataclass(frozen=True, slots=True)
class Reading:
    """`time_zone` is that of times that state none. `root` is the folder that was given, if the files are in one.

    `types` are the kinds of items that are articles, where a source says what kind each is, as WordPress does.
    """

    time_zone: ZoneInfo
    root: str = ""
    types: tuple[str, ...] = ("post",)

    def below(self, root: str) -> Reading:
        """The same for the files of a folder."""
        return replace(self, root=root)

    def place(self, location: str) -> str:
        """The path of a file below the folder that was given, else its name: what is left when the folder moves."""
        path = PurePath(file_path(location) if is_file_address(location) else location)
        if self.root and path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return path.name
