"""The kinds of files in an index directory, and the version of their format.

They are apart from what reads the files: to see which commit is the newest takes the manifest alone, and no arrays.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 3
"""The format version of all files of an index. It goes up with every change that makes older files unreadable, or
readable in a wrong way."""

REBUILD: Final = "make it anew with `backfile index SOURCE… --rebuild`"

SEGMENT: Final = "segment"
DELETIONS: Final = "deletions"
VECTORS: Final = "vectors"
SEGMENT_SUFFIX: Final = ".segment"
DELETIONS_SUFFIX: Final = ".deleted"
VECTORS_SUFFIX: Final = ".vectors"
