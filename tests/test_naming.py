"""Suggested variants: which names sound alike, which keep the same company, and that reading an archive is bounded."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from archives import fill
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.evaluation.name_pairs import articles_about, read_pairs, scored
from search.naming import mining
from search.naming.company import MAX_HELD, Company
from search.naming.mining import Suggestion, combined, suggestions
from search.naming.reading import names_in
from search.naming.sound import MAX_SOUNDS, likeness, skeletons, sound_of
from search.query.variants import NO_VARIANTS, Spelling, Variants, variants_of

PAIRS = Path(__file__).parent / "data" / "name_pairs.toml"


def mined(
    engine: Engine, known: Variants = NO_VARIANTS, articles: int = 1_000, seconds: float = 600
) -> list[Suggestion]:
    with engine.searcher() as searcher:
        return suggestions(searcher, known, articles=articles, seconds=seconds)


def names(found: list[Suggestion]) -> set[frozenset[str]]:
    return {frozenset(each.names) for each in found}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return fill(open_engine("memory:"), *articles_about(read_pairs(PAIRS)))


def test_most_of_the_judged_pairs_are_found_and_hardly_anything_else() -> None:
    scores = scored(read_pairs(PAIRS))
    assert scores.pairs == 60
    assert scores.precision > 0.9
    assert scores.recall > 0.8


@pytest.mark.parametrize(
    ("first", "second"),
    [("qarabag", "karabakh"), ("qaddafi", "kadhafi"), ("hussein", "حسين"), ("гагарин", "gagarin"), ("mecca", "makkah")],
)
def test_spellings_of_one_sound_are_nearer_than_names_that_only_look_alike(first: str, second: str) -> None:
    assert likeness(first, second) > max(
        likeness("iran", "iraq"), likeness("armin", "carman"), likeness("dakar", "dhaka") - 0.2
    )


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_likeness_is_symmetric_bounded_and_whole_for_equal_words(first: str, second: str) -> None:
    assert likeness(first, second) == pytest.approx(likeness(second, first))
    assert 0.0 <= likeness(first, second) <= 1.0
    assert likeness(first, first) in (0.0, 1.0)
    assert len(sound_of(first)) <= MAX_SOUNDS
    assert 1 <= len(skeletons(sound_of(first))) <= 4


def test_a_name_is_a_word_with_a_capital_inside_a_sentence() -> None:
    text = "The mayor of Kyiv met Olena. Later NATO said that Əliyev, from Баку, agreed. وقال القذافي"
    assert list(names_in(Document("a", "Not The Title", body=text))) == [
        "Kyiv", "Olena", "Əliyev", "Баку", "وقال", "القذافي",
    ]  # fmt: skip


def test_company_speaks_for_a_pair_and_standing_together_against_it() -> None:
    assert combined(0.9, 0.8, 0.0) > combined(0.9, 0.2, 0.0) > combined(0.9, 0.2, 0.5)
    assert combined(0.9, 0.8, 0.0) > combined(0.8, 0.8, 0.0)
    assert combined(0.5, 1.0, 0.0) == combined(1.0, 0.0, 0.0) == combined(1.0, 1.0, 1.0) == 0.0


def test_every_suggestion_has_its_evidence(engine: Engine) -> None:
    by_names = {frozenset(each.names): each for each in mined(engine)}
    found = by_names[frozenset({"Karabakh", "Карабах"})]
    assert found.evidence.kind == "transliteration"
    assert found.evidence.likeness == 1.0
    assert found.articles == (4, 4)
    assert set(found.evidence.companions) & {"shusha", "lachin", "шуша", "лачин"}
    assert by_names[frozenset({"Mueller", "Müller"})].evidence.kind == "diacritics"
    assert by_names[frozenset({"Kyiv", "Kiev"})].evidence.kind == "edit distance"


def test_what_the_file_has_and_what_the_index_finds_anyway_is_not_suggested(engine: Engine) -> None:
    known = variants_of([("Kyiv", Spelling("Kiev"))], "v")
    assert names(mined(engine)) - names(mined(engine, known)) == {frozenset({"Kyiv", "Kiev"})}
    forms = [
        Document(f"{word} {n}", "", body=f"about {word} and Anna with Berta")
        for word in ("Putins", "Putin")
        for n in range(4)
    ]
    assert mined(fill(open_engine("memory:"), *forms)) == []


def test_an_archive_without_names_suggests_nothing() -> None:
    assert mined(fill(open_engine("memory:"))) == []
    assert mined(fill(open_engine("memory:"), Document("a", "x", body="東京都 nothing here 123"))) == []


def test_no_more_articles_are_read_than_asked_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(document: Document) -> list[str]:
        read.append(document.id)
        return list(names_in(document))

    monkeypatch.setattr(mining, "names_in", counted)
    mined(engine, articles=50)
    assert len(read) == 2 * 50
    read.clear()
    mined(engine, seconds=0.0)
    assert len(read) == 2 * 1


def test_names_that_are_rare_among_many_give_way(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    halve = mining._halve
    monkeypatch.setattr(mining, "MAX_NAMES", 40)
    monkeypatch.setattr(mining, "_halve", lambda counter, most: (halve(counter, most), held.append(len(counter))))
    mined(engine)
    assert held
    assert max(held) <= 20


def test_the_company_that_is_held_is_bounded() -> None:
    company = Company({"kyiv"})
    for number in range(30):
        company.add({"kyiv", *(f"name{number}x{n}qrst" for n in range(90))}, {"kyiv": []})
    assert len(company.companions["kyiv"]) <= MAX_HELD


def test_suggestions_are_printed_as_a_file_that_can_be_used(tmp_path: Path) -> None:
    url = f"whoosh:{tmp_path / 'archive'}"
    fill(open_engine(url), *articles_about(read_pairs(PAIRS))).close()
    run = CliRunner().invoke(main, ["variants", "suggest", "--index", url, "--limit", "30"])
    assert run.exit_code == 0
    entries = tomllib.loads(run.output)["both_ways"]
    assert len(entries) == 30
    assert ["Karabakh", "Карабах"] in entries
    assert "transliteration, sound 1.00, company" in run.output
    (tmp_path / "variants.toml").write_text(run.output, encoding="utf-8")
    (tmp_path / "backfile.toml").write_text(f'index = "{url}"\nvariants = "variants.toml"\n')
    config = ["--config", str(tmp_path / "backfile.toml"), "variants"]
    again = json.loads(CliRunner().invoke(main, [*config, "suggest", "--json"]).output)
    assert again
    assert not {tuple(each["names"]) for each in again} & {tuple(entry) for entry in entries}
    checked = CliRunner().invoke(main, [*config, "check", "--all"])
    assert "Karabakh 4, Карабах 4" in checked.output
    assert "30 entries; 0 have a spelling that no article has" in checked.output


def test_check_names_the_spellings_that_find_nothing(tmp_path: Path) -> None:
    url = f"whoosh:{tmp_path / 'archive'}"
    fill(open_engine(url), Document("a", "Kyiv")).close()
    (tmp_path / "variants.toml").write_text(
        'both_ways = [["Kyiv", "Kiew"]]\n[languages.de.one_way]\n"Peking" = ["Beijing"]'
    )
    (tmp_path / "backfile.toml").write_text(f'index = "{url}"\nvariants = "variants.toml"\n')
    config = ["--config", str(tmp_path / "backfile.toml"), "variants"]
    run = CliRunner().invoke(main, [*config, "check"])
    assert run.output.splitlines() == [
        "Kyiv 1, Kiew 0",
        "Peking 0, Beijing 0 (one way) (in de)",
        "2 entries; 2 have a spelling that no article has",
    ]
    [kyiv, _] = json.loads(CliRunner().invoke(main, [*config, "check", "--json"]).output)
    assert [spelling["articles"] for spelling in kyiv["spellings"]] == [1, 0]
    without = CliRunner().invoke(main, ["variants", "check", "--index", url])
    assert without.exit_code == 2
    assert "there is no file of variants; name one in the setting variants" in without.output


def test_a_file_of_pairs_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pairs.toml").write_text("pairs = 1")
    run = CliRunner().invoke(main, ["evaluate", "names", str(tmp_path / "pairs.toml")])
    assert run.exit_code == 2
    assert "cannot be read as pairs of names" in run.output
