"""Makes one segment of several, array by array: the result is what one segment of all their articles would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.files.container import Container, ContainerWriter
from search.engines.disk.files.layout import SEGMENT
from search.engines.disk.writing.merge_articles import merge_articles
from search.engines.disk.writing.merge_parts import Sink, to_parts
from search.engines.disk.writing.merge_postings import merge_postings
from search.engines.disk.writing.merge_words import merge_words, what_is_left


def merge_segments(
    parts: Sequence[tuple[Container, NDArray[np.bool_]]],
    path: Path,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Writes the live articles of the parts (segment, which of its articles are live), in order, as a new segment.

    Needs memory for the dictionaries, some ten bytes an article, and little besides.
    `progress` is told how many bytes of arrays are written, and about how many will be.
    The file is on the disk at the end, or not there if this fails.
    Raises OSError, and ValueError or the like where a part is not what was written.
    """
    sources = [part for part in to_parts(parts) if part.kept]
    if not sources:
        raise ValueError("no article is left to be merged")
    expected = sum(part.container.array_bytes * part.kept // len(part.live) for part in sources)
    with ContainerWriter(path, SEGMENT) as writer:
        sink = Sink(writer, expected, progress)
        merge_articles(sources, sink)
        left = [what_is_left(part) for part in sources]
        numbers = merge_words(sources, left, sink)
        merge_postings(sources, left, numbers, sink)
