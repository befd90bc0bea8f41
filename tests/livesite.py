"""The sample archive as its readers get it: indexed and served by the real commands, looked at in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from program import command_line, environment
from real_server import served

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "index" / "sample"
PHONE = (390, 844)
DESKTOP = (1280, 900)
PATIENCE_MS = 60_000
"""How long a page may take on a machine that has other things to do; a good answer never waits for it."""
Scheme = Literal["light", "dark"]

PAGES = {
    "front": "/",
    "search": "/search?q=press",
    "all": "/search",
    "narrowed": "/search?q=printing&section=History&from=1960&to=2020",
    "second-page": "/search?page=2",
    "nothing": "/search?q=karabakh+gutenberg&section=Opinion&from=1990",
    "why-not": "/why-not?q=press&from=1990&article=1978/gutenberg-at-mainz",
    "calendar": "/calendar/1988",
    "calendar-empty": "/calendar/1800",
    "sections": "/sections",
    "authors": "/authors",
    "on-this-day": "/on-this-day/03-04",
    "coverage": "/coverage?q=press&q=paper+mill&q=telegraph&q=zzzz",
    "coverage-shares": "/coverage?q=press&q=printing&section=History&from=1960&bars=share",
    "coverage-form": "/coverage",
    "article": "/article/1978/gutenberg-at-mainz?q=press+fust&position=0",
    "article-alone": "/article/1978/gutenberg-at-mainz",
    "cite": "/cite?id=1978/gutenberg-at-mainz",
    "marked": "/marked",
    "save": "/save?q=press&section=History",
    "error-query": "/search?q=" + "(" * 60,
    "error-parameter": "/search?pagee=2",
    "error-missing": "/article/no-such-article",
}
"""Every kind of page, by a name for it."""


def chromium() -> str | None:
    """Where the browser is, or None."""
    return shutil.which(os.environ.get("BACKFILE_CHROMIUM", "chromium")) or shutil.which("chromium-browser")


@contextmanager
def sample_site(
    folder: Path, index: str = "", *, filled: bool = False, source: Path = SAMPLE, **settings: str
) -> Iterator[str]:
    """The address, without a slash at its end, of the sample archive, indexed and served with those settings.

    `index` is the URL to index it into, by default one in `folder`; `filled`: it is there already. `source` is
    another archive to index instead.
    """
    index = index or f"whoosh:{folder / 'archive'}"
    if not filled:
        command = command_line("index", str(source), "--index", index)
        subprocess.run(command, check=True, cwd=folder, env=environment(), capture_output=True)
    chosen = {f"BACKFILE_{name.upper()}": value for name, value in settings.items()}
    environ = {"BACKFILE_TITLE": "The Lantern"} | chosen
    with served(folder, "--workers", "1", index=index, **environ) as server:
        yield server.address.rstrip("/")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Reader:
    """A browser tab at the site; `complaints` holds what the console said, refused styles and scripts among it."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def hear(self, message: ConsoleMessage) -> None:
        # That a page has the status 404 is no fault of the page.
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@contextmanager
def reader_of(
    browser: Browser, site: str, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light", javascript: bool = True
) -> Iterator[Reader]:
    """A fresh tab of that size; after it, the console must have had nothing to say."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        java_script_enabled=javascript,
        reduced_motion="reduce",
        has_touch=size[0] < 600,
    )
    context.set_default_timeout(PATIENCE_MS)
    context.set_default_navigation_timeout(PATIENCE_MS)
    reader = Reader(context.new_page(), site)
    reader.page.on("console", reader.hear)
    reader.page.on("pageerror", lambda error: reader.complaints.append(f"uncaught: {error}"))
    try:
        yield reader
    finally:
        context.close()
    assert reader.complaints == [], reader.complaints
