"""The order of sections: what an editor puts first is first wherever sections are shown, and a mistake has its line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from archives import NOW, fill, over
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from index.sections import load_section_map
from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import ConfigError
from search.request.urls import Addresses
from search.results.overview import section_tree
from search.sections import BY_COUNT, MAX_ORDERED, SectionOrder, load_section_order
from search.settings import Settings
from webui import create_app
from webui.home import MAX_OPEN_SECTIONS
from webui.server import serve

ORDER = 'order = ["opinion", "News>World", "Stamps",\n  "News > Economy", "Weather"]\n'
COUNTS = {
    "News": 9, "Sport": 7, "Opinion": 2, "Stamps": 1,
    "News > Local": 5, "News > Economy": 1, "News > World": 1, "News > World > Asia": 1,
}  # fmt: skip
TOP = ["Opinion", "Stamps", "News", "Sport"]
BELOW_NEWS = ["News > World", "News > Economy", "News > Local"]


def written(folder: Path, text: str) -> str:
    path = folder / "sections.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def loaded(folder: Path, text: str) -> SectionOrder:
    return load_section_order(written(folder, text))


def articles() -> list[Document]:
    """Articles by which each section has its count."""
    paths = {"News": 2, "Sport": 7, "Opinion": 2, "Stamps": 1, "News > Local": 5, "News > Economy": 1}
    paths["News > World > Asia"] = 1
    return [Document(f"{path} {n}", "x", sections=(path,)) for path, count in paths.items() for n in range(count)]


@pytest.fixture
def engine() -> Engine:
    return fill(open_engine("memory:"), *articles())


def served(engine: Engine, section_map: str = "") -> FlaskClient:
    return create_app(Settings(section_map=section_map), engine).test_client()


def test_what_is_named_comes_first_at_its_level_and_the_rest_follows_by_count(tmp_path: Path) -> None:
    nodes = section_tree(COUNTS, Addresses(), loaded(tmp_path, ORDER))
    assert [node.value for node in nodes] == TOP
    assert [node.value for node in nodes[2].children] == BELOW_NEWS


def test_without_an_order_sections_go_by_their_counts(tmp_path: Path) -> None:
    for order in (load_section_order(""), loaded(tmp_path, '[aliases]\n"A" = "B"\n'), loaded(tmp_path, "order = []")):
        assert order == BY_COUNT
        assert [node.value for node in section_tree(COUNTS, Addresses(), order)] == [
            "News",
            "Sport",
            "Opinion",
            "Stamps",
        ]


def test_a_name_is_the_section_whatever_its_case_and_spaces(tmp_path: Path) -> None:
    order = loaded(tmp_path, 'order = ["  NEWS>world ", "Cafe\u0301"]')
    assert [order.place(name) for name in ("News > World", "Café", "News", "World")] == [0, 1, 2, 2]
    assert order.without(["News > World"]) == ("Cafe\u0301",)


@given(st.dictionaries(st.sampled_from([*COUNTS, "-", "日本", "A > B"]), st.integers(1, 9)), st.permutations(TOP))
def test_an_order_moves_sections_and_loses_none(counts: dict[str, int], names: list[str]) -> None:
    order = SectionOrder(tuple(names), {(name.casefold(),): n for n, name in enumerate(names)}, "x")
    plain, moved = (section_tree(counts, Addresses(), each) for each in (BY_COUNT, order))
    assert sorted(moved, key=lambda node: node.value) == sorted(plain, key=lambda node: node.value)
    assert [node.value for node in moved if node.value in names] == [
        name for name in names if any(node.value == name for node in plain)
    ]
    rest = [node for node in plain if node.value not in names]
    assert list(moved[len(moved) - len(rest) :]) == rest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('order = "News"', 'toml:1: \'order\' must be a list: write order = ["News", "Opinion"] above the first table'),
        ('[order]\n"News" = "1"', "toml:1: 'order' must be a list"),
        ('ordr = ["News"]', "toml:1: 'ordr' is no part of a map of sections; did you mean order?"),
        ('[labels]\nuk = "UK"\norder = ["News"]', "toml:3: 'order' must stand above the first table, not in [labels]"),
        ('order = ["News", 7]', "toml:1: 'order' must be a list of texts in quotes, and number 2 in it is none"),
        ('order = [\n"News > World",\n"News",\n"news "\n]', "toml:4: 'news ' stands in the order twice"),
        ('order = [\n"A",\n" > "]', "toml:3: ' > ' names no section"),
        ('order = [\n"News > *"]', "toml:2: 'News > *' has a \"*\": an order names each section on its own"),
        ('order = ["1>2>3>4>5>6>7>8>9"]', "has a path of more than 8 levels or 500 characters"),
        (f'order = ["{"x" * 501}"]', "has a path of more than 8 levels or 500 characters"),
        ("order = [" + '"a",' * (MAX_ORDERED + 1) + "]", "'order' names more than 10,000 sections"),
        ("order = " + "[" * 5_000, "is not valid TOML in UTF-8"),
        ("order = " + "9" * 5_000, "is not valid TOML in UTF-8"),
        ("\t" * 400_000 + "order = []\nodrer = 1", "toml:2: 'odrer' is no part"),
        ("#" * 1_000_001, "is larger than 1,000,000 bytes"),
    ],
)
def test_a_mistake_is_named_with_its_line_wherever_the_map_is_read(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    for load in (load_section_map, load_section_order):
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert says in str(caught.value)


def test_the_line_of_a_mistake_is_that_of_the_key_and_not_of_the_same_name_in_the_order(tmp_path: Path) -> None:
    path = written(tmp_path, 'order = ["News", "Opinion"]\n[aliases]\n"Op-ed" = "News"\n"News" = 7\n')
    with pytest.raises(ConfigError, match=r"toml:4: 'News' must be text in quotes"):
        load_section_map(path)


def test_an_order_and_tables_stand_in_one_file(tmp_path: Path) -> None:
    path = written(tmp_path, ORDER + '[aliases]\n"Leaders" = "Opinion"\n')
    assert load_section_map(path).map("leaders") == "Opinion"
    assert load_section_order(path).place("Opinion") == 0


def test_a_map_that_is_wrong_or_not_there_opens_no_archive_and_starts_no_server(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    for path, says in (
        (written(tmp_path, "order = 1"), "toml:1: 'order' must"),
        (str(tmp_path / "no"), "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=says):
            over(engine, section_map=path)
        with pytest.raises(ConfigError, match=says):
            serve(Settings(index=str(tmp_path / "archive"), port=0, section_map=path), print)


def test_the_endpoint_and_the_library_answer_in_order(tmp_path: Path, engine: Engine) -> None:
    path = written(tmp_path, ORDER)
    with over(engine, NOW, section_map=path).pinned() as archive:
        assert (
            [node.value for node in archive.sections()] == [node.value for node in archive.overview().sections] == TOP
        )
    nodes = json.loads(served(engine, path).get("/api/v1/sections").data)["sections"]
    assert [(node["value"], node["count"]) for node in nodes] == [
        ("Opinion", 2), ("Stamps", 1), ("News", 9), ("Sport", 7),
    ]  # fmt: skip
    assert [node["value"] for node in nodes[2]["children"]] == BELOW_NEWS


def test_the_facet_goes_by_count_and_the_form_by_the_alphabet_in_any_order(tmp_path: Path, engine: Engine) -> None:
    plain, ordered = served(engine), served(engine, written(tmp_path, ORDER))
    facets = [json.loads(each.get("/api/v1/search?facets=section").data)["facets"] for each in (plain, ordered)]
    assert facets[0] == facets[1]
    assert [value["value"] for value in facets[0][0]["values"]][:2] == ["News", "Sport"]
    pages = [each.get("/search").get_data(as_text=True) for each in (plain, ordered)]
    options = [[each.text for each in lxml_html.document_fromstring(page).cssselect("option")] for page in pages]
    assert options[0] == options[1]


def shown(client: FlaskClient) -> list[str]:
    """The names of all sections on the home page, from the top to the bottom."""
    page = lxml_html.document_fromstring(client.get("/").get_data(as_text=True))
    return [each.text_content() for each in page.cssselect(".sections li > a > span[dir=auto]")]


def test_the_home_page_shows_sections_in_order(tmp_path: Path, engine: Engine) -> None:
    below = ["World", "Asia", "Economy", "Local"]
    assert shown(served(engine, written(tmp_path, ORDER))) == ["Opinion", "Stamps", "News", *below, "Sport"]
    assert shown(served(engine))[0] == "News"


def test_a_small_section_that_is_put_first_is_not_folded_away(tmp_path: Path) -> None:
    many = [Document(f"{n} {copy}", "x", sections=(f"S{n:02}",)) for n in range(30) for copy in range(30 - n)]
    client = served(fill(open_engine("memory:"), *many), written(tmp_path, 'order = ["S29", "S28"]'))
    assert shown(client)[:3] == ["S29", "S28", "S00"]
    page = lxml_html.document_fromstring(client.get("/").get_data(as_text=True))
    assert len(page.cssselect(".sections > ul > li")) == MAX_OPEN_SECTIONS
    assert "S29" not in page.cssselect(".more-sections")[0].text_content()


@pytest.mark.parametrize("path", ["/", "/api/v1/sections"])
def test_a_changed_order_shows_to_clients_that_have_the_old_one(tmp_path: Path, engine: Engine, path: str) -> None:
    tags = [served(engine, each).get(path).headers["ETag"] for each in ("", written(tmp_path, ORDER))]
    assert tags[0] != tags[1]
    known = {"If-None-Match": tags[1]}
    assert served(engine, written(tmp_path, ORDER + "[aliases]\n")).get(path, headers=known).status_code == 304
    assert served(engine, written(tmp_path, 'order = ["Stamps"]')).get(path, headers=known).status_code == 200


def test_a_changed_order_leaves_cursors_valid(tmp_path: Path, engine: Engine) -> None:
    orders = [served(engine, each) for each in ("", written(tmp_path, ORDER))]
    first = json.loads(orders[0].get("/api/v1/search?cursor=*&per_page=3").data)
    second = json.loads(orders[1].get(first["links"]["next"]).data)
    assert len({hit["id"] for hit in (*first["hits"], *second["hits"])}) == 6


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(folder / "backfile.toml"), *arguments])


def test_commands_tell_what_is_misspelt_and_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "backfile.toml").write_text('index = "archive"\nsection_map = "sections.toml"\n')
    fill(open_engine(str(tmp_path / "archive")), *[replace(each, id=f"{n}") for n, each in enumerate(articles())])
    written(tmp_path, 'order = ["Opnion", "sport", "Weather"]')
    said = run(tmp_path, "sections", "--json")
    assert json.loads(said.stdout)["Opinion"] == 2
    assert said.stderr.splitlines() == [
        "note: no article is in 'Opnion', which the order names; did you mean 'Opinion'?",
        "note: no article is in 'Weather', which the order names",
    ]
    found = {row["what"]: row for row in json.loads(run(tmp_path, "doctor", "--json").stdout)}
    assert found["section map"]["found"].endswith("sections.toml: 3 sections in order")
    written(tmp_path, "order = 1")
    for command in (("sections",), ("search", "x"), ("serve", "--port", "0")):
        refused = run(tmp_path, *command)
        assert refused.exit_code == 2
        assert "sections.toml:1: 'order' must be a list" in refused.output
    found = {row["what"]: row for row in json.loads(run(tmp_path, "doctor", "--json").stdout)}
    assert found["section map"]["health"] == "problem"
