"""The tools as the Model Context Protocol has them: their schemas, their answers, and errors that a model can act on.

https://modelcontextprotocol.io/specification
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from time import perf_counter
from traceback import extract_tb
from typing import Any, Final

import anyio
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from search.agents import tools
from search.agents.answers import ArticleText, FacetsAnswer, RelatedAnswer, SearchAnswer
from search.agents.arguments import (
    FacetsArguments,
    FetchArguments,
    RelatedArguments,
    SearchArguments,
    arguments_of,
    in_own_names,
    input_schema,
)
from search.agents.tools import Place, place_of
from search.agents.untrusted import NOTICE
from search.archive import Archive
from search.errors import BackfileError, ParameterError
from search.request.parameters import Strict
from search.results.as_json import adapter, json_bytes, jsonable

_log = logging.getLogger("backfile.agents")
_MOST_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One tool: what it is called, what it takes and gives, and the function that answers."""

    name: str
    title: str
    description: str
    arguments: type[Strict]
    answer: type
    function: Callable[..., Any]


ROWS: Final = (
    Row(
        "search",
        "Search the archive",
        "Searches the articles of a news archive. Gives for each its id, title, date, sections and address, and the "
        "passages that match. Read one in full with `fetch`.",
        SearchArguments,
        SearchAnswer,
        tools.search,
    ),
    Row(
        "fetch",
        "Read an article",
        "Gives the text of one article of the archive. A long one comes in parts: ask again with `offset` set to "
        "`metadata.next_offset`.",
        FetchArguments,
        ArticleText,
        tools.fetch,
    ),
    Row(
        "related",
        "Find related articles",
        "Finds what the archive has on the subject of one of its articles, or of a draft, and says what both are "
        "about: background, the same days, or follow-ups.",
        RelatedArguments,
        RelatedAnswer,
        tools.related,
    ),
    Row(
        "facets",
        "Count articles",
        "Counts the articles that a search finds by section, author, tag, language, type, year, month or day.",
        FacetsArguments,
        FacetsAnswer,
        tools.facets,
    ),
)
"""All tools; their names and arguments stay as they are within a major version."""


def make_server(archive: Archive) -> Server[Any]:
    """A server of the tools. Searches wait for their turn, as many at once as the settings say."""
    settings = archive.settings
    limiter = anyio.CapacityLimiter(settings.searches_at_once)
    rows = {row.name: row for row in ROWS}
    place = place_of(settings)

    async def listed(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_tool(row) for row in ROWS])

    async def called(_: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        row = rows.get(params.name)
        if row is None:
            raise MCPError(INVALID_PARAMS, f"there is no such tool; choose from {', '.join(rows)}")
        answer = partial(answered, row, archive, place, params.arguments or {})
        return await anyio.to_thread.run_sync(answer, limiter=limiter)

    return Server(
        "backfile",
        version=version("backfile"),
        title=settings.title,
        website_url=settings.public_url or None,
        instructions=f"The news archive of {settings.title}. Search it, then fetch what you need. {NOTICE}",
        on_list_tools=listed,
        on_call_tool=called,
    )


def answered(row: Row, archive: Archive, place: Place, given: Mapping[str, object]) -> CallToolResult:
    """The answer of a tool, as JSON and as text that is the same JSON; or an error that says what to do.

    What was asked is in no log. An unexpected error is logged under a number, and only that is shown.
    """
    started, outcome = perf_counter(), "answered"
    try:
        arguments = arguments_of(row.arguments, given)
        with archive.pinned() as pinned:
            found = row.function(pinned, place, arguments)
        text = json_bytes(found).decode()
        return CallToolResult(content=[TextContent(text=text)], structured_content=jsonable(found))
    except ParameterError as error:
        outcome = "refused"
        return _refused(str(in_own_names(error)))
    except BackfileError as error:
        outcome = type(error).__name__
        return _refused(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the reason
        incident = secrets.token_hex(6)
        outcome = f"failed, incident {incident}"
        _log.error("incident %s in %s: %s", incident, row.name, _where(error))
        return _refused(f"the archive failed at this; its log says why at incident {incident}")
    finally:
        _log.info("%s: %s in %.0f ms", row.name, outcome, 1_000 * (perf_counter() - started))


def _refused(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=message)], is_error=True)


def _where(error: Exception) -> str:
    """The kind of the error and the lines it came through, without its message, which may quote what was asked."""
    steps = [f"{step.name}:{step.lineno}" for step in extract_tb(error.__traceback__)[-_MOST_STEPS:]]
    return f"{type(error).__name__} at {' > '.join(steps)}"


def _tool(row: Row) -> Tool:
    return Tool(
        name=row.name,
        title=row.title,
        description=row.description,
        input_schema=input_schema(row.arguments),
        output_schema=adapter(row.answer).json_schema(mode="serialization"),
        annotations=ToolAnnotations(
            title=row.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )
