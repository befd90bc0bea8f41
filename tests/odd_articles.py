"""Articles that are hard to lay out: lists of paragraphs, code, tables without headings, right to left, editions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_LISTS = """<p>What the council decided on Tuesday:</p>
<ul><li><p>The ferry runs all winter.</p><p>Its last boat leaves at nine.</p></li>
<li>The harbour light is repaired.<ul><li>Work begins in May.</li></ul></li></ul>
<blockquote><p>No boat, no school.</p><p>So it has been for years.</p></blockquote>"""
_CODE = "".join(f"<pre><code>press --sheet {number} --copies 1000 --ink black</code></pre>" for number in range(3))
_TABLE = """<table><thead><tr><th></th><th>Sheets</th></tr></thead><tbody><tr><th>May</th><td>1,200</td></tr></tbody>
</table><table><thead><tr><th></th><th></th></tr></thead><tbody><tr><td>June</td><td>900</td></tr></tbody></table>"""
_CONTENTS = "".join(
    f"<h2>Chapter {number}</h2><p>The press printed sheet {number} of the ferry’s timetable.</p>"
    for number in range(1, 26)
)
_ARABIC = """<p>قالت إدارة الميناء إن العبارة ستعمل طوال الشتاء، وإن آخر رحلة ستغادر في التاسعة مساء كل يوم.</p>
<h2>ماذا قال الركاب</h2><p>رحب سكان الجزيرة بالقرار بعد سنوات من الانتظار.</p>
<h2>الخطوة التالية</h2><p>تبدأ أعمال الصيانة في مايو.</p><h2>المواعيد</h2><p>تنشر المواعيد الجديدة غدا.</p>"""
_STORY = (
    "<p>The island’s ferry company said on Monday that boats will run all winter, for the first time since the war. "
    "The last boat leaves the harbour at nine in the evening, and the first at six in the morning. Fares stay as they "
    "are until May. Mayor Anna Holm called it a good day for the island’s 1,400 people, of whom some 90 are children "
    "who go to school on the other shore.</p><p>The harbour light is repaired at a price of 250,000 crowns.</p>"
)


def _article(id: str, title: str, body: str, published: str, **more: Any) -> dict[str, Any]:
    own = {"id": id, "title": title, "body": body, "body_format": "html", "published": published}
    return own | {"lang": "en", "section": "Shipping", "url": f"https://harbour.example/{id}"} | more


ARTICLES = (
    _article("lists", "What the council decided", _LISTS, "2024-03-01"),
    _article("code", "How the timetable is printed", _CODE + _TABLE, "2024-03-02", author="Jo Ahlberg"),
    _article("long", "The timetable, sheet by sheet", _CONTENTS, "2024-03-03", author="Jo Ahlberg"),
    _article("arabic", "العبارة تعمل طوال الشتاء", _ARABIC, "2024-03-04", lang="ar", author="ليلى حداد",
             summary="آخر رحلة تغادر في التاسعة مساء.", section="أخبار", tags=["ميناء"]),
    *(
        _article(f"edition-{number}", "Ferry runs all winter" + (f", edition {number}" if number else ""),
                 _STORY + f"<p>Edition {number}.</p>", f"2024-03-0{5 + number}", author="Anna Holm")
        for number in range(4)
    ),
)  # fmt: skip

PAGES = {
    "code": "/article/code",
    "long": "/article/long",
    "arabic": "/article/arabic",
    "arabic-hits": "/search?q=%D8%A7%D9%84%D8%B9%D8%A8%D8%A7%D8%B1%D8%A9",
    "editions": "/search?q=ferry&group=story",
    "front-of-editions": "/",
}
"""Pages that show them, by a name for each."""


def written(folder: Path) -> Path:
    """The articles as a file in that folder."""
    path = folder / "odd.jsonl"
    path.write_text("".join(json.dumps(article) + "\n" for article in ARTICLES), encoding="utf-8")
    return path
