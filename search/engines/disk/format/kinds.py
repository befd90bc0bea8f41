"""The kinds of files in an index directory, and the version of their format.

They are apart from what reads the files: to see which commit is the newest takes the manifest alone, and no arrays.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 3
"""The format version of all files of an index. It goes up with every change that makes older files unreadable, or
readable in a wrong way."""

HAS_ARTICLES: Final = frozenset({2, VERSION})
"""The versions whose stored articles this program reads; the rest of their files may be laid out in another way."""

SEGMENT: Final = "segment"
DELETIONS: Final = "deletions"
VECTORS: Final = "vectors"
SEGMENT_SUFFIX: Final = ".segment"
DELETIONS_SUFFIX: Final = ".deleted"
VECTORS_SUFFIX: Final = ".vectors"


def version_problem(what: str, version: object) -> str:
    """What to say of an index or a file of another format version, with the one command that helps."""
    found = f"{what} has format version {str(version)[:20]}, this program reads version {VERSION}"
    if version in HAS_ARTICLES:
        return f"{found}; build it anew from its own articles with `backfile rebuild`"
    newer = "install a newer version of Backfile, or " if isinstance(version, int) and version > VERSION else ""
    return f"{found}; {newer}make it anew from its sources with `backfile index SOURCE… --rebuild`"
