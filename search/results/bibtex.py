"""Citations as BibTeX entries, for LaTeX and for every reference manager.

The format is that of https://ctan.org/pkg/bibtex with the fields `date`, `url`, `urldate` and `langid`, which
biblatex has added. Entries are in UTF-8, as biber and all reference managers read them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from search.results.citation import Citation

_ESCAPES: Final = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "$": r"\$", "&": r"\&",
    "#": r"\#", "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
})  # fmt: skip
r"""What LaTeX would read as a command. Braces get names, since BibTeX counts them even behind a backslash."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LANGUAGES: Final = {
    "ar": "arabic", "az": "azerbaijani", "de": "german", "en": "english", "es": "spanish", "fa": "persian",
    "fr": "french", "it": "italian", "ja": "japanese", "pt": "portuguese", "ru": "russian", "tr": "turkish",
    "uk": "ukrainian", "zh": "chinese",
}  # fmt: skip
"""Language tags and what babel and polyglossia call them; a language of another name gets no `langid`."""
_PLAIN: Final = re.compile(r"[^a-z0-9]+")
_AS_IT_IS: Final = re.compile(r",|\band\b|^others$", re.IGNORECASE)
"""In a list of names, what would divide a name or stand for further ones."""


def bibtex(citation: Citation) -> str:
    """The entry, with a line end behind it."""
    fields = [
        ("author", " and ".join(_name(author) for author in citation.authors)),
        ("title", "{" + _escaped(citation.title) + "}"),  # twice in braces: its capitals stay
        ("journal", _escaped(citation.publication)),
        ("date", citation.published.isoformat() if citation.published else ""),
        ("year", f"{citation.published.year:04}" if citation.published else ""),
        ("month", _MONTHS[citation.published.month - 1] if citation.published else ""),
        ("url", citation.url),
        ("urldate", citation.accessed.isoformat()),
        ("langid", _LANGUAGES.get(citation.language.partition("-")[0], "")),
        ("keywords", ", ".join(_escaped(tag.replace(",", " ")) for tag in citation.tags)),
        ("abstract", _escaped(citation.summary)),
    ]
    # The name of a month is one of BibTeX's own words, which styles translate, so it stands without braces.
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'},\n" for name, value in fields if value]
    return f"@article{{{citation_key(citation)},\n{''.join(lines)}}}\n"


def citation_key(citation: Citation) -> str:
    """A key such as "doe2024flood-1f3a9c2b": the same for the same article every time, and another for any other."""
    author = _plain(citation.authors[0].split()[-1]) if citation.authors else ""
    year = f"{citation.published.year:04}" if citation.published else ""
    first = next((word for word in map(_plain, citation.title.split()) if len(word) > 3), "")
    digest = hashlib.blake2b(citation.id.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{author[:20]}{year}{first[:20]}-{digest}".lstrip("-")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _name(author: str) -> str:
    """A name of the list: as one word in braces if BibTeX would take it for several."""
    escaped = _escaped(author)
    return f"{{{escaped}}}" if _AS_IT_IS.search(author) else escaped


def _plain(word: str) -> str:
    """The letters and digits of a word that BibTeX takes in a key: those of ASCII, without their marks."""
    return _PLAIN.sub("", unicodedata.normalize("NFKD", word).casefold())
