"""What the Markdown source promises: what Hugo, Jekyll and Eleventy mean by front matter, file names and folders."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, Withdrawal, read_source
from index.indexer import Indexer
from index.sources import find_sources
from index.sources.markdown_file import read_markdown_file
from index.sources.reading import Reading
from index.sources.recognition import is_markdown
from search.engines import open_engine
from search.errors import SourceError

BERLIN = Reading(ZoneInfo("Europe/Berlin"), root="/site")
BODY = "The ferry runs.\n\n## Who pays {#money}\n\nThe county does.\n"


def read(text: str, path: str = "/site/content/ferry.md") -> Article:
    article = read_markdown_file(text.encode(), path, BERLIN)
    assert isinstance(article, Article)
    return article


def withdrawn(text: str, path: str = "/site/content/ferry.md") -> Withdrawal:
    found = read_markdown_file(text.encode(), path, BERLIN)
    assert isinstance(found, Withdrawal)
    return found


def test_front_matter_in_yaml_is_the_article() -> None:
    article = read(
        "---\ntitle: Ferry runs\ndate: 2024-07-03 09:30:00 -4\nlastmod: 2024-07-05\ndescription: All winter.\n"
        "categories: [Transport, Islands]\ntags: ferry, winter\nauthors:\n- Mélanie Doe\n- name: Ada Roe\n"
        "lang: en-GB\npermalink: https://example.org/ferry/\n---\n" + BODY
    )
    assert (article.title, article.summary, article.language) == ("Ferry runs", "All winter.", "en-GB")
    assert article.published == datetime(2024, 7, 3, 13, 30, tzinfo=UTC)
    assert article.modified == date(2024, 7, 5)
    assert article.sections == ("Transport", "Islands")
    assert article.tags == ("ferry", "winter")
    assert article.authors == ("Mélanie Doe", "Ada Roe")
    assert article.url == "https://example.org/ferry/"
    assert article.body == "The ferry runs.\n\nWho pays\n\nThe county does."
    assert [(row.text, row.anchor) for row in article.headings] == [("Who pays", "money")]


def test_front_matter_in_toml_is_the_article() -> None:
    article = read('+++\ntitle = "Ferry"\ndate = 2024-07-03T09:30:00\ndraft = false\ntags = ["a"]\n+++\n' + BODY)
    assert (article.title, article.tags) == ("Ferry", ("a",))
    assert article.published == datetime(2024, 7, 3, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("_posts/2024-07-03-ferry.md", date(2024, 7, 3)),
        ("_posts/2024-7-3-ferry.de.markdown.gz", date(2024, 7, 3)),
        ("posts/2024-07-03.md", date(2024, 7, 3)),
        ("posts/2024-in-review.md", None),
        ("posts/2024-13-44-ferry.md", None),
    ],
)
def test_the_date_comes_from_the_name_of_the_file_if_nothing_states_it(path: str, day: date | None) -> None:
    assert read(BODY, f"/site/{path}").published == day
    stated = read("---\ntitle: A\ndate: 2020-01-02\n---\n" + BODY, f"/site/{path}")
    assert stated.published == date(2020, 1, 2)


def test_jekylls_word_that_it_is_published_is_no_date() -> None:
    article = read("---\ntitle: A\npublished: true\n---\n" + BODY, "/site/_posts/2024-07-03-ferry.md")
    assert (article.published, article.warnings) == (date(2024, 7, 3), ())


@pytest.mark.parametrize(("value", "shown"), [("[]", "[]"), ("{}", "{}"), ("{at: noon}", "{'at': 'noon'}")])
def test_a_value_that_is_no_date_is_a_warning(value: str, shown: str) -> None:
    article = read(f"---\ntitle: A\ndate: {value}\nlastmod: {value}\nembargo: []\n---\n" + BODY)
    assert (article.published, article.modified, article.status) == (None, None, "usable")
    assert article.warnings == (f"published is not a date: {shown!r}", f"modified is not a date: {shown!r}")
    assert read("---\ntitle: A\ndate: [2024-07-03]\n---\n" + BODY).published == date(2024, 7, 3)
    assert read("---\ntitle: A\nembargo: {at: noon}\n---\n" + BODY).status == "withheld"


@pytest.mark.parametrize(
    ("path", "sections"),
    [
        ("content/posts/ferry.md", ()),
        ("content/islands/ferry.md", ("islands",)),
        ("content/real-estate/2024/07/ferry.md", ("real estate",)),
        ("content/posts/ferry/index.md", ()),
        ("content/islands/ferry/index.md", ("islands",)),
        ("islands/_posts/2024-07-03-ferry.md", ("islands",)),
        ("_posts/islands/2024-07-03-ferry.md", ()),
        ("ferry.md", ()),
    ],
)
def test_the_section_comes_from_the_folders_if_nothing_states_it(path: str, sections: tuple[str, ...]) -> None:
    assert read(BODY, f"/site/{path}").sections == sections
    assert read("---\ntitle: A\ncategory: Sea\n---\n" + BODY, f"/site/{path}").sections == ("Sea",)


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("---\ntitle: A\ndraft: true\n---\n" + BODY, "content/a.md", "a draft"),
        ('+++\ntitle = "A"\ndraft = true\n+++\n' + BODY, "content/a.md", "a draft"),
        ("---\ntitle: A\npublished: false\n---\n" + BODY, "_posts/2024-01-01-a.md", "a draft"),
        (BODY, "_drafts/a.md", "a draft"),
        ("---\ntitle: A\nexpiryDate: 2020-01-01T00:00:00Z\n---\n" + BODY, "content/a.md", "expired"),
    ],
)
def test_what_the_site_does_not_publish_is_withdrawn(text: str, path: str, reason: str) -> None:
    assert withdrawn(text, f"/site/{path}").reason == reason


def test_a_draft_is_counted_and_leaves_the_index_if_it_was_there(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    file = tmp_path / "a.md"
    file.write_text("---\ntitle: A\n---\n" + BODY, "utf-8")
    (tmp_path / "b.md").write_text("---\ntitle: B\ndraft: true\n---\n" + BODY, "utf-8")
    first = Indexer(engine).run(find_sources(tmp_path))
    assert (first.added, first.left_out, first.failed) == (1, 1, 0)
    assert [str(line) for line in first.warnings] == ["left out because its source does not publish it: a draft: 1"]
    assert "left out 1" in first.summary()
    file.write_text("---\ntitle: A\ndraft: true\n---\n" + BODY, "utf-8")
    second = Indexer(engine).run(find_sources(tmp_path))
    assert (second.deleted, second.left_out) == (1, 1)


def test_the_language_comes_from_the_name_if_nothing_states_it() -> None:
    assert read(BODY, "/site/content/ferry.de.md").language == "de"
    assert read(BODY, "/site/content/ferry.pt-br.md").language == "pt-BR"
    assert read(BODY, "/site/content/ferry.v2.md").language == ""


def test_pages_about_the_repository_are_passed_over() -> None:
    assert is_markdown("/site/content/ferry.md", b"")
    assert is_markdown("/site/FERRY.MARKDOWN.gz", b"")
    names = ("README.md", "readme.de.md", "LICENSE.md", "CODE-OF-CONDUCT.md", "_index.md", "_index.fr.md")
    assert not any(is_markdown(f"/site/{name}", b"") for name in names)


def test_broken_front_matter_is_said_and_the_text_is_kept() -> None:
    article = read("---\ntitle: [A\n---\n" + BODY)
    assert any("not YAML" in warning for warning in article.warnings)
    assert "The county does." in article.body


def test_a_relative_permalink_is_no_address() -> None:
    article = read("---\ntitle: A\npermalink: /ferry/\n---\n" + BODY)
    assert (article.url, article.warnings, article.source_warnings) == (None, (), ())
    assert article.place == "content/ferry.md"


@given(st.text(max_size=300), st.sampled_from(["---\n", "+++\n", "{", ""]))
def test_no_text_breaks_the_reader(text: str, opening: str) -> None:
    try:
        read_markdown_file((opening + text).encode("utf-8", "surrogatepass"), "/site/a.md", BERLIN)
    except SourceError:
        return


@pytest.mark.shared
def test_a_real_blog_is_read_without_loss(shared: Path) -> None:
    folder = shared / "corpora" / "markdown" / "18f-blog"
    found = [item for source in find_sources(folder) for item in read_source(source)]
    articles = [item for item in found if isinstance(item, Article)]
    assert len(articles) == len(found) == 509
    assert all(article.title and article.published and article.authors and article.tags for article in articles)
    assert sum(bool(article.headings) for article in articles) > 200
    assert not [warning for article in articles for warning in article.warnings if "date" in warning]


@pytest.mark.parametrize(
    ("stated", "published", "embargo"),
    [
        ("date: 2020-01-01\npublishDate: 2190-01-01", date(2020, 1, 1), datetime(2190, 1, 1, tzinfo=BERLIN.time_zone)),
        ("date: 2190-01-01\npublishDate: 2020-01-01", date(2190, 1, 1), datetime(2020, 1, 1, tzinfo=BERLIN.time_zone)),
        ("publishDate: 2190-01-01", date(2190, 1, 1), None),
        ("date: 2020-01-01\nembargo: 2190-01-01", date(2020, 1, 1), datetime(2190, 1, 1, tzinfo=BERLIN.time_zone)),
        ("embargo: 2190-01-01\npublish_date: 2020-01-01\ndate: 2019-01-01", date(2019, 1, 1),
         datetime(2190, 1, 1, tzinfo=BERLIN.time_zone)),
    ],
)  # fmt: skip
def test_the_later_of_all_dates_decides_when_an_article_is_shown(
    stated: str, published: date, embargo: datetime | None
) -> None:
    article = read(f"---\ntitle: A\n{stated}\n---\n{BODY}")
    assert (article.published, article.embargo, article.status, article.warnings) == (published, embargo, "usable", ())


@pytest.mark.parametrize(
    "stated", ["embargo: next week", "embargo: true", "embargo:\n  until: 2190-01-01", "embargo: [a, b]"]
)
def test_an_embargo_in_front_matter_that_cannot_be_read_holds(stated: str) -> None:
    article = read(f"---\ntitle: A\n{stated}\n---\n{BODY}")
    assert article.status == "withheld"
    assert article.warnings[0].startswith("embargo is not a date")


def test_no_embargo_in_front_matter_is_none() -> None:
    assert read(f"---\ntitle: A\nembargo: false\n---\n{BODY}").status == "usable"


def test_an_ambiguous_publish_date_says_what_it_may_mean() -> None:
    found = read(f"---\ntitle: A\ndate: 2020-01-01\npublishDate: 07/03/2190\n---\n{BODY}")
    assert found.published_between == (date(2190, 3, 7), date(2190, 7, 3))
