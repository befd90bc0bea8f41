"""Shoots every page of the sample archive, and of one that is hard to lay out, at 360, 768 and 1280 pixels, light and
dark, from left to right and from right to left: `python tests/screenshots.py FOLDER`.

The one for the README is `search-desktop-light.png`; those from right to left end in `-rtl`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from livesite import DESKTOP, PAGES, Reader, Scheme, chromium, open_browser, reader_of, sample_site
from odd_articles import PAGES as ODD_PAGES
from odd_articles import written

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desktop": DESKTOP}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def main() -> None:
    """Writes FOLDER/PAGE-SIZE-SCHEME.png and FOLDER/PAGE-SIZE-SCHEME-rtl.png for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--site", help="address of a site that runs already, instead of the archives made for this")
    parser.add_argument("--window", action="store_true", help="only what fits into the window, not the whole page")
    arguments = parser.parse_args()
    if chromium() is None:
        parser.error("there is no chromium; install it or set BACKFILE_CHROMIUM")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.site:
        shoot(arguments.site.rstrip("/"), PAGES, arguments.folder, whole=not arguments.window)
        return
    with tempfile.TemporaryDirectory() as folder, sample_site(Path(folder)) as site:
        shoot(site, PAGES, arguments.folder, whole=not arguments.window)
    with tempfile.TemporaryDirectory() as folder, sample_site(Path(folder), source=written(Path(folder))) as site:
        shoot(site, ODD_PAGES, arguments.folder, whole=not arguments.window)


def shoot(site: str, pages: Mapping[str, str], folder: Path, *, whole: bool) -> None:
    """The pictures of those pages of the site at that address."""
    with open_browser() as browser:
        for size, scheme in product(SIZES, SCHEMES):
            with reader_of(browser, site, SIZES[size], scheme) as reader:
                for name, path in pages.items():
                    _shoot_both_ways(reader, path, folder / f"{name}-{size}-{scheme}", whole=whole)


def _shoot_both_ways(reader: Reader, path: str, start: Path, *, whole: bool) -> None:
    page = reader.open(path)
    page.screenshot(path=start.with_suffix(".png"), full_page=whole)
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.screenshot(path=start.with_name(f"{start.name}-rtl.png"), full_page=whole)


if __name__ == "__main__":
    main()
