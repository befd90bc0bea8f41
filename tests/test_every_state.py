"""Every page in every state, in both directions: no rule of axe is broken, nothing is wider than the window, nothing
comes from elsewhere; and the pictures of all of them are in the documentation.

Looking at each state once more for each width, scheme and direction would take half an hour. axe sees the layout of a
phone from left to right and that of a desktop from right to left, and the dark once more where everything is unfolded;
tests/test_accessibility.py looks at the other halves of the pages that have most on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from accessibility import violations
from livesite import PAGES, ROOT, Reader, reader_of
from pictures import FOLDER, MOST_BYTES, PAGE, SCALES, described, take
from playwright.sync_api import Browser
from state_sites import Sites, every_site
from states import SIZES, STATES, WITHOUT_STATE, Direction, unfold

from search.engines import open_engine
from search.settings import Settings
from webui import create_app

WIDTHS = (320, *SIZES)
"""At 320 pixels a page that is enlarged to four times its size must do without scrolling sideways (WCAG 1.4.10)."""
FOR_PROGRAMS = ("/api/", "/replica/", "/static/", "/livez", "/readyz", "/suggest")
"""How routes begin that answer no page."""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    with every_site(tmp_path_factory.mktemp("sites")) as served:
        yield served


@pytest.mark.browser
@pytest.mark.parametrize(("direction", "width"), [("ltr", 360), ("rtl", 1280)])
def test_every_state_keeps_to_the_rules(browser: Browser, sites: Sites, direction: Direction, width: int) -> None:
    found = {}
    for state in STATES:
        with reader_of(browser, sites.addresses[state.site], SIZES[width]) as reader:
            asked: list[str] = []
            reader.page.on("request", lambda request, asked=asked: asked.append(request.url))
            sites.open(reader.page, state, direction)
            assert reader.page.locator("html").get_attribute("dir") == direction
            lines = violations(reader.page)
            lines += [f"from elsewhere: {url}" for url in asked if urlsplit(url).netloc != urlsplit(reader.site).netloc]
            if state.media == "screen":
                unfold(reader.page)
                reader.page.emulate_media(color_scheme="dark")
                lines += [f"dark: {line}" for line in violations(reader.page, contrast_only=True)]
                lines += _too_wide(reader, width)
            found[state.name] = lines
    assert {name: lines for name, lines in found.items() if lines} == {}


def _too_wide(reader: Reader, width: int) -> list[str]:
    """By how much the page, unfolded, is wider than each window: in the order of widths, the present one first."""
    found = []
    for other in (width, *(each for each in WIDTHS if each != width)):
        reader.page.set_viewport_size({"width": other, "height": 900})
        if (pixels := reader.overflow()) > 0:
            found.append(f"{pixels} pixels wider than {other}")
    return found


@pytest.mark.browser
def test_every_page_has_its_heading_and_its_links_without_javascript(browser: Browser, sites: Sites) -> None:
    there = """() => [document.querySelector('h1').innerText, ...[...document.querySelectorAll('main a[href]')]
        .filter(link => link.checkVisibility()).map(link => link.pathname)]"""
    for state in (state for state in STATES if state.act is None and state.media == "screen"):
        seen = []
        for javascript in (True, False):
            with reader_of(browser, sites.addresses[state.site], javascript=javascript) as reader:
                sites.open(reader.page, state)
                seen.append(reader.page.evaluate(there))
        assert seen[0] == seen[1], state.name


def test_every_page_of_the_site_has_a_state() -> None:
    app = create_app(Settings(desk=True), open_engine("memory:"))
    rules = {str(rule) for rule in app.url_map.iter_rules()}
    pages = {rule for rule in rules if not rule.startswith(FOR_PROGRAMS) and "." not in rule}
    assert len(pages) > 10
    assert pages == {state.route for state in STATES if state.route} | set(WITHOUT_STATE)
    assert set(PAGES.values()) <= {state.path for state in STATES}


def test_every_state_has_a_picture_and_is_described() -> None:
    docs = ROOT / "docs"
    pictures = {path.stem: path.read_bytes() for path in (docs / FOLDER).iterdir()}
    assert pictures.keys() == {state.name for state in STATES}
    assert all(content.startswith(b"\xff\xd8\xff") for content in pictures.values())
    assert sum(map(len, pictures.values())) < MOST_BYTES
    assert (docs / PAGE).read_text("utf-8") == described(), "make pictures writes it"


@pytest.mark.browser
def test_two_pictures_of_a_page_are_the_same_and_show_all_its_views(
    browser: Browser, sites: Sites, tmp_path: Path
) -> None:
    state = next(state for state in STATES if state.name == "cite")
    pictures = []
    for number in (1, 2):
        take(browser, sites, state, tmp_path / f"{number}.jpg")
        pictures.append((tmp_path / f"{number}.jpg").read_bytes())
    assert pictures[0] == pictures[1]
    page = browser.new_page()
    page.goto((tmp_path / "1.jpg").as_uri())
    size = page.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    page.close()
    # Three widths in each direction side by side, the light above the dark.
    assert size[0] > 2 * sum(width * scale for width, scale in SCALES.items())
    assert size[1] > 700
