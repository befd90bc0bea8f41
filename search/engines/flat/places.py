"""Where the words of a phrase stand together in one segment."""

from __future__ import annotations


class TimeIsUp(Exception):
    """The deadline passed in the middle of a leaf."""
