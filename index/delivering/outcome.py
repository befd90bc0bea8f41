"""Why a message could not be delivered, and whether to try again."""

from __future__ import annotations


class NotDelivered(Exception):
    """A try failed; says why. `is_final`: no later try can succeed, since the target itself refuses for good.
    `is_silent`: nobody answered, so that nobody will answer to the next message for the same place either."""

    def __init__(self, reason: str, *, is_final: bool = False, is_silent: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.is_silent = is_silent
