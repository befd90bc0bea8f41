"""Which passages are shown of an article that matched, and where they link to."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.document import Document, Heading, web_address
from search.highlight.highlighter import ENOUGH, MAX_HIGHLIGHT_CHARS, Highlighter
from search.highlight.layout import MAX_LENGTH
from search.highlight.marking import Mark
from search.highlight.passages import CUT, best_passages, marks_within
from search.highlight.sentences import sentence_end, sentence_start
from search.highlight.windows import MAX_REPEATS, REACH, REPEAT
from search.query.match import Match, MatchAll, MatchAny, MatchEvery, MatchPhrase, MatchTerm, Term
from search.query.terms import query_term
from search.results.deep_links import anchor_address, text_address
from search.results.snippets import MAX_SNIPPETS, Excerpts, excerpts
from search.schema import TEXT_FIELDS

ALL = tuple(TEXT_FIELDS)
FILLER = "Nothing of interest happened that year in the valley. "


def term(text: str, *fields: str) -> MatchTerm:
    return MatchTerm(fields or ALL, query_term(text, ["en"]))


def article(*blocks: str, **more: object) -> Document:
    """An article of those blocks; those that begin with "## " are headings."""
    body, headings = "", []
    for block in blocks:
        body += "\n\n" if body else ""
        if block.startswith("## "):
            text = block.removeprefix("## ")
            headings.append(Heading(text, 2, len(body), text.lower().replace(" ", "-")))
            body += text
        else:
            body += block
    document = Document("a", "A title", body, headings=tuple(headings), url="https://example.org/a", language="en")
    return replace(document, **more)  # type: ignore[arg-type]


def excerpted(document: Document, match: Match) -> Excerpts:
    return excerpts(document.head(), document.body, Highlighter(match))


def test_spans_are_places_of_the_snippet_and_its_html_marks_them() -> None:
    document = article(FILLER * 5 + "The <treaty> was signed; treaties followed. " + FILLER * 5)
    [snippet] = excerpted(document, term("treaty")).snippets
    assert [snippet.text[start:end] for start, end in snippet.spans] == ["treaty", "treaties"]
    assert "&lt;<mark>treaty</mark>&gt; was signed; <mark>treaties</mark>" in snippet.html
    assert snippet.text in document.body
    assert len(snippet.text) <= MAX_LENGTH


def test_a_passage_with_all_words_comes_before_one_with_some() -> None:
    document = article(
        "The peace was celebrated, the peace was sung, and the peace was mourned. " + FILLER * 4,
        FILLER * 4,
        "At last a peace treaty stood. " + FILLER * 4,
        FILLER * 4,
        "Another treaty failed. " + FILLER * 4,
    )
    found = excerpted(document, MatchEvery((term("peace"), term("treaty")))).snippets
    assert found[0].text.startswith("At last a peace treaty stood.")
    assert 2 <= len(found) <= MAX_SNIPPETS


def test_a_rare_word_is_shown_before_a_frequent_one() -> None:
    document = article(*["The peace held. " + FILLER * 5] * 6, "A lone zeppelin came. " + FILLER * 5)
    found = excerpted(document, MatchEvery((term("peace"), term("zeppelin")))).snippets
    assert "zeppelin" in found[0].text


def test_snippets_never_overlap_and_begin_and_end_at_words() -> None:
    words = ("peace", "treaty", "war")
    said = [words[year // 20] if 5 < year % 20 < 15 else "rain" for year in range(60)]
    text = "".join(f"{word} in our long year{year} and other words, " for year, word in enumerate(said))
    document = article("A short opening. " + text)
    found = excerpted(document, MatchEvery(tuple(map(term, words)))).snippets
    places = sorted((document.body.index(snippet.text), len(snippet.text)) for snippet in found)
    assert len(found) == MAX_SNIPPETS
    for snippet in found:
        assert snippet.text == snippet.text.strip()
        assert snippet.text.split()[0] in document.body.split()
        assert snippet.text.split()[-1] in document.body.split()
    assert all(place + length <= following for (place, length), (following, _) in itertools.pairwise(places))


def test_no_sentence_is_shown_twice() -> None:
    said = "The treaty was signed by\nall parties."
    document = article(
        said + " " + FILLER, FILLER, "Then it rained. " + said.replace("\n", " ") + " They left.", FILLER
    )
    [snippet] = excerpted(document, term("treaty")).snippets
    assert snippet.text.startswith(said)


def test_a_sentence_is_shown_without_those_beside_it_that_are_shown_already() -> None:
    beside = "A river rose."
    document = article(f"The treaty was signed. {beside}", FILLER, f"No treaty lasts for ever. {beside}")
    texts = [snippet.text for snippet in excerpted(document, term("treaty")).snippets]
    assert sorted(texts) == ["No treaty lasts for ever.", f"The treaty was signed. {beside}"]


def test_the_text_under_two_headings_is_shown_once() -> None:
    document = article("## The peace", "First of a series.", FILLER, "## A peace", "First of a series.", FILLER)
    assert len(excerpted(document, term("peace")).snippets) == 1


def test_a_piece_of_a_sentence_is_shown_only_for_a_new_word() -> None:
    document = article("The treaty, " + "word " * 80, "The treaty of war, " + "word " * 80, "A treaty. " + FILLER)
    [snippet] = excerpted(document, term("treaty")).snippets
    assert snippet.text.startswith("A treaty. Nothing ")
    document = article("The treaty, " + "word " * 80, "The treaty of war, " + "word " * 80)
    [snippet] = excerpted(document, MatchEvery((term("treaty"), term("war")))).snippets
    assert snippet.text.startswith("The treaty of war, word ")
    assert (snippet.cut_start, snippet.cut_end) == (False, True)


def test_a_passage_beside_another_says_that_it_begins_inside_the_same_sentence() -> None:
    text = "Peace came, " + "word " * 45 + "and war again, " + "word " * 60
    found = excerpted(article(text), MatchEvery((term("peace"), term("war")))).snippets
    assert len(found) == 2
    for snippet in found:
        at = text.index(snippet.text)
        assert (snippet.cut_start, snippet.cut_end) == (at > 0, at + len(snippet.text) < len(text.rstrip()))


def test_a_snippet_stands_under_its_heading_and_links_to_its_anchor() -> None:
    document = article(FILLER, "## The war", FILLER, "## The peace", FILLER + "A treaty was signed.")
    [snippet] = excerpted(document, term("treaty")).snippets
    assert (snippet.heading, snippet.anchor) == ("The peace", "the-peace")
    assert snippet.url == "https://example.org/a#the-peace"
    assert snippet.field == "body"


def test_where_only_a_heading_matched_its_passage_is_shown() -> None:
    document = article(FILLER * 3, "## Peace at last", "The armies went home. " + FILLER * 4)
    found = excerpted(document, term("peace"))
    [snippet] = found.snippets
    assert snippet.text.startswith("The armies went home.")
    assert (snippet.field, snippet.spans) == ("headings", ())
    assert snippet.heading_html == "<mark>Peace</mark> at last"
    assert found.matched_fields == ("headings", "body")


def test_a_heading_without_a_passage_is_shown_itself() -> None:
    [snippet] = excerpted(article(FILLER, "## Peace at last"), term("peace")).snippets
    assert (snippet.text, snippet.spans) == ("Peace at last", ((0, 5),))


def test_a_word_limited_to_headings_marks_headings_only() -> None:
    document = article("Peace here.", "## Peace there", "And peace everywhere.")
    found = excerpted(document, term("peace", "headings"))
    assert found.matched_fields == ("headings",)
    assert [snippet.field for snippet in found.snippets] == ["headings"]


def test_without_an_anchor_the_link_quotes_the_words() -> None:
    document = article(FILLER, "## War", "Some words, then A-B & “peace treaty” followed, and more.")
    document = replace(document, headings=(replace(document.headings[0], anchor=None),))
    [snippet] = excerpted(document, MatchPhrase(ALL, (term("peace").term, term("treaty").term))).snippets
    assert snippet.url == (
        "https://example.org/a#:~:text=then%20A%2DB%20%26-,%E2%80%9Cpeace%20treaty%E2%80%9D%20followed%2C%20and%20more."
    )


def test_an_article_without_an_address_has_no_links() -> None:
    document = article(FILLER + "A treaty.", url=None)
    assert [snippet.url for snippet in excerpted(document, term("treaty")).snippets] == [None]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/a", "//example.org", "https://", "http://a b/"],
)
def test_only_web_addresses_are_ever_linked(url: str) -> None:
    assert web_address(url) is None
    assert anchor_address(url, "x") is None
    assert text_address(url, "some text", (0, 4)) is None


def test_an_anchor_replaces_the_fragment_and_cannot_break_out() -> None:
    assert anchor_address("https://example.org/a?b=c#d", 'x"><é') == "https://example.org/a?b=c#x%22%3E%3C%C3%A9"


@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_a_text_fragment_quotes_what_stands_in_the_text(text: str, one: int, other: int) -> None:
    span = min(one, other, len(text)), min(max(one, other), len(text))
    address = text_address("https://example.org/", text, span)
    if address is not None:
        directive = address.removeprefix("https://example.org/#:~:text=")
        prefix, _, exact = directive.rpartition("-,")
        assert not set(exact) & set("&,-# \n")
        assert not set(prefix) & set("&,-# \n")
        assert unquote(exact) in text.encode("utf-8", "replace").decode("utf-8")


def test_without_a_match_in_the_text_the_summary_is_shown() -> None:
    document = article(FILLER, summary="A summary of peace.")
    [snippet] = excerpted(document, term("peace")).snippets
    assert (snippet.field, snippet.html) == ("summary", "A summary of <mark>peace</mark>.")
    [unmarked] = excerpted(document, MatchAll()).snippets
    assert (unmarked.field, unmarked.spans) == ("summary", ())


def test_without_a_summary_the_beginning_is_shown() -> None:
    [snippet] = excerpted(article("It began. " + FILLER * 20), MatchAll()).snippets
    assert snippet.text.startswith("It began.")
    assert snippet.text.endswith("valley.")
    assert len(snippet.text) <= MAX_LENGTH
    assert excerpted(article(), MatchAll()).snippets == ()


def test_matched_fields_are_all_that_match() -> None:
    document = article("Peace.", authors=("Ann Peace",), tags=("War", "peace"), summary="Peace!", title="On peace")
    assert excerpted(document, term("peace")).matched_fields == ("title", "summary", "body", "author", "tags")


def test_matches_beyond_what_is_looked_at_are_said_to_be_possible() -> None:
    document = article("start " + "filler " * (MAX_HIGHLIGHT_CHARS // 7) + "treaty")
    found = excerpted(document, term("treaty"))
    assert found.more_text
    assert found.snippets[0].text.startswith("start filler")
    assert not excerpted(article(FILLER), term("treaty")).more_text


def test_text_without_spaces_is_cut_to_length() -> None:
    document = article("中" * 3000 + "treaty" + "文" * 3000, language="zh")
    [snippet] = excerpted(document, MatchTerm(ALL, query_term("treaty", []))).snippets
    assert "treaty" in snippet.text
    assert len(snippet.text) <= MAX_LENGTH


_WORDS = st.lists(
    st.sampled_from(["peace", "treaty", "war.", "the", "\n\n", "long" * 30, "中国", "é!", "(a)"]), max_size=120
)


@given(_WORDS)
def test_snippets_are_always_pieces_of_the_text(words: list[str]) -> None:
    body = " ".join(words)
    match = MatchEvery((term("peace"), MatchPhrase(ALL, (term("treaty").term, term("war").term))))
    found = excerpted(Document("a", "", body, language="en"), match)
    for snippet in found.snippets:
        assert snippet.text in body
        assert len(snippet.text) <= MAX_LENGTH + 60
        assert all(0 <= start < end <= len(snippet.text) for start, end in snippet.spans)
        assert not snippet.spans or {snippet.text[s:e].split()[0] for s, e in snippet.spans} <= {"peace", "treaty"}


@st.composite
def _marked_texts(draw: st.DrawFn) -> tuple[str, list[Mark]]:
    """A text with marks on words and on stretches of words, which may overlap."""
    words = draw(
        st.lists(st.sampled_from(["peace", "war.", "a", "long" * 12, "\n\n", "中国。"]), min_size=1, max_size=150)
    )
    starts = list(itertools.accumulate((len(word) + 1 for word in words), initial=0))
    spans = st.tuples(st.integers(0, len(words) - 1), st.integers(0, 2), st.integers(0, 3))
    chosen = draw(st.lists(spans, min_size=1, max_size=40))
    ends = [(first, min(first + more, len(words) - 1), group) for first, more, group in chosen]
    return " ".join(words), sorted({(starts[a], starts[b] + len(words[b]), group) for a, b, group in ends})


@given(_marked_texts(), st.integers(1, 4))
def test_passages_stand_apart_and_hold_their_marks_whole(marked: tuple[str, list[Mark]], limit: int) -> None:
    text, marks = marked
    passages = best_passages(text, marks, limit)
    assert 1 <= len(passages) <= limit
    places = sorted((passage.start, passage.end) for passage in passages)
    assert all(end <= following for (_, end), (following, _) in itertools.pairwise(places))
    for passage in passages:
        inside = [mark for mark in marks if passage.start <= mark[0] and mark[1] <= passage.end]
        assert inside == marks_within(marks, passage.start, passage.end)
        assert inside


@given(_marked_texts(), st.integers(1, 4))
def test_flags_say_whether_a_passage_begins_or_ends_inside_a_sentence(
    marked: tuple[str, list[Mark]], limit: int
) -> None:
    text, marks = marked
    marks = [mark for mark in marks if "\n" not in text[mark[0] : mark[1]]]
    passages = best_passages(text, marks, limit)
    for passage in passages:
        block = text.rfind("\n\n", 0, passage.start)
        floor = max([0 if block < 0 else block + 2, *(p.end for p in passages if p.end <= passage.start)])
        before = text[floor : passage.start].rstrip()
        assert passage.cut_start == (bool(before) and before[-1] not in ".。")
        if not passage.cut_end and passage.end < len(text):
            assert (
                text[passage.end - 1] in ".。"
                or text[passage.end :].lstrip(" ")[:2] in ("", "\n\n")
                or any(other.start >= passage.end and not text[passage.end : other.start].strip() for other in passages)
            )


@given(_marked_texts(), st.dictionaries(st.integers(0, 3), st.floats(0.1, 9.0), min_size=4), st.integers(1, 4))
def test_each_passage_has_a_new_word_or_the_weightiest_of_those_shown(
    marked: tuple[str, list[Mark]], weights: dict[int, float], limit: int
) -> None:
    text, marks = marked
    shown: set[int] = set()
    for passage in best_passages(text, marks, limit, weights):
        groups = {mark[2] for mark in marks_within(marks, passage.start, passage.end)}
        assert groups
        assert groups - shown or max(map(weights.__getitem__, groups)) >= max(map(weights.__getitem__, shown))
        shown |= groups


@given(_marked_texts(), st.dictionaries(st.integers(0, 3), st.floats(0.1, 9.0), min_size=4))
def test_no_window_of_the_text_is_worth_much_more_than_the_first_passage(
    marked: tuple[str, list[Mark]], weights: dict[int, float]
) -> None:
    text, marks = marked
    [passage] = best_passages(text, marks, 1, weights)
    most = max(_value(_together(text, marks, first), weights) for first in range(len(marks)))
    assert _value(marks_within(marks, passage.start, passage.end), weights) >= CUT * most - 1e-9


def _together(text: str, marks: Sequence[Mark], first: int) -> list[Mark]:
    """The marks from the first one on that one passage can show: all that follow up to one that is too far away."""
    start = marks[first][0]
    end = text.find("\n\n", start)

    def is_near(mark: Mark) -> bool:
        return mark[1] <= start + REACH and (end < 0 or mark[0] < end)

    return [marks[first], *itertools.takewhile(is_near, marks[first + 1 :])]


def _value(window: Sequence[Mark], weights: dict[int, float]) -> float:
    own = Counter(mark[2] for mark in window)
    return sum(weights[group] * (1.0 + REPEAT * min(times - 1, MAX_REPEATS)) for group, times in own.items())


def test_a_passage_that_only_repeats_a_common_word_is_left_out() -> None:
    common = "Bitcoin and bitcoin and more bitcoin were in the news, bitcoin. " + FILLER * 4
    document = article(FILLER, "The fee estimation of bitcoin is hard. " + FILLER * 4, common, common, FILLER)
    match = MatchAny((term("bitcoin"), term("fee"), term("estimation")))
    frequencies = dict(zip(match.children, (900, 60, 9), strict=True))
    highlighter = Highlighter(match, frequencies, 1_000)  # type: ignore[arg-type]
    found = excerpts(document.head(), document.body, highlighter).snippets
    assert [snippet.text.split(".")[0] for snippet in found] == ["The fee estimation of bitcoin is hard"]


def test_a_word_that_the_title_shows_is_no_news_after_the_first_passage() -> None:
    blocks = (FILLER, "Fee estimation is hard. " + FILLER * 4, "Bitcoin again and bitcoin. " + FILLER * 4)
    match = MatchAny((term("bitcoin"), term("fee"), term("estimation")))
    frequencies = dict(zip(match.children, (900, 60, 9), strict=True))
    for title, shown in (("Bitcoin news", ["Fee"]), ("News", ["Fee", "Bitcoin"])):
        highlighter = Highlighter(match, frequencies, 1_000)  # type: ignore[arg-type]
        document = article(*blocks, title=title)
        found = excerpts(document.head(), document.body, highlighter).snippets
        assert [snippet.text.split()[0] for snippet in found] == shown


def test_what_is_rare_in_the_archive_is_shown_first_though_it_is_frequent_in_the_text() -> None:
    rare, frequent = "Zeppelins here. " + FILLER * 5, "A lone peace came. " + FILLER * 5
    match = MatchAny((term("zeppelin"), term("peace")))
    for counts, first in (((3, 800), "Zeppelins"), ((800, 3), "A lone")):
        frequencies = dict(zip(match.children, counts, strict=True))
        highlighter = Highlighter(match, frequencies, 1_000)  # type: ignore[arg-type]
        document = article(rare, frequent, rare, rare)
        assert excerpts(document.head(), document.body, highlighter).snippets[0].text.startswith(first)


def test_a_sentence_is_shown_whole_where_it_fits_and_its_ends_are_flagged_where_not() -> None:
    short = "Some say that the treaty of the year was a treaty of peace, and others that it was none."
    [snippet] = excerpted(article(FILLER * 5 + short), term("treaty")).snippets
    assert snippet.text.endswith(short)
    assert not snippet.cut_start
    assert not snippet.cut_end
    long = "word " * 60 + "treaty " + "word " * 60
    [snippet] = excerpted(article(long), term("treaty")).snippets
    assert snippet.cut_start
    assert snippet.cut_end
    [snippet] = excerpted(article("A treaty " + "word " * 60), term("treaty")).snippets
    assert (snippet.text.startswith("A treaty"), snippet.cut_start, snippet.cut_end) == (True, False, True)
    [snippet] = excerpted(article("word " * 60 + "treaty."), term("treaty")).snippets
    assert (snippet.text.endswith("treaty."), snippet.cut_start, snippet.cut_end) == (True, True, False)


def test_the_same_passage_is_not_shown_twice() -> None:
    document = article(*["The peace was signed in the valley."] * 4, "Another peace held.")
    texts = [snippet.text for snippet in excerpted(document, term("peace")).snippets]
    assert sorted(texts) == ["Another peace held.", "The peace was signed in the valley."]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", 4),
        ("He met Mr. Smith of the U.S. Treasury. They spoke.", 2),
        ("J. Smith wrote it. So did e.g. others.", 2),
        ("“Is it?” he asked. “Yes.” She left.", 3),
        ("In 1987. Then came 1988.", 2),
        ("- one\n- two\n- three", 3),
        ("1. Install it\n2. Run it", 2),
        ("東京に行く。「そうだ。」京都にも行く。", 3),
        ("no capital. follows here", 1),
    ],
)
def test_sentences_end_where_readers_see_an_end(text: str, sentences: int) -> None:
    starts = {sentence_start(text, place, 0) for place in range(len(text)) if not text[place].isspace()}
    assert len(starts) == sentences, sorted(text[start : start + 12] for start in starts if start is not None)
    ends = {sentence_end(text, place, len(text)) for place in range(len(text)) if not text[place].isspace()}
    assert len(ends) == sentences


_PARAGRAPHS = st.lists(
    st.tuples(
        st.sampled_from(["peace and war", "war", "peace", "treaty", "valley of peace,\nwar", "x" * 300]),
        st.integers(1, 90),
    ).map(lambda pair: " ".join([pair[0]] * pair[1])),
    max_size=9,
)
_QUERIES = st.lists(st.sampled_from(["peace", "war", "treaty"]), min_size=1, unique=True)


@given(_PARAGRAPHS, _QUERIES)
def test_of_a_long_article_paragraphs_are_read_until_every_word_was_met_often_enough(
    paragraphs: list[str], words: list[str]
) -> None:
    text = "\n\n".join(paragraphs)
    highlighter = Highlighter(MatchEvery(tuple(term(word) for word in words)))
    read, marks = highlighter.leading_marks(text, "en")
    everything = highlighter.marks(text, "en")
    assert marks == [mark for mark in everything if mark[1] <= len(read)]
    if read != text:
        assert text.startswith(read + "\n\n")
        assert min(Counter(mark[2] for mark in marks)[group] for group in range(len(words))) >= ENOUGH
        assert len(read) >= MAX_LENGTH


def test_a_rare_word_is_shown_from_the_end_of_an_article_full_of_the_others() -> None:
    text = "\n\n".join(["War and war, and peace. " + FILLER * 3] * 100 + ["The treaty of war and peace."])
    words = MatchEvery((term("war"), term("peace"), term("treaty")))
    assert "treaty" in excerpted(article(text), words).snippets[0].text
    common = MatchEvery((term("war"), term("peace")))
    assert len(Highlighter(common).leading_marks(text, "en")[0]) < len(text) / 4
    assert excerpted(article(text), common).snippets[0].spans


def test_phrases_are_looked_for_in_all_of_an_article() -> None:
    text = "\n\n".join(["War peace war. " + FILLER * 3] * 100)
    match = MatchPhrase(ALL, (term("war").term, term("peace").term))
    assert Highlighter(match).leading_marks(text, "en")[0] == text


def test_a_passage_and_its_heading_make_one_snippet() -> None:
    text = "The bridge was closed. Nobody crossed the bridge for a week."
    body = f"Before it rained.\n\nThe old bridge\n\n{text}"
    document = Document("1", "x", body, headings=(Heading("The old bridge", 2, 19),), language="en")
    query = MatchAny((MatchTerm(("body",), Term("bridge")), MatchTerm(("headings",), Term("old"))))
    found = excerpts(document.head(), document.body, Highlighter(query)).snippets
    assert [(snippet.field, snippet.heading) for snippet in found] == [("body", "The old bridge")]
    assert "crossed" in found[0].text
