"""What differs between two archives, as lines."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Final

from search.commands.progress import progress_bar
from search.commands.terminal import articles, one_line
from search.comparing import Audit, Comparison, Listed, Progress, audit, compare
from search.engines.protocols import Engine

MOST_LISTED: Final = 20
"""Articles of each kind that are listed; `--json` has more of them."""


def compared_shown(expected: Engine, found: Engine, *, quiet: bool, left_out: Container[str] = ()) -> Comparison:
    """Compares all articles of two archives, with a progress bar unless `quiet`; see `compare`. Raises EngineError."""
    with expected.searcher() as first, found.searcher() as second, _bar(first.status().articles, quiet) as progress:
        return compare(first, second, progress, left_out=left_out)


def audited_shown(engine: Engine, *, quiet: bool) -> Audit:
    """Reads all articles of an archive, with a progress bar unless `quiet`. Raises EngineError."""
    with engine.searcher() as searcher, _bar(searcher.status().articles, quiet) as progress:
        return audit(searcher, progress)


@contextmanager
def _bar(total: int, quiet: bool) -> Iterator[Progress | None]:
    with progress_bar("verifying", quiet=quiet) as show:
        yield show and (lambda count: show(count, total))


def comparison_lines(compared: Comparison, names: tuple[str, str], *, may_have_more: bool = False) -> Iterator[str]:
    """Whether both archives are the same and, if not, the articles in which they differ. `names`: of the archive that
    is as it should be, and of the other. `may_have_more`: articles that are only in the other are no difference."""
    first, second = names
    if compared.is_same or (may_have_more and compared.covers):
        more = f"; {compared.superfluous.count:,} more in {second}" if compared.superfluous.count else ""
        yield f"verified: {articles(compared.same)}, each the same in both{more}"
        return
    yield from _listed(f"missing in {second}", compared.missing)
    yield from _listed(f"only in {second}", compared.superfluous)
    yield from _listed("different", compared.different)
    yield from _listed("the same from another source", compared.moved)
    for name, read in zip(names, (compared.expected, compared.found), strict=True):
        yield from _listed(f"not what was added to {name}", read.damaged)
        if read.articles != read.stated:
            yield f"{name}: {articles(read.articles)} found, {read.stated:,} committed"
    counts = f"{articles(compared.expected.articles)} in {first}, {compared.found.articles:,} in {second}"
    yield f"{counts}, {compared.same:,} the same in both"


def _listed(kind: str, found: Listed) -> Iterator[str]:
    yield from (f"{kind}: {one_line(name)}" for name in found.ids[:MOST_LISTED])
    if found.count > MOST_LISTED:
        yield f"{kind}: … and {found.count - MOST_LISTED:,} more"
