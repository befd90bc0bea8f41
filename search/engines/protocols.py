"""The seam: what every engine promises and all it has to do.

An engine matches, ranks, filters, counts and stores.
It does not parse, highlight, label, link or make HTML: that is written once above it.
`tests/test_engine_contract_*.py` runs every sentence here on every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self, runtime_checkable

from search.document import Document
from search.engines.results import IndexStatus, Results, Stamp
from search.packed import Packed
from search.schema import ValueMatch

if TYPE_CHECKING:  # what only a search needs: the language of queries, and numpy
    from search.engines.plan import Plan
    from search.engines.vectors import Vectors

Phase = Literal["building", "merging", "committing"]
"""What a writer may be busy with for long: inverting articles, joining segments, making all of it durable."""

WriterProgress = Callable[[Phase, int, int], None]
"""Called with the phase and how much of it is done, of how much: articles when building or merging, files when
committing. Both are 0 where that is not known."""


class Searcher(Protocol):
    """A snapshot: later commits do not show. Safe to use from several threads.

    An engine without the capability "snapshot" may show later commits.
    """

    capabilities: frozenset[str]

    def status(self) -> IndexStatus: ...

    def search(self, plan: Plan) -> Results:
        """Ties in the sort key break by id, ascending; undated articles come last in both date orders.
        Articles that match `Plan.preferred` come first in every order, and a cursor says on which side it stopped.
        Neither a filter nor what is preferred changes scores. `MatchAll` scores 0. Raises EngineError."""
        ...

    def count_many(self, plans: Sequence[Plan], deadline: float | None = None) -> list[int | None]:
        """How many articles each plan finds; None for a plan that was not counted in full within `deadline` seconds,
        which hold for all of them together. One trip. Raises EngineError."""
        ...

    def document(self, id: str) -> Document | None:
        """The whole stored article; None if there is none."""
        ...

    def articles(self, after: str | None = None) -> Iterator[Document]:
        """Every article whole, by id, ascending by code points; those behind the id `after` if it is given, whether or
        not there is such an article. Streamed: however large the archive is, few are in memory at a time."""
        ...

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        """The stamp of each article, by id; ids that are not in the archive are left out."""
        ...

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles whose `Document.source` is `source` or a file below it, each once, in any order.
        They are streamed: an archive may hold more than fit into memory."""
        ...

    def id_of_url(self, url: str) -> str | None:
        """The id of the article whose `Document.url` is exactly that; of several the first by id; None if none is."""
        ...

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        """The most frequent values of a keyword field, with the number of articles that hold each (for a section: or
        one below it), by falling number, then value."""
        ...

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        """At most `limit` values of a keyword field that fit `text`, with their numbers of articles.

        Values are compared as `search.query.values.comparable` writes them: without case and diacritics.
        "same": equal to it; in a hierarchical field its last part may be equal instead; by value.
        "words": each word of `text` is one of its words, the last word the beginning of one; by falling number.
        "near": likely misspellings of it, the nearest first.
        """
        ...

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """The most frequent folded words of title, headings, summary and body that start with `prefix`,
        with the number of articles that hold them in any of these fields, by falling number, then word."""
        ...

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        """Words as in `terms` within `distance` edits of the folded `word`, itself left out, that at least `least`
        articles hold, by distance, then falling number of articles, then word. The first character may differ."""
        ...

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        """For each folded word, the number of articles that hold it in title, headings, summary or body."""
        ...

    def vectors(self, model: str, ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The vectors of articles that `model` made, by id; ids of articles that have none are left out."""
        ...

    def without_vectors(self, model: str) -> Iterator[str]:
        """The ids of all articles that have no vectors of that model, each once, in any order; streamed."""
        ...

    def vector_models(self) -> tuple[str, ...]:
        """The models that made vectors of articles, sorted."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Writer(Protocol):
    """A transaction: commits on leaving the block, rolls back on an exception.

    An article that cannot be added raises, and the others are not affected. An engine that learns of it only later
    commits all else and then raises ArticlesRefused.

    An engine without the capability "transaction" cannot take back what it has written.

    `step`: the generation before the commit, "" if there was no index, and the one that it has made; None as long as
    there is no commit, and if nothing was changed. Nobody else has committed in between.
    """

    step: tuple[str, str] | None

    def add(self, document: Document) -> None:
        """Adds the article, in place of one with the same id."""
        ...

    def delete(self, id: str) -> bool:
        """Takes the article out; False if it was not there."""
        ...

    def commit(self) -> None:
        """Makes everything durable and visible, and closes the writer. Does nothing if it is closed already.
        Raises ArticlesRefused, when all else is committed; IndexLocked, if the writer is not the only one any more and
        nothing is committed; EngineError."""
        ...

    def rollback(self) -> None:
        """Forgets everything, and closes the writer. Does nothing if it is closed already."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing `check` found wrong: where, and what."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing `repair` did: where, what, and how many articles it cost."""

    place: str
    message: str
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Condensed:
    """What `optimize` came to: articles, segments and bytes on disk before and after, and the seconds it took."""

    articles: int
    segments: tuple[int, int]
    size_bytes: tuple[int, int]
    seconds: float


class Engine(Protocol):
    """One index, named by one URL. Opening it is cheap and touches nothing on disk."""

    url: str
    capabilities: frozenset[str]
    ledger_place: str
    """Where the archive's ledger is, unless the settings say otherwise: see `search.ledger.open_ledger`."""

    def writer(self, *, replace: bool = False, progress: WriterProgress | None = None) -> Writer:
        """Creates the index if there is none. `replace`: what is written takes the place of everything, at the commit.
        `progress` is called now and then, in the thread that writes, and must be quick.
        Raises IndexLocked while another writer is open, IndexVersionError (unless `replace`), EngineError."""
        ...

    def searcher(self) -> Searcher:
        """The newest committed state. Raises IndexMissing, IndexVersionError, IndexDamaged."""
        ...

    def generation(self) -> str:
        """The generation `searcher()` would open: cheap enough to ask for with every request."""
        ...

    def identity(self) -> str:
        """What names this archive and no other, however its URL is written; it need not be there yet.
        Raises EngineError."""
        ...

    def add_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> AddedVectors:
        """Keeps the vectors of articles, by `Stamp.content_hash`, in a commit of its own; returns what that came to.

        Articles that are gone, have changed meanwhile or have vectors of that model already are left out, so vectors
        are always those of an article as it is. They stay with it through all commits. Adding vectors of one model may
        take away those of another. If nothing is kept there is no commit.
        Raises IndexMissing, IndexLocked, IndexVersionError, IndexDamaged, EngineError."""
        ...

    def close(self) -> None:
        """Ends what writers have left running for the next one. Everything goes on working afterwards."""
        ...


@runtime_checkable
class WholeSearching(Protocol):
    """What an engine offers besides if its URL may allow answers from which parts of the index are missing."""

    def whole_searcher(self) -> Searcher:
        """As `Engine.searcher`, and whatever the URL allows: EngineError is raised where a part does not answer."""
        ...


@runtime_checkable
class ParallelWriting(Protocol):
    """What an engine offers besides if several processes can prepare what one writer writes."""

    def parallel_writer(self, *, workers: int, replace: bool = False, progress: WriterProgress | None = None) -> Writer:
        """A writer that may use up to `workers` processes; 1 is this one alone. The index does not depend on it."""
        ...


@runtime_checkable
class PassingOn(Protocol):
    """What a writer offers besides if it passes articles on to processes of its own."""

    def add_any(self, document: Document | Packed) -> None:
        """As `Writer.add`; what is packed is unpacked where it is needed."""
        ...


@runtime_checkable
class FindingCopies(Protocol):
    """What a searcher offers besides if it can compare a text with those of all articles."""

    def copies_of(self, fingerprint: int) -> list[str]:
        """The ids of all articles that are near-copies of a text with that fingerprint, the nearest first, then by id:
        see `search.engines.grouping.near_copies`. Raises EngineError."""
        ...


@runtime_checkable
class Maintenance(Protocol):
    """What an engine offers besides if its index is files on a local disk; a server looks after its own."""

    def check(self) -> Iterable[Problem]:
        """Reads everything and reports what is wrong; nothing if all is well."""
        ...

    def repair(self) -> Iterable[Repair]:
        """Brings the index to a state in which `check` finds nothing, losing as little as it can; says what it did.
        Raises IndexMissing, IndexLocked, IndexVersionError, and IndexDamaged if there is nothing to go back to."""
        ...

    def optimize(self, *, progress: WriterProgress | None = None) -> Condensed:
        """Makes the index as small and as quick to search as it gets, in one commit; none if there is nothing to do.
        Raises IndexMissing, IndexLocked, IndexVersionError, IndexDamaged, EngineError."""
        ...


Health = Literal["ok", "warning", "problem"]
"""Whether all is well, something should be done some day, or something fails or soon will."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, how it is, what was found, and unless it is well what to do."""

    what: str
    health: Health
    found: str
    advice: str = ""


@runtime_checkable
class Diagnosable(Protocol):
    """What an engine offers besides if it stands on something that can fail: disks, nodes, rights."""

    def examine(self) -> Iterable[Finding]:
        """Looks at what the index stands on, and at the index as far as that takes a moment. What cannot be looked at
        is a finding too and no error."""
        ...


@runtime_checkable
class Erasable(Protocol):
    """What an engine offers besides if its archive is on a server, where no folder can be deleted."""

    def erase(self) -> None:
        """Deletes the archive and everything that belongs to it, at once and for good. Nothing else is touched; does
        nothing if there is no archive. Raises EngineError."""
        ...


@dataclass(frozen=True, slots=True)
class AddedVectors:
    """What `add_vectors` came to: how many articles it kept the vectors of. `step` is that of its commit, as in
    `Writer`; None if there was none."""

    articles: int
    step: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What `rebuild` came to: articles before and after, the format version before and after, bytes on disk before and
    after, and the seconds it took. `step` is that of its commit, as in `Writer`."""

    articles: tuple[int, int]
    versions: tuple[int, int]
    size_bytes: tuple[int, int]
    seconds: float
    step: tuple[str, str]


@runtime_checkable
class Rebuilding(Protocol):
    """What an engine offers besides if it can build its index anew from the articles that are stored in it."""

    def rebuild(
        self, *, leave_out: Collection[str] = (), workers: int = 1, progress: Callable[[int, int], None] | None = None
    ) -> Rebuilt:
        """Analyses and indexes every stored article again, as this version of the program does it, but for those with
        the ids `leave_out`. What is built takes the place of the index in one commit, with the vectors that are still
        right; searches go on meanwhile. An index of an older format is read as far as its articles. `progress` is told
        how many articles are done, of how many.

        Until the commit, and if anything goes wrong, all stays as it was; an article that cannot be read ends it.
        Raises IndexMissing, IndexLocked, IndexVersionError, IndexDamaged, EngineError."""
        ...


@runtime_checkable
class WhooshReadable(Protocol):
    """What an engine offers besides if programs written for Whoosh can open its index."""

    def keep_whoosh_toc(self, wanted: bool) -> tuple[str, str] | None:
        """From now on each commit has the table of contents that these programs open, or none has; gives the step of
        the commit that begins with it, as in `Writer`, None if nothing had to be changed.
        Raises IndexMissing, IndexLocked, IndexVersionError, IndexDamaged, EngineError."""
        ...


@dataclass(frozen=True, slots=True)
class Purged:
    """What `purge` came to: how many of the articles were there, and the files that were written anew and removed, None
    where the engine's server looks after them. `kept`: files that the system did not let go, since others have them
    open; the next purge removes them. `step` is that of the last commit, as in `Writer`."""

    articles: int
    files_written: int | None
    files_removed: int | None
    seconds: float
    kept: tuple[str, ...] = ()
    step: tuple[str, str] | None = None


@runtime_checkable
class Purging(Protocol):
    """What an engine offers besides if it can take articles out so that nothing of them is left."""

    def purge(self, ids: Collection[str], *, progress: WriterProgress | None = None) -> Purged:
        """Deletes the articles in one commit, and in the end no file of the index has a word of them: not of earlier
        versions either, and not in what earlier commits have left. Purging again finishes what was cut off.

        Searchers that were opened before may go on showing them. Raises IndexLocked, IndexVersionError, IndexDamaged,
        EngineError; where there is no index there is nothing to do."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of an archive in a repository of the server. `state` is "complete", or what the server calls it."""

    name: str
    archive: str
    articles: int
    taken_at: datetime
    state: str


@runtime_checkable
class SnapshotRepositories(Protocol):
    """What an engine offers besides if its server copies archives to a place of its own, a repository."""

    def take_snapshot(self, repository: str, name: str, progress: Callable[[int, int], None] | None = None) -> Snapshot:
        """Copies the newest commit under a new name. No other writer is let in meanwhile; searches go on.
        `progress` is told how much is copied, of how much. An interruption leaves no snapshot.
        Raises ConfigError for a name that cannot be one, IndexMissing, IndexLocked, EngineError."""
        ...

    def snapshots(self, repository: str) -> Sequence[Snapshot]:
        """The snapshots of archives in the repository, the oldest first. Raises ConfigError, EngineError."""
        ...

    def restore_snapshot(
        self, repository: str, name: str, *, replace: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Snapshot:
        """Puts the archive in the snapshot, which may have had another name, in the place of this one, at once.

        Until then, and if anything goes wrong, everything stays as it was. Unless `replace`, nothing may be there.
        Raises ConfigError, IndexLocked, IndexVersionError, IndexDamaged, EngineError."""
        ...


CAPABILITIES = frozenset(
    {"phrase", "near", "prefix", "wildcard", "fuzzy", "facets", "timeline", "cursor", "explain", "recency"}
    | {"vocabulary", "snapshot", "transaction", "reference scores", "meaning"}
)
"""Every capability there is. An engine declares those it has; what it lacks is said in the answer's `warnings`.

"vocabulary": `terms`, `similar_terms` and `document_frequencies` give exact counts; without it they are not called.
"meaning": it keeps vectors and orders by them; without it their methods are not called.
"reference scores": scores are those of `search.ranking`; without it they only order the hits.
"""
