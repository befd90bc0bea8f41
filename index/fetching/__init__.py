"""Gets what is at an address of the web: politely, within limits, and never from a machine that is not public."""

from index.fetching.errors import FetchError
from index.fetching.fetcher import MAX_PAGE, Fetcher
from index.fetching.sites import Fetched

__all__ = ["MAX_PAGE", "FetchError", "Fetched", "Fetcher"]
