"""The documentation says nothing that is not so, as far as a program can tell."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner
from command_calls import parse, words_of
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

import index
from index.article import Article, read_source
from index.sections import load_section_map
from index.sources import find_sources
from index.sources.jsonl import parse_line
from index.sources.reading import Reading
from index.sync.named_source import named_sources
from search import ranking
from search.commands import main
from search.engines import open_engine
from search.errors import ParameterError
from search.loaded_settings import OTHER_VARIABLES, SOURCES
from search.sections import PARTS
from search.settings import Settings
from search.variants import BOTH_WAYS, ONE_WAY, load_variants
from webui import create_app

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = Path(index.__file__).parent / "sample"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        SAMPLE / "README.md",
    ]
)

LINK = re.compile(r"(?<!\\)\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?[^)]*\)")
IMAGE = re.compile(r"<(?:img|source)\b[^>]*\bsrc(?:set)?=\"([^\"]+)\"")
FENCE = re.compile(r"^( *)(```+|~~~+)([\w+-]*)[^\n]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|[\s/=(])backfile (?=[a-z-])([^\n]*)", re.MULTILINE)
LOCAL = re.compile(r"https?://(?:localhost|127\.0\.0\.1):\d+([^\s'\"`)>]*)")
SHELLS = {"sh", "console", "ini", "crontab", "bash", "powershell"}
ROUTE = re.compile(
    r"/(?:(?:api|article)/[\w/{}<>.:-]+"
    r"|search(?:\.\w+)?|suggest|livez|readyz|openapi\.json|opensearch\.xml|sitemap\.xml|robots\.txt|llms\.txt|favicon\.ico)(?=$|[?])"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{_name(self.page)}:{self.line}"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _blocks(*languages: str) -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for match in FENCE.finditer(text):
            block = Block(page, text.count("\n", 0, match.start()) + 1, match[3].lower(), match[4])
            found += [block] if not languages or block.language in languages else []
    return found


def _prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def _inline_code(page: Path) -> list[str]:
    return [match[2] for match in re.finditer(r"(?<!`)(`+)(?!`)\s?(.+?)\s?(?<!`)\1(?!`)", _prose(page))]


def _slugs(page: Path) -> set[str]:
    """The fragments of a page's headings, as the usual renderers make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", _prose(page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        repeated = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other) is not None for other in found)
        found.add(f"{slug}-{repeated}" if repeated else slug)
    return found


# --- links ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    prose = re.sub(r"`[^`\n]*`", "`code`", _prose(page))
    for target in [*LINK.findall(prose), *IMAGE.findall(prose)]:
        parts = urlsplit(target)
        if parts.scheme or target.startswith("//"):
            continue
        other = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not other.exists() or (parts.fragment and other.suffix == ".md" and parts.fragment not in _slugs(other)):
            dead.append(target)
    assert dead == []


def test_every_page_can_be_reached_from_the_map() -> None:
    start = ROOT / "docs" / "index.md"
    listed = {(start.parent / target).resolve() for target in LINK.findall(start.read_text("utf-8"))}
    assert set((ROOT / "docs").rglob("*.md")) - {start} <= listed


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_files_that_are_named_exist(page: Path) -> None:
    named = [text for text in _inline_code(page) if re.fullmatch(r"(?:search|index|webui|tests|docs)/[\w./-]*", text)]
    assert [text for text in named if not (ROOT / text).exists()] == []


# --- commands ------------------------------------------------------------------------------------------------------


def _commands() -> Iterator[tuple[str, list[str]]]:
    """Every call of the command in the documentation, with the place where it stands."""
    for block in _blocks(*SHELLS):
        lines = re.sub(r"\\\n\s*", " ", block.text)
        if block.language == "console":
            lines = "\n".join(line[2:] for line in lines.split("\n") if line.startswith("$ "))
        for match in COMMAND.finditer(lines):
            yield str(block), words_of(match[1])
    for page in PAGES:
        for text in _inline_code(page):
            if match := re.fullmatch(r"backfile (?=[a-z-])(.*)", text):
                yield _name(page), words_of(match[1])


def test_commands_and_their_options_exist() -> None:
    calls = list(_commands())
    assert len(calls) >= 20
    wrong = []
    for place, words in calls:
        try:
            parse(main, words)
        except (click.ClickException, ParameterError) as error:
            wrong.append(f"{place}: backfile {shlex.join(words)}: {error}")
    assert wrong == []


def test_a_wrong_option_would_be_noticed() -> None:
    with pytest.raises(click.ClickException):
        parse(main, ["index", "--no-such-option", "articles/"])
    with pytest.raises(click.ClickException):
        parse(main, ["indexx", "articles/"])
    with pytest.raises(ParameterError):
        parse(main, ["search", "--per-page", "many", "word"])


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text("utf-8")
    context = click.Context(main)
    assert [name for name in main.list_commands(context) if f"backfile {name}" not in text] == []


# --- settings and code ---------------------------------------------------------------------------------------------


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    page = ROOT / "docs" / "reference" / "configuration.md"
    text = page.read_text("utf-8")
    named = set(re.findall(r"^(?:\| *|#+ +)`([a-z_]+)`", text, re.MULTILINE))
    assert named == set(Settings.names())


def test_the_complete_settings_file_has_every_setting_at_its_default() -> None:
    page = ROOT / "docs" / "reference" / "configuration.md"
    shown = next(tomllib.loads(block.text) for block in _blocks("toml") if block.page == page)
    assert shown.keys() == set(Settings.names())
    assert Settings.model_validate(shown) == Settings()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_environment_variables_that_are_named_exist(page: Path) -> None:
    others = {*OTHER_VARIABLES, "BACKFILE_CHROMIUM"}
    known = {f"BACKFILE_{name.upper()}" for name in Settings.names()} | others
    named = set(re.findall(r"\bBACKFILE_[A-Z_]+\b", page.read_text("utf-8")))
    assert named - known == set()


@pytest.mark.parametrize("block", _blocks("toml"), ids=str)
def test_toml_is_a_valid_settings_file_or_a_file_that_one_names(block: Block, tmp_path: Path) -> None:
    table = tomllib.loads(block.text)
    if table.keys() <= {*PARTS}:
        (tmp_path / "sections.toml").write_text(block.text, encoding="utf-8")
        load_section_map(str(tmp_path / "sections.toml"))
    elif {BOTH_WAYS, ONE_WAY} & table.keys():
        (tmp_path / "variants.toml").write_text(block.text, encoding="utf-8")
        load_variants(str(tmp_path / "variants.toml"))
    else:
        named_sources(table.pop(SOURCES, []), Path())
        Settings.model_validate(table)


@pytest.mark.parametrize("block", _blocks("json"), ids=str)
def test_json_parses(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", _blocks("jsonl"), ids=str)
def test_json_lines_are_articles(block: Block) -> None:
    for number, line in enumerate(block.text.splitlines(), 1):
        article = parse_line(line.encode(), f"line {number}", "", Reading(ZoneInfo("UTC")))
        assert article.title
        assert not article.warnings


@pytest.mark.parametrize("block", _blocks("python"), ids=str)
def test_python_parses(block: Block) -> None:
    ast.parse(block.text)


# --- addresses -----------------------------------------------------------------------------------------------------


def _routes(page: Path) -> set[str]:
    return {match[0] for text in _inline_code(page) if (match := ROUTE.match(text.removeprefix("GET ")))}


@pytest.fixture(scope="module")
def whole_app() -> Flask:
    """The site with everything that a setting may leave out."""
    return create_app(Settings(desk=True), open_engine("memory:"))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_addresses_that_are_named_exist(page: Path, whole_app: Flask) -> None:
    adapter = whole_app.url_map.bind("localhost")
    unknown = []
    for route in _routes(page):
        path = re.sub(r"[{<][\w:]+[}>]", "x", route)
        methods = [method for method in ("GET", "POST") if _matches(adapter, path, method)]
        unknown += [] if methods or path.endswith("/") else [route]
    assert unknown == []


def _matches(adapter: Any, path: str, method: str) -> bool:
    try:
        adapter.match(path, method=method)
    except HTTPException:
        return False
    return True


def _calls() -> list[tuple[str, str, str | None]]:
    """Every address on this machine that a shell block calls: where it stands, the address, and what is sent."""
    found = []
    for block in _blocks(*SHELLS):
        for line in re.sub(r"\\\n\s*", " ", block.text).splitlines():
            sent = re.search(r"(?:-d|--data|--json) '([^']*)'", line)
            found += [(str(block), match[1] or "/", sent and sent[1]) for match in LOCAL.finditer(line)]
    return found


def test_addresses_that_are_called_answer(sample_app: Flask) -> None:
    client = sample_app.test_client()
    calls = _calls()
    assert len(calls) >= 10
    wrong = []
    for place, address, sent in calls:
        if sent is None:
            answer = client.get(address)
        else:
            answer = client.post(address, data=sent, content_type="application/json")
        # A page may name an article that is not in the sample, and a cursor of an index long gone.
        if answer.status_code not in {200, 304} and not (answer.status_code == 404 and "/articles/" in address):
            wrong.append(f"{place}: {address}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []


TUTORIAL = ROOT / "docs" / "tutorial.md"
"""The only page whose searches are over an archive of its own."""


def test_addresses_that_are_called_find_something_in_the_sample_archive(sample_app: Flask) -> None:
    client = sample_app.test_client()
    calls = [
        call
        for call in _calls()
        if "/search" in call[1] and call[2] is None and not call[0].startswith(_name(TUTORIAL))
    ]
    assert len(calls) >= 10
    assert [f"{place}: {address}" for place, address, _ in calls if not _found(client.get(address))] == []


def _found(answer: TestResponse) -> int:
    """How many hits an answer has, in whichever format."""
    match answer.mimetype:
        case "application/json":
            return int(answer.json["total"])
        case "application/feed+json":
            return len(answer.json["items"])
        case "application/atom+xml":
            return answer.text.count("<entry>")
        case "text/csv" | "application/x-bibtex" | "application/x-ndjson":
            return int(answer.headers["Backfile-Total"])
    raise AssertionError(answer.mimetype)


def test_searches_on_the_command_line_find_something_in_the_sample_archive(tmp_path: Path) -> None:
    index = f"whoosh:{tmp_path / 'sample'}"
    inputs = [str(SAMPLE / name) for name in ("articles.jsonl", "captures", "pages")]
    assert CliRunner().invoke(main, ["index", *inputs, "--index", index]).exit_code == 0
    calls = [
        (place, words)
        for place, words in _commands()
        if ":" in place and words[0] == "search" and "--index" not in words and not place.startswith(_name(TUTORIAL))
    ]
    assert len(calls) >= 4
    nothing = []
    for place, words in calls:
        as_file = "--format" in words
        added = [] if "--json" in words or as_file else ["--json"]
        result = CliRunner().invoke(main, [*words, "--index", index, *added])
        assert result.exit_code == 0, (words, result.output)
        found = len(result.stdout.splitlines()) > 1 if as_file else json.loads(result.stdout)["total"]
        nothing += [] if found else [f"{place}: {words}"]
    assert nothing == []


# --- the tutorial and the messages ---------------------------------------------------------------------------------


def test_the_tutorial_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.names():
        monkeypatch.delenv(f"BACKFILE_{name.upper()}", raising=False)
    blocks = [block for block in _blocks() if block.page == TUTORIAL]
    articles = Path("articles.jsonl")
    articles.write_text(next(block.text for block in blocks if block.language == "jsonl"), "utf-8")
    runs = 0
    last = ""
    for block in blocks:
        if block.language == "text" and (counts := re.match(r"added .* failed \d+", block.text)):
            assert last.startswith(counts[0]), block
        for match in COMMAND.finditer(block.text) if block.language == "sh" else ():
            words = words_of(match[1])
            if words[0] in {"serve", "demo"}:
                continue
            if words[0] == "index" and (runs := runs + 1) == 2:
                articles.write_text(articles.read_text("utf-8").replace("August", "August, on a Thursday"), "utf-8")
            result = CliRunner().invoke(main, words)
            assert result.exit_code == 0, (words, result.output)
            assert result.output.strip(), words
            if words[0] == "search" and "--json" not in words:
                assert re.search(r"^1\b|\b1[.)]? ", result.output, re.MULTILINE), (words, result.output)
            last = result.stdout
    assert runs == 2
    result = CliRunner().invoke(main, ["search", "thursday", "--json"])
    assert json.loads(result.stdout)["total"] == 1


def test_messages_that_are_explained_are_given() -> None:
    page = ROOT / "docs" / "how-to" / "troubleshoot.md"
    rows = re.findall(r"^\| ([^|]*`[^|]*) \|", page.read_text("utf-8"), re.MULTILINE)
    messages = [message for row in rows for message in re.findall(r"`([^`]+)`", row)]
    assert len(messages) >= 10
    source = "\n".join(
        path.read_text("utf-8") for package in ("search", "index", "webui") for path in (ROOT / package).rglob("*.py")
    )
    assert [message for message in messages if message not in source] == []


def test_the_constants_of_the_ranking_are_explained_as_they_are() -> None:
    page = (ROOT / "docs" / "explanation" / "ranking.md").read_text("utf-8")
    explained = {
        name: float(value) for name, value in re.findall(r"^\| `([A-Z].*?)` \| ([\d.]+) \|", page, re.MULTILINE)
    }
    actual: dict[str, float] = {}
    for name, value in vars(ranking).items():
        if isinstance(value, float) and name.isupper():
            actual[name] = value
        elif isinstance(value, dict) and name.isupper():
            actual |= {f'{name}["{field}"]': number for field, number in value.items()}
    assert explained == actual


def test_articles_of_the_sample_that_are_named_are_there() -> None:
    ids = {
        item.id
        for source in find_sources([SAMPLE / "articles.jsonl"])
        for item in read_source(source)
        if isinstance(item, Article)
    }
    page = (ROOT / "docs" / "how-to" / "use-the-endpoint.md").read_text("utf-8")
    named = set(re.findall(r"/articles/([\w/-]+?)/related", page))
    assert named
    assert named <= ids
