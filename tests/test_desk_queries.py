"""What readers look for, at the desk, for programs and on the command line, and other spellings by a click."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browsing_readers import looked_at
from click.testing import CliRunner
from conftest import ARTICLES
from desks import FOREIGN, OWN, fill_asked, today
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from real_server import Server, posix, served
from steady import comes_true

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.settings import Settings
from webui import create_app
from webui.site import site_of

API = "/api/v1/desk/queries"
VARIANT = "/desk/queries/variant"
KARABAKH = [
    Document(f"k{number}", "Lachin road open", f"Lorries reach Karabakh again, day {number}.", language="en")
    for number in range(3)
]


def client_of(**settings: object) -> FlaskClient:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in (*ARTICLES, *KARABAKH):
            writer.add(article)
    return create_app(Settings.model_validate({"desk": True} | settings), engine).test_client()


@pytest.fixture
def variants(tmp_path: Path) -> Path:
    path = tmp_path / "variants.toml"
    path.write_text('# ours\nboth_ways = [["Kyiv", "Kiev"]]\n')
    return path


@pytest.fixture
def desk(variants: Path) -> FlaskClient:
    """A site with a desk, a file of variants and some counts."""
    client = client_of(variants=str(variants))
    fill_asked(site_of(client.application).archive.ledger)
    return client


def listed(page: str, which: str) -> list[tuple[str, str]]:
    """The queries of a list of the page, with their numbers."""
    section = page.partition(f'id="{which}"')[2].partition("</section>")[0]
    rows = re.findall(r"<bdi>([^<]*)</bdi></a>.*?</th>\s*<td>([\d,]+)</td>", section, re.DOTALL)
    return [(unescape(query), count) for query, count in rows]


def add(client: FlaskClient, headers: dict[str, str] | None = None, **fields: str) -> tuple[int, str]:
    answer = client.post(VARIANT, data=fields, headers=OWN if headers is None else headers)
    return answer.status_code, unescape(answer.text)


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_desk_leads_to_both_lists(desk: FlaskClient) -> None:
    assert 'href="/desk/queries"' in desk.get("/desk").text
    page = desk.get("/desk/queries").text
    assert listed(page, "asked-top") == [("flood", "155"), ("karabah", "60"), ("<b>odd</b>", "5")]
    assert listed(page, "asked-missed") == [("karabah", "60"), ("<b>odd</b>", "5")]
    assert "secret" not in page
    assert "<b>odd</b>" not in page
    assert 'href="/search?q=flood"' in page
    assert f'href="{VARIANT}?q=karabah"' in page


@pytest.mark.parametrize(("days", "times", "bridge"), [(7, "119", False), (30, "155", False), (365, "155", True)])
def test_the_address_says_which_days(desk: FlaskClient, days: int, times: str, bridge: bool) -> None:
    page = desk.get(f"/desk/queries?days={days}").text
    assert f'href="/desk/queries?days={days}" aria-current="page"' in page
    assert listed(page, "asked-top")[0] == ("flood", times)
    assert (("old bridge", "7") in listed(page, "asked-top")) is bridge
    assert (("old bridge", "1") in listed(page, "asked-missed")) is bridge


def test_each_query_has_its_days_as_a_picture_and_in_words(desk: FlaskClient) -> None:
    page = desk.get("/desk/queries?days=7").text
    picture = page.partition('id="asked-top"')[2].partition("<svg")[2].partition("</svg>")
    assert picture[0].count("<rect") == 7
    assert re.search(r"most on \d+ \w+ \d{4}: 20", picture[2][:200])
    year = desk.get("/desk/queries?days=365").text.partition('id="asked-top"')[2].partition("</svg>")[0]
    assert 2 <= year.count("<rect") <= 3, "a bar for each week of a year"


def test_a_query_that_finds_something_by_now_needs_no_spelling(desk: FlaskClient) -> None:
    assert "Find a spelling" in desk.get("/desk/queries").text.partition("karabah")[2][:400]
    assert add(desk, q="karabah", name="karabah", spelling="Karabakh")[0] == 200
    after = desk.get("/desk/queries").text.partition('id="asked-missed"')[2].partition("</tr>")[2].partition("</tr>")[0]
    assert "Finds 3 articles now" in after
    assert "Find a spelling" not in after


@pytest.mark.parametrize("query", ["days=0", "days=401", "days=x", "day=7"])
def test_other_days_and_parameters_are_refused(desk: FlaskClient, query: str) -> None:
    assert desk.get(f"/desk/queries?{query}").status_code == 400


def test_an_archive_without_counts_says_so() -> None:
    page = client_of().get("/desk/queries").text
    assert page.count("Nothing in these days.") == 2


def test_without_a_desk_there_is_none_of_it() -> None:
    client = client_of(desk=False)
    for path in ("/desk/queries", VARIANT, API):
        assert client.get(path).status_code == 404
    assert add(client, name="a1", spelling="b1")[0] == 404


def test_nothing_of_it_is_kept_in_between(desk: FlaskClient) -> None:
    for path in ("/desk/queries", f"{VARIANT}?q=karabah", API):
        answer = desk.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert "ETag" not in answer.headers


# --- another spelling ----------------------------------------------------------------------------------------------


def test_a_click_gives_a_query_without_hits_a_spelling_that_finds(desk: FlaskClient, variants: Path) -> None:
    before = desk.get("/search?q=karabah")
    assert "Lachin road open" not in before.text
    page = desk.get(f"{VARIANT}?q=karabah").text
    assert re.search(r'name="spelling" value="Karabakh" dir="auto">Add “Karabakh”</button>', page)
    form = page.partition('class="variant-word"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    status, done = add(desk, **fields, spelling="Karabakh")
    assert (status, "“karabah” now also finds “Karabakh”." in done) == (200, True)
    assert variants.read_text() == '# ours\nboth_ways = [["Kyiv", "Kiev"]]\n\n[one_way]\n"karabah" = ["Karabakh"]\n'
    after = desk.get("/search?q=karabah", headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, "Lachin road open" in after.text) == (200, True), "what was kept is out of date"


def test_spellings_are_proposed_across_scripts_and_for_each_unknown_word(desk: FlaskClient) -> None:
    page = desk.get(f"{VARIANT}?{urlencode({'q': 'Карабах flod river'})}").text
    assert re.findall(r"No article has “(\w+)”", page) == ["Карабах", "flod"]
    found = re.findall(r'name="spelling" value="([^"]+)"', page)
    assert "Karabakh" in found
    assert "flood" in {each.lower() for each in found}
    assert "each word of this search" in desk.get(f"{VARIANT}?q=flood+bridge").text
    assert "nothing like it" in desk.get(f"{VARIANT}?q=zzqxzzq").text


def test_without_a_file_the_page_has_the_lines_and_how_to_set_it() -> None:
    client = client_of()
    status, page = add(client, q="karabah", name="karabah", spelling="Karabakh")
    assert status == 200
    assert '[one_way]\n"karabah" = ["Karabakh"]\n' in page
    assert 'variants = "variants.toml"' in page


def test_a_file_that_cannot_be_changed_is_said_with_the_lines(desk: FlaskClient, variants: Path) -> None:
    variants.write_text("both_ways = 1")
    status, page = add(desk, q="karabah", name="karabah", spelling="Karabakh")
    assert status == 503
    assert "must be a list of lists" in page
    assert '"karabah" = ["Karabakh"]' in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"name": "karabah", "spelling": "zzqxzz"}, "no article with “zzqxzz”"), ({"name": "karabah"}, "two names"),
     ({}, "two names"), ({"name": "Karabakh", "spelling": "KARABAKH"}, "two names"),
     ({"name": "a\nb", "spelling": "flood"}, "two names")],
)  # fmt: skip
def test_what_is_no_entry_is_asked_for_again(desk: FlaskClient, fields: dict[str, str], says: str) -> None:
    status, page = add(desk, q="karabah", **fields)
    assert (status, says in page) == (400, True)
    assert 'id="variant-spelling"' in page


def test_odd_queries_get_a_page(desk: FlaskClient) -> None:
    for query in ("", "(" * 60, "<script>alert(1)</script>", "flo*", "-flood", "date:2024"):
        answer = desk.get(f"{VARIANT}?{urlencode({'q': query})}")
        assert answer.status_code == 200, query
        assert "<script>alert" not in answer.text
    assert desk.get(f"{VARIANT}?q={'a' * 5_000}").status_code == 400
    assert add(desk, name="a1", spelling="b1", colour="red")[0] == 400


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_other_site_can_add_a_spelling_or_read_the_list(
    desk: FlaskClient, variants: Path, headers: dict[str, str]
) -> None:
    before = variants.read_text()
    assert add(desk, headers, q="karabah", name="karabah", spelling="Karabakh")[0] == 403
    assert variants.read_text() == before
    if headers:
        assert desk.get(API, headers=headers).status_code == 403


# --- programs ------------------------------------------------------------------------------------------------------


def test_programs_get_the_lists_as_described(desk: FlaskClient) -> None:
    description = json.loads(desk.get("/openapi.json").data)
    OpenAPIV31SpecValidator(description).validate()
    content = description["paths"][API]["get"]["responses"]["200"]["content"]["application/json"]
    schema = Draft202012Validator({**content["schema"], "components": description["components"]})
    top = desk.get(f"{API}?days=7&limit=1").get_json()
    missed = desk.get(f"{API}?no_hits=true").get_json()
    for answer in (top, missed):
        schema.validate(answer)
        assert (answer["counting"], answer["least"], answer["end"]) == (True, 5, today().isoformat())
    assert top["start"] == (today() - timedelta(days=6)).isoformat()
    [flood] = top["queries"]
    assert (flood["query"], flood["times"], flood["no_hits"], flood["articles"], flood["url"]) == (
        "flood", 119, 0, None, "/search?q=flood"
    )  # fmt: skip
    assert [row["times"] for row in flood["days"]] == [14, 15, 16, 17, 18, 19, 20]
    assert [(row["query"], row["no_hits"], row["articles"]) for row in missed["queries"]] == [
        ("karabah", 60, 0), ("<b>odd</b>", 5, 0)
    ]  # fmt: skip
    assert not schema.is_valid({**top, "queries": [{"query": 1}]})


@pytest.mark.parametrize("query", ["days=0", "limit=1001", "no_hits=maybe", "q=x"])
def test_programs_are_told_what_is_valid(desk: FlaskClient, query: str) -> None:
    answer = desk.get(f"{API}?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(runner: CliRunner) -> Ledger:
    Path("articles.jsonl").write_text('{"id": "1", "title": "Flood", "body": "The river rose."}')
    assert runner.invoke(main, ["index", "articles.jsonl"]).exit_code == 0
    ledger = open_ledger("archive.ledger")
    fill_asked(ledger)
    return ledger


@pytest.mark.usefixtures("filled")
def test_the_command_prints_the_lists_for_people_and_programs(runner: CliRunner) -> None:
    top = runner.invoke(main, ["queries"])
    assert top.stdout.splitlines() == ["    155  flood", "     60  karabah", "      5  <b>odd</b>"]
    assert runner.invoke(main, ["queries", "--days", "7", "--limit", "1"]).stdout == "    119  flood\n"
    missed = runner.invoke(main, ["queries", "--no-hits"])
    assert missed.stdout.splitlines() == ["     60  karabah", "      5  <b>odd</b>"]
    table = list(csv.reader(io.StringIO(runner.invoke(main, ["queries", "--no-hits", "--format", "csv"]).stdout)))
    assert table[:2] == [["query", "times", "no_hits", "articles"], ["karabah", "60", "60", "0"]]
    found = json.loads(runner.invoke(main, ["queries", "--format", "json", "--days", "1"]).stdout)
    assert [row["query"] for row in found["queries"]] == ["flood", "karabah", "<b>odd</b>"]
    assert runner.invoke(main, ["queries", "--days", "0"]).exit_code == 2


def test_the_command_settles_what_no_server_did(runner: CliRunner, filled: Ledger) -> None:
    runner.invoke(main, ["queries"])
    days = filled._database.rows("SELECT DISTINCT day FROM asked_unsettled ORDER BY day")
    assert set(days) <= {(today().isoformat(),), ((today() - timedelta(days=1)).isoformat(),)}


def test_the_command_forgets_for_good_when_that_is_confirmed(runner: CliRunner, filled: Ledger) -> None:
    assert runner.invoke(main, ["queries", "--forget"], input="n\n").exit_code == 1
    assert not filled.asked.is_empty()
    filled.close()
    result = runner.invoke(main, ["queries", "--forget", "--yes"])
    assert (result.exit_code, result.output) == (0, "forgot 32 counts\n")
    assert filled.asked.is_empty()
    written = b"".join(path.read_bytes() for path in Path().glob("archive.ledger*"))
    assert b"karabah" not in written
    assert b"secret" not in written
    assert runner.invoke(main, ["queries", "--forget"]).output == "there is nothing to forget\n"
    empty = runner.invoke(main, ["queries"])
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "nothing was asked 5 times on a day" in empty.stderr


def test_the_command_works_before_there_is_an_index_and_says_when_nothing_is_counted(runner: CliRunner) -> None:
    Path("backfile.toml").write_text("query_log = false\nquery_log_least = 2\n")
    result = runner.invoke(main, ["queries", "--no-hits"])
    assert result.exit_code == 0
    assert "query_log = false" in result.stderr
    assert not Path("archive.ledger").exists()


# --- a real server --------------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, variants: Path) -> Iterator[Server]:
    with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
        for article in KARABAKH:
            writer.add(article)
    (tmp_path / "backfile.toml").write_text(f'desk = true\nvariants = "{variants}"\nquery_log_least = 2\n')
    with served(tmp_path, "--workers", "2") as server:
        yield server


@posix
def test_a_reader_finds_nothing_an_editor_clicks_and_the_next_reader_finds(server: Server, variants: Path) -> None:
    assert "Lachin road open" not in looked_at(server.port, "/search?q=karabah")[2]
    body = urlencode({"q": "karabah", "name": "karabah", "spelling": "Karabakh"})
    connection = server.connection()
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{server.port}"}
    connection.request("POST", VARIANT, body, sent)
    assert connection.getresponse().status == 200
    connection.close()
    assert '"karabah" = ["Karabakh"]' in variants.read_text()

    def found() -> bool:
        return "Lachin road open" in looked_at(server.port, "/search?q=karabah")[2]

    # Eight times in a row: both workers have taken it up.
    assert comes_true(lambda: all(found() for _ in range(8))), "the entry does not show"
