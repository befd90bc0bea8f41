"""Lists within a sentence, whose items may be markup: "a, b and c" as the language that is spoken has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup, escape

from search.translation import listed


def listed_markup(
    items: Iterable[Any], write: Callable[[Any], str] = escape, style: str = "standard", more: Iterable[str] = ()
) -> Markup:
    """The items as a list in running text, and after them those in `more`, which are words: "Ann, Bob and 3 more".

    `write` makes an item, such as a macro that makes a link. What it returns is escaped unless it is markup. With the
    style "or" it is "a, b or c".
    """
    written = [escape(write(item)) for item in items] + [escape(words) for words in more]
    # What stands between the items comes from CLDR, and holds no sign of markup.
    return Markup(listed(written, style=style))  # noqa: S704 - each item is escaped
