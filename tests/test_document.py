"""What becomes of an article on its way into the index: nothing lost in silence, nothing dangerous kept."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import document as limits
from index.article import Article
from index.document import to_document
from index.fingerprint import _HASHES, _MEMO_WORDS, MIN_WORDS, distance, fingerprint
from index.identity import MAX_ID, article_id, article_url
from index.normalize import is_normal, normalize_text
from search.document import Document, Heading
from search.errors import SourceError

ARTICLE = Article(origin="papers/1931.jsonl:3", title="The new presses", body="They run at night.")


def made(article: Article = ARTICLE, **changes: object) -> Document:
    return to_document(replace(article, **changes), language="en", time_zone="Europe/Berlin")  # type: ignore[arg-type]


def warnings_of(**changes: object) -> list[str]:
    said: list[str] = []
    to_document(replace(ARTICLE, **changes), language="en", time_zone="UTC", warn=said.append)  # type: ignore[arg-type]
    return said


def test_headings_still_point_at_their_text_after_tidying() -> None:
    body = "Intro \x00 text\r\n\r\n\r\n\r\n  First   heading \n\nText\u00a0 one.\n\nSecond\n\nEnd."
    headings = (Heading("First   heading", 2, body.index("First")), Heading("Second", 9, body.index("Second"), "two"))
    document = made(body=body, headings=headings)
    assert document.body == "Intro text\n\nFirst heading\n\nText one.\n\nSecond\n\nEnd."
    assert [document.body[h.offset :].split("\n")[0] for h in document.headings] == ["First heading", "Second"]
    assert [(h.level, h.anchor) for h in document.headings] == [(2, None), (6, "two")]


def test_a_text_in_order_stays_as_it_is_with_its_headings() -> None:
    headings = (Heading("First", 2, 0, "one"), Heading("Second", 3, 24, "no good anchor"), Heading("Third", 2, 32))
    body = "First\n\nText of the first\n\nSecond\n\nThird\n\nEnd."
    headings = tuple(replace(heading, offset=body.index(heading.text)) for heading in headings)
    document = made(body=body, headings=headings)
    assert document.body == body
    assert document.headings == (headings[0], replace(headings[1], anchor=None), headings[2])
    beside = made(body="First text\n\nEnd.", headings=(Heading("First", 2, 0),))
    assert (beside.body, beside.headings) == ("First\n\ntext\n\nEnd.", (Heading("First", 2, 0),))


def test_a_wrong_offset_is_mended_where_the_heading_is_a_line_of_the_text() -> None:
    document = made(body="One Two three.\n\nTwo\n\nEnd.", headings=(Heading("Two", 2, 400),))
    assert document.headings == (Heading("Two", 2, 16),)


def test_a_heading_that_is_not_in_the_text_is_left_out_and_said() -> None:
    assert made(headings=(Heading("Elsewhere", 2, 0),)).headings == ()
    assert warnings_of(headings=(Heading("Elsewhere", 2, 0),)) == [
        "left out a heading whose text is not in the body: 'Elsewhere'"
    ]


@given(st.lists(st.tuples(st.booleans(), st.text(max_size=30)), max_size=12))
def test_headings_point_at_their_text_whatever_the_text(blocks: list[tuple[bool, str]]) -> None:
    body, headings = "", []
    for is_heading, text in blocks:
        if is_heading:
            headings.append(Heading(text, 2, len(body)))
        body += text + "\n\n"
    document = made(body=body, headings=tuple(headings))
    for heading in document.headings:
        assert document.body.startswith(heading.text, heading.offset)
    assert [h.text for h in document.headings] == [
        t for h in headings if (t := " ".join(normalize_text(h.text).split()))
    ]


@given(st.text(st.characters(codec=None), max_size=200))
def test_tidying_is_stable_and_leaves_nothing_that_cannot_be_stored(text: str) -> None:
    tidy = normalize_text(text)
    assert normalize_text(tidy) == tidy
    assert not is_normal(text) or tidy == text
    tidy.encode("utf-8")
    assert "\x00" not in tidy
    assert "\n\n\n" not in tidy
    assert "\r" not in tidy


def test_what_cannot_be_seen_is_removed_and_what_binds_is_kept() -> None:
    assert normalize_text("so\u00adft \ufeffa\u202eb 10\u00a0000 \ud800 x\u2028y") == "soft ab 10\u00a0000 \ufffd x\ny"
    assert normalize_text("Me\u0301lanie") == "Mélanie"


def test_a_body_that_is_too_long_is_cut_at_a_paragraph_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BODY", 95)
    body = "\n\n".join(["x" * 40, "y" * 40, "Late heading", "z" * 40])
    headings = (Heading("Late heading", 2, body.index("Late")),)
    document = made(body=body, headings=headings, html="<p>x</p>")
    assert document.body == "x" * 40 + "\n\n" + "y" * 40
    assert document.headings == ()
    assert document.html == ""
    said = warnings_of(body=body, headings=headings, html="<p>x</p>")
    assert "only the first 82 are indexed" in said[0]
    assert "markup" in said[1]


def test_an_article_of_nothing_is_a_source_error_with_its_place() -> None:
    with pytest.raises(SourceError, match=r"papers/1931\.jsonl:3: has neither a title nor a text"):
        made(title=" \x00", body="\n\n")


def test_a_missing_title_is_taken_from_the_text() -> None:
    assert made(title="", body="First line here\nand more").title == "First line here"
    assert len(made(title="", body="word " * 500).title) <= 100


def test_long_titles_are_cut_between_words() -> None:
    title = made(title="word " * 400).title
    assert len(title) <= 1_000
    assert title.endswith("word…")


def test_a_naive_time_is_local_and_a_day_stays_a_day() -> None:
    document = made(published=datetime(2024, 7, 3, 23, 30), modified=date(2024, 7, 4))
    assert isinstance(document.published, datetime)
    assert document.published.utcoffset() == timedelta(hours=2)
    assert document.modified == date(2024, 7, 4)
    assert not isinstance(document.modified, datetime)


def test_dates_no_archive_can_hold_are_left_out_and_said() -> None:
    assert made(published=date(1, 1, 1), modified=datetime(9999, 12, 31, tzinfo=UTC)).published is None
    assert len(warnings_of(published=date(1, 1, 1), modified=datetime(9999, 12, 31, tzinfo=UTC))) == 2


def test_sections_become_paths_and_values_are_not_repeated() -> None:
    document = made(
        sections=("News>Economy", "News  >  Economy", " > Opinion > ", "A / B", "_missing"),
        tags=("Press", "press", "  ", "Old\nnews"),
        authors=("Ada", "Ada "),
    )
    assert document.sections == ("News > Economy", "Opinion", "A / B")
    assert document.tags == ("Press", "Old news")
    assert document.authors == ("Ada",)


def test_too_many_or_too_long_values_are_bounded_and_said() -> None:
    document = made(tags=tuple(f"tag {n}" for n in range(500)), authors=("x" * 900,))
    assert len(document.tags) == 200
    assert len(document.authors[0]) == 500
    assert len(warnings_of(tags=tuple(f"tag {n}" for n in range(500)), authors=("x" * 900,))) == 2


@pytest.mark.parametrize(
    ("stated", "kept"),
    [("", "en"), ("EN_us", "en-US"), ("zh-hant-tw", "zh-Hant-TW"), ("und", "en"), ("English (UK)", "en"), ("az", "az")],
)
def test_language_tags_are_normalised_and_absent_ones_filled_in(stated: str, kept: str) -> None:
    assert made(language=stated).language == kept


def test_an_unusable_language_is_said() -> None:
    assert "not a language tag" in warnings_of(language="<script>")[0]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://a.example/x", "https://", "http://a b", "http://[::1", "//x", "https://x:99999/"],
)
def test_only_addresses_a_reader_can_follow_are_kept(url: str) -> None:
    assert made(url=url).url is None
    assert "address" in warnings_of(url=url)[0]


def test_an_address_loses_its_fragment_only() -> None:
    assert article_url("https://Example.org/a?b=1#c") == "https://Example.org/a?b=1"


def test_the_id_is_the_articles_own_first() -> None:
    assert article_id(" own\nid ", "https://a.example/x", "p") == "own id"


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.org/2024/story/",
        "https://EXAMPLE.org/2024//story?utm_source=x&fbclid=3",
        "https://example.org:443/2024/./story#part",
    ],
)
def test_copies_of_one_address_have_one_id(url: str) -> None:
    assert article_id("", url, "p") == "example.org/2024/story"


def test_a_query_that_names_the_article_stays_in_the_id() -> None:
    assert article_id("", "https://example.org/?p=17&utm_medium=y", "p") == "example.org?p=17"


def test_ids_from_places_differ_by_place_and_not_by_how_it_was_written() -> None:
    assert article_id("", None, "b/c/page.txt") == article_id("", None, "./b/c//page.txt")
    pages = ["/n/2023/07/a/index.html", "/n/2024/07/a/index.html", "/n/2024/07/b/index.html"]
    places = [*pages, "/n/A.jsonl:1", "/n/A.jsonl:2", "/n/a.jsonl:1"]
    assert len({article_id("", None, place) for place in places}) == len(places)


@given(st.text(st.characters(codec=None), max_size=400), st.text(st.characters(codec=None), min_size=1, max_size=300))
def test_ids_are_bounded_and_printable(own: str, place: str) -> None:
    derived = article_id(own, None, place)
    assert 0 < len(derived) <= MAX_ID
    derived.encode("utf-8")
    assert not any(character in derived for character in "\x00\n\r\t")
    assert article_id(own, None, place) == derived


def test_long_ids_stay_different() -> None:
    assert article_id("x" * 300 + "a", None, "") != article_id("x" * 300 + "b", None, "")


WORDS = (
    "press",
    "paper",
    "ink",
    "type",
    "lead",
    "reel",
    "column",
    "editor",
    "sheet",
    "plate",
    "proof",
    "copy",
    "desk",
    "wire",
)


def text_of(words: int, seed: int) -> list[str]:
    vocabulary = [f"{one}{other}" for one in WORDS for other in WORDS]
    return random.Random(seed).choices(vocabulary, k=words)


def test_small_edits_change_few_bits_and_other_articles_about_half() -> None:
    originals = [text_of(400, seed) for seed in range(40)]
    prints = [fingerprint(" ".join(words)) for words in originals]
    edits = [" ".join([*words[:200], "corrected", *words[201:], "Updated"]) for words in originals]
    moved = sorted(distance(own, fingerprint(edit)) for own, edit in zip(prints, edits, strict=True))
    assert moved[len(moved) // 2] <= 3
    assert moved[len(moved) * 9 // 10] <= 6
    assert moved[-1] <= 10
    between = [distance(a, b) for n, a in enumerate(prints) for b in prints[:n]]
    assert min(between) > 12
    assert 28 < sum(between) / len(between) < 36


def test_case_punctuation_and_markup_of_spaces_do_not_matter() -> None:
    words = text_of(50, 1)
    assert fingerprint(" ".join(words)) == fingerprint(",\n".join(words).upper() + "!")


def test_chinese_text_has_a_fingerprint_that_survives_an_edit() -> None:
    characters = [chr(0x4E00 + random.Random(7).randrange(3000) * n % 3000) for n in range(1, 300)]
    edited = [*characters[:100], "报", *characters[101:]]
    assert distance(fingerprint("".join(characters)), fingerprint("".join(edited))) <= 6


def test_a_text_too_short_has_none() -> None:
    assert fingerprint(" ".join(["word"] * (MIN_WORDS - 1))) == 0
    assert made(body="Short.").fingerprint == 0


def test_fingerprints_are_the_same_in_every_process() -> None:
    text = " ".join(text_of(60, 3))
    code = f"from index.fingerprint import fingerprint; print(fingerprint({text!r}))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(said.stdout) == fingerprint(text)


def test_the_memory_for_words_met_before_is_bounded() -> None:
    for number in range(3):
        fingerprint(" ".join(f"word{number}x{count}" for count in range(40_000)))
        assert len(_HASHES) <= _MEMO_WORDS


def test_the_same_article_always_gives_the_same_document() -> None:
    assert made() == made()
    assert made().content_hash() != made(body="They run by day.").content_hash()


def test_the_first_publication_is_kept_beside_the_one_that_counts() -> None:
    day = date(2024, 7, 3)
    both = made(published=day, first_published=date(2019, 1, 2))
    assert (both.published, both.first_published) == (day, date(2019, 1, 2))
    assert both.head().first_published == date(2019, 1, 2)
    only_first = made(published=None, first_published=day)
    assert (only_first.published, only_first.first_published) == (day, None)
    same = made(published=day, first_published=day)
    assert same.first_published is None
    assert same.content_hash() == made(published=day).content_hash()
    assert both.content_hash() != same.content_hash()
