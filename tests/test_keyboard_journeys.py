"""By keyboard alone: search, narrow, open, go back; in Chromium and in Firefox."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any, Protocol

import pytest
from livesite import PATIENCE_MS, reader_of
from playwright.sync_api import Browser, Error, Page

pytestmark = pytest.mark.browser

MOST_TABS = 80
"""Whoever must press Tab more often than this has lost the way."""


class Tab(Protocol):
    """A tab of any browser, as a reader without a mouse has it."""

    def open(self, address: str) -> None: ...
    def press(self, key: str) -> None: ...
    def type(self, text: str) -> None: ...
    def back(self) -> None: ...
    def value(self, script: str) -> Any: ...


class ChromiumTab:
    """The same over Playwright."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, address: str) -> None:
        self._page.goto(address)

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def back(self) -> None:
        self._page.go_back()

    def value(self, script: str) -> Any:
        return self._page.evaluate(script)


@pytest.fixture(params=["chromium", "firefox"])
def tab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Tab]:
    """A tab in each browser; skipped where that browser is missing."""
    if request.param == "chromium":
        browser: Browser = request.getfixturevalue("browser")
        with reader_of(browser, site) as reader:
            yield ChromiumTab(reader.page)
        return
    from firefox import firefox, firefox_tab

    if firefox() is None:
        pytest.skip("there is no Firefox; install firefox-esr or set BACKFILE_FIREFOX to its path")
    with firefox_tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def eventually(tab: Tab, condition: str) -> None:
    """Asks until an expression is true in the page that is there, over the loads of other pages."""
    until = monotonic() + PATIENCE_MS / 1000
    while monotonic() < until:
        try:
            if tab.value(f"Boolean({condition})"):
                return
        except (AssertionError, Error):
            continue  # the page went away while it was asked, or its parts are not there yet
    raise AssertionError(f"this never came true: {condition}")


def presses_buttons(tab: Tab) -> None:
    """Skips the test in a Firefox without a window: keys that are sent to it follow links and press no button."""
    if not isinstance(tab, ChromiumTab):
        pytest.skip("a Firefox without a window presses no button by the keys that are sent to it")


def tab_to(tab: Tab, selector: str) -> int:
    """Presses Tab until an element is focused; how often that took."""
    for times in range(1, MOST_TABS):
        tab.press("Tab")
        if tab.value(f"document.activeElement.matches({selector!r})"):
            # A Firefox without a window draws no focus: then only Chromium says whether one sees where one is.
            seen = tab.value("document.activeElement.matches(':focus-visible') || !document.querySelector(':focus')")
            assert seen, "it can be seen where one is"
            return times
    raise AssertionError(f"{selector} cannot be reached")


def test_search_narrow_open_and_go_back(tab: Tab, site: str) -> None:
    tab.open(f"{site}/")
    tab_to(tab, "#q")
    tab.type("press")
    tab.press("Enter")
    eventually(tab, "document.querySelector('h1')?.textContent === '“press”' && document.readyState === 'complete'")

    tab.press("Tab")
    tab.press("Tab")
    assert tab.value("document.activeElement.getAttribute('href')") == "#facets"
    tab.press("Enter")
    tab_to(tab, "[aria-labelledby=facet-date] a.choice")
    year = tab.value("document.activeElement.querySelector('.choice-label').textContent")
    tab.press("Enter")
    eventually(tab, "document.querySelectorAll('.chip').length === 1")
    eventually(tab, "document.activeElement.matches('.facets .chosen')")
    assert tab.value("document.title").startswith(f"“press”, Year {year}")
    narrowed = tab.value("location.href")

    tab_to(tab, ".hit-title a")
    title = tab.value("document.activeElement.textContent")
    tab.press("Enter")
    eventually(tab, "document.body.classList.contains('page-article') && document.readyState === 'complete'")
    assert tab.value("document.querySelector('h1').textContent") == title

    tab.back()
    eventually(tab, "document.querySelectorAll('.page-search .chip').length === 1")
    assert tab.value("location.href") == narrowed


def test_from_the_search_box_two_keys_lead_to_the_first_hit(tab: Tab, site: str) -> None:
    tab.open(f"{site}/search?q=press")
    tab.press("Tab")
    tab.press("Enter")
    assert tab_to(tab, ".hit-title a") == 1


def test_suggestions_close_and_a_passage_unfolds(tab: Tab, site: str) -> None:
    presses_buttons(tab)
    tab.open(f"{site}/")
    tab.press("/")
    tab.type("press")
    eventually(tab, "!document.getElementById('completions').hidden")
    tab.press("Escape")
    tab.press("Enter")
    eventually(tab, "document.body.classList.contains('page-search') && document.readyState === 'complete'")
    tab.press("Tab")
    tab.press("Enter")
    tab_to(tab, ".more-snippets > summary")
    tab.press(" ")
    eventually(tab, "document.activeElement.parentElement.open")


def test_the_key_is_turned_off_by_keyboard(tab: Tab, site: str) -> None:
    presses_buttons(tab)
    tab.open(f"{site}/article/no-such-article")
    tab_to(tab, "[data-keys-switch]")
    tab.press(" ")
    eventually(tab, "document.activeElement.textContent === 'Turn it on'")
    tab.press("/")
    assert not tab.value("document.activeElement.matches('#q')")
    tab.open(f"{site}/article/no-such-article")
    tab.press("/")
    assert not tab.value("document.activeElement.matches('#q')")


def test_the_language_is_changed_and_back_leads_to_the_other(tab: Tab, site: str) -> None:
    tab.open(f"{site}/names")
    tab_to(tab, ".languages a[lang=ar]")
    tab.press("Enter")
    eventually(tab, "document.documentElement.dir === 'rtl' && document.readyState === 'complete'")
    tab_to(tab, "#q")
    tab.type("press")
    tab.press("Enter")
    eventually(tab, "document.body.classList.contains('page-search') && document.readyState === 'complete'")
    assert tab.value("location.pathname") == "/ar/search"
    tab.press("Tab")
    tab.press("Enter")
    assert tab_to(tab, ".hit-title a") == 1
    tab.back()
    eventually(tab, "!location.hash && document.body.classList.contains('page-search')")
    tab.back()
    eventually(tab, "location.pathname === '/ar/names'")
    tab.back()
    eventually(tab, "location.pathname === '/names' && document.documentElement.dir === 'ltr'")


def test_all_values_of_a_facet_are_looked_through(tab: Tab, site: str) -> None:
    tab.open(f"{site}/facet/tag?q=press")
    tab_to(tab, "#values")
    tab.type("print")
    tab.press("Enter")
    eventually(tab, "document.querySelectorAll('.facet-value').length === 1 && document.readyState === 'complete'")
    tab_to(tab, ".facet-value a")
    tab.press("Enter")
    eventually(tab, "document.querySelectorAll('.page-search .chip').length === 1")
    tab.back()
    eventually(tab, "location.search.includes('values=print') && document.querySelector('#values')?.value === 'print'")
