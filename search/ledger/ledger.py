"""The ledger as the rest of the program sees it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from search.batching import in_batches
from search.ledger import choices, judgements
from search.ledger.alerts import Alerts
from search.ledger.arrivals import Arrivals
from search.ledger.asked import Asked
from search.ledger.changes import Changes
from search.ledger.choices import Choices
from search.ledger.database import Database
from search.ledger.inbox import Inbox
from search.ledger.judgements import Judgements
from search.ledger.moments import written
from search.ledger.names import address_key
from search.ledger.removals import Removals
from search.ledger.syncs import Syncs
from search.ledger.waiting import Waiting
from search.ledger.webhooks import Webhooks
from search.ledger.write_keys import WriteKeys

_BATCH: Final = 10_000
"""Keys in one statement."""
_STEPS: Final = 1_000
"""Commits that are remembered."""

_REMOVED: Final = "id, address, guid, fingerprint, reason, at, kind, undone_at, changed_at"
_WAITING: Final = "id, due, document, source, hash"
_ALL: Final = (
    f"SELECT {_REMOVED} FROM removed ORDER BY number",
    f"SELECT {_WAITING} FROM waiting",
    "SELECT old_id, new_id, at FROM moved",
    "SELECT key, id FROM keys",
)
_TAKE_REMOVED: Final = (
    f"INSERT OR IGNORE INTO removed ({_REMOVED}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? "
    "WHERE NOT EXISTS (SELECT 1 FROM removed WHERE id = ? AND at = ?)"
)
_TAKE_WAITING: Final = (
    f"INSERT OR IGNORE INTO waiting ({_WAITING}) SELECT ?, ?, ?, ?, ? "
    "WHERE NOT EXISTS (SELECT 1 FROM removed WHERE id = ? AND undone_at IS NULL)"
)

_DROP_WAITING: Final = "DELETE FROM waiting WHERE id IN (SELECT id FROM removed WHERE undone_at IS NULL)"


class Ledger:
    """The ledger of one archive: what is `removed`, what is `waiting`, when articles came (`arrivals`), who is told of
    them (`alerts`), how articles have changed (`changes`) and who is told so (`webhooks`), what editors chose as
    `related`, their `judgements`, what readers `asked`, how `syncs` ended, who may write (`write_keys`) and what they
    have sent (`inbox`), and by which names articles are or were known.

    Safe to use from several threads and processes. Every method may raise LedgerError.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._database = Database(place)
        self.removed = Removals(self._database)
        self.waiting = Waiting(self._database)
        self.arrivals = Arrivals(self._database)
        self.alerts = Alerts(self._database)
        self.changes = Changes(self._database)
        self.webhooks = Webhooks(self._database)
        self.related = Choices(self._database)
        self.asked = Asked(self._database)
        self.judgements = Judgements(self._database)
        self.syncs = Syncs(self._database)
        self.write_keys = WriteKeys(self._database)
        self.inbox = Inbox(self._database)

    # --- by which names articles are known

    def known(self, keys: Iterable[str]) -> dict[str, str]:
        """The id of the article that each key names; keys that name none are left out."""
        found: dict[str, str] = {}
        for batch in in_batches(keys, _BATCH):
            query = "SELECT key, id FROM keys WHERE key IN (SELECT value FROM json_each(?))"
            found.update(self._database.rows(query, [json.dumps(batch)]))
        return found

    def remember(self, pairs: Iterable[tuple[str, str]]) -> None:
        """From now on each key, the first of a pair, names the article with the id that is the second."""
        pairs = list(pairs)
        if not pairs:
            return
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO keys (key, id) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET id = excluded.id "
                "WHERE id <> excluded.id",
                pairs,
            )

    # --- what moved

    def move(self, old_id: str, new_id: str, at: datetime) -> None:
        """The article is now called `new_id`: its keys name that, and whoever asks for an older id is sent there."""
        if old_id == new_id:
            return
        with self._database.writing() as connection:
            connection.execute("DELETE FROM moved WHERE old_id = ?", [new_id])  # it may have come back
            connection.execute("UPDATE moved SET new_id = ? WHERE new_id = ?", [new_id, old_id])
            connection.execute("INSERT OR REPLACE INTO moved VALUES (?, ?, ?)", [old_id, new_id, written(at)])
            connection.execute("UPDATE keys SET id = ? WHERE id = ?", [new_id, old_id])
            for statement in (*choices.MOVES, *judgements.MOVES):
                connection.execute(statement, {"old": old_id, "new": new_id} if ":" in statement else {})

    def moved_to(self, id: str) -> str | None:
        """The id of an article that was once called `id`, or whose address, old or new, gives that id; None if there is
        none."""
        found = self._database.rows("SELECT new_id FROM moved WHERE old_id = ?", [id])
        if found:
            return str(found[0][0])
        key = address_key(id)
        known = self.known([key]).get(key)
        return known if known and known != id else None

    def moved_from(self, id: str) -> tuple[str, ...]:
        """The ids that the article had before, the oldest first."""
        query = "SELECT old_id FROM moved WHERE new_id = ? ORDER BY at, old_id"
        return tuple(old for (old,) in self._database.rows(query, [id]))

    # --- commits after which no source has anything new

    def note_step(self, before: str, after: str) -> None:
        """A commit that brought an index from one generation to the next needs no source to be read again: it has only
        published what had waited, deleted what was taken down, or added vectors."""
        with self._database.writing() as connection:
            connection.execute("INSERT INTO releases (before, after) VALUES (?, ?)", [before, after])
            connection.execute("DELETE FROM releases WHERE number <= (SELECT max(number) FROM releases) - ?", [_STEPS])

    def leads_to(self, generation: str, now: str) -> bool:
        """Whether the index has come from one generation to another by such commits alone."""
        query = (
            "WITH RECURSIVE earlier (generation) AS (SELECT ? UNION "
            "SELECT releases.before FROM releases JOIN earlier ON releases.after = earlier.generation) "
            "SELECT 1 FROM earlier WHERE generation = ?"
        )
        return bool(self._database.rows(query, [now, generation]))

    # --- other ledgers

    def take_over(self, other: Ledger) -> None:
        """Learns all that another ledger knows, for an index that its articles are copied into. Where they differ, this
        one is right. What was taken down counts as not yet purged, because that index may hold it."""
        if other.place == self.place:
            return
        self.take_over_articles(other)
        self.related.take_over(other.related.listed())
        self.asked.take_over(other.asked)
        self.judgements.take_over(other.judgements.listed())

    def take_over_articles(self, other: Ledger) -> None:
        """The same, but only of articles that were taken down, wait, or have other names: what editors chose, and what
        readers asked, may have been forgotten here on purpose."""
        removed, waiting, moved, keys = (other._database.rows(query) for query in _ALL)
        with self._database.writing() as connection:
            connection.executemany(_TAKE_REMOVED, [(*row, row[0], row[5]) for row in removed])
            connection.executemany(_TAKE_WAITING, [(*row, row[0]) for row in waiting])
            connection.execute(_DROP_WAITING)
            connection.executemany("INSERT OR IGNORE INTO moved VALUES (?, ?, ?)", moved)
            connection.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", keys)
        self.removed.forget_sent()

    # --- the file

    def scrub(self) -> bool:
        """Makes sure that no file of the ledger has anything of what was deleted in it. False if a reader of an older
        state prevents that for now."""
        return self._database.scrub()

    def forget_unsettled(self) -> None:
        """Forgets what readers asked on days whose counts are not settled, in the file of a copy that is kept."""
        self.asked.forget_unsettled()
        self._database.scrub()

    def close(self) -> None:
        """Closes the connections to the file; the next question opens another."""
        self._database.close()
