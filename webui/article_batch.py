"""The endpoint by which programs with a key send many articles at once: each line is answered, in order.

All lines are read and queued before the first is answered. Most clients read nothing before they have sent everything,
so with answers in between both sides could wait for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import TooManyRequests, UnsupportedMediaType

from search.accepting import deleting, is_known, putting, take
from search.archive import Archive
from search.errors import BackfileError, InboxFull, ParameterError
from search.ledger.inbox import Sending
from search.ledger.write_keys import WriteKey
from search.releasing import now_in_utc
from search.request.article_body import MAX_ARTICLE_BYTES, ArticleBody, BatchLine, as_object, written_id
from search.request.parameters import NoParameters
from search.request.reading import read, validated
from search.results.as_json import json_bytes
from search.translation import gettext as _
from webui.answers import BatchAnswer
from webui.authorization import require_key
from webui.json_body import json_value
from webui.limiting import count_request
from webui.ndjson import NDJSON, lines_of
from webui.problems import from_error
from webui.responses import kept_nowhere
from webui.site import current_site
from webui.writing import write_links

blueprint = Blueprint("article_batch", __name__)
blueprint.after_request(kept_nowhere)

MAX_LINES: Final = 10_000
MAX_BATCH_BYTES: Final = 256_000_000
BATCHES_AT_ONCE: Final = 2
"""Batches that one worker process reads at the same time: each takes a thread for as long as its client sends."""

_GROUP_LINES: Final = 100
"""Lines that are queued in one transaction."""
_GROUP_CHARACTERS: Final = 4_000_000
_RETRY_SECONDS: Final = 5
_places = threading.BoundedSemaphore(BATCHES_AT_ONCE)


@blueprint.post("/api/v1/articles:batch")
def send_batch() -> Response:
    """Send and delete many articles, one a line; each line is answered by a line, in order. Needs a key.

    A line that is not taken does not stop the others, but once there is no room for one, all lines after it are
    answered 429 as well, so that the order for each article is kept: send them again.
    """
    key = require_key()
    read(NoParameters, request.query_string)
    if request.mimetype != NDJSON:
        raise UnsupportedMediaType(f"Send the body as {NDJSON}.")
    count_request(key)
    if not _places.acquire(blocking=False):
        raise TooManyRequests(_("Too many batches are being read; wait for a moment."), retry_after=_RETRY_SECONDS)
    try:
        batch = _Batch(current_site().archive, key)
        request.max_content_length = MAX_BATCH_BYTES
        batch.read(lines_of(request.stream.read, MAX_ARTICLE_BYTES))
    finally:
        _places.release()
    return Response(_written(batch.answers), content_type=NDJSON)


def _written(answers: Iterable[BatchAnswer]) -> Iterator[bytes]:
    return (json_bytes(answer) + b"\n" for answer in answers)


@dataclass(slots=True)
class _Batch:
    """A batch as it is read. `group` has what is to be queued next, each with the place of its answer; `stopped` is why
    no more is taken."""

    archive: Archive
    key: WriteKey
    answers: list[BatchAnswer] = field(default_factory=list)
    group: list[tuple[int, Sending]] = field(default_factory=list)
    stopped: BackfileError | None = None
    _lines: int = 0

    def read(self, lines: Iterable[bytes | None]) -> None:
        """Takes each line that is not blank, and has an answer for each in the end, but for those after MAX_LINES,
        of which one answer says so."""
        for line in lines:
            self._lines += 1
            if line is not None and not line.strip():
                continue
            if len(self.answers) == MAX_LINES:
                too_many = _("must be no more than %(n)s in one batch", n=MAX_LINES)
                self._refuse("", ParameterError("lines", too_many), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                break
            self._take(line)
            size = sum(len(sending.body or "") for _, sending in self.group)
            if len(self.group) >= _GROUP_LINES or size > _GROUP_CHARACTERS:
                self._queue()
        self._queue()
        for _line in lines:
            pass  # who is still sending would not get the answers if the connection ended now

    def _take(self, line: bytes | None) -> None:
        name = ""
        try:
            if line is None:
                too_long = ParameterError("line", _("is longer than an article may be"))
                self._refuse(name, too_long, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            asked = validated(BatchLine, _object(line))
            name = asked.id
            if self.stopped is not None:
                raise self.stopped
            sending = self._sending(asked)
            if not self._is_in_group(name) and is_known(self.archive, sending):
                self.answers.append(BatchAnswer(self._lines, name, HTTPStatus.OK, "unchanged", write_links(name, None)))
                return
        except BackfileError as error:
            self._refuse(name, error)
            return
        self.group.append((len(self.answers), sending))
        self.answers.append(BatchAnswer(self._lines, name, HTTPStatus.ACCEPTED))

    def _sending(self, asked: BatchLine) -> Sending:
        name = written_id(asked.id)
        if asked.action == "delete":
            if asked.article is not None:
                raise ParameterError("article", _("must be absent where an article is deleted"))
            return deleting(self.archive, self.key, name)
        body = validated(ArticleBody, as_object(asked.article, "article"))
        if body.status == "canceled" and self.key.scope != "admin":
            raise ParameterError("status", _("needs a key with the scope admin to be canceled"))
        return putting(self.archive, self.key, name, body)

    def _is_in_group(self, name: str) -> bool:
        return any(sending.article == name for _, sending in self.group)

    def _queue(self) -> None:
        """Queues the group: it is on the disk when this returns, or its lines say that it is not. Raises Unauthorized
        if the key was revoked meanwhile: a batch may come for as long as its sender likes."""
        group, self.group = self.group, []
        if not group:
            return
        try:
            require_key()
            numbers = take(self.archive, [sending for _, sending in group], now_in_utc())
        except BackfileError as error:
            self.stopped, numbers = error, []
        if len(numbers) < len(group) and self.stopped is None:
            self.stopped = InboxFull(_("too many articles that were sent wait to be written; try again later"))
        for (place, sending), number in zip(group, [*numbers, *[None] * len(group)], strict=False):
            line, name = self.answers[place].line, sending.article
            if number is not None:
                links = write_links(name, number)
                self.answers[place] = BatchAnswer(line, name, HTTPStatus.ACCEPTED, None, links, None, number)
            elif self.stopped is not None:
                problem = from_error(self.stopped)
                self.answers[place] = BatchAnswer(line, name, problem.status, None, None, problem)

    def _refuse(self, name: str, error: BackfileError, status: int | None = None) -> None:
        problem = from_error(error)
        problem = replace(problem, status=int(status or problem.status))
        self.answers.append(BatchAnswer(self._lines, name, problem.status, None, None, problem))


def _object(line: bytes) -> dict[str, object]:
    try:
        return as_object(json_value(line), "line")
    except ValueError as error:
        raise ParameterError("line", _("is no JSON in UTF-8 (%(reason)s)", reason=error)) from error
