"""The command, run as a person runs it: what it prints, where it prints it, and with which exit code it ends."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from pydantic import TypeAdapter

from search.commands import COMMANDS, main
from search.commands.terminal import marked, plain
from search.engines import open_engine
from search.ledger import open_ledger
from search.results.response import SearchResponse
from search.settings import Settings
from webui import create_app

ARTICLES = [
    {
        "id": "press-1931",
        "url": "https://gazette.example/1931/press",
        "title": "The new presses run at night",
        "section": ["News > Economy"],
        "author": ["Mélanie Doe"],
        "tags": ["printing", "machines"],
        "published": "1931-04-02",
        "summary": "Two rotary presses were brought into the hall.",
        "body": "The presses came by rail.\n\n## What the printers said\n\nThe printers called the noise bearable.",
        "body_format": "markdown",
        "lang": "en",
    },
    {
        "id": "press-1932",
        "title": "A year with the presses",
        "section": ["Opinion"],
        "author": ["John Smith"],
        "tags": ["printing"],
        "published": "1932-04-02",
        "body": "Nobody wants the old presses back, and the printers sleep by day.",
        "lang": "en",
    },
    {"id": "fluss", "title": "Der Fluss steigt", "body": "Das Wasser steigt weiter.", "lang": "de", "section": "News"},
]


def invoke(runner: CliRunner, *args: str, **settings: object) -> Result:
    return runner.invoke(main, list(args), **settings)  # type: ignore[arg-type]


def write_articles(path: Path, articles: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in articles), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("archive")
    write_articles(folder / "articles.jsonl", ARTICLES)
    url = f"whoosh:{folder}/index"
    result = CliRunner().invoke(main, ["index", str(folder / "articles.jsonl"), "--index", url])
    assert result.exit_code == 0, result.output
    return url


# --- the whole


def test_alone_it_shows_every_command_under_a_heading(runner: CliRunner) -> None:
    result = invoke(runner)
    assert result.exit_code == 0
    assert "Fill the archive:" in result.output
    assert [name for name in COMMANDS if not re.search(rf"^  {name} ", result.output, re.MULTILINE)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(runner: CliRunner, name: str) -> None:
    result = invoke(runner, name, "--help")
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Usage: main {name}")
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help or command.short_help


def test_a_misspelt_command_is_answered_with_the_near_one(runner: CliRunner) -> None:
    result = invoke(runner, "serch", "x")
    assert result.exit_code == 2
    assert "did you mean search?" in result.stderr


def test_the_version_is_printed(runner: CliRunner) -> None:
    assert re.fullmatch(r"backfile \d+\.\d+\.\d+\S*\n", invoke(runner, "-v").output)
    assert invoke(runner, "-v").output == invoke(runner, "--version").output


@pytest.mark.parametrize(
    "args",
    [("search", "x"), ("show", "x"), ("suggest", "x"), ("status",), ("delete", "x", "--yes"), ("check",)],
    ids=lambda args: args[0],
)
def test_without_an_index_every_command_says_so_in_one_line(runner: CliRunner, args: tuple[str, ...]) -> None:
    result = invoke(runner, *args)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert re.fullmatch(r"error: .+\n", result.stderr)
    assert isinstance(result.exception, SystemExit)


def test_a_wrong_setting_stops_every_command_before_it_starts(runner: CliRunner) -> None:
    Path("backfile.toml").write_text("prot = 1")
    result = invoke(runner, "status")
    assert result.exit_code == 2
    assert result.stderr == "error: backfile.toml: unknown setting 'prot'; did you mean port?\n"
    result = invoke(runner, "--index", "redis:", "--config", "none.toml", "status")
    assert result.exit_code == 2
    assert "none.toml: cannot be read" in result.stderr


@pytest.mark.parametrize("command", ["status", "config", "search"])
def test_an_unknown_engine_is_a_mistake_of_the_caller(runner: CliRunner, command: str) -> None:
    result = invoke(runner, command, "--index", "redis://x")
    assert result.exit_code == 2
    assert "error:" in result.stderr
    assert "whoosh" in result.stderr


# --- index


def test_indexing_reports_counts_failures_and_exit_codes(runner: CliRunner) -> None:
    file = write_articles(Path("a.jsonl"), ARTICLES)
    result = invoke(runner, "index", "a.jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("added 3, changed 0, unchanged 0, deleted 0, failed 0 in ")
    assert Path("archive").is_dir()
    with file.open("a") as stream:
        stream.write("{\n")
    result = invoke(runner, "index", "a.jsonl")
    assert result.exit_code == 3
    assert result.stdout.startswith("added 0, changed 0, unchanged 3, deleted 0, failed 1 in ")
    assert result.stderr.startswith("failed: a.jsonl:4: ")


def test_a_report_can_be_had_as_json(runner: CliRunner) -> None:
    write_articles(Path("a.jsonl"), ARTICLES)
    report = json.loads(invoke(runner, "index", "a.jsonl", "--json").stdout)
    assert (report["added"], report["articles"], report["failures"]) == (3, 3, [])


def test_quiet_leaves_warnings_out_and_failures_in(runner: CliRunner) -> None:
    write_articles(Path("a.jsonl"), [{"id": "1", "title": "One", "published": "soon"}, {"id": "2"}])
    loud, quiet = invoke(runner, "index", "a.jsonl", "--dry-run"), invoke(runner, "index", "a.jsonl", "--dry-run", "-q")
    assert "warning: " in loud.stderr
    assert "warning: " not in quiet.stderr
    assert [line.partition(" ")[0] for line in quiet.stderr.splitlines()] == ["failed:"]
    assert quiet.stdout.startswith("dry run, nothing was written: added 1, ")
    assert len(quiet.stdout.splitlines()) == 1
    assert "only failures, the summary" in " ".join(invoke(runner, "index", "--help").stdout.split())


def test_language_and_time_zone_come_from_settings_and_flags(runner: CliRunner) -> None:
    write_articles(Path("a.jsonl"), [{"id": "1", "title": "Eins", "published": "2024-07-03T10:00:00"}])
    Path("backfile.toml").write_text('language = "fr"\ntime_zone = "Europe/Berlin"')
    assert invoke(runner, "index", "a.jsonl", "--language", "de").exit_code == 0
    shown = json.loads(invoke(runner, "show", "1", "--json").stdout)
    assert shown["language"] == "de"
    assert shown["published"] == "2024-07-03T10:00:00+02:00"


def test_pruning_and_rebuilding_from_the_command_line(runner: CliRunner) -> None:
    Path("in").mkdir()
    write_articles(Path("in/a.jsonl"), ARTICLES[:2])
    write_articles(Path("in/b.jsonl"), ARTICLES[2:])
    assert invoke(runner, "index", "in").exit_code == 0
    Path("in/b.jsonl").unlink()
    assert "deleted 1," in invoke(runner, "index", "in", "--prune", "--dry-run").stdout
    assert "deleted 1," in invoke(runner, "index", "./in/", "--prune").stdout
    assert "unchanged 2, deleted 0," in invoke(runner, "index", "in", "--rebuild").stdout


def test_a_source_that_is_not_there_is_a_usage_error(runner: CliRunner) -> None:
    result = invoke(runner, "index", "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr
    assert not Path("archive").exists()


# --- search


def test_search_prints_hits_with_their_snippets_headings_and_ids(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "search", "noise", "--index", archive)
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0].startswith("1 article for noise, by relevance, 1 to 1 (")
    assert "1. The new presses run at night" in lines
    assert "1931-04-02 · News > Economy · Mélanie Doe" in lines
    assert "What the printers said" in lines
    assert any("called the noise bearable" in line for line in lines)
    assert "press-1931  https://gazette.example/1931/press" in lines


def test_matches_are_coloured_where_there_are_colours_only(
    runner: CliRunner, archive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    coloured = click.style("noise", fg="yellow", bold=True)
    assert coloured in invoke(runner, "--color", "search", "noise", "--index", archive).stdout
    assert "\x1b" not in invoke(runner, "search", "noise", "--index", archive).stdout
    assert "\x1b" not in invoke(runner, "--no-color", "search", "noise", "--index", archive, color=True).stdout
    assert coloured in invoke(runner, "search", "noise", "--index", archive, color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in invoke(runner, "search", "noise", "--index", archive, color=True).stdout


def found(runner: CliRunner, archive: str, *args: str) -> list[str]:
    result = invoke(runner, "--index", archive, "search", "--json", *args)
    assert result.exit_code == 0, result.output
    return [hit["id"] for hit in json.loads(result.stdout)["hits"]]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("presses", "--section", "News"), ["press-1931"]),
        (("presses", "--section=-News"), ["press-1932"]),
        (("--tag", "printing", "--sort", "oldest"), ["press-1931", "press-1932"]),
        (("--tag", "_missing"), ["fluss"]),
        (("--author", "John Smith", "--author", "Mélanie Doe", "--sort", "newest"), ["press-1932", "press-1931"]),
        (("--lang=-en",), ["fluss"]),
        (("--from", "1932"), ["press-1932"]),
        (("--to", "1931-12-31"), ["press-1931"]),
        (("--from", "now-7d"), []),
        (("--in", "title", "printers"), []),
        (("--op", "or", "fluss", "noise", "--sort", "newest"), ["press-1931", "fluss"]),
        (("--per-page", "1", "--page", "2", "--sort", "oldest", "presses"), ["press-1932"]),
        (("--type", "article", "--", "-presses"), ["fluss"]),
    ],
)
def test_filters_and_shapes_reach_the_search(
    runner: CliRunner, archive: str, args: tuple[str, ...], expected: list[str]
) -> None:
    assert found(runner, archive, *args) == expected


@pytest.mark.parametrize(
    ("args", "query_string"),
    [
        (("presses",), "q=presses"),
        (("presses", "--facets", "all"), "q=presses"),
        (("--facets", "none", "--per-page", "0"), "facets=none&per_page=0"),
        (
            ("--facets", "section:1, month", "--from", "1931", "--tz", "Europe/Berlin"),
            "facets=section:1,month&from=1931&tz=Europe/Berlin",
        ),
        (("noise", "--section", "Opinion", "--tag=-\\\\x"), "q=noise&section=Opinion&tag=-%5C%5Cx"),
        (
            ("presses", "--fields", "id,title", "--highlight", "off", "--per-page", "1"),
            "q=presses&fields=id,title&highlight=off&per_page=1",
        ),
        (
            ("presses", "--in", "title", "--in", "body", "--op", "or", "--explain"),
            "q=presses&in=title,body&op=or&explain=true",
        ),
        (("--cursor", "*", "--per-page", "1", "--sort", "oldest"), "cursor=*&per_page=1&sort=oldest"),
        (
            ("--group", "story", "--date", "modified", "--to", "2024-07-03T10:00:00Z"),
            "group=story&date=modified&to=2024-07-03T10:00:00Z",
        ),
        (("presses", "--from", "1900-01", "--author", "_missing"), "q=presses&from=1900-01&author=_missing"),
    ],
)
def test_json_is_the_answer_of_the_endpoint_key_by_key(
    runner: CliRunner, archive: str, args: tuple[str, ...], query_string: str
) -> None:
    printed = invoke(runner, "search", *args, "--index", archive, "--json")
    assert printed.exit_code == 0, printed.output
    sent = create_app(Settings(index=archive)).test_client().get(f"/api/v1/search?{query_string}")
    assert sent.status_code == 200, sent.text
    command, endpoint = json.loads(printed.stdout), json.loads(sent.text)
    assert command.keys() == endpoint.keys()
    for key in endpoint.keys() - {"took_ms"}:
        assert command[key] == endpoint[key], key
    assert command["links"]["self"].startswith("/api/v1/search")


def test_json_is_a_search_response_whole(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "search", "presses", "--index", archive, "--json")
    response = TypeAdapter(SearchResponse).validate_json(result.stdout)
    assert response.total == 2
    assert response.timeline is not None
    assert [facet.name for facet in response.facets] == ["section", "date", "author", "tag", "lang"]


def test_addresses_begin_where_the_site_is_mounted(
    runner: CliRunner, archive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKFILE_PUBLIC_URL", "https://gazette.example/archive")
    links = json.loads(invoke(runner, "search", "--index", archive, "--json").stdout)["links"]
    assert links["self"] == "/archive/api/v1/search"
    completions = json.loads(invoke(runner, "suggest", "print", "--index", archive, "--json").stdout)
    assert all(row["url"].startswith("/archive/") for row in completions)


def test_facets_are_printed_when_asked_for(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "search", "--facets", "year,section:1", "--index", archive)
    assert re.search(r"^Year\n +1   1931\n +1   1932\n +1   none$", result.stdout, re.MULTILINE)
    assert re.search(r"^Section\n +2   News\n", result.stdout, re.MULTILINE)
    assert "Section" not in invoke(runner, "search", "--index", archive).stdout


def test_nothing_found_says_what_would_be_found_otherwise(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "search", "noise", "--section", "Opinion", "--index", archive)
    assert result.exit_code == 0
    assert "0 articles for noise" in result.stdout
    assert re.search(r"^without the section “Opinion”: 1 article$", result.stdout, re.MULTILINE)
    misspelt = invoke(runner, "search", "printrs", "--index", archive)
    assert re.search(r"^did you mean printers\? \(2 articles\)$", misspelt.stdout, re.MULTILINE)


def test_explanations_are_printed_when_asked_for(runner: CliRunner, archive: str) -> None:
    asked = json.loads(invoke(runner, "search", "noise", "--explain", "--index", archive, "--json").stdout)
    summary = asked["hits"][0]["explanation"]["summary"]
    assert summary
    assert " ".join(summary.split()) in invoke(runner, "search", "noise", "--explain", "--index", archive).stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("date:never",), "never"),
        (("--from", "yesterday"), "--from: "),
        (("--from", "2025", "--to", "2024"), "--from: is later than to"),
        (("--facets", "colour"), "--facets: there is no facet 'colour'; choose from section, author"),
        (("--facets", "section:many"), "--facets: 'section:many' is not valid; write a name and a number"),
        (("--sort", "best"), "--sort: there is no 'best'; choose from relevance, newest, oldest"),
        (("--in", "titel"), "--in: there is no 'titel'; choose from title, headings"),
        (("--page", "0"), "--page: pages are counted from 1"),
        (("--per-page", "101"), "--per-page: must be from 0 to 100"),
        (("--per-page", "ten"), "--per-page: 'ten' is not a whole number"),
        (("--tz", "Mars/Olympus"), "--tz: there is no 'Mars/Olympus'"),
        (("--tag", "a", "--tag=-a"), "--tag: 'a' is both asked for and left out"),
        (("--cursor", "abc"), "--cursor: not a cursor of this service"),
        (("x" * 60_000,), "QUERY: may have at most 50,000 characters"),
    ],
)
def test_a_mistake_in_the_question_is_one_line_and_exit_code_2(
    runner: CliRunner, archive: str, args: tuple[str, ...], says: str
) -> None:
    result = invoke(runner, "search", *args, "--index", archive)
    assert result.exit_code == 2
    assert says in result.stderr
    assert re.fullmatch(r"error: .+\n", result.stderr)
    assert result.stdout == ""


@pytest.mark.parametrize(
    "query", ['"unbalanced', "((((", "AND OR NOT", "<script>", "a\x00b", "the of and", "*", "\ud800"]
)
def test_odd_queries_end_well_or_with_one_line(runner: CliRunner, archive: str, query: str) -> None:
    result = invoke(runner, "search", "--index", archive, "--", query)
    assert result.exit_code in (0, 2)
    assert isinstance(result.exception, SystemExit | None)


# --- show, suggest, status, delete, check


def test_show_prints_the_article_and_json_all_of_it(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "show", "press-1931", "--index", archive)
    assert result.stdout.splitlines()[:2] == [
        "The new presses run at night",
        "News > Economy · Mélanie Doe · 1931-04-02 · en",
    ]
    assert "\nWhat the printers said\n\nThe printers called" in result.stdout
    stored = json.loads(invoke(runner, "show", "press-1931", "--index", archive, "--json").stdout)
    assert stored["headings"][0]["text"] == "What the printers said"
    assert stored["published"] == "1931-04-02"


def test_show_says_that_there_is_no_such_article(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "show", "nothing", "--index", archive)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no article 'nothing'" in result.stderr


def test_suggest_prints_completions_between_tabs(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "suggest", "print", "--index", archive)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert ["printers", "word", "2"] in rows
    assert not any("None" in row for row in rows)  # an article has no count
    asked = json.loads(invoke(runner, "suggest", "print", "--index", archive, "--json", "--limit", "1").stdout)
    assert len(asked) == 1


def test_status_says_what_the_index_holds(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "status", "--index", archive)
    assert re.search(r"^articles +3$", result.stdout, re.MULTILINE)
    assert re.search(r"^published +1931-04-02 to 1932-04-02, 1 undated$", result.stdout, re.MULTILINE)
    assert re.search(r"^languages +en 2, de 1$", result.stdout, re.MULTILINE)
    assert re.search(r"^sections +News 2, Opinion 1$", result.stdout, re.MULTILINE)
    facts = json.loads(invoke(runner, "status", "--index", archive, "--json").stdout)
    assert facts["sections"] == {"News": 2, "News > Economy": 1, "Opinion": 1}
    assert facts["size_bytes"] > 0


def test_delete_asks_and_takes_articles_out(runner: CliRunner) -> None:
    write_articles(Path("a.jsonl"), ARTICLES)
    invoke(runner, "index", "a.jsonl")
    refused = invoke(runner, "delete", "fluss", input="n\n")
    assert refused.exit_code == 1
    assert "Der Fluss steigt" in refused.stdout
    assert invoke(runner, "show", "fluss").exit_code == 0
    agreed = invoke(runner, "delete", "fluss", input="y\n")
    assert agreed.exit_code == 0
    assert invoke(runner, "show", "fluss").exit_code == 1
    partly = invoke(runner, "delete", "fluss", "press-1931", "--yes")
    assert (partly.exit_code, partly.stdout, partly.stderr) == (1, "deleted 1\n", "not in the index: fluss\n")
    assert "articles    1\n" in invoke(runner, "status").stdout


@pytest.mark.parametrize("others", [[], ARTICLES])
def test_delete_forgets_what_waits_for_its_moment_and_says_so(
    runner: CliRunner, others: list[dict[str, object]]
) -> None:
    early = {"id": "early", "title": "Secret", "body": "Not yet.", "embargo": "2190-01-01T06:00:00Z"}
    held = {"id": "held", "title": "Secret", "body": "Not at all.", "status": "withheld"}
    write_articles(Path("a.jsonl"), [*others, early, held])
    invoke(runner, "index", "a.jsonl")
    ledger = open_ledger(open_engine("whoosh:archive").ledger_place)
    refused = invoke(runner, "delete", "early", "held", input="n\n")
    assert refused.stdout.splitlines()[:2] == [
        "early: waits until 2190-01-01T06:00:00+00:00",
        "held: waits, withheld by its source",
    ]
    assert ledger.waiting.counts() == (1, 1)
    one = invoke(runner, "delete", "early", "--yes")
    assert (one.exit_code, one.stdout) == (0, "deleted 0\nforgot 1 that waited for its moment\n")
    assert ledger.waiting.counts() == (0, 1)
    both = invoke(runner, "delete", "held", *(["fluss"] if others else []), "early", "--yes")
    assert both.stdout == f"deleted {1 if others else 0}\nforgot 1 that waited for its moment\n"
    assert (both.exit_code, both.stderr) == (1, "not in the index: early\n")
    assert ledger.waiting.counts() == (0, 0)
    assert "waiting 2" in invoke(runner, "index", "a.jsonl").stdout, "they come back with the next import"


def test_deleting_what_is_not_there_commits_nothing(runner: CliRunner, archive: str) -> None:
    before = open_engine(archive).generation()
    assert invoke(runner, "delete", "nothing", "--yes", "--index", archive).exit_code == 1
    assert open_engine(archive).generation() == before


def test_check_finds_nothing_in_a_sound_index_and_something_in_a_broken_one(runner: CliRunner) -> None:
    write_articles(Path("a.jsonl"), ARTICLES)
    invoke(runner, "index", "a.jsonl")
    sound = invoke(runner, "check")
    assert (sound.exit_code, sound.stdout) == (0, "whoosh:archive: no problems found\n")
    assert invoke(runner, "check", "--json").stdout == "[]\n"
    largest = max((path for path in Path("archive").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 0xFF
    largest.write_bytes(content)
    broken = invoke(runner, "check")
    assert broken.exit_code == 1
    assert largest.name in broken.output


# --- config, completion


def test_config_prints_values_that_are_a_settings_file_and_their_origins(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("backfile.toml").write_text('title = "The \\"Gazette\\""\n')
    monkeypatch.setenv("BACKFILE_PORT", "9000")
    result = invoke(runner, "--index", "whoosh:one", "config", "--index", "whoosh:two")
    assert result.exit_code == 0
    settings = Settings.model_validate(tomllib.loads(result.stdout))
    assert (settings.title, settings.port, settings.index) == ('The "Gazette"', 9000, "whoosh:two")
    origins = json.loads(invoke(runner, "config", "--json").stdout)["origins"]
    assert (origins["title"], origins["port"], origins["host"]) == ("backfile.toml", "BACKFILE_PORT", "default")
    assert "# BACKFILE_PORT" in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(runner: CliRunner, shell: str) -> None:
    result = invoke(runner, "completion", shell)
    assert result.exit_code == 0
    assert "_BACKFILE_COMPLETE" in result.stdout


# --- evaluate


def test_extraction_is_measured_against_known_bodies(runner: CliRunner) -> None:
    text = " ".join(f"Sentence number {n} says that the printers of the town were pleased." for n in range(30))
    Path("pages").mkdir()
    Path("pages/one.html").write_text(
        f"<html><head><title>One</title></head><body><nav>Menu</nav><article><h1>One</h1><p>{text}</p></article></body></html>"
    )
    Path("truth.json").write_text(json.dumps({"one": {"articleBody": text, "url": "https://gazette.example/one"}}))
    result = invoke(runner, "evaluate", "extraction", "pages", "truth.json", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["pages"] == 1
    assert figures["recall"] > 0.9
    assert "F1 " in invoke(runner, "evaluate", "extraction", "pages", "truth.json").stdout
    Path("truth.json").write_text(json.dumps({"two": {"articleBody": text}}))
    absent = invoke(runner, "evaluate", "extraction", "pages", "truth.json")
    assert absent.exit_code == 1
    assert "holds no page two.html" in absent.stderr


# --- parts


def test_an_article_cannot_steer_the_terminal() -> None:
    assert plain("\x1b[2Jred\x9b31m\x00") == "[2Jred31m"
    assert click.unstyle(marked("one two three", [(4, 7)])) == "one two three"


def test_facets_without_anything_to_count_print_nothing(runner: CliRunner, archive: str) -> None:
    nothing = invoke(runner, "search", "zzzzqqq", "--facets", "section,year", "--index", archive)
    assert "0 articles for zzzzqqq" in nothing.stdout
    assert "Section" not in nothing.stdout
    assert "Year" not in nothing.stdout
    chosen = invoke(runner, "search", "zzzzqqq", "--section", "Opinion", "--facets", "section", "--index", archive)
    assert re.search(r"^Section\n +0 \* Opinion\n", chosen.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ('"noise printers"', "without the quotation marks, matching any word: "),
        ("noise zzzzqqq", "without requiring every word: "),
    ],
)
def test_advice_reads_as_a_sentence(runner: CliRunner, archive: str, query: str, advice: str) -> None:
    lines = invoke(runner, "search", query, "--op", "and", "--index", archive).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith(advice)]
    assert re.fullmatch(r"\d+ articles?", line.removeprefix(advice))


def test_an_unknown_language_is_called_a_language(runner: CliRunner, archive: str) -> None:
    result = invoke(runner, "search", "lang:Austrian", "--index", archive)
    assert "no article has the language “Austrian”" in result.stdout + result.stderr
