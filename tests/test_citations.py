"""Citations as the reference managers of others read them, whatever the articles hold."""

from __future__ import annotations

import json
import re
import warnings
from datetime import date

import bibtexparser
import pytest
import rispy
from hypothesis import example, given
from hypothesis import strategies as st

from search.results.bibtex import bibtex, citation_key
from search.results.citation import Citation, Source, citation_of, one_line
from search.results.citation_formats import cited_text, csl, ris
from search.results.response import Hit

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it compiles expressions that Python warns of
    from citeproc import Citation as Cite
    from citeproc import CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
    from citeproc.source.json import CiteProcJSON

SOURCE = Source("The Lantern", "https://lantern.example", date(2026, 11, 29))


def hit(title: str = "Flood closes the old bridge", **others: object) -> Hit:
    known: dict[str, object] = {
        "id": "2024/flood", "url": "https://news.example/2024/flood?a=1&b=%7B", "article_url": "/article/2024/flood",
        "title": title, "title_html": "", "sections": ("News > Local",), "authors": ("Mélanie Doe", "John Smith"),
        "tags": ("river", "weather"), "published": "2024-07-03T09:30:00+00:00", "modified": None, "language": "en",
        "type": "article", "summary": "The river rose.", "score": 1.0, "matched_fields": (), "snippets": (),
        "more_text": False, "similar_count": None, "similar_ids": (), "explanation": None,
    }  # fmt: skip
    return Hit(**{**known, **others})  # type: ignore[arg-type]


def cited(title: str = "Flood closes the old bridge", **others: object) -> Citation:
    return citation_of(hit(title, **others), SOURCE)


def entry(citation: Citation) -> dict[str, str]:
    """The fields of the one entry, as a parser of BibTeX reads them."""
    library = bibtexparser.parse_string(bibtex(citation))
    assert not library.failed_blocks
    [found] = library.entries
    assert found.entry_type == "article"
    assert found.key == citation_key(citation)
    return {field.key: field.value for field in found.fields}


def unescaped(text: str) -> str:
    """What LaTeX sets for an escaped text."""
    named = {"backslash": "\\", "braceleft": "{", "braceright": "}", "asciicircum": "^", "asciitilde": "~"}
    return re.sub(r"\\text(\w+?)\{\}|\\([$&#%_])", lambda found: named.get(found[1], found[2]), text)


def test_a_parser_of_bibtex_reads_every_field() -> None:
    fields = entry(cited())
    assert fields["author"] == "Mélanie Doe and John Smith"
    assert fields["title"] == "{Flood closes the old bridge}"
    assert (fields["journal"], fields["date"], fields["year"]) == ("The Lantern", "2024-07-03", "2024")
    assert fields["month"] in ("jul", "7", "July")
    assert fields["url"] == "https://news.example/2024/flood?a=1&b=%7B"
    assert (fields["urldate"], fields["langid"], fields["keywords"]) == ("2026-11-29", "english", "river, weather")


HOSTILE = (
    "}, url = {javascript:alert(1)}", "{unbalanced", "a}b{c", "50 % of $5 & #1_2 ~ ^ \\input{/etc/passwd}",
    "two\nlines\r\nTY  - BOOK\r\nER  - ", "Zahlen \u2028 \u0085 \x00 \x1b[31m", "Əliyev, 日本語, العربية",
    "@comment{", '"quoted" and “curly”', "\ud800 half",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_an_article_leaves_its_field_of_bibtex(text: str) -> None:
    citation = cited(text, summary=text, tags=(text,), authors=(text,))
    fields = entry(citation)
    assert unescaped(fields["title"]).strip() == "{" + one_line(text) + "}"
    assert unescaped(fields["abstract"]) == one_line(text)
    assert fields["url"] == "https://news.example/2024/flood?a=1&b=%7B"


@given(st.text(max_size=60))
@example("\\")
@example("}{")
def test_any_title_comes_out_of_bibtex_and_ris_as_it_went_in(title: str) -> None:
    citation = cited(title)
    assert unescaped(entry(citation)["title"]) == "{" + citation.title + "}"
    [record] = rispy.loads(ris(citation))
    assert record["title"] == citation.title


@pytest.mark.parametrize("name", ["Smith and Sons", "Doe, Jane", "others", "Rock and Roll AND Co"])
def test_a_name_that_bibtex_would_divide_stays_one(name: str) -> None:
    assert entry(cited(authors=("Ann Other", name)))["author"] == f"Ann Other and {{{name}}}"


def test_keys_tell_articles_apart_and_stay_the_same() -> None:
    one, other = cited(id="a"), cited(id="b")
    assert citation_key(one) == citation_key(cited(id="a")) != citation_key(other)
    assert citation_key(one).startswith("doe2024flood-")
    assert re.fullmatch(r"2024-[0-9a-f]{8}", citation_key(cited("日本語", authors=("东京",))))


def test_a_parser_of_ris_reads_every_field() -> None:
    [record] = rispy.loads(ris(cited()))
    assert record["type_of_reference"] == "NEWS"
    assert record["authors"] == ["Mélanie Doe", "John Smith"]
    assert (record["title"], record["secondary_title"]) == ("Flood closes the old bridge", "The Lantern")
    assert (record["year"], record["date"]) == ("2024", "2024/07/03/")
    assert record["keywords"] == ["river", "weather"]
    assert record["urls"] == ["https://news.example/2024/flood?a=1&b=%7B"]
    assert record["abstract"] == "The river rose."


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_an_article_begins_a_line_of_ris(text: str) -> None:
    citation = cited(text, summary=text, tags=(text,), authors=(text,))
    [record] = rispy.loads(ris(citation))
    assert (record["title"], record["abstract"]) == (one_line(text), one_line(text))
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in ris(citation).split("\r\n") if line)


def test_a_processor_of_citation_styles_sets_the_citation() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the processor names each variable that it does not know
        source = CiteProcJSON([csl(cited()), csl(cited("Undated", id="x", published=None, authors=()))])
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        bibliography = CitationStylesBibliography(style, source, formatter.plain)
        for name in ("2024/flood", "x"):
            bibliography.register(Cite([CitationItem(name)]))
        first, second = (str(item) for item in bibliography.bibliography())
    assert "Mélanie Doe" in first
    assert "Flood closes the old bridge" in first
    assert "The Lantern" in first
    assert "2024" in first
    assert "Undated" in second


def test_csl_json_has_its_names_and_dates() -> None:
    item = json.loads(json.dumps(csl(cited())))
    assert (item["id"], item["type"]) == ("2024/flood", "article-newspaper")
    assert item["issued"] == {"date-parts": [[2024, 7, 3]]}
    assert item["author"] == [{"literal": "Mélanie Doe"}, {"literal": "John Smith"}]
    bare = csl(cited("", published=None, authors=(), tags=(), summary="", sections=(), url=None, language=""))
    assert bare.keys() == {"id", "type", "title", "container-title", "URL", "accessed"}
    assert bare["URL"] == "https://lantern.example/article/2024/flood"


def test_a_citation_as_text_is_one_sentence_for_people() -> None:
    assert cited_text(cited(url="https://news.example/a")) == (
        "Mélanie Doe, John Smith: Flood closes the old bridge. The Lantern, 3 July 2024. https://news.example/a"
    )
    assert cited_text(cited("Who\nwon?", authors=(), published=None, url=None)) == (
        "Who won? The Lantern, undated. https://lantern.example/article/2024/flood"
    )
