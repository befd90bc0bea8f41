"""What is promised of rendering Markdown: it is what cmarkgfm makes of it, and takes no memory in the end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cmarkgfm import cmark

from index.extraction.commonmark import render

TEXT = "# Ferry\n\nThe *ferry* runs ~~all~~ winter, caf\xe9.\n\n| a | b |\n|---|---|\n| 1 | <i>2</i> |\n\n"


def test_a_text_is_rendered_with_tables_and_its_own_markup() -> None:
    expected = cmark.markdown_to_html_with_extensions(TEXT, cmark.Options.CMARK_OPT_UNSAFE, ["table", "strikethrough"])
    assert render(TEXT) == expected
    assert "<td><i>2</i></td>" in expected
    assert render("") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_rendering_takes_is_freed() -> None:
    text = TEXT * 500
    for _ in range(5):
        render(text)
    before = _resident_pages()
    for _ in range(100):
        render(text)
    assert _resident_pages() - before < 2_000, "trees and texts of a hundred renderings take some 60,000 pages"


def _resident_pages() -> int:
    return int(Path("/proc/self/statm").read_bytes().split()[1])
