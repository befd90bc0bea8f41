"""The messages of the site's own words as they stand in the source, and catalogues made of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
OPEN, CLOSE = "⟦⟧"
"""Around each message of a catalogue that `write_marked` has written."""


def messages_of_source(folder: Path) -> Catalog:
    """The messages as `make catalogues` finds them; the folder takes a file with them."""
    template = folder / "backfile.pot"
    command = ["-q", "extract", "-F", "pyproject.toml", "-k", "gettext_noop", "-o"]
    finder = [sys.executable, "-m", "babel.messages.frontend", *command, str(template), "."]
    subprocess.run(finder, cwd=ROOT, check=True, capture_output=True)
    with template.open("rb") as file:
        return read_po(file)


def write_marked(source: Catalog, language: str, path: Path) -> None:
    """Writes a catalogue of the messages in which each translation is the English message between OPEN and CLOSE."""
    catalogue = Catalog(locale=language)
    for message in source:
        if not message.id:
            continue
        english = message.id if isinstance(message.id, tuple) else (message.id,)
        marked = tuple(f"{OPEN}{text}{CLOSE}" for text in english)
        assert len(marked) in (1, catalogue.num_plurals)
        catalogue.add(message.id, marked if len(marked) > 1 else marked[0], context=message.context)
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalogue)
