"""Sites with an editors' desk, who may write there, and what readers are counted to have looked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from archives import fill
from conftest import ARTICLES
from flask.testing import FlaskClient

from search.engines.memory.engine import MemoryEngine
from search.ledger.ledger import Ledger
from search.settings import Settings
from webui import create_app

OWN = {"Sec-Fetch-Site": "same-origin"}
"""The headers of a form that the desk itself has shown."""
FOREIGN: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:81"},
    {"Origin": "null"},
]
"""Those of forms that others have."""
_BEFORE = date(2000, 1, 1)


def client_of(**settings: object) -> FlaskClient:
    """A client of the site over ARTICLES."""
    engine = fill(MemoryEngine(""), *ARTICLES)
    return create_app(Settings.model_validate({"title": "The Test Gazette"} | settings), engine).test_client()


def today() -> date:
    """The day on which the site counts a query now."""
    return datetime.now(UTC).date()


def fill_asked(ledger: Ledger) -> None:
    """Counts of ten days: a query that is asked much, one that finds nothing, and one that is asked seldom."""
    for ago in range(10):
        day = today() - timedelta(days=ago)
        ledger.asked.add([(day, "flood", 20 - ago, 0), (day, "karabah", 6, 6), (day, "rare secret", 2, 2)], _BEFORE)
    ledger.asked.add([(today() - timedelta(days=100), "old bridge", 7, 1), (today(), "<b>odd</b>", 5, 5)], _BEFORE)
