"""What files with posts of the REST API promise: each published post is an article, the rest is counted or reported."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.article import Article, Skipped, Withdrawal, read_source
from index.indexer import Indexer
from index.sources import find_sources
from index.sources.reading import Reading
from index.sources.recognition import is_posts
from index.sources.wordpress.objects import FIELDS, NAMELESS, ObjectsFile
from search.engines import open_engine
from search.errors import SourceError


def post(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "date": "2024-07-03T11:30:00",
        "date_gmt": "2024-07-03T09:30:00",
        "guid": {"rendered": f"https://lantern.example/?p={number}"},
        "modified_gmt": "2024-07-04T10:00:00",
        "status": "publish",
        "type": "post",
        "link": f"https://lantern.example/{number}/",
        "title": {"rendered": f"Post {number} &#8211; rain"},
        "content": {"rendered": '<h2 id="why">Why</h2><p>Rain.</p>', "protected": False},
        "excerpt": {"rendered": "<p>It rose [&hellip;]</p>", "protected": False},
    } | more


def read(path: Path, value: object) -> list[object]:
    path.write_text(json.dumps(value), "utf-8")
    return list(read_source(ObjectsFile(str(path), Reading(ZoneInfo("UTC")))))


def test_a_post_gives_every_field(tmp_path: Path) -> None:
    embedded = {
        "author": [{"name": "Jane Doe &amp; Sons"}, {"code": "rest_user_invalid_id"}],
        "wp:term": [[{"taxonomy": "category", "name": "News"}], [{"taxonomy": "post_tag", "name": "Rain"}]],
    }
    (article,) = read(tmp_path / "1.json", post(categories=[3], tags=[4], _embedded=embedded))
    assert isinstance(article, Article)
    assert (article.title, article.summary, article.body) == ("Post 1 – rain", "It rose", "Why\n\nRain.")
    assert [(heading.text, heading.anchor) for heading in article.headings] == [("Why", "why")]
    assert (article.sections, article.tags, article.authors) == (("News",), ("Rain",), ("Jane Doe & Sons",))
    assert (article.url, article.guid) == ("https://lantern.example/1/", "https://lantern.example/?p=1")
    assert (article.published, article.modified) == (
        datetime(2024, 7, 3, 9, 30, tzinfo=UTC), datetime(2024, 7, 4, 10, tzinfo=UTC),
    )  # fmt: skip
    assert article.source_warnings == ()


def test_authors_that_a_plugin_states_take_the_place_of_the_user(tmp_path: Path) -> None:
    (article,) = read(tmp_path / "1.json", post(authors=[{"display_name": "Ann Lee"}, {"name": "Bo"}, {}]))
    assert isinstance(article, Article)
    assert article.authors == ("Ann Lee", "Bo")


def test_numbers_without_names_are_said_to_be_so(tmp_path: Path) -> None:
    (article,) = read(tmp_path / "1.json", post(categories=[3]))
    assert isinstance(article, Article)
    assert article.source_warnings == (NAMELESS,)


def test_what_is_no_published_post_is_left_out_with_counts(tmp_path: Path) -> None:
    hidden = post(4, content={"rendered": "", "protected": True})
    found = read(tmp_path / "all.json", [post(1), post(2, status="draft"), post(3, type="page"), hidden, 7, post(5)])
    kinds = [type(one) for one in found]
    assert kinds == [Article, Withdrawal, Withdrawal, SourceError, Article, Skipped]
    assert str(found[-1]).endswith("left out 1 draft, 1 page, 1 post with a password")
    assert str(found[3]) == f"{tmp_path / 'all.json'}: post 5: not a post: 7"


def test_every_post_that_readers_cannot_see_is_withdrawn(tmp_path: Path) -> None:
    statuses = ["draft", "in-review", "trash"]
    found = read(tmp_path / "a.json", [post(number, status=status) for number, status in enumerate(statuses, 1)])
    gone = [(one.kind, one.reason, one.known_only) for one in found if isinstance(one, Withdrawal)]
    assert gone == [
        ("gone", "a draft", True),
        ("gone", "of the status 'in-review'", True),
        ("killed", "in the trash", True),
    ]


@pytest.mark.parametrize("data", [b'[{"id": 1, "title"', b"[" * 100_000, b"\xff\xfe\x00", b'{"id": ' + b"9" * 5_000])
def test_a_damaged_file_is_reported(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(SourceError, match="JSON"):
        list(read_source(ObjectsFile(str(tmp_path / "a.json"), Reading(ZoneInfo("UTC")))))


def test_strange_values_cost_no_more_than_themselves(tmp_path: Path) -> None:
    strange = {
        "id": True, "link": 5, "guid": [], "date_gmt": {}, "modified_gmt": -1, "status": None, "categories": {"a": 1},
        "excerpt": {"rendered": None}, "_embedded": {"author": 3, "wp:term": [{}, [7]]}, "authors": "x",
    }  # fmt: skip
    (article,) = read(tmp_path / "1.json", post() | strange)
    assert isinstance(article, Article)
    assert (article.title, article.url, article.published) == (
        "Post 1 – rain", None, datetime(2024, 7, 3, 11, 30, tzinfo=UTC),
    )  # fmt: skip


def test_posts_are_told_from_other_json() -> None:
    assert is_posts("a", json.dumps([post()]).encode())
    assert not is_posts("a.jsonl", json.dumps(post()).encode())
    assert not is_posts("a.json", b'{"title": "x", "body": "y", "date_gmt": ""}')
    assert not is_posts("a.html", b'<script>{"title":{"rendered":"x"},"date_gmt":""}</script>')


keys = st.sampled_from([*FIELDS, "categories", "tags", "author", "_embedded"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["rendered", "protected", "name", "display_name", "wp:term", "author"]), inner, max_size=3
    ),
    max_leaves=8,
)  # fmt: skip


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(keys, values, max_size=6))
def test_no_value_at_all_makes_the_reader_fail(tmp_path: Path, strange: dict[str, Any]) -> None:
    found = read(tmp_path / "1.json", post() | strange)
    assert all(isinstance(one, Article | Withdrawal | SourceError) for one in found)
    assert not any("please report this" in str(one) for one in found)


@pytest.mark.shared
def test_every_real_object_is_indexed_and_unchanged_the_second_time(shared: Path) -> None:
    folder = shared / "corpora" / "wordpress" / "rest"
    values = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    posts = [one for value in values for one in (value if isinstance(value, list) else [value])]
    different = len({one["link"] for one in posts})
    engine = open_engine("memory:")
    first = Indexer(engine).run(find_sources(folder))
    second = Indexer(engine).run(find_sources(folder))
    assert (first.added, first.failed, second.unchanged, second.changed) == (different, 0, different, 0)


def test_other_json_goes_to_its_own_reader(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"headline": "x", "text": "y"}]', "utf-8")
    (source,) = find_sources(tmp_path / "a.json", mapping={"headline": "title", "text": "body"})
    assert not isinstance(source, ObjectsFile)
    assert [one.title for one in read_source(source) if isinstance(one, Article)] == ["x"]
