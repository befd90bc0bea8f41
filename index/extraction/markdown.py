"""Markdown as archives keep it: CommonMark with tables, rendered to HTML and then read like any markup.

Site generators (Jekyll, Hugo, kramdown, WordPress) add tags of their own that name files and layouts, not the story.
These are removed first, except in code, where a brace may be the subject. Removing them takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from index.extraction.body import Body
from index.extraction.commonmark import render
from index.extraction.frontmatter import split_front_matter
from index.extraction.html_text import read_compiled, read_html, read_in_python
from index.extraction.markdown_code import Code
from index.extraction.markdown_debris import with_links, without_comments, without_indents
from index.extraction.plain_text import read_text

MAX_MARKDOWN = 2_000_000
"""Characters parsed as Markdown; a longer text is read as plain text, since no parser promises linear time."""

MAX_TAG = 20_000
"""Characters of one template tag; what is longer is text."""

MAX_WORDS = 500
MAX_LABEL = 200
"""Characters of the words and of the label of a reference."""

_OPENERS = re.compile(r"\{%|\{\{[<%]")
_CLOSERS = {"{%": "%}", "{{<": ">}}", "{{%": "%}}"}
_IS_TAG = re.compile(r"\{(?:%-?|\{[<%])\s*/?\s*[\w.]")
_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”")
_BLOCK_START, _BLOCK_END = re.compile(r"(?:\A|\n)[ \t]*\Z"), re.compile(r"[ \t]*(?:\n|\Z)")

_HIGHLIGHT = re.compile(r"\{%-?\s*(highlight\s+([\w+#-]+)|endhighlight)[^%\n]{0,200}%\}")
_IN_BRACKETS = r"""
    \[/?[a-z][\w-]{0,40}(?:\s+(?>[\w-]{1,60}=(?:"[^"\n]{0,999}"|'[^'\n]{0,999}'|[^\s\[\]"']{1,200}))){1,20}\s*/?\](?!\()
    |\[/[a-z][\w-]{0,30}\](?![(\[:])                                            # [/caption]
    |\[\^[\w-]{1,60}\]                                                          # [^1]
    """
_BRACKETED = re.compile(_IN_BRACKETS, re.VERBOSE)
_SMALL = re.compile(
    r"""
    \{\{-?\s*[\w.]+(?:\[[^\]\n]{0,99}\])?(?:\s*\|[^{}\n]{0,200})?\s*-?\}\}      # {{ page.title | escape }}
    |\{::?\s*(?>[.\#][\w.\#-]+|[\w-]{1,60}=(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|[^\s{}"']{1,100})|/?[a-z_]{1,40})
        (?:\s+(?>[.\#][\w.\#-]+|[\w-]{1,60}=(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|[^\s{}"']{1,100})|[a-z_]{1,40})){0,20}\s*/?\}
    |"""
    + _IN_BRACKETS,
    re.VERBOSE,  # each branch begins with one of two characters, which makes the search ten times as fast
)
_CONTENTS = re.compile(r"^[ ]{0,3}(?:[*+-]|\d\.)[ ][^\n]{1,40}\n\{:toc\}", re.MULTILINE)  # * TOC {:toc}
_FOOTNOTE = re.compile(r"^\[\^[\w-]{1,60}\]:", re.MULTILINE)
_EMPTY_TARGET = re.compile(r"\]\([ \t]*(?=[\"'][^\"'\n]*[\"'][ \t]*\))")
_BRACED_ID = re.compile(r"\{:?[ \t]*#")
_STATED_ID = re.compile(
    r"^(\#{1,6}[ \t][^\n{]*?)[ \t]*\{:?[ \t]*\#([\w.:-]{1,200})[^{}\n]*\}[ \t]*\#*[ \t]*$", re.MULTILINE
)
_ID_BELOW = re.compile(r"^(\#{1,6}[ \t][^\n]*)\n\{:[ \t]*\#([\w.:-]{1,200})[^{}\n]*\}[ \t]*$", re.MULTILINE)

_LABEL = re.compile(r"\]\[([^\[\]]{0,200})\]")
_NO_REFERENCE_AFTER = re.compile(r"[A-Za-z0-9_$\]!\\]")
_NOWHERE = "#:"
_LINK_NOWHERE = re.compile(rf'<a href="{_NOWHERE}">(.*?)</a>', re.DOTALL)

_SURROGATES = re.compile("[\ud800-\udfff]")
_OF_A_HEAD = re.compile(r"<(?:meta|link)\s[^<>=]{1,99}=[^<>]{0,999}>")  # in texts that were pasted from pages
_TAG_NAME = re.compile(r"</?([a-zA-Z][\w:-]*)")
_TAG = re.compile(r"<(?=/?([a-zA-Z][\w:-]*))")
_KNOWN_TAGS = frozenset((
    "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote", "br",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt",
    "em", "embed", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "i", "iframe", "img", "ins", "kbd", "li", "main", "mark", "nav", "noscript", "object", "ol", "p",
    "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "script", "section", "small", "source", "span",
    "strike", "strong", "style", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "time", "tr", "tt", "u", "ul", "var", "video", "wbr",
))  # fmt: skip


def read_markdown(text: str) -> Body:
    """The body of a Markdown text; its anchors are the ids that the text states (`## Title {#id}`)."""
    if len(text) > MAX_MARKDOWN:
        return replace(read_text(text), warnings=("the body is too long for Markdown and was read as plain text",))
    rendered = _render(text)
    if _NOWHERE in rendered:
        return read_html(_with_known_tags(rendered))
    # What the kernel reads has no tags but those of HTML, so that there is nothing to escape.
    if found := read_compiled(rendered):
        return found
    known = _with_known_tags(rendered)
    return read_in_python(known) if known == rendered else read_html(known)


def render_markdown(text: str) -> str:
    """Markdown rendered as HTML without template tags and front matter. It is not sanitised: sanitise on output."""
    return _with_known_tags(_render(text))


def _render(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = without_indents(without_comments(without_templates(split_front_matter(text).text)))
    try:
        rendered = render(text)
    except UnicodeEncodeError:
        rendered = render(_SURROGATES.sub("\ufffd", text))
    rendered = with_links(rendered, text)
    return _OF_A_HEAD.sub("", rendered) if "<meta " in rendered or "<link " in rendered else rendered


def _with_known_tags(rendered: str) -> str:
    return without_loose_links(_escape_unknown_tags(rendered))


def without_templates(text: str) -> str:
    """Markdown without template tags; ids of headings become anchors, undefined references become links nowhere."""
    if "{" in text or "[" in text:
        if _BRACED_ID.search(text):
            text = _STATED_ID.sub(r'\1 <a id="\2"></a>', _ID_BELOW.sub(r'\1 <a id="\2"></a>', text))
        text = _HIGHLIGHT.sub(lambda match: f"\n```{match[2]}\n" if match[2] else "\n```\n", text)
        if "[^" in text:
            text = _FOOTNOTE.sub("- ", text)
        if "{:toc}" in text:
            text = _CONTENTS.sub("", text)
        text = _without_small_tags(_without_tags(text))
        text = _with_definitions(_EMPTY_TARGET.sub("](# ", text))
    return text


def without_loose_links(html: str) -> str:
    """Rendered Markdown in which an undefined reference is only its words."""
    return _LINK_NOWHERE.sub(r"\1", html) if f'"{_NOWHERE}"' in html else html


def _without_tags(text: str) -> str:
    tags = list(_tags(text))
    if not tags:
        return text
    code = Code(text)
    parts: list[str] = []
    done = 0
    for start, end in tags:
        if start >= done and not code.has(start):
            alone = bool(_BLOCK_START.search(text[max(0, start - 200) : start]) and _BLOCK_END.match(text, end))
            parts += [text[done:start], _words_of(text[start:end]) if alone else ""]
            done = end
    return "".join(parts) + text[done:]


def _tags(text: str) -> Iterator[tuple[int, int]]:
    """The start and end of each template tag; each closing mark is searched for once, so this takes linear time."""
    closers = dict.fromkeys(_CLOSERS, -1)
    for match in _OPENERS.finditer(text):
        opener, closer = match[0], _CLOSERS[match[0]]
        if closers[opener] < match.end():
            found = text.find(closer, match.end())
            closers[opener] = found if found >= 0 else len(text) + MAX_TAG
        end = closers[opener] + len(closer)
        if end - match.start() <= MAX_TAG and end <= len(text) and _IS_TAG.match(text, match.start()):
            yield match.start(), end


def _words_of(tag: str) -> str:
    """The words for readers in a tag on lines of its own: quoted values of four words or more (a quote, an answer)."""
    said = (double or curly for double, curly in _QUOTED.findall(tag))
    return "".join(f"\n{words}\n\n" for words in said if len(words.split()) >= 4)


def _with_definitions(text: str) -> str:
    """The text with a definition for each label, since generators keep definitions in another file.

    Without one, `[words][label]` would not be a link. They are added at the end, so that the text's own definitions
    win. Labels of digits alone are left, because `a[0][1]` is code.
    """
    if "][" not in text:
        return text
    labels = dict.fromkeys(" ".join(label.split()) for label in dict.fromkeys(_labels(text)))
    wanted = [label for label in labels if label and not label.isdigit()]
    return text + "\n\n" + "".join(f"[{label}]: {_NOWHERE}\n" for label in wanted) if wanted else text


def _labels(text: str) -> Iterator[str]:
    """The labels of `[words][label]` and `[label][]`; the latter is code where it follows a name or a bracket."""
    done = at = 0
    while match := _LABEL.search(text, at):
        label, end = match[1], match.start()
        start = text.rfind("[", max(done, end - (MAX_WORDS if label else MAX_LABEL) - 1), end)
        words = text[start + 1 : end]
        if (
            start >= 0
            and words
            and "]" not in words
            and (label or not _NO_REFERENCE_AFTER.match(text[start - 1 : start]))
        ):
            yield label or words
            done = at = match.end()
        else:
            at = end + 1


def _without_small_tags(text: str) -> str:
    matches = list((_SMALL if "{" in text else _BRACKETED).finditer(text))
    if not matches:
        return text
    code = Code(text)
    parts: list[str] = []
    done = 0
    for match in matches:
        if not code.has(match.start()):
            parts.append(text[done : match.start()])
            done = match.end()
    return "".join(parts) + text[done:]


def _escape_unknown_tags(html: str) -> str:
    """Escapes all tags but those of HTML, since `Vec<T>` in prose is text."""
    if _KNOWN_TAGS.issuperset(_TAG_NAME.findall(html)):
        return html
    return _TAG.sub(lambda match: "<" if match[1].lower() in _KNOWN_TAGS else "&lt;", html)
