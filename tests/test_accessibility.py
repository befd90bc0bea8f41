"""No page breaks a rule that axe can check, folded and unfolded; tests/test_every_state.py looks at all states."""

from __future__ import annotations

from itertools import pairwise

import pytest
from accessibility import violations
from livesite import DESKTOP, PAGES, PHONE, Reader, reader_of
from odd_articles import PAGES as ODD_PAGES
from playwright.sync_api import Browser, expect
from states import unfold

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("prefix", "size"), [("", DESKTOP), ("/ar", PHONE)], ids=["desktop, left to right", "phone, right to left"]
)
def test_no_page_breaks_a_rule(browser: Browser, site: str, prefix: str, size: tuple[int, int]) -> None:
    with reader_of(browser, site, size) as reader:
        found = {path: violations(reader.open(prefix + path)) for path in PAGES.values()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_articles_hard_to_lay_out_break_no_rule(browser: Browser, odd_site: str) -> None:
    found = {}
    with reader_of(browser, odd_site) as reader:
        for path in ODD_PAGES.values():
            page = reader.open(path)
            unfold(page)
            found[path] = violations(page)
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_three_listings_are_no_landmarks(browser: Browser, odd_site: str) -> None:
    with reader_of(browser, odd_site) as reader:
        page = reader.open("/article/code")
        expect(page.get_by_role("group", name="Code")).to_have_count(3)
        expect(page.get_by_role("article").get_by_role("region")).to_have_count(0)


def test_nothing_that_unfolds_breaks_a_rule(phone_reader: Reader) -> None:
    for name in ("front", "search", "article", "nothing"):
        page = phone_reader.open(PAGES[name])
        unfold(page)
        assert violations(page) == []


def test_axe_would_notice(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.evaluate("document.querySelector('.hit .byline').style.color = '#ccc'")
    page.evaluate("document.querySelector('#q').removeAttribute('placeholder')")
    page.evaluate("document.querySelector('#q').labels[0].remove()")
    rules = {line.partition(":")[0] for line in violations(page)}
    assert "color-contrast" in rules
    assert rules & {"label", "aria-input-field-name"}


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("error")])
def test_headings_are_in_order_and_landmarks_are_there(reader: Reader, name: str) -> None:
    page = reader.open(PAGES[name])
    levels = [
        int(tag[1]) for tag in page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map((h) => h.tagName)")
    ]
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    for role in ("banner", "search", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role  # type: ignore[arg-type]


def test_a_facet_says_its_count_and_its_state(reader: Reader) -> None:
    page = reader.open("/search?q=press&section=History+%3E+Printing")
    names = page.locator(".facets a.choice").evaluate_all(
        "all => all.map((a) => a.textContent.replace(/\\s+/g, ' ').trim())"
    )
    assert any(name.startswith("Printing ") and name.endswith("articles, selected; remove") for name in names)
    assert all(" article" in name for name in names)
