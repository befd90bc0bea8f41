"""Every error Backfile raises on purpose, in one small tree.

    BackfileError
    ├── RequestError            the caller can fix it        HTTP 400, exit code 2
    │   ├── QuerySyntaxError    with the position in the query
    │   ├── ParameterError      with the name of the parameter
    │   ├── CursorExpired       the cursor belongs to an older index generation
    │   └── NotFound            no such article              HTTP 404, exit code 1
    ├── EngineError             the index cannot answer      HTTP 503, exit code 1
    │   ├── IndexMissing        there is no index at that place
    │   ├── IndexLocked         another writer holds it
    │   ├── IndexVersionError   written by another version of the format
    │   └── IndexDamaged        files are missing or do not add up
    ├── SourceError             one input could not be read; counted, the run goes on
    ├── ProcessLost             a process that worked for this one ended before its work was done
    └── ConfigError             a setting is wrong; raised at start, exit code 2

Messages are in lower case, have no full stop, and say what to do.
Foreign exceptions are mapped to these where they arise, with the cause kept.
"""

from __future__ import annotations


class BackfileError(Exception):
    """Base of every error raised on purpose; `str()` of it is fit to show to a person."""

    exit_code = 1
    status = 500
    title = "Backfile failed"


class RequestError(BackfileError):
    """The request cannot be answered as it stands; the caller can mend it."""

    exit_code = 2
    status = 400
    title = "The request cannot be understood"


class QuerySyntaxError(RequestError):
    """The query text breaks a rule that no repair can guess.

    `position` is the offset, in characters from 0, of the first character that does not fit.
    """

    title = "The query cannot be understood"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.position = position


class ParameterError(RequestError):
    """A parameter is unknown or its value is out of range; `name` is the parameter."""

    title = "A parameter is not valid"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class CursorExpired(RequestError):
    """The cursor was made for another generation of the index; start again from the first page."""

    title = "The cursor has expired"


class NotFound(RequestError):
    """There is no article with that id."""

    exit_code = 1
    status = 404
    title = "Not found"


class EngineError(BackfileError):
    """The index cannot answer or cannot be written."""

    status = 503
    title = "The index cannot answer"


class IndexMissing(EngineError):
    """There is no index at the place the URL names."""


class IndexLocked(EngineError):
    """Another writer holds the index."""


class IndexVersionError(EngineError):
    """The index was written in another version of the format; it has to be rebuilt."""


class IndexDamaged(EngineError):
    """Files of the index are missing or contradict each other."""


class SourceError(BackfileError):
    """One input, or one article of it, could not be read.

    `origin` names it as a person would look for it: a path or an address, with the line if there is one.
    """

    title = "An input could not be read"

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(f"{origin}: {reason}")
        self.origin = origin
        self.reason = reason


class ProcessLost(BackfileError):
    """A process that worked for this one has ended, killed or crashed; what was committed before is kept.

    `name` is what it was started as; `code` its exit code, negative for the signal that ended it, None if not known.
    """

    title = "A process was lost"

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
    title = "The configuration is not valid"
