"""What a cluster refuses because it is too long, or takes too long, as what the caller expects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from search.engines.opensearch.transport.errors import ClusterError, TooMuch
from search.errors import ParameterError
from search.translation import gettext as _


class TimeIsUp(Exception):
    """The deadline passed before there was anything to count; never leaves the engine."""


@contextmanager
def in_bounds() -> Iterator[None]:
    """Turns what the cluster finds too long into an error of whoever wrote the query, and what it had no time for into
    TimeIsUp."""
    try:
        yield
    except ClusterError as error:
        if error.kind == "time_exceeded_exception":
            raise TimeIsUp from error
        if not isinstance(error, TooMuch):
            raise
        raise ParameterError("q", _("is too long for the cluster of this archive; leave some words out")) from error
