"""Articles that their source lists no more are asked for before they are deleted: many lists have only the newest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from index.article import Mark, Withdrawal
from index.state import State
from search.batching import in_batches
from search.errors import SourceError

MAX_QUESTIONS: Final = 500
"""Articles of one source that are asked for in one run."""
AGAIN_AFTER: Final = timedelta(days=7)
"""An article that was still there is not asked for again before this time is over."""
MAX_FAILURES: Final = 10
"""Questions in a row that may fail; no more are then asked in this run."""

_BATCH: Final = 500


class Addressed(Protocol):
    """What can say where its articles come from, and at which addresses they are."""

    def sources_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The source of each of these articles that it has, by id."""
        ...

    def address(self, name: str) -> str:
        """The address of an article; "" if it has none."""
        ...


@runtime_checkable
class Asking(Protocol):
    """A source whose articles can be asked for one by one."""

    def ask(self, url: str) -> str | Withdrawal | None:
        """Where the article of an address is now: the same address, or the one to which it has moved for good; or why
        it is not to be shown any more. None if what the source lists is all there is. Raises SourceError if it cannot
        be told.
        """
        ...


@dataclass(slots=True)
class Vanished:
    """What became of articles that are not listed any more.

    `gone` are their ids, with those whose sources are not asked; `killed` are the notices of those that must never come
    back; `moved` has the ids of those that are elsewhere, each with its new address. `marks` remember what is still
    there, and `remarks` are the sources of which not all is known yet, each with the reason.
    """

    gone: list[str] = field(default_factory=list)
    killed: list[Withdrawal] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)


def ask_for(
    names: Iterable[str], kept: Addressed, askers: Mapping[str, Asking], state: State, now: datetime
) -> Vanished:
    """Asks the sources of these articles for them, `askers` by their keys; at most MAX_QUESTIONS each.

    What was not asked for, or could not be told, is in none of the lists: it stays as it is.
    """
    found = Vanished()
    listed: defaultdict[str, list[str]] = defaultdict(list)
    for batch in in_batches(names, _BATCH):
        sources = kept.sources_of(batch) if askers else {}
        for name in batch:
            source = sources.get(name, "")
            (listed[source] if source in askers else found.gone).append(name)
    for source, own in listed.items():
        chosen, left = _chosen(own, source, state, now)
        failures = list(_ask(chosen, source, askers[source], kept, now, found))
        if failures:
            found.remarks.append((source, _unknown(len(failures), failures[0])))
        if left:
            found.remarks.append((source, f"{left:,} more articles that it lists no more are asked for in later runs"))
    return found


def still_there(name: str, source: str, now: datetime) -> Mark:
    """Remembers that an article was found at its address, though its source lists it no more."""
    return Mark(source, _key(name), now.astimezone(UTC).isoformat(timespec="seconds"))


def _chosen(names: Sequence[str], source: str, state: State, now: datetime) -> tuple[list[str], int]:
    """Whom to ask for, those first that were never asked for and then the earliest; and how many of those are left."""
    asked = state.several(source, map(_key, names))
    recent = (now - AGAIN_AFTER).astimezone(UTC).isoformat(timespec="seconds")
    due = sorted((str(asked.get(_key(name), "")), name) for name in names)
    chosen = [name for at, name in due if at < recent]
    return chosen[:MAX_QUESTIONS], sum(_key(name) not in asked for name in chosen[MAX_QUESTIONS:])


def _ask(
    names: Sequence[str], source: str, asker: Asking, kept: Addressed, now: datetime, found: Vanished
) -> Iterator[SourceError]:
    """Puts what became of each article into `found`, and yields why it cannot be told of others."""
    failed = 0
    for number, name in enumerate(names):
        url = kept.address(name)
        try:
            answer = asker.ask(url) if url else None
        except SourceError as error:
            failed += MAX_FAILURES if getattr(error, "is_lasting", False) else 1
            yield error
            if failed >= MAX_FAILURES:
                yield from [error] * (len(names) - number - 1)
                return
            continue
        failed = 0
        if isinstance(answer, Withdrawal) and answer.kind == "killed":
            found.killed.append(replace(answer, id=name))
        elif answer is None or isinstance(answer, Withdrawal):
            found.gone.append(name)
        elif answer == url:
            found.marks.append(still_there(name, source, now))
        else:
            found.moved.append((name, answer))


def _unknown(count: int, first: SourceError) -> str:
    which = "1 article that it lists no more is" if count == 1 else f"{count:,} articles that it lists no more are"
    it, why = ("it", "") if count == 1 else ("they", "the first: ")
    return (
        f"{which} kept, because {it} could not be asked for ({why}{first.origin}: {first.reason}); "
        f"the next run asks again"
    )


def _key(name: str) -> str:
    return f"still there {name}"
