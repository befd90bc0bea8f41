"""The errors that Backfile raises on purpose, in one small tree.

    BackfileError
    ├── RequestError            the caller can fix it        HTTP 400, exit code 2
    │   ├── QuerySyntaxError    with its position in the query
    │   ├── ParameterError      with the name of the parameter
    │   │   └── DatesReversed   from is later than to
    │   ├── CursorExpired       the cursor belongs to an older generation of the index
    │   ├── NotFound            no such article              HTTP 404, exit code 1
    │   ├── Removed             the article was taken down   HTTP 410, exit code 1
    │   └── InboxFull           too much was sent at once    HTTP 429, exit code 1
    ├── EngineError             the index cannot answer      HTTP 503, exit code 1
    │   ├── IndexMissing        there is no index there, or it has no commit yet
    │   ├── IndexLocked         another writer holds it
    │   ├── IndexVersionError   written in another version of the format
    │   ├── IndexDamaged        files are missing or contradict each other
    │   ├── ArticlesRefused     some articles could not be taken; all else is committed
    │   └── LedgerError         what was taken down, and what waits, cannot be read or written
    ├── SourceError             an input cannot be read; counted, and the run goes on
    ├── ProcessLost             a worker process ended before its work was done
    └── ConfigError             a setting is wrong; raised at start, exit code 2

Messages begin in lower case, end without a full stop, and say what to do. What readers are told is in the language that
is spoken when it is raised, which is English in commands; what only operators can mend is in English. Titles are
translated where they are shown.
Exceptions of libraries are turned into these where they arise, and kept as their cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from search.translation import gettext as _
from search.translation import gettext_noop


class BackfileError(Exception):
    """The base of all these errors; its `str()` is fit to be shown to a person.

    `exit_code` is that of the command, `status` that of the HTTP answer, whose heading is `title`.
    """

    exit_code = 1
    status = 500
    title = gettext_noop("Backfile failed")


class RequestError(BackfileError):
    """The request cannot be answered as it is, and the caller can fix it."""

    exit_code = 2
    status = 400
    title = gettext_noop("The request cannot be understood")


class QuerySyntaxError(RequestError):
    """The query breaks a rule, and its meaning cannot be guessed.

    `position` is the offset, in characters from 0, of the first character that does not fit.
    """

    title = gettext_noop("The query cannot be understood")

    def __init__(self, message: str, position: int) -> None:
        super().__init__(_("%(message)s (at character %(number)s)", message=message, number=position + 1))
        self.position = position


class ParameterError(RequestError):
    """A parameter is unknown or its value is out of range; `name` is the parameter, `reason` what is wrong with it."""

    title = gettext_noop("A parameter is not valid")

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.reason = message


class DatesReversed(ParameterError):
    """The first day is later than the last one."""

    def __init__(self) -> None:
        super().__init__("from", _("is later than to"))


class CursorExpired(RequestError):
    """The cursor was made for another generation of the index; the search has to start again from its first page."""

    title = gettext_noop("The cursor has expired")


class NotFound(RequestError):
    """There is no article with this id."""

    exit_code = 1
    status = 404
    title = gettext_noop("Not found")


class Removed(RequestError):
    """The article was taken down at the aware time `at`, for this `reason`."""

    exit_code = 1
    status = 410
    title = gettext_noop("This article was taken down")

    def __init__(self, id: str, reason: str, at: datetime) -> None:
        super().__init__(
            _(
                "the article %(id)s was taken down on %(day)s: %(reason)s",
                id=repr(id[:200]),
                day=at.date().isoformat(),
                reason=reason,
            )
        )
        self.id = id
        self.reason = reason
        self.at = at


class InboxFull(RequestError):
    """So many articles that were sent wait to be written that no more are taken for now."""

    exit_code = 1
    status = 429
    title = gettext_noop("Too much at once")


class EngineError(BackfileError):
    """The index cannot answer or cannot be written."""

    status = 503
    title = gettext_noop("The index cannot answer")


class IndexMissing(EngineError):
    """There is no index where the URL says, or its first commit is still being made."""


class IndexLocked(EngineError):
    """Another writer holds the index."""


class IndexVersionError(EngineError):
    """The index was written in another version of the format and has to be rebuilt."""


class IndexDamaged(EngineError):
    """Files of the index are missing or contradict each other."""


class ArticlesRefused(EngineError):
    """The index could not take some of the articles that were added; everything else of the transaction is committed.

    `reasons` says why, by id. An article that was there before under the same id still is.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        first, reason = next(iter(reasons.items()))
        others = f" and {len(reasons) - 1:,} others" if len(reasons) > 1 else ""
        super().__init__(f"the article {first!r}{others} could not be indexed, all else is committed: {reason}")
        self.reasons = reasons


class LedgerError(EngineError):
    """The ledger cannot be read or written: see `search.ledger`."""


class SourceError(BackfileError):
    """An input, or one article in it, cannot be read.

    `origin` names it as a person would look for it: a path or an address, with the line if there is one.
    """

    title = gettext_noop("An input cannot be read")

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(f"{origin}: {reason}")
        self.origin = origin
        self.reason = reason


class ProcessLost(BackfileError):
    """A worker process has crashed or was killed; what was committed before is kept.

    `name` says what it was started for. `code` is its exit code, negative for the signal that ended it, or None if it
    is not known.
    """

    title = gettext_noop("A process was lost")

    def __init__(self, name: str, code: int | None) -> None:
        how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        super().__init__(
            f"the process {name!r} was ended {how}; what was committed before is kept; "
            "if memory is short, run again with fewer processes (--workers 1)"
        )
        self.name = name
        self.code = code


class ConfigError(BackfileError):
    """A setting is missing, unknown or not valid."""

    exit_code = 2
    title = gettext_noop("The configuration is not valid")
