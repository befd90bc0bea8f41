"""Photographs every page in every state (see `states`) and keeps the pictures in the documentation: `make pictures`.

Each picture shows one state twelve times: at 360, 768 and 1280 pixels, light and dark, in English from left to right
and in Arabic from right to left. They go into docs/pictures/pages, and docs/reference/pages.md shows them. The browser
lays out and scales the pictures itself, so that no imaging library is needed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path
from typing import Final

from livesite import ROOT, Scheme, chromium, open_browser, reader_of
from playwright.sync_api import Browser
from state_sites import Sites, every_site
from states import PREFIXES, SIZES, STATES, State

FOLDER: Final = Path("pictures") / "pages"
"""Where the pictures are, from the folder of the documentation."""
PAGE: Final = Path("reference") / "pages.md"
"""The page that shows them."""
MOST_BYTES: Final = 8_000_000
"""Of all pictures together."""

_SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
SCALES: Final = {360: 0.48, 768: 0.42, 1280: 0.37}
"""By how much a view of each width is smaller in the picture."""
_SEEN_HIGH: Final = 360
"""Pixels of a view as it is in the picture; what is below is cut."""
_QUALITY: Final = 32
_STYLE: Final = """
body { margin: 0; padding: 12px; background: #8a8a8a; font: 13px sans-serif; display: inline-block; }
div { display: flex; gap: 12px; align-items: start; }
div + div { margin-top: 12px; }
figure { margin: 0; }
figcaption { color: #000; padding-bottom: 3px; }
img { display: block; }
"""


@dataclass(frozen=True, slots=True)
class View:
    """One of the twelve: what it is called, its file, and the pixels that it is wide in the picture."""

    name: str
    scheme: Scheme
    path: Path
    width: float


def main() -> None:
    """Takes the pictures of all states, or of those that are named, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="STATE", help="take these alone, and leave the other pictures")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder of the documentation")
    arguments = parser.parse_args()
    if chromium() is None:
        parser.error("there is no chromium; install it or set BACKFILE_CHROMIUM")
    if unknown := set(arguments.names) - {state.name for state in STATES}:
        parser.error(f"there is no state {', '.join(sorted(unknown))}; states are {', '.join(s.name for s in STATES)}")
    chosen = [state for state in STATES if not arguments.names or state.name in arguments.names]
    write(chosen, arguments.docs)


def write(states: Sequence[State], docs: Path) -> None:
    """Puts a picture of each of these states into that folder of documentation, and the page that shows all states.

    Pictures of what is no state any more are deleted.
    """
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, every_site(Path(made)) as sites, open_browser() as browser:
        for place, state in enumerate(states, 1):
            take(browser, sites, state, folder / f"{state.name}.jpg")
            print(f"{place} of {len(states)}: {state.name}", flush=True)
    for stale in {path.stem for path in folder.glob("*.jpg")} - {state.name for state in STATES}:
        (folder / f"{stale}.jpg").unlink()
    (docs / PAGE).write_text(described(), encoding="utf-8")


def take(browser: Browser, sites: Sites, state: State, picture: Path) -> None:
    """Writes the picture of one state."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "sheet.html"
        sheet.write_text(_sheet(list(_views(browser, sites, state, Path(folder)))), encoding="utf-8")
        page = browser.new_page(viewport={"width": 400, "height": 400}, color_scheme="light")
        page.goto(sheet.as_uri())
        size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.screenshot(path=picture, type="jpeg", quality=_QUALITY)
        page.close()


def _views(browser: Browser, sites: Sites, state: State, folder: Path) -> Iterator[View]:
    for (direction, prefix), (width, size) in product(PREFIXES.items(), SIZES.items()):
        with reader_of(browser, sites.addresses[state.site], size) as reader:
            sites.open(reader.page, state, direction)
            sites.settle(reader.page, state)
            if not state.window:
                # A bar at the foot of the window would be in the middle of a picture of the whole page.
                high = int(reader.page.evaluate("document.documentElement.scrollHeight"))
                reader.page.set_viewport_size({"width": width, "height": min(high, int(_SEEN_HIGH / SCALES[width]))})
            for scheme in _SCHEMES:
                reader.page.emulate_media(color_scheme=scheme, media=state.media)
                path = folder / f"{direction}-{width}-{scheme}.png"
                reader.page.screenshot(path=path)
                yield View(f"{prefix or '/'} · {width} px · {scheme}", scheme, path, width * SCALES[width])


def _sheet(views: Sequence[View]) -> str:
    """The views side by side, the light ones above the dark ones, as a page."""
    rows = []
    for scheme in _SCHEMES:
        figures = (
            f"<figure><figcaption>{escape(view.name)}</figcaption>"
            f'<img src="{view.path.name}" width="{view.width}"></figure>'
            for view in views
            if view.scheme == scheme
        )
        rows.append(f"<div>{''.join(figures)}</div>")
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{''.join(rows)}"


def described() -> str:
    """The page of the documentation that shows the pictures."""
    lines = [
        "# The pages",
        "",
        "Every page of the site in every state, for readers and for editors.",
        "Each picture has it at 360, 768 and 1280 pixels, light and dark.",
        "On the left it is in English and reads from left to right, on the right in Arabic and from right to left.",
        "Long pages are cut.",
        "`make pictures` takes the pictures, and writes this page from `tests/states.py`.",
    ]
    for state in STATES:
        where = f"`{state.route}`: " if state.route else ""
        picture = Path("..") / FOLDER / f"{state.name}.jpg"
        lines += ["", f"## {state.title}", "", f"{where}{state.shows}.", "", f"![{state.title}]({picture.as_posix()})"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
