"""The site's own words, numbers and dates in the language of the reader; nothing of articles is translated.

English is the language that messages are written in. The others are catalogues of gettext, one for each language in
`locale/LANGUAGE/LC_MESSAGES/backfile.po`, which are read when they are first asked for.
"""

from search.translation.catalogues import LANGUAGES, SOURCE_LANGUAGE
from search.translation.decades import decade_in_words, first_year_of
from search.translation.formats import (
    MONTHS,
    capitalized,
    day_in_words,
    language_in_words,
    listed,
    month_day_in_words,
    month_in_words,
    month_names,
    number,
    percentage,
    weekday_names,
)
from search.translation.messages import gettext, gettext_noop, ngettext, pgettext, speak, speaking, spoken
from search.translation.remembering import remembered_by_language

__all__ = [
    "LANGUAGES",
    "MONTHS",
    "SOURCE_LANGUAGE",
    "capitalized",
    "day_in_words",
    "decade_in_words",
    "first_year_of",
    "gettext",
    "gettext_noop",
    "language_in_words",
    "listed",
    "month_day_in_words",
    "month_in_words",
    "month_names",
    "ngettext",
    "number",
    "percentage",
    "pgettext",
    "remembered_by_language",
    "speak",
    "speaking",
    "spoken",
    "weekday_names",
]
