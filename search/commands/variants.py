"""`backfile variants`: spellings of names that the archive suggests, and what the file's entries find in it."""

from __future__ import annotations

from typing import Final

import click

from search.commands.group import LazyGroup, Row

_HEADING: Final = "Names across spellings"
_ROWS: Final = {
    "suggest": Row("search.commands.variants_suggest:suggest", _HEADING, "Find names with two spellings."),
    "add": Row("search.commands.variants_add:add", _HEADING, "Have a name find another spelling."),
    "check": Row("search.commands.variants_check:check", _HEADING, "Say what each entry of the file finds."),
}


@click.group(cls=LazyGroup, rows=_ROWS)
def variants() -> None:
    """Find names in every spelling: what to write into the file of the setting variants, and what it finds."""
