"""The plug-in for WordPress, in a real WordPress: what editors do there is in the archive soon after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from real_server import Server, served
from steady import comes_true
from wordpress_real import WordPress, missing, running_wordpress

from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.write_keys import add_key

pytestmark = [
    pytest.mark.wordpress,
    pytest.mark.skipif(bool(missing()), reason=f"there is no {', '.join(missing())}; `make wordpress` installs it"),
]

CONTENT = "<!-- wp:heading --><h2>Who pays</h2><!-- /wp:heading -->\n\n<!-- wp:paragraph --><p>The county&#8217;s \
money [caption]pays[/caption].</p><!-- /wp:paragraph -->"

NOTHING = {"noted": [], "why": [], "refused": [], "planned": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plugin")


@pytest.fixture(scope="module")
def ledger(folder: Path) -> Ledger:
    return open_ledger(str(folder / "archive.ledger"))


@pytest.fixture(scope="module")
def wordpress(folder: Path, ledger: Ledger) -> Iterator[WordPress]:
    with running_wordpress(folder) as wordpress:
        wordpress.key = add_key(ledger, "wordpress", "write", datetime.now(UTC)) or ""
        yield wordpress


@pytest.fixture(scope="module")
def server(folder: Path, wordpress: WordPress) -> Iterator[Server]:
    with served(folder, "--workers", "1") as server:
        wordpress.archive = server.address
        yield server


def article(server: Server, post: int) -> dict[str, Any] | None:
    """What the archive has of a post."""
    status, body = server.get(f"/api/v1/articles/wp-{post}")
    return json.loads(body) if status == 200 else None


def title(server: Server, post: int) -> str | None:
    found = article(server, post)
    return found and found["title"]


def test_a_post_follows_its_editors_into_the_archive_and_out_of_it(wordpress: WordPress, server: Server) -> None:
    saved = wordpress.does(
        "save", title="Ferry &amp; winter", content=CONTENT, excerpt="All <em>winter</em>.", status="draft",
        section=["News", "Transport"], tag="ferry",
    )  # fmt: skip
    post = saved["id"]
    assert wordpress.does("state")["noted"] == [], "a draft is nobody's business"
    link = wordpress.does("save", id=post, status="publish")["link"]
    assert comes_true(lambda: article(server, post) is not None)
    found = article(server, post)
    assert found is not None
    assert (found["title"], found["summary"], found["url"]) == ("Ferry & winter", "All winter.", link)
    assert (found["sections"], found["tags"], found["authors"]) == (["News > Transport"], ["ferry"], ["Mélanie Doe"])
    assert [heading["text"] for heading in found["headings"]] == ["Who pays"]
    assert "The county’s money" in found["text"]
    assert found["published"] is not None
    wordpress.does("save", id=post, title="Ferry runs")
    assert comes_true(lambda: title(server, post) == "Ferry runs")
    for away, back in (({"status": "draft"}, {"status": "publish"}), ({"password": "secret"}, {"password": ""})):
        wordpress.does("save", id=post, **away)
        assert comes_true(lambda: title(server, post) is None)
        wordpress.does("save", id=post, **back)
        assert comes_true(lambda: title(server, post) == "Ferry runs")
    wordpress.does("trash", id=post)
    assert comes_true(lambda: title(server, post) is None)
    wordpress.does("untrash", id=post)
    assert comes_true(lambda: title(server, post) == "Ferry runs")
    wordpress.does("delete", id=post)
    assert comes_true(lambda: title(server, post) is None)
    assert wordpress.does("state") == NOTHING


def test_an_archive_that_fails_stops_no_editor_and_is_told_later(wordpress: WordPress, server: Server) -> None:
    wordpress.archive = "http://127.0.0.1:9"  # nobody listens there
    post = wordpress.does("save", title="One", status="publish")["id"]
    wordpress.does("save", id=post, title="Two")
    other = wordpress.does("save", title="Other", status="publish")["id"]
    wordpress.does("delete", id=other)
    state = wordpress.does("state")
    assert (sorted(state["noted"]), state["planned"]) == ([post, other], True)
    wordpress.archive, key, wordpress.key = server.address, wordpress.key, "wrong"
    wordpress.does("cron")
    assert wordpress.does("state")["noted"] != [], "a key that was mistyped loses nothing"
    wordpress.key = key

    def is_told() -> bool:
        wordpress.does("cron")
        return title(server, post) == "Two"

    assert comes_true(is_told)
    assert title(server, other) is None
    assert wordpress.does("state") == NOTHING


def test_what_the_archive_refuses_is_kept_with_the_reason_and_not_sent_again(
    wordpress: WordPress, server: Server, ledger: Ledger
) -> None:
    post = wordpress.does("save", title="Down", status="publish")["id"]
    assert comes_true(lambda: title(server, post) == "Down")
    ledger.removed.add([Tombstone(f"wp-{post}")], "court order", datetime.now(UTC))
    wordpress.does("save", id=post, title="Up again")
    state = wordpress.does("state")
    assert (state["noted"], "court order" in state["refused"][str(post)][1]) == ([], True)
    wordpress.does("delete", id=post)
    assert wordpress.does("state")["refused"] == []


@pytest.mark.parametrize("address", ["http://archive.example", "ftp://127.0.0.1", ""])
def test_the_key_is_sent_over_no_connection_that_others_can_read(wordpress: WordPress, address: str) -> None:
    wordpress.archive = address
    post = wordpress.does("save", title="Secret", status="publish")["id"]
    state = wordpress.does("state")
    assert post in state["noted"]
    assert "https" in state["why"][-1], "it was not even tried"
