"""The words that inputs are put together from, of each language that something reads."""

from __future__ import annotations

from typing import Final


def encoded(*words: str) -> tuple[bytes, ...]:
    """The words in UTF-8."""
    return tuple(word.encode() for word in words)


QUERY_WORDS: Final = encoded(
    "flood", "bridge ", '"', "(", ")", " AND ", " OR ", " NOT ", "-", "+", "*", "?", "~", "~2", "^", "^9", ":", "\\",
    "title:", "body:", "section:", "tag:", "date:", "date:[2020 TO 2021}", " TO ", "[", "]", "{", "}", "now-7d",
    "NEAR", "~50", "press ", "x*", "*x", "кара", "日本", "ﷺ", "'", "’", "/", "<", ">=", "1990s", "-section:x ",
)  # fmt: skip
PARAMETERS: Final = encoded(
    "q=", "&section=", "&tag=", "&author=", "&lang=", "&type=", "&from=", "&to=", "&year=", "&month=", "&day=",
    "&sort=", "newest", "relevance", "&page=", "&per_page=", "&cursor=", "*", "&group=story", "&facets=", "&tz=",
    "&tag_op=and", "&fields=", "&op=or", "&position=", "&id=", "&article=", "&highlight=", "&exact=true", "=", "&",
    "Europe/Berlin", "2020-01-31", "now-7d", "-", "_missing", "%2B", "+", "&q=", "%", "&bars=share", "&in=title",
)  # fmt: skip
TAG_WORDS: Final = encoded(
    "<p>", "</p>", "<h2 id=a>", "</h2>", "<table>", "<tr>", "<td>", "</table>", "<svg>", "<math>", "<mi>", "<style>",
    "</style>", "<script>", "</script>", "<!--", "-->", "<a href='javascript:x'>", "<a href=#a>", "</a>",
    "<template>", "<html>", "<body>", "<frameset>", "<!doctype html>", "<noscript>", "<textarea>", "<title>", "<ul>",
    "<li>", "<b>", "<img src=x onerror=y>", "<mark>", "<div {x=1>", "<p onclick=1 style=a:b>", "&lt;", "&#0;",
    "&#x110000;", "&amp", "<![CDATA[", "]]>", "<?x?>", "<article>", "<br>", "<pre>", "<iframe>", "text ", "\n", " a=",
    "'", '"', "/>",
)  # fmt: skip
MARKDOWN_WORDS: Final = encoded(
    "# ", "## ", "\n", "\n\n", "> ", "- ", "1. ", "*", "**", "_", "`", "```", "~~~\n", "[", "](", ")", "![", "<b>",
    "| a ", "|---", "---\n", "+++\n", "{\n", "title: x\n", "date: 2024-99-99\n", "&a *a\n", "!!python/object:x\n",
    "    ", "\t", "\\", "&nbsp;", "{{", "}}", "{%", "%}", "[^1]", "[a]: b\n", "===\n", "text ", "<!--", "-->",
)  # fmt: skip
ADDRESS_WORDS: Final = encoded(
    "http://", "https://", "//", "/", "\\", "@", ":", "#", "?", "[", "]", "::1", "127.0.0.1", "news.example", "%00",
    "%2e", "..", ".", ":80", ":0", ":65536", "xn--", "file:", "javascript:", "data:", " ", "\t", "。", "１", "user",
)  # fmt: skip
DATE_WORDS: Final = encoded("3 ", "July ", "2024", "/", "-", ".", "1990s", "now", "Şubat ", "يوليو", "٣")
HEADER_WORDS: Final = encoded(
    "GET ", "POST ", "/ar", "/api/v1/", "/search", "?", "&", "/article/", "%2f", "%00", "..", "//", "\n", "\n\n",
    "Host: ", "Cookie: a=b\n", "Range: bytes=0-\n", "If-Modified-Since: x\n", "If-None-Match: *\n", "Origin: null\n",
    "Content-Length: 9\n", "Content-Type: text/plain; charset=x\n", "X-Forwarded-For: 1\n", '{"text": "', '"}', "[[[",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x\n", "Accept: */*;q=x\n",
    "Forwarded: for=x\n",
)  # fmt: skip
