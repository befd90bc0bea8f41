"""The archives of which the pages in `tests/states.py` are: made for them, and served."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from urllib.request import urlopen

from livesite import PATIENCE_MS, sample_site
from odd_articles import written
from playwright.sync_api import Page
from states import GUTENBERG, PREFIXES, PUBLIC, Direction, Site, State
from steady import comes_true

from search.engines import open_engine
from search.ledger import open_ledger
from search.ledger.judgements import Grade, Judgement
from search.ledger.removals import Tombstone

_VARIANTS: Final = """both_ways = [["Karabakh", "Qarabağ", "Карабах"], ["Tchaikovsky", "Čajkovskij", "Tschaikowsky"]]

[one_way]
"Constantinople" = "Istanbul"

[languages.de]
both_ways = [["Mailand", "Milano"]]
"""


@dataclass(frozen=True, slots=True)
class Sites:
    """The addresses of the archives while they are served, and the saved searches of the house."""

    addresses: dict[Site, str]
    links: dict[str, str]

    def address(self, state: State, direction: Direction = "ltr") -> str:
        """Where that state begins."""
        path = state.path.replace("{link}", self.links["link"]).replace("{other}", self.links["other"])
        return self.addresses[state.site] + PREFIXES[direction] + path

    def open(self, page: Page, state: State, direction: Direction = "ltr") -> None:
        """Brings a fresh tab into that state."""
        page.goto(self.address(state, direction))
        if state.act is not None:
            state.act(page)
        page.emulate_media(media=state.media)
        page.evaluate("document.fonts.ready.then(() => true)")

    def settle(self, page: Page, state: State) -> None:
        """Puts a fixed day in place of the present one, so that two pictures of a page are the same."""
        for selector, text in state.settled.items():
            page.locator(selector).evaluate_all("(all, text) => all.forEach((it) => { it.textContent = text; })", text)
        page.evaluate(_FIX_DAY, [[form.format(datetime.now(UTC)), form.format(_DAY)] for form in _FORMS])


_DAY: Final = datetime(2024, 7, 3, 9, 30, tzinfo=UTC)
_FORMS: Final = ("{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "[{0.year}, {0.month}, {0.day}]")
"""As citations write the day on which they were made."""
_FIX_DAY: Final = """(pairs) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        for (const [now, then] of pairs) texts.currentNode.data = texts.currentNode.data.replaceAll(now, then);
    }
}"""


@contextmanager
def every_site(folder: Path) -> Iterator[Sites]:
    """All archives, made in that folder and served."""
    for name in ("sample", "desk", "house", "odd", "empty"):
        (folder / name).mkdir()
    with open_engine(f"whoosh:{folder / 'empty' / 'archive'}").writer():
        pass  # an index is made, with nothing in it
    odd = written(folder / "odd")
    house = folder / "house"
    (house / "variants.toml").write_text(_VARIANTS, encoding="utf-8")
    with (
        sample_site(folder / "sample", public_url=PUBLIC) as sample,
        sample_site(folder / "desk", desk="true") as desk,
        sample_site(folder / "odd", source=odd, public_url=PUBLIC) as other,
        sample_site(folder / "empty", filled=True, public_url=PUBLIC) as empty,
        sample_site(house, public_url=PUBLIC, desk="true", variants=str(house / "variants.toml")) as own,
    ):
        links = {"link": _saved(own, "ferry"), "other": _saved(own, "zeppelin")}
        _fill(house, odd, own, links["link"])
        yield Sites({"sample": sample, "desk": desk, "house": own, "odd": other, "empty": empty}, links)


def _saved(site: str, words: str) -> str:
    link: str = _asked(f"{site}/api/v1/save?q={words}")["link"]
    return link


def _fill(folder: Path, more: Path, site: str, link: str) -> None:
    """Has editors choose, an article taken down, and new articles come for a saved search."""
    program, index = Path(sys.executable).parent / "backfile", f"whoosh:{folder / 'archive'}"

    def backfile(*arguments: str) -> None:
        subprocess.run([program, *arguments, "--index", index], check=True, cwd=folder, capture_output=True)

    subject = "1984/caxton-at-westminster"
    backfile("related", "pin", subject, "1981/dewey-ten-classes")
    backfile("related", "block", subject, "1986/linotype-centenary")
    ledger = open_ledger(f"{folder / 'archive'}.ledger")
    ledger.removed.add([Tombstone("withdrawn")], "By order of a court.", _DAY)
    grades: tuple[tuple[str, Grade], ...] = (
        (GUTENBERG, "good"),
        (subject, "good"),
        ("undated/keep-the-back-issues", "bad"),
    )
    ledger.judgements.add(Judgement("press", article, grade, _DAY) for article, grade in grades)
    for ago in range(7):
        day = datetime.now(UTC).date() - timedelta(days=ago)
        counts = (("gutenberg", 30 - 2 * ago, 0), ("printing press", 9 + ago % 3, 0), ("karabah", 7 + ago % 2, 7))
        ledger.asked.add([(day, *count) for count in counts], day - timedelta(days=1))
    backfile("index", str(more))
    news = f"{site}/api/v1/saved?{urlencode({'since': '2000-01-01', 'link': link})}"
    assert comes_true(lambda: bool(_asked(news)["total"])), "the new articles never came to the saved search"


def _asked(address: str) -> dict[str, object]:
    with urlopen(address, timeout=PATIENCE_MS / 1000) as answer:
        found: dict[str, object] = json.load(answer)
        return found
