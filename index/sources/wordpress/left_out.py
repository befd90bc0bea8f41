"""What of a WordPress site is no article that may be shown, counted by kind, so that nothing is left out in silence."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal

PUBLISHED: Final = "publish"
SCHEDULED: Final = "future"
IN_TRASH: Final = "in the trash"
HIDDEN: Final = {
    "draft": "a draft",
    "pending": "waiting for review",
    "private": "private",
    "trash": IN_TRASH,
    "password": "protected by a password",
}
"""Kinds of posts that readers cannot see, though they may have seen them before; and what a report says of each.
Plugins add others, such as "in-review"."""

_KINDS: Final = {
    "attachment": ("attachment", "attachments"),
    "nav_menu_item": ("menu item", "menu items"),
    "revision": ("revision", "revisions"),
    "page": ("page", "pages"),
    "draft": ("draft", "drafts"),
    "pending": ("post waiting for review", "posts waiting for review"),
    "private": ("private post", "private posts"),
    "trash": ("post in the trash", "posts in the trash"),
    "password": ("post with a password", "posts with a password"),
}
_MOST_KINDS: Final = 30


def reason_to_leave(type: str, status: str, *, has_password: bool, types: tuple[str, ...]) -> str:
    """The kind as which a post is left out, or "" if it is wanted; `types` are the post types that are."""
    if type not in types:
        return type or "of no type"
    if status not in (PUBLISHED, SCHEDULED):
        return status or "of no status"
    return "password" if has_password else ""


def hidden_as(type: str, kind: str, types: tuple[str, ...]) -> str:
    """What a report says of a post of a wanted type that readers cannot see; "" for a post of another type."""
    return HIDDEN.get(kind, f"of the status {kind[:40]!r}") if type in types else ""


def withdrawal_kind(reason: str) -> Literal["killed", "gone"]:
    """How a post is withdrawn that is hidden for that reason: what was thrown away is killed, the rest is only gone."""
    return "killed" if reason == IN_TRASH else "gone"


class LeftOut:
    """Counts what is left out, by kind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, kind: str) -> None:
        """Counts one."""
        self._counts[kind if kind in self._counts or len(self._counts) < _MOST_KINDS else "other"] += 1

    def __bool__(self) -> bool:
        return bool(self._counts)

    def sentence(self) -> str:
        """Such as "left out 193 attachments, 24 drafts, 1 page"."""
        return f"left out {', '.join(_counted(kind, count) for kind, count in self._counts.most_common())}"


def _counted(kind: str, count: int) -> str:
    one, many = _KINDS.get(kind, (f"{kind[:40]!r}", f"{kind[:40]!r}"))
    return f"{count:,} {one if count == 1 else many}"
