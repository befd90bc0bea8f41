"""What becomes of one article of a run: it is refused, held back, written, or left as the index has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.batches import Batches
from index.gate import Gate
from index.held import Held
from index.identity import MAX_ID, digest, is_address
from index.learning import Learning
from index.leaving import Leaving
from index.paths import may_be_file, may_exist
from index.preparing import Prepared
from index.report import Outcome, Tally
from index.seen import Seen
from index.suspicious_dates import SuspiciousDates
from search.engines.results import Stamp


@dataclass(slots=True)
class Taking:
    """Takes the articles of one run. `known` counts the ids seen that the index holds; `postponed` has the ids of what
    is in the index and has to wait from now on."""

    held: Held
    batches: Batches
    gate: Gate
    learning: Learning
    leaving: Leaving
    seen: Seen
    tally: Tally
    rebuild: bool
    dry_run: bool
    known: int = 0
    postponed: set[str] = field(default_factory=set)
    dates: SuspiciousDates = field(default_factory=SuspiciousDates)

    def take(self, article: Prepared, key: str, stamps: Mapping[str, Stamp]) -> None:
        """Takes an article of the source `key`; `stamps` are what the index has of its group."""
        self.learning.count(key)
        self.dates.see(key, article.day)
        stamp = stamps.get(article.id)
        if article.origin_is_id and self._is_another_file(article.id, key, stamp):
            article = article.called(f"{article.id[: MAX_ID - 11]}-{digest(key)}")
            stamp = self.held.stamps([article.id]).get(article.id)
        self.learning.name(article.origin, article.id)
        self.seen.read_from.add(key)
        if reason := self.gate.refusal(article, is_held=stamp is not None):
            self._refuse(article, key, stamp, reason)
            return
        self.leaving.answers.published(article.id)
        if article.is_excerpt and (self.seen.source_of(article.id) or key) != key:
            return  # what another source had in this run is the article itself, or as little of it
        if article.version and self._is_superseded(article.id, article.version, key, stamp):
            self.tally.leave_out("superseded by a later version")
            return
        is_early = self.gate.is_early(article)
        is_moved = _is_moved(article, key, stamp)
        is_copy = not is_early and not is_moved and self._is_copy(article, key, stamp)
        self._note(article, key, stamp, is_meant=is_copy or is_moved)
        if stamp and is_moved:
            self.learning.forget_whole(stamp.source)
        if is_early:
            self.learning.look_again(key)
            self._hold(article, stamp)
        elif is_copy:
            self.seen.judge(article.id, "unchanged")
        else:
            self.gate.let_in(article.id)
            self._compare(article, stamp, is_moved=is_moved)

    def _refuse(self, article: Prepared, key: str, stamp: Stamp | None, reason: str) -> None:
        self.seen.see(article.id, key)
        self.known += stamp is not None
        self.seen.judge(article.id, "removed")
        self.learning.refuse(key, article.id)
        self.tally.warn(article.origin, reason)
        self.leaving.take_out(article.id, stamp is not None)

    def _hold(self, article: Prepared, stamp: Stamp | None) -> None:
        self.seen.judge(article.id, "waiting")
        self.gate.hold(article)
        if stamp or article.id in self.leaving.moved:
            self.postponed.add(article.id)
        self.leaving.take_out(article.id, stamp is not None)

    def _is_another_file(self, name: str, key: str, stamp: Stamp | None) -> bool:
        """A file at the same place below another folder has the id. One that was only moved is not there any more."""
        earlier = self.seen.source_of(name) or (stamp.source if stamp else key)
        return earlier != key and may_be_file(earlier)

    def _is_superseded(self, name: str, version: tuple[str, int], key: str, stamp: Stamp | None) -> bool:
        """Whether a later version was read in this run, or is in the index from a file that is still there."""
        is_there = stamp is not None and stamp.source != key and not self.rebuild and may_be_file(stamp.source)
        other = stamp.source if stamp and is_there else ""
        if not self.learning.is_superseded(name, version, key, other):
            return False
        self.seen.see_first(name, other or key)
        return True

    def _compare(self, article: Prepared, stamp: Stamp | None, *, is_moved: bool) -> None:
        """Writes an article that differs. One whose file has moved has not changed, but its source is another now; one
        whose address has moved has."""
        name = article.id
        is_held = stamp == Stamp(article.content_hash, article.source)
        leaving = self.leaving
        outcome: Outcome = (
            "unchanged" if is_held or is_moved else "changed" if stamp or name in leaving.moved else "added"
        )
        is_there = is_held and not self.rebuild and name not in leaving.taken_out
        is_there = is_there and (self.batches.forget(name) or not self.seen.is_written(name))
        is_written = not (self.dry_run or is_there)
        if is_written:
            leaving.put_back(name)
            self.batches.add(article.content())
        self.seen.judge(name, outcome, is_written=is_written)  # at last: an interruption discards what is queued

    def _is_copy(self, article: Prepared, key: str, stamp: Stamp | None) -> bool:
        """Whether another source has the article, and this one has nothing to add."""
        if article.id in self.leaving.taken_out:
            return False
        if stamp is None or stamp.source == key or self.rebuild or article.id in self.seen:
            return False
        return self.learning.is_copy(article, key, stamp)

    def _note(self, article: Prepared, key: str, stamp: Stamp | None, *, is_meant: bool) -> None:
        """Remembers where the id was read, and warns if it was another article's before.

        A later version is meant to replace an earlier one, and a rebuild what is in the index, wherever it came from.
        """
        earlier = self.seen.see(article.id, key)
        if earlier is not None:
            if article.version is None:
                self.tally.share(earlier, key, article.origin, article.id, in_this_run=True)
            return
        self.known += stamp is not None
        if stamp and stamp.source != key and not (self.rebuild or is_meant or article.version):
            self.tally.share(stamp.source, key, article.origin, article.id, in_this_run=False)


def _is_moved(article: Prepared, key: str, stamp: Stamp | None) -> bool:
    """Whether the index has the same text from a path at which there is nothing any more."""
    if stamp is None or stamp.source == key or stamp.content_hash != article.content_hash:
        return False
    return not (is_address(stamp.source) or may_exist(stamp.source))
