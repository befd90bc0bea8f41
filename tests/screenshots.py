"""Shoots every page of the sample archive, on a phone and a desktop, light and dark:
`python tests/screenshots.py FOLDER`.

The one for the README is `search-desktop-light.png`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from livesite import DESKTOP, PAGES, PHONE, chromium, open_browser, reader_of, sample_site

SIZES = {"phone": PHONE, "desktop": DESKTOP}


def main() -> None:
    """Writes FOLDER/PAGE-SIZE-SCHEME.png for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--site", help="address of a site that runs already, instead of the sample archive")
    parser.add_argument("--window", action="store_true", help="only what fits into the window, not the whole page")
    arguments = parser.parse_args()
    if chromium() is None:
        parser.error("there is no chromium; install it or set BACKFILE_CHROMIUM")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.site:
        shoot(arguments.site.rstrip("/"), arguments.folder, whole=not arguments.window)
        return
    with tempfile.TemporaryDirectory() as folder, sample_site(Path(folder)) as site:
        shoot(site, arguments.folder, whole=not arguments.window)


def shoot(site: str, folder: Path, *, whole: bool) -> None:
    """The pictures of every page of the site at that address."""
    with open_browser() as browser:
        for size in SIZES:
            for scheme in ("light", "dark"):
                with reader_of(browser, site, SIZES[size], scheme) as reader:
                    for name, path in PAGES.items():
                        reader.open(path).screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=whole)


if __name__ == "__main__":
    main()
