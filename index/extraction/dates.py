"""Dates as inputs write them: in machine formats, and in words in the languages that news is written in.

An impossible or ambiguous date gives None, because a wrong date hides an article from every date filter in silence,
while a missing one is counted and shown.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from search.document import Moment

FIRST_YEAR, LAST_YEAR = 1400, 2200

# One row per language: twelve months in order, lower case, without diacritics. Abbreviations are derived from them.
_MONTHS = """
january february march april may june july august september october november december
januar februar marz april mai juni juli august september oktober november dezember
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
tammi helmi maalis huhti touko kesa heina elo syys loka marras joulu
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
januar februar marcius aprilis majus junius julius augusztus szeptember oktober november december
ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik
yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
сiчня лютого березня квiтня травня червня липня серпня вересня жовтня листопада грудня
ιανουαριου φεβρουαριου μαρτιου απριλιου μαιου ιουνιου ιουλιου αυγουστου σεπτεμβριου οκτωβριου νοεμβριου δεκεμβριου
januari februari maret april mei juni juli agustus september oktober november desember
""".strip().splitlines()

_PLAIN_LETTERS = str.maketrans({"ı": "i", "ş": "s", "і": "i", "ł": "l", "й": "й"})


def _plain(text: str) -> str:
    """The text in lower case without diacritics, like the table of months."""
    decomposed = unicodedata.normalize("NFD", text.casefold().translate(_PLAIN_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _month_names() -> dict[str, int]:
    """Every name and abbreviation (three or four letters) that means the same month in all languages of the table."""
    meanings: dict[str, set[int]] = {}
    for row in _MONTHS:
        for number, name in enumerate(map(_plain, row.split()), 1):
            for length in {3, 4, len(name)}:
                meanings.setdefault(name[:length], set()).add(number)
    clear = {name: numbers.pop() for name, numbers in meanings.items() if len(numbers) == 1}
    return clear | {"mar": 3, "mrz": 3, "mrt": 3, "fevr": 2, "set": 9}


MONTHS = _month_names()

_WORD = r"([^\W\d_]{3,14})\.?"
_YEAR = r"(1[4-9]\d\d|2[01]\d\d)"
_DAY = r"(0?[1-9]|[12]\d|3[01])"
_COLON = re.compile(r"(?<=\s[+-]\d\d):(?=\d\d$)")
"""In an offset. The reader of mail dates passes over an offset that has it."""
_WRITTEN = (
    ("ymd", re.compile(rf"(?<!\d){_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?!\d)")),
    ("ymd", re.compile(rf"{_YEAR}\s*[年년]\s*(\d{{1,2}})\s*[月월]\s*{_DAY}\s*[日일]")),
    ("mdy", re.compile(rf"(?<!\w){_WORD}\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)", re.IGNORECASE)),
    (
        "dmy",
        re.compile(
            rf"(?<!\w){_DAY}(?:st|nd|rd|th|er|º|\.)?(?:\s+(?:de|of))?\s+{_WORD}(?:\s+(?:de|del))?,?\s+{_YEAR}(?!\d)",
            re.IGNORECASE,
        ),
    ),
    ("ymd", re.compile(rf"(?<!\d){_YEAR}\.?\s+{_WORD}\s+{_DAY}(?!\d)")),
    ("dmy", re.compile(rf"(?<![\d.]){_DAY}\.\s?(0?[1-9]|1[0-2])\.\s?{_YEAR}(?!\d)")),
    ("ymd", re.compile(rf"(?<!\d){_YEAR}[/.](0?[1-9]|1[0-2])[/.]{_DAY}(?!\d)")),
    ("slash", re.compile(rf"(?<!\d)(\d{{1,2}})/(\d{{1,2}})/{_YEAR}(?!\d)")),
)


def parse_moment(text: str, time_zone: ZoneInfo | None = None) -> Moment | None:
    """A date in ISO 8601, RFC 3339 or RFC 5322 (as in e-mail and HTTP), or None if the text is not one.

    A day alone gives a `date`. A time without a zone is taken to be in `time_zone` (UTC by default).
    """
    text = text.strip()
    if not text or len(text) > 64:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text):
            return _sensible(date.fromisoformat(text))
        return _sensible(_with_zone(datetime.fromisoformat(text), time_zone))
    except ValueError:
        return _parse_mail_date(text, time_zone)


def parse_written_date(text: str) -> date | None:
    """The first date written out in `text` ("July 3, 2024", "3. Juli 2024", "2024年7月3日", "03.07.2024"), or None.

    Digits with slashes are a date only if day and month cannot be confused.
    """
    return next((day for day, _, _ in written_dates(text)), None)


def written_dates(text: str) -> list[tuple[date, int, int]]:
    """Every date written in `text` with its start and end, in order; of overlapping readings the first counts."""
    found: list[tuple[date, int, int]] = []
    text = text[:2000]
    for order, pattern in _WRITTEN:
        for match in pattern.finditer(text):
            day = _from_groups(order, match.groups())
            overlaps = any(match.start() < end and start < match.end() for _, start, end in found)
            if day and not overlaps:
                found.append((day, match.start(), match.end()))
    return sorted(found, key=lambda item: item[1])


def _from_groups(order: str, groups: tuple[str, ...]) -> date | None:
    if order == "slash":
        first, second = int(groups[0]), int(groups[1])
        if first <= 12 and second <= 12 and first != second:
            return None
        order = "dmy" if first > 12 else "mdy"
    parts = dict(zip(order, groups, strict=True))
    month = int(parts["m"]) if parts["m"].isdigit() else MONTHS.get(_plain(parts["m"]).removesuffix("kuuta"))
    if month is None:
        return None
    try:
        return date(int(parts["y"]), month, int(parts["d"]))
    except ValueError:
        return None


def _parse_mail_date(text: str, time_zone: ZoneInfo | None) -> Moment | None:
    try:
        return _sensible(_with_zone(parsedate_to_datetime(_COLON.sub("", text)), time_zone))
    except (ValueError, TypeError, OverflowError):
        return None


def _with_zone(moment: datetime, time_zone: ZoneInfo | None) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=time_zone or ZoneInfo("UTC"))


def _sensible(moment: Moment) -> Moment | None:
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None
