"""Gets what is at an address of the web: politely, within limits, and never from a machine that is not public."""

from index.fetching.errors import Disallowed, FetchError
from index.fetching.fetcher import MAX_PAGE, USER_AGENT, Fetcher
from index.fetching.sites import Fetched

__all__ = ["MAX_PAGE", "USER_AGENT", "Disallowed", "FetchError", "Fetched", "Fetcher"]
