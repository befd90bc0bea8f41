"""Archives that programs write to, for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.inbox.writing import InboxWriter
from index.opening import Opened, open_for_filling
from search.ledger.inbox import Notice, Sending
from search.settings import Settings


@dataclass
class Desk:
    """An archive on disk, and the writer of its inbox."""

    opened: Opened
    writer: InboxWriter

    def put(self, article: str, title: str = "Ferry runs again", **keys: Any) -> int:
        """Queues an article, and returns the number of its sending."""
        body = json.dumps({"title": title, "body": f"{title}, and nobody minds.", **keys})
        return self._take(Sending(article, body, str(hash(body)), "key"))

    def delete(self, article: str) -> int:
        """Queues a deletion."""
        return self._take(Sending(article, None, "", "key"))

    def _take(self, sending: Sending) -> int:
        [number] = self.opened.ledger.inbox.take([sending], datetime.now(UTC), 1_000)
        return number

    def write(self) -> None:
        """Writes all that is queued."""
        while self.writer.write_some():
            pass

    def of(self, number: int) -> Notice:
        """What became of a sending."""
        notice = self.opened.ledger.inbox.of(number)
        assert notice is not None
        return notice

    def titles(self) -> dict[str, str]:
        """The titles of all articles, by id."""
        with self.opened.engine.searcher() as searcher:
            return {document.id: document.title for document in searcher.articles()}


def desk_in(folder: Path, index: str = "", **settings: Any) -> Desk:
    """A desk whose ledger is in a folder, and its index too unless another is named."""
    index, ledger = index or f"whoosh:{folder / 'archive'}", str(folder / "archive.ledger")
    opened = open_for_filling(Settings(index=index, ledger=ledger, **settings))
    return Desk(opened, InboxWriter(opened))
