"""The commit record: the one document that says what is committed, and so what a reader sees.

It is in the index of the articles, so that changing it is one request, which is refused if somebody else has changed it
meanwhile. It has no field that is searched: no search ever finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from search.engines.opensearch.format.mapping import FORMAT
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Absent, ClusterError, IndexAbsent
from search.errors import EngineError, IndexDamaged, IndexMissing, IndexVersionError
from search.schema import TEXT_FIELDS

COMMIT_ID: Final = "commit"

HISTORY_STEPS: Final = 50
"""Into how many parts the time is divided for which replaced articles are kept. Of the commits in one part only the
first is remembered, so that a record stays small; an article is kept for that much longer at most."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `epoch` is that of its writer; `average_lengths` are in words, by text field, over the articles that
    have the field (0.0 if none has). `size_bytes`: what one copy of the index took on disk, old versions included, as
    the cluster last counted it, which it does every ten seconds.

    `index` is the name of the index on the cluster, `uid` that of this making of it: an index that was deleted and made
    again has another. `floor`: the oldest epoch that can still be read whole. `aborted`: epochs whose writers never
    committed. `history`: earlier commits, as epoch and seconds since 1970, rising. `retired`: indices that this archive
    has left, and since when, in seconds since 1970.
    `seq_no` and `primary_term` are those of the record; they do not make commits different.
    """

    index: str
    epoch: int
    floor: int
    aborted: tuple[int, ...]
    committed_at: datetime
    articles: int
    languages: tuple[str, ...]
    average_lengths: Mapping[str, float]
    size_bytes: int | None = None
    uid: str = ""
    history: tuple[tuple[int, float], ...] = ()
    retired: Mapping[str, float] = field(default_factory=dict)
    seq_no: int = field(default=0, compare=False)
    primary_term: int = field(default=0, compare=False)

    @property
    def generation(self) -> str:
        """Changes with every commit and never comes back."""
        return f"{self.index}.{self.uid}.{self.epoch}"

    def as_json(self) -> dict[str, Any]:
        """The record as it is stored."""
        return {
            "commit": {
                "format": FORMAT,
                "uid": self.uid,
                "epoch": self.epoch,
                "floor": self.floor,
                "aborted": list(self.aborted),
                "committed_at": self.committed_at.isoformat(),
                "articles": self.articles,
                "languages": list(self.languages),
                "average_lengths": dict(self.average_lengths),
                "size_bytes": self.size_bytes,
                "history": [list(step) for step in self.history],
                "retired": dict(self.retired),
            }
        }


@dataclass(frozen=True, slots=True)
class Record:
    """The record as it was found, of this format or another; `source` is None where the index has none."""

    index: str
    source: Mapping[str, Any] | None
    seq_no: int
    primary_term: int


def visible(commit: Commit) -> dict[str, Any]:
    """The articles of a commit, as a query."""
    born = {"range": {"born": {"lte": commit.epoch}}}
    return {"bool": {"filter": [born], "must_not": [dead(commit, commit.epoch), *never_born(commit)]}}


def among(commit: Commit, *clauses: Mapping[str, Any]) -> dict[str, Any]:
    """The articles of a commit that match all the clauses, as a query."""
    return {"bool": {"filter": [*clauses, visible(commit)]}}


def dead(commit: Commit, epoch: int) -> dict[str, Any]:
    """The versions that were taken out up to an epoch, by writers that have committed, as a query."""
    taken_out = {"range": {"died": {"lte": epoch}}}
    if not commit.aborted:
        return taken_out
    return {"bool": {"filter": [taken_out], "must_not": [{"terms": {"died": list(commit.aborted)}}]}}


def never_born(commit: Commit) -> list[dict[str, Any]]:
    """The versions of writers that never committed, as a query; none if there was no such writer."""
    return [{"terms": {"born": list(commit.aborted)}}] if commit.aborted else []


def newest_commit(connection: Connection) -> Commit:
    """The newest commit, in one request. Raises IndexMissing, IndexVersionError, IndexDamaged, EngineError.

    Whether Backfile made the index is looked at only where the record is missing or cannot be read.
    """
    record = find_record(connection)
    if record is None:
        raise missing(connection)
    if record.source is None:
        require_own(connection, record.index)
        raise IndexDamaged(f"the index {record.index} has no commit record; {rebuild_hint(connection)}")
    return commit_of(connection, record)


def find_record(connection: Connection) -> Record | None:
    """The record behind the archive's name; None if there is nothing of that name. Raises EngineError."""
    name = connection.address.name
    try:
        found = connection.send("GET", f"/{name}/_doc/{COMMIT_ID}")
    except IndexAbsent:
        return None
    except Absent as error:
        # The document is not there, or the index is gone. Which one, the aliases say.
        index = target_of(connection)
        if index is None:
            return None
        del error
        return Record(index, None, 0, 0)
    except ClusterError as error:
        if error.answered == 400:  # an alias of several indices
            raise IndexDamaged(
                f"{name} stands for several indices of the cluster; take the alias away from all but one"
            ) from error
        raise
    return _record(found)


def record_in(connection: Connection, index: str) -> Record:
    """The record in an index, whatever the archive's name leads to. Raises EngineError, Absent if it has none."""
    return _record(connection.send("GET", f"/{index}/_doc/{COMMIT_ID}"))


def _record(found: Any) -> Record:
    source = found.get("_source")
    return Record(
        str(found["_index"]),
        source if isinstance(source, Mapping) else {},
        int(found.get("_seq_no", 0)),
        int(found.get("_primary_term", 0)),
    )


def target_of(connection: Connection) -> str | None:
    """The index that the archive's name leads to; the name itself if it is an index; None if there is none."""
    name = connection.address.name
    try:
        found = connection.send("GET", f"/{name}", params={"filter_path": "*.aliases"})
    except Absent:
        return None
    names = sorted(found)
    if len(names) > 1:
        raise IndexDamaged(f"{name} stands for the indices {', '.join(names)}; take the alias away from all but one")
    return names[0] if names else name


def require_own(connection: Connection, index: str) -> None:
    """Raises EngineError if the index was not made by Backfile, and IndexVersionError if it has another format."""
    mark = mark_of(connection, index)
    if mark is None:
        raise foreign(connection, index)
    require_format(connection, mark.get("format"))


def mark_of(connection: Connection, index: str) -> Mapping[str, Any] | None:
    """What Backfile has noted in an index that it made; None for the index of somebody else. Raises Absent."""
    found = connection.send("GET", f"/{index}/_mapping", params={"filter_path": "*.mappings._meta"})
    mark = found.get(index, {}).get("mappings", {}).get("_meta", {}).get("backfile") if found else None
    return mark if isinstance(mark, Mapping) else None


def foreign(connection: Connection, index: str) -> EngineError:
    """The error for an index that somebody else has made."""
    return EngineError(
        f"the index {index} on the cluster was not made by Backfile and is left alone; "
        f"choose another name in {connection.address.url}"
    )


def require_format(connection: Connection, held: object) -> None:
    """Raises IndexVersionError if the format is not this program's."""
    if held == FORMAT:
        return
    if isinstance(held, int) and held > FORMAT:
        raise IndexVersionError(
            f"{connection.address.url} was written by a newer version of Backfile (format {held}, this version reads "
            f"{FORMAT}); install that version, or {rebuild_hint(connection)}"
        )
    raise IndexVersionError(
        f"{connection.address.url} was written by another version of Backfile (format {str(held)[:20]}, this version "
        f"reads {FORMAT}); {rebuild_hint(connection)}"
    )


def rebuild_hint(connection: Connection) -> str:
    """The command that makes the index anew."""
    return f"build it again with `backfile index SOURCE… --index '{connection.address.url}' --rebuild`"


def missing(connection: Connection) -> IndexMissing:
    """The error for an archive without a commit."""
    return IndexMissing(f"there is nothing in {connection.address.url} yet; index articles into it first")


def commit_of(connection: Connection, record: Record) -> Commit:
    """The commit that a record states. Raises IndexVersionError, IndexDamaged."""
    held = record.source.get("commit") if record.source else None
    if isinstance(held, Mapping) and isinstance(held.get("format"), int):
        require_format(connection, held["format"])
    try:
        return _commit(record, held)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        require_own(connection, record.index)
        raise IndexDamaged(
            f"the commit record of {record.index} cannot be read ({error!r}); {rebuild_hint(connection)}"
        ) from error


def _commit(record: Record, held: Any) -> Commit:
    committed_at = datetime.fromisoformat(held["committed_at"])
    lengths = held["average_lengths"]
    return Commit(
        index=record.index,
        epoch=int(held["epoch"]),
        floor=int(held["floor"]),
        aborted=tuple(map(int, held["aborted"])),
        committed_at=committed_at.astimezone(UTC),
        articles=int(held["articles"]),
        languages=tuple(map(str, held["languages"])),
        average_lengths={name: float(lengths[name]) for name in TEXT_FIELDS},
        size_bytes=None if held["size_bytes"] is None else int(held["size_bytes"]),
        uid=str(held["uid"]),
        history=tuple((int(epoch), float(at)) for epoch, at in held["history"]),
        retired={str(name): float(at) for name, at in held["retired"].items()},
        seq_no=record.seq_no,
        primary_term=record.primary_term,
    )


def write_record(
    connection: Connection, index: str, source: Mapping[str, Any], *, seq_no: int, primary_term: int
) -> tuple[int, int]:
    """Writes the record in place of the one with these numbers; returns the new ones. Raises Conflict if there is
    another one by now. Repeating it changes nothing, but then it raises Conflict."""
    found = connection.send(
        "PUT",
        f"/{index}/_doc/{COMMIT_ID}",
        source,
        params={"if_seq_no": str(seq_no), "if_primary_term": str(primary_term)},
    )
    return int(found["_seq_no"]), int(found["_primary_term"])


def next_steps(
    before: Commit | None, epoch: int, now: float, keep_seconds: float
) -> tuple[int, tuple[tuple[int, float], ...]]:
    """The floor and the history of a commit that `epoch` makes at `now` in the same index as `before`.

    What was the newest commit at any time in the last `keep_seconds` stays readable.
    """
    history = list(before.history) if before else []
    if before:
        at = before.committed_at.timestamp()
        if not history or at - history[-1][1] >= keep_seconds / HISTORY_STEPS:
            history.append((before.epoch, at))
    ended = [step for step, at in (*history, (epoch, now)) if at <= now - keep_seconds]
    floor = max([before.floor if before else epoch, *ended])
    return floor, tuple((step, at) for step, at in history if step > floor)
