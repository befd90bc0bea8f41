"""What reading text files promises: of a captured page only its article, of prose every word."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article
from index.extraction.boilerplate import is_bar, is_wall
from index.sources.reading import Reading
from index.sources.text import read_capture, read_text_page
from search.errors import SourceError

FIRST = "The ferry between the islands will run all winter for the first time since the war, the county said on Monday."
SECOND = (
    "Two boats have been bought from a yard in the north, and the smaller of them has already made its first crossing."
)
THIRD = "Passengers over sixty travel free until the end of March, when the council will look at the figures again."

MENU = "Skip to content\n• Home\n• News\n• Opinion\n• Sport\nSearch\n\n"
WALL = (
    "Related articles\n\nMayor resigns after vote\nJune 1, 2025 3 Min Read\n\nBakery burns down\nJune 2, 2025\n\n"
    "© 2025 The Islander"
)

READING = Reading(ZoneInfo("UTC"))


def read(text: str) -> Article:
    return read_text_page(text.encode(), "capture.txt", READING)


def searchable(article: Article) -> str:
    return "\n".join([article.title, article.summary, article.body, *article.authors, *article.sections, *article.tags])


@pytest.mark.shared
def test_the_capture_the_project_began_with_is_read_to_the_letter(shared: Path) -> None:
    (path,) = (shared / "seeds").glob("*.txt")
    article = read_text_page(path.read_bytes(), str(path), READING)
    assert article.title == "New Canadian envoy’s hastiness versus President Aliyev’s acumen"
    assert article.sections == ("Opinion",)
    assert article.authors == ("AzeMedia",)
    assert article.published == date(2024, 7, 3)
    assert article.summary.startswith(
        "The meeting between President Ilham Aliyev and Ambassador Kevin Hamilton signifies"
    )
    assert article.summary.endswith("evolving diplomatic landscape of the South Caucasus.")
    assert [(heading.text, heading.level) for heading in article.headings] == [
        ("Canada’s position on the Karabakh issue", 2),
        ("Mutual right of return: A new dimension in the Armenian-Azerbaijani conflict", 2),
        ("Historical context and background", 2),
        ("The OSCE Minsk Group and its failures", 2),
        ("Azerbaijan’s military liberation of occupied territories", 2),
        ("Conclusion", 2),
    ]
    text = searchable(article)
    for chrome in (
        "496 Views", "Min Read", "You Might Also Like", "New articles", "Useful links", "Welcome Back", "Sign in",
        "Accept",
        "Lost your password", "Privacy Policy", "Cookies", "Font Resizer", "Follow US", "©", "Daily Digest", "•",
        "e38b63703f91f1e0b42903060a1be7a8", "Could Azerbaijan and Armenia weaken", "July strike", "Abu Dhabi", "2025",
        "First Erdoğan", "Mehdi Sobhani", "Turning point", "Published July", "Logistics-Transport", "editor@",
        "aze-media-logo",
    ):  # fmt: skip
        assert chrome.casefold() not in text.casefold(), chrome
    assert article.body.startswith("On July 1, 2024, President Ilham Aliyev of Azerbaijan received the credentials")
    assert "lasting peace and stability in the South Caucasus are achievable." in article.body
    assert len(article.body.split()) > 1200


@pytest.mark.parametrize(
    ("head", "published", "authors"),
    [
        ("By Jane Doe and John Roe | July 3, 2024", date(2024, 7, 3), ("Jane Doe", "John Roe")),
        ("By Jane Doe Published July 3, 2024 4 Min Read 12 Views", date(2024, 7, 3), ("Jane Doe",)),
        ("Von Jürgen Haßler\n3. Juli 2024, 14:30 Uhr", date(2024, 7, 3), ("Jürgen Haßler",)),
        ("Par Élodie Fournay\n\nPublié le 3 juillet 2024 à 9h30", date(2024, 7, 3), ("Élodie Fournay",)),
        ("Nərmin Quluzadə\n3 iyul 2024", date(2024, 7, 3), ("Nərmin Quluzadə",)),
        ("Автор: Анна Петрова\n3 июля 2024", date(2024, 7, 3), ("Анна Петрова",)),
        ("03.07.2024", date(2024, 7, 3), ()),
        ("2024年7月3日", date(2024, 7, 3), ()),
        ("By Jane Doe", None, ("Jane Doe",)),
    ],
)
def test_bylines_and_dates_are_read_in_many_shapes(head: str, published: date | None, authors: tuple[str, ...]) -> None:
    article = read(f"{MENU}Ferry to run all winter\n\n{head}\n\nShare\nFacebook\n\n{FIRST}\n\n{SECOND}\n\n{WALL}")
    assert (article.title, article.published, article.authors) == ("Ferry to run all winter", published, authors)
    assert article.body == f"{FIRST}\n\n{SECOND}"


def test_the_day_of_change_is_kept_apart_from_the_day_of_publication() -> None:
    article = read(f"Ferry to run\n\nBy Jane Doe\nPublished July 3, 2024\nUpdated July 5, 2024\n\n{FIRST}\n\n{SECOND}")
    assert (article.published, article.modified) == (date(2024, 7, 3), date(2024, 7, 5))


@pytest.mark.parametrize(
    ("trail", "sections"),
    [
        ("The Islander > News > Transport > Ferry to run all winter", ("News > Transport",)),
        ("Home » News » Ferry to run all winter", ("News",)),
        ("Home › News › Ferry to run all…", ("News",)),
        ("Home > Transport", ("Transport",)),
    ],
)
def test_sections_come_from_the_breadcrumb(trail: str, sections: tuple[str, ...]) -> None:
    article = read(f"{MENU}{trail}\n\nFerry to run all winter\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\n{SECOND}")
    assert (article.title, article.sections) == ("Ferry to run all winter", sections)


def test_a_line_above_the_title_is_the_section_if_the_menu_has_it() -> None:
    body = f"Ferry to run all winter\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\n{SECOND}"
    assert read(f"{MENU}Opinion\n\n{body}").sections == ("Opinion",)
    assert read(f"{MENU}Exclusive\n\n{body}").sections == ()


def test_the_standfirst_is_the_summary_and_not_part_of_the_text() -> None:
    article = read(
        f"{MENU}Ferry to run all winter\n\n{THIRD}\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\n{SECOND}\n\n{WALL}"
    )
    assert article.title == "Ferry to run all winter"
    assert article.summary == THIRD
    assert THIRD not in article.body


@pytest.mark.parametrize(
    "wall", ["You May Also Like", "Lesen Sie auch", "À lire aussi", "Читайте также", "関連記事", "İlgili haberler"]
)
def test_a_wall_of_other_articles_ends_the_text_in_any_language(wall: str) -> None:
    article = read(
        f"Ferry to run\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\n{SECOND}\n\n{wall}\n\nMayor resigns\n\nJune 1, 2025"
    )
    assert article.body == f"{FIRST}\n\n{SECOND}"


def test_a_wall_in_mid_text_is_passed_over() -> None:
    long = f"{FIRST} {SECOND}"
    article = read(
        f"Ferry to run\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\nRead more\n\nMayor\n\n{long}\n\n{long}\n\nComments"
    )
    assert article.body == f"{FIRST}\n\n{long}\n\n{long}"


def test_headings_are_found_and_the_credit_at_the_end_is_kept_but_is_no_heading() -> None:
    article = read(
        f"Ferry to run\n\nJuly 3, 2024\n\n{FIRST}\n\nWho pays\n\n{SECOND}\n\nJane Doe\n\nThe Islander\n\n{WALL}"
    )
    assert [heading.text for heading in article.headings] == ["Who pays"]
    assert article.body.endswith("Jane Doe\n\nThe Islander")


def test_a_line_of_tags_becomes_tags() -> None:
    article = read(
        f"Ferry to run\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\n{SECOND}\n\nTags: ferries, winter\n\n{WALL}"
    )
    assert article.tags == ("ferries", "winter")
    assert "Tags" not in article.body


def test_a_consent_banner_above_the_title_is_dropped() -> None:
    article = read(f"We use cookies to improve this site and to count how often it is read by people.\nAccept\n\n"
                   f"Ferry to run all winter\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\n{SECOND}")  # fmt: skip
    assert article.title == "Ferry to run all winter"
    assert "cookies" not in searchable(article)


# --- prose


def test_prose_has_its_first_line_as_title_and_loses_nothing() -> None:
    article = read(
        f"A winter ferry\n\n{FIRST}\n\nWho pays\n\n{SECOND}\n\nRelated articles\n\nof the treaty were read.\n\nShare"
    )
    assert article.title == "A winter ferry"
    assert article.body == f"{FIRST}\n\nWho pays\n\n{SECOND}\n\nRelated articles\n\nof the treaty were read.\n\nShare"


def test_prose_without_a_title_is_called_by_its_first_words_and_kept_whole() -> None:
    article = read(f"{FIRST}\n\n{SECOND}")
    assert article.body == f"{FIRST}\n\n{SECOND}"
    assert FIRST.startswith(article.title.removesuffix("…"))


def test_a_letter_with_a_date_below_its_first_paragraph_is_no_capture() -> None:
    text = f"Dear all\n\n{FIRST}\n\n{SECOND}\n\nA note\n\nJuly 3, 2024\n\n{THIRD}"
    article = read(text)
    assert set(text.split()) == set(searchable(article).split())


@given(
    paragraphs=st.lists(
        st.sampled_from([FIRST, SECOND, THIRD, "Short line", "3", "A question?", "…"]), min_size=1, max_size=12
    )
)
@settings(max_examples=60, deadline=None)
def test_no_word_of_prose_is_lost(paragraphs: list[str]) -> None:
    text = "\n\n".join(paragraphs)
    article = read(text)
    title, body = article.title.split(), article.body.split()
    assert text.split() in (body, title + body)


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    if any(letter.isalnum() for letter in text):
        assert read_text_page(data, "a.txt", READING).title
    else:
        with contextlib.suppress(SourceError):
            read_text_page(data, "a.txt", READING)


@pytest.mark.parametrize(
    "line",
    [
        "You Might Also Like",
        "RELATED ARTICLES:",
        "Related Stories »",
        "© 2024 The Islander",
        "Comments",
        "Most read in sport",
    ],
)
def test_walls_are_told_by_their_whole_line(line: str) -> None:
    assert is_wall(line)
    assert not is_wall(
        f"{line} were the words on the door of the closed shop, and nobody could say who had put them there."
    )


@pytest.mark.parametrize(
    "line", ["Share", "Tweet", "Skip to content", "photo-1024x768.jpg", "e38b63703f91f1e0b42903060a1be7a8", "Teilen"]
)
def test_buttons_and_names_of_pictures_are_told(line: str) -> None:
    assert is_bar(line)


def test_reading_does_not_depend_on_line_ends() -> None:
    text = f"{MENU}Ferry to run\n\nBy Jane Doe July 3, 2024\n\n{FIRST}\n\nWho pays\n\n{SECOND}\n\n{WALL}"
    assert read_capture(text.replace("\n", "\r\n")) == read_capture(text)


# --- a title, a byline and a date without blank lines between them

PARAGRAPH = "The river rose two metres overnight and the lower town was cleared before anyone was hurt. " * 3


@pytest.mark.parametrize(
    "top",
    [
        "Ferry to run all winter\nBy Jane Doe\nJuly 3, 2024\n\n",
        "Ferry to run all winter\nBy Jane Doe | July 3, 2024\n\n",
        "Ferry to run all winter\nJuly 3, 2024\nBy Jane Doe\n\n",
        "\n\nFerry to run all winter\nBy Jane Doe\nJuly 3, 2024\n",
    ],
)
def test_a_byline_and_a_date_right_below_the_title_are_read(top: str) -> None:
    article = read_text_page(f"{top}{PARAGRAPH}\n\n{PARAGRAPH}".encode(), "a.txt", READING)
    assert (article.title, article.authors, article.published) == (
        "Ferry to run all winter", ("Jane Doe",), date(2024, 7, 3),
    )  # fmt: skip
    assert article.body.startswith("The river")
    assert "Jane" not in article.body
    assert "2024" not in article.body


@pytest.mark.parametrize(
    "text",
    [
        f"Jane Doe\nJuly 3, 2024\n\n{PARAGRAPH}\n\n{PARAGRAPH}",
        f"On rivers\n{PARAGRAPH}\nBy the sea it was quiet.\n\n{PARAGRAPH}",
    ],
)
def test_prose_that_has_no_title_above_its_byline_keeps_its_words(text: str) -> None:
    article = read_text_page(text.encode(), "a.txt", READING)
    assert "The river" in article.body
    assert "On rivers" in article.title or "Jane" in article.title + article.body + " ".join(article.authors)
