"""The map of sections: what an editor writes there is what readers find, and a mistake is named with its line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.document import to_document
from index.sections import SectionMap, load_section_map, section_names
from search.commands import main
from search.errors import ConfigError
from search.sections import MAX_BYTES, MAX_DEPTH

MAP = """
[aliases]
"Int'l" = "News > World"
"news > usa" = "News > United States"
"Blog > *" = "Opinion > Blogs > *"
"Blog > Press" = "Press"
"Blog > Old > *" = "Archive"
"Front page" = ""
"Tests > *" = ""

[labels]
uk = "United Kingdom"
"""


def loaded(folder: Path, text: str) -> SectionMap:
    (folder / "sections.toml").write_text(text, encoding="utf-8")
    return load_section_map(str(folder / "sections.toml"))


@pytest.fixture
def sections(tmp_path: Path) -> SectionMap:
    return loaded(tmp_path, MAP)


@pytest.mark.parametrize(
    ("path", "mapped"),
    [
        ("Int'l", "News > World"),
        ("  INT'L ", "News > World"),
        ("Int'l > Europe", "Int'l > Europe"),
        ("News>USA", "News > United States"),
        ("News > Usa > Texas", "News > Usa > Texas"),
        ("blog", "Opinion > Blogs"),
        ("Blog > Tech > Phones", "Opinion > Blogs > Tech > Phones"),
        ("Blog > Press", "Press"),
        ("Blog > Press > 1931", "Opinion > Blogs > Press > 1931"),
        ("Blog > Old > 1931", "Archive"),
        ("Blogs", "Blogs"),
        ("Front  Page", ""),
        ("Tests > 1 > 2", ""),
        ("News > UK > London", "News > United Kingdom > London"),
        ("Sport", "Sport"),
        (" > ", ""),
    ],
)
def test_a_path_becomes_what_the_map_says(sections: SectionMap, path: str, mapped: str) -> None:
    assert sections.map(path) == mapped


def test_what_an_alias_gives_is_not_looked_up_again(tmp_path: Path) -> None:
    swapped = loaded(tmp_path, '[aliases]\n"A" = "B"\n"B" = "A"\n"C > *" = "C > C > *"\n')
    assert [swapped.map(path) for path in ("A", "B", "C > D")] == ["B", "A", "C > C > D"]


def test_a_star_alone_takes_all_that_nothing_else_takes(tmp_path: Path) -> None:
    rest = loaded(tmp_path, '[aliases]\n"News > *" = "News > *"\n"*" = "Other"\n')
    assert [rest.map(path) for path in ("News > World", "Sport", "Sport > Chess")] == ["News > World", "Other", "Other"]


@given(st.lists(st.text(max_size=12), max_size=12))
def test_an_empty_map_changes_nothing_but_spaces(names: list[str]) -> None:
    path = ">".join(names)
    assert SectionMap().map(path) == " > ".join(section_names(path)[:MAX_DEPTH])
    assert SectionMap().map(SectionMap().map(path)) == SectionMap().map(path)


def test_the_sections_of_an_article_are_mapped_and_none_stands_twice(sections: SectionMap) -> None:
    article = Article("a:1", "Title", "", sections=("Int'l", "News > World", "Front page", "Blog"))
    document = to_document(article, language="en", time_zone="UTC", sections=sections)
    assert document.sections == ("News > World", "Opinion > Blogs")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[alias]\n"A" = "B"', "toml:1: 'alias' is no part of a map of sections; did you mean aliases?"),
        ('"News" = "B"', "toml:1: 'News' is no part of a map of sections; valid are order, aliases, labels"),
        ('aliases = "A"', "toml:1: 'aliases' must be a table: write [aliases] on a line of its own"),
        ('[aliases]\n\n"A" = 7', "toml:3: 'A' must be text in quotes"),
        ('[aliases]\nU.S = "News"', "toml:2: 'U' must be text in quotes, and so must a name with a dot"),
        ('[aliases]\n"x" = "X"\n"* > A" = "B"', "toml:3: '* > A' has a \"*\" in another place"),
        ('[aliases]\n"A" = "B > * > C"', "toml:2: 'A' has a \"*\" in another place"),
        ('[aliases]\n"A*" = "B"', "toml:2: 'A*' has a \"*\" in another place"),
        ('[aliases]\n"Blog" = "B > *"', 'toml:2: \'Blog\' becomes a path that ends in "*": did you mean "Blog > *"?'),
        ('[aliases]\n" > " = "B"', "toml:2: ' > ' names no section"),
        ('[aliases]\n"A" = "1>2>3>4>5>6>7>8>9"', "has a path of more than 8 levels"),
        (f'[aliases]\n"A" = "{"x" * 501}"', "or 500 characters"),
        ('[aliases]\n"A" = "B"\n"a " = "C"', "toml:3: 'a ' stands there twice"),
        ('[labels]\n"A > B" = "C"', "toml:2: 'A > B' and its label must each be one name"),
        ('[labels]\n"A" = "B > C"', "[aliases] has paths"),
        ("[aliases", "is not valid TOML in UTF-8"),
        ("x = " + "[" * 5_000, "is not valid TOML in UTF-8"),
        ("#" * (MAX_BYTES + 1), "is larger than 1,000,000 bytes"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_would_be_valid(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert says in str(caught.value)


def test_the_same_alias_twice_is_no_mistake(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[aliases]\n"A" = "B"\n"a" = "B"').map("A") == "B"


def test_a_map_that_is_not_there_is_an_error_and_none_is_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_section_map(str(tmp_path / "none.toml"))
    assert load_section_map("") == SectionMap()


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(folder / "backfile.toml"), *arguments])


def test_a_changed_map_changes_the_sections_at_the_next_run(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text(
        "\n".join(json.dumps({"id": name, "title": name, "section": name}) for name in ("Int'l", "Sport"))
    )
    (tmp_path / "backfile.toml").write_text('index = "archive"\nsection_map = "sections.toml"\n')
    (tmp_path / "sections.toml").write_text("")
    assert "added 2" in run(tmp_path, "index", str(source)).stdout
    (tmp_path / "sections.toml").write_text(MAP)
    assert "changed 1, unchanged 1" in run(tmp_path, "index", str(source)).stdout
    assert json.loads(run(tmp_path, "sections", "--json").stdout) == {"News": 1, "News > World": 1, "Sport": 1}
    (tmp_path / "sections.toml").write_text("[alias]\n")
    refused = run(tmp_path, "index", str(source))
    assert refused.exit_code == 2
    assert "sections.toml:1: 'alias' is no part of a map of sections; did you mean aliases?" in refused.output


def test_the_sections_are_printed_as_a_map_that_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    names = ['Say "no"', "News > U.S.", "back\\slash", "日本"]
    source.write_text("\n".join(json.dumps({"id": name, "title": name, "section": name}) for name in names))
    (tmp_path / "backfile.toml").write_text('index = "archive"\nsection_map = "sections.toml"\n')
    (tmp_path / "sections.toml").write_text("")
    assert run(tmp_path, "index", str(source)).exit_code == 0
    printed = run(tmp_path, "sections").stdout
    assert set(tomllib.loads(printed)["aliases"]) == {*names, "News"}
    assert '"News > U.S." = "News > U.S."  # 1' in printed
    (tmp_path / "sections.toml").write_text(printed, encoding="utf-8")
    assert "unchanged 4" in run(tmp_path, "index", str(source)).stdout
