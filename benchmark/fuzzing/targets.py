"""The table of what is fuzzed. To add a target, write a function that makes it, and give it a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from benchmark.fuzzing import files, site, texts
from benchmark.fuzzing.target import Target

TARGETS: Final[Mapping[str, Callable[[Path], Target]]] = {
    "query": texts.query,
    "parameters": texts.parameters,
    "cursor": texts.cursor,
    "link": texts.link,
    "address": texts.address,
    "date": texts.date,
    "markdown": texts.markdown,
    "page": texts.page,
    "markup": texts.markup,
    **{f"source-{name.lower().replace(' ', '-')}": files.format_target(name) for name in files.FORMATS},
    "index": files.index_files,
    "search": site.searches,
    "endpoints": site.endpoints,
}
"""By name, what makes each target in a folder of its own."""
