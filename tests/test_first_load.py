"""The first load of a page: how much comes over the wire, from whom, what it waits for, and what moves afterwards."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from livesite import PAGES, Reader, reader_of
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

PREFIXES = ("/de", "/ar")
"""How addresses begin in a language with long words, and in one that needs more bytes for each letter."""
MOST_BYTES = 60_000
"""Of the first load of a page of results, as they come over the wire: heads and packed bodies, nothing cached."""

SHIFTS = """() => new Promise((resolve) => {
    const seen = [];
    const isListed = ({node}) => !node || (node.closest ? node : node.parentElement)?.closest('[role=listbox]');
    const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
    observer.observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        seen.push(...observer.takeRecords());
        resolve(seen.filter((entry) => !entry.sources.every(isListed)).reduce((sum, entry) => sum + entry.value, 0));
    })));
})"""
"""How much of the page has moved since it was opened, after typing too. Suggestions may move within their list while
others take their places: that counts only on a machine so slow that they come long after the letter."""
LEAST_SHIFT = 0.001
"""A hundredth of what is called good (web.dev, "Cumulative Layout Shift"); less is a letter a pixel aside."""


def loaded(page: Page, address: str) -> tuple[dict[str, str], dict[str, float]]:
    """The address of each request of a first load and the bytes that came for it, by the ids of the requests."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def sent(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.loadingFinished", finished)
    page.goto(address, wait_until="networkidle")
    return addresses, sizes


@pytest.mark.parametrize(
    "path", [PAGES["search"], PAGES["all"], PAGES["narrowed"], *(prefix + PAGES["search"] for prefix in PREFIXES)]
)
def test_the_first_load_of_a_page_of_results_is_small_and_from_one_host(reader: Reader, path: str) -> None:
    addresses, sizes = loaded(reader.page, reader.site + path)
    assert {urlsplit(address).netloc for address in addresses.values()} == {urlsplit(reader.site).netloc}
    kinds = {urlsplit(address).path.rpartition(".")[2] for address in addresses.values()}
    assert kinds >= {urlsplit(path).path, "css", "js"}, "the load was seen whole"
    assert sorted(sizes) == sorted(addresses)
    assert 5_000 < sum(sizes.values()) < MOST_BYTES


def test_what_is_counted_is_what_comes_packed(reader: Reader) -> None:
    addresses, sizes = loaded(reader.page, reader.site + PAGES["search"])
    [page] = [sizes[number] for number, address in addresses.items() if "/search?" in address]
    assert page < len(reader.page.content().encode()) / 2


def test_no_script_holds_up_a_page(reader: Reader) -> None:
    for path in PAGES.values():
        page = reader.open(path)
        assert page.locator("script[src]").evaluate_all("all => all.every((one) => one.type === 'module' || one.defer)")
        waits = page.evaluate(
            "performance.getEntriesByType('resource')"
            ".filter((entry) => entry.renderBlockingStatus === 'blocking').map((entry) => entry.initiatorType)"
        )
        assert set(waits) <= {"link"}, path


@pytest.mark.parametrize("prefix", ["", "/ar"], ids=["left to right", "right to left"])
@pytest.mark.parametrize("size", [(360, 740), (1280, 900)], ids=["phone", "desktop"])
def test_nothing_moves_when_suggestions_open(browser: Browser, site: str, size: tuple[int, int], prefix: str) -> None:
    with reader_of(browser, site, size) as reader:
        for path in (f"{prefix}/", f"{prefix}/search?q=press"):
            page = reader.open(path)
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.fill("#q", "")
            with page.expect_response(lambda response: response.url.endswith("q=gut")):
                page.locator("#q").press_sequentially("gut")
            expect(page.get_by_role("listbox")).to_be_visible()
            assert page.evaluate(SHIFTS) < LEAST_SHIFT
            assert page.evaluate("document.documentElement.scrollHeight") == tall


def test_a_shift_would_be_noticed(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.evaluate("document.querySelector('.search-layout').style.marginTop = '200px'")
    page.wait_for_function("document.querySelector('.search-layout').getBoundingClientRect().top > 200")
    assert page.evaluate(SHIFTS) > LEAST_SHIFT
