"""What readers look for, as an editor sees it in a real browser: by keyboard, without JavaScript, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from accessibility import violations
from livesite import DESKTOP, PHONE, Scheme, reader_of, sample_site
from playwright.sync_api import Browser, expect

from search.ledger import open_ledger

pytestmark = pytest.mark.browser

BEFORE = date(2000, 1, 1)
VARIANT = "/desk/queries/variant"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the archive, its counts and its file of variants are."""
    folder = tmp_path_factory.mktemp("queries")
    today = datetime.now(UTC).date()
    ledger = open_ledger(str(folder / "archive.ledger"))
    for ago in range(40):
        day = today - timedelta(days=ago)
        words = "a rather long query about the first printing press that came to the city of mainz", "الطباعة"
        rows = [(day, query, 9 + ago % 7, 0) for query in ("printing", *words)]
        rows += [(day, query, 6, 6) for query in ("gutenburg", "гутенберг", "x" * 100)]
        ledger.asked.add(rows, BEFORE)
    ledger.close()
    (folder / "variants.toml").write_text("# ours\n")
    return folder


@pytest.fixture(scope="module")
def desk_site(folder: Path) -> Iterator[str]:
    """The sample archive with a desk, a file of variants and counts."""
    with sample_site(folder, desk="true", variants=str(folder / "variants.toml")) as address:
        yield address


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")])
def test_no_state_of_the_lists_breaks_a_rule(
    browser: Browser, desk_site: str, size: tuple[int, int], scheme: Scheme
) -> None:
    paths = ("/desk/queries", "/desk/queries?days=365", f"{VARIANT}?q=gutenburg", f"{VARIANT}?q=" + "x" * 100)
    with reader_of(browser, desk_site, size, scheme) as editor:
        for path in paths:
            page = editor.open(path)
            assert violations(page) == [], path
            assert editor.overflow() == 0, path
            page.evaluate("document.documentElement.dir = 'rtl'")
            assert violations(page) == [], f"{path} from right to left"
            assert editor.overflow() == 0, f"{path} from right to left"
        page = editor.open(f"{VARIANT}?q=gutenburg")
        page.get_by_label("The archive writes").fill("nosuchwordatall")
        page.get_by_role("button", name="Add this spelling").click()
        expect(page.get_by_role("alert")).to_contain_text("no article with “nosuchwordatall”")
        assert violations(page) == [], "refused"


def test_a_spelling_is_added_by_keyboard_and_without_javascript(browser: Browser, desk_site: str, folder: Path) -> None:
    with reader_of(browser, desk_site, javascript=False) as editor:
        page = editor.open("/desk")
        page.get_by_role("link", name="What readers look for").press("Enter")
        page.get_by_role("link", name="Find a spelling for “gutenburg”").press("Enter")
        page.get_by_role("button", name="Add “Gutenberg”").press("Enter")
        expect(page.locator(".variant-done")).to_contain_text("“gutenburg” now also finds “Gutenberg”.")
        page.get_by_role("link", name="See what the search finds").press("Enter")
        expect(page.locator(".hit").first).to_contain_text("Gutenberg")
    assert (folder / "variants.toml").read_text() == '# ours\n\n[one_way]\n"gutenburg" = ["Gutenberg"]\n'
