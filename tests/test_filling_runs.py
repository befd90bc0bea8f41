"""Questions in scripts without spaces: the whole run first, then articles with most of its parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from archives import fill, over
from hypothesis import given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.pinned_archive import PinnedArchive
from search.query import parse, resolve
from search.query.limits import MAX_LENGTH, MAX_PARTS
from search.query.match import MatchAny, MatchPhrase
from search.query.resolve import Resolved
from search.request.request import SearchRequest
from search.results.filled import border_in_words, in_words
from search.results.response import Filled, SearchResponse

ARTICLES = {
    "zh": ("央行", "人民银行提高利率，以控制通货膨胀。", "zh"),
    "ja": ("金融政策", "日本銀行が金利を上げる時期はまだ決まっていない。", "ja"),
    "ko": ("금리", "한국은행은 기준금리를 올리기로 했다.", "ko"),
    "th": ("เศรษฐกิจ", "ธนาคารแห่งประเทศไทยขึ้นอัตราดอกเบี้ยเพื่อควบคุมเงินเฟ้อ", "th"),
    "km": ("ធនាគារ", "ធនាគារជាតិនៃកម្ពុជាដំឡើងអត្រាការប្រាក់", "km"),
    "apple": ("Apple", "Appleが秋の新製品を発表した。", "ja"),
    "kyoto": ("京都の寺", "京都には寺が多い。", "ja"),
    "sea": ("海", "海の水は塩辛い。船が港を出る。", "ja"),
}
QUESTIONS = {
    "zh": "中国人民银行如何控制通货膨胀？",
    "ja": "日本銀行は金利をいつ上げるか",
    "ko": "한국은행이 기준금리는",
    "th": "ทำไมธนาคารแห่งประเทศไทยจึงขึ้นดอกเบี้ย",
    "km": "ហេតុអ្វីធនាគារជាតិដំឡើងការប្រាក់",
    "apple": "Appleの新製品はいつ発表",
}


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PinnedArchive]:
    url = "memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("runs") / "index")
    documents = [
        Document(name, title, body, tags=("even",) if len(name) % 2 == 0 else (), language=language)
        for name, (title, body, language) in ARTICLES.items()
    ]
    with over(fill(open_engine(url), *documents)).pinned() as pinned:
        yield pinned


def ask(archive: PinnedArchive, q: str, **more: object) -> SearchResponse:
    return archive.search(SearchRequest(q=q, **more))  # type: ignore[arg-type]


def ids(answer: SearchResponse) -> list[str]:
    return [hit.id for hit in answer.hits]


def resolved(text: str) -> Resolved:
    engine: Engine = fill(open_engine("memory:"), Document("a", "", "", language="ja"))
    with engine.searcher() as searcher:
        query = parse(text, "auto").query
        return resolve(query, fields=("body",), languages=("ja", "en"), stop_language="en", values=searcher)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_without_spaces_finds_the_article_that_has_most_of_it(archive: PinnedArchive, name: str) -> None:
    assert ids(ask(archive, QUESTIONS[name], operator="and")) == []
    found = ask(archive, QUESTIONS[name])
    assert ids(found)[0] == name
    assert "sea" not in ids(found)
    assert found.filled is not None
    assert found.filled.all_words == 0
    assert not found.hits[0].all_words


def test_an_article_with_the_whole_run_comes_first(archive: PinnedArchive) -> None:
    found = ask(archive, "控制通货膨胀", per_page=100)
    assert ids(found) == ["zh"]
    assert found.filled is None
    found = ask(archive, "銀行が金利", per_page=100)
    assert found.hits[0].all_words
    assert [hit.all_words for hit in found.hits] == sorted((hit.all_words for hit in found.hits), reverse=True)


@pytest.mark.parametrize(
    "text",
    ["「日本銀行は金利を」", '"日本銀行は金利を"', "=日本銀行は金利を", "(日本銀行は金利を)", "body:日本銀行は金利を"],
)
def test_what_is_quoted_fielded_or_in_parentheses_stays_whole(archive: PinnedArchive, text: str) -> None:
    assert ids(ask(archive, text)) == []
    assert ids(ask(archive, "日本銀行は金利を")) == ["ja"]


def test_a_quoted_question_that_finds_nothing_is_offered_without_its_quotation_marks(archive: PinnedArchive) -> None:
    [offered] = ask(archive, "「日本銀行は金利を」").suggestions.relax
    assert offered.drop == "the quotation marks"
    assert offered.total == 1


def test_a_short_word_stays_whole(archive: PinnedArchive) -> None:
    assert ids(ask(archive, "京都")) == ["kyoto"]
    assert ids(ask(archive, "東京都")) == []


def test_filters_and_exclusions_hold_for_what_fills_up(archive: PinnedArchive) -> None:
    assert ids(ask(archive, "日本銀行は金利を tag:even")) == ["ja"]
    assert ids(ask(archive, "日本銀行は金利を -政策")) == []
    assert ids(ask(archive, "日本銀行は金利を lang:zh")) == []


def test_a_run_beside_other_words_counts_as_one_of_them(archive: PinnedArchive) -> None:
    found = ask(archive, "apple 新製品はいつ発表")
    assert found.filled == Filled(2, 0, 1)
    assert ids(found) == ["apple"]
    parts = resolved("apple 新製品はいつ発表")
    assert parts.words[0] == parts.looser[0]
    assert parts.words[1:] == resolved("新製品はいつ発表").words
    assert parts.looser[1:] == resolved("新製品はいつ発表").looser


def test_the_pairs_that_were_found_are_marked_as_one(archive: PinnedArchive) -> None:
    hit = ask(archive, QUESTIONS["zh"], highlight="html").hits[0]
    assert "<mark>人民银行</mark>" in hit.snippets[0].html
    assert "<mark>控制通货膨胀</mark>" in hit.snippets[0].html


def test_an_explanation_names_the_pairs(archive: PinnedArchive) -> None:
    explanation = ask(archive, QUESTIONS["ja"], explain=True).hits[0].explanation
    assert explanation is not None
    assert "金利" in explanation.summary
    assert "stands behind those that have them" in explanation.summary


def test_the_border_of_a_single_run_is_worded_without_counting_words() -> None:
    assert in_words(Filled(1, 3, 1)) == "3 with the whole phrase, then those with parts of the phrase"
    assert in_words(Filled(1, 0, 1)) == "none with the whole phrase; these have parts of it"
    assert border_in_words(Filled(1, 3, 1)) == "with parts of the phrase"


@pytest.mark.parametrize(
    ("text", "parts", "least"), [("日本銀行", 3, 2), ("日本銀行は", 4, 3), ("甲乙丙丁戊己庚辛壬癸子丑寅卯", 13, 4)]
)
def test_an_article_needs_all_parts_but_one_or_three_or_a_quarter(text: str, parts: int, least: int) -> None:
    [phrase], [most] = resolved(text).words, resolved(text).looser
    assert isinstance(phrase, MatchPhrase)
    assert isinstance(most, MatchAny)
    assert (len(most.children), most.least) == (parts, least)


@pytest.mark.parametrize("text", ["春夏秋", "ああああああ", "Ruby入門", "春 ", "printing-press"])
def test_what_has_too_few_different_parts_is_not_taken_apart(text: str) -> None:
    assert resolved(text).looser == ()


def test_the_parts_of_a_query_are_bounded() -> None:
    long = "".join(chr(0x4E00 + number) for number in range(MAX_LENGTH))
    for text in (long, " ".join(long[at : at + 40] for at in range(0, MAX_LENGTH, 41))):
        looser = resolved(text).looser
        assert 0 < sum(len(part.children) for part in looser if isinstance(part, MatchAny)) <= MAX_PARTS


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(("日本", "銀行", "は", "金利", "ธนาคาร", "한국", "rust", " ", "x", "（", "・", "1")),
        max_size=12,
    )
)
def test_a_run_is_at_most_loosened(archive: PinnedArchive, pieces: list[str]) -> None:
    text = "".join(pieces)
    if not text.strip(" （・"):
        return
    strict, found = (ask(archive, text, operator=operator, per_page=100) for operator in ("and", "auto"))
    assert set(ids(strict)) <= set(ids(found))
    assert [hit.id for hit in found.hits if hit.all_words] == [name for name in ids(found) if name in ids(strict)]
