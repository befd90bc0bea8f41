"""The languages Backfile knows by name, and how each is stemmed. To add one: one row in `_ROWS`.

An article may be in any language; without a row its words are found in the form they were written, folded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from search.analysis.folding import fold
from search.analysis.stop_words import STOP_WORDS


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is the primary subtag of BCP 47; `stemmer` is Snowball's name of the algorithm, or None if it has none."""

    code: str
    name: str
    native_name: str
    stemmer: str | None = None
    stop_words: frozenset[str] = frozenset()


_ROWS: Final[tuple[tuple[str, str, str, str | None], ...]] = (
    ("af", "Afrikaans", "Afrikaans", None),
    ("am", "Amharic", "አማርኛ", None),
    ("ar", "Arabic", "العربية", "arabic"),
    ("az", "Azerbaijani", "Azərbaycanca", None),
    ("be", "Belarusian", "Беларуская", None),
    ("bg", "Bulgarian", "Български", None),
    ("bn", "Bengali", "বাংলা", None),
    ("bs", "Bosnian", "Bosanski", None),
    ("ca", "Catalan", "Català", "catalan"),
    ("cs", "Czech", "Čeština", "czech"),
    ("cy", "Welsh", "Cymraeg", None),
    ("da", "Danish", "Dansk", "danish"),
    ("de", "German", "Deutsch", "german"),
    ("el", "Greek", "Ελληνικά", "greek"),
    ("en", "English", "English", "english"),
    ("eo", "Esperanto", "Esperanto", "esperanto"),
    ("es", "Spanish", "Español", "spanish"),
    ("et", "Estonian", "Eesti", "estonian"),
    ("eu", "Basque", "Euskara", "basque"),
    ("fa", "Persian", "فارسی", "persian"),
    ("fi", "Finnish", "Suomi", "finnish"),
    ("fo", "Faroese", "Føroyskt", None),
    ("fr", "French", "Français", "french"),
    ("ga", "Irish", "Gaeilge", "irish"),
    ("gl", "Galician", "Galego", None),
    ("gu", "Gujarati", "ગુજરાતી", None),
    ("he", "Hebrew", "עברית", None),
    ("hi", "Hindi", "हिन्दी", "hindi"),
    ("hr", "Croatian", "Hrvatski", None),
    ("hu", "Hungarian", "Magyar", "hungarian"),
    ("hy", "Armenian", "Հայերեն", "armenian"),
    ("id", "Indonesian", "Bahasa Indonesia", "indonesian"),
    ("is", "Icelandic", "Íslenska", None),
    ("it", "Italian", "Italiano", "italian"),
    ("ja", "Japanese", "日本語", None),
    ("ka", "Georgian", "ქართული", None),
    ("kk", "Kazakh", "Қазақша", None),
    ("km", "Khmer", "ខ្មែរ", None),
    ("ko", "Korean", "한국어", None),
    ("ku", "Kurdish", "Kurdî", None),
    ("ky", "Kyrgyz", "Кыргызча", None),
    ("la", "Latin", "Latina", None),
    ("lo", "Lao", "ລາວ", None),
    ("lt", "Lithuanian", "Lietuvių", "lithuanian"),
    ("lv", "Latvian", "Latviešu", None),
    ("mk", "Macedonian", "Македонски", None),
    ("mn", "Mongolian", "Монгол", None),
    ("mr", "Marathi", "मराठी", None),
    ("ms", "Malay", "Bahasa Melayu", None),
    ("mt", "Maltese", "Malti", None),
    ("my", "Burmese", "မြန်မာ", None),
    ("nb", "Norwegian Bokmål", "Norsk bokmål", "norwegian"),
    ("ne", "Nepali", "नेपाली", "nepali"),
    ("nl", "Dutch", "Nederlands", "dutch"),
    ("nn", "Norwegian Nynorsk", "Norsk nynorsk", "norwegian"),
    ("no", "Norwegian", "Norsk", "norwegian"),
    ("pa", "Punjabi", "ਪੰਜਾਬੀ", None),
    ("pl", "Polish", "Polski", "polish"),
    ("ps", "Pashto", "پښتو", None),
    ("pt", "Portuguese", "Português", "portuguese"),
    ("ro", "Romanian", "Română", "romanian"),
    ("ru", "Russian", "Русский", "russian"),
    ("si", "Sinhala", "සිංහල", None),
    ("sk", "Slovak", "Slovenčina", None),
    ("sl", "Slovenian", "Slovenščina", None),
    ("sq", "Albanian", "Shqip", None),
    ("sr", "Serbian", "Српски", "serbian"),
    ("st", "Sesotho", "Sesotho", "sesotho"),
    ("sv", "Swedish", "Svenska", "swedish"),
    ("sw", "Swahili", "Kiswahili", None),
    ("ta", "Tamil", "தமிழ்", "tamil"),
    ("te", "Telugu", "తెలుగు", None),
    ("tg", "Tajik", "Тоҷикӣ", None),
    ("th", "Thai", "ไทย", None),
    ("tk", "Turkmen", "Türkmençe", None),
    ("tl", "Tagalog", "Tagalog", None),
    ("tr", "Turkish", "Türkçe", "turkish"),
    ("uk", "Ukrainian", "Українська", None),
    ("ur", "Urdu", "اردو", None),
    ("uz", "Uzbek", "Oʻzbekcha", None),
    ("vi", "Vietnamese", "Tiếng Việt", None),
    ("yi", "Yiddish", "ייִדיש", "yiddish"),
    ("zh", "Chinese", "中文", None),
)

SUPERSEDED_STEMMERS: Final = {"porter": "english", "dutch_porter": "dutch"}
"""Snowball keeps these for old indexes; the algorithm on the right is its newer one for the same language."""

_OTHER_CODES: Final = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "eng": "en",
    "fra": "fr",
    "deu": "de",
    "spa": "es",
    "por": "pt",
}

_SUBTAG_NAMES: Final = {
    "br": "Brazil", "cn": "China", "gb": "United Kingdom", "hk": "Hong Kong", "mx": "Mexico", "pt": "Portugal",
    "tw": "Taiwan", "us": "United States",
    "hans": "simplified", "hant": "traditional", "cyrl": "Cyrillic", "latn": "Latin",
}  # fmt: skip

LANGUAGES: Final[dict[str, Language]] = {
    code: Language(code, name, native, stemmer, frozenset(map(fold, STOP_WORDS.get(code, "").split())))
    for code, name, native, stemmer in _ROWS
}


@lru_cache(maxsize=1024)
def primary_language(tag: str) -> str:
    """The code that decides how a language is treated: "zh-TW", "zh_tw" and "ZH" give "zh"; "" stays ""."""
    code = tag.strip().lower().replace("_", "-").partition("-")[0]
    return _OTHER_CODES.get(code, code)


def language_name(tag: str) -> str:
    """What a person calls the language: "English", "Chinese (Taiwan)"; the tag itself if there is no row for it."""
    row = LANGUAGES.get(primary_language(tag))
    if row is None:
        return tag
    rest = tag.strip().replace("_", "-").split("-")[1:]
    detail = ", ".join(_SUBTAG_NAMES.get(subtag.lower(), subtag.upper()) for subtag in rest)
    return f"{row.name} ({detail})" if detail else row.name


def is_stop_word(surface: str, language: str) -> bool:
    """Whether the folded word says next to nothing about what a text is about, such as "the" in English."""
    row = LANGUAGES.get(primary_language(language))
    return row is not None and surface in row.stop_words
