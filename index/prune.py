"""Which articles of the index are no longer in the input they came from, where that can be known for sure."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from index.identity import source_key


def gone(
    roots: Sequence[str],
    held: Mapping[str, str],
    found: Collection[str],
    read_from: Collection[str],
    failed_in: Collection[str],
    warn: Callable[[str, str], None],
) -> Iterator[str]:
    """The ids in `held` (source by id) that came from one of `roots` and are not in `found`.

    A root in which anything failed, or from which nothing was read (`read_from`), gives none and a warning:
    a disk that is not mounted must not empty the archive.
    """
    for root in roots:
        key = source_key(root)
        if any(is_below(source, key) for source in failed_in):
            warn(root, "not pruned, because not all of it could be read")
        elif not any(is_below(source, key) for source in read_from):
            warn(root, "not pruned, because it holds no article")
        else:
            yield from [name for name, source in held.items() if is_below(source, key) and name not in found]


def is_below(source: str, root: str) -> bool:
    """The source is the root itself or a file in it."""
    return source == root or source.startswith(root.rstrip(os.sep) + os.sep)
